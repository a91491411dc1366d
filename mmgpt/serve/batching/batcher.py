"""Continuous batching: one thread drives `step`, others submit and cancel.

A step reads a part of the newcomers' prompts, then decodes one token for every running row. What a row says does not depend on what
stands beside it; numbers may differ in their last bits, as they do for any matrix product of another size.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, deque
from collections.abc import Sequence

import torch
from torch import Tensor

from mmgpt.generate import Engine, choose
from mmgpt.serve.batching.guide import Guide
from mmgpt.serve.batching.lanes import Lanes, Prefill
from mmgpt.serve.batching.row import Row, Sink, Work, model_error
from mmgpt.serve.batching.shown import Shown

log = logging.getLogger(__name__)

BUDGET = 256  # tokens of prompts that are read between two tokens of running rows: about 50 ms of nano on one core
ALONE = 1024  # the same while nothing runs
TRIES = 32  # spans that a grammar refuses, one after the other, before it is text


class Batcher:
    """Rows of one engine. Every event of a row comes from the thread that drives `step`: Started, Deltas, Finished, or a ServiceError
    at any place, which is the last."""

    def __init__(self, engine: Engine, max_rows: int) -> None:
        self._engine, self._most = engine, max_rows
        self._guide = Guide(engine)
        self._changed = threading.Condition()
        self._waiting: deque[Work] = deque()
        self._cancelled: set[int] = set()
        self._number = 0
        self._group: list[Work] = []  # rows whose prompts are read
        self._prefill: Prefill | None = None
        self._running: list[Work] = []
        self._lanes: Lanes | None = None
        self.counts: Counter[str] = Counter()
        """How often since the beginning: steps, started, finished, cancelled, model_error."""

    # -- from any thread -----------------------------------------------------------------------------------------------------

    def submit(self, request: Row, sink: Sink) -> int:
        """Puts a row into the queue; returns its ticket. What is wrong with it comes through the sink too.

        A schema that was not seen before is compiled here, in the thread that asks: up to a few seconds.
        """
        with self._changed:
            self._number += 1
            number = self._number
        work = Work(number, request, sink, self._engine, self._guide)
        with self._changed:
            self._waiting.append(work)
            self._changed.notify_all()
        return number

    def cancel(self, ticket: int) -> None:
        """The row is gone before the next step; nothing more comes of it. Tickets that are over do nothing."""
        with self._changed:
            if any(work.number == ticket for work in (*self._waiting, *self._group, *self._running)):
                self._cancelled.add(ticket)
                self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Until there is something to do, or `seconds` are over."""
        with self._changed:
            self._changed.wait_for(self._has_work, seconds)

    def _has_work(self) -> bool:
        return bool(self._waiting or self._group or self._running)

    @property
    def running(self) -> int:
        """Rows that have a place."""
        return len(self._running) + len(self._group)

    @property
    def waiting(self) -> int:
        """Rows in the queue."""
        return len(self._waiting)

    # -- from the driving thread ---------------------------------------------------------------------------------------------

    @torch.inference_mode()
    def step(self) -> bool:
        """Admits newcomers, reads some of their prompts, decodes one token for every row; False when there was nothing to do."""
        with self._changed:
            busy = self._has_work()
            refused = self._tidy()
        for work in refused:
            assert work.problem is not None
            work.fail(work.problem)
        if not busy:
            return False
        self.counts["steps"] += 1
        self._drop()
        self._admit()
        if self._running:
            self._decode()
        if self._prefill is not None:
            self._read()
        return True

    def _tidy(self) -> list[Work]:
        """Takes what was cancelled, or refused, out of the queue; the refused are returned."""
        for work in (*self._waiting, *self._group, *self._running):
            if work.number in self._cancelled:
                work.over = True
                self.counts["cancelled"] += 1
        self._cancelled.clear()
        refused = [work for work in self._waiting if work.problem and not work.over]
        left = [work for work in self._waiting if not work.problem and not work.over]
        if len(left) < len(self._waiting):
            self._waiting = deque(left)
        return refused

    def _drop(self) -> None:
        """Rows that are over leave their lanes."""
        keep = [place for place, work in enumerate(self._running) if not work.over]
        if len(keep) < len(self._running):
            self._lanes = self._lanes.take(keep) if keep and self._lanes is not None else None
            with self._changed:
                self._running = [self._running[place] for place in keep]
        if self._group and all(work.over for work in self._group):
            self._prefill = None
            with self._changed:
                self._group = []

    def _admit(self) -> None:
        """Newcomers, oldest first, whose padded prompts together are no more than a step's budget; always one."""
        if self._prefill is not None:
            return
        with self._changed:
            widest = 0
            while self._waiting and len(self._running) + len(self._group) < self._most:
                work = self._waiting[0]
                widest = max(widest, len(work.prompt))
                if self._group and (
                    work.alone or self._group[0].alone or widest * (len(self._group) + 1) > self._budget()
                ):
                    break
                self._group.append(self._waiting.popleft())
        if not self._group:
            return
        try:
            self._prefill = self._begin(self._group)
        except Exception:
            self._unread()

    def _budget(self) -> int:
        return BUDGET if self._running else ALONE

    def _begin(self, group: Sequence[Work]) -> Prefill:
        """What the rows are shown, and their prompts as vectors. The prompt of a prefix model holds its pictures, so it is made whole."""
        model, shown, vectors = self._engine.model, [], []
        device = model.decoder.embed_tokens.weight.device
        for work in group:
            pictures = work.row.conversation.pictures
            seen = [(picture.tokens, picture.pieces) for picture in pictures]
            memory = model.remember(seen, [0] * len(seen), 1)
            shown.append(Shown.of(model, memory))
            vectors.append(model.embed(torch.tensor([work.prompt], device=device), memory)[0])
        return Prefill(model, [work.prompt for work in group], vectors, shown)

    def _read(self) -> None:
        assert self._prefill is not None
        try:
            logits = self._prefill.read(max(1, self._budget() // len(self._group)))
        except Exception:
            self._unread()
            return
        if logits is None:
            return
        group, lanes, self._prefill = self._group, self._prefill, None
        for work in group:
            if not work.over:
                self.counts["started"] += 1
                work.started(self._engine)
        self._choose(group, logits)
        keep = [place for place, work in enumerate(group) if not work.over]
        newcomers = lanes.take(keep) if keep else None
        if newcomers is not None:
            self._lanes = newcomers if self._lanes is None else self._lanes.below(newcomers)
        with self._changed:
            self._running = [*self._running, *(group[place] for place in keep)]
            self._group = []

    def _unread(self) -> None:
        """Prompts could not be read. Each is tried again alone, so that the one that is at fault fails alone."""
        log.exception("%d prompts could not be read", len(self._group))
        group, self._prefill = self._group, None
        with self._changed:
            self._group = []
            if len(group) > 1:
                for work in reversed(group):
                    work.alone = True
                    self._waiting.appendleft(work)
                return
        self._fail(group)

    def _fail(self, rows: Sequence[Work]) -> None:
        for work in rows:
            if not work.over:
                self.counts["model_error"] += 1
                work.fail(model_error())

    def _decode(self) -> None:
        assert self._lanes is not None
        try:
            logits = self._lanes.step([work.next for work in self._running])
            self._choose(self._running, logits)
        except Exception:
            log.exception("%d rows could not go on", len(self._running))
            self._fail(self._running)
        self._drop()

    # -- tokens --------------------------------------------------------------------------------------------------------------

    def _choose(self, rows: Sequence[Work], logits: Tensor) -> None:
        """Gives every row its next token: logits float32 [B, V + 2P]."""
        sound = torch.isfinite(logits).all(-1).tolist()
        self._fail([work for work, fine in zip(rows, sound, strict=True) if not fine])
        alive = [place for place, work in enumerate(rows) if not work.over]
        for place in alive:
            rows[place].writer.restrict(logits[place])
        chosen = self._draw(rows, logits, alive)
        closing = {place for place in alive if not self._settle(rows[place], logits[place], chosen, place)}
        logprobs = logits.log_softmax(-1)
        for place in alive:
            work = rows[place]
            if place in closing:
                work.close()
            else:
                token = chosen[place]
                work.take(token, logprobs[place], token == self._engine.model.config.end_token)
            if work.over:
                self.counts["model_error" if work.writer.failed else "finished"] += 1

    def _draw(self, rows: Sequence[Work], logits: Tensor, places: Sequence[int]) -> dict[int, int]:
        """Tokens for some of the rows; rows that are sampled alike are drawn together, each with its own generator."""
        alike: dict[tuple[float, int, float], list[int]] = {}
        for place in places:
            how = rows[place].row.sampling
            key = (how.temperature, how.top_k, how.top_p) if how.temperature else (0.0, 0, 1.0)
            alike.setdefault(key, []).append(place)
        found: dict[int, int] = {}
        for own in alike.values():
            tokens = choose(logits[own], rows[own[0]].row.sampling, [rows[place].generator for place in own])
            found.update(zip(own, tokens, strict=True))
        return found

    def _settle(self, work: Work, logits: Tensor, chosen: dict[int, int], place: int) -> bool:
        """Chooses again while a grammar refuses what was chosen; False when it is time to close."""
        model = self._engine.model.config
        for attempt in range(TRIES + 1):
            verdict = work.writer.judge(chosen[place])
            if verdict != "other":
                return verdict == "fine"
            # Only pointers are refused for what they copy; after some of them all are.
            refused = (
                slice(chosen[place], chosen[place] + 1)
                if attempt < TRIES - 1
                else slice(model.decoder.vocab_size, None)
            )
            logits[refused] = torch.finfo(logits.dtype).min
            chosen[place] = choose(logits[None], work.row.sampling, [work.generator])[0]
        return False
