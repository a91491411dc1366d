"""Where everything on a screen stands: terminals, dialogs, editors, and all other content."""

from __future__ import annotations

from train.data.world.arrange_pages import put_blocks, put_browser_error, put_chart, put_desktop_app, put_web_page
from train.data.world.content import (
    BrowserErrorContent,
    ChartContent,
    Content,
    DesktopAppContent,
    DialogContent,
    DocumentContent,
    EditorContent,
    PhotoContent,
    Row,
    TerminalContent,
    WebPageContent,
)
from train.data.world.sheet import Sheet, random_colour, row_flags


def _terminal_rows(
    sheet: Sheet, rows: tuple[Row, ...], x: float, y: float, columns: int, size: float, bottom: float
) -> float:
    for row in rows:
        text = row.text.replace("\t", "        ")
        if y > bottom:
            break
        if text.strip():
            role, message, app = row_flags(row)
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


def lay_out(sheet: Sheet, content: Content) -> None:
    if isinstance(content, TerminalContent):
        _terminal(sheet, content)
    elif isinstance(content, DialogContent):
        _dialog(sheet, content)
    elif isinstance(content, BrowserErrorContent):
        put_browser_error(sheet, content)
    elif isinstance(content, WebPageContent):
        put_web_page(sheet, content)
    elif isinstance(content, EditorContent):
        _editor(sheet, content)
    elif isinstance(content, DesktopAppContent):
        put_desktop_app(sheet, content)
    elif isinstance(content, DocumentContent) and content.style in ("desktop", "icons"):
        _icons(sheet, content)
    elif isinstance(content, DocumentContent) and content.style in ("boot", "stop", "firmware"):
        left = 4.0 if content.style == "boot" else sheet.rng.uniform(0.02, 0.15) * sheet.width
        put_blocks(sheet, content.blocks, left, sheet.rng.uniform(2, 60), sheet.width * 0.8)
    elif isinstance(content, DocumentContent):
        top = 8.0
        if content.title is not None:
            top = sheet.piece(content.title, sheet.width * 0.3, 4, sheet.width)
        put_blocks(sheet, content.blocks, sheet.width * 0.15, top + 20, sheet.width * 0.7)
    elif isinstance(content, ChartContent):
        put_chart(sheet, content)
    elif isinstance(content, PhotoContent):
        for piece in content.texts:
            sheet.put(
                piece.text,
                sheet.rng.uniform(0, 0.8) * sheet.width,
                sheet.rng.uniform(0, 0.9) * sheet.height,
                size=sheet.rng.uniform(12, 60),
                ink=random_colour(sheet.rng),
                ground=random_colour(sheet.rng),
                role="other",
            )


def _icons(sheet: Sheet, content: DocumentContent) -> None:
    """Names below icons in columns or rows; whatever else stands there at the right."""
    rng = sheet.rng
    down, wide, high = content.style == "desktop", rng.uniform(90, 130), rng.uniform(76, 110)
    x, y = 12.0, 60.0
    for block in content.blocks:
        if block.kind != "list":
            put_blocks(sheet, (block,), sheet.width * 0.75 if down else 12.0, 4.0, sheet.width * 0.22)
            continue
        for row in block.rows:
            sheet.put(row.text, x, y, size=12, role="item")
            x, y = (x, y + high) if down else (x + wide, y)
            if down and y > sheet.height - high:
                x, y = x + wide, 60.0
            elif not down and x > sheet.width - wide:
                x, y = 12.0, y + high


def _terminal(sheet: Sheet, content: TerminalContent) -> None:
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


def _dialog(sheet: Sheet, content: DialogContent) -> None:
    rng = sheet.rng
    wide = rng.uniform(300, 620)
    mobile = content.style == "mobile"
    over = content.backdrop is not None
    if over and content.backdrop is not None:
        lay_out(sheet, content.backdrop)
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


def _editor(sheet: Sheet, content: EditorContent) -> None:
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
            role, message, app = row_flags(row)
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
                role=row_flags(row)[0],
                message=row_flags(row)[1],
            )
        y += size * 1.6
    if content.terminal:
        columns = max(40, int((sheet.width - left - 30) / round(size * 0.6)))
        y = _terminal_rows(sheet, content.terminal, left + 16, y, columns, size, 1e9)
    sheet.height = max(sheet.height, int(y) + 30)
    if content.toast is not None:
        saved = sheet.size
        sheet.size = 13
        put_blocks(sheet, (content.toast,), left, y, 360)
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
