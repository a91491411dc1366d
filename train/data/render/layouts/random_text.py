"""Screens of random text in random panels: what the text map and the recogniser see most.

Nothing here means anything; everything that makes reading hard is here: dense terminals, columns, buttons, borders that
touch, icons beside text, low contrast, gradients, selections, underlines, all faces from 9 to 48 pixels.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from train.data.render.atlas import Mode
from train.data.render.layouts import clutter, fillers
from train.data.render.layouts.faces import FacePool, Font, ui_size
from train.data.render.layouts.pen import Pen
from train.data.render.layouts.themes import mix, on, syntax_theme, terminal_theme, ui_theme
from train.data.render.scene import Box, Color, Picture, Pointer, Rect, Scene


@dataclass(frozen=True, slots=True)
class Patch:
    """A panel to be filled: its box, colours, font and the split its themes come from."""

    x0: int
    y0: int
    x1: int
    y1: int
    ground: Color
    ink: Color
    accent: Color
    at: Font
    bold: Font
    big: Font
    mono: bool
    split: str

    @property
    def box(self) -> Box:
        """As a plain box."""
        return (self.x0, self.y0, self.x1, self.y1)

    @property
    def pitch(self) -> int:
        """Distance of baselines."""
        return self.at.pitch


def random_text_screen(rng: random.Random, faces: FacePool, width: int, height: int) -> Scene:
    """A screen of `width` by `height` filled with panels of random text."""
    mode, split = faces.mode(rng), faces.split
    ground, ink, accent, name = _colors(rng, split)
    scene = Scene(width, height, ground, theme=name)
    pen = Pen(scene, rng)
    dense = rng.random() < 0.1
    whole = dense or rng.random() < 0.25
    pieces = [(0, 0, width, height)] if whole else _cut(rng, 0, 0, width, height)
    for x0, y0, x1, y1 in pieces:
        if rng.random() < 0.55:
            panel_ground, panel_ink, panel_accent, _ = _colors(rng, split)
        else:
            panel_ground, panel_ink, panel_accent = ground, ink, accent
        patch = _patch(rng, faces, mode, (x0, y0, x1, y1), panel_ground, panel_ink, panel_accent, dense)
        _panel(rng, pen, patch)
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        _floating(rng, pen, faces, mode)
    if rng.random() < 0.3:
        kind = rng.choice(("arrow", "arrow", "beam", "hand"))
        scene.add(
            Pointer(rng.randrange(width), rng.randrange(height), kind, rng.choice((0.8, 1.0, 1.3)), rng.random() < 0.3)
        )
    return scene


def _cut(rng: random.Random, x0: int, y0: int, x1: int, y1: int, depth: int = 0) -> list[tuple[int, int, int, int]]:
    width, height = x1 - x0, y1 - y0
    if depth >= 4 or (width < 260 and height < 140) or (depth > 0 and rng.random() < 0.22):
        return [(x0, y0, x1, y1)]
    if (width > height * rng.uniform(0.8, 2.4) and width > 260) or height < 110:
        at = x0 + round(width * rng.choice((0.2, 0.25, 0.33, 0.5, 0.6, 0.7, 0.75)))
        return _cut(rng, x0, y0, at, y1, depth + 1) + _cut(rng, at, y0, x1, y1, depth + 1)
    at = y0 + round(height * rng.choice((0.1, 0.15, 0.3, 0.5, 0.6, 0.7, 0.85)))
    return _cut(rng, x0, y0, x1, at, depth + 1) + _cut(rng, x0, at, x1, y1, depth + 1)


def _colors(rng: random.Random, split: str) -> tuple[Color, Color, Color, str]:
    """Ground, ink, accent and the theme's name."""
    roll = rng.random()
    if roll < 0.4:
        theme = ui_theme(rng, split)
        return rng.choice((theme.window, theme.surface)), theme.text, theme.accent, theme.name
    if roll < 0.62:
        terminal = terminal_theme(rng, split)
        return terminal.ground, terminal.ink, rng.choice(terminal.colors[9:15]), terminal.name
    if roll < 0.75:
        syntax = syntax_theme(rng, split)
        return syntax.ground, syntax.ink, syntax.keyword, syntax.name
    ground: Color = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
    if roll < 0.85:
        grey = rng.choice((255, 255, 250, 240, 225, 60, 40, 30, 18, 0))
        ground = (grey, grey, grey)
    ink = mix(on(ground), ground, rng.choice((0.0, 0.0, 0.1, 0.25, 0.45, 0.6)))
    tint: Color = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
    return ground, ink, mix(tint, on(ground), 0.35), "random"


def _patch(
    rng: random.Random, faces: FacePool, mode: Mode, box: tuple[int, int, int, int], ground: Color, ink: Color,
    accent: Color, mono: bool = False,
) -> Patch:  # fmt: skip
    if rng.random() < 0.2:  # programs that draw text in their own way
        mode = faces.mode(rng)
    kind = "mono" if mono else rng.choices(("sans", "serif", "mono", "any"), (45, 8, 30, 17))[0]
    family = faces.any(rng) if kind == "any" else faces.family(rng, kind)
    size = ui_size(rng) if rng.random() < 0.85 else rng.randint(9, 28)
    at = faces.font(family.regular, size, mode)
    bold = faces.font(family.bold, size, mode)
    big = faces.font(family.bold, at.size * rng.choice((1.2, 1.5, 2, 2.6)), mode)
    return Patch(*box, ground, ink, accent, at, bold, big, kind == "mono", faces.split)


def _panel(rng: random.Random, pen: Pen, patch: Patch, occludes: bool = False) -> None:
    width, height = patch.x1 - patch.x0, patch.y1 - patch.y0
    border = mix(patch.ground, patch.ink, rng.choice((0.1, 0.2, 0.4, 1.0))) if rng.random() < 0.5 else None
    fill2 = mix(patch.ground, patch.accent, rng.uniform(0.05, 0.3)) if rng.random() < 0.1 else None
    shadow = rng.randint(4, 14) if occludes and rng.random() < 0.7 else 0
    radius = rng.choice((0, 0, 4, 8)) if occludes else 0
    rect = Rect(*patch.box, patch.ground, border, 1, radius, fill2, rng.random() < 0.7, shadow, occludes=occludes)
    pen.scene.add(rect)
    if rng.random() < 0.03 and width > 60 and height > 60:
        pen.scene.add(Picture(*patch.box, rng.getrandbits(31)))
        return
    pen.clip = (patch.x0 + 1, patch.y0 + 1, patch.x1 - 1, patch.y1 - 1)
    if height < 2.2 * patch.pitch or (height < 60 and width > 3 * height):
        fillers.bar(rng, pen, patch)
    else:
        names = clutter.FILLERS
        weights = clutter.MONO_WEIGHTS if patch.mono else clutter.WEIGHTS
        rng.choices(names, weights)[0](rng, pen, patch)
    pen.clip = None


def _floating(rng: random.Random, pen: Pen, faces: FacePool, mode: Mode) -> None:
    """A menu, a dialog or a toast over what is there."""
    scene = pen.scene
    width = min(rng.randint(140, 460), scene.width - 10)
    height = min(rng.randint(40, 300), scene.height - 10)
    x0, y0 = rng.randint(-20, max(scene.width - width, 1)), rng.randint(-10, max(scene.height - height, 1))
    ground, ink, accent, _ = _colors(rng, faces.split)
    patch = _patch(rng, faces, mode, (x0, y0, x0 + width, y0 + height), ground, ink, accent)
    _panel(rng, pen, patch, occludes=True)
