"""`mmgpt train all --preset nano --out RUN`: every stage in order, in one folder, from the tokenizer to the table of the model card.

The folder can be gone on with: `RUN/stages.json` says what is done, a stage that was cut off goes on from its own checkpoint, and SIGTERM
and Ctrl-C save first. What comes out is `RUN/weights`, a folder that every command takes by --weights, and `RUN/card.md`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from train.plans import PLANS
from train.stages import STAGES, Run, Scores, StageFailed, Stopped, last_row, parse

log = logging.getLogger(__name__)
RECORD = "stages.json"
CARD = "card.md"


class Record:
    """What is done in a run's folder: for each stage its state (part or done), time, scores and notes. Written whole or not at all."""

    def __init__(self, folder: Path, preset: str, seed: int, scale: float = 1.0) -> None:
        """Reads the folder's record. Raises ValueError where it is of another preset, seed or scale, or damaged."""
        self.path = folder / RECORD
        self.stages: dict[str, dict[str, Any]] = {}
        self.given: dict[str, Any] = {"preset": preset, "seed": seed, **({} if scale == 1 else {"scale": scale})}
        if self.path.is_file():
            try:
                known = json.loads(self.path.read_text("utf-8"))
                before = {name: known[name] for name in ("preset", "seed", "scale") if name in known or name != "scale"}
                self.stages = known["stages"]
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{self.path} is damaged ({error!r}); name another --out, or remove it") from error
            if before != self.given:
                other = ", ".join(f"{name} {value}" for name, value in before.items())
                raise ValueError(f"{folder} holds a run with {other}; name another --out")

    def of(self, stage: str) -> dict[str, Any]:
        """The entry of a stage."""
        return self.stages.setdefault(stage, {"state": "open", "seconds": 0.0, "cpu_seconds": 0.0, "notes": {}})

    def done(self, stage: str) -> bool:
        """Whether nothing is left to do for a stage."""
        return self.stages.get(stage, {}).get("state") == "done"

    def write(self) -> None:
        """Onto disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.path.with_name(f".{self.path.name}.{os.getpid()}.tmp")
        scratch.write_text(json.dumps({"format": 1, **self.given, "stages": self.stages}, indent=1) + "\n", "utf-8")
        os.replace(scratch, self.path)


def do(stage: str, run: Run, record: Record) -> Scores:
    """Does one stage and writes down that it was begun, and that it is done. Raises what the stage raises; then it is in part done."""
    import numpy as np
    import torch

    entry = record.of(stage)
    entry["state"] = "part"
    run.notes, run.keep = entry["notes"], record.write
    record.write()
    began, computed = time.monotonic(), time.process_time()
    torch.set_num_threads(run.threads)
    for seed in (torch.manual_seed, random.seed, np.random.seed):
        seed(run.seed)
    try:
        entry["scores"] = STAGES[stage](run)
        entry["state"] = "done"
    finally:
        entry["seconds"] = round(entry["seconds"] + time.monotonic() - began, 1)
        entry["cpu_seconds"] = round(entry["cpu_seconds"] + time.process_time() - computed, 1)
        record.write()
    return dict(entry["scores"])


def card(run: Run, record: Record) -> str:
    """The model card's table in Markdown: what was measured, and what each stage took."""
    parts = [f"# mmgpt-{run.plan.preset}, trained by `mmgpt train all`", ""]
    if run.plan.trial:
        parts += [
            "**A trial at a small scale: that every stage goes through, and nothing about what it can reach.**",
            "",
        ]
    if record.stages.get("perceive", {}).get("notes", {}).get("reader") == "shipped":
        parts += [
            "**The reader is the shipped one, not the trial's, which found no line: lines and codes below are its.**",
            "",
        ]
    measured = run.out / "evaluation.md"
    if record.done("evaluate") and measured.is_file():
        parts += [measured.read_text("utf-8").rstrip(), ""]
    parts += ["| stage | steps | samples | minutes | CPU minutes | reached |", "|---|---:|---:|---:|---:|---|"]
    for name in STAGES:
        if name not in record.stages:
            continue
        entry = record.stages[name]
        curve = last_row(run.out / name / "curve.csv")
        steps, samples = (f"{int(curve[key]):,}" if key in curve else "" for key in ("step", "samples"))
        reached = ", ".join(
            f"{key.replace('_', ' ')} {value:.4g}"
            for key, value in entry.get("scores", {}).items()
            if key not in _PLACE
        )
        if entry["state"] != "done":
            reached = "not done"
        minutes = [f"{entry[key] / 60:.1f}" for key in ("seconds", "cpu_seconds")]
        parts.append(f"| {name} | {steps} | {samples} | {minutes[0]} | {minutes[1]} | {reached} |")
    total = sum(entry["seconds"] for entry in record.stages.values()) / 60
    return "\n".join([*parts, "", f"{total:.1f} minutes in all, {run.threads} threads, seed {run.seed}.", ""])


