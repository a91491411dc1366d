"""A contact sheet of rendered screens with their labels drawn in, to look at what the networks are shown.

``python -m train.data.render.sheet --out sheet.png`` (or ``.html``, which keeps the pictures at full size and shows a line's
text when the pointer rests on it) ``[--n 12] [--first 0] [--split train] [--size 640x400]``.
"""

from __future__ import annotations

import argparse
import base64
import html
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from train.data.render.screen import Rendered, sample_screen

LINE, METRICS, CUT = (220, 30, 30), (60, 110, 230), (20, 170, 60)


def drawn(rendered: Rendered) -> np.ndarray:
    """A copy of the picture with boxes: ink red, ascender to descender blue, ignored regions green."""
    image = rendered.image.copy()
    for line in rendered.lines:
        x0, y0, x1, y1 = (round(v) for v in line.metrics_box)
        cv2.rectangle(image, (x0 - 2, y0), (x1 + 1, y1 - 1), METRICS, 1)
        x0, y0, x1, y1 = (round(v) for v in line.box)
        cv2.rectangle(image, (x0 - 1, y0 - 1), (x1, y1), LINE, 1)
    for box in rendered.ignore:
        x0, y0, x1, y1 = (round(v) for v in box)
        cv2.rectangle(image, (x0, y0), (x1 - 1, y1 - 1), CUT, 2)
    return image


def sheet(pictures: Sequence[np.ndarray], columns: int = 3, width: int = 640) -> np.ndarray:
    """The pictures scaled to one width, in rows: RGB uint8. Raises ValueError without pictures."""
    if not pictures:
        raise ValueError("a sheet needs at least one picture; ask for --n 1 or more")
    scaled = []
    for picture in pictures:
        factor = min(width / picture.shape[1], 1.0)
        size = (max(round(picture.shape[1] * factor), 1), max(round(picture.shape[0] * factor), 1))
        scaled.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    height = max(picture.shape[0] for picture in scaled)
    rows = -(-len(scaled) // columns)
    page = np.full((rows * (height + 8), min(columns, len(scaled)) * (width + 8), 3), 128, np.uint8)
    for i, picture in enumerate(scaled):
        y, x = i // columns * (height + 8) + 4, i % columns * (width + 8) + 4
        page[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
    return page


def as_html(screens: Sequence[Rendered], names: Sequence[str]) -> str:
    """A page with the pictures at full size; each label is a region whose tool tip is its text, role and face."""
    parts = [
        "<!doctype html><meta charset=utf-8><title>Rendered screens</title><style>body{font:14px sans-serif;"
        "background:#888}div{position:relative;display:inline-block;margin:6px}i{position:absolute;border:1px solid "
        "#d22}i.cut{border:2px solid #2a4}</style>"
    ]
    for rendered, name in zip(screens, names, strict=True):
        done, data = cv2.imencode(".png", np.ascontiguousarray(rendered.image[..., ::-1]))
        if not done:
            raise RuntimeError("OpenCV could not encode a PNG")
        parts.append(f"<p>{html.escape(name)}<br><div><img src='data:image/png;base64,")
        parts.append(base64.b64encode(data.tobytes()).decode("ascii") + "'>")
        for line in rendered.lines:
            tip = html.escape(f"{line.text} · {line.role} · {line.face_id} {line.size:.0f} px", quote=True)
            parts.append(f'<i style="{_place(line.box)}" title="{tip}"></i>')
        parts.extend(f'<i class=cut style="{_place(box)}"></i>' for box in rendered.ignore)
        parts.append("</div>")
    return "".join(parts)


def _place(box: tuple[float, float, float, float]) -> str:
    x0, y0, x1, y1 = box
    return f"left:{x0:.1f}px;top:{y0:.1f}px;width:{x1 - x0:.1f}px;height:{y1 - y0:.1f}px"


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; writes one PNG or HTML file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--out", type=Path, required=True, help="sheet.png or sheet.html")
    parser.add_argument("--n", type=int, default=12)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--split", choices=("train", "held_out"), default="train")
    parser.add_argument("--size", default="", help="WIDTHxHEIGHT; without it sizes of common screens")
    parser.add_argument("--plain", action="store_true", help="no boxes (PNG)")
    options = parser.parse_args(arguments)
    if options.out.suffix not in {".png", ".html"}:
        parser.error(f"--out must end in .png or .html, not {options.out.suffix or 'nothing'}")
    try:
        width, height = (int(part) for part in options.size.split("x")) if options.size else (0, 0)
    except ValueError:
        parser.error(f"--size must be WIDTHxHEIGHT such as 640x400, not {options.size}")
    size = (width, height) if width and height else None
    seeds = range(options.first, options.first + options.n)
    screens = [sample_screen(seed, options.split, size) for seed in seeds]
    if options.out.suffix == ".html":
        options.out.write_text(as_html(screens, [f"{options.split} {seed}" for seed in seeds]), "utf-8")
    else:
        page = sheet([s.image if options.plain else drawn(s) for s in screens])
        cv2.imwrite(str(options.out), np.ascontiguousarray(page[..., ::-1]))
    print(f"{len(screens)} screens, {sum(len(s.lines) for s in screens)} lines in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
