"""Papers of special forms: two columns, scans, slides, spreadsheets."""

from __future__ import annotations

from collections.abc import Callable

from train.data.render.layouts import blocks
from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import Fonts, elide, make_fonts
from train.data.render.layouts.themes import Theme, mix, on, readable
from train.data.render.scene import Box, Color, Ellipse, Picture
from train.data.world.content import Block, DocumentContent, Row

PAPER = Theme(
    "paper", "web", False, (255, 255, 255), (255, 255, 255), (20, 20, 20), (90, 90, 90), (170, 170, 170), (30, 80, 160),
    (255, 255, 255), (20, 20, 20), (238, 238, 238),
)  # fmt: skip


def columns(ctx: Context, content: DocumentContent, box: Box, bottom: float) -> None:
    """A page in two columns: the heading over both, then the blocks, down the first column and on in the second."""
    rng = ctx.rng
    wide = box[2] - box[0]
    margin, gap = min(wide * 0.07, 60), 24.0
    fonts = make_fonts(rng, ctx.pool, ctx.mode, rng.choice((10, 11, 12)), "", rng.choice(("serif", "serif", "sans")))
    head, *rest = content.blocks
    x, end = box[0] + margin, min(box[3], bottom) - margin * 0.5
    y = blocks.paint(
        ctx, PAPER, fonts, head, blocks.Area(x, wide - 2 * margin, end, (255, 255, 255)), box[1] + margin * 0.7
    )
    each, top = (wide - 2 * margin - gap) / 2, y + 10
    y, column = top, 0
    for block in rest:
        for part in _parts(block):
            area = blocks.Area(x + column * (each + gap), each, end, (255, 255, 255))
            if y + 3 * fonts.ui.pitch > end and column == 0:
                column, y = 1, top
                area = blocks.Area(x + each + gap, each, end, (255, 255, 255))
            y = blocks.paint(ctx, PAPER, fonts, part, area, y) + 4


def _parts(block: Block) -> list[Block]:
    """A block of prose as blocks of one paragraph, so that a column may end between two."""
    if block.kind != "paragraph":
        return [block]
    return [Block("paragraph", (row,)) for row in block.rows]


def scan(ctx: Context, content: DocumentContent, box: Box, bottom: float) -> None:
    """A page as a scanner sees it: grey paper, specks, a dark edge, printed in black."""
    rng, pen = ctx.rng, ctx.pen
    shade = rng.randint(222, 250)
    ground: Color = (shade, shade, shade - rng.choice((0, 0, 6, 14)))
    pen.box(*box, ground)
    if rng.random() < 0.5:
        pen.box(box[0], box[1], box[0] + rng.randint(2, 14), box[3], (60, 60, 60), fill2=ground, vertical=False)
    for _ in range(rng.randint(5, 60)):
        x, y, r = rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3]), rng.choice((0.5, 0.8, 1.2))
        pen.scene.add(Ellipse(x - r, y - r, x + r + 1, y + r + 1, mix(ground, (0, 0, 0), rng.uniform(0.2, 0.6))))
    fonts = make_fonts(rng, ctx.pool, ctx.mode, rng.choice((12, 13, 14, 16)), "", rng.choice(("serif", "mono", "sans")))
    margin = min((box[2] - box[0]) * 0.1, 90)
    y = box[1] + margin * 0.8
    for block in content.blocks:
        area = blocks.Area(box[0] + margin, box[2] - box[0] - 2 * margin, min(box[3], bottom), ground)
        y = blocks.paint(ctx, PAPER, fonts, block, area, y) + rng.choice((6, 10, 16))


def slide(ctx: Context, content: DocumentContent, box: Box, bottom: float) -> None:
    """A slide: few large rows, a bar or a picture for decoration, its number at the foot."""
    rng, pen = ctx.rng, ctx.pen
    wide, high = box[2] - box[0], min(box[3], bottom) - box[1]
    ground: Color = rng.choice(
        ((255, 255, 255), (255, 255, 255), (250, 248, 242), (24, 30, 44), (12, 60, 110), (40, 20, 60))
    )
    accent: Color = (rng.randrange(30, 230), rng.randrange(30, 230), rng.randrange(30, 230))
    pen.box(box[0], box[1], box[2], box[1] + high, ground)
    bar = rng.random()
    if bar < 0.3:
        pen.box(box[0], box[1], box[0] + wide * 0.025, box[1] + high, accent)
    elif bar < 0.5:
        pen.box(box[0], box[1] + high - 8, box[2], box[1] + high, accent)
    size = max(min(round(high / 22), 26), 12)
    fonts = make_fonts(rng, ctx.pool, ctx.mode, size)
    x, y = box[0] + wide * 0.08, box[1] + high * 0.1
    room = wide * 0.84
    if rng.random() < 0.25 and wide > 500:
        side = wide * 0.28
        pen.scene.add(
            Picture(
                box[2] - side - wide * 0.05,
                box[1] + high * 0.3,
                box[2] - wide * 0.05,
                box[1] + high * 0.75,
                rng.getrandbits(31),
            )
        )
        room = wide * 0.55
    dark = sum(ground) < 300
    theme = Theme(
        "slide",
        "web",
        dark,
        ground,
        ground,
        on(ground),
        mix(ground, on(ground), 0.6),
        accent,
        accent,
        ground,
        on(ground),
        ground,
    )
    for block in content.blocks:
        area = blocks.Area(x, room, box[1] + high - size * 2, ground)
        if block.kind == "footer":
            text = block.rows[0].pieces[0]
            shown = elide(text.text, fonts.small, wide * 0.6)
            pen.text(
                shown, round(x), round(box[1] + high - size), fonts.small, readable(theme.muted, ground), text.role
            )
        else:
            y = blocks.paint(ctx, theme, fonts, block, area, y) + size


