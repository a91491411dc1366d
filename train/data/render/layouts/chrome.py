"""Frames of windows as desktops draw them: title bars, menu bars, tab strips, scroll bars, status bars, buttons."""

from __future__ import annotations

from collections.abc import Sequence

from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import Fonts, elide
from train.data.render.layouts.themes import Theme, mix, on, readable
from train.data.render.scene import Box, Color, Ellipse, Ignore, Polyline
from train.data.world.content import Text

_TITLE_HEIGHT = {
    "win11": 32,
    "win10": 30,
    "win7": 28,
    "win95": 20,
    "macos": 28,
    "gtk": 38,
    "qt": 28,
    "motif": 24,
    "tk": 24,
    "web": 40,
}
_LIGHTS: tuple[Color, ...] = ((255, 95, 87), (254, 188, 46), (40, 200, 64))


def window(ctx: Context, theme: Theme, fonts: Fonts, box: Box, title: Text | None, dialog: bool = False) -> Box:
    """Draw a window's frame with its title bar into `box`; returns the box inside. The frame hides what is beneath."""
    rng, pen = ctx.rng, ctx.pen
    x0, y0, x1, y1 = (round(v) for v in box)
    look = theme.look
    shadow = 0 if look in {"win95", "motif", "tk"} else rng.choice((6, 10, 16))
    radius = theme.radius if look in {"win11", "macos", "gtk", "web", "win7"} else 0
    edge = mix(theme.border, (0, 0, 0), 0.2)
    pen.box(x0, y0, x1, y1, theme.window, border=edge, radius=radius, shadow=shadow, occludes=True)
    if look == "web" and title is None:
        return (x0 + 1, y0 + 1, x1 - 1, y1 - 1)
    height = max(_TITLE_HEIGHT[look] + rng.choice((-2, 0, 0, 2, 6)), fonts.title.pitch + 4)
    if look == "gtk" and (dialog or rng.random() < 0.4):
        height = max(height - 10, fonts.title.pitch + 6)
    fill2 = None
    if look == "win7":
        fill2 = mix(theme.title, (255, 255, 255), 0.35)
    elif look in {"gtk", "qt", "macos", "win95"} and rng.random() < 0.35:
        fill2 = mix(theme.title, (0, 0, 0), 0.1)
    margin = 3 if look in {"win95", "motif"} else 1
    if look in {"win95", "motif", "tk"}:
        pen.box(
            x0, y0, x1, y1, None, bevel=(mix(theme.window, (255, 255, 255), 0.7), mix(theme.window, (0, 0, 0), 0.5))
        )
    top, bottom = y0 + margin, y0 + margin + height
    pen.box(x0 + margin, top, x1 - margin, bottom, theme.title, fill2=fill2, radius=max(radius - 1, 0))
    if radius:
        pen.box(x0 + margin, bottom - radius, x1 - margin, bottom, fill2 or theme.title)
    left, right = _title_buttons(ctx, theme, x0 + margin, top, x1 - margin, bottom, dialog)
    if title is not None and title.text:
        color = readable(theme.title_text, fill2 or theme.title)
        base = pen.middle(top, bottom, fonts.title)
        if look in {"win11", "win10", "win7", "win95"} and rng.random() < 0.6:
            pen.icon(
                rng.choice(("file", "gear", "terminal", "folder", "page", "box")),
                left + 8,
                (top + bottom) / 2 - 8,
                16,
                theme.accent,
            )
            left += 26
        text = elide(title.text, fonts.title, right - left - 20)
        if look in {"macos", "gtk", "qt", "motif", "web"} and not (look == "qt" and rng.random() < 0.3):
            wide = fonts.title.width(text)
            middle = (x0 + x1 - wide) / 2
            pen.text(
                text,
                round(min(max(middle, left + 8), max(right - wide - 4, left + 8))),
                base,
                fonts.title,
                color,
                title.role,
            )
        else:
            pen.text(text, left + 8, base, fonts.title, color, title.role)
    if rng.random() < 0.5:
        pen.box(x0 + margin, bottom, x1 - margin, bottom + 1, mix(theme.title, theme.border, 0.8))
    return (x0 + margin, bottom + 1, x1 - margin, y1 - margin)


