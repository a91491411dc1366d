"""Pictures of desktop programs: GTK and Qt through the accessibility bus, any program through known texts."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from train.data.capture.core import Box, CaptureError, Fields, Recipe, Shot, ShotLine
from train.data.capture.display import Screen, screen
from train.data.capture.ink import hug, hug_text, rows_of_ink
from train.data.capture.processes import CLEAN_ENVIRONMENT, running, wait_until
from train.data.capture.terminal import manager_runs, title_line

NAMED = {"push button", "toggle button", "menu", "menu item", "page tab", "label", "check box", "radio button"}
NAMED |= {"check menu item", "table column header", "combo box"}
DUMP = Path(__file__).with_name("a11y_dump.py")
ROLES = {"push button": "button", "toggle button": "button", "menu": "menu", "menu item": "menu", "page tab": "tab"}


@dataclass(frozen=True)
class Desk:
    """The desktop around a program: its size and colour, the window manager, and whether the picture is the window alone."""

    width: int = 1280
    height: int = 800
    colour: str = "#3b5b7a"
    alone: bool = False
    manager: tuple[str, ...] = ("openbox",)
    gtk_theme: str = "Adwaita"
    fonts: str = "Cantarell 11"
    dark: bool = False

    @property
    def theme(self) -> str:
        return "dark" if self.dark else "light"


Act = Callable[[Screen, Mapping[str, str]], None]


def keys(*names: str, pause: float = 0.4) -> Act:
    """Presses keys (xdotool names; `text:...` types) one after another."""

    def press(display: Screen, environment: Mapping[str, str]) -> None:
        for name in names:
            command = (
                ["xdotool", "type", "--delay", "15", name[5:]] if name.startswith("text:") else ["xdotool", "key", name]
            )
            subprocess.run(command, env=dict(environment), check=True, timeout=20)
            time.sleep(pause)

    return press


def environment_of(display: Screen, desk: Desk, home: str) -> dict[str, str]:
    """The environment in which programs of the desktop run."""
    theme = desk.gtk_theme + (":dark" if desk.dark else "")
    return {
        **CLEAN_ENVIRONMENT,
        "DISPLAY": display.name,
        "HOME": home,
        "USER": "dev",
        "XDG_RUNTIME_DIR": home,
        "XDG_CONFIG_HOME": f"{home}/.config",
        "XDG_CURRENT_DESKTOP": "XFCE",
        "GTK_THEME": theme,
        "GTK_MODULES": "gail:atk-bridge",
        "NO_AT_BRIDGE": "0",
        # Services that are not there would be waited for.
        "GIO_USE_VFS": "local",
        "GSETTINGS_BACKEND": "memory",
        "GIO_USE_VOLUME_MONITOR": "unix",
        "GTK_USE_PORTAL": "0",
        "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
        "QT_ACCESSIBILITY": "1",
        "QT_QPA_PLATFORM": "xcb",
        "GDK_BACKEND": "x11",
    }


USER = 1234
"""The user `dev` that desktop programs run as: as root they warn about it."""
DROP = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]


def start_bus(folder: str, environment: Mapping[str, str]) -> tuple[list[str], str]:
    """The command of a session bus and its address."""
    address = f"unix:path={folder}/bus"
    return [*DROP, "dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}"], address


def tree(environment: Mapping[str, str], program: str) -> list[dict[str, object]]:
    """The accessible nodes of programs whose name holds `program`."""
    done = subprocess.run(
        [*DROP, "/usr/bin/python3", "-c", DUMP.read_text(), program],
        env=dict(environment),
        capture_output=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise CaptureError(f"the accessibility tree could not be read: {done.stderr.decode()[-500:]}")
    nodes: list[dict[str, object]] = json.loads(done.stdout)
    return nodes


def named_box(image: np.ndarray, node: Mapping[str, object]) -> Box | None:
    """Where a node's name stands in its box; None when the ink there is too narrow for it, as with an icon's name."""
    box, name = node["box"], str(node["name"])
    height, width = image.shape[:2]
    if not isinstance(box, list) or not (0 <= box[0] < box[2] <= width and 0 <= box[1] < box[3] <= height):
        return None
    # Labels are as small as their text; buttons have a frame and a gradient.
    region = (box[0], box[1], box[2], box[3])
    tight = hug(image, region) if node["role"] == "label" else hug_text(image, region)
    if (
        tight is None
        or not 3.5 * len(name) <= (tight[2] - tight[0]) * max(1, len(rows_of_ink(image, tight))) <= 16 * len(name) + 200
    ):
        return None
    return tight


def named_rows(image: np.ndarray, name: str, box: Box | None) -> list[tuple[str, Box | None]]:
    """A name in the rows of ink of its box: words go to rows so that letters and widths are in proportion."""
    rows = rows_of_ink(image, box) if box else []
    if len(rows) < 2 or name.count(" ") < len(rows):
        return [(name, box)]
    words = name.split()
    share = len(" ".join(words)) / sum(row[2] - row[0] for row in rows)
    found: list[tuple[str, Box | None]] = []
    for row in rows[:-1]:
        wanted, count = (row[2] - row[0]) * share, 1
        while count < len(words) and abs(len(" ".join(words[: count + 1])) - wanted) <= abs(
            len(" ".join(words[:count])) - wanted
        ):
            count += 1
        found.append((" ".join(words[:count]), row))
        words = words[count:]
    return [*found, (" ".join(words), rows[-1])]


def node_lines(image: np.ndarray, nodes: Sequence[Mapping[str, object]]) -> list[ShotLine]:
    """Lines of accessible nodes: rows where the toolkit knows its characters' places, else the name in the node's box."""
    lines: list[ShotLine] = []
    height, width = image.shape[:2]
    for node in nodes:
        role, name, rows = str(node["role"]), str(node["name"]), node["rows"]
        kind = ROLES.get(role, "body")
        assert isinstance(rows, list)
        found = [
            (text, box) for text, box in rows if str(text).strip() and 0 <= box[0] < width and 0 <= box[1] < height
        ]
        if role in {"password text", "scroll bar", "window", "frame", "dialog", "application", "alert", "filler"}:
            found = []
        if found:
            placed = [(str(text), hug(image, (box[0], box[1], box[2], box[3]))) for text, box in found]
        else:
            placed = named_rows(image, name, named_box(image, node)) if name and role in NAMED else []
        for text, tight in placed:
            line = ShotLine(text.strip(), tight, kind)
            if tight is not None and line not in lines:
                lines.append(line)
    return lines


def shoot(
    command: Sequence[str],
    desk: Desk,
    title: str,
    program: str,
    files: Mapping[str, str | bytes],
    act: Act | None,
    extra: tuple[ShotLine, ...],
    folder: str = "/home/dev",
) -> Shot:
    """Starts the program on a desktop, acts, and photographs it; `title` names the window the picture is about."""
    with TemporaryDirectory(prefix="desk-") as home, screen(desk.width, desk.height, background=desk.colour) as display:
        write_files(files)
        settings = Path(home) / ".config/gtk-3.0"
        settings.mkdir(parents=True)
        (settings / "settings.ini").write_text(f"[Settings]\ngtk-font-name={desk.fonts}\ngtk-enable-animations=0\n")
        for path in (Path(home), *Path(home).rglob("*")):
            os.chown(path, USER, USER)
        environment = environment_of(display, desk, home)
        bus, address = start_bus(home, environment)
        environment["DBUS_SESSION_BUS_ADDRESS"] = address
        with (
            running(bus, environment=environment),
            running([*DROP, "/usr/libexec/at-spi-bus-launcher", "--launch-immediately"], environment=environment),
            running(desk.manager, environment=environment),
        ):
            wait_until("the window manager", lambda: manager_runs(display))
            with running([*DROP, *command], environment=environment, cwd=folder if os.path.isdir(folder) else "/"):
                wait_until(f"a window of {command[0]}", display.clients, 25)
                display.settled(quiet=1.2)
                if act:
                    act(display, environment)
                image = display.settled()
                window = display.window(title)[0] if title else display.clients()[-1]
                frame = display.frame(window)
                lines = node_lines(image, tree(environment, program))
                headings = title_lines(image, display)
    lines = [*headings, *lines, *extra]
    if not desk.alone:
        return Shot(image, lines)
    x0, y0, x1, y1 = max(0, frame[0]), max(0, frame[1]), min(desk.width, frame[2]), min(desk.height, frame[3])
    inside = [
        ShotLine(line.text, (line.box[0] - x0, line.box[1] - y0, line.box[2] - x0, line.box[3] - y0), line.role)
        for line in lines
        if line.box and x0 <= line.box[0] and y0 <= line.box[1] and line.box[2] <= x1 and line.box[3] <= y1
    ]
    return Shot(np.ascontiguousarray(image[y0:y1, x0:x1]), inside)


def title_lines(image: np.ndarray, display: Screen) -> list[ShotLine]:
    """The titles of the decorated windows."""
    found: list[ShotLine] = []
    for window, name, box in display.windows():
        frame = display.frame(window)
        # Only clients stand inside a frame; bars of their own (header bars) have none.
        if name and 12 <= box[1] - frame[1] <= 60 and box[2] - box[0] > 60:
            line = title_line(image, name, frame, box)
            if line and line not in found:
                found.append(line)
    return found


def write_files(files: Mapping[str, str | bytes]) -> None:
    """Files that the program opens, under /home/dev or /srv, made anew."""
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.chown(path, USER, USER)


def desktop(
    id: str,
    source: str,
    program: str,
    family: str,
    command: Sequence[str],
    fields: Fields,
    *slots: str,
    desk: Desk | None = None,
    title: str = "",
    bus_name: str = "",
    files: Mapping[str, str | bytes] | None = None,
    act: Act | None = None,
    extra: tuple[ShotLine, ...] = (),
) -> Recipe:
    """A recipe for a desktop program; `bus_name` is what the accessibility bus calls it."""
    desk = desk or Desk()
    take = partial(shoot, command, desk, title, bus_name, files or {}, act, extra)
    return Recipe(id, source, program, desk.theme, family, fields, take, slots)
