"""One question with its answer, and a family of questions that ask the same thing in different words."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mmgpt.prompts import NOT_VISIBLE as NOT_VISIBLE_SENTENCE
from train.data.conversation.screen import Screen, Span

NOT_VISIBLE = "not visible"
"""The key of a turn that only a refusal answers."""

Check = Literal["span", "spans", "yes", "region", "word", "app", "caption", "text", "field"]
"""How an answer is judged: by the quoted part, by all quoted parts, by its first word, by the place it names, by a word
it holds, by a program's name, as a caption, as a whole sentence, as a bare value."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a caption is judged by. `message` and `app` are true, `…_read` as they were read; `message` is None
    where the caption needs none."""

    is_error: bool
    app: str | None
    app_read: str | None
    kind: str
    message: str | None = None
    message_read: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A question about a screen and its answer: what the decoder writes itself, and spans of read lines.

    `key` is what an answer is judged by: what truly stands there, a word, or NOT_VISIBLE. `as_read` is what a faithful
    copy of the read lines says instead of `key`. `follows`: the question leans on the turn before and must stay behind it.
    """

    family: str
    question: str
    answer: tuple[str | Span, ...]
    key: str
    visible: bool
    held_out_wording: bool
    held_out_intent: bool = False
    check: Check = "span"
    as_read: str = ""
    follows: bool = False
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a family makes of a screen: an answer with its key and the words to put into the question.

    Without an answer the screen shows no such thing.
    """

    answer: tuple[str | Span, ...] = ()
    key: str = NOT_VISIBLE
    slots: Mapping[str, str] = field(default_factory=dict)
    facts: Facts | None = None


Maker = Callable[[Screen, random.Random], Made | None]
"""A screen to an answer; None where the question makes no sense or its answer was lost in reading."""
Follower = Callable[[Screen, random.Random, Turn], Made | None]


@dataclass(frozen=True)
class Wordings:
    """Ways to ask, parted into those that are trained on and those that are only measured."""

    train: tuple[str, ...]
    held_out: tuple[str, ...]


@dataclass(frozen=True)
class Family:
    """Questions that ask one thing. `follow` makes its answer where it is asked after another turn with `short` words.

    `weight`: how often it is drawn. `refused`: in what share of the times that it turns out to ask for something that is
    not there it is asked nevertheless. `after`: families that it may follow; () for never.
    """

    name: str
    make: Maker
    wordings: Wordings
    check: Check = "span"
    refusal: str = NOT_VISIBLE_SENTENCE
    weight: float = 1.0
    refused: float = 0.08
    held_out_intent: bool = False
    after: tuple[str, ...] = ()
    short: Wordings = Wordings((), ())
    follow: Follower | None = None


def wordings(text: str) -> Wordings:
    """One wording a line; those that begin with "~ " are held out. Raises ValueError when either sort is missing."""
    rows = [row.strip() for row in text.strip().splitlines() if row.strip()]
    train = tuple(row for row in rows if not row.startswith("~ "))
    held_out = tuple(row[2:] for row in rows if row.startswith("~ "))
    if not train or not held_out:
        raise ValueError(f"{len(train)} wordings to train on and {len(held_out)} held out; need at least one of each")
    return Wordings(train, held_out)


def quoted(before: str, *spans: Span, behind: str = ".") -> tuple[str | Span, ...]:
    """A sentence around one quotation, which may run over several lines."""
    return (f"{before}“", *spans, f"”{behind}")
