"""What readers do to lines: confused letters, lost blanks and punctuation, split and merged lines, rubbish from icons."""

from __future__ import annotations

import random
from dataclasses import dataclass

CONFUSED = {
    "l": "1I|i",
    "I": "l1|",
    "1": "lI|",
    "i": "lj1",
    "O": "0o",
    "0": "Oo",
    "o": "0c",
    "S": "5s",
    "5": "S",
    "B": "8",
    "8": "B",
    "g": "q9",
    "c": "e",
    "e": "c",
    "m": "rn",
    "n": "r",
    "u": "v",
    "v": "u",
    "f": "t",
    "t": "f",
    "r": "n",
    "a": "o",
    "Z": "2z",
    "z": "Z",
    "s": "S",
    "w": "W",
    "k": "K",
    "x": "X",
    "C": "c",
    "W": "w",
    ",": ".",
    ".": ",",
    ":": ".;",
    "'": "`",
    "`": "'",
    "_": " -",
    "-": "~",
    "~": "-",
    "(": "{",
    ")": "}",
    "[": "(",
    "]": ")",
    "/": "1",
    "|": "l",
    "=": "-",
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "–": "-",
    "—": "-",
    "…": "...",
    "•": "*",
    "é": "e",
    "\\": "/",
    "{": "(",
    "}": ")",
    "$": "S",
    "#": "4",
    "@": "©",
    "*": "°",
    "»": ">",
    "±": "+",
}
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-"})
RUBBISH = (
    "x",
    "X",
    "®",
    "©",
    "O",
    "@",
    "=",
    "|",
    "—",
    "- 0 x",
    "_ O X",
    "<",
    ">",
    "Q",
    "+",
    "i",
    "!",
    "A",
    "a",
    "oo",
    "eee",
    "::",
    "v",
    "[]",
    "»",
    "«",
    "ie",
    "& 3",
    "€)",
    "...",
    "B",
    "«»",
    "Oo",
    "Qa",
    "~",
    "*",
    "= =",
    "口",
    "回",
    "◎",
    "▲",
    "①",
    "ⓘ",
    "×",
    "✕",
    "☰",
    "<>",
    "C",
    "D",
    "2",
    "0",
)
_PREFIXES = (
    "x ",
    "X ",
    "@ ",
    "© ",
    "® ",
    "O ",
    "A ",
    "! ",
    "i ",
    "> ",
    "| ",
    "• ",
    "* ",
    "= ",
    "Q ",
    "(!) ",
    "⊗ ",
    "× ",
)


@dataclass(frozen=True)
class Profile:
    """A reader's habits, all chances 0..1."""

    name: str
    letter: float  # a letter is confused
    lost_blank: float  # a line loses blanks
    lost_punctuation: float
    bad_line: float  # a line is read badly throughout
    drop: float
    split: float  # per wide gap
    merge: float  # neighbours in a row become one line
    rubbish: float  # lines of rubbish for each real line
    icon_prefix: float
    straight: float  # curly quotes become straight
    confidence: tuple[float, float]


PROFILES: tuple[tuple[Profile, float], ...] = (
    (Profile("exact", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.0, 0.0, 0.1, (0.99, 1.0)), 0.25),
    (Profile("nano", 0.006, 0.02, 0.01, 0.03, 0.01, 0.25, 0.1, 0.03, 0.03, 0.3, (0.9, 0.999)), 0.3),
    (Profile("tesseract", 0.012, 0.04, 0.02, 0.08, 0.05, 0.3, 0.6, 0.06, 0.15, 0.2, (0.5, 0.96)), 0.22),
    (Profile("rapidocr", 0.006, 0.25, 0.04, 0.03, 0.02, 0.4, 0.3, 0.01, 0.03, 0.6, (0.85, 0.999)), 0.23),
)


def pick_profile(rng: random.Random) -> Profile:
    """A reader by its weight."""
    return rng.choices([profile for profile, _ in PROFILES], [weight for _, weight in PROFILES])[0]


def corrupt(rng: random.Random, text: str, profile: Profile) -> tuple[str, float]:
    """The text as the reader might give it, and its confidence. An empty text: the line is lost."""
    low, high = profile.confidence
    confidence = rng.uniform(low, high)
    if profile.name == "exact":
        return text, 1.0
    rate = profile.letter
    if rng.random() < profile.bad_line:
        rate, confidence = rng.uniform(0.08, 0.3), rng.uniform(0.2, 0.7)
    elif rng.random() < 0.6:
        rate = 0.0
    made = []
    for char in text:
        if rate and rng.random() < rate:
            choice = CONFUSED.get(char)
            roll = rng.random()
            if roll < 0.75 and choice:
                char = rng.choice(choice) if char not in "…" else choice
            elif roll < 0.9:
                char = ""
            elif roll < 0.95:
                char = char + char
        elif ord(char) > 0x2100 and rng.random() < 0.7:
            char = rng.choice(("", "", "v", "x", "-", ">", "=", "o"))
        elif profile.lost_punctuation and char in ".,:;'`\"_~|-" and rng.random() < profile.lost_punctuation:
            char = ""
        made.append(char)
    text = "".join(made)
    if rng.random() < profile.straight:
        text = text.translate(_STRAIGHT)
    if rng.random() < profile.lost_blank:
        share = rng.choice((0.1, 0.3, 0.7, 1.0))
        text = "".join(char for char in text if char != " " or rng.random() > share)
    if rng.random() < profile.icon_prefix * 0.3:
        text = rng.choice(_PREFIXES) + text
    return text.strip(), confidence
