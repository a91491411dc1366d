"""Packed rows: the same losses as rows of their own, and nothing of one conversation reaches another."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from torch import Tensor

from mmgpt.chat import SPECIAL
from mmgpt.config import ModelConfig, debug
from mmgpt.documents import Documents
from mmgpt.model import MMGPT
from projector.features import Features
from train.buckets import first_fit
from train.data.conversation.sample import sample_chat, sample_conversation
from train.data.perception import IGNORED, RowMaker, collate
from train.data.world.content import texts
from train.data.world.sample import sample_content
from train.packing import Document, Packed, document_of, pack, packed_losses, remembered
from train.parts import part, supervised
from train.tasks.simulate import _NOWHERE, answer_nll, perceive
from train.tokenizer import train_tokenizer

CONFIGS: dict[str, ModelConfig] = {
    "cross": debug(),
    "prefix": debug("prefix"),
    "spelled": replace(debug(), copy=False),
    "resampled": debug("cross", "resampler"),
}
IMAGE = SPECIAL["<image>"]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@cache
def tokenizer() -> Tokenizer:
    rng = random.Random(1)
    return train_tokenizer(tuple(piece.text for _ in range(60) for piece in texts(sample_content(rng))), 512)


@cache
def model_of(name: str) -> MMGPT:
    """Random, with open gates and attention that does something: what leaks would show."""
    torch.manual_seed(0)
    model = MMGPT(CONFIGS[name]).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model


def features(grid: tuple[int, int], seed: int, width: int) -> Features:
    generator = torch.Generator().manual_seed(seed)
    n = grid[0] * grid[1]
    return Features(
        torch.randn(1, n, width, generator=generator), torch.rand(1, n, 4, generator=generator), torch.ones(1, n, dtype=torch.bool), grid
    )  # fmt: skip


@cache
def rows(name: str, count: int = 5) -> tuple[Any, ...]:
    """Conversations about different screens, some of them with turns that are apart, one of them without a picture."""
    config = CONFIGS[name]
    maker = RowMaker(config, tokenizer())
    made = []
    for seed in range(count):
        if seed == 2:
            made.append(maker.row(_NOWHERE, sample_chat(1, "train", 3), [], None, apart=False, picture=False))
            continue
        simulated, screen, turns = sample_conversation(seed + 10, "train", 3)
        pieces, tensors = perceive(maker, simulated, random.Random(seed))
        grid = (2, 2 + seed % 2)
        seen: Any = model_of(name).get_submodule("projector")
        row = maker.row(screen, turns, pieces, tensors, apart=seed % 2 == 0, tokens=seen.tokens(grid))
        assert config.tower is not None
        row.features = features(grid, seed, config.tower.width)
        made.append(row)
    return tuple(made)


def documents(name: str, count: int = 5) -> list[Document]:
    return [document_of(row, source=i) for i, row in enumerate(rows(name, count))]


def total(name: str) -> int:
    return sum(len(row.ids) for row in rows(name))


def logits_of(model: MMGPT, batch: Packed) -> Tensor:
    """[D, L, V + 2P], document by document."""
    memory = remembered(model, batch)
    hidden = model.hidden(batch.ids, memory, mask=batch.mask, positions=batch.positions, documents=batch.documents)
    return model.logits(batch.documents.gather(hidden), batch.documents.gather(batch.ids), memory)


# -- equal to rows of their own ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONFIGS)
def test_packed_losses_are_those_of_rows_of_their_own(name: str) -> None:
    model, config = model_of(name), CONFIGS[name]
    batch = pack(documents(name), total(name), config.pad_token)
    assert len(batch.ids) == 1 and batch.documents.count == 5
    with torch.no_grad():
        losses, counts = packed_losses(model, batch)
        for at, entry in enumerate(batch.entries):
            loss, count = answer_nll(model, collate([rows(name)[entry.source]], config.pad_token))
            assert int(counts[at]) == count > 0
            assert float(losses[at]) == pytest.approx(float(loss), rel=1e-4)
    assert supervised(batch) == int(counts.sum())


@pytest.mark.parametrize("name", ["cross", "prefix"])
def test_gradients_are_those_of_rows_of_their_own(name: str) -> None:
    model, config = model_of(name), CONFIGS[name]

    def gradients(length: int) -> dict[str, Tensor]:
        losses, counts = packed_losses(model, pack(documents(name), length, config.pad_token))
        model.zero_grad()
        (losses.sum() / counts.sum()).backward()
        return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}

    together, apart = gradients(total(name)), gradients(0)
    assert together.keys() == apart.keys() and len(together) > 30
    for key, value in together.items():
        torch.testing.assert_close(value, apart[key], rtol=1e-3, atol=1e-5, msg=key)
    model.zero_grad()


@pytest.mark.parametrize("name", ["cross", "prefix"])
def test_a_batch_in_parts_has_the_same_loss(name: str) -> None:
    model, config = model_of(name), CONFIGS[name]
    batch = pack(documents(name), total(name), config.pad_token)
    with torch.no_grad():
        losses, counts = packed_losses(model, batch)
        halves = [part(batch, i, 2) for i in range(2)]
        found = [packed_losses(model, half) for half in halves]
    assert [half.documents.count for half in halves] == [2, 3]
    assert sum(int(c.sum()) for _, c in found) == int(counts.sum())
    assert sum(float(loss.sum()) for loss, _ in found) == pytest.approx(float(losses.sum()), rel=1e-5)
    with pytest.raises(ValueError, match="5 rows cannot be divided into 6 parts"):
        part(batch, 0, 6)


# -- no leak ----------------------------------------------------------------------------------------------------------------------


def changed(entry: Document, how: str, config: ModelConfig) -> Document:
    """The document with something else in it, of the same size."""
    pieces, seen = entry.views[0] if entry.views else (None, None)
    if how == "text":
        ids, labels = entry.ids.clone(), entry.labels.clone()
        words = (ids > 10) & (ids < config.decoder.vocab_size)
        ids[words] = (ids[words] - 11 + 137) % (config.decoder.vocab_size - 11) + 11
        labels[words & (labels != IGNORED)] = ids[words & (labels != IGNORED)]
        return replace(entry, ids=ids, labels=labels)
    if how == "lines":
        assert pieces is not None
        other = replace(
            pieces, characters=(pieces.characters + 7) % 300, place=pieces.place * 3 + 1, geometry=pieces.geometry - 2
        )
        return replace(entry, views=[(other, seen)])  # fmt: skip
    assert seen is not None
    return replace(entry, views=[(pieces, replace(seen, features=seen.features * -3 + 1))])


@pytest.mark.parametrize("how", ["text", "lines", "tower"])
@pytest.mark.parametrize("name", CONFIGS)
def test_another_conversation_does_not_move_a_bit(name: str, how: str) -> None:
    model, config = model_of(name), CONFIGS[name]
    entries = documents(name)
    batch = pack(entries, total(name), config.pad_token)
    with torch.no_grad():
        before = logits_of(model, batch)
        for number in range(5):
            if how != "text" and not entries[number].views:
                continue
            others = [changed(e, how, config) if i == number else e for i, e in enumerate(entries)]
            after_batch = pack(others, total(name), config.pad_token)
            assert [e.source for e in after_batch.entries] == [e.source for e in batch.entries]
            after = logits_of(model, after_batch)
            for at, entry in enumerate(batch.entries):
                there = batch.documents.there[at]
                same = torch.equal(after[at][there], before[at][there])
                assert same == (entry.source != number), (number, entry.source)


def test_a_leak_would_be_seen() -> None:
    """The same check fails where one mask is left out: tokens that see the row's other documents."""
    model, config = model_of("cross"), CONFIGS["cross"]
    entries = documents("cross")
    length = total("cross")

    def leaky(given: list[Document]) -> Tensor:
        batch = pack(given, length, config.pad_token)
        open_mask = torch.ones_like(batch.mask).tril()
        return logits_of(model, replace(batch, mask=open_mask))

    with torch.no_grad():
        before = leaky(entries)
        after = leaky([changed(entries[0], "text", config), *entries[1:]])
    assert not torch.equal(before[1:], after[1:])


