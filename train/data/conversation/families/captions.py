"""Descriptions of the whole picture: short, ordinary, detailed. Prose by pattern, everything that stands there quoted."""

from __future__ import annotations

import random

from train.data.conversation.facts import fact, last_command
from train.data.conversation.families.diagnosis import code_place
from train.data.conversation.families.identity import app_words, listed
from train.data.conversation.screen import Found, Screen, Span
from train.data.conversation.turn import Facts, Family, Made, quoted, wordings
from train.data.conversation.words import KIND_NAMES, article, category_phrase

Words = list[str | Span]
_MOST_BUTTONS = 4


def preposition(kind: str) -> str:
    """ "on" a page or a picture, "in" everything else."""
    return "on" if kind in ("browser", "web_page", "photo", "chart", "document", "other") else "in"


def _begun(screen: Screen) -> Words:
    tone = "" if screen.dark is None else "dark " if screen.dark else "light "
    phrase = article(f"{tone}{KIND_NAMES[screen.fields.kind]}")
    return [f"{phrase[0].upper()}{phrase[1:]}"]


def _short(screen: Screen, rng: random.Random) -> Made:
    del rng
    fields = screen.fields
    app = app_words(screen)
    of: Words = [] if app is None else [" of ", app]
    kind = article(KIND_NAMES[fields.kind])
    words: Words
    if fields.is_error:
        words = ["An error", *of, f" {preposition(fields.kind)} {kind}."]
    else:
        words = [f"{kind[0].upper()}{kind[1:]}", *of, "; no error."]
    return Made(_merged(words), _key(screen, False), facts=_facts(screen, False))


