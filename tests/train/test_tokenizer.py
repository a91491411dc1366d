"""The text vocabulary: what it holds, that nothing is lost in it, and that what matters is short."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, pre_tokenizers

from mmgpt.chat import plain_ids
from mmgpt.checkpoint import load_tokenizer
from mmgpt.config import SPECIAL_TOKENS
from mmgpt.extractor.aliases import _NAMES as PROGRAMS
from mmgpt.prompts import FIELD_PROMPTS, REFUSALS
from mmgpt.schema import CATEGORIES, KINDS
from train import tokenizer as training
from train.data import text as installed
from train.data.conversation.sample import sample_conversation
from train.data.conversation.words import CATEGORY_NAMES, KIND_NAMES
from train.data.world.content import texts
from train.data.world.sample import sample_content
from train.tokenizer import LONGEST, VOCABULARY, conversation_lines, main, own_text, train_tokenizer

SMALL = 600
BOTH = pytest.mark.parametrize("which", ["small", "shipped"])


@cache
def world_lines() -> tuple[str, ...]:
    rng = random.Random(3)
    return tuple(piece.text for _ in range(80) for piece in texts(sample_content(rng)))


@cache
def tokenizer(which: str) -> Tokenizer:
    return load_tokenizer() if which == "shipped" else train_tokenizer(world_lines(), SMALL)


@cache
def letters() -> dict[str, int]:
    """The byte that each letter of a byte-level piece stands for."""
    # GPT-2's table: printable bytes stand for themselves, the others for what follows 255, in order.
    itself = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in itself]
    return {chr(byte): byte for byte in itself} | {chr(256 + n): byte for n, byte in enumerate(others)}


def pieces(which: str) -> dict[int, bytes]:
    """All pieces but the special ones, as bytes."""
    found = tokenizer(which).get_vocab()
    return {
        number: bytes(letters()[letter] for letter in piece)
        for piece, number in found.items()
        if piece not in SPECIAL_TOKENS
    }


@BOTH
def test_special_tokens_come_first_and_every_number_is_taken(which: str) -> None:
    made = tokenizer(which)
    size = SMALL if which == "small" else VOCABULARY
    assert [made.token_to_id(token) for token in SPECIAL_TOKENS] == list(range(len(SPECIAL_TOKENS)))
    assert sorted(made.get_vocab().values()) == list(range(size)) and made.get_vocab_size() == size
    for token in SPECIAL_TOKENS:
        assert made.encode(f"a{token}b").ids == [
            made.token_to_id("a"),
            SPECIAL_TOKENS.index(token),
            made.token_to_id("b"),
        ]


@BOTH
def test_every_byte_is_a_piece(which: str) -> None:
    assert set(letters()) == set(pre_tokenizers.ByteLevel.alphabet())
    assert {piece for piece in pieces(which).values() if len(piece) == 1} == {bytes([byte]) for byte in range(256)}


@BOTH
def test_digits_stand_alone_and_no_piece_is_long(which: str) -> None:
    found = pieces(which).values()
    assert all(len(piece) == 1 for piece in found if any(48 <= byte <= 57 for byte in piece))
    assert max(map(len, found)) <= LONGEST == 12
    assert max(map(len, found)) > 5, "there are words among them"
    made = tokenizer(which)
    for number in ("7", "443", "127001", "20251231"):
        assert [made.decode([id_]) for id_ in plain_ids(made, number)] == list(number)


def test_a_long_name_is_several_pieces_however_often_it_is_used() -> None:
    made = train_tokenizer([*world_lines(), *["ab.internationalisation"] * 2000], SMALL)
    assert 2 <= len(made.encode("internationalisation").ids) <= 3
    assert max(map(len, made.get_vocab())) <= LONGEST + 1, "<|assistant|> has 13"


@BOTH
def test_words_and_signs_never_share_a_piece(which: str) -> None:
    """A blank before a word belongs to it; nothing else does."""
    for piece in pieces(which).values():
        text = piece.decode("utf-8", "ignore").lstrip(" ")
        assert (
            not (any(c.isalpha() for c in text) and any(not c.isalnum() for c in text.strip("'"))) or len(piece) == 1
        ), piece


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
@example("")
@example("  two  blanks\tand\r\nlines\n")
@example("<image><|end|> <|assistant|><pad")
@example("ﬁle ’not’ found — 3×4 ≠ 12 👩‍💻 ½ ٣ \x00\x7f\u2028")
def test_any_text_comes_back(text: str) -> None:
    for which in ("small", "shipped"):
        made = tokenizer(which)
        ids = plain_ids(made, text)
        assert made.decode(ids, skip_special_tokens=False) == text
        assert all(id_ >= len(SPECIAL_TOKENS) for id_ in ids), "nothing that is typed is obeyed"


def test_too_little_text_is_refused_with_both_numbers() -> None:
    with pytest.raises(ValueError, match=r"the text is too small: 2\d\d pieces were found in it, 600 were asked for"):
        train_tokenizer(["a few words", "a few more words"], 600)


def test_the_same_text_gives_the_same_pieces() -> None:
    assert train_tokenizer(world_lines(), SMALL).to_str() == tokenizer("small").to_str()
    assert train_tokenizer(world_lines()[::2], SMALL).to_str() != tokenizer("small").to_str()


BARE: dict[
    str, tuple[tuple[str, ...], int, float]
] = {  # as answers and questions begin: at most and on average so many pieces
    "categories": (CATEGORIES, 6, 2.5),
    "kinds": (KINDS, 4, 2.0),
    "prompts": (tuple(FIELD_PROMPTS.values()), 6, 5.0),
    "refusals": (REFUSALS, 10, 9.5),
    "programs": (tuple(PROGRAMS), 6, 3.0),
    "yes and no": (("yes", "no", "none", "Yes", "No"), 1, 1.0),
}
INSIDE: dict[str, tuple[tuple[str, ...], int, float]] = {  # as they stand in sentences
    "kind names": (tuple(KIND_NAMES.values()), 2, 1.6),
    "category names": (tuple(CATEGORY_NAMES.values()), 5, 2.4),
    "words": (("error", "message", "program", "button", "line", "file", "code", "connection", "directory"), 1, 1.0),
}


@pytest.mark.parametrize(("blank", "name"), [*(("", name) for name in BARE), *((" ", name) for name in INSIDE)])
def test_what_matters_is_short(blank: str, name: str) -> None:
    words, most, mean = (INSIDE if blank else BARE)[name]
    made = tokenizer("shipped")
    sizes = {word: len(made.encode(blank + word).ids) for word in words}
    assert max(sizes.values()) <= most, max(sizes, key=sizes.__getitem__)
    assert sum(sizes.values()) / len(sizes) <= mean


def test_what_screens_say_costs_few_pieces() -> None:
    made = tokenizer("shipped")
    lines = [
        piece.text for seed in range(60) for piece in texts(sample_content(random.Random(f"unseen {seed}"), "held_out"))
    ]
    ids = sum(len(e.ids) for e in made.encode_batch(lines))
    own = sum(len(e.ids) for e in tokenizer("small").encode_batch(lines))
    assert sum(len(line.encode()) for line in lines) / ids > 2.3, "bytes a piece"
    assert ids < 0.85 * own


# -- what it is trained on ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hundredth of the text, with lines of the world in place of those of installed software."""
    monkeypatch.setattr(training, "_SCREENS", 40)
    monkeypatch.setattr(training, "_LINES", 100)
    every = training.conversation_lines
    monkeypatch.setattr(training, "conversation_lines", lambda count: every(count // 200))
    installed.use_corpus(tuple(f"installed {line}" for line in world_lines()))
    yield
    installed._GIVEN.clear()
    installed.corpus.cache_clear()
    installed.words.cache_clear()


def test_conversations_are_those_of_training() -> None:
    wanted = []
    for seed in range(10_000_000, 10_000_004):
        _, screen, turns = sample_conversation(seed, "train", 8)
        for turn in turns:
            wanted += [turn.question, "".join(p if isinstance(p, str) else screen.text(p) for p in turn.answer)]
    assert list(conversation_lines(4)) == wanted


def test_own_text_has_screens_software_conversations_and_our_words(little: None) -> None:
    lines = list(own_text())
    assert sum(line.startswith("installed ") for line in lines) == 100
    rng = random.Random(0)
    drawn = [piece.text for _ in range(40) for piece in texts(sample_content(rng, "train"))]
    assert lines[: len(drawn)] == drawn and set(FIELD_PROMPTS.values()) & set(lines)
    for word in (*CATEGORIES, *KINDS, *PROGRAMS):
        assert lines.count(word) >= 50
    assert lines == list(own_text()) and lines != list(own_text(1))


def test_the_command_writes_a_tokenizer(
    little: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(training, "train_tokenizer", lambda lines: train_tokenizer(lines, SMALL))
    caplog.set_level(logging.INFO)
    assert main(["--out", str(tmp_path / "new" / "tokenizer.json")]) == 0
    made = load_tokenizer(tmp_path / "new")
    assert made.get_vocab_size() == SMALL and made.decode(plain_ids(made, "It says “no”.")) == "It says “no”."
    assert "600 pieces" in caplog.text and "bytes a piece" in caplog.text
