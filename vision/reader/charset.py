"""The characters that the recogniser can write. Index 0 is CTC's blank; the order is part of the weights' format.

A recogniser for a further language writes more: `Charset` holds these characters and the language's behind them, so that
a class of the smaller set is the same class of the larger one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

ASCII = "".join(chr(c) for c in range(0x20, 0x7F))
LATIN1 = "".join(chr(c) for c in range(0xA1, 0x100) if c not in {0xAD, 0xB5})
LATIN_EXTRA = "ĀāĂ㥹ĆćČčĎďĐđĒēĘęĚěĞğĪīİıŁłŃńŇňŐőŒœŘřŚśŞşŠšŢţŤťŪūŮůŰűŹźŻżŽžȘșȚț"
TYPOGRAPHY = "–—‘’‚“”„†•…‹›€™μ≈≠≤≥∞"
ARROWS = "←↑→↓↔↳⇒↵⌘⏎"
MARKS = "✓✔✕✗✘✖●○■□▪▶▼▲◀▸▾◆★☆⚠ℹ"
BOXES = "─│┌┐└┘├┤┬┴┼═║╔╗╚╝╠╣╦╩╬━┃╭╮╯╰╴╷█▌▐░▒▓▀▄"

CHARACTERS = ASCII + LATIN1 + LATIN_EXTRA + TYPOGRAPHY + ARROWS + MARKS + BOXES
BLANK = 0
INDEX: dict[str, int] = {char: number for number, char in enumerate(CHARACTERS, start=1)}
NUM_CLASSES = len(CHARACTERS) + 1

# Written differently, drawn alike: what a picture cannot tell apart is read as the first of each pair.
ALIASES = str.maketrans(
    {
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2002": " ", "\u2003": " ", "\t": " ", "\u2010": "-", "\u2011": "-",
        "\u2212": "-", "\u00ad": "", "\u200b": "", "\u2015": "—", "\u2044": "/", "\u2215": "/", "\u2219": "·",
        "\u2022": "•", "\u00b5": "μ", "\u03bc": "μ",
    }
)  # fmt: skip


def canonical(text: str) -> str:
    """`text` with characters that look the same written in one way; others stay."""
    return text.translate(ALIASES)


def encode(text: str) -> list[int]:
    """Class indices of `text`. Raises KeyError naming a character outside the set."""
    return [INDEX[char] for char in text]


def supported(text: str) -> bool:
    """True when every character of `text` is in the set."""
    return all(char in INDEX for char in text)


@dataclass(frozen=True)
class Charset:
    """The characters above, and behind them those of `language` ("" for none).

    Raises ValueError where a further character is given twice or is one of the characters above.
    """

    language: str = ""
    more: str = ""

    def __post_init__(self) -> None:
        seen = set(CHARACTERS)
        for char in self.more:
            if char in seen:
                raise ValueError(f"character {char!r} of language {self.language!r} is there twice, or in every set")
            seen.add(char)

    @cached_property
    def characters(self) -> str:
        """All characters; class k of the recogniser is the k-th, counted from 1."""
        return CHARACTERS + self.more

    @cached_property
    def index(self) -> dict[str, int]:
        """The class of each character."""
        return {char: number for number, char in enumerate(self.characters, start=1)}

    @property
    def classes(self) -> int:
        """How many classes the recogniser has, the blank included."""
        return len(self.characters) + 1

    @property
    def digest(self) -> str:
        """SHA-256 of the further characters: weights of another table must not be read with this one."""
        return hashlib.sha256(self.more.encode()).hexdigest()

    def encode(self, text: str) -> list[int]:
        """Class indices of `text`. Raises KeyError naming a character outside the set."""
        return [self.index[char] for char in text]

    def known(self, text: str) -> str:
        """`text` in one way of writing (`canonical`), without what is not in the set."""
        return "".join(char for char in canonical(text) if char in self.index)


BASE = Charset()
