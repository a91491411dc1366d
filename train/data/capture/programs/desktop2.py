"""More GTK and Qt programs of Debian: archivers, viewers, editors, a debugger of files, and tables."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from functools import partial

from train.data.capture.core import Fields, Recipe, Shot, ShotLine
from train.data.capture.desktop import Desk, desktop, keys
from train.data.capture.programs.gtk import dialog, fine

GUARD = '''import json
import logging

log = logging.getLogger(__name__)


def settings(path):
    """Reads the settings; a broken file is logged and the defaults are used."""
    try:
        with open(path) as source:
            return json.load(source)
    except FileNotFoundError:
        log.warning("no settings at %s", path)
    except json.JSONDecodeError as error:
        log.error("settings are broken in line %d: %s", error.lineno, error.msg)
    return {"retries": 3, "timeout": 10}
'''
OLD = "Error 404: page not found\nError 500: server error\nTimeout: 30 s\nRetry: no\n"
NEW = "Error 404: page not found\nError 503: service unavailable\nTimeout: 60 s\nRetry: yes\n"
CSV = "Host,Errors,Warnings,State\nweb1,0,2,ok\nweb2,14,3,failed\ndb1,0,0,ok\nmail,2,9,degraded\ncache,0,1,ok\n"
MESSAGES = "\n".join(
    f"Mar 12 0{n}:1{n % 6}:2{n % 7} web1 "
    + ("nginx: connection refused (111)", "cron: backup finished", "sshd: closed")[n % 3]
    for n in range(10)
)
DIARY = """# Incident of 12 March

The shop answered with **502 Bad Gateway** for nine minutes.

* 10:02 the disk of db1 was full (error 28)
* 10:05 alarm, first look
* 10:11 old logs removed, service restarted

No data was lost.
"""


def archive() -> bytes:
    """A small ZIP archive."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as target:
        for name in ("errors-2023.csv", "crash/report.txt", "crash/core.dump", "readme.md"):
            target.writestr(zipfile.ZipInfo(name, (2024, 3, 12, 10, 0, 0)), "x" * 900)
    return sink.getvalue()


def drawn(line: ShotLine) -> bool:
    """False for an icon's name: ink that is too narrow for the letters, or an icon's square with a longer name."""
    if line.box is None:
        return True
    width, height, letters = line.box[2] - line.box[0], line.box[3] - line.box[1], len(line.text)
    square = line.role != "menu" and letters >= 3 and width <= 36 and height >= 14
    return width >= 3.9 * letters and not square


def pruned(recipe: Recipe, names: frozenset[str]) -> Shot:
    """The recipe's shot without icons' names, and without lines that read one of the names."""
    shot = recipe.take()
    return Shot(shot.image, [line for line in shot.lines if line.text not in names and drawn(line)])


def without(recipe: Recipe, *names: str) -> Recipe:
    """The recipe without icons' names and the lines that the accessibility tree has and the picture does not show."""
    return replace(recipe, take=partial(pruned, recipe, frozenset(names)))


def editor(app: str) -> Fields:
    """The label of an editor in which nothing failed."""
    return Fields(False, app, "ide_editor")


