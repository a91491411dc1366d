"""`mmgpt knowledge` as users meet it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from mmgpt.knowledge.base import read_file
from tests.mmgpt.running import Cli, lines_of

ADD = (
    "knowledge", "add", "--id", "shop/e42", "--title", "E42: the till is offline", "--product", "Shop",
    "--category", "network", "--code", "E42", "--pattern", "E42 till {num} is offline",
    "--example", "E42 till 7 is offline", "--example", "E42 till 12 is offline",
    "--cause", "The till lost its network, or the server that it talks to was restarted.",
    "--fix", "Check the cable of the till.", "--fix", "Restart the till's service.",
)  # fmt: skip


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own"
    monkeypatch.setenv("MMGPT_KNOWLEDGE", str(folder))
    return folder


def test_search_prints_cause_fixes_and_source(cli: Cli) -> None:
    run = cli("knowledge", "search", "502 Bad Gateway", "--product", "nginx")
    assert (run.code, run.err) == (0, "")
    assert "nginx/502-bad-gateway" in run.out and "1. " in run.out and "Source: " in run.out


def test_search_as_json_from_stdin(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"host x\nERR_CONNECTION_REFUSED\n")))
    run = cli("knowledge", "search", "-", "--json", "-n", "1")
    (hit,) = json.loads(run.out)["hits"]
    assert hit["id"] == "chromium/err-connection-refused" and 0 < hit["score"] <= 1 and hit["fixes"]


def test_search_by_code_alone(cli: Cli) -> None:
    assert "chromium/err-empty-response" in cli("knowledge", "search", "--code", "ERR_EMPTY_RESPONSE").out


def test_show_and_list(cli: Cli) -> None:
    assert json.loads(cli("knowledge", "show", "nginx/413-too-large", "--json").out)["codes"] == ["413"]
    run = cli("knowledge", "show", "nginx/413-too-larg")
    assert run.code == 1 and "nginx/413-too-large" in run.err and len(run.errors) == 1
    listed = lines_of(cli("knowledge", "list", "--product", "nginx", "--json").out)
    assert len(listed) >= 10 and {entry["product"] for entry in listed} == {"nginx"}
    assert cli("knowledge", "list", "--product", "no such program").code == 1


def test_an_added_entry_is_found_and_stays_valid(cli: Cli, own_folder: Path) -> None:
    assert cli(*ADD).code == 0
    assert [entry.id for entry in read_file(own_folder / "shop.toml")] == ["shop/e42"]
    assert "shop/e42" in cli("knowledge", "search", "E42 till 3 is offline").out.splitlines()[1]
    assert cli("knowledge", "lint", own_folder).code == 0
    again = cli(*ADD)
    assert again.code == 2 and "taken" in again.err and "nothing was written" in again.err
    assert len(read_file(own_folder / "shop.toml")) == 1


def test_add_refuses_what_lint_refuses(cli: Cli, own_folder: Path) -> None:
    run = cli(*[("error" if part == "E42 till {num} is offline" else part) for part in ADD])
    assert run.code == 2 and "matches too much" in run.err
    run = cli(*[("{nothing} is off" if part == "E42 till {num} is offline" else part) for part in ADD])
    assert run.code == 2 and "unknown slot" in run.err and "Traceback" not in run.err
    assert not own_folder.exists()


def test_add_to_a_file_of_ones_choice(cli: Cli, tmp_path: Path) -> None:
    assert cli(*ADD, "--to", tmp_path / "books" / "till.toml").code == 0
    assert cli("knowledge", "show", "shop/e42", "--knowledge", tmp_path / "books").code == 0
    assert cli(*ADD, "--to", tmp_path / "till.txt").code == 2


def test_lint_lists_problems_and_fails(cli: Cli, tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('product = "X"\n[[entry]]\nid = "x/y"\n[[entry]]\nid = "Not A Slug"\n', encoding="utf-8")
    run = cli("knowledge", "lint", bad)
    assert run.code == 1 and len(run.out.splitlines()) == 2 and f"{bad}:x/y" in run.out
    assert all(problem["level"] == "error" for problem in lines_of(cli("knowledge", "lint", bad, "--json").out))
    assert cli("knowledge", "lint", tmp_path / "nowhere").code == 1


@pytest.mark.parametrize(
    "arguments", [("search",), ("search", " "), ("search", "x", "-n", "0"), ("show",), ("add",), ("wander",), ()]
)
def test_wrong_usage_is_code_2_without_a_traceback(cli: Cli, arguments: tuple[str, ...]) -> None:
    run = cli("knowledge", *arguments)
    assert run.code == 2 and run.err and "Traceback" not in run.err


def test_broken_entries_of_ones_own_are_named(cli: Cli, own_folder: Path) -> None:
    own_folder.mkdir()
    (own_folder / "broken.toml").write_text("[[entry", encoding="utf-8")
    run = cli("knowledge", "search", "502 Bad Gateway")
    assert run.code == 1 and "broken.toml" in run.err and "Traceback" not in run.err and len(run.errors) == 1
