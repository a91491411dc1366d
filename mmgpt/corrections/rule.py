"""One correction as a rule, and what is said about having applied it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mmgpt.corrections.change import Change, Scope, Value
from mmgpt.corrections.key import Key

if TYPE_CHECKING:
    from mmgpt.schema import Source


@dataclass(frozen=True)
class Rule:
    """One correction, ready to be used. `read` and `said` are the message as it was read and as it was corrected."""

    id: int
    scope: Scope
    sha256: str
    read: Key | None
    said: Key | None
    apps: frozenset[str]
    kind: str | None
    changes: dict[str, Change]
    masked: bool = False
    time: str = ""
    note: str = ""

    @property
    def reach(self) -> Scope:
        """The scope, or `picture` where there is no message to know another picture by."""
        return self.scope if self.read or self.said else "picture"


@dataclass(frozen=True)
class Applied:
    """A correction that was applied: its number, and the fields that are its own now (corrections that are newer may own others).

    `values` has what was said of `cause`, `fixes` and `entry`, which no extraction has: see `corrected_knowledge`.
    """

    id: int
    fields: tuple[str, ...]
    values: dict[str, Value] = field(default_factory=dict)
    time: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """What cites it: correction/<number>."""
        return f"correction/{self.id}"

    def source(self) -> Source:
        """The correction as a source, for a diagnosis that takes cause or fixes from it."""
        from mmgpt.schema import Source

        day = f" of {self.time[:10]}" if self.time else ""
        why = f"corrected: {', '.join(self.fields)}"
        return Source(id=self.name, title=self.note or f"Your correction{day}", score=1.0, why=why)


@dataclass(frozen=True)
class Knowledge:
    """What corrections say about cause and fixes. `entry` is the id that fits, "" where none fits, None where nothing is said."""

    entry: str | None = None
    cause: Value = None
    fixes: list[str] | None = None
    has_cause: bool = False
    by: tuple[Applied, ...] = ()


def corrected_knowledge(applied: Sequence[Applied]) -> Knowledge | None:
    """Cause, fixes and entry of the corrections that were applied; None where they say nothing of them."""
    by = tuple(one for one in applied if one.values)
    if not by:
        return None
    values: dict[str, Value] = {}
    for one in by:
        values |= one.values
    entry, fixes = values.get("entry"), values.get("fixes")
    return Knowledge(
        entry if isinstance(entry, str) else None,
        values.get("cause"),
        list(fixes) if isinstance(fixes, list) else None,
        "cause" in values,
        by,
    )


@dataclass(frozen=True)
class Conflict:
    """Another correction of the same message that says something else of a field."""

    id: int
    field: str
    value: Value
