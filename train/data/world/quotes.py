"""Errors as others quote them: words of the catalogues without the screen that showed them."""

from __future__ import annotations

import random
from dataclasses import dataclass

from train.data.world.families import terminal_families
from train.data.world.slots import Slots
from train.data.world.tables import browser_pages, dialogs, pages, problems
from train.data.world.terminals import screen_rows


@dataclass(frozen=True, slots=True)
class Quote:
    """An error that somebody speaks of: the program, its sentence, its code ("" for none), all rows it printed."""

    app: str
    message: str
    code: str
    lines: tuple[str, ...]


def quote(rng: random.Random, split: str = "train") -> Quote:
    """An error of the catalogues that belongs to the split."""
    held, slots = split == "held_out", Slots(rng)
    roll = rng.random()
    if roll < 0.5:
        family = rng.choice([family for family in terminal_families() if family.is_held_out == held])
        found, message, code = screen_rows(rng, slots, rng.choice(family.screens))
        lines = tuple(row.text for row in found if not any(p.role in ("prompt", "command") for p in row.pieces))
        return Quote(family.app, message, code or "", lines or (message,))
    if roll < 0.7:
        entry = rng.choice([e for e in dialogs() if e.is_held_out == held])
    elif roll < 0.85:
        entry = rng.choice([e for e in pages() if e.is_held_out == held])
    elif roll < 0.93:
        entry = rng.choice([e for e in problems() if e.is_held_out == held])
    else:
        page = rng.choice([p for p in browser_pages() if p.is_held_out == held])
        heading = slots.fill(page.heading)
        return Quote("the browser", heading, page.code, (heading, slots.fill(page.paragraph), page.code))
    message = slots.fill(entry.message)
    body = [part.strip() for part in slots.fill(entry.body).split(" / ") if part.strip()]
    return Quote(entry.app, message, slots.fill(entry.code), (message, *body))


def short_quote(rng: random.Random, split: str = "train", most: int = 90) -> str:
    """The sentence of a quoted error, cut to `most` characters."""
    for _ in range(4):
        found = quote(rng, split).message.strip()
        if 6 < len(found) <= most:
            return found
    return found[:most].rstrip()
