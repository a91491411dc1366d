"""Questions about the parts of a window or page: menus, status bar, links, side bar; corners, large text, lines above."""

from __future__ import annotations

import random

from mmgpt.prompts import NOT_THERE
from train.data.conversation.facts import command_of
from train.data.conversation.families.identity import keys, listed
from train.data.conversation.families.lookup import unique_line
from train.data.conversation.screen import Found, Screen
from train.data.conversation.turn import Family, Made, Maker, quoted, wordings

_MOST_LISTED = 8
_LONGEST = 160
CORNERS = {
    "top left": (0, 0),
    "top right": (1, 0),
    "bottom left": (0, 1),
    "bottom right": (1, 1),
}


def _whole(screen: Screen, number: int) -> Found | None:
    text = screen.lines[number].truth
    return Found(number, 0, len(text), text) if text and len(text) <= _LONGEST else None


def _quote(screen: Screen, found: Found | None, before: str, **slots: str) -> Made | None:
    span = screen.span(found) if found is not None else None
    return Made(quoted(before, span), found.text, slots) if found is not None and span is not None else None


def _lists(role: str, one: str, many: str) -> Maker:
    """All pieces of a role, quoted side by side."""

    def make(screen: Screen, rng: random.Random) -> Made | None:
        del rng
        pieces = list(screen.pieces(role))
        if not pieces:
            return Made() if screen.complete and role in screen.roles else None
        spans = [screen.span(piece) for piece in pieces]
        there = [span for span in spans if span is not None]
        if len(pieces) > _MOST_LISTED or len(there) < len(spans):
            return None
        return Made(listed(many if len(there) > 1 else one, there), keys([piece.text for piece in pieces]))

    return make


