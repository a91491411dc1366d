"""Screens that speak of errors and show none, and errors that hardly look like one."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from train.data.world import content
from train.data.world.near_misses import MISSES, near_miss
from train.data.world.negatives import NEGATIVES, hard_negative
from train.data.world.negatives_text import TEXTS, log_lines
from train.data.world.quotes import quote, short_quote, sources
from train.data.world.sample import ERROR_MAKERS, ERROR_SHARE, NORMAL_MAKERS, sample_content

_WORD = re.compile(
    r"error|fail|exception|crash|problem|denied|refused|timeout|not found|invalid|warn|raise|catch|panic|fatal|fix|issue|"
    r"incident|outage|errno|no such|cannot|can't|can’t|could not|unable|0 |\?",
    re.IGNORECASE,
)


def split_of(seed: int) -> str:
    return "held_out" if seed % 4 == 0 else "train"


@pytest.mark.parametrize("maker", [m for m, _ in (*NEGATIVES[1:], *TEXTS)])
def test_negatives_show_no_error_and_mostly_speak_of_one(maker: object) -> None:
    spoken = 0
    for seed in range(60):
        made = maker(random.Random(seed), split_of(seed))  # type: ignore[operator]
        content.check(made)
        assert not made.fields.is_error and made.fields.category == "none"
        assert not any(piece.ref in ("message", "error_code") for piece in content.texts(made))
        spoken += any(_WORD.search(piece.text) for piece in content.texts(made))
    assert spoken >= 35


@pytest.mark.parametrize("maker", [m for m, _ in MISSES])
def test_near_misses_are_errors_with_a_message(maker: object) -> None:
    for seed in range(100):
        made = maker(random.Random(seed), split_of(seed))  # type: ignore[operator]
        content.check(made)
        assert made.fields.is_error and made.fields.message and "{" not in made.fields.message


def test_draws_of_the_mixtures_agree_with_their_fields_and_repeat() -> None:
    for make in (hard_negative, near_miss):
        for seed in range(300):
            made = make(random.Random(seed), split_of(seed))
            content.check(made)
            if seed < 40:
                assert made == make(random.Random(seed), split_of(seed))


def test_hard_negatives_are_many_kinds() -> None:
    kinds = Counter(hard_negative(random.Random(seed)).fields.kind for seed in range(300))
    assert set(kinds) == {"terminal", "ide_editor", "web_page", "desktop_app", "desktop_dialog"}
    assert max(kinds.values()) < 150
    assert len({hard_negative(random.Random(seed)).fields.app for seed in range(300)}) > 60


def test_hard_negatives_are_at_least_a_quarter_of_normal_screens_even_with_a_harvest() -> None:
    weights = {maker: weight for maker, weight in NORMAL_MAKERS}
    share = weights[hard_negative] / sum(weights.values())
    assert share * (1 - 0.35) >= 0.25
    assert ERROR_SHARE == 0.55
    assert near_miss in {maker for maker, _ in ERROR_MAKERS}


def test_quotes_of_training_never_come_from_held_out_families() -> None:
    for held in (True, False):
        pools = [pool for pool, _ in sources(held)]
        assert all(pools) and all(entry.is_held_out == held for pool in pools for entry in pool)
    kept = {
        getattr(e, "message", "") for pool, _ in sources(True) for e in pool if "{" not in getattr(e, "message", "{")
    }
    assert kept & {quote(random.Random(seed), "held_out").message for seed in range(300)}
    assert all(len(short_quote(random.Random(seed), "train", 50)) <= 50 for seed in range(50))


def test_log_lines_have_levels_and_a_fixed_form() -> None:
    lines = log_lines(random.Random(3), "train", 40)
    assert len(lines) == 40 and all(line.strip() for line in lines)
    assert len({line[:3] for line in log_lines(random.Random(1), "train", 5)}) <= 5


def test_the_world_has_them() -> None:
    screens = [sample_content(random.Random(seed)) for seed in range(800)]
    kinds = Counter(screen.fields.kind for screen in screens)
    assert kinds["other"] > 8 and kinds["document"] > 2 and kinds["chart"] > 2 and kinds["photo"] > 0
    assert 0.48 < sum(screen.fields.is_error for screen in screens) / len(screens) < 0.62
