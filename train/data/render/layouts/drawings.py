"""Wallpapers, icons with their names, drawings and games."""

from __future__ import annotations

import math
from collections.abc import Sequence

from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import Fonts, elide, make_fonts
from train.data.render.layouts.themes import mix, on
from train.data.render.scene import Box, Color, Ellipse, Picture, Polyline
from train.data.world.content import PhotoContent, Text

_SYMBOLS = (
    "folder",
    "page",
    "trash",
    "drive",
    "image",
    "terminal",
    "gear",
    "mail",
    "star",
    "user",
    "bell",
    "cloud",
    "lock",
    "bug",
    "shield",
    "grid",
    "home",
    "search",
)


def wallpaper(ctx: Context, box: Box) -> Color:
    """Paint a picture, a gradient or one colour over a box; returns a colour of it."""
    rng, pen = ctx.rng, ctx.pen
    first: Color = (rng.randrange(10, 200), rng.randrange(10, 200), rng.randrange(10, 200))
    roll = rng.random()
    if roll < 0.35:
        pen.scene.add(Picture(*box, rng.getrandbits(31), occludes=True))
        return first
    second = mix(first, rng.choice(((255, 255, 255), (0, 0, 0))), rng.uniform(0.1, 0.7)) if roll < 0.8 else None
    pen.box(*box, first, fill2=second, vertical=rng.random() < 0.6, occludes=True)
    for _ in range(rng.choice((0, 0, 1, 3))):
        x, y, r = rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3]), rng.uniform(30, 300)
        pen.scene.add(Ellipse(x - r, y - r, x + r, y + r, mix(first, on(first), rng.uniform(0.03, 0.2))))
    return first


def shaded(ctx: Context, text: Text, x: float, top: float, at_most: float, fonts: Fonts, big: bool = False) -> float:
    """One centred row on a shade of its own, so that it can be read on any picture; returns the y below."""
    rng, pen = ctx.rng, ctx.pen
    at = fonts.heading if big else fonts.ui
    shown = elide(text.text, at, at_most)
    wide = at.width(shown)
    ground: Color = rng.choice(((20, 20, 24), (40, 40, 46), (245, 245, 245)))
    pen.box(x - wide / 2 - 8, top, x + wide / 2 + 8, top + at.pitch + 6, ground, radius=6, occludes=True)
    pen.text(shown, round(x - wide / 2), round(top + 3 + at.atlas.ascent), at, on(ground), text.role)
    return top + at.pitch + 10


