"""Questions about buttons: which there are, how many, whether a certain one is there."""

from __future__ import annotations

import random

from mmgpt.prompts import NOT_THERE
from train.data.conversation.families.diagnosis import NO, YES
from train.data.conversation.families.identity import keys, listed
from train.data.conversation.families.lookup import absent_text
from train.data.conversation.screen import Screen
from train.data.conversation.turn import Family, Made, quoted, wordings

_MOST_LISTED, _MOST_COUNTED = 5, 9


def _which(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    buttons = list(screen.pieces("button"))
    if not buttons:
        return Made() if screen.complete else None
    spans = [screen.span(button) for button in buttons]
    there = [span for span in spans if span is not None]
    if len(buttons) > _MOST_LISTED or len(there) < len(spans):
        return None
    before = "The buttons are " if len(there) > 1 else "The button is "
    return Made(listed(before, there), keys([button.text for button in buttons]))


def _count(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    count = len(list(screen.pieces("button")))
    if not screen.complete or count > _MOST_COUNTED:
        return None
    return Made() if not count else Made((f"{count} button{'s' if count > 1 else ''}.",), str(count))


def _is_there(screen: Screen, rng: random.Random) -> Made | None:
    buttons = list(screen.pieces("button"))
    if buttons and rng.random() < 0.55:
        button = rng.choice(buttons)
        span = screen.span(button)
        return None if span is None else Made(quoted("Yes: ", span), YES, {"x": button.text})
    names = {button.text.lower() for button in buttons}
    texts = [line.truth for line in screen.lines if 3 <= len(line.truth) <= 24 and '"' not in line.truth]
    if texts and screen.complete and rng.random() < 0.3:  # it is there, but no button
        text = rng.choice(texts)
        if not any(text.lower() in name or name in text.lower() for name in names):
            return Made(("No.",), NO, {"x": text})
    other = absent_text(screen, rng, button=True)
    return None if other is None else Made(("No.",), NO, {"x": other})


FAMILIES = (
    Family(
        "which_buttons",
        _which,
        wordings(
            """
            Which buttons are there?
            What buttons do you see?
            Name the buttons.
            What can I click?
            List the buttons.
            What do the buttons say?
            Which buttons are shown?
            What are my choices?
            Read me the buttons.
            What are the buttons called?
            Which buttons can be pressed?
            Buttons?
            Could you list the buttons?
            I need the names of the buttons.
            Please read out all the buttons.
            In this screenshot, which buttons can I see?
            What buttons can I press?
            Which buttons does the window have?
            What is written on the buttons?
            Which button can I click?
            The buttons, please.
            What buttons it has?
            Which actions can I choose by button?
            What labels do the buttons have?
            Write down the buttons.
            Name every button you see.
            Which buttons does the dialog show?
            ~ Tell me what buttons there are.
            ~ What options does it offer to press?
            """
        ),
        check="spans",
        refusal=NOT_THERE,
        weight=2.5,
        after=("what_does_it_say", "is_error", "kind", "how_many_buttons"),
        short=wordings(
            """
            And the buttons?
            What can I press there?
            Which ones?
            What are they?
            And which buttons?
            What do they say?
            Which buttons are they?
            Can you name them?
            ~ What does it let me press?
            """
        ),
    ),
    Family(
        "how_many_buttons",
        _count,
        wordings(
            """
            How many buttons are there?
            How many buttons do you see?
            What is the number of buttons?
            Count the buttons.
            How many buttons are shown?
            How many buttons can I press?
            How many buttons does it have?
            Tell me how many buttons there are.
            How many buttons are in the picture?
            What number of buttons is shown?
            Number of buttons?
            Could you count the buttons?
            I need the number of buttons.
            Please count all buttons you see.
            In this screenshot, how many buttons are there?
            How many buttons does the window have?
            How many buttons does it show?
            How many different buttons can I click?
            The number of buttons, please.
            How much buttons are here?
            Is there one button or more, how many?
            How many buttons can you find?
            What is the total number of buttons?
            Say how many buttons you see.
            Buttons: how many?
            How many things can I press as buttons?
            ~ Give me the count of buttons.
            ~ From how many buttons can I choose?
            """
        ),
        check="word",
        refusal=NOT_THERE,
        after=("which_buttons",),
        short=wordings(
            """
            How many are there?
            How many?
            And how many is that?
            How many buttons?
            And how many?
            Can you count them?
            How many of those are there?
            Count them?
            ~ What is their number?
            """
        ),
        weight=1.5,
    ),
    Family(
        "is_there_button",
        _is_there,
        wordings(
            """
            Is there a button "{x}"?
            Is there a "{x}" button?
            Do you see a button "{x}"?
            Does it have a button "{x}"?
            Can I click "{x}"?
            Can I press "{x}"?
            Is a button "{x}" shown?
            Is "{x}" one of the buttons?
            Does the window have a "{x}" button?
            Is there anything like a "{x}" button?
            Button "{x}": yes or no?
            Could you check for a button "{x}"?
            I need a button "{x}". Is there one?
            Please check if there is a button "{x}".
            In this screenshot, is there a "{x}" button?
            Is there any button that says "{x}"?
            Has it a button "{x}"?
            Is the button "{x}" there?
            I can't find the button "{x}". Is it there?
            Do we have a "{x}" button here?
            Is there a button with the text "{x}"?
            There is button "{x}"?
            Does any button say "{x}"?
            Does the dialog have a button "{x}"?
            Can you see the "{x}" button?
            Is one of the buttons "{x}"?
            ~ Does it offer "{x}" to press?
            ~ Could I choose "{x}"?
            """
        ),
        check="yes",
        weight=1.3,
    ),
)
