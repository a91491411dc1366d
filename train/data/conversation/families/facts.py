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
            File name?
            Could you find the file name?
            I need the name of the file with the error.
            Please read out the file name.
            In this screenshot, which file is named?
            Which file is the problem in?
            What is the path of the file?
            Which file should I open?
            In what file is the error?
            What file does the message mention?
            Which file failed?
            The name of the file, please.
            Which file it is?
            I want to fix it, which file is it?
            Pick out the file.
            Which source file do you see?
            Read me the file name.
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
            What file is it?
            Which path?
            Which file was it?
            In what file?
            The file's name?
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
            Line number?
            Could you find the line number?
            I need the line where it failed.
            Please read out the line number.
            In this screenshot, which line number is given?
            Which line has the error?
            What is the number of the line?
            To which line should I go?
            At which line did it stop?
            I want to fix it, on which line is it?
            Which line of code is it?
            The number of the line, please.
            The error is in which line?
            Which line does the message mention?
            What line number do you see?
            Read me the line number.
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
            What line is it?
            In which line?
            What is the line number there?
            And the number of the line?
            The line, please?
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
            Port?
            Could you find the port number?
            I need the port.
            Please read out the port.
            In this screenshot, which port is named?
            To which port does it connect?
            At which port does it listen?
            Port number, please.
            What port does the message mention?
            Which port was tried?
            Which port is it trying to use?
            What port number do you see?
            The port is which?
            I want to open the port, which one is it?
            Pick out the port number.
            Which port has the problem?
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
            What port?
            Port number?
            And the port number?
            At which port?
            What is the port number?
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
            Host name?
            Could you find the host name?
            I need the name of the server.
            Please read out the host.
            In this screenshot, which host is named?
            To which server does it connect?
            Which machine could not be reached?
            Server name, please.
            What server does the message mention?
            Which host was tried?
            What host name do you see?
            The server is which one?
            With which host is the problem?
            I want to check the server, which one is it?
            Pick out the host name.
            What is the server's name?
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
            What host?
            Host name?
            And the server?
            And the name of the server?
            To which host?
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
            URL?
            Could you find the URL?
            I need the address of this page.
            Please read out the URL.
            In this screenshot, which URL do you see?
            What page is open, by its address?
            Page address, please.
            Copy the URL for me.
            What is the link?
            Which site is that, by its address?
            What URL is it?
            I want to open it myself, what is the address?
            The URL of the page is what?
            Which address did it try to open?
            Read me the URL.
            Which URL can you read?
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
            Version?
            Could you find the version number?
            I need the version.
            Please read out the version.
            In this screenshot, which version do you see?
            Version number, please.
            What version does the message mention?
            Which version is installed?
            Of which version is it?
            The version is which?
            What version number do you see?
            I want to report it, which version is it?
            What release is it?
            Read me the version number.
            Pick out the version.
            Which version does it give?
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
            Command?
            Could you find the command that was run?
            I need the command line.
            Please read out the command.
            In this screenshot, which command was typed?
            What did I run?
            Which command failed?
            Copy the command for me.
            What command was executed?
            What command line do you see?
            The last command is which?
            What command has the user run?
            I want to run it too, what is the command?
            What was executed?
            Which command gave this error?
            Read me the command.
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
            And which command?
            From which command?
            By which command?
            The command?
            What did I type?
            ~ Which command was that?
            """
        ),
    ),
)
