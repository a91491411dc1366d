"""How fast the renderer is on one core: whole screens a second, and line crops a second, in CPU seconds of one thread.

``python -m benchmarks.render [--screens 60] [--lines 4000] [--json OUT]``. Glyphs are rasterised once and kept, so that
each measurement is preceded by a warm-up with neighbouring seeds; ``--cold`` leaves it out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import torch

from train.data.render.screen import sample_screen
from train.tasks.lines import LineSource


def screens(count: int, size: tuple[int, int], warm: int) -> dict[str, float]:
    """Draw `count` screens of `size`; returns screens a second, its spread, and lines and glyphs a screen."""
    for seed in range(count, count + warm):
        sample_screen(seed, size=size)
    seconds, lines, glyphs = [], 0, 0
    for seed in range(count):
        start = time.process_time()
        drawn = sample_screen(seed, size=size)
        seconds.append(time.process_time() - start)
        lines += len(drawn.lines)
        glyphs += sum(len(line.glyph_text) for line in drawn.lines)
    ordered = sorted(seconds)
    return {
        "screens_per_second": count / sum(seconds),
        "median_ms": statistics.median(seconds) * 1000,
        "p95_ms": ordered[min(int(0.95 * count), count - 1)] * 1000,
        "lines_per_screen": lines / count,
        "glyphs_per_screen": glyphs / count,
    }


def line_crops(count: int, batch: int, warm: int) -> dict[str, float]:
    """Draw `count` line crops as training does: batches of like width, a pool of atlases; returns crops a second."""
    source = LineSource("train", 3, batch, atlases=300)
    steps = -(-count // batch)
    for step in range(warm):
        source.batch(1_000_000 + step)
    start = time.process_time()
    for step in range(steps):
        source.batch(step)
    return {"lines_per_second": steps * batch / (time.process_time() - start)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; prints a table, and writes JSON when asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--screens", type=int, default=60)
    parser.add_argument("--lines", type=int, default=4096)
    parser.add_argument("--cold", action="store_true", help="no warm-up: what a fresh process sees")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    warm = 0 if options.cold else 1
    found: dict[str, dict[str, float]] = {}
    if options.screens:
        found["screens 1280x800"] = screens(options.screens, (1280, 800), 150 * warm)
        found["crops 640x400"] = screens(options.screens, (640, 400), 50 * warm)
    if options.lines:
        found["line crops"] = line_crops(options.lines, 64, 48 * warm)
    for name, numbers in found.items():
        print(f"{name:18s}", "  ".join(f"{key} {value:,.1f}" for key, value in numbers.items()))
    if options.json is not None:
        options.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
