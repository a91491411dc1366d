"""Write held-out pictures with their exact text: faces, themes, programs and error families that training never shows.

``python -m train.data.render.heldout --out runs/heldout --n 200`` writes ``<id>.png`` and ``<id>.json`` in the format of real
captures, with two further keys a line (``face``, ``size``) and ``ignore``, regions where nothing is asked for. Every
fourth picture is random text; the others are programs, and hold the message their fields name in full.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.progress import track

from train.data.render import degrade
from train.data.render.ink import ROOM
from train.data.render.layouts import layout, pool_of, random_text_screen
from train.data.render.screen import BLOCK, Rendered, RenderedLine, render
from train.data.world.content import Content
from train.data.world.sample import sample_content

log = logging.getLogger(__name__)

RANDOM_EVERY = 4  # of four pictures one is random text
_TRIES = 20


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One held-out picture: its number, what is drawn, and the content it shows (None for random text)."""

    seed: int
    rendered: Rendered
    content: Content | None
    theme: str


def message_is_whole(rendered: Rendered, message: str | None) -> bool:
    """Whether every character of the message can be read in the picture, in order, wrapped or not."""
    if message is None:
        return True
    every = "".join("".join(line.text.split()) for line in rendered.lines)
    return "".join(message.split()) in every


def make(seed: int, split: str = "held_out", clean: bool = False) -> HeldOut:
    """The held-out picture of a seed, a function of its arguments and the installed fonts.

    `clean` leaves out scaling, JPEG, blur and noise. Raises RuntimeError when no try shows its message in full.
    """
    ROOM.trim()
    rng = random.Random(f"held out/{split}/{seed}")
    pool = pool_of(split, seed // BLOCK * 7919 + seed % 16)  # many small pools: few pictures should see many faces
    for _ in range(_TRIES):
        if seed % RANDOM_EVERY == RANDOM_EVERY - 1:
            plan = degrade.plan(rng, rng.choice(((640, 400), (800, 600), (1280, 800))), clean)
            scene = random_text_screen(rng, pool, *plan.canvas)
            return HeldOut(seed, degrade.apply(render(scene, plan.gamma), plan), None, scene.theme)
        content = sample_content(rng, split)
        around = [sample_content(rng, split) for _ in range(rng.choice((0, 0, 0, 0, 1)))]
        scene = layout(content, rng, pool, None, around)
        rendered = render(scene)
        if not message_is_whole(rendered, content.fields.message):
            continue
        plan = degrade.plan(rng, (scene.width, scene.height), clean)
        plan = degrade.rescaled(plan, (scene.width, scene.height))
        if plan.gamma != 1.0:
            rendered = render(scene, plan.gamma)
        return HeldOut(seed, degrade.apply(rendered, plan), content, scene.theme)
    raise RuntimeError(f"seed {seed}: no layout of {_TRIES} shows its message in full; leave the seed out")


def record(picture: HeldOut) -> dict[str, Any]:
    """The JSON object that stands beside a picture."""
    height, width = picture.rendered.image.shape[:2]
    name = f"held-{picture.seed:06d}"
    content = picture.content
    found: dict[str, Any] = {
        "id": name,
        "image": f"{name}.png",
        "width": width,
        "height": height,
        "source": "rendered",
        "program": (content.fields.app if content else None) or "random text",
        "theme": picture.theme,
        "family": type(content).__name__ if content else "random text",
        "lines": [_line(line, width, height) for line in in_order(picture.rendered.lines)],
        "ignore": [_whole(box, width, height) for box in picture.rendered.ignore],
    }
    if content is not None:
        found["fields"] = asdict(content.fields)
    return found


def in_order(lines: Sequence[RenderedLine]) -> Iterator[RenderedLine]:
    """Lines from top to bottom, those of one row from left to right."""
    yield from sorted(lines, key=lambda line: (round(line.metrics_box[3] / 6), line.box[0]))


def _line(line: RenderedLine, width: int, height: int) -> dict[str, Any]:
    return {
        "text": line.text,
        "box": _whole(line.box, width, height),
        "role": line.role,
        "face": line.face_id,
        "size": round(line.size, 1),
    }


def _whole(box: tuple[float, float, float, float], width: int, height: int) -> list[int]:
    x0, y0, x1, y1 = box
    # A hair of rounding error must not add a pixel.
    outer = (math.floor(x0 + 1e-3), math.floor(y0 + 1e-3), math.ceil(x1 - 1e-3), math.ceil(y1 - 1e-3))
    return [max(outer[0], 0), max(outer[1], 0), min(outer[2], width), min(outer[3], height)]


def save(picture: HeldOut, folder: Path) -> Path:
    """Write picture and JSON; returns the path of the JSON. Raises OSError when the folder cannot be written to."""
    found = record(picture)
    rgb = np.ascontiguousarray(picture.rendered.image[..., ::-1])
    if not cv2.imwrite(str(folder / found["image"]), rgb):
        raise OSError(f"could not write {folder / found['image']}; is there room, and may the folder be written to?")
    path = folder / f"{found['id']}.json"
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; exit code 0 when every picture was written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--n", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--split", choices=("held_out", "train"), default="held_out")
    parser.add_argument("--clean", action="store_true", help="no scaling, JPEG, blur or noise")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    cv2.setNumThreads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    written = 0
    for seed in track(range(options.first, options.first + options.n), "rendering", console=_stderr()):
        try:
            save(make(seed, options.split, options.clean), options.out)
            written += 1
        except RuntimeError as error:
            log.warning("%s", error)
    print(f"{written} pictures in {options.out}")
    return 0 if written == options.n else 1


def _stderr() -> Any:
    from rich.console import Console

    return Console(stderr=True)


if __name__ == "__main__":
    sys.exit(main())
