"""Picking lines and words of a screen to ask about, and texts that are not on it."""

from __future__ import annotations

import random
import re

from train.data.conversation.screen import Found, Screen

_BUTTONS = (
    "OK|Cancel|Close|Save|Don't Save|Retry|Try again|Yes|No|Apply|Back|Next|Finish|Install|Delete|Remove|Open|Browse|"
    "Continue|Quit|Help|Details|Send Report|Restart|Skip|Stop|Ignore|Replace|Overwrite|Keep|Upload|Download|Sign in|"
    "Log out|Update|Reload|Refresh|Print|Export|Import|Copy|Undo|Accept|Decline|Allow|Block|Submit|Reset|Search"
).split("|")
_TEXTS = (
    "Permission denied|Connection refused|No such file or directory|Settings|Welcome back|Out of memory|Timed out|"
    "File not found|Invalid password|Access is denied|Disk full|Page not found|Internal Server Error|Segmentation fault|"
    "command not found|Loading|Search results|Recent files|Add to cart|Terms of service|Privacy policy|Unsaved changes|"
    "Build succeeded|All tests passed|Update available|Low battery|Not responding|Sign up|Forgot password|Contact us|"
    "Release notes|Getting started|New folder|Select all|Syntax error|Cannot connect|Certificate expired|Hello world|"
    "Total amount|Due date|Network unreachable|Broken pipe|Invoice|Dashboard|Inbox|Trash|Preferences|Version history"
).split("|")
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]{3,}")
_TRIES = 6
_LONGEST = 60


def unique_line(screen: Screen, rng: random.Random, *, longest: int = _LONGEST) -> Found | None:
    """A line that stands on the screen once, not too long, and was not lost in reading."""
    for _ in range(_TRIES):
        number = rng.randrange(len(screen.lines)) if screen.lines else -1
        if number < 0:
            return None
        line = screen.lines[number]
        text = line.truth.strip()
        if not 3 <= len(text) <= longest or '"' in text or text.isdigit() or len(line.parts) != 1:
            continue
        if screen.truths.count(text.lower()) == 1:
            start = line.truth.index(text)
            found = Found(number, start, start + len(text), text)
            if screen.span(found) is not None:
                return found
    return None


def unique_word(screen: Screen, rng: random.Random, *, longest: int = 160) -> tuple[str, Found] | None:
    """A word that stands on the screen once, and the line (longer than the word) that it stands in."""
    for _ in range(_TRIES):
        if not screen.lines:
            return None
        number = rng.randrange(len(screen.lines))
        line = screen.lines[number]
        words = _WORD.findall(line.truth) if len(line.truth) <= longest and len(line.parts) == 1 else []
        if not words:
            continue
        word = rng.choice(words)
        if screen.truths.count(word.lower()) != 1 or len(line.truth.strip()) < len(word) + 4:
            continue
        found = Found(number, 0, len(line.truth), line.truth)
        there = line.truth.index(word)
        if screen.span(found) is not None and screen.find(number, there, there + len(word)) is not None:
            return word, found
    return None


def snippet(screen: Screen, rng: random.Random) -> Found | None:
    """One to four neighbouring words of a line."""
    for _ in range(_TRIES):
        if not screen.lines:
            return None
        number = rng.randrange(len(screen.lines))
        line = screen.lines[number]
        words = list(re.finditer(r"[^\s\"]+", line.truth))
        if not words:
            continue
        count = min(rng.choice((1, 2, 2, 3, 4)), len(words))
        first = rng.randrange(len(words) - count + 1)
        start, end = words[first].start(), words[first + count - 1].end()
        text = line.truth[start:end]
        if 4 <= len(text) <= _LONGEST and '"' not in text and sum(letter.isalpha() for letter in text) >= 3:
            found = Found(number, start, end, text)
            if screen.span(found) is not None:
                return found
    return None


def absent_text(screen: Screen, rng: random.Random, *, button: bool = False) -> str | None:
    """A text (a button's caption) that is nowhere on the screen; half of the texts are near misses of what is there.

    None when the screen is not complete or none was found.
    """
    if not screen.complete:
        return None
    for _ in range(_TRIES):
        text = rng.choice(_BUTTONS if button else _TEXTS)
        if not button and rng.random() < 0.5:
            piece = snippet(screen, rng)
            words = piece.text.split(" ") if piece is not None else []
            if len(words) > 1:
                words[rng.randrange(len(words))] = rng.choice(rng.choice(_TEXTS).split(" "))
                text = " ".join(words)
        if text.lower() not in screen.truths and text.lower() not in _read(screen):
            return text
    return None


def _read(screen: Screen) -> str:
    return "\n".join(line.read for line in screen.lines).lower()
