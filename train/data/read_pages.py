"""Pages of shards as the shipped reader reads them, for the extractor: `python -m train.data.read_pages --from SHARDS --out FOLDER`.

Simulated pages are laid out by rule of thumb; these come from real renderings, with the reader's own mistakes, boxes and
colours. Each shard becomes one JSON lines file; what stands in a read line is told by the record beside the picture.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from mmgpt import NANO_WEIGHTS
from mmgpt.extractor.aliases import app_key
from mmgpt.extractor.page import MAX_LINES, Page, make_page
from train.data.conversation.captures import capture_dark, capture_fields, capture_lines, from_readings
from train.data.shards import ShardSample, read_shard
from train.data.world.content import Fields
from train.data.world.simulate import Simulated
from vision.reader.nano import NanoReader

log = logging.getLogger(__name__)


def read_page(sample: ShardSample, reader: NanoReader) -> Simulated | None:
    """What the extractor gets of a picture, with what is true of it; None where the record has no fields, nothing was read, or the
    message was lost in reading."""
    record = sample.record
    if not record.get("fields"):
        return None
    image = sample.image
    page = make_page(reader.read(image), image)
    if not page.texts or len(page.texts) > MAX_LINES:
        return None
    lines = reader_lines(page)
    fields = capture_fields(record)
    size = int(record["width"]), int(record["height"])
    screen = from_readings(capture_lines(record), lines, fields, *size, capture_dark(record))
    message = [int(line.message) for line in screen.lines]
    if fields.is_error and fields.message and not any(message):
        return None
    wanted = app_key(fields.app) if fields.app else ""
    names = [bool(wanted) and line.role == "app_name" and app_key(line.truth) == wanted for line in screen.lines]
    return Simulated(
        page,
        fields,
        [line.role if line.truth else "other" for line in screen.lines],
        message,
        names,
        [line.truth for line in screen.lines],
        [],
    )


def reader_lines(page: Page) -> list[Any]:
    """The page's lines in its order, as lines of a reader."""
    from vision.reader.types import Line

    made = []
    for text, box, confidence in zip(page.texts, page.boxes, page.confidences, strict=True):
        x0, y0, x1, y1 = (round(float(value)) for value in box)
        made.append(Line(text, (x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)), float(confidence), ()))
    return made


def to_json(found: Simulated) -> str:
    """One line of a file."""
    page = found.page
    return json.dumps(
        {
            "texts": page.texts,
            "boxes": np.round(page.boxes, 1).tolist(),
            "confidences": np.round(page.confidences, 4).tolist(),
            "styles": np.round(page.styles, 3).tolist(),
            "size": page.size,
            "ground": page.ground,
            "fields": asdict(found.fields),
            "roles": found.roles,
            "message": found.message,
            "app_lines": found.app_lines,
            "truths": found.truths,
        },
        ensure_ascii=False,
    )


def from_json(text: str) -> Simulated:
    """The page of a line of a file."""
    raw = json.loads(text)
    count = len(raw["texts"])
    page = Page(
        tuple(raw["texts"]),
        np.array(raw["boxes"], np.float32).reshape(-1, 4),
        np.array(raw["confidences"], np.float32),
        np.array(raw["styles"], np.float32).reshape(count, -1),
        np.arange(count),
        (raw["size"][0], raw["size"][1]),
        (raw["ground"][0], raw["ground"][1], raw["ground"][2]),
    )
    fields = Fields(**raw["fields"])
    return Simulated(page, fields, raw["roles"], raw["message"], raw["app_lines"], raw["truths"], [])


def read_folder(folder: Path) -> Iterator[Simulated]:
    """Every page of a folder, in order. Raises FileNotFoundError when there is none."""
    paths = sorted(folder.glob("pages-*.jsonl"))
    if not paths:
        raise FileNotFoundError(
            f"no pages-*.jsonl in {folder}; `python -m train.data.read_pages --from SHARDS --out {folder}`"
        )
    for path in paths:
        for line in path.read_text("utf-8").splitlines():
            yield from_json(line)


def write(source: Path, out: Path, reader: NanoReader) -> int:
    """Read every shard of `source` whose pages are not there yet; returns the number of pages written."""
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for path in track(sorted(source.glob("shard-*.tar")), "reading", console=Console(stderr=True)):
        target = out / f"pages-{path.stem}.jsonl"
        if target.exists():
            continue
        found = [page for sample in read_shard(path) if (page := read_page(sample, reader)) is not None]
        part = target.with_suffix(".part")
        part.write_text("".join(to_json(page) + "\n" for page in found), "utf-8")
        part.replace(target)
        count += len(found)
    return count


def main(argv: Sequence[str] | None = None) -> int:
    """Reads shards; 2 when there are none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder of shards")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=NANO_WEIGHTS, help="folder of the reader")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    torch.set_num_threads(1)
    if not list(options.source.glob("shard-*.tar")):
        parser.error(f"no shard-*.tar in {options.source}; `python -m train.data pages` or `shard` writes some")
    log.info(
        "%d pages written to %s", write(options.source, options.out, NanoReader.load(options.weights)), options.out
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
