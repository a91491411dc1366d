"""Layouts: from content, or from nothing but chance, to scenes."""

from __future__ import annotations

import random

from train.data.render.layouts.faces import FacePool, pool_of
from train.data.render.layouts.random_text import random_text_screen
from train.data.render.scene import Scene

__all__ = ["FacePool", "pool_of", "random_text_screen", "sample_scene"]


def sample_scene(rng: random.Random, pool: FacePool, size: tuple[int, int]) -> Scene:
    """A random scene of `size` (width, height) in the fonts of a pool and the themes of its split."""
    return random_text_screen(rng, pool, *size)
