"""A run that was interrupted, however rudely, ends as the run that was not: bit by bit, with all that is random."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.train.small_tasks import Regression, config, state
from train import checkpoint
from train.trainer import Trainer

ROOT = Path(__file__).parents[2]


def equal(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    assert set(a) == set(b)
    for name, value in a.items():
        assert torch.equal(value, b[name]), name


def seeded(out: Path, steps: int = 40, **more: object) -> Trainer:
    """A run whose model draws from all generators, which begin in a known state."""
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(4)
    trainer = Trainer(Regression(noisy=True), config(out, steps, **more))
    trainer.model.train()
    return trainer


@pytest.mark.parametrize("ema", [0.99, 0.0])
def test_interrupted_and_resumed_is_bit_equal_to_uninterrupted(ema: float, tmp_path: Path) -> None:
    whole = seeded(tmp_path / "a", ema=ema)
    whole.run()
    first = seeded(tmp_path / "b", ema=ema)
    for _ in range(14):  # saves at 14, then one more step that is lost
        first._one()
    first._save()
    first._one()
    second = seeded(tmp_path / "b", ema=ema)
    assert second.step == 14
    second.run()
    equal(state(whole), state(second))
    assert second.samples == whole.samples == 40 * 16


def test_killed_at_random_moments_is_bit_equal_to_uninterrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.train.killed_run", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    begun = [int(line) for line in (tmp_path / "killed" / "from").read_text().split()]
    assert begun[0] == 0 and begun[1] > 0 and begun == sorted(begun), (begun, done.stdout)
    for name in ("checkpoints/step-00000060.safetensors", "model.safetensors"):
        equal(load_file(tmp_path / "whole" / name), load_file(tmp_path / "killed" / name))
    logs = [list(csv.DictReader((tmp_path / run / "loss.csv").open())) for run in ("whole", "killed")]
    assert [row["step"] for row in logs[1]] == [row["step"] for row in logs[0]] == [str(s) for s in range(5, 61, 5)]
    assert logs[0][-1]["loss"] == logs[1][-1]["loss"]
    assert not list((tmp_path / "killed" / "checkpoints").glob(".*.tmp")), "half-written files stay"


def test_a_cut_off_checkpoint_is_passed_over(tmp_path: Path) -> None:
    Trainer(Regression(), config(tmp_path, 14)).run()
    newest = sorted((tmp_path / "checkpoints").glob("step-*.safetensors"))[-1]
    assert newest.name == "step-00000014.safetensors"
    whole = newest.read_bytes()
    for length in (0, 500, len(whole) - 1):
        newest.write_bytes(whole[:length])
        assert Trainer(Regression(), config(tmp_path, 14)).step == 7, length


def test_checkpoints_of_the_first_format_go_on(tmp_path: Path) -> None:
    """Optimizer states were numbered, matrices before vectors, and only torch's random state was kept."""
    whole = Trainer(Regression(), config(tmp_path / "a", 20))
    for _ in range(10):
        whole._one()
    (tmp_path / "b" / "checkpoints").mkdir(parents=True)
    parameters = dict(whole.model.named_parameters())
    order = sorted(parameters, key=lambda name: parameters[name].ndim <= 1)
    tensors = {f"model.{k}": v for k, v in whole.model.state_dict().items()}
    tensors |= {f"ema.{k}": v for k, v in whole.ema.items()} | {"rng.torch": torch.get_rng_state()}
    for number, name in enumerate(order):
        for slot, value in whole.optimizer.state[parameters[name]].items():
            tensors[f"optimizer.{number}.{slot}"] = value
    progress = json.dumps({"samples": 160, "seconds": 1.5, "task": "regression"})
    metadata = {"step": "10", "optimizer": json.dumps({"param_groups": []}), "progress": progress}
    save_file(tensors, tmp_path / "b" / "checkpoints" / "step-00000010.safetensors", metadata)
    resumed = Trainer(Regression(), config(tmp_path / "b", 20))
    assert (resumed.step, resumed.samples, resumed.seconds) == (10, 160, 1.5)
    for _ in range(5):
        whole._one()
        resumed._one()
    equal(state(whole), state(resumed))


def test_a_run_goes_on_with_other_groups_of_parameters(tmp_path: Path) -> None:
    """Optimizer states belong to names, not to places."""
    first = seeded(tmp_path)
    for _ in range(8):
        first._one()
    first._save()
    second = seeded(tmp_path, rates={"tower.bias": 0, "head": 0.5})
    for name, parameter in second.model.named_parameters():
        if name != "tower.bias":
            old = dict(first.model.named_parameters())[name]
            assert torch.equal(second.optimizer.state[parameter]["exp_avg"], first.optimizer.state[old]["exp_avg"]), (
                name
            )
    assert not second.optimizer.state[dict(second.model.named_parameters())["tower.bias"]]
    second._one()


def test_another_run_s_folder_is_refused(tmp_path: Path) -> None:
    Trainer(Regression(), config(tmp_path, 5)).run()
    other = Regression()
    other.name = "other"
    with pytest.raises(ValueError, match="holds a run of task regression, not other; name another --out"):
        Trainer(other, config(tmp_path, 5))


def test_every_generator_is_kept() -> None:
    kept = json.loads(json.dumps(checkpoint.random_state()))
    drawn = (torch.rand(3).tolist(), random.random(), random.gauss(0, 1), np.random.standard_normal(3).tolist())
    checkpoint.set_random_state(kept)
    assert (torch.rand(3).tolist(), random.random(), random.gauss(0, 1), np.random.standard_normal(3).tolist()) == drawn


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    checkpoint.save_atomic({"a": torch.zeros(3)}, tmp_path / "a.safetensors", {"step": "1"})
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        checkpoint.save_atomic({"a": torch.ones(3)}, tmp_path / "a.safetensors", {"step": "2"})
    assert os.listdir(tmp_path) == ["a.safetensors"]
    with safe_open(tmp_path / "a.safetensors", "pt") as handle:
        assert handle.metadata() == {"step": "1"}
