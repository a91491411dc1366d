"""Pictures of Windows programs, run by Wine. The programs themselves tell what text they draw, and where.

`look.exe` (wine_src/) brings `spy.dll` into every program that has a window; it notes each text on its way to the
screen, so that a picture holds no text that its lines lack, whatever control, menu or owner-drawn list it stands in.
To add captures, add a file with RECIPES to `programs/`; to add a program of our own, add its C file to `wine_src/`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np

from train.data.capture import wine_prefix as prefix
from train.data.capture.core import Box, CaptureError, Fields, Recipe, Shot, ShotLine
from train.data.capture.desktop import DROP, Act, title_lines
from train.data.capture.display import Screen, screen
from train.data.capture.processes import running, wait_until
from train.data.capture.terminal import manager_runs
from train.data.capture.wine_lines import Record, picture_lines, read_records
from train.data.capture.wine_looks import WineLook, registry

APPLIED = prefix.PREFIX / "look.applied"


@dataclass(frozen=True)
class Stage:
    """What surrounds the program: the desktop's size and colour, what else runs, and which part is the picture.

    `crop`: None for the whole desktop, `window` for the window named in the recipe, `windows` for all of them together.
    """

    width: int = 1024
    height: int = 700
    colour: str = "#3b5b7a"
    crop: str | None = None
    others: tuple[tuple[str, ...], ...] = ()
    small_disk: bool = False


def apply_look(look: WineLook, display: str) -> None:
    """Writes the look into the registry, unless it is there already."""
    text = registry(look)
    if APPLIED.exists() and APPLIED.read_bytes() == text.encode():
        return
    APPLIED.unlink(missing_ok=True)
    path = prefix.DRIVE_C / "look.reg"
    path.write_bytes(text.encode())
    code = prefix.wine(["wine", "regedit", "/S", "C:\\look.reg"], display)
    prefix.end_all(display)
    path.unlink()
    if code:
        raise CaptureError(f"regedit ended with {code}: the look could not be set")
    APPLIED.write_bytes(text.encode())


@contextmanager
def small_disk(wanted: bool) -> Iterator[None]:
    """Mounts a file system of 64 kB as drive E: for the length of the block."""
    if not wanted:
        yield
        return
    options = f"size=64k,uid={prefix.USER},gid={prefix.USER}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(prefix.DISK)], check=True, timeout=10)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(prefix.DISK)], check=False, timeout=10)


def give_focus(display: Screen, environment: Mapping[str, str]) -> None:
    """Gives Wine's desktop the keyboard, which no window manager does: without it, all captions look inactive."""
    window = max(display.windows(), key=lambda item: (item[2][2] - item[2][0]) * (item[2][3] - item[2][1]))[0]
    subprocess.run(["xdotool", "windowfocus", str(window.id)], env=dict(environment), check=False, timeout=10)


def noted(display: Screen) -> list[Record]:
    """Has every program draw itself anew and returns what they noted."""
    for path in prefix.SPY.glob("*.jsonl"):
        path.unlink()
    code = prefix.wine(["wine", "C:\\tools\\look.exe", "C:\\spy\\look.jsonl"], display.name, timeout=60)
    if code:
        raise CaptureError(f"look.exe ended with {code}")
    return read_records(prefix.SPY)


