"""Thresholds: what is answered, what a confidence is worth, and files that are not what they should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmgpt.diagnosis.thresholds import FORMAT, NAME, NAMES, Thresholds
from vision.reader.weights import WeightsError

CURVE = ((0.1, 0.05), (0.5, 0.4), (0.9, 0.95))
GOOD = {"format": FORMAT, "is_error": {"normal": 0.3, "error": 0.7}}


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    made = Thresholds(
        0.3, 0.7, {**Thresholds().least, "app": 0.45}, {"app": CURVE, "is_error": ((0.0, 0.0), (1.0, 0.9))}
    )
    made.save(tmp_path)
    assert Thresholds.load(tmp_path) == made
    made.save(tmp_path / "other.json")
    assert json.loads((tmp_path / "other.json").read_text())["calibration"]["app"] == [list(point) for point in CURVE]
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, "other.json"]


def test_a_folder_without_the_file_has_the_built_in_ones(tmp_path: Path) -> None:
    assert Thresholds.load(tmp_path) == Thresholds()


def test_a_curve_is_followed_between_its_points_and_kept_beyond_its_ends() -> None:
    made = Thresholds(curves={"app": CURVE})
    assert [made.calibrated("app", raw) for raw in (0.0, 0.1, 0.3, 0.5, 0.9, 1.0)] == pytest.approx(
        [0.05, 0.05, 0.225, 0.4, 0.95, 0.95]
    )
    assert made.calibrated("kind", 0.3) == 0.3
    assert made.calibrated("app", float("nan")) == 0.05


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_surer_field_is_never_worth_less(one: float, other: float) -> None:
    made = Thresholds(curves={"app": CURVE})
    low, high = sorted((one, other))
    assert 0 <= made.calibrated("app", low) <= made.calibrated("app", high) <= 1


def test_an_error_is_one_from_the_second_threshold_on_and_none_below_the_first() -> None:
    made = Thresholds(0.3, 0.7)
    assert [made.verdict(p) for p in (0.0, 0.29, 0.3, 0.69, 0.7, 1.0)] == [False, False, None, None, True, True]
    assert made.answers("is_error", 0.1) and not made.answers("is_error", 0.5) and made.answers("is_error", 0.9)


def test_a_field_is_answered_from_its_threshold_on() -> None:
    made = Thresholds(least={"app": 0.4})
    assert not made.answers("app", 0.39) and made.answers("app", 0.4)
    assert all(Thresholds.open().answers(name, 0.0) for name in NAMES)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "mmgpt.thresholds/9"}, "format"),
        ({"is_error": {"normal": 0.8, "error": 0.2}}, "normal"),
        ({"is_error": {"normal": 0.8}}, "error"),
        ({"least": {"colour": 0.5}}, "colour"),
        ({"least": {"app": 1.5}}, "app"),
        ({"calibration": {"app": [[0.0, 0.9], [1.0, 0.1]]}}, "rise"),
        ({"calibration": {"app": []}}, "no points"),
        ({"calibration": {"app": [[0.0, 2.0]]}}, "0 to 1"),
        ({"calibration": {"colour": [[0.0, 0.0]]}}, "colour"),
        ({"treshold": 1}, "treshold"),
    ],
)
def test_a_damaged_file_is_told_with_its_name(tmp_path: Path, change: dict[str, object], said: str) -> None:
    (tmp_path / NAME).write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(WeightsError, match=said) as error:
        Thresholds.load(tmp_path)
    assert str(tmp_path / NAME) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '"x"', "3"])
def test_what_is_no_object_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / NAME).write_text(text)
    with pytest.raises(WeightsError, match=NAME):
        Thresholds.load(tmp_path)
