"""Mixtures: which document comes when, batches by budget, and runs that go on exactly."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmgpt import NANO_WEIGHTS
from mmgpt.checkpoint import load_tokenizer
from mmgpt.config import ModelConfig, debug, replace
from tests.train.source_data import chat, jsonl, llava, png, shown
from train.budget import POOL, Journal, Windows
from train.cli import build_parser, main
from train.data.perception import IGNORED
from train.data.sources.record import Broken, Picture
from train.data.sources.sight import make_sight
from train.mixing import asked
from train.mixture import Mixture, Supply, split_mix, weights_of
from train.packing import Document
from train.tasks.mixed import MixedTask, kept_for_measuring, short_names
from train.trainer import RunConfig, Trainer


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Made(Supply):
    """Documents of text alone, whose ids tell supply and number."""

    def __init__(self, name: str, length: int | None = None, longest: int = 30, base: int = 100) -> None:
        super().__init__(name, length)
        self.longest, self.base, self.drawn = longest, base, 0

    def document(self, index: int) -> Document:
        self.drawn += 1
        n = random.Random(f"{self.name} {index}").randint(4, self.longest)
        ids = torch.full((n,), self.base)
        ids[0], ids[1] = 3, 10 + index % 80
        labels = torch.where(torch.arange(n) > 1, ids, IGNORED)
        return Document(ids, labels, torch.zeros(n, dtype=torch.long))


# -- which document comes when ------------------------------------------------------------------------------------------------------


def test_any_document_is_known_without_those_before() -> None:
    def mixture() -> Mixture:
        return Mixture([Made("a"), Made("b"), Made("c")], [5, 3, 2], seed=4)

    one = mixture()
    places = [one.place(n) for n in range(9000)]
    seen = [0, 0, 0]
    for n, (k, index) in enumerate(places):
        assert index == seen[k], "each supply is walked through in its own order"
        seen[k] += 1
        if n in (0, 1, 4095, 4096, 8191, 8999):
            assert mixture().place(n) == (k, index)
            assert mixture().counts(n + 1) == seen
    assert all(abs(s / 9000 - share) < 0.02 for s, share in zip(seen, (0.5, 0.3, 0.2), strict=True))
    assert [Mixture([Made("a"), Made("b")], [1, 1], 5).place(n) for n in range(20)] != [
        Mixture([Made("a"), Made("b")], [1, 1], 6).place(n) for n in range(20)
    ]


def test_weights_are_given_or_follow_from_lengths() -> None:
    few, many, endless = Made("few", 10), Made("many", 90), Made("endless")
    assert weights_of([None, None], [few, many]) == [10, 90]
    assert weights_of([0.5, 2.0], [few, endless]) == [0.5, 2.0]
    with pytest.raises(ValueError, match="many has no weight and others have"):
        weights_of([0.5, None], [few, many])
    with pytest.raises(ValueError, match="endless has no end, so weights are needed"):
        weights_of([None, None], [few, endless])
    with pytest.raises(ValueError, match="the weight of few is not above 0"):
        Mixture([few], [-1.0], 0)
    assert split_mix("simulate=0.5,instruct=0.3,llava:/a,b=c/d.json=0.2") == [
        "simulate=0.5",
        "instruct=0.3",
        "llava:/a,b=c/d.json=0.2",
    ]
    for bad in ("simulate", "a=1,b", ""):
        with pytest.raises(ValueError, match="is not SOURCE=WEIGHT"):
            split_mix(bad)
    assert short_names(["llava:/x/d.json?images=/y", "chat:/z/d.json", "simulate"]) == [
        "d.json",
        "d.json #2",
        "simulate",
    ]
    assert [kept_for_measuring(n) for n in (9, 10, 200, 10_000)] == [0, 1, 20, 40]


# -- budgets ----------------------------------------------------------------------------------------------------------------------


def windows(budget: int, journal: Journal | None = None, supply: Supply | None = None) -> Windows:
    supply = supply or Made("a", longest=60)
    return Windows(supply.document, lambda d: len(d.ids), budget, 3, journal or Journal(None, ""))


def numbers(documents: list[Document]) -> list[tuple[int, int]]:
    return [(int(d.ids[1]), len(d.ids)) for d in documents]


@settings(deadline=None, max_examples=8)
@given(st.integers(60, 400))
def test_batches_are_full_and_nothing_is_lost_or_comes_twice(budget: int) -> None:
    source = Made("a", longest=60)
    made = windows(budget, supply=source)
    steps = [made.step(s) for s in range(4 * POOL)]
    filled = [sum(len(d.ids) for d in step) for step in steps]
    assert max(filled) <= budget and sum(filled) > 0.7 * budget * len(steps)
    end = made.begins[4]
    given_out = sorted(n for step in steps for n in numbers(step))
    left = [numbers([source.document(n)])[0] for n in end.carried]
    assert sorted([*given_out, *left]) == sorted(numbers([source.document(n) for n in range(end.next)]))


def test_any_step_is_the_same_whatever_came_before(tmp_path: Path) -> None:
    whole = windows(200)
    every = [numbers(whole.step(s)) for s in range(40)]
    assert numbers(windows(200).step(33)) == every[33]
    assert [numbers(whole.step(s)) for s in (5, 39, 0)] == [every[s] for s in (5, 39, 0)]
    path = tmp_path / "positions.jsonl"
    first = windows(200, Journal(path, "f"))
    assert numbers(first.step(30)) == every[30]
    with path.open("a") as handle:
        handle.write('{"fingerprint": "f", "wind')  # killed while writing
    source = Made("a", longest=60)
    resumed = windows(200, Journal(path, "f"), source)
    assert numbers(resumed.step(31)) == every[31]
    assert source.drawn < 120, "the journal spares what came before"
    assert numbers(resumed.step(39)) == every[39]
    assert numbers(windows(200, Journal(path, "f")).step(39)) == every[39]
    other = Made("a", longest=60)
    assert numbers(windows(200, Journal(path, "another run"), other).step(31)) == every[31] and other.drawn > 150
    with pytest.raises(ValueError, match=r"takes \d+ tokens and the most is 40"):
        windows(40).step(0)


# -- runs -------------------------------------------------------------------------------------------------------------------------


def mixed(tmp_path: Path, budget: int = 0, **more: Any) -> MixedTask:
    config: ModelConfig = replace(debug(), tower=None)
    torch.manual_seed(1)
    mixture = Mixture([Made("a", 50), Made("b", None, base=200)], [2, 1], seed=2)
    return MixedTask(
        config, load_tokenizer(), mixture, seed=2, batch=6, length=64, budget=budget, journal=tmp_path / "positions.jsonl", **more
    )  # fmt: skip


def run(out: Path, steps: int, **more: Any) -> RunConfig:
    return RunConfig(
        out,
        steps,
        **{"warmup": 1, "decay": 1, "bf16": False, "log_every": 2, "save_every": 3, "eval_every": 100, **more},
    )


@pytest.mark.parametrize("budget", [0, 90])
def test_interrupted_and_resumed_is_as_uninterrupted(budget: int, tmp_path: Path) -> None:
    whole = Trainer(mixed(tmp_path / "one", budget), run(tmp_path / "one", 20))
    for _ in range(20):
        whole._one()
    for steps in (7, 20):  # a run of its own each time, as after a kill
        cut = Trainer(mixed(tmp_path / "two", budget), run(tmp_path / "two", 20))
        while cut.step < steps:
            cut._one()
        cut._save()
    assert cut.step == whole.step == 20
    for (name, a), b in zip(whole.model.state_dict().items(), cut.model.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


@pytest.mark.parametrize("parts", [{"accumulate": 1}, {"accumulate": 3}])
def test_parts_and_shares_make_the_same_step(parts: dict[str, int], tmp_path: Path) -> None:
    plain, divided = (
        Trainer(mixed(tmp_path / str(i)), run(tmp_path / str(i), 4, **p)) for i, p in enumerate(({}, parts))
    )
    for _ in range(4):
        assert plain._one() == pytest.approx(divided._one(), rel=1e-5)
    shares = [divided.task.share(5, i, 2) for i in range(2)]  # type: ignore[attr-defined]
    whole = divided.task.batch(5)
    assert sum(s.supervised() for s in shares) == whole.supervised()
    assert sorted(numbers([e for s in shares for e in s.entries])) == sorted(numbers(whole.entries))


def test_the_log_has_the_loss_and_the_number_of_each_source(tmp_path: Path) -> None:
    task = mixed(tmp_path)
    trainer = Trainer(task, run(tmp_path, 4, log_every=4))
    trainer.run()
    (row,) = csv.DictReader((tmp_path / "loss.csv").open())
    counts = task.mixture.counts(24)
    assert [float(row["documents a"]), float(row["documents b"])] == counts
    tokens = [sum(e.supervised for s in range(4) for e in task.batch(s).entries if e.source == k) for k in (0, 1)]
    both = (float(row["loss a"]) * tokens[0] + float(row["loss b"]) * tokens[1]) / sum(tokens)
    assert both == pytest.approx(float(row["loss"]), rel=0.05), (
        "the log's loss is the mean over steps, the sources' over tokens"
    )
    assert row["loss a"] != row["loss b"]


# -- pictures -----------------------------------------------------------------------------------------------------------------------


def test_a_picture_is_perceived_once_and_again_by_another_model(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config, tokenizer = replace(debug(), tower=None), load_tokenizer()
    picture = Picture("p", data=png())

    def sight(most: int = 128) -> Any:
        assert config.lines is not None
        changed = replace(config, lines=replace(config.lines, max_pieces=most))
        return make_sight(changed, tokenizer, NANO_WEIGHTS, cache=tmp_path)

    first, second = sight(), sight()
    found, kept = first(picture), second(picture)
    assert (first.perceived, second.perceived) == (1, 0)
    assert found.page.texts == kept.page.texts == ("connection refused",)
    for name, value in vars(found.tensors).items():
        other = getattr(kept.tensors, name)
        assert torch.equal(value, other) if value is not None else other is None, name
    third = sight(64)
    third(picture)
    assert third.perceived == 1, "another version of what looks"
    (path,) = (p for p in tmp_path.rglob("*.safetensors") if second.version[:16] in str(p))
    path.write_bytes(path.read_bytes()[:-40])
    fourth = sight()
    assert fourth(picture).page.texts == ("connection refused",) and fourth.perceived == 1
    assert "is damaged and is made anew" in caplog.text
    with pytest.raises(Broken, match="breaks off"):
        sight()(Picture("p", data=png()[:-60]))


# -- the command --------------------------------------------------------------------------------------------------------------------


def data(tmp_path: Path, broken: int = 0) -> Path:
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "b.png").write_bytes(png("disk full"))
    rows = [chat(("user", shown(f"{'ab'[i % 2]}.png", "What is it?")), ("assistant", "connection refused" if i % 2 == 0 else "disk full"))
            for i in range(12)]  # fmt: skip
    rows += [chat(("user", shown("none.png")), ("assistant", "x")) for _ in range(broken)]
    (tmp_path / "l.json").write_text(json.dumps([llava(), llava("b.png", "<image>Which?", "A disk.")]))
    return jsonl(tmp_path / "talks.jsonl", rows)


def common(tmp_path: Path) -> list[str]:
    return ["--out", str(tmp_path / "out"), "--preset", "small-own", "--batch", "4", "--warmup", "1", "--decay", "1", "--threads", "1",
            "--cache", str(tmp_path / "cache"), "--harvest", "none", "--log-every", "1", "--turns", "2", "--evaluation", "2"]  # fmt: skip


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """debug's model in the vocabulary of nano, without a tower."""
    from train import ladder

    config = debug()
    own = replace(config, tower=None, decoder=replace(config.decoder, vocab_size=4096))
    original = ladder.architecture
    monkeypatch.setattr(ladder, "architecture", lambda name: own if name == "small-own" else original(name))


