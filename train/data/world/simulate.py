"""Simulated perception: content laid out by rule of thumb and handed over as a reader would read it, without a pixel."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

import numpy as np

from mmgpt.extractor.page import MAX_LINES, STYLE_WIDTH, Page, row_order
from train.data.world.content import (
    Block,
    BrowserErrorContent,
    ChartContent,
    Content,
    DesktopAppContent,
    DialogContent,
    DocumentContent,
    EditorContent,
    Fields,
    PhotoContent,
    Row,
    TerminalContent,
    Text,
    WebPageContent,
)
from train.data.world.noise import RUBBISH, Profile, corrupt, pick_profile

Colour = tuple[float, float, float]
_TAILS = frozenset("gjpqy,;()[]{}|_@Q$/\\")
_NARROW = frozenset("iljtf.,:;'|![]() I1")
_WIDE = frozenset("mwMWABCDGHKNOQRUVXY@%_")


@dataclass
class SimLine:
    """A line before it is read: what it says, where, how it looks, which fields it shows."""

    text: str
    box: list[float]
    ink: Colour
    ground: Colour
    density: float
    role: str
    message: int = 0  # 1: shows (a part of) the message
    app: bool = False
    confidence: float = 1.0


@dataclass
class Simulated:
    """A page as the extractor gets it, with what is true of it. Line targets are aligned with the page's lines."""

    page: Page
    fields: Fields
    roles: list[str]
    message: list[int]  # 1 where a line shows a part of the message
    app_lines: list[bool]


@dataclass
class _Sheet:
    rng: random.Random
    width: int
    height: int
    dark: bool
    ground: Colour = (1, 1, 1)
    ink: Colour = (0, 0, 0)
    accent: Colour = (0.1, 0.3, 0.8)
    size: float = 14
    lines: list[SimLine] = field(default_factory=list)

    def tone(self, tone: str) -> Colour:
        """The ink of a tone on this sheet."""
        shift = self.rng.uniform(-0.08, 0.08)
        bright = {
            "error": (0.95, 0.35, 0.3),
            "warning": (0.9, 0.7, 0.2),
            "success": (0.3, 0.8, 0.35),
            "info": (0.35, 0.6, 1.0),
            "accent": (0.45, 0.65, 1.0),
            "dim": (0.55, 0.55, 0.55),
        }
        deep = {
            "error": (0.78, 0.1, 0.1),
            "warning": (0.6, 0.4, 0.0),
            "success": (0.1, 0.5, 0.15),
            "info": (0.05, 0.35, 0.75),
            "accent": (0.1, 0.3, 0.75),
            "dim": (0.5, 0.5, 0.5),
        }
        found = (bright if self.dark else deep).get(tone)
        if found is None:
            return self.ink
        return tuple(min(1.0, max(0.0, value + shift)) for value in found)  # type: ignore[return-value]

    def measure(self, text: str, size: float, mono: bool) -> float:
        """Width of a text in pixels."""
        if mono:
            return len(text) * round(size * 0.6)
        narrow = sum(char in _NARROW for char in text)
        wide = sum(char in _WIDE for char in text)
        return size * (0.53 * len(text) - 0.25 * narrow + 0.2 * wide)

    def put(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float | None = None,
        mono: bool = False,
        ink: Colour | None = None,
        ground: Colour | None = None,
        bold: bool = False,
        role: str = "other",
        message: int = 0,
        app: bool = False,
    ) -> float:
        """Put one line with its upper edge of the em box at y; returns its right end."""
        size = size or self.size
        stripped = text.strip()
        advance = self.measure(text, size, mono)
        if not stripped:
            return x + advance
        lead = len(text) - len(text.lstrip())
        x0 = x + self.measure(text[:lead], size, mono)
        top = y + size * (
            0.2 if any(char.isupper() or char in "bdfhklt'\"0123456789()[]{}|/" for char in stripped) else 0.38
        )
        bottom = y + size * (1.12 if any(char in _TAILS for char in stripped) else 0.95)
        x1 = x0 + self.measure(stripped, size, mono)
        self.lines.append(
            SimLine(
                stripped,
                [x0, top, x1, bottom],
                ink or self.ink,
                ground or self.ground,
                (0.28 if bold else 0.2) * self.rng.uniform(0.8, 1.2),
                role,
                message,
                app,
            )
        )
        return x + advance

    def piece(
        self,
        piece: Text,
        x: float,
        y: float,
        room: float,
        *,
        size: float | None = None,
        ink: Colour | None = None,
        ground: Colour | None = None,
        bold: bool = False,
    ) -> float:
        """Put a piece of text, wrapped by words into `room` pixels; returns the y below it."""
        size = size or self.size
        words = piece.text.split(" ")
        current = ""
        made: list[str] = []
        for word in words:
            candidate = f"{current} {word}" if current else word
            if current and self.measure(candidate, size, False) > room:
                made.append(current)
                current = word
            else:
                current = candidate
        made.append(current)
        if ink is None and piece.tone:
            ink = self.tone(piece.tone)
        shows = int(piece.ref == "message")
        for line in made:
            self.put(
                line,
                x,
                y,
                size=size,
                ink=ink,
                ground=ground,
                bold=bold,
                role=piece.role,
                message=shows,
                app=piece.ref == "app",
            )
            y += size * self.rng.choice((1.3, 1.4, 1.5))
        return y


