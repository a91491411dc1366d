"""The scaling law is recovered from losses that follow it, and small runs give one."""

from __future__ import annotations

import json
import math
import random
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from train import scaling
from train.data.world.content import texts
from train.data.world.sample import sample_content
from train.law import Law, Point, bootstrap, fit, unsettled
from train.scaling import AMOUNTS, SIZES, advise, architecture, main, parameters, report
from train.tokenizer import train_tokenizer

TRUE = Law(1.69, 406.4, 410.7, 0.34, 0.28)  # what Hoffmann et al. (2022) found
COUNTS = [(n, d) for n in (1e5, 3e5, 1e6, 3e6, 1e7) for d in (1e6, 4e6, 1.6e7, 6.4e7)]


def points(law: Law = TRUE, noise: float = 0.0, seed: int = 0) -> list[Point]:
    rng = np.random.default_rng(seed)
    return [Point(n, d, law(n, d) * math.exp(rng.normal(0, noise))) for n, d in COUNTS]


@pytest.mark.parametrize("law", [TRUE, Law(2.5, 60.0, 900.0, 0.35, 0.45)], ids=["chinchilla", "other"])
def test_known_parameters_are_recovered(law: Law) -> None:
    found = fit(points(law))
    for name in ("E", "A", "B", "alpha", "beta"):
        assert getattr(found, name) == pytest.approx(getattr(law, name), rel=1e-3), name


def test_intervals_of_noisy_runs_hold_the_truth_and_get_narrower() -> None:
    noisy = points(noise=0.003)
    ranges = bootstrap(noisy, fit(noisy), 12)
    for name in ("alpha", "beta"):
        low, high = ranges[name]
        assert low < high
        assert low - 0.02 < getattr(TRUE, name) < high + 0.02
    quiet = points(noise=0.0003)
    low, high = bootstrap(quiet, fit(quiet), 12)["alpha"]
    assert high - low < ranges["alpha"][1] - ranges["alpha"][0]


def test_one_failed_run_does_not_bend_the_law() -> None:
    bent = points()
    bent[7] = Point(bent[7].parameters, bent[7].tokens, 1.3 * bent[7].loss)
    assert fit(bent).alpha == pytest.approx(TRUE.alpha, rel=0.1)


def test_the_best_size_spends_the_budget_and_no_other_is_better() -> None:
    for budget in (1e14, 1e18):
        size, tokens = TRUE.best(budget)
        assert 6 * size * tokens == pytest.approx(budget)
        for factor in (0.5, 0.9, 1.1, 2.0):
            assert TRUE(size * factor, budget / 6 / (size * factor)) > TRUE(size, tokens)


def test_too_few_or_unusable_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="three sizes and three amounts"):
        fit(points()[:8])
    with pytest.raises(ValueError, match="not a finite number"):
        fit([*points(), Point(1e6, 1e6, float("nan"))])


def test_runs_that_do_not_tell_sizes_apart_give_no_advice() -> None:
    flat = [Point(n, d, 1.7 + 400 / d**0.28 + 1e-4 * i) for i, (n, d) in enumerate(COUNTS)]
    law = fit(flat)
    ranges = bootstrap(flat, law, 8)
    assert "alpha" in unsettled(law, ranges) and "beta" not in unsettled(law, ranges)
    told = report(law, ranges, [], flat)
    assert "do not settle alpha, so no size is recommended" in told and "| FLOPs |" not in told
    settled = points()
    ranges = bootstrap(settled, TRUE, 8)
    assert unsettled(TRUE, ranges) == []
    assert "| FLOPs |" in report(TRUE, ranges, advise(TRUE, 1e9, [1e15], []), settled)


def test_advice_for_hours_uses_the_speed() -> None:
    rows = advise(TRUE, 1e10, [1e12], [2.0])
    assert [row["flops"] for row in rows] == [1e12, 7.2e13]
    assert rows[1]["hours"] == pytest.approx(2)


