"""Curves and thresholds: what is calibrated already stays so, what is not is bent, limits hold on what they were chosen on."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgpt.diagnosis.thresholds import Thresholds
from train import calibrate
from train.data.shards import ShardSample, write_shard
from train.evaluation.diagnosis_fit import METHODS, Answers, apply, fit, least_for_accuracy, least_for_alarms, log_loss
from train.evaluation.diagnosis_metrics import calibration_error
from train.evaluation.diagnosis_observe import Observation, samples_of
from train.evaluation.samples import SampleError


def drawn(count: int, bend: float, seed: int = 1, real: bool = True) -> list[tuple[float, bool, bool, str]]:
    """Answers whose true probability of being right is the raw one, to the power of `bend`."""
    rng = np.random.default_rng(seed)
    raw = rng.random(count)
    right = rng.random(count) < raw**bend
    return [(float(p), bool(r), real, f"{seed}-{n}") for n, (p, r) in enumerate(zip(raw, right, strict=True))]


pairs = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=80)


@settings(max_examples=40, deadline=None)
@given(pairs)
def test_every_method_gives_a_rising_curve_that_the_diagnosis_takes(rows):
    raw, right = np.array([p for p, _ in rows]), np.array([float(r) for _, r in rows])
    for name, make in METHODS.items():
        points = make(raw, right, np.ones(len(rows)))
        assert all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(points)), name
        thresholds = Thresholds(curves={"app": points})
        for p in (0.0, 0.3, 1.0):
            assert thresholds.calibrated("app", p) == pytest.approx(float(apply(points, np.array([p]))[0]))


def test_overconfidence_is_taken_back():
    answers = Answers.of(drawn(400, 2.5))
    found = fit(answers)
    fresh = Answers.of(drawn(4000, 2.5, seed=2))
    assert found.method != "none" and found.loss < found.loss_before
    before, after = calibration_error(fresh.raw, fresh.right), calibration_error(found(fresh.raw), fresh.right)
    assert before > 0.15 and after < 0.06


def test_what_is_exact_is_hardly_bent():
    found = fit(Answers.of(drawn(400, 1.0)))
    assert np.abs(found(np.linspace(0.05, 0.95, 19)) - np.linspace(0.05, 0.95, 19)).max() < 0.12


def test_few_captures_bend_nothing():
    assert fit(Answers.of(drawn(20, 3.0))).points == ()
    assert fit(Answers.of([(0.5, True, True, str(n)) for n in range(60)])).points == ()  # all right: no curve is known


def test_rendered_screens_that_mislead_count_little():
    real, other = drawn(120, 2.0), [(p, True, False, name) for p, _, _, name in drawn(600, 1.0, seed=3)]
    found = fit(Answers.of([*real, *other]))
    assert found.worth <= 0.1
    alone = fit(Answers.of(real))
    assert log_loss(found(np.array([0.5])), np.array([1.0])) >= 0.8 * log_loss(alone(np.array([0.5])), np.array([1.0]))


def test_rendered_screens_that_agree_help():
    found = fit(Answers.of([*drawn(40, 2.5), *drawn(800, 2.5, seed=4, real=False)]))
    assert found.worth > 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.floats(0.5, 1), st.floats(0, 0.8)
)
def test_answers_above_the_threshold_are_right_often_enough(rows, wanted, floor):
    p, right = np.array([x for x, _ in rows]).round(3), np.array([float(r) for _, r in rows])
    least = least_for_accuracy(p, right, np.ones(len(p), dtype=bool), wanted, floor)
    kept = p >= least
    assert least >= floor - 1e-4
    possible = [t for t in p if t >= floor and right[p >= t].mean() >= wanted]
    if possible and kept.any():
        assert right[kept].mean() >= wanted - 1e-9


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60), st.floats(0.0, 0.5))
def test_alarms_stay_below_their_limit(rows, most):
    p, real = np.array([x for x, _ in rows]).round(3), np.array([r for _, r in rows])
    least = least_for_alarms(p, real, most)
    called = p >= least
    shares = [called[group].mean() for group in (real, ~real) if group.any()]
    assert np.mean(shares) <= most + 1e-6 or p.max() == 1.0
    assert 0.5 <= least <= 1


def test_entries_are_judged_on_captures_that_look_like_errors():
    def seen(name: str, real: bool, is_error: bool, entry: tuple[str, float] | None) -> Observation:
        return Observation(name, real, is_error, 0.9, True, {}, entry)

    rows = calibrate._entries(
        [
            seen("a", True, True, ("x", 0.8)),
            seen("b", True, True, ("y", 0.7)),
            seen("c", True, False, ("x", 0.6)),  # a normal screen: any entry is wrong
            seen("d", False, True, ("x", 0.9)),  # rendered: nobody has labelled it
            seen("e", True, True, None),
        ],
        {"a": ("x",), "b": ()},
    )
    assert rows == [(0.8, True, True, "a"), (0.7, False, True, "b"), (0.6, False, True, "c")]


def test_samples_come_from_folders_and_from_shards(tmp_path):
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (20, 10)).save(file, "PNG")
    record = {"id": "one", "width": 20, "height": 10, "lines": [], "fields": None}
    write_shard(tmp_path / "shard-000000.tar", [ShardSample("0001", file.getvalue(), record)])
    with samples_of([tmp_path]) as found:
        assert [sample.id for sample in found] == ["one"] and found[0].pixels().shape == (10, 20, 3)
    (tmp_path / "shard-000001.tar").write_bytes(b"no tar")
    with pytest.raises(SampleError, match="shard-000001"), samples_of([tmp_path]):
        pass


def test_the_command_refuses_test_and_tells_what_is_missing(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        calibrate.main(["--data", "test", "--out", str(tmp_path / "diagnosis.json")])
    assert ended.value.code == 2
    assert calibrate.main(["--data", str(tmp_path / "nowhere"), "--out", str(tmp_path / "diagnosis.json")]) == 2
    assert "nowhere" in capsys.readouterr().err and not (tmp_path / "diagnosis.json").exists()


def test_what_is_written_is_what_is_loaded(tmp_path):
    points = METHODS["logistic"](*(np.array(x) for x in ([0.1, 0.5, 0.9], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0])))
    thresholds = Thresholds(0.4, 0.7, {**Thresholds().least, "app": 0.45}, {"app": points})
    thresholds.save(tmp_path)
    assert Thresholds.load(tmp_path) == thresholds
    assert json.loads((tmp_path / "diagnosis.json").read_text("utf-8"))["is_error"] == {"normal": 0.4, "error": 0.7}
