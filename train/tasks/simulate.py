"""Task `simulate`: the whole model but the tower learns from descriptions of screens, without a pixel.

Content is drawn from the world, laid out by rule of thumb, read with a reader's habits, asked about, and answered; the loss is that of the
assistant's tokens alone, copied spans by their pointers.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor, nn

from mmgpt.config import ModelConfig
from mmgpt.copying import Memory
from mmgpt.generate import Answer, Conversation, Engine, Sampling, Seen
from mmgpt.model import MMGPT, Pictures
from mmgpt.perception import Perceived, Perceiver
from mmgpt.pieces import Piece
from train.buckets import groups
from train.checkpoint import save_atomic
from train.data.conversation.sample import sample_chat, sample_conversation
from train.data.conversation.screen import Screen
from train.data.conversation.turn import Turn
from train.data.perception import IGNORED, Batch, Row, RowMaker, collate, posteriors
from train.data.world.content import Fields
from train.data.world.simulate import Simulated
from train.evaluation.questions import judge

POOL = 8  # batches that are drawn together and sorted by length
HELD_OUT_SEED = 1_000_000_000
SEEDS = 10  # of training, each with a hundred million rows of its own
CHAT_SHARE = 0.05  # of rows
_NOWHERE = Screen((), Fields(False, None, "other"), 1, 1, None)


@dataclass(frozen=True)
class Asked:
    """A screen for measuring: what is perceived of it, and what is asked."""

    perceived: Perceived
    screen: Screen
    turns: list[Turn]


def row_of(maker: RowMaker, seed: int, split: str, turns: int) -> Row:
    """The training row of a seed: a conversation about a screen, now and then one without any picture."""
    if random.Random(f"sort {seed}").random() < CHAT_SHARE:
        chat = sample_chat(seed, split, turns)
        return maker.row(_NOWHERE, chat, [], None, apart=True, picture=False)
    simulated, screen, asked = sample_conversation(seed, split, turns)
    rng = random.Random(f"row {seed}")
    pieces, tensors = perceive(maker, simulated, rng)
    alone = not any(turn.follows for turn in asked) and rng.random() < 0.6
    return maker.row(screen, asked, pieces, tensors, apart=alone)


def perceive(maker: RowMaker, simulated: Simulated, rng: random.Random) -> tuple[list[Piece], Any]:
    """Pieces of a simulated page and their tensors."""
    if maker.encoder is None:
        return [], None
    page = simulated.page
    known = [posteriors(rng, read, truth) for read, truth in zip(page.texts, simulated.truths, strict=True)]
    return maker.encoder(page, known)


def held_out_screens(maker: RowMaker, split: str, count: int, turns: int) -> list[Asked]:
    """Simulated screens for measuring that no training seed draws; questions that lean on the one before are left out."""
    made = []
    for i in range(count):
        seed = HELD_OUT_SEED + i + (0 if split == "held_out" else 500_000)
        simulated, screen, asked = sample_conversation(seed, split, turns)
        pieces, tensors = perceive(maker, simulated, random.Random(seed))
        perceived = Perceived([], simulated.page, pieces, tensors, None)
        made.append(Asked(perceived, screen, [turn for turn in asked if not turn.follows]))
    return made


class SimulateTask:
    """Batches of `batch` screens with `turns` turns each. A batch depends on (seed, step) alone."""

    name = "simulate"

    def __init__(
        self, config: ModelConfig, tokenizer: Tokenizer, *, seed: int = 0, batch: int = 32, turns: int = 8,
        evaluation: int = 48, split: str = "train", model: MMGPT | None = None,
    ) -> None:  # fmt: skip
        if not 0 <= seed < SEEDS:
            raise ValueError(f"seed {seed} is not within 0 … {SEEDS - 1}: the seeds behind are kept for measuring")
        self.config, self.tokenizer = config, tokenizer
        self.model: nn.Module = MMGPT(config) if model is None else model
        self.maker = RowMaker(config, tokenizer)
        self.seed, self.batch_size, self.turns, self.split = seed, batch, turns, split
        self.evaluation = evaluation
        self._drawn: tuple[int, list[list[Row]]] = (-1, [])
        self._asked: dict[str, list[Asked]] = {}

    def _row(self, index: int) -> Row:
        return row_of(self.maker, self.seed * (HELD_OUT_SEED // SEEDS) + index, self.split, self.turns)

    def batch(self, step: int) -> Batch:
        """Rows of similar length. The same step gives the same batch."""
        number = step // POOL
        if self._drawn[0] != number:
            size = self.batch_size
            rows = [self._row(number * POOL * size + i) for i in range(POOL * size)]
            rows.sort(key=lambda r: len(r.ids) + (0 if r.pieces is None else r.pieces.mask.shape[1]))
            batches = [rows[i * size : (i + 1) * size] for i in range(POOL)]
            random.Random(f"{self.seed} {number}").shuffle(batches)
            self._drawn = (number, batches)
        return collate(self._drawn[1][step % POOL], self.config.pad_token)

    def loss(self, batch: Batch, step: int, total: int) -> tuple[Tensor, int]:
        """Mean cross-entropy of supervised tokens, and how many screens there were."""
        loss = answer_loss(self.model, batch)  # type: ignore[arg-type]
        return loss, len(batch.ids)

    def asked(self, split: str) -> list[Asked]:
        """Screens for measuring, the same every time."""
        if split not in self._asked:
            self._asked[split] = held_out_screens(self.maker, split, self.evaluation, self.turns)
        return self._asked[split]

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Shares of right answers on screens and wordings of training, and on held-out ones."""
        assert isinstance(model, MMGPT)
        scores: dict[str, float] = {}
        for split in ("train", "held_out"):
            answered = ask_all(Engine(model, self.tokenizer, Perceiver(None, None, None)), self.asked(split))
            groups: dict[str, list[bool]] = {}
            for turn, answer in answered:
                right = judge(turn, answer.text)
                kind = (
                    "intent" if turn.held_out_intent else "fields" if turn.family.startswith("field") else "questions"
                )
                groups.setdefault(kind, []).append(right)
            for kind, values in sorted(groups.items()):
                scores[f"{split.replace('_', ' ')} {kind}"] = sum(values) / len(values)
        scores["held out nats an answer"] = self.nats(model)
        return scores

    @torch.no_grad()
    def nats(self, model: MMGPT, batches: int = 6) -> float:
        """Cross-entropy of a whole answer on held-out screens: comparable between ways to write the same answer."""
        rows = [row_of(self.maker, HELD_OUT_SEED + 900_000 + i, "held_out", self.turns) for i in range(batches * 16)]
        total, turns = 0.0, 0
        for first in range(0, len(rows), 16):
            batch = collate(rows[first : first + 16], self.config.pad_token)
            total += float(answer_nll(model, batch)[0])
            turns += batch.turns
        return total / turns

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        """Weights under the names of the core model."""
        save_atomic(dict(model.state_dict()), path, metadata)


