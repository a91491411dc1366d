"""Rendered screens as the frozen reader and tower perceive them, once, on disk: what `align` and `instruct` learn from.

`python -m train.data.perceived --out runs/perceived --count 2000` goes on where it stopped. A shard holds SHARD screens: tensors in
safetensors, what is true of each screen in JSON lines beside it.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from mmgpt import NANO_WEIGHTS
from mmgpt.checkpoint import load_tokenizer
from mmgpt.perception import Perceived, Perceiver
from mmgpt.pieces import Piece, PieceEncoder, cut_pieces
from projector.features import Features
from projector.lines import Pieces
from train.checkpoint import save_atomic
from train.data.conversation.captures import capture_dark, capture_fields, capture_lines, from_readings
from train.data.conversation.screen import Part, Screen, ScreenLine
from train.data.render.ink import ROOM
from train.data.render.layouts import layout, pool_of
from train.data.render.screen import BLOCK, Rendered, render
from train.data.shards import read_shards
from train.data.world.content import Content, Fields
from train.data.world.sample import sample_content
from train.ladder import architecture

log = logging.getLogger(__name__)
SHARD = 50
PICTURE = "{}-{:02d}.png"
SIZES = ((1280, 800), (1366, 768), (1024, 768), (1440, 900), (800, 600))


@dataclass(frozen=True)
class PerceivedScreen:
    """A rendered screen: what is true of it, its pieces in pointer order, the tensors, and its file where pictures were kept."""

    screen: Screen
    pieces: list[Piece]
    tensors: Pieces
    features: Features | None
    picture: Path | None = None


def draw(index: int, seed: int, split: str) -> tuple[Content, Rendered]:
    """Screen number `index` of a seed and a split: a function of these and the installed fonts."""
    ROOM.trim()
    rng = random.Random(f"perceived/{split}/{seed}/{index}")
    content = sample_content(rng, split)
    around = [sample_content(rng, split)] if rng.random() < 0.1 else []
    size = rng.choice(SIZES) if rng.random() < 0.5 else None
    return content, render(layout(content, rng, pool_of(split, index // BLOCK), size, around))


def screen_of(content: Content, rendered: Rendered, perceived: Perceived) -> Screen:
    """The screen as it was read, line by line in the order of the page, with what truly stands there."""
    height, width = rendered.image.shape[:2]
    truths = []
    for line in rendered.lines:
        x0, y0, x1, y1 = (float(v) for v in line.box)
        part = Part(0, len(line.text), line.role)
        shows = line.role == "message"
        truths.append(
            ScreenLine(line.text, line.text, line.role, shows, line.role == "app_name", (x0, y0, x1, y1), (part,))
        )
    luma = float(np.array([0.299, 0.587, 0.114]) @ np.array(perceived.page.ground))
    dark = True if luma < 0.35 else False if luma > 0.65 else None
    read = [perceived.lines[i] for i in perceived.page.source.tolist()]
    # Where glyphs were cut or cannot be read, something stands that no line tells of.
    return from_readings(truths, read, content.fields, width, height, dark, complete=not rendered.ignore)


def screen_of_record(record: dict[str, Any], perceived: Perceived) -> Screen:
    """The screen of a shard's picture as it was read. Raises KeyError for a picture of meaningless text, which has no fields."""
    read = [perceived.lines[i] for i in perceived.page.source.tolist()]
    complete = bool(record.get("complete", True))
    size = int(record["width"]), int(record["height"])
    return from_readings(
        capture_lines(record), read, capture_fields(record), *size, capture_dark(record), complete=complete
    )


def _pictures(options: argparse.Namespace, number: int) -> Iterator[tuple[np.ndarray, Callable[[Perceived], Screen]]]:
    """The pictures of a shard, each with what makes a screen of its readings."""
    first = number * SHARD
    if options.shards is None:
        for index in range(first, first + SHARD):
            content, rendered = draw(index, options.seed, options.split)
            yield rendered.image, partial(screen_of, content, rendered)
        return
    told = (sample for sample in read_shards(options.shards) if sample.record.get("fields"))
    for sample in islice(told, first, first + SHARD):
        yield sample.image, partial(screen_of_record, sample.record)


