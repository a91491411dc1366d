"""The ledger of training: `python -m train.ledger RUN --title … --command …` copies a run's curve into `docs/curves/`, draws it,
and adds a row to `docs/training_log.md`."""

from __future__ import annotations

import argparse
import csv
import datetime
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

_HEAD = """# Training log

What every published weight cost: the command, hours of training, samples, hardware, and what it reached on rendered lines and
screens of faces seen and never seen in training. Curves lie in `docs/curves/` as CSV with a plot each. Times are those of the
training steps alone; where other work shared the cores, the note says so.

| date | run | hours | samples | hardware | result | note |
|---|---|---|---|---|---|---|
"""


def _last(rows: list[dict[str, str]]) -> str:
    keys = [k for k in rows[-1] if k not in {"step", "samples", "hours"}]
    return ", ".join(f"{k.replace('_', ' ')} {float(rows[-1][k]):.4f}" for k in keys)


def draw(rows: list[dict[str, str]], title: str, path: Path) -> None:
    """The curve against samples, as PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 3.6), dpi=110)
    samples = [int(r["samples"]) for r in rows]
    for key in rows[0]:
        if key not in {"step", "samples", "hours"} and "nats" not in key:  # shares and rates; nats have another scale
            axes.plot(samples, [float(r[key]) for r in rows], label=key.replace("_", " "))
    low = (
        min(float(r[k]) for r in rows for k in r if k.endswith("_cer"))
        if any(k.endswith("_cer") for k in rows[0])
        else None
    )
    if low is not None and low > 0:
        axes.set_yscale("log")
    axes.set_xlabel("samples")
    axes.set_title(title)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)


def record(run: Path, title: str, command: str, note: str, docs: Path) -> None:
    """Adds a run to the ledger in `docs`. Raises FileNotFoundError when the run has no curve yet."""
    from train.trainer import hardware

    with (run / "curve.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    curves = docs / "curves"
    curves.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(run / "curve.csv", curves / f"{title}.csv")
    draw(rows, title, curves / f"{title}.png")
    log = docs / "training_log.md"
    if not log.exists():
        log.write_text(_HEAD, "utf-8")
    last = rows[-1]
    with log.open("a", encoding="utf-8") as handle:
        handle.write(
            f"| {datetime.date.today()} | [{title}](curves/{title}.csv): `{command}` | {float(last['hours']):.2f} "
            f"| {int(last['samples']):,} | "
            f"{hardware('cpu')} | {_last(rows)} | {note} |\n"
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--title", required=True)
    parser.add_argument("--command", required=True, help="the command that trained it, as anyone would type it")
    parser.add_argument("--note", default="")
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    options = parser.parse_args(argv)
    record(options.run, options.title, options.command, options.note, options.docs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
