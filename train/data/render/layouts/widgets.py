"""Parts of pages that are used: forms, navigation, buttons, cards, banners, toasts, numbers, chats, side bars."""

from __future__ import annotations

from train.data.render.layouts import chrome
from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import Fonts, elide
from train.data.render.layouts.prose import Area, ink, joined, role_of, tint
from train.data.render.layouts.themes import Theme, mix, on, readable
from train.data.render.scene import Color
from train.data.world.content import Block, Text


def form_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "form" whose top is y; returns the y below it."""
    rng = ctx.rng
    beside = rng.random() < 0.35 and area.width > 360
    height = fonts.ui.pitch + rng.choice((8, 12, 16))
    wide = min(area.width - (150 if beside else 0), rng.choice((240, 320, 420, 600)))
    for row in block.rows:
        if y + 2 * height > area.bottom:
            break
        pieces = list(row.pieces)
        label = pieces.pop(0) if pieces else None
        x = area.x
        if label is not None:
            if beside:
                ctx.pen.text(
                    elide(label.text, fonts.ui, 140),
                    x,
                    ctx.pen.middle(y, y + height, fonts.ui),
                    fonts.ui,
                    ink(theme, label, area.ground),
                    label.role,
                )
                x += 150
            else:
                y = (
                    ctx.pen.paragraph(
                        label.text,
                        x,
                        y,
                        area.width,
                        fonts.ui,
                        ink(theme, label, area.ground),
                        label.role,
                        bottom=area.bottom,
                    )
                    + 2
                )
        entry = next((p for p in pieces if p.role in {"input", "value"}), None)
        rest = [p for p in pieces if p is not entry]
        failed = any(p.tone == "error" or p.role == "message" for p in rest)
        edge = theme.error if failed else mix(theme.border, theme.text, 0.2)
        ctx.pen.box(x, y, x + wide, y + height, theme.surface, border=edge, radius=min(theme.radius, 6))
        if entry is not None:
            text = elide(entry.text, fonts.ui, wide - 20)
            ctx.pen.text(
                text,
                x + 8,
                ctx.pen.middle(y, y + height, fonts.ui),
                fonts.ui,
                readable(theme.text, theme.surface),
                entry.role,
            )
        y += height + 2
        for piece in rest:
            y = ctx.pen.paragraph(
                piece.text,
                x,
                y,
                max(area.width - (x - area.x), 80),
                fonts.small,
                ink(theme, piece, area.ground),
                piece.role,
                bottom=area.bottom,
            )
        y += rng.choice((6, 10, 14))
    return y


def _side_by_side(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    x, height = area.x, fonts.ui.pitch + 12
    base = ctx.pen.middle(y, y + height, fonts.ui)
    gap = ctx.rng.randint(round(fonts.ui.size * 1.3), fonts.ui.size * 3)
    for row in block.rows[:1]:
        for piece in row.pieces:
            if x + fonts.ui.width(piece.text) > area.x + area.width:
                break
            at = fonts.bold if piece.role == "app_name" else fonts.ui
            x = ctx.pen.text(piece.text, x, base, at, ink(theme, piece, area.ground), piece.role) + gap
    return y + height


def nav_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "nav" whose top is y; returns the y below it."""
    height = fonts.ui.pitch + ctx.rng.choice((14, 20, 28))
    ground = ctx.rng.choice((area.ground, theme.title, theme.surface, mix(area.ground, theme.text, 0.06)))
    ctx.pen.box(area.x - 16, y, area.x + area.width + 16, y + height, ground)
    ctx.pen.box(area.x - 16, y + height - 1, area.x + area.width + 16, y + height, theme.border)
    inner = Area(area.x, area.width, area.bottom, ground)
    _side_by_side(ctx, theme, fonts, block, inner, y + (height - fonts.ui.pitch - 12) / 2)
    return y + height + 8


def buttons_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "buttons" whose top is y; returns the y below it."""
    x, height = area.x, fonts.ui.pitch + ctx.rng.choice((8, 12, 16))
    if y + height > area.bottom:
        return y
    for row in block.rows:
        for i, piece in enumerate(row.pieces):
            wide = fonts.ui.width(piece.text) + ctx.rng.choice((20, 28, 36))
            if x + wide > area.x + area.width:
                break
            chrome.button(ctx, theme, fonts, (x, y, x + wide, y + height), piece, i == 0)
            x += wide + 8
    return y + height + 8


def framed_block(
    ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float, *, floating: bool = False
) -> float:
    """A banner, card or toast: rows in a tinted frame, with a symbol for its tone."""
    rng, pen = ctx.rng, ctx.pen
    tone = block.tone or next((p.tone for r in block.rows for p in r.pieces if p.tone), "")
    strong = floating and rng.random() < 0.35
    base = theme.surface if not theme.dark or not floating else mix(theme.surface, theme.text, 0.08)
    ground = (
        theme.tone(tone)
        if strong and tone in {"error", "warning", "success", "info"}
        else tint(theme, tone, base, rng.choice((0.0, 0.1, 0.18)))
    )
    pad = rng.choice((8, 10, 14))
    icon = tone in {"error", "warning", "success", "info"} and rng.random() < 0.7
    left = area.x + pad + (24 if icon else 0)
    width = area.width - pad - (left - area.x)
    mark = len(pen.scene.elements)
    texts = ([block.title] if block.title else []) + [
        Text(joined(r), role_of(r), "", r.pieces[0].tone if r.pieces else "") for r in block.rows if r.pieces
    ]
    end = y + pad
    for i, text in enumerate(texts):
        at = fonts.bold if i == 0 and block.title is not None else fonts.ui
        color = on(ground) if strong else ink(theme, text, ground)
        end = (
            pen.paragraph(text.text, left, end, width, at, readable(color, ground), text.role, bottom=area.bottom - pad)
            + 2
        )
    end += pad
    # The frame is painted before what stands in it, and is as high as that.
    written = pen.scene.elements[mark:]
    del pen.scene.elements[mark:]
    border = theme.tone(tone) if tone and rng.random() < 0.5 else theme.border
    pen.box(
        area.x,
        y,
        area.x + area.width,
        end,
        ground,
        border=border,
        radius=theme.radius,
        shadow=10 if floating else 0,
        occludes=floating,
    )
    if tone and rng.random() < 0.4:
        pen.box(area.x, y, area.x + 4, end, theme.tone(tone))
    if icon:
        kind = {"error": "error", "warning": "warning", "success": "success"}.get(tone, "info")
        pen.icon(kind, area.x + pad, y + pad + 1, 16, on(ground) if strong else theme.tone(tone), ground)
    pen.scene.elements.extend(written)
    return end + 8


def toast_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "toast" whose top is y; returns the y below it."""
    return framed_block(ctx, theme, fonts, block, area, y, floating=True)


