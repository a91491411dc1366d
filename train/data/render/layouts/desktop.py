"""Whole desktops: a wallpaper, icons, a task bar or top bar, windows over one another; or one program alone."""

from __future__ import annotations

import random
from collections.abc import Sequence

from train.data.render.layouts import apps, browser, dialog, document, editor, terminal
from train.data.render.layouts.context import Context
from train.data.render.layouts.faces import FacePool
from train.data.render.layouts.pen import Fonts, Pen, elide
from train.data.render.layouts.themes import Theme, mix, on, readable, ui_theme
from train.data.render.scene import Box, Color, Picture, Pointer, Rect, Scene
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
_DOCK = ("Files", "Terminal", "Mail", "Browser", "Editor", "Calendar", "Music", "Settings", "Start", "Search")


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
        case DocumentContent():
            document.paint(ctx, content, box)
        case ChartContent():
            document.paint_chart(ctx, content, box)
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
    alone = not around and rng.random() < (0.75 if natural else 0.5)
    if not alone and natural:
        width, height = rng.choice(((1280, 800), (1366, 768), (1440, 900), (1280, 720)))
    scene.width, scene.height = width, height
    theme = ui_theme(rng, pool.split)
    scene.theme = theme.name
    if alone:
        paint(ctx, content, (0, 0, width, height))
    else:
        free = _desktop(ctx, theme, width, height)
        for other in around:
            paint(ctx, other, _place(ctx, other, free), bare=True)
        paint(ctx, content, _place(ctx, content, free), bare=True)
    if rng.random() < 0.35:
        scene.add(
            Pointer(
                rng.randrange(width),
                rng.randrange(height),
                rng.choice(("arrow", "arrow", "beam")),
                1.0,
                rng.random() < 0.3,
            )
        )
    return scene


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


def _desktop(ctx: Context, theme: Theme, width: int, height: int) -> Box:
    """Paint wallpaper, icons and bars; returns the room for windows."""
    rng, pen = ctx.rng, ctx.pen
    fonts = ctx.fonts(theme, rng.choice((11, 12, 13)))
    first: Color = (rng.randrange(20, 200), rng.randrange(20, 200), rng.randrange(20, 200))
    roll = rng.random()
    if roll < 0.3:
        pen.scene.add(Picture(0, 0, width, height, rng.getrandbits(31)))
    else:
        second = (
            mix(first, (255, 255, 255) if rng.random() < 0.5 else (0, 0, 0), rng.uniform(0.1, 0.6))
            if roll < 0.75
            else None
        )
        pen.box(0, 0, width, height, first, fill2=second, vertical=rng.random() < 0.6)
    free: Box = (0, 0, width, height)
    if theme.look in {"gtk", "macos"}:
        free = _top_bar(ctx, theme, fonts, width, height)
    else:
        free = _task_bar(ctx, theme, fonts, width, height)
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


def _clock(rng: random.Random) -> str:
    hour, minute = rng.randrange(24), rng.randrange(60)
    twelve = f"{hour % 12 or 12}:{minute:02} {'AM' if hour < 12 else 'PM'}"
    day = rng.choice(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
    return rng.choice(
        (f"{hour:02}:{minute:02}", twelve, f"{day} {hour:02}:{minute:02}", f"{day} {rng.randint(1, 28)} Mar  {twelve}")
    )


def _top_bar(ctx: Context, theme: Theme, fonts: Fonts, width: int, height: int) -> Box:
    rng, pen = ctx.rng, ctx.pen
    high = fonts.ui.pitch + 8
    ground = (20, 20, 20) if theme.look == "gtk" and rng.random() < 0.6 else theme.title
    ink = on(ground)
    base = pen.middle(0, high, fonts.ui)
    scene = pen.scene
    scene.add(Rect(0, 0, width, high, ground))
    if theme.look == "macos":
        x = pen.text(rng.choice(_DOCK), 40, base, fonts.bold, ink, "menu") + 20
        for word in ("File", "Edit", "View", "Go", "Window", "Help"):
            x = pen.text(word, x, base, fonts.ui, ink, "menu") + 20
        pen.icon("circle", 14, high / 2 - 7, 14, ink)
    else:
        pen.text("Activities", 12, base, fonts.ui, ink, "menu")
    clock = _clock(rng)
    if theme.look == "gtk" and rng.random() < 0.7:
        pen.centred(clock, 0, width, base, fonts.bold, ink, "other")
    else:
        pen.right(clock, width - 70, base, fonts.ui, ink, "other")
    for i, kind in enumerate(("bell", "gear")):
        pen.icon(kind, width - 28 - 26 * i, high / 2 - 7, 14, ink)
    bottom = height
    if theme.look == "macos" and rng.random() < 0.7:
        bottom = height - 62
        count = rng.randint(5, 12)
        left = (width - count * 52) / 2
        pen.box(left - 8, bottom, left + count * 52 + 8, height - 4, mix(theme.title, (128, 128, 128), 0.3), radius=14)
        for i in range(count):
            tint: Color = (rng.randrange(256), rng.randrange(256), rng.randrange(256))
            pen.box(left + i * 52 + 4, bottom + 7, left + i * 52 + 48, bottom + 51, tint, radius=10)
            pen.icon(
                rng.choice(("mail", "folder", "gear", "image", "terminal", "star")),
                left + i * 52 + 14,
                bottom + 17,
                24,
                on(tint),
            )
    return (0, high, width, bottom)


def _task_bar(ctx: Context, theme: Theme, fonts: Fonts, width: int, height: int) -> Box:
    rng, pen = ctx.rng, ctx.pen
    high = rng.choice((28, 32, 40, 48))
    ground = rng.choice((theme.title, theme.window, (16, 16, 16), (0, 0, 0)))
    ink = readable(theme.title_text, ground)
    top = height - high
    pen.box(0, top, width, height, ground)
    base = pen.middle(top, height, fonts.ui)
    pen.icon("blocks", 12, top + high / 2 - 8, 16, theme.accent)
    x = 48.0
    if rng.random() < 0.4:
        pen.box(x, top + 4, x + 200, height - 4, mix(ground, ink, 0.1), border=mix(ground, ink, 0.25))
        pen.text(
            rng.choice(("Type here to search", "Search")),
            x + 14,
            base,
            fonts.ui,
            readable(mix(ink, ground, 0.3), ground),
            "input",
        )
        x += 216
    labels = rng.random() < 0.5
    for name in rng.sample(_DOCK, rng.randint(2, 6)):
        pen.icon(rng.choice(("folder", "terminal", "mail", "page", "star")), x + 8, top + high / 2 - 8, 16, ink)
        if labels and x < width - 420:
            pen.text(name, x + 32, base, fonts.ui, ink, "tab")
            x += 60 + fonts.ui.width(name)
        else:
            x += 40
    if high >= 40 and 2 * fonts.small.pitch <= high:
        middle = top + high / 2
        pen.right(
            _clock(rng).split("  ")[0], width - 14, round(middle - fonts.small.atlas.descent), fonts.small, ink, "other"
        )
        date = f"{rng.randint(1, 12)}/{rng.randint(1, 28)}/2024"
        pen.right(
            date, width - 14, round(middle + fonts.small.pitch - fonts.small.atlas.descent), fonts.small, ink, "other"
        )
    else:
        pen.right(_clock(rng), width - 14, base, fonts.ui, ink, "other")
    return (0, 0, width, top)
