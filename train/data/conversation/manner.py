"""How people put a question: greetings, thanks, haste and slips around words that mean the same.

Only questions of training are put so, and only now and then: what is measured is asked in plain words.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

SHARE = 0.25
"""In what share of the trained turns a question is put in a manner."""

_OPENINGS = (
    "Look at the picture.",
    "Here is a screenshot.",
    "See the screenshot.",
    "I took this screenshot.",
    "I got this on my screen.",
    "This just came up.",
    "Hello!",
    "Hi.",
    "Sorry to bother you.",
    "I need some help.",
    "I don't understand this.",
    "New here.",
)
"""Sentences that stand before a question."""
_LEADS = (
    "Please:",
    "Hi,",
    "Hello,",
    "Hey,",
    "quick question -",
    "Quick question:",
    "Question:",
    "ok,",
    "OK so",
    "One thing:",
    "My question is:",
    "A colleague asks:",
)
"""Words that lead into a question, which then goes on in lower case."""
_ENDINGS = (
    "Thanks!",
    "Thank you.",
    "Thanks in advance.",
    "Please.",
    "Please help.",
    "It is urgent.",
    "I can't read it.",
    "I'm not sure.",
    "Regards",
)
_SHORT_LEADS = ("OK,", "ok.", "Thanks.", "Good.", "I see.", "Right,", "Hm,")
_SHORT_ENDINGS = ("Thanks!", "Please.", "thx")
"""Leads and endings in the middle of a conversation."""
_MARKS = ("??", " ?", "?!", "...", "!", "")
_KEPT = re.compile(r"\{\w+\}|\"[^\"]*\"")
"""Places for words of the screen, and what stands in quotation marks, are never changed."""
_WORD = re.compile(r"[A-Za-z]{4,}")
_KEYS = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l",
    "l": "k", "m": "n", "n": "m", "o": "p", "p": "o", "q": "w", "r": "t", "s": "d", "t": "r", "u": "i", "v": "b",
    "w": "e", "x": "c", "y": "u", "z": "x",
}  # fmt: skip
"""A neighbour of each letter on an American keyboard."""


def with_manner(question: str, rng: random.Random, *, begins: bool = True, typos: bool = True) -> str:
    """The question as someone in some mood would put it; "{x}" and quoted words stay as they are.

    Draws from `rng` only. `begins` is False where the question follows on another and no one would greet; without
    `typos` no word is misspelt, for questions about words that have to be told apart.
    """
    roll = rng.random()
    if roll < 0.22:
        return f"{rng.choice(_OPENINGS)} {question}" if begins else _led(rng.choice(_SHORT_LEADS), question)
    if roll < 0.42:
        return _led(rng.choice(_LEADS if begins else _SHORT_LEADS), question)
    if roll < 0.60:
        return _ended(question, rng, begins)
    if roll < 0.68:
        return _led(rng.choice(_LEADS if begins else _SHORT_LEADS), _ended(question, rng, begins))
    if roll < 0.78:
        return question.rstrip("?.!") + rng.choice(_MARKS)
    if roll < 0.86 or not typos:
        return _outside(question, str.lower).rstrip("?.!") + rng.choice(("", "", "?"))
    if roll < 0.88:
        return _outside(question, str.upper)
    return _misspelt(question, rng) if roll < 0.95 else _outside(_misspelt(question, rng), str.lower).rstrip("?.!")


def _led(lead: str, question: str) -> str:
    """A question behind a lead, in lower case unless it begins with "I", a name in capitals or a sentence has ended."""
    first = question.split(maxsplit=1)[0] if question.strip() else ""
    proper = first in ("I", "I'm", "I've") or first[1:2].isupper() or lead.endswith((".", "!"))
    return f"{lead} {question if proper else question[:1].lower() + question[1:]}"


def _ended(question: str, rng: random.Random, begins: bool) -> str:
    """A question with an ending; one that ends in no mark gets one first."""
    if rng.random() < 0.25 and "please" not in question.lower():
        body = question.rstrip("?.!")
        return f"{body}, please{question[len(body) :]}"
    closed = question if question.endswith(("?", ".", "!")) else f"{question}?"
    return f"{closed} {rng.choice(_ENDINGS if begins else _SHORT_ENDINGS)}"


def _outside(question: str, change: Callable[[str], str]) -> str:
    """The question with everything changed but what is kept."""
    made, at = "", 0
    for kept in _KEPT.finditer(question):
        made += change(question[at : kept.start()]) + kept.group()
        at = kept.end()
    return made + change(question[at:])


def _misspelt(question: str, rng: random.Random) -> str:
    """The question with a slip in one of its longer words: letters swapped, lost, doubled, or a neighbouring key."""
    kept = [place.span() for place in _KEPT.finditer(question)]
    words = [
        word.span()
        for word in _WORD.finditer(question)
        if not any(start < word.end() and word.start() < end for start, end in kept)
    ]
    if not words:
        return question
    start, end = rng.choice(words)
    at = rng.randrange(start + 1, end - 1)
    letter, following = question[at], question[at + 1]
    slip = rng.choice(
        (following + letter, following, letter + letter + following, _KEYS[letter.lower()] + following)
    )  # instead of both letters
    return question[:at] + slip + question[at + 2 :]
