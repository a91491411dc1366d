"""Files of keys, and buckets of tokens."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mmgpt.serve.door import keys as module
from mmgpt.serve.door.keys import KeyFileError, KeyRing, read_keys, warnings_about
from mmgpt.serve.door.origins import is_loopback
from mmgpt.serve.door.rates import Rates

GOOD = "0123456789abcdef0123456789abcdef"


def written(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "keys.txt"
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


def test_a_file_of_keys(tmp_path: Path) -> None:
    path = written(tmp_path, f"# who may ask\n\ndesk: {GOOD}  # the desk\n{GOOD[::-1]}\r\n{GOOD}\n")
    found = read_keys(path)
    assert len(found) == 2 and {len(key.owner) for key in found} == {32}
    assert GOOD not in repr(found) and warnings_about(path, found) == []
    ring = KeyRing(path)
    for key in (GOOD, GOOD[::-1]):
        assert ring.find(key.encode()) is not None
    for wrong in (b"", GOOD[:-1].encode(), GOOD.upper().encode(), b"desk", f"desk:{GOOD}".encode(), b"\xff" * 32):
        assert ring.find(wrong) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no key"),
        ("# nothing\n", "no key"),
        ("short\n", "line 1"),
        (f"{GOOD}\nwith space in it\n", "line 2"),
        (f"nämé:{GOOD}\n", "line 1"),
        (f"{GOOD}é\n", "line 1"),
        ("k" * 600, "line 1"),
        (f":{GOOD}", "line 1"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(KeyFileError, match=says) as caught:
        KeyRing(written(tmp_path, text))
    assert GOOD not in str(caught.value)


def test_what_an_operator_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "a-short-key\n", 0o644)
    assert [text.split()[0:3] for text in warnings_about(path, read_keys(path))] == [
        ["the", "file", "of"],
        ["a", "key", "has"],
    ]
    with pytest.raises(KeyFileError, match="cannot be read"):
        KeyRing(tmp_path / "none")


def test_a_changed_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_REREAD_SECONDS", 0.0)
    path = written(tmp_path, GOOD)
    ring = KeyRing(path)
    new = GOOD.replace("0", "9")
    path.write_text(new)
    os.utime(path, (time.time() + 5, time.time() + 5))
    assert ring.find(new.encode()) is not None and ring.find(GOOD.encode()) is None
    path.write_text("bad")
    os.utime(path, (time.time() + 9, time.time() + 9))
    assert ring.find(new.encode()) is not None  # a broken file locks nobody out
    path.unlink()
    assert ring.find(new.encode()) is not None


def test_a_bucket_empties_and_fills() -> None:
    now = [100.0]
    rates = Rates(per_minute=60, burst=3, clock=lambda: now[0])
    assert [rates.take("a") for _ in range(3)] == [None] * 3
    assert rates.take("a") == pytest.approx(1.0)
    assert rates.take("b") is None
    now[0] += 0.5
    assert rates.take("a") == pytest.approx(0.5)
    now[0] += 0.6
    assert rates.take("a") is None and rates.take("a") is not None
    now[0] += 1000
    assert [rates.take("a") for _ in range(4)].count(None) == 3
    assert all(Rates(0, 1).take("a") is None for _ in range(100))


def test_buckets_of_strangers_do_not_pile_up() -> None:
    rates = Rates(per_minute=60, burst=1)
    for number in range(10_100):
        rates.take(str(number))
    assert len(rates._buckets) == 10_000


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_this_machine(name: str) -> None:
    assert is_loopback(name)


@pytest.mark.parametrize(
    "name", ["", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0", "10.0.0.1", "127.1"]
)
def test_other_machines(name: str) -> None:
    assert not is_loopback(name)
