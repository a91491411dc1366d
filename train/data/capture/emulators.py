"""Pictures of terminals other than xterm: the same recorded bytes, replayed in urxvt, st, mlterm or a VTE terminal.

Two marks are painted into the first and the last cell before the session is replayed, so that the grid is measured in
the picture and not guessed from hints that every program gives in its own way.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from train.data.capture.core import Box, CaptureError, Fields, Recipe, Shot, ShotLine
from train.data.capture.display import Screen, screen
from train.data.capture.palettes import PALETTES
from train.data.capture.processes import running, wait_until
from train.data.capture.session import Session, record
from train.data.capture.terminal import (
    Look,
    emulate,
    manager_runs,
    mark_commands,
    prompt_start,
    row_lines,
    stray_ink,
    title_line,
)

MARK = (255, 0, 255)
"""Colour 201 of the 256: the same in every terminal, and in no palette of ours."""
STRAY = 0.02
"""The share of blank cells that may hold ink (the cursor, say)."""


@dataclass(frozen=True)
class Emulator:
    """A terminal program: Debian's package, and how it is called. `command` gets look, home folder and replay command."""

    name: str
    program: str
    package: str
    command: Callable[[Look, Path, list[str]], list[str]]


def _urxvt(look: Look, home: Path, replay: list[str]) -> list[str]:
    font = look.font if look.size is None else f"xft:{look.font}:size={look.size:g}"
    x, y = look.at if look.desktop else (0, 0)
    options = ["urxvt", "-geometry", f"{look.columns}x{look.rows}+{x}+{y}", "-fn", font, "-fb", font, "+sb"]
    return [*options, "-b", str(look.border), "-bl", "-title", look.title, "-pe", "", "-e", *replay]


def _st(look: Look, home: Path, replay: list[str]) -> list[str]:
    x, y = look.at if look.desktop else (0, 0)
    font = f"{look.font}:size={look.size or 11:g}"
    return ["stterm", "-g", f"{look.columns}x{look.rows}+{x}+{y}", "-f", font, "-T", look.title, "-e", *replay]


def _mlterm(look: Look, home: Path, replay: list[str]) -> list[str]:
    settings = home / ".mlterm"
    settings.mkdir()
    (settings / "aafont").write_text(f"DEFAULT = {look.font}\nISO10646_UCS4_1 = {look.font}\n")
    (settings / "main").write_text("blink_cursor = false\nuse_scrollbar = false\nbracketed_paste = false\n")
    x, y = look.at if look.desktop else (0, 0)
    pixels = round((look.size or 11) * 96 / 72)
    options = ["mlterm", f"--fontsize={pixels}", f"--geometry={look.columns}x{look.rows}+{x}+{y}"]
    return [*options, "-T", look.title, "-e", *replay]


def _lxterminal(look: Look, home: Path, replay: list[str]) -> list[str]:
    settings = home / ".config/lxterminal"
    settings.mkdir(parents=True)
    (settings / "lxterminal.conf").write_text(
        f"[general]\nfontname={look.font} {look.size or 11:g}\nhidescrollbar=true\nhidemenubar=true\nhideclosebutton=true\n"
        "cursorblinks=false\naudiblebell=false\nallowbold=true\nboldbright=false\n"
    )
    line = " ".join(f"'{part}'" if " " in part else part for part in replay)
    return ["lxterminal", "--no-remote", f"--geometry={look.columns}x{look.rows}", f"--title={look.title}", "-e", line]


def _xfce(look: Look, home: Path, replay: list[str]) -> list[str]:
    x, y = look.at if look.desktop else (0, 0)
    options = ["xfce4-terminal", "--disable-server", "--hide-menubar", "--hide-toolbar", "--hide-scrollbar"]
    options += [f"--geometry={look.columns}x{look.rows}+{x}+{y}", f"--font={look.font} {look.size or 11:g}"]
    options += [] if look.desktop else ["--hide-borders"]
    line = " ".join(f"'{part}'" if " " in part else part for part in replay)
    return ["dbus-run-session", "--", *options, f"--title={look.title}", "--command", line]


EMULATORS = {
    emulator.name: emulator
    for emulator in (
        Emulator("urxvt", "urxvt", "rxvt-unicode", _urxvt),
        Emulator("st", "stterm", "stterm", _st),
        Emulator("mlterm", "mlterm", "mlterm", _mlterm),
        Emulator("lxterminal", "lxterminal", "lxterminal", _lxterminal),
        Emulator("xfce4-terminal", "xfce4-terminal", "xfce4-terminal", _xfce),
    )
}


def preamble(look: Look) -> bytes:
    """Escape sequences that set the palette's colours, clear the screen and hide the cursor."""
    palette = PALETTES[look.palette]
    parts = [f"\x1b]4;{index};{colour}\x07" for index, colour in enumerate(palette.colours)]
    parts += [f"\x1b]10;{palette.foreground}\x07", f"\x1b]11;{palette.background}\x07"]
    parts += [f"\x1b]12;{palette.cursor}\x07", "\x1b[m\x1b[2J\x1b[?25l"]
    return "".join(parts).encode()


