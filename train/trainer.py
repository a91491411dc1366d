"""The training loop: any task, one process or many, exact resume, a log that says what was spent.

Data is a function of (seed, step), so an interrupted run goes on with the very samples it would have seen, on as many processes as there
then are. A step's batch is divided among processes and micro-batches (`train.parts`); gradients are those of the mean over all of its
supervised tokens, however it was divided.
"""

from __future__ import annotations

import copy
import json
import logging
import math
import os
import platform
import signal
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor, nn

from train import blocks, checkpoint, meter, optim
from train.distributed import Objective, World, forget_untouched
from train.feed import Feed
from train.parts import part, supervised
from train.record import Recorder
from train.schedule import rate
from train.weights import load_strict

log = logging.getLogger(__name__)

__all__ = ["Interrupted", "RunConfig", "Task", "Trainer", "fast_bf16", "hardware", "rate"]


class Task(Protocol):
    """What a run trains. `batch` must depend on (seed, step) alone.

    A task may also have: `groups()` → {name pattern: factor of the rate}; `layers()`, the modules that are recomputed, compiled and
    sharded; `tokens(batch)` and `pictures(batch)` for the log; `share(step, index, parts)`, which draws one part of a batch alone;
    `logged()` → {column: (sum, count)} since the last call: means for the log, and columns "documents …", which are sums.
    """

    name: str
    model: nn.Module

    def batch(self, step: int) -> Any: ...

    def loss(self, batch: Any, step: int, total: int) -> tuple[Tensor, int]:
        """Mean loss over what is supervised, and the number of samples in the batch."""
        ...

    def evaluate(self, model: nn.Module) -> dict[str, float]: ...

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None: ...


@dataclass
class RunConfig:
    """A run. `steps` may grow on resume where the schedule is wsd: warm-up, stable, then a decay over the last `decay` steps."""

    out: Path
    steps: int = 1000
    warmup: int = 200
    decay: int = 200
    lr: float = 1.5e-3
    weight_decay: float = 0.02
    clip: float = 1.0
    ema: float = 0.999  # 0: no average
    save_every: int = 500
    eval_every: int = 1000
    log_every: int = 25
    minutes: float | None = None
    cpu_minutes: float | None = None  # of this process: what a comparison on a shared machine has to hold equal
    device: str = "cpu"
    bf16: bool | None = None  # None: where the machine computes it faster than float32
    seed: int = 0
    workers: int = 0
    ahead: int = 0  # batches that a thread draws in advance where there are no workers
    schedule: str = "wsd"
    accumulate: int = 1  # micro-batches that a process's part of a batch is divided into
    rates: dict[str, float] = field(default_factory=dict)  # name pattern → factor of the rate; 0 freezes
    recompute: bool = False  # gradient checkpointing of the model's layers
    compile: bool = False
    sharding: str = "ddp"  # or fsdp, where there are several processes
    tensorboard: bool = False
    wandb: bool = False


def fast_bf16(device: str) -> bool:
    """Whether bfloat16 pays on `device`: on GPUs that have it, and on processors with instructions for it; elsewhere it is emulated, 60
    times slower than float32 on a Zen 3."""
    if not device.startswith("cpu"):
        cuda = device.startswith("cuda") and torch.cuda.is_available()
        return not cuda or torch.cuda.get_device_capability(device)[0] >= 8
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


class Interrupted(Exception):
    """SIGTERM or SIGINT arrived; the state is saved."""


