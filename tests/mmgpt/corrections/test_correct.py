"""`mmgpt correct` as users meet it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from mmgpt.corrections import Store
from mmgpt.schema import Diagnosis, layout
from tests.mmgpt.corrections.screens import REFUSED, diagnosis_of
from tests.mmgpt.running import ROOT, Cli, lines_of

SCREEN = ["$ shop start", REFUSED]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MMGPT_KNOWLEDGE", str(tmp_path / "no-runbooks"))
    monkeypatch.setenv("MMGPT_CORRECTIONS", str(tmp_path / "own.sqlite"))
    return tmp_path / "own.sqlite"


def saved(path: Path, *diagnoses: Diagnosis, paths: bool = False) -> Path:
    values = [diagnosis.to_dict() for diagnosis in diagnoses]
    if paths:
        values = [{"schema": value["schema"], "path": f"shots/{n}.png", **value} for n, value in enumerate(values)]
        path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    else:
        path.write_text(layout(values[0]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def result(tmp_path: Path) -> Path:
    return saved(tmp_path / "result.json", diagnosis_of(SCREEN, REFUSED))


def test_a_correction_is_kept_and_told(cli: Cli, result: Path, own: Path) -> None:
    run = cli("correct", result, "category=network", "app=PostgreSQL", "--note", "as Ada said")
    assert (run.code, run.err) == (0, "")
    assert "category: other → network" in run.out and "app: Shop → PostgreSQL" in run.out and "as Ada said" in run.out
    assert "holds for “connect to {host} port {port}: Connection refused” of Shop" in run.out
    assert len(Store(own).rules()) == 1


def test_options_may_stand_anywhere(cli: Cli, result: Path, own: Path) -> None:
    run = cli("correct", result, "app=a", "--scope", "message", "kind=browser", "--exact", "category=dns", "--json")
    value = json.loads(run.out)
    assert (run.code, value["scope"], value["exact"], list(value["fields"])) == (
        0,
        "message",
        True,
        ["app", "kind", "category"],
    )
    assert value["holds_for"] == REFUSED and value["schema"] == "mmgpt.correction/1"
    assert cli("correct", result, "app=a", "--unknown", "b=c").code == 2


def test_one_of_several_results_is_chosen_by_its_path(cli: Cli, tmp_path: Path, own: Path) -> None:
    several = saved(
        tmp_path / "all.jsonl", *(diagnosis_of(SCREEN, REFUSED, picture=str(n)) for n in range(5)), paths=True
    )
    run = cli("correct", several, "--path", "shots/3.png", "app=x")
    assert run.code == 0 and Store(own).all()[0].sha256 == diagnosis_of(SCREEN, REFUSED, picture="3").image.sha256
    run = cli("correct", several, "app=x")
    assert run.code == 2 and len(run.errors) == 1 and "5 results" in run.err and "shots/0.png" in run.err
    run = cli("correct", several, "--path", "shots/9.png", "app=x")
    assert run.code == 2 and len(run.errors) == 1 and "shots/9.png" in run.err


def test_a_result_may_come_from_stdin(cli: Cli, result: Path, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(result.read_bytes())))
    assert cli("correct", "-", "app=x").code == 0 and len(Store(own).all()) == 1


@pytest.mark.parametrize(
    ("assignments", "words"),
    [
        (["colour=red"], "colour"), (["categry=x"], "did you mean category"), (["category=netwrok"], "did you mean network"),
        (["category=none"], "is_error=false"), ([], "nothing is corrected"), (["entry=nginx/502-bad-gatewai"], "nginx/502-bad-gateway"),
        (["app"], "has no ="),
    ],
)  # fmt: skip
def test_wrong_usage_is_one_line(cli: Cli, result: Path, own: Path, assignments: list[str], words: str) -> None:
    run = cli("correct", result, *assignments)
    assert (run.code, len(run.errors), run.out) == (2, 1, "") and words in run.err
    assert not own.exists()


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[1, 2]", '{"a": 1}', "[" * 100_000, '{"schema": "mmgpt.diagnosis/1"}', '{"schema": "mmgpt.reading/1"}\nx', "\x00"],
)  # fmt: skip
def test_what_is_no_result_is_one_line(cli: Cli, tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.json").write_text(text, encoding="utf-8")
    run = cli("correct", tmp_path / "bad.json", "app=x")
    assert run.code in (1, 2) and len(run.errors) == 1 and "bad.json" in run.err
    run = cli("correct", tmp_path / "none.json", "app=x")
    assert run.code == 1 and len(run.errors) == 1 and "No such file" in run.err


def test_without_a_result_or_with_too_much(cli: Cli, result: Path) -> None:
    assert cli("correct").code == cli("correct", result, "--list").code == cli("correct", "--list", "--undo").code == 2
    assert cli("correct", "--remove", "x").code == 2


def test_an_entry_of_ones_own_can_be_named(cli: Cli, result: Path, tmp_path: Path, own: Path) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "vpn.yaml").write_text("title: VPN\ncause: x\n", encoding="utf-8")
    assert cli("correct", result, "entry=vpn").code == 2
    assert cli("correct", result, "entry=vpn", "--knowledge", tmp_path / "books").code == 0
    assert cli("correct", result, "entry=nginx/502-bad-gateway").code == 0
    assert [c.changes["entry"].right for c in Store(own).all()] == ["vpn", "nginx/502-bad-gateway"]


def test_contradictions_are_told_and_the_list_says_which_holds(cli: Cli, result: Path) -> None:
    cli("correct", result, "category=network")
    run = cli("correct", result, "category=timeout")
    assert run.code == 0 and "correction 1 says otherwise" in run.err and "network" in run.err
    listed = cli("correct", "--list")
    assert "overruled by correction 2" in listed.out.split("\n\n")[0] and "overruled" not in listed.out.split("\n\n")[1]
    values = lines_of(cli("correct", "--list", "--json").out)
    assert [value["conflicts"] for value in values] == [[{"id": 2, "field": "category", "value": "timeout"}], []]


def test_corrections_are_forgotten(cli: Cli, result: Path) -> None:
    for category in ("network", "timeout", "dns"):
        cli("correct", result, f"category={category}")
    run = cli("correct", "--undo")
    assert run.code == 0 and "dns" in run.out
    assert cli("correct", "--remove", "correction/1").code == 0
    assert [value["id"] for value in lines_of(cli("correct", "--list", "--json").out)] == [2]
    run = cli("correct", "--remove", "1")
    assert run.code == 1 and len(run.errors) == 1
    cli("correct", "--undo")
    assert cli("correct", "--undo").code == 1 and cli("correct", "--list").code == 0


def test_export_and_import(cli: Cli, result: Path, tmp_path: Path) -> None:
    cli("correct", result, "category=network", "app=PostgreSQL")
    file, other = tmp_path / "pairs.jsonl", tmp_path / "other.sqlite"
    assert cli("correct", "--export", file).code == 0
    values = lines_of(file.read_text("utf-8"))
    assert [(row["field"], row["chosen"], row["rejected"]) for row in values] == [
        ("app", "PostgreSQL", "Shop"), ("category", "network", "other"),
    ]  # fmt: skip
    assert lines_of(cli("correct", "--export", "-").out) == values
    run = cli("correct", "--import", file, "--store", other)
    assert run.code == 0 and "1 corrections taken" in run.err
    assert "0 corrections taken, 1 were here" in cli("correct", "--import", file, "--store", other).err
    file.write_text("nonsense", encoding="utf-8")
    run = cli("correct", "--import", file)
    assert run.code == 1 and len(run.errors) == 1 and "line 1" in run.err
    run = cli("correct", "--export", tmp_path / "no" / "folder.jsonl")
    assert run.code == 1 and len(run.errors) == 1
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix == ".jsonl") == ["pairs.jsonl"]


def test_a_store_that_is_none_is_one_line(cli: Cli, result: Path, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no database" * 1000)
    for arguments in ([result, "app=x"], ["--list"], ["--undo"], ["--export", "-"]):
        run = cli("correct", *arguments, "--store", tmp_path / "notes")
        assert run.code == 1 and len(run.errors) == 1 and "notes" in run.err


def test_hostile_texts_reach_no_terminal(cli: Cli, tmp_path: Path) -> None:
    message = "evil \x1b[2J \u202eword\x07 here {host} now"
    file = saved(tmp_path / "evil.json", diagnosis_of([message], message, app="a\x1b[31mb"))
    for run in (
        cli("correct", file, "category=dns", "--note", "n\x1b[1m"),
        cli("correct", "--list"),
        cli("correct", "--undo"),
    ):
        assert run.code == 0
        assert not set("\x1b\x07\u202e") & set(run.out + run.err)


def test_masked_on_request(cli: Cli, tmp_path: Path, own: Path) -> None:
    message = "login of ada.lovelace@example.org was denied today"
    file = saved(tmp_path / "r.json", diagnosis_of([message], message))
    assert cli("correct", file, "category=authentication", "--mask-secrets").code == 0
    assert b"lovelace" not in b"".join(f.read_bytes() for f in tmp_path.glob("own.sqlite*"))


def test_a_note_where_the_rule_is_for_this_picture_only(cli: Cli, tmp_path: Path) -> None:
    file = saved(tmp_path / "r.json", diagnosis_of(SCREEN, None))
    run = cli("correct", file, "app=Bash")
    assert run.code == 0 and "this picture only" in run.err and "holds for the picture" in run.out


def test_the_next_diagnosis_is_corrected(cli: Cli, tmp_path: Path, own: Path) -> None:
    """With the package's own weights: diagnose, correct, diagnose again, take it back."""
    from mmgpt.diagnosis import Diagnoser

    picture = ROOT / "examples" / "site-cannot-be-reached.png"
    diagnoser = Diagnoser.load(corrections=own, use_decoder=False)
    before = diagnoser.diagnose(picture)
    assert before.category == "dns" and before.message and before.sources
    file = saved(tmp_path / "result.json", before)
    said = ("category=network", "app=Brave", "cause=The cable is loose.", "fix=Plug it in.")
    assert cli("correct", file, *said).code == 0
    after = diagnoser.diagnose(picture)
    assert (after.category, after.app, after.message) == ("network", "Brave", before.message)
    assert (after.cause, after.fixes, after.sources[0].id) == ("The cable is loose.", ["Plug it in."], "correction/1")
    assert after.confidence["category"] == after.confidence["app"] == 1.0
    assert [evidence for evidence in after.evidence if evidence.field == "category"]
    cli("correct", "--undo")
    again = diagnoser.diagnose(picture)
    assert (again.category, again.app, again.sources) == (before.category, before.app, before.sources)
