"""How fast training goes: ours beside a plain PyTorch loop and transformers' Trainer, same model, same batches, in one run.

``python -m benchmarks.train [--preset nano] [--steps 40] [--rounds 3] [--workers 0] [--json OUT]``. The three take turns; medians over
rounds. A step is timed from one call of the loss to the next, which all three share. Processor seconds are of the process that learns:
on a machine that others use they tell more than the clock. Ours also keeps an average of the weights and a log; the others do not.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
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

from train.data.perception import Batch
from train.ladder import architecture
from train.meter import Counter, peak
from train.tasks.text import TextTask
from train.trainer import RunConfig, Trainer

FIELDS = ("ids", "labels", "mask", "positions")
WARM = 3  # steps that are not timed


class TimedTask(TextTask):
    """The task `text`; notes when each loss is asked for, and what has been learned from. Batches can be drawn beforehand."""

    def __init__(self, options: argparse.Namespace, drawn: list[Batch] | None = None) -> None:
        config = architecture(options.preset)
        tokenizer = Tokenizer.from_file(str(options.tokenizer))
        config = replace(config, decoder=replace(config.decoder, vocab_size=tokenizer.get_vocab_size()))
        torch.manual_seed(0)
        super().__init__(config, tokenizer, batch=options.batch, length=options.length)
        self.drawn = drawn
        self.stamps: list[tuple[float, float]] = []
        self.losses: list[float] = []

    def batch(self, step: int) -> Batch:
        """As drawn beforehand, or drawn now."""
        return super().batch(step) if self.drawn is None else self.drawn[step]

    def loss(self, batch: Batch, step: int, total: int) -> tuple[Tensor, int]:
        """As the task's, and noted."""
        self.stamps.append((time.perf_counter(), time.process_time()))
        found = super().loss(batch, step, total)
        self.losses.append(float(found[0].detach()))
        return found

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Nothing is measured here."""
        return {}

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        """Nothing is kept."""

    def seconds(self) -> tuple[float, float]:
        """A step's time and processor time."""
        (first, first_cpu), (last, last_cpu) = self.stamps[WARM], self.stamps[-1]
        steps = len(self.stamps) - 1 - WARM
        return (last - first) / steps, (last_cpu - first_cpu) / steps


class Batches(Dataset[dict[str, Tensor]]):
    """Batches by step, as plain dictionaries."""

    def __init__(self, task: TimedTask, steps: int) -> None:
        self.task, self.steps = task, steps

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        batch = self.task.batch(step)
        return {name: getattr(batch, name) for name in FIELDS}


def whole(entry: dict[str, Tensor]) -> Batch:
    """The batch that `Batches` took apart."""
    return Batch(**entry, owner=[], pieces=None, features=None, turns=0)


def ours(task: TimedTask, options: argparse.Namespace) -> float:
    """Our trainer; returns the share of time that it waited for data."""
    with tempfile.TemporaryDirectory() as folder:
        config = RunConfig(
            out=Path(folder), steps=options.steps, warmup=0, decay=0, lr=1e-3, save_every=10**9, eval_every=10**9, log_every=10,
            workers=options.workers, ahead=options.ahead, bf16=False,
        )  # fmt: skip
        Trainer(task, config).run()
        rows = [line.split(",") for line in (Path(folder) / "loss.csv").read_text().split()]
        place = rows[0].index("data_wait")
        return statistics.mean(float(row[place]) for row in rows[2:] or rows[1:])  # the first holds the workers' start


