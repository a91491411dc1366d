"""Errors that hardly look like one: small print, pages of success with a failure in them, warnings that nothing was done."""

from __future__ import annotations

import random
from collections.abc import Callable

from train.data.world.content import Block, Content, DialogContent, Fields, Row, TerminalContent, Text, WebPageContent
from train.data.world.parts import navigation, other_tabs, page_body, prose, rows
from train.data.world.phrases import reason, sentence_case
from train.data.world.sessions import PROGRESS
from train.data.world.slots import Slots
from train.data.world.terminals import command_row, frame, message_row, prompt_for

_PARTLY = (
    "{int} of {num} {nouns} could not be uploaded: {why}",
    "Not all {nouns} were saved: {why}",
    "{file} was skipped: {why}",
    "The {noun} was not sent: {why}",
    "Your {noun} was saved locally only: {why}",
    "The last {int} {nouns} are missing: {why}",
    "Could not refresh the {noun}: {why}",
    "Some {nouns} were not imported: {why}",
    "Synchronisation is paused: {why}",
)
_NOT_DONE = (
    "The {noun} was not {done}: {why}.",
    "{file} was not {done} because {why}.",
    "Nothing was {done}: {why}.",
    "{int} {nouns} were left unchanged because {why}.",
    "Your changes were not {done}. {Why}.",
)
_DONE = ("saved", "printed", "deleted", "copied", "installed", "sent", "imported", "applied", "exported", "restored")
_GOOD = (
    "Upload complete",
    "Import finished",
    "All done!",
    "Thank you for your order",
    "Welcome back, {user}",
    "Backup finished",
    "Report ready",
    "Settings",
)


def _why(rng: random.Random, slots: Slots, split: str) -> tuple[str, str]:
    """A category and a reason that stands for it."""
    category, why, _ = reason(rng, slots, None, split)
    return category, why.rstrip(".")


def small_print(rng: random.Random, split: str) -> WebPageContent:
    """A page that looks like success, with one quiet line that says what failed."""
    slots = Slots(rng)
    app = slots.get("name")
    category, why = _why(rng, slots, split)
    message = slots.fill(rng.choice(_PARTLY)).replace("{why}", why)
    line = Row((Text(message, "message", "message", rng.choice(("", "dim", "error", "warning"))),))
    blocks = [navigation(rng, app)] if rng.random() < 0.8 else []
    blocks.append(Block("heading", rows(slots.fill(rng.choice(_GOOD)), role="heading")))
    body = page_body(rng, slots)
    place = rng.randrange(3)
    if place == 0:
        blocks += [*body[:2], Block("footer", (line,))]
    elif place == 1:
        blocks += [Block("paragraph", (Row((Text(prose(rng, slots), "body"),)), line)), *body[:2]]
    else:
        blocks += [Block("card", (Row((Text(slots.get("title"), "body"),)), line)), *body[:1]]
    return WebPageContent(
        Fields(True, app, "web_page", message, None, category), Text(slots.get("url"), "url"),
        Text(f"{app} - {slots.get('title')}", "title", "app"), tuple(blocks), "app", other_tabs(rng),
        rng.choice(("Chromium", "Firefox", "Google Chrome")), rng.random() < 0.6, rng.choice(("light", "light", "dark")),
    )  # fmt: skip


def not_done(rng: random.Random, split: str) -> DialogContent:
    """A warning or a note in a dialog: what was asked for was not done."""
    slots = Slots(rng)
    app = slots.get("name")
    category, why = _why(rng, slots, split)
    message = slots.fill(rng.choice(_NOT_DONE).replace("{done}", rng.choice(_DONE)))
    message = message.replace("{why}", why).replace("{Why}", sentence_case(why))
    heading = rng.random() < 0.4
    piece = Text(message, "message", "message")
    extra = (
        Text(
            slots.fill(
                rng.choice(
                    ("You can try again later.", "The {noun} is still open.", "{num} other {nouns} were {verb}ed.")
                )
            ),
            "body",
        ),
    )
    title = rng.choice((app, app, "Note", "Warning", "Information", ""))
    return DialogContent(
        Fields(True, app, "desktop_dialog", message, None, category),
        Text(title, "title", "app" if app in title else "") if title else None, piece if heading else None,
        extra if heading else (piece, *(extra if rng.random() < 0.5 else ())),
        tuple(Text(b, "button") for b in rng.choice((("OK",), ("OK", "Details"), ("Close",), ("Try again", "Skip")))),
        rng.choice(("warning", "info", "info", "warning", "")), app, rng.choice(("windows", "gtk", "qt", "macos", "electron")),
        theme=rng.choice(("any", "light", "dark")),
    )  # fmt: skip


def amid_output(rng: random.Random, split: str) -> TerminalContent:
    """A tool that goes on: one row of its long output says what it could not do, the last one sounds content."""
    slots = Slots(rng)
    tool = slots.get("word")
    category, why = _why(rng, slots, split)
    message = rng.choice(
        (
            f"warning: skipping {slots.get('path')}: {why}",
            f"W: {slots.get('file')} not {rng.choice(_DONE)}: {why}",
            f"{tool}: {slots.get('path')}: {why}",
            f"[{slots.get('int')}/{slots.get('num')}] {slots.get('file')}: FAILED ({why})",
            f"  - {slots.get('file')}: not {rng.choice(_DONE)} ({why})",
        )
    )
    made = [Row((Text(Slots(rng).fill(rng.choice(PROGRESS)), "output"),)) for _ in range(rng.randint(4, 16))]
    made.insert(rng.randint(1, len(made)), message_row(rng, message))
    last = rng.choice(
        (
            "done.",
            "Finished in {secs}s.",
            "{num} {nouns} processed, 1 skipped.",
            "Completed with warnings.",
            "done (1 failed)",
        )
    )
    rows_ = [
        command_row(rng, slots, f"{tool} {slots.get('verb')} {slots.get('dir')}", "$"),
        *made,
        Row((Text(slots.fill(last), "output"),)),
    ]
    if rng.random() < 0.7:
        rows_.append(Row((prompt_for(rng, slots, "$"),)))
    return frame(rng, slots, Fields(True, tool, "terminal", message.strip(), None, category), rows_)


MISSES: tuple[tuple[Callable[[random.Random, str], Content], float], ...] = (
    (small_print, 0.4),
    (not_done, 0.3),
    (amid_output, 0.3),
)


def near_miss(rng: random.Random, split: str = "train") -> Content:
    """An error that is easily taken for none."""
    return rng.choices([make for make, _ in MISSES], [weight for _, weight in MISSES])[0](rng, split)
