"""Error families as data: what a tool prints when something fails, with slots, and which line and code name it.

The notation of a terminal family's screen, one row a line:
`$ ` the command · `» ` the message · `# ` trace (stack frames, notes, excerpts) · anything else plain output.
`«code»` in a row marks the error code. A message row may be followed by more rows of any sort.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from train.data.world.content import CATEGORIES

HELD_OUT_SHARE = 8  # one family in eight is held out
_FAMILY = re.compile(r"-- ([a-z0-9-]+) ([a-z_]+)")
_FOLDER = Path(__file__).parent / "catalogue"


@cache
def held_out(app: str, family: str) -> bool:
    """Whether the family belongs to the held-out split; depends on nothing but its names."""
    digest = hashlib.sha1(f"{app}\n{family}".encode()).hexdigest()
    return int(digest, 16) % HELD_OUT_SHARE == 0


@dataclass(frozen=True, slots=True)
class Family:
    """One family: whose message, what it means, and its screens (alternatives) in the notation above."""

    app: str
    name: str
    category: str
    screens: tuple[str, ...]

    @property
    def is_held_out(self) -> bool:
        """Whether the family is kept for measuring."""
        return held_out(self.app, self.name)


def parse(text: str) -> list[Family]:
    """Read families from text.

    `== App` begins an application, `-- name category` a family, `~~` separates alternative screens. Raises ValueError
    for a screen without a message row.
    """
    families: list[Family] = []
    app = name = category = ""
    rows: list[str] = []

    def finish() -> None:
        if not name:
            return
        screens = tuple(part.strip("\n") for part in "\n".join(rows).split("\n~~\n"))
        for screen in screens:
            if not any(row.startswith("» ") for row in screen.split("\n")):
                raise ValueError(f"family {app}/{name} has a screen without a message row:\n{screen}")
        families.append(Family(app, name, category, screens))

    for row in text.strip("\n").split("\n"):
        if row.startswith("== "):
            finish()
            app, name, rows = row[3:].strip(), "", []
        elif (head := _FAMILY.fullmatch(row)) is not None and head.group(2) in CATEGORIES:
            finish()
            name, category = head.groups()
            rows = []
        else:
            rows.append(row)
    finish()
    return families


@cache
def terminal_families() -> tuple[Family, ...]:
    """Every terminal family of the catalogue."""
    every: list[Family] = []
    for path in sorted(_FOLDER.glob("terminal_*.txt")):
        every += parse(path.read_text(encoding="utf-8"))
    return tuple(every)


def read_catalogue(name: str) -> str:
    """The text of `catalogue/<name>.txt`."""
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")
