"""The applications the extractor knows by name."""

from __future__ import annotations

from train.data.world import sessions, tables
from train.data.world.dialogs import KNOWN
from train.data.world.families import terminal_families

_MORE = (
    "FeatherPad",
    "gedit",
    "Notepad",
    "KWrite",
    "Leafpad",
    "Pluma",
    "TextEdit",
    "xed",
    "Xarchiver",
    "Visual Studio Code",
    "VSCodium",
    "PyCharm",
    "IntelliJ IDEA",
    "Eclipse",
    "Sublime Text",
    "Notepad++",
    "Xcode",
    "Kate",
    "Geany",
    "Mousepad",
    "IDLE",
    "Zed",
    "Spyder",
    "Thonny",
    "WebStorm",
    "CLion",
    "Google Chrome",
    "Chromium",
    "Firefox",
    "Safari",
    "Microsoft Edge",
    "Brave",
    "Opera",
    "Stack Overflow",
    "GitHub",
    "Wikipedia",
    "MDN",
    "YouTube",
    "Google",
    "Gmail",
    "Jira",
    "Confluence",
    "Grafana",
    "Jenkins",
    "Reddit",
)


def known_apps() -> tuple[str, ...]:
    """Names in a fixed order; the first, "", stands for a picture without any. Held-out programs are not among them."""
    names = {family.app for family in terminal_families() if not family.is_held_out}
    for entry in (*tables.dialogs(), *tables.pages()):
        if not entry.is_held_out:
            names.add(entry.app)
    names |= {app for kind in ("short", "long") for app, _ in sessions.sessions(kind)}
    names |= set(KNOWN) | set(_MORE)
    own_ides = {"Visual Studio", "Android Studio", "Arduino IDE", "RStudio", "MATLAB", "Jupyter", "Godot", "Unity"}
    return ("", *sorted(names | own_ides))
