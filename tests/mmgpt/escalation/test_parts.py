"""The parts alone: where an engine may be, what a budget counts, how texts are found, parsed, cleaned, encoded."""

from __future__ import annotations

import io
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmgpt.escalation.address import AddressError, address_of
from mmgpt.escalation.budget import Budget, Limit, parse_limits
from mmgpt.escalation.errors import EscalationError
from mmgpt.escalation.matching import alike, find, find_word
from mmgpt.escalation.picture import MOST_PNG, encode
from mmgpt.escalation.reply import Invalid, parse
from mmgpt.escalation.request import MOST_LINES, Dialect, messages_for
from mmgpt.escalation.transport import _wait
from mmgpt.escalation.words import REMOVED, cleaned, codes_in, without_links


@pytest.mark.parametrize(
    ("url", "posted"),
    [
        ("http://localhost:8000", "http://localhost:8000/v1/chat/completions"),
        ("http://127.0.0.1:11434/v1/", "http://127.0.0.1:11434/v1/chat/completions"),
        ("http://[::1]:8080/", "http://[::1]:8080/v1/chat/completions"),
        ("http://192.168.3.4/api", "http://192.168.3.4/api/chat/completions"),
        ("https://example.com/v1/chat/completions", "https://example.com/v1/chat/completions"),
        ("https://Example.com/x?api-version=2", "https://example.com/x/chat/completions?api-version=2"),
    ],
)
def test_urls_lead_to_chat_completions(url: str, posted: str):
    assert address_of(url).url == posted


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://8.8.8.8/v1", "not encrypted"),
        ("http://169.254.169.254/v1", "not encrypted"),
        ("http://0.0.0.0/v1", "not encrypted"),
        ("http://[2001:4860:4860::8888]/", "not encrypted"),
        ("ftp://localhost/", "must begin"),
        ("localhost:8000", "must begin"),
        ("http://", "must begin"),
        ("", "must begin"),
        ("http://localhost:99999/", "cannot be read"),
        ("http://[::1/", "cannot be read"),
        ("https://me:secret@example.com/", "name or password"),
        ("https://example.com/#x", "behind #"),
        ("https://exa mple.com/", "blanks"),
        ("https://example.com/\r\nX: y", "blanks"),
    ],
)
def test_urls_that_cannot_be_used(url: str, why: str):
    with pytest.raises(AddressError, match=why) as error:
        address_of(url)
    assert "secret" not in str(error.value)


def test_names_are_private_if_all_their_numbers_are(monkeypatch: pytest.MonkeyPatch):
    numbers: dict[str, list[str]] = {
        "gpu.lan": ["10.1.2.3"],
        "half.example": ["10.1.2.3", "8.8.8.8"],
        "mapped": ["::ffff:10.0.0.1"],
    }

    def lookup(host: str, *_: object, **__: object) -> list[Any]:
        if host not in numbers:
            raise socket.gaierror("unknown")
        return [(0, 0, 0, "", (number, 0)) for number in numbers[host]]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert address_of("http://gpu.lan:8000").host == "gpu.lan:8000" and address_of("http://mapped").host == "mapped"
    for host in ("half.example", "nowhere.example"):
        with pytest.raises(AddressError, match="not encrypted"):
            address_of(f"http://{host}/")
        assert address_of(f"http://{host}/", insecure=True).scheme == "http"


def test_keys_go_unencrypted_to_this_machine_only():
    assert address_of("http://localhost:1", "k") and address_of("https://example.com", "k")
    for url in ("http://10.0.0.1/", "http://8.8.8.8/"):
        with pytest.raises(AddressError, match="unencrypted"):
            address_of(url, "k", insecure=True)
    with pytest.raises(AddressError, match="blanks"):
        address_of("https://example.com", "two\nlines")


def test_budgets_are_written_as_people_do():
    assert parse_limits("50") == (Limit(50),)
    assert parse_limits("50/day, 1.5 MB / day") == (Limit(50, "requests", "day"), Limit(1_500_000, "bytes", "day"))
    assert parse_limits("2MiB/run") == (Limit(2 * 2**20, "bytes"),)
    for wrong in ("", "many", "1.5", "-3", "5/week", "5,", "5 apples"):
        with pytest.raises(ValueError, match="is no budget"):
            parse_limits(wrong)


