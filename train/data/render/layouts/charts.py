"""Charts: axes with ticks, grids, legends and notes; lines, areas, bars, stacks, histograms, points, pies, heat maps."""

from __future__ import annotations

import math

from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import Fonts, elide
from train.data.render.layouts.themes import Theme, mix, on, readable, ui_theme
from train.data.render.scene import Box, Color, Ellipse, Polyline
from train.data.world.content import ChartContent, Text

_PALETTES: tuple[tuple[Color, ...], ...] = (
    ((31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189), (140, 86, 75), (23, 190, 207)),
    ((66, 133, 244), (219, 68, 55), (244, 180, 0), (15, 157, 88), (171, 71, 188), (0, 172, 193), (255, 112, 67)),
    ((115, 191, 105), (242, 204, 12), (87, 148, 242), (255, 120, 10), (242, 73, 92), (184, 119, 217), (138, 184, 255)),
    ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37), (38, 130, 142), (122, 209, 81)),
    ((90, 90, 90), (150, 150, 150), (60, 60, 60), (190, 190, 190), (120, 120, 120), (30, 30, 30), (210, 210, 210)),
)  # fmt: skip


def paint(ctx: Context, content: ChartContent, box: Box) -> None:
    """Draw a chart that fills `box`; y ticks stand from low to high, of a heat map one beside each row."""
    rng, pen = ctx.rng, ctx.pen
    dark = {"light": False, "dark": True}.get(content.theme, rng.random() < 0.25)
    theme = ui_theme(rng, ctx.pool.split, ("web", "gtk"), dark)
    fonts = ctx.fonts(theme, rng.choice((10, 11, 12, 13)))
    colors = rng.choice(_PALETTES)
    pen.box(*box, theme.surface, occludes=True)
    before = ctx.clipped(box)
    ink = readable(theme.text, theme.surface)
    x0, y0, x1, y1 = box[0] + 20, box[1] + 12, box[2] - 20, box[3] - 10
    if content.title is not None:
        at = fonts.heading
        shown = elide(content.title.text, at, x1 - x0)
        left = x0 if rng.random() < 0.3 else round((x0 + x1 - at.width(shown)) / 2)
        pen.text(shown, left, round(y0 + at.atlas.ascent), at, ink, content.title.role)
        y0 += at.pitch + 10
    if content.x_label is not None:
        base = round(y1 - fonts.ui.atlas.descent)
        pen.centred(content.x_label.text, x0, x1, base, fonts.ui, ink, content.x_label.role)
        y1 -= fonts.ui.pitch + 6
    if content.y_label is not None:  # upright above its axis; text that stands on end is not read
        pen.text(content.y_label.text, x0, round(y0 + fonts.ui.atlas.ascent), fonts.ui, ink, content.y_label.role)
        y0 += fonts.ui.pitch + 6
    widest = max((fonts.small.width(t.text) for t in content.legend), default=0)
    place = rng.choice(("right", "right", "inside", "below")) if content.legend else ""
    if content.style == "pie" and place == "inside":
        place = "right"
    right = x1 - (widest + 36 if place == "right" else 0)
    if place == "below":
        _legend_row(ctx, content.legend, (x0, y1 - fonts.small.pitch, x1, y1), theme, fonts, colors)
        y1 -= fonts.small.pitch + 8
    left = x0 + max((fonts.small.width(t.text) for t in content.y_ticks), default=0) + 8
    bottom = y1 - (fonts.small.pitch + 6 if content.x_ticks else 0)
    plot = (left, y0, right, bottom)
    if content.style == "pie":
        _pie(ctx, content, plot, theme, fonts, colors)
    elif content.style == "heat":
        _heat(ctx, content, plot, theme, fonts, colors)
    else:
        _axes(ctx, theme, fonts, content, plot)
        _series(ctx, content, plot, theme, colors)
        if rng.random() < 0.8:
            pen.scene.add(Polyline(((left, y0), (left, bottom), (right, bottom)), ink, 1, smooth=False))
        _notes(ctx, content, plot, theme, fonts)
    if place in ("right", "inside"):
        _legend(
            ctx,
            content.legend,
            (right + 12 if place == "right" else right - widest - 34, y0 + 8),
            place == "inside",
            theme,
            fonts,
            colors,
        )
    pen.clip = before