def marks(look: Look) -> bytes:
    """Two painted cells: the first of the screen and the last of it."""
    return f"\x1b[1;1H\x1b[48;5;201m \x1b[{look.rows};{look.columns}H \x1b[m\x1b[1;2H".encode()


def measured(image: np.ndarray, look: Look) -> tuple[int, int, int, int] | None:
    """Left, top, cell width and cell height of the marked grid (pixels); None while the marks are not both there.

    Raises CaptureError when the marks are no whole number of cells apart: the window has another size than was asked for.
    """
    mask = (image == np.array(MARK, dtype=np.uint8)).all(axis=2)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows) or rows[-1] - rows[0] < 3 * look.rows or columns[-1] - columns[0] < 2 * look.columns:
        return None
    left, top, right, bottom = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    width, odd = divmod(right - left, look.columns)
    height, rest = divmod(bottom - top, look.rows)
    if odd or rest:
        raise CaptureError(f"a grid of {right - left}x{bottom - top} pixels is not {look.columns}x{look.rows} cells")
    return left, top, width, height


def window_around(display: Screen, x: int, y: int) -> Box:
    """The box of the smallest visible window with a title that holds the point, cut at the display's edge."""
    size = display.root.get_geometry()
    hits = [box for _, name, box in display.windows() if name and box[0] <= x < box[2] and box[1] <= y < box[3]]
    if not hits:
        raise CaptureError(f"no window stands around {x}, {y}")
    x0, y0, x1, y1 = min(hits, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
    return max(0, x0), max(0, y0), min(size.width, x1), min(size.height, y1)


def shoot(session: Session, look: Look, emulator: Emulator) -> Shot:
    """Records the session, replays it in that terminal, and photographs it.

    Raises CaptureError where the program is missing or shows other cells than the bytes say.
    """
    if shutil.which(emulator.program) is None:
        raise CaptureError(f"{emulator.program} is missing; install it: apt-get install {emulator.package}")
    data = record(session, look.columns, look.rows)
    rows = emulate(data, look.columns, look.rows)
    size = look.desktop or (1900, 1200, "#000000")
    with TemporaryDirectory(prefix="capture-") as folder, screen(size[0], size[1], background=size[2]) as display:
        home = Path(folder)
        (home / "first").write_bytes(preamble(look) + marks(look))
        (home / "second").write_bytes(b"\x1b[m\x1b[2J\x1b[3J\x1b[H\x1b[?25h" + data)
        (home / "replay").write_text(
            f"#!/bin/sh\nstty raw -echo\ncat {home}/first\nwhile ! [ -e {home}/go ]; do sleep 0.1; done\n"
            f"cat {home}/second\ntouch {home}/done\nexec sleep 60\n"
        )
        (home / "replay").chmod(0o755)
        environment = {
            "DISPLAY": display.name,
            "HOME": folder,
            "XDG_CONFIG_HOME": f"{folder}/.config",
            "NO_AT_BRIDGE": "1",
            "GSETTINGS_BACKEND": "memory",
        }
        with running(["openbox"] if look.desktop else ["sleep", "60"], environment=environment):
            if look.desktop:
                wait_until("the window manager", lambda: manager_runs(display))
            command = emulator.command(look, home, [str(home / "replay")])
            log = home / "log"
            with running(command, environment=environment, log=log) as child:

                def grid() -> tuple[int, int, int, int] | None:
                    if child.poll() is not None:
                        raise CaptureError(f"{command[0]} ended with {child.returncode}: {log.read_text()[-300:]}")
                    return measured(display.settled(0.4), look)

                found = wait_until(f"the grid of {emulator.name}", grid)
                assert isinstance(found, tuple)
                left, top, width, height = found
                (home / "go").touch()
                wait_until("the replay", (home / "done").exists)
                image = display.settled()
                box = window_around(display, left, top)
                frame = display.frame(display.clients()[-1]) if look.desktop else box
    lines = row_lines(image, rows, (left, top), (width, height))
    stray = stray_ink(image, rows, (left, top), (width, height))
    if stray > STRAY:
        raise CaptureError(f"{stray:.1%} of the blank cells hold ink: the emulator and the window differ")
    lines = mark_commands(lines, [prompt_start(session)])
    if look.desktop:
        title = title_line(image, look.title, frame, box)
        return Shot(image, [*([title] if title else []), *lines])
    x0, y0, x1, y1 = box
    moved = [
        ShotLine(line.text, (line.box[0] - x0, line.box[1] - y0, line.box[2] - x0, line.box[3] - y0), line.role)
        for line in lines
        if line.box
    ]
    return Shot(np.ascontiguousarray(image[y0:y1, x0:x1]), moved)


def emulated(id: str, family: str, emulator: str, session: Session, look: Look, fields: Fields, *slots: str) -> Recipe:
    """A terminal recipe like `terminal.terminal`, in another terminal program."""
    take = partial(shoot, session, look, EMULATORS[emulator])
    return Recipe(id, emulator, fields.app, look.theme, family, fields, take, slots)
