"""Documents on paper, charts with axes, and photographs with at most a few words in them."""

from __future__ import annotations

from train.data.render.layouts import blocks, chrome
from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import Fonts, elide, make_fonts
from train.data.render.layouts.themes import Theme, mix, on, readable, ui_theme
from train.data.render.scene import Box, Color, Ellipse, Picture, Polyline
from train.data.world.content import ChartContent, DocumentContent, PhotoContent

_PAPER = Theme(
    "paper", "web", False, (255, 255, 255), (255, 255, 255), (20, 20, 20), (90, 90, 90), (170, 170, 170), (30, 80, 160),
    (255, 255, 255), (20, 20, 20), (238, 238, 238),
)  # fmt: skip
_SERIES: tuple[Color, ...] = (
    (31, 119, 180),
    (255, 127, 14),
    (44, 160, 44),
    (214, 39, 40),
    (148, 103, 189),
    (140, 86, 75),
    (23, 190, 207),
)


def paint(ctx: Context, content: DocumentContent, box: Box) -> None:
    """Draw a page, within a viewer when there is a title."""
    rng, pen = ctx.rng, ctx.pen
    inner = box
    if content.title is not None:
        frame = ctx.theme(rng.choice(("gtk", "windows", "macos", "qt")))
        fonts = ctx.fonts(frame)
        inner = chrome.window(ctx, frame, fonts, box, content.title)
        pen.box(*inner, mix(frame.window, frame.border, 0.5))
        wide = min((inner[2] - inner[0]) * 0.9, rng.choice((560, 680, 800)))
        x = (inner[0] + inner[2] - wide) / 2
        page = (x, inner[1] + rng.choice((6, 14, 24)), x + wide, inner[3])
        pen.box(*page, (255, 255, 255), border=(150, 150, 150))
    else:
        page = box
        pen.box(*page, (255, 255, 255), occludes=True)
    before = ctx.clipped((page[0], page[1], page[2], min(page[3], inner[3])))
    margin = min((page[2] - page[0]) * rng.uniform(0.05, 0.12), 80)
    fonts = make_fonts(
        rng, ctx.pool, ctx.mode, rng.choice((12, 13, 14, 16)), "", rng.choice(("serif", "serif", "sans"))
    )
    y = page[1] + margin * 0.8
    for block in content.blocks:
        area = blocks.Area(page[0] + margin, page[2] - page[0] - 2 * margin, page[3], (255, 255, 255))
        y = blocks.paint(ctx, _PAPER, fonts, block, area, y) + rng.choice((4, 8, 14))
    pen.clip = before


def paint_chart(ctx: Context, content: ChartContent, box: Box) -> None:
    """Draw a chart that fills `box`."""
    rng, pen = ctx.rng, ctx.pen
    dark = {"light": False, "dark": True}.get(content.theme, rng.random() < 0.25)
    theme = ui_theme(rng, ctx.pool.split, ("web", "gtk"), dark)
    fonts = ctx.fonts(theme, rng.choice((10, 11, 12, 13)))
    pen.box(*box, theme.surface, occludes=True)
    ink = readable(theme.text, theme.surface)
    x0, y0, x1, y1 = box[0] + 20, box[1] + 12, box[2] - 20, box[3] - 10
    if content.title is not None:
        pen.centred(
            content.title.text, x0, x1, round(y0 + fonts.heading.atlas.ascent), fonts.heading, ink, content.title.role
        )
        y0 += fonts.heading.pitch + 10
    if content.x_label is not None:
        pen.centred(
            content.x_label.text, x0, x1, round(y1 - fonts.ui.atlas.descent), fonts.ui, ink, content.x_label.role
        )
        y1 -= fonts.ui.pitch + 6
    if content.y_label is not None:  # upright above its axis; text that stands on end is not read
        pen.text(content.y_label.text, x0, round(y0 + fonts.ui.atlas.ascent), fonts.ui, ink, content.y_label.role)
        y0 += fonts.ui.pitch + 6
    left = x0 + max((fonts.small.width(t.text) for t in content.y_ticks), default=0) + 8
    bottom = y1 - fonts.small.pitch - 6
    legend = max((fonts.small.width(t.text) for t in content.legend), default=0)
    outside = bool(content.legend) and rng.random() < 0.5
    right = x1 - (legend + 36 if outside else 0)
    _ticks(ctx, theme, fonts, content, (left, y0, right, bottom))
    _series(ctx, content, (left, y0, right, bottom))
    pen.scene.add(Polyline(((left, y0), (left, bottom), (right, bottom)), ink, 1, smooth=False))
    y = y0 + 8.0
    for i, text in enumerate(content.legend):
        x = right + 12 if outside else right - legend - 34
        if not outside:
            pen.box(x - 4, y - 2, right - 2, y + fonts.small.pitch + 2, theme.surface)
        pen.box(x, y + fonts.small.pitch / 2 - 4, x + 14, y + fonts.small.pitch / 2 + 3, _SERIES[i % len(_SERIES)])
        pen.text(text.text, x + 20, round(y + fonts.small.atlas.ascent), fonts.small, ink, text.role)
        y += fonts.small.pitch + 4


