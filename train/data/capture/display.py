"""A virtual X display: start it, look at it, find windows on it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from Xlib import X
from Xlib.display import Display as Connection
from Xlib.error import XError
from Xlib.xobject.drawable import Window

from train.data.capture.core import Box, CaptureError
from train.data.capture.processes import running, wait_until


@dataclass(frozen=True)
class Screen:
    """A running X display of width x height pixels."""

    name: str
    connection: Connection

    @property
    def root(self) -> Window:
        return self.connection.screen().root

    def grab(self) -> np.ndarray:
        """The whole display, RGB uint8 [H, W, 3]."""
        size = self.root.get_geometry()
        raw = self.root.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xFFFFFFFF)
        pixels = np.frombuffer(raw.data, dtype=np.uint8).reshape(size.height, size.width, 4)
        return np.ascontiguousarray(pixels[:, :, 2::-1])

    def settled(self, quiet: float = 0.6, timeout: float = 12.0) -> np.ndarray:
        """The display once it has not changed for `quiet` seconds; what is there after `timeout` seconds otherwise."""
        end = time.monotonic() + timeout
        last, since = self.grab(), time.monotonic()
        while time.monotonic() < end:
            time.sleep(0.15)
            now = self.grab()
            if now.shape != last.shape or not np.array_equal(now, last):
                last, since = now, time.monotonic()
            elif time.monotonic() - since >= quiet:
                break
        return last

    def windows(self) -> list[tuple[Window, str, Box]]:
        """The mapped windows that have a title or class, each with its box on the display, bottom to top."""
        found: list[tuple[Window, str, Box]] = []

        def walk(window: Window) -> None:
            try:
                attributes = window.get_attributes()
                if attributes.map_state == X.IsViewable and window.id != self.root.id:
                    name, kind = window.get_full_property(NET_NAME, 0), window.get_wm_class()
                    text = name.value.decode("utf-8", "replace") if name else (window.get_wm_name() or "")
                    if text or kind:
                        size = window.get_geometry()
                        at = window.translate_coords(self.root, 0, 0)
                        x, y = -at.x, -at.y
                        found.append((window, str(text), (x, y, x + size.width, y + size.height)))
                for child in window.query_tree().children:
                    walk(child)
            except XError:
                return  # the window went away while we looked at it

        NET_NAME = self.connection.intern_atom("_NET_WM_NAME")
        walk(self.root)
        return found

    def clients(self) -> list[Window]:
        """The windows that the window manager manages, bottom to top."""
        state = self.connection.intern_atom("WM_STATE")
        return [window for window, _, _ in self.windows() if window.get_full_property(state, 0) is not None]

    def window(self, title: str, timeout: float = 15.0) -> tuple[Window, Box]:
        """The topmost window whose title holds `title`; CaptureError after `timeout` seconds."""

        def look() -> tuple[Window, Box] | None:
            hits = [(window, box) for window, name, box in self.windows() if title in name]
            return hits[-1] if hits else None

        try:
            found = wait_until(f"a window named {title!r}", look, timeout)
        except CaptureError as error:
            raise CaptureError(f"{error}; there are {[name for _, name, _ in self.windows()]}") from error
        assert isinstance(found, tuple)
        return found

    def frame(self, window: Window) -> Box:
        """The box of a window with the window manager's decoration around it."""
        top = window
        while (parent := top.query_tree().parent).id != self.root.id:
            top = parent
        size = top.get_geometry()
        return (size.x, size.y, size.x + size.width, size.y + size.height)


@contextmanager
def screen(width: int = 1280, height: int = 800, *, dpi: int = 96, background: str | None = None) -> Iterator[Screen]:
    """Xvfb with 24-bit colour for the length of the block; `background` (like `#2e3440`) paints the root window."""
    number = next(
        n for n in range(60 + os.getpid() % 400, 900) if not Path(f"/tmp/.X11-unix/X{n}").exists() and not locked(n)
    )
    name = f":{number}"
    command = ["Xvfb", name, "-screen", "0", f"{width}x{height}x24", "-dpi", str(dpi), "-nolisten", "tcp", "-noreset"]
    with running(command) as server:

        def connect() -> Connection | None:
            if server.poll() is not None:
                raise CaptureError(f"Xvfb {name} ended with {server.returncode}")
            try:
                return Connection(name)
            except Exception:
                return None

        connection = wait_until(f"Xvfb {name}", connect)
        assert isinstance(connection, Connection)
        display = Screen(name, connection)
        if background:
            red, green, blue = (int(background[i : i + 2], 16) for i in (1, 3, 5))
            display.root.change_attributes(background_pixel=red << 16 | green << 8 | blue)
            display.root.clear_area(0, 0, width, height)
            connection.sync()
        # The pointer starts in the middle, where it would bring up tooltips.
        display.root.warp_pointer(width - 1, height - 1)
        connection.sync()
        try:
            yield display
        finally:
            connection.close()


def locked(number: int) -> bool:
    """True when another X server holds this display number."""
    return os.path.exists(f"/tmp/.X{number}-lock")
