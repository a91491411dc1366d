"""The tasks that teach the decoder: what is supervised, what sees what, and that runs go on exactly where they stopped."""

from __future__ import annotations

import csv
import os
import random
import signal
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from mmgpt.chat import SPECIAL, Piecewise
from mmgpt.config import ModelConfig, debug
from mmgpt.copying import LONGEST_SPAN
from mmgpt.model import MMGPT, Pictures
from mmgpt.pieces import cut_pieces
from projector.features import Features
from projector.lines import Pieces
from train import trainer as training
from train.cli import main
from train.data.conversation.families import FAMILIES
from train.data.conversation.sample import sample_chat, sample_conversation
from train.data.conversation.screen import Part, Screen, ScreenLine, Span
from train.data.conversation.turn import Turn
from train.data.perception import IGNORED, Batch, Row, RowMaker, collate, pad_features, posteriors
from train.data.text import use_corpus
from train.data.world.content import Fields, texts
from train.data.world.sample import sample_content
from train.evaluation.questions import solid
from train.ladder import RUNGS, architecture
from train.tasks.simulate import POOL, SimulateTask, answer_loss, answer_nll, perceive, row_of
from train.tasks.text import TextTask, text_loss
from train.tokenizer import train_tokenizer
from train.trainer import Interrupted, RunConfig, Trainer

SEEDS = 200
USER, END, ASSISTANT, IMAGE = (SPECIAL[name] for name in ("<|user|>", "<|end|>", "<|assistant|>", "<image>"))
CONFIGS: dict[str, ModelConfig] = {
    "cross": debug(),
    "prefix": debug("prefix"),
    "spelled": replace(debug(), copy=False),
    "blind": replace(debug(), lines=None),
}


@cache
def world_lines() -> tuple[str, ...]:
    rng = random.Random(1)
    return tuple(piece.text for _ in range(60) for piece in texts(sample_content(rng)))


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return train_tokenizer(world_lines(), 512)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def own_corpus() -> Iterator[None]:
    """Lines of the world stand in for those of installed software."""
    from train.data import text

    use_corpus(world_lines())
    yield
    text._GIVEN.clear()
    text.corpus.cache_clear()
    text.words.cache_clear()


@cache
def conversation(seed: int) -> tuple[Any, Screen, list[Turn]]:
    return sample_conversation(seed, "train", 8)


