"""Questions for what the picture is: program, kind, colours, title, heading, tabs."""

from __future__ import annotations

import random

from mmgpt.prompts import NOT_THERE
from train.data.conversation.screen import Screen, Span
from train.data.conversation.turn import Family, Made, quoted, wordings
from train.data.conversation.words import KIND_NAMES, article

_UNTITLED = frozenset(("terminal", "photo", "chart", "document"))


def app_words(screen: Screen) -> str | Span | None:
    """The program's name: pointed at where it stands as it is called, written out elsewhere; None without a program."""
    if screen.fields.app is None:
        return None
    span = screen.span(screen.app) if screen.app is not None else None
    return span if span is not None else screen.fields.app


def _program(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    words = app_words(screen)
    return Made() if words is None else Made(("It is ", words, "."), str(screen.fields.app))


def _kind(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    name = article(KIND_NAMES[screen.fields.kind])
    return Made((f"{name[0].upper()}{name[1:]}.",), name)


def _ground(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    if screen.dark is None:
        return None
    return Made(("Dark.",), "dark") if screen.dark else Made(("Light.",), "light")


def _title(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    titles = list(screen.pieces("title"))
    if len(titles) > 1:
        return None
    if not titles:
        return Made() if screen.complete and screen.fields.kind in _UNTITLED else None
    top = screen.lines[titles[0].line].box[1]
    if screen.fields.kind != "desktop_dialog" and top > 0.12 * screen.height:
        return None  # a title inside of a page
    span = screen.span(titles[0])
    return Made(quoted("The title is ", span), titles[0].text) if span is not None else None


def _heading(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    headings = list(screen.pieces("heading"))
    if not headings:
        absent = "heading" in screen.roles and screen.complete and not screen.fields.is_error
        return Made() if absent and screen.fields.kind in ("terminal", "ide_editor", "photo") else None
    if len(headings) > 1 and _goes_on(screen, headings[0].line, headings[1].line):
        return None
    span = screen.span(headings[0])
    return Made(quoted("The heading is ", span), headings[0].text) if span is not None else None


def _goes_on(screen: Screen, upper: int, lower: int) -> bool:
    """Whether the lower heading may be the wrapped end of the upper one."""
    above, below = screen.lines[upper].box, screen.lines[lower].box
    return below[1] - above[3] < above[3] - above[1] and abs(below[0] - above[0]) < 0.2 * screen.width


def _tabs(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    tabs = list(screen.pieces("tab"))
    if not tabs:
        return Made() if screen.complete and not list(screen.pieces("title")) else None
    spans = [screen.span(tab) for tab in tabs]
    if len(tabs) > 5 or None in spans:
        return None
    return Made(listed("The tabs are ", [span for span in spans if span is not None]), keys([tab.text for tab in tabs]))


def listed(before: str, spans: list[Span]) -> tuple[str | Span, ...]:
    """A sentence that quotes several spans: “a”, “b”."""
    made: list[str | Span] = []
    for index, span in enumerate(spans):
        made += ["”, “" if index else f"{before}“", span]
    return (*made, "”.")


def keys(texts: list[str]) -> str:
    """The key of several quotations."""
    return "\n".join(texts)


FAMILIES = (
    Family(
        "program",
        _program,
        wordings(
            """
            Which program is this?
            What program is it?
            Which application is shown?
            What application is this?
            Which software is it?
            Whose message is this?
            Which program shows this?
            What is the name of the program?
            Name the application.
            Which app is this?
            Which program?
            Could you name the program?
            I need to know which application this is.
            Please identify the program.
            In this screenshot, which program do we see?
            From which program is this message?
            What app does this come from?
            Who wrote this message, which program?
            Which program printed this?
            What is the application's name?
            Program name?
            What program do you think is it?
            Which software shows the message?
            Can you tell me what program is this?
            What program am I using here?
            Identify the application.
            ~ Tell me which software produced this.
            ~ What tool is that?
            """
        ),
        check="app",
        weight=2.0,
        after=("what_does_it_say", "is_error", "kind"),
        short=wordings(
            """
            Which program says that?
            And which program is it?
            Of which program?
            And the program?
            Which app is that?
            What program was it?
            And the application?
            From which program?
            ~ And whose is it?
            """
        ),
    ),
    Family(
        "kind",
        _kind,
        wordings(
            """
            What kind of picture is this?
            What is shown?
            What sort of window is this?
            Is it a terminal, a dialog, a web page or something else?
            What kind of screen is it?
            What does the picture show?
            What type of screen is this?
            What sort of picture do you see?
            What am I looking at?
            What kind of window is shown?
            What kind of screenshot is it?
            Is this a terminal or a browser or a dialog?
            Please say what kind of screen this is.
            I need the kind of the picture.
            Kind of screen?
            Could you tell what sort of screen I have here?
            In this screenshot, what kind of window do we see?
            What do we look at: terminal, web page, dialog, editor?
            Which type of window is it?
            Terminal, dialog or page?
            What sort of thing is shown here?
            What is this a picture of?
            Can you tell a web page from a terminal: which is this?
            What kind of image is it?
            Terminal or not, what is it?
            Which sort of page or window do you see?
            ~ Which sort of screen is that?
            ~ How would you call this kind of picture?
            """
        ),
        check="word",
        weight=1.6,
    ),
    Family(
        "dark_or_light",
        _ground,
        wordings(
            """
            Is it dark or light?
            Is the background dark or light?
            Is this a dark or a light theme?
            What theme does it use, dark or light?
            Does it use a dark theme or a light one?
            Dark or light?
            Is the picture dark or light?
            Which theme is it, light or dark?
            What is the brightness of the background?
            Is the ground light or dark?
            Dark theme or light theme?
            Theme?
            Could you tell whether the theme is dark?
            I need to know if the background is light or dark.
            Please say if it is dark or light.
            In this screenshot, is the background dark?
            Are the colours dark or light?
            Is it a light one or a dark one?
            Is the background a dark colour?
            Does the window have a dark background or a light one?
            Which background does it have, dark or light?
            Is it black or white in the background?
            The theme is dark or light?
            What is the colour theme, light or dark?
            Check the theme: light or dark?
            Would you say it is dark or light?
            ~ Light mode or dark mode?
            ~ How bright is the background?
            """
        ),
        check="word",
        weight=0.8,
    ),
    Family(
        "window_title",
        _title,
        wordings(
            """
            What is the title of the window?
            What does the title bar say?
            Which title does the window have?
            What is the window's title?
            Read me the title.
            What is written in the title bar?
            Which title is shown?
            What is it titled?
            Give me the window title.
            What is the title?
            Window title?
            Could you read the window title?
            I need the title of this window.
            Please read out what the title bar says.
            In this screenshot, what is the window title?
            What name does the window have in its title bar?
            What is in the title bar?
            Title of the window, please.
            Tell me the window's title.
            Which words are in the title bar?
            What text has the title bar?
            The window is which title?
            Copy the title of the window.
            Can you see the title of the window?
            What does the window's title say?
            Which title stands above the window?
            ~ How is the window titled?
            ~ What stands in the bar at the top of the window?
            """
        ),
        refusal=NOT_THERE,
        weight=1.0,
    ),
    Family(
        "heading",
        _heading,
        wordings(
            """
            What is the heading?
            Which heading is shown?
            What does the heading say?
            Read me the heading.
            What is the first heading?
            What is the headline?
            Which headline do you see?
            What is it headed?
            What does the headline say?
            Give me the heading.
            Heading?
            Could you read the heading?
            I need the heading of this page.
            Please read out the headline.
            In this screenshot, what is the heading?
            What is the main heading?
            Tell me the headline.
            What does the page's heading say?
            Headline, please.
            What is the title on the page itself?
            Copy the heading.
            Which words are in the heading?
            What is the heading of the page?
            What is written in the heading?
            Can you give me the headline?
            The page has what heading?
            ~ How is the page headed?
            ~ What is printed large at the top?
            """
        ),
        refusal=NOT_THERE,
        weight=2.5,
    ),
    Family(
        "which_tab",
        _tabs,
        wordings(
            """
            Which tabs are there?
            What tabs are open?
            Name the tabs.
            Which tabs do you see?
            What do the tabs say?
            Which tabs are shown?
            List the tabs.
            What are the tabs called?
            What is open in tabs?
            Read me the tabs.
            ~ Tell me what tabs there are.
            ~ Which tabs does the window have?
            """
        ),
        check="spans",
        refusal=NOT_THERE,
        held_out_intent=True,
    ),
)
