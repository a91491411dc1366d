"""From fields to cited entries: the right one first, slots filled from the picture, nothing invented, nothing hostile passed on."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgpt.diagnosis.cite import Citation, Hint, cite, find, lines_of, own, queries, source
from mmgpt.diagnosis.filling import LONGEST, clean, fill, fill_all
from mmgpt.diagnosis.thresholds import ENTRY, Thresholds
from mmgpt.knowledge import Hit, KnowledgeBase
from mmgpt.knowledge.slots import NAMES
from tests.mmgpt.diagnosis.screens import error, screen

LEAST = Thresholds().least[ENTRY]
PORT = "Error: listen EADDRINUSE: address already in use :::3000"


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    return KnowledgeBase.load()


def test_cause_and_fixes_are_those_of_the_entry_with_the_port_that_was_read(base: KnowledgeBase) -> None:
    fields = error(PORT, app="Node.js", code="EADDRINUSE", category="concurrency_lock")
    citation = cite(find(base, fields, screen(PORT)), LEAST)
    assert citation.sources[0].id == "nodejs/eaddrinuse" and citation.sources[0].score > 0.9
    assert citation.sources[0].url.startswith("https://") and "EADDRINUSE" in citation.sources[0].why
    assert citation.cause is not None and "this port (3000)" in citation.cause
    assert "`ss -ltnp | grep :3000`" in citation.fixes[0] and "<port>" not in citation.fixes[0]


def test_the_line_below_a_general_heading_decides(base: KnowledgeBase) -> None:
    lines = screen(
        "Service Unavailable", "The server is temporarily unable to service your request", "Apache/2.4.57 Port 80"
    )
    fields = error("Service Unavailable", app="Apache", category="server_error", kind="web_page")
    assert find(base, fields, lines)[0].entry.id == "apache/503-service-unavailable"


def test_what_stands_far_away_weighs_less_than_the_message(base: KnowledgeBase) -> None:
    far = "bash: kubectl: command not found"
    lines = screen(far, *["."] * 5, PORT)
    fields = error(PORT, app="Node.js", code="EADDRINUSE", category="concurrency_lock", line=6)
    assert [query.count(far) for query in queries(fields, lines)] == [0, 0, 1]
    assert find(base, fields, lines)[0].entry.id == "nodejs/eaddrinuse"


def test_the_category_decides_between_entries(base: KnowledgeBase) -> None:
    text = "Error: in prepare, database is locked (5)"
    fields = error(text, app="SQLite", code="5", category="concurrency_lock")
    assert find(base, fields, screen(text))[0].entry.id == "sqlite/database-is-locked"


def test_without_an_entry_nothing_is_said(base: KnowledgeBase) -> None:
    text = "The flux compensator wobbles in a way that nobody has described"
    assert cite(find(base, error(text), screen(text)), LEAST) == Citation()
    assert cite([], LEAST) == Citation()


def test_an_entry_that_is_gone_is_not_made_up_again(base: KnowledgeBase) -> None:
    entries = [entry for entry in base if entry.examples]
    random.Random(3).shuffle(entries)
    entries = entries[:20]
    smaller = KnowledgeBase(entry for entry in base if entry not in entries)
    with_it = without = 0
    for entry in entries:
        text = entry.examples[0]
        code = next((code for code in entry.codes if code in text), None)
        fields = error(text, app=entry.product, code=code, category=entry.category, kind=entry.kinds[0])
        before = cite(find(base, fields, screen(text)), LEAST)
        after = cite(find(smaller, fields, screen(text)), LEAST)
        with_it += bool(before.sources) and before.sources[0].id == entry.id
        without += after == Citation()
        assert entry.id not in {s.id for s in after.sources}
        assert all(s.id in smaller for s in after.sources)
    assert with_it >= 18
    assert without >= 16  # otherwise an entry of nearly the same words is cited, by its own id


def test_a_runbook_goes_before_the_package_at_equal_evidence(tmp_path: Path) -> None:
    (tmp_path / "ports.md").write_text(
        '---\nproduct: Node.js\ncategory: concurrency_lock\ncodes: [EADDRINUSE]\npatterns:\n  - "address already in use :::{port}"\n---\n'
        "# The port is taken\n\n## Cause\nThe till holds {port}.\n\n## Fix\n1. Call the desk about {port} and {host}.\n"
    )
    base = KnowledgeBase.load([tmp_path])
    fields = error(PORT, app="Node.js", code="EADDRINUSE", category="concurrency_lock")
    citation = cite(find(base, fields, screen(PORT)), LEAST)
    assert citation.sources[0].id == "ports" and own(base["ports"]) and not own(base["nodejs/eaddrinuse"])
    assert citation.cause == "The till holds 3000." and citation.fixes == ("Call the desk about 3000 and the host.",)
    assert [s.id for s in citation.sources[1:]] == ["nodejs/eaddrinuse"]


def test_a_hint_of_the_program_finds_its_entry_and_is_no_evidence(base: KnowledgeBase) -> None:
    text = "502 Bad Gateway"
    fields = error(text, code="502", category="server_error", kind="web_page")
    products = tuple({entry.product for entry in base})
    for context in ({"app": "nginx"}, {"Program": "nginx", "os": "Debian"}, "behind nginx on Debian"):
        hint = Hint.of(context, products)
        assert hint.product == "nginx"
        assert find(base, fields, screen(text), hint)[0].entry.id == "nginx/502-bad-gateway"
    told = Hint.of(PORT, products)  # an error in the context is none in the picture
    quiet = error("Hello", category=None)
    assert not cite(find(base, quiet, screen("Hello", "World"), told), LEAST).sources
    assert Hint.of(None) == Hint.of("") == Hint.of({}) == Hint()


def test_every_example_fills_texts_without_loose_slots(base: KnowledgeBase) -> None:
    """No text of the package names a slot that its own patterns do not have."""
    for entry in base:
        keys = {key for pattern in entry.patterns for key in pattern.slot_keys}
        filled = fill_all([entry.cause, *entry.fixes], dict.fromkeys(keys, "7"))
        for before, after in zip((entry.cause, *entry.fixes), filled, strict=True):
            for name in NAMES - {key.rstrip("0123456789") for key in keys}:
                assert "{" + name + "}" not in before, entry.id
            assert after.count("`") == before.count("`")


@pytest.mark.parametrize(
    ("text", "slots", "wanted"),
    [
        ("Stop what holds {port}.", {"port": "80"}, "Stop what holds 80."),
        ("Stop what holds {port}.", {}, "Stop what holds the port."),
        ("Find it: `lsof -i :<port>`.", {"port": "80"}, "Find it: `lsof -i :80`."),
        ("Find it: `lsof -i :<port>`.", {}, "Find it: `lsof -i :<port>`."),
        ("Find it: `lsof -i :{port}`.", {}, "Find it: `lsof -i :<port>`."),
        ("See `cat <file>`.", {"path": "/etc/x; rm -rf ~"}, "See `cat <file>`."),
        ("See `cat <file>`.", {"path": "--help"}, "See `cat <file>`."),
        ("See `cat {path}`.", {"path": "$(reboot)"}, "See `cat <path>`."),
        ("Remove it: `rm <file>`.", {"path": "/etc/passwd"}, "Remove it: `rm <file>`."),
        ("See `ping <host>`.", {"host": "a", "host2": "b"}, "See `ping <host>`."),
        ("Let the host answer.", {"host": "a.b"}, "Let the host answer."),
        ("Nothing answers on the host.", {"host": "a.b"}, "Nothing answers on the host (a.b)."),
        ("Use `${n}` and {} or { x }.", {"num": "1"}, "Use `${n}` and {} or { x }."),
        ("Look at {text}.", {"text": "{port}"}, "Look at {port}."),
    ],
)
def test_slots_are_filled(text: str, slots: dict[str, str], wanted: str) -> None:
    assert fill(text, slots) == wanted


def test_a_value_is_named_in_prose_once() -> None:
    assert fill_all(["The port is open.", "Close the port."], {"port": "80"}) == [
        "The port (80) is open.",
        "Close the port.",
    ]


@given(st.text(), st.dictionaries(st.sampled_from(sorted(NAMES)), st.text(max_size=300), max_size=4))
@settings(max_examples=150, deadline=None)
def test_nothing_of_a_picture_gets_through_that_a_terminal_obeys(text: str, slots: dict[str, str]) -> None:
    value = clean(text)
    assert len(value) <= LONGEST and clean(value) == value
    made = fill("On {port} and `x <host> {path}`: this port is taken.", {**slots, "path": text})
    assert all(c.isprintable() or c == " " for c in made.replace("\u3000", " ")) or made.isascii()
    assert made.count("`") >= 2 and "\n" not in made and "\x1b" not in made and "\u202e" not in made


def test_only_addresses_of_the_web_become_links(base: KnowledgeBase) -> None:
    entry = base["nodejs/eaddrinuse"]
    for url in (
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://a b",
        "https://a/\x1b[0m",
        "",
        "data:text/html,x",
    ):
        assert source(Hit(replace(entry, url=url), 0.9, ("code",))).url == ""
    assert source(Hit(entry, 0.9, ("a\x1b[31mb\u202ec",))).why == "a[31mbc"


def test_the_line_of_a_pattern_is_found(base: KnowledgeBase) -> None:
    lines = screen("$ node server.js", "x", PORT)
    assert lines_of(base["nodejs/eaddrinuse"], lines) == (2,)
    assert lines_of(base["nodejs/eaddrinuse"], lines[:2], (7,)) == ()
