"""How fast the world is made: `python -m train.data speed [--seconds 10]`, in one process and one thread.

The fonts' first use is slow: a warm-up of a quarter of the time goes before each measure.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Rate:
    """What was made so many times a second; `items` of what is in it (lines, questions) a second."""

    name: str
    per_second: float
    items: str = ""
    items_per_second: float = 0.0


def measure(name: str, make: Callable[[int], int], seconds: float, items: str = "") -> Rate:
    """Call `make(0)`, `make(1)` … for `seconds` after a warm-up; it returns how many items it made.

    Raises ValueError without time.
    """
    if seconds <= 0:
        raise ValueError(f"--seconds {seconds} leaves no time to measure")
    index, end = 0, time.perf_counter() + seconds / 4
    while index == 0 or time.perf_counter() < end:
        make(index)
        index += 1
    start, count, inside = time.perf_counter(), 0, 0
    while count == 0 or time.perf_counter() - start < seconds:
        inside += make(index)
        index += 1
        count += 1
    taken = time.perf_counter() - start
    return Rate(name, count / taken, items, inside / taken if items else 0.0)


def _content(index: int) -> int:
    from train.data.world.content import texts
    from train.data.world.sample import sample_content

    return sum(1 for _ in texts(sample_content(random.Random(index))))


def _simulated(index: int) -> int:
    from train.data.world.sample import sample_content
    from train.data.world.simulate import simulate

    rng = random.Random(index)
    return len(simulate(sample_content(rng), rng).page.texts)


def _conversation(index: int) -> int:
    from train.data.conversation.sample import sample_conversation

    return len(sample_conversation(index, "train", 8)[2])


def _native(index: int) -> int:
    from train.data.render.screen import sample_screen

    return len(sample_screen(index).lines)


MEASURES: tuple[tuple[str, Callable[[int], int], str], ...] = (
    ("descriptions of screens", _content, "pieces of text"),
    ("simulated pages", _simulated, "lines"),
    ("conversations", _conversation, "questions"),
    ("rendered screens", _native, "lines"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each measure")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    if options.seconds <= 0:
        parser.error(f"--seconds must be above 0, not {options.seconds}")
    import cv2

    cv2.setNumThreads(1)
    rates = [measure(name, make, options.seconds, items) for name, make, items in MEASURES]
    if options.json:
        found = {r.name: {"per_second": r.per_second, r.items: r.items_per_second} for r in rates}
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return 0
    table = Table(title="a second, on one core")
    table.add_column("what")
    table.add_column("a second", justify="right")
    table.add_column("in them", justify="right")
    for rate in rates:
        table.add_row(rate.name, f"{rate.per_second:,.1f}", f"{rate.items_per_second:,.0f} {rate.items}")
    Console().print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
