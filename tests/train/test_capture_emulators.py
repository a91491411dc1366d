"""Measuring a terminal's grid by its two marks."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pyte")
pytest.importorskip("Xlib")

from train.data.capture.core import CaptureError
from train.data.capture.emulators import MARK, marks, measured, preamble
from train.data.capture.terminal import Look, emulate

LOOK = Look("nord", columns=40, rows=10)


def painted(left: int, top: int, width: int, height: int, extra: int = 0) -> np.ndarray:
    """A black picture with the first and the last cell of the grid painted, the last one `extra` pixels off."""
    image = np.zeros((400, 700, 3), dtype=np.uint8)
    image[top : top + height, left : left + width] = MARK
    right, bottom = left + LOOK.columns * width + extra, top + LOOK.rows * height
    image[bottom - height : bottom, right - width : right] = MARK
    return image


@pytest.mark.parametrize(("left", "top", "width", "height"), [(0, 0, 7, 15), (31, 22, 9, 19), (4, 4, 12, 24)])
def test_the_grid_is_measured(left: int, top: int, width: int, height: int) -> None:
    assert measured(painted(left, top, width, height), LOOK) == (left, top, width, height)


def test_one_mark_is_no_grid() -> None:
    image = np.zeros((400, 700, 3), dtype=np.uint8)
    image[5:20, 5:12] = MARK
    assert measured(image, LOOK) is None


def test_a_grid_of_another_size_is_refused() -> None:
    with pytest.raises(CaptureError, match="40x10 cells"):
        measured(painted(0, 0, 8, 16, extra=3), LOOK)


def test_marks_stand_in_the_corners() -> None:
    cells = emulate(preamble(LOOK) + marks(LOOK), LOOK.columns, LOOK.rows)
    marked = [
        (row, column) for row, line in enumerate(cells) for column, cell in enumerate(line) if cell[1][1] == "ff00ff"
    ]
    assert marked == [(0, 0), (LOOK.rows - 1, LOOK.columns - 1)]
