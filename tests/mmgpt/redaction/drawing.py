"""Lines and pictures for the tests."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vision.reader.types import Character, Line

CELL, PITCH, TALL = 8, 18, 13


def line_at(text: str, x: int = 4, y: int = 4, cell: int = CELL) -> Line:
    """A line of a fixed-pitch face, as a reader would hand it over."""
    characters = tuple(Character(c, x + at * cell, x + (at + 1) * cell, 0.99) for at, c in enumerate(text))
    return Line(text, (x, y, x + max(len(text), 1) * cell, y + TALL), 0.99, characters)


def lines_of(*texts: str) -> list[Line]:
    """Lines below each other."""
    return [line_at(text, y=4 + at * PITCH) for at, text in enumerate(texts)]


def drawn(*texts: str, size: int = 15, width: int = 760) -> np.ndarray:
    """A picture of dark text on white, RGB uint8 [H, W, 3]."""
    image = Image.new("RGB", (width, 20 + len(texts) * (size + 12)), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size)
    for at, text in enumerate(texts):
        draw.text((12, 12 + at * (size + 12)), text, (20, 20, 20), font)
    return np.asarray(image).copy()
