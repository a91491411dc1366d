"""Layouts: from content, or from nothing but chance, to scenes."""

from __future__ import annotations

import random

from train.data.render.layouts.faces import Faces, faces_of
from train.data.render.layouts.random_text import random_text_screen
from train.data.render.scene import Scene

__all__ = ["Faces", "faces_of", "random_text_screen", "sample_scene"]


def sample_scene(rng: random.Random, split: str, size: tuple[int, int]) -> Scene:
    """A random scene of `size` (width, height) in the faces and themes of a split."""
    return random_text_screen(rng, faces_of(split), split, *size)