def simulate(content: Content, rng: random.Random, profile: Profile | None = None) -> Simulated:
    """Lay the content out and read it with a reader's habits (by default one drawn by weight)."""
    profile = profile or pick_profile(rng)
    sheet = _sheet(rng, content)
    _lay_out(sheet, content)
    return _read(sheet, content, profile)


def _sheet(rng: random.Random, content: Content) -> _Sheet:
    theme = content.theme
    dark = theme == "dark" or (theme == "any" and rng.random() < 0.4)
    width = rng.choice((640, 800, 960, 1024, 1104, 1280, 1280, 1366, 1440, 1600, 1920))
    height = int(width * rng.choice((0.34, 0.5, 0.56, 0.62, 0.62, 0.75, 1.2)))
    if dark:
        base = rng.uniform(0.0, 0.2)
        ground = _near(rng, base, -0.03, 0.06)
        ink = _near(rng, 0.85, -0.15, 0.15) if rng.random() < 0.3 else (rng.uniform(0.75, 1.0),) * 3
    else:
        base = rng.uniform(0.88, 1.0)
        ground = _near(rng, base, -0.04, 0.03)
        ink = (rng.uniform(0.0, 0.3),) * 3
    size = rng.choice((11, 12, 13, 13, 14, 14, 15, 16, 16, 18, 20, 22))
    return _Sheet(rng, width, height, dark, ground, ink, size=size)


def _near(rng: random.Random, base: float, low: float, high: float) -> Colour:
    red, green, blue = (min(1.0, max(0.0, base + rng.uniform(low, high))) for _ in range(3))
    return red, green, blue


def _random_colour(rng: random.Random) -> Colour:
    return rng.random(), rng.random(), rng.random()


def _mixed(colour: Colour, add: float, factor: float) -> Colour:
    return add + factor * colour[0], add + factor * colour[1], add + factor * colour[2]


def _flags(row: Row) -> tuple[str, int, bool]:
    message = any(piece.ref == "message" for piece in row.pieces)
    role = "message" if message else max(row.pieces, key=lambda piece: len(piece.text)).role if row.pieces else "other"
    if not message and any(piece.role == "command" for piece in row.pieces):
        role = "command"
    return role, int(message), any(piece.ref == "app" for piece in row.pieces)


def _terminal_rows(
    sheet: _Sheet, rows: tuple[Row, ...], x: float, y: float, columns: int, size: float, bottom: float
) -> float:
    for row in rows:
        text = row.text.replace("\t", "        ")
        if y > bottom:
            break
        if text.strip():
            role, message, app = _flags(row)
            tone = next((piece.tone for piece in row.pieces if piece.tone), "")
            for start in range(0, len(text), columns):
                part = text[start : start + columns]
                sheet.put(
                    part,
                    x,
                    y,
                    size=size,
                    mono=True,
                    role=role,
                    message=message,
                    app=app,
                    ink=sheet.tone(tone) if tone and sheet.rng.random() < 0.7 else None,
                    bold=tone == "bold",
                )
                y += size * 1.25 if start + columns < len(text) else 0
        y += size * 1.25
    return y


