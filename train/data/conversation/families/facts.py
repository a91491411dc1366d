"""Questions for one fact: a file, a line, a port, a host, an address, a version, a user, an exit code, a command."""

from __future__ import annotations

import random

from train.data.conversation.facts import Kind, fact, last_command
from train.data.conversation.screen import Found, Screen
from train.data.conversation.turn import Family, Made, Maker, quoted, wordings


def _made(screen: Screen, found: Found | str | None, before: str) -> Made | None:
    if isinstance(found, str):
        return Made()
    span = screen.span(found) if found is not None else None
    return Made(quoted(before, span), found.text) if found is not None and span is not None else None


def asks(kind: Kind, before: str) -> Maker:
    """Quotes the one fact of a kind behind `before`; a refusal where the screen surely shows none."""

    def make(screen: Screen, rng: random.Random) -> Made | None:
        del rng
        return _made(screen, fact(screen, kind), before)

    return make


def _url(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    bars = list(screen.pieces("url"))
    if len(bars) > 1:
        return None
    found = bars[0] if bars else fact(screen, "url")
    return _made(screen, found, "The address is ")


def _command(screen: Screen, rng: random.Random) -> Made | None:
    del rng
    return _made(screen, last_command(screen), "The command is ")


FAMILIES = (
    Family(
        "which_file",
        asks("file", "The file is "),
        wordings(
            """
            Which file is it about?
            What file is named?
            Which file is concerned?
            What is the name of the file?
            Which file does the picture name?
            What file is this about?
            Which file is affected?
            Name the file.
            What file has the problem?
            Which file is mentioned?
            Can you tell me the file?
            ~ Tell me which file this concerns.
            ~ What is the file called?
            """
        ),
        weight=2.2,
        after=("what_does_it_say", "is_error", "why_error"),
        short=wordings(
            """
            And which file?
            In which file?
            Which file is that?
            ~ And the file?
            """
        ),
    ),
    Family(
        "which_line",
        asks("line", "It is line "),
        wordings(
            """
            On which line is the error?
            Which line number is named?
            What is the line number?
            In which line did it happen?
            Which line of the file is it?
            At what line is the problem?
            What line does it point to?
            Which line is at fault?
            Give me the line number.
            Where in the file is it, which line?
            Which line should I look at?
            ~ What line number does the error give?
            ~ Tell me the line in the file.
            """
        ),
        weight=4.5,
        after=("which_file", "what_does_it_say", "is_error"),
        short=wordings(
            """
            And on which line?
            Which line?
            And the line number?
            ~ On what line?
            """
        ),
    ),
    Family(
        "which_port",
        asks("port", "The port is "),
        wordings(
            """
            Which port is it?
            What port is named?
            Which port number is shown?
            What is the port?
            Which port is used?
            On which port?
            What port is this about?
            Give me the port number.
            Which port does the picture name?
            What is the number of the port?
            ~ Tell me the port.
            ~ Which port is involved?
            """
        ),
        weight=6.0,
        after=("which_host", "which_url"),
        short=wordings(
            """
            And which port?
            And the port?
            On what port?
            ~ Which port there?
            """
        ),
        refused=0.05,
    ),
    Family(
        "which_host",
        asks("host", "The host is "),
        wordings(
            """
            Which host is it about?
            What is the host?
            Which server is named?
            What machine is this about?
            Which host name is shown?
            What is the name of the host?
            Which server is concerned?
            Which machine is named?
            What host does the picture name?
            Name the host.
            ~ Tell me which server this is.
            ~ What is the machine called?
            """
        ),
        weight=1.4,
        after=("which_port", "what_does_it_say"),
        short=wordings(
            """
            And which host?
            On which server?
            And the host?
            ~ Which machine is that?
            """
        ),
    ),
    Family(
        "which_url",
        _url,
        wordings(
            """
            Which address is open?
            What is the URL?
            Which URL is shown?
            What is the address of the page?
            Which web address is shown?
            What URL does the picture show?
            Which link is named?
            Give me the URL.
            What address is in the picture?
            Which page address is this?
            ~ Tell me the web address.
            ~ What does the address bar say?
            """
        ),
        weight=2.0,
    ),
    Family(
        "which_version",
        asks("version", "The version is "),
        wordings(
            """
            Which version is it?
            What version is shown?
            Which version number is named?
            What is the version?
            Which version is in the picture?
            Give me the version number.
            What version is this?
            Which release is named?
            What version does it say?
            Which version does the picture name?
            ~ Tell me the version.
            ~ What is the number of the version?
            """
        ),
        weight=4.0,
    ),
    Family(
        "which_user",
        asks("user", "The user is "),
        wordings(
            """
            Which user is it?
            Who is the user?
            What is the user name?
            Which account is shown?
            Who is logged in?
            What user is named?
            Which user name does the picture show?
            Name the user.
            Who is working here?
            Whose account is this?
            ~ Tell me the user.
            ~ Which login name is shown?
            """
        ),
        held_out_intent=True,
        weight=1.5,
    ),
    Family(
        "exit_status",
        asks("exit", "The exit status is "),
        wordings(
            """
            What is the exit status?
            Which exit code is shown?
            With which status did it end?
            What exit code did it return?
            Which status did the program exit with?
            What is the exit code?
            Which return code is named?
            Give me the exit status.
            What did the program return?
            With what code did it exit?
            ~ Tell me the exit code.
            ~ How did the process end, with which status?
            """
        ),
        held_out_intent=True,
        weight=9.0,
        refused=0.05,
    ),
    Family(
        "which_command",
        _command,
        wordings(
            """
            Which command was run?
            What command was typed?
            What was the last command?
            Which command is shown?
            What did the user type?
            Which command was entered?
            What was run?
            What is the command?
            Which command did this?
            What was typed at the prompt?
            ~ Tell me the command.
            ~ What has been entered in the shell?
            """
        ),
        weight=1.8,
        after=("what_does_it_say", "program", "is_error"),
        short=wordings(
            """
            After which command?
            And the command?
            What was typed before?
            ~ Which command was that?
            """
        ),
    ),
)
