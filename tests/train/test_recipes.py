"""Recipes are complete, are commands that our parser takes, and agree with what is published."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from train.cli import build_parser, main, run_config
from train.ladder import architecture
from train.plans import PLANS
from train.recipes import LLAVA_ALIGN, LLAVA_INSTRUCT, RECIPES, llava_1_5_7b, nano

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", RECIPES)
def test_every_stage_is_a_command_that_is_understood(name: str) -> None:
    recipe = RECIPES[name]()
    assert recipe.name == name
    architecture(recipe.preset)
    with pytest.raises(FrozenInstanceError):
        recipe.name = "other"  # type: ignore[misc]
    before: set[str] = set()
    for stage_name, stage in recipe.stages.items():
        assert not stage.start or stage.start in before, f"{stage_name} begins with what is not there yet"
        assert not set(stage.learns) & set(stage.frozen) and stage.samples == stage.steps * stage.batch
        before.add(stage_name)
        if stage.task == "extract":
            continue
        options = build_parser().parse_args(stage.command(stage_name))
        config = run_config(options)
        assert (config.steps, options.batch, config.lr, config.schedule, config.warmup) == (
            stage.steps, stage.batch, stage.lr, stage.schedule, stage.warmup,
        )  # fmt: skip
        assert (options.init is not None) == bool(stage.start)


def test_llava_has_the_published_settings() -> None:
    align, instruct = llava_1_5_7b().stages.values()
    assert (LLAVA_ALIGN // 1000, LLAVA_INSTRUCT // 1000) == (558, 665)
    assert (align.lr, align.batch, align.learns) == (1e-3, 256, ("projector",))
    assert (instruct.lr, instruct.batch, instruct.learns) == (2e-5, 128, ("projector", "decoder"))
    for stage, samples in ((align, LLAVA_ALIGN), (instruct, LLAVA_INSTRUCT)):
        assert stage.schedule == "cosine" and samples <= stage.samples < samples + stage.batch
        assert stage.warmup / stage.steps == pytest.approx(0.03, rel=0.02) and stage.weight_decay == 0


def test_nano_is_what_the_training_log_says() -> None:
    log = (ROOT / "docs" / "training_log.md").read_text("utf-8")
    found = {m[1]: shlex.split(m[0]) for m in re.findall(r"`(python -m train\.cli \S+ --out runs/(\S+) [^`]*)`", log)}
    checked = 0
    for name, stage in nano().stages.items():
        if name not in found:
            continue
        told = build_parser().parse_args(found[name][3:])
        ours = build_parser().parse_args(stage.command(name))
        assert (told.lr, told.seed, told.warmup) == (ours.lr, ours.seed, ours.warmup), name
        row = next(line for line in log.splitlines() if f"--out runs/{name} " in line)
        cells = [cell.strip() for cell in row.split("|")]
        assert float(cells[3]) == stage.hours and stage.reached in row, name
        if "stopped at step" not in row:
            assert told.steps == stage.steps and told.decay == stage.decay and told.batch == stage.batch, name
        assert abs(int(cells[4].replace(",", "")) - stage.samples) <= 32 * 90, name
        checked += 1
    assert checked >= 6


def test_debug_is_what_train_all_does() -> None:
    stages, plan = RECIPES["debug"]().stages, PLANS["debug"]()
    assert list(stages) and set(stages) <= set(plan.training)
    for name, stage in stages.items():
        told = build_parser().parse_args([name, "--out", "x", *plan.options(name)])
        assert (told.steps, told.batch, told.lr, told.decay, told.warmup) == (
            stage.steps, stage.batch, stage.lr, stage.decay, stage.warmup,
        ), name  # fmt: skip


def test_the_command_prints_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipes", "llava_1_5_7b"]) == 0
    text = capsys.readouterr().out
    assert "558,128" in text and "python -m train.cli align" in text and "3.5 hours" in text
    assert main(["recipes", "--json"]) == 0
    assert [recipe["name"] for recipe in json.loads(capsys.readouterr().out)] == list(RECIPES)
    with pytest.raises(SystemExit) as end:
        main(["recipes", "llava"])
    assert end.value.code == 2
