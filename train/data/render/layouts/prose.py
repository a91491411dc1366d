"""Parts of pages that are read: headings, prose, lists, code, tables."""

from __future__ import annotations

from dataclasses import dataclass

from train.data.render.layouts.context import Context
from train.data.render.layouts.faces import Font
from train.data.render.layouts.pen import Fonts, elide, row_role
from train.data.render.layouts.themes import Theme, mix, readable
from train.data.render.scene import Color, Ellipse, Span
from train.data.world.content import Block, Row, Text


@dataclass(frozen=True, slots=True)
class Area:
    """Where a block may be painted: from `x` `width` pixels wide, above `bottom`; `ground` is what lies beneath."""

    x: float
    width: float
    bottom: float
    ground: Color


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


def heading_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "heading" whose top is y; returns the y below it."""
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


def paragraph_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "paragraph" whose top is y; returns the y below it."""
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


def list_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "list" whose top is y; returns the y below it."""
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


def code_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "code" whose top is y; returns the y below it."""
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


def table_block(ctx: Context, theme: Theme, fonts: Fonts, block: Block, area: Area, y: float) -> float:
    """Paint a block of kind "table" whose top is y; returns the y below it."""
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