def stats_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "stats" whose top is y; returns the y below it."""
    count = max(len(block.rows), 1)
    columns = max(min(count, int(area.width // 130)), 1)
    wide, height = area.width / columns, fonts.heading.pitch + fonts.small.pitch + 26
    for i, row in enumerate(block.rows):
        x, top = area.x + (i % columns) * wide, y + (i // columns) * (height + 8)
        if top + height > area.bottom:
            break
        ctx.pen.box(x, top, x + wide - 10, top + height, theme.surface, border=theme.border, radius=theme.radius)
        base = top + 8 + fonts.small.atlas.ascent
        for j, piece in enumerate(row.pieces[:2]):
            at = fonts.heading if j else fonts.small
            color = ink(theme, piece, theme.surface)
            ctx.pen.text(
                elide(piece.text, at, wide - 28),
                x + 10,
                round(base),
                at,
                color if j else readable(mix(color, theme.surface, 0.3), theme.surface),
                piece.role,
            )
            base += fonts.small.atlas.descent + 6 + fonts.heading.atlas.ascent
    return y + -(-count // columns) * (height + 8)


def chat_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "chat" whose top is y; returns the y below it."""
    pen, rng = ctx.pen, ctx.rng
    for row in block.rows:
        if y + 3 * fonts.ui.pitch > area.bottom or not row.pieces:
            break
        hue: Color = (rng.randrange(60, 200), rng.randrange(60, 200), rng.randrange(60, 200))
        chrome.badge(ctx, area.x, y + 2, 30, hue, row.pieces[0].text[:1].upper(), fonts)
        x = area.x + 40.0
        base = round(y + fonts.ui.atlas.ascent)
        head, body = row.pieces[:-1], row.pieces[-1]
        for i, piece in enumerate(head):
            at = fonts.bold if i == 0 else fonts.small
            color = theme.text if i == 0 else readable(theme.muted, area.ground)
            x = pen.text(piece.text, x, base, at, readable(color, area.ground), piece.role) + fonts.ui.size
        y = (
            pen.paragraph(
                body.text,
                area.x + 40,
                y + fonts.ui.pitch,
                area.width - 44,
                fonts.ui,
                ink(theme, body, area.ground),
                body.role,
                bottom=area.bottom,
            )
            + 10
        )
    return y


def sidebar_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "sidebar" whose top is y; returns the y below it."""
    if block.title is not None:
        y = (
            ctx.pen.paragraph(
                block.title.text,
                area.x,
                y,
                area.width,
                fonts.bold,
                ink(theme, block.title, area.ground),
                block.title.role,
                bottom=area.bottom,
            )
            + 4
        )
    height = fonts.ui.pitch + ctx.rng.choice((4, 8, 12))
    chosen = ctx.rng.randrange(max(len(block.rows), 1))
    icons = ctx.rng.random() < 0.4
    for i, row in enumerate(block.rows):
        if y + height > area.bottom:
            break
        ground = area.ground
        if i == chosen:
            ground = mix(area.ground, theme.accent, 0.18)
            ctx.pen.box(area.x - 6, y, area.x + area.width, y + height, ground, radius=min(theme.radius, 5))
        x = area.x
        if icons:
            ctx.pen.icon(
                ctx.rng.choice(("folder", "page", "star", "user", "gear", "mail", "bell", "home")),
                x,
                y + height / 2 - 7,
                14,
                readable(theme.muted, ground),
            )
            x += 22
        piece = row.pieces[0]
        text = elide(joined(row), fonts.ui, area.x + area.width - x - 4)
        ctx.pen.text(text, x, ctx.pen.middle(y, y + height, fonts.ui), fonts.ui, ink(theme, piece, ground), piece.role)
        y += height
    return y


def footer_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "footer" whose top is y; returns the y below it."""
    if ctx.rng.random() < 0.6:
        ctx.pen.box(area.x, y + 2, area.x + area.width, y + 3, theme.border)
        y += 8
    align = ctx.rng.choice(("left", "left", "centre"))
    for row in block.rows:
        y = ctx.pen.paragraph(
            joined(row),
            area.x,
            y,
            area.width,
            fonts.small,
            ink(theme, row.pieces[0], area.ground),
            role_of(row),
            bottom=area.bottom,
            align=align,
        )
    return y