def _legend(
    ctx: Context,
    names: tuple[Text, ...],
    place: tuple[float, float],
    boxed: bool,
    theme: Theme,
    fonts: Fonts,
    colors: tuple[Color, ...],
) -> None:
    x, y = place
    ink, at, pen = readable(theme.text, theme.surface), fonts.small, ctx.pen
    if boxed:
        wide = max(at.width(t.text) for t in names) + 32
        high = len(names) * (at.pitch + 4) + 6
        pen.box(x - 6, y - 5, x + wide, y + high, theme.surface, border=theme.border, occludes=True)
    for i, text in enumerate(names):
        pen.box(x, y + at.pitch / 2 - 4, x + 14, y + at.pitch / 2 + 3, colors[i % len(colors)])
        pen.text(text.text, round(x + 20), round(y + at.atlas.ascent), at, ink, text.role)
        y += at.pitch + 4


def _legend_row(
    ctx: Context, names: tuple[Text, ...], box: Box, theme: Theme, fonts: Fonts, colors: tuple[Color, ...]
) -> None:
    x, at = box[0] + 10, fonts.small
    for i, text in enumerate(names):
        if x + 24 + at.width(text.text) > box[2]:
            return
        ctx.pen.scene.add(Ellipse(x, box[1] + 2, x + 9, box[1] + 11, colors[i % len(colors)]))
        x = ctx.pen.text(
            text.text,
            round(x + 14),
            round(box[1] + at.atlas.ascent),
            at,
            readable(theme.text, theme.surface),
            text.role,
        )
        x += at.size * 2.2


def _axes(ctx: Context, theme: Theme, fonts: Fonts, content: ChartContent, box: Box) -> None:
    """Ticks with their labels and the grid."""
    rng = ctx.rng
    x0, y0, x1, y1 = box
    ink, rule, at = readable(theme.text, theme.surface), mix(theme.surface, theme.text, 0.15), fonts.small
    grid = rng.choice(("y", "y", "both", "none", "dashed"))
    for i, tick in enumerate(content.y_ticks):
        y = y1 - (y1 - y0) * i / max(len(content.y_ticks) - 1, 1)
        if grid == "dashed":
            ctx.pen.scene.add(Polyline(((x0, y), (x1, y)), rule, 1, smooth=False, dash=4))
        elif grid != "none":
            ctx.pen.box(x0, y, x1, y + 1, rule)
        ctx.pen.right(tick.text, x0 - 6, ctx.pen.middle(y - 8, y + 8, at), at, ink, tick.role)
    _x_ticks(ctx, content, box, fonts, ink, rule if grid == "both" else None)


def _x_ticks(ctx: Context, content: ChartContent, box: Box, fonts: Fonts, ink: Color, rule: Color | None) -> None:
    x0, y0, x1, y1 = box
    at, taken = fonts.small, x0 - 100.0
    for i, tick in enumerate(content.x_ticks):
        x = x0 + (x1 - x0) * (i + 0.5) / len(content.x_ticks)
        wide = at.width(tick.text)
        if rule is not None:
            ctx.pen.box(x, y0, x + 1, y1, rule)
        ctx.pen.box(x, y1, x + 1, y1 + 4, ink)
        if x - wide / 2 > taken + at.size and x + wide / 2 < x1 + 18:
            ctx.pen.text(tick.text, round(x - wide / 2), round(y1 + 6 + at.atlas.ascent), at, ink, tick.role)
            taken = x + wide / 2


def _points(values: tuple[float, ...], box: Box) -> list[tuple[float, float]]:
    step = (box[2] - box[0]) / max(len(values), 1)
    return [
        (box[0] + (i + 0.5) * step, box[3] - (box[3] - box[1]) * min(max(v, 0.0), 1.0)) for i, v in enumerate(values)
    ]


def _series(ctx: Context, content: ChartContent, box: Box, theme: Theme, colors: tuple[Color, ...]) -> None:
    x0, _, x1, y1 = box
    rng, scene, pen = ctx.rng, ctx.pen.scene, ctx.pen
    count = max(len(content.values[0]), 1) if content.values else 1
    step, base = (x1 - x0) / count, [y1] * count
    wide, marked = rng.choice((1, 2, 2, 3)), rng.random() < 0.3
    for s, values in enumerate(content.values):
        color = colors[s % len(colors)]
        points = _points(values, box)
        if content.style in ("bar", "histogram"):
            share = 1.0 if content.style == "histogram" else 0.7
            each = max(step * share / len(content.values), 2)
            edge = mix(color, (0, 0, 0), 0.3) if content.style == "histogram" else None
            for x, y in points:
                start = x - step * share / 2 + s * each
                pen.box(start, y, start + each, y1, color, border=edge)
        elif content.style == "stacked":
            for i, (x, y) in enumerate(points):
                top = base[i] - (y1 - y)
                pen.box(x - step * 0.38, top, x + step * 0.38, base[i], color)
                base[i] = top
        elif content.style == "scatter":
            r = rng.choice((2, 3, 4))
            for x, y in points:
                scene.add(Ellipse(x - r, y - r, x + r + 1, y + r + 1, color))
        elif len(points) > 1:
            if content.style == "area":
                around = ((points[0][0], y1), *points, (points[-1][0], y1))
                scene.add(Polyline(around, mix(theme.surface, color, 0.35), closed=True))
            scene.add(Polyline(tuple(points), color, wide, dash=6 if s and rng.random() < 0.2 else 0))
            for x, y in points if marked and count < 20 else ():
                scene.add(Ellipse(x - 3, y - 3, x + 4, y + 4, color))


