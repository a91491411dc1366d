"""The contrastive task: descriptions tell the truth, batches depend on the step alone, training lowers the loss."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from mmgpt.schema import KINDS
from train.cli import main
from train.tasks.clip import (
    FAILED,
    FINE,
    LARGE,
    LARGE_EVERY,
    LENGTH,
    NAMES,
    SMALL,
    ClipTask,
    PairBatch,
    Shown,
    Texts,
    describe,
    draw_screen,
    encode_text,
    fit,
    jitter,
    tone_of,
)
from train.trainer import RunConfig, Trainer
from vision.clip import load_tower
from vision.preprocess import normalise
from vision.trunk import MEAN, STD

pytest.importorskip("open_clip")
tokenizers = pytest.importorskip("tokenizers")
pytestmark = pytest.mark.render


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> object:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small tokenizer over what descriptions say."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=500, special_tokens=["<pad>", "<|end|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    made.train_from_iterator([name for names in NAMES.values() for name in (*names, *FAILED, *FINE)], trainer)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    made.save(str(path))
    return path


def shown(**more: str) -> Shown:
    values = {"kind": "terminal", "tone": "", "app": "", "category": "none", "title": "", "place": "", "behind": ""}
    return Shown(np.zeros((20, 30, 3), np.uint8), **{**values, "detail": "", **more})


def sayings(what: Shown, count: int = 200) -> list[str]:
    rng = random.Random(0)
    return [describe(what, rng) for _ in range(count)]


def test_descriptions_say_what_is_known_and_nothing_else() -> None:
    assert set(NAMES) == set(KINDS)
    every = sayings(shown(tone="dark", app="Git", category="disk_full", title="backup — zsh", place="upper left"))
    for part in ("dark", "Git", "disk full", "backup — zsh", "upper left"):
        assert 20 < sum(part in text for text in every) < 200, part
    assert all(any(noun in text.replace("dark ", "") for noun in NAMES["terminal"]) for text in every)
    assert not any(fine in text for text in every for fine in FINE)
    assert len(set(every)) > 150
    bare = sayings(shown())
    assert not any(word in text for text in bare for word in ("dark", "light", "problem", "stands", *FAILED))
    over = sayings(shown(kind="desktop_dialog", behind="ide_editor"))
    assert any(" over an IDE" in text for text in over)


def test_tone_is_what_is_drawn() -> None:
    assert tone_of(np.full((8, 8, 3), 250, np.uint8)) == "light"
    assert tone_of(np.full((8, 8, 3), 20, np.uint8)) == "dark"
    half = np.zeros((8, 8, 3), np.uint8)
    half[:4] = 255
    assert tone_of(half) == ""
    assert tone_of(np.full((8, 8, 3), (0, 0, 255), np.uint8)) == "dark"  # blue is dark to the eye


def test_screens_are_drawn_again_alike_and_splits_differ() -> None:
    first, again, other = (draw_screen(7, 3, split) for split in ("train", "train", "held_out"))
    assert np.array_equal(first.picture, again.picture) and describe(first, random.Random(1)) == describe(
        again, random.Random(1)
    )
    assert first.picture.shape != other.picture.shape or not np.array_equal(first.picture, other.picture)
    for screen in (first, other):
        height, width = screen.picture.shape[:2]
        assert width <= LARGE[0] and height <= LARGE[1] and (width == LARGE[0] or height == LARGE[1])
        assert screen.tone == tone_of(screen.picture) and screen.kind in KINDS


def test_jitter_keeps_the_tone_and_fit_never_enlarges() -> None:
    rng = random.Random(4)
    for ground in (30, 225):
        picture = np.full((100, 150, 3), ground, np.uint8)
        for _ in range(50):
            assert tone_of(jitter(picture, rng)) == tone_of(picture)
    small = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    fitted = fit(small, SMALL)
    assert fitted.shape == (SMALL[1], SMALL[0], 3) and np.array_equal(fitted[:40, :60], small)


def test_texts_end_with_the_end_token_and_short_batches_change_nothing(tokenizer: Path, tmp_path: Path) -> None:
    task = ClipTask(tokenizer, batch=4, evaluation=4)
    texts = task.source.texts
    ids = texts(["a dialog", "a dark terminal window, " * 40])
    assert ids.shape == (2, LENGTH) and ids[1, -1] == texts.end and ids.max() < 4096
    short = texts(["a dialog", "a chart, no error"])
    assert short.shape[1] < LENGTH
    padded = torch.full((2, LENGTH), texts.end)
    padded[:, : short.shape[1]] = short
    with torch.no_grad():
        own = torch.nn.functional.normalize(task.model.encode_text(padded), dim=-1)  # open_clip's own way
        torch.testing.assert_close(encode_text(task.model, short), own)
        torch.testing.assert_close(encode_text(task.model, padded), own)
    with pytest.raises(FileNotFoundError, match="train the tokenizer first"):
        Texts(tmp_path / "none.json", 4096)
    with pytest.raises(ValueError, match="pieces, the text tower 100"):
        Texts(tokenizer, 100)


def test_a_batch_depends_on_the_step_alone(tokenizer: Path) -> None:
    def equal(a: PairBatch, b: PairBatch) -> bool:
        same = all(
            torch.equal(p, q)
            for one, two in zip(a.prompts, b.prompts, strict=True)
            for p, q in zip(one, two, strict=True)
        )
        return same and np.array_equal(a.pictures, b.pictures) and torch.equal(a.ids, b.ids)

    torch.manual_seed(0)
    run = ClipTask(tokenizer, seed=5, batch=6, kept=12).source
    seen = [run.batch(step) for step in range(LARGE_EVERY)]
    assert {b.pictures.shape[1:3] for b in seen[:-1]} == {SMALL[::-1]} and seen[-1].pictures.shape[1:3] == LARGE[::-1]
    assert len(run._drawn) == 12  # what is kept has a limit
    resumed = ClipTask(tokenizer, seed=5, batch=6, kept=12).source
    assert equal(resumed.batch(LARGE_EVERY - 1), seen[-1])
    assert equal(run.batch(2), seen[2])  # going back, too
    assert not equal(seen[0], seen[1])
    assert not equal(ClipTask(tokenizer, seed=6, batch=6, kept=12).source.batch(0), seen[0])


@pytest.mark.parametrize("loss", ["clip", "siglip"])
def test_the_loss_is_open_clips_and_learning_lowers_it(tokenizer: Path, loss: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    task = ClipTask(tokenizer, batch=8, loss=loss, evaluation=8)
    dark, light = np.zeros((96, 96, 3), np.uint8), np.full((96, 96, 3), 255, np.uint8)
    half = np.concatenate([dark[:, :48], light[:, 48:]], 1)
    pictures = np.stack([dark, light, half, half[:, ::-1]])
    batch = PairBatch(pictures, task.source.texts(["a dark terminal", "a light document", "a plot", "a console"]), [])
    with torch.no_grad():
        seen = task.model.encode_image(normalise(pictures, MEAN, STD), normalize=True)
        said = encode_text(task.model, batch.ids)
        logits = task.model.logit_scale.exp() * seen @ said.T
        if loss == "clip":
            each = (torch.nn.functional.cross_entropy(m, torch.arange(4)) for m in (logits, logits.T))
            want = sum(each) / 2
        else:
            signs = 2 * torch.eye(4) - 1
            want = -torch.nn.functional.logsigmoid(signs * (logits + task.model.logit_bias)).sum() / 4
    first, count = task.loss(batch, 0, 10)
    torch.testing.assert_close(first.detach(), torch.as_tensor(want))
    assert count == 4
    classes = torch.tensor([1, 0, -1, -1])  # of two of the pictures nothing is certain
    batch.prompts.append((task.source.texts(["light", "dark"]), classes))
    with torch.no_grad():
        words = encode_text(task.model, batch.prompts[0][0])
        sure = task.model.logit_scale.exp() * seen[:2] @ words.T
        want = want + torch.nn.functional.cross_entropy(sure, classes[:2])
        torch.testing.assert_close(task.loss(batch, 0, 10)[0], want)
    optimizer = torch.optim.AdamW(task.model.parameters(), lr=2e-3)
    for step in range(12):
        value, _ = task.loss(batch, step, 12)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    assert float(value.detach()) < 0.6 * float(first.detach())


def test_the_command_trains_and_its_tower_loads(tokenizer: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [
        "clip",
        "--out",
        str(out),
        "--steps",
        "2",
        "--batch",
        "4",
        "--tokenizer",
        str(tokenizer),
        "--warmup",
        "1",
    ]
    assert main([*command, "--decay", "1", "--evaluation", "4", "--threads", "1"]) == 0
    tower = load_tower(str(out / "tower"))
    assert tower.width == 192 and tower.see(np.zeros((80, 128, 3), np.uint8)).features.shape == (12, 192)
    header = (out / "curve.csv").read_text().splitlines()[0]
    assert header.endswith("train_r1,train_kind,held_out_r1,held_out_kind")
    task = ClipTask(tokenizer, batch=4, evaluation=4)
    again = Trainer(task, RunConfig(out=out, steps=2))
    assert again.step == 2
    averaged = again.averaged().visual.trunk.state_dict()  # type: ignore[union-attr]
    for name, value in tower.trunk.state_dict().items():  # type: ignore[union-attr,operator]
        assert torch.equal(value, averaged[name]), name
