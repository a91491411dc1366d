"""Screens that say what real programs say: the harvest's transcripts and phrases as content.

The harvest is on when `MMGPT_HARVEST` names its folder (`activate` sets it, for this process and those it starts). Without it
the world is made of its own templates alone, and the same seed then gives the same screen on every machine.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from train.data.harvest.core import Phrase, Transcript
from train.data.render.npm_fonts import cache_root
from train.data.world.content import (
    Block,
    Content,
    DesktopAppContent,
    DialogContent,
    Fields,
    Row,
    TerminalContent,
    Text,
)
from train.data.world.dialogs import STYLES, compose
from train.data.world.parts import prose
from train.data.world.slots import Slots
from train.data.world.terminals import frame, message_row, prompt_for

if TYPE_CHECKING:
    from train.data.harvest.load import Harvest

VARIABLE = "MMGPT_HARVEST"
LONGEST_LABEL = 28
_CUT = 400
"""Characters of a terminal row that are kept: what is longer is no error line but a dump."""


def choose(option: str) -> Path | None:
    """The folder that a command's `--harvest` means: "auto" the cache's if it was gathered, "none" none, else a path.

    Raises FileNotFoundError for a path without a harvest.
    """
    if option == "none":
        return None
    folder = cache_root() / "harvest" if option == "auto" else Path(option)
    if any(folder.glob("*.jsonl.gz")):
        return folder
    if option == "auto":
        return None
    raise FileNotFoundError(f"no *.jsonl.gz in {folder}; `python -m train.data harvest --out {folder}` gathers them")


def activate(folder: Path | None) -> None:
    """Use the harvest of a folder from now on, in this process and those it starts; None: none."""
    if folder is None:
        os.environ.pop(VARIABLE, None)
    else:
        os.environ[VARIABLE] = str(folder)


def current() -> Harvest | None:
    """The harvest in use; None when there is none or it is empty."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    harvest = _loaded(folder)
    return None if harvest.is_empty else harvest


@cache
def _loaded(folder: str) -> Harvest:
    from train.data.harvest.load import load  # only with a harvest: the world works without

    return load(Path(folder))


@cache
def _part(folder: str, split: str) -> Harvest:
    return _loaded(folder).split("held_out" if split == "held_out" else "train")


@cache
def _pools(folder: str, split: str) -> tuple[dict[str, list[Phrase]], dict[str, list[Phrase]], list[Phrase]]:
    """Errors by program, labels by program, and errors of tables that belong to none."""
    harvest = _part(folder, split)
    errors: dict[str, list[Phrase]] = {}
    labels: dict[str, list[Phrase]] = {}
    tables: list[Phrase] = []
    for phrase in harvest.phrases("error"):
        (errors.setdefault(phrase.app, []) if phrase.app else tables).append(phrase)
    for phrase in harvest.phrases("label"):
        if phrase.app and len(phrase.text) <= LONGEST_LABEL:
            labels.setdefault(phrase.app, []).append(phrase)
    return errors, {app: some for app, some in labels.items() if len(some) >= 8}, tables


@cache
def _transcripts(folder: str, split: str, failed: bool) -> dict[str, list[Transcript]]:
    found: dict[str, list[Transcript]] = {}
    for transcript in _part(folder, split).transcripts():
        if transcript.is_error == failed:
            found.setdefault(transcript.app, []).append(transcript)
    return found


def _pick(rng: random.Random, by_app: dict[str, list[Transcript]]) -> Transcript:
    """A program first, then one of its transcripts: programs with few are seen too."""
    apps = sorted(by_app)
    weights = [len(by_app[app]) ** 0.5 for app in apps]
    return rng.choice(by_app[rng.choices(apps, weights)[0]])


