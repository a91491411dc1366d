"""The key of a message: what another showing of it is known by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mmgpt.corrections.normal import folded, normal

BEGINNING = 8
"""Letters of a message by which lines that cannot be it are left out."""


@dataclass(frozen=True)
class Key:
    """A message that a rule is for: the keys of its normal form, and the slots (by number) whose value must stay, as codes must."""

    exact: str
    slots: str | None = None
    fixed: tuple[tuple[int, str], ...] = ()
    beginning: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The key as it lies in a store."""
        return {
            "exact": self.exact,
            "slots": self.slots,
            "fixed": [list(pair) for pair in self.fixed],
            "begins": self.beginning,
        }

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> Key:
        """The key of a store. Raises KeyError, TypeError, ValueError."""
        fixed = tuple((int(number), str(text)) for number, text in value["fixed"])
        return cls(str(value["exact"]), value["slots"], fixed, str(value["begins"]))

    def fits(self, message: str) -> bool:
        """Whether a text is this message."""
        form = normal(message)
        if form.exact == self.exact:
            return True
        return (
            self.slots is not None
            and form.slots == self.slots
            and all(form.values[i] == text for i, text in self.fixed)
        )


def key_of(message: str, codes: Iterable[str | None], exact: bool) -> Key:
    """The key of a message; `codes` (the error's, as read and as corrected) never stand for others of their kind."""
    form = normal(message)
    if exact or form.slots is None:
        return Key(form.exact, beginning=_beginning(form.pattern, True))
    bare = {code.strip() for code in codes if code}
    fixed = tuple((i, value) for i, value in enumerate(form.values) if value in bare)
    return Key(form.exact, form.slots, fixed, _beginning(form.pattern, False))


def _beginning(pattern: str, exact: bool) -> str:
    """How a folded line that is the message begins, as far as no slot changes it."""
    text = pattern.replace("{{", "\1").replace("}}", "\2")
    text = text if exact else text.split("{")[0]
    return folded(text.replace("\1", "{").replace("\2", "}"))[:BEGINNING]
