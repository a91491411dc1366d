"""Whole desktops: a wallpaper, icons, a task bar or top bar, windows over one another; or one program alone."""

from __future__ import annotations

import random
from collections.abc import Sequence

from train.data.render.layouts import (
    apps,
    browser,
    charts,
    dialog,
    document,
    drawings,
    editor,
    scenery,
    surround,
    terminal,
)
from train.data.render.layouts.bars import bars
from train.data.render.layouts.context import Context
from train.data.render.layouts.faces import FacePool
from train.data.render.layouts.pen import Fonts, Pen, elide
from train.data.render.layouts.themes import Theme, mix, on, ui_theme
from train.data.render.scene import Box, Color, Picture, Pointer, Scene
from train.data.world.content import (
    BrowserErrorContent,
    ChartContent,
    Content,
    DesktopAppContent,
    DialogContent,
    DocumentContent,
    EditorContent,
    PhotoContent,
    TerminalContent,
    WebPageContent,
)

_ICON_NAMES = (
    "Home",
    "Trash",
    "Documents",
    "This PC",
    "Recycle Bin",
    "Downloads",
    "Network",
    "Notes.txt",
    "Projects",
    "Backup",
    "Report.pdf",
    "Music",
    "Photos",
    "setup.exe",
    "Budget 2024.xlsx",
    "Chat",
    "Player",
)

TWO_SCREENS = 0.05  # of desktops stand beside a second monitor
PASTED = 0.03  # of windows are a picture in a chat or a mail


def paint(ctx: Context, content: Content, box: Box, bare: bool = False) -> None:
    """Draw any content into `box`, as the window it is. Raises TypeError for what is no content.

    A dialog without a backdrop stands on a plain ground, unless `bare`.
    """
    match content:
        case TerminalContent():
            terminal.paint(ctx, content, box)
        case DialogContent():
            _over_backdrop(ctx, content, box, bare)
        case BrowserErrorContent():
            browser.paint_error(ctx, content, box)
        case WebPageContent():
            browser.paint_page(ctx, content, box)
        case EditorContent():
            editor.paint(ctx, content, box)
        case DesktopAppContent():
            apps.paint(ctx, content, box)
        case DocumentContent() if content.style in scenery.PAINTERS:
            scenery.paint(ctx, content, box)
        case DocumentContent():
            document.paint(ctx, content, box)
        case ChartContent():
            charts.paint(ctx, content, box)
        case PhotoContent() if content.style != "photo":
            drawings.paint_drawing(ctx, content, box)
        case PhotoContent():
            document.paint_photo(ctx, content, box)
        case _:
            raise TypeError(f"no layout for {type(content).__name__}; contents are those of train.data.world.content")


def _over_backdrop(ctx: Context, content: DialogContent, box: Box, bare: bool) -> None:
    rng = ctx.rng
    room = (box[2] - box[0], box[3] - box[1])
    theme, fonts, width, height = dialog.plan(ctx, content, room)
    if content.backdrop is not None:
        paint(ctx, content.backdrop, box)
    elif not bare and width * height < 0.75 * room[0] * room[1]:
        ground = mix(theme.window, theme.border, rng.choice((0.2, 0.6, 1.0)))
        ctx.pen.box(*box, ground, occludes=True)
    x = box[0] + (room[0] - width) * rng.choice((0.5, 0.5, rng.random()))
    y = box[1] + (room[1] - height) * rng.choice((0.5, 0.4, rng.random()))
    dialog.paint(ctx, content, (round(x), round(y), round(x + width), round(y + height)), (theme, fonts))


def size_of(ctx: Context, content: Content) -> tuple[int, int]:
    """A natural size for a picture of the content alone."""
    rng = ctx.rng
    if isinstance(content, DialogContent):
        if content.backdrop is None and rng.random() < 0.6:
            return rng.randint(420, 720), rng.randint(240, 460)
        return rng.choice(((1024, 700), (1280, 800), (900, 600)))
    if isinstance(content, TerminalContent):
        return rng.choice(((660, 420), (820, 520), (1000, 640), (1280, 800), (740, 480)))
    if isinstance(content, ChartContent | PhotoContent):
        return rng.choice(((640, 480), (800, 500), (960, 640)))
    return rng.choice(((1280, 800), (1280, 800), (1100, 720), (1366, 768), (960, 640)))


