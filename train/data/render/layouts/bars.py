"""Bars of desktops: the task bar of one sort, the top bar and the dock of another, with clocks and symbols."""

from __future__ import annotations

import random

from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import Fonts
from train.data.render.layouts.themes import Theme, mix, on, readable
from train.data.render.scene import Box, Color, Rect

_DOCK = ("Files", "Terminal", "Mail", "Browser", "Editor", "Calendar", "Music", "Settings", "Start", "Search")


def bars(ctx: Context, theme: Theme, fonts: Fonts, box: Box) -> Box:
    """Paint the bars of a desktop that fills `box`: top bar and dock, or task bar; returns the room for windows."""
    if theme.look in {"gtk", "macos"}:
        return _top_bar(ctx, theme, fonts, box)
    return _task_bar(ctx, theme, fonts, box)


def _clock(rng: random.Random) -> str:
    hour, minute = rng.randrange(24), rng.randrange(60)
    twelve = f"{hour % 12 or 12}:{minute:02} {'AM' if hour < 12 else 'PM'}"
    day = rng.choice(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
    return rng.choice(
        (f"{hour:02}:{minute:02}", twelve, f"{day} {hour:02}:{minute:02}", f"{day} {rng.randint(1, 28)} Mar  {twelve}")
    )


def _top_bar(ctx: Context, theme: Theme, fonts: Fonts, box: Box) -> Box:
    rng, pen = ctx.rng, ctx.pen
    x0, y0, x1, y1 = box
    high = fonts.ui.pitch + 8
    ground = (20, 20, 20) if theme.look == "gtk" and rng.random() < 0.6 else theme.title
    ink = on(ground)
    base = pen.middle(y0, y0 + high, fonts.ui)
    scene = pen.scene
    scene.add(Rect(x0, y0, x1, y0 + high, ground))
    if theme.look == "macos":
        x = pen.text(rng.choice(_DOCK), x0 + 40, base, fonts.bold, ink, "menu") + 20
        for word in ("File", "Edit", "View", "Go", "Window", "Help"):
            x = pen.text(word, x, base, fonts.ui, ink, "menu") + 20
        pen.icon("circle", x0 + 14, y0 + high / 2 - 7, 14, ink)
    else:
        pen.text("Activities", x0 + 12, base, fonts.ui, ink, "menu")
    clock = _clock(rng)
    if theme.look == "gtk" and rng.random() < 0.7:
        pen.centred(clock, x0, x1, base, fonts.bold, ink, "other")
    else:
        pen.right(clock, x1 - 70, base, fonts.ui, ink, "other")
    for i, kind in enumerate(("bell", "gear")):
        pen.icon(kind, x1 - 28 - 26 * i, y0 + high / 2 - 7, 14, ink)
    bottom = y1
    if theme.look == "macos" and rng.random() < 0.7:
        bottom = y1 - 62
        count = rng.randint(5, 12)
        left = (x0 + x1 - count * 52) / 2
        pen.box(left - 8, bottom, left + count * 52 + 8, y1 - 4, mix(theme.title, (128, 128, 128), 0.3), radius=14)
        for i in range(count):
            tint: Color = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
            pen.box(left + i * 52 + 4, bottom + 7, left + i * 52 + 48, bottom + 51, tint, radius=10)
            pen.icon(
                rng.choice(("mail", "folder", "gear", "image", "terminal", "star")),
                left + i * 52 + 14,
                bottom + 17,
                24,
                on(tint),
            )
    return (x0, y0 + high, x1, bottom)


def _task_bar(ctx: Context, theme: Theme, fonts: Fonts, box: Box) -> Box:
    rng, pen = ctx.rng, ctx.pen
    x0, y0, width, height = box
    high = rng.choice((28, 32, 40, 48))
    ground = rng.choice((theme.title, theme.window, (16, 16, 16), (0, 0, 0)))
    ink = readable(theme.title_text, ground)
    top = height - high
    pen.box(x0, top, width, height, ground)
    base = pen.middle(top, height, fonts.ui)
    pen.icon("blocks", x0 + 12, top + high / 2 - 8, 16, theme.accent)
    x = x0 + 48.0
    if rng.random() < 0.4:
        pen.box(x, top + 4, x + 200, height - 4, mix(ground, ink, 0.1), border=mix(ground, ink, 0.25))
        pen.text(
            rng.choice(("Type here to search", "Search")),
            x + 14,
            base,
            fonts.ui,
            readable(mix(ink, ground, 0.3), ground),
            "input",
        )
        x += 216
    labels = rng.random() < 0.5
    for name in rng.sample(_DOCK, rng.randint(2, 6)):
        pen.icon(rng.choice(("folder", "terminal", "mail", "page", "star")), x + 8, top + high / 2 - 8, 16, ink)
        if labels and x < width - 420:
            pen.text(name, x + 32, base, fonts.ui, ink, "tab")
            x += 60 + fonts.ui.width(name)
        else:
            x += 40
    if high >= 40 and 2 * fonts.small.pitch <= high:
        middle = top + high / 2
        pen.right(
            _clock(rng).split("  ")[0], width - 14, round(middle - fonts.small.atlas.descent), fonts.small, ink, "other"
        )
        date = f"{rng.randint(1, 12)}/{rng.randint(1, 28)}/2024"
        pen.right(
            date, width - 14, round(middle + fonts.small.pitch - fonts.small.atlas.descent), fonts.small, ink, "other"
        )
    else:
        pen.right(_clock(rng), width - 14, base, fonts.ui, ink, "other")
    return (x0, y0, width, top)
