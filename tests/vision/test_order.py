"""Reading order and joining of rows: examples as screens have them, and properties that hold for any boxes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.reader.order import join_lines, join_rows, merge, reading_order, rows, same_row, union
from vision.reader.types import Character, Line


@st.composite
def boxes(draw, most: int = 25):
    """Boxes on a 1,000 pixel page, 4 to 40 pixels high, all different."""
    corner = st.tuples(st.integers(0, 900), st.integers(0, 900), st.integers(3, 400), st.integers(4, 40))
    drawn = draw(st.lists(corner, max_size=most, unique=True))
    return [(x, y, x + w, y + h) for x, y, w, h in drawn]


def line(text: str, x: int, y: int, width: int, height: int = 12, confidence: float = 0.9) -> Line:
    return Line(text, (x, y, x + width, y + height), confidence)


def texts(lines: list[Line]) -> list[str]:
    return [found.text for found in lines]


@given(boxes())
@settings(deadline=None)
def test_order_and_joining_use_every_box_once(found):
    every = list(range(len(found)))
    assert sorted(reading_order(found)) == every
    assert sorted(i for row in rows(found) for i in row) == every
    assert sorted(i for group in join_rows(found, 1.0) for i in group) == every


@given(boxes(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_order_does_not_depend_on_the_order_of_the_input(found, rng):
    shuffled = list(found)
    rng.shuffle(shuffled)
    assert [found[i] for i in reading_order(found)] == [shuffled[i] for i in reading_order(shuffled)]
    groups = [[found[i] for i in group] for group in join_rows(found, 1.0)]
    assert groups == [[shuffled[i] for i in group] for group in join_rows(shuffled, 1.0)]


@given(boxes(), st.integers(-500, 500), st.integers(-500, 500), st.sampled_from([2, 4, 8]))
@settings(deadline=None)
def test_order_is_the_same_elsewhere_and_enlarged(found, dx, dy, scale):
    moved = [(scale * x0 + dx, scale * y0 + dy, scale * x1 + dx, scale * y1 + dy) for x0, y0, x1, y1 in found]
    assert reading_order(moved) == reading_order(found)
    assert join_rows(moved, 1.0) == join_rows(found, 1.0)


@given(boxes())
@settings(deadline=None)
def test_boxes_in_order_stay_in_order(found):
    ordered = [found[i] for i in reading_order(found)]
    assert reading_order(ordered) == list(range(len(ordered)))


@given(boxes())
@settings(deadline=None)
def test_rows_run_from_left_to_right_and_their_members_share_height_with_the_row(found):
    for row in rows(found):
        assert [found[i][0] for i in row] == sorted(found[i][0] for i in row)
        if len(row) == 2:
            assert same_row(found[row[0]], found[row[1]])


@given(st.lists(st.integers(5, 30), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_stacked_lines_are_read_downwards(heights):
    found, top = [], 0
    for height in heights:
        found.append((10, top, 500, top + height))
        top += height + 1
    assert reading_order(found[::-1]) == list(range(len(found)))[::-1]


def test_a_sidebar_is_read_before_the_editor_beside_it():
    title = (300, 0, 700, 14)
    sidebar = [(10, 40 + 26 * k, 120, 54 + 26 * k) for k in range(6)]
    editor = [(300, 45 + 19 * k, 800, 58 + 19 * k) for k in range(8)]
    found = [title, *sidebar, *editor]
    assert reading_order(found) == list(range(len(found)))


def test_a_table_is_read_across():
    found = [(x, 20 * y, x + 60, 20 * y + 12) for y in range(5) for x in (0, 150, 400)]
    assert reading_order(found) == list(range(len(found)))


def test_rows_do_not_chain_along_a_slow_drift():
    found = [(60 * k, 4 * k, 60 * k + 50, 4 * k + 12) for k in range(12)]
    assert len(rows(found)) > 1


def test_a_superscript_or_a_low_comma_stays_in_its_row():
    found = [(0, 100, 50, 114), (52, 98, 58, 106), (60, 100, 120, 114), (121, 109, 124, 116)]
    assert rows(found) == [[0, 1, 2, 3]]


def test_lines_join_over_a_word_gap_and_not_over_a_column_gap():
    joined = join_lines([line("found", 66, 100, 40), line("not", 40, 100, 22), line("Cancel", 300, 100, 50)])
    assert texts(joined) == ["not found", "Cancel"]
    assert joined[0].box == (40, 100, 106, 112)


def test_without_a_limit_everything_in_a_row_joins():
    found = [(0, 0, 40, 12), (300, 1, 340, 13), (0, 30, 40, 42)]
    assert join_rows(found) == [[0, 1], [2]]


def test_boxes_that_lie_on_each_other_are_not_joined():
    assert join_rows([(0, 0, 100, 12), (10, 1, 95, 12)]) == [[0], [1]]


def test_merging_weighs_confidences_and_adds_a_space_between_characters():
    left = Line("ab", (0, 0, 20, 10), 1.0, (Character("a", 0, 10, 1.0), Character("b", 10, 20, 1.0)), (1.0, 9.0))
    right = Line("cdef", (25, 0, 65, 12), 0.4, tuple(Character(c, 25, 35, 0.4) for c in "cdef"), (3.0, 11.0))
    found = merge([left, right])
    assert found.text == "ab cdef" == "".join(c.text for c in found.characters)
    assert found.box == (0, 0, 65, 12)
    assert found.confidence == pytest.approx((2 * 1.0 + 4 * 0.4) / 6)
    assert found.metrics == (2.0, 10.0)
    space = found.characters[2]
    assert (space.x0, space.x1, space.confidence) == (20, 25, 0.4)


def test_characters_are_dropped_when_a_part_has_none():
    left = Line("a", (0, 0, 20, 10), 1.0, (Character("a", 0, 10, 1.0),))
    assert merge([left, line("b", 25, 0, 10)]).characters == ()


def test_nothing_gives_nothing_and_a_union_of_nothing_is_refused():
    assert not any((reading_order([]), rows([]), join_rows([]), join_lines([])))
    with pytest.raises(ValueError, match="at least one"):
        union([])


def test_a_thousand_lines_take_well_under_a_second():
    import time

    found = [(x, 14 * y, x + 90, 14 * y + 11) for y in range(250) for x in (0, 110, 260, 400)]
    start = time.perf_counter()
    reading_order(found)
    join_rows(found, 1.0)
    assert time.perf_counter() - start < 2.0