def cut(image: np.ndarray, lines: Sequence[ShotLine], box: Box) -> Shot:
    """The part of a picture that `box` holds, with the lines that lie wholly in it."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])
    inside = [
        ShotLine(line.text, (line.box[0] - x0, line.box[1] - y0, line.box[2] - x0, line.box[3] - y0), line.role)
        for line in lines
        if line.box and x0 <= line.box[0] and y0 <= line.box[1] and line.box[2] <= x1 and line.box[3] <= y1
    ]
    return Shot(np.ascontiguousarray(image[y0:y1, x0:x1]), inside)


def crop_box(stage: Stage, title: str, display: Screen, records: Sequence[Record], look: WineLook) -> Box | None:
    """Which part of the desktop the picture is; None for all of it. Raises CaptureError without a window of that title."""
    if stage.crop is None:
        return None
    windows = [r for r in records if r["what"] == "window" and r["class"] != "#32769" and r["title"]]
    chosen = windows if stage.crop == "windows" else [r for r in windows if title in r["title"]][:1]
    if not chosen:
        raise CaptureError(f"no window is named {title!r}; there are {[r['title'] for r in windows]}")
    boxes = [tuple(r["box"]) for r in chosen]
    if not look.own_captions:
        boxes = [display.frame(w) for w, name, _ in display.windows() if name in {r["title"] for r in chosen} and name]
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def shoot(
    command: Sequence[str],
    look: WineLook,
    stage: Stage,
    title: str,
    files: Mapping[str, str | bytes],
    act: Act | None,
    final: str,
    sources: Sequence[str],
) -> Shot:
    """Starts the program, acts, has everybody tell their texts, and photographs. `final` names a window to wait for."""
    size = (stage.width, stage.height)
    with screen(*size, dpi=look.dpi, background=stage.colour) as display, small_disk(stage.small_disk):
        prefix.make_prefix(display.name)
        for source in ("spy", "look", *sources):
            prefix.build(source)
        prefix.end_all(display.name)
        apply_look(look, display.name)
        made = prefix.place_files(files)
        environment = prefix.environment(display.name)
        around = (
            [*DROP, "wine", "explorer", f"/desktop=Default,{size[0]}x{size[1]}"] if look.own_captions else ["openbox"]
        )
        try:
            with running(around, environment=environment, cwd=prefix.USER_FOLDER):
                if look.own_captions:
                    wait_until("Wine's desktop", lambda: display.windows(), 40)
                else:
                    wait_until("the window manager", lambda: manager_runs(display))
                display.settled()
                return act_and_look(command, look, stage, title, act, final, display, environment)
        finally:
            prefix.end_all(display.name)
            prefix.remove_files(made)


def act_and_look(
    command: Sequence[str],
    look: WineLook,
    stage: Stage,
    title: str,
    act: Act | None,
    final: str,
    display: Screen,
    environment: Mapping[str, str],
) -> Shot:
    """The middle of `shoot`, once the desktop stands."""
    for other in stage.others:
        prefix.wine(["wine", "start", *other], display.name, timeout=60)
        display.settled(quiet=1.0)
    with running([*DROP, "wine", *command], environment=environment, cwd=prefix.USER_FOLDER):
        display.window(title, 40)
        display.settled(quiet=1.0)
        if act:
            act(display, environment)
        if final:
            display.window(final, 30)
        if look.own_captions:
            give_focus(display, environment)
        display.settled(quiet=1.0)
        records = noted(display)
        image = display.settled()
        lines = picture_lines(image, records)
        if not look.own_captions:
            lines = [*title_lines(image, display), *lines]
        box = crop_box(stage, final or title, display, records, look)
    return cut(image, lines, box) if box else Shot(image, lines)


def wine(
    id: str,
    program: str,
    family: str,
    command: Sequence[str],
    fields: Fields,
    *slots: str,
    title: str,
    look: WineLook | None = None,
    stage: Stage | None = None,
    files: Mapping[str, str | bytes] | None = None,
    act: Act | None = None,
    final: str = "",
    sources: Sequence[str] = (),
) -> Recipe:
    """A recipe for a Windows program.

    `command` is what Wine runs, `title` (part of) the title of the window that comes up; after `act` (see desktop.keys)
    `final` names the window that is then there. `files` are written first, paths under drive C: with slashes.
    `sources` are programs of `wine_src/` to build, found as `C:\\tools\\<name>.exe`.
    """
    look, stage = look or WineLook(), stage or Stage()
    take = partial(shoot, tuple(command), look, stage, title, files or {}, act, final, tuple(sources))
    return Recipe(id, "wine", program, look.theme, family, fields, take, slots)


def tool(source: str, *arguments: str) -> list[str]:
    """The command of a program of our own."""
    return [f"C:\\tools\\{source}.exe", *arguments]
