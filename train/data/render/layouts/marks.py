"""What lies over a screen: notifications, menus, tooltips, recorder frames, selections, and marks that people draw."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import elide
from train.data.render.layouts.themes import luma, mix, on, readable, ui_theme
from train.data.render.placing import place
from train.data.render.scene import Box, Color, Ellipse, Pointer, Polyline, Rect, Scene, Span, TextRun
from train.data.world.slots import Slots

SHY = frozenset(("message", "code"))
_NEWS = (
    ("Update available", "{name} {version} is ready to install."),
    ("Screenshot captured", "You can paste the image from the clipboard."),
    ("{person}", "{title}"),
    ("{user}", "can you look at this?"),
    ("Backup completed", "{num} files, {size}"),
    ("Meeting in 15 minutes", "{title}"),
    ("Battery {pct}%", "{int} h {pct2} min remaining"),
    ("Download complete", "{file}"),
    ("Build finished", "{repo} #{num} passed"),
    ("Wi-Fi connected", "{word}-net"),
    ("Reminder", "{verb} the {noun}"),
)
_MENU = (
    "Open",
    "Open With…",
    "Cut",
    "Copy",
    "Paste",
    "Rename",
    "Delete",
    "Properties",
    "Select All",
    "Undo",
    "Inspect",
    "Reload",
    "Save As…",
    "Print…",
    "Refresh",
    "New Folder",
    "View Source",
    "Search the Web",
    "Share",
    "Zoom In",
)
_TIPS = (
    "Close",
    "New tab",
    "Copy to clipboard",
    "Show hidden files",
    "{file}",
    "{size}, {date}",
    "Click to retry",
    "Maximize",
    "Reload this page",
    "{noun}: {num}",
    "Ctrl+Shift+{letter}",
    "Settings",
    "{path}",
)
_REMARKS = (
    "?",
    "??",
    "here!",
    "this one",
    "what is this?",
    "1",
    "2",
    "see here",
    "HELP",
    "->",
    "error?",
    "look",
    "since {day}",
)
_INKS: tuple[Color, ...] = (
    (230, 20, 30),
    (230, 20, 30),
    (255, 60, 0),
    (20, 160, 40),
    (30, 90, 240),
    (250, 200, 0),
    (230, 30, 200),
)


def _free(
    rng: random.Random,
    scene: Scene,
    taken: Sequence[Box],
    size: tuple[float, float],
    places: Sequence[tuple[float, float]] = (),
) -> tuple[float, float] | None:
    """A place for a plate of a size that hides none of the taken boxes; None where none is found in ten tries."""
    room = (scene.width - size[0], scene.height - size[1])
    if room[0] < 4 or room[1] < 4:
        return None
    for _ in range(10):
        x, y = rng.choice(places) if places else (rng.random(), rng.random())
        x, y = round(2 + x * (room[0] - 4)), round(2 + y * (room[1] - 4))
        if all(b[2] < x - 4 or b[0] > x + size[0] + 4 or b[3] < y - 4 or b[1] > y + size[1] + 4 for b in taken):
            return x, y
    return None


def _plate(
    ctx: Context,
    taken: Sequence[Box],
    lines: Sequence[tuple[str, bool]],
    places: Sequence[tuple[float, float]],
    ground: Color,
    pad: int = 10,
    role: str = "other",
    wide: float = 0.0,
) -> bool:
    """Rows of text (and whether bold) on a plate that hides what is beneath; False where there was no room."""
    rng, pen = ctx.rng, ctx.pen
    theme = ui_theme(rng, ctx.pool.split)
    fonts = ctx.fonts(theme, rng.choice((11, 12, 13, 14)))
    width = max(max((fonts.bold if bold else fonts.ui).width(text) for text, bold in lines) + 2 * pad, wide)
    width = min(width, pen.scene.width * 0.5)
    pitch = fonts.ui.pitch + 4
    spot = _free(rng, pen.scene, taken, (width, pitch * len(lines) + 2 * pad), places)
    if spot is None:
        return False
    x, y = spot
    edge = mix(ground, on(ground), 0.25)
    pen.box(
        x,
        y,
        x + width,
        y + pitch * len(lines) + 2 * pad,
        ground,
        border=edge,
        radius=rng.choice((0, 4, 8)),
        shadow=rng.choice((0, 8)),
        occludes=True,
    )
    y += pad
    for text, bold in lines:
        at = fonts.bold if bold else fonts.ui
        pen.text(elide(text, at, width - 2 * pad), x + pad, round(y + at.atlas.ascent + 1), at, on(ground), role)
        y += pitch
    return True


def _plain(rng: random.Random) -> Color:
    return rng.choice(((255, 255, 255), (245, 245, 245), (32, 32, 34), (50, 50, 54), (20, 30, 50)))


def notification(ctx: Context, taken: Sequence[Box]) -> None:
    """A notification of another program, at a corner; it tells of no failure."""
    slots = Slots(ctx.rng)
    title, body = ctx.rng.choice(_NEWS)
    spots = ((1.0, 0.04), (1.0, 0.06), (1.0, 0.92), (0.98, 0.9), (0.5, 0.05))
    _plate(ctx, taken, ((slots.fill(title), True), (slots.fill(body), False)), spots, _plain(ctx.rng), 12, "other", 260)


def context_menu(ctx: Context, taken: Sequence[Box]) -> None:
    """A menu of the right mouse button, somewhere."""
    names = ctx.rng.sample(_MENU, ctx.rng.randint(3, 10))
    _plate(ctx, taken, [(name, False) for name in names], (), _plain(ctx.rng), 8, "menu", 150)


def tooltip(ctx: Context, taken: Sequence[Box]) -> None:
    """A small plate with a hint, and the pointer at it."""
    rng = ctx.rng
    ground: Color = rng.choice(((255, 255, 225), (60, 60, 60), (250, 250, 250), (30, 30, 30)))
    before = len(ctx.pen.scene.elements)
    if _plate(ctx, taken, ((Slots(rng).fill(rng.choice(_TIPS)), False),), (), ground, 5):
        plate = ctx.pen.scene.elements[before]
        if isinstance(plate, Rect):
            ctx.pen.scene.add(Pointer(plate.x0 - 8, plate.y0 - 22, "arrow", 1.0, rng.random() < 0.3))


def recorder(ctx: Context, taken: Sequence[Box]) -> None:
    """The frame of a screen recorder or of a shared screen."""
    rng, scene = ctx.rng, ctx.pen.scene
    color: Color = rng.choice(((220, 20, 30), (20, 180, 70), (250, 120, 0), (70, 90, 250)))
    on_top(scene)
    wide = rng.choice((2, 3, 4))
    scene.add(Rect(0, 0, scene.width, scene.height, None, color, wide))
    clock = f"{rng.randint(0, 1):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"
    told = rng.choice((f"REC {clock}", f"Recording… {clock}", "You are sharing your screen", "Stop sharing", clock))
    _plate(
        ctx,
        taken,
        ((told, True),),
        ((0.5, 0.01), (0.5, 0.99), (0.99, 0.01), (0.01, 0.01)),
        rng.choice((color, (30, 30, 30))),
        6,
    )


def on_top(scene: Scene) -> None:
    """Begin a new layer, so that shapes that follow lie over the text before."""
    scene.add(Rect(-3, -3, -2, -2, None, occludes=True))


def _target(ctx: Context, taken: Sequence[Box]) -> Box | None:
    """What a person points at: mostly the message, else any row."""
    if taken and ctx.rng.random() < 0.85:
        return ctx.rng.choice(taken)
    runs = [e for e in ctx.pen.scene.elements if isinstance(e, TextRun) and len(e.text) > 3]
    if not runs:
        return None
    run = ctx.rng.choice(runs)
    return (run.x, run.baseline - run.size, run.x + len(run.text) * run.size * 0.55, run.baseline + run.size * 0.3)


def circle(ctx: Context, taken: Sequence[Box]) -> None:
    """An ellipse or a box drawn around a row."""
    box = _target(ctx, taken)
    if box is None:
        return
    rng, scene = ctx.rng, ctx.pen.scene
    color, wide = rng.choice(_INKS), rng.choice((2, 3, 4, 5))
    on_top(scene)
    dx, dy = 10 + rng.uniform(0, 16), 6 + rng.uniform(0, 8)
    if rng.random() < 0.5:
        dx, dy = dx + (box[2] - box[0]) * 0.1, dy + (box[3] - box[1]) * 0.25
        scene.add(Ellipse(box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy, color, wide))
    else:
        scene.add(Rect(box[0] - dx, box[1] - dy, box[2] + dx, box[3] + dy, None, color, wide))


def _shaft(rng: random.Random, scene: Scene, box: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    """From where to where an arrow runs that points at a box from the right, from above or from below."""
    side = rng.choice((-1, 1))
    end = (box[2] + 12, (box[1] + box[3]) / 2)
    if rng.random() < 0.4:
        end = ((box[0] + box[2]) / 2, box[3] + 12 if side > 0 else box[1] - 12)
    x, y = end[0] + rng.uniform(40, 140), end[1] + side * rng.uniform(20, 110)
    return (min(max(x, 8.0), scene.width - 8.0), min(max(y, 8.0), scene.height - 8.0)), end


def arrow(ctx: Context, taken: Sequence[Box]) -> None:
    """An arrow that ends beside a row, at times with a word at its other end."""
    box = _target(ctx, taken)
    if box is None:
        return
    rng, scene = ctx.rng, ctx.pen.scene
    color, wide = rng.choice(_INKS), rng.choice((3, 4, 6))
    start, end = _shaft(rng, scene, box)
    steps = [(start[0] + (end[0] - start[0]) * i / 12, start[1] + (end[1] - start[1]) * i / 12) for i in range(13)]
    if any(b[0] - wide < x < b[2] + wide and b[1] - wide < y < b[3] + wide for b in taken for x, y in steps):
        return  # it would run through what the fields rest on
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1.0)
    ux, uy = dx / length, dy / length
    on_top(scene)
    scene.add(Polyline((start, (end[0] - ux * 8, end[1] - uy * 8)), color, wide))
    head = 8 + 2 * wide
    left = (end[0] - ux * head - uy * head * 0.5, end[1] - uy * head + ux * head * 0.5)
    right = (end[0] - ux * head + uy * head * 0.5, end[1] - uy * head - ux * head * 0.5)
    scene.add(Polyline((end, left, right), color, closed=True))
    if rng.random() < 0.4:
        _plate(
            ctx,
            taken,
            ((Slots(rng).fill(rng.choice(_REMARKS)), True),),
            ((start[0] / scene.width, start[1] / scene.height),),
            color,
            4,
        )


def marker(ctx: Context, taken: Sequence[Box]) -> None:
    """A row marked with a text marker, or underlined by hand."""
    rng, scene = ctx.rng, ctx.pen.scene
    runs = [i for i, e in enumerate(scene.elements) if isinstance(e, TextRun) and e.role in SHY and e.text.strip()]
    runs = runs or [i for i, e in enumerate(scene.elements) if isinstance(e, TextRun) and len(e.text) > 5]
    if not runs:
        return
    index = rng.choice(runs)
    run = scene.elements[index]
    assert isinstance(run, TextRun)
    boxes = place(run, index).boxes
    inked = boxes[boxes[:, 2] > boxes[:, 0]]
    if not len(inked):
        return
    x0, x1, low = float(inked[:, 0].min()), float(inked[:, 2].max()), float(inked[:, 3].max())
    if rng.random() < 0.5 and not run.spans:
        color = rng.choice(((255, 240, 80), (180, 255, 120), (255, 180, 220), (150, 220, 255)))
        if luma(run.color) > 120:
            color = mix(color, (0, 0, 0), 0.75)
        view = run.clip or (0.0, 0.0, float(scene.width), float(scene.height))
        top, bottom = run.baseline - run.size * 0.95, run.baseline + run.size * 0.3
        area = (max(x0 - 3, view[0]), max(top, view[1]), min(x1 + 3, view[2]), min(bottom, view[3]))
        if area[2] > area[0] and area[3] > area[1]:
            scene.elements.insert(index, Rect(*area, color))
            run.color = readable(run.color, color)
    else:
        on_top(scene)
        waves = tuple((x0 + (x1 - x0) * i / 6, low + 3 + rng.uniform(0, 3)) for i in range(7))
        scene.add(Polyline(waves, rng.choice(_INKS), rng.choice((2, 3))))


def selection(ctx: Context, taken: Sequence[Box]) -> None:
    """One row is selected."""
    runs = [e for e in ctx.pen.scene.elements if isinstance(e, TextRun) and not e.spans and len(e.text) > 3]
    if not runs:
        return
    run = ctx.rng.choice(runs)
    start = ctx.rng.choice((0, 0, ctx.rng.randrange(len(run.text) - 2)))
    end = ctx.rng.choice((len(run.text), ctx.rng.randint(start + 1, len(run.text))))
    ground: Color = ctx.rng.choice(((0, 120, 215), (180, 213, 254), (51, 153, 255), (62, 68, 81), (255, 220, 120)))
    run.spans = (Span(start, end, on(ground), ground),)


MARKS: tuple[tuple[Callable[[Context, Sequence[Box]], None], float], ...] = (
    (notification, 0.2),
    (context_menu, 0.1),
    (tooltip, 0.12),
    (recorder, 0.1),
    (circle, 0.12),
    (arrow, 0.12),
    (marker, 0.1),
    (selection, 0.14),
)
