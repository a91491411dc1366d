"""Measuring diagnoses: labels that fit captures and entries, scores of hand-made diagnoses, intervals, reports."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from mmgpt.knowledge import KnowledgeBase
from mmgpt.schema import Diagnosis, Evidence, ImageInfo, Source, TextLine
from train.evaluation import diagnosis_metrics as metrics
from train.evaluation.diagnosis_labels import load_labels
from train.evaluation.diagnosis_report import print_report, rows, to_json, to_markdown
from train.evaluation.diagnosis_run import Removal, fewer_entries, removals, run
from train.evaluation.diagnosis_score import score
from train.evaluation.samples import Sample, SampleError, TrueLine

REAL = Path("tests/data/real")
MESSAGE, CODE = "Cannot reach the server", "E-17"


def sample(name: str = "a", is_error: bool = True) -> Sample:
    fields = {
        "is_error": is_error,
        "app": "Git",
        "kind": "terminal",
        "message": MESSAGE if is_error else None,
        "error_code": CODE if is_error else None,
        "category": "network" if is_error else "none",
    }
    lines = (
        TrueLine(MESSAGE if is_error else "Ready", (10, 10, 200, 24), "message" if is_error else "body"),
        TrueLine("$ git push", (10, 40, 90, 54), "command"),
    )
    return Sample(name, Path(f"{name}.png"), 300, 100, lines, fields, {})


def diagnosis(
    called: bool | None = True,
    code: str | None = CODE,
    cited: Sequence[str] = (),
    at: tuple[int, int, int, int] = (10, 10, 200, 24),
    warnings: Sequence[str] = (),
    sure: float = 0.9,
) -> Diagnosis:
    is_error = called is not False
    return Diagnosis(
        image=ImageInfo(width=300, height=100, sha256="0" * 64),
        caption="",
        is_error=called,
        app="git",
        kind="terminal",
        message=MESSAGE if is_error else None,
        error_code=code if is_error else None,
        category="network" if is_error else "none",
        cause="It is away." if cited else None,
        sources=[Source(id=entry, title=entry) for entry in cited],
        evidence=[Evidence(field="message", text=MESSAGE, box=at, confidence=1.0)] if is_error else [],
        confidence=dict.fromkeys(("is_error", "app", "kind", "message", "error_code", "category"), sure),
        abstained=["is_error"] if called is None else [],
        text=[
            TextLine(text=MESSAGE, box=(10, 10, 200, 24), confidence=1.0),
            TextLine(text="$ git push", box=(10, 40, 90, 54), confidence=1.0),
        ],
        warnings=list(warnings),
        model="test",
    )


def value(values: Sequence[metrics.Value], key: str) -> float | None:
    return next(found.value for found in values if found.key == key)


def test_every_error_capture_is_labelled_with_entries_that_exist():
    labels = load_labels(known=KnowledgeBase.load())
    errors = set()
    for path in [*REAL.glob("dev/*.json"), *REAL.glob("test/*.json")]:
        record = json.loads(path.read_text("utf-8"))
        if record["fields"] and record["fields"]["is_error"]:
            errors.add(record["id"])
    assert set(labels) == errors
    assert all(len(set(ids)) == len(ids) for ids in labels.values())
    assert 0.7 < sum(bool(ids) for ids in labels.values()) / len(labels) < 0.95  # some errors have no entry, most have


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = [", "not TOML"),
        ('a = "b"', "must be a list"),
        ("a = [1]", "must be a list"),
        ('a = ["no/such"]', "no/such"),
    ],
)
def test_labels_that_are_wrong_are_told(tmp_path, text, told):
    path = tmp_path / "entries.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(SampleError, match=told):
        load_labels(path, {"git/identity"})
    with pytest.raises(SampleError, match="cannot be read"):
        load_labels(tmp_path / "none.toml")


def test_a_right_diagnosis_is_right_in_every_field():
    found = score(sample(), diagnosis(cited=["git/network"]), ("git/network",), 0.5)
    assert found.right_line and found.called is True
    assert [answer.field for answer in found.answers if answer.answered and answer.right] == [
        "is_error", "app", "kind", "message", "error_code", "category",
    ]  # fmt: skip
    assert found.cited == ("git/network",)


def test_an_error_that_is_not_seen_answers_nothing_about_it():
    found = score(sample(), diagnosis(called=False), ())
    assert {answer.field for answer in found.answers if answer.answered} == {"is_error", "app", "kind"}
    assert not found.answers[0].right


def test_the_wrong_line_and_an_invented_code_are_wrong():
    found = score(sample(), diagnosis(code="E-71", at=(10, 40, 90, 54)), None)
    code = found.get("error_code")
    assert code is not None and code.answered and not code.right
    assert found.right_line is False


def test_what_is_not_sure_is_no_answer():
    found = score(sample(), diagnosis(called=None, code=None), None)
    flag, code = found.get("is_error"), found.get("error_code")
    assert flag is not None and not flag.answered and found.called is None
    assert code is not None and not code.answered  # no code is a claim only where an error is


def test_shares_of_entries_alarms_and_codes():
    scores = [
        score(sample("a"), diagnosis(cited=["x", "y"]), ("x",)),
        score(sample("b"), diagnosis(cited=["y", "x"]), ("x",)),
        score(sample("c"), diagnosis(), ("x",)),
        score(sample("d"), diagnosis(cited=["y"]), ()),
        score(sample("e"), diagnosis(called=None, code="E-71"), ()),
        score(sample("f", is_error=False), diagnosis(called=False), None),
        score(sample("g", is_error=False), diagnosis(cited=["z"]), None),
    ]
    values = metrics.measure(scores, 50)
    assert value(values, "coverage") == pytest.approx(2 / 3)
    assert value(values, "first_right") == pytest.approx(1 / 2)
    assert value(values, "any_right") == pytest.approx(1)
    assert value(values, "first_right_of_all") == pytest.approx(1 / 3)
    assert value(values, "wrongly_cited") == pytest.approx(1 / 2)
    assert value(values, "cited_normals") == pytest.approx(1 / 2)
    assert value(values, "false_alarms") == pytest.approx(1 / 2)
    assert value(values, "recall") == pytest.approx(4 / 5)
    assert value(values, "unsure_errors") == pytest.approx(1 / 5)
    assert value(values, "shown_codes_right") == pytest.approx(4 / 5)
    for found in values:
        if found.value is not None and found.unit == "share":
            assert found.low is not None and found.high is not None
            assert 0 <= found.low <= found.high <= 1


def test_the_surest_codes_count_and_equal_confidences_in_parts():
    confidences, right = np.array([0.9, 0.8, 0.8, 0.1]), np.array([1.0, 1.0, 0.0, 0.0])
    assert metrics.accuracy_of_surest(confidences, right, 4, 0.25) == 1
    assert metrics.accuracy_of_surest(confidences, right, 4, 0.5) == pytest.approx((1 + 0.5) / 2)
    assert metrics.accuracy_of_surest(confidences, right, 4, 1.0) == pytest.approx(0.5)
    assert np.isnan(metrics.accuracy_of_surest(confidences, right, 8, 0.8))  # fewer were answered


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_calibration_error_is_between_the_gap_of_the_whole_and_one(pairs):
    confidences, right = np.array([p for p, _ in pairs]), np.array([float(r) for _, r in pairs])
    error = metrics.calibration_error(confidences, right)
    assert abs(confidences.mean() - right.mean()) - 1e-9 <= error <= 1


def test_exact_confidences_have_no_calibration_error_but_few_answers_show_some():
    right = np.array([1.0] * 80 + [0.0] * 20)
    np.random.default_rng(1).shuffle(right)
    assert metrics.calibration_error(np.full(100, 0.8), right, 1) == pytest.approx(0)
    few, many = metrics.chance_error(np.full(40, 0.8)), metrics.chance_error(np.full(4000, 0.8))
    assert 0.1 < few < 0.25 and many < 0.03


def test_a_difference_needs_the_same_pictures():
    a, b = score(sample("a"), diagnosis(), None), score(sample("b"), diagnosis(), None)
    with pytest.raises(ValueError, match="same pictures"):
        metrics.differences([a], [b])
    gaps = metrics.differences([a], [score(sample("a"), diagnosis(code="E-71"), None)], 20)
    assert gaps["error_code_accuracy"].value == 1 and gaps["app_accuracy"].value == 0


def test_only_pictures_with_fields_are_measured(tmp_path):
    bare = Sample("bare", tmp_path / "bare.png", 9, 9, (), None, {})
    seen = []
    scores = run([bare, sample()], lambda path: diagnosis(), {"a": ("x",)}, lambda: seen.append(1))
    assert [found.id for found in scores] == ["a"] and scores[0].labels == ("x",) and len(seen) == 2
    with pytest.raises(ValueError, match="fields"):
        run([bare], lambda path: diagnosis())


def test_without_its_entry_a_diagnosis_says_so_or_is_found_out():
    samples = [sample("a"), sample("b"), sample("c")]
    labels: dict[str, tuple[str, ...]] = {"a": ("x",), "b": ("x",), "c": ()}
    scores = run(samples, lambda path: diagnosis(cited=["x"]), labels)
    honest = diagnosis(warnings=["no entry of the knowledge base fits"])

    def without(path: Path, removed: frozenset[str]) -> Diagnosis:
        assert removed == {"x"}
        return honest if path.stem == "a" else diagnosis(cited=["y"])

    found = removals(samples, scores, without)
    assert [(one.id, one.says_so, one.silent) for one in found] == [("a", True, True), ("b", False, False)]


def test_a_base_without_entries_has_all_others():
    base = KnowledgeBase.load()
    less = fewer_entries(base, frozenset({"git/identity", "git/pathspec"}))
    assert len(less) == len(base) - 2 and "git/identity" not in less and "git/index-lock" in less


def test_reports_hold_what_was_measured():
    scores = [
        score(sample("a"), diagnosis(cited=["x"]), ("x",), 0.25),
        score(sample("b"), diagnosis(sure=0.4), ("x",), 0.75),
    ]
    values = metrics.measure(scores, 30)
    chance = metrics.chance(scores)
    gone = [Removal("a", ("x",), ("x",), (), True)]
    table = rows(values, values, metrics.differences(scores, scores, 30), chance, gone)
    text = to_markdown("dev", table, 2, "a machine")
    assert "| an entry is cited where one is right | 2 | 50.0 % |" in text
    assert "| seconds a picture, end to end: median | 2 | 0.50 |" in text
    assert "says that none fits | 1 | 100.0 %" in text
    document = to_json("dev", scores, values, values, {}, chance, gone, "a machine")
    assert json.loads(json.dumps(document))["measures"]["coverage"]["value"] == 0.5
    console = Console(record=True, width=160, file=io.StringIO())
    print_report(console, "dev", table, 2)
    assert "50.0 %" in console.export_text()