def _fit_rows(rows: tuple[Row, ...], columns: int, room: int) -> tuple[Row, ...]:
    """The last rows that fit, but never without the message's row."""
    heights = [max(1, -(-len(row.text) // columns)) for row in rows]
    keep = next((index for index, row in enumerate(rows) if any(piece.ref for piece in row.pieces)), len(rows))
    start = len(rows)
    used = 0
    while start > 0 and used + heights[start - 1] <= room:
        start -= 1
        used += heights[start]
    return rows[min(start, keep) :]


def _lay_out(sheet: _Sheet, content: Content) -> None:
    if isinstance(content, TerminalContent):
        _terminal(sheet, content)
    elif isinstance(content, DialogContent):
        _dialog(sheet, content)
    elif isinstance(content, BrowserErrorContent):
        _browser_error(sheet, content)
    elif isinstance(content, WebPageContent):
        _web_page(sheet, content)
    elif isinstance(content, EditorContent):
        _editor(sheet, content)
    elif isinstance(content, DesktopAppContent):
        _desktop_app(sheet, content)
    elif isinstance(content, DocumentContent):
        top = 8.0
        if content.title is not None:
            top = sheet.piece(content.title, sheet.width * 0.3, 4, sheet.width)
        _blocks(sheet, content.blocks, sheet.width * 0.15, top + 20, sheet.width * 0.7)
    elif isinstance(content, ChartContent):
        _chart(sheet, content)
    elif isinstance(content, PhotoContent):
        for piece in content.texts:
            sheet.put(
                piece.text,
                sheet.rng.uniform(0, 0.8) * sheet.width,
                sheet.rng.uniform(0, 0.9) * sheet.height,
                size=sheet.rng.uniform(12, 60),
                ink=_random_colour(sheet.rng),
                ground=_random_colour(sheet.rng),
                role="other",
            )


def _terminal(sheet: _Sheet, content: TerminalContent) -> None:
    rng, size = sheet.rng, sheet.size
    y = rng.choice((2.0, 4.0, 8.0))
    if content.title is not None and rng.random() < 0.7:
        bar = rng.choice(((0.9, 0.9, 0.9), (0.2, 0.2, 0.22), (0.3, 0.3, 0.32), (0.15, 0.3, 0.6)))
        ink = (0.1, 0.1, 0.1) if sum(bar) > 1.5 else (0.9, 0.9, 0.9)
        x = rng.choice((10.0, sheet.width / 2 - sheet.measure(content.title.text, 13, False) / 2))
        sheet.put(
            content.title.text,
            x,
            6,
            size=13,
            ink=ink,
            ground=bar,
            bold=rng.random() < 0.5,
            role="title",
            app=content.title.ref == "app",
        )
        if rng.random() < 0.2:
            x = 8.0
            for label in ("File", "Edit", "View", "Search", "Terminal", "Help"):
                x = sheet.put(label, x, 30, size=13, ink=ink, ground=bar, role="menu") + 14
            y += 22
        y += 28
    if content.tabs:
        x = 12.0
        for tab in content.tabs:
            x = sheet.put(tab.text, x, y, size=12, role="tab") + rng.choice((30, 60))
        y += 24
    columns = max(30, int((sheet.width - 10) / round(size * 0.6) * (0.55 if content.panes else 1)))
    if rng.random() < 0.25:
        columns = min(columns, 80)
    room = max(4, int((sheet.height - y) / (size * 1.25)))
    left = rng.choice((2.0, 4.0, 10.0))
    rows = _fit_rows(content.rows, columns, room)
    end = _terminal_rows(sheet, rows, left, y, columns, size, 1e9)
    if content.panes:
        _terminal_rows(
            sheet, content.panes[0][-room:], left + (columns + 2) * round(size * 0.6), y, columns, size, sheet.height
        )
    sheet.height = max(int(end) + 6, sheet.height if rng.random() < 0.6 else 0)
    x = 4.0
    for piece in content.status:
        x = (
            sheet.put(
                piece.text,
                x,
                sheet.height - size * 1.3,
                size=size,
                mono=True,
                ground=(0.1, 0.5, 0.15),
                ink=(0, 0, 0),
                role="status",
            )
            + 200
        )


def _dialog(sheet: _Sheet, content: DialogContent) -> None:
    rng = sheet.rng
    wide = rng.uniform(300, 620)
    mobile = content.style == "mobile"
    over = content.backdrop is not None
    if over and content.backdrop is not None:
        _lay_out(sheet, content.backdrop)
        for line in sheet.lines:
            line.message, line.app = 0, False
    else:
        sheet.width = int(wide + rng.choice((0, 0, 20, 80, 400)))
        sheet.lines.clear()
    if rng.random() < 0.5 and over:
        sheet.dark = not sheet.dark
        sheet.ground, sheet.ink = ((0.15,) * 3, (0.92,) * 3) if sheet.dark else ((0.95,) * 3, (0.1,) * 3)
    left = max(0.0, (sheet.width - wide) / 2) if over or rng.random() < 0.6 else 0.0
    top = rng.uniform(0.1, 0.4) * sheet.height if over else rng.choice((0.0, 0.0, 40.0, 120.0))
    before = len(sheet.lines)
    y = top + 6
    pad = rng.choice((12, 20, 28, 60))
    centred = content.style in ("macos", "gtk", "mobile") and rng.random() < 0.6
    if content.title is not None and not mobile:
        bar = (
            sheet.ground if rng.random() < 0.6 else rng.choice(((0.0, 0.35, 0.7), (0.2, 0.2, 0.2), (0.85, 0.85, 0.88)))
        )
        ink = None if bar == sheet.ground else ((1, 1, 1) if sum(bar) < 1.6 else (0.1, 0.1, 0.1))
        x = left + (
            10 if content.style in ("windows", "java") else wide / 2 - sheet.measure(content.title.text, 13, False) / 2
        )
        sheet.put(
            content.title.text,
            x,
            y,
            size=13,
            ink=ink,
            ground=bar,
            bold=rng.random() < 0.3,
            role="title",
            app=content.title.ref == "app",
        )
        y += 34
    y += 10
    size = sheet.size
    for index, piece in enumerate(([content.heading] if content.heading else []) + list(content.body)):
        big = index == 0 and content.heading is not None
        scale = rng.choice((1.0, 1.1, 1.3)) if big else 1.0
        room = wide - 2 * pad
        x = left + pad
        if centred:
            x = max(x, left + wide / 2 - sheet.measure(piece.text, size * scale, False) / 2)
        y = sheet.piece(piece, x, y, room, size=size * scale, bold=big and rng.random() < 0.7)
        y += size * rng.choice((0.3, 0.6, 1.0))
    for row in content.details:
        sheet.put(row.text, left + pad, y, size=size * 0.9, mono=True, role="trace")
        y += size * 1.3
    if content.checkbox is not None:
        y = sheet.piece(content.checkbox, left + pad + 20, y, wide) + 4
    y += 14
    x = (
        left + wide - pad - sum(sheet.measure(b.text, size, False) + 40 for b in content.buttons)
        if not centred
        else left + wide / 2 - 60 * len(content.buttons) / 2
    )
    for button in content.buttons:
        ground = sheet.ground if rng.random() < 0.6 else (0.1, 0.4, 0.85)
        x = (
            sheet.put(
                button.text,
                max(x, left + 6),
                y,
                size=size,
                ground=ground,
                ink=(1, 1, 1) if ground[2] == 0.85 else None,
                role="button",
            )
            + 40
        )
        if x > left + wide and rng.random() < 0.5:
            y, x = y + 30, left + pad
    y += 34
    if over:  # what the box covers is not seen
        box = (left - 4, top - 4, left + wide + 4, y + 4)
        sheet.lines = [line for index, line in enumerate(sheet.lines) if index >= before or not _overlap(line.box, box)]
        for line in sheet.lines[:before]:
            if line.box[1] > top and line.box[3] < y and line.box[0] < left < line.box[2]:
                line.text = line.text[
                    : max(1, int(len(line.text) * (left - line.box[0]) / max(1.0, line.box[2] - line.box[0])))
                ]
    sheet.height = max(int(y) + 6, sheet.height if over or rng.random() < 0.3 else 0)


def _overlap(box: list[float], other: tuple[float, float, float, float]) -> bool:
    return (
        box[0] >= other[0] - 10 and box[1] < other[3] and box[3] > other[1] and box[0] < other[2] and box[2] > other[0]
    )


def _chrome(sheet: _Sheet, title: Text, url: Text, tabs: tuple[Text, ...], app: str) -> float:
    rng = sheet.rng
    bar: Colour = (0.87, 0.88, 0.9) if not sheet.dark else (0.13, 0.13, 0.15)
    ink: Colour = (0.15, 0.15, 0.15) if not sheet.dark else (0.9, 0.9, 0.9)
    x = rng.choice((40.0, 90.0))
    entries = [title, *tabs]
    rng.shuffle(entries)
    room = min(230.0, (sheet.width - 150) / max(1, len(entries)))
    for entry in entries:
        text = entry.text
        while len(text) > 4 and sheet.measure(text, 12, False) > room - 40:
            text = text[:-1]
        if rng.random() < 0.08:
            text = f"{text} - {app}"
        sheet.put(
            text,
            x,
            8,
            size=12,
            ink=ink,
            ground=bar,
            role="tab" if entry is not title else "title",
            app=entry.ref == "app",
        )
        x += room
    sheet.put(
        url.text if rng.random() < 0.4 else url.text.split("://", 1)[-1],
        rng.choice((120.0, 160.0)),
        40,
        size=14,
        ink=ink,
        ground=bar,
        role="url",
    )
    if rng.random() < 0.2:
        sheet.put("Not secure", 90, 40, size=13, ink=ink, ground=bar, role="label")
    return 76.0


def _browser_error(sheet: _Sheet, content: BrowserErrorContent) -> None:
    rng = sheet.rng
    y = _chrome(sheet, content.title, content.url, content.tabs, content.app) if rng.random() < 0.6 else 0.0
    size = rng.choice((14, 15, 16))
    left = rng.choice((0.12, 0.2, 0.25, 0.3)) * sheet.width
    room = min(620.0, sheet.width - left - 20)
    y += rng.uniform(40, 160)
    ink = rng.choice((sheet.ink, (0.37, 0.39, 0.41) if not sheet.dark else sheet.ink))
    y = sheet.piece(content.heading, left, y, room, size=size * rng.choice((1.5, 1.6, 2.0)), ink=ink) + 12
    for paragraph in content.paragraphs:
        y = sheet.piece(paragraph, left, y, room, size=size, ink=ink) + 8
    for item in content.items:
        y = sheet.piece(item, left + 24, y, room, size=size, ink=ink) + 4
    if content.code is not None:
        y = sheet.piece(content.code, left, y + 6, room, size=size * 0.8, ink=(0.55, 0.57, 0.6)) + 20
    x = left + (room * 0.6 if rng.random() < 0.5 else 0)
    for button in content.buttons:
        x = sheet.put(button.text, x, y, size=size * 0.9, ink=(1, 1, 1), ground=(0.1, 0.45, 0.9), role="button") + 50


def _block_height(rng: random.Random) -> float:
    return rng.choice((6.0, 10.0, 18.0, 26.0))


def _blocks(sheet: _Sheet, blocks: tuple[Block, ...], left: float, y: float, room: float) -> float:
    rng, size = sheet.rng, sheet.size
    for block in blocks:
        if y > 2.2 * sheet.height and not any(piece.ref == "message" for row in block.rows for piece in row.pieces):
            continue
        ground: Colour | None = None
        ink: Colour | None = None
        if block.tone in ("error", "warning", "success", "info") and rng.random() < 0.7:
            strong = {
                "error": (0.8, 0.15, 0.15),
                "warning": (0.95, 0.75, 0.2),
                "success": (0.15, 0.6, 0.3),
                "info": (0.15, 0.4, 0.8),
            }[block.tone]
            if rng.random() < 0.5:
                ground, ink = strong, (1, 1, 1)
            else:
                ground = _mixed(strong, 0.1, 0.2) if sheet.dark else _mixed(strong, 0.85, 0.14)
                ink = _mixed(strong, 0.0, 0.6) if rng.random() < 0.5 and not sheet.dark else None
        if block.kind == "heading":
            for row in block.rows:
                scale = rng.choice((1.2, 1.5, 1.8, 2.2))
                for piece in row.pieces:
                    y = sheet.piece(piece, left, y, room, size=size * scale, bold=rng.random() < 0.6)
        elif block.kind in ("nav", "buttons"):
            x = left
            bar: Colour | None = rng.choice((None, (0.15, 0.2, 0.3), (0.1, 0.1, 0.1))) if block.kind == "nav" else None
            for row in block.rows:
                for piece in row.pieces:
                    x = sheet.put(
                        piece.text,
                        x,
                        y,
                        ground=bar,
                        ink=(1, 1, 1) if bar else None,
                        bold=piece.role == "app_name",
                        role=piece.role,
                        app=piece.ref == "app",
                    ) + rng.choice((16, 24, 40))
            y += size * 2
        elif block.kind in ("table", "form", "stats", "chat"):
            columns = max(len(row.pieces) for row in block.rows)
            step = room / max(columns, 1) * rng.uniform(0.6, 1.0)
            stacked = block.kind in ("form", "stats") and rng.random() < 0.5
            for row in block.rows:
                if stacked or (block.kind == "chat" and rng.random() < 0.3):
                    for piece in row.pieces:
                        y = sheet.piece(piece, left, y, room)
                else:
                    lowest = y
                    for index, piece in enumerate(row.pieces):
                        if piece.ref == "message":
                            lowest = sheet.piece(piece, left + step * min(index, 1), lowest + size * 1.4, room)
                        else:
                            sheet.put(
                                piece.text,
                                left + index * step,
                                y,
                                role=piece.role,
                                bold=piece.tone == "bold",
                                app=piece.ref == "app",
                            )
                    y = max(lowest, y) + size * 1.5
        elif block.kind in ("code", "log"):
            for row in block.rows:
                role, message, app = _flags(row)
                sheet.put(row.text, left, y, size=size * 0.9, mono=True, role=role, message=message, app=app)
                y += size * 1.3
        elif block.kind == "toast":
            wide = min(360.0, sheet.width * 0.4)
            x = rng.choice((sheet.width - wide - 20, sheet.width - wide - 20, 20.0, sheet.width / 2 - wide / 2))
            top = rng.choice((60.0, 90.0, sheet.height - 120.0, sheet.height - 160.0))
            start = len(sheet.lines)
            end = top
            for row in block.rows:
                for piece in row.pieces:
                    end = sheet.piece(piece, x, end, wide, ground=ground, ink=ink)
            own = sheet.lines[start:]
            box = (x - 12, top - 8, x + wide + 12, end + 8)
            sheet.lines = [
                line
                for line in sheet.lines[:start]
                if line.message
                or not (line.box[0] < box[2] and line.box[2] > box[0] and line.box[1] < box[3] and line.box[3] > box[1])
            ] + own
            continue
        else:
            for row in block.rows:
                for piece in row.pieces:
                    y = sheet.piece(
                        piece, left, y, room, ground=ground, ink=ink or (sheet.tone(piece.tone) if piece.tone else None)
                    )
                y += size * rng.choice((0.0, 0.3, 0.8)) if block.kind in ("paragraph", "card") else 0
        y += _block_height(rng)
    return y


def _web_page(sheet: _Sheet, content: WebPageContent) -> None:
    y = _chrome(sheet, content.title, content.url, content.tabs, content.app) if content.chrome else 0.0
    y += sheet.rng.choice((4.0, 12.0, 24.0))
    left = sheet.rng.choice((8.0, 16.0, 0.1 * sheet.width, 0.2 * sheet.width))
    room = sheet.width - 2 * left
    blocks = list(content.blocks)
    if content.layout == "centre" and sheet.rng.random() < 0.7:
        y += sheet.rng.uniform(0, 0.3) * sheet.height
        left = sheet.rng.uniform(0.25, 0.45) * sheet.width
        room = sheet.width - left - 20
    side = [block for block in blocks if block.kind == "sidebar"]
    if side:
        blocks = [block for block in blocks if block.kind != "sidebar"]
        top = y + 40
        for row in side[0].rows:
            sheet.put(row.text, 12, top, role="item")
            top += sheet.size * 2
        left, room = max(left, 200.0), sheet.width - 220.0
    _blocks(sheet, tuple(blocks), left, y, room)


def _editor(sheet: _Sheet, content: EditorContent) -> None:
    rng = sheet.rng
    sheet.width = max(sheet.width, 960)
    size = rng.choice((12, 13, 14, 15))
    y = 6.0
    x = 8.0
    for piece in content.menus:
        x = sheet.put(piece.text, x, y, size=12, role="menu") + 12
    sheet.put(
        content.title.text,
        max(x + 20, sheet.width / 2 - 100) if content.menus and rng.random() < 0.6 else sheet.width / 2 - 120,
        y,
        size=12,
        role="title",
        app=content.title.ref == "app",
    )
    y += 28
    left = 0.0
    if content.tree:
        top = y
        for piece in content.tree:
            sheet.put(piece.text, rng.choice((14.0, 26.0, 38.0)), top, size=12, role="item")
            top += 22
        left = rng.choice((200.0, 240.0, 280.0))
    x = left + 14
    for tab in content.tabs:
        x = sheet.put(tab.text, x, y, size=12, role="tab") + 36
    y += 30
    panel_rows = len(content.problems) + min(len(content.terminal), 24)
    panel_top = sheet.height - 30 - (panel_rows * size * 1.5 + 34 if panel_rows else 0)
    gutter = 44 if content.line_numbers else 8
    for index, row in enumerate(content.code):
        if y > panel_top - size:
            break
        if content.line_numbers:
            sheet.put(
                str(content.first_line + index),
                left + gutter - 18 - 8 * len(str(content.first_line + index)),
                y,
                size=size,
                mono=True,
                ink=sheet.tone("dim"),
                role="other",
            )
        if row.pieces:
            role, message, app = _flags(row)
            sheet.put(
                row.text,
                left + gutter,
                y,
                size=size,
                mono=True,
                ink=sheet.tone(rng.choice(("", "", "accent", "success"))) if rng.random() < 0.5 else None,
                role=role,
                message=message,
                app=app,
            )
        y += size * 1.4
    y = max(y, panel_top)
    if content.panel_tabs:
        x = left + 12
        for piece in content.panel_tabs:
            x = sheet.put(piece.text, x, y, size=11, role="tab") + 24
        y += 28
    for row in content.problems:
        if sum(len(piece.text) for piece in row.pieces) > 150 or rng.random() < 0.5:
            x = left + 40
            for piece in row.pieces:
                x = sheet.put(
                    piece.text,
                    x,
                    y,
                    size=size,
                    role=piece.role,
                    message=int(piece.ref == "message"),
                    ink=sheet.tone("dim") if piece.role == "label" else None,
                ) + rng.choice((6.0, 10.0, 60.0))
        else:
            sheet.put(
                "  ".join(piece.text for piece in row.pieces),
                left + 40,
                y,
                size=size,
                role=_flags(row)[0],
                message=_flags(row)[1],
            )
        y += size * 1.6
    if content.terminal:
        columns = max(40, int((sheet.width - left - 30) / round(size * 0.6)))
        y = _terminal_rows(sheet, content.terminal, left + 16, y, columns, size, 1e9)
    sheet.height = max(sheet.height, int(y) + 30)
    if content.toast is not None:
        saved = sheet.size
        sheet.size = 13
        _blocks(sheet, (content.toast,), left, y, 360)
        sheet.size = saved
    x = 10.0
    for piece in content.status:
        x = sheet.put(
            piece.text,
            x,
            sheet.height - 20,
            size=12,
            ink=(1, 1, 1) if rng.random() < 0.5 else None,
            ground=(0.0, 0.45, 0.8) if rng.random() < 0.4 else None,
            role="status",
        ) + rng.choice((16, 30, 80))


def _desktop_app(sheet: _Sheet, content: DesktopAppContent) -> None:
    rng = sheet.rng
    if content.style == "mobile":
        sheet.width, sheet.height = 400, 800
    y = 6.0
    sheet.put(
        content.title.text,
        rng.choice((12.0, sheet.width / 2 - sheet.measure(content.title.text, 13, False) / 2)),
        y,
        size=13,
        bold=rng.random() < 0.5,
        role="title",
        app=content.title.ref == "app",
    )
    y += 30
    for bar, role in ((content.menus, "menu"), (content.toolbar, "button")):
        x = 10.0
        for piece in bar:
            x = sheet.put(piece.text, x, y, size=13, role=role) + 16
        y += 26 if bar else 0
    if content.banner is not None:
        y = _blocks(sheet, (content.banner,), 14, y, sheet.width - 40)
    left = 14.0
    if content.sidebar and content.style != "mobile":
        top = y
        for piece in content.sidebar:
            sheet.put(piece.text, 16, top, role="item")
            top += sheet.size * 2
        left = 200.0
    centre = len(content.blocks) == 1 and content.blocks[0].kind == "card"
    if centre:
        y += rng.uniform(0, 0.3) * sheet.height
        left = max(left, rng.uniform(0.2, 0.4) * sheet.width)
    y = _blocks(sheet, content.blocks, left, y + 8, sheet.width - left - 16)
    sheet.height = max(sheet.height, int(y) + 30) if rng.random() < 0.7 else int(y) + 30
    x = 8.0
    for piece in content.status:
        x = (
            sheet.put(
                piece.text,
                x,
                sheet.height - 20,
                size=12,
                role=piece.role,
                message=int(piece.ref == "message"),
                app=False,
            )
            + 60
        )


def _chart(sheet: _Sheet, content: ChartContent) -> None:
    width, height = sheet.width, sheet.height
    if content.title is not None:
        sheet.put(content.title.text, width / 2 - 100, 10, size=sheet.size * 1.2, role="title")
    for index, tick in enumerate(content.x_ticks):
        sheet.put(
            tick.text, 80 + index * (width - 120) / max(1, len(content.x_ticks)), height - 50, size=12, role="value"
        )
    for index, tick in enumerate(content.y_ticks):
        sheet.put(
            tick.text, 20, height - 70 - index * (height - 120) / max(1, len(content.y_ticks)), size=12, role="value"
        )
    if content.x_label is not None:
        sheet.put(content.x_label.text, width / 2, height - 24, role="label")
    if content.y_label is not None and sheet.rng.random() < 0.6:
        sheet.put(content.y_label.text, 4, 30, role="label")
    for index, entry in enumerate(content.legend):
        sheet.put(entry.text, width - 130, 50 + 20 * index, size=12, role="label")


def _read(sheet: _Sheet, content: Content, profile: Profile) -> Simulated:
    rng = sheet.rng
    lines = [
        line
        for line in sheet.lines
        if line.box[0] < sheet.width - 4 and (line.box[1] < sheet.height - 2 or line.message)
    ]
    bottom = max([line.box[3] for line in lines if line.message] + [0.0])
    sheet.height = max(sheet.height, int(bottom) + 4)
    for line in lines:
        if line.box[2] > sheet.width:  # what runs out of the window is cut off
            if line.message:
                sheet.width = int(line.box[2]) + 6
            else:
                share = (sheet.width - line.box[0]) / (line.box[2] - line.box[0])
                line.text, line.box[2] = line.text[: max(1, int(len(line.text) * share))], float(sheet.width)
    lines = _merged(rng, _split(rng, lines, profile), profile)
    read: list[SimLine] = []
    for line in lines:
        faint = max(abs(a - b) for a, b in zip(line.ink, line.ground, strict=True)) < 0.25
        if rng.random() < profile.drop * (4 if faint or len(line.text) < 3 else 1) and not (
            line.message and rng.random() < 0.7
        ):
            continue
        text, line.confidence = corrupt(rng, line.text, profile)
        if not text.strip():
            continue
        line.text = text
        jitter = 0.06 * (line.box[3] - line.box[1]) if profile.name != "exact" else 0.0
        line.box = [
            value + rng.uniform(-jitter, jitter) * (1 if index != 2 else 2) for index, value in enumerate(line.box)
        ]
        read.append(line)
    for _ in range(sum(rng.random() < profile.rubbish for _ in range(len(read) + 4))):
        x, y, size = rng.uniform(0, sheet.width - 30), rng.uniform(0, sheet.height - 20), rng.uniform(6, 30)
        read.append(
            SimLine(
                rng.choice(RUBBISH),
                [x, y, x + size * rng.uniform(0.5, 2), y + size],
                sheet.ink,
                sheet.ground,
                rng.uniform(0.1, 0.6),
                "other",
                confidence=rng.uniform(0.1, 0.8),
            )
        )
    if len(read) > MAX_LINES:
        read = sorted(read, key=lambda line: (not line.message, not line.app, rng.random()))[:MAX_LINES]
    boxes = np.array([line.box for line in read], dtype=np.float32).reshape(-1, 4)
    order = row_order(boxes)
    read = [read[index] for index in order]
    styles = np.array([_style(rng, line) for line in read], dtype=np.float32).reshape(-1, STYLE_WIDTH)
    ground = sheet.ground if rng.random() < 0.85 else (rng.random(), rng.random(), rng.random())
    page = Page(
        tuple(line.text for line in read),
        boxes[order],
        np.array([line.confidence for line in read], dtype=np.float32),
        styles,
        np.arange(len(read)),
        (max(sheet.width, 60), max(sheet.height, 40)),
        ground,
    )
    return Simulated(
        page, content.fields, [line.role for line in read], [line.message for line in read], [line.app for line in read]
    )


def _style(rng: random.Random, line: SimLine) -> list[float]:
    blur = rng.uniform(0.0, 0.25)  # thin strokes take some of the ground's colour
    ink = [a * (1 - blur) + b * blur + rng.uniform(-0.02, 0.02) for a, b in zip(line.ink, line.ground, strict=True)]
    contrast = max(abs(a - b) for a, b in zip(ink, line.ground, strict=True))
    return [*(min(1.0, max(0.0, value)) for value in ink), *line.ground, line.density, contrast]


def _split(rng: random.Random, lines: list[SimLine], profile: Profile) -> list[SimLine]:
    """Readers part a line at wide gaps."""
    made: list[SimLine] = []
    for line in lines:
        gap = re.search(r"\S(\s{3,})\S", line.text)
        if gap is None or rng.random() > profile.split:
            made.append(line)
            continue
        share = (line.box[2] - line.box[0]) / max(1, len(line.text))
        for start, end in ((0, gap.start(1)), (gap.end(1), len(line.text))):
            box = [line.box[0] + start * share, line.box[1], line.box[0] + end * share, line.box[3]]
            made.append(
                SimLine(
                    line.text[start:end].strip(),
                    box,
                    line.ink,
                    line.ground,
                    line.density,
                    line.role,
                    line.message,
                    line.app,
                )
            )
    return made


def _merged(rng: random.Random, lines: list[SimLine], profile: Profile) -> list[SimLine]:
    """Readers join neighbours in one row: with a small gap nearly always, with a wide one as they are used to."""
    boxes = np.array([line.box for line in lines], dtype=np.float32).reshape(-1, 4)
    made: list[SimLine] = []
    for index in row_order(boxes):
        line = lines[index]
        last = made[-1] if made else None
        if last is not None:
            height = max(line.box[3] - line.box[1], 4.0)
            level = abs(line.box[1] + line.box[3] - last.box[1] - last.box[3]) < height
            gap = line.box[0] - last.box[2]
            reach = 1.0 if profile.name != "tesseract" else 2.5
            chance = 0.8 if -0.2 * height < gap < 0.6 * height else profile.merge if 0 <= gap < reach * height else 0.0
            both = (last.message and line.message) or not (last.message or line.message) or chance == 0.8
            if level and both and rng.random() < chance:
                last.text = f"{last.text} {line.text}"
                last.box = [last.box[0], min(last.box[1], line.box[1]), line.box[2], max(last.box[3], line.box[3])]
                if line.message:
                    last.role, last.message = line.role, line.message
                last.app = last.app or line.app
                continue
        made.append(line)
    return made