def _title_buttons(ctx: Context, theme: Theme, x0: int, y0: int, x1: int, y1: int, dialog: bool) -> tuple[int, int]:
    """Draw the buttons of a title bar; returns the room that is left."""
    pen, rng = ctx.pen, ctx.rng
    color, middle = readable(theme.title_text, theme.title), (y0 + y1) / 2
    kinds = ("close",) if dialog and rng.random() < 0.7 else ("close", "maximise", "minimise")
    if theme.look == "macos":
        for i, light in enumerate(_LIGHTS):
            left = x0 + 9 + i * 20
            tint = light if not dialog or i == 0 else mix(theme.title, theme.title_text, 0.2)
            pen.scene.add(Ellipse(left, middle - 6, left + 12, middle + 6, tint))
        return x0 + 70, x1
    if theme.look == "motif":
        pen.box(x0, y0, x0 + y1 - y0, y1, theme.title, bevel=((230, 230, 230), (70, 70, 70)))
        pen.box(x0 + 5, middle - 2, x0 + y1 - y0 - 5, middle + 2, theme.title, bevel=((230, 230, 230), (70, 70, 70)))
        pen.box(x1 - (y1 - y0), y0, x1, y1, theme.title, bevel=((230, 230, 230), (70, 70, 70)))
        return x0 + y1 - y0, x1 - (y1 - y0)
    step = {"win11": 46, "win10": 46, "win7": 30, "win95": 18, "gtk": 30, "web": 34}.get(theme.look, 26)
    right = x1
    for kind in kinds:
        left = right - step
        if theme.look == "win7" and kind == "close":
            pen.box(left + 2, y0, right - 4, y0 + 18, (200, 80, 66), border=(90, 30, 25))
        elif theme.look == "win95":
            pen.box(left + 2, y0 + 2, right - 1, y1 - 2, theme.window, bevel=((255, 255, 255), (90, 90, 90)))
        elif theme.look == "gtk":
            ring = mix(theme.title, theme.title_text, 0.12)
            pen.scene.add(Ellipse(left + 3, middle - 12, right - 3, middle + 12, ring))
        ink = (0, 0, 0) if theme.look == "win95" else color
        side = 8 if theme.look == "win95" else 10
        pen.icon(kind, (left + right - side) / 2, middle - side / 2, side, ink)
        right = left
    return x0, right


def menu_bar(ctx: Context, theme: Theme, fonts: Fonts, box: Box, menus: Sequence[Text]) -> float:
    """Draw a menu bar at the top of `box`; returns the y below it."""
    x0, y0, x1, _ = box
    height = fonts.ui.pitch + ctx.rng.choice((4, 6, 10))
    ctx.pen.box(x0, y0, x1, y0 + height, theme.window)
    x = x0 + ctx.rng.choice((6, 8, 12))
    base = ctx.pen.middle(y0, y0 + height, fonts.ui)
    gap = ctx.rng.randint(fonts.ui.size, round(fonts.ui.size * 1.8))
    for menu in menus:
        if x + fonts.ui.width(menu.text) > x1 - 8:
            break
        x = ctx.pen.text(menu.text, x, base, fonts.ui, theme.text, menu.role) + gap
    return y0 + height


def tool_bar(ctx: Context, theme: Theme, fonts: Fonts, box: Box, labels: Sequence[Text]) -> float:
    """Draw a tool bar of symbols and labelled buttons; returns the y below it."""
    rng, pen = ctx.rng, ctx.pen
    x0, y0, x1, _ = box
    height = max(fonts.ui.pitch + 12, 30)
    pen.box(x0, y0, x1, y0 + height, theme.window)
    x, middle = x0 + 8.0, y0 + height / 2
    for _ in range(rng.choice((0, 2, 4, 7))):
        kind = rng.choice(
            (
                "back",
                "forward",
                "up",
                "home",
                "file",
                "folder",
                "search",
                "plus",
                "gear",
                "trash",
                "image",
                "play",
                "check",
            )
        )
        pen.icon(kind, x, middle - 8, 16, theme.text if rng.random() < 0.6 else theme.accent)
        x += 26
    for label in labels:
        wide = fonts.ui.width(label.text)
        if x + wide + 20 > x1:
            break
        if rng.random() < 0.5:
            pen.icon(
                rng.choice(("plus", "reload", "star", "gear", "folder", "image")), x + 2, middle - 7, 14, theme.text
            )
            x += 20
        pen.text(label.text, x + 4, pen.middle(y0, y0 + height, fonts.ui), fonts.ui, theme.text, label.role)
        x += wide + rng.choice((18, 24, 30))
    pen.box(x0, y0 + height - 1, x1, y0 + height, theme.border)
    return y0 + height