def layout(
    content: Content, rng: random.Random, pool: FacePool, size: tuple[int, int] | None = None,
    around: Sequence[Content] = (),
) -> Scene:  # fmt: skip
    """The scene of a content: its window alone, or on a desktop with the windows `around` beneath it.

    `size` is (width, height) of the picture; without it a natural one is drawn. The content's own window lies on top.
    """
    scene = Scene(1, 1)
    ctx = Context(Pen(scene, rng), rng, pool, pool.mode(rng))
    natural = size is None
    width, height = size if size is not None else size_of(ctx, content)
    alone = _fills_the_screen(content) or (not around and rng.random() < (0.75 if natural else 0.5))
    two = not alone and rng.random() < TWO_SCREENS
    if not alone and natural:
        width, height = rng.choice(((1280, 800), (1366, 768), (1440, 900), (1280, 720)))
        if two:
            width, height = rng.choice(((2048, 768), (2304, 720)))
    scene.width, scene.height = width, height
    theme = ui_theme(rng, pool.split)
    scene.theme = theme.name
    if alone and rng.random() < PASTED and min(width / 900, height / 560) >= 1:
        inner = surround.pasted(ctx, (0, 0, width, height))
        paint(ctx, content, inner)
    elif alone:
        paint(ctx, content, (0, 0, width, height))
    else:
        screen: Box = (0, 0, width, height)
        if two and width >= 1200:
            screen = _second_screen(ctx, around, width, height)
            around = ()
        free = _desktop(ctx, theme, screen)
        for other in around:
            paint(ctx, other, _pushed(rng, _place(ctx, other, free), screen), bare=True)
        paint(ctx, content, _place(ctx, content, free), bare=True)
    surround.decorate(ctx, content)
    if rng.random() < 0.35:
        scene.add(
            Pointer(
                rng.randrange(width),
                rng.randrange(height),
                rng.choice(("arrow", "arrow", "beam", "hand")),
                1.0,
                rng.random() < 0.3,
            )
        )
    if natural and rng.random() < surround.CROP_SHARE:
        return surround.cropped(ctx, content) or scene
    return scene


def _second_screen(ctx: Context, around: Sequence[Content], width: int, height: int) -> Box:
    """Paint another monitor beside the one in question, with a desktop and perhaps windows; returns the latter's box."""
    rng = ctx.rng
    edge = round(width * rng.uniform(0.42, 0.58))
    left = rng.random() < 0.5
    first, second = (0, 0, edge, height), (edge, 0, width, height)
    other, own = (first, second) if left else (second, first)
    theme = ui_theme(rng, ctx.pool.split)
    before = ctx.clipped(other)
    free = _desktop(ctx, theme, other)
    for content in around:
        paint(ctx, content, _place(ctx, content, free), bare=True)
    ctx.pen.clip = before
    return own


def _pushed(rng: random.Random, box: Box, screen: Box) -> Box:
    """A window's place, at times half out of the screen."""
    if rng.random() > 0.25:
        return box
    dx = rng.choice((-1, 1)) * (box[2] - box[0]) * rng.uniform(0.1, 0.6)
    dy = rng.choice((0, 0, 1)) * (screen[3] - screen[1]) * rng.uniform(0.0, 0.4)
    return (round(box[0] + dx), round(box[1] + dy), round(box[2] + dx), round(box[3] + dy))


def _fills_the_screen(content: Content) -> bool:
    """Whether nothing can stand around a content: desktops, firmware, stop screens have no window."""
    return isinstance(content, DocumentContent) and content.style in scenery.PAINTERS and content.style != "icons"


def _place(ctx: Context, content: Content, free: Box) -> Box:
    rng = ctx.rng
    room_x, room_y = free[2] - free[0], free[3] - free[1]
    if isinstance(content, DialogContent) and content.backdrop is None:
        # The dialog's own box: its window is drawn without anything around it.
        width, height = min(560.0, room_x), min(320.0, room_y)
    elif rng.random() < 0.3:
        return free
    else:
        width, height = room_x * rng.uniform(0.6, 0.95), room_y * rng.uniform(0.6, 0.95)
    x, y = free[0] + (room_x - width) * rng.random(), free[1] + (room_y - height) * rng.random()
    return (round(x), round(y), round(x + width), round(y + height))


def _desktop(ctx: Context, theme: Theme, box: Box) -> Box:
    """Paint wallpaper, icons and bars of a monitor that fills `box`; returns the room for windows."""
    rng, pen = ctx.rng, ctx.pen
    fonts = ctx.fonts(theme, rng.choice((11, 12, 13)))
    first: Color = (rng.randrange(20, 200), rng.randrange(20, 200), rng.randrange(20, 200))
    roll = rng.random()
    if roll < 0.3:
        pen.scene.add(Picture(*box, rng.getrandbits(31), occludes=True))
    else:
        second = (
            mix(first, (255, 255, 255) if rng.random() < 0.5 else (0, 0, 0), rng.uniform(0.1, 0.6))
            if roll < 0.75
            else None
        )
        pen.box(*box, first, fill2=second, vertical=rng.random() < 0.6, occludes=True)
    free = bars(ctx, theme, fonts, box)
    if rng.random() < 0.6 and roll >= 0.3:
        _icons(ctx, fonts, free, first)
    return free


def _icons(ctx: Context, fonts: Fonts, free: Box, ground: Color) -> None:
    rng, pen = ctx.rng, ctx.pen
    x, y = free[0] + 8, free[1] + 14
    for name in rng.sample(_ICON_NAMES, rng.randint(2, 8)):
        if y + 84 > free[3]:
            x, y = x + 96, free[1] + 14
        tint: Color = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
        pen.icon(rng.choice(("folder", "page", "trash", "drive", "image", "terminal")), x + 24, y, 36, tint)
        shown = elide(name, fonts.small, 82)
        top, wide = y + 42, fonts.small.width(shown)
        # A shade behind the name, where the wallpaper's colours would make it hard to read.
        shade = mix(ground, (0, 0, 0), 0.55)
        pen.box(x + 40 - wide / 2, top, x + 46 + wide / 2, top + fonts.small.pitch + 2, shade, radius=4)
        pen.text(
            shown, round(x + 43 - wide / 2), round(top + 1 + fonts.small.atlas.ascent), fonts.small, on(shade), "item"
        )
        y += 84
