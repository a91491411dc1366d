"""The characters that the recogniser can write. Index 0 is CTC's blank; the order is part of the weights' format."""

from __future__ import annotations

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
