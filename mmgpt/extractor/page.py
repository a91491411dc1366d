"""What the extractor is given: lines of text with boxes, confidence and style, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from vision.reader.types import Line

MAX_LINES = 160
STYLE_WIDTH = 8  # foreground R G B, background R G B (each 0..1), ink density 0..1, contrast 0..1
_SAMPLE_COLUMNS = 220


@dataclass(frozen=True)
class Page:
    """Lines in reading order: `texts`, `boxes` float32 [N, 4] (pixels), `confidences` float32 [N], `styles` float32 [N, 8].

    `source` [N] holds each line's index in the list that was given. `ground` is the page's commonest colour, 0..1.
    """

    texts: tuple[str, ...]
    boxes: np.ndarray
    confidences: np.ndarray
    styles: np.ndarray
    source: np.ndarray
    size: tuple[int, int]
    ground: tuple[float, float, float]


def row_order(boxes: np.ndarray) -> np.ndarray:
    """Indices of boxes float [N, 4] row by row, from left to right. Boxes are in one row when their middles are close."""
    if len(boxes) == 0:
        return np.zeros(0, dtype=np.int64)
    middle = (boxes[:, 1] + boxes[:, 3]) / 2
    heights = boxes[:, 3] - boxes[:, 1]
    by_middle = np.argsort(middle, kind="stable")
    row = np.zeros(len(boxes), dtype=np.int64)
    current, anchor = 0, middle[by_middle[0]]
    for index in by_middle[1:]:
        if middle[index] - anchor > 0.5 * max(heights[index], 4):
            current += 1
            anchor = middle[index]
        row[index] = current
    return np.lexsort((boxes[:, 0], row))


def make_page(lines: list[Line], image: np.ndarray) -> Page:
    """A page from a reader's lines and their picture (RGB uint8 [H, W, 3]). Lines without text are left out.

    More than MAX_LINES lines: the least confident ones go.
    """
    kept = [index for index, line in enumerate(lines) if line.text.strip()]
    if len(kept) > MAX_LINES:
        sure = sorted(kept, key=lambda index: -lines[index].confidence * min(len(lines[index].text), 8))
        kept = sorted(sure[:MAX_LINES])
    boxes = np.array([lines[index].box for index in kept], dtype=np.float32).reshape(-1, 4)
    order = row_order(boxes)
    chosen = [kept[index] for index in order]
    styles = [measure_style(image, lines[index].box) for index in chosen]
    return Page(
        texts=tuple(lines[index].text.strip() for index in chosen),
        boxes=boxes[order],
        confidences=np.array([lines[index].confidence for index in chosen], dtype=np.float32),
        styles=np.array(styles, dtype=np.float32).reshape(-1, STYLE_WIDTH),
        source=np.array(chosen, dtype=np.int64),
        size=(int(image.shape[1]), int(image.shape[0])),
        ground=common_colour(image),
    )


def common_colour(image: np.ndarray) -> tuple[float, float, float]:
    """The commonest colour (0..1 each) of a picture, looked at on a coarse grid."""
    step = max(1, int(np.sqrt(image.shape[0] * image.shape[1] / 20_000)))
    pixels = image[::step, ::step].reshape(-1, 3)
    colour = _ground(pixels)
    return float(colour[0]) / 255, float(colour[1]) / 255, float(colour[2]) / 255


def _ground(pixels: np.ndarray) -> np.ndarray:
    """The mean of the commonest colour cell (16 steps a channel) of uint8 pixels [n, 3]."""
    cells = pixels.astype(np.int32) >> 4
    keys = (cells[:, 0] << 8) | (cells[:, 1] << 4) | cells[:, 2]
    commonest = np.bincount(keys, minlength=4096).argmax()
    return np.asarray(pixels[keys == commonest].mean(axis=0))


def measure_style(image: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Colours, ink density and contrast of the line in `box`: float32 [8], see STYLE_WIDTH."""
    height, width = image.shape[:2]
    x0, y0 = max(0, min(box[0], width - 1)), max(0, min(box[1], height - 1))
    x1, y1 = max(x0 + 1, min(box[2], width)), max(y0 + 1, min(box[3], height))
    crop = image[max(0, y0 - 1) : y1 + 1, x0 : min(x1, x0 + _SAMPLE_COLUMNS)].reshape(-1, 3)
    ground = _ground(crop)
    distance = np.abs(crop.astype(np.float32) - ground).max(axis=1)
    peak = float(distance.max())
    if peak < 8:
        return np.concatenate([ground / 255, ground / 255, [0.0, 0.0]]).astype(np.float32)
    ink = crop[distance > 0.75 * peak].mean(axis=0)
    density = float((distance > 0.5 * peak).mean())
    return np.concatenate([ink / 255, ground / 255, [density, peak / 255]]).astype(np.float32)