# -- rows -------------------------------------------------------------------------------------------------------------------------


def simple(length: int, source: int = 0, first: int = IGNORED, answer: int = 1) -> Document:
    ids = torch.arange(20, 20 + length)
    labels = torch.full((length,), IGNORED)
    if answer:
        labels[-answer:] = ids[-answer:]
    if first != IGNORED:
        labels[0] = first
    return Document(ids, labels, torch.zeros(length, dtype=torch.long), source=source)


def test_positions_begin_anew_in_each_and_labels_stay_in_it() -> None:
    apart = Document(
        torch.arange(30, 36),
        torch.tensor([IGNORED, 31, 32, IGNORED, 34, 35]),
        torch.tensor([0, 0, 0, 1, 1, 1]),
        source=2,
    )
    batch = pack([simple(3), simple(4, 1), apart, simple(9, 3)], 13, 0)
    assert batch.ids.tolist() == [[*range(20, 23), *range(30, 36), 0, 0, 0, 0], [*range(20, 24), *range(20, 29)]]
    assert batch.positions.tolist() == [[0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 0, 0, 0], [*range(4), *range(9)]]
    assert batch.source.tolist() == [0, 2, 1, 3]
    seen = batch.mask[0, 0]
    for i in range(9):
        own = [j for j in range(i + 1) if (j < 3, 3 <= j < 6, j >= 6) == (i < 3, 3 <= i < 6, i >= 6)]
        assert seen[i].nonzero()[:, 0].tolist() == own
    labels = batch.documents.gather(batch.labels, IGNORED)
    assert [row[row != IGNORED].tolist() for row in labels] == [[22], [31, 32, 34, 35], [23], [28]]


def test_what_teaches_nothing_and_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="no token of these 2 conversations is supervised"):
        pack([simple(3, answer=0), simple(2, answer=0)], 8, 0)
    assert pack([simple(3, answer=0), simple(2)], 8, 0).supervised() == 1
    with pytest.raises(ValueError, match="takes 9 tokens and the most is 8"):
        pack([simple(9)], 8, 0)
    with pytest.raises(ValueError, match="supervises its first token"):
        pack([simple(3, first=20)], 8, 0)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(2, 40), min_size=1, max_size=40), st.integers(40, 120))
def test_rows_hold_everything_once_and_are_full(sizes: list[int], capacity: int) -> None:
    bins = first_fit(sizes, capacity)
    assert sorted(i for members in bins for i in members) == list(range(len(sizes)))
    filled = [sum(sizes[i] for i in members) for members in bins]
    assert max(filled) <= capacity
    assert sum(2 * f <= capacity for f in filled) <= 1, "two half-empty rows would be one"
    batch = pack([simple(size, i) for i, size in enumerate(sizes)], capacity, 0)
    found = batch.documents.gather(batch.ids)
    for at, entry in enumerate(batch.entries):
        assert torch.equal(found[at][batch.documents.there[at]], entry.ids)
    assert torch.equal(batch.documents.scatter(found), batch.ids)


def test_documents_are_numbered_in_order() -> None:
    with pytest.raises(ValueError, match=r"numbered \[1, 0\], not 0 to 1"):
        Documents.of(torch.tensor([[1, 1, 0]]))
    with pytest.raises(ValueError, match="without any document"):
        Documents.of(torch.tensor([[-1, -1]]))
