"""Chromium's own error pages."""

from __future__ import annotations

from functools import partial

from playwright.sync_api import Page

from train.data.capture.browser import View, web
from train.data.capture.core import Fields
from train.data.capture.loopback import answering, response

REACHED = "This site can’t be reached"
WORKING = "This page isn’t working"


def page_error(message: str, code: str | None, category: str) -> Fields:
    """The label of a page that the browser made."""
    return Fields(True, "Chromium", "browser", message, code, category)


def nothing(request: bytes) -> bytes | None:
    """Closes without an answer."""
    return None


def garbage(request: bytes) -> bytes:
    """Answers in no protocol that a browser knows."""
    return b"220 mail.example.test ESMTP ready\r\n"


def circle(request: bytes) -> bytes:
    """Redirects every request to the same address."""
    return response("302 Found", "", "Location: /login")


def status(line: str, request: bytes) -> bytes:
    """An answer without a body, which makes the browser explain."""
    return response(line)


def details(page: Page) -> None:
    """Opens the details of an interstitial."""
    page.click("#details-button")


RECIPES = [
    web(
        "chromium-connection-refused",
        "Chromium",
        "ERR_CONNECTION_REFUSED",
        "http://localhost:8099/",
        View(1280, 800),
        page_error(REACHED, "ERR_CONNECTION_REFUSED", "network"),
        "localhost",
    ),
    web(
        "chromium-connection-refused-window",
        "Chromium",
        "ERR_CONNECTION_REFUSED",
        "http://intranet.corp.example:3000/",
        View(1024, 768, window=True),
        page_error(REACHED, "ERR_CONNECTION_REFUSED", "network"),
        "intranet.corp.example",
    ),
    web(
        "chromium-name-not-resolved",
        "Chromium",
        "ERR_NAME_NOT_RESOLVED",
        "http://wiki.team.invalid/",
        View(1440, 900, dark=True),
        page_error(REACHED, "ERR_NAME_NOT_RESOLVED", "dns"),
        "wiki.team.invalid",
    ),
    web(
        "chromium-name-not-resolved-window",
        "Chromium",
        "ERR_NAME_NOT_RESOLVED",
        "http://reports.invalid/weekly",
        View(1280, 800, window=True, dark=True),
        page_error(REACHED, "ERR_NAME_NOT_RESOLVED", "dns"),
        "reports.invalid",
    ),
    web(
        "chromium-self-signed",
        "Chromium",
        "ERR_CERT_AUTHORITY_INVALID",
        "https://shop.example.test:8451/",
        View(1280, 720),
        page_error("Your connection is not private", "NET::ERR_CERT_AUTHORITY_INVALID", "tls_certificate"),
        "shop.example.test",
        server=partial(answering, 8451, partial(status, "200 OK"), tls=("shop.example.test",)),
    ),
    web(
        "chromium-self-signed-window",
        "Chromium",
        "ERR_CERT_AUTHORITY_INVALID",
        "https://mail.corp.example:8452/",
        View(1366, 768, window=True),
        page_error("Your connection is not private", "NET::ERR_CERT_AUTHORITY_INVALID", "tls_certificate"),
        "mail.corp.example",
        server=partial(answering, 8452, partial(status, "200 OK"), tls=("mail.corp.example",)),
        steps=details,
    ),
    web(
        "chromium-ssl-protocol-error",
        "Chromium",
        "ERR_SSL_PROTOCOL_ERROR",
        "https://pay.example.test:8454/",
        View(1280, 800, scale=1.25),
        page_error("This site can’t provide a secure connection", "ERR_SSL_PROTOCOL_ERROR", "tls_certificate"),
        "pay.example.test",
        server=partial(answering, 8454, garbage),
    ),
    web(
        "chromium-empty-response",
        "Chromium",
        "ERR_EMPTY_RESPONSE",
        "http://printer.corp.example:8455/status",
        View(800, 600),
        page_error(WORKING, "ERR_EMPTY_RESPONSE", "network"),
        "printer.corp.example",
        server=partial(answering, 8455, nothing),
    ),
    web(
        "chromium-too-many-redirects",
        "Chromium",
        "ERR_TOO_MANY_REDIRECTS",
        "http://portal.corp.example:8456/login",
        View(1600, 900),
        page_error(WORKING, "ERR_TOO_MANY_REDIRECTS", "configuration"),
        "portal.corp.example",
        server=partial(answering, 8456, circle),
    ),
    web(
        "chromium-invalid-response",
        "Chromium",
        "ERR_INVALID_HTTP_RESPONSE",
        "http://mx.example.test:8457/",
        View(1100, 760, dark=True),
        page_error(WORKING, "ERR_INVALID_HTTP_RESPONSE", "network"),
        "mx.example.test",
        server=partial(answering, 8457, garbage),
    ),
    web(
        "chromium-unsafe-port",
        "Chromium",
        "ERR_UNSAFE_PORT",
        "http://files.example.test:6000/",
        View(1024, 640),
        page_error(REACHED, "ERR_UNSAFE_PORT", "configuration"),
        "6000",
    ),
    web(
        "chromium-file-not-found",
        "Chromium",
        "ERR_FILE_NOT_FOUND",
        "file:///home/dev/Documents/report-final.html",
        View(1024, 768),
        page_error("Your file couldn’t be accessed", "ERR_FILE_NOT_FOUND", "not_found"),
        "report-final.html",
    ),
    web(
        "chromium-file-not-found-window",
        "Chromium",
        "ERR_FILE_NOT_FOUND",
        "file:///home/dev/site/index.html",
        View(1152, 720, window=True),
        page_error("Your file couldn’t be accessed", "ERR_FILE_NOT_FOUND", "not_found"),
        "index.html",
    ),
    web(
        "chromium-http-500",
        "Chromium",
        "HTTP ERROR 500",
        "http://api.example.test:8458/orders",
        View(1280, 800, dark=True),
        page_error(WORKING, "500", "server_error"),
        "api.example.test",
        server=partial(answering, 8458, partial(status, "500 Internal Server Error")),
    ),
    web(
        "chromium-http-404",
        "Chromium",
        "HTTP ERROR 404",
        "http://docs.example.test:8459/guide/install",
        View(1366, 768),
        page_error("This docs.example.test page can’t be found", "404", "not_found"),
        "docs.example.test",
        server=partial(answering, 8459, partial(status, "404 Not Found")),
    ),
    web(
        "chromium-http-403",
        "Chromium",
        "HTTP ERROR 403",
        "http://admin.example.test:8460/users",
        View(960, 720, scale=1.5),
        page_error("Access to admin.example.test was denied", "403", "permission"),
        "admin.example.test",
        server=partial(answering, 8460, partial(status, "403 Forbidden")),
    ),
    web(
        "chromium-http-504",
        "Chromium",
        "HTTP ERROR 504",
        "http://search.example.test:8461/q",
        View(1280, 900, window=True),
        page_error(WORKING, "504", "timeout"),
        "search.example.test",
        server=partial(answering, 8461, partial(status, "504 Gateway Timeout")),
    ),
    web(
        "chromium-proxy-failed",
        "Chromium",
        "ERR_PROXY_CONNECTION_FAILED",
        "http://www.example.test/",
        View(1200, 800, flags=("--proxy-server=127.0.0.1:3129",)),
        page_error("No internet", "ERR_PROXY_CONNECTION_FAILED", "network"),
        "127.0.0.1:3129",
    ),
]