def transcript_terminal(rng: random.Random, split: str, failed: bool) -> TerminalContent | None:
    """A recorded command in a terminal; None where the harvest has none of the sort."""
    folder = os.environ.get(VARIABLE, "")
    pool = _transcripts(folder, split, failed)
    if not pool:
        return None
    slots = Slots(rng)
    prompt = prompt_for(rng, slots, "$")
    rows: list[Row] = []
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        good = _transcripts(folder, split, False)
        if good:
            rows += _rows(rng, _pick(rng, good), prompt, most=14)
    chosen = _pick(rng, pool)
    for command, printed in chosen.before:
        rows.append(Row((prompt, Text(command, "command"))))
        rows += [_output(row[:_CUT]) for row in printed[:20]]
    rows += _rows(rng, chosen, prompt, most=40)
    if rng.random() < 0.65:
        rows.append(Row((prompt,)))
    message = None
    if failed:
        message = "".join(piece.text for row in rows for piece in row.pieces if piece.ref == "message")
    code = chosen.code if failed and any(chosen.code and chosen.code in row.text for row in rows) else None
    fields = Fields(failed, chosen.app, "terminal", message, code, chosen.category if failed else "none")
    return frame(rng, slots, fields, rows)


def _output(text: str) -> Row:
    return Row((Text(text, "output"),)) if text.strip() else Row(())


def _rows(rng: random.Random, transcript: Transcript, prompt: Text, most: int) -> list[Row]:
    rows = [Row((prompt, Text(transcript.command, "command")))]
    first, last = 0, len(transcript.rows)
    if last > most:  # what scrolled away, but never the message
        at = transcript.message if transcript.message is not None else last
        first = max(0, min(last - most, at - 2))
    trace = set(transcript.trace)
    tones: dict[int, str] = {row: tone for row, _, _, tone in transcript.tones}
    coloured = rng.random() < 0.5
    for number in range(first, min(last, first + most)):
        text = transcript.rows[number][:_CUT]
        if number == transcript.message:
            rows.append(message_row(rng, text))
        elif not text.strip():
            rows.append(Row(()))
        else:
            role = "trace" if number in trace else "output"
            rows.append(Row((Text(text, role, "", tones.get(number, "") if coloured else ""),)))
    return rows


def _error(rng: random.Random, split: str) -> tuple[str, str, str | None, str, bool] | None:
    """(program, sentence, code, category, whether the category is known) of a real program; None without errors."""
    errors, _, tables = _pools(os.environ.get(VARIABLE, ""), split)
    slots = Slots(rng)
    if tables and (not errors or rng.random() < 0.25):
        phrase, app = rng.choice(tables), slots.get("name")
    elif errors:
        app = rng.choice(sorted(errors))
        phrase = rng.choice(errors[app])
    else:
        return None
    text = " ".join(slots.fill(phrase.text).split())
    code = phrase.code if phrase.code else None
    if code and code not in text and rng.random() < 0.6:
        text = rng.choice((f"{code}: {text}", f"{text} ({code})", f"[{code}] {text}"))
    if code and code not in text:
        code = None
    return app, text, code, phrase.category or "other", bool(phrase.category)


def error_dialog(rng: random.Random, split: str) -> DialogContent | None:
    """A program's own error sentence in a dialog box."""
    found = _error(rng, split)
    if found is None:
        return None
    app, text, code, category, known = found
    fields = Fields(True, app, "desktop_dialog", text, code, category, known)
    title = rng.choice((app, app, app, "Error", f"{app} - Error", f"Error — {app}", "Warning", ""))
    body = Slots(rng).fill(rng.choice(("", "", "", "{path}", "Try again or contact support.", "Details: {title}")))
    return compose(rng, fields, app if title == text else title, text, body, rng.choice(STYLES))


