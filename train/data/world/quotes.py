"""Errors as others quote them: words of the catalogues without the screen that showed them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache

from train.data.world.families import Family, terminal_families
from train.data.world.slots import Slots
from train.data.world.tables import BrowserPage, Entry, browser_pages, dialogs, pages, problems
from train.data.world.terminals import screen_rows


@dataclass(frozen=True, slots=True)
class Quote:
    """An error that somebody speaks of: the program, its sentence, its code ("" for none), all rows it printed."""

    app: str
    message: str
    code: str
    lines: tuple[str, ...]


@cache
def sources(held_out: bool) -> tuple[tuple[tuple[Family | Entry | BrowserPage, ...], float], ...]:
    """What may be quoted in a split, and how often: terminal families, dialogs, pages, problems, browsers' pages."""
    found: tuple[tuple[tuple[Family | Entry | BrowserPage, ...], float], ...] = (
        (terminal_families(), 0.5),
        (dialogs(), 0.2),
        (pages(), 0.15),
        (problems(), 0.08),
        (browser_pages(), 0.07),
    )
    return tuple((tuple(e for e in entries if e.is_held_out == held_out), weight) for entries, weight in found)


def quote(rng: random.Random, split: str = "train") -> Quote:
    """An error of the catalogues that belongs to the split."""
    pools = sources(split == "held_out")
    slots = Slots(rng)
    entry = rng.choice(rng.choices([pool for pool, _ in pools], [weight for _, weight in pools])[0])
    if isinstance(entry, Family):
        found, message, code = screen_rows(rng, slots, rng.choice(entry.screens))
        lines = tuple(row.text for row in found if not any(p.role in ("prompt", "command") for p in row.pieces))
        return Quote(entry.app, message, code or "", lines or (message,))
    if isinstance(entry, BrowserPage):
        heading = slots.fill(entry.heading)
        return Quote("the browser", heading, entry.code, (heading, slots.fill(entry.paragraph), entry.code))
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