_PLACE = ("step", "samples", "hours")


def build_parser() -> argparse.ArgumentParser:
    """The command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmgpt train all", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--preset", choices=tuple(PLANS), default="nano", help="debug: every stage in three minutes")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="a run that is there goes on")
    parser.add_argument("--stages", type=parse, default=tuple(STAGES), metavar="A,B", help=f"of {', '.join(STAGES)}")
    parser.add_argument(
        "--minutes", type=float, help="of learning in all stages together, instead of the preset's steps"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, metavar="FACTOR",
        help="of each stage's steps; 0.001: whether every stage begins, ends and resumes, in minutes",
    )  # fmt: skip
    parser.add_argument("--device", default="cpu", help="cpu, cuda, or auto, of stages that learn by gradients")
    parser.add_argument("--threads", type=int, help="default: all cores (debug: one)")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw samples")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--harvest", default="auto", help="folder of real messages, auto or none")
    return parser


def _run_of(options: argparse.Namespace) -> Run:
    plan = PLANS[options.preset]().scaled(options.scale)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Run(
        options.out, plan, options.threads or plan.threads or cores, options.workers, options.device, options.seed, options.harvest,
        options.minutes,
    )  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 all stages done, 1 a stage failed, 2 usage, 130 interrupted (saved; the same command goes on)."""
    parser = build_parser()
    options = parser.parse_args(argv)
    if options.minutes is not None and not options.minutes > 0:
        parser.error(f"--minutes {options.minutes:g} is no time; leave it out for the preset's steps")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    if options.minutes is not None and options.scale != 1:
        parser.error("--minutes and --scale both say how much is learned: give one of them")
    try:
        run = _run_of(options)
        record = Record(options.out, options.preset, options.seed, options.scale)
    except ValueError as error:
        parser.error(str(error))
    errors = Console(stderr=True, highlight=False)
    before = {number: signal.signal(number, run.stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        return _stages(options.stages, run, record, errors)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stages(chosen: Sequence[str], run: Run, record: Record, errors: Console) -> int:
    from train.data.world import harvested

    stage = ""
    try:
        harvested.activate(harvested.choose(run.harvest))
        for place, stage in enumerate(chosen, 1):
            if record.done(stage):
                errors.print(f"{place}/{len(chosen)} {stage}: done before")
                continue
            errors.print(f"{place}/{len(chosen)} {stage}: {(STAGES[stage].__doc__ or '').splitlines()[0]}")
            scores = do(stage, run, record)
            told = ", ".join(f"{name} {value:.4g}" for name, value in scores.items() if name not in _PLACE)
            errors.print(f"    {record.of(stage)['seconds']:.0f} s  {told}", markup=False)
    except (Stopped, KeyboardInterrupt):
        return _end(130, f"interrupted in stage {stage}; the same command goes on from there", errors)
    except StageFailed as error:
        return _end(1, f"stage {stage}: {error}", errors)
    except (ValueError, OSError, RuntimeError, ModuleNotFoundError) as error:
        if os.environ.get("MMGPT_DEBUG"):
            raise
        if isinstance(error, ModuleNotFoundError):
            reason = f"needs the package {error.name}: pip install 'mmgpt[hub,train]'"
        else:
            reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
        return _end(1, f"stage {stage}: {reason}", errors)
    text = card(run, record)
    (run.out / CARD).write_text(text, "utf-8")
    sys.stdout.write(text)
    return 0


def _end(code: int, message: str, errors: Console) -> int:
    errors.print(f"mmgpt train all: {message}", markup=False, soft_wrap=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
