"""Chromium pictures: a page alone (headless) or the whole window on a virtual display."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image
from playwright.sync_api import Error, Page, ViewportSize, sync_playwright

from train.data.capture.core import Fields, Recipe, Shot, ShotLine
from train.data.capture.display import Screen, screen
from train.data.capture.dom import COLLECT, page_lines
from train.data.capture.ink import hug

BINARY = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --test-type --disable-infobars --lang=en-US --hide-scrollbars"
).split()
# Names that look like a real site's stand for the loopback servers of a recipe.
HOSTS = "--host-resolver-rules=MAP *.example.test 127.0.0.1,MAP *.corp.example 127.0.0.1"


@dataclass(frozen=True)
class View:
    """How the browser looks: page or window size in pixels, device pixels a CSS pixel, light or dark, fonts, whole window."""

    width: int = 1280
    height: int = 800
    scale: float = 1.0
    dark: bool = False
    window: bool = False
    flags: tuple[str, ...] = ()
    style: str = ""
    """A style sheet added to the page, for other fonts and sizes (a reader's own settings)."""

    @property
    def theme(self) -> str:
        return "dark" if self.dark else "light"


Steps = Callable[[Page], None]


@contextmanager
def chromium(view: View, display: Screen | None) -> Iterator[Page]:
    """A page of a fresh browser for the length of the block."""
    flags = [*FLAGS, HOSTS, *view.flags]
    size: ViewportSize = {"width": round(view.width / view.scale), "height": round(view.height / view.scale)}
    with TemporaryDirectory(prefix="profile-") as profile, sync_playwright() as playwright:
        if display:
            flags += [f"--window-size={view.width},{view.height}", "--window-position=0,0"]
        if display and view.dark:
            flags.append("--force-dark-mode")
        # A profile of its own: settings pages refuse to open in an isolated context.
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=BINARY,
            headless=display is None,
            args=flags,
            ignore_default_args=["--enable-automation"],
            env={"DISPLAY": display.name if display else "", "HOME": profile, "LANG": "en_US.UTF-8", "TZ": "UTC"},
            timeout=30_000,
            color_scheme="dark" if view.dark else "light",
            locale="en-US",
            no_viewport=display is not None,
            viewport=None if display else size,
            device_scale_factor=None if display else view.scale,
        )
        try:
            page = context.pages[0]
            page.set_default_timeout(15_000)
            yield page
        finally:
            context.close()


def visit(page: Page, address: str) -> None:
    """Opens an address; an address that fails is what many recipes are about."""
    try:
        page.goto(address, timeout=20_000)
    except Error as error:
        if "net::ERR" not in str(error):
            raise
    page.wait_for_timeout(500)


def shoot(
    address: str,
    view: View,
    server: Callable[[], AbstractContextManager[object]] = nullcontext,
    steps: Steps | None = None,
) -> Shot:
    """Opens the address while the server runs, takes the steps, photographs the page (or the whole window)."""
    with server():
        if not view.window:
            with chromium(view, None) as page:
                return page_shot(page, address, view, steps)
        with screen(view.width, view.height, background="#3a6ea5") as display, chromium(view, display) as page:
            return window_shot(page, display, address, view, steps)


def prepare(page: Page, address: str, view: View, steps: Steps | None) -> None:
    """Brings the page into the state to photograph."""
    visit(page, address)
    if view.style:
        page.add_style_tag(content=view.style)
    if steps:
        steps(page)
    page.wait_for_timeout(300)


def page_shot(page: Page, address: str, view: View, steps: Steps | None) -> Shot:
    """The page alone."""
    prepare(page, address, view, steps)
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")
    image = np.asarray(picture).copy()
    return Shot(image, page_lines(image, page.evaluate(COLLECT), image.shape[1] / page.evaluate("innerWidth")))


def window_shot(page: Page, display: Screen, address: str, view: View, steps: Steps | None) -> Shot:
    """The whole window: the tab's title and the address are lines too, where they can be found."""
    prepare(page, address, view, steps)
    image = display.settled()
    place = page.evaluate("({x: (outerWidth - innerWidth) / 2, top: outerHeight - innerHeight, title: document.title})")
    left, top = round(place["x"]), round(place["top"])
    lines = page_lines(image, page.evaluate(COLLECT), 1.0, (left, top))
    return Shot(image, [*window_lines(image, page, place["title"], address, top), *lines])


def window_lines(image: np.ndarray, page: Page, title: str, address: str, top: int) -> list[ShotLine]:
    """The tab strip and the address bar above the page, which starts at y = top."""
    text = title.strip() or re.sub(r"^https?://([^/:]+).*", r"\1", address)
    # With one tab the title begins after its icon (interstitials have none) and fades out before x = 238.
    tab = hug(image, (46 if title == "Privacy error" else 68, 12, 238, 31))
    lines = [ShotLine(text, tab if len(text) < 26 else None, "tab")]
    scheme, _, rest = address.rpartition("://")
    shown, left = rest.removesuffix("/"), 156
    insecure = scheme == "http" and page.url.startswith("http") and not rest.startswith(("localhost", "127."))
    chipped = "http" if insecure else scheme
    for name, chip, chip_right, begin in (
        ("file", "File", 173, 182),
        ("https", "Not secure", 219, 230),
        ("http", "Not secure", 219, 230),
        ("chrome", "Chromium", 217, 227),
    ):
        if chipped == name and (name != "http" or insecure):
            lines.append(ShotLine(chip, hug(image, (149, 55, chip_right, 75)), "address"))
            left, shown = begin, f"{scheme}://{shown}" if name in {"https", "chrome"} else shown
    lines.append(ShotLine(shown, hug(image, (left, 55, image.shape[1] - 160, 76)), "address"))
    return lines


def web(
    id: str,
    source_program: str,
    family: str,
    address: str,
    view: View,
    fields: Fields,
    *slots: str,
    server: Callable[[], AbstractContextManager[object]] = nullcontext,
    steps: Steps | None = None,
) -> Recipe:
    """A recipe for a page in Chromium."""
    take = partial(shoot, address, view, server, steps)
    return Recipe(id, "chromium", source_program, view.theme, family, fields, take, slots)
