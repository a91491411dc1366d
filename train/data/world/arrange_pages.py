"""Where the blocks of pages, windows and documents stand."""

from __future__ import annotations

import random

from train.data.world.content import (
    Block,
    BrowserErrorContent,
    ChartContent,
    DesktopAppContent,
    Text,
    WebPageContent,
)
from train.data.world.sheet import Colour, Sheet, mixed_colour, row_flags


def _chrome(sheet: Sheet, title: Text, url: Text, tabs: tuple[Text, ...], app: str) -> float:
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


def put_browser_error(sheet: Sheet, content: BrowserErrorContent) -> None:
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


def put_blocks(sheet: Sheet, blocks: tuple[Block, ...], left: float, y: float, room: float) -> float:
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
                ground = mixed_colour(strong, 0.1, 0.2) if sheet.dark else mixed_colour(strong, 0.85, 0.14)
                ink = mixed_colour(strong, 0.0, 0.6) if rng.random() < 0.5 and not sheet.dark else None
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
                role, message, app = row_flags(row)
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


def put_web_page(sheet: Sheet, content: WebPageContent) -> None:
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
    put_blocks(sheet, tuple(blocks), left, y, room)


def put_desktop_app(sheet: Sheet, content: DesktopAppContent) -> None:
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
        y = put_blocks(sheet, (content.banner,), 14, y, sheet.width - 40)
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
    y = put_blocks(sheet, content.blocks, left, y + 8, sheet.width - left - 16)
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


def put_chart(sheet: Sheet, content: ChartContent) -> None:
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
