"""Less padding, and nothing else: every entry is in one group, groups are as cheap as can be, and losses stay what they were."""

from __future__ import annotations

import itertools
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgpt.config import debug, nano
from mmgpt.copying import Memory
from mmgpt.model import MMGPT
from train.buckets import even_length, first_fit, groups, row_length
from train.data.perception import IGNORED
from train.tasks import simulate

SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=9)


def padded(sizes: list[int], parts: list[list[int]]) -> int:
    return sum(len(part) * max(sizes[i] for i in part) for part in parts)


@settings(deadline=None, max_examples=60)
@given(SIZES, st.integers(1, 4))
def test_groups_hold_everything_once_and_none_are_cheaper(sizes: list[int], most: int) -> None:
    found = groups(sizes, most, price=0.2)
    assert sorted(i for part in found for i in part) == list(range(len(sizes))) and 1 <= len(found) <= most
    price = 0.2 * sum(sizes)
    ordered = sorted(range(len(sizes)), key=lambda i: sizes[i])
    cheapest = min(
        padded(sizes, [ordered[a:b] for a, b in itertools.pairwise([0, *cuts, len(sizes)])]) + price * (len(cuts) + 1)
        for count in range(min(most, len(sizes)))
        for cuts in itertools.combinations(range(1, len(sizes)), count)
    )
    assert padded(sizes, found) + price * len(found) == pytest.approx(cheapest)


def test_what_is_alike_stays_together_and_nothing_has_no_groups() -> None:
    assert groups([40] * 12) == [list(range(12))] and groups([]) == []
    assert groups([10, 300, 11, 290]) == [[0, 2], [1, 3]]


@settings(deadline=None, max_examples=60)
@given(SIZES, st.integers(60, 400), st.floats(20, 2000))
def test_rows_hold_every_document_and_cost_no_more_than_the_longest(
    sizes: list[int], longest: int, even: float
) -> None:
    room = row_length(sizes, longest, even)
    assert max(sizes) <= room <= longest

    def price(capacity: int) -> float:
        rows = first_fit(sizes, capacity)
        wide = max(sum(sizes[i] for i in row) for row in rows)
        return len(rows) * wide * (1 + wide / even)

    assert price(room) <= min(price(longest), price(max(sizes))) + 1e-6


def test_rows_are_short_where_attention_is_dear_and_long_where_it_is_cheap() -> None:
    rng = random.Random(0)
    sizes = [rng.randint(40, 200) for _ in range(24)]
    assert row_length(sizes, 1024, 30.0) < row_length(sizes, 1024, 1e6) <= 1024
    assert row_length([2000, 5], 1024, 100.0) == 1024, "packing says which document is too long"
    assert 50 < even_length(debug().decoder) < even_length(nano().decoder) < 2000


def test_losses_in_groups_are_those_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """And their gradients: rows with 2 to 60 supervised tokens, pointers among them."""
    config = debug()
    torch.manual_seed(0)
    model = MMGPT(config)
    B, T, N, V = 6, 64, 9, config.decoder.vocab_size
    ids = torch.randint(6, V, (B, T))
    ids[:, 60], ids[:, 61] = V + 1, V + config.pointers + 4
    labels = ids.clone()
    for row, first in enumerate((62, 61, 60, 30, 10, 4)):
        labels[row, :first] = IGNORED
    hidden = torch.randn(B, T, config.decoder.width, requires_grad=True)
    there = torch.ones(B, N, dtype=torch.bool)
    memory = Memory(torch.randn(B, N, config.decoder.width), there, torch.arange(N).expand(B, N), there)

    def losses() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        found, counted = simulate.token_losses(model, hidden, ids, labels, memory)
        hidden.grad = None
        found.sum().backward()
        return found.detach(), counted, hidden.grad

    together = losses()
    assert len(groups(together[1].sum(1).tolist())) > 1, "nothing would be shown"
    monkeypatch.setattr(simulate, "groups", lambda sizes: [list(range(len(sizes)))])
    whole = losses()
    assert torch.equal(together[1], whole[1]) and float(whole[0].sum()) > 100
    torch.testing.assert_close(together[0], whole[0], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(together[2], whole[2], rtol=1e-4, atol=1e-6)
