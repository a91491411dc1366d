"""The renderer on the fly: screens of the world that nobody has seen, without end."""

from __future__ import annotations

from functools import partial

from train.data.sources.base import Source
from train.data.sources.record import Picture, Record


class RenderedScreens(Source):
    """Screen `index` of a seed and split, drawn when its turn comes. Raises RuntimeError where fonts are missing."""

    def __init__(self, name: str, split: str = "train") -> None:
        super().__init__(name, None)
        self.split = split

    def at(self, index: int, seed: int) -> Record:
        """The screen and what is true of it."""
        from train.data.perceived import draw, screen_of

        content, rendered = draw(index, seed, self.split)
        picture = Picture(f"screen {index}", pixels=rendered.image)
        return Record(f"screen {index}", picture=picture, screen=partial(screen_of, content, rendered))
