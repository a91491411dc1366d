"""Documents on paper, with or without a viewer, and photographs with at most a few words in them."""

from __future__ import annotations

from train.data.render.layouts import blocks, chrome, papers
from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import elide, make_fonts
from train.data.render.layouts.themes import mix, on
from train.data.render.scene import Box, Color, Picture
from train.data.world.content import DocumentContent, PhotoContent


def paint(ctx: Context, content: DocumentContent, box: Box) -> None:
    """Draw a page, within a viewer when there is a title."""
    rng, pen = ctx.rng, ctx.pen
    inner = box
    if content.title is not None:
        frame = ctx.theme(rng.choice(("gtk", "windows", "macos", "qt")))
        fonts = ctx.fonts(frame)
        inner = chrome.window(ctx, frame, fonts, box, content.title)
        pen.box(*inner, mix(frame.window, frame.border, 0.5))
        full = content.style == "sheet"
        wide = inner[2] - inner[0] if full else min((inner[2] - inner[0]) * 0.9, rng.choice((560, 680, 800)))
        x = (inner[0] + inner[2] - wide) / 2
        page = (x, inner[1] + (0 if full else rng.choice((6, 14, 24))), x + wide, inner[3])
        if content.style == "slide":
            page = (x, page[1], x + wide, min(page[1] + wide * 0.6, inner[3]))
        pen.box(*page, (255, 255, 255), border=(150, 150, 150))
    else:
        page = box
        pen.box(*page, (255, 255, 255), occludes=True)
    before = ctx.clipped((page[0], page[1], page[2], min(page[3], inner[3])))
    if content.style in papers.FORMS:
        papers.FORMS[content.style](ctx, content, page, inner[3])
        pen.clip = before
        return
    margin = min((page[2] - page[0]) * rng.uniform(0.05, 0.12), 80)
    fonts = make_fonts(
        rng, ctx.pool, ctx.mode, rng.choice((12, 13, 14, 16)), "", rng.choice(("serif", "serif", "sans"))
    )
    y = page[1] + margin * 0.8
    for block in content.blocks:
        area = blocks.Area(page[0] + margin, page[2] - page[0] - 2 * margin, page[3], (255, 255, 255))
        y = blocks.paint(ctx, papers.PAPER, fonts, block, area, y) + rng.choice((4, 8, 14))
    pen.clip = before


def paint_photo(ctx: Context, content: PhotoContent, box: Box) -> None:
    """Draw a photograph with its words on signs."""
    rng, pen = ctx.rng, ctx.pen
    scene = pen.scene
    scene.add(Picture(*box, rng.getrandbits(31), occludes=True))
    y = box[1] + (box[3] - box[1]) * rng.uniform(0.1, 0.6)
    family = ctx.pool.family(rng, rng.choice(("sans", "sans", "serif")))
    for text in content.texts:
        at = ctx.pool.font(family.bold, rng.choice((14, 18, 24, 32)), ctx.mode)
        shown = elide(text.text, at, box[2] - box[0] - 60)
        wide, high = at.width(shown) + 24, at.pitch + 12
        if y + high > box[3]:
            break
        x = rng.uniform(box[0] + 8, max(box[2] - wide - 8, box[0] + 9))
        ground: Color = rng.choice(((250, 250, 245), (20, 60, 120), (160, 20, 30), (240, 200, 40), (30, 30, 30)))
        pen.box(x, y, x + wide, y + high, ground, border=on(ground), radius=rng.choice((0, 6)))
        pen.text(shown, round(x + 12), pen.middle(y, y + high, at), at, on(ground), text.role)
        y += high + rng.randint(10, 80)
