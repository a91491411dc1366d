"""Dialog boxes in the looks of the desktops, alone or over the window behind them."""

from __future__ import annotations

from train.data.render.layouts import chrome
from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import Fonts, wrap
from train.data.render.layouts.themes import Theme, mix, readable
from train.data.render.scene import Box, Color
from train.data.world.content import DialogContent

_ICON_COLORS: dict[str, Color] = {
    "error": (214, 48, 49),
    "warning": (240, 173, 30),
    "question": (41, 98, 200),
    "info": (30, 120, 215),
}


def plan(ctx: Context, content: DialogContent, room: tuple[float, float]) -> tuple[Theme, Fonts, float, float]:
    """The look of a dialog and its size, at most `room` (width, height)."""
    rng = ctx.rng
    theme = ctx.theme(content.style, content.theme)
    fonts = ctx.fonts(theme)
    width = min(rng.choice((300, 340, 380, 420, 460, 520, 600)) * max(fonts.ui.size / 13, 0.85), room[0] - 8)
    buttons = sum(_button_width(fonts, b.text) + 8 for b in content.buttons) + 24
    width = max(width, min(buttons, room[0] - 8))
    inner = width - 40 - (60 if content.icon else 0)
    rows = len(wrap(content.heading.text, fonts.bold, inner)) * 1.3 if content.heading else 0.0
    rows += sum(len(wrap(t.text, fonts.ui, inner)) * 1.2 + 0.3 for t in content.body)
    height = rows * fonts.ui.pitch + fonts.ui.pitch * (1.5 if content.heading else 0.5)
    height += len(content.details) * fonts.mono.pitch + (24 if content.details else 0)
    height += (fonts.ui.pitch + 14 if content.checkbox else 0) + fonts.ui.pitch + 24 + 44 + 40
    return theme, fonts, width, min(max(height, 110), room[1] - 4)


def _button_width(fonts: Fonts, text: str) -> float:
    return max(fonts.ui.width(text) + 24, 74)


def paint(ctx: Context, content: DialogContent, box: Box, look: tuple[Theme, Fonts] | None = None) -> None:
    """Draw a dialog that fills `box`."""
    rng, pen = ctx.rng, ctx.pen
    if look is None:
        theme, fonts, _, _ = plan(ctx, content, (box[2] - box[0], box[3] - box[1]))
    else:
        theme, fonts = look
    card = content.style in {"mobile", "web"} or (theme.look in {"macos", "gtk"} and content.title is None)
    if card:
        pen.box(*box, theme.surface, border=theme.border, radius=max(theme.radius, 8), shadow=12, occludes=True)
        inner = box
        title = content.title
    else:
        inner = chrome.window(ctx, theme, fonts, box, content.title, dialog=True)
        title = None
    two_tone = theme.look in {"win11", "win10", "win7"} and rng.random() < 0.6
    bar = fonts.ui.pitch + (26 if two_tone else 22)
    ground = theme.surface if two_tone or card else theme.window
    if two_tone:
        pen.box(inner[0], inner[1], inner[2], inner[3] - bar, ground)
    ink = readable(theme.text, ground)
    x, y = inner[0] + rng.choice((12, 16, 20)), inner[1] + rng.choice((10, 14, 18))
    bottom = inner[3] - bar
    centred = (card or theme.look == "macos") and rng.random() < 0.4
    if content.icon:
        side = rng.choice((32, 32, 40, 48))
        left = (inner[0] + inner[2] - side) / 2 if centred else x
        kind = rng.choice(("error", "error_bang")) if content.icon == "error" else content.icon
        pen.icon(kind, left, y, side, _ICON_COLORS[content.icon], (0, 0, 0) if kind == "warning" else (255, 255, 255))
        if centred:
            y += side + 10
        else:
            x += side + rng.choice((10, 14, 18))
    width = inner[2] - x - 14
    align = "centre" if centred else "left"
    if title is not None:
        y = pen.paragraph(title.text, x, y, width, fonts.bold, ink, title.role, bottom=bottom, align=align) + 6
    if content.heading is not None:
        at = fonts.bold if rng.random() < 0.6 else fonts.ui
        if theme.look == "win7" or (theme.look == "win11" and rng.random() < 0.3):
            at = fonts.heading if fonts.heading.size <= 22 else fonts.bold
        color = theme.accent if theme.look == "win7" and rng.random() < 0.5 else ink
        y = pen.paragraph(
            content.heading.text,
            x,
            y,
            width,
            at,
            readable(color, ground),
            content.heading.role,
            bottom=bottom,
            align=align,
        )
        y += rng.choice((4, 8, 12))
    for text in content.body:
        at = fonts.small if theme.look == "macos" and content.heading is not None else fonts.ui
        y = pen.paragraph(text.text, x, y, width, at, ink, text.role, bottom=bottom, align=align) + rng.choice(
            (2, 6, 8)
        )
    if content.details and y + fonts.mono.pitch + 12 < bottom:
        _details(ctx, theme, fonts, content, (inner[0] + 12, y, inner[2] - 12, bottom - 4))
    elif content.checkbox is not None and y + fonts.ui.pitch < bottom:
        top = y + 4
        pen.box(x, top, x + 13, top + 13, theme.surface, border=mix(theme.border, theme.text, 0.4), radius=2)
        pen.text(
            content.checkbox.text, x + 20, pen.middle(top, top + 13, fonts.ui), fonts.ui, ink, content.checkbox.role
        )
    _buttons(ctx, theme, fonts, content, (inner[0], bottom, inner[2], inner[3]))


