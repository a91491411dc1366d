"""GTK programs: real dialogs and windows."""

from __future__ import annotations

from train.data.capture.core import Fields, ShotLine
from train.data.capture.desktop import Desk, desktop, keys

LATIN = "Caf\u00e9 M\u00fcller\nStra\u00dfe der Jugend 4\nInvoice 2024-117: 18 \u00a3\n".encode("latin-1") * 8
NOTES = """Release notes 2.4

Fixed
 - Error 500 when a report has no rows
 - "Connection lost" was shown although the server answered
 - Crash on start with an empty profile

Known problems
 - Printing fails with error 0x00000bcb on some drivers
"""
CODE = '''import sys


class ParseError(Exception):
    """Raised when a line cannot be read."""


def parse(line):
    name, _, value = line.partition("=")
    if not value:
        raise ParseError(f"no value in {line!r}")
    return name.strip(), value.strip()


for line in sys.stdin:
    print(parse(line))
'''


def dialog(app: str, message: str, category: str, code: str | None = None, kind: str = "desktop_dialog") -> Fields:
    """The label of a dialog that reports a failure."""
    return Fields(True, app, kind, message, code, category)


def fine(app: str, kind: str = "desktop_app") -> Fields:
    """The label of a program in which nothing failed."""
    return Fields(False, app, kind)


