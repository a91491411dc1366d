"""Screens without a program in front: desktops, lock and sign-in screens, firmware, boot consoles, stop screens, icons."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from train.data.render.layouts import blocks
from train.data.render.layouts.bars import bars
from train.data.render.layouts.context import Context
from train.data.render.layouts.drawings import icon_grid, shaded, wallpaper
from train.data.render.layouts.pen import elide, make_fonts
from train.data.render.layouts.themes import Theme, mix, on, readable, ui_theme
from train.data.render.scene import Box, Color, Ellipse
from train.data.world.content import Block, DocumentContent

_STOP_GROUNDS: tuple[Color, ...] = ((0, 120, 215), (16, 96, 176), (0, 0, 130), (0, 0, 168), (0, 0, 0), (24, 90, 40))
_FIRMWARE: tuple[tuple[Color, Color, Color], ...] = (  # ground, ink, ground of the tabs
    ((0, 0, 170), (255, 255, 255), (170, 170, 170)),
    ((170, 170, 170), (0, 0, 130), (0, 0, 170)),
    ((192, 192, 192), (20, 20, 20), (0, 0, 170)),
    ((14, 18, 28), (210, 220, 230), (120, 20, 30)),
    ((0, 0, 0), (220, 220, 220), (0, 100, 130)),
)


def paint(ctx: Context, content: DocumentContent, box: Box) -> None:
    """Draw a full-screen picture of one of the styles of this module. Raises KeyError for another style."""
    painter = PAINTERS[content.style]
    before = ctx.clipped(box)
    painter(ctx, content, box)
    ctx.pen.clip = before


def _desktop(ctx: Context, content: DocumentContent, box: Box) -> None:
    rng, pen = ctx.rng, ctx.pen
    theme = ui_theme(rng, ctx.pool.split)
    fonts = ctx.fonts(theme, rng.choice((11, 12, 13, 14)))
    ground = wallpaper(ctx, box)
    free = bars(ctx, theme, fonts, box) if box[2] - box[0] > 620 and rng.random() < 0.85 else box
    for block in content.blocks:
        if block.kind == "list":
            icon_grid(ctx, fonts, [row.pieces[0] for row in block.rows], free, ground, down=rng.random() < 0.8)
    card = next((b for b in content.blocks if b.kind == "card"), None)
    if card is not None and free[2] - free[0] > 420:
        wide = rng.choice((180, 220, 260))
        area = blocks.Area(free[2] - wide - 16, wide, free[3] - 20, theme.surface)
        pen.box(area.x, free[1] + 16, area.x + wide, free[1] + 17, theme.surface)
        blocks.paint(ctx, theme, fonts, Block("toast", card.rows), area, free[1] + 16)
    foot = next((b for b in content.blocks if b.kind == "footer"), None)
    if foot is not None:
        room = fonts.ui.width(foot.rows[0].text) + 24
        shaded(ctx, foot.rows[0].pieces[0], free[2] - room / 2 - 16, free[3] - fonts.ui.pitch - 24, room, fonts)


def _lock(ctx: Context, content: DocumentContent, box: Box) -> None:
    rng = ctx.rng
    wallpaper(ctx, box)
    fonts = make_fonts(rng, ctx.pool, ctx.mode, rng.choice((14, 16, 18)))
    clock = ctx.pool.font(ctx.pool.family(rng, "sans").regular, rng.choice((36, 42, 48)), ctx.mode)
    fonts = dataclasses.replace(fonts, heading=clock)
    x = (box[0] + box[2]) / 2 if rng.random() < 0.7 else box[0] + (box[2] - box[0]) * 0.25
    room = min((box[2] - box[0]) * 0.45, 2 * (x - box[0]) - 30)
    y = box[1] + (box[3] - box[1]) * rng.choice((0.12, 0.2, 0.5))
    for block in content.blocks:
        for row in block.rows:
            if block.kind == "footer":
                shaded(ctx, row.pieces[0], (box[0] + box[2]) / 2, box[3] - fonts.ui.pitch - 30, room * 2, fonts)
            elif y + fonts.heading.pitch < box[3] - 70:
                y = shaded(ctx, row.pieces[0], x, y, room, fonts, block.kind == "heading")


def _login(ctx: Context, content: DocumentContent, box: Box) -> None:
    """A column of who, what went wrong, a field and buttons over a picture."""
    rng, pen = ctx.rng, ctx.pen
    wallpaper(ctx, box)
    theme = ui_theme(rng, ctx.pool.split)
    fonts = ctx.fonts(theme, rng.choice((13, 14, 16)))
    wide = min(rng.choice((300, 360, 440)), box[2] - box[0] - 20)
    x = (box[0] + box[2] - wide) / 2
    y = box[1] + (box[3] - box[1]) * rng.uniform(0.15, 0.3)
    high = min(360.0, box[3] - y - 8)
    pen.box(x, y, x + wide, y + high, theme.window, border=theme.border, radius=theme.radius, shadow=10, occludes=True)
    middle = x + wide / 2
    if high > 300:
        hue: Color = (rng.randrange(60, 220), rng.randrange(60, 220), rng.randrange(60, 220))
        pen.scene.add(Ellipse(middle - 32, y + 14, middle + 32, y + 78, hue))
        pen.icon("user", middle - 18, y + 26, 36, on(hue), hue)
        y += 84
    area = blocks.Area(x + 20, wide - 40, box[3] - 10, theme.window)
    for block in content.blocks:
        if block.kind in ("heading", "paragraph"):
            for row in block.rows:
                at = fonts.bold if block.kind == "heading" else fonts.ui
                color = readable(theme.text, theme.window)
                text = row.pieces[0]
                y = (
                    pen.paragraph(
                        text.text, area.x, y + 4, area.width, at, color, text.role, align="centre", bottom=area.bottom
                    )
                    + 6
                )
        elif block.kind == "footer":
            shaded(ctx, block.rows[0].pieces[0], middle, box[3] - fonts.ui.pitch - 16, wide * 1.5, fonts)
        else:
            y = blocks.paint(ctx, theme, fonts, block, area, y + 4)


def _firmware(ctx: Context, content: DocumentContent, box: Box) -> None:
    rng, pen = ctx.rng, ctx.pen
    ground, ink, bar = rng.choice(_FIRMWARE)
    family = ctx.pool.family(rng, "mono")
    at = ctx.pool.font(family.regular, rng.choice((12, 13, 14, 16)), ctx.mode)
    pen.box(*box, ground, occludes=True)
    x0, y0, x1, y1 = box[0] + 8, box[1] + 4, box[2] - 8, box[3] - 6
    pitch = at.pitch + 3
    split = x0 + (x1 - x0) * 0.66
    y = y0
    for block in content.blocks:
        if block.kind == "heading":
            pen.box(box[0], y, box[2], y + pitch, bar)
            pen.centred(
                elide(block.rows[0].text, at, x1 - x0), x0, x1, round(y + at.atlas.ascent + 1), at, on(bar), "heading"
            )
            y += pitch
        elif block.kind == "nav":
            x, chosen = x0 + 4.0, rng.randrange(len(block.rows[0].pieces))
            for i, tab in enumerate(block.rows[0].pieces):
                wide = at.width(tab.text) + 20
                if x + wide > x1:
                    break
                fill = ink if i == chosen else ground
                pen.box(x, y, x + wide, y + pitch, fill)
                pen.text(
                    tab.text, round(x + 10), round(y + at.atlas.ascent + 1), at, readable(on(fill), fill), tab.role
                )
                x += wide + at.size
            y += pitch
            pen.box(x0, y + 2, x1, y1 - pitch - 4, None, border=ink)
            pen.box(split, y + 2, split + 1, y1 - pitch - 4, ink)
            y += 8
        elif block.kind == "form":
            top = y
            chosen = rng.randrange(len(block.rows))
            for i, row in enumerate(block.rows):
                if top + pitch > y1 - pitch - 8:
                    break
                fill = mix(ground, ink, 0.75) if i == chosen else ground
                if i == chosen:
                    pen.box(x0 + 4, top, split - 4, top + pitch, fill)
                base, color = round(top + at.atlas.ascent + 1), readable(on(fill), fill)
                label, value = row.pieces
                left = x0 + (split - x0) * 0.56
                pen.text(elide(label.text, at, left - x0 - 24), round(x0 + 10), base, at, color, label.role)
                pen.text(elide(value.text, at, split - left - 10), round(left), base, at, color, value.role)
                top += pitch
        elif block.kind == "card":
            top = y
            for row in block.rows:
                text = row.pieces[0]
                top = (
                    pen.paragraph(
                        text.text,
                        split + 10,
                        top,
                        x1 - split - 16,
                        at,
                        readable(ink, ground),
                        text.role,
                        bottom=y1 - pitch - 6,
                    )
                    + 6
                )
        else:
            pen.box(box[0], y1 - pitch + 2, box[2], box[3], bar)
            pen.centred(
                elide(block.rows[0].text, at, x1 - x0),
                x0,
                x1,
                round(y1 - pitch + 3 + at.atlas.ascent),
                at,
                on(bar),
                "other",
            )


def _boot(ctx: Context, content: DocumentContent, box: Box) -> None:
    """Rows of cells without any frame, in the colours of a console."""
    rng, pen = ctx.rng, ctx.pen
    ground: Color = rng.choice(((0, 0, 0), (0, 0, 0), (0, 0, 0), (12, 12, 12), (0, 0, 96)))
    ink: Color = rng.choice(((170, 170, 170), (220, 220, 220), (255, 255, 255), (80, 255, 90)))
    pen.box(*box, ground, occludes=True)
    family = ctx.pool.family(rng, "mono")
    at = ctx.pool.font(family.regular, rng.choice((12, 13, 14, 16, 18, 20)), ctx.mode)
    columns = max(int((box[2] - box[0] - 8) // max(at.atlas.advance("0"), 3)), 12)
    rows: list[tuple[str, str, int]] = []
    for row in content.blocks[0].rows:
        element, role = pen.element(), row.pieces[0].role if row.pieces else ""
        rows += [(row.text[i : i + columns], role, element) for i in range(0, max(len(row.text), 1), columns)]
    fit = max(int((box[3] - box[1] - 8) // at.pitch), 1)
    if len(rows) > fit:
        first = next((i for i, row in enumerate(rows) if row[1] == "message"), len(rows) - fit)
        start = max(min(first - 2, len(rows) - fit), 0)
        rows = rows[start : start + fit]
    y = box[1] + 4.0
    for text, role, element in rows:
        if text.strip():
            pen.text(text, round(box[0] + 4), round(y + at.atlas.ascent), at, ink, role, element=element)
        y += at.pitch
    last = rows[-1][0] if rows else ""
    if y < box[3] and rng.random() < 0.6:
        pen.box(box[0] + 4 + at.width(last), y - 3, box[0] + 4 + at.width(last) + at.size / 2, y - 1, ink)


def _stop(ctx: Context, content: DocumentContent, box: Box) -> None:
    rng, pen = ctx.rng, ctx.pen
    old = not any(row.text == ":(" for row in content.blocks[0].rows) and rng.random() < 0.5
    ground = (0, 0, 130) if old else rng.choice(_STOP_GROUNDS)
    pen.box(*box, ground, occludes=True)
    fonts = make_fonts(rng, ctx.pool, ctx.mode, rng.choice((13, 14, 16, 18)), "", "mono" if old else "sans")
    wide, high = box[2] - box[0], box[3] - box[1]
    x = box[0] + (6 if old else wide * rng.uniform(0.08, 0.16))
    y = box[1] + (6 if old else high * rng.uniform(0.08, 0.18))
    face = ctx.pool.font(ctx.pool.family(rng, "sans").regular, 48, ctx.mode)
    for row in content.blocks[0].rows:
        if not row.pieces:
            y += fonts.ui.pitch * 0.7
            continue
        text = row.pieces[0]
        if text.text == ":(":
            pen.text(text.text, round(x), round(y + face.atlas.ascent), face, (255, 255, 255), "other", labelled=False)
            y += face.pitch * 1.4
            continue
        at = fonts.heading if text.role == "message" and not old and high > 420 else fonts.ui
        room = wide - 12 if old else min(wide * 0.72, 900)
        y = pen.paragraph(text.text, x, y, room, at, (255, 255, 255), text.role, bottom=box[3] - 4) + (0 if old else 6)
    if not old and rng.random() < 0.4 and y + 100 < box[3]:
        _code_square(ctx, x, y + 10, 84)


def _code_square(ctx: Context, x: float, y: float, side: float) -> None:
    """A square of black and white dots, like those that phones scan."""
    rng, pen = ctx.rng, ctx.pen
    pen.box(x, y, x + side, y + side, (255, 255, 255))
    count, unit = 21, side / 23
    for i in range(count):
        for j in range(count):
            if rng.random() < 0.45:
                left, top = x + unit * (1 + i), y + unit * (1 + j)
                pen.box(round(left), round(top), round(left + unit), round(top + unit), (0, 0, 0))


def _icons(ctx: Context, content: DocumentContent, box: Box) -> None:
    rng, pen = ctx.rng, ctx.pen
    theme: Theme = ui_theme(rng, ctx.pool.split)
    fonts = ctx.fonts(theme, rng.choice((12, 13, 14)))
    pen.box(*box, theme.surface, occludes=True)
    y = box[1] + 10.0
    for block in content.blocks:
        if block.kind == "heading":
            area = blocks.Area(box[0] + 16, box[2] - box[0] - 32, box[3], theme.surface)
            y = blocks.paint(ctx, theme, fonts, block, area, y) + 8
        else:
            names = [row.pieces[0] for row in block.rows]
            icon_grid(ctx, fonts, names, (box[0] + 8, y, box[2] - 8, box[3]), theme.surface, shade=False)


PAINTERS: dict[str, Callable[[Context, DocumentContent, Box], None]] = {
    "desktop": _desktop,
    "lock": _lock,
    "login": _login,
    "firmware": _firmware,
    "boot": _boot,
    "stop": _stop,
    "icons": _icons,
}
