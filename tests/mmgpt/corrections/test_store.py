"""Where corrections are kept: whole or not at all, by several at once, for their owner's eyes."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from mmgpt.corrections import Correction, CorrectionError, Store, default_path, parse, read_rows, rows, validated
from mmgpt.prompts import FIELD_PROMPTS
from tests.mmgpt.corrections.screens import REFUSED, diagnosis_of, extraction_of, lines_of
from tests.mmgpt.running import ROOT

SCREEN = ["$ shop start", REFUSED]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "own.sqlite"


def add(store: Store, message: str = REFUSED, **values: Any) -> Correction:
    made = store.add(diagnosis_of([message], message), values or {"category": "network"})
    assert made is not None
    return made


def test_the_place_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MMGPT_CORRECTIONS", str(tmp_path / "a"))
    assert default_path() == Store().path == tmp_path / "a"
    monkeypatch.delenv("MMGPT_CORRECTIONS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path() == tmp_path / "mmgpt" / "corrections.sqlite"


def test_nothing_is_made_before_something_is_kept(path: Path) -> None:
    store = Store(path)
    assert len(store.rules()) == 0 and store.all() == [] and store.undo() is None and store.remove(3) is None
    assert not path.parent.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_its_owner_may_read_it(path: Path) -> None:
    old = os.umask(0)
    try:
        store = Store(path)
        add(store)
        files = list(path.parent.iterdir())
        assert len(files) >= 2  # the log beside it, too
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(old)


def test_what_is_kept_comes_back_whole(path: Path) -> None:
    made = Store(path).add(
        diagnosis_of(SCREEN, REFUSED, app=None), {"app": "nginx", "fixes": ["a", "b"]}, note=" it  was\nso ", exact=True
    )
    assert made is not None and (made.id, made.note, made.exact, made.model) == (1, "it was so", True, "mmgpt-nano")
    (back,) = Store(path).all()
    assert back == made
    assert [line["text"] for line in back.lines] == SCREEN and back.lines[0]["box"] == [10, 0, 106, 16]
    assert (back.changes["app"].wrong, back.changes["app"].right) == (None, "nginx")
    assert Store(path).get(1) == made and Store(path).get(2) is None


def test_what_says_the_same_is_not_kept(path: Path) -> None:
    assert Store(path).add(diagnosis_of(SCREEN, REFUSED), {"app": "Shop", "category": "other"}) is None
    assert not path.exists()


def test_numbers_are_not_used_again_and_removed_words_are_gone(path: Path) -> None:
    store = Store(path)
    add(store, "the secret word is xyzzyplugh")
    assert b"xyzzyplugh" in b"".join(file.read_bytes() for file in path.parent.iterdir())
    gone = store.undo()
    assert gone is not None and gone.id == 1 and store.all() == []
    assert b"xyzzyplugh" not in b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert add(store).id == 2
    assert store.remove(1) is None and (store.remove(2) or gone).id == 2


def test_rules_follow_other_connections_and_other_files(path: Path) -> None:
    reader, writer = Store(path), Store(path)
    add(writer)
    first = reader.rules()
    assert len(first) == 1 and reader.rules() is first
    add(writer, "another message of it")
    assert len(reader.rules()) == 2 and len(writer.rules()) == 2
    add(reader, "a third message")
    assert len(reader.rules()) == 3
    writer.undo()
    assert len(reader.rules()) == 2
    reader.close()
    writer.close()
    for file in path.parent.iterdir():
        file.unlink()
    assert len(reader.rules()) == 0
    add(writer)
    assert len(reader.rules()) == 1


def test_asking_for_rules_again_is_cheap(path: Path) -> None:
    store = Store(path)
    add(store)
    store.rules()
    start = time.process_time()
    for _ in range(1000):
        store.rules()
    assert time.process_time() - start < 0.25


def test_several_processes_write_at_once(path: Path) -> None:
    code = (
        "import sys; from tests.mmgpt.corrections.screens import diagnosis_of; from mmgpt.corrections import Store\n"
        "for n in range(8):\n"
        "    text = f'process {sys.argv[2]} says {n} loudly'\n"
        "    assert Store(sys.argv[1]).add(diagnosis_of([text], text), {'category': 'network'})\n"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(n)], cwd=ROOT, stderr=subprocess.PIPE)
        for n in range(3)
    ]
    errors = [run.communicate(timeout=120)[1] for run in runs]
    assert errors == [b"", b"", b""]
    found = Store(path).all()
    assert [correction.id for correction in found] == list(range(1, 25))
    assert len({correction.message for correction in found}) == 24


def test_several_threads_share_a_store(path: Path) -> None:
    store = Store(path)
    wrong: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for n in range(10):
                text = f"thread {number} says {n} loudly"
                add(store, text)
                _, applied = store.rules().apply(extraction_of([text], text), lines_of([text]))
                assert applied
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and len(store.all()) == 30


def test_what_is_no_store_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("these are notes, and they are long enough to be no database at all" * 20)
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (a)")
    connection.commit()
    connection.close()
    newer = tmp_path / "newer.sqlite"
    add(Store(newer))
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    damaged = tmp_path / "damaged.sqlite"
    add(Store(damaged))
    connection = sqlite3.connect(damaged)
    connection.execute("UPDATE corrections SET correction = '{}'")
    connection.commit()
    connection.close()
    for file, words in (
        (text, "no store"),
        (other, "other tables"),
        (newer, "newer"),
        (damaged, "correction 1"),
        (tmp_path, "cannot be used"),
    ):
        for work in (lambda: Store(file).rules(), lambda: Store(file).all()):  # noqa: B023
            with pytest.raises(CorrectionError, match=words) as caught:
                work()
            assert str(file) in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(CorrectionError):
        add(Store(text))
    assert text.read_text().startswith("these are notes")
    with pytest.raises(CorrectionError, match="cannot be"):
        add(Store(text / "below"))


def test_a_write_that_fails_leaves_nothing_behind(path: Path) -> None:
    store = Store(path)
    one = add(store)
    text = next(iter(map(json.dumps, rows([one]))))
    (copy,) = read_rows([text])
    broken = type("Broken", (), {"uid": "x", "to_dict": lambda self: 1 / 0})()
    other = Store(path.with_name("other.sqlite"))
    with pytest.raises((TypeError, ZeroDivisionError)):
        other.put([copy, broken])
    assert other.all() == []
    assert [c.id for c in other.put([copy])] == [1]


# --------------------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour=red", "one of|did you mean"),
        ("mesage=x", "did you mean message"),
        ("category=netwrk", "did you mean network"),
        ("kind=terminl", "did you mean terminal"),
        ("is_error=maybe", "true or false"),
        ("category", "has no ="),
        ("app= \x07 ", "app is empty"),
        ("message=" + "x" * 5000, "5000 letters"),
    ],
)
def test_wrong_assignments_name_the_nearest(text: str, words: str) -> None:
    with pytest.raises(CorrectionError, match=words) as caught:
        parse([text])
    assert len(str(caught.value).splitlines()) == 1


def test_assignments_become_values() -> None:
    assert parse(["is_error=no", "app=null", "fix=a", "fix=b=c", "code=NONE", "entry=none", "category=none"]) == {
        "is_error": False, "app": None, "fixes": ["a", "b=c"], "error_code": None, "entry": "", "category": "none",
    }  # fmt: skip
    assert parse(["fixes=none", "message=a\x1b[31m\u202eb"]) == {"fixes": [], "message": "a [31m b"}
    for wrong in (["app=a", "app=b"], ["fix=none", "fix=a"], []):
        with pytest.raises(CorrectionError):
            parse(wrong)
    for values in (
        {"is_error": "yes"},
        {"fixes": [1]},
        {"app": 3},
        {"entry": 5},
        {"fixes": ["x"] * 13},
        {"nothing": 1},
    ):
        with pytest.raises(CorrectionError):
            validated(values)
    with pytest.raises(CorrectionError, match="did you mean nginx/502"):
        validated({"entry": "nginx/50"}, ["nginx/502", "apt/lock"])


def test_fields_that_contradict_each_other_are_refused(path: Path) -> None:
    store = Store(path)
    for message, values in (
        (None, {"message": "x"}),
        (None, {"category": "dns"}),
        (None, {"fixes": ["x"]}),
        (REFUSED, {"is_error": False, "category": "dns"}),
        (REFUSED, {"category": "none"}),
    ):
        with pytest.raises(CorrectionError, match="is_error"):
            store.add(diagnosis_of(SCREEN, message), values)
    with pytest.raises(CorrectionError, match="scope"):
        store.add(diagnosis_of(SCREEN, REFUSED), {"app": "x"}, scope="planet")  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------------- export, import


def test_rows_are_preference_data_with_the_models_own_prompts(path: Path) -> None:
    store = Store(path)
    diagnosis = diagnosis_of(SCREEN, REFUSED)
    store.add(diagnosis, {"category": "network", "app": None, "error_code": "X-1", "fixes": ["a", "b"]})
    store.add(diagnosis_of(SCREEN, None), {"is_error": True, "message": "m", "kind": None})
    made = list(rows(store.all()))
    told = {(row["correction"]["id"], row["field"]): (row["chosen"], row["rejected"]) for row in made}
    assert told == {
        (1, "app"): ("none", "Shop"),
        (1, "error_code"): ("X-1", "none"),
        (1, "category"): ("network", "other"),
        (1, "fixes"): ("a\nb", "none"),
        (2, "is_error"): ("yes", "no"),
        (2, "kind"): (None, "terminal"),
        (2, "message"): ("m", "none"),
    }
    for row in made:
        (turn,) = row["prompt"]
        assert turn["role"] == "user" and [part["type"] for part in turn["content"]] == ["image", "text"]
        assert turn["content"][1]["text"] == FIELD_PROMPTS.get(row["field"], "Field: fixes")
        assert row["image_sha256"] == diagnosis.image.sha256 and [line["text"] for line in row["lines"]] == SCREEN


def test_rows_come_back_as_the_same_corrections_each_once(path: Path, tmp_path: Path) -> None:
    store = Store(path)
    add(store, app="nginx", category="network")
    store.add(
        diagnosis_of(["token AKIAIOSFODNN7EXAMPLE is bad"], "token AKIAIOSFODNN7EXAMPLE is bad"),
        {"category": "authentication"},
        mask_secrets=True,
    )
    texts = [json.dumps(row) for row in rows(store.all())]
    assert "AKIA" not in "".join(texts)
    other = Store(tmp_path / "other.sqlite")
    assert len(other.put(read_rows([*texts, "", *texts]))) == 2 and other.put(read_rows(texts)) == []
    assert other.all() == store.all()
    message = "token AKIAIOSFODNN7EXAMPLE is bad"
    after, _ = other.rules().apply(extraction_of([message], message), lines_of([message]))
    assert after.category.value == "authentication"


@pytest.mark.parametrize(
    "change",
    [
        {"scope": "planet"}, {"fields": {}}, {"fields": {"colour": {"wrong": 1, "right": "x"}}}, {"uid": 5}, {"message": 7},
        {"fields": {"category": {"wrong": None, "right": "x"}}}, {"fields": {"app": {"wrong": {}, "right": "x"}}},
    ],
)  # fmt: skip
def test_rows_that_are_not_ours_are_refused_with_their_line(path: Path, change: dict[str, Any]) -> None:
    row = next(iter(rows([add(Store(path))])))
    good = json.dumps(row)
    row["correction"] |= change
    for bad in (json.dumps(row), "{}", "[]", "x", "3", '{"correction": 1, "lines": []}', "[" * 100_000):
        with pytest.raises(CorrectionError, match="line 2: "):
            read_rows([good, bad])
    without = {key: value for key, value in json.loads(good).items() if key != "lines"}
    with pytest.raises(CorrectionError, match="line 1: "):
        read_rows([json.dumps(without)])


def test_the_library_is_light() -> None:
    code = "import sys, mmgpt.corrections as c; c.Store('/nowhere').rules()\n"
    code += "print(*{'torch', 'numpy', 'argparse', 'train'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
