"""One draw from the world: any kind of screen, about 55 in 100 with an error."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from train.data.world.browser import browser_error, browser_page
from train.data.world.content import Content, DialogContent
from train.data.world.desktop import desktop_app
from train.data.world.dialogs import error_dialog, normal_dialog
from train.data.world.documents import chart, document, photo
from train.data.world.editors import error_editor, normal_editor
from train.data.world.fullscreen import fullscreen
from train.data.world.harvested import current, harvested_content
from train.data.world.knowledge import knowledge_content
from train.data.world.near_misses import near_miss
from train.data.world.negatives import hard_negative
from train.data.world.notes import notes
from train.data.world.pager import pager
from train.data.world.scenery import scenery
from train.data.world.stops import stop_screen
from train.data.world.terminals import error_terminal, normal_terminal
from train.data.world.web import app_page, ordinary_page, server_page

Maker = Callable[[random.Random, str], Content]
ERROR_MAKERS: tuple[tuple[Maker, float], ...] = (
    (error_terminal, 0.34),
    (error_dialog, 0.20),
    (browser_error, 0.12),
    (server_page, 0.11),
    (app_page, 0.07),
    (error_editor, 0.10),
    (desktop_app, 0.06),
    (knowledge_content, 0.25),
    (stop_screen, 0.03),
    (near_miss, 0.06),
    (lambda rng, split: fullscreen(rng, split, failing=True), 0.03),
)
NORMAL_MAKERS: tuple[tuple[Maker, float], ...] = (  # what speaks of errors without one is the largest part
    (hard_negative, 0.45),
    (normal_terminal, 0.09),
    (normal_dialog, 0.05),
    (ordinary_page, 0.07),
    (browser_page, 0.03),
    (notes, 0.02),
    (pager, 0.02),
    (fullscreen, 0.06),
    (normal_editor, 0.05),
    (lambda rng, split: desktop_app(rng, split, failing=False), 0.05),
    (document, 0.06),
    (chart, 0.06),
    (photo, 0.03),
    (scenery, 0.07),
)
ERROR_SHARE = 0.55
HARVEST_SHARE = 0.3
"""Of the screens, where real messages and transcripts were gathered (`train.data.world.harvested`)."""


def sample_content(rng: random.Random, split: str = "train") -> Content:
    """A screen's content; `split` "train" or "held_out" (families and programs that training never shows).

    Raises ValueError for another split.
    """
    if split not in ("train", "held_out"):
        raise ValueError(f"unknown split {split!r}: train or held_out")
    failed = rng.random() < ERROR_SHARE
    content = harvested_content(rng, split, failed) if current() is not None and rng.random() < HARVEST_SHARE else None
    if content is None:
        makers = ERROR_MAKERS if failed else NORMAL_MAKERS
        make = rng.choices([maker for maker, _ in makers], [weight for _, weight in makers])[0]
        content = make(rng, split)
    if isinstance(content, DialogContent) and rng.random() < 0.35:
        content = replace(content, backdrop=_backdrop(rng))
    return content


def _backdrop(rng: random.Random) -> Content:
    make = rng.choice(
        (
            lambda: desktop_app(rng, "train", failing=False),
            lambda: ordinary_page(rng),
            lambda: normal_editor(rng),
            lambda: normal_terminal(rng),
        )
    )
    return make()
