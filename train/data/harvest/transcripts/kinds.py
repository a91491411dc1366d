"""What is run and what is known of it before: tools, and the kinds of scenarios that each of them has.

Texts are templates in the slot notation of `train.data.world.slots`; patterns are regular expressions in which the slots'
values stand literally.
"""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from train.data.world.slots import MAKERS, Slots
from train.data.world.words import FIRST_NAMES

_FREE = frozenset({"title", "person", "name", "size", "stamp", "syslog", "day", "money"})
"""Slots whose values may hold spaces and signs; all others go into commands as they are."""
_PLAIN = re.compile(r"[\w./@:%+-]+")
_SLOT_NAME = re.compile(r"([a-z_]+)\d*")
_USED = frozenset({"main", "master", "origin"})  # names that the scenarios give themselves
_WIDTHS = (80, 80, 90, 100, 100, 110, 120, 132, 160)


class CommandSlots(Slots):
    """Slots whose values can be typed into a shell unquoted. `literal` makes `fill` write values for use in a pattern."""

    def __init__(self, rng: random.Random) -> None:
        """`rng` is the only source of chance."""
        super().__init__(rng)
        self.literal = False

    def _slot(self, found: re.Match[str]) -> str:
        key = found.group(1) + found.group(2)
        make = MAKERS.get(found.group(1))
        if key not in self.values and make is not None and found.group(1) not in _FREE:
            taken = {value for name, value in self.values.items() if _base(name) == found.group(1)}
            value = make(self.rng)
            for _ in range(50):
                # A relative path would have to exist; two slots of one name must differ; a leading dash would be an option.
                if _PLAIN.fullmatch(value) and value not in taken and value not in _USED and value[0] not in "-.~":
                    break
                value = make(self.rng)
            self.values[key] = value
        value = super()._slot(found)
        return re.escape(value) if self.literal and key in self.values else value

    def pattern(self, template: str) -> str:
        """A regular expression in which slots are their values, literally."""
        self.literal = True
        try:
            return self.fill(template)
        finally:
            self.literal = False


def _base(name: str) -> str:
    found = _SLOT_NAME.fullmatch(name)
    return found.group(1) if found else name


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of scenario. `run` is typed command by command, the last one is what the transcript is about.

    `message` finds the row of the error line ("" for a run in which nothing fails), `code` what stands for the error in the
    rows (its first group, if it has one). A command whose exit code is not promised (`exits`) or that lacks the message is
    dropped by the runner.
    """

    name: str
    run: tuple[str, ...]
    app: str
    message: str = ""
    category: str = "none"
    code: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    """Files in the folder: path -> content (a leading newline is dropped, indentation removed)."""
    prepare: str = ""
    """A script run unseen before, as the user, in the folder."""
    root: str = ""
    """A script run unseen before `prepare` as root, in the folder."""
    exits: tuple[int, ...] = ()
    """Promised exit codes; none: 0 when nothing fails, any other when something does."""
    last: bool = False
    """The message is the last row that matches, not the first."""
    trace: str = ""
    """Rows that are stack frames, notes or source excerpts."""
    user: str = ""
    typed: tuple[str, ...] = ()
    """What is typed after the command, a line at a time."""
    hosts: tuple[str, ...] = ()
    """Names that resolve to this machine."""
    dns: str = "down"
    """What happens to other names: "down" no server answers, "nx" one says that there is no such name."""
    env: tuple[tuple[str, str], ...] = ()
    weight: float = 1.0
    timeout: float = 15.0

    @property
    def is_error(self) -> bool:
        """Whether something asked for fails."""
        return bool(self.message)


@dataclass(frozen=True)
class Tool:
    """A program under test with its kinds, what it needs, and what is done as root once before all of them."""

    name: str
    app: str
    kinds: tuple[Kind, ...]
    needs: Mapping[str, str] = field(default_factory=dict)
    """Program -> the Debian package it comes in."""
    setup: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A kind with its values: what the driver is sent, and what its answer is measured by."""

    kind: Kind
    order: Mapping[str, Any]
    """The driver's task: user, host, folder, files, scripts, commands, width, timeout."""
    message: re.Pattern[str] | None
    code: re.Pattern[str] | None
    trace: re.Pattern[str] | None
    prompt: str


def _content(text: str) -> str:
    return textwrap.dedent(text.removeprefix("\n"))


def make_scenario(kind: Kind, rng: random.Random) -> Scenario:
    """Fill a kind's slots by chance."""
    slots = CommandSlots(rng)
    user = kind.user or rng.choice(FIRST_NAMES)
    slots.set("me", user)
    host, repo = slots.get("shost"), slots.get("repo")
    home = "/root" if user == "root" else f"/home/{user}"
    folder = rng.choice((f"{home}/{repo}", f"{home}/{repo}", f"{home}/projects/{repo}", f"/srv/{repo}", f"/opt/{repo}"))
    slots.set("home", home)
    slots.set("here", folder)

    def fill(text: str) -> str:
        return (
            slots.fill(text.replace("{me}", user).replace("{home}", home).replace("{here}", folder))
            .replace("¦", "|")
            .replace("¤", "\n")
        )

    def pattern(text: str) -> re.Pattern[str] | None:
        if not text:
            return None
        known = {"{me}": user, "{home}": home, "{here}": folder}
        for name, value in known.items():
            text = text.replace(name, re.escape(value))
        return re.compile(slots.pattern(text))

    commands = [fill(step) for step in kind.run]
    order = {
        "user": user,
        "host": host,
        "home": home,
        "folder": folder,
        "commands": commands,
        "files": {fill(name): fill(_content(content)) for name, content in kind.files.items()},
        "prepare": fill(textwrap.dedent(kind.prepare)).strip(),
        "root": fill(textwrap.dedent(kind.root)).strip(),
        "typed": [fill(line) for line in kind.typed],
        "hosts": [fill(name) for name in kind.hosts],
        "dns": kind.dns,
        "env": {name: fill(value) for name, value in kind.env},
        "width": rng.choice(_WIDTHS),
        "timeout": kind.timeout,
    }
    sign = "#" if user == "root" else "$"
    shown = folder.replace(home, "~", 1) if folder.startswith(home) else folder
    prompt = rng.choice(
        (f"{user}@{host}:{shown}{sign} ", f"[{user}@{host} {folder.split('/')[-1]}]{sign} ", f"{sign} ")
    )
    return Scenario(kind, order, pattern(kind.message), pattern(kind.code), pattern(kind.trace), prompt)
