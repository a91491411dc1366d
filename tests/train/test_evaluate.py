"""The evaluator's arithmetic: distances, matching, metrics, bootstrap and calibration, against hand-made cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from train.evaluation import bootstrap
from train.evaluation.calibration import accuracy_at, coverage_curve, expected_calibration_error
from train.evaluation.lines import evaluate_lines
from train.evaluation.matching import linked, match
from train.evaluation.metrics import COUNTS, METRICS, evaluate_metrics, picture_counts, sums_of, table
from train.evaluation.samples import Sample, TrueLine
from train.evaluation.text import align, common_words, edit_distance, normalise, split_errors
from vision.reader.types import Line

BY_KEY = {metric.key: metric for metric in METRICS}
short_text = st.text(alphabet="abc é0O", max_size=24)


def truth(*lines: tuple[str, tuple[int, int, int, int] | None], **more) -> Sample:
    made = tuple(TrueLine(text, box) for text, box in lines)
    return Sample("s", Path("s.png"), 800, 600, made, more.pop("fields", None), {}, **more)


def read(*lines: tuple[str, tuple[int, int, int, int]]) -> list[Line]:
    return [Line(text, box, 0.9) for text, box in lines]


def plain_distance(a: str, b: str) -> int:
    """The textbook recurrence, as an independent reference."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        previous, row[0] = row[0], i
        for j, right in enumerate(b, start=1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]


@given(short_text, short_text)
@settings(deadline=None)
def test_edit_distance_is_levenshtein(a, b):
    assert edit_distance(a, b) == plain_distance(a, b)


