"""Browsers: tab strip and address bar, the browser's own error pages, pages of servers, frameworks, applications."""

from __future__ import annotations

from train.data.render.layouts import blocks, chrome
from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import Fonts, elide, make_fonts
from train.data.render.layouts.themes import Theme, mix, readable, ui_theme
from train.data.render.scene import Box, Span
from train.data.world.content import Block, BrowserErrorContent, Text, WebPageContent


def frame(ctx: Context, box: Box, app: str, title: Text, url: Text, tabs: tuple[Text, ...], dark: bool) -> Box:
    """Draw a browser around a page; returns the page's box."""
    rng, pen = ctx.rng, ctx.pen
    theme = ui_theme(rng, ctx.pool.split, (rng.choice(("win11", "macos", "gtk", "web", "qt")),), dark)
    fonts = ctx.fonts(theme, rng.choice((11, 12, 12, 13, 13, 14)))
    x0, y0, x1, y1 = box
    pen.box(*box, theme.window, border=theme.border, shadow=10, occludes=True)
    strip = mix(theme.window, theme.text, 0.13)
    lights = theme.look == "macos"
    everything = [title, *tabs]
    active = rng.randrange(len(everything))
    everything = [*tabs[:active], title, *tabs[active:]]
    pen.box(x0, y0, x1, y0 + fonts.ui.pitch + 18, strip)
    left = x0 + 72 if lights else x0
    if lights:
        for i, color in enumerate(((255, 95, 87), (254, 188, 46), (40, 200, 64))):
            pen.icon("circle", x0 + 9 + i * 20, y0 + 8, 15, color)
    right = x1 if lights else x1 - 110
    if not lights:
        for i, kind in enumerate(("minimise", "maximise", "close")):
            pen.icon(kind, x1 - 100 + i * 34, y0 + 12, 10, theme.text)
    y = chrome.tab_strip(ctx, theme, fonts, (left, y0, right, y1), everything, min(active, len(everything) - 1), strip)
    height = fonts.ui.pitch + rng.choice((16, 20, 24))
    bar = theme.surface if rng.random() < 0.6 else theme.window
    pen.box(x0, y, x1, y + height, bar)
    x = x0 + 12.0
    for kind in ("back", "forward", "reload", "home")[: rng.choice((3, 3, 4))]:
        pen.icon(
            kind,
            x,
            y + height / 2 - 8,
            16,
            readable(theme.text, bar) if kind != "forward" else mix(theme.text, bar, 0.6),
        )
        x += rng.choice((30, 32, 36))
    field = mix(bar, theme.text, rng.choice((0.0, 0.05, 0.08)))
    end = x1 - rng.choice((50, 90, 140))
    border = theme.border if rng.random() < 0.4 else None
    radius = rng.choice((4, 6, (height - 8) // 2, (height - 8) // 2))
    pen.box(x, y + 4, end, y + height - 4, field, border=border, radius=radius)
    inside = x + 12
    secure = url.text.startswith("https")
    color = readable(theme.text, field)
    base = pen.middle(y, y + height, fonts.ui)
    pen.icon("lock" if secure else "info", inside, y + height / 2 - 7, 14, readable(theme.muted, field), field)
    inside += 22
    if not secure and rng.random() < 0.25:
        inside = (
            pen.text("Not secure", inside, base, fonts.ui, readable(theme.muted, field), "other") + 2 * fonts.ui.size
        )
    shown = url.text
    if "://" in shown and rng.random() < 0.4:
        shown = shown.split("://", 1)[1]
    shown = elide(shown, fonts.ui, end - inside - 40)
    host = len(shown.split("/", 1)[0]) if "://" not in shown else len("/".join(shown.split("/")[:3]))
    faint = (
        (Span(host, len(shown), readable(mix(color, field, 0.35), field)),)
        if host < len(shown) and rng.random() < 0.5
        else ()
    )
    pen.text(shown, inside, base, fonts.ui, color, url.role, faint)
    if rng.random() < 0.6:
        pen.icon("star", end - 26, y + height / 2 - 7, 14, readable(theme.muted, field))
    for i, kind in enumerate(("dots", "user", "box")[: rng.choice((1, 2, 3))]):
        if x1 - 28 - 30 * i > end:
            pen.icon(kind, x1 - 28 - 30 * i, y + height / 2 - 8, 16, readable(theme.text, bar))
    y += height
    pen.box(x0, y, x1, y + 1, theme.border)
    return (x0, y + 1, x1, y1)


def paint_error(ctx: Context, content: BrowserErrorContent, box: Box) -> None:
    """Draw a browser's own page, within its frame."""
    rng, pen = ctx.rng, ctx.pen
    dark = {"light": False, "dark": True}.get(content.theme, rng.random() < 0.3)
    page = frame(ctx, box, content.app, content.title, content.url, content.tabs, dark) if rng.random() < 0.85 else box
    theme = ui_theme(rng, ctx.pool.split, ("web", "win11"), dark)
    ground = theme.surface if rng.random() < 0.6 else mix(theme.window, theme.surface, 0.5)
    if page is box:
        pen.box(*box, ground, occludes=True)
    else:
        pen.box(*page, ground)
    before = ctx.clipped(page)
    size = rng.choice((13, 14, 15, 15, 16))
    fonts = make_fonts(rng, ctx.pool, ctx.mode, size, theme.look)
    width = min(rng.choice((500, 600, 640, 720)), page[2] - page[0] - 40)
    x = page[0] + ((page[2] - page[0]) - width) / 2 if rng.random() < 0.8 else page[0] + 60
    y = page[1] + (page[3] - page[1]) * rng.uniform(0.06, 0.2)
    muted = readable(mix(theme.text, ground, 0.3), ground)
    if rng.random() < 0.85 and page[3] - page[1] > 300:
        kind = rng.choice(("sad_page", "sad_page", "warning", "error_bang", "lock", "info"))
        pen.icon(kind, x, y, rng.choice((48, 64, 72)), rng.choice((muted, theme.error)), ground)
        y += 92
    text = readable(theme.text, ground)
    bottom = page[3] - 6
    y = pen.paragraph(content.heading.text, x, y, width, fonts.heading, text, content.heading.role, bottom=bottom) + 12
    body = rng.choice((text, muted))
    for part in content.paragraphs:
        y = pen.paragraph(part.text, x, y, width, fonts.ui, body, part.role, fonts.ui.pitch * 1.3, bottom) + 8
    for part in content.items:
        if y + fonts.ui.pitch < bottom:
            pen.icon("circle", x + 8, y + fonts.ui.pitch * 0.6 - 4, 8, body)
        y = pen.paragraph(part.text, x + 26, y, width - 26, fonts.ui, body, part.role, bottom=bottom) + 4
    if content.code is not None:
        y += 8
        at = rng.choice((fonts.small, fonts.small, fonts.mono))
        y = pen.paragraph(content.code.text, x, y, width, at, muted, content.code.role, bottom=bottom) + 8
    for part in content.links:
        y = pen.paragraph(part.text, x, y, width, fonts.ui, readable(theme.link, ground), part.role, bottom=bottom) + 4
    height = fonts.ui.pitch + 16
    if content.buttons and y + height + 20 < bottom:
        y += 16
        left, right = x, x + width
        for i, label in enumerate(content.buttons):
            wide = fonts.ui.width(label.text) + 32
            if rng.random() < 0.4:
                chrome.button(ctx, theme, fonts, (right - wide, y, right, y + height), label, i == 0)
                right -= wide + 10
            else:
                chrome.button(ctx, theme, fonts, (left, y, left + wide, y + height), label, i == 0)
                left += wide + 10
    pen.clip = before


def paint_page(ctx: Context, content: WebPageContent, box: Box) -> None:
    """Draw a web page, within a browser when the content says so."""
    rng, pen = ctx.rng, ctx.pen
    dark = {"light": False, "dark": True}.get(content.theme, rng.random() < 0.25 and content.layout != "plain")
    page = (
        frame(ctx, box, content.app, content.title, content.url, content.tabs, dark and rng.random() < 0.7)
        if content.chrome
        else box
    )
    theme = ui_theme(rng, ctx.pool.split, ("web", "web", "gtk", "win11"), dark)
    plain = content.layout == "plain"
    ground = (
        ((255, 255, 255) if rng.random() < 0.8 else theme.surface)
        if plain
        else rng.choice((theme.surface, theme.window))
    )
    if content.chrome:
        pen.box(*page, ground)
    else:
        pen.box(*page, ground, occludes=True)
    before = ctx.clipped(page)
    kind = "serif" if plain and rng.random() < 0.65 else "sans"
    size = 16 if plain and rng.random() < 0.7 else rng.choice((12, 13, 14, 14, 15, 16))
    fonts = make_fonts(rng, ctx.pool, ctx.mode, size, theme.look, kind)
    if plain:
        _plain(ctx, theme, fonts, content, page, ground)
    else:
        _designed(ctx, theme, fonts, content, page, ground)
    pen.clip = before


def _plain(
    ctx: Context, theme: Theme, fonts: Fonts, content: WebPageContent, page: Box, ground: tuple[int, int, int]
) -> None:
    """A server's page: 8 pixels of margin; headings and the line below in the middle, as some servers have it."""
    middle = ctx.rng.random() < 0.35
    y, width = page[1] + ctx.rng.choice((8, 16, 20)), page[2] - page[0] - 16
    for block in content.blocks:
        if middle and block.kind in {"heading", "paragraph", "footer"}:
            at = fonts.heading if block.kind == "heading" else fonts.ui
            for row in block.rows:
                color = blocks.ink(theme, row.pieces[0], ground) if theme.dark == (sum(ground) < 380) else (0, 0, 0)
                text = blocks.joined(row)
                y = (
                    ctx.pen.paragraph(
                        text,
                        page[0] + 8,
                        y,
                        width,
                        at,
                        readable(color, ground),
                        blocks.role_of(row),
                        bottom=page[3],
                        align="centre",
                    )
                    + 8
                )
            if block.kind == "heading" and ctx.rng.random() < 0.7:
                ctx.pen.box(page[0] + 8, y, page[2] - 8, y + 1, (130, 130, 130))
                y += 8
        else:
            y = blocks.paint(
                ctx, theme, fonts, block, blocks.Area(page[0] + 8, width, page[3], ground), y
            ) + ctx.rng.choice((2, 8, 14))


def _designed(
    ctx: Context, theme: Theme, fonts: Fonts, content: WebPageContent, page: Box, ground: tuple[int, int, int]
) -> None:
    rng, pen = ctx.rng, ctx.pen
    x0, y0, x1, y1 = page
    rest = list(content.blocks)
    floating = [b for b in rest if b.kind == "toast"]
    for block in [b for b in rest if b.kind in {"nav", "banner"}][:2]:
        if rest and rest[0] is block:
            y0 = blocks.paint(ctx, theme, fonts, rest.pop(0), blocks.Area(x0 + 16, x1 - x0 - 32, y1, ground), y0)
    sides = [b for b in rest if b.kind == "sidebar"]
    rest = [b for b in rest if b.kind not in {"sidebar", "toast"}]
    if sides and x1 - x0 > 480:
        wide = rng.choice((170, 200, 240))
        side_ground = mix(ground, theme.text, rng.choice((0.0, 0.03, 0.06)))
        pen.box(x0, y0, x0 + wide, y1, side_ground)
        pen.box(x0 + wide, y0, x0 + wide + 1, y1, theme.border)
        y = y0 + 12.0
        for block in sides:
            y = blocks.paint(ctx, theme, fonts, block, blocks.Area(x0 + 14, wide - 28, y1, side_ground), y) + 10
        x0 += wide + 8
    width = x1 - x0 - 48
    if content.layout == "centre":
        width = min(width, rng.choice((380, 460, 560)))
    elif content.layout == "docs":
        width = min(width, rng.choice((640, 720, 800)))
    elif rng.random() < 0.4:
        width = min(width, rng.choice((760, 960, 1100)))
    x = x0 + (x1 - x0 - width) / 2 if content.layout == "centre" or rng.random() < 0.5 else x0 + 24
    y = y0 + (y1 - y0) * 0.12 if content.layout == "centre" else y0 + rng.choice((12, 20, 28))
    if content.layout == "debug" and rest:
        y = _debug_head(ctx, theme, fonts, rest, page, y0)
    for block in rest:
        y = blocks.paint(ctx, theme, fonts, block, blocks.Area(x, width, y1, ground), y) + rng.choice((6, 12, 18))
    top = page[1] + 14.0
    for block in floating:
        across = min(rng.choice((280, 340, 400)), x1 - x0 - 20)
        left = rng.choice((page[2] - across - 16, (page[0] + page[2] - across) / 2))
        top = blocks.paint(ctx, theme, fonts, block, blocks.Area(left, across, y1, ground), top)


def _debug_head(ctx: Context, theme: Theme, fonts: Fonts, rest: list[Block], page: Box, y: float) -> float:
    """The coloured head of a framework's debug page: its first headings and sentences."""
    rng, pen = ctx.rng, ctx.pen
    count = 0
    while count < len(rest) and count < 3 and rest[count].kind in {"heading", "paragraph"}:
        count += 1
    ground = rng.choice(
        (
            (255, 255, 204),
            mix(theme.surface, theme.error, 0.15),
            theme.error,
            (200, 40, 40),
            theme.surface,
            (52, 58, 64),
        )
    )
    mark = len(pen.scene.elements)
    end = y + 12
    inks = Theme(
        theme.name,
        theme.look,
        sum(ground) < 380,
        ground,
        ground,
        readable(theme.text, ground, 90),
        theme.muted,
        theme.border,
        theme.accent,
        ground,
        theme.text,
        theme.button,
    )
    for block in rest[:count]:
        end = (
            blocks.paint(
                ctx, inks, fonts, block, blocks.Area(page[0] + 20, page[2] - page[0] - 40, page[3], ground), end
            )
            + 4
        )
    written = pen.scene.elements[mark:]
    del pen.scene.elements[mark:]
    if count:
        pen.box(page[0], y, page[2], end + 8, ground)
        end += 18
    pen.scene.elements.extend(written)
    del rest[:count]
    return end
