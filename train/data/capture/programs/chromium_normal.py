"""Pages in Chromium on which nothing failed: documentation of errors, settings, listings, forms, welcome pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Page

from train.data.capture.browser import View, web
from train.data.capture.core import Fields
from train.data.capture.processes import serving
from train.data.capture.programs.web_frameworks import django
from train.data.capture.programs.web_servers import server

GIT = "file:///usr/share/doc/git/html"
APACHE = "file:///usr/share/doc/apache2-doc/manual/en"


@contextmanager
def pydoc(port: int) -> Iterator[None]:
    """Python's own documentation server."""
    # It ends with its standard input, so it gets one that stays open.
    command = f"sleep 600 | exec /usr/bin/python3 -m pydoc -n 127.0.0.1 -p {port}"
    with serving(["sh", "-c", command], port, cwd="/usr/share"):
        yield


@contextmanager
def listing(port: int) -> Iterator[None]:
    """A folder of reports behind Python's file server."""
    root = Path("/srv/reports")
    root.mkdir(parents=True, exist_ok=True)
    for name in (
        "2023-errors.csv",
        "2024-errors.csv",
        "404-pages.txt",
        "crash-dump-0417.zip",
        "index-of-logs.md",
        "uptime.pdf",
    ):
        (root / name).write_text("x")
    with serving(["/usr/bin/python3", "-m", "http.server", "-b", "127.0.0.1", "-d", str(root), str(port)], port):
        yield


def scrolled(page: Page, pixels: int) -> None:
    """Scrolls down."""
    page.evaluate("(y) => window.scrollTo(0, y)", pixels)


def page(app: str = "Chromium", kind: str = "web_page") -> Fields:
    """The label of a page on which nothing failed."""
    return Fields(False, app, kind)


RECIPES = [
    web(
        "normal-doc-git-fsck",
        "Chromium",
        "documentation",
        f"{GIT}/git-fsck.html",
        View(1280, 800),
        page(),
        "git-fsck",
        steps=partial(scrolled, pixels=900),
    ),
    web(
        "normal-doc-gitfaq",
        "Chromium",
        "documentation",
        f"{GIT}/gitfaq.html",
        View(1366, 768, window=True),
        page(),
        "gitfaq",
        steps=partial(scrolled, pixels=1400),
    ),
    web(
        "normal-doc-apache-errors",
        "Chromium",
        "documentation",
        f"{APACHE}/custom-error.html",
        View(1440, 900),
        page(),
        "custom-error",
    ),
    web(
        "normal-doc-apache-ssl",
        "Chromium",
        "documentation",
        f"{APACHE}/ssl/ssl_faq.html",
        View(1024, 768),
        page(),
        "ssl_faq",
        steps=partial(scrolled, pixels=2600),
    ),
    web(
        "normal-doc-pydoc-errno",
        "Chromium",
        "documentation",
        "http://localhost:8531/errno.html",
        View(1152, 800, window=True),
        page(),
        "errno",
        server=partial(pydoc, 8531),
    ),
    web(
        "normal-doc-pydoc-urllib-error",
        "Chromium",
        "documentation",
        "http://localhost:8532/urllib.error.html",
        View(1200, 760),
        page(),
        "urllib.error",
        server=partial(pydoc, 8532),
    ),
    web(
        "normal-listing",
        "Chromium",
        "listing",
        "http://files.corp.example:8533/",
        View(1024, 700, window=True),
        page(),
        "reports",
        server=partial(listing, 8533),
    ),
    web(
        "normal-nginx-index",
        "Chromium",
        "welcome page",
        "http://www.example.test:8534/",
        View(800, 600),
        page(),
        "nginx",
        server=partial(server, "nginx", 8534),
    ),
    web(
        "normal-django-form",
        "Chromium",
        "form",
        "http://board.example.test:8535/",
        View(1024, 640, window=True, dark=True),
        page(),
        "board",
        server=partial(django, 8535),
    ),
    web(
        "normal-settings-appearance",
        "Chromium",
        "settings",
        "chrome://settings/appearance",
        View(1280, 800),
        page("Chromium", "browser"),
        "appearance",
    ),
    web(
        "normal-settings-privacy",
        "Chromium",
        "settings",
        "chrome://settings/privacy",
        View(1366, 800, dark=True),
        page("Chromium", "browser"),
        "privacy",
    ),
    web(
        "normal-settings-accessibility",
        "Chromium",
        "settings",
        "chrome://settings/accessibility",
        View(1280, 768, window=True),
        page("Chromium", "browser"),
        "accessibility",
    ),
    web(
        "normal-downloads",
        "Chromium",
        "downloads",
        "chrome://downloads",
        View(1200, 800, window=True),
        page("Chromium", "browser"),
        "empty",
    ),
    web(
        "normal-credits",
        "Chromium",
        "credits",
        "chrome://credits",
        View(1100, 760),
        page("Chromium", "browser"),
        "credits",
    ),
]
