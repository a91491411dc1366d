"""Layouts: from content, or from nothing but chance, to scenes."""

from __future__ import annotations

import random

from train.data.render.layouts.desktop import layout
from train.data.render.layouts.faces import FacePool, pool_of
from train.data.render.layouts.random_text import random_text_screen
from train.data.render.scene import Scene

__all__ = ["FacePool", "layout", "pool_of", "random_text_screen", "sample_scene"]

RANDOM_SHARE = 0.55  # of screens hold text that means nothing; the others are programs
_FULL = 900  # pixels; narrower pictures are cut out of a wider screen


def sample_scene(rng: random.Random, pool: FacePool, size: tuple[int, int]) -> Scene:
    """A random scene of `size` (width, height) in the fonts of a pool and the themes of its split.

    Small pictures of programs are mostly cut out of a whole screen, as the text map's training crops are.
    """
    from train.data.world.sample import sample_content

    if rng.random() < RANDOM_SHARE:
        return random_text_screen(rng, pool, *size)
    content = sample_content(rng, pool.split)
    around = [sample_content(rng, pool.split) for _ in range(rng.choice((0, 0, 0, 0, 1, 2)))]
    width, height = size
    if width >= _FULL or rng.random() < 0.25:
        return layout(content, rng, pool, size, around)
    wide, high = max(rng.choice((900, 1100, 1280)), width), max(rng.choice((560, 700, 800)), height)
    scene = layout(content, rng, pool, (wide, high), around)
    return scene.shifted(
        rng.randint(0, wide - width), rng.randint(0, high - height) * rng.choice((0, 1, 1)), width, height
    )
