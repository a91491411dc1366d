"""Parts of pages and windows: headings, prose, code, tables, forms, cards, banners, toasts, numbers, chats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from train.data.render.layouts import chrome
from train.data.render.layouts.context import Context
from train.data.render.layouts.faces import Font
from train.data.render.layouts.pen import Fonts, elide, row_role
from train.data.render.layouts.themes import Theme, mix, on, readable
from train.data.render.scene import Color, Ellipse, Span
from train.data.world.content import Block, Row, Text


@dataclass(frozen=True, slots=True)
class Area:
    """Where a block may be painted: from `x` `width` pixels wide, above `bottom`; `ground` is what lies beneath."""

    x: float
    width: float
    bottom: float
    ground: Color


_Painter = Callable[[Context, Theme, Fonts, Block, Area, float], float]


def tint(theme: Theme, tone: str, ground: Color, share: float = 0.14) -> Color:
    """A ground tinted by a tone."""
    return mix(ground, theme.tone(tone), share) if tone in {"error", "warning", "success", "info", "accent"} else ground


def row_spans(theme: Theme, row: Row, ground: Color) -> tuple[Span, ...]:
    """Colours of the pieces of a row that are joined by nothing."""
    spans, start = [], 0
    for piece in row.pieces:
        end = start + len(piece.text)
        if piece.tone in {"error", "warning", "success", "info", "accent", "dim"} or piece.role in {"link", "comment"}:
            tone = piece.tone or ("info" if piece.role == "link" else "dim")
            spans.append(Span(start, end, readable(theme.tone(tone), ground)))
        start = end
    return tuple(spans)


def role_of(row: Row) -> str:
    """The role of a row whose pieces touch."""
    return row_role(((p.role, len(p.text)) for p in row.pieces), "body")


def ink(theme: Theme, text: Text, ground: Color) -> Color:
    """The colour of a piece on a ground."""
    if text.role == "link":
        return readable(theme.link, ground)
    return readable(theme.tone(text.tone) if text.tone else theme.text, ground)


def joined(row: Row) -> str:
    """The pieces of a row of prose, a space apart where none is."""
    out = ""
    for piece in row.pieces:
        out += ("" if not out or out.endswith(" ") or piece.text[:1] in " .,:;" else " ") + piece.text
    return out


def paint(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block whose top is y; returns the y below it. What does not fit above the bottom is left out."""
    if y + fonts.ui.pitch > area.bottom:
        return y
    if block.title is not None and block.kind not in {"card", "toast", "banner", "sidebar"}:
        at = fonts.heading if block.kind == "heading" else fonts.bold
        y = (
            ctx.pen.paragraph(
                block.title.text,
                area.x,
                y,
                area.width,
                at,
                ink(theme, block.title, area.ground),
                block.title.role,
                bottom=area.bottom,
            )
            + 4
        )
    return _PAINTERS[block.kind](ctx, theme, fonts, block, area, y)


