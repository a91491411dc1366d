"""How fast training goes: ours beside a plain PyTorch loop and transformers' Trainer, same model, same samples, in one run.

``python -m benchmarks.train [--preset nano] [--device cpu] [--batch 16] [--steps 12] [--rounds 3] [--json OUT]``; ``--mfu`` measures the
arithmetic of larger shapes on a GPU instead (`benchmarks.mfu`). What is compared is real text tokens a second: padding does not count,
and samples, losses and optimizer are the same in every line (but for Trainer's own sorting by length, whose steps hold others). All take
turns; medians over rounds. A step is timed from one call of the loss to the next. Processor seconds are of the process that learns: on a
machine that others use they tell more than the clock. Ours also keeps an average of the weights and a log; the others do not.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from benchmarks.ways import WARM, WAYS, Talks, drawn, needed
from train.meter import measured_peak, peak
from train.trainer import fast_bf16

AGREE = 0.02  # nats by which losses of the last step may differ: rounding, over some steps of a growing model


@dataclass
class Measured:
    """Medians over rounds. `tokens_*` are real ones; `padded_s` counts padding too; `loss` is of the last step."""

    tokens_s: float
    tokens_cpu_s: float
    padded_s: float
    mfu: float
    data_wait: float | None
    loss: float
    same_steps: bool


def measure(options: argparse.Namespace) -> dict[str, Measured]:
    """Every way to train, `rounds` times in turn. Raises ValueError for an unknown way."""
    chosen = [way for way in WAYS if not options.ways or any(part in way.name for part in options.ways.split("+"))]
    if not chosen or chosen[0] is not WAYS[0]:
        raise ValueError(f"--ways {options.ways!r} must have ours and others: {'; '.join(w.name for w in WAYS)}")
    known = drawn(options)
    device = torch.device(options.device)
    flops_a_token = _flops_a_token(Talks(options, "packed"), known)
    best = peak(device, options.bf16)
    found: dict[str, list[tuple[float, ...]]] = {way.name: [] for way in chosen}
    for _ in range(options.rounds):
        for way in chosen:
            task = Talks(options, way.form, known if options.drawn or not way.same_steps else None)
            waited = way.run(task, options)
            best = max(best, measured_peak(device, options.bf16)) if options.device == "cpu" else best
            (first, first_cpu), (last, last_cpu) = task.stamps[WARM], task.stamps[-1]
            counted = task.seen[WARM:-1]
            real = sum(task.tokens(batch) for batch in counted)
            padded = sum(batch.ids.numel() for batch in counted)
            wall, cpu = last - first, last_cpu - first_cpu
            found[way.name].append((real / wall, real / cpu, padded / wall, waited, float(task.losses[-1])))
    made = {}
    for way in chosen:
        wall, cpu, padded, waited, loss = (statistics.median(column) for column in zip(*found[way.name], strict=True))
        wait = waited if way is WAYS[0] else None
        made[way.name] = Measured(wall, cpu, padded, flops_a_token * wall / best, wait, loss, way.same_steps)
    return made


def _flops_a_token(task: Talks, known: dict[int, list]) -> float:
    tokens, flops = needed(task, [d for documents in known.values() for d in documents])
    return flops / tokens


def report(found: dict[str, Measured]) -> str:
    """The table, and ours against each."""
    first = found[WAYS[0].name]
    lines = [
        f"{'':38}{'real tok/s':>11}{'/CPU s':>9}{'with padding':>14}{'MFU':>7}{'data wait':>11}{'last loss':>11}{'ours is':>9}{'by CPU':>8}"
    ]
    for name, m in found.items():
        wait = "" if m.data_wait is None else f"{m.data_wait:.1%}"
        loss = f"{m.loss:.4f}" if m.same_steps else "-"
        ratios = f"{first.tokens_s / m.tokens_s:7.2f} ×{first.tokens_cpu_s / m.tokens_cpu_s:6.2f} ×"
        lines.append(
            f"{name:38}{m.tokens_s:11,.0f}{m.tokens_cpu_s:9,.0f}{m.padded_s:14,.0f}{m.mfu:7.1%}{wait:>11}{loss:>11}{ratios}"
        )
    return "\n".join(lines)


def disagreeing(found: dict[str, Measured]) -> list[str]:
    """Ways whose last loss is not ours: they did not learn the same, and their speed says nothing."""
    first = found[WAYS[0].name].loss
    return [name for name, m in found.items() if m.same_steps and not abs(m.loss - first) < AGREE]


def build_parser() -> argparse.ArgumentParser:
    """The command's parser."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="nano")
    parser.add_argument("--tokenizer", type=Path, default=Path("mmgpt/weights/nano/tokenizer.json"))
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--bf16", choices=("auto", "on", "off"), default="auto", help="auto: on GPUs that have it")
    parser.add_argument("--batch", type=int, default=16, help="conversations a step")
    parser.add_argument("--turns", type=int, default=8, help="questions of a conversation, at most")
    parser.add_argument("--pack", type=int, default=1024, help="tokens of a packed row, at most")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="processes that draw, of all")
    parser.add_argument("--ahead", type=int, default=4, help="batches that our thread draws in advance")
    parser.add_argument("--drawn", action="store_true", help="samples are drawn beforehand: what learning alone costs")
    parser.add_argument("--compile", action="store_true", help="ours compiles its layers")
    parser.add_argument("--ways", default="", metavar="A+B", help="only those with one of these words in their names")
    parser.add_argument("--mfu", metavar="SHAPES", help="only the arithmetic of shapes on a GPU: hub_small,1b")
    parser.add_argument("--json", type=Path)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0; 1 where the losses do not agree; 2 usage."""
    parser = build_parser()
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    if options.device.startswith("cuda") and not torch.cuda.is_available():
        parser.error(f"--device {options.device}: PyTorch {torch.__version__} sees no CUDA device; use --device cpu")
    if options.steps < WARM + 2:
        parser.error(f"--steps {options.steps} is too few: the first {WARM} are not timed")
    options.bf16 = (
        fast_bf16(options.device) and options.device != "cpu" if options.bf16 == "auto" else options.bf16 == "on"
    )
    torch.set_num_threads(options.threads)
    if options.mfu:
        from benchmarks.mfu import run

        try:
            return run(options.mfu.split(","), options.device, options.json)
        except ValueError as error:
            parser.error(str(error))
    try:
        found = measure(options)
    except ValueError as error:
        parser.error(str(error))
    print(report(found))
    if options.json:
        options.json.write_text(json.dumps({name: asdict(m) for name, m in found.items()}, indent=1) + "\n", "utf-8")
    if wrong := disagreeing(found):
        print(f"not the same loss as ours: {', '.join(wrong)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