def status_bar(
    ctx: Context, theme: Theme, fonts: Fonts, box: Box, parts: Sequence[Text], fill: Color | None = None
) -> float:
    """Draw a status bar at the bottom of `box`; returns the y above it."""
    x0, _, x1, y1 = box
    rng, pen = ctx.rng, ctx.pen
    height = fonts.small.pitch + rng.choice((4, 6, 8))
    ground = fill or theme.window
    pen.box(x0, y1 - height, x1, y1, ground)
    if fill is None:
        pen.box(x0, y1 - height, x1, y1 - height + 1, theme.border)
    base = pen.middle(y1 - height, y1, fonts.small)
    color = readable(theme.text if fill is None else on(fill), ground)
    split = len(parts) if rng.random() < 0.4 else (len(parts) + 1) // 2
    x, end = x0 + 8.0, x1 - 8.0
    for part in reversed(parts[split:]):
        end = pen.right(part.text, end, base, fonts.small, color, part.role) - 20 if x0 + 80 < end else end
    for part in parts[:split]:
        if x + fonts.small.width(part.text) > end:
            break
        x = pen.text(part.text, x, base, fonts.small, color, part.role) + rng.choice((18, 24, 36))
    return y1 - height


def tab_strip(
    ctx: Context,
    theme: Theme,
    fonts: Fonts,
    box: Box,
    tabs: Sequence[Text],
    active: int = 0,
    ground: Color | None = None,
) -> float:
    """Draw tabs side by side at the top of `box`; returns the y below them."""
    rng, pen = ctx.rng, ctx.pen
    x0, y0, x1, _ = box
    height = fonts.ui.pitch + rng.choice((8, 12, 16))
    back = ground or mix(theme.window, theme.border, 0.35)
    pen.box(x0, y0, x1, y0 + height, back)
    room = (x1 - x0 - 60) / max(len(tabs), 1)
    wide = min(room, rng.choice((150, 180, 220, 240)))
    x, style = x0 + rng.choice((0, 4, 8)), rng.random()
    for i, tab in enumerate(tabs):
        front = theme.surface if i == active else back
        if i == active:
            radius = 6 if style < 0.5 else 0
            pen.box(x, y0 + (2 if radius else 0), x + wide, y0 + height + radius, front, radius=radius)
            if style > 0.7:
                pen.box(x, y0, x + wide, y0 + 2, theme.accent)
        left = x + 10.0
        if rng.random() < 0.7:
            pen.icon(
                rng.choice(("page", "circle", "star", "folder", "box", "blocks")),
                left,
                y0 + height / 2 - 7,
                14,
                theme.accent,
            )
            left += 20
        color = readable(theme.text if i == active else mix(theme.text, back, 0.25), front)
        text = elide(tab.text, fonts.ui, x + wide - left - 24)
        pen.text(text, left, pen.middle(y0, y0 + height, fonts.ui), fonts.ui, color, tab.role)
        pen.icon("close", x + wide - 18, y0 + height / 2 - 4, 9, color)
        if i != active and style < 0.7:
            pen.box(x + wide - 1, y0 + 6, x + wide, y0 + height - 6, mix(back, theme.text, 0.25))
        x += round(wide)
    if rng.random() < 0.6:
        pen.icon("plus", x + 8, y0 + height / 2 - 6, 12, theme.text)
    pen.box(x0, y0 + height, x1, y0 + height + 1, theme.border)
    return y0 + height + 1