def _write(folder: Path, number: int, screens: Sequence[PerceivedScreen]) -> None:
    tensors: dict[str, Tensor] = {}
    rows = []
    for i, entry in enumerate(screens):
        for f in fields(Pieces):
            value = getattr(entry.tensors, f.name)
            if value is not None:
                tensors[f"{i}.{f.name}"] = (
                    value.half() if f.name in ("columns", "geometry", "certainty", "place") else value
                )
        if entry.features is not None:
            tensors[f"{i}.features"] = entry.features.features.half()
            tensors[f"{i}.positions"] = entry.features.positions
        grid = None if entry.features is None else entry.features.grid
        screen = {**asdict(entry.screen), "roles": sorted(entry.screen.roles)}
        rows.append(json.dumps({"screen": screen, "grid": grid}, ensure_ascii=False))
    (folder / f"{number:04d}.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    save_atomic(tensors, folder / f"{number:04d}.safetensors", {"format": "pt"})  # last: a shard that is there is whole


def _screen(raw: dict[str, Any]) -> Screen:
    lines = tuple(
        ScreenLine(**{**line, "box": tuple(line["box"]), "parts": tuple(Part(**p) for p in line["parts"])})
        for line in raw["lines"]
    )
    return Screen(**{**raw, "lines": lines, "fields": Fields(**raw["fields"]), "roles": frozenset(raw["roles"])})


def read(folder: Path) -> Iterator[PerceivedScreen]:
    """All screens of a folder, shard by shard. Raises FileNotFoundError where there is none."""
    shards = sorted(folder.glob("*.safetensors"))
    if not shards:
        raise FileNotFoundError(
            f"no perceived screens in {folder}; make some: python -m train.data.perceived --out {folder}"
        )
    for path in shards:
        tensors = load_file(path)
        for i, row in enumerate(path.with_suffix(".jsonl").read_text("utf-8").splitlines()):
            raw = json.loads(row)
            screen = _screen(raw["screen"])
            given: dict[str, Any] = {f.name: tensors.get(f"{i}.{f.name}") for f in fields(Pieces)}
            pieces = Pieces(
                **{k: v.float() if v is not None and v.dtype == torch.float16 else v for k, v in given.items()}
            )
            features = None
            if f"{i}.features" in tensors:
                seen = tensors[f"{i}.features"].float()
                there = torch.ones(seen.shape[:2], dtype=torch.bool)
                features = Features(seen, tensors[f"{i}.positions"], there, tuple(raw["grid"]) if raw["grid"] else None)
            count = int(pieces.mask.sum())  # no more than there are tensors of, or pointers would lead nowhere
            cut = cut_pieces([line.read for line in screen.lines], count) if count else []
            picture = folder / PICTURE.format(path.stem, i)
            yield PerceivedScreen(screen, cut, pieces, features, picture if picture.is_file() else None)


def main(argv: Sequence[str] | None = None) -> int:
    """Perceives rendered screens with the reader of a weights folder and a tower; 0, or 2 when weights are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1000, help=f"at least so many; shards of {SHARD} are filled")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", default="train", choices=("train", "held_out"))
    parser.add_argument(
        "--shards", type=Path, help="perceive these pictures (train.data pages, shard) instead of new ones"
    )
    parser.add_argument("--weights", type=Path, default=NANO_WEIGHTS, help="folder of reader and tokenizer")
    parser.add_argument("--preset", default="nano", help="whose sizes the pieces of lines are cut for")
    parser.add_argument("--tower", default="nano", help="a tower as vision.clip.load_tower takes it; none: without")
    parser.add_argument("--pictures", action="store_true", help="keep the pictures too: to train a tower on them")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    torch.set_num_threads(1)
    from vision.clip import load_tower
    from vision.reader.nano import NanoReader

    lines = architecture(options.preset).lines
    if lines is None:
        parser.error(f"the preset {options.preset} has no lines: its pictures are not read")
    try:
        encoder = PieceEncoder(load_tokenizer(options.weights), lines.max_pieces)
        tower = None if options.tower == "none" else load_tower(options.tower)
        perceiver = Perceiver(NanoReader.load(options.weights), encoder, tower)
    except ValueError as error:
        log.error("%s", error)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    told = {"tower": options.tower, "weights": str(options.weights)}
    (options.out / "config.json").write_text(json.dumps(told) + "\n", "utf-8")
    for number in range(-(-options.count // SHARD)):
        if (options.out / f"{number:04d}.safetensors").exists():
            continue
        made: list[PerceivedScreen] = []
        for image, screen in _pictures(options, number):
            perceived = perceiver(image)
            if perceived.tensors is None or not perceived.pieces:
                continue
            if options.pictures:
                Image.fromarray(image).save(options.out / PICTURE.format(f"{number:04d}", len(made)))
            made.append(PerceivedScreen(screen(perceived), perceived.pieces, perceived.tensors, perceived.features))
        if not made:
            break
        _write(options.out, number, made)
        log.info("shard %d: %d screens", number, len(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
