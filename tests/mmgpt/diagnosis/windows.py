"""Screens with two errors, or with one over ordinary windows, drawn by the renderer that the model learns from.

Both windows of a screen stand on a desktop, the front one painted last; each message can be read in full. The faces, programs and
families of errors are those that training never shows.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from train.data.render.heldout import message_is_whole
from train.data.render.ink import ROOM
from train.data.render.layouts import dialog, pool_of
from train.data.render.layouts.context import Context
from train.data.render.layouts.desktop import _desktop, paint
from train.data.render.layouts.pen import Pen
from train.data.render.layouts.themes import ui_theme
from train.data.render.scene import Box, Scene
from train.data.render.screen import Rendered, render
from train.data.world.browser import browser_error
from train.data.world.content import Content, DialogContent, Fields
from train.data.world.dialogs import error_dialog
from train.data.world.negatives import hard_negative
from train.data.world.terminals import error_terminal, normal_terminal
from train.data.world.web import ordinary_page, server_page

SPLIT = "held_out"
MAKERS: dict[str, Callable[[random.Random, str], Content]] = {
    "dialog": error_dialog,
    "terminal": error_terminal,
    "browser": browser_error,
    "page": server_page,
}
PAIRS = (  # front, back
    ("dialog", "dialog"), ("dialog", "dialog"), ("dialog", "terminal"), ("dialog", "terminal"), ("dialog", "browser"),
    ("terminal", "dialog"), ("terminal", "terminal"), ("dialog", "page"),
)  # fmt: skip
ALONE = ("dialog", "dialog", "terminal", "browser", "page")
_TRIES = 60


@dataclass(frozen=True)
class Windows:
    """A screen, RGB uint8 [H, W, 3], and the fields of its errors, the front one first. `meet`: whether the windows overlap."""

    image: np.ndarray
    errors: tuple[Fields, ...]
    meet: bool
    what: str


def two_errors(seed: int) -> Windows:
    """Two windows with an error each. Raises RuntimeError where no try shows both messages in full."""
    rng = random.Random(f"two errors {seed}")
    what = PAIRS[seed % len(PAIRS)]
    for _ in range(_TRIES):
        front, back = (MAKERS[name](rng, SPLIT) for name in what)
        said, said_behind = front.fields.message, back.fields.message
        if said is None or said_behind is None or said == said_behind or _mobile(front) or _mobile(back):
            continue
        drawn, boxes = _draw(rng, seed, (back, front))
        if not _shown(drawn, said) or not _shown(drawn, said_behind):
            continue
        meet = min(boxes[0][2], boxes[1][2]) > max(boxes[0][0], boxes[1][0]) and min(boxes[0][3], boxes[1][3]) > max(
            boxes[0][1], boxes[1][1]
        )
        if meet or rng.random() < 0.4:
            return Windows(drawn.image, (front.fields, back.fields), meet, "+".join(what))
    raise RuntimeError(f"seed {seed}: no screen of {_TRIES} shows both messages in full; leave the seed out")


def one_error(seed: int) -> Windows:
    """A window with an error over one or two without, half of which speak of errors. Raises RuntimeError as above."""
    rng = random.Random(f"one error {seed}")
    for _ in range(_TRIES):
        front = MAKERS[ALONE[seed % len(ALONE)]](rng, SPLIT)
        if front.fields.message is None or _mobile(front):
            continue
        ordinary = (hard_negative, hard_negative, normal_terminal, ordinary_page)
        others = tuple(rng.choice(ordinary)(rng, SPLIT) for _ in range(rng.choice((1, 1, 2))))
        drawn, _ = _draw(rng, seed, (*others, front))
        if _shown(drawn, front.fields.message):
            return Windows(drawn.image, (front.fields,), True, ALONE[seed % len(ALONE)])
    raise RuntimeError(f"seed {seed}: no screen of {_TRIES} shows the message in full; leave the seed out")


def _draw(rng: random.Random, seed: int, contents: tuple[Content, ...]) -> tuple[Rendered, list[Box]]:
    """A desktop with the contents' windows, the last one on top, and their boxes."""
    ROOM.trim()
    pool = pool_of(SPLIT, 3000 + seed % 16)
    scene = Scene(*rng.choice(((1280, 800), (1366, 768), (1440, 900), (1280, 720))))
    ctx = Context(Pen(scene, rng), rng, pool, pool.mode(rng))
    free = _desktop(ctx, ui_theme(rng, SPLIT), (0, 0, scene.width, scene.height))
    boxes = [_window(ctx, content, free) for content in contents]
    return render(scene), boxes


def _window(ctx: Context, content: Content, free: Box) -> Box:
    """Paint a content's window somewhere in the free room; returns its box."""
    rng = ctx.rng
    room_x, room_y = free[2] - free[0], free[3] - free[1]
    look = None
    if isinstance(content, DialogContent):
        theme, fonts, width, height = dialog.plan(ctx, content, (room_x * 0.7, room_y * 0.6))
        look = theme, fonts
    else:
        width, height = room_x * rng.uniform(0.55, 0.8), room_y * rng.uniform(0.5, 0.8)
    x, y = free[0] + (room_x - width) * rng.random(), free[1] + (room_y - height) * rng.random()
    box = (round(x), round(y), round(x + width), round(y + height))
    if isinstance(content, DialogContent):
        dialog.paint(ctx, replace(content, backdrop=None), box, look)
    else:
        paint(ctx, content, box, bare=True)
    return box


def _mobile(content: Content) -> bool:
    return isinstance(content, DialogContent) and content.style == "mobile"


def _shown(drawn: Rendered, message: str) -> bool:
    return message_is_whole(drawn, message)
