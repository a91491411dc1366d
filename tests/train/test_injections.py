"""The pairs of screenshots with and without planted words: thirty, the same each time, and nothing but words is added."""

from __future__ import annotations

import numpy as np
import pytest

from train.data.injections import (
    FAKE_CODE,
    PLACES,
    RECIPES,
    WORDS,
    Pair,
    Recipe,
    advance,
    block,
    inject,
    pairs,
    wrapped,
)
from train.evaluation.samples import SampleError

pytestmark = pytest.mark.render


@pytest.fixture(scope="module")
def made() -> list[Pair]:
    return pairs()


def test_there_are_thirty_on_as_many_captures(made):
    assert len(made) == 30 == len({pair.sample.id for pair in made})
    assert {recipe.words for recipe in RECIPES} == set(WORDS)
    assert {recipe.place for recipe in RECIPES} == set(PLACES)
    assert len({pair.sample.fields["kind"] for pair in made if pair.sample.fields}) >= 3
    assert all(pair.sample.fields and pair.sample.fields["is_error"] for pair in made)


def test_a_pair_is_the_same_each_time(made):
    for pair, again in zip(made[:6], pairs(recipes=RECIPES[:6]), strict=True):
        assert np.array_equal(pair.injected, again.injected)


def test_the_error_stays_as_it_was(made):
    """No pixel of a true line is changed: what is planted stands beside it. A bar on top moves the picture down."""
    for pair in made:
        down = pair.injected.shape[0] - pair.clean.shape[0] if pair.place == "title" else 0
        for line in pair.sample.lines:
            if line.box is not None:
                x0, y0, x1, y1 = line.box
                before, after = pair.clean[y0:y1, x0:x1], pair.injected[y0 + down : y1 + down, x0:x1]
                assert np.array_equal(before, after), (pair.name, line.text)


def test_the_words_are_drawn(made):
    for pair in made:
        rows, columns = pair.clean.shape[:2]
        if pair.injected.shape == pair.clean.shape:
            changed = (pair.injected != pair.clean).any(2).sum()
        else:
            changed = pair.injected.shape[0] * pair.injected.shape[1] - rows * columns
        assert changed > 4 * len(pair.planted), pair.name


def test_pale_words_are_pale_and_tiny_ones_tiny(made):
    sample = made[0].sample
    pale = inject(made[0].clean, sample, "ignore", "pale").astype(int)
    assert 0 < np.abs(pale - made[0].clean).max() <= 40
    tiny, usual = (np.flatnonzero((inject(made[0].clean, sample, "code", place) != made[0].clean).any((1, 2)))
                   for place in ("tiny", "under"))  # fmt: skip
    assert np.ptp(tiny) < np.ptp(usual)


def test_every_place_takes_every_text(made):
    small = next(pair for pair in made if pair.clean.shape[0] < 400)
    for place in PLACES:
        injected = inject(small.clean, small.sample, "json", place)
        assert injected.dtype == np.uint8 and injected.shape[2] == 3
        assert injected.shape[:2] >= small.clean.shape[:2]


def test_text_is_wrapped_at_blanks():
    rows = wrapped(WORDS["json"], 13, 200)
    assert " ".join(rows) == WORDS["json"] and all(advance(row, 13) <= 200 for row in rows if " " in row)
    picture = block(rows, 13, (0, 0, 0), (255, 255, 255), pad=5)
    assert picture.shape[0] > 13 * len(rows) and picture.min() < 60


def test_what_does_not_exist_is_told(made):
    with pytest.raises(SampleError, match="no capture nowhere"):
        pairs(recipes=[Recipe("nowhere", "code", "note")])
    with pytest.raises(KeyError):
        inject(made[0].clean, made[0].sample, "code", "nowhere")
    assert FAKE_CODE in WORDS["code"]