def _ticks(ctx: Context, theme: Theme, fonts: Fonts, content: ChartContent, box: Box) -> None:
    x0, y0, x1, y1 = box
    ink, rule, at = readable(theme.text, theme.surface), mix(theme.surface, theme.text, 0.15), fonts.small
    for i, tick in enumerate(content.y_ticks):
        y = y1 - (y1 - y0) * i / max(len(content.y_ticks) - 1, 1)
        ctx.pen.box(x0, y, x1, y + 1, rule)
        ctx.pen.right(tick.text, x0 - 6, ctx.pen.middle(y - 8, y + 8, at), at, ink, tick.role)
    taken = x0 - 100.0
    for i, tick in enumerate(content.x_ticks):
        x = x0 + (x1 - x0) * (i + 0.5) / len(content.x_ticks)
        wide = at.width(tick.text)
        ctx.pen.box(x, y1, x + 1, y1 + 4, ink)
        if x - wide / 2 > taken + at.size:
            ctx.pen.text(tick.text, round(x - wide / 2), round(y1 + 6 + at.atlas.ascent), at, ink, tick.role)
            taken = x + wide / 2


def _series(ctx: Context, content: ChartContent, box: Box) -> None:
    x0, y0, x1, y1 = box
    scene = ctx.pen.scene
    for s, values in enumerate(content.values):
        color = _SERIES[s % len(_SERIES)]
        step = (x1 - x0) / max(len(values), 1)
        points = [(x0 + (i + 0.5) * step, y1 - (y1 - y0) * min(max(v, 0.0), 1.0)) for i, v in enumerate(values)]
        if content.style == "bar":
            wide = max(step * 0.7 / len(content.values), 2)
            for x, y in points:
                start = x - step * 0.35 + s * wide
                ctx.pen.box(start, y, start + wide, y1, color)
        elif content.style == "scatter":
            for x, y in points:
                scene.add(Ellipse(x - 3, y - 3, x + 4, y + 4, color))
        elif len(points) > 1:
            scene.add(Polyline(tuple(points), color, 2))


def paint_photo(ctx: Context, content: PhotoContent, box: Box) -> None:
    """Draw a photograph with its words on signs."""
    rng, pen = ctx.rng, ctx.pen
    scene = pen.scene
    scene.add(Picture(*box, rng.getrandbits(31), occludes=True))
    y = box[1] + (box[3] - box[1]) * rng.uniform(0.1, 0.6)
    family = ctx.pool.family(rng, rng.choice(("sans", "sans", "serif")))
    for text in content.texts:
        at = ctx.pool.font(family.bold, rng.choice((14, 18, 24, 32)), ctx.mode)
        shown = elide(text.text, at, box[2] - box[0] - 60)
        wide, high = at.width(shown) + 24, at.pitch + 12
        if y + high > box[3]:
            break
        x = rng.uniform(box[0] + 8, max(box[2] - wide - 8, box[0] + 9))
        ground: Color = rng.choice(((250, 250, 245), (20, 60, 120), (160, 20, 30), (240, 200, 40), (30, 30, 30)))
        pen.box(x, y, x + wide, y + high, ground, border=on(ground), radius=rng.choice((0, 6)))
        pen.text(shown, round(x + 12), pen.middle(y, y + high, at), at, on(ground), text.role)
        y += high + rng.randint(10, 80)
