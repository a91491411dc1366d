"""Qt programs: message boxes of small PySide programs, and the desktop programs that Debian ships."""

from __future__ import annotations

import textwrap

from train.data.capture.core import Fields, Recipe
from train.data.capture.desktop import Desk, desktop

PYTHON = "/opt/qt/env/bin/python"
BOX = """
import sys
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QMainWindow, QMessageBox, QTableWidget, QTableWidgetItem

app = QApplication(sys.argv)
app.setApplicationName({app!r})
app.setStyle({style!r})
app.setStyleSheet("QDialogButtonBox {{ dialogbuttonbox-buttons-have-icons: 0; }}")
app.setFont(QFont({font!r}, {size}))
if {dark!r}:
    palette = QPalette()
    for role, colour in ((QPalette.Window, "#353535"), (QPalette.WindowText, "#f0f0f0"), (QPalette.Base, "#232323"),
                         (QPalette.Text, "#f0f0f0"), (QPalette.Button, "#454545"), (QPalette.ButtonText, "#f0f0f0")):
        palette.setColor(role, QColor(colour))
    app.setPalette(palette)
box = QMessageBox(getattr(QMessageBox, {icon!r}), {app!r}, {text!r})
box.setInformativeText({more!r})
for button in {buttons!r}:
    box.addButton(getattr(QMessageBox, button))
box.show()
app.exec()
"""


def box(
    id: str,
    family: str,
    app: str,
    text: str,
    more: str,
    fields: Fields,
    *slots: str,
    icon: str = "Critical",
    buttons: tuple[str, ...] = ("Ok",),
    style: str = "Fusion",
    font: str = "Noto Sans",
    size: int = 10,
    desk: Desk | None = None,
) -> Recipe:
    """A message box of a program named `app`."""
    desk = desk or Desk()
    code = BOX.format(
        app=app, text=text, more=more, icon=icon, buttons=buttons, style=style, font=font, size=size, dark=desk.dark
    )
    command = [PYTHON, "-c", textwrap.dedent(code)]
    return desktop(id, "qt", app, family, command, fields, *slots, desk=desk, title=app, bus_name=app)


def failed(app: str, message: str, category: str, code: str | None = None) -> Fields:
    """The label of a box that reports a failure."""
    return Fields(True, app, "desktop_dialog", message, code, category)


RECIPES = [
    box(
        "qt-database-locked",
        "database locked",
        "Invoice Manager",
        "The database is locked by another user.",
        "Close the other copy of the program and try again.",
        failed("Invoice Manager", "The database is locked by another user.", "concurrency_lock"),
        "invoices",
        buttons=("Retry", "Cancel"),
        desk=Desk(1280, 800, "#1f6f78"),
    ),
    box(
        "qt-license-server",
        "license server",
        "CAD Studio",
        "Cannot connect to the license server at license.corp.example:27000.",
        "Error -15,570: connection timed out.",
        failed(
            "CAD Studio", "Cannot connect to the license server at license.corp.example:27000.", "timeout", "-15,570"
        ),
        "license.corp.example",
        style="Windows",
        font="Liberation Sans",
        size=9,
        desk=Desk(1024, 768, "#008080", alone=True),
    ),
    box(
        "qt-access-denied",
        "access denied",
        "Photo Importer",
        "Access to “/media/camera/DCIM” was denied (EACCES).",
        "Ask the owner of the folder for permission.",
        failed("Photo Importer", "Access to “/media/camera/DCIM” was denied (EACCES).", "permission", "EACCES"),
        "/media/camera/DCIM",
        icon="Warning",
        font="Inter",
        desk=Desk(1440, 900, "#22223b", dark=True),
    ),
    box(
        "qt-out-of-memory",
        "out of memory",
        "Map Viewer",
        "Not enough memory to load the terrain model.",
        "12.4 GB are needed, 7.8 GB are free.",
        failed("Map Viewer", "Not enough memory to load the terrain model.", "out_of_memory"),
        "terrain",
        font="Open Sans",
        size=11,
        desk=Desk(800, 600, alone=True),
    ),
    box(
        "qt-version-conflict",
        "file version",
        "Score Writer",
        "This file was made by a newer version of Score Writer.",
        "File format 4.20 cannot be read by version 3.6.2.",
        failed("Score Writer", "This file was made by a newer version of Score Writer.", "version_conflict"),
        "4.20",
        font="Cantarell",
        size=11,
        desk=Desk(1280, 720, "#5f0f40"),
    ),
    box(
        "normal-qt-save-question",
        "save question",
        "Score Writer",
        "Save changes to “Waltz in error minor”?",
        "Your changes will be lost if you do not save them.",
        Fields(False, "Score Writer", "desktop_dialog"),
        "Waltz",
        icon="Question",
        buttons=("Save", "Discard", "Cancel"),
        desk=Desk(1024, 640, "#386641"),
    ),
    box(
        "normal-qt-import-finished",
        "information",
        "Photo Importer",
        "348 pictures were imported, 0 failed.",
        "Importing took 2 minutes.",
        Fields(False, "Photo Importer", "desktop_dialog"),
        "348",
        icon="Information",
        font="Lato",
        desk=Desk(800, 600, alone=True, dark=True),
    ),
    desktop(
        "normal-sqlitebrowser",
        "qt",
        "DB Browser for SQLite",
        "start",
        ["sqlitebrowser"],
        Fields(False, "DB Browser for SQLite", "desktop_app"),
        "start",
        desk=Desk(1280, 800, "#6d597a"),
        bus_name="",
    ),
    desktop(
        "normal-featherpad",
        "qt",
        "FeatherPad",
        "text",
        ["featherpad", "/home/dev/errors.md"],
        Fields(False, "FeatherPad", "desktop_app"),
        "errors.md",
        desk=Desk(1024, 768, "#3a5a40"),
        bus_name="",
        files={
            "/home/dev/errors.md": "# Known errors\n\n| code | meaning |\n|---|---|\n| E101 | no paper |\n| E207 | cover open |\n"
        },
    ),
]