@given(st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_edit_distance_agrees_with_rapidfuzz_and_cer_with_jiwer(a, b):
    levenshtein = pytest.importorskip("rapidfuzz.distance").Levenshtein
    assert edit_distance(a, b) == levenshtein.distance(a, b)


@given(st.lists(st.tuples(short_text.filter(lambda t: t.split()), short_text), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_character_error_rate_agrees_with_jiwer(pairs):
    jiwer = pytest.importorskip("jiwer")
    pairs = [(normalise(a), normalise(b)) for a, b in pairs]
    crops = [np.zeros((4, 4), np.uint8)] * len(pairs)
    found = evaluate_lines(lambda _: [b for _, b in pairs], crops, [a for a, _ in pairs], [{}] * len(pairs))
    assert found.overall["cer"] == pytest.approx(jiwer.cer([a for a, _ in pairs], [b for _, b in pairs]))


@given(short_text, short_text)
@settings(deadline=None)
def test_an_alignment_is_cheapest_and_spells_both_texts(a, b):
    operations = align(a, b)
    assert sum(kind != "equal" for kind, _, _ in operations) == edit_distance(a, b)
    assert "".join(a[i] for kind, i, _ in operations if kind != "insert") == a
    assert "".join(b[j] for kind, _, j in operations if kind != "delete") == b


def test_normalisation_composes_accents_and_collapses_spaces_and_no_more():
    assert normalise("  cafe\u0301\u00a0 au\tlait ") == "caf\u00e9 au lait"
    assert normalise("“Fi” ﬁ") == "“Fi” ﬁ"


def test_common_words_are_counted_in_order():
    assert common_words("no such file or directory", "no such flle or directory") == 4
    assert common_words("a b c", "c b a") == 1
    assert common_words("", "x") == 0


def test_errors_of_one_detection_are_shared_out_to_the_lines_it_covers():
    assert split_errors(["Name", "Size"], "Name Size") == [(0, "Name"), (0, "Size")]
    assert split_errors(["Name", "Size"], "NameSize") == [(0, "Name"), (0, "Size")]
    assert split_errors(["Name", "Size"], "Nome Size") == [(1, "Nome"), (0, "Size")]
    assert sum(errors for errors, _ in split_errors(["Name", "Size"], "Name")) == 4


BOX = (100, 100, 400, 120)


def test_a_detection_is_linked_to_its_line_and_to_no_neighbour():
    assert linked(BOX, (102, 103, 398, 118))
    assert linked(BOX, (102, 103, 180, 118)), "a piece of the line"
    assert linked(BOX, (60, 100, 700, 120)), "a longer row that holds it"
    assert not linked(BOX, (100, 122, 400, 142)), "the next row"
    assert not linked(BOX, (420, 100, 600, 120)), "beside it"
    assert not linked(BOX, (100, 98, 400, 142)), "a paragraph of two rows"
    assert linked(BOX, (100, 109, 300, 112)), "dashes alone are low"
    assert linked((739, 558, 821, 581), (759, 558, 802, 569)), "a button's box around its label"


def test_pieces_of_a_row_are_joined():
    found = match(truth(("no such file", BOX)), read(("file", (340, 101, 398, 119)), ("no such", (101, 102, 330, 119))))
    assert [line.read for line in found.lines] == ["no such file"]
    assert found.lines[0].exact and (found.found, found.right, found.counted) == (1, 2, 2)


def test_lines_of_a_row_may_be_covered_by_one_detection():
    sample = truth(("Cancel", (100, 10, 160, 24)), ("Save", (300, 10, 340, 24)))
    found = match(sample, read(("Cancel 5ave", (101, 11, 339, 23))))
    assert [(line.exact, line.edits) for line in found.lines] == [(True, 0), (False, 1)]
    assert (found.found, found.boxed, found.right, found.counted) == (2, 2, 1, 1)


def test_a_missed_line_costs_all_its_characters_and_an_invented_one_costs_precision():
    found = match(truth(("abcde", BOX)), read(("ghost", (100, 300, 200, 320))))
    assert found.lines[0].read is None and found.lines[0].edits == 5
    assert (found.found, found.boxed, found.right, found.counted) == (0, 1, 0, 1)


def test_half_a_line_is_not_found_but_its_characters_count():
    found = match(truth(("abcd efgh", BOX)), read(("abcd", (100, 100, 240, 120))))
    assert found.found == 0 and found.right == 1
    assert found.lines[0].edits == 5


def test_ignored_regions_and_incomplete_transcriptions_forgive_additional_detections():
    ghost = read(("clock", (700, 2, 760, 14)))
    assert match(truth(("a", BOX)), ghost).counted == 1
    assert match(truth(("a", BOX), ignore=((600, 0, 800, 20),)), ghost).counted == 0
    assert match(truth(("a", BOX), complete=False), ghost).counted == 0


def test_a_line_without_a_place_is_matched_by_its_text():
    sample = truth(("connection refused", None), ("something else", None), ("OK", BOX))
    found = match(sample, read(("OK", BOX), ("conection refused", (100, 300, 200, 320))))
    assert [line.edits for line in found.lines] == [1, 14, 0]
    assert (found.boxed, found.counted) == (1, 1)


@given(
    st.lists(
        st.tuples(st.text("ab ", min_size=1, max_size=9), st.integers(0, 20)), max_size=12, unique_by=lambda t: t[1]
    )
)
@settings(deadline=None)
def test_reading_the_truth_is_perfect(rows):
    sample = truth(*((text, (10, 30 * y, 10 + 9 * len(text), 30 * y + 14)) for text, y in rows))
    found = match(sample, [Line(line.text, line.box, 1.0) for line in sample.lines if line.box])
    assert all(line.exact and line.strict for line in found.lines)
    assert found.found == found.boxed == found.right == found.counted == len(rows)


def test_metrics_of_a_hand_counted_page():
    sample = truth(("one two", (10, 10, 80, 24)), ("three", (10, 40, 60, 54)))
    counts = picture_counts(match(sample, read(("one  two", (10, 10, 80, 24)), ("x", (300, 300, 310, 314)))), None)
    found = evaluate_metrics([counts])
    assert found["detection_precision"] == found["detection_recall"] == found["detection_f1"] == 0.5
    assert (found["line_accuracy"], found["line_accuracy_strict"]) == (0.5, 0.0)
    assert found["cer"] == pytest.approx(5 / 12)
    assert found["cer_found"] == 0
    assert found["word_accuracy"] == pytest.approx(2 / 3)
    assert found["error_f1"] is None, "there are no fields on this page"


def test_line_crops_are_grouped_by_their_tags():
    crops = [np.zeros((20, 50, 3), np.uint8)] * 3
    answers = iter(["ab", "cd", "eX"])
    found = evaluate_lines(
        lambda part: [next(answers) for _ in part],
        crops,
        ["ab", "cd", "ef"],
        [{"face": "Hack", "size": "9"}, {"face": "Hack", "size": "12"}, {"face": "Lato", "size": "12"}],
        batch=2,
    )
    assert found.overall["line_accuracy"] == pytest.approx(2 / 3)
    assert found.groups["face"]["Hack"]["cer"] == 0
    assert found.groups["face"]["Lato"]["cer"] == 0.5
    assert list(found.groups["size"]) == ["9", "12"]


def test_a_recogniser_that_loses_lines_is_refused():
    with pytest.raises(ValueError, match="1 texts for 2 crops"):
        evaluate_lines(lambda part: ["a"], [np.zeros((4, 4), np.uint8)] * 2, ["a", "b"], [{}, {}])
    with pytest.raises(ValueError, match="as many"):
        evaluate_lines(lambda part: ["a"], [np.zeros((4, 4), np.uint8)], ["a", "b"], [{}])


def pages(numbers: list[tuple[int, int]]) -> np.ndarray:
    """Counts of pictures with (exact, lines)."""
    return table([dict.fromkeys(COUNTS, 0.0) | {"exact": exact, "lines": lines} for exact, lines in numbers])


page_numbers = st.lists(
    st.integers(0, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n + 1))), min_size=2, max_size=20
)


@given(page_numbers, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_bootstrap_properties(numbers, rng):
    formula = BY_KEY["line_accuracy"].formula
    ours, draws = pages(numbers), bootstrap.resample(len(numbers), 300)
    same = bootstrap.compare(ours, ours, formula, draws)
    assert same is not None and (same.difference, same.low, same.high) == (0, 0, 0) and not same.clear
    theirs = pages([(rng.randint(0, lines), lines) for _, lines in numbers])
    there, back = bootstrap.compare(ours, theirs, formula, draws), bootstrap.compare(theirs, ours, formula, draws)
    assert there is not None and back is not None
    assert there.difference == pytest.approx(-back.difference)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.low <= there.high


def test_bootstrap_agrees_with_scipy_on_a_plain_mean():
    from scipy import stats

    rng = np.random.default_rng(3)
    ours, theirs = rng.integers(0, 2, 200), rng.integers(0, 2, 200)
    found = bootstrap.compare(
        pages([(int(v), 1) for v in ours]),
        pages([(int(v), 1) for v in theirs]),
        BY_KEY["line_accuracy"].formula,
        bootstrap.resample(200),
    )
    reference = stats.bootstrap(
        (ours - theirs,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(5)
    ).confidence_interval
    assert found is not None
    assert found.difference == pytest.approx(float(np.mean(ours - theirs)))
    assert (found.low, found.high) == pytest.approx((reference.low, reference.high), abs=0.02)


def test_bootstrap_sees_a_clear_difference_and_draws_the_same_every_time():
    ours, theirs = pages([(9, 10)] * 30), pages([(5 + k % 3, 10) for k in range(30)])
    formula = BY_KEY["line_accuracy"].formula
    first, again = (bootstrap.compare(ours, theirs, formula, bootstrap.resample(30)) for _ in range(2))
    assert first is not None and first == again and first.clear and first.low > 0.2
    assert bootstrap.weights_of(bootstrap.resample(30)).sum(axis=1).tolist() == [30.0] * bootstrap.RESAMPLES
    with pytest.raises(ValueError, match="same pictures"):
        bootstrap.compare(ours, theirs[:4], formula, bootstrap.resample(30))


def test_every_metric_is_defined_on_stacked_sums():
    sums = sums_of(np.ones((7, len(COUNTS))))
    for metric in METRICS:
        assert metric.formula(sums).shape == (7,), metric.key


def test_calibration_error_by_hand():
    assert expected_calibration_error([0.95] * 4, [True, True, True, False]) == pytest.approx(0.2)
    assert expected_calibration_error([1.0, 1.0, 0.0], [True, True, False]) == 0
    assert expected_calibration_error([], []) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.integers(0, 5))
@settings(deadline=None)
def test_coverage_grows_and_ends_at_the_share_of_answers(answers, silent):
    curve = coverage_curve([c for c, _ in answers], [r for _, r in answers], silent)
    coverage = [point[0] for point in curve]
    assert coverage == sorted(coverage) and coverage[-1] == pytest.approx(len(answers) / (len(answers) + silent))
    assert curve[-1][1] == pytest.approx(sum(r for _, r in answers) / len(answers))


def test_accuracy_at_a_coverage():
    curve = coverage_curve([0.9, 0.8, 0.3, 0.3], [True, True, False, True], unanswered=1)
    assert accuracy_at(curve, 0.4) == 1
    assert accuracy_at(curve, 0.8) == 0.75
    assert accuracy_at(curve, 1.0) is None
