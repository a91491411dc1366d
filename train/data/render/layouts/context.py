"""What every layout needs: the pen, chance, the fonts of the block, and the choice of a theme for a window."""

from __future__ import annotations

import random
from dataclasses import dataclass

from train.data.render.atlas import Mode
from train.data.render.layouts.faces import FacePool
from train.data.render.layouts.pen import Fonts, Pen, make_fonts
from train.data.render.layouts.themes import Theme, ui_theme
from train.data.render.scene import Box

LOOKS = {
    "windows": ("win11", "win11", "win10", "win10", "win7", "win95"),
    "macos": ("macos",),
    "gtk": ("gtk",),
    "qt": ("qt", "qt", "tk"),
    "java": ("tk", "motif", "win10", "gtk"),
    "electron": ("web", "win11", "macos", "gtk"),
    "mobile": ("web",),
    "web": ("web",),
}


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of one scene."""

    pen: Pen
    rng: random.Random
    pool: FacePool
    mode: Mode

    def theme(self, style: str, tone: str = "any") -> Theme:
        """A theme for a window of a content style; `tone` is any, light or dark."""
        looks = LOOKS.get(style, ("gtk", "qt", "win11"))
        dark = {"light": False, "dark": True}.get(tone, None if self.rng.random() < 0.3 else self.rng.random() < 0.35)
        return ui_theme(self.rng, self.pool.split, (self.rng.choice(looks),), dark)

    def fonts(self, theme: Theme, size: int = 0, kind: str = "sans") -> Fonts:
        """Fonts that go with a theme; `size` 0 draws a usual one."""
        wanted = size or self.rng.choices((11, 12, 13, 14, 15, 16), (10, 20, 28, 22, 12, 8))[0]
        return make_fonts(self.rng, self.pool, self.mode, wanted, theme.look, kind)

    def clipped(self, box: Box) -> Box | None:
        """Set the pen's clip to a box; returns the former one, to be set again."""
        before = self.pen.clip
        if before is not None:
            box = (max(box[0], before[0]), max(box[1], before[1]), min(box[2], before[2]), min(box[3], before[3]))
        self.pen.clip = box
        return before