def ask_all(engine: Engine, asked: list[Asked]) -> list[tuple[Turn, Answer]]:
    """Every turn of every screen, asked alone, greedily, in one batch a screen."""
    found: list[tuple[Turn, Answer]] = []
    for entry in asked:
        seen: Seen = engine.remember(entry.perceived)
        turns = [Conversation().ask(seen, turn.question) for turn in entry.turns]
        answers = engine.answers(turns, Sampling(max_tokens=96))
        found += list(zip(entry.turns, answers, strict=True))
    return found


def answer_loss(model: MMGPT, batch: Batch) -> Tensor:
    """Mean cross-entropy of the supervised tokens of a batch."""
    total, count = answer_nll(model, batch)
    return total / count


def answer_nll(model: MMGPT, batch: Batch) -> tuple[Tensor, int]:
    """Cross-entropy of the supervised tokens of a batch, summed, and how many there are; logits are made for these alone."""
    losses, there = answer_losses(model, batch)
    return losses.sum(), int(there.sum())


def answer_losses(model: MMGPT, batch: Batch) -> tuple[Tensor, Tensor]:
    """Cross-entropy of each row's supervised tokens [B, most], and where there is one: see `token_losses`."""
    batch = batch.to(model.decoder.embed_tokens.weight.device)
    memory = None
    if batch.owner:
        pictures = Pictures(batch.owner, batch.pieces, batch.features)
        memory = model.remember(model.see(pictures), batch.owner, len(batch.ids))
    hidden = model.hidden(batch.ids, memory, mask=batch.mask, positions=batch.positions)
    return token_losses(model, hidden, batch.ids, batch.labels, memory)


def token_losses(
    model: MMGPT, hidden: Tensor, ids: Tensor, labels: Tensor, memory: Memory | None
) -> tuple[Tensor, Tensor]:
    """Cross-entropy of supervised tokens, float32 [B, most] with zeros where `there`, bool of the same shape, says that there is none.

    hidden [B, T, D] after ids int64 [B, T]; labels int64 [B, T], not shifted; memory has an entry a row.
    """
    targets = labels[:, 1:]
    wanted = targets != IGNORED
    counts = wanted.sum(1).tolist()
    most = max(counts)
    # The supervised places of each row, moved to its front; the rest of the width is padding.
    order = (~wanted).long().argsort(dim=1, stable=True)[:, :most]
    there = wanted.gather(1, order)
    chosen = hidden[:, :-1].gather(1, order[..., None].expand(-1, -1, hidden.shape[-1]))
    before = ids[:, :-1].gather(1, order)
    after = targets.gather(1, order).masked_fill(~there, IGNORED)
    V, P = model.config.decoder.vocab_size, model.config.pointers
    count = 0 if memory is None else min(P, memory.pieces.shape[1])
    if count < P:  # ends are numbered behind the starts that are there
        after = torch.where(after >= V + P, after - P + count, after)
        before = torch.where(before >= V + P, before - P + count, before)

    def loss(rows: list[int] | slice, width: int) -> Tensor:
        own = memory
        if memory is not None and not isinstance(rows, slice):
            own = Memory(memory.tokens[rows], memory.mask[rows], memory.pieces[rows], memory.piece_mask[rows])
        logits = model.logits(chosen[rows, :width], before[rows, :width], own, pointers=count)
        wished = after[rows, :width]
        found = F.cross_entropy(logits.flatten(0, 1).float(), wished.flatten(), ignore_index=IGNORED, reduction="none")
        return found.view_as(wished)

    # Logits are as wide as the vocabulary, at padding too: rows with about as many supervised tokens are taken together.
    alike = groups(counts)
    if len(alike) < 2:
        return loss(slice(None), most), there
    parts = [loss(rows, max(counts[i] for i in rows)) for rows in alike]
    padded = torch.cat([F.pad(part, (0, most - part.shape[1])) for part in parts])
    back = torch.tensor([i for rows in alike for i in rows], device=padded.device).argsort()
    return padded[back], there
