"""Fillers that make finding text hard: labels strewn about, rows as tight as can be, letters in logos."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from train.data import text as words
from train.data.render.layouts import fillers
from train.data.render.layouts.fillers import ink_of, short
from train.data.render.layouts.pen import Pen, elide, fitting, wrap
from train.data.render.layouts.themes import mix, on
from train.data.render.scene import Color, Ellipse, Ignore, Picture, Polyline

if TYPE_CHECKING:
    from train.data.render.layouts.random_text import Patch


def scattered(rng: random.Random, pen: Pen, p: Patch) -> None:
    """Labels at random places, as in diagrams, charts and icons on a desktop; some on pictures."""
    picture = rng.random() < 0.15
    if picture:
        pen.scene.add(Picture(*p.box, rng.getrandbits(31)))
    for _ in range(rng.randint(0, 3)):
        points = tuple((rng.uniform(p.x0, p.x1), rng.uniform(p.y0, p.y1)) for _ in range(rng.randint(2, 5)))
        pen.scene.add(Polyline(points, mix(p.ink, p.ground, 0.5), rng.choice((1, 1, 2)), dash=rng.choice((0, 0, 4))))
    taken: list[tuple[float, float, float, float]] = []
    for _ in range(rng.randint(4, 40)):
        text = short(rng) if rng.random() < 0.6 else words.number(rng)
        wide = p.at.width(text)
        if wide > p.x1 - p.x0 - 8 or p.y1 - p.y0 < 2 * p.pitch:
            continue
        x, y = rng.uniform(p.x0 + 2, p.x1 - wide - 2), rng.uniform(p.y0 + 2, p.y1 - p.pitch - 2)
        edge = (x - 8, y - 4, x + wide + 8, y + p.pitch + 4)
        if any(edge[0] < t[2] and edge[2] > t[0] and edge[1] < t[3] and edge[3] > t[1] for t in taken):
            continue
        taken.append(edge)
        roll = rng.random()
        ink = ink_of(rng, p)
        if roll < 0.35 or picture:
            fill = rng.choice((p.ground, p.accent))
            pen.box(
                x - 4,
                y - 1,
                x + wide + 4,
                y + p.pitch + 1,
                fill,
                border=p.ink if roll < 0.15 else None,
                radius=rng.choice((0, 4)),
            )
            ink = on(fill)
        pen.text(text, round(x), round(y + p.at.atlas.ascent), p.at, ink, "label")


def tight(rng: random.Random, pen: Pen, p: Patch) -> None:
    """Rows as close as they can be, in several columns, with borders that touch the text."""
    at = p.at
    pitch = round(at.atlas.d_top + at.atlas.p_bottom) + rng.choice((1, 1, 2, 3))
    columns = rng.randint(1, 4)
    gap = rng.randint(round(at.size * 1.2), at.size * 4)
    wide = (p.x1 - p.x0 - gap * (columns - 1)) / columns
    if wide < 5 * at.size:
        columns, wide = 1, float(p.x1 - p.x0)
    for column in range(columns):
        x = round(p.x0 + column * (wide + gap)) + 1
        y = p.y0 + at.atlas.d_top + 2
        rows: list[str] = []
        while y + at.atlas.p_bottom < p.y1:
            if not rows:
                rows = wrap(words.sample_text(rng) + " " + words.sample_text(rng), at, wide - 2)
            row = rows.pop(0)
            pen.text(row[: fitting(row, at, wide)], x, round(y), at, ink_of(rng, p) if rng.random() < 0.1 else p.ink)
            y += pitch
        if column and rng.random() < 0.5:
            pen.box(x - 3, p.y0, x - 2, p.y1, mix(p.ground, p.ink, 0.5))


def logo(rng: random.Random, pen: Pen, p: Patch) -> None:
    """Letters as pictures: badges with one or two letters, which nobody is asked to read, and large text beside them."""
    side = min(p.y1 - p.y0 - 4, p.x1 - p.x0 - 4, rng.randint(20, 72))
    x, y = p.x0 + rng.randint(2, 12), p.y0 + rng.randint(2, 12)
    while y + side < p.y1 and side > 14:
        tint: Color = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        round_one = rng.random() < 0.5
        pen.scene.add(Ellipse(x, y, x + side, y + side, tint)) if round_one else pen.box(
            x, y, x + side, y + side, tint, radius=6
        )
        letters = "".join(rng.choices("ABCDEFGHIJKLMNOPRSTUVWZ", k=rng.choice((1, 2))))
        wide = p.bold.width(letters)
        base = pen.middle(y, y + side, p.bold)
        if wide < side:
            pen.text(letters, round(x + (side - wide) / 2), base, p.bold, on(tint), "other", labelled=False)
        pen.scene.add(Ignore(x, y, x + side, y + side))
        left = x + side + rng.randint(6, 16)
        top = y + side / 2 - p.pitch
        if side < 2 * p.pitch:
            pen.text(elide(words.sample_text(rng), p.at, max(p.x1 - left, 20)), left, base, p.at, p.ink)
        else:
            pen.text(
                elide(short(rng), p.bold, max(p.x1 - left, 20)), left, round(top + p.at.atlas.ascent), p.bold, p.ink
            )
            pen.text(
                elide(words.sample_text(rng), p.at, max(p.x1 - left, 20)), left, round(top + p.pitch + p.at.atlas.ascent),
                p.at, ink_of(rng, p),
            )  # fmt: skip
        y += side + rng.randint(4, 20)


FILLERS = (
    fillers.terminal,
    fillers.code,
    fillers.paragraphs,
    fillers.table,
    fillers.items,
    fillers.controls,
    scattered,
    tight,
    logo,
)
WEIGHTS = (4, 6, 24, 20, 18, 20, 8, 8, 4)
MONO_WEIGHTS = (44, 22, 10, 8, 4, 4, 2, 10, 1)
