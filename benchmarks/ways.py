"""Ways to learn from the same conversations: three loops, and three forms that a step's samples can take. `benchmarks.train` compares them.

A sample is a conversation about a described screen as `mmgpt train instruct --mix simulate=1` draws it: the lines that are read in it, and
several questions with their answers, most of which do not see each other. Losses and real tokens do not depend on the form.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from train.data.perception import Batch, Row, RowMaker, collate
from train.ladder import architecture
from train.meter import Counter
from train.mixture import Mixture
from train.packing import Document, Packed, pack
from train.tasks.mixed import MixedTask, SimulateSupply
from train.tasks.simulate import answer_losses
from train.trainer import RunConfig, Trainer

WARM = 2  # steps that are not timed


class Talks(MixedTask):
    """Task `instruct` on simulated conversations. It notes when each loss is asked for, from what, and what comes out.

    `form` is how a step's conversations are laid out: "packed" (several a row, as we do), "padded" (a row each, padded to the longest)
    or "questions" (a row for each question with its picture, padded).
    """

    def __init__(self, options: argparse.Namespace, form: str, known: dict[int, list[Document]] | None = None) -> None:
        tokenizer = Tokenizer.from_file(str(options.tokenizer))
        config = architecture(options.preset)
        config = replace(config, decoder=replace(config.decoder, vocab_size=tokenizer.get_vocab_size()))
        torch.manual_seed(0)
        supply = SimulateSupply(RowMaker(config, tokenizer), 0, options.turns)
        super().__init__(config, tokenizer, Mixture([supply], [1.0], 0), batch=options.batch, length=options.pack)
        self.form, self.known = form, known
        self.device = torch.device(options.device)
        self.stamps: list[tuple[float, float]] = []
        self.losses: list[Tensor] = []
        self.seen: list[Any] = []

    def _documents(self, step: int, first: int, last: int) -> list[Document]:
        if self.known is None:
            return super()._documents(step, first, last)
        return self.known[step][first:last]

    def rows(self, step: int) -> list[Row]:
        """The samples of a step in a form that is not packed."""
        documents = self._documents(step, 0, self.batch_size)
        made = [_row(d) for d in documents] if self.form == "padded" else [r for d in documents for r in questions(d)]
        return made

    def batch(self, step: int) -> Any:
        """A step's samples in the task's form."""
        return super().batch(step) if self.form == "packed" else collate(self.rows(step), self.config.pad_token)

    def loss(self, batch: Any, step: int, total: int) -> tuple[Tensor, int]:
        """As the task's, and noted."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        self.stamps.append((time.perf_counter(), time.process_time()))
        self.seen.append(batch)
        if isinstance(batch, Packed):
            found = super().loss(batch, step, total)
        else:
            losses, there = answer_losses(self.model, batch)  # type: ignore[arg-type]
            found = losses.sum() / there.sum(), len(batch.ids)
        self.losses.append(found[0].detach())
        return found

    def tokens(self, batch: Any) -> int:
        """Text tokens that are no padding."""
        return super().tokens(batch) if isinstance(batch, Packed) else int((batch.ids != self.config.pad_token).sum())

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Nothing is measured here."""
        return {}

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        """Nothing is kept."""


def _row(document: Document) -> Row:
    """A conversation as a row of its own; questions that are apart stay apart."""
    pieces = document.views[0][0] if document.views else None
    return Row(document.ids, document.labels, document.segment, True, pieces)


def questions(document: Document) -> list[Row]:
    """A conversation as rows, one for each part of it that sees nothing of the others, each with the picture."""
    pieces = document.views[0][0] if document.views else None
    found = []
    for number in range(int(document.segment.max()) + 1):
        own = document.segment == number
        ids = document.ids[own]
        found.append(Row(ids, document.labels[own], torch.zeros_like(ids), False, pieces))
    return found


# -- loops -------------------------------------------------------------------------------------------------------------------------


def ours(task: Talks, options: argparse.Namespace) -> float:
    """Our trainer; returns the share of time that it waited for data."""
    with tempfile.TemporaryDirectory() as folder:
        config = RunConfig(
            out=Path(folder), steps=options.steps, warmup=0, decay=0, lr=1e-3, save_every=10**9, eval_every=10**9,
            log_every=max(options.steps // 4, 1), workers=options.workers, ahead=options.ahead, bf16=options.bf16,
            device=options.device, compile=options.compile,
        )  # fmt: skip
        Trainer(task, config).run()
        with (Path(folder) / "loss.csv").open(newline="") as handle:
            waits = [float(row["data_wait"]) for row in csv.DictReader(handle)]
        return statistics.mean(waits[1:] or waits)  # the first holds the workers' start


class Steps(Dataset[Any]):
    """Batches by step."""

    def __init__(self, task: Talks, steps: int) -> None:
        self.task, self.steps = task, steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> Any:
        return self.task.batch(step)


def plain(task: Talks, options: argparse.Namespace) -> float:
    """The loop that one would write by hand."""
    model = task.model.to(options.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.02, fused=True)
    loader: Any = DataLoader(Steps(task, options.steps), batch_size=None, num_workers=options.workers)
    model.train()
    for step, batch in enumerate(loader):
        with torch.autocast(task.device.type, torch.bfloat16, enabled=options.bf16):
            loss, _ = task.loss(batch, step, options.steps)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return 0.0


class Wrapped(nn.Module):
    """The task's model as transformers' Trainer wants it."""

    def __init__(self, task: Talks) -> None:
        super().__init__()
        self.model = task.model
        self._task = [task]

    def forward(self, input_ids: Tensor, entry: list[Any]) -> dict[str, Tensor]:
        """The loss of a batch."""
        return {"loss": self._task[0].loss(entry[0], 0, 0)[0]}


class Examples(Dataset[dict[str, Any]]):
    """Samples one by one, for Trainer's own batching."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> dict[str, Any]:
        return {"input_ids": self.rows[place].ids, "row": self.rows[place]}