def icon_grid(
    ctx: Context, fonts: Fonts, names: Sequence[Text], box: Box, ground: Color, down: bool = False, shade: bool = True
) -> None:
    """Symbols with their names below, in columns (`down`) or rows; those that do not fit are left out."""
    rng, pen = ctx.rng, ctx.pen
    side = rng.choice((24, 32, 36, 48))
    wide, high = max(side + 44, 92), side + fonts.small.pitch + 22
    columns, lines = int((box[2] - box[0] - 16) // wide), int((box[3] - box[1] - 16) // high)
    for i, name in enumerate(names[: max(columns, 0) * max(lines, 0)]):
        column, line = (i // lines, i % lines) if down else (i % columns, i // columns)
        x, y = box[0] + 8 + column * wide, box[1] + 10 + line * high
        tint: Color = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        if rng.random() < 0.4:
            pen.box(x + (wide - side) / 2, y, x + (wide + side) / 2, y + side, tint, radius=side // 5)
            pen.icon(rng.choice(_SYMBOLS), x + (wide - side) / 2 + side / 4, y + side / 4, side / 2, on(tint), tint)
        else:
            pen.icon(rng.choice(_SYMBOLS), x + (wide - side) / 2, y, side, tint)
        shown = elide(name.text, fonts.small, wide - 10)
        width, top = fonts.small.width(shown), y + side + 4
        below = ground
        if shade:
            below = mix(ground, (0, 0, 0), 0.55)
            middle = x + wide / 2
            pen.box(middle - width / 2 - 3, top, middle + width / 2 + 3, top + fonts.small.pitch + 2, below, radius=4)
        left = round(x + (wide - width) / 2)
        pen.text(shown, left, round(top + 1 + fonts.small.atlas.ascent), fonts.small, on(below), name.role)


def paint_drawing(ctx: Context, content: PhotoContent, box: Box) -> None:
    """Draw a game, a canvas, shapes or one colour, with words on plates of their own."""
    rng, pen, scene = ctx.rng, ctx.pen, ctx.pen.scene
    ground: Color = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
    if content.style in ("canvas", "plain") and rng.random() < 0.6:
        ground = rng.choice(((255, 255, 255), (0, 0, 0), (250, 248, 240), (30, 30, 34), (128, 128, 128)))
    pen.box(*box, ground, fill2=mix(ground, on(ground), 0.3) if rng.random() < 0.3 else None, occludes=True)
    wide, high = box[2] - box[0], box[3] - box[1]

    def colour() -> Color:
        return (rng.randrange(256), rng.randrange(256), rng.randrange(256))

    def point() -> tuple[float, float]:
        return (rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3]))

    if content.style == "game":
        side = rng.choice((16, 24, 32, 48))
        hues = [colour() for _ in range(rng.randint(2, 5))]
        for _ in range(rng.randint(10, 160)):
            x, y = point()
            x, y = box[0] + (x - box[0]) // side * side, box[1] + (y - box[1]) // side * side
            hue = rng.choice(hues)
            pen.box(x, y, x + side, y + side, hue, bevel=(mix(hue, (255, 255, 255), 0.4), mix(hue, (0, 0, 0), 0.4)))
        for _ in range(rng.randint(0, 8)):
            x, y = point()
            pen.icon(
                rng.choice(("star", "user", "bug", "circle", "shield", "triangle_right")), x, y, side, rng.choice(hues)
            )
    elif content.style == "shapes":
        for _ in range(rng.randint(1, 24)):
            x, y = point()
            r = rng.uniform(8, min(wide, high) / 3)
            kind = rng.randrange(4)
            if kind == 0:
                scene.add(Ellipse(x - r, y - r, x + r, y + r, colour(), rng.choice((0, 0, 3))))
            elif kind == 1:
                pen.box(x - r, y - r / 2, x + r, y + r / 2, colour(), border=colour(), radius=rng.choice((0, 8)))
            elif kind == 2:
                turn, sides = rng.random() * math.tau, rng.choice((3, 3, 5, 6))
                corners = [
                    (x + r * math.cos(turn + k * math.tau / sides), y + r * math.sin(turn + k * math.tau / sides))
                    for k in range(sides)
                ]
                scene.add(Polyline(tuple(corners), colour(), closed=True))
            else:
                scene.add(Polyline(tuple(point() for _ in range(rng.randint(2, 6))), colour(), rng.randint(1, 9)))
    elif content.style == "canvas":
        for _ in range(rng.randint(2, 16)):
            x, y = point()
            walk = [(x, y)]
            for _ in range(rng.randint(3, 30)):
                x, y = x + rng.gauss(0, 18), y + rng.gauss(0, 18)
                walk.append((x, y))
            scene.add(Polyline(tuple(walk), colour(), rng.choice((2, 3, 5, 9))))
    fonts = make_fonts(rng, ctx.pool, ctx.mode, rng.choice((14, 16, 20)), "", rng.choice(("sans", "mono")))
    for i, text in enumerate(content.texts):
        x = box[0] + wide * rng.uniform(0.2, 0.8)
        y = box[1] + (high - 40) * (i + rng.uniform(0.1, 0.5)) / len(content.texts)
        shaded(ctx, text, x, y, wide * 0.35, fonts, rng.random() < 0.4)
