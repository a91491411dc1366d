"""The knowledge base: patterns, entries, runbooks, files, and the entries that come with the package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mmgpt.knowledge import Entry, EntryError, KnowledgeBase, Pattern, lint, user_folder
from mmgpt.knowledge.base import BUILT_IN, read_file
from mmgpt.knowledge.entry import read_entry
from mmgpt.knowledge.patterns import PatternError
from mmgpt.knowledge.runbook import read_runbook
from mmgpt.knowledge.slots import ANYTHING, NAMES
from mmgpt.knowledge.writing import append_entry, as_toml
from tests.mmgpt.running import ROOT
from train.data.world.slots import MAKERS, Slots

GOOD = {
    "id": "shop/e42",
    "title": "E42: the till is offline",
    "product": "Shop",
    "category": "network",
    "kinds": ["terminal"],
    "codes": ["E42"],
    "patterns": ["E42 till {num} is offline", "till {num}: {{offline}} \\o/"],
    "examples": ["E42 till 7 is offline", 'till 9: {offline} \\o/ "now"'],
    "cause": "The till lost its network, or the server that it talks to was restarted.",
    "fixes": ["Check the cable of the till.", "Restart the till's service."],
    "source": "own runbook",
}


def made(**changes: object) -> Entry:
    return read_entry({**GOOD, **changes}, "", Path("shop.toml"))


# ------------------------------------------------------------------------------------------------------- patterns


def test_slots_are_those_of_the_world_and_take_what_its_makers_make() -> None:
    import random

    assert {*MAKERS, ANYTHING} == NAMES
    for name in MAKERS:
        pattern = Pattern(f"before {{{name}}} and then after")
        for seed in range(30):
            value = Slots(random.Random(seed)).get(name)
            match = pattern.find(f"x before {value} and then after y")
            assert match is not None and match.slots == {name: value}, (name, value)


def test_a_pattern_gives_the_values_of_its_slots() -> None:
    pattern = Pattern("connect to {host} port {port}: {text}")
    match = pattern.find("ssh:  connect to\tdb.example.org port 22: No route to host")
    assert match is not None
    assert match.slots == {"host": "db.example.org", "port": "22", "text": "No route to host"}
    assert pattern.find("connect to db.example.org port ssh: No route") is None


def test_white_space_and_typographic_marks_are_alike_and_case_counts() -> None:
    pattern = Pattern("This site can’t be reached…")
    assert pattern.find("This  site can't be\u00a0reached...") is not None
    assert pattern.find("this site can’t be reached…") is None


def test_a_pattern_stands_at_word_bounds() -> None:
    assert Pattern("ERR_TIMED_OUT").find("net::ERR_TIMED_OUT") is not None
    assert Pattern("ERR_TIMED_OUT").find("XERR_TIMED_OUTS") is None


def test_braces_double_to_mean_themselves() -> None:
    assert Pattern("got {{ in {file}").find("got { in a.json") is not None
    for wrong in ("got { in", "a } b", "{no_such_slot} failed"):
        with pytest.raises(PatternError):
            Pattern(wrong)


@pytest.mark.parametrize(
    ("text", "specific"),
    [("error", False), ("{text}", False), ("Failed: {text}", False), ("no space left", True), ("E0425", True), ("{path}: 404", True)],
)  # fmt: skip
def test_specific_are_two_words_or_a_code(text: str, specific: bool) -> None:
    assert Pattern(text).is_specific is specific


def test_a_long_hostile_line_takes_no_time() -> None:
    import time

    pattern = Pattern("a {text} b {text2} c {text3} d {path} end of it")
    start = time.process_time()
    assert pattern.find("a b c d " * 100_000) is None
    assert time.process_time() - start < 1


# -------------------------------------------------------------------------------------------------------- entries


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "No Slug"}, "id"),
        ({"category": "none"}, "category"),
        ({"kinds": ["photo"]}, "kind"),
        ({"fixes": []}, "fixes"),
        ({"cause": " "}, "cause"),
        ({"patterns": ["{nothing} here now"]}, "unknown slot"),
        ({"codes": "E42"}, "codes"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(changes: dict[str, object], words: str) -> None:
    with pytest.raises(EntryError, match=words) as caught:
        made(**changes)
    assert str(caught.value).startswith("shop.toml:")


def test_what_is_written_reads_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "new" / "shop.toml"
    first = made(screen='$ till\n» E42 till {num} is offline\n"quoted" \\ \x7f', url="https://example.org/a")
    second = made(id="shop/e43", patterns=["E43 drawer is open"], examples=["E43 drawer is open"], codes=[])
    append_entry(path, first)
    append_entry(path, second)
    assert [entry.to_dict() for entry in read_file(path)] == [first.to_dict(), second.to_dict()]
    assert sorted(p.name for p in path.parent.iterdir()) == ["shop.toml"]


def test_one_id_in_two_files_is_an_error_that_names_both(tmp_path: Path) -> None:
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(as_toml(made()), encoding="utf-8")
    with pytest.raises(EntryError) as caught:
        KnowledgeBase.load([tmp_path])
    assert "a.toml" in str(caught.value) and "b.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.toml", b"[[entry", "not TOML"),
        ("a.toml", b"\xff\xfe", "UTF-8"),
        ("a.toml", b"entries = 1", "unknown entries"),
        ("a.toml", b"entry = [1]", "table"),
        ("a.md", b"no title", "# title"),
        ("a.md", b"---\ncodes: [1]\n# t\n", "no --- at its end"),
        ("a.md", b"---\ncolour: red\n---\n# t\n## Fix\nx", "colour"),
        ("a.md", b"# only a title\n", "Cause"),
        ("a.txt", b"text", ".toml"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(EntryError, match=words) as caught:
        KnowledgeBase.load([tmp_path / name], built_in=False)
    assert str(caught.value).startswith(str(tmp_path / name))


def test_a_cache_that_is_broken_or_cannot_be_written_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop.toml").write_text(as_toml(made()), encoding="utf-8")
    cache = tmp_path / "cache" / "mmgpt" / "knowledge.json"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert len(KnowledgeBase.load([tmp_path / "shop.toml"], built_in=False)) == 1
    assert cache.is_file()
    assert KnowledgeBase.load([tmp_path / "shop.toml"], built_in=False)["shop/e42"].to_dict() == made().to_dict()
    cache.write_text("{broken")
    assert len(KnowledgeBase.load([tmp_path / "shop.toml"], built_in=False)) == 1
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(KnowledgeBase.load([tmp_path / "shop.toml"], built_in=False)) == 1


# ------------------------------------------------------------------------------------------------------- runbooks

RUNBOOK = """---
product: Till
category: network
codes: [T-17, "T 18"]
patterns:
  - "printer {num} does not answer"