def test_the_command_learns_from_several_sources_and_goes_on(small: None, tmp_path: Path) -> None:
    path = data(tmp_path)
    base = [
        "instruct",
        *common(tmp_path),
        "--data",
        f"{path}=2",
        "--data",
        f"llava:{tmp_path}/l.json=1",
        "--data",
        "simulate=1",
    ]
    assert main([*base, "--steps", "2"]) == 0
    assert main([*base, "--steps", "3"]) == 0
    rows = list(csv.DictReader((tmp_path / "out" / "loss.csv").open()))
    assert [row["step"] for row in rows] == ["1", "2", "3"]
    assert sum(float(row[f"documents {name}"]) for row in rows for name in ("talks.jsonl", "l.json", "simulate")) == 12
    curve = list(csv.DictReader((tmp_path / "out" / "curve.csv").open()))
    assert {"nats held out talks.jsonl", "right trained l.json", "nats held out simulate"} <= set(curve[-1])
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_a_run_stops_before_the_first_step_where_too_many_are_broken(
    small: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = data(tmp_path, broken=3)
    base = ["instruct", *common(tmp_path), "--data", str(path), "--steps", "1"]
    with pytest.raises(SystemExit) as stop:
        main(base)
    assert stop.value.code == 2
    assert "records cannot be used" in capsys.readouterr().err
    named = [json.loads(line) for line in (tmp_path / "out" / "skipped.jsonl").read_text().splitlines()]
    assert {row["reason"] for row in named} == {"missing picture"} and len(named) >= 2
    assert not (tmp_path / "out" / "model.safetensors").exists()
    assert main([*base, "--max-broken", "0.5"]) == 0


def test_what_cannot_be_mixed_is_a_matter_of_usage(
    small: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = data(tmp_path)

    def refused(*arguments: str) -> str:
        with pytest.raises(SystemExit) as stop:
            main(["instruct", *common(tmp_path), *arguments])
        assert stop.value.code == 2
        return capsys.readouterr().err

    assert "give one of them" in refused("--data", str(path), "--mix", f"{path}=1")
    assert "leave out --workers" in refused("--data", str(path), "--token-budget", "400", "--workers", "2")
    assert "nowhere.json is missing" in refused("--data", f"llava:{tmp_path}/nowhere.json")
    assert "simulate has no end" in refused("--data", str(path), "--data", "simulate")
    assert "--max-broken 3.0 is no share" in refused("--data", str(path), "--max-broken", "3")


def test_a_folder_of_perceived_screens_alone_is_learnt_from_as_ever(tmp_path: Path) -> None:
    (tmp_path / "0000.safetensors").touch()

    def of(*arguments: str) -> bool:
        return asked(build_parser().parse_args(["instruct", "--out", "x", *arguments]))

    assert not of() and not of("--data", str(tmp_path)) and not of("--data", str(tmp_path / "none"))
    assert (
        of("--data", str(tmp_path), "--data", "simulate")
        and of("--data", f"perceived:{tmp_path}")
        and of("--mix", "simulate=1")
    )
    assert of("--data", str(tmp_path), "--pack", "512") and of("--data", "render")
