"""Text as a reader may have got it wrong: letters that look alike fall together, blanks and marks do not count."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

_ALIKE = str.maketrans({"l": "i", "1": "i", "|": "i", "0": "o", "5": "s", "8": "b", "2": "z"})
_MARKS = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W_]+")
_CODE = re.compile(r"[\w#$@/!?.:-]*[\w?!]")
_UNSPACED = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff]+"
)  # scripts without blanks between words: kana, Chinese characters
_SPLIT = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def squeezed(text: str) -> str:
    """Lower-case letters and digits alone, look-alikes as one (1 l I |, 0 O, 5 S, 8 B, 2 Z)."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _MARKS.sub("", text.lower().translate(_ALIKE))


def trigrams(text: str) -> set[str]:
    """Every three neighbours of the squeezed text; a text of one or two letters is its own."""
    text = squeezed(text)
    return {text[at : at + 3] for at in range(len(text) - 2)} or ({text} if text else set())


def words(text: str) -> list[str]:
    """The words of a text in lower case, CamelCase and snake_case also in parts.

    Where a script has no blanks between words, every two neighbouring characters stand for a word.
    """
    found = []
    if not text.isascii():
        for run in _UNSPACED.findall(text):
            found += [run[at : at + 2] for at in range(max(len(run) - 1, 1))]
        text = _UNSPACED.sub(" ", text)
    for word in _WORD.findall(text):
        found.append(word.lower())
        if not word[1:].islower() and not word.isupper():  # ordinary words are most, and have no parts
            parts = _SPLIT.split(word)
            if len(parts) > 1:
                found += [part.lower() for part in parts]
    return found


def codes_in(line: str) -> list[str]:
    """Everything in a line that may be a code: its tokens, their parts around : and =, and two neighbours joined."""
    tokens = [token for token in _CODE.findall(line) if len(token) >= 2]
    parts = [part for token in tokens for part in re.split(r"[:/.]+", token) if part != token and len(part) >= 2]
    return [*tokens, *parts, *(f"{a} {b}" for a, b in pairwise(tokens))]


def code_key(code: str) -> str:
    """What two readings of one code have in common. A code of digits alone stays as it is."""
    bare = code.strip().strip("[]()«»\"'")
    if re.fullmatch(r"[-#]?\d+(?:\.\d+)*", bare):
        return bare.lstrip("#")
    key = squeezed(bare)
    marks = "".join(letter for letter in bare if letter in "#!?/")
    return key + marks


def is_telling(code: str) -> bool:
    """Whether a code says much by itself, wherever it stands: ERR_CONNECTION_REFUSED does, 404 or ENOENT alone less."""
    key = squeezed(code)
    return len(key) >= 5 and not re.fullmatch(r"[-#]?\d[\d.]*", code)