def _details(ctx: Context, theme: Theme, fonts: Fonts, content: DialogContent, box: Box) -> None:
    x0, y0, x1, y1 = box
    ctx.pen.box(x0, y0, x1, y1, theme.surface, border=theme.border)
    before = ctx.clipped((x0 + 1, y0 + 1, x1 - 1, y1 - 1))
    baseline = y0 + 5 + fonts.mono.atlas.ascent
    for row in content.details:
        if baseline + fonts.mono.atlas.descent > y1:
            break
        role = row.pieces[0].role if row.pieces else "trace"
        ctx.pen.text(row.text, x0 + 6, round(baseline), fonts.mono, readable(theme.text, theme.surface), role)
        baseline += fonts.mono.pitch
    ctx.pen.clip = before


def _buttons(ctx: Context, theme: Theme, fonts: Fonts, content: DialogContent, box: Box) -> None:
    rng = ctx.rng
    x0, y0, x1, y1 = box
    height = min(fonts.ui.pitch + rng.choice((6, 8, 10, 12)), y1 - y0 - 6)
    top = round((y0 + y1 - height) / 2)
    labels = list(content.buttons)
    default = rng.choice((0, len(labels) - 1)) if labels else 0
    if theme.look == "gtk" and rng.random() < 0.4 and labels:  # GNOME's buttons share the whole width
        step = (x1 - x0 - 12) / len(labels)
        for i, label in enumerate(labels):
            chrome.button(
                ctx, theme, fonts, (x0 + 6 + i * step, top, x0 + 2 + (i + 1) * step, top + height), label, i == default
            )
        return
    widths = [_button_width(fonts, label.text) for label in labels]
    gap = rng.choice((6, 8, 10))
    total = sum(widths) + gap * (len(widths) - 1)
    centred = theme.look in {"win95", "motif", "tk"} or (theme.look == "qt" and rng.random() < 0.3)
    x = (x0 + x1 - total) / 2 if centred else x1 - total - rng.choice((10, 14, 20))
    x = max(x, x0 + 4)
    for i, (label, wide) in enumerate(zip(labels, widths, strict=True)):
        chrome.button(ctx, theme, fonts, (x, top, min(x + wide, x1 - 2), top + height), label, i == default)
        x += wide + gap
