"""Tasks `instruct` and `align` on any mixture of sources, packed: your own conversations beside simulated and rendered screens."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from mmgpt.chat import Message
from mmgpt.config import ModelConfig
from mmgpt.generate import Conversation, Engine, Sampling
from mmgpt.model import MMGPT
from mmgpt.perception import Perceiver
from train.buckets import even_length, row_length
from train.budget import POOL, Journal, Windows, cost
from train.checkpoint import save_atomic
from train.data.conversation.sample import ask
from train.data.conversing import Converser
from train.data.perceived import PerceivedScreen, read
from train.data.perception import RowMaker
from train.data.sources.record import Broken, Picture, Record
from train.mixture import Mixture, RecordSupply, Supply
from train.packing import Document, Packed, document_of, pack, packed_losses
from train.parts import bounds, part
from train.tasks.instruct import KEPT_FOR_MEASURING, PROJECTOR
from train.tasks.simulate import HELD_OUT_SEED, SEEDS, row_of

EVALUATED_NATS = 32  # documents of each supply


def kept_for_measuring(count: int) -> int:
    """How many of so many records are held out: a tenth, at most KEPT_FOR_MEASURING, none of less than ten."""
    return min(count // 10, KEPT_FOR_MEASURING)


class SimulateSupply(Supply):
    """Simulated screens and chats, as task `simulate` draws them."""

    def __init__(self, maker: RowMaker, seed: int, turns: int) -> None:
        super().__init__("simulate", None)
        self.maker, self.turns = maker, turns
        self.first = seed * (HELD_OUT_SEED // SEEDS)

    def _made(self, seed: int) -> Document:
        row = row_of(self.maker, seed, "train", self.turns)
        return document_of(row, 0 if row.pieces is None else int(row.pieces.mask.sum()))

    def document(self, index: int) -> Document:
        """Row `index` of the seed."""
        return self._made(self.first + index)

    def held_out_documents(self, count: int) -> list[Document]:
        """Rows that no training seed draws."""
        return [self._made(HELD_OUT_SEED + 700_000 + i) for i in range(count)]


class ScreensSupply(Supply):
    """Perceived screens of a folder (`python -m train.data.perceived`): a screen at random, and questions about it."""

    def __init__(self, name: str, folder: Path, converser: Converser, seed: int) -> None:
        super().__init__(name, None)
        every = list(read(folder))
        kept = kept_for_measuring(len(every))
        self.screens, self.kept = every[: len(every) - kept], every[len(every) - kept :]
        self.converser, self.seed = converser, seed

    def _made(self, entry: PerceivedScreen, rng: random.Random) -> Document:
        converser, config = self.converser, self.converser.config
        turns = ask(entry.screen, rng, "train", converser.turns)
        if not turns:
            raise Broken("empty answer", "there is nothing to ask about a screen")
        apart = not any(turn.follows for turn in turns) and rng.random() < 0.6
        pieces, tensors = (entry.pieces, entry.tensors) if config.lines is not None else ([], None)
        features = entry.features if config.tower is not None else None
        tokens = 0 if features is None else converser.tokens(features)
        row = converser.maker.row(entry.screen, turns, pieces, tensors, apart=apart, tokens=tokens)
        row.features = features
        return document_of(row, len(pieces) + tokens)

    def document(self, index: int) -> Document:
        """The screen that the dice of `index` choose."""
        rng = random.Random(f"screens {self.seed} {index}")
        return self._made(rng.choice(self.screens), rng)

    def held_out_documents(self, count: int) -> list[Document]:
        """Screens that are kept for measuring."""
        return [self._made(entry, random.Random(5)) for entry in self.kept[:count]]


class MixedTask:
    """Documents of a mixture, packed into rows of at most `length` tokens (0: a row each); a step has `batch` of them, or as many as
    `budget` tokens hold. `align`: nothing but the projectors learns."""

    def __init__(
        self, config: ModelConfig, tokenizer: Tokenizer, mixture: Mixture, *, name: str = "instruct", seed: int = 0, batch: int = 32,
        length: int = 0, budget: int = 0, evaluation: int = 48, journal: Path | None = None, model: MMGPT | None = None,
        told: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        self.name, self.config, self.tokenizer, self.mixture = name, config, tokenizer, mixture
        self.model: nn.Module = MMGPT(config) if model is None else model
        self.told = told  # what the weights belong to, where the model was put together from parts
        self.batch_size, self.length, self.evaluation = batch, length, evaluation
        names = [
            f"{s.name} {supply_weight:.6g}" for s, supply_weight in zip(mixture.supplies, mixture.shares, strict=True)
        ]
        self.journal = Journal(journal, f"{seed} {batch} {budget} {' '.join(names)}")
        self.windows = (
            Windows(mixture.document, lambda d: cost(d, config), budget, seed, self.journal) if budget else None
        )
        for row in self.journal.rows[::-1]:
            if isinstance(row.get("streams"), dict):
                for supply in mixture.supplies:
                    supply.restore(row["streams"].get(supply.name, {}))
                break
        self.labels = short_names([s.name for s in mixture.supplies])
        self._sums: list[tuple[Tensor, Tensor, Tensor]] = []
        if name == "align" and told is None:
            for key, parameter in self.model.named_parameters():
                parameter.requires_grad_(key.startswith(PROJECTOR))

    # -- data ----------------------------------------------------------------------------------------------------------------

    def _documents(self, step: int, first: int, last: int) -> list[Document]:
        begin = step * self.batch_size
        return [self.mixture.document(begin + i) for i in range(first, last)]

    def batch(self, step: int) -> Packed:
        """The documents of a step, packed. The same step gives the same batch."""
        found = self.windows.step(step) if self.windows is not None else self._documents(step, 0, self.batch_size)
        self._remember(step)
        return pack(found, self._room(found), self.config.pad_token)

    def _room(self, found: Sequence[Document]) -> int:
        """How long this batch's rows may be: at most `length`, less where that takes less computing."""
        return (
            row_length([len(d.ids) for d in found], self.length, even_length(self.config.decoder)) if self.length else 0
        )

    def share(self, step: int, index: int, parts: int) -> Packed:
        """Part `index` of a step's batch; documents of other parts are not drawn where each can be drawn alone."""
        if self.windows is not None:
            return part(self.batch(step), index, parts)
        found = self._documents(step, *bounds(self.batch_size, index, parts))
        self._remember(step)
        return pack(found, self._room(found), self.config.pad_token, refuse=False)

    def _remember(self, step: int) -> None:
        if step % POOL or os.environ.get("RANK", "0") != "0":
            return
        streams = {s.name: s.state() for s in self.mixture.supplies if s.sequential}
        if streams:
            self.journal.write(streams=streams)

    # -- learning ------------------------------------------------------------------------------------------------------------

    def loss(self, batch: Packed, step: int, total: int) -> tuple[Tensor, int]:
        """Mean cross-entropy of supervised tokens, and how many documents there were."""
        losses, counts = packed_losses(self.model, batch)  # type: ignore[arg-type]
        self._sums.append((batch.source, losses.detach(), counts))
        return losses.sum() / counts.sum(), batch.documents.count

    def tokens(self, batch: Packed) -> int:
        """Text tokens that are no padding."""
        return sum(len(entry.ids) for entry in batch.entries)

    def logged(self) -> dict[str, tuple[float, float]]:
        """Since the last call, by column: sums, and what they are a mean over (0: the sum itself is meant)."""
        sums = torch.zeros(3, len(self.labels), dtype=torch.float64)
        for source, losses, counts in self._sums:
            where = source.cpu()
            for row, values in enumerate((losses.cpu(), counts.cpu(), torch.ones_like(where))):
                sums[row].index_add_(0, where, values.double())
        self._sums.clear()
        found = {}
        for i, label in enumerate(self.labels):
            found[f"loss {label}"] = (float(sums[0, i]), float(sums[1, i]))
            found[f"documents {label}"] = (float(sums[2, i]), 0.0)
        return found

    # -- measuring -----------------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def nats(self, model: MMGPT, documents: Sequence[Document]) -> float:
        """Cross-entropy of a supervised token."""
        total = count = 0.0
        for first in range(0, len(documents), 8):
            losses, counts = packed_losses(
                model, pack(documents[first : first + 8], self.length, self.config.pad_token)
            )
            total, count = total + float(losses.sum()), count + float(counts.sum())
        return total / count

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """For each source: nats a token of what is held out, and the share of last answers that come out word for word, of what is
        held out and of as much of what is trained on."""
        assert isinstance(model, MMGPT)
        scores: dict[str, float] = {}
        for label, supply in zip(self.labels, self.mixture.supplies, strict=True):
            if isinstance(supply, RecordSupply):
                kept = supply.held_out()[: self.evaluation]
                trained = some_records(supply, min(self.evaluation, max(len(kept), 8)))
                for group, records in (("held out", kept), ("trained", trained)):
                    scores |= {f"{k} {group} {label}": v for k, v in self._judged(model, supply, records).items()}
            elif isinstance(supply, SimulateSupply | ScreensSupply):
                documents = supply.held_out_documents(min(self.evaluation, EVALUATED_NATS))
                if documents:
                    scores[f"nats held out {label}"] = self.nats(model, documents)
        return scores

    def _judged(self, model: MMGPT, supply: RecordSupply, records: Sequence[Record]) -> dict[str, float]:
        documents, asked, wanted = [], [], []
        engine = Engine(model, self.tokenizer, Perceiver(None, None, None))
        for record in records:
            try:
                documents.append(supply.made(record))
                if record.messages:
                    asked.append(conversation_of(engine, supply, record.messages[:-1]))
                    wanted.append("".join(p for p in record.messages[-1].parts if isinstance(p, str)))
            except Broken as error:
                supply.skips.bad(supply.name, error.key or record.key, error)
        scores = {"nats": self.nats(model, documents)} if documents else {}
        if asked:
            said = [
                answer.text
                for conversation in asked
                for answer in engine.answers([conversation], Sampling(max_tokens=96))
            ]
            right = [" ".join(a.split()) == " ".join(b.split()) for a, b in zip(said, wanted, strict=True)]
            scores["right"] = sum(right) / len(right)
        return scores

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        """Weights under the names of the core model."""
        save_atomic(dict(model.state_dict()), path, metadata)
        if self.told is not None:
            from train.tasks.backbones import write_record

            write_record(path.parent, self.told, self.tokenizer)


def some_records(supply: RecordSupply, most: int) -> list[Record]:
    """The first records of the first epoch that are whole."""
    found = []
    for index in range(most if supply.length is None else min(most, supply.length)):
        try:
            found.append(supply.source.at(index, supply.seed))
        except Broken:
            continue
    return found


def conversation_of(engine: Engine, supply: RecordSupply, messages: Sequence[Message]) -> Conversation:
    """Messages as the engine asks them, pictures looked at. Raises Broken."""

    def seen(entry: Any) -> Any:
        return engine.remember(supply.sight(entry)) if isinstance(entry, Picture) else entry

    return Conversation([replace(m, parts=tuple(seen(p) for p in m.parts)) for m in messages])


def short_names(names: Sequence[str]) -> list[str]:
    """Names for columns: the last part of a path, numbered where two are alike."""
    found: list[str] = []
    for name in names:
        kind, _, where = name.partition("?")[0].rpartition(":")
        short = Path(where.rstrip("/")).name or kind or name
        number = sum(n == short or n.startswith(f"{short} #") for n in found)
        found.append(f"{short} #{number + 1}" if number else short)
    return found
