"""Manual pages and other prose in a terminal: full rows of text without any error, though they may speak of them."""

from __future__ import annotations

import random
import textwrap

from train.data.world.content import Fields, Row, TerminalContent, Text
from train.data.world.parts import prose
from train.data.world.slots import Slots

_HEADS = (
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "OPTIONS",
    "EXIT STATUS",
    "ENVIRONMENT",
    "FILES",
    "EXAMPLES",
    "ERRORS",
    "SEE ALSO",
    "NOTES",
    "BUGS",
    "RETURN VALUE",
    "STANDARDS",
    "AUTHOR",
    "HISTORY",
    "CONFIGURATION",
)
_ENTRIES = (
    "-{letter}, --{word}|{verb} the {noun} instead of the {noun2}; the default is to {verb2} it.",
    "--{word}={const}|set the {noun} to {const}; fails when the {noun2} does not exist.",
    "{const}|The {noun} is missing or cannot be opened.",
    "EACCES|Permission to {verb} the {noun} is denied.",
    "ENOENT|The {noun} named by path does not exist.",
    "EINVAL|The {noun} is not valid.",
    "{path}|the {adj} {noun} of the {noun2}",
    "{word}|Default action is to {verb} the {noun}.",
    "1|if an error occurred while the {noun} was read",
    "{ident}(3)|{verb} a {noun} and return its {noun2}",
)


def pager(rng: random.Random, split: str = "train") -> TerminalContent:
    """A manual page in its pager, or a text in less."""
    del split
    slots = Slots(rng)
    width = rng.choice((60, 66, 72, 78, 80, 94))
    name = slots.get("word")
    section = rng.choice("1123578")
    rows: list[Row] = []
    manual = rng.random() < 0.7
    if manual and rng.random() < 0.8:
        head = f"{name if rng.random() < 0.5 else name.upper()}({section})"
        middle = rng.choice(
            (
                "User Commands",
                "Library Functions Manual",
                "Miscellaneous Information Manual",
                "System Manager's Manual",
                "General Commands Manual",
                "Linux Programmer's Manual",
            )
        )
        rows.append(Row((Text(head + middle.center(max(width - 2 * len(head), len(middle) + 2)) + head, "heading"),)))
        rows.append(Row(()))
    if rng.random() < 0.4:  # somewhere in the middle
        rows = []
    for title in rng.sample(_HEADS, rng.randint(1, 5)) if manual else ("",) * rng.randint(1, 3):
        if title:
            rows.append(Row((Text(title, "heading", "", "bold"),)))
        for _ in range(rng.randint(1, 3)):
            fresh = Slots(rng)
            if manual and rng.random() < 0.5:
                key, text = fresh.fill(rng.choice(_ENTRIES)).split("|", 1)
                if rng.random() < 0.5:
                    rows.append(Row((Text(" " * 7 + key, "body", "", "bold"),)))
                    rows += [Row((Text(" " * 14 + part, "body"),)) for part in textwrap.wrap(text, width - 14)]
                else:
                    rows.append(Row((Text(f"       {key:<8} {text}"[:width], "body"),)))
            else:
                indent = 7 if manual else 0
                rows += [
                    Row((Text(" " * indent + part, "body"),))
                    for part in textwrap.wrap(prose(rng, slots), width - indent)
                ]
            rows.append(Row(()))
    rows = rows[: rng.randint(10, 40)]
    line = rng.choice((1, 1, rng.randint(2, 400)))
    last = (
        rng.choice(
            (
                f"Manual page {name}({section}) line {line} (press h for help or q to quit)",
                f"Manual page {name}({section}) line {line}/{line + 90} {rng.randint(3, 99)}%",
                ":",
                "(END)",
            )
        )
        if manual
        else rng.choice(
            (
                ":",
                "(END)",
                f"{slots.get('file')} lines 1-{len(rows)}",
                "--More--",
                f"{slots.get('file')} (file 1 of 2) lines 1-{len(rows)}/{line + 40}",
            )
        )
    )
    rows.append(Row((Text(last, "status", "", "inverse"),)))
    return TerminalContent(
        Fields(False, "man" if manual else "less", "terminal"),
        tuple(rows),
        None,
        (),
        (),
        (),
        "xterm",
        rng.choice(("dark", "light", "any")),
    )
