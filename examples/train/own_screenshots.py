"""Your own screenshots in two minutes: renders some, writes what should be said of them, tunes nano on it, and says what came of it.

    python examples/train/own_screenshots.py --out runs/example --count 40

Replace `make` by your own pictures and answers: a folder of pictures, and JSON lines of messages beside it.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from mmgpt import NANO_WEIGHTS
from train.cli import main as train
from train.data.perceived import draw

DESKS = {
    "network": "Desk 1 takes it.",
    "dns": "Desk 1 takes it.",
    "tls": "Desk 1 takes it.",
    "none": "Nobody needs to.",
}
OTHERS = "Desk 2 takes it."
QUESTION = "Which desk takes this?"  # nano has never been asked this


def make(folder: Path, count: int) -> Path:
    """`count` rendered screenshots and `talks.jsonl`: of each, a question that only this house asks, and what it says word for word."""
    (folder / "shots").mkdir(parents=True, exist_ok=True)
    rows = []
    for index in range(count):
        content, rendered = draw(index, 77, "train")
        name = f"shots/{index:03d}.png"
        Image.fromarray(rendered.image).save(folder / name)
        picture = {"type": "image", "path": name}
        asked = [{"role": "user", "content": [picture, {"type": "text", "text": QUESTION}]}]
        answer = DESKS.get(content.fields.category, OTHERS)
        rows.append({"messages": [*asked, {"role": "assistant", "content": answer}]})
        if content.fields.message:
            asked = [
                {"role": "user", "content": [picture, {"type": "text", "text": "Quote what went wrong, nothing else."}]}
            ]
            rows.append({"messages": [*asked, {"role": "assistant", "content": content.fields.message}]})
    path = folder / "talks.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def main(argv: Sequence[str] | None = None) -> int:
    """0, or 1 where the training stopped; prints the measures before and after."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs/example"))
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--steps", type=int, default=120)
    options = parser.parse_args(argv)
    talks = make(options.out / "data", options.count)
    common = [
        "instruct", "--out", str(options.out / "run"), "--init", str(NANO_WEIGHTS), "--data", f"chat:{talks}", "--batch", "12",
        "--lr", "1e-3", "--warmup", "10", "--decay", "40", "--ema", "0.9", "--threads", "1", "--log-every", "10", "--evaluation", "24",
        "--cache", str(options.out / "cache"),
    ]  # fmt: skip
    for steps in (0, options.steps):  # none first, so that the curve begins with nano as it is
        code = train([*common, "--steps", str(steps), "--eval-every", str(max(steps, 1))])
        if code:
            return 1
    with (options.out / "run" / "curve.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    for name in rows[0]:
        if name.startswith(("nats", "right")):
            sys.stdout.write(f"{name:<34} {float(rows[0][name]):6.3f} -> {float(rows[-1][name]):6.3f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
