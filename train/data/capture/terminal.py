"""Terminal pictures: a recorded session replayed in a real xterm, its rows known through a terminal emulator."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyte

from train.data.capture.core import Box, CaptureError, Fields, Recipe, Shot, ShotLine
from train.data.capture.display import Screen, screen
from train.data.capture.ink import ground, ink_mask, tight
from train.data.capture.palettes import PALETTES
from train.data.capture.processes import running, wait_until
from train.data.capture.session import Session, record

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Look:
    """How a terminal window looks. `font` is a fontconfig family with `size` in points, or a bitmap font with size None."""

    palette: str = "tango-dark"
    font: str = "DejaVu Sans Mono"
    size: float | None = 11
    columns: int = 100
    rows: int = 30
    border: int = 2
    desktop: tuple[int, int, str] | None = None
    """Width, height and colour of a desktop around the window; None shows the window alone."""
    title: str = "Terminal"
    at: tuple[int, int] = (120, 70)
    decoration: str = "Clearlooks"

    @property
    def theme(self) -> str:
        red, green, blue = (int(PALETTES[self.palette].background[i : i + 2], 16) for i in (1, 3, 5))
        return "dark" if red * 0.3 + green * 0.6 + blue * 0.1 < 128 else "light"


Row = list[tuple[str, tuple[str, str, bool]]]


def emulate(data: bytes, columns: int, rows: int) -> list[Row]:
    """The cells of the screen after `data`: per cell its character and (foreground, background, reversed)."""
    page = pyte.Screen(columns, rows)
    stream = pyte.ByteStream(page)
    stream.feed(
        re.sub(rb"\x1b\[[>?][0-9;]*m", b"", data)
    )  # xterm's keyboard modes, which the emulator takes for colours
    return [
        [
            (cell.data, (cell.fg, cell.bg, cell.reverse))
            for cell in (page.buffer[row][column] for column in range(columns))
        ]
        for row in range(rows)
    ]


def xterm_command(look: Look, command: Sequence[str]) -> list[str]:
    """The xterm call for a look; the window stands in the corner unless a desktop surrounds it."""
    palette = PALETTES[look.palette]
    x, y = look.at if look.desktop else (0, 0)
    options = ["xterm", "-geometry", f"{look.columns}x{look.rows}+{x}+{y}", "-b", str(look.border), "-bw", "0", "+sb"]
    options += ["-u8", "-bg", palette.background, "-fg", palette.foreground, "-cr", palette.cursor, "-T", look.title]
    for index, colour in enumerate(palette.colours):
        options += ["-xrm", f"XTerm*color{index}: {colour}"]
    options += [
        "-xrm",
        "XTerm*cursorBlink: false",
        "-xrm",
        "XTerm*allowBoldFonts: true",
        "-xrm",
        "XTerm*utmpInhibit: true",
    ]
    options += ["-xrm", "XTerm*boldColors: false", "-xrm", "XTerm*allowTitleOps: false"]
    options += ["-fn", look.font] if look.size is None else ["-fa", look.font, "-fs", f"{look.size:g}"]
    return [*options, "-e", *command]


def grid(display: Screen, title: str) -> tuple[Box, int, int, int, int]:
    """The terminal's window box, cell width and height, and the corner of its first cell on the display (pixels)."""
    window, box = display.window(title)
    hints = window.get_wm_normal_hints()
    if hints is None or not hints.width_inc:
        raise CaptureError("xterm gave no size hints")
    cell_width, cell_height = hints.width_inc, hints.height_inc
    return box, cell_width, cell_height, box[0] + hints.base_width // 2, box[1] + hints.base_height // 2


def row_lines(image: np.ndarray, rows: list[Row], corner: tuple[int, int], cell: tuple[int, int]) -> list[ShotLine]:
    """One line per row that shows something, its box hugging the ink of its cells."""
    lines: list[ShotLine] = []
    (left, top), (width, height) = corner, cell
    for number, row in enumerate(rows):
        text = "".join(character for character, _ in row)
        if not text.strip():
            continue
        first, last = len(text) - len(text.lstrip()), len(text.rstrip())
        y0 = top + number * height
        mask = np.zeros((height, (last - first) * width), dtype=bool)
        start = first
        while start < last:
            # Cells of one background are judged together: a single cell may be more ink than ground.
            end = start
            while end < last and colours(row[end]) == colours(row[start]):
                end += 1
            patch = image[y0 : y0 + height, left + start * width : left + end * width]
            if text[start:end].strip():
                mask[:, (start - first) * width : (end - first) * width] = ink_mask(patch, ground(patch))
            start = end
        box = tight(mask, left + first * width, y0)
        if box is None:
            raise CaptureError(f"row {number} should read {text.strip()!r} but is blank in the picture")
        lines.append(ShotLine(text.strip(), box, "output"))
    return lines