def scroll_bar(ctx: Context, theme: Theme, box: Box) -> float:
    """Draw a vertical scroll bar at the right of `box`; returns the x left of it."""
    rng, pen = ctx.rng, ctx.pen
    wide = rng.choice((6, 8, 12, 15, 17))
    x0, (y0, x1, y1) = box[2] - wide, box[1:]
    classic = theme.look in {"win95", "win7", "win10", "motif", "tk"}
    back = mix(theme.window, theme.border, 0.3)
    pen.box(x0, y0, x1, y1, back)
    span = (y1 - y0) * rng.uniform(0.1, 0.8)
    top = y0 + wide + (y1 - y0 - span - 2 * wide) * rng.random()
    thumb = mix(back, theme.text, 0.3)
    if classic and theme.look != "win10":
        pen.box(x0, top, x1, top + span, theme.window, bevel=((255, 255, 255), (100, 100, 100)))
    else:
        pen.box(x0 + 2, top, x1 - 2, top + span, thumb, radius=0 if classic else wide // 2)
    if classic and wide >= 12:
        for kind, y in (("up", y0 + 2), ("chevron_down", y1 - wide + 2)):
            pen.icon(kind, x0 + 3, y, wide - 6, theme.text)
    return x0


def button(ctx: Context, theme: Theme, fonts: Fonts, box: Box, label: Text, default: bool = False) -> None:
    """Draw a push button with its label in the middle."""
    rng, pen = ctx.rng, ctx.pen
    x0, y0, x1, y1 = (round(v) for v in box)
    fill, edge = theme.button, mix(theme.border, theme.text, 0.15)
    look = theme.look
    if default and look in {"win11", "macos", "gtk", "web"} and (look != "gtk" or rng.random() < 0.5):
        fill, edge = theme.accent, mix(theme.accent, (0, 0, 0), 0.15)
    elif default:
        edge = theme.accent
    if look in {"win95", "motif", "tk"}:
        light, dark = mix(fill, (255, 255, 255), 0.8), mix(fill, (0, 0, 0), 0.5)
        pen.box(x0, y0, x1, y1, fill, bevel=(light, dark))
        if default:
            pen.box(x0 - 1, y0 - 1, x1 + 1, y1 + 1, None, border=(0, 0, 0))
        if default and rng.random() < 0.5:
            corners = ((x0 + 4, y0 + 4), (x1 - 5, y0 + 4), (x1 - 5, y1 - 5), (x0 + 4, y1 - 5), (x0 + 4, y0 + 4))
            pen.scene.add(Polyline(corners, mix(fill, (0, 0, 0), 0.6), dash=1, smooth=False))
    else:
        fill2 = mix(fill, (0, 0, 0), 0.1) if look == "win7" or (look in {"gtk", "qt"} and rng.random() < 0.3) else None
        radius = {"win11": 4, "macos": 6, "gtk": 5, "qt": 3, "web": min(theme.radius, 8), "win7": 3}.get(look, 0)
        pen.box(x0, y0, x1, y1, fill, border=edge, radius=radius, fill2=fill2)
    color = readable(on(fill) if fill == theme.accent else theme.text, fill)
    text = elide(label.text, fonts.ui, x1 - x0 - 4)
    pen.centred(text, x0, x1, pen.middle(y0, y1, fonts.ui), fonts.ui, color, label.role)
    if look in {"win95", "gtk", "win7", "tk"} and text and rng.random() < 0.12:  # the underlined access key
        x = round(x0 + (x1 - x0 - fonts.ui.width(text)) / 2)
        base = pen.middle(y0, y1, fonts.ui)
        pen.box(x, base + 2, x + fonts.ui.width(text[0]), base + 3, color)


def badge(ctx: Context, x: float, y: float, size: float, color: Color, letters: str, fonts: Fonts) -> None:
    """Draw a logo with letters, which nobody is asked to read."""
    pen = ctx.pen
    pen.box(x, y, x + size, y + size, color, radius=round(size / 4))
    at = fonts.bold
    if at.width(letters) < size:
        middle = pen.middle(y, y + size, at)
        pen.text(letters, round(x + (size - at.width(letters)) / 2), middle, at, on(color), "other", labelled=False)
    pen.scene.add(Ignore(x, y, x + size, y + size))
