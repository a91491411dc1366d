"""Labels: what is learnt of a conversation is the assistant's text, letter by letter, and nothing else."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from mmgpt.chat import SPECIAL, Message
from mmgpt.config import ModelConfig, debug, replace
from mmgpt.extractor.page import Page
from mmgpt.generate import Conversation, Engine
from mmgpt.model import MMGPT
from mmgpt.perception import Perceived, Perceiver
from mmgpt.pieces import PieceEncoder
from train.data.conversing import Converser
from train.data.copies import Copier
from train.data.perception import IGNORED
from train.data.sources.record import Broken, Picture, Record
from train.data.world.content import texts
from train.data.world.sample import sample_content
from train.packing import pack
from train.tokenizer import train_tokenizer

END = SPECIAL["<|end|>"]
SCREEN = [
    "ssh: connect to host db-3.example port 22: Connection refused",
    "(code 0x80070005)",
    "Retry   Cancel",
    "line 22 of main.py",
]


@cache
def tokenizer() -> Tokenizer:
    rng = random.Random(1)
    return train_tokenizer(tuple(piece.text for _ in range(60) for piece in texts(sample_content(rng))), 512)


def perceived(lines: list[str], config: ModelConfig) -> Perceived:
    count = len(lines)
    boxes = np.array(
        [[4, 20 * y, 4 + 8 * max(len(t), 1), 20 * y + 14] for y, t in enumerate(lines)], np.float32
    ).reshape(-1, 4)
    page = Page(
        tuple(lines), boxes, np.ones(count, np.float32), np.zeros((count, 8), np.float32), np.arange(count), (640, 400), (1.0,) * 3
    )  # fmt: skip
    assert config.lines is not None
    pieces, tensors = PieceEncoder(tokenizer(), config.lines.max_pieces)(page)
    return Perceived([], page, pieces, tensors, None)


def converser(config: ModelConfig, longest: int = 1024) -> Converser:
    return Converser(config, tokenizer(), lambda features: 0, longest)


def supervised_texts(config: ModelConfig, ids: list[int], labels: list[int], pictures: list[Perceived]) -> list[str]:
    """What each supervised run of tokens says, copies expanded; each must end as answers end."""
    writer = Copier(config, tokenizer(), [p.pieces for p in pictures])
    found, run = [], []
    for id_, label in zip([*ids, 0], [*labels, IGNORED], strict=True):
        if label != IGNORED:
            assert label == id_
            run.append(id_)
        elif run:
            assert run[-1] == END and END not in run[:-1]
            found.append(writer.expand(run[:-1]))
            run = []
    return found


def messages(system: bool, answers: list[str], picture: bool = True) -> tuple[Message, ...]:
    made = [Message("system", ("You are terse. <|assistant|>",))] if system else []
    for number, answer in enumerate(answers):
        parts: tuple[Any, ...] = (f"Question {number} <image> <|end|>?",)
        made.append(Message("user", ((Picture("p"), *parts) if picture and not number else parts)))
        made.append(Message("assistant", (answer,)))
    return tuple(made)


ANSWERS = [
    "It says “ssh: connect to host db-3.example port 22: Connection refused”, with code 0x80070005.",
    "Connection refused",
    " leading and trailing blanks  \n\nand\ttabs ",
    "Press Retry, not Cancel (line 22). Retry Cancel",
    "Retry   Cancel",
    "ÄÖ 日本語 🙂 <image> <|end|> <|assistant|> <pad>",
    "db-3.example\nport 22",
    "0x80070005",
    "port 22:Connection",
    "host db-3.example port 22 port 22 port 22: Connection",
]


@pytest.mark.parametrize("system", [False, True])
@pytest.mark.parametrize("fusion", ["cross", "prefix"])
@pytest.mark.parametrize("copying", [True, False])
def test_supervised_tokens_say_the_assistants_text(system: bool, fusion: Any, copying: bool) -> None:
    config = replace(debug(fusion), copy=copying)
    seen = perceived(SCREEN, config)
    record = Record("k", messages(system, ANSWERS))
    document = converser(config).document(record, [seen])
    ids, labels = document.ids.tolist(), document.labels.tolist()
    assert supervised_texts(config, ids, labels, [seen]) == ANSWERS
    assert ids.count(SPECIAL["<image>"]) == (len(seen.pieces) if fusion == "prefix" else 1), "written ones are letters"
    assert ids.count(SPECIAL["<|assistant|>"]) == len(ANSWERS) and ids.count(SPECIAL["<|system|>"]) == system
    pointed = [i for i in ids if i >= config.decoder.vocab_size]
    assert bool(pointed) == copying and len(pointed) % 2 == 0


def test_what_is_learnt_is_what_the_engine_will_be_asked() -> None:
    """The tokens before the last answer are those of the prompt that the engine makes of the same conversation."""
    for fusion in ("cross", "prefix"):
        config = debug(fusion)  # type: ignore[arg-type]
        seen = perceived(SCREEN, config)
        talk = messages(True, ["Spelled.", "Spelled, too."])
        document = converser(config).document(Record("k", talk), [seen])
        engine = Engine(MMGPT(config), tokenizer(), Perceiver(None, None, None))
        looked = engine.remember(seen)
        asked = [replace_parts(m, looked) for m in talk[:-1]]
        prompt = engine.prompt(Conversation(asked))
        assert document.ids[: len(prompt)].tolist() == prompt
        assert int((document.labels[: len(prompt)] != IGNORED).sum()) == len(tokenizer().encode("Spelled.").ids) + 1


def replace_parts(message: Message, looked: Any) -> Message:
    return Message(message.role, tuple(looked if isinstance(p, Picture) else p for p in message.parts))


def test_several_pictures_are_pointed_into_each() -> None:
    config = debug()
    first, second = perceived(["alpha_one failed"], config), perceived(["beta_two failed", "gamma_3 worked"], config)
    talk = (
        Message("user", (Picture("a"), "and", Picture("b"))),
        Message("assistant", ("First alpha_one failed, then gamma_3 worked.",)),
    )
    document = converser(config).document(Record("k", talk), [first, second])
    V, P = config.decoder.vocab_size, config.pointers
    assert [i for i in document.ids.tolist() if i >= V] == [V, V + P + 1, V + 4, V + P + 5]
    assert document.memory == 6 and document.ids.tolist().count(SPECIAL["<image>"]) == 2
    batch = pack([document], 0, config.pad_token)
    assert batch.owner == [0, 0] and batch.pieces is not None and batch.pieces.mask.sum(1).tolist() == [2, 4]


def test_what_cannot_be_learnt_from_is_broken() -> None:
    config = debug()
    seen = perceived(SCREEN, config)
    talk = messages(False, ["Yes."])
    with pytest.raises(Broken, match="tokens, more than 8"):
        converser(config, longest=8).document(Record("k", talk), [seen])
    with pytest.raises(Broken, match="2 pictures; this model takes 1"):
        converser(replace(config, max_pictures=1)).document(Record("k", talk), [seen, seen])
    with pytest.raises(Broken, match=r"tokens and \d+ of pictures are more than --token-budget 20"):
        Converser(config, tokenizer(), lambda f: 0, 1024, budget=20).document(Record("k", talk), [seen])
    preferred = converser(config).document(Record("k", talk, rejected="No."), [seen], answer="No.")
    assert supervised_texts(config, preferred.ids.tolist(), preferred.labels.tolist(), [seen]) == ["No."]


_WORDS = st.sampled_from(["port", "22", ":", "Connection", "refused", "db", "-", "3", ".", "example", "(", "code", ")", "0x80070005",
                          "Retry", "x", "_", "日本"])  # fmt: skip
_GAPS = st.sampled_from(["", " ", "  ", "\n", "\t"])
_TEXT = st.lists(st.tuples(_GAPS, _WORDS), min_size=1, max_size=14).map(lambda parts: "".join(g + w for g, w in parts))


@settings(deadline=None, max_examples=80)
@given(st.lists(_TEXT, max_size=5), st.lists(_TEXT, max_size=4), _TEXT, st.integers(0, 3))
def test_whatever_stands_in_the_pictures_an_answer_comes_out_as_it_is(
    one: list[str], two: list[str], words: str, cut: int
) -> None:
    config = debug()
    pictures = [perceived([t.strip() for t in lines if t.strip()], config) for lines in (one, two)]
    lines = [line for picture in pictures for line in picture.page.texts]
    answer = words + "".join(f" {line}" for line in lines[:cut])
    copier = Copier(config, tokenizer(), [p.pieces for p in pictures])
    ids = copier.ids(answer)
    assert copier.expand(ids) == answer
    torch.tensor(ids)
