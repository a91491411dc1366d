"""What is looked for, and what is found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

DEFAULT_KINDS = ("token", "password", "key", "email", "card", "iban", "host")
"""What is covered unless said otherwise."""
OPTIONAL_KINDS = ("user", "phone", "ssn")
"""What is covered only when asked for: names of accounts in paths, telephone numbers, US social security numbers."""
KINDS = DEFAULT_KINDS + OPTIONAL_KINDS


@dataclass(frozen=True, slots=True)
class Secret:
    """A part of a line that nobody else should see: characters `start` to `end` (excluded) of line number `line`.

    `text` is that part as it was read. A secret that goes over several lines is several of these with the same `group`.
    """

    kind: str
    line: int
    start: int
    end: int
    text: str
    group: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A secret in a strand of text: its kind and where it begins and ends there."""

    kind: str
    start: int
    end: int


def kinds_of(names: Iterable[str] | None) -> frozenset[str]:
    """The kinds to look for: the default ones, or those that are named. Raises ValueError for one that is unknown."""
    if names is None:
        return frozenset(DEFAULT_KINDS)
    wanted = frozenset(names)
    unknown = sorted(wanted - frozenset(KINDS))
    if unknown:
        raise ValueError(f"unknown kind {unknown[0]!r} - choose from {', '.join(KINDS)}")
    return wanted
