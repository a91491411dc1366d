"""Questions for where something stands, answered by one of nine places."""

from __future__ import annotations

import random

from mmgpt.prompts import NO_ERROR, NOT_THERE
from train.data.conversation.families.lookup import absent_text, unique_line
from train.data.conversation.screen import Screen, Span
from train.data.conversation.turn import Family, Made, Turn, wordings
from train.data.conversation.words import region


def _at(screen: Screen, lines: list[int], **slots: str) -> Made | None:
    boxes = [screen.lines[line].box for line in lines]
    hull = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
    where = region(hull, screen.width, screen.height)
    return None if where is None else Made((f"It is {where}.",), where, slots)


def _message(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    if not screen.fields.is_error:
        return Made()
    return _at(screen, [piece.line for piece in screen.message]) if screen.message_spans else None


def _button(screen: Screen, rng: random.Random) -> Made | None:
    buttons = [piece for piece in screen.pieces("button") if len(screen.lines[piece.line].parts) == 1]
    if buttons and rng.random() < 0.75:
        button = rng.choice(buttons)
        names = [other.text.lower() for other in screen.pieces("button")]
        if names.count(button.text.lower()) > 1 or screen.span(button) is None:
            return None
        return _at(screen, [button.line], x=button.text)
    text = absent_text(screen, rng, button=True)
    return None if text is None else Made(slots={"x": text})


def _text(screen: Screen, rng: random.Random) -> Made | None:
    if rng.random() < 0.8:
        found = unique_line(screen, rng)
        return None if found is None else _at(screen, [found.line], x=found.text)
    text = absent_text(screen, rng)
    return None if text is None else Made(slots={"x": text})


def _last_span(screen: Screen, rng: random.Random, before: Turn) -> Made | None:
    """Where the turn before quoted from."""
    del rng
    lines = [part.line for part in before.answer if isinstance(part, Span)]
    return _at(screen, lines) if before.visible and lines else None


def _nowhere(screen: Screen, rng: random.Random) -> Made | None:
    """Only ever asked after another turn."""
    del screen, rng
    return None


FAMILIES = (
    Family(
        "where_is_message",
        _message,
        wordings(
            """
            Where is the error message?
            Where does the error stand?
            Where in the picture is the error?
            In which part of the picture is the message?
            Where is the message?
            Where do you see the error?
            Whereabouts is the error message?
            In what part of the screen is the error?
            Where on the screen does it say that?
            Where should I look for the error?
            Error message, where?
            Could you show where the error is?
            I need to find the error, where is it?
            Please say where the message stands.
            In this screenshot, where is the error?
            On which side of the picture is the message?
            What is the position of the error message?
            The error is where?
            Where exactly do I find the error message?
            Where is it written that it failed?
            I cannot find the error. Where is it?
            Locate the error message.
            Is the error at the top, in the middle or at the bottom?
            Where on the screen do you see the message?
            Whereabouts should I look for the message?
            Position of the error?
            ~ Point me to the error message.
            ~ In which corner or part is the error shown?
            """
        ),
        check="region",
        refusal=NO_ERROR,
        weight=1.3,
    ),
    Family(
        "where_is_button",
        _button,
        wordings(
            """
            Where is the button "{x}"?
            Where do I find the button "{x}"?
            Where can I click "{x}"?
            Where is the "{x}" button?
            In which part of the picture is the button "{x}"?
            Where does the button "{x}" stand?
            Whereabouts is the "{x}" button?
            Where on the screen is the button "{x}"?
            I want to press "{x}", where is it?
            In what part of the window is the button "{x}"?
            Button "{x}", where?
            Could you find the button "{x}" for me?
            I need the button "{x}". Where is it?
            Please say where the button "{x}" is.
            In this screenshot, where is the button "{x}"?
            I can't see the "{x}" button, where is it?
            Position of the "{x}" button?
            Where do I press "{x}"?
            The button "{x}" is where?
            Locate the button "{x}".
            Where is "{x}", the button?
            On which side is the button "{x}"?
            What is the place of the button "{x}"?
            Where exactly is the "{x}" button on the screen?
            To press "{x}", where do I go?
            Where can I see the button "{x}"?
            ~ Point me to the button "{x}".
            ~ Where must I click for "{x}"?
            """
        ),
        check="region",
        refusal=NOT_THERE,
        weight=2.0,
        refused=0.25,
    ),
    Family(
        "where_is_text",
        _text,
        wordings(
            """
            Where does it say "{x}"?
            Where is "{x}"?
            Where in the picture is "{x}"?
            In which part of the picture does "{x}" stand?
            Where do you see "{x}"?
            Where is "{x}" written?
            Whereabouts is "{x}"?
            Where on the screen is "{x}"?
            Where can I find "{x}"?
            Find "{x}" for me: where is it?
            "{x}", where?
            Could you find "{x}" in the picture for me?
            I am looking for "{x}". Where is it?
            Please say where "{x}" stands.
            In this screenshot, where is "{x}"?
            I can't see "{x}", where is it?
            Position of "{x}"?
            The text "{x}" is where?
            Locate "{x}".
            On which side of the picture is "{x}"?
            Where is the text "{x}" placed?
            Where exactly does it say "{x}"?
            What is the place of "{x}"?
            Where did they write "{x}"?
            At the top or at the bottom: where is "{x}"?
            Whereabouts does it say "{x}"?
            ~ Point me to "{x}".
            ~ In which corner or part is "{x}"?
            """
        ),
        check="region",
        refusal=NOT_THERE,
        weight=1.5,
        refused=1.0,
    ),
    Family(
        "where_is_that",
        _nowhere,
        wordings(
            """
            Where is that in the picture?
            ~ In which part of the picture is that?
            """
        ),
        check="region",
        after=tuple(
            "what_does_it_say error_code window_title heading which_file which_url which_command read_line_with "
            "which_version which_host first_line what_comes_after field_value why_error".split()
        ),
        short=wordings(
            """
            Where is it?
            And where is that?
            Where does that stand?
            Where do you see that?
            Where in the picture?
            Whereabouts?
            Where is that written?
            Where can I see it?
            On which side?
            And where is it?
            Where is it on the screen?
            Position?
            ~ In which part of the picture?
            ~ Show me where.
            """
        ),
        follow=_last_span,
        weight=2.0,
    ),
)
