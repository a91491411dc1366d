"""Plain text editors with notes."""

from __future__ import annotations

import random

from train.data.world.content import (
    Block,
    DesktopAppContent,
    Fields,
    Text,
)
from train.data.world.parts import prose, rows
from train.data.world.slots import Slots

_EDITORS = (
    ("Mousepad", ("File", "Edit", "Search", "View", "Document", "Help")),
    ("FeatherPad", ("File", "Edit", "Options", "Search", "Help")),
    ("Text Editor", ()),
    ("gedit", ("File", "Edit", "View", "Search", "Tools", "Documents", "Help")),
    ("Notepad", ("File", "Edit", "Format", "View", "Help")),
    ("Notepad", ("File", "Edit", "View")),
    ("KWrite", ("File", "Edit", "View", "Bookmarks", "Tools", "Settings", "Help")),
    ("Leafpad", ("File", "Edit", "Search", "Options", "Help")),
    ("Pluma", ("File", "Edit", "View", "Search", "Tools", "Documents", "Help")),
    ("TextEdit", ()),
    ("xed", ("File", "Edit", "View", "Search", "Tools", "Documents", "Help")),
    (
        "LibreOffice Writer",
        ("File", "Edit", "View", "Insert", "Format", "Styles", "Table", "Form", "Tools", "Window", "Help"),
    ),
)


_NOTES = (
    "{title}",
    "- {verb} the {noun}",
    "- call {person} about the {noun}",
    "{day}: {title}",
    "{cap}: {num}",
    "* fix the login error",
    "TODO: {verb} {nouns}",
    "{person} <{email}>",
    "{noun} = {word}",
    "[{word}]",
    "error: connection refused (see mail of {day})",
    "# {title}",
    "{url}",
    "1. {verb} the {adj} {noun}",
    "{money} for {nouns}",
    "Remember: restart {name} when it fails",
    "{stamp} {noun} failed, tried again, ok",
)


def notes(rng: random.Random, split: str = "train") -> DesktopAppContent:
    """A plain text editor with somebody's notes."""
    del split
    slots = Slots(rng)
    app, menus = rng.choice(_EDITORS)
    name = rng.choice((slots.get("file"), slots.get("stem") + ".txt", "Untitled 1", "*" + slots.get("stem") + ".txt"))
    title = rng.choice((f"{name} - {app}", f"{name} — {app}", f"{slots.get('dir')}/{name} - {app}", f"{name}"))
    lines = []
    for _ in range(rng.randint(2, 24)):
        lines.append(Slots(rng).fill(rng.choice(_NOTES)) if rng.random() < 0.75 else prose(rng, slots))
    status = tuple(
        Text(part, "status")
        for part in rng.choice(
            (
                (),
                (f"Ln {rng.randint(1, 40)}, Col {rng.randint(1, 60)}", "100%", "UTF-8"),
                ("Filetype: None", f"Line: {rng.randint(1, 40)} Column: {rng.randint(0, 60)}", "INS"),
                (f"Encoding: UTF-8  Lines: {rng.randint(1, 90)}  Words: {rng.randint(1, 900)}",),
            )
        )
    )
    kind = rng.choice(("code", "paragraph", "code"))
    return DesktopAppContent(
        Fields(False, app, "desktop_app"),
        Text(title, "title", "app" if app in title else ""),
        (Block(kind, rows(*lines)),),
        tuple(Text(entry, "menu") for entry in menus) if rng.random() < 0.8 else (),
        (),
        (),
        None,
        status,
        app,
        rng.choice(("gtk", "qt", "windows")),
        rng.choice(("any", "light", "dark")),
    )
