"""What stands around the code in an editor: titles, menus, tabs, trees, status bars."""

from __future__ import annotations

import random

from train.data.world.content import Text
from train.data.world.slots import Slots
from train.data.world.source import EXTENSIONS

_VSCODE_MENUS = ("File", "Edit", "Selection", "View", "Go", "Run", "Terminal", "Help")


MENUS = {
    "IntelliJ IDEA": (
        "File",
        "Edit",
        "View",
        "Navigate",
        "Code",
        "Refactor",
        "Build",
        "Run",
        "Tools",
        "VCS",
        "Window",
        "Help",
    ),
    "Visual Studio": (
        "File",
        "Edit",
        "View",
        "Git",
        "Project",
        "Build",
        "Debug",
        "Test",
        "Analyze",
        "Tools",
        "Extensions",
        "Window",
        "Help",
    ),
    "Eclipse": ("File", "Edit", "Source", "Refactor", "Navigate", "Search", "Project", "Run", "Window", "Help"),
    "Xcode": (),
    "Notepad++": (
        "File",
        "Edit",
        "Search",
        "View",
        "Encoding",
        "Language",
        "Settings",
        "Tools",
        "Macro",
        "Run",
        "Plugins",
        "Window",
        "?",
    ),
    "Arduino IDE": ("File", "Edit", "Sketch", "Tools", "Help"),
    "RStudio": ("File", "Edit", "Code", "View", "Plots", "Session", "Build", "Debug", "Profile", "Tools", "Help"),
    "Sublime Text": ("File", "Edit", "Selection", "Find", "View", "Goto", "Tools", "Project", "Preferences", "Help"),
    "Kate": ("File", "Edit", "View", "Projects", "Bookmarks", "Sessions", "Tools", "Settings", "Help"),
    "Geany": ("File", "Edit", "Search", "View", "Document", "Project", "Build", "Tools", "Help"),
    "IDLE": ("File", "Edit", "Format", "Run", "Options", "Window", "Help"),
    "Mousepad": ("File", "Edit", "Search", "View", "Document", "Help"),
}


OWN_IDE = (
    "PyCharm",
    "IntelliJ IDEA",
    "Eclipse",
    "Visual Studio",
    "Xcode",
    "Android Studio",
    "Arduino IDE",
    "RStudio",
    "MATLAB",
    "Jupyter",
    "Godot",
    "Unity",
)


def editor_chrome(
    rng: random.Random, slots: Slots, app: str, language: str
) -> tuple[Text, tuple[Text, ...], tuple[Text, ...], tuple[Text, ...], tuple[Text, ...]]:
    """Title, menus, tabs, tree, status bar."""
    extension = EXTENSIONS.get(language, "txt")
    name = f"{slots.get('stem')}.{extension}"
    repo = slots.get("repo")
    title = Text(
        rng.choice(
            (
                f"{name} - {repo} - {app}",
                f"{name} — {repo}",
                f"{repo} – {name}",
                f"{app} - {name}",
                f"*{name} - {app}",
                name,
            )
        ),
        "title",
    )
    if app in title.text:
        title = Text(title.text, "title", "app")
    menus = tuple(Text(entry, "menu") for entry in MENUS.get(app, _VSCODE_MENUS)) if rng.random() < 0.75 else ()
    tabs = (
        Text(name, "tab"),
        *(Text(slots.get(f"file{index + 40}"), "tab") for index in range(rng.choice((0, 1, 2, 3)))),
    )
    tree = (
        tuple(
            Text(entry, "item")
            for entry in (
                "EXPLORER",
                repo.upper(),
                "src",
                name,
                *(slots.get(f"file{index + 60}") for index in range(rng.randint(1, 8))),
            )
        )
        if rng.random() < 0.6
        else ()
    )
    errors, warnings = rng.choice((0, 0, 1, 2)), rng.choice((0, 0, 3))
    status = (
        tuple(
            Text(entry, "status")
            for entry in (
                slots.get("branch"),
                f"{errors} {warnings}",
                f"Ln {slots.get('line')}, Col {slots.get('col')}",
                f"Spaces: {rng.choice((2, 4))}",
                "UTF-8",
                "LF",
                {
                    "py": "Python",
                    "js": "JavaScript",
                    "ts": "TypeScript React",
                    "java": "Java",
                    "rs": "Rust",
                    "cpp": "C++",
                    "go": "Go",
                }.get(language, "Plain Text"),
            )[rng.choice((0, 0, 2)) :]
        )
        if rng.random() < 0.8
        else ()
    )
    return title, menus, tabs, tree, status
