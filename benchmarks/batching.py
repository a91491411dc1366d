"""How many tokens a second come from rows that are decoded side by side, beside the same answers one after the other.

``python -m benchmarks.batching [--rows 1 4 16] [--tokens 96] [--threads 1] [--json OUT]``. Every row asks about a picture and is drawn
with a seed of its own; at least twice as many as fit wait. Prompts are counted, looking at pictures is not. Processor seconds of
this process are what is divided by, so that a busy machine does not disturb. The stall is the longest time by the clock between two
pieces of text of a running row while as many others join at once.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from mmgpt.checkpoint import load_engine
from mmgpt.generate import Conversation, Engine, Sampling, Seen
from mmgpt.serve.batching.batcher import Batcher
from mmgpt.serve.batching.row import Row
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Delta, Event, Finished
from vision.image import load_image

QUESTION = "Describe the picture in full, with everything that stands in it."


def rows_of(seen: Sequence[Seen], count: int, tokens: int) -> list[Row]:
    """As many rows, drawn hot enough that they go on."""
    asked = [Conversation().ask(seen[i % len(seen)], QUESTION) for i in range(count)]
    return [Row(c, Sampling(tokens, temperature=1.3, seed=i)) for i, c in enumerate(asked)]


def together(engine: Engine, rows: Sequence[Row], side_by_side: int) -> tuple[int, float]:
    """Tokens made and processor seconds taken by the batcher; rows that end make room for those that wait."""
    made: list[int] = []

    def sink(event: Event | ServiceError) -> None:
        if isinstance(event, ServiceError):
            raise event
        if isinstance(event, Finished):
            made.append(event.completion_tokens)

    batcher = Batcher(engine, side_by_side)
    start = time.process_time()
    for row in rows:
        batcher.submit(row, sink)
    while batcher.step():
        pass
    return sum(made), time.process_time() - start


def serial(engine: Engine, rows: Sequence[Row]) -> tuple[int, float]:
    """The same one after the other, by `Engine.answer`."""
    start = time.process_time()
    made = sum(len(engine.answer(row.conversation, row.sampling).ids) for row in rows)
    return made, time.process_time() - start


def stall(engine: Engine, rows: Sequence[Row]) -> float:
    """The longest time, in seconds, between two pieces of text of the first row while all others join at once."""
    times: list[float] = []

    def first(event: Event | ServiceError) -> None:
        if isinstance(event, Delta):
            times.append(time.perf_counter())

    batcher = Batcher(engine, len(rows) + 1)
    batcher.submit(rows[0], first)
    while len(times) < 8:
        batcher.step()
    del times[:-1]
    for row in rows[1:]:
        batcher.submit(row, lambda event: None)
    while batcher.step():
        pass
    return max((b - a for a, b in itertools.pairwise(times)), default=0.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; prints a table, and writes JSON when asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pictures", type=Path, default=Path("examples"))
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    engine = load_engine()
    paths = sorted(options.pictures.glob("*.png"))[:4]
    if not paths:
        print(f"{options.pictures} has no *.png", file=sys.stderr)
        return 2
    seen = [engine.look(load_image(path).pixels) for path in paths]
    together(engine, rows_of(seen, 2, 8), 2)
    found = []
    for count in options.rows:
        rows = rows_of(seen, max(8, 2 * count), options.tokens)
        (one, alone), (many, beside) = serial(engine, rows), together(engine, rows, count)
        found.append(
            {
                "rows": count, "serial_tokens_per_second": one / alone, "batched_tokens_per_second": many / beside,
                "gain": many / beside / (one / alone), "stall_ms": 1000 * stall(engine, rows[: count + 1]),
            }
        )  # fmt: skip
    table = Table("rows", "one by one, tokens/s", "batched, tokens/s", "gain", "longest stall, ms")
    for line in found:
        table.add_row(*(f"{value:.2f}" if name == "gain" else f"{value:.0f}" for name, value in line.items()))
    Console().print(table)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
