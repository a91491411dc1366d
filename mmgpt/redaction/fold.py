"""Text as a reader may have misread it: look-alikes made one, and tests that forgive a wrong letter.

`fold` keeps the length of a text, so that a place in the folded text is the same place in the text.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

_ALIKE = {
    "l": "iI1|!ıíìîïÍÌÎÏ¦ł",
    "o": "0öÖóòôõøÓÒÔØ",
    "s": "5$§śš",
    "z": "2",
    "b": "8ß",
    "a": "äÄáàâåãÁÀÂÅ",
    "e": "éèêëÉÈÊËє€",
    "u": "üÜúùûÚÙÛ",
    "c": "çÇ¢",
    "n": "ñÑ",
    "y": "ýÿÝ",
    ".": ",·",
    ":": ";：",
    "-": "—–−‐‑~",
    '"': "“”„«»",
    "'": "‘’`´‚",
    "@": "©®",
    " ": "\t\u00a0",
}  # fmt: skip
_DIGITS = {"0": "OoDQ", "1": "lIi|!", "2": "Zz", "5": "Ss", "8": "B", "6": "b", "9": "gq"}


def _table() -> dict[int, str]:
    table = {ord(letter): letter.lower() for letter in map(chr, range(ord("A"), ord("Z") + 1))}
    for one, others in _ALIKE.items():
        table.update({ord(other): one for other in others})
    return table


_FOLD = _table()
_AS_DIGITS = {ord(letter): digit for digit, letters in _DIGITS.items() for letter in letters}
DIGIT_LIKE = "0-9" + "".join(letters for letters in _DIGITS.values())
"""A character class: what may be a digit that was misread."""


def fold(text: str) -> str:
    """The text in lower case with look-alikes made one (0 and o, 1 and i and l, 5 and s …); as long as the text."""
    return text.translate(_FOLD)


def digits(text: str) -> str:
    """The digits of a text whose letters are taken for the digits they look like; everything else is left out."""
    return re.sub(r"\D", "", text.translate(_AS_DIGITS))


def luhn(number: str) -> bool:
    """Whether a number's last digit is the check digit of ISO/IEC 7812."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return bool(number) and total % 10 == 0


def entropy(text: str) -> float:
    """Shannon's entropy of the text's characters, in bits a character; 0 for an empty text."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values()) if text else 0.0


def classes(text: str) -> int:
    """How many of these a text has: small letters, capitals, digits."""
    return sum(bool(re.search(pattern, text)) for pattern in ("[a-z]", "[A-Z]", "[0-9]"))


_CAMEL = re.compile(r"^(?:[A-Z]{2,}|[A-Z]?[a-z]{2,}|[0-9]{1,4}|[_.\-/:])+$")


def random_looking(text: str, least: int = 16) -> bool:
    """Whether a text looks drawn by chance rather than written: long, mixed, not words joined together."""
    body = re.sub(r"[^A-Za-z0-9]", "", text)
    if len(body) < least or classes(body) < 2 or entropy(body) < 2.8:
        return False
    switches = sum(kind(a) != kind(b) for a, b in pairwise(body))
    if not re.search("[0-9]", body):
        return switches >= 0.25 * len(body) and not _CAMEL.match(text)
    return switches >= 0.15 * len(body)


def path_like(text: str) -> bool:
    """Whether a text has the words between slashes that paths have and base64 has not."""
    return text.count("/") >= 2 and any(re.fullmatch(r"[A-Za-z]?[a-z]{3,}", part) for part in text.split("/"))


def kind(letter: str) -> str:
    """What sort of character a letter is: "a", "A", "0" or ""."""
    return "a" if letter.islower() else "A" if letter.isupper() else "0" if letter.isdigit() else ""


@lru_cache(maxsize=4096)
def near(word: str, target: str) -> bool:
    """Whether two words differ by at most one letter put in, left out or changed. Only for words of six and more."""
    if word == target:
        return True
    if min(len(word), len(target)) < 6 or abs(len(word) - len(target)) > 1:
        return False
    first = next((i for i, (a, b) in enumerate(zip(word, target, strict=False)) if a != b), min(len(word), len(target)))
    rests = (
        (word[first + 1 :], target[first + 1 :]),
        (word[first + 1 :], target[first:]),
        (word[first:], target[first + 1 :]),
    )
    return any(a == b for a, b in rests)
