"""Patterns: what a program prints, with slots such as {path} where something changes from case to case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from mmgpt.knowledge import slots

MAX_LINE = 2000
"""Letters of a line that are looked at: a line is a message, and an endless one must not cost endless time."""

_PARTS = re.compile(r"\{\{|\}\}|\{([a-z_]+)(\d*)\}|[{}]")
_SPACE = re.compile(r"\s+")
_ALIKE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\xa0": " "})
_WORD = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(
    r"(?=\w*\d)\w*[A-Za-z]\w*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[1-9]\d{2,}|#[A-Z/0!?]{3,}|[A-Z][a-z]+[A-Z]\w+"
)


class PatternError(ValueError):
    """A pattern that cannot be read; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of a pattern: `name` without its number, `key` with it."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern was found: the text it covers and what stands in its slots (a slot that comes twice: the first)."""

    text: str
    slots: dict[str, str]


def plain(text: str) -> str:
    """The text on one line as patterns see it: runs of white space one blank, typographic quotes and dashes plain."""
    return _SPACE.sub(" ", text[: 2 * MAX_LINE].translate(_ALIKE)).strip()[:MAX_LINE]


def parse(text: str, lenient: bool = False) -> tuple[str | Slot, ...]:
    """A pattern's literals and slots in order; `{{` and `}}` are braces. Raises PatternError.

    `lenient` is for screens, where source code may stand: a lone brace and `{what is no slot}` mean themselves.
    """
    parts: list[str | Slot] = []
    literal = ""
    at = 0
    for found in _PARTS.finditer(text):
        literal += text[at : found.start()]
        at = found.end()
        if found.group(0) in ("{{", "}}"):
            literal += found.group(0)[0]
        elif lenient and found.group(1) not in slots.NAMES:
            literal += found.group(0)
        elif found.group(1) is None:
            raise PatternError(
                f"a lone {found.group(0)} in {text!r} - write {{{{ or }}}} for a brace, {{name}} for a slot"
            )
        elif found.group(1) not in slots.NAMES:
            raise PatternError(
                f"unknown slot {found.group(0)} in {text!r} - use {{text}} or a name that docs/knowledge.md lists"
            )
        else:
            if literal:
                parts.append(literal)
            parts.append(Slot(found.group(1), found.group(1) + found.group(2)))
            literal = ""
    literal += text[at:]
    if literal:
        parts.append(literal)
    return tuple(parts)


class Pattern:
    """One pattern, ready to be looked for in lines. Case counts, runs of white space are alike. Raises PatternError."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.parts = parse(text)

    def __repr__(self) -> str:
        return f"Pattern({self.text!r})"

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """The parts that always stand there, as `plain` has them."""
        return tuple(text for part in self.parts if isinstance(part, str) and (text := plain(part)))

    @cached_property
    def anchor(self) -> str:
        """The longest literal: a line without it cannot match."""
        return max(self.literals, key=len, default="")

    @cached_property
    def specificity(self) -> float:
        """How much a match says: the letters and digits that must stand there, in words of at most 12."""
        return float(sum(min(len(word), 12) for text in self.literals for word in re.findall(r"\w+", text)))

    @cached_property
    def is_specific(self) -> bool:
        """Whether two literal words or a code stand in it, so that it does not match just anything."""
        text = " ".join(self.literals)
        return len(_WORD.findall(text)) >= 2 or _CODE.search(text) is not None

    @cached_property
    def slot_keys(self) -> tuple[str, ...]:
        """The slots in order, with their numbers."""
        return tuple(part.key for part in self.parts if isinstance(part, Slot))

    def find(self, line: str) -> Match | None:
        """The first place in a line where the pattern stands, or None."""
        return self.find_plain(plain(line))

    def find_plain(self, line: str) -> Match | None:
        """`find` for a line that `plain` has been through."""
        if any(text not in line for text in self.literals):
            return None
        found = self._expression.search(line)
        if found is None:
            return None
        return Match(found.group(0), {key: found.group(f"s{index}") for key, index in self._groups.items()})

    @cached_property
    def _groups(self) -> dict[str, int]:
        groups: dict[str, int] = {}
        for index, part in enumerate(self.parts):
            if isinstance(part, Slot):
                groups.setdefault(part.key, index)
        return groups

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        made = []
        for index, part in enumerate(self.parts):
            if isinstance(part, Slot):
                made.append(f"(?P<s{index}>{slots.expression(part.name, index == len(self.parts) - 1)})")
            else:
                made.append(_literal(part))
        body = "".join(made).strip(" ")
        first, last = self.parts[0], self.parts[-1]
        before = r"(?<!\w)" if isinstance(first, str) and first.lstrip()[:1].isalnum() else ""
        after = r"(?!\w)" if isinstance(last, str) and last.rstrip()[-1:].isalnum() else ""
        return re.compile(before + body + after)


def _literal(text: str) -> str:
    """A literal as an expression for plain lines, its outer blanks kept."""
    return re.escape(_SPACE.sub(" ", text.translate(_ALIKE))).replace(r"\ ", " ")
