"""Two things that must fail: a reader with random weights, and an extractor that is shown an empty page.

They guard the evaluation itself: a measure on which either does well measures nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vision.reader.types import Line, TextReader

CONTROLS = ("random-weights", "empty-page")


class EmptyPage:
    """A reader that finds no lines on any picture."""

    name = "empty-page"

    def read(self, image: np.ndarray) -> list[Line]:
        """Nothing, whatever the picture."""
        return []


def make_control(name: str, weights: Path | None = None, seed: int = 0) -> TextReader:
    """A control by name (one of CONTROLS, else ValueError).

    `random-weights` is our reader with the architecture of `weights` (a folder; None: the package's own) and fresh
    weights drawn with `seed`. It keeps every reading, however unsure, so that reading fails and not a threshold.
    """
    if name == "empty-page":
        return EmptyPage()
    if name == "random-weights":
        from vision.reader.nano import NanoReader

        reader = NanoReader.random(seed, weights)
        reader.min_confidence = 0.0
        return reader
    raise ValueError(f"there is no control {name!r}; choose one of {', '.join(CONTROLS)}")