def model_of(config: ModelConfig, seed: int = 0) -> MMGPT:
    """A random model whose attention does something: what leaks would show."""
    torch.manual_seed(seed)
    model = MMGPT(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return model


def logits_of(model: MMGPT, batch: Batch) -> Tensor:
    """[B, T, V + 2P] of a batch as training runs it."""
    memory = None
    if batch.owner:
        memory = model.remember(
            model.see(Pictures(batch.owner, batch.pieces, batch.features)), batch.owner, len(batch.ids)
        )
    hidden = model.hidden(batch.ids, memory, mask=batch.mask, positions=batch.positions)
    return model.logits(hidden, batch.ids, memory)


def same(a: Any, b: Any) -> bool:
    """Whether two batches (or parts of them) are equal bit by bit."""
    if isinstance(a, Tensor):
        return isinstance(b, Tensor) and torch.equal(a, b)
    if isinstance(a, Batch | Pieces | Features):
        return type(a) is type(b) and all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    return bool(a == b)


# -- labels ------------------------------------------------------------------------------------------------------------------------


def written(tokenizer: Tokenizer, config: ModelConfig, ids: list[int], pieces: Any) -> str:
    """What the ids of an answer come out as."""
    slots = [(0, i, pieces) for i in range(len(pieces))]
    writer = Piecewise(tokenizer, config.decoder.vocab_size, config.pointers, slots)
    for id_ in ids:
        writer.add(id_, 0.0, id_ == config.end_token)
    return writer.result()[0]


def one_blank(text: str) -> str:
    return " ".join(text.split())


def said(screen: Screen, turn: Turn) -> str:
    """The answer with a blank between neighbouring spans."""
    made, before = "", False
    for part in turn.answer:
        made += part if isinstance(part, str) else (" " if before else "") + screen.text(part)
        before = isinstance(part, Span)
    return made


@pytest.mark.parametrize(
    ("copying", "most"), [(True, 1024), (True, 40), (False, 1024)], ids=["copied", "few", "spelled"]
)
def test_labels_are_the_assistants_words_and_no_other(tokenizer: Tokenizer, copying: bool, most: int) -> None:
    lines = debug().lines
    assert lines is not None
    config = replace(debug(), copy=copying, lines=replace(lines, max_pieces=most))
    maker, pointed, spelled = RowMaker(config, tokenizer), 0, 0
    for seed in range(SEEDS):
        _, screen, turns = conversation(seed)
        pieces = cut_pieces([line.read for line in screen.lines], most)
        row = maker.row(screen, turns, pieces, None, apart=seed % 2 == 0)
        assert row.turn.unique_consecutive().tolist() == list(range(len(turns)))
        for number, turn in enumerate(turns):
            ids, labels = (values[row.turn == number].tolist() for values in (row.ids, row.labels))
            begin = ids.index(ASSISTANT) + 1
            shown = seed % 2 == 0 or number == 0
            assert ids[0] == USER and ids[begin - 2] == END and ids[1 : 1 + shown] == [IMAGE] * shown
            assert tokenizer.decode(ids[1 + shown : begin - 2], skip_special_tokens=False) == turn.question
            assert set(labels[:begin]) == {IGNORED}, "what a user says is never learnt"
            answer = ids[begin:]
            assert labels[begin:] == answer and answer[-1] == END and answer.count(END) == 1
            text = written(tokenizer, config, answer, pieces)
            assert one_blank(text) == one_blank(said(screen, turn))
            assert solid(text) == solid(screen.say(turn.answer))
            spans = sum(isinstance(part, Span) for part in turn.answer)
            pointed += any(id_ >= config.decoder.vocab_size for id_ in answer)
            spelled += bool(spans) and not any(id_ >= config.decoder.vocab_size for id_ in answer)
    assert (pointed > 100) == copying and spelled > (0 if most == 1024 and copying else 100)


def flat(lines: list[str], *answer: str | Span) -> tuple[Screen, Turn]:
    """A terminal whose lines were read without a mistake, and a turn about it."""
    made = tuple(
        ScreenLine(text, text, "output", False, False, (4.0, 20.0 * y, 4 + 8.0 * len(text), 20 * y + 14.0), (Part(0, len(text), "output"),))
        for y, text in enumerate(lines)
    )  # fmt: skip
    screen = Screen(made, Fields(False, None, "document"), 4000, 400, False)
    return screen, Turn("lines", "What does it say?", answer, "", True, False)


def test_lines_one_below_the_other_are_one_span_and_others_are_apart(tokenizer: Tokenizer) -> None:
    config = debug()
    V, P = config.decoder.vocab_size, config.pointers
    maker = RowMaker(config, tokenizer)
    screen, turn = flat(["one two", "three", "four five"], Span(0, 4, 7), Span(1, 0, 5), Span(2, 5, 9))
    pieces = cut_pieces([line.read for line in screen.lines], P)
    ids = maker.answer_ids(screen, turn, pieces)
    assert ids == [V + 1, V + P + 2, V + 4, V + P + 4, END]
    assert written(tokenizer, config, ids, pieces) == "two three five"


def test_a_span_that_cannot_be_pointed_at_is_spelled_beside_ones_that_can(tokenizer: Tokenizer) -> None:
    config = debug()
    maker = RowMaker(config, tokenizer)
    screen, turn = flat(["one two", "three", "four"], Span(0, 0, 7), Span(1, 1, 4), Span(2, 0, 4))  # "hre" is no piece
    pieces = cut_pieces([line.read for line in screen.lines], config.pointers)
    ids = maker.answer_ids(screen, turn, pieces)
    assert sum(id_ >= config.decoder.vocab_size for id_ in ids) == 4
    assert written(tokenizer, config, ids, pieces) == "one two hre four"


@pytest.mark.parametrize("lines", [1, 2])
def test_no_span_is_longer_than_the_grammar_allows(tokenizer: Tokenizer, lines: int) -> None:
    """An end further away has no probability at all, and its loss no bound."""
    base = debug().lines
    assert base is not None
    config = replace(debug(), lines=replace(base, max_pieces=256))
    words = " ".join(f"w{i}" for i in range(LONGEST_SPAN // lines + 2))
    screen, turn = flat([words] * lines, *(Span(y, 0, len(words)) for y in range(lines)))
    maker = RowMaker(config, tokenizer)
    pieces = cut_pieces([line.read for line in screen.lines], config.pointers)
    ids = maker.answer_ids(screen, turn, pieces)
    assert written(tokenizer, config, ids, pieces) == " ".join([words] * lines)
    assert sum(id_ >= config.decoder.vocab_size for id_ in ids) == (0 if lines == 1 else 4)
    row = Row(torch.tensor([USER, IMAGE, END, ASSISTANT, *ids]), torch.tensor([IGNORED] * 4 + ids), torch.zeros(len(ids) + 4).long(),
              True, tensors_of(config, tokenizer, screen))  # fmt: skip
    assert float(answer_loss(model_of(config), collate([row], 0)).detach()) < 50


def tensors_of(config: ModelConfig, tokenizer: Tokenizer, screen: Screen) -> Pieces:
    """Tensors of a screen that was read without doubt."""
    import numpy as np

    from mmgpt.extractor.page import Page
    from mmgpt.pieces import PieceEncoder

    count = len(screen.lines)
    page = Page(
        tuple(line.read for line in screen.lines), np.array([line.box for line in screen.lines], np.float32), np.ones(count, np.float32),
        np.zeros((count, 8), np.float32), np.arange(count), (screen.width, screen.height), (1.0, 1.0, 1.0),
    )  # fmt: skip
    assert config.lines is not None
    return PieceEncoder(tokenizer, config.lines.max_pieces)(page)[1]


def test_a_batch_without_an_answer_is_refused() -> None:
    ids = torch.tensor([USER, 300, END])
    nothing = Row(ids, torch.full_like(ids, IGNORED), torch.zeros(3).long(), False, None)
    with pytest.raises(ValueError, match="no token of these 2 conversations is supervised: they have no answers"):
        collate([nothing, nothing], 0)
    answered = Row(ids, ids, torch.zeros(3).long(), False, None)
    assert collate([nothing, answered], 0).turns == 2


# -- what sees what --------------------------------------------------------------------------------------------------------------


def packed(config: ModelConfig, tokenizer: Tokenizer, seeds: list[int]) -> tuple[list[Row], list[list[Row]]]:
    """Screens with turns that are apart in one row each, and the same turns in rows of their own."""
    maker = RowMaker(config, tokenizer)
    together, alone = [], []
    for seed in seeds:
        simulated, screen, turns = conversation(seed)
        pieces, tensors = perceive(maker, simulated, random.Random(seed))
        together.append(maker.row(screen, turns[:4], pieces, tensors, apart=True))
        alone.append([maker.row(screen, [turn], pieces, tensors, apart=True) for turn in turns[:4]])
    return together, alone


@pytest.mark.parametrize("name", ["cross", "spelled", "blind"])
def test_turns_that_are_apart_are_asked_as_if_alone(tokenizer: Tokenizer, name: str) -> None:
    config = CONFIGS[name]
    model = model_of(config)
    rows, alone = packed(config, tokenizer, [3, 8])
    batch = collate(rows, config.pad_token)
    with torch.no_grad():
        whole = logits_of(model, batch)
        total, count = answer_nll(model, batch)
        own_total, own_count = 0.0, 0
        for b, turns in enumerate(alone):
            for number, row in enumerate(turns):
                own = collate([row], config.pad_token)
                places = (rows[b].turn == number).nonzero()[:, 0]
                assert torch.equal(batch.positions[b, places], torch.arange(len(places)))
                torch.testing.assert_close(whole[b, places], logits_of(model, own)[0], rtol=1e-4, atol=1e-4)
                loss, there = answer_nll(model, own)
                own_total, own_count = own_total + float(loss), own_count + there
    assert count == own_count > 0
    assert float(total) == pytest.approx(own_total, rel=1e-5)


def test_a_turn_never_reaches_another_one_that_is_apart(tokenizer: Tokenizer) -> None:
    config = debug()
    model = model_of(config)
    (row,), _ = packed(config, tokenizer, [5])
    batch, numbers = collate([row], config.pad_token), row.turn
    together = collate([replace(row, apart=False)], config.pad_token)
    with torch.no_grad():
        before, before_together = logits_of(model, batch), logits_of(model, together)
        for turn in range(int(numbers[-1]) + 1):
            ids = batch.ids.clone()
            place = int((numbers == turn).nonzero()[3])
            ids[0, place] = (ids[0, place] - 260) % 240 + 261  # another word of the question
            after = logits_of(model, replace(batch, ids=ids))
            moved = (after - before)[0].abs().amax(-1)
            assert float(moved[numbers != turn].max()) <= 1e-5
            assert float(moved[place:][numbers[place:] == turn].min()) > 1e-4
            leaks = (logits_of(model, replace(together, ids=ids)) - before_together)[0].abs().amax(-1)
            assert float(leaks[:place].max()) <= 1e-5 and float(leaks[place:].min()) > 1e-4, (
                "in a conversation it is read"
            )


@pytest.mark.parametrize("name", ["cross", "prefix"])
def test_a_row_without_a_picture_does_not_mind_the_others(tokenizer: Tokenizer, name: str) -> None:
    config = CONFIGS[name]
    model, maker = model_of(config), RowMaker(config, tokenizer)
    _, screen, _ = conversation(0)
    text = maker.row(screen, sample_chat(1, "train", 3), [], None, apart=False, picture=False)
    assert text.pieces is None and IMAGE not in text.ids
    others = [row for row in (row_of(maker, seed, "train", 3) for seed in range(6)) if row.pieces is not None][:3]
    n, V = len(text.ids), config.decoder.vocab_size
    with torch.no_grad():
        alone = logits_of(model, collate([text], config.pad_token))[0]
        for rows, place in (([text, *others], 0), ([others[0], text], 1), ([*others[1:], text], 2)):
            batch = collate(rows, config.pad_token)
            assert batch.owner == [i for i in range(len(rows)) if i != place]
            found = logits_of(model, batch)[place, :n]
            torch.testing.assert_close(found[:, :V], alone[:, :V], rtol=1e-4, atol=1e-4)
            assert float(found[:, V:].max()) < -1e30, "there is nothing to point at"
            without = logits_of(model, collate([r for r in rows if r is not text], config.pad_token))
            shown = [i for i in range(len(rows)) if i != place]
            for i, row in zip(shown, without, strict=True):
                length = len(rows[i].ids)
                torch.testing.assert_close(logits_of(model, batch)[i, :length], row[:length], rtol=1e-4, atol=1e-4)


# -- losses ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONFIGS)
def test_the_loss_is_the_cross_entropy_of_whole_logits(tokenizer: Tokenizer, name: str) -> None:
    """Made for the supervised places and the pointers that are there alone, and yet equal, with its gradients."""
    config = CONFIGS[name]
    model, maker = model_of(config), RowMaker(config, tokenizer)
    rows = []
    for seed in range(3):
        simulated, screen, turns = conversation(seed)
        pieces, tensors = perceive(maker, simulated, random.Random(seed))
        rows.append(maker.row(screen, turns[:3], pieces, tensors, apart=False))
    rows.append(maker.row(screen, sample_chat(4, "train", 2), [], None, apart=False, picture=False))
    batch = collate(rows, config.pad_token)
    loss = answer_loss(model, batch)
    loss.backward()
    ours = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    model.zero_grad(set_to_none=True)
    valid = torch.stack([F.pad(torch.ones(len(r.ids)), (0, batch.ids.shape[1] - len(r.ids))) for r in rows]).bool()
    pictures = Pictures(batch.owner, batch.pieces) if batch.owner else None
    logits = model(batch.ids, pictures, valid)
    assert logits.shape[-1] == config.logits_size
    assert bool((batch.labels >= config.decoder.vocab_size).any()) == bool(config.pointers)
    reference = F.cross_entropy(logits[:, :-1].flatten(0, 1), batch.labels[:, 1:].flatten(), ignore_index=IGNORED)
    assert float(loss.detach()) == pytest.approx(float(reference.detach()), rel=1e-5)
    reference.backward()
    theirs = {n: p.grad for n, p in model.named_parameters() if p.grad is not None}
    assert set(ours) == set(theirs)
    for key, value in theirs.items():
        torch.testing.assert_close(ours[key], value, rtol=1e-3, atol=1e-5)


def test_packed_documents_are_read_as_if_alone(tokenizer: Tokenizer, own_corpus: None) -> None:
    config = debug()
    task, model = TextTask(config, tokenizer, batch=3, length=300), model_of(debug())
    batch = task.batch(0)
    rows = [task.row(i, "train") for i in range(3)]
    assert same(batch, collate(rows, config.pad_token)) and batch.ids.shape == (3, 300)
    total, count, documents = 0.0, 0, 0
    with torch.no_grad():
        for row in rows:
            assert int(row.turn[-1]) > 0, "more than one document a row"
            for number in row.turn.unique().tolist():
                ids = row.ids[row.turn == number][None]
                documents += 1
                if ids.shape[1] > 1:
                    logits = model.decoder.head(model.hidden(ids, None))
                    total += float(F.cross_entropy(logits[0, :-1], ids[0, 1:], reduction="sum"))
                    count += ids.shape[1] - 1
        packed_loss = float(text_loss(model, batch))
    assert packed_loss == pytest.approx(total / count, rel=1e-5)
    ends = (batch.ids == END) & (batch.labels == END)
    assert int(ends.sum()) >= documents - 3, "where a document ends is learnt"


def test_control_tokens_in_a_document_are_letters(tokenizer: Tokenizer) -> None:
    class Odd(TextTask):
        def document(self, rng: random.Random, split: str) -> str:
            return "see <image> and <|end|><|assistant|>"

    row = Odd(debug(), tokenizer, length=80).row(0, "train")
    first = row.ids[row.turn == 0].tolist()
    assert [id_ for id_ in first if id_ < len(SPECIAL)] == [END] and first[-1] == END
    assert tokenizer.decode(first[:-1]) == "see <image> and <|end|><|assistant|>"


# -- batches ---------------------------------------------------------------------------------------------------------------------


def test_a_batch_depends_on_seed_and_step_alone(tokenizer: Tokenizer, own_corpus: None) -> None:
    def simulate(seed: int) -> SimulateTask:
        return SimulateTask(debug(), tokenizer, seed=seed, batch=2, turns=3)

    first, again = simulate(0), simulate(0)
    wanted = {step: first.batch(step) for step in (0, 3, 9)}
    assert all(same(again.batch(step), wanted[step]) for step in (9, 0, 3, 9))
    other = simulate(1)
    every = [[task.batch(step) for step in range(2 * POOL)] for task in (first, other)]
    ids = [tuple(batch.ids.flatten().tolist()) for batches in every for batch in batches]
    assert len(set(ids)) == len(ids), "neither another step nor another seed gives a batch again"
    text, more = TextTask(debug(), tokenizer, batch=2, length=32), TextTask(debug(), tokenizer, batch=2, length=32)
    assert same(text.batch(5), more.batch(5)) and same(text.batch(2), more.batch(2))
    assert not same(TextTask(debug(), tokenizer, seed=1, batch=2, length=32).batch(5), text.batch(5))


def questions(task: SimulateTask, row: Row) -> list[str]:
    """What users ask in a row."""
    made = []
    for number in row.turn.unique().tolist():
        ids = row.ids[row.turn == number].tolist()
        asked = [id_ for id_ in ids[1 : ids.index(ASSISTANT) - 1] if id_ != IMAGE]
        made.append(task.tokenizer.decode(asked))
    return made


def plain(text: str) -> str:
    return text.lower().rstrip("?.")


def test_training_never_asks_in_held_out_words(tokenizer: Tokenizer) -> None:
    held_out = {
        plain(w) for family in FAMILIES for w in (*family.wordings.held_out, *family.short.held_out) if "{" not in w
    }
    held_out |= {
        plain(w) for family in FAMILIES if family.held_out_intent for w in family.wordings.train if "{" not in w
    }
    assert len(held_out) > 50
    task = SimulateTask(debug(), tokenizer, batch=1, turns=8)
    trained = {plain(q) for i in range(100) for q in questions(task, task._row(i))}
    assert len(trained) > 100 and not trained & held_out
    measured = {plain(q) for i in range(30) for q in questions(task, row_of(task.maker, i, "held_out", 8))}
    assert measured & held_out


def test_a_few_rows_are_about_no_picture(tokenizer: Tokenizer) -> None:
    maker = RowMaker(debug(), tokenizer)
    rows = [row_of(maker, seed, "train", 2) for seed in range(150)]
    without = [row for row in rows if row.pieces is None]
    assert 1 <= len(without) <= 20
    assert all(IMAGE not in row.ids and int(row.labels.max()) < 512 for row in without)
    assert all(IMAGE in row.ids for row in rows if row.pieces is not None)


def test_a_readers_doubts_go_with_what_it_read() -> None:
    wrong, right = 0, 0
    for seed in range(200):
        rng = random.Random(seed)
        truth = "ERR_I0l: file 1O1 missing"
        read = truth.replace("I", "l", 1).replace("O", "0", 1)
        known = posteriors(rng, read, truth)
        assert len(known.alternatives) == len(known.certainty) == len(read)
        assert all(0 < sure <= 1 for sure in known.certainty) and all(len(a) <= 1 for a in known.alternatives)
        for letter, true, other, sure in zip(read, truth, known.alternatives, known.certainty, strict=True):
            if letter != true:
                assert sure <= 0.95 and other and other != letter
                wrong += 1
                right += other == true
    assert 0.7 < right / wrong < 0.95, "mostly the second choice is what truly stands there"


def test_pictures_without_features_are_masked_beside_others() -> None:
    def features(n: int, grid: tuple[int, int] | None) -> Features:
        return Features(torch.randn(1, n, 4), torch.rand(1, n, 4), torch.ones(1, n, dtype=torch.bool), grid)

    a, b = features(6, (2, 3)), features(4, (2, 2))
    made = pad_features([a, None, b])
    assert made.features.shape == (3, 6, 4) and made.grid is None
    assert made.mask.sum(1).tolist() == [6, 0, 4] and torch.equal(made.features[2, :4], b.features[0])
    assert pad_features([a, None]).grid == (2, 3)


# -- runs ------------------------------------------------------------------------------------------------------------------------


def run_config(out: Path, steps: int, **more: Any) -> RunConfig:
    options: dict[str, Any] = {
        "warmup": 3,
        "decay": 8,
        "lr": 4e-3,
        "save_every": 1000,
        "eval_every": 1000,
        "log_every": 5,
        "bf16": False,
    }
    return RunConfig(out=out, steps=steps, **{**options, **more})


@pytest.fixture
def few_nats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluations score a sixth of the held-out answers."""
    every = SimulateTask.nats
    monkeypatch.setattr(SimulateTask, "nats", lambda self, model: every(self, model, 1))


def task_of(tokenizer: Tokenizer, batch: int = 4, turns: int = 3) -> SimulateTask:
    torch.manual_seed(7)
    return SimulateTask(debug(), tokenizer, batch=batch, turns=turns, evaluation=2)


def test_thirty_steps_lower_the_loss(tokenizer: Tokenizer, few_nats: None, tmp_path: Path) -> None:
    task = task_of(tokenizer)
    other = SimulateTask(debug(), tokenizer, seed=1, batch=4, turns=3).batch(0)
    with torch.no_grad():
        before = float(answer_loss(task.model, other))  # type: ignore[arg-type]
    trainer = Trainer(task, run_config(tmp_path, 30))
    scores = trainer.run()
    with torch.no_grad():
        after = float(answer_loss(trainer.model, other))  # type: ignore[arg-type]
    assert after < 0.7 * before, f"{before:.2f} → {after:.2f} on a batch that was not trained on"
    assert trainer.samples == 30 * 4
    assert {"train fields", "train questions", "held out fields", "held out nats an answer"} <= set(scores)
    assert all(0 <= value <= 1 for name, value in scores.items() if "nats" not in name)
    assert (tmp_path / "loss.csv").read_text().count("\n") == 7 and (tmp_path / "model.safetensors").exists()


def test_stopped_and_resumed_is_bit_equal_to_uninterrupted(tokenizer: Tokenizer, tmp_path: Path) -> None:
    class Stopping(SimulateTask):
        """Gets SIGTERM in its sixth step."""

        def loss(self, batch: Batch, step: int, total: int) -> tuple[Tensor, int]:
            if step == 5:
                os.kill(os.getpid(), signal.SIGTERM)
            return super().loss(batch, step, total)

    whole = Trainer(task_of(tokenizer, batch=2), run_config(tmp_path / "whole", 11))
    while whole.step < 11:
        whole._one()
    torch.manual_seed(7)
    first = Trainer(Stopping(debug(), tokenizer, batch=2, turns=3), run_config(tmp_path / "cut", 11))
    with pytest.raises(Interrupted, match="stopped at step 6"):
        first.run()
    torch.manual_seed(8)  # other weights at first: all must come from the checkpoint
    second = Trainer(SimulateTask(debug(), tokenizer, batch=2, turns=3), run_config(tmp_path / "cut", 11))
    assert second.step == 6
    while second.step < 11:  # over the border of a pool of batches
        second._one()
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, second.model.state_dict()[name]), name
        assert torch.equal(whole.ema[name], second.ema[name]), f"ema {name}"
    assert not torch.equal(
        whole.ema["decoder.embed_tokens.weight"], whole.model.state_dict()["decoder.embed_tokens.weight"]
    )


def test_processor_minutes_stop_a_run(tokenizer: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time in which the process does not compute does not count."""
    task = task_of(tokenizer, batch=1, turns=1)
    clock = {"process": 0.0}
    monkeypatch.setattr(training.time, "process_time", lambda: clock["process"])
    original = task.loss

    def loss(batch: Batch, step: int, total: int) -> tuple[Tensor, int]:
        clock["process"] += 20.0
        return original(batch, step, total)

    monkeypatch.setattr(task, "loss", loss)
    monkeypatch.setattr(task, "evaluate", lambda model: {"score": 0.5})
    trainer = Trainer(task, run_config(tmp_path, 100, cpu_minutes=1.0))
    assert trainer.run() == {"score": 0.5}
    assert trainer.step == 4, "three steps are one minute; the fourth goes over it"
    assert Trainer(task_of(tokenizer, batch=1), run_config(tmp_path, 100)).step == 4, "what was done is saved"


@pytest.mark.parametrize("fast", [False, True])
def test_half_precision_is_used_where_it_pays(
    fast: bool, tokenizer: Tokenizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert training.fast_bf16("cpu") in (True, False) and isinstance(training.fast_bf16("cpu"), bool)
    assert training.fast_bf16("cuda:0") is True
    monkeypatch.setattr(training, "fast_bf16", lambda device: fast)
    kinds: list[torch.dtype] = []

    class Watching(SimulateTask):
        def loss(self, batch: Batch, step: int, total: int) -> tuple[Tensor, int]:
            first: Any = self.model.get_submodule("decoder.layers.0.self_attn.q_proj")
            hook = first.register_forward_hook(lambda module, inputs, output: kinds.append(output.dtype))
            found = super().loss(batch, step, total)
            hook.remove()
            return found

    trainer = Trainer(Watching(debug(), tokenizer, batch=1, turns=2), run_config(tmp_path, 1, bf16=None))
    assert trainer.config.bf16 is fast
    trainer._one()
    assert kinds == [torch.bfloat16 if fast else torch.float32]
    assert {p.dtype for p in trainer.model.parameters()} == {torch.float32}


# -- commands --------------------------------------------------------------------------------------------------------------------


def test_every_rung_is_an_architecture() -> None:
    sizes = {}
    for name in ("nano", *RUNGS):
        config = architecture(name)
        assert ModelConfig.from_dict(config.to_dict()) == config
        with torch.device("meta"):
            sizes[name] = sum(p.numel() for p in MMGPT(config).parameters())
    assert sizes["blind"] < sizes["spelled"] < sizes["nano"] and sizes["small"] < sizes["nano"] < sizes["large"]
    assert architecture("prefix").decoder.layers == architecture("nano").decoder.layers
    assert not architecture("spelled").pointers and not architecture("blind").pointers


def test_an_unknown_architecture_is_told_the_known_ones() -> None:
    with pytest.raises(ValueError, match="no architecture 'huge'; known: blind, debug, hub_small"):
        architecture("huge")


def test_the_command_trains_goes_on_and_hands_over(
    tokenizer: Tokenizer, own_corpus: None, few_nats: None, tmp_path: Path
) -> None:
    """`text` first, its weights into `simulate`, which goes on where it stopped."""
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    common = ["--tokenizer", str(tmp_path / "tokenizer.json"), "--preset", "debug", "--batch", "2", "--warmup", "1", "--decay", "1",
              "--evaluation", "1", "--turns", "2", "--threads", "1"]  # fmt: skip
    assert main(["text", "--out", str(tmp_path / "text"), "--steps", "2", *common]) == 0
    weights = str(tmp_path / "text" / "model.safetensors")
    simulate = ["simulate", "--out", str(tmp_path / "simulate"), "--init", weights, *common]
    assert main([*simulate, "--steps", "1", "--lr", "0"]) == 0
    from safetensors.torch import load_file

    begun, given = load_file(tmp_path / "simulate" / "model.safetensors"), load_file(weights)
    assert all(torch.allclose(begun[name], value, atol=1e-6) for name, value in given.items())
    assert main([*simulate, "--steps", "2"]) == 0
    steps = [path.name for path in sorted((tmp_path / "simulate" / "checkpoints").glob("*.safetensors"))]
    assert steps == ["step-00000001.safetensors", "step-00000002.safetensors"]


def test_what_cannot_be_trained_is_a_matter_of_usage(
    tokenizer: Tokenizer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.json"
    tokenizer.save(str(path))

    def refused(task: str, *arguments: str) -> str:
        with pytest.raises(SystemExit) as stop:
            main([task, "--out", str(tmp_path / "out"), *arguments])
        assert stop.value.code == 2
        return capsys.readouterr().err

    small = ("--tokenizer", str(path))
    assert f"{path} has 512 pieces, the preset nano 4096" in refused("simulate", *small)
    assert "no architecture 'huge'; known: blind" in refused("text", *small, "--preset", "huge")
    assert "python -m train.tokenizer --out" in refused("simulate", "--tokenizer", str(tmp_path / "none.json"))
    nothing = refused("align", *small, "--preset", "debug", "--data", str(tmp_path / "none"))
    assert "python -m train.data.perceived --out" in nothing
    assert "invalid choice: 'sing'" in refused("sing")
    assert not (tmp_path / "out").exists()


def test_the_loss_in_the_ledger_is_a_mean_after_a_resume_too(tokenizer: Tokenizer, tmp_path: Path) -> None:
    trainer = Trainer(task_of(tokenizer, batch=1, turns=1), run_config(tmp_path, 5, log_every=5))
    for _ in range(3):
        trainer._one()
    trainer._save()
    resumed = Trainer(task_of(tokenizer, batch=1, turns=1), run_config(tmp_path, 5, log_every=5))
    one = resumed._one
    losses: list[float] = []
    resumed._one = lambda: losses.append(one()) or losses[-1]  # type: ignore[method-assign,func-returns-value]
    resumed.task.evaluate = lambda model: {"score": 1.0}  # type: ignore[method-assign]
    resumed.run()
    (row,) = csv.DictReader((tmp_path / "loss.csv").open())
    assert len(losses) == 2 and float(row["loss"]) == pytest.approx(sum(losses) / 2, abs=1e-5)
