"""Runbooks in YAML: lenient in what they need, exact about what is wrong and in which line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgpt.knowledge import EntryError, KnowledgeBase, lint
from mmgpt.knowledge.yamlbook import MAX_LETTERS, read_yaml
from tests.mmgpt.running import Cli

ONE = """\
title: The receipt printer is silent
product: Till
category: network
codes: [T-17, 404, 0x80070005, no, 1.10]
patterns:
  - "printer {num} does not answer"
cause: >
  The printer fell asleep,
  and the driver does not wake it.
fixes:
  - Switch it off and on.
  - "Restart the queue: `cancel -a`"
"""
SEVERAL = """\
product: Till
entries:
  - title: The drawer is stuck
    fixes: Hit it.
  - id: till/paper
    title: No paper
    product: Printer
    cause: The roll ends.
"""


def test_one_entry_takes_the_files_name_and_its_texts_as_written() -> None:
    (entry,) = read_yaml(ONE, Path("books/Receipt Printer.yaml"))
    assert (entry.id, entry.product, entry.category) == ("receipt-printer", "Till", "network")
    assert entry.codes == ("T-17", "404", "0x80070005", "no", "1.10")
    assert entry.cause == "The printer fell asleep, and the driver does not wake it."
    assert entry.fixes == ("Switch it off and on.", "Restart the queue: `cancel -a`")
    assert entry.match("printer 7 does not answer") is not None and entry.runbook
    assert (entry.source, entry.url) == ("Receipt Printer.yaml", "")


def test_several_entries_share_what_stands_beside_them() -> None:
    first, second = read_yaml(SEVERAL, Path("till.yml"))
    assert (first.id, first.product, first.fixes) == ("the-drawer-is-stuck", "Till", ("Hit it.",))
    assert (second.id, second.product, second.category) == ("till/paper", "Printer", "other")
    bare = read_yaml("- title: One thing\n  cause: x\n- title: Other thing\n  cause: y\n", Path("a.yml"))
    assert [entry.id for entry in bare] == ["one-thing", "other-thing"]


def test_a_folder_with_yaml_is_searched_and_linted(tmp_path: Path, cli: Cli) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "till.yaml").write_text(ONE, encoding="utf-8")
    base = KnowledgeBase.load([tmp_path], built_in=False)
    assert [hit.entry.id for hit in base.search("printer 12 does not answer")] == ["till"]
    assert [problem.level for problem in lint([tmp_path]) if problem.level == "error"] != ["error"]
    run = cli("knowledge", "search", "printer 12 does not answer", "--knowledge", tmp_path)
    assert run.code == 0 and "Restart the queue" in run.out


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("title: a: b\ncause: x\n", 1, "not YAML"),
        ("title: x\n\tcause: y\n", 2, "not YAML"),
        ("title: a\ncause: 'x\n", 3, "not YAML"),
        ("title: x\ncause: y\ncolour: red\n", 3, "unknown key 'colour'"),
        ("title: x\nfix: y\n", 2, "did you mean fixes"),
        ("title: x\ncause: y\ntitle: z\n", 3, "stands twice"),
        ("title: x\ncause: y\ncategory: netwrk\n", 3, "did you mean network"),
        ("title: x\ncause: y\nkinds:\n- terminal\n- photo\n", 5, "unknown kind 'photo'"),
        ("title: x\ncause: y\npatterns:\n- fine here\n- no {such} slot\n", 5, "unknown slot"),
        ("title: x\ncause: y\nid: Not An Id\n", 3, "lower-case"),
        ("title: [x, y]\ncause: z\n", 1, "one text"),
        ("title: x\nfixes:\n- a\n- do: this\n", 4, "quotes"),
        ("title: x\nfixes: {a: b}\n", 2, "quotes"),
        ("cause: y\n", 1, "title"),
        ("- title: a\n  cause: b\n- title: c\n", 3, "cause"),
        ("- just a text\n", 1, "keys"),
        ("entries: text\n", 1, "must be a list"),
        ("entries: []\nentry: x\n", 2, "beside `entries`"),
        ("title: x\n---\ntitle: y\n", 2, "second document"),
        ("a: &a x\nb: *a\n", 1, "aliases"),
        ("title: !!python/object/apply:os.system ['true']\n", 1, "tags"),
        ("title: !mine x\n", 1, "tags"),
        ("title: x\ncause: \x07\n", 2, "not YAML"),
        ("[" * 50, 1, "nested"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(text: str, line: int, words: str) -> None:
    with pytest.raises(EntryError, match=words) as caught:
        read_yaml(text, Path("till.yaml"))
    assert str(caught.value).startswith(f"till.yaml: line {line}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing but a remark\n", "---\n", "just a text", "4", "null"])
def test_a_file_without_entries_is_refused(text: str) -> None:
    with pytest.raises(EntryError, match=r"till\.yaml"):
        read_yaml(text, Path("till.yaml"))


def test_bombs_are_refused_at_once() -> None:
    laughs = "a: &a [x, x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    wide = "fixes: [" + "a," * 150_000 + "]"
    start = time.process_time()
    for text in (laughs, "[" * 200_000, "{a: " * 100_000, wide, "- " * 100_000, "x" * (MAX_LETTERS + 1)):
        with pytest.raises(EntryError):
            read_yaml(text, Path("bomb.yaml"))
    assert time.process_time() - start < 5


@settings(deadline=None, max_examples=150)
@given(st.text(alphabet="abc :-[]{}&*!#|>'\"%@`,?\n\t~\\\u0085\u2028\ufeff0", max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        read_yaml(text, Path("any.yaml"))
    except EntryError as error:
        assert str(error).startswith("any.yaml") and len(str(error).splitlines()) == 1


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40))
def test_quoted_texts_come_through_whole(text: str) -> None:
    written = text.replace("'", "''")
    if not text.strip():
        return
    (entry,) = read_yaml(f"title: 'x'\nfixes:\n- '{written}'\n", Path("any.yaml"))
    assert entry.fixes == (text.strip(),)