def _normal(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    words = _first_sentence(screen)
    return None if words is None else Made(_merged(words), _key(screen, True), facts=_facts(screen, True))


def _detailed(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    words = _first_sentence(screen)
    if words is None:
        return None
    if screen.fields.is_error and screen.fields.category_known:
        words += [f" It is {category_phrase(screen.fields.category)}."]
    command = last_command(screen) if screen.fields.kind == "terminal" else None
    words += _sentence(screen, " The command was ", command)
    bars = list(screen.pieces("url"))
    words += _sentence(screen, " The address is ", bars[0] if len(bars) == 1 else None)
    if screen.fields.is_error:
        words += _sentence(screen, " The file is ", fact(screen, "file"))
    buttons = [screen.span(button) for button in screen.pieces("button")]
    there = [span for span in buttons if span is not None]
    if 0 < len(there) == len(buttons) <= _MOST_BUTTONS:
        words += listed(" The buttons are " if len(there) > 1 else " The button is ", there)
    return Made(_merged(words), _key(screen, True), facts=_facts(screen, True))


def _sentence(screen: Screen, before: str, found: Found | str | None) -> Words:
    span = screen.span(found) if isinstance(found, Found) else None
    return [] if span is None else list(quoted(before, span))


def _first_sentence(screen: Screen) -> Words | None:
    """What the picture is and what it says; None when its message was lost in reading."""
    app = app_words(screen)
    words = _begun(screen)
    if not screen.fields.is_error:
        words += [] if app is None else [" of ", app]
        title = _headline(screen)
        words += [] if title is None else [" titled “", title, "”"]
        return [*words, "; no error is shown."]
    spans = screen.message_spans
    if not spans:
        return None
    which = f" {preposition(screen.fields.kind)} which "
    words += [" that reports: “"] if app is None else [which, app, " reports: “"]
    words += [*spans, "”"]
    code = code_place(screen)
    if code is not None and not screen.lines[code.line].message:
        span = screen.span(code)
        words += [] if span is None else [" (“", span, "”)"]
    return [*words, "."]


def _headline(screen: Screen) -> Span | None:
    pieces = list(screen.pieces("title")) or list(screen.pieces("heading"))
    if not pieces or pieces[0].text == screen.fields.app:
        return None
    return screen.span(pieces[0])


def _merged(words: Words) -> tuple[str | Span, ...]:
    """Neighbouring strings made one."""
    made: Words = []
    for word in words:
        if made and isinstance(word, str) and isinstance(made[-1], str):
            made[-1] += word
        else:
            made.append(word)
    return tuple(made)


def _facts(screen: Screen, with_message: bool) -> Facts:
    fields = screen.fields
    words = app_words(screen)
    read = screen.text(words) if isinstance(words, Span) else words
    if not with_message or not fields.is_error:
        return Facts(fields.is_error, fields.app, read, fields.kind)
    return Facts(True, fields.app, read, fields.kind, screen.message_key, screen.say(screen.message_spans))


def _key(screen: Screen, with_message: bool) -> str:
    parts = [screen.fields.app or "", screen.message_key if with_message and screen.fields.is_error else ""]
    return " | ".join(part for part in parts if part) or KIND_NAMES[screen.fields.kind]


FAMILIES = (
    Family(
        "caption_short",
        _short,
        wordings(
            """
            Describe the picture in a few words.
            What is this, in short?
            Give a short caption.
            Caption this briefly.
            Describe it briefly.
            Summarise the picture in a few words.
            A short description, please.
            In a few words, what is shown?
            Make a short caption.
            Say in short what you see.
            One sentence: what is this picture?
            Just a short caption.
            Could you describe this in one line?
            I need a one-line summary of the screenshot.
            Short summary?
            Sum it up in one sentence.
            What is it about, shortly?
            Keep it short: what does the image show?
            In this screenshot, what do we see, in a few words?
            Please give me the short version of what is shown.
            Say it in one line: what is in the image?
            Write one short sentence about the picture.
            Can you make a short description for me?
            Shortly describe the image please
            A one-line caption would do.
            Tell me in a few words what you see.
            ~ What is it, in a nutshell?
            ~ Give me a brief caption.
            """
        ),
        check="caption",
    ),
    Family(
        "caption",
        _normal,
        wordings(
            """
            Describe the picture.
            Caption this picture.
            Describe the screenshot.
            Write a caption.
            What do you see?
            Describe what is shown.
            Give a caption.
            What is in the picture?
            Describe this image.
            Tell me what is on the screen.
            What does this image contain?
            Please describe this screenshot for me.
            Could you tell me what is on this picture?
            I can't see the picture, what is on it?
            Caption?
            Description of the screenshot, please.
            I need a description of the picture.
            Explain to me what the screenshot shows.
            Have a look and tell me what you see.
            What is on the screenshot?
            Here is a screenshot. What is in it?
            Would you describe the image?
            Please to describe what is on the screen.
            Say what is in this image.
            What do we have here?
            Make a caption for this screenshot.
            ~ Put the picture into words.
            ~ What can be seen here?
            """
        ),
        check="caption",
        weight=1.5,
    ),
    Family(
        "caption_detailed",
        _detailed,
        wordings(
            """
            Describe the picture in detail.
            Give a detailed caption.
            Describe everything of importance.
            Describe the screenshot in detail.
            Write a long caption.
            Tell me all that matters in the picture.
            Give me a detailed description.
            Describe the picture thoroughly.
            A detailed description, please.
            Say in detail what you see.
            Please describe the whole picture in detail.
            I need a detailed description of this screenshot.
            Could you describe the image with all the details?
            All details, please.
            Detailed description?
            Tell me everything important on the screen.
            Describe as much as you can.
            What is in the picture? Be detailed.
            Here is a screenshot. Describe it in detail.
            I want to know every detail that matters.
            Give a long description of the image.
            Explain the picture to me in detail, please.
            Don't leave anything important out: what is on the screen?
            Can you write a longer caption?
            Describe it fully: program, error, address, buttons.
            Please make a complete description of what is shown.
            ~ Describe it at length.
            ~ Give me the full picture in words.
            """
        ),
        check="caption",
    ),
)