def colours(cell: tuple[str, tuple[str, str, bool]]) -> tuple[str, bool]:
    """What decides a cell's background."""
    foreground, background, reverse = cell[1]
    return (foreground if reverse else background, reverse)


def stray_ink(image: np.ndarray, rows: list[Row], corner: tuple[int, int], cell: tuple[int, int]) -> float:
    """The share of blank cells that hold ink: near 0 when the emulator and the window agree about every row."""
    (left, top), (width, height) = corner, cell
    blank = dirty = 0
    for number, row in enumerate(rows):
        for column, (character, (_, background, reverse)) in enumerate(row):
            if character == " " and background == "default" and not reverse:
                patch = image[top + number * height :, left + column * width :][:height, :width]
                blank += 1
                dirty += bool((np.ptp(patch.reshape(-1, 3).astype(int), axis=0) > 60).any())
    return dirty / max(1, blank)


def mark_commands(lines: list[ShotLine], prompts: Sequence[str]) -> list[ShotLine]:
    """Lines that begin with the shell's prompt get the role `command`."""
    return [
        ShotLine(line.text, line.box, "command") if any(line.text.startswith(prompt) for prompt in prompts) else line
        for line in lines
    ]


def shoot(session: Session, look: Look) -> Shot:
    """Records the session, replays it in an xterm of that look, and photographs it."""
    data = record(session, look.columns, look.rows)
    rows = emulate(data, look.columns, look.rows)
    size = look.desktop or (1900, 1200, "#000000")
    with TemporaryDirectory(prefix="capture-") as folder, screen(size[0], size[1], background=size[2]) as display:
        recorded = Path(folder) / "session"
        recorded.write_bytes(data)
        replay = ["sh", "-c", f"stty raw -echo; cat {recorded}; exec sleep 60"]
        environment = {"DISPLAY": display.name, "HOME": folder}
        with running(["openbox"] if look.desktop else ["sleep", "60"], environment=environment):
            if look.desktop:
                wait_until("the window manager", lambda: manager_runs(display))
            with running(xterm_command(look, replay), environment=environment):
                box, cell_width, cell_height, left, top = grid(display, look.title)
                image = display.settled()
                box, cell_width, cell_height, left, top = grid(display, look.title)
                frame = display.frame(display.window(look.title)[0]) if look.desktop else box
    lines = row_lines(image, rows, (left, top), (cell_width, cell_height))
    stray = stray_ink(image, rows, (left, top), (cell_width, cell_height))
    if stray > 0.02:
        raise CaptureError(f"{stray:.1%} of the blank cells hold ink: the emulator and the window differ")
    lines = mark_commands(lines, [prompt_start(session)])
    if look.desktop:
        title = title_line(image, look.title, frame, box)
        return Shot(image, [*([title] if title else []), *lines])
    x0, y0, x1, y1 = box
    return Shot(np.ascontiguousarray(image[y0:y1, x0:x1]), lines)


def manager_runs(display: Screen) -> bool:
    """True once a window manager has taken the display."""
    atom = display.connection.intern_atom("_NET_SUPPORTING_WM_CHECK")
    return display.root.get_full_property(atom, 0) is not None


def prompt_start(session: Session) -> str:
    """The part of the prompt that does not vary with the folder."""
    return session.prompt.replace("\\u", session.user).replace("\\h", session.host).split("\\")[0].strip() or "$"


def title_line(image: np.ndarray, title: str, frame: Box, box: Box) -> ShotLine | None:
    """The window title in the decoration above the window: the widest cluster of ink in the bar."""
    y0, y1 = frame[1] + 3, box[1] - 3
    if y1 - y0 < 8:
        return None
    # Buttons stand at both ends of the bar, at most 5 bar heights wide together.
    bar = box[1] - frame[1]
    x0, x1 = frame[0] + bar + 4, frame[2] - 4 * bar
    patch = image[y0:y1, x0:x1].astype(int)
    rows_ground = np.median(patch, axis=1, keepdims=True)  # decorations are vertical gradients
    mask = np.abs(patch - rows_ground).max(axis=2) > 60
    found = tight(mask, x0, y0)
    return ShotLine(title, found, "title") if found else None


def terminal(id: str, family: str, session: Session, look: Look, fields: Fields, *slots: str) -> Recipe:
    """A terminal recipe: the session in an xterm of that look; the program is the field's app."""
    return Recipe(id, "xterm", fields.app, look.theme, family, fields, partial(shoot, session, look), slots)


def failure(app: str, message: str, category: str, code: str | None = None) -> Fields:
    """The label of a tool that failed in a terminal."""
    return Fields(True, app, "terminal", message, code, category)


def ordinary(app: str) -> Fields:
    """The label of a terminal in which nothing failed."""
    return Fields(False, app, "terminal")
