"""Ways to fill a panel with random text. Each takes (rng, pen, patch) and writes inside of the patch."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from train.data import text as words
from train.data.render.layouts.pen import Pen, elide
from train.data.render.layouts.themes import mix, on, readable, syntax_theme, terminal_theme
from train.data.render.scene import Color, Ellipse, Span, Squiggle
from train.data.render.shapes import ICONS

if TYPE_CHECKING:
    from train.data.render.layouts.random_text import Patch

SMALL_ICONS = tuple(k for k in ICONS if k not in {"blocks"})


def short(rng: random.Random) -> str:
    return words.label(rng)


def ink_of(rng: random.Random, patch: Patch) -> Color:
    """Mostly the panel's ink; sometimes the accent or something faint."""
    roll = rng.random()
    if roll < 0.75:
        return readable(patch.ink, patch.ground)
    if roll < 0.88:
        return readable(patch.accent, patch.ground)
    return readable(mix(patch.ink, patch.ground, rng.uniform(0.2, 0.55)), patch.ground, 30)


def bar(rng: random.Random, pen: Pen, p: Patch) -> None:
    """A menu bar, tab strip, tool bar or status bar: short texts in one row."""
    x = float(p.x0 + rng.randint(2, 16))
    base = pen.middle(p.y0, p.y1, p.at)
    tabs = rng.random() < 0.3
    gap = rng.randint(round(p.at.size * 0.9), p.at.size * 3)
    while x < p.x1 - 20:
        text = short(rng) if rng.random() < 0.8 else words.sample_text(rng)[:30]
        if rng.random() < 0.25:
            side = min(p.at.size + rng.randint(-2, 4), p.y1 - p.y0)
            pen.icon(rng.choice(SMALL_ICONS), x, (p.y0 + p.y1 - side) / 2, side, ink_of(rng, p), p.ground)
            x += side + rng.randint(2, 6)
        end = x + p.at.width(text)
        if tabs:
            fill = mix(p.ground, p.ink, 0.08) if rng.random() < 0.5 else None
            pen.box(x - gap // 2, p.y0, end + gap // 2, p.y1, fill, border=mix(p.ground, p.ink, 0.25))
        pen.text(text, x, base, p.at, ink_of(rng, p), "menu", underline="line" if rng.random() < 0.05 else "")
        x = end + gap
        if rng.random() < 0.1:
            break
    if rng.random() < 0.2:
        pen.box(p.x0, p.y1 - 1, p.x1, p.y1, mix(p.ground, p.ink, 0.4))


def terminal(rng: random.Random, pen: Pen, p: Patch) -> None:
    """Rows of cells from edge to edge, in the colours of a terminal, wrapped at the last column."""
    theme = terminal_theme(rng, p.split)
    pen.box(*p.box, theme.ground)
    at = p.at
    cell = max(round(at.atlas.advance("0")), 3) if p.mono else 0
    pad = rng.choice((0, 1, 2, 2, 4, 8))
    pitch = max(
        round(at.atlas.line_height) + rng.choice((-1, 0, 0, 0, 1, 2)), round(at.atlas.d_top + at.atlas.p_bottom) + 1
    )
    columns = max(int((p.x1 - p.x0 - 2 * pad) // (cell or at.width("n"))), 8)
    bright = rng.random() < 0.5
    y = p.y0 + pad + at.atlas.ascent
    last = p.y1 if rng.random() < 0.75 else p.y0 + (p.y1 - p.y0) * rng.uniform(0.2, 1.0)
    rows: list[str] = []
    fill = rng.choice((0.3, 0.6, 0.9))
    while y + at.atlas.p_bottom <= last:
        if not rows:
            rows = _terminal_rows(rng, columns, fill)
        row = rows.pop(0)
        spans = _colored(rng, row, theme.colors[8:16] if bright else theme.colors[1:8], theme.ground) if row else ()
        pen.text(row, p.x0 + pad, round(y), at, theme.ink, "output", spans, advance=cell)
        y += pitch
    if rng.random() < 0.4 and cell:
        x = p.x0 + pad + rng.randrange(columns) * cell
        top = round(y - pitch - at.atlas.ascent)
        pen.box(x, top, x + (cell if rng.random() < 0.7 else 2), top + pitch, None, border=theme.ink)


def _terminal_rows(rng: random.Random, columns: int, fill: float) -> list[str]:
    roll = rng.random()
    if roll < 0.11:
        return [""]
    if roll < 0.12:  # the empty rows of editors and pagers
        return [rng.choice("~~~:@")] * rng.randint(1, 30)
    if roll < 0.28:  # columns, as of ls -l or ps
        widths = [rng.randint(4, 18) for _ in range(rng.randint(2, 8))]
        gap = rng.choice((1, 1, 2, 4))
        kinds = [
            rng.choice((words.number, words.code_name, words.path, words.hexadecimal, words.version)) for _ in widths
        ]
        right = [rng.random() < 0.3 for _ in widths]
        rows = []
        for _ in range(rng.randint(2, 9)):
            cells = [k(rng)[:w] for k, w in zip(kinds, widths, strict=True)]
            filled = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True)]
            rows.append((" " * gap).join(filled)[:columns].rstrip())
        return rows
    if roll < 0.31:
        return [rng.choice("-=#*_~.") * rng.randint(5, columns)]
    text = words.sample_text(rng)
    while len(text) < columns * fill * rng.random() * 1.6:
        text += rng.choice((" ", " ", ": ", " | ", ", ")) + words.sample_text(rng)
    text = " " * rng.choice((0, 0, 0, 0, 2, 4, 8)) + text
    return [text[i : i + columns] for i in range(0, min(len(text), columns * 3), columns)]


def _colored(rng: random.Random, row: str, colors: tuple[Color, ...], ground: Color) -> tuple[Span, ...]:
    roll = rng.random()
    if roll < 0.6:
        return ()
    usable = [readable(c, ground, 30) for c in colors]
    if roll < 0.75:
        color = rng.choice(usable)
        if rng.random() < 0.15:
            return (Span(0, len(row), on(color), color),)
        return (Span(0, len(row), color),)
    spans, start = [], 0
    for _ in range(rng.randint(1, 5)):
        start += rng.randint(0, max(len(row) // 3, 1))
        end = min(start + rng.randint(1, 20), len(row))
        if start >= end:
            break
        if rng.random() < 0.12:
            back = rng.choice(usable)
            spans.append(Span(start, end, on(back), back))
        else:
            spans.append(Span(start, end, rng.choice(usable), underline=rng.random() < 0.05))
        start = end
    return tuple(spans)


def code(rng: random.Random, pen: Pen, p: Patch) -> None:
    """An editor: line numbers, indentation, many colours, squiggles, a selection."""
    theme = syntax_theme(rng, p.split)
    pen.box(*p.box, theme.ground)
    at = p.at
    cell = at.atlas.advance("0") if p.mono else 0.0
    cell = cell if at.atlas.fractional else round(cell)
    pitch = round(at.pitch * rng.choice((1.0, 1.1, 1.25, 1.4, 1.6)))
    first = rng.choice((1, 1, rng.randint(1, 2000)))
    numbers = rng.random() < 0.75
    left = p.x0 + (round(at.width("0000")) + rng.randint(8, 30) if numbers else rng.randint(2, 10))
    inks = (theme.keyword, theme.string, theme.comment, theme.literal, theme.function, theme.type)
    indent, y, line = 0, p.y0 + rng.randint(0, 6) + at.atlas.ascent, first
    while y + at.atlas.p_bottom <= p.y1:
        if numbers:
            pen.right(str(line), left - rng.choice((8, 10, 14)), round(y), at, theme.number, "other")
        if rng.random() < 0.06:
            pen.box(left - 4, y - at.atlas.ascent, p.x1, y + at.atlas.descent, theme.current)
        if rng.random() > 0.1:
            text = words.sample_text(rng)[: rng.randint(6, 110)]
            spans, start = [], 0
            for word in text.split(" "):
                if rng.random() < 0.5:
                    spans.append(Span(start, start + len(word), rng.choice(inks)))
                start += len(word) + 1
            if rng.random() < 0.06:
                a = rng.randrange(len(text))
                spans.append(Span(a, min(len(text), a + rng.randint(1, 30)), background=theme.selection))
            x = left + indent * at.width(" ")
            end = pen.text(text, x, round(y), at, theme.ink, "source", tuple(spans), advance=cell)
            if rng.random() < 0.06 and end > x + 30:
                left_end = rng.uniform(x, end - 20)
                color = rng.choice(((255, 60, 60), (220, 180, 30)))
                pen.scene.add(
                    Squiggle(left_end, min(left_end + rng.randint(12, 90), end, p.x1), y + at.atlas.p_bottom - 1, color)
                )
        indent = min(max(indent + rng.choice((-4, 0, 0, 0, 4)), 0), 16)
        y += pitch
        line += 1


def emphasis(rng: random.Random, row: str, p: Patch) -> tuple[Span, ...]:
    """Words of a row that are bold, links or marked."""
    if rng.random() < 0.7 or not row:
        return ()
    start = rng.randrange(len(row)) if rng.random() < 0.6 else 0
    end = min(start + rng.randint(2, 30), len(row))
    kind = rng.random()
    if kind < 0.45:
        return (Span(start, end, face=p.bold.face),)
    if kind < 0.8:
        return (Span(start, end, readable(p.accent, p.ground), underline=rng.random() < 0.5),)
    if kind < 0.9:
        return (Span(start, end, on(p.accent), p.accent),)
    return (Span(start, end, background=mix(p.ground, p.ink, 0.12)),)


def paragraphs(rng: random.Random, pen: Pen, p: Patch) -> None:
    """Prose with headings, links and lists."""
    x = p.x0 + rng.choice((2, 4, 8, 12, 24, 40))
    y = float(p.y0 + rng.choice((1, 2, 6, 12, 20)))
    width = max(p.x1 - x - rng.choice((2, 8, 24)), 40)
    spread = rng.choice((1.0, 1.1, 1.2, 1.4, 1.6))
    align = rng.choice(("left", "left", "left", "left", "centre", "right"))
    while y < p.y1 - p.pitch:
        if rng.random() < 0.18:
            title = words.sample_text(rng)[:60]
            y = pen.paragraph(title, x, y, width, p.big, ink_of(rng, p), "heading", p.big.pitch, p.y1, align)
            y += rng.randint(0, p.pitch)
        else:
            text = " ".join(words.sample_text(rng) for _ in range(rng.choice((1, 1, 2, 4))))
            underline = "line" if rng.random() < 0.07 else ""
            at = p.bold if rng.random() < 0.08 else p.at
            pitch = at.pitch * spread
            y = pen.paragraph(
                text, x, y, width, at, ink_of(rng, p), "body", pitch, p.y1, align, underline,
                lambda row: emphasis(rng, row, p),
            )  # fmt: skip
            y += rng.choice((0, 0, p.pitch * 0.5, p.pitch))


def table(rng: random.Random, pen: Pen, p: Patch) -> None:
    """Columns of cells, with or without rules and stripes."""
    pad = rng.choice((2, 3, 4, 6, 8, 12))
    height = p.pitch + rng.choice((0, 1, 2, 4, 8, 14))
    columns, x = [], p.x0
    while x < p.x1:
        wide = rng.randint(40, 220)
        columns.append((x, min(x + wide, p.x1)))
        x += wide
    rules, down, stripes = rng.random() < 0.5, rng.random() < 0.5, rng.random() < 0.4
    rule = mix(p.ground, p.ink, rng.choice((0.1, 0.2, 0.5, 1.0)))
    kinds = [rng.choice((words.number, words.sample_text, words.path, words.when, words.label)) for _ in columns]
    right = [k is words.number and rng.random() < 0.7 for k in kinds]
    y, row = p.y0, 0
    while y + height <= p.y1:
        head = row == 0 and rng.random() < 0.7
        if head or (stripes and row % 2):
            pen.box(p.x0, y, p.x1, y + height, mix(p.ground, p.ink, 0.12 if head else 0.05))
        selected = rng.random() < 0.04
        if selected:
            pen.box(p.x0, y, p.x1, y + height, p.accent)
        base = pen.middle(y, y + height, p.at)
        for (x0, x1), kind, to_right in zip(columns, kinds, right, strict=True):
            if rng.random() < 0.08 or x1 - x0 < 3 * pad + p.at.size:
                continue
            at = p.bold if head else p.at
            text = elide(short(rng) if head else kind(rng), at, x1 - x0 - 2 * pad, rng.choice(("…", "...", "")))
            color = on(p.accent) if selected else ink_of(rng, p)
            if to_right:
                pen.right(text, x1 - pad, base, at, color, "cell")
            else:
                pen.text(text, x0 + pad, base, at, color, "cell")
        if rules:
            pen.box(p.x0, y + height - 1, p.x1, y + height, rule)
        y += height
        row += 1
    if down:
        for _, x1 in columns[:-1]:
            pen.box(x1 - 1, p.y0, x1, y, rule)


def items(rng: random.Random, pen: Pen, p: Patch) -> None:
    """A list, menu or tree: icons or bullets, indentation, a selected entry, shortcuts at the right."""
    height = p.pitch + rng.choice((0, 2, 4, 8, 12, 18))
    icons, tree, shortcuts = rng.random() < 0.5, rng.random() < 0.3, rng.random() < 0.25
    left = p.x0 + rng.choice((2, 4, 8, 16))
    indent, y = 0, p.y0 + rng.randint(0, 6)
    chosen = rng.randrange(1, 20)
    row = 0
    while y + height <= p.y1:
        color = ink_of(rng, p)
        if row == chosen:
            pen.box(p.x0, y, p.x1, y + height, p.accent)
            color = on(p.accent)
        x = left + indent * p.at.size
        if tree:
            pen.icon(rng.choice(("chevron", "chevron_down", "triangle_right")), x, y + height / 2 - 5, 10, color)
            x += 13
        if icons:
            side = min(rng.choice((p.at.size, p.at.size + 3, 16)), height)
            tint = color if rng.random() < 0.5 else (rng.randrange(256), rng.randrange(256), rng.randrange(256))
            pen.icon(rng.choice(SMALL_ICONS), x, y + (height - side) / 2, side, tint, p.ground)
            x += side + rng.randint(2, 9)
        elif not tree and rng.random() < 0.3:
            pen.scene.add(Ellipse(x, y + height / 2 - 2, x + 5, y + height / 2 + 3, color))
            x += 12
        base = pen.middle(y, y + height, p.at)
        text = elide(short(rng) if rng.random() < 0.5 else words.sample_text(rng), p.at, max(p.x1 - x - 6, 30), "…")
        end = pen.text(text, x, base, p.at, color, "item")
        if shortcuts and end < p.x1 - 110:
            keys = rng.choice(("Ctrl+", "Alt+", "⌘", "Shift+", "F")) + rng.choice("ABCDEFNOPQRSTVWXYZ1234567")
            pen.right(keys, p.x1 - 10, base, p.at, mix(color, p.ground, 0.3), "menu")
        indent = min(max(indent + rng.choice((-1, 0, 0, 0, 1)), 0), 5) if tree else 0
        y += height
        row += 1
        if shortcuts and rng.random() < 0.15:
            pen.box(p.x0 + 2, y + 2, p.x1 - 2, y + 3, mix(p.ground, p.ink, 0.2))
            y += 5


def controls(rng: random.Random, pen: Pen, p: Patch) -> None:
    """Buttons, inputs, check boxes, chips and labels scattered in rows."""
    y = p.y0 + rng.randint(2, 14)
    while y < p.y1 - p.pitch:
        x = p.x0 + rng.randint(2, 20)
        height = p.pitch + rng.choice((2, 4, 6, 10, 14, 20))
        if y + height > p.y1:
            break
        base = pen.middle(y, y + height, p.at)
        while x < p.x1 - 40:
            text = short(rng) if rng.random() < 0.75 else words.sample_text(rng)[:40]
            pad = rng.choice((1, 2, 3, 6, 10, 16, 24))
            end = x + p.at.width(text) + 2 * pad
            if end > p.x1 - 2:
                break
            kind = rng.random()
            radius = rng.choice((0, 0, 3, 4, 6, height // 2))
            border = mix(p.ground, p.ink, rng.choice((0.15, 0.3, 0.6, 1.0)))
            if kind < 0.45:
                fill = rng.choice((p.accent, mix(p.ground, p.ink, 0.08), mix(p.ground, p.ink, 0.16)))
                fill2 = mix(fill, p.ink, 0.12) if rng.random() < 0.2 else None
                edge = border if rng.random() < 0.6 else None
                pen.box(x, y, end, y + height, fill, border=edge, radius=radius, fill2=fill2)
                ink = on(fill) if rng.random() < 0.85 else readable(mix(on(fill), fill, 0.4), fill)
                pen.text(text, x + pad, base, p.at, ink, "button")
            elif kind < 0.65:
                wide = max(end, min(x + rng.randint(60, 300), p.x1 - 2))
                pen.box(
                    x, y, wide, y + height, mix(p.ground, on(on(p.ground)), 0.5), border=border, radius=min(radius, 6)
                )
                spans: tuple[Span, ...] = ()
                if rng.random() < 0.15:
                    a = rng.randrange(len(text))
                    spans = (Span(a, len(text), on(p.accent), p.accent),)
                pen.text(text, x + pad, base, p.at, ink_of(rng, p), "input", spans)
                end = wide
            elif kind < 0.8:
                side = max(min(p.at.size, height), 7)
                top = y + (height - side) / 2
                if rng.random() < 0.5:
                    pen.box(x, top, x + side, top + side, None, border=p.ink)
                    if rng.random() < 0.5:
                        pen.icon("check", x, top, side, p.ink)
                else:
                    pen.scene.add(Ellipse(x, top, x + side, top + side, p.ink, 1))
                end = pen.text(text, x + side + rng.randint(3, 8), base, p.at, ink_of(rng, p), "label")
            elif kind < 0.9:
                end = pen.text(text, x + pad, base, p.bold, ink_of(rng, p), "label", underline=rng.choice(("", "line")))
            else:
                side = rng.randint(8, height)
                pen.icon(rng.choice(SMALL_ICONS), x, y + (height - side) / 2, side, ink_of(rng, p), p.ground)
                end = x + side
            x = round(end) + rng.randint(max(4, round(p.at.size * 0.8)), 40)
        y += height + rng.randint(1, 24)