---
# The receipt printer is silent

## Cause
The printer fell asleep,
and the driver does not wake it.

## Fix
1. Switch it off and on.
2. Restart the queue:
   `cancel -a`
"""


def test_a_runbook_in_markdown_is_an_entry() -> None:
    entry = read_runbook(RUNBOOK, Path("books/Receipt Printer.md"))
    assert (entry.id, entry.title, entry.product) == ("receipt-printer", "The receipt printer is silent", "Till")
    assert (entry.category, entry.codes) == ("network", ("T-17", "T 18"))
    assert entry.cause == "The printer fell asleep, and the driver does not wake it."
    assert entry.fixes == ("Switch it off and on.", "Restart the queue: `cancel -a`")
    assert entry.match("printer 7 does not answer") is not None


def test_a_runbook_needs_no_front_matter(tmp_path: Path) -> None:
    (tmp_path / "vpn.md").write_text("# VPN drops at noon\n\n## Fix\nReconnect.\n\nAsk Ops.\n", encoding="utf-8")
    base = KnowledgeBase.load([tmp_path], built_in=False)
    assert base["vpn"].fixes == ("Reconnect.", "Ask Ops.")
    assert base.search("vpn drops at noon")[0].entry.id == "vpn"


# ------------------------------------------------------------------------------------------- the package's entries


def test_the_packages_entries_have_no_errors() -> None:
    assert [str(problem) for problem in lint([BUILT_IN]) if problem.level == "error"] == []


def test_there_are_many_entries_of_every_category() -> None:
    from mmgpt.knowledge.entry import ERROR_CATEGORIES, ERROR_KINDS

    base = KnowledgeBase.load()
    assert len(base) >= 400
    assert {entry.category for entry in base} == set(ERROR_CATEGORIES)
    assert {kind for entry in base for kind in entry.kinds} == set(ERROR_KINDS)


def test_importing_is_light() -> None:
    code = "import sys, mmgpt.knowledge.search; print(*{'torch', 'numpy', 'scipy', 'train'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_users_folder_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MMGPT_KNOWLEDGE", str(tmp_path))
    assert user_folder() == tmp_path
    monkeypatch.delenv("MMGPT_KNOWLEDGE")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert user_folder() == tmp_path / "mmgpt" / "knowledge"


# ----------------------------------------------------------------------------------------------------------- lint


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"patterns": ["E42 till {num} is offline", "not in any example"]}, "none of the examples"),
        ({"examples": ["E42 till 7 is offline", "till 9: {offline} \\o/", "another thing"]}, "no pattern stands"),
        ({"examples": ["E42 till 7 is offline till 9: {offline} \\o/"]}, "2 are needed"),
        ({"patterns": ["{text} till", "E42 till {num}"], "examples": ["E42 till 7", "a till"]}, "matches too much"),
        ({"cause": "Short."}, "cause has"),
        ({"fixes": ["Only a single one here."]}, "1 fixes"),
        ({"fixes": ["Run `this command.", "Check the cable of the till."]}, "backtick"),
        ({"cause": "See registry." + "npmjs.org for the reason, which is not to be named here."}, "package server"),
        ({"screen": "$ till\nno message row"}, "no row that begins"),
        ({"screen": "» something else"}, "none of the patterns"),
        ({"codes": ["E42", "E42"]}, "code stands twice"),
        ({"url": "example.org"}, "https"),
    ],
)
def test_lint_finds_what_is_wrong(changes: dict[str, object], words: str) -> None:
    from mmgpt.knowledge.lint import lint_entries

    assert lint_entries([made()]) == []
    found = [problem for problem in lint_entries([made(**changes)]) if problem.level == "error"]
    assert any(words in problem.text and problem.place == "shop.toml:shop/e42" for problem in found), found


def test_lint_compares_entries_with_each_other() -> None:
    from mmgpt.knowledge.lint import lint_entries

    assert any("taken" in p.text for p in lint_entries([made(), made()]))
    other = made(id="shop/e43", codes=[])
    assert any("also one of shop/e42" in p.text for p in lint_entries([made(), other]))
    first = made(codes=["TILL_OFFLINE"])
    twin = made(id="shop/e44", codes=["TILL_OFFLINE"], patterns=["E42 drawer open"], examples=["E42 drawer open"])
    assert [p.level for p in lint_entries([first, twin]) if "has the codes of" in p.text] == ["warning"]
    thief = made(
        id="bank/x", product="Bank", codes=[], patterns=["E42 till 7 is offline"], examples=["E42 till 7 is offline"]
    )
    assert any(p.level == "warning" and "fits bank/x better" in p.text for p in lint_entries([made(), thief]))
