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


@pytest.mark.parametrize(
    ("rows", "app"),
    [
        (["0[||| 3.0%] Tasks: 2, 0 thr", "PID USER", "F1Help F2Setup F3Search F9Kill F10Quit"], "htop"),
        (["top - 10:08:07 up 3:50, 1 user, load average: 8.8, 8.0, 4.8", "Tasks: 2 total"], "top"),
        (["GNU nano 7.2 notes.txt", "call about error 0x80070005"], "nano"),
        (["Monday", "^G Help ^O Write Out ^W Where Is", "^X Exit ^R Read File"], "nano"),
        (["Left File Command", "readme", "1Help 2Menu 3View 4Edit 10Quit"], "Midnight Commander"),
        (["a log", "L47 100% ?:View Help"], "lnav"),
        (["errors", "≪ ↑ ↓ Viewing <git-bisect(1)>"], "w3m"),
        (["errno(3)", "Manual page errno(3) line 1 (press h for help or q to quit)"], "man"),
        (["07:14 INFO", '[build] 0:bash* "desktop" 04:25'], "tmux"),
        (["$ mysql shop", "+----+", "mysql> show warnings;", "Empty set", "mysql>"], "MySQL"),
        (["C:\\users\\dev>dir", "SET", "C:\\users\\dev>"], "cmd"),
        (["a text", "about F1Help and nano 7.2", "and the end", "of it", "and more", "lines", "of text"], None),
    ],
)
def test_what_fills_a_terminal_is_known_by_its_own_words(rows: list[str], app: str | None) -> None:
    fields = replace(normal(), kind=FieldValue("terminal", 0.9), app=FieldValue(None, 0.2))
    found = named(fields, screen(*rows), PRODUCTS)
    assert found.app.value == app


def test_a_file_about_a_program_is_not_that_program() -> None:
    fields = replace(normal(), kind=FieldValue("terminal", 0.9), app=FieldValue("less", 0.9))
    rows = [*("text",) * 5, "F1Help F2Setup F10Quit", "GNU nano 7.2", *("text",) * 5]
    assert named(fields, screen(*rows), PRODUCTS).app.value == "less"