def theirs(task: Talks, options: argparse.Namespace, grouped: bool = False) -> float:
    """transformers' Trainer with the same optimizer, clipping and number of lines in its log. `grouped`: it sorts samples by length
    itself (train_sampling_strategy="group_by_length"), so that its steps hold others than ours; an epoch holds the same."""
    from transformers import Trainer as TheirTrainer
    from transformers import TrainingArguments
    from transformers.trainer_callback import PrinterCallback
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    data: Any = Steps(task, options.steps)
    size = 1
    if grouped:
        rows = [row for step in range(options.steps) for row in task.rows(step)]
        data, size = Examples(rows), -(-len(rows) // options.steps)

    def together(entries: list[Any]) -> dict[str, Any]:
        batch = collate([e["row"] for e in entries], task.config.pad_token) if grouped else entries[0]
        return {"input_ids": batch.ids, "entry": [batch]}

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, max_steps=options.steps, per_device_train_batch_size=size, learning_rate=1e-3, lr_scheduler_type="constant",
            adam_beta2=0.98, weight_decay=0.02, max_grad_norm=1.0, logging_steps=max(options.steps // 4, 1), save_strategy="no",
            report_to=[], dataloader_num_workers=options.workers, remove_unused_columns=False, use_cpu=options.device == "cpu",
            bf16=options.bf16, disable_tqdm=True, seed=0, optim="adamw_torch_fused",
            train_sampling_strategy="group_by_length" if grouped else "sequential",
        )  # fmt: skip
        trainer = TheirTrainer(Wrapped(task), arguments, together, data)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return 0.0


def theirs_grouped(task: Talks, options: argparse.Namespace) -> float:
    """transformers' Trainer, sorting by length."""
    return theirs(task, options, grouped=True)


@dataclass(frozen=True)
class Way:
    """A loop over samples in a form. `same_steps`: each step holds what ours holds, so that losses agree step by step."""

    name: str
    run: Callable[[Talks, argparse.Namespace], float]
    form: str
    same_steps: bool = True


WAYS = (
    Way("ours", ours, "packed"),
    Way("plain loop, our packed rows", plain, "packed"),
    Way("plain loop, a conversation a row", plain, "padded"),
    Way("Trainer, our packed rows", theirs, "packed"),
    Way("Trainer, a conversation a row", theirs, "padded"),
    Way("Trainer, a question a row", theirs, "questions"),
    Way("Trainer, a question a row, by length", theirs_grouped, "questions", same_steps=False),
)


def drawn(options: argparse.Namespace) -> dict[int, list[Document]]:
    """The samples of every step."""
    task = Talks(options, "packed")
    return {step: task._documents(step, 0, options.batch) for step in range(options.steps)}


def needed(task: Talks, documents: Sequence[Document]) -> tuple[float, float]:
    """Real tokens of samples, and the arithmetic that learning from them takes: each picture seen once."""
    work = Counter(task)(pack(documents, 0, task.config.pad_token))
    return float(work.tokens), work.flops


__all__ = ["WARM", "WAYS", "Batch", "Talks", "Way", "drawn", "needed", "questions"]
