"""Whose message it is, by a server's signature or a Windows prompt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mmgpt.diagnosis.found import Fields
from mmgpt.diagnosis.programs import named
from mmgpt.extraction import FieldValue
from tests.mmgpt.diagnosis.screens import error, normal, screen

PRODUCTS = ("Squid", "nginx", "Apache")


def page(message: str, app: str | None = None, sure: float = 0.2) -> Fields:
    return replace(error(message, kind="web_page"), app=FieldValue(app, sure))


@pytest.mark.parametrize(
    ("signature", "app"),
    [
        ("Generated Tue, 24 Nov 2026 by proxy.corp.example (squid/5.7)", "Squid"),
        ("Apache/2.4.57 (Debian) Server at www.example.org Port 80", "Apache"),
        ("nginx/1.24.0", "nginx"),
        ("Powered by CherryPy 18.8.0", "CherryPy"),
        ("Mozilla/5.0 AppleWebKit/537.36", None),
        ("see /usr/share/doc/1.2", None),
        ("The end", None),
    ],
)
def test_a_page_is_signed(signature: str, app: str | None) -> None:
    made = named(page("Not Found"), screen("Not Found", "It is not here.", signature), PRODUCTS)
    assert made.app.value == app
    assert app is None or (made.app.lines == (2,) and made.app.text is not None and made.app.text in signature)


def test_a_signature_far_from_the_end_is_none() -> None:
    assert named(page("Not Found"), screen("nginx/1.24.0", *["text"] * 12), PRODUCTS).app.value is None


def test_what_the_extractor_is_sure_of_stays() -> None:
    lines = screen("Not Found", "nginx/1.24.0")
    assert named(page("Not Found", "Django", 0.9), lines, PRODUCTS).app.value == "Django"
    assert named(normal(), lines, PRODUCTS) == normal()
    fixed = replace(page("Not Found"), fixed=frozenset({"app"}))
    assert named(fixed, lines, PRODUCTS) == fixed


@pytest.mark.parametrize(
    ("command", "app"),
    [
        ("set /a x=1/0", "cmd"),
        ("nightly.bat", "cmd"),
        ("net start Spooler", "net"),
        ("C:\\tools\\curl.exe -O x", "curl"),
        ("git pull", "Git"),
    ],
)
def test_the_last_command_before_the_message_at_a_windows_prompt(command: str, app: str) -> None:
    lines = screen(
        "Microsoft Windows 10", f"C:\\users\\dev>{command}", "It failed", "C:\\users\\dev>ver", "C:\\users\\dev>"
    )
    for before in (None, "Microsoft Windows"):
        fields = replace(error("It failed", line=2), app=FieldValue(before, 0.9 if before else 0.1))
        made = named(fields, lines)
        assert made.app.value == app and made.app.lines == (1,)
    assert named(replace(error("It failed", line=2), app=FieldValue("Java", 0.9)), lines).app.value == "Java"
    assert named(replace(error("x"), app=FieldValue(None, 0.1)), screen("$ ls", "x")).app.value is None
