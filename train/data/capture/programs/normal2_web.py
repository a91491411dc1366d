"""More pages on which nothing failed, though errors are what many of them are about: manuals, reports, repositories, logs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from playwright.sync_api import Page

from train.data.capture.browser import View, web
from train.data.capture.core import CaptureError, Fields, Recipe
from train.data.capture.processes import CLEAN_ENVIRONMENT, serving
from train.data.capture.programs.servers2 import adminer

PYTHON = "file:///usr/share/doc/python3.11/html"
POSTGRES = "file:///usr/share/doc/postgresql-doc-15/html"
APACHE = "file:///usr/share/doc/apache2-doc/manual/en"
GIT = "file:///usr/share/doc/git/html"
DARK = "* { background: #1e1f22 !important; color: #d5d7da !important }"
SERIF = "body { font-family: 'EB Garamond', serif !important; font-size: 19px !important }"
ROOT = Path("/srv/gallery")
PAGES = """
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LoadModule autoindex_module /usr/lib/apache2/modules/mod_autoindex.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
ServerRoot /etc/apache2
Listen 127.0.0.1:{port}
PidFile {root}/pid
ErrorLog /dev/null
TypesConfig /etc/mime.types
ServerName logs.corp.example
ServerSignature On
DocumentRoot {root}/www
<Directory {root}/www>
  Options Indexes
  IndexOptions FancyIndexing HTMLTable
</Directory>
"""
COVERED = '''
"""Prices with discounts."""


class DiscountError(ValueError):
    """A discount that makes no sense."""


def reduced(price, percent):
    if not 0 <= percent <= 100:
        raise DiscountError(f"{percent} % is no discount")
    return price * (100 - percent) / 100


def cheapest(prices):
    try:
        return min(prices)
    except ValueError:
        return None


print(reduced(80, 25), cheapest([12, 7]))
'''


@contextmanager
def folder() -> Iterator[Path]:
    """/srv/gallery for the length of the block."""
    shutil.rmtree(ROOT, ignore_errors=True)
    (ROOT / "www").mkdir(parents=True)
    try:
        yield ROOT
    finally:
        shutil.rmtree(ROOT)


def run(*command: str, cwd: Path) -> None:
    """Runs a program to its end; raises CaptureError with what it said."""
    done = subprocess.run(
        command, cwd=cwd, env={**CLEAN_ENVIRONMENT, "HOME": str(cwd)}, capture_output=True, check=False
    )
    if done.returncode:
        raise CaptureError(f"{' '.join(command)} failed: {(done.stderr or done.stdout).decode()[-400:]}")


@contextmanager
def coverage() -> Iterator[None]:
    """The report that coverage writes for a small program, at /srv/gallery/www."""
    with folder() as root:
        (root / "discount.py").write_text(COVERED.lstrip("\n"))
        run("/usr/bin/python3", "-m", "coverage", "run", "discount.py", cwd=root)
        run("/usr/bin/python3", "-m", "coverage", "html", "-d", "www", cwd=root)
        yield


@contextmanager
def apache_index(port: int) -> Iterator[None]:
    """Apache's own listing of a folder of logs."""
    with folder() as root:
        for name, size in (
            ("access.log", 81920),
            ("crash-2024-03.tar.gz", 5120),
            ("error.log", 20480),
            ("error.log.1", 700),
        ):
            (root / "www" / name).write_bytes(b"x" * size)
        (root / "www/failed-jobs").mkdir()
        (root / "conf").write_text(PAGES.format(port=port, root=root))
        with serving(["apache2", "-X", "-f", str(root / "conf")], port):
            yield


@contextmanager
def phpinfo(port: int) -> Iterator[None]:
    """PHP's page about itself."""
    with folder() as root:
        (root / "www/info.php").write_text("<?php phpinfo();\n")
        with serving(["php", "-S", f"127.0.0.1:{port}", "-t", str(root / "www")], port, cwd=root):
            yield


def scrolled(page: Page, pixels: int) -> None:
    """Scrolls down."""
    page.evaluate("(y) => window.scrollTo(0, y)", pixels)


def at(page: Page, anchor: str) -> None:
    """Scrolls an element into view and a little above it."""
    page.evaluate("(id) => document.getElementById(id).scrollIntoView()", anchor)


def page(kind: str = "web_page") -> Fields:
    """The label of a page on which nothing failed."""
    return Fields(False, "Chromium", kind)


def manual(id: str, address: str, view: View, *slots: str, anchor: str = "", down: int = 0) -> Recipe:
    """A recipe for a page of an installed manual, scrolled to an element or by pixels."""
    steps = partial(at, anchor=anchor) if anchor else partial(scrolled, pixels=down) if down else None
    return web(id, "Chromium", "documentation", address, view, page(), *slots, steps=steps)


RECIPES = [
    manual("normal-doc-python-errors", f"{PYTHON}/tutorial/errors.html", View(1280, 800), "tutorial/errors"),
    manual(
        "normal-doc-python-exceptions",
        f"{PYTHON}/library/exceptions.html",
        View(960, 700, window=True),
        "library/exceptions",
        anchor="OSError",
    ),
    manual(
        "normal-doc-python-ssl",
        f"{PYTHON}/library/ssl.html",
        View(1100, 720, scale=1.25),
        "library/ssl",
        anchor="ssl.SSLError",
    ),
    manual(
        "normal-doc-python-faq",
        f"{PYTHON}/faq/programming.html",
        View(1024, 768, style=SERIF),
        "faq/programming",
        down=1500,
    ),
    manual(
        "normal-doc-postgres-codes",
        f"{POSTGRES}/errcodes-appendix.html",
        View(1200, 800),
        "class 22",
        down=1100,
    ),
    manual(
        "normal-doc-postgres-messages",
        f"{POSTGRES}/error-message-reporting.html",
        View(1280, 800, window=True, dark=True, style=DARK),
        "error-message-reporting",
    ),
    manual(
        "normal-doc-postgres-locks",
        f"{POSTGRES}/explicit-locking.html",
        View(1152, 800),
        "explicit-locking",
        down=2600,
    ),
    manual(
        "normal-doc-apache-faq",
        f"{APACHE}/mod/core.html",
        View(1366, 800),
        "errordocument",
        anchor="errordocument",
    ),
    manual(
        "normal-doc-git-rebase",
        f"{GIT}/git-rebase.html",
        View(840, 600, style=DARK, dark=True),
        "git-rebase",
        down=3300,
    ),
    web(
        "normal-coverage",
        "Chromium",
        "coverage",
        "file:///srv/gallery/www/index.html",
        View(1024, 560, window=True),
        page(),
        "report",
        server=coverage,
    ),
    web(
        "normal-coverage-file",
        "Chromium",
        "coverage",
        "file:///srv/gallery/www/discount_py.html",
        View(1100, 720),
        page(),
        "DiscountError",
        server=coverage,
    ),
    web(
        "normal-apache-index",
        "Chromium",
        "listing",
        "http://logs.corp.example:8632/",
        View(900, 560),
        page(),
        "error.log",
        server=partial(apache_index, 8632),
    ),
    web(
        "normal-phpinfo",
        "Chromium",
        "phpinfo",
        "http://localhost:8633/info.php",
        View(1024, 760),
        page(),
        "info.php",
        server=partial(phpinfo, 8633),
        steps=partial(scrolled, pixels=2600),
    ),
    web(
        "normal-adminer-login",
        "Chromium",
        "login",
        "http://localhost:8634/",
        View(800, 560, window=True),
        page(),
        "adminer",
        server=partial(adminer, 8634),
    ),
]
