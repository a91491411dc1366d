"""Firefox's own error pages, and pages in it on which nothing failed."""

from __future__ import annotations

from functools import partial

from train.data.capture.browser import View
from train.data.capture.core import Fields
from train.data.capture.firefox import Marionette, fox
from train.data.capture.loopback import answering, response
from train.data.capture.programs.normal2_web import apache_index


def failed(message: str, code: str | None, category: str) -> Fields:
    """The label of a page that the browser made."""
    return Fields(True, "Firefox", "browser", message, code, category)


def fine(kind: str = "web_page") -> Fields:
    """The label of a page on which nothing failed."""
    return Fields(False, "Firefox", kind)


def circle(request: bytes) -> bytes:
    """Redirects every request to the same address."""
    return response("302 Found", "", "Location: /start")


def garbage(request: bytes) -> bytes:
    """Answers in no protocol that a browser knows."""
    return b"220 mail.example.test ESMTP ready\r\n"


def nothing(request: bytes) -> bytes | None:
    """Closes without an answer."""
    return None


def advanced(control: Marionette) -> None:
    """Opens what a certificate page hides."""
    control.run(
        "const find = (root) => { for (const e of root.querySelectorAll('*')) {"
        " if (/^(advancedButton|advanced-button)$/.test(e.id)) return e;"
        " if (e.shadowRoot) { const inner = find(e.shadowRoot); if (inner) return inner; } } return null; };"
        " const button = find(document); if (button) button.click();"
    )


RECIPES = [
    fox(
        "firefox-refused",
        "connection refused",
        "http://localhost:8651/",
        View(1280, 720),
        failed("Unable to connect", None, "network"),
        "localhost:8651",
    ),
    fox(
        "firefox-name-not-found",
        "name not found",
        "http://stats.team.invalid/",
        View(1366, 700, dark=True),
        failed("Server Not Found", None, "dns"),
        "stats.team.invalid",
    ),
    fox(
        "firefox-self-signed",
        "certificate",
        "https://shop.example.test:8652/",
        View(1200, 900),
        failed("Be careful. Something doesn’t look right.", "MOZILLA_PKIX_ERROR_SELF_SIGNED_CERT", "tls_certificate"),
        "shop.example.test",
        server=partial(answering, 8652, nothing, tls=("shop.example.test",)),
        steps=advanced,
    ),
    fox(
        "firefox-redirects",
        "redirects",
        "http://portal.corp.example:8653/start",
        View(1100, 680),
        failed("The page isn’t redirecting properly", None, "configuration"),
        "portal.corp.example",
        server=partial(answering, 8653, circle),
    ),
    fox(
        "firefox-end-of-file",
        "secure connection failed",
        "https://mail.corp.example:8654/",
        View(1280, 720, dark=True),
        failed("Secure Connection Failed", "PR_END_OF_FILE_ERROR", "tls_certificate"),
        "mail.corp.example",
        server=partial(answering, 8654, garbage),
    ),
    fox(
        "firefox-file-not-found",
        "file not found",
        "file:///home/dev/site/prices.html",
        View(1024, 700),
        failed("File not found", None, "not_found"),
        "prices.html",
    ),
    fox(
        "firefox-port-restricted",
        "restricted port",
        "http://mx.example.test:25/",
        View(1152, 720),
        failed("This address is restricted", None, "configuration"),
        "25",
    ),
    fox(
        "normal-firefox-errors-manual",
        "documentation",
        "file:///usr/share/doc/git/html/gitglossary.html",
        View(1100, 720),
        fine(),
        "gitglossary",
    ),
    fox(
        "normal-firefox-index",
        "listing",
        "http://localhost:8656/",
        View(900, 560),
        fine(),
        "error.log",
        server=partial(apache_index, 8656),
    ),
]
