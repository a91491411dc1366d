"""Editors and development environments: tabs, a file tree, code in colours, squiggles, panels, status bars."""

from __future__ import annotations

import re
from collections.abc import Sequence

from train.data.render.layouts import blocks, chrome
from train.data.render.layouts.context import Context
from train.data.render.layouts.faces import Font
from train.data.render.layouts.pen import Fonts, elide, make_fonts
from train.data.render.layouts.themes import SyntaxTheme, Theme, mix, readable, syntax_theme, ui_theme
from train.data.render.scene import Box, Color, Span, Squiggle
from train.data.world.content import EditorContent, Row, Text

_TOKENS = re.compile(
    r"(?P<comment>#.*|//.*|--\s.*|/\*.*)|(?P<string>\"[^\"]*\"?|'[^']*'?|`[^`]*`?)|(?P<literal>\b\d[\w.]*)|"
    r"(?P<keyword>\b(?:def|class|return|if|else|elif|for|while|in|import|from|as|with|try|except|finally|raise|const|let|var|"
    r"function|async|await|new|public|private|static|void|int|fn|pub|use|mut|impl|struct|enum|match|package|func|type|"
    r"interface|throw|throws|catch|switch|case|break|continue|do|end|then|null|None|True|False|true|false|self|this)\b)|"
    r"(?P<function>\b\w+(?=\())|(?P<type>\b[A-Z]\w+)"
)


def colors_of(text: str, theme: SyntaxTheme) -> tuple[Span, ...]:
    """Spans in the colours of kinds of words."""
    spans = []
    for found in _TOKENS.finditer(text):
        kind = found.lastgroup or "keyword"
        color: Color = getattr(theme, kind)
        spans.append(Span(found.start(), found.end(), color))
    return tuple(spans)