def _status(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    pieces = list(screen.pieces("status"))
    if not pieces:
        return Made() if screen.complete and "status" in screen.roles else None
    lines = {piece.line for piece in pieces}
    if len(lines) > 1:
        return None
    return _quote(screen, _whole(screen, lines.pop()), "It says ")


def _corner(screen: Screen, rng: random.Random) -> Made | None:
    """The line nearest to a corner, where it lies in that quarter and no other is nearly as near."""
    if not screen.complete or len(screen.lines) < 4:
        return None
    name = rng.choice(tuple(CORNERS))
    right, low = CORNERS[name]
    scored: list[tuple[float, int]] = []
    for number, line in enumerate(screen.lines):
        x = (screen.width - line.box[2]) if right else line.box[0]
        y = (screen.height - line.box[3]) if low else line.box[1]
        scored.append((x / max(screen.width, 1) + y / max(screen.height, 1), number))
    scored.sort()
    (near, first), (other, _) = scored[:2]
    if near > 0.2 or other < near + 0.05:
        return None
    return _quote(screen, _whole(screen, first), "There stands ", x=name)


def _biggest(screen: Screen, rng: random.Random) -> Made | None:
    """The tallest line, where it is clearly taller than any other; heights of boxes depend on letters with tails."""
    del rng
    tall = sorted(
        ((line.box[3] - line.box[1], number) for number, line in enumerate(screen.lines) if line.truth), reverse=True
    )
    if len(tall) < 3 or not screen.complete or tall[0][0] < 1.5 * tall[1][0]:
        return None
    return _quote(screen, _whole(screen, tall[0][1]), "The largest text is ")


def _before(screen: Screen, rng: random.Random) -> Made | None:
    """The line right above another, where it is the one before it in reading order too and none stands beside it."""
    found = unique_line(screen, rng)
    if found is None or found.line == 0 or not screen.complete:
        return None
    upper, lower = screen.lines[found.line - 1].box, screen.lines[found.line].box
    height = lower[3] - lower[1]
    if not -0.3 * height < lower[1] - upper[3] < 2.5 * height or lower[0] > upper[2] or lower[2] < upper[0]:
        return None
    if found.line >= 2 and screen.lines[found.line - 2].box[3] > (upper[1] + upper[3]) / 2:
        return None
    return _quote(screen, _whole(screen, found.line - 1), "The line above is ", x=found.text)


def _first_command(screen: Screen, rng: random.Random) -> Made | None:
    """The first command of a terminal with several, all in one column."""
    del rng
    rows = [n for n, line in enumerate(screen.lines) if line.role == "command" and len(line.parts) == 1]
    if len(rows) < 2 or screen.fields.kind != "terminal":
        return None
    lefts = [screen.lines[number].box[0] for number in rows]
    if max(lefts) - min(lefts) > 40:
        return None
    place = command_of(screen.lines[rows[0]])
    if place is None:
        return None
    return _quote(screen, Found(rows[0], *place, screen.lines[rows[0]].truth[slice(*place)]), "The first command is ")


FAMILIES = (
    Family(
        "which_menus",
        _lists("menu", "The menu is ", "The menus are "),
        wordings(
            """
            Which menus are there?
            What menus do you see?
            Name the menus.
            List the menus.
            What does the menu bar say?
            Which menus are shown?
            Read me the menu bar.
            What is in the menu bar?
            Which entries does the menu bar have?
            What menus does the window have?
            Tell me the menus.
            What can I open in the menu bar?
            Menus?
            Could you list the menus?
            I need the names in the menu bar.
            Please read out the menus.
            In this screenshot, which menus are there?
            The menu bar, please.
            What entries are in the menu bar?
            Copy the menu bar.
            What menus it has?
            Which menus can I open?
            Which words are in the menu bar?
            What menus are at the top?
            Read out what the menu bar has.
            Name every menu of the window.
            ~ Which headings does the menu bar hold?
            ~ Give me the names of the menus.
            """
        ),
        check="spans",
        refusal=NOT_THERE,
        weight=3.0,
    ),
    Family(
        "status_bar",
        _status,
        wordings(
            """
            What does the status bar say?
            What is in the status bar?
            Read the status bar.
            What does the status line say?
            What stands in the status line?
            Tell me what the status bar shows.
            Which status is shown below?
            What does the bar at the bottom say?
            Read me the status line.
            What state does the window report?
            What is written in the status bar?
            Is there a status bar, and what does it say?
            Status bar?
            Could you read the status bar?
            I need the text of the status bar.
            Please read out the status line.
            In this screenshot, what does the status bar say?
            The status bar, please.
            What text is in the status bar?
            Copy the status bar.
            What does the status bar tell?
            At the very bottom of the window, what is the status?
            What is the status line?
            What information is in the status bar?
            The status bar says what?
            Can you read me the status bar?
            ~ Quote the status bar.
            ~ What is reported at the foot of the window?
            """
        ),
        refusal=NOT_THERE,
        weight=3.0,
        refused=0.04,
    ),
    Family(
        "which_links",
        _lists("link", "The link is ", "The links are "),
        wordings(
            """
            Which links are there?
            What links do you see?
            Name the links.
            List the links.
            Which links can I follow?
            Where can I click further?
            Read me the links.
            What are the links called?
            Which links are shown?
            What does the page link to?
            Tell me the links.
            Which links does the page offer?
            ~ What hyperlinks does it have?
            ~ Which other pages could I go to from here?
            """
        ),
        check="spans",
        refusal=NOT_THERE,
        held_out_intent=True,
        weight=12.0,
        refused=0.03,
    ),
    Family(
        "text_in_corner",
        _corner,
        wordings(
            """
            What stands at the {x}?
            What is written in the {x} corner?
            What text is at the {x}?
            Read what stands at the {x}.
            What do you see at the {x}?
            Which text is in the {x} corner?
            What does it say at the {x}?
            Tell me what is at the {x}.
            What is in the {x} corner of the picture?
            Which line is nearest to the {x} corner?
            What is to be read at the {x}?
            Read me the text at the {x}.
            Text at the {x}?
            Could you read the text at the {x}?
            I need what is written at the {x}.
            Please read out what is at the {x}.
            In this screenshot, what stands at the {x}?
            What is at the {x}?
            In the {x} corner, what is written?
            At the {x}, what does it say?
            Copy the text at the {x}.
            There is something at the {x}, what is it?
            Look at the {x}: what is there?
            Which words are at the {x}?
            What words do you see in the {x} corner?
            What line stands in the {x} corner?
            ~ Quote the text in the {x} corner.
            ~ The {x} corner says what?
            """
        ),
        weight=2.0,
    ),
    Family(
        "biggest_text",
        _biggest,
        wordings(
            """
            What is the biggest text?
            Which text is the largest?
            What is written in large letters?
            Read the largest text.
            What does the biggest line say?
            Which line has the largest letters?
            What stands there in big letters?
            Tell me the largest text.
            What is the most prominent text?
            Which text stands out by its size?
            Read me the big text.
            What is printed largest?
            Largest text?
            Could you read the largest text?
            I need the text with the biggest letters.
            Please read out the biggest text.
            In this screenshot, which text is the biggest?
            The largest line, please.
            What text has the largest font?
            Which line is written biggest?
            Copy the biggest text.
            What are the biggest letters saying?
            Which text is bigger than the rest?
            What text do I see first because it is so large?
            What does it say in the largest letters?
            The biggest text is what?
            ~ Quote what is set in the largest type.
            ~ Which words are the biggest?
            """
        ),
        weight=3.0,
    ),
    Family(
        "what_comes_before",
        _before,
        wordings(
            """
            What comes before "{x}"?
            Which line stands above "{x}"?
            What is above "{x}"?
            What does the line above "{x}" say?
            What stands over "{x}"?
            Read the line before "{x}".
            What is the line before "{x}"?
            Which line precedes "{x}"?
            What is written above "{x}"?
            What is right above "{x}"?
            Tell me what comes right before "{x}".
            Which text is directly above "{x}"?
            Before "{x}"?
            Could you read the line above "{x}"?
            I need the line before "{x}".
            Please read out what stands above "{x}".
            In this screenshot, what is above "{x}"?
            The line above "{x}", please.
            What is the text over "{x}"?
            Which text comes before "{x}"?
            What do I read before "{x}"?
            Above "{x}" there is what?
            Copy the line above "{x}".
            What is one line above "{x}"?
            Tell me the previous line of "{x}".
            What line is right before "{x}"?
            ~ What did it say just before "{x}"?
            ~ Which line leads up to "{x}"?
            """
        ),
        weight=1.6,
    ),
    Family(
        "first_command",
        _first_command,
        wordings(
            """
            What was the first command?
            Which command was typed first?
            What did I run first?
            Which command came first?
            Read me the first command.
            What is the first command in the terminal?
            Which command was run at the beginning?
            With which command does it start?
            Tell me the first command.
            What was entered first?
            Which was the earliest command?
            What command stands at the top?
            First command?
            Could you find the first command?
            I need the first command that was run.
            Please read out the first command.
            In this screenshot, which command came first?
            The first command, please.
            What command was executed first?
            What did the user type first?
            Copy the first command.
            Which command is the first?
            Starting from the top, what is the first command?
            What was run before the other commands?
            At first, what was typed?
            What is the very first command?
            ~ Quote the command that opened the session.
            ~ What had been typed before everything else?
            """
        ),
        weight=5.0,
    ),
)
