"""What the shipped weights are held to, on real captures and on held-out faces; and what must fail does.

Floors stand a little under what the model card reports, so that a worse release cannot land unseen. The captures are those of
`dev`: `test` is only measured.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from mmgpt.extract import load_extractor
from train.evaluation.controls import make_control
from train.evaluation.line_sets import held_out_lines, recogniser_of
from train.evaluation.lines import evaluate_lines
from train.evaluation.run import Contender, ReaderResult, evaluate
from train.evaluation.samples import load_samples
from vision.reader import make_reader

DEV = Path(__file__).parents[1] / "data" / "real" / "dev"
pytestmark = pytest.mark.render


@pytest.fixture(scope="module")
def nano() -> ReaderResult:
    """Every third development capture, read and extracted."""
    return evaluate(load_samples(DEV)[::3], Contender("nano", make_reader("nano")), load_extractor(None))


def test_real_screens_are_read(nano: ReaderResult) -> None:
    assert (nano.metrics["line_accuracy"] or 0) >= 0.65
    assert (nano.metrics["cer"] or 1) <= 0.06
    assert (nano.metrics["detection_f1"] or 0) >= 0.85


def test_real_errors_are_found_and_normal_screens_are_left_alone(nano: ReaderResult) -> None:
    assert (nano.metrics["error_f1"] or 0) >= 0.85
    assert (nano.metrics["right_line"] or 0) >= 0.65
    assert (nano.metrics["code_accuracy"] or 0) >= 0.65


def test_random_weights_read_nothing() -> None:
    samples = load_samples(DEV)[:6]
    result = evaluate(samples, Contender("random", make_control("random-weights")), load_extractor(None))
    assert (result.metrics["line_accuracy"] or 0) <= 0.01
    assert (result.metrics["right_line"] or 0) <= 0.2


def test_an_empty_page_yields_no_error_and_no_words() -> None:
    samples = [s for s in load_samples(DEV) if s.fields and s.fields["is_error"]][:6]
    result = evaluate(samples, Contender("empty", make_control("empty-page")), load_extractor(None))
    assert not result.metrics["error_recall"]
    assert not result.metrics["right_line"]
    assert not result.metrics["line_accuracy"]


def test_lines_in_faces_never_trained_on_are_read() -> None:
    lines = held_out_lines(128, seed=1)
    read = evaluate_lines(recogniser_of(make_reader("nano")), lines.crops, lines.texts, lines.tags)
    assert (read.overall["line_accuracy"] or 0) >= 0.5
    assert (read.overall["cer"] or 1) <= 0.08
    random = evaluate_lines(recogniser_of(make_control("random-weights")), lines.crops, lines.texts, lines.tags)
    assert (random.overall["line_accuracy"] or 0) <= 0.02
