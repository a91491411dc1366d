"""Draw what was read onto the picture, to see at a glance what was found and what was doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

    from vision.reader.types import Line

FORMATS = (".png", ".jpg", ".jpeg", ".webp")
SURE, UNSURE = 0.9, 0.6
GREEN, AMBER, RED = (22, 163, 74), (217, 119, 6), (220, 38, 38)


def draw_boxes(pixels: np.ndarray, lines: Sequence[Line]) -> Image.Image:
    """The picture (RGB uint8 [H, W, 3]) with a frame around each line, one pixel outside its box.

    Green frames were read with a confidence of 0.9 and more, amber ones of 0.6 and more, red ones of less. The lines'
    places in reading order stand beside them, where there is room.
    """
    from PIL import Image, ImageDraw

    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    for number, line in enumerate(lines, 1):
        x0, y0, x1, y1 = line.box
        color = GREEN if line.confidence >= SURE else AMBER if line.confidence >= UNSURE else RED
        draw.rectangle((x0 - 1, y0 - 1, max(x1, x0), max(y1, y0)), outline=color)
        label = str(number)
        wide = int(draw.textlength(label)) + 4
        # beside the line, on the side where there is room: a number must not hide what was read
        left = x0 - 2 - wide if x0 - 2 >= wide else x1 + 1
        if left + wide <= picture.width:
            draw.rectangle((left, y0 - 1, left + wide - 1, y0 + 10), fill=color)
            draw.text((left + 2, y0 - 1), label, fill=(255, 255, 255))
    return picture


def save_boxes(pixels: np.ndarray, lines: Sequence[Line], target: Path) -> None:
    """Write the picture of `draw_boxes` to `target`; its ending chooses the format. Raises OSError."""
    draw_boxes(pixels, lines).save(target)