def test_sizes_grow_and_parameters_are_counted_once() -> None:
    from mmgpt.model import MMGPT

    counts = []
    for name in SIZES:
        model = MMGPT(architecture(name, 512, False))
        counts.append(parameters(model))
        assert counts[-1] == sum(p.numel() for p in model.decoder.parameters())
    assert counts == sorted(counts)
    assert architecture("a", 512, True).decoder.cross_attention_layers == (1,)


def test_a_budget_too_small_for_any_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--batch", "1", "--length", "32", "--evaluation", "1", "--sizes", "a,b,c,d"]
    with pytest.raises(SystemExit) as end:
        main(["--out", str(tmp_path / "run"), "--budget-minutes", "0.0001", *small])
    assert end.value.code == 2
    assert "give more minutes" in capsys.readouterr().err


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small one: heads of 4,096 pieces would be most of these models."""
    rng = random.Random(1)
    made = train_tokenizer(tuple(piece.text for _ in range(60) for piece in texts(sample_content(rng))), 512)
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    made.save(str(path))
    return path


@pytest.mark.slow
def test_a_miniature_is_interrupted_goes_on_and_is_refused_other_settings(
    tmp_path: Path, tokenizer: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM on the constant way and within a branch, and what comes out is what an uninterrupted run gives, to the last bit."""
    small = ["--batch", "1", "--length", "32", "--evaluation", "2", "--sizes", "a,b,c,d", "--resamples", "5"]
    small += ["--tokenizer", str(tokenizer)]
    measured, made = scaling.measure_sizes, scaling.make_task

    def short(options: Any) -> list[scaling.Size]:
        return [scaling.Size(s.name, s.parameters, s.tokens, s.seconds, 40) for s in measured(options)]

    def losses(out: Path) -> list[float]:
        return [p["loss"] for p in json.loads((out / "scaling.json").read_text())["points"]]

    monkeypatch.setattr(scaling, "measure_sizes", short)
    through, out, docs = tmp_path / "through", tmp_path / "run", tmp_path / "docs"
    docs.mkdir()
    (docs / "scaling.md").write_text(f"before\n{scaling.MARKS[0]}\nold\n{scaling.MARKS[1]}\nafter\n")
    assert main(["--out", str(through), *small, "--docs", str(docs)]) == 0
    first = losses(through)
    assert len(first) == 4 * len(AMOUNTS) == len(set(first)) and all(1 < loss < 9 for loss in first)
    result = json.loads((through / "scaling.json").read_text())
    assert [p["tokens"] for p in result["points"][: len(AMOUNTS)]] == [32 * n for n in (5, 10, 20, 40)]
    assert (through / "scaling.png").stat().st_size > 5000
    table = (through / "scaling.md").read_text()
    assert capsys.readouterr().out == table
    page = (docs / "scaling.md").read_text()
    assert table in page and "old" not in page and page.startswith("before") and page.endswith("after\n")
    assert (docs / "images" / "scaling.png").is_file()

    ends = {("a", 14), ("b", 34)}  # of the constant way, and of the branch that ends at step 40

    def ended(options: Any, size: str) -> Any:
        task = made(options, size)
        draw = task.batch

        def batch(step: int) -> Any:
            if (size, step) in ends:
                ends.discard((size, step))
                signal.raise_signal(signal.SIGTERM)
            return draw(step)

        task.batch = batch
        return task

    monkeypatch.setattr(scaling, "make_task", ended)
    arguments = ["--out", str(out), *small]
    assert [main(arguments) for _ in range(3)] == [130, 130, 0]
    assert losses(out) == first
    assert " ".join(capsys.readouterr().err.split()).count("the same command goes on") == 2
    monkeypatch.setattr(scaling, "make_task", made)
    assert main(arguments) == 0 and losses(out) == first  # all runs are there: nothing is trained again
    with pytest.raises(SystemExit):
        main([*arguments, "--seed", "3"])
    assert "runs with other settings" in capsys.readouterr().err


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "scaling.md").write_text("no marks")
    with pytest.raises(ValueError, match="has no lines <!-- scaling: begin"):
        scaling.publish("table", tmp_path / "scaling.png", tmp_path)
    assert (tmp_path / "scaling.md").read_text() == "no marks"