def test_a_day_is_counted_across_runs(tmp_path: Path):
    days = ["2031-05-01"]
    limits = [Limit(3, "requests", "day"), Limit(100, "bytes", "day"), Limit(2)]
    path = tmp_path / "deep" / "spent.sqlite"

    def fresh() -> Budget:
        return Budget(limits, path, today=lambda: days[-1])

    first = fresh()
    first.take(40)
    first.take(10)
    with pytest.raises(EscalationError, match="2 requests a run"):
        first.take(1)
    second = fresh()
    with pytest.raises(EscalationError, match="100 bytes a day"):
        second.take(51)
    second.take(50)
    with pytest.raises(EscalationError, match="3 requests a day"):
        second.take(0)
    second.give_back(50)
    second.take(50)
    days.append("2031-05-02")
    third = fresh()
    third.take(100)
    assert third.spent == (1, 100)


def test_a_file_that_cannot_count_allows_nothing(tmp_path: Path):
    (tmp_path / "spent").write_text("this is no database, not even nearly one, whoever says so " * 20)
    budget = Budget([Limit(3, "requests", "day")], tmp_path / "spent")
    with pytest.raises(EscalationError, match="cannot be counted"):
        budget.take(1)
    assert budget.spent == (0, 0)


LETTERS = st.text(alphabet="abcdeo0l1 .:", min_size=1, max_size=30)


def slow_distance(pattern: str, text: str) -> int:
    """The least edit distance of the pattern to any part of the text, written down as it is defined."""
    row = [0] * (len(text) + 1)
    for number, letter in enumerate(pattern, 1):
        last, row = row, [number]
        for place, other in enumerate(text, 1):
            row.append(min(last[place - 1] + (letter != other), last[place] + 1, row[-1] + 1))
    return min(row)


@settings(max_examples=150, deadline=None)
@given(LETTERS, st.lists(LETTERS, min_size=1, max_size=4))
def test_the_nearest_place_is_the_nearest(text: str, lines: list[str]):
    pattern, read = alike(text), alike("".join(lines))
    place = find(text, lines)
    if place is None:
        assert not pattern or not read or slow_distance(pattern, read) == len(pattern)
        return
    assert place.edits == slow_distance(pattern, read)
    found = alike(place.text)
    assert found in read and slow_distance(pattern, found) == place.edits
    assert all(0 <= number < len(lines) for number in place.lines)


@settings(max_examples=60, deadline=None)
@given(st.lists(LETTERS, min_size=1, max_size=4), st.data())
def test_what_stands_there_is_found(lines: list[str], data: st.DataObject):
    line = data.draw(st.sampled_from(lines))
    start = data.draw(st.integers(0, len(line) - 1))
    part = line[start : data.draw(st.integers(start + 1, len(line)))]
    if alike(part):
        place = find(part, lines)
        assert place is not None and place.alike


def test_words_are_found_as_words():
    lines = ["build 14043 of", "error E-404: 404 not found", "wrapped ERR_CONNEC", "TION_RESET here"]
    assert find_word("404", lines).lines == (1,)  # type: ignore[union-attr]
    assert find_word("E-4O4", lines).text == "E-404"  # type: ignore[union-attr]
    wrapped = find_word("ERR_CONNECTION_RESET", lines)
    assert wrapped is not None and wrapped.lines == (2, 3)
    assert find_word("040", lines) is None and find_word("", lines) is None and find_word("x", []) is None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_an_answer_or_invalid(text: str):
    try:
        parse(text)
    except Invalid as problem:
        assert len(str(problem)) < 700 and "\n" not in str(problem)


def test_the_ways_to_say_nothing():
    reply = parse(
        '{"is_error": true, "app": "null", "error_code": "N/A", "message": "", "fixes": null, "confidence": 1}'
    )
    assert (reply.app, reply.error_code, reply.message, reply.fixes) == (None, None, None, [])
    assert parse('{"is_error": true, "error_code": 404, "confidence": 0.5, "more": [1]}').error_code == "404"
    for wrong in (
        '"confidence": 2',
        '"confidence": true, "kind": "bird"',
        '"confidence": 0.5, "fixes": ["a", 2]',
    ):
        with pytest.raises(Invalid):
            parse(f'{{"is_error": true, {wrong}}}')


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_cleaned_texts_are_one_line_without_controls(text: str):
    out = cleaned(f"a{text}b")
    assert out == " ".join(out.split()) and not any(ord(letter) < 32 or ord(letter) == 127 for letter in out)
    assert not set(out) & set("\u200b\u200e\u202a\u202e\u2066\u2069\ufeff\x9b")


