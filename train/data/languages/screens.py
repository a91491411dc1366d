"""Screens in a language: terminals, dialogs and browsers' pages of its catalogue, with and without an error."""

from __future__ import annotations

import random

from train.data.languages.faces import pool
from train.data.languages.language import Language
from train.data.render.layouts import layout
from train.data.render.scene import Scene
from train.data.world.content import BrowserErrorContent, Content, DialogContent, Fields, Row, TerminalContent, Text
from train.data.world.slots import Slots
from train.data.world.tables import BrowserPage
from train.data.world.terminals import frame, prompt_for, screen_rows, session_rows

ERROR_SHARE = 0.65
_BROWSERS = {"chromium": "Chromium", "firefox": "Firefox", "safari": "Safari", "edge": "Microsoft Edge"}


def sample_content(rng: random.Random, language: Language, split: str = "train") -> Content:
    """A screen's content; split "train" or "held_out" (messages that training never shows).

    Raises ValueError for another split.
    """
    if split not in ("train", "held_out"):
        raise ValueError(f"unknown split {split!r}: train or held_out")
    if rng.random() >= ERROR_SHARE:
        return rng.choice((_normal_terminal, _normal_dialog))(rng, language)
    return rng.choice((_terminal, _dialog, _page))(rng, language, split == "held_out")


def sample_scene(
    rng: random.Random, language: Language, split: str = "train", size: tuple[int, int] = (1000, 620)
) -> tuple[Content, Scene]:
    """A content and its scene in the language's own fonts; `size` is (width, height) in pixels.

    Raises RuntimeError naming the command that installs the fonts where there are none.
    """
    content = sample_content(rng, language, split)
    return content, layout(content, rng, pool(language, split), size)


def _terminal(rng: random.Random, language: Language, held_out: bool) -> TerminalContent:
    family = rng.choice([family for family in language.terminal if family.is_held_out == held_out])
    slots = Slots(rng)
    rows, message, code = screen_rows(rng, slots, rng.choice(family.screens))
    before = [row for _ in range(rng.choice((0, 0, 1, 2))) for row in _session(rng, language)]
    if rng.random() < 0.5:
        rows.append(Row((prompt_for(rng, slots, "$"),)))
    return frame(rng, slots, Fields(True, family.app, "terminal", message, code, family.category), before + rows)


def _session(rng: random.Random, language: Language) -> list[Row]:
    return session_rows(rng, Slots(rng), "$ " + rng.choice(language.phrases["commands"]))


def _normal_terminal(rng: random.Random, language: Language) -> TerminalContent:
    rows = [row for _ in range(rng.randint(1, 4)) for row in _session(rng, language)]
    return frame(rng, Slots(rng), Fields(False, None, "terminal"), rows)


def _button_row(rng: random.Random, language: Language) -> tuple[Text, ...]:
    return tuple(Text(name, "button") for name in rng.sample(language.phrases["buttons"], rng.choice((1, 1, 2, 2, 3))))


def _dialog(rng: random.Random, language: Language, held_out: bool) -> DialogContent:
    entry = rng.choice([entry for entry in language.dialogs if entry.is_held_out == held_out])
    slots = Slots(rng)
    title, message, body = (slots.fill(text) for text in (entry.title, entry.message, entry.body))
    code = slots.fill(entry.code) or None
    title = entry.app if message == title else title
    main, more = Text(message, "message", "message"), tuple(Text(part, "body") for part in [body] if part)
    as_heading = rng.random() < 0.5
    return DialogContent(
        fields=Fields(True, entry.app, "desktop_dialog", message, code, entry.category),
        title=Text(title, "title", "app" if entry.app in title else "") if title else None,
        heading=main if as_heading else None,
        body=more if as_heading else (main, *more),
        buttons=_button_row(rng, language),
        icon=rng.choice(("error", "error", "warning", "")),
        app=entry.app,
        style=entry.style,
        checkbox=Text(rng.choice(language.phrases["labels"]), "label") if rng.random() < 0.1 else None,
    )


def _normal_dialog(rng: random.Random, language: Language) -> DialogContent:
    slots = Slots(rng)
    app = slots.get("name")
    heading, body = (slots.fill(text) for text in rng.sample(language.phrases["sentences"], 2))
    title = rng.choice((app, rng.choice(language.phrases["titles"])))
    return DialogContent(
        fields=Fields(False, app, "desktop_dialog"),
        title=Text(title, "title", "app" if title == app else ""),
        heading=Text(heading, "heading"),
        body=(Text(body, "body"),),
        buttons=_button_row(rng, language),
        icon=rng.choice(("question", "info", "")),
        app=app,
        style=rng.choice(("gtk", "qt", "windows", "electron")),
    )


def _page(rng: random.Random, language: Language, held_out: bool) -> BrowserErrorContent:
    page: BrowserPage = rng.choice([page for page in language.pages if page.is_held_out == held_out])
    slots = Slots(rng)
    browser = _BROWSERS.get(page.browser, page.browser)
    heading, code = slots.fill(page.heading), slots.fill(page.code)
    paragraphs = [slots.fill(page.paragraph)] if page.paragraph else []
    shown = code.removeprefix("HTTP ERROR ")
    return BrowserErrorContent(
        fields=Fields(True, browser, "browser", heading, shown or None, page.category),
        url=Text(slots.get("url"), "url"),
        title=Text(slots.fill(page.title), "title"),
        heading=Text(heading, "message", "message"),
        paragraphs=tuple(Text(text, "body") for text in paragraphs),
        items=tuple(Text(slots.fill(text), "body") for text in page.bullets),
        code=Text(code, "code", "error_code") if code else None,
        buttons=(Text(language.reload, "button"),),
        tabs=tuple(Text(rng.choice(language.phrases["titles"]), "tab") for _ in range(rng.choice((0, 0, 1, 2)))),
        app=browser,
    )