def sheet(ctx: Context, content: DocumentContent, box: Box, bottom: float) -> None:
    """Cells with the names of columns and rows, a field for the formula, tabs of sheets below."""
    rng, pen = ctx.rng, ctx.pen
    fonts = make_fonts(rng, ctx.pool, ctx.mode, rng.choice((10, 11, 12, 13)))
    at, end = fonts.ui, min(box[3], bottom)
    high = at.pitch + rng.choice((4, 6, 8))
    rule, head = (208, 208, 208), rng.choice(((240, 240, 240), (230, 236, 242)))
    ink = (20, 20, 20)
    pen.box(box[0], box[1], box[2], end, (255, 255, 255))
    y = box[1]
    rows: tuple[Row, ...] = content.blocks[0].rows
    chosen = (rng.randrange(1, len(rows)), rng.randrange(len(rows[0].pieces)))
    if rng.random() < 0.8:  # the name of the chosen cell and what it holds
        name = f"{chr(65 + chosen[1])}{chosen[0] + 1}"
        pen.box(box[0], y, box[2], y + high + 6, head)
        pen.text(name, round(box[0] + 8), pen.middle(y, y + high + 6, at), at, ink, "other")
        inside = rng.choice(
            (
                rows[chosen[0]].pieces[chosen[1]].text,
                f"=SUM(B2:B{rng.randint(3, 40)})",
                f"=A{rng.randint(1, 9)}/B{rng.randint(1, 9)}",
            )
        )
        pen.box(box[0] + 70, y + 2, box[2] - 4, y + high + 4, (255, 255, 255), border=rule)
        pen.text(inside, round(box[0] + 78), pen.middle(y, y + high + 6, at), at, ink, "input")
        y += high + 8
    gutter = at.width("000") + 14
    count = len(rows[0].pieces)
    widths = [
        max(at.width(r.pieces[i].text) if i < len(r.pieces) else 0 for r in rows) + rng.choice((14, 20, 40))
        for i in range(count)
    ]
    pen.box(box[0], y, box[2], y + high, head)
    x = box[0] + gutter
    edges: list[tuple[float, float]] = []
    while x < box[2] and len(edges) < 26:
        wide = widths[len(edges)] if len(edges) < count else 72.0
        pen.centred(chr(65 + len(edges)), x, x + wide, pen.middle(y, y + high, at), at, (90, 90, 90), "other")
        edges.append((x, x + wide))
        x += wide
        pen.box(x, y, x + 1, end - high, rule)
    y += high
    for number in range(1, 200):
        if y + high > end - high:
            break
        pen.box(box[0], y, box[0] + gutter, y + high, head)
        pen.right(str(number), box[0] + gutter - 6, pen.middle(y, y + high, at), at, (90, 90, 90), "other")
        pen.box(box[0], y + high, box[2], y + high + 1, rule)
        if number <= len(rows):
            _cells(ctx, rows[number - 1], edges, (y, y + high), fonts, number == 1)
        if number - 1 == chosen[0] and chosen[1] < len(edges):
            pen.box(edges[chosen[1]][0], y, edges[chosen[1]][1], y + high, None, border=(16, 124, 65), width=2)
        y += high
    pen.box(box[0], end - high, box[2], end, head)
    x = box[0] + 40.0
    for i in range(rng.randint(1, 3)):
        x = (
            pen.text(
                rng.choice((f"Sheet{i + 1}", f"Data {i + 1}", f"{2020 + i}")),
                round(x),
                pen.middle(end - high, end, at),
                at,
                ink,
                "tab",
            )
            + 28
        )


def _cells(
    ctx: Context, row: Row, edges: list[tuple[float, float]], level: tuple[float, float], fonts: Fonts, first: bool
) -> None:
    at = fonts.bold if first else fonts.ui
    base = ctx.pen.middle(*level, at)
    for piece, (left, right) in zip(row.pieces, edges, strict=False):
        shown = elide(piece.text, at, right - left - 6)
        if not shown.strip():
            continue
        if shown[:1].isdigit() or shown[:1] in "$€£-":
            ctx.pen.right(shown, round(right - 4), base, at, (20, 20, 20), piece.role)
        else:
            ctx.pen.text(shown, round(left + 4), base, at, (20, 20, 20), piece.role)


FORMS: dict[str, Callable[[Context, DocumentContent, Box, float], None]] = {
    "columns": columns,
    "scan": scan,
    "slide": slide,
    "sheet": sheet,
}