def _heading(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    for row in block.rows:
        text = row.pieces[0]
        y = (
            ctx.pen.paragraph(
                joined(row),
                area.x,
                y,
                area.width,
                fonts.heading,
                ink(theme, text, area.ground),
                role_of(row),
                bottom=area.bottom,
            )
            + 2
        )
    return y


def _paragraph(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    spread = ctx.rng.choice((1.15, 1.25, 1.4, 1.55))
    for row in block.rows:
        first = row.pieces[0]
        underline = "line" if first.role == "link" and ctx.rng.random() < 0.6 else ""
        at = fonts.bold if first.tone == "bold" or (first.role == "message" and ctx.rng.random() < 0.3) else fonts.ui
        y = ctx.pen.paragraph(
            joined(row),
            area.x,
            y,
            area.width,
            at,
            ink(theme, first, area.ground),
            role_of(row),
            at.pitch * spread,
            area.bottom,
            underline=underline,
        )
        y += ctx.rng.choice((2, 6, 10))
    return y


def _list(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    numbered = ctx.rng.random() < 0.2
    for i, row in enumerate(block.rows):
        if y + fonts.ui.pitch > area.bottom:
            break
        middle = y + fonts.ui.pitch * 0.6
        color = ink(theme, row.pieces[0], area.ground)
        if numbered:
            ctx.pen.text(
                f"{i + 1}.",
                area.x + 2,
                round(y + fonts.ui.pitch * 0.075 + fonts.ui.atlas.ascent),
                fonts.ui,
                color,
                "other",
            )
        else:
            ctx.pen.scene.add(Ellipse(area.x + 6, middle - 2, area.x + 11, middle + 3, color))
        y = (
            ctx.pen.paragraph(
                joined(row), area.x + 26, y, area.width - 26, fonts.ui, color, role_of(row), bottom=area.bottom
            )
            + 3
        )
    return y


def mono_rows(ctx: Context, theme: Theme, at: Font, rows: tuple[Row, ...], area: Area, y: float, pitch: float) -> float:
    """Paint monospace rows as they are; long ones are wrapped or cut at the edge."""
    wrap = ctx.rng.random() < 0.5
    cell = at.atlas.advance("0") if at.atlas.fractional else round(at.atlas.advance("0"))
    columns = max(int(area.width // max(cell, 3)), 8)
    for row in rows:
        text = row.text.expandtabs(4)
        spans = row_spans(theme, row, area.ground) if "\t" not in row.text else ()
        element = ctx.pen.element()
        for start in range(0, max(len(text), 1), columns) if wrap else (0,):
            if y + pitch > area.bottom:
                return y
            part = text[start : start + columns] if wrap else text
            inside = tuple(
                Span(max(s.start - start, 0), min(s.end - start, len(part)), s.color)
                for s in spans
                if s.end > start and s.start - start < len(part)
            )
            ctx.pen.text(
                part,
                area.x,
                round(y + at.atlas.ascent),
                at,
                readable(theme.text, area.ground),
                role_of(row),
                inside,
                element=element,
            )
            y += pitch
    return y


def _code(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    rng = ctx.rng
    pitch = round(fonts.mono.pitch * rng.choice((1.0, 1.1, 1.25)))
    pad = rng.choice((4, 8, 12, 16))
    count = sum(max(1, int(fonts.mono.width(r.text) / max(area.width - 2 * pad, 60)) + 1) for r in block.rows)
    height = min(count * pitch + 2 * pad, area.bottom - y)
    framed = rng.random() < 0.75
    dark = framed and not theme.dark and rng.random() < 0.2
    ground = (
        (40, 44, 52) if dark else tint(theme, block.tone, mix(area.ground, theme.text, 0.05)) if framed else area.ground
    )
    if framed:
        border = theme.border if rng.random() < 0.5 else None
        ctx.pen.box(area.x, y, area.x + area.width, y + height, ground, border=border, radius=theme.radius)
    before = ctx.clipped((area.x, y, area.x + area.width, y + height))
    inner = Area(area.x + pad, area.width - 2 * pad, y + height, ground)
    end = mono_rows(ctx, theme, fonts.mono, block.rows, inner, y + pad, pitch)
    ctx.pen.clip = before
    return max(end + pad, y + height) + 6 if framed else end + 6


def _table(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    rng = ctx.rng
    columns = max((len(r.pieces) for r in block.rows), default=1)
    needs = [
        max((fonts.ui.width(r.pieces[i].text) for r in block.rows if i < len(r.pieces)), default=20) + 24
        for i in range(columns)
    ]
    share = min(area.width / max(sum(needs), 1), rng.choice((1.0, 1.3, 9.0)))
    widths = [n * share for n in needs]
    height = fonts.ui.pitch + rng.choice((4, 8, 12, 18))
    rules, stripes = rng.random() < 0.6, rng.random() < 0.4
    top = y
    for number, row in enumerate(block.rows):
        if y + height > area.bottom:
            break
        ground = area.ground
        if number == 0 and rng.random() < 0.6:
            ground = mix(area.ground, theme.text, 0.08)
        elif stripes and number % 2:
            ground = mix(area.ground, theme.text, 0.04)
        ground = tint(theme, row.pieces[0].tone, ground) if rng.random() < 0.5 and row.pieces else ground
        if ground != area.ground:
            ctx.pen.box(area.x, y, area.x + sum(widths), y + height, ground)
        x, base = area.x, ctx.pen.middle(y, y + height, fonts.ui)
        for piece, wide in zip(row.pieces, widths, strict=False):
            at = fonts.bold if number == 0 else fonts.ui
            color = ink(theme, piece, ground)
            if (
                number
                and piece.tone in {"success", "warning", "error"}
                and rng.random() < 0.4
                and at.width(piece.text) < wide - 24
            ):
                fill = mix(ground, theme.tone(piece.tone), 0.2)
                ctx.pen.box(x + 6, y + 3, x + 20 + at.width(piece.text), y + height - 3, fill, radius=9)
                ctx.pen.text(piece.text, x + 12, base, at, readable(color, fill), piece.role)
            else:
                ctx.pen.text(elide(piece.text, at, wide - 14), x + 8, base, at, color, piece.role)
            x += wide
        y += height
        if rules:
            ctx.pen.box(area.x, y - 1, area.x + sum(widths), y, theme.border)
    if rules and rng.random() < 0.4:
        x = area.x
        for wide in widths[:-1]:
            x += wide
            ctx.pen.box(x - 1, top, x, y, theme.border)
    return y + 8


def _form(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
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


def _nav(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    height = fonts.ui.pitch + ctx.rng.choice((14, 20, 28))
    ground = ctx.rng.choice((area.ground, theme.title, theme.surface, mix(area.ground, theme.text, 0.06)))
    ctx.pen.box(area.x - 16, y, area.x + area.width + 16, y + height, ground)
    ctx.pen.box(area.x - 16, y + height - 1, area.x + area.width + 16, y + height, theme.border)
    inner = Area(area.x, area.width, area.bottom, ground)
    _side_by_side(ctx, theme, fonts, block, inner, y + (height - fonts.ui.pitch - 12) / 2)
    return y + height + 8


def _buttons(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
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


def _framed(
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


def _toast(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    return _framed(ctx, theme, fonts, block, area, y, floating=True)


def _stats(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
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


def _chat(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
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


def _sidebar(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
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


def _footer(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
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


_PAINTERS: dict[str, _Painter] = {
    "heading": _heading, "paragraph": _paragraph, "list": _list, "code": _code, "log": _code, "table": _table, "form": _form,
    "nav": _nav, "buttons": _buttons, "toast": _toast, "banner": _framed, "card": _framed, "sidebar": _sidebar,
    "footer": _footer, "stats": _stats, "chat": _chat,
}  # fmt: skip