WINDOWS = [
    desktop(
        "engrampa-damaged",
        "gtk",
        "Engrampa",
        "damaged archive",
        ["engrampa", "/home/dev/letters.zip"],
        dialog("Engrampa", "An error occurred while loading the archive.", "invalid_input"),
        "letters.zip",
        desk=Desk(1024, 640, "#51557e", fonts="Noto Sans 10"),
        bus_name="engrampa",
        files={"/home/dev/letters.zip": b"PK\x03\x04" + b"letters" * 200},
    ),
    desktop(
        "atril-damaged",
        "gtk",
        "Atril",
        "damaged file",
        ["atril", "/home/dev/manual.pdf"],
        dialog("Atril", "Unable to open document", "invalid_input", kind="desktop_app"),
        "manual.pdf",
        desk=Desk(1100, 700, "#40514e", fonts="DejaVu Sans 10"),
        bus_name="atril",
        files={"/home/dev/manual.pdf": b"%PDF-1.5\nnothing here\n"},
    ),
    desktop(
        "gedit-no-permission",
        "gtk",
        "gedit",
        "permission",
        ["gedit", "--standalone", "/etc/shadow"],
        dialog("gedit", "Could not open the file “/etc/shadow”.", "permission", kind="desktop_app"),
        "/etc/shadow",
        desk=Desk(1024, 640, "#8d99ae"),
        bus_name="gedit",
    ),
    desktop(
        "gnumeric-unsupported",
        "gtk",
        "Gnumeric",
        "unsupported format",
        ["gnumeric", "/home/dev/turnover.xls"],
        dialog("Gnumeric", 'Unsupported file format for file "turnover.xls"', "invalid_input"),
        "turnover.xls",
        desk=Desk(1024, 700, "#3a5a40", fonts="Open Sans 10"),
        bus_name="gnumeric",
        files={"/home/dev/turnover.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600},
    ),
    desktop(
        "abiword-cannot-open",
        "gtk",
        "AbiWord",
        "cannot open",
        ["abiword", "/home/dev/offer.doc"],
        dialog(
            "AbiWord", "AbiWord cannot open /home/dev/offer.doc. It appears to be an invalid document.", "invalid_input"
        ),
        "offer.doc",
        desk=Desk(1024, 700, "#6d597a", fonts="Cantarell 10"),
        bus_name="abiword",
        files={"/home/dev/offer.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\1" * 600},
    ),
    desktop(
        "thunar-no-permission",
        "gtk",
        "Thunar",
        "permission",
        ["env", "HOME=/home/dev", "thunar", "/root"],
        dialog("Thunar", 'Failed to open directory "root".', "permission"),
        "/root",
        desk=Desk(1100, 700, "#355070", dark=True, fonts="Roboto 10"),
        bus_name="thunar",
    ),
    # Nothing failed below.
    desktop(
        "normal-engrampa",
        "gtk",
        "Engrampa",
        "archive",
        ["engrampa", "/home/dev/logs.zip"],
        fine("Engrampa"),
        "logs.zip",
        desk=Desk(1024, 640, "#457b9d", fonts="Open Sans 10"),
        bus_name="engrampa",
        files={"/home/dev/logs.zip": archive()},
    ),
    desktop(
        "normal-meld",
        "gtk",
        "Meld",
        "comparison",
        ["meld", "/home/dev/errors-old.txt", "/home/dev/errors-new.txt"],
        fine("Meld"),
        "errors",
        desk=Desk(1200, 640, "#2a9d8f"),
        bus_name="meld",
        files={"/home/dev/errors-old.txt": OLD, "/home/dev/errors-new.txt": NEW},
    ),
    desktop(
        "normal-gnumeric-hosts",
        "gtk",
        "Gnumeric",
        "spreadsheet",
        ["gnumeric", "/home/dev/hosts.csv"],
        fine("Gnumeric"),
        "table",
        desk=Desk(1100, 700, "#588157", fonts="DejaVu Sans 10"),
        bus_name="gnumeric",
        files={"/home/dev/hosts.csv": CSV},
    ),
    desktop(
        "normal-abiword-incident",
        "gtk",
        "AbiWord",
        "document",
        ["abiword", "/home/dev/incident.txt"],
        fine("AbiWord"),
        "incident.txt",
        desk=Desk(1100, 760, "#6c757d", fonts="Cantarell 10"),
        bus_name="abiword",
        files={"/home/dev/incident.txt": DIARY},
    ),
    desktop(
        "normal-gedit-code",
        "gtk",
        "gedit",
        "code",
        ["gedit", "--standalone", "/home/dev/settings.py"],
        fine("gedit"),
        "settings.py",
        desk=Desk(1100, 640, "#1b4332", dark=True),
        bus_name="gedit",
        files={"/home/dev/settings.py": GUARD},
    ),
    desktop(
        "normal-gedit-close-question",
        "gtk",
        "gedit",
        "save question",
        ["gedit", "--standalone", "/home/dev/failures.txt"],
        fine("gedit", "desktop_dialog"),
        "failures.txt",
        desk=Desk(1024, 640, "#bc4749"),
        bus_name="gedit",
        files={"/home/dev/failures.txt": "Failures of the week\n\nnone so far\n"},
        act=keys("text:Draft ", "ctrl+w", pause=0.9),
    ),
    desktop(
        "normal-l3afpad-log",
        "gtk",
        "L3afpad",
        "log",
        ["l3afpad", "/home/dev/messages"],
        fine("L3afpad"),
        "web1",
        desk=Desk(900, 600, "#a98467", fonts="Liberation Sans 10"),
        bus_name="l3afpad",
        files={"/home/dev/messages": MESSAGES},
    ),
    desktop(
        "normal-mousepad-find",
        "gtk",
        "Mousepad",
        "search",
        ["mousepad", "--disable-server", "/home/dev/server.log"],
        fine("Mousepad"),
        "server.log",
        desk=Desk(1000, 640, "#3d5a80", dark=True, fonts="Noto Sans 10"),
        bus_name="mousepad",
        files={"/home/dev/server.log": MESSAGES},
        act=keys("ctrl+f", "text:refused", pause=0.8),
    ),
    desktop(
        "normal-mate-calc",
        "gtk",
        "MATE Calculator",
        "result",
        ["mate-calc"],
        fine("MATE Calculator"),
        "500/4",
        desk=Desk(700, 520, alone=True, fonts="DejaVu Sans 11"),
        bus_name="mate-calc",
        act=keys("text:500/4", "Return", pause=0.8),
    ),
    desktop(
        "normal-transmission",
        "gtk",
        "Transmission",
        "agreement",
        ["transmission-gtk"],
        fine("Transmission", "desktop_dialog"),
        "agreement",
        desk=Desk(1024, 640, "#14213d", fonts="Cantarell 10"),
        bus_name="transmission",
    ),
    desktop(
        "normal-pcmanfm-doc",
        "gtk",
        "PCManFM",
        "folder",
        ["pcmanfm", "/usr/share/doc/git/html/technical"],
        fine("PCManFM"),
        "technical",
        desk=Desk(1100, 700, "#606c38", fonts="Inter 10"),
        bus_name="pcmanfm",
    ),
    desktop(
        "normal-geany-guard",
        "gtk",
        "Geany",
        "code",
        ["geany", "-i", "/home/dev/settings.py"],
        editor("Geany"),
        "guard",
        desk=Desk(1100, 700, "#780000", dark=True, fonts="Noto Sans 10"),
        bus_name="geany",
        files={"/home/dev/settings.py": GUARD},
    ),
    desktop(
        "normal-featherpad-guard",
        "qt",
        "FeatherPad",
        "code",
        ["featherpad", "/home/dev/settings.py"],
        fine("FeatherPad"),
        "settings.py",
        desk=Desk(1000, 660, "#003049"),
        bus_name="featherpad",
        files={"/home/dev/settings.py": GUARD},
    ),
    desktop(
        "normal-two-windows",
        "gtk",
        "desktop",
        "two windows",
        ["sh", "-c", "HOME=/home/dev thunar /usr/share/doc/git/html & sleep 3; exec l3afpad /home/dev/messages"],
        fine("L3afpad"),
        "thunar",
        desk=Desk(1366, 768, "#264653", fonts="Noto Sans 10"),
        bus_name="",
        files={"/home/dev/messages": MESSAGES},
    ),
]

HIDDEN = {
    "engrampa-damaged": ("New…", "Stop", "Location:"),
    "abiword-cannot-open": ("12",),
    "normal-abiword-incident": ("12",),
    "normal-gnumeric-hosts": ("Button",),
}
"""Names that stand behind a dialog, or twice."""
RECIPES = [without(recipe, *HIDDEN.get(recipe.id, ())) for recipe in WINDOWS]
