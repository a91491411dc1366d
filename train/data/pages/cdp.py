"""Chromium without a window, driven over a pipe by the DevTools protocol: no port, no library, one process and many pages."""

from __future__ import annotations

import base64
import json
import logging
import os
import select
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

log = logging.getLogger(__name__)

NAMES = ("/usr/lib/chromium/chromium", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
"""Where Chromium is looked for, in this order; Debian's start script comes after the program it starts."""
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions --disable-dev-shm-usage --mute-audio --lang=en-US "
    "--hide-scrollbars --allow-file-access-from-files --remote-debugging-pipe --disable-lcd-text --in-process-gpu "
    "--renderer-process-limit=1 --disable-features=Translate,OptimizationHints,MediaRouter --no-startup-window"
).split()
_OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND"  # kits ask for fonts from the net; there shall be none


class BrowserError(RuntimeError):
    """Chromium is missing, does not answer, or a page cannot be shown; the text says which and what to do."""


def find_chromium() -> str:
    """The path of Chromium: `$MMGPT_CHROMIUM`, or the first of NAMES that is there.

    Raises BrowserError with the command that installs one.
    """
    configured = os.environ.get("MMGPT_CHROMIUM")
    for name in (configured,) if configured else NAMES:
        found = shutil.which(name)
        if found:
            return found
    where = f"$MMGPT_CHROMIUM is {configured!r}, which is no program" if configured else "Chromium was not found"
    raise BrowserError(f"{where}: install it (on Debian: apt-get install chromium) or set MMGPT_CHROMIUM to its path")


class Browser:
    """A running Chromium with one page. Use it in a `with` block; `call` speaks to the page."""

    def __init__(self, flags: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> None:
        """Start it. Raises BrowserError when it is missing or does not answer."""
        binary = find_chromium()
        self._folder = TemporaryDirectory(prefix="mmgpt-pages-", ignore_cleanup_errors=True)
        self.folder = Path(self._folder.name)
        to_child, self._out = os.pipe()
        self._in, from_child = os.pipe()
        home = {"HOME": self._folder.name, "LANG": "en_US.UTF-8", "TZ": "UTC", "DISPLAY": ""}
        command = [binary, *FLAGS, _OFFLINE, f"--user-data-dir={self._folder.name}/profile", *flags]

        # The protocol wants the pipes as descriptors 3 and 4, whatever numbers they got here: high ones first, so that
        # neither is overwritten before it is copied.
        script = f'exec 3<&{to_child} 4>&{from_child}; exec "$@"'
        if min(to_child, from_child) < 5:
            to_child, from_child = self._raise(to_child), self._raise(from_child)
            script = f'exec 3<&{to_child} 4>&{from_child}; exec "$@"'
        self._process = subprocess.Popen(
            ["bash", "-c", script, "bash", *command],
            pass_fds=(to_child, from_child),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **home, **(environment or {})},
        )
        os.close(to_child)
        os.close(from_child)
        self._buffer = b""
        self._number = 0
        self._session = ""
        self._events: list[dict[str, Any]] = []
        try:
            target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
            self._session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
            self.call("Page.enable")
        except BrowserError:
            self.close()
            raise

    @staticmethod
    def _raise(descriptor: int) -> int:
        import fcntl

        high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20)
        os.close(descriptor)
        return high

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its folder."""
        for descriptor in (self._out, self._in):
            try:
                os.close(descriptor)
            except OSError:
                pass  # closed before
        self._out = self._in = -1
        try:
            self._process.wait(5)  # it ends by itself when the pipe closes
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._folder.cleanup()

    def _read(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._in], [], [], left)[0]:
                raise BrowserError("Chromium does not answer; is there enough memory? `chromium --headless` shows more")
            part = os.read(self._in, 1 << 20)
            if not part:
                raise BrowserError(f"Chromium ended (exit code {self._process.poll()}); `chromium --version` must work")
            self._buffer += part
        message, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def call(self, method: str, params: Mapping[str, Any] | None = None, timeout: float = 30.0) -> dict[str, Any]:
        """The protocol's answer to a method. Raises BrowserError for its errors and after `timeout` seconds."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": dict(params or {})}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        try:
            while data:
                data = data[os.write(self._out, data) :]
        except OSError as error:
            raise BrowserError(f"Chromium ended (exit code {self._process.poll()}) before {method}") from error
        until = time.monotonic() + timeout
        while True:
            answer = self._read(until)
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error'].get('message')}")
                result: dict[str, Any] = answer["result"]
                return result
            if "method" in answer:
                self._events.append(answer)

    def wait_for(self, event: str, timeout: float = 20.0) -> None:
        """Wait until the page reports `event`. Raises BrowserError after `timeout` seconds."""
        until = time.monotonic() + timeout
        while True:
            for index, seen in enumerate(self._events):
                if seen["method"] == event:
                    del self._events[: index + 1]
                    return
            self._events.append(self._read(until))

    def size(self, width: int, height: int, scale: float) -> None:
        """The view: CSS pixels and device pixels a CSS pixel."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False},
        )

    def dark(self, dark: bool) -> None:
        """What `prefers-color-scheme` answers; movement is reduced always."""
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.call("Emulation.setEmulatedMedia", {"features": features})

    def show(self, path: Path) -> None:
        """Open a file and wait until all it asks for is loaded."""
        self._events.clear()
        self.call("Page.navigate", {"url": path.as_uri()})
        self.wait_for("Page.loadEventFired")

    def evaluate(self, script: str, timeout: float = 20.0) -> Any:
        """The value of a JavaScript expression (awaited if it is a promise). Raises BrowserError for an exception."""
        answer = self.call(
            "Runtime.evaluate", {"expression": script, "awaitPromise": True, "returnByValue": True}, timeout
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description") or str(details.get("text")))
        return answer["result"].get("value")

    def screenshot(self) -> bytes:
        """The view as PNG."""
        answer = self.call("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True})
        return base64.b64decode(answer["data"])