def paint(ctx: Context, content: EditorContent, box: Box) -> None:
    """Draw an editor window into `box`."""
    rng, pen = ctx.rng, ctx.pen
    dark = {"light": False, "dark": True}.get(content.theme, rng.random() < 0.6)
    code = syntax_theme(rng, ctx.pool.split, dark)
    looks = rng.choice((("win11", "macos"), ("gtk",), ("qt",), ("win10", "win7")))
    frame = ui_theme(rng, ctx.pool.split, looks, code.dark)
    shade = mix(code.ground, code.ink, 0.06)
    theme = Theme(
        code.name, "web", code.dark, shade, code.ground, code.ink, readable(code.number, shade, 50), mix(code.ground, code.ink, 0.2),
        rng.choice((frame.accent, code.function)), shade, code.ink, mix(shade, code.ink, 0.1), 3, frame.accent,
    )  # fmt: skip
    size = rng.choice((11, 12, 12, 13, 13, 14))
    fonts = make_fonts(rng, ctx.pool, ctx.mode, size, frame.look, mono_size=size + rng.choice((-1, 0, 0, 1, 2)))
    inner = chrome.window(ctx, frame if rng.random() < 0.5 else theme_as_frame(theme, frame), fonts, box, content.title)
    x0, y0, x1, y1 = inner
    pen.box(*inner, code.ground)
    if content.menus:
        y0 = chrome.menu_bar(ctx, theme, fonts, (x0, y0, x1, y1), content.menus)
    if content.status:
        fill = rng.choice((None, theme.accent, frame.accent, (0, 122, 204)))
        y1 = chrome.status_bar(ctx, theme, fonts, (x0, y0, x1, y1), content.status, fill)
    if rng.random() < 0.6 and x1 - x0 > 600:
        pen.box(x0, y0, x0 + 46, y1, mix(shade, code.ink, 0.08))
        for i, kind in enumerate(("page", "search", "branch", "bug", "grid", "gear")[: max(int((y1 - y0) // 48), 0)]):
            pen.icon(kind, x0 + 13, y0 + 14 + i * 46, 20, readable(code.number, shade))
        x0 += 46
    if content.tree and x1 - x0 > 420:
        x0 = _tree(ctx, theme, fonts, content.tree, (x0, y0, x1, y1))
    panel = content.problems or content.terminal
    if panel and y1 - y0 > 220:
        share = rng.uniform(0.22, 0.45)
        top = y1 - (y1 - y0) * share
        _panel(ctx, theme, code, fonts, content, (x0, round(top), x1, y1))
        y1 = round(top)
    if content.tabs:
        y0 = chrome.tab_strip(
            ctx,
            theme,
            fonts,
            (x0, y0, x1, y1),
            content.tabs,
            rng.randrange(len(content.tabs)),
            mix(shade, code.ink, 0.04),
        )
    _code(ctx, theme, code, fonts.mono, content, (x0, y0, x1, y1))
    if content.toast is not None:
        wide = min(rng.choice((300, 360, 420)), inner[2] - inner[0] - 30)
        blocks.paint(
            ctx,
            theme,
            fonts,
            content.toast,
            blocks.Area(inner[2] - wide - 16, wide, inner[3], theme.window),
            inner[3] - rng.choice((110, 130, 150)),
        )


def theme_as_frame(theme: Theme, frame: Theme) -> Theme:
    """The editor's colours in the shape of a desktop's frame."""
    return Theme(
        theme.name, frame.look, theme.dark, theme.window, theme.surface, theme.text, theme.muted, theme.border, theme.accent,
        theme.title, theme.title_text, theme.button, frame.radius,
    )  # fmt: skip


def _tree(ctx: Context, theme: Theme, fonts: Fonts, entries: Sequence[Text], box: Box) -> float:
    rng, pen = ctx.rng, ctx.pen
    x0, y0, x1, y1 = box
    wide = min(rng.choice((170, 200, 240, 280)), (x1 - x0) * 0.4)
    pen.box(x0, y0, x0 + wide, y1, theme.window)
    pen.box(x0 + wide - 1, y0, x0 + wide, y1, theme.border)
    height = fonts.ui.pitch + rng.choice((2, 4, 6))
    y, chosen = y0 + 8.0, rng.randrange(len(entries))
    for i, entry in enumerate(entries):
        if y + height > y1:
            break
        ground = mix(theme.window, theme.accent, 0.25) if i == chosen else theme.window
        if i == chosen:
            pen.box(x0, y, x0 + wide - 1, y + height, ground)
        text = entry.text.lstrip()
        depth = min((len(entry.text) - len(text)) // 2, 6)
        x = x0 + 10 + depth * 14
        folder = "." not in text
        pen.icon("chevron_down" if folder else "page", x, y + height / 2 - 6, 12, readable(theme.muted, ground))
        pen.text(
            elide(text, fonts.ui, x0 + wide - x - 26),
            x + 18,
            pen.middle(y, y + height, fonts.ui),
            fonts.ui,
            blocks.ink(theme, entry, ground),
            entry.role,
        )
        y += height
    return x0 + wide


def _code(ctx: Context, theme: Theme, code: SyntaxTheme, at: Font, content: EditorContent, box: Box) -> None:
    rng, pen = ctx.rng, ctx.pen
    x0, y0, x1, y1 = box
    before = ctx.clipped(box)
    cell = at.atlas.advance("0") if at.atlas.fractional else round(at.atlas.advance("0"))
    pitch = round(at.pitch * rng.choice((1.0, 1.1, 1.2, 1.35, 1.5)))
    left = x0 + (round(cell * 4) + rng.choice((16, 24, 36)) if content.line_numbers else rng.choice((4, 8)))
    current = rng.randrange(max(len(content.code), 1))
    top = y0 + rng.choice((2, 4, 8))
    for i, row in enumerate(content.code):
        if top + pitch > y1:
            break
        base = round(top + (pitch - at.pitch) / 2 + at.atlas.ascent)
        if i == current and rng.random() < 0.7:
            pen.box(x0, top, x1, top + pitch, code.current)
        if content.line_numbers:
            number = str(content.first_line + i)
            pen.right(number, left - rng.choice((12, 14)), base, at, readable(code.number, code.ground, 30), "other")
        text = row.text.expandtabs(4)
        if text.strip():
            role = blocks.role_of(row)
            end = pen.text(text, left, base, at, code.ink, role, colors_of(text, code), advance=cell)
            if any(p.tone == "error" for p in row.pieces) or (i == current and content.problems and rng.random() < 0.6):
                start = left + (len(text) - len(text.lstrip())) * cell
                wide = min(rng.choice((40, 70, 120)), end - start)
                pen.scene.add(Squiggle(start, start + wide, base + at.atlas.p_bottom, theme.error))
        top += pitch
    if rng.random() < 0.5:
        chrome.scroll_bar(ctx, theme, (x1 - 20, y0, x1, y1))
    pen.clip = before


def _panel(ctx: Context, theme: Theme, code: SyntaxTheme, fonts: Fonts, content: EditorContent, box: Box) -> None:
    rng, pen = ctx.rng, ctx.pen
    x0, y0, x1, y1 = box
    pen.box(*box, code.ground)
    pen.box(x0, y0, x1, y0 + 1, theme.border)
    before = ctx.clipped(box)
    y = y0 + 2.0
    if content.panel_tabs:
        height, x = fonts.small.pitch + 14, x0 + 14.0
        active = rng.randrange(len(content.panel_tabs))
        for i, tab in enumerate(content.panel_tabs):
            color = readable(theme.text if i == active else theme.muted, code.ground)
            end = pen.text(tab.text, x, pen.middle(y, y + height, fonts.small), fonts.small, color, tab.role)
            if i == active:
                pen.box(x, y + height - 3, end, y + height - 1, theme.accent)
            x = end + rng.choice((20, 26, 32))
        y += height
    if content.problems:
        y = _problems(ctx, theme, fonts, content.problems, (x0, y, x1, y1), code.ground)
    if content.terminal:
        area = blocks.Area(x0 + 14, x1 - x0 - 24, y1 - 2, code.ground)
        rows = content.terminal
        fit = int((y1 - y) // fonts.mono.pitch)
        if len(rows) > fit > 0:  # the end of the output is seen, and the message with it
            first = next((i for i, r in enumerate(rows) if any(p.role == "message" for p in r.pieces)), len(rows))
            start = min(len(rows) - fit, first)
            rows = rows[start : start + fit]
        blocks.mono_rows(ctx, theme, fonts.mono, rows, area, y + 2, fonts.mono.pitch)
    pen.clip = before


def _problems(ctx: Context, theme: Theme, fonts: Fonts, rows: Sequence[Row], box: Box, ground: Color) -> float:
    rng, pen = ctx.rng, ctx.pen
    x0, y, x1, y1 = box
    height = fonts.ui.pitch + rng.choice((4, 6, 8))
    for row in rows:
        if y + height > y1 or not row.pieces:
            break
        x = x0 + 16.0
        tone = next((p.tone for p in row.pieces if p.tone in {"error", "warning", "info"}), "error")
        pen.icon(
            {"error": "error", "warning": "warning"}.get(tone, "info"),
            x,
            y + height / 2 - 7,
            14,
            theme.tone(tone),
            ground,
        )
        x += 22
        for i, piece in enumerate(row.pieces):
            color = blocks.ink(theme, piece, ground) if i == 0 else readable(theme.muted, ground)
            text = elide(piece.text, fonts.ui, x1 - x - 10)
            if len(text) < 3 and len(piece.text) > 3:
                break
            x = (
                pen.text(text, x, pen.middle(y, y + height, fonts.ui), fonts.ui, color, piece.role)
                + fonts.ui.size * 1.1
            )
        y += height
    return y
