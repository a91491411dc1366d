"""Firefox pictures: the browser is driven through Marionette, its own remote control, and says what its page shows."""

from __future__ import annotations

import base64
import io
import json
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from train.data.capture.browser import View
from train.data.capture.core import CaptureError, Fields, Recipe, Shot
from train.data.capture.dom import COLLECT, page_lines
from train.data.capture.processes import listening, running, wait_until

PORT = 2891
PREFERENCES = {
    "marionette.port": PORT,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.trr.mode": 5,
    "network.dns.localDomains": "shop.example.test,portal.corp.example,pay.example.test,mail.corp.example,mx.example.test",
    "browser.fixup.alternate.enabled": False,
    "browser.fixup.domainsuffixwhitelist.invalid": True,
    "browser.xul.error_pages.expert_bad_cert": False,
    "dom.security.https_only_mode": False,
    "dom.security.https_first": False,
    "layout.css.prefers-color-scheme.content-override": 1,
}


class Marionette:
    """A connection to a running Firefox; every call waits for its answer."""

    def __init__(self) -> None:
        self.channel = socket.create_connection(("127.0.0.1", PORT), 30)
        self.channel.settimeout(60)
        self.number = 0
        self._receive()  # the greeting
        self("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": False}}})

    def _receive(self) -> Any:
        head = b""
        while not head.endswith(b":"):
            piece = self.channel.recv(1)
            if not piece:
                raise CaptureError("Firefox closed the connection")
            head += piece
        body, size = b"", int(head[:-1])
        while len(body) < size:
            body += self.channel.recv(size - len(body))
        return json.loads(body)

    def __call__(self, command: str, options: dict[str, Any], *, may_fail: bool = False) -> Any:
        """The command's result; raises CaptureError with what Firefox said, unless it `may_fail`."""
        self.number += 1
        message = json.dumps([0, self.number, command, options]).encode()
        self.channel.sendall(str(len(message)).encode() + b":" + message)
        _, _, error, result = self._receive()
        if error and not may_fail:
            raise CaptureError(f"{command}: {error.get('message')}")
        return None if error else result

    def run(self, script: str) -> Any:
        """What the script returns in the page."""
        return self("WebDriver:ExecuteScript", {"script": script, "args": [], "newSandbox": True})["value"]


Steps = Callable[[Marionette], None]


@contextmanager
def firefox(view: View) -> Iterator[Marionette]:
    """A fresh Firefox without a window for the length of the block; raises CaptureError where it is missing."""
    if shutil.which("firefox-esr") is None:
        raise CaptureError("firefox-esr is missing; install it: apt-get install firefox-esr")
    if listening(PORT):
        raise CaptureError(f"port {PORT} is taken; stop what listens there and run again")
    with TemporaryDirectory(prefix="profile-") as folder:
        chosen = {
            **PREFERENCES,
            "layout.css.devPixelsPerPx": str(view.scale),
            "layout.css.prefers-color-scheme.content-override": 0 if view.dark else 1,
            "extensions.activeThemeID": f"firefox-compact-{view.theme}@mozilla.org",
            "ui.systemUsesDarkTheme": int(view.dark),
            "browser.theme.content-theme": 0 if view.dark else 1,
            "browser.theme.toolbar-theme": 0 if view.dark else 1,
        }
        rows = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in chosen.items())
        (Path(folder) / "user.js").write_text("".join(rows))
        size = ["--width", str(view.width), "--height", str(view.height + 86)]
        command = ["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", folder, *size, *view.flags]
        environment = {"HOME": folder, "MOZ_DISABLE_CONTENT_SANDBOX": "1", "MOZ_CRASHREPORTER_DISABLE": "1"}
        with running(command, environment=environment):
            wait_until("Firefox's remote control", lambda: listening(PORT), 60)
            time.sleep(0.5)
            control = Marionette()
            try:
                yield control
            finally:
                control.channel.close()


def shoot(
    address: str,
    view: View,
    server: Callable[[], AbstractContextManager[object]] = nullcontext,
    steps: Steps | None = None,
) -> Shot:
    """Opens the address while the server runs, takes the steps, photographs the page."""
    with server(), firefox(view) as control:
        control("WebDriver:SetTimeouts", {"pageLoad": 20_000}, may_fail=True)
        control("WebDriver:Navigate", {"url": address}, may_fail=True)  # error pages count as failures
        time.sleep(1.5)
        if steps:
            steps(control)
            time.sleep(0.8)
        shot = control("WebDriver:TakeScreenshot", {"full": False})["value"]
        image = np.asarray(Image.open(io.BytesIO(base64.b64decode(shot))).convert("RGB")).copy()
        scale = image.shape[1] / control.run("return window.innerWidth")
        return Shot(image, page_lines(image, control.run(f"return ({COLLECT.strip()})()"), scale))


def fox(
    id: str,
    family: str,
    address: str,
    view: View,
    fields: Fields,
    *slots: str,
    server: Callable[[], AbstractContextManager[object]] = nullcontext,
    steps: Steps | None = None,
) -> Recipe:
    """A recipe for a page in Firefox."""
    take = partial(shoot, address, view, server, steps)
    return Recipe(id, "firefox", "Firefox", view.theme, family, fields, take, slots)