class Trainer:
    """Runs a task for the steps that its configuration asks for, from the newest checkpoint in `out` if there is one.

    Raises ValueError before the first step where weights or a checkpoint do not fit the model, with both shapes.
    """

    def __init__(
        self, task: Task, config: RunConfig, init: dict[str, Tensor] | None = None, world: World | None = None
    ) -> None:
        self.world = world or World(config.device)
        device = str(self.world.device)
        if config.bf16 is None:
            config.bf16 = fast_bf16(device)
        if config.accumulate < 1:
            raise ValueError(f"accumulate is {config.accumulate}; it counts micro-batches, at least 1")
        rate(0, config)
        self.task, self.config = task, config
        self.model = task.model.to(self.world.device)
        if init is not None:
            load_strict(self.model, init)
        given: Callable[[], dict[str, float]] = getattr(task, "groups", dict)
        rates = {**given(), **config.rates}
        optim.freeze(self.model, rates)
        layers = blocks.layers_of(task)
        self._count = meter.Counter(task)
        self._bare = _without_weights(self.model) if self._sharded else None
        if config.recompute:
            blocks.recompute(layers)
        if config.compile:
            blocks.compile_layers(self.model, layers, self.world.device)
        self._objective = Objective(task)
        self._objective.touch = self._sharded
        self._wrapped = self.world.spread(self._objective, layers, config.sharding)
        self._learning = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = optim.adamw(self.model, config.lr, config.weight_decay, rates)
        self._average = optim.Average(self.model, config.ema) if config.ema else None
        self.step, self.samples, self.seconds = 0, 0, 0.0
        if self.world.rank:
            torch.manual_seed(config.seed + 1_000_003 * self.world.rank)  # dropout differs between processes
        self._resume()
        self._stop = False
        self._feed: Feed | None = None
        self._window = meter.Window()

    @property
    def _sharded(self) -> bool:
        return self.config.sharding == "fsdp" and self.world.size > 1

    @property
    def ema(self) -> dict[str, Tensor]:
        """The averaged weights of all that learns, by name; empty without an average."""
        return {} if self._average is None else self._average.values

    # -- state ---------------------------------------------------------------------------------------------------------------

    def _resume(self) -> None:
        folder = self.config.out / "checkpoints"
        if self.world.main:
            checkpoint.tidy(folder)
        found = self.world.from_main(checkpoint.newest(folder) if self.world.main else None)
        if found is None:
            return
        self.step, progress = checkpoint.restore(found, self.model, self.ema, self.optimizer, self.world.rank)
        self.samples, self.seconds = int(progress["samples"]), float(progress["seconds"])
        name = progress.get("task", self.task.name)
        if name != self.task.name:
            raise ValueError(f"{self.config.out} holds a run of task {name}, not {self.task.name}; name another --out")
        log.info("going on from step %d", self.step)

    def _save(self) -> None:
        tensors = checkpoint.collect(self.model, self.ema, self.optimizer, self.world.full, self.world.main)
        states = self.world.gathered(checkpoint.random_state())
        if self.world.main:
            progress = {"samples": self.samples, "seconds": self.seconds, "task": self.task.name}
            checkpoint.write(self.config.out / "checkpoints", self.step, tensors, states, progress)
        self.world.wait()

    def averaged(self) -> nn.Module:
        """The task's model with averaged weights (its own where there is no average), on its own copy. All processes must ask."""
        if self._bare is None:
            model = copy.deepcopy(self.model)
            model.load_state_dict({**self.model.state_dict(), **self.ema})
            return model.eval()
        state = {**self.model.state_dict(), **self.ema}
        whole = {name: self.world.full(value).to(self.world.device) for name, value in state.items()}
        memo: dict[int, Any] = {
            id(p): nn.Parameter(whole[n], p.requires_grad) for n, p in self._bare.named_parameters()
        }
        model = copy.deepcopy(self._bare, memo)
        model.load_state_dict(whole)
        return model.eval()

    # -- one step ------------------------------------------------------------------------------------------------------------

    def _draw(self, step: int) -> Any:
        """This process's part of a step's batch. Raises ValueError naming the step where a batch cannot be used."""
        rank, size = self.world.rank, self.world.size
        try:
            if size > 1 and hasattr(self.task, "share"):
                return self.task.share(step, rank, size)
            return part(self.task.batch(step), rank, size)
        except ValueError as error:
            raise ValueError(f"step {step}: {error}") from error

    def _micro_batches(self, batch: Any) -> tuple[list[tuple[Any, int]], float]:
        """The parts of a process's batch with what is supervised in each, and what is supervised in all processes."""
        parts = [part(batch, i, self.config.accumulate) for i in range(self.config.accumulate)]
        counted = [(entry, supervised(entry)) for entry in parts]
        total = self.world.sums([sum(n for _, n in counted)])[0]
        if total == 0:
            raise ValueError(
                f"step {self.step}: nothing in the batch is supervised: it would teach nothing and look like loss 0"
            )
        if all(n for _, n in counted):
            return counted, total
        # A part without anything supervised has no mean. Whatever stands in its place weighs nothing, but all processes go on together.
        stand_in = next((entry for entry, n in counted if n), None)
        if stand_in is None:
            stand_in = self.task.batch(self.step)
        return [(entry, n) if n else (stand_in, 0) for entry, n in counted], total

    def _one(self) -> float:
        config, world = self.config, self.world
        optim.set_rate(self.optimizer, rate(self.step, config))
        if self._feed is None:
            last = config.steps if config.workers or config.ahead else sys.maxsize
            self._feed = Feed(self._draw, self.step, last, config.workers, config.ahead)
        begin = time.perf_counter()
        batch = self._feed.next(self.step)
        self._window.waited += time.perf_counter() - begin
        micro, total = self._micro_batches(batch)
        loss_sum, samples = 0.0, 0
        for i, (entry, weight) in enumerate(micro):
            share = world.size * weight / total  # processes are averaged over by DDP and FSDP
            waits = i + 1 < len(micro) and hasattr(self._wrapped, "no_sync")
            with self._wrapped.no_sync() if waits else nullcontext():  # type: ignore[operator]
                with torch.autocast(world.device.type, dtype=torch.bfloat16) if config.bf16 else nullcontext():
                    loss, count = self._wrapped(entry, self.step, config.steps)
                (loss if share == 1 else loss * share).backward()
            loss_sum += float(loss.detach()) * weight / total
            samples += count if weight else 0
            if weight:
                self._window.add(self._count(entry))
        value, all_samples = world.sums([loss_sum, samples])
        if not math.isfinite(value):
            raise RuntimeError(
                f"the loss of task {self.task.name} is {value} at step {self.step}; lower --lr (now {config.lr}) and resume"
            )
        if self._sharded:
            forget_untouched(self._learning, world)
        norm = nn.utils.clip_grad_norm_(self._learning, config.clip)
        self._window.norm += float(norm.full_tensor() if hasattr(norm, "full_tensor") else norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.samples += round(all_samples)
        if self._average is not None:
            self._average.update(self.step)
        return value

    # -- the run -------------------------------------------------------------------------------------------------------------

    def run(self) -> dict[str, float]:
        """Trains to the end of the budget; returns the last evaluation (of the averaged weights). Saves on SIGTERM and Ctrl-C."""
        config = self.config
        settings = {**asdict(config), "out": config.out.name, "processes": self.world.size}
        if self.world.main:
            self._recorder = Recorder(config.out, self.step, settings, config.tensorboard, config.wandb)
            (config.out / "config.json").write_text(json.dumps(settings, indent=1))
        before = {s: signal.signal(s, self._ask_stop) for s in (signal.SIGTERM, signal.SIGINT)}
        scores: dict[str, float] = {}
        self.model.train()
        try:
            with self._bar() as bar:
                row = bar.add_task(self.task.name, total=config.steps, completed=self.step, note="")
                scores = self._loop(lambda more: bar.update(row, completed=self.step, **more))
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if self._feed is not None:
                self._feed.close()
                self._feed = None
        self._save()
        if self._stop:
            raise Interrupted(f"stopped at step {self.step}; the same command goes on from there")
        scores = self._evaluate() if not scores or self.step % config.eval_every else scores
        if self.world.main:
            self._recorder.close()
        return scores

    def _loop(self, show: Callable[[dict[str, Any]], None]) -> dict[str, float]:
        config = self.config
        scores: dict[str, float] = {}
        started, computed = time.monotonic(), time.process_time()
        peak = meter.peak(self.world.device, bool(config.bf16)) if self._count.known else 0.0
        self._window = meter.Window()
        while self.step < config.steps:
            over = config.minutes is not None and time.monotonic() - started > 60 * config.minutes
            over |= config.cpu_minutes is not None and time.process_time() - computed > 60 * config.cpu_minutes
            self._stop = self.world.any(self._stop)
            if self._stop or self.world.any(over):
                break
            tick = time.monotonic()
            try:
                loss = self._one()
            except RuntimeError as error:
                if self._stop and "DataLoader worker" in str(error):  # the signal reached the workers as well
                    break
                raise
            spent = time.monotonic() - tick
            self._window.steps, self._window.loss = self._window.steps + 1, self._window.loss + loss
            self.seconds, self._window.seconds = self.seconds + spent, self._window.seconds + spent
            show({})
            if self.step % config.log_every == 0:
                show({"note": self._log(peak)})
            if self.step % config.save_every == 0:
                self._save()
            if self.step % config.eval_every == 0:
                scores = self._evaluate()
        return scores

    def _log(self, peak: float) -> str:
        """A line of loss.csv; returns it in short."""
        window, self._window = self._window, meter.Window()
        loss = window.loss / window.steps
        sums = self.world.sums(window.local())
        row = window.line(sums, self.world.size, peak, meter.memory_gb(self.world.device))
        self._write("loss.csv", {"loss": loss, "lr": rate(self.step - 1, self.config), **row, **self._logged()})
        speed = f"{row['tokens_s']:,.0f} tokens/s" if row["tokens_s"] else f"{row['pictures_s']:,.1f} pictures/s"
        used = f" · MFU {row['mfu']:.0%}" if peak else ""
        return f"loss {loss:.4f} · {speed}{used} · waits {row['data_wait']:.0%}"

    def _logged(self) -> dict[str, float]:
        """What the task tells since the last line, over all processes; a mean of nothing is left out."""
        given: dict[str, tuple[float, float]] = getattr(self.task, "logged", dict)()
        sums = self.world.sums([v for pair in given.values() for v in pair]) if given else []
        told = zip(given, zip(sums[::2], sums[1::2], strict=True), strict=True)
        counted = {name for name in given if name.startswith("documents ")}
        return {name: s if name in counted else s / n for name, (s, n) in told if name in counted or n}

    def _bar(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"), console=Console(stderr=True),
            disable=not (self.world.main and sys.stderr.isatty()),
        )  # fmt: skip

    def _ask_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop = True

    def _evaluate(self) -> dict[str, float]:
        """Measures and exports the averaged weights in the first process; all get the scores."""
        scores: dict[str, float] = {}
        model = self.averaged()
        if self.world.main:
            with self._feed.paused() if self._feed is not None else nullcontext():
                scores = self.task.evaluate(model)
            self._write("curve.csv", scores)
            log.info("step %d: %s", self.step, ", ".join(f"{k} {v:.4f}" for k, v in scores.items()))
            metadata = {"task": self.task.name, "step": str(self.step), "samples": str(self.samples)}
            self.task.export(model, self.config.out / "model.safetensors", metadata)
        scores = self.world.from_main(scores)
        self.model.train()
        return scores

    def _write(self, name: str, values: dict[str, float]) -> None:
        if self.world.main:
            row = {"step": self.step, "samples": self.samples, "hours": round(self.seconds / 3600, 5)}
            self._recorder.write(name, row | {k: round(v, 6) for k, v in values.items()})


def _without_weights(model: nn.Module) -> nn.Module:
    """A copy whose parameters have shapes but no memory, to be filled later."""
    memo: dict[int, Any] = {
        id(p): nn.Parameter(torch.empty_like(p, device="meta"), p.requires_grad) for p in model.parameters()
    }
    return copy.deepcopy(model, memo)


def hardware(device: str) -> str:
    """What the run computes on, in words for the ledger."""
    if device.startswith("cuda"):
        return torch.cuda.get_device_name(device)
    return f"{os.cpu_count()} CPU cores ({platform.machine()}), {torch.get_num_threads()} threads"
