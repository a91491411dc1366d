"""Desktop and mobile programs: a frame, menus, a tool bar, a side bar, blocks in the middle, a status bar."""

from __future__ import annotations

from train.data.render.layouts import blocks, chrome
from train.data.render.layouts.context import Context
from train.data.render.layouts.themes import mix
from train.data.render.scene import Box
from train.data.world.content import Block, DesktopAppContent, Row


def paint(ctx: Context, content: DesktopAppContent, box: Box) -> None:
    """Draw a program's window into `box`."""
    rng, pen = ctx.rng, ctx.pen
    theme = ctx.theme(content.style, content.theme)
    fonts = ctx.fonts(theme)
    inner = chrome.window(ctx, theme, fonts, box, content.title)
    x0, y0, x1, y1 = inner
    ground = rng.choice((theme.surface, theme.surface, theme.window))
    pen.box(*inner, ground)
    if content.menus:
        y0 = chrome.menu_bar(ctx, theme, fonts, (x0, y0, x1, y1), content.menus)
    if content.toolbar:
        y0 = chrome.tool_bar(ctx, theme, fonts, (x0, y0, x1, y1), content.toolbar)
    if content.status:
        y1 = chrome.status_bar(ctx, theme, fonts, (x0, y0, x1, y1), content.status)
    before = ctx.clipped((x0, y0, x1, y1))
    if content.banner is not None:
        y0 = blocks.paint(ctx, theme, fonts, content.banner, blocks.Area(x0 + 6, x1 - x0 - 12, y1, ground), y0 + 4)
    if content.sidebar and x1 - x0 > 380:
        wide = min(rng.choice((150, 180, 220)), (x1 - x0) * 0.35)
        side = mix(theme.window, theme.border, rng.choice((0.0, 0.15)))
        pen.box(x0, y0, x0 + wide, y1, side)
        pen.box(x0 + wide, y0, x0 + wide + 1, y1, theme.border)
        block = Block("sidebar", tuple(Row((t,)) for t in content.sidebar))
        blocks.paint(ctx, theme, fonts, block, blocks.Area(x0 + 12, wide - 20, y1, side), y0 + 8)
        x0 += wide + 1
    if rng.random() < 0.35:
        x1 = chrome.scroll_bar(ctx, theme, (x0, y0, x1, y1))
    y, pad = y0 + rng.choice((6, 10, 16)), rng.choice((8, 14, 20))
    floating = [b for b in content.blocks if b.kind == "toast"]
    for block in content.blocks:
        if block.kind != "toast":
            area = blocks.Area(x0 + pad, x1 - x0 - 2 * pad, y1, ground)
            y = blocks.paint(ctx, theme, fonts, block, area, y) + rng.choice((4, 8, 14))
    for block in floating:
        wide = min(rng.choice((260, 320, 380)), x1 - x0 - 20)
        left = rng.choice((x1 - wide - 12, (x0 + x1 - wide) / 2))
        blocks.paint(ctx, theme, fonts, block, blocks.Area(left, wide, y1, ground), rng.choice((y0 + 12, y1 - 110)))
    pen.clip = before
