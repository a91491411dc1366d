"""Questions for lines of text: the first, the last, the one with a word, the one after another, a field's value."""

from __future__ import annotations

import random
import re

from mmgpt.prompts import NOT_THERE
from train.data.conversation.families.diagnosis import NO, YES
from train.data.conversation.families.lookup import absent_text, snippet, unique_line, unique_word
from train.data.conversation.screen import Found, Screen, Span
from train.data.conversation.turn import Family, Made, Turn, quoted, wordings

_LONGEST = 200


def _whole(screen: Screen, number: int) -> Found | None:
    text = screen.lines[number].truth
    return Found(number, 0, len(text), text) if text and len(text) <= _LONGEST else None


def _quote(screen: Screen, found: Found | None, before: str, **slots: str) -> Made | None:
    span = screen.span(found) if found is not None else None
    return Made(quoted(before, span), found.text, slots) if found is not None and span is not None else None


def _first(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    return _quote(screen, _whole(screen, 0), "The first line is ") if screen.lines and screen.complete else None


def _last(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    last = len(screen.lines) - 1
    return _quote(screen, _whole(screen, last), "The last line is ") if screen.lines and screen.complete else None


def _with_word(screen: Screen, rng: random.Random) -> Made | None:
    if rng.random() < 0.85:
        found = unique_word(screen, rng)
        return None if found is None else _quote(screen, found[1], "The line is ", x=found[0])
    text = absent_text(screen, rng)
    word = text.split(" ")[0] if text is not None else ""
    if len(word) < 4 or word.lower() in screen.truths:
        return None
    return Made(slots={"x": word})


def _below(screen: Screen, number: int) -> Found | None:
    """The line right below another, where it is the next in reading order too and no other stands beside it."""
    if number + 1 >= len(screen.lines) or not screen.complete:
        return None
    upper, lower = screen.lines[number].box, screen.lines[number + 1].box
    height = upper[3] - upper[1]
    if not -0.3 * height < lower[1] - upper[3] < 2.5 * height or lower[0] > upper[2] or lower[2] < upper[0]:
        return None
    beside = screen.lines[number + 2].box if number + 2 < len(screen.lines) else None
    if beside is not None and beside[1] < (lower[1] + lower[3]) / 2:
        return None
    return _whole(screen, number + 1)


def _after(screen: Screen, rng: random.Random) -> Made | None:
    found = unique_line(screen, rng)
    if found is None:
        return None
    return _quote(screen, _below(screen, found.line), "The next line is ", x=found.text)


def _after_that(screen: Screen, rng: random.Random, before: Turn) -> Made | None:
    """The line below the one that the turn before quoted."""
    del rng
    spans = [part for part in before.answer if isinstance(part, Span)]
    if not before.visible or len(spans) != 1:
        return None
    return _quote(screen, _below(screen, spans[0].line), "The next line is ")


def _is_there(screen: Screen, rng: random.Random) -> Made | None:
    if rng.random() < 0.55:
        found = snippet(screen, rng)
        span = screen.span(found) if found is not None else None
        return None if found is None or span is None else Made(quoted("Yes: ", span), YES, {"x": found.text})
    text = absent_text(screen, rng)
    return None if text is None else Made(("No.",), NO, {"x": text})


def field_values(screen: Screen) -> list[tuple[str, Found]]:
    """Labels with the value beside or below each: form fields, captions of numbers, names that end in a colon."""
    made: list[tuple[str, Found]] = []
    for number, line in enumerate(screen.lines[:-1]):
        other = screen.lines[number + 1]
        name = line.truth.strip()
        colon = name.endswith(":") and line.role in ("body", "label", "other") and len(name) <= 30
        if len(line.parts) != 1 or len(other.parts) != 1 or not (line.role == "label" or colon) or len(name) < 2:
            continue
        height = line.box[3] - line.box[1]
        same_row = other.box[1] < line.box[3] and other.box[3] > line.box[1] and other.box[0] >= line.box[2] - 2
        below = 0 <= other.box[1] - line.box[3] < 2.5 * height and abs(other.box[0] - line.box[0]) < 2 * height
        typed = other.role in ("input", "value")
        if (same_row and (typed or colon) and other.role != "label") or (below and typed):
            found = _whole(screen, number + 1)
            if found is not None and '"' not in name:
                made.append((re.sub(r"[\s:*]+$", "", name), found))
    names = [name for name, _ in made]
    return [(name, found) for name, found in made if names.count(name) == 1 and name]


def _value(screen: Screen, rng: random.Random) -> Made | None:
    pairs = field_values(screen)
    if pairs and rng.random() < 0.9:
        name, found = rng.choice(pairs)
        return _quote(screen, found, "It is ", x=name)
    name = rng.choice(("Password", "Email", "Phone", "Country", "Username", "Total", "Due date", "Amount", "City"))
    return Made(slots={"x": name}) if screen.complete and name.lower() not in screen.truths else None


FAMILIES = (
    Family(
        "first_line",
        _first,
        wordings(
            """
            What is the first line?
            What does the first line say?
            Read the first line.
            Which line stands at the very top?
            What is the topmost line?
            What is written first?
            Read me the top line.
            Which text comes first?
            What does the line at the very top say?
            Give me the first line.
            First line?
            Could you read the first line?
            I need the first line of text.
            Please read out the first line.
            In this screenshot, what does the first line say?
            What text stands at the very top?
            The first line, please.
            What do I read first?
            Which is the first line?
            What the first line says?
            Read the topmost line to me.
            Starting from the top, what is the first line?
            Copy the first line.
            What is on line one?
            What is the very first text?
            Can you tell me the first line?
            ~ With which line does it begin?
            ~ What is the uppermost text?
            """
        ),
        weight=0.8,
    ),
    Family(
        "last_line",
        _last,
        wordings(
            """
            What is the last line?
            What does the last line say?
            Read the last line.
            Which line stands at the very bottom?
            What is the lowest line?
            What is written last?
            Read me the bottom line.
            Which text comes last?
            What does the line at the very bottom say?
            Give me the last line.
            ~ With which line does it end?
            ~ What is the lowermost text?
            """
        ),
        held_out_intent=True,
        weight=1.0,
    ),
    Family(
        "read_line_with",
        _with_word,
        wordings(
            """
            Which line contains "{x}"?
            Read the line with "{x}".
            What does the line with "{x}" say?
            Read me the line that contains "{x}".
            In which line does "{x}" stand?
            What is the whole line with "{x}"?
            Quote the line with "{x}".
            Which line has the word "{x}"?
            Give me the line with "{x}".
            Copy the line that has "{x}" in it.
            Line with "{x}"?
            Could you read the line with "{x}"?
            I need the full line that has "{x}".
            Please read out the line with "{x}".
            In this screenshot, what does the line with "{x}" say?
            Which line says "{x}"?
            There is "{x}" somewhere: what is the whole line?
            Copy the line with "{x}".
            The line with "{x}", please.
            What line has "{x}" in it?
            Tell me the whole line that has "{x}".
            Write out the line containing "{x}".
            What is the complete line with "{x}" in it?
            Show me the line with "{x}".
            On which line is "{x}", and what does it say?
            Can you read me the line where "{x}" is?
            ~ Find the line in which "{x}" occurs.
            ~ What does it say around "{x}"?
            """
        ),
        refusal=NOT_THERE,
        weight=2.0,
        refused=1.0,
    ),
    Family(
        "what_comes_after",
        _after,
        wordings(
            """
            What comes after "{x}"?
            Which line follows "{x}"?
            What is below "{x}"?
            What does the line below "{x}" say?
            What stands under "{x}"?
            Read the line after "{x}".
            What is the next line after "{x}"?
            Which line comes next after "{x}"?
            What is written below "{x}"?
            What is right under "{x}"?
            After "{x}"?
            Could you read the line after "{x}"?
            I need the line below "{x}".
            Please read out what comes after "{x}".
            In this screenshot, what stands below "{x}"?
            The line after "{x}", please.
            What is the text under "{x}"?
            What follows "{x}"?
            What do I read after "{x}"?
            Under "{x}" there is what?
            Tell me the next line after "{x}".
            Which text is directly below "{x}"?
            What is one line below "{x}"?
            What line is next after "{x}"?
            Copy the line under "{x}".
            Starting from "{x}", what is the next line?
            ~ Go on reading after "{x}".
            ~ How does it continue below "{x}"?
            """
        ),
        weight=1.6,
        after=("read_line_with", "first_line", "what_comes_after", "heading", "error_code"),
        short=wordings(
            """
            And the next line?
            What comes after that?
            And below that?
            Next line?
            What is next?
            And then?
            What follows it?
            What is below it?
            And after that?
            ~ How does it go on?
            """
        ),
        follow=_after_that,
    ),
    Family(
        "is_there_text",
        _is_there,
        wordings(
            """
            Does it say "{x}"?
            Is "{x}" in the picture?
            Does the picture contain "{x}"?
            Is there the text "{x}"?
            Do you see "{x}"?
            Does "{x}" stand anywhere?
            Is the text "{x}" shown?
            Can you find "{x}"?
            Is "{x}" written anywhere?
            Does the screen show "{x}"?
            "{x}": is it there?
            Could you check for the text "{x}"?
            I am looking for "{x}". Is it there?
            Please check if it says "{x}".
            In this screenshot, do you see "{x}"?
            Can I read "{x}" somewhere?
            Is there "{x}" on the screen?
            Does it say "{x}" somewhere?
            Is "{x}" on the screenshot?
            Did they write "{x}"?
            Are the words "{x}" there?
            Does the text "{x}" appear?
            Somewhere in the picture, is there "{x}"?
            Have you got "{x}" in the picture?
            There is "{x}" in it?
            Search for "{x}": is it there?
            ~ Does "{x}" occur?
            ~ Is "{x}" to be read anywhere?
            """
        ),
        check="yes",
        weight=1.6,
    ),
    Family(
        "field_value",
        _value,
        wordings(
            """
            What is the value of "{x}"?
            What does the field "{x}" say?
            What is entered for "{x}"?
            What stands in the field "{x}"?
            What is "{x}"?
            Which value does "{x}" have?
            What is given as "{x}"?
            What does it say for "{x}"?
            What is next to "{x}"?
            Read me the value of "{x}".
            Read "{x}" and its value.
            Value of "{x}"?
            Could you read the field "{x}"?
            I need the value of "{x}".
            Please read out the value of "{x}".
            In this screenshot, what is the value of "{x}"?
            What is in the field "{x}"?
            The value for "{x}", please.
            Which value is in "{x}"?
            What did I enter for "{x}"?
            Look at "{x}": which value is there?
            What value stands beside "{x}"?
            What is typed in "{x}"?
            What has the field "{x}"?
            What is written in the field "{x}"?
            Copy the value of "{x}".
            ~ Tell me what "{x}" is set to.
            ~ How was "{x}" filled in?
            """
        ),
        refusal=NOT_THERE,
        weight=4.0,
        refused=0.05,
    ),
)
