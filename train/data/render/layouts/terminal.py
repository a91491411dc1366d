"""Terminal windows: rows of cells, wrapped at the last column, in panes, with or without a frame."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from train.data.render.layouts import chrome
from train.data.render.layouts.context import Context
from train.data.render.layouts.faces import Font
from train.data.render.layouts.pen import row_role
from train.data.render.layouts.themes import TerminalTheme, Theme, mix, on, readable, terminal_theme, ui_theme
from train.data.render.scene import Box, Color, Span
from train.data.world.content import Row, TerminalContent, Text

_FRAMES = {
    "xterm": ("motif", "qt", "gtk", "win95"),
    "GNOME Terminal": ("gtk",),
    "Konsole": ("qt",),
    "Windows Terminal": ("win11", "win10"),
    "cmd": ("win10", "win7", "win11"),
    "PowerShell": ("win10", "win11"),
    "Terminal": ("macos", "gtk"),
}
_ROLE_TONE = {"prompt": "success", "comment": "dim"}


def paint(ctx: Context, content: TerminalContent, box: Box) -> None:
    """Draw a terminal window into `box`."""
    rng = ctx.rng
    looks = next((looks for name, looks in _FRAMES.items() if name.lower() in content.app.lower()), ())
    dark = {"light": False, "dark": True}.get(content.theme, rng.random() < 0.75)
    colors = terminal_theme(rng, ctx.pool.split, dark)
    frame = ui_theme(rng, ctx.pool.split, (rng.choice(looks),) if looks else (), rng.random() < 0.5)
    inner = box
    bare = content.app.lower() in {"console", "tty"} or (content.title is None and not content.tabs)
    if bare:
        ctx.pen.box(*box, colors.ground, occludes=True)
    else:
        fonts = ctx.fonts(frame)
        inner = chrome.window(ctx, frame, fonts, box, content.title)
        if content.tabs:
            tabs = list(content.tabs)
            inner = (
                inner[0],
                chrome.tab_strip(ctx, frame, fonts, inner, tabs, rng.randrange(len(tabs))),
                inner[2],
                inner[3],
            )
    family = ctx.pool.family(rng, "mono")
    size = rng.choices((9, 10, 11, 12, 13, 14, 15, 16, 18, 20), (3, 6, 12, 18, 22, 16, 10, 8, 4, 2))[0]
    at, bold = ctx.pool.font(family.regular, size, ctx.mode), ctx.pool.font(family.bold, size, ctx.mode)
    ctx.pen.box(*inner, colors.ground)
    if not bare and rng.random() < 0.35:
        inner = (inner[0], inner[1], chrome.scroll_bar(ctx, frame, inner), inner[3])
    if content.status:
        inner = (*inner[:3], _bar(ctx, colors, at, inner, content.status))
    areas = _areas(ctx, colors, frame, inner, len(content.panes))
    styled = rng.random() < 0.8  # whether the shell colours its prompt, and tools their messages
    for area, rows in zip(areas, (content.rows, *content.panes), strict=True):
        _grid(ctx, colors, at, bold, area, rows, styled)


def _bar(ctx: Context, colors: TerminalTheme, at: Font, box: Box, parts: Sequence[Text]) -> float:
    ground = ctx.rng.choice((colors.colors[2], colors.ink, colors.colors[4], mix(colors.ground, colors.ink, 0.25)))
    top = box[3] - at.pitch
    ctx.pen.box(box[0], top, box[2], box[3], ground)
    base, x = ctx.pen.middle(top, box[3], at), box[0] + 2
    for i, part in enumerate(parts):
        if i == len(parts) - 1 and i > 0 and box[2] - at.width(part.text) > x + 20:
            ctx.pen.right(part.text, box[2] - 2, base, at, on(ground), part.role)
        elif x + at.width(part.text) < box[2]:
            x = ctx.pen.text(part.text, x, base, at, on(ground), part.role) + 2.2 * at.size
    return top


def _areas(ctx: Context, colors: TerminalTheme, frame: Theme, box: Box, extra: int) -> list[Box]:
    """The panes: the main one first."""
    x0, y0, x1, y1 = box
    if extra == 0:
        return [box]
    rule = mix(colors.ground, colors.ink, 0.4)
    rest: list[Box] = []
    if x1 - x0 > 900 and ctx.rng.random() < 0.6:
        at = round(x0 + (x1 - x0) * ctx.rng.uniform(0.5, 0.65))
        ctx.pen.box(at, y0, at + 1, y1, rule)
        step = (y1 - y0) / extra
        rest = [(at + 4, y0 + i * step, x1, y0 + (i + 1) * step - 2) for i in range(extra)]
        return [(x0, y0, at - 2, y1), *rest]
    at = round(y0 + (y1 - y0) * ctx.rng.uniform(0.5, 0.7))
    ctx.pen.box(x0, at, x1, at + 1, rule)
    step = (x1 - x0) / extra
    rest = [(x0 + i * step, at + 3, x0 + (i + 1) * step - 6, y1) for i in range(extra)]
    return [(x0, y0, x1, at - 1), *rest]


def cells(row: Row) -> tuple[str, list[str], list[str]]:
    """Text of a row with tabs expanded, and the role and tone of each character."""
    text, roles, tones = "", [], []
    for piece in row.pieces:
        for char in piece.text:
            count = 8 - len(text) % 8 if char == "\t" else 1
            text += " " * count if char == "\t" else char
            roles += [piece.role] * count
            tones += [piece.tone or ""] * count
    return text, roles, tones


def is_wide(text: str) -> bool:
    """Whether any character takes two cells of a terminal (Unicode's East Asian width)."""
    return not text.isascii() and any(unicodedata.east_asian_width(char) in "WF" for char in text)


def _wrapped(text: str, columns: int) -> list[tuple[int, int]]:
    """Where the rows of a text begin and end that a terminal of so many cells cuts."""
    if not is_wide(text):
        return [(start, start + columns) for start in range(0, max(len(text), 1), columns)]
    rows, start, used = [], 0, 0
    for index, char in enumerate(text):
        cells_ = 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if used + cells_ > columns:
            rows.append((start, index))
            start, used = index, 0
        used += cells_
    return [*rows, (start, len(text))]


def _grid(
    ctx: Context, colors: TerminalTheme, at: Font, bold: Font, box: Box, rows: Sequence[Row], styled: bool
) -> None:
    rng, pen = ctx.rng, ctx.pen
    x0, y0, x1, y1 = box
    pad = rng.choice((1, 2, 2, 3, 5, 8, 12))
    cell = max(round(at.atlas.advance("0")), 3)
    spread = rng.choice((-1, 0, 0, 0, 0, 1, 2, 3))
    pitch = max(round(at.atlas.line_height) + spread, round(at.atlas.d_top + at.atlas.p_bottom) + 1)
    columns = max(int((x1 - x0 - 2 * pad) // cell), 10)
    fit = max(int((y1 - y0 - 2 * pad) // pitch), 1)
    visual: list[tuple[str, list[str], list[str], int]] = []
    for row in rows:
        text, roles, tones = cells(row)
        element = pen.element()
        for start, end in _wrapped(text, columns):
            visual.append((text[start:end], roles[start:end], tones[start:end], element))
    if len(visual) > fit:
        first = next((i for i, v in enumerate(visual) if "message" in v[1]), len(visual))
        start = min(len(visual) - fit, max(first - rng.randint(0, 2), 0))
        visual = visual[start : start + fit]
    before = ctx.clipped(box)
    # A bold face must stand in the same cells.
    same = bold.face is not at.face and round(bold.atlas.advance("0")) == cell and bold.size == at.size
    baseline = y0 + pad + at.atlas.ascent + max(spread, 0) // 2
    for text, roles, tones, element in visual:
        if text.strip():
            spans = _spans(colors, roles, tones, bold if same else None, styled)
            role = row_role((r, roles.count(r)) for r in dict.fromkeys(roles))
            if is_wide(text):  # a cell and two cells are how wide such faces' own letters are
                pen.text(text, x0 + pad, round(baseline), at, colors.ink, role, spans, element=element)
            else:
                pen.text(text, x0 + pad, round(baseline), at, colors.ink, role, spans, advance=cell, element=element)
        baseline += pitch
    last = visual[-1][0] if visual and visual[-1][1][-1:] in (["prompt"], ["command"]) else ""
    row_y = baseline - at.atlas.ascent - (pitch if last else 0)
    if row_y + pitch < y1:
        left = x0 + pad + len(last) * cell
        hollow = rng.random() < 0.3
        pen.box(
            left,
            row_y,
            left + (cell if rng.random() < 0.7 else 2),
            row_y + pitch,
            None if hollow else colors.cursor,
            border=colors.cursor,
        )
    pen.clip = before


def _spans(
    colors: TerminalTheme, roles: list[str], tones: list[str], bold: Font | None, styled: bool
) -> tuple[Span, ...]:
    spans: list[Span] = []
    start = 0
    for i in range(1, len(roles) + 1):
        if i < len(roles) and roles[i] == roles[start] and tones[i] == tones[start]:
            continue
        tone = tones[start] or (_ROLE_TONE.get(roles[start], "") if styled else "")
        ground: Color | None = None
        ink: Color | None = None
        face = None
        if tone == "inverse":
            ground, ink = colors.ink, colors.ground
        elif tone == "bold":
            face = bold.face if bold else None
        elif tone:
            ink = readable(colors.tone(tone), colors.ground)
            face = bold.face if bold and tone in {"error", "success"} and styled else None
        if ink is not None or face is not None:
            spans.append(Span(start, i, ink, ground, face))
        start = i
    return tuple(spans)
