"""Rendered screens as reader and tower perceive them, on disk and back; and the tasks that learn from them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from mmgpt.checkpoint import load_tokenizer
from mmgpt.config import ModelConfig, debug, nano
from mmgpt.perception import Perceived, Perceiver
from mmgpt.pieces import PieceEncoder, cut_pieces
from projector.features import Features
from projector.lines import Pieces
from train.data import perceived
from train.data.conversation.sample import ask, sample_conversation
from train.data.perceived import PerceivedScreen, draw, main, read, screen_of
from train.data.perception import RowMaker
from train.data.render.screen import Rendered
from train.data.world.content import Content, texts
from train.data.world.sample import sample_content
from train.evaluation.questions import solid
from train.tasks.instruct import CAPTIONS, KEPT_FOR_MEASURING, AlignTask, InstructTask
from train.tasks.simulate import SimulateTask, perceive
from train.tokenizer import train_tokenizer
from train.trainer import RunConfig, Trainer
from vision.clip import load_tower, tower_config
from vision.reader.nano import NanoReader
from vision.trunk import Trunk, TrunkConfig

SCREENS, SEED = 4, 8
IN_HALF = ("columns", "geometry", "certainty", "place")  # what shards keep in half precision


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small trunk with random weights."""
    folder = tmp_path_factory.mktemp("tower")
    torch.manual_seed(1)
    trunk = Trunk(TrunkConfig(widths=(8, 12, 16, 48), heads=4, blocks=2)).eval()
    (folder / "config.json").write_text(json.dumps({"tower": tower_config(trunk.config)}))
    save_file({f"tower.{k}": v for k, v in trunk.state_dict().items()}, folder / "tower.safetensors")
    return folder