def plain(task: TimedTask, options: argparse.Namespace) -> float:
    """The loop that one would write by hand."""
    optimizer = torch.optim.AdamW(task.model.parameters(), lr=1e-3, betas=(0.9, 0.98), weight_decay=0.02)
    loader = DataLoader(Batches(task, options.steps), batch_size=None, num_workers=options.workers)
    task.model.train()
    for step, entry in enumerate(loader):
        loss, _ = task.loss(whole(entry), step, options.steps)
        loss.backward()
        nn.utils.clip_grad_norm_(task.model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return 0.0


class Wrapped(nn.Module):
    """The task's model as transformers' Trainer wants it."""

    def __init__(self, task: TimedTask) -> None:
        super().__init__()
        self.model = task.model
        self._task = [task]

    def forward(self, ids: Tensor, labels: Tensor, mask: Tensor, positions: Tensor) -> dict[str, Tensor]:
        """The loss of a batch."""
        entry = {"ids": ids, "labels": labels, "mask": mask, "positions": positions}
        return {"loss": self._task[0].loss(whole(entry), 0, 0)[0]}


def transformers_trainer(task: TimedTask, options: argparse.Namespace) -> float:
    """transformers' Trainer with the same optimizer, clipping and number of lines in its log."""
    from transformers import Trainer as TheirTrainer
    from transformers import TrainingArguments
    from transformers.trainer_callback import PrinterCallback
    from transformers.utils import logging as theirs

    theirs.set_verbosity_error()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, max_steps=options.steps, per_device_train_batch_size=1, learning_rate=1e-3, lr_scheduler_type="constant",
            adam_beta2=0.98, weight_decay=0.02, max_grad_norm=1.0, logging_steps=10, save_strategy="no", report_to=[],
            dataloader_num_workers=options.workers, remove_unused_columns=False, use_cpu=True, disable_tqdm=True, seed=0,
            train_sampling_strategy="sequential",
        )  # fmt: skip
        first: Callable[[list[Any]], Any] = lambda entries: entries[0]  # noqa: E731 (a data set's entry is a batch)
        trainer = TheirTrainer(Wrapped(task), arguments, first, Batches(task, options.steps))
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return 0.0


RUNS: dict[str, Callable[[TimedTask, argparse.Namespace], float]] = {
    "ours": ours, "plain loop": plain, "transformers": transformers_trainer
}  # fmt: skip


@dataclass
class Measured:
    """Medians over rounds."""

    tokens_s: float
    tokens_cpu_s: float
    mfu: float
    data_wait: float
    last_loss: float


def measure(options: argparse.Namespace) -> dict[str, Measured]:
    """Every way to train, `rounds` times in turn."""
    drawn = None
    if options.drawn:
        task = TimedTask(options)
        drawn = [task.batch(step) for step in range(options.steps)]
    found: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in RUNS}
    work = Counter(TimedTask(options))(TimedTask(options).batch(0))
    best = peak(torch.device("cpu"), False)
    for _ in range(options.rounds):
        for name, run in RUNS.items():
            task = TimedTask(options, drawn)
            waited = run(task, options)
            best = max(best, peak(torch.device("cpu"), False))
            found[name].append((*task.seconds(), waited, task.losses[-1]))
    made = {}
    for name, rounds in found.items():
        wall, cpu, waited, loss = (statistics.median(column) for column in zip(*rounds, strict=True))
        made[name] = Measured(work.tokens / wall, work.tokens / cpu, work.flops / wall / best, waited, loss)
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="nano")
    parser.add_argument("--tokenizer", type=Path, default=Path("mmgpt/weights/nano/tokenizer.json"))
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="processes that draw, of all three")
    parser.add_argument("--ahead", type=int, default=0, help="batches that our thread draws in advance")
    parser.add_argument("--drawn", action="store_true", help="batches are drawn beforehand: what the loops alone cost")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    torch.set_num_threads(options.threads)
    found = measure(options)
    print(f"{'':14}{'tokens/s':>10}{'tokens/CPU s':>14}{'MFU':>8}{'data wait':>11}{'last loss':>11}")
    for name, m in found.items():
        waits = f"{m.data_wait:.1%}" if name == "ours" else "-"
        print(f"{name:14}{m.tokens_s:10,.0f}{m.tokens_cpu_s:14,.0f}{m.mfu:8.1%}{waits:>11}{m.last_loss:11.5f}")
    first = found["ours"]
    for name in ("plain loop", "transformers"):
        other = found[name]
        print(
            f"ours / {name}: {first.tokens_s / other.tokens_s:.2f} × ({first.tokens_cpu_s / other.tokens_cpu_s:.2f} × by CPU)"
        )
    if options.json:
        options.json.write_text(json.dumps({name: vars(m) for name, m in found.items()}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