@pytest.mark.parametrize(
    "link",
    [
        "https://a.example/b", "HTTP://A.EXAMPLE", "www.a.example/x", "<https://a.example>", "ftp://a.example", "mailto:x@y.z",
        "javascript:alert(1)", "data:text/html,x", "a-b.com", "a.b.org/c?d=e#f", "x.io/y", "![i](https://a.example/p.png)",
    ],
)  # fmt: skip
def test_links_are_taken_out(link: str):
    out = without_links(f"before {link} after")
    assert out.startswith("before ") and out.endswith(" after")
    assert out.removeprefix("before ").removesuffix(" after") in (REMOVED, "i")


@pytest.mark.parametrize(
    "text",
    [
        "edit /etc/nginx/nginx.conf",
        "node_modules/foo.js",
        "ask [email] or [token](s)",
        "Node.js 18.2 and 10.0.0.7:80",
    ],
)
def test_what_is_no_link_stays(text: str):
    assert without_links(text) == text


def test_hosts_that_stand_in_the_picture_stay():
    assert without_links("Is shop.com up?", "cannot reach shop.com:443") == "Is shop.com up?"
    assert REMOVED in without_links("Is https://shop.com up?", "cannot reach https://shop.com")


def test_codes_in_prose():
    text = "ERR_A_B, NET::ERR_C, TS2304, ORA-12541, ECONNREFUSED, 0x80070005, SSL_ERROR_X; UTF-8, SHA-256, EVERY, NODE_ENV, 404"
    assert sorted(codes_in(text)) == sorted(
        ["ERR_A_B", "NET::ERR_C", "TS2304", "ORA-12541", "ECONNREFUSED", "0x80070005", "SSL_ERROR_X"]
    )


def test_pictures_are_scaled_and_carry_nothing_else():
    image = np.zeros((300, 2000, 3), np.uint8)
    image[100:200] = 255
    sent = encode(image, 1000)
    opened = Image.open(io.BytesIO(sent.data))
    assert opened.size == (1000, 150) and sent.scale == 0.5 and opened.format == "PNG" and opened.info == {}
    assert encode(image, 1000) == sent and encode(image, 4000).scale == 1
    noise = np.random.default_rng(1).integers(0, 256, (800, 800, 3), dtype=np.uint8)
    busy = encode(noise, 800)
    assert busy.media_type == "image/jpeg" and busy.extension == ".jpg" and len(busy.data) < MOST_PNG
    assert encode(np.zeros((1, 5000, 3), np.uint8), 100).scale == 0.02


def test_boxes_are_those_of_the_picture_that_is_sent():
    picture = encode(np.zeros((400, 800, 3), np.uint8), 400)
    user = messages_for(["a"], [(100, 50, 300, 70)], "", picture)[1]
    assert '"box": [50, 25, 150, 35]' in user["content"][0]["text"]
    many = messages_for(["x"] * 1000, [(0, 0, 1, 1)] * 1000, "", None)[1]["content"][0]["text"]
    assert f'"lines_left_out": {1000 - MOST_LINES}' in many


def test_dialects_become_simpler_until_nothing_is_left():
    dialect, seen = Dialect(), []
    while dialect is not None:
        seen.append(dialect)
        said = "unsupported response_format temperature max_tokens max_completion_tokens image"
        dialect = dialect.without(said)  # type: ignore[assignment]
    assert len(seen) == len(set(seen)) == 7
    assert Dialect().without("your prompt is too long") is None


def test_retry_after_is_seconds_or_a_date():
    assert (_wait("7"), _wait("1.5"), _wait("-3"), _wait(None), _wait("soon"), _wait("inf"), _wait("nan")) == (
        7, 1.5, 0, None, None, None, None,
    )  # fmt: skip
    assert _wait("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    later = _wait("Wed, 21 Oct 2099 07:28:00 GMT")
    assert later is not None and later > 1e9
