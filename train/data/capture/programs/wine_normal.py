"""Windows programs in which nothing failed, some of them full of words about errors."""

from __future__ import annotations

from train.data.capture.core import Fields
from train.data.capture.desktop import keys
from train.data.capture.programs.wine_programs import GREEN, LARGE, LIGHT, MANAGED, NIGHT, NOTES, OLD, VIOLET
from train.data.capture.wine import Stage, tool, wine


def fine(app: str, kind: str = "desktop_app") -> Fields:
    """The label of a program in which nothing failed."""
    return Fields(False, app, kind)


LOG = """title Lanternlog - server.log
size 780 400
menu &File|&Search|&Filter|&Help
column 150 Time
column 80 Level
column 480 Message
row 2024-03-02 08:14:03|INFO|service started
row 2024-03-02 08:14:09|ERROR|connection to 10.0.0.7:5432 refused
row 2024-03-02 08:14:10|WARN|retry 1 of 5
row 2024-03-02 08:14:11|INFO|connected
status 4 entries|1 error shown
"""
COPYING = """title Copying files
size 460 190
progress 43 Copying 214 of 498 files to E:\\Pictures (about 2 minutes left)
"""

RECIPES = [
    wine(
        "wine-normal-notepad-notes",
        "Notepad",
        "text about errors",
        ["notepad", "C:\\users\\dev\\Documents\\release.txt"],
        fine("Notepad"),
        "release.txt",
        title="release",
        files={"users/dev/Documents/release.txt": NOTES},
        look=LARGE,
        stage=Stage(1280, 900, crop="window"),
    ),
    wine(
        "wine-normal-notepad-save-question",
        "Notepad",
        "question",
        ["notepad", "C:\\users\\dev\\Documents\\todo.txt"],
        fine("Notepad", "desktop_dialog"),
        "todo.txt",
        title="todo",
        files={"users/dev/Documents/todo.txt": "call the printer people\r\n"},
        act=keys("text:fix error 404 page ", "alt+F4", pause=1.5),
        look=OLD,
        stage=Stage(800, 560),
    ),
    wine(
        "wine-normal-regedit",
        "Registry Editor",
        "tree",
        ["regedit"],
        fine("Registry Editor"),
        "Control Panel",
        title="Registry Editor",
        act=keys("Down", "Down", "Right", "Right", "Right", "Down", "Down"),
        look=NIGHT,
        stage=Stage(1024, 680),
    ),
    wine(
        "wine-normal-winecfg",
        "winecfg",
        "settings",
        ["winecfg"],
        fine("winecfg"),
        "Applications",
        title="Wine configuration",
        look=GREEN,
        stage=Stage(1024, 768, crop="window"),
    ),
    wine(
        "wine-normal-taskmgr",
        "Task Manager",
        "processes",
        ["taskmgr"],
        fine("Task Manager"),
        "Applications",
        title="Task Manager",
        look=LIGHT,
        stage=Stage(1024, 700, crop="window"),
    ),
    wine(
        "wine-normal-open-dialog",
        "Open log file",
        "file dialog",
        tool("pick", "open", "Open log file", "C:\\users\\dev\\Documents"),
        fine("Open log file", "desktop_dialog"),
        "error-2024-03.txt",
        title="Open log file",
        files={f"users/dev/Documents/error-2024-0{n}.txt": "x" for n in range(1, 7)},
        look=MANAGED,
        stage=Stage(1024, 700, crop="window"),
        sources=("pick",),
    ),
    wine(
        "wine-normal-uninstaller",
        "Add/Remove Programs",
        "uninstaller",
        ["uninstaller"],
        fine("Add/Remove Programs"),
        "Applications",
        title="Add/Remove Programs",
        look=VIOLET,
        stage=Stage(900, 640, crop="window"),
    ),
    wine(
        "wine-normal-control-panel",
        "Control Panel",
        "control panel",
        ["control"],
        fine("Control Panel"),
        "applets",
        title="Control Panel",
        look=NIGHT,
        stage=Stage(900, 640),
    ),
    wine(
        "wine-normal-log-viewer",
        "Lanternlog",
        "log",
        tool("host", "C:\\users\\dev\\log.txt"),
        fine("Lanternlog"),
        "server.log",
        title="Lanternlog",
        files={"users/dev/log.txt": LOG},
        look=VIOLET,
        stage=Stage(1024, 640),
        sources=("host",),
    ),
    wine(
        "wine-normal-copying",
        "Copying files",
        "progress",
        tool("host", "C:\\users\\dev\\copy.txt"),
        fine("Copying files", "desktop_dialog"),
        "498",
        title="Copying files",
        files={"users/dev/copy.txt": COPYING},
        look=GREEN,
        stage=Stage(800, 560, crop="window"),
        sources=("host",),
    ),
    wine(
        "wine-normal-import-finished",
        "Ledgerline",
        "information",
        tool(
            "box", "info", "Ledgerline", "none", "", "The import is finished.%n%n1,204 bookings, 0 errors, 0 warnings."
        ),
        fine("Ledgerline", "desktop_dialog"),
        "1,204",
        title="Ledgerline",
        look=LARGE,
        stage=Stage(1024, 700, crop="window"),
        sources=("box",),
    ),
    wine(
        "wine-normal-overwrite-question",
        "Bulk Renamer",
        "question",
        tool(
            "box",
            "question/save",
            "Bulk Renamer",
            "none",
            "",
            "12 files have the same name.%nDo you want to keep both?",
        ),
        fine("Bulk Renamer", "desktop_dialog"),
        "12 files",
        title="Bulk Renamer",
        look=NIGHT,
        stage=Stage(900, 600),
        sources=("box",),
    ),
    wine(
        "wine-normal-property-sheet",
        "Error Reporting Properties",
        "settings",
        tool(
            "sheet",
            "tabs",
            "Error Reporting Properties",
            "What happens when a program fails",
            "none",
            "",
            "Reports help to find the cause of errors. They are sent without your documents.",
        ),
        fine("Error Reporting Properties", "desktop_dialog"),
        "Error Reporting",
        title="Error Reporting Properties",
        look=OLD,
        stage=Stage(900, 600, crop="window"),
        sources=("sheet",),
    ),
    wine(
        "wine-normal-font-dialog",
        "Font",
        "font dialog",
        tool("pick", "font", "Font", "C:\\"),
        fine("Font", "desktop_dialog"),
        "choose",
        title="Font",
        look=MANAGED,
        stage=Stage(900, 640, crop="window"),
        sources=("pick",),
    ),
    wine(
        "wine-normal-file-manager",
        "Wine File Manager",
        "folders",
        ["winefile", "C:\\windows"],
        fine("Wine File Manager"),
        "windows",
        title="File",
        look=OLD,
        stage=Stage(1024, 700),
    ),
]
