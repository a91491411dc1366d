"""Tk message boxes. Tk has no accessibility tree, so the program itself says where its widgets stand."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from train.data.capture.core import CaptureError, Fields, Recipe, Shot, ShotLine
from train.data.capture.desktop import title_lines
from train.data.capture.display import screen
from train.data.capture.ink import hug_text, rows_of_ink
from train.data.capture.processes import running, wait_until
from train.data.capture.terminal import manager_runs

BOX = """
import json, sys, tkinter
from tkinter import font, messagebox

out, show, title, text, face, size = sys.argv[1:]
root = tkinter.Tk()
root.withdraw()
root.option_add("*Dialog.msg.font", (face, int(size)))
root.option_add("*Font", (face, int(size)))
for name in ("TkDefaultFont", "TkCaptionFont", "TkTextFont"):
    font.nametofont(name).configure(family=face, size=int(size), weight="normal")


def places():
    found = []

    def walk(path):
        for child in root.tk.splitlist(root.tk.call("winfo", "children", path)):
            try:
                text = root.tk.call(child, "cget", "-text")
            except tkinter.TclError:
                text = ""
            if text and root.tk.call("winfo", "ismapped", child):
                at = [int(root.tk.call("winfo", key, child)) for key in ("rootx", "rooty", "width", "height")]
                kind = str(root.tk.call("winfo", "class", child))
                wrap = 0
                try:
                    wrap = int(float(str(root.tk.call("winfo", "fpixels", child, root.tk.call(child, "cget", "-wraplength")))))
                except tkinter.TclError:
                    pass
                rows = [""]
                family = font.Font(root=root, name="TkCaptionFont", exists=True) if kind == "TLabel" else None
                for word in str(text).split(" "):
                    longer = (rows[-1] + " " + word).strip()
                    if wrap and family and rows[-1] and family.measure(longer) > wrap:
                        rows.append(word)
                    else:
                        rows[-1] = longer
                found.append({"text": str(text), "rows": rows, "box": [at[0], at[1], at[0] + at[2], at[1] + at[3]], "kind": kind})
            walk(child)

    walk(".")
    with open(out, "w") as sink:
        json.dump(found, sink)


root.after(1500, places)
getattr(messagebox, show)(title, text)
"""


def shoot(show: str, title: str, text: str, face: str, size: int, colour: str, alone: bool) -> Shot:
    """A message box over a plain desktop."""
    with TemporaryDirectory(prefix="desk-") as folder, screen(1024, 700, background=colour) as display:
        out = Path(folder) / "places.json"
        environment = {"DISPLAY": display.name, "HOME": folder}
        with running(["openbox"], environment=environment):
            wait_until("the window manager", lambda: manager_runs(display))
            command = ["/usr/bin/python3", "-c", BOX, str(out), show, title, text, face, str(size)]
            with running(command, environment=environment):
                wait_until("the message box", out.exists)
                time.sleep(0.3)
                image = display.settled()
                places = json.loads(out.read_text())
                lines = title_lines(image, display)
                frame = display.frame(display.clients()[-1])
    for place in places:
        x0, y0, x1, y1 = place["box"]
        if place["kind"].endswith("Button"):
            found = hug_text(image, (x0, y0, x1, y1))
            lines.append(ShotLine(place["text"], found, "button"))
            continue
        rows = rows_of_ink(image, (x0, y0, x1, y1))
        if len(rows) != len(place["rows"]):
            raise CaptureError(f"{place['rows']} should stand in {len(place['rows'])} rows, there are {len(rows)}")
        lines += [ShotLine(row, box) for row, box in zip(place["rows"], rows, strict=True)]
    if not alone:
        return Shot(image, lines)
    left, top, right, bottom = frame
    moved = [
        ShotLine(line.text, (line.box[0] - left, line.box[1] - top, line.box[2] - left, line.box[3] - top), line.role)
        for line in lines
        if line.box
    ]
    return Shot(np.ascontiguousarray(image[top:bottom, left:right]), moved)


def message_box(
    id: str,
    family: str,
    show: str,
    title: str,
    text: str,
    fields: Fields,
    *slots: str,
    face: str = "DejaVu Sans",
    size: int = 10,
    colour: str = "#4b6584",
    alone: bool = False,
) -> Recipe:
    """A recipe for a Tk message box."""
    take = partial(shoot, show, title, text, face, size, colour, alone)
    return Recipe(id, "tk", title, "light", family, fields, take, slots)


def failed(app: str, message: str, category: str, code: str | None = None) -> Fields:
    """The label of a box that reports a failure."""
    return Fields(True, app, "desktop_dialog", message, code, category)


RECIPES = [
    message_box(
        "tk-cannot-open-port",
        "serial port",
        "showerror",
        "Serial Monitor",
        "Could not open port /dev/ttyUSB0: Permission denied",
        failed("Serial Monitor", "Could not open port /dev/ttyUSB0: Permission denied", "permission"),
        "/dev/ttyUSB0",
    ),
    message_box(
        "tk-bad-date",
        "bad input",
        "showerror",
        "Time Sheet",
        "“31.02.2024” is not a valid date.",
        failed("Time Sheet", "“31.02.2024” is not a valid date.", "invalid_input"),
        "31.02.2024",
        face="Liberation Sans",
        size=12,
        alone=True,
    ),
    message_box(
        "tk-config-missing",
        "configuration",
        "showwarning",
        "Plot Tool",
        "The setting “output_folder” is missing in plot.ini, so nothing was saved.",
        failed(
            "Plot Tool", "The setting “output_folder” is missing in plot.ini, so nothing was saved.", "configuration"
        ),
        "output_folder",
        face="Noto Sans",
        size=11,
        colour="#2c3e50",
    ),
    message_box(
        "normal-tk-quit-question",
        "question",
        "askokcancel",
        "Serial Monitor",
        "Stop recording and quit?",
        Fields(False, "Serial Monitor", "desktop_dialog"),
        "quit",
        colour="#778beb",
    ),
    message_box(
        "normal-tk-export-finished",
        "information",
        "showinfo",
        "Plot Tool",
        "12 plots were exported. No errors.",
        Fields(False, "Plot Tool", "desktop_dialog"),
        "12",
        face="Cantarell",
        size=12,
        alone=True,
    ),
]
