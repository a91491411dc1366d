"""Pieces: nothing that was read is lost in cutting, spans give back the words, padding changes nothing."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgpt.extractor.page import Page, make_page
from mmgpt.model import Pictures
from mmgpt.pieces import LONGEST, TOKENS, PieceEncoder, Posteriors, cut_pieces, pad_pieces, span_text
from projector.lines import PLACE, Pieces
from tests.mmgpt.small import small_config, small_model, small_tokenizer
from vision.reader.charset import INDEX
from vision.reader.types import Line

TEXT = st.text(
    st.one_of(st.sampled_from("ab_19 .:/-→é\u00a0\t(\"'"), st.characters(codec="utf-8")), min_size=0, max_size=60
)
PAGES = st.lists(TEXT, max_size=6)
MANY = 10_000


@given(PAGES)
@settings(deadline=None, max_examples=150)
def test_pieces_part_what_is_not_blank(texts: list[str]):
    pieces = cut_pieces(texts, MANY)
    assert [(p.line, p.start) for p in pieces] == sorted((p.line, p.start) for p in pieces)
    covered: list[set[int]] = [set() for _ in texts]
    for piece in pieces:
        own = set(range(piece.start, piece.end))
        assert piece.text == texts[piece.line][piece.start : piece.end] and 1 <= len(piece.text) <= LONGEST
        assert not covered[piece.line] & own
        covered[piece.line] |= own
        assert piece.spaced == (piece.start > 0 and texts[piece.line][piece.start - 1].isspace())
    for text, places in zip(texts, covered, strict=True):
        assert places == {i for i, char in enumerate(text) if not char.isspace()}


@given(PAGES)
@settings(deadline=None, max_examples=150)
def test_a_span_over_whole_lines_gives_back_their_words(texts: list[str]):
    pieces = cut_pieces(texts, MANY)
    if not pieces:
        return
    assert span_text(pieces, 0, len(pieces) - 1) == " ".join(word for text in texts for word in text.split())
    for line, text in enumerate(texts):
        own = [i for i, piece in enumerate(pieces) if piece.line == line]
        if own:
            assert span_text(pieces, own[0], own[-1]) == " ".join(text.split())


@given(PAGES, st.data())
@settings(deadline=None, max_examples=100)
def test_any_span_stands_in_the_lines(texts: list[str], data: st.DataObject):
    pieces = cut_pieces(texts, MANY)
    if not pieces:
        return
    first = data.draw(st.integers(0, len(pieces) - 1))
    last = data.draw(st.integers(first, len(pieces) - 1))
    start, end = pieces[first], pieces[last]
    if start.line == end.line:
        assert span_text(pieces, first, last) == " ".join(texts[start.line][start.start : end.end].split())
    else:
        parts = [texts[start.line][start.start :], *texts[start.line + 1 : end.line], texts[end.line][: end.end]]
        assert span_text(pieces, first, last) == " ".join(" ".join(parts).split())


@given(PAGES, st.integers(1, 12))
@settings(deadline=None)
def test_what_is_too_much_is_left_out_at_the_end(texts: list[str], most: int):
    assert cut_pieces(texts, most) == cut_pieces(texts, MANY)[:most]


def test_paths_and_codes_are_cut_at_their_signs():
    texts = [p.text for p in cut_pieces(["E0425: /usr/lib/x86_64-linux-gnu (0x80070643)"], MANY)]
    assert texts == [
        "E0425",
        ":",
        "/",
        "usr",
        "/",
        "lib",
        "/",
        "x86_64",
        "-",
        "linux",
        "-",
        "gnu",
        "(",
        "0x80070643",
        ")",
    ]
    assert [p.text for p in cut_pieces(["a" * 35], MANY)] == ["a" * 16, "a" * 16, "a" * 3]


# ------------------------------------------------------------------------------------------------------------- tensors


def page_of(*texts: str) -> Page:
    rng = np.random.default_rng(len(texts))
    lines = [
        Line(text, (10, 10 + 24 * i, 10 + 8 * max(len(text), 1), 28 + 24 * i), 0.8) for i, text in enumerate(texts)
    ]
    return make_page(lines, rng.integers(0, 256, (24 * len(texts) + 20, 400, 3), dtype=np.uint8))


def encode(page: Page, most: int = 64, columns: int | None = None) -> Pieces:
    known = None
    if columns is not None:
        rng = np.random.default_rng(0)
        known = [
            Posteriors(("",) * len(t), (0.9,) * len(t), rng.standard_normal((len(t), columns)).astype(np.float32))
            for t in page.texts
        ]
    return PieceEncoder(small_tokenizer(), most)(page, known)[1]


def test_tensors_say_what_the_pieces_are():
    page = page_of("port 8080", "x")
    alternatives = ("", "a", *[""] * 7)
    pieces, made = PieceEncoder(small_tokenizer(), 64)(
        page, [Posteriors(alternatives, tuple(0.1 * i for i in range(9))), None]
    )
    assert [p.text for p in pieces] == ["port", "8080", "x"]
    assert made.characters.shape == (1, 3, LONGEST) and made.tokens.shape == (1, 3, TOKENS)
    assert made.place.shape == (1, 3, PLACE) and made.columns is None
    assert made.characters[0, 0, :5].tolist() == [*(INDEX[c] for c in "port"), 0]
    assert made.alternatives[0, 0, :4].tolist() == [0, INDEX["a"], 0, 0]
    assert made.certainty[0, 1, :4].tolist() == pytest.approx([0.5, 0.6, 0.7, 0.8])
    assert made.certainty[0, 2, 0] == pytest.approx(0.8), "a reader that tells nothing of its letters: the line's"
    assert made.line.tolist() == [[0, 0, 1]] and made.mask.all() and made.line_mask.tolist() == [[True, True]]
    x, y = made.place[0, :, 0], made.place[0, :, 1]
    assert x[0] < x[1] and y[0] == y[1] < y[2] and ((made.place[0, :, :4] >= 0) & (made.place[0, :, :4] <= 1)).all()
    known = [t for t in made.tokens[0, 0].tolist() if t >= 0]
    assert small_tokenizer().decode(known) == " port"[: len(small_tokenizer().decode(known))]


def test_columns_are_the_mean_of_a_pieces_letters():
    page = page_of("ab cd")
    columns = np.arange(10, dtype=np.float32).reshape(5, 2)
    made = PieceEncoder(small_tokenizer(), 64)(page, [Posteriors(("",) * 5, (1.0,) * 5, columns)])[1]
    assert made.columns is not None and made.columns[0].tolist() == [[1.0, 2.0], [7.0, 8.0]]


def test_a_page_without_text_has_one_place_that_is_masked():
    made = encode(page_of())
    assert made.mask.tolist() == [[False]] and made.line_mask.tolist() == [[False]]


@pytest.mark.parametrize("columns", [None, 16])
def test_a_padded_batch_is_its_pictures(columns: int | None):
    pages = [page_of("port 8080 is in use", "try again"), page_of(), page_of("a", "b", "c: d.e-f g h i j k")]
    single = [encode(page, columns=columns) for page in pages]
    batch = pad_pieces(single)
    for row, entry in enumerate(single):
        for f in fields(Pieces):
            value, padded = getattr(entry, f.name), getattr(batch, f.name)
            if value is None:
                assert padded is None or not padded[row].any()
            else:
                assert torch.equal(padded[row, : value.shape[1]], value[0]), f.name
                assert padded.shape[1] == max(
                    getattr(e, f.name).shape[1] for e in single if getattr(e, f.name) is not None
                )
        assert int(batch.mask[row].sum()) == int(entry.mask.sum())
        assert not (batch.tokens[row, entry.tokens.shape[1] :] >= 0).any()


def test_the_model_sees_the_same_in_a_batch():
    config = small_config()
    model = small_model(config)
    pages = [page_of("port 8080 is in use", "try again"), page_of("a", "b", "c: d.e-f g h i j k"), page_of()]
    single = [encode(page) for page in pages]
    with torch.inference_mode():
        together = model.see(Pictures([0, 1, 2], pad_pieces(single)))
        for i, entry in enumerate(single):
            ((tokens, count),) = model.see(Pictures([0], entry))
            assert count == together[i][1] == len(tokens)
            torch.testing.assert_close(together[i][0], tokens, rtol=1e-4, atol=1e-4)
    assert [count for _, count in together] == [7, 14, 0]