def window(rng: random.Random, split: str, failed: bool) -> DesktopAppContent | None:
    """A program's window with its own menus and labels; failed: with one of its error sentences in a bar or below."""
    errors, labels, _ = _pools(os.environ.get(VARIABLE, ""), split)
    apps = sorted(set(errors) & set(labels) if failed else set(labels))
    if not apps:
        return None
    slots = Slots(rng)
    app = rng.choice(apps)

    def some(count: int) -> list[str]:
        pool = labels[app]
        return [slots.fill(p.text).rstrip(":…. ") for p in rng.sample(pool, min(count, len(pool)))]

    title = rng.choice((app, f"{slots.get('file')} - {app}", f"{app} - {slots.get('cap')}"))
    blocks = [_filler(rng, slots, some) for _ in range(rng.choice((1, 1, 2)))]
    banner = None
    status: tuple[Text, ...] = tuple(Text(text, "status") for text in some(rng.choice((0, 1, 2))))
    fields = Fields(False, app, "desktop_app")
    if failed:
        phrase = rng.choice(errors[app])
        text = " ".join(Slots(rng).fill(phrase.text).split())
        code = phrase.code if phrase.code and phrase.code in text else None
        fields = Fields(True, app, "desktop_app", text, code, phrase.category or "other", bool(phrase.category))
        main = Row((Text(text, "message", "message"),))
        place = rng.random()
        if place < 0.55:
            banner = Block("banner", (main,), None, rng.choice(("error", "error", "warning")))
        elif place < 0.8:
            blocks.append(Block(rng.choice(("card", "toast")), (main,), None, "error"))
        else:
            status = (Text(text, "message", "message"), *status[:1])
    style = rng.choice(("windows", "macos", "gtk", "gtk", "qt", "qt", "electron", "java"))
    return DesktopAppContent(
        fields,
        Text(title, "title", "app"),
        tuple(blocks),
        tuple(Text(text, "menu") for text in some(rng.choice((0, 3, 5, 7)))),
        tuple(Text(text, "button") for text in some(rng.choice((0, 0, 3, 5)))),
        tuple(Text(text, "item") for text in some(rng.choice((0, 0, 4, 8)))),
        banner,
        status,
        app,
        style,
        rng.choice(("any", "light", "dark")),
    )


def _filler(rng: random.Random, slots: Slots, some: Callable[[int], list[str]]) -> Block:
    labels = some(rng.randint(3, 9))
    kind = rng.random()
    if kind < 0.35:
        values = ("{num}", "{path}", "{word}", "On", "Off", "{size}", "{date}", "")
        return Block(
            "form",
            tuple(Row((Text(f"{t}:", "label"), Text(Slots(rng).fill(rng.choice(values)), "input"))) for t in labels),
        )
    if kind < 0.6:
        return Block("list", tuple(Row((Text(t, "item"),)) for t in labels))
    if kind < 0.75:
        return Block("buttons", (Row(tuple(Text(t, "button") for t in labels[:4])),))
    return Block("paragraph", (Row((Text(prose(rng, slots), "body"),)),))


def note_dialog(rng: random.Random, split: str) -> DialogContent | None:
    """A program's own sentence that tells of no failure: a question, a note, a state."""
    folder = os.environ.get(VARIABLE, "")
    by_app = _notes(folder, split)
    if not by_app:
        return None
    slots = Slots(rng)
    app = rng.choice(sorted(by_app))
    text = slots.fill(rng.choice(by_app[app]).text)
    buttons = ("Yes", "No") if text.endswith("?") else rng.choice((("OK",), ("Close",), ("OK", "Cancel"), ("Cancel",)))
    title = rng.choice((app, app, "Question" if text.endswith("?") else "Information", ""))
    return DialogContent(
        fields=Fields(False, app, "desktop_dialog"),
        title=Text(title, "title", "app" if title == app else "") if title else None,
        heading=None,
        body=(Text(text, "body"),),
        buttons=tuple(Text(label, "button") for label in buttons),
        icon=rng.choice(("question" if text.endswith("?") else "info", "info", "")),
        app=app,
        style=rng.choice(STYLES),
        theme=rng.choice(("any", "light", "dark")),
    )


@cache
def _notes(folder: str, split: str) -> dict[str, list[Phrase]]:
    found: dict[str, list[Phrase]] = {}
    for phrase in _part(folder, split).phrases("info"):
        if phrase.app:
            found.setdefault(phrase.app, []).append(phrase)
    return found


def harvested_content(rng: random.Random, split: str, failed: bool) -> Content | None:
    """A screen of the harvest; None when it is off or has nothing of the sort."""
    if current() is None:
        return None
    roll = rng.random()
    if roll < 0.55:
        return transcript_terminal(rng, split, failed)
    if roll < 0.8:
        return error_dialog(rng, split) if failed else note_dialog(rng, split)
    return window(rng, split, failed)