RECIPES = [
    desktop(
        "mousepad-encoding",
        "gtk",
        "Mousepad",
        "not valid UTF-8",
        ["mousepad", "--disable-server", "/home/dev/customers.txt"],
        dialog("Mousepad", "The document is not UTF-8 valid.", "invalid_input"),
        "customers.txt",
        bus_name="mousepad",
        files={"/home/dev/customers.txt": LATIN},
    ),
    desktop(
        "evince-damaged",
        "gtk",
        "Evince",
        "damaged file",
        ["evince", "/home/dev/contract.pdf"],
        dialog(
            "Evince", "Unable to open document “file:///home/dev/contract.pdf”.", "invalid_input", kind="desktop_app"
        ),
        "contract.pdf",
        desk=Desk(1280, 800, "#2d3e50", gtk_theme="Adwaita"),
        bus_name="evince",
        files={"/home/dev/contract.pdf": b"%PDF-1.4\nbroken"},
        extra=(ShotLine("Document Viewer", None, "title"),),
    ),
    desktop(
        "eog-damaged",
        "gtk",
        "Eye of GNOME",
        "damaged file",
        ["eog", "/home/dev/holiday.png"],
        dialog("Image Viewer", "Could not load image “holiday.png”.", "invalid_input", kind="desktop_app"),
        "holiday.png",
        desk=Desk(1024, 768, "#57606f", dark=True),
        bus_name="eog",
        files={"/home/dev/holiday.png": b"\x89PNG\r\n\x1a\nbroken picture"},
        extra=(ShotLine("holiday.png", None, "title"),),
    ),
    desktop(
        "thunar-missing-folder",
        "gtk",
        "Thunar",
        "missing folder",
        ["thunar", "/home/dev/projects/2019"],
        dialog("Thunar", 'Failed to open "/home/dev/projects/2019".', "not_found"),
        "2019",
        desk=Desk(1024, 768, "#4a6785", fonts="DejaVu Sans 10"),
        bus_name="thunar",
    ),
    desktop(
        "pcmanfm-missing-folder",
        "gtk",
        "PCManFM",
        "missing folder",
        ["pcmanfm", "/home/dev/Pictures/2018"],
        dialog("PCManFM", "/home/dev/Pictures/2018: No such file or directory", "not_found"),
        "Pictures/2018",
        desk=Desk(1280, 800, "#355e3b", fonts="Noto Sans 10"),
        bus_name="pcmanfm",
    ),
    desktop(
        "xarchiver-damaged",
        "gtk",
        "Xarchiver",
        "damaged archive",
        ["xarchiver", "/home/dev/photos.zip"],
        dialog("Xarchiver", "An error occurred!", "other"),
        "photos.zip",
        desk=Desk(1024, 700, "#705d4c", fonts="Open Sans 10"),
        bus_name="xarchiver",
        files={"/home/dev/photos.zip": b"PK\x03\x04" + b"broken" * 300},
    ),
    desktop(
        "zenity-backup-disk-full",
        "gtk",
        "Zenity",
        "disk full dialog",
        [
            "zenity",
            "--error",
            "--title=Backup",
            "--width=420",
            "--text=The backup could not be finished: no space left on device.\n\n14 of 2,310 files were not copied to /media/usb.",
        ],
        dialog("Backup", "The backup could not be finished: no space left on device.", "disk_full"),
        "/media/usb",
        desk=Desk(800, 600, alone=True),
        title="Backup",
        bus_name="zenity",
    ),
    desktop(
        "zenity-login-failed",
        "gtk",
        "Zenity",
        "login dialog",
        [
            "zenity",
            "--error",
            "--title=Mail Setup",
            "--width=380",
            "--text=Login to imap.example.org failed: the password was not accepted.\n\nError code: AUTH-1042",
        ],
        dialog(
            "Mail Setup",
            "Login to imap.example.org failed: the password was not accepted.",
            "authentication",
            "AUTH-1042",
        ),
        "imap.example.org",
        desk=Desk(800, 600, alone=True, dark=True, fonts="Inter 10"),
        title="Mail Setup",
        bus_name="zenity",
    ),
    desktop(
        "yad-printer-offline",
        "gtk",
        "YAD",
        "printer dialog",
        [
            "yad",
            "--title=Print Queue",
            "--image=dialog-error",
            "--button=Retry:0",
            "--button=Cancel:1",
            "--width=440",
            "--text=Printer “Accounting-2” is not reachable (timed out after 30 seconds).",
        ],
        dialog("Print Queue", "Printer “Accounting-2” is not reachable (timed out after 30 seconds).", "timeout"),
        "Accounting-2",
        desk=Desk(1024, 640, "#264653", fonts="Roboto 10"),
        bus_name="yad",
    ),
    desktop(
        "yad-update-signature",
        "gtk",
        "YAD",
        "signature dialog",
        [
            "yad",
            "--title=Software Updater",
            "--image=dialog-warning",
            "--button=Close:0",
            "--width=480",
            "--text=Updates were not installed.\n\nThe certificate of mirror.example.org expired on 3 March 2024.",
        ],
        dialog("Software Updater", "Updates were not installed.", "tls_certificate"),
        "mirror.example.org",
        desk=Desk(1280, 800, "#1d3557", dark=True, fonts="Lato 11"),
        bus_name="yad",
    ),
    # Nothing failed below.
    desktop(
        "normal-mousepad-notes",
        "gtk",
        "Mousepad",
        "text",
        ["mousepad", "--disable-server", "/home/dev/release-notes.txt"],
        fine("Mousepad"),
        "release-notes.txt",
        title="Mousepad",
        bus_name="mousepad",
        files={"/home/dev/release-notes.txt": NOTES},
    ),
    desktop(
        "normal-mousepad-save-question",
        "gtk",
        "Mousepad",
        "save question",
        ["mousepad", "--disable-server", "/home/dev/todo.txt"],
        fine("Mousepad", "desktop_dialog"),
        "todo.txt",
        desk=Desk(1024, 768, "#6b705c", fonts="DejaVu Sans 10"),
        bus_name="mousepad",
        files={"/home/dev/todo.txt": "Fix the error in chapter 3\n"},
        act=keys("text:Call the bank ", "ctrl+w", pause=0.8),
    ),
    desktop(
        "normal-galculator",
        "gtk",
        "Galculator",
        "calculator",
        ["galculator"],
        fine("galculator"),
        "empty",
        desk=Desk(800, 600, alone=True),
        title="galculator",
        bus_name="galculator",
    ),
    desktop(
        "normal-thunar-folder",
        "gtk",
        "Thunar",
        "folder",
        ["thunar", "/srv/app/node_modules/express"],
        fine("Thunar"),
        "express",
        desk=Desk(1280, 800, "#355070", fonts="Noto Sans 10"),
        bus_name="thunar",
    ),
    desktop(
        "normal-geany-code",
        "gtk",
        "Geany",
        "code",
        ["geany", "-i", "/home/dev/parse.py"],
        Fields(False, "Geany", "ide_editor"),
        "parse.py",
        desk=Desk(1366, 768, "#2f3e46", fonts="Cantarell 10"),
        bus_name="geany",
        files={"/home/dev/parse.py": CODE},
    ),
    desktop(
        "normal-zenity-question",
        "gtk",
        "Zenity",
        "question",
        [
            "zenity",
            "--question",
            "--title=Text Editor",
            "--width=400",
            "--ok-label=Save",
            "--cancel-label=Discard",
            "--text=Save changes to “errors.txt” before closing?",
        ],
        fine("Text Editor", "desktop_dialog"),
        "errors.txt",
        desk=Desk(800, 500, alone=True, fonts="Open Sans 11"),
        title="Text Editor",
        bus_name="zenity",
    ),
    desktop(
        "normal-zenity-finished",
        "gtk",
        "Zenity",
        "information",
        [
            "zenity",
            "--info",
            "--title=Disk Check",
            "--width=360",
            "--text=The check of /dev/sdb1 has finished. 0 errors were found.",
        ],
        fine("Disk Check", "desktop_dialog"),
        "/dev/sdb1",
        desk=Desk(1024, 600, "#3d405b", dark=True),
        title="Disk Check",
        bus_name="zenity",
    ),
    desktop(
        "normal-yad-settings",
        "gtk",
        "YAD",
        "settings",
        [
            "yad",
            "--title=Alert Settings",
            "--form",
            "--width=420",
            "--field=Send errors to",
            "--field=Repeat after (minutes)",
            "--field=Report failed logins:CHK",
            "--field=Report full disks:CHK",
            "ops@example.org",
            "15",
            "TRUE",
            "FALSE",
        ],
        fine("Alert Settings", "desktop_dialog"),
        "alerts",
        desk=Desk(1024, 640, "#84a59d", fonts="Karla 11"),
        bus_name="yad",
    ),
]