def _notes(ctx: Context, content: ChartContent, box: Box, theme: Theme, fonts: Fonts) -> None:
    """Words at points of the first series, with a line to the point."""
    if not content.values:
        return
    points, at, taken = _points(content.values[0], box), fonts.small, -1e9
    for note, index in zip(
        content.notes, sorted(ctx.rng.sample(range(len(points)), min(len(content.notes), len(points)))), strict=False
    ):
        x, y = points[index]
        wide = at.width(note.text)
        left = min(max(x - wide / 2, box[0] + 6), box[2] - wide - 10)
        top = box[1] + 4 if y > box[1] + at.pitch + 30 else y + 16
        if left < taken + 12 or left < box[0]:
            continue
        taken = left + wide
        ctx.pen.scene.add(
            Polyline(((x, y), (x, top + at.pitch)), readable(theme.muted, theme.surface), 1, smooth=False)
        )
        ctx.pen.box(
            left - 4, top - 1, left + wide + 4, top + at.pitch + 2, theme.surface, border=theme.border, occludes=True
        )
        ctx.pen.text(
            note.text, round(left), round(top + at.atlas.ascent), at, readable(theme.text, theme.surface), note.role
        )


def _pie(ctx: Context, content: ChartContent, box: Box, theme: Theme, fonts: Fonts, colors: tuple[Color, ...]) -> None:
    """Slices clockwise from the top, a hole in the middle at times, shares written on the large ones."""
    rng, scene = ctx.rng, ctx.pen.scene
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    r = max(min(box[2] - box[0], box[3] - box[1]) / 2 - 6, 10)
    total, angle = sum(content.values[0]), -math.pi / 2
    told = rng.random() < 0.7
    for i, value in enumerate(content.values[0]):
        sweep, color = math.tau * value / total, colors[i % len(colors)]
        steps = max(int(sweep / 0.06), 2)
        arc = [
            (x + r * math.cos(angle + sweep * k / steps), y + r * math.sin(angle + sweep * k / steps))
            for k in range(steps + 1)
        ]
        scene.add(Polyline(((x, y), *arc), color, closed=True))
        at, text = fonts.small, f"{100 * value / total:.0f}%"
        if told and sweep > 0.5 and r > 60:
            cx, cy = x + 0.72 * r * math.cos(angle + sweep / 2), y + 0.72 * r * math.sin(angle + sweep / 2)
            ctx.pen.text(
                text, round(cx - at.width(text) / 2), ctx.pen.middle(cy - 8, cy + 8, at), at, on(color), "value"
            )
        angle += sweep
    if rng.random() < 0.4:
        inner = r * rng.uniform(0.4, 0.55)
        scene.add(Ellipse(x - inner, y - inner, x + inner, y + inner, theme.surface))


def _heat(ctx: Context, content: ChartContent, box: Box, theme: Theme, fonts: Fonts, colors: tuple[Color, ...]) -> None:
    """A cell a value, its number in it where there is room."""
    low, high = mix(theme.surface, colors[0], 0.1), ctx.rng.choice(colors)
    at, told = fonts.small, ctx.rng.random() < 0.5
    rows, columns = len(content.values), len(content.values[0])
    wide, tall = (box[2] - box[0]) / columns, (box[3] - box[1]) / rows
    ink = readable(theme.text, theme.surface)
    for r, values in enumerate(content.values):
        top = box[1] + r * tall
        for c, value in enumerate(values):
            color = mix(low, high, value)
            ctx.pen.box(box[0] + c * wide, top, box[0] + (c + 1) * wide - 1, top + tall - 1, color)
            text = f"{value:.2f}"
            if told and wide > at.width(text) + 6 and tall > at.pitch + 4:
                left = round(box[0] + (c + 0.5) * wide - at.width(text) / 2)
                ctx.pen.text(text, left, ctx.pen.middle(top, top + tall, at), at, on(color), "value")
        if r < len(content.y_ticks) and tall > at.pitch:
            tick = content.y_ticks[r]
            ctx.pen.right(tick.text, box[0] - 6, ctx.pen.middle(top, top + tall, at), at, ink, tick.role)
    _x_ticks(ctx, content, box, fonts, ink, None)
