"""Engines on small random weights, and rows whose events are kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import torch

from mmgpt.generate import Conversation, Engine, Sampling, Seen
from mmgpt.perception import Perceiver
from mmgpt.pieces import PieceEncoder
from mmgpt.serve.batching.batcher import Batcher
from mmgpt.serve.batching.row import Row
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Delta, Event, Finished, Started, Token
from tests.mmgpt.small import TRUNK, screen, small_config, small_model, small_reader, small_tokenizer
from vision.clip import NanoTower
from vision.reader.nano import NanoReader
from vision.trunk import Trunk

Fusion = Literal["cross", "prefix"]


@cache
def engine_of(fusion: Fusion = "cross") -> Engine:
    config = small_config(fusion)
    assert config.lines is not None
    reader = NanoReader(*small_reader(), min_confidence=0.0)
    torch.manual_seed(1)
    tower = NanoTower("small", Trunk(TRUNK).eval(), -2)
    encoder = PieceEncoder(small_tokenizer(), config.lines.max_pieces)
    return Engine(small_model(config), small_tokenizer(), Perceiver(reader, encoder, tower))


@cache
def seen_of(seed: int, fusion: Fusion = "cross", height: int = 90) -> Seen:
    return engine_of(fusion).look(screen(seed, 240, height)[0])


@cache
def conversations(fusion: Fusion = "cross") -> tuple[Conversation, ...]:
    """One picture, another, two at once with a follow-up, none, and a long one: prompts of different lengths."""
    a, b = seen_of(0, fusion), seen_of(1, fusion)
    both = Conversation().ask(seen_of(2, fusion, 40), a, "What do they say?").answered("Nothing.").ask("And now?")
    return (
        Conversation().ask(a, "Which port?"),
        Conversation().ask(b, "What is the name of the program?"),
        both,
        Conversation().ask("Hello."),
        Conversation().ask("Which port is it? " * 30, a),
    )


@dataclass
class Heard:
    """What came of a row."""

    events: list[Event | ServiceError] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def __call__(self, event: Event | ServiceError) -> None:
        self.events.append(event)
        self.threads.add(threading.get_ident())

    @property
    def deltas(self) -> list[Delta]:
        return [event for event in self.events if isinstance(event, Delta)]

    @property
    def joined(self) -> str:
        return "".join(delta.text for delta in self.deltas)

    @property
    def tokens(self) -> list[Token]:
        return [token for delta in self.deltas for token in delta.tokens]

    @property
    def end(self) -> Finished:
        """The last event, after one Started at the beginning and Deltas alone between."""
        first, *middle, last = self.events
        assert isinstance(first, Started) and isinstance(last, Finished), self.events
        assert all(isinstance(event, Delta) for event in middle)
        assert self.joined == last.text
        return last

    @property
    def error(self) -> ServiceError:
        last = self.events[-1]
        assert isinstance(last, ServiceError), self.events
        return last


def finish(batcher: Batcher, most: int = 5000) -> int:
    """Steps until nothing is left to do; how many it took."""
    for steps in range(most):
        if not batcher.step():
            return steps
    raise AssertionError("it does not come to an end")


def said(row: Row, fusion: Fusion = "cross") -> Heard:
    """What a row says alone."""
    heard = Heard()
    batcher = Batcher(engine_of(fusion), 1)
    batcher.submit(row, heard)
    finish(batcher)
    return heard


def ask(text: str = "Which port?", **options: Any) -> Row:
    """A row with a picture."""
    names = ("max_tokens", "temperature", "top_p", "top_k", "seed", "stop")
    sampling = Sampling(**{"max_tokens": 12, **{name: options.pop(name) for name in names if name in options}})
    return Row(Conversation().ask(seen_of(0), text), sampling, **options)
