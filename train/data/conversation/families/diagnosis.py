"""Questions for what went wrong: the message, its code, its category, and whether it is an error at all."""

from __future__ import annotations

import random
import re

from mmgpt.prompts import NO_ERROR
from train.data.conversation.screen import Found, Screen
from train.data.conversation.turn import Family, Made, quoted, wordings
from train.data.conversation.words import category_phrase

YES, NO = "yes", "no"


def code_place(screen: Screen) -> Found | None:
    """Where the error code stands: in the message, else on a line of its own, else anywhere."""
    code = screen.fields.error_code
    if not code:
        return None
    whole = re.compile(rf"(?<!\w){re.escape(code)}(?!\w)")
    best: tuple[int, Found] | None = None
    for number, line in enumerate(screen.lines):
        rank = 0 if line.message else 1 if line.role == "code" else 2 if line.role in ("body", "trace", "output") else 3
        if best is not None and rank >= best[0]:
            continue
        there = whole.search(line.truth)
        if there is not None:
            best = rank, Found(number, there.start(), there.end(), code)
    return best[1] if best is not None else None


def _says(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    if not screen.fields.is_error:
        return Made()
    spans = screen.message_spans
    return Made(quoted("It says ", *spans), screen.message_key) if spans else None


def _code(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    if screen.fields.error_code is None:
        return Made()
    found = code_place(screen)
    span = screen.span(found) if found is not None else None
    return Made(quoted("The code is ", span), found.text) if found is not None and span is not None else None


def _is_error(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    if not screen.fields.is_error:
        return Made(("No.",), NO)
    spans = screen.message_spans
    return Made(quoted("Yes: ", *spans), YES) if spans else None


def _why(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    if not screen.fields.is_error:
        return Made()
    if not screen.fields.category_known:
        return None
    spans = screen.message_spans
    what = category_phrase(screen.fields.category)
    return Made(quoted("Because it says ", *spans, behind=f": {what}."), screen.message_key) if spans else None


def _category(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    if not screen.fields.is_error:
        return Made()
    if not screen.fields.category_known:
        return None
    phrase = category_phrase(screen.fields.category)
    return Made((f"{phrase[0].upper()}{phrase[1:]}.",), phrase)


FAMILIES = (
    Family(
        "what_does_it_say",
        _says,
        wordings(
            """
            What does the error say?
            What is the error message?
            What does the message say?
            Read me the error message.
            Which error is shown?
            What went wrong?
            Quote the error.
            What is the problem?
            What error do you see?
            What does it say?
            What is the main error line?
            Copy the error message.
            Error message?
            Could you read out the error message?
            I need the error message as text.
            Please copy out what the error says.
            What is the error here?
            In this screenshot, what is the error message?
            Which problem does it report?
            Type out the error message for me.
            What error did I get?
            Please tell me what the error message says.
            It failed, what does the message say?
            What it says in the error?
            Read the error, please.
            Can you give me the text of the error?
            The error text, please.
            What is it complaining about?
            What does the program report?
            Show me the error line.
            ~ Tell me the exact wording of the error.
            ~ Which message is displayed?
            """
        ),
        refusal=NO_ERROR,
        weight=3.0,
        after=("is_error", "program", "kind"),
        short=wordings(
            """
            What does it say exactly?
            And what does it say?
            Which message is it?
            And the message?
            What is the message, then?
            Can you read it to me?
            And the error text?
            What was the message?
            ~ What is the wording?
            """
        ),
    ),
    Family(
        "error_code",
        _code,
        wordings(
            """
            What is the error code?
            Which error code is shown?
            Is there an error code?
            What code does it give?
            Which code is in the picture?
            Give me the error code.
            What is the code of the error?
            Which identifier does the error have?
            What error code do you see?
            Name the error code.
            Error code?
            Is any error code displayed, and which?
            Could you find the error code?
            I need the error code for a ticket.
            Please read out the error code.
            In this screenshot, what is the error code?
            What number or code does the error carry?
            What is error code here?
            Does the message have a code, and which?
            Look up the code of this error in the picture.
            The code of the error, please.
            Can you see an error code?
            Which error number is it?
            What is the number of the error?
            What code stands in the error?
            Pick out the error code.
            ~ Tell me the code.
            ~ Under which code is this error known?
            """
        ),
        weight=3.5,
        after=("what_does_it_say", "is_error", "category"),
        short=wordings(
            """
            And the code?
            Which code?
            Does it have a code?
            The error code, please?
            Does it come with a code?
            What code is it?
            With which code?
            Any code?
            ~ And what is its code?
            """
        ),
    ),
    Family(
        "is_error",
        _is_error,
        wordings(
            """
            Is this an error?
            Is there an error?
            Does the picture show an error?
            Did something fail?
            Did something go wrong?
            Is something wrong here?
            Is an error shown?
            Has anything failed?
            Is there a problem?
            Do you see an error?
            Error or not?
            Is this one an error message?
            Can you see any error here?
            Please check whether there is an error.
            I need to know whether something failed.
            Did it work or did it fail?
            Is everything all right?
            Is it broken?
            In this screenshot, is there an error?
            Does it report a problem?
            Is some error on the screen?
            Could you check if something went wrong?
            Any errors?
            There is error in this picture?
            Look at the screen: did anything go wrong?
            Was it a failure?
            Tell me if you see an error.
            ~ Would you call this an error?
            ~ Is anything the matter?
            """
        ),
        check="yes",
        weight=2.5,
    ),
    Family(
        "why_error",
        _why,
        wordings(
            """
            Why is this an error?
            What makes this an error?
            How do you know that something failed?
            Why did it fail?
            Why do you think that it is an error?
            What tells you that it failed?
            What shows that it is an error?
            Which line says that it failed?
            What is the reason for the error?
            By what do you see that it failed?
            Which text shows that it failed?
            Why do you say there was a failure?
            What makes you think so, which line?
            I need the line that shows the failure.
            Could you show me what says that it failed?
            In this screenshot, what shows that something went wrong?
            Please explain how you know that it is an error.
            What in the picture says it is an error?
            How can I see that it failed?
            Which words tell that there is an error?
            Why is it failed?
            Proof of the error?
            What is the sign of the error?
            Where from do you know it is an error?
            Why did this fail, what does it say?
            Show me the line that proves the error.
            ~ On what grounds is it an error?
            ~ What is your evidence for a failure?
            """
        ),
        refusal=NO_ERROR,
        after=("is_error", "category"),
        short=wordings(
            """
            Why?
            How do you know?
            What makes you say so?
            How so?
            What says that?
            Which line tells you that?
            And why?
            How can you tell?
            ~ On what grounds?
            """
        ),
    ),
    Family(
        "category",
        _category,
        wordings(
            """
            What kind of error is it?
            What sort of problem is this?
            Which category of error is it?
            What is the cause?
            What type of error is shown?
            What kind of problem is shown?
            How would you classify the error?
            To which category does it belong?
            What is behind the error?
            What is the error's category?
            Error type?
            Could you classify this problem?
            Into which category would you put it?
            I need the category of this error.
            Please name the kind of problem.
            In this screenshot, what sort of error is it?
            What is the general cause of the error?
            Is it a network problem, a permission problem or something else?
            Which type of problem do we have?
            What category error it is?
            What area is the problem in?
            Roughly, what kind of failure is it?
            Sort this error into a category.
            What is the problem type, please?
            Can you tell what kind of problem it is?
            Give me the category.
            ~ What class of failure is this?
            ~ In one or two words, what is wrong?
            """
        ),
        check="word",
        refusal=NO_ERROR,
        weight=1.6,
        after=("what_does_it_say", "is_error", "error_code"),
        short=wordings(
            """
            What sort of problem is that?
            And what kind is it?
            What is the cause of that?
            What sort?
            What type is it?
            What kind of error would that be?
            And what is behind it?
            Which sort of problem, then?
            ~ Which category is that?
            """
        ),
    ),
)