@pytest.fixture(scope="module")
def shards(tower: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shards of two screens each, read by the reader that is shipped."""
    folder = tmp_path_factory.mktemp("perceived")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(perceived, "SHARD", 2)
        command = ["--out", str(folder), "--count", "3", "--seed", str(SEED), "--tower", str(tower)]
        assert main(command) == 0
    return folder


# -- on disk ---------------------------------------------------------------------------------------------------------------------


Again = list[tuple[Content, Rendered, Perceived]]


@pytest.fixture(scope="module")
def again(tower: Path) -> Again:
    """The same screens, drawn and perceived once more."""
    lines = nano().lines
    assert lines is not None
    tokenizer = load_tokenizer()
    perceiver = Perceiver(NanoReader.load(), PieceEncoder(tokenizer, lines.max_pieces), load_tower(str(tower)))
    drawn = [draw(index, SEED, "train") for index in range(SCREENS)]
    return [(content, rendered, perceiver(rendered.image)) for content, rendered in drawn]


@pytest.mark.render
def test_what_was_written_is_read_back(shards: Path, again: Again) -> None:
    entries = list(read(shards))
    assert len(entries) == SCREENS, "a shard is always filled"
    for entry, (content, rendered, wanted) in zip(entries, again, strict=True):
        assert entry.screen == screen_of(content, rendered, wanted) and entry.pieces == wanted.pieces
        assert entry.pieces, "the reader found something"
        for f in fields(Pieces):
            value, given = getattr(entry.tensors, f.name), getattr(wanted.tensors, f.name)
            assert value.dtype == given.dtype and value.shape == given.shape, f.name
            kept = given.half().float() if f.name in IN_HALF else given
            assert torch.equal(value, kept), f.name
        assert entry.features is not None and wanted.features is not None
        assert entry.features.grid == wanted.features.grid and bool(entry.features.mask.all())
        assert torch.equal(entry.features.features, wanted.features.features.half().float())
        assert torch.equal(entry.features.positions, wanted.features.positions)


@pytest.mark.render
def test_pieces_are_those_of_the_lines_and_point_at_their_letters(shards: Path) -> None:
    config = nano()
    maker = RowMaker(config, load_tokenizer())
    for entry in read(shards):
        assert entry.tensors.columns is not None and float(entry.tensors.columns.abs().amax(2).min()) > 0
        assert int(entry.tensors.mask.sum()) == len(entry.pieces)
        assert entry.tensors.line[0].tolist() == [piece.line for piece in entry.pieces]
        for piece in entry.pieces:
            assert entry.screen.lines[piece.line].read[piece.start : piece.end] == piece.text
        turns = ask(entry.screen, random.Random(1), "train", 6)
        row = maker.row(entry.screen, turns, entry.pieces, entry.tensors, apart=True)
        assert int(row.labels.max()) < config.logits_size and len(turns) > 1


@pytest.mark.render
def test_what_truly_stands_there_is_known(again: Again) -> None:
    exact: list[bool] = []
    for content, rendered, found in again:
        screen = screen_of(content, rendered, found)
        assert screen.fields == content.fields
        assert (screen.width, screen.height) == rendered.image.shape[1::-1]
        drawn = solid(" ".join(line.text for line in rendered.lines))
        there = [line for line in screen.lines if line.truth]
        assert sum(solid(line.truth) in drawn for line in there) >= 0.8 * len(there) > 0
        exact += [line.read == line.truth for line in screen.lines]
        if content.fields.is_error:
            assert screen.message, "the message was found among the read lines"
    assert sum(exact) > 0.6 * len(exact)


@pytest.mark.render
def test_nothing_is_called_absent_where_glyphs_are_cut(again: Again) -> None:
    complete = 0
    for content, rendered, found in again:
        whole = screen_of(content, replace(rendered, ignore=[]), found)
        cut = screen_of(content, replace(rendered, ignore=[(0.0, 0.0, 9.0, 9.0)]), found)
        assert not cut.complete and replace(whole, complete=False) == cut
        complete += whole.complete
    assert complete


@pytest.mark.render
def test_it_goes_on_where_it_stopped(
    shards: Path, tower: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shard that is there stays; one of which only the description was written is made anew, and equal."""
    for path in shards.iterdir():
        if path.name != "0001.safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "0001.jsonl").write_text('{"cut o')
    kept = (tmp_path / "0000.safetensors").stat().st_mtime_ns
    monkeypatch.setattr(perceived, "SHARD", 2)
    assert main(["--out", str(tmp_path), "--count", "4", "--seed", str(SEED), "--tower", str(tower)]) == 0
    assert (tmp_path / "0000.safetensors").stat().st_mtime_ns == kept
    assert (tmp_path / "0001.jsonl").read_bytes() == (shards / "0001.jsonl").read_bytes()
    ours, theirs = load_file(tmp_path / "0001.safetensors"), load_file(shards / "0001.safetensors")
    assert set(ours) == set(theirs) and all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_an_empty_folder_says_how_to_fill_it(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"no perceived screens in .*; make some: python -m train.data.perceived"
    ):
        list(read(tmp_path))


def test_missing_weights_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    out = tmp_path / "out"
    assert main(["--out", str(out), "--tower", str(tmp_path / "nowhere")]) == 2
    assert "unknown tower" in caplog.text and "nowhere" in caplog.text
    assert main(["--out", str(out), "--tower", "none", "--weights", str(tmp_path)]) == 2
    assert f"{tmp_path / 'tokenizer.json'} is missing" in caplog.text and not out.exists()


# -- tasks -----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    rng = random.Random(1)
    return train_tokenizer([piece.text for _ in range(60) for piece in texts(sample_content(rng))], 512)


def entries(config: ModelConfig, tokenizer: Tokenizer, count: int) -> list[PerceivedScreen]:
    """Screens as if they were rendered: lines with columns, and a tower's features."""
    assert config.lines is not None and config.tower is not None
    maker, made = RowMaker(config, tokenizer), []
    generator = torch.Generator().manual_seed(5)
    for seed in range(count):
        simulated, screen, _ = sample_conversation(seed, "train", 1)
        _, tensors = perceive(maker, simulated, random.Random(seed))
        columns = torch.randn(1, tensors.mask.shape[1], config.lines.columns, generator=generator)
        seen = torch.randn(1, 12, config.tower.width, generator=generator)
        features = Features(
            seen, torch.rand(1, 12, 4, generator=generator), torch.ones(1, 12, dtype=torch.bool), (3, 4)
        )
        made.append(PerceivedScreen(screen, [], replace(tensors, columns=columns), features))
    return made


@pytest.fixture(scope="module")
def folder(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As few screens as `instruct` takes, in two shards."""
    made = tmp_path_factory.mktemp("instruct")
    every = entries(debug(), tokenizer, 2 * KEPT_FOR_MEASURING + 1)
    for number in range(2):
        perceived._write(made, number, every[number * 50 : (number + 1) * 50])
    return made


def run(task: SimulateTask, out: Path, steps: int) -> Trainer:
    trainer = Trainer(task, RunConfig(out=out, steps=steps, warmup=0, decay=0, lr=2e-3, bf16=False))
    while trainer.step < steps:
        trainer._one()
    return trainer


def state(trainer: Trainer) -> dict[str, Tensor]:
    return {k: v.clone() for k, v in trainer.model.state_dict().items()}


@pytest.mark.parametrize("projector", ["mlp", "pixel_shuffle", "resampler"])
def test_align_moves_the_projector_and_nothing_else(
    projector: str, folder: Path, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    task = AlignTask(debug(projector=projector), tokenizer, folder, batch=3, turns=4)
    before = {k: v.clone() for k, v in task.model.state_dict().items()}
    trainer = run(task, tmp_path, 3)
    averaged = trainer.averaged().state_dict()
    for name, value in trainer.model.state_dict().items():
        moved = not torch.equal(value, before[name])
        assert moved == name.startswith(("projector.", "projector_norm.", "lines.")), name
        assert moved != torch.equal(averaged[name], before[name]), f"average of {name}"
    names = {name.split(".")[0] for name in before}
    assert names == {"decoder", "projector", "projector_norm", "lines", "picture", "pointers"}


def test_align_asks_for_captions(folder: Path, tokenizer: Tokenizer) -> None:
    task = AlignTask(debug(), tokenizer, folder, batch=2, turns=6, simulated=0.5)
    assert all(task._row(i).features is not None for i in range(10)), "of rendered screens alone"
    asked = [task.turns_about(entry, random.Random(i)) for i, entry in enumerate(task.screens)]
    assert all(1 <= len(turns) <= 3 for turns in asked)
    families = [{turn.family in CAPTIONS for turn in turns} for turns in asked]
    assert all(len(kinds) == 1 for kinds in families), "captions alone, or none where there are none"
    assert sum(kinds == {True} for kinds in families) > 0.8 * len(families)


def test_instruct_moves_everything_and_mixes_simulated_screens_in(
    folder: Path, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    task = InstructTask(debug(), tokenizer, folder, batch=4, turns=3, evaluation=1)
    rendered = [task._row(i).features is not None for i in range(40)]
    assert 10 < sum(rendered) < 30
    before = {k: v.clone() for k, v in task.model.state_dict().items()}
    trainer = run(task, tmp_path, 3)
    still = [name for name, value in trainer.model.state_dict().items() if torch.equal(value, before[name])]
    assert still == []
    only = InstructTask(debug(), tokenizer, folder, simulated=0.0, batch=2, turns=2)
    assert all(only._row(i).features is not None for i in range(10))


SEEING: dict[str, ModelConfig] = {
    "prefix": debug("prefix"),
    "prefix, shuffled": debug("prefix", "pixel_shuffle"),
    "prefix, resampled": debug("prefix", "resampler"),
    "tower alone": replace(debug("prefix", "pixel_shuffle"), lines=None),
    "tower alone, crossing": replace(debug(), lines=None),
    "lines alone": replace(debug(), tower=None),
    "lines alone, prefix": replace(debug("prefix"), tower=None),
}


@pytest.mark.parametrize("config", SEEING.values(), ids=SEEING)
def test_every_sort_of_model_learns_from_what_it_can_see(
    config: ModelConfig, folder: Path, tokenizer: Tokenizer
) -> None:
    torch.manual_seed(0)
    task = InstructTask(config, tokenizer, folder, batch=3, turns=2, simulated=0.3)
    batch = task.batch(0)
    loss, _ = task.loss(batch, 0, 1)
    loss.backward()
    assert bool(loss.isfinite())
    seen = {
        name.split(".")[0] for name, p in task.model.named_parameters() if p.grad is not None and bool(p.grad.any())
    }
    wanted = {"projector"} if config.tower is not None else set()
    assert seen & {"projector", "lines"} == wanted | ({"lines"} if config.lines is not None else set())


def test_batches_of_rendered_screens_depend_on_seed_and_step_alone(folder: Path, tokenizer: Tokenizer) -> None:
    def task(seed: int) -> InstructTask:
        return InstructTask(debug(), tokenizer, folder, seed=seed, batch=2, turns=2)

    first, again, other = task(0), task(0), task(1)
    wanted = [first.batch(step).ids for step in (0, 9)]
    assert torch.equal(again.batch(9).ids, wanted[1]) and torch.equal(again.batch(0).ids, wanted[0])
    assert not torch.equal(other.batch(0).ids, wanted[0])


def test_screens_that_are_kept_for_measuring_are_not_trained_on(
    folder: Path, tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KEPT_FOR_MEASURING
    task = InstructTask(debug(), tokenizer, folder, simulated=0.0, batch=1, turns=1, evaluation=1, kept=kept)
    assert len(task.kept) == KEPT_FOR_MEASURING and len(task.screens) == KEPT_FOR_MEASURING + 1
    for entry in task.kept:
        entry.tensors.certainty.fill_(float("nan"))
    assert not any(
        bool(row.pieces.certainty.isnan().any()) for row in map(task._row, range(60)) if row.pieces is not None
    )
    for entry in task.kept:
        entry.tensors.certainty.fill_(1.0)
    nats = SimulateTask.nats
    monkeypatch.setattr(SimulateTask, "nats", lambda self, model: nats(self, model, 1))
    scores = task.evaluate(task.model.eval())
    assert 0 <= scores["rendered"] <= 1 and "held out nats an answer" in scores


def test_a_folder_with_too_few_screens_is_refused(folder: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    few = list(read(folder))[: 2 * KEPT_FOR_MEASURING]
    perceived._write(tmp_path, 0, few)
    for kind in (AlignTask, InstructTask):
        with pytest.raises(ValueError, match="has 80 screens; more than 80 are needed"):
            kind(debug(), tokenizer, tmp_path)


def test_screens_without_a_tower_are_read_back_without_features(
    folder: Path, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    given = [replace(entry, features=None) for entry in entries(debug(), tokenizer, 3)]
    perceived._write(tmp_path, 7, given)
    for entry, wanted in zip(read(tmp_path), given, strict=True):
        assert entry.features is None and entry.screen == wanted.screen
        cut = cut_pieces([line.read for line in wanted.screen.lines], 1024)
        assert entry.pieces == cut[: int(wanted.tensors.mask.sum())], "as many as there are tensors of"
