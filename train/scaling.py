"""`mmgpt train scaling --out RUN --budget-minutes 10`: small runs say how large a model, and how much data, a budget is best spent on.

Decoders of several sizes learn from several amounts of data; loss = E + A / N^a + B / D^b is fitted to what they reach on held-out screens
(N parameters, D tokens; approach 3 of Hoffmann et al., 2022: a Huber loss of the logarithms). A size is trained once at a constant rate;
from points on that way the rate is brought down to zero (Hägele et al., 2024), so that amounts of data share most of their steps.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from mmgpt.config import ModelConfig, nano
from train.law import Law, Point, bootstrap, fit, unsettled

log = logging.getLogger(__name__)
SIZES = {  # width, layers, feed-forward; heads of 32, two of them share keys and values
    "a": (32, 2, 88), "b": (48, 3, 128), "c": (64, 4, 168), "d": (96, 5, 256), "e": (128, 6, 336), "f": (192, 7, 512),
}  # fmt: skip
AMOUNTS = (0.125, 0.25, 0.5, 1.0)  # of a size's data
DECAY = 0.2  # of an amount's steps
_FLOPS = (1e13, 1e14, 1e15, 1e16, 1e17, 1e18)
_TIMED = 3
MARKS = ("<!-- scaling: begin -->", "<!-- scaling: end -->")


def architecture(size: str, vocabulary: int, sees: bool) -> ModelConfig:
    """A decoder of that size; `sees`: nano's two cross-attention layers and line projector, else text alone. Raises KeyError."""
    width, layers, feed_forward = SIZES[size]
    heads = max(2, width // 32 * 2)
    base = nano()
    decoder = replace(
        base.decoder, vocab_size=vocabulary, width=width, heads=heads, kv_heads=2, head_dim=16, feed_forward=feed_forward,
        layers=layers + (1 if sees else 0), cross_attention_layers=(1,) if sees else (),
    )  # fmt: skip
    if sees:
        return replace(base, name=f"scaling-{size}", decoder=decoder, tower=None)
    return replace(base, name=f"scaling-{size}", decoder=decoder, tower=None, lines=None, fusion="prefix", copy=False)


def make_task(options: argparse.Namespace, size: str) -> Any:
    """The task over a size's model; its evaluation is the held-out loss alone. Raises FileNotFoundError without a tokenizer."""
    from tokenizers import Tokenizer

    if not options.tokenizer.is_file():
        raise FileNotFoundError(
            f"{options.tokenizer} is missing; make it: python -m train.tokenizer --out {options.tokenizer}"
        )
    tokenizer = Tokenizer.from_file(str(options.tokenizer))
    config = architecture(size, tokenizer.get_vocab_size(), options.task == "simulate")
    torch.manual_seed(options.seed)
    if options.task == "text":
        from train.tasks.text import TextTask

        return TextTask(
            config,
            tokenizer,
            seed=options.seed,
            batch=options.batch,
            length=options.length,
            evaluation=options.evaluation,
        )
    from train.tasks.simulate import SimulateTask

    class Nats(SimulateTask):
        """Measures the loss alone."""

        def evaluate(self, model: Any) -> dict[str, float]:
            return {"held out nats an answer": self.nats(model, batches=max(options.evaluation // 16, 1))}

    return Nats(config, tokenizer, seed=options.seed, batch=options.batch)


@dataclass
class Size:
    """A size's model: its parameters, tokens a step, seconds a step, and the steps of its longest run."""

    name: str
    parameters: int
    tokens: float
    seconds: float
    steps: int = 0


def parameters(model: torch.nn.Module) -> int:
    """N: all that the loss makes use of, the embedding table once."""
    return sum(p.numel() for name, p in model.named_parameters() if not name.startswith(("picture.", "pointers.")))


def measure_sizes(options: argparse.Namespace) -> list[Size]:
    """How fast every size learns here, by a few steps that are thrown away, and how far all get in the budget.

    All sizes get the same amounts of data. Raises ValueError for a budget that is too small for that.
    """
    from train.meter import Counter

    found = []
    for name in options.sizes:
        task = make_task(options, name)
        optimizer = torch.optim.AdamW(task.model.parameters(), lr=1e-3)
        count = Counter(task)
        times, tokens = [], []
        for step in range(_TIMED):
            began = time.process_time()  # on a machine that others use the clock tells of them
            batch = task.batch(step)
            loss, _ = task.loss(batch, step, _TIMED)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            times.append((time.process_time() - began) / options.threads)
            tokens.append(count(batch).tokens)
        found.append(Size(name, parameters(task.model), sum(tokens) / _TIMED, sum(times[1:]) / (_TIMED - 1)))
    per_step = sum(size.seconds for size in found)
    factor = 1 - DECAY + DECAY * sum(AMOUNTS)  # the constant way once, and every amount's decay
    steps = int(60 * options.budget_minutes / per_step / factor)
    if steps * AMOUNTS[0] < 5:
        raise ValueError(
            f"--budget-minutes {options.budget_minutes:g} is enough for {steps} steps of each size; "
            f"{round(5 / AMOUNTS[0])} are needed: give more minutes, a smaller --batch, or fewer --sizes"
        )
    return [replace(size, steps=steps) for size in found]


def learn(options: argparse.Namespace, size: Size, told: Callable[[str], None]) -> list[Point]:
    """A size at a constant rate, brought down at every amount of data; goes on where it stopped. Raises Interrupted."""
    from train.trainer import RunConfig, Trainer

    rate = options.lr * (64 / SIZES[size.name][0]) ** 0.5
    trunk = options.out / "runs" / size.name / "constant"
    points = []
    for amount in AMOUNTS:
        steps = max(5, round(size.steps * amount))
        decay = max(1, round(DECAY * steps))
        place = options.out / "runs" / size.name / f"{steps:06d}"
        common: dict[str, Any] = {
            "lr": rate, "warmup": max(1, min(50, size.steps // 20)), "ema": 0.0, "eval_every": 10**9, "save_every": max(1, size.steps // 8),
            "log_every": max(1, size.steps // 20), "bf16": False, "seed": options.seed,
        }  # fmt: skip
        curve = place / "curve.csv"
        if not curve.is_file():
            Trainer(
                _silent(make_task(options, size.name)), RunConfig(out=trunk, steps=steps - decay, decay=0, **common)
            ).run()
            if not place.is_dir():  # a branch that was cut off goes on by itself
                scratch = place.with_name(f".{place.name}.new")
                shutil.rmtree(scratch, ignore_errors=True)
                shutil.copytree(trunk / "checkpoints", scratch / "checkpoints")
                scratch.replace(place)
            Trainer(make_task(options, size.name), RunConfig(out=place, steps=steps, decay=decay, **common)).run()
            shutil.rmtree(place / "checkpoints", ignore_errors=True)  # what is kept is the number, and the weights
        loss = float(curve.read_text().strip().splitlines()[-1].split(",")[-1])
        points.append(Point(size.parameters, round(steps * size.tokens), loss))
        told(f"{size.name}: {size.parameters:,} parameters, {points[-1].tokens:,} tokens: {loss:.4f}")
    return points


def _silent(task: Any) -> Any:
    """The task without its evaluation: the constant way is not measured."""
    task.evaluate = lambda model: {}
    return task


# -- what comes out ----------------------------------------------------------------------------------------------------------------


def advise(law: Law, speed: float, flops: Sequence[float], hours: Sequence[float]) -> list[dict[str, float]]:
    """The best size, tokens and loss for budgets of arithmetic, and of hours at `speed` FLOP/s."""
    rows = []
    for budget in sorted([*flops, *(3600 * hour * speed for hour in hours)]):
        size, tokens = law.best(budget)
        rows.append(
            {
                "flops": budget,
                "hours": budget / speed / 3600,
                "parameters": size,
                "tokens": tokens,
                "loss": law(size, tokens),
            }
        )
    return rows


def draw(points: Sequence[Point], law: Law, rows: Sequence[dict[str, float]], path: Path) -> None:
    """Left the runs with the fitted curves, right the best size for a budget."""
    import matplotlib
    import numpy as np

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9.6, 3.8), dpi=110)
    for number, size in enumerate(sorted({p.parameters for p in points})):
        own = [p for p in points if p.parameters == size]
        tokens = np.geomspace(min(p.tokens for p in own), max(p.tokens for p in own), 50)
        left.plot([p.tokens for p in own], [p.loss for p in own], "o", color=f"C{number}", label=f"{size:,}")
        left.plot(tokens, [law(size, t) for t in tokens], "-", color=f"C{number}", linewidth=1)
    left.set(xscale="log", xlabel="tokens", ylabel="held-out loss", title="N parameters: runs and fit")
    left.legend(fontsize=7)
    if rows:
        right.plot([r["flops"] for r in rows], [r["parameters"] for r in rows], "o-", label="parameters")
        right.plot([r["flops"] for r in rows], [r["tokens"] for r in rows], "s--", label="tokens")
    spent = [6 * p.parameters * p.tokens for p in points]
    right.axvspan(min(spent), max(spent), alpha=0.15, label="measured")
    right.set(
        xscale="log", yscale="log", xlabel="FLOPs", title="best for a budget" if rows else "not settled by these runs"
    )
    right.legend(fontsize=7)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)


def report(
    law: Law, ranges: Mapping[str, tuple[float, float]], rows: Sequence[dict[str, float]], points: Sequence[Point]
) -> str:
    """Markdown: the law, what was measured, and the best sizes; without rows it says what the runs leave open."""
    values = asdict(law)
    told = ", ".join(f"{name} {values[name]:.4g} [{low:.4g}, {high:.4g}]" for name, (low, high) in ranges.items())
    off = sum(abs(law(p.parameters, p.tokens) - p.loss) / p.loss for p in points) / len(points)
    amounts = sorted({p.tokens for p in points})
    losses = {(p.parameters, p.tokens): f"{p.loss:.3f}" for p in points}
    lines = [
        f"loss = E + A / N^alpha + B / D^beta, {len(points)} runs, mean error {off:.1%}.", "", f"{told} (95 %, bootstrap over runs).", "",
        "| held-out loss | " + " | ".join(f"{amount:,.0f} tokens" for amount in amounts) + " |", "|---" * (len(amounts) + 1) + "|",
    ]  # fmt: skip
    for size in sorted({p.parameters for p in points}):
        cells = " | ".join(losses.get((size, amount), "") for amount in amounts)
        lines.append(f"| {size:,.0f} parameters | {cells} |")
    if not rows:
        open_ = " and ".join(unsettled(law, ranges))
        lines += [
            "",
            f"**These runs do not settle {open_}, so no size is recommended.** Give --budget-minutes several times as much.",
        ]
        return "\n".join(lines) + "\n"
    lines += ["", "| FLOPs | hours here | parameters | tokens | loss |", "|---:|---:|---:|---:|---:|"]
    for row in rows:
        lines.append(
            f"| {row['flops']:.1e} | {row['hours']:.3g} | {row['parameters']:,.0f} | {row['tokens']:,.0f} | {row['loss']:.3f} |"
        )
    largest = max(6 * p.parameters * p.tokens for p in points)
    if max(row["flops"] for row in rows) > 10 * largest:
        lines += ["", f"The largest run took {largest:.1e} FLOPs: what is said of budgets far above is a guess."]
    return "\n".join(lines) + "\n"


def build_parser() -> argparse.ArgumentParser:
    """The command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmgpt train scaling", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="a run that is there goes on")
    parser.add_argument(
        "--budget-minutes",
        type=float,
        default=10.0,
        help="of learning, all runs together, each thread's processor time",
    )
    parser.add_argument("--task", choices=("text", "simulate"), default="text")
    parser.add_argument(
        "--sizes", type=_sizes, default=("a", "b", "c", "d", "e"), help=f"of {', '.join(SIZES)}; four at least"
    )
    parser.add_argument("--tokenizer", type=Path, default=Path("mmgpt/weights/nano/tokenizer.json"))
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--length", type=int, default=128, help="of text: tokens of a row")
    parser.add_argument("--evaluation", type=int, default=128, help="held-out rows")
    parser.add_argument("--lr", type=float, default=4e-3, help="at width 64; falls with the root of the width")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--flops", type=_numbers, default=_FLOPS, help="budgets, with commas between")
    parser.add_argument("--hours", type=_numbers, default=(1.0, 10.0, 100.0), help="budgets at the speed of these runs")
    parser.add_argument("--nice", type=int, default=0, help="19: give way to everything else on the machine")
    parser.add_argument("--docs", type=Path, metavar="FOLDER", help="table and plot go into scaling.md there as well")
    parser.add_argument("--resamples", type=int, default=200, help="of the bootstrap")
    return parser


def publish(text: str, plot: Path, docs: Path) -> None:
    """Puts the table between the marks of `docs`/scaling.md, and the plot beside. Raises ValueError where the page has no marks."""
    page = docs / "scaling.md"
    before, begin, rest = page.read_text("utf-8").partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not begin or not end:
        raise ValueError(f"{page} has no lines {' and '.join(MARKS)} for the table to stand between")
    (docs / "images").mkdir(exist_ok=True)
    shutil.copyfile(plot, docs / "images" / "scaling.png")
    picture = "![Left the runs and the fitted law, right the best size for a budget](images/scaling.png)"
    page.write_text(f"{before}{begin}\n{text}\n{picture}\n{end}{after}", "utf-8")


def _sizes(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := [name for name in names if name not in SIZES]:
        raise argparse.ArgumentTypeError(f"no size {', '.join(unknown)}; there are {', '.join(SIZES)}")
    if len(set(names)) < 4:
        raise argparse.ArgumentTypeError("a law in two variables needs four sizes at least")
    return names


def _numbers(text: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
        if not all(0 < value < float("inf") for value in values):
            raise ValueError
        return values
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not numbers above 0 with commas between") from None


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    names = ("task", "sizes", "batch", "length", "evaluation", "lr", "seed", "budget_minutes")
    return {name: list(value) if isinstance(value := getattr(options, name), tuple) else value for name in names}


def plan(options: argparse.Namespace) -> list[Size]:
    """The sizes with their steps: those of the run that is there, or measured now. Raises ValueError for another run's folder."""
    path = options.out / "plan.json"
    if path.is_file():
        known = json.loads(path.read_text("utf-8"))
        if known["settings"] != _settings(options):
            raise ValueError(f"{options.out} holds runs with other settings ({path}); name another --out")
        return [Size(**entry) for entry in known["sizes"]]
    sizes = measure_sizes(options)
    options.out.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(".new")
    scratch.write_text(
        json.dumps({"settings": _settings(options), "sizes": [asdict(s) for s in sizes]}, indent=1) + "\n", "utf-8"
    )
    scratch.replace(path)
    return sizes


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 it could not go on, 2 usage, 130 interrupted (saved; the same command goes on)."""
    parser = build_parser()
    options = parser.parse_args(argv)
    if not options.budget_minutes > 0:
        parser.error(f"--budget-minutes {options.budget_minutes:g} is no time")
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    torch.set_num_threads(options.threads)
    if options.nice:
        os.nice(options.nice)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # between runs, which save by themselves
    try:
        return _all(parser, options)
    finally:
        signal.signal(signal.SIGTERM, before)


def _all(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    from train.trainer import Interrupted

    errors = Console(stderr=True, highlight=False)
    try:
        sizes = plan(options)
    except KeyboardInterrupt:
        errors.print("mmgpt train scaling: interrupted before the first run")
        return 130
    except (ValueError, OSError) as error:
        parser.error(str(error))
    errors.print(f"{sizes[0].steps} steps of {', '.join(size.name for size in sizes)}", markup=False)
    points: list[Point] = []
    try:
        for size in sizes:
            points += learn(options, size, lambda line: errors.print(line, markup=False))
    except (Interrupted, KeyboardInterrupt) as stop:
        errors.print(f"mmgpt train scaling: {str(stop) or 'interrupted; the same command goes on'}", markup=False)
        return 130
    except (ValueError, RuntimeError, OSError) as error:
        if os.environ.get("MMGPT_DEBUG"):
            raise
        errors.print(f"mmgpt train scaling: {str(error).splitlines()[-1]}", markup=False)
        return 1
    law = fit(points)
    ranges = bootstrap(points, law, options.resamples, options.seed)
    speed = sum(6 * size.parameters * size.tokens for size in sizes) / sum(size.seconds for size in sizes)
    open_ = unsettled(law, ranges)
    rows = [] if open_ else advise(law, speed, options.flops, options.hours)
    result = {
        "settings": _settings(options), "law": asdict(law), "intervals": ranges, "flops_per_second": speed,
        "points": [asdict(p) for p in points], "unsettled": open_, "best": rows,
    }  # fmt: skip
    (options.out / "scaling.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    draw(points, law, rows, options.out / "scaling.png")
    text = report(law, ranges, rows, points)
    (options.out / "scaling.md").write_text(text, "utf-8")
    if options.docs:
        try:
            publish(text, options.out / "scaling.png", options.docs)
        except (OSError, ValueError) as error:
            errors.print(f"mmgpt train scaling: {error}", markup=False)
            return 1
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
