"""The normal form: what is one message, and what are two."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mmgpt.corrections.normal import clean, folded, normal
from mmgpt.knowledge import KnowledgeBase
from mmgpt.knowledge.patterns import Pattern

SAME = [
    ("connect to db1 port 5432: Connection refused", "connect to db1 port 80: Connection refused"),
    ("Could not resolve host: a.example.org", "Could not resolve host: b.example.com"),
    ("connect to 10.0.0.1 failed hard", "connect to localhost failed hard"),
    ("bash: /usr/bin/foo: No such file or directory", "bash: /opt/x/bar: No such file or directory"),
    ("main.c:12:5: error: 'x' undeclared", "src/util.c:7:33: error: 'x' undeclared"),
    ("Cannot open C:\\Users\\a b\\x.txt", "Cannot open D:\\y.txt"),
    ("unable to access 'https://a.de/x.git/'", "unable to access 'http://b.com/'"),
    ("sshd[4711]: Connection closed", "sshd[12]: Connection closed"),
    ("timed out after 30s", "timed out after 5s"),
    ("E42 till 7 is offline", "E42 till 12 is offline"),
    ("This site can’t be reached", "This  site can't be reached."),
    ("No space left on device", "no space left on device"),
]
DIFFERENT = [
    ("404 Not Found", "405 Not Found"),
    ("HTTP/1.1 404 from upstream", "HTTP/1.1 503 from upstream"),
    ("Process finished with exit code 1", "Process finished with exit code 137"),
    ("connect() failed (111: Connection refused)", "connect() failed (110: Connection refused)"),
    ("curl: (6) failed for good", "curl: (7) failed for good"),
    ("ERROR 1045 (28000): denied", "ERROR 1044 (28000): denied"),
    ("ORA-00942: table does not exist", "ORA-00943: table does not exist"),
    ("error[E0425]: not found", "error[E0426]: not found"),
    ("unable to start (0xc000007b)", "unable to start (0xc0000005)"),
    ("Event ID 1000 was logged", "Event ID 7031 was logged"),
    ("No module named 'foo.bar'", "No module named 'foo.baz'"),
    ("java.net.ConnectException: x", "java.net.BindException: x"),
    ("0 errors were found", "3 errors were found"),
    ("Table not found: 1146 Table", "Table not found: 1147 Table"),
    ("Access denied for user root", "Access denied for user admin"),
    ("fail", "fall"),
    ("TypeError: console.log is not a function", "TypeError: res.json is not a function"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_message(one: str, other: str) -> None:
    a, b = normal(one), normal(other)
    assert a.exact == b.exact or (a.slots is not None and a.slots == b.slots), (a.pattern, b.pattern)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_messages(one: str, other: str) -> None:
    a, b = normal(one), normal(other)
    assert a.exact != b.exact and (a.slots is None or a.slots != b.slots), (a.pattern, b.pattern)


def test_a_form_is_a_pattern_of_the_knowledge_base_and_its_slots_have_their_values() -> None:
    form = normal("connect to db.example.org port 5432: no {thing} there")
    assert form.pattern == "connect to {host} port {port}: no {{thing}} there"
    assert form.values == ("db.example.org", "5432")
    match = Pattern(form.pattern).find("x connect to a.example.org port 1: no {thing} there")
    assert match is not None and match.slots == {"host": "a.example.org", "port": "1"}


@pytest.mark.parametrize("text", ["/usr/bin/x", "10.0.0.1:80", "", "   ", "x" * 5000 + " port 7"])
def test_what_would_be_slots_alone_has_no_slots(text: str) -> None:
    assert normal(text).slots is None


def test_the_end_of_a_long_message_counts() -> None:
    assert normal("word " * 3000 + "a").exact != normal("word " * 3000 + "b").exact


def test_examples_of_the_knowledge_base_stay_apart() -> None:
    """Two entries of one product never fall together, but where one pattern fits both texts."""
    seen: dict[str, tuple[str, str, str]] = {}
    together = []
    for entry in KnowledgeBase.load():
        for example in entry.examples:
            form = normal(example)
            key = form.slots or form.exact
            other = seen.setdefault(key, (entry.product, entry.id, example))
            if other[0] == entry.product and other[1] != entry.id and not entry.match(other[2]):
                together.append((example, other))
    assert together == [] and len(seen) > 1500


@settings(deadline=None, max_examples=120)
@given(st.text(max_size=80))
def test_any_text_has_a_form_that_cleaning_does_not_change(text: str) -> None:
    form = normal(text)
    assert normal(clean(text)) == form or normal(clean(text)).exact == form.exact
    assert normal(text.upper().lower()).exact == form.exact or text.casefold() != text.upper().lower().casefold()


@settings(deadline=None, max_examples=120)
@given(st.text("abcdefg .:'()-/", min_size=1, max_size=50), st.text("abcdefg .:'()-/", min_size=1, max_size=50))
def test_texts_that_differ_in_letters_have_different_keys(one: str, other: str) -> None:
    assume(folded(clean(one)) != folded(clean(other)))
    assert normal(one).exact != normal(other).exact


def test_hostile_texts_take_no_time() -> None:
    pieces = ("a.", "a/", "1.", "\\\\a\\", ":a", "a-", "0x", "a@", "f0", "http://", "/-", "C:/", "a.a/", "1:", "é")
    start = time.process_time()
    for piece in pieces:
        normal(piece * (2000 // len(piece)))
        normal(piece * 50_000)
    assert time.process_time() - start < 6
