"""The trainer resumes exactly, survives being cut off, and refuses to go on with a broken loss."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from train.trainer import Interrupted, RunConfig, Trainer, rate


class Regression:
    """A small task whose data is a function of the step."""

    name = "regression"

    def __init__(self, poison: int = -1) -> None:
        torch.manual_seed(3)
        self.model: nn.Module = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
        self.poison = poison

    def batch(self, step: int) -> Tensor:
        x = torch.randn(16, 4, generator=torch.Generator().manual_seed(step))
        return x * float("nan") if step == self.poison else x

    def loss(self, batch: Tensor, step: int, total: int) -> tuple[Tensor, int]:
        return (self.model(batch)[:, 0] - batch.sum(1)).pow(2).mean(), len(batch)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        with torch.no_grad():
            x = self.batch(10**6)
            return {"error": float((model(x)[:, 0] - x.sum(1)).pow(2).mean())}

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        from train.checkpoint import save_atomic

        save_atomic(dict(model.state_dict()), path, metadata)


def config(out: Path, steps: int, **more: Any) -> RunConfig:
    return RunConfig(out=out, steps=steps, warmup=5, decay=10, save_every=7, eval_every=50, bf16=False, **more)


def state(trainer: Trainer) -> dict[str, Tensor]:
    return {**trainer.model.state_dict(), **{f"ema.{k}": v for k, v in trainer.ema.items()}}


def test_interrupted_and_resumed_is_bit_equal_to_uninterrupted(tmp_path: Path) -> None:
    whole = Trainer(Regression(), config(tmp_path / "a", 40))
    whole.run()
    first = Trainer(Regression(), config(tmp_path / "b", 40))
    for _ in range(14):  # saves at 14, then two more steps that are lost
        first._one()
    first._save()
    first._one()
    second = Trainer(Regression(), config(tmp_path / "b", 40))
    assert second.step == 14
    second.run()
    for name, value in state(whole).items():
        assert torch.equal(value, state(second)[name]), name
    assert second.samples == whole.samples == 40 * 16


def test_a_cut_off_checkpoint_is_passed_over(tmp_path: Path) -> None:
    trainer = Trainer(Regression(), config(tmp_path, 14))
    trainer.run()
    newest = sorted((tmp_path / "checkpoints").glob("step-*.safetensors"))[-1]
    assert newest.name == "step-00000014.safetensors"
    newest.write_bytes(newest.read_bytes()[:500])
    assert Trainer(Regression(), config(tmp_path, 14)).step == 7


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    trainer = Trainer(Regression(poison=3), config(tmp_path, 10))
    with pytest.raises(RuntimeError, match="step 3; lower --lr"):
        trainer.run()


def test_training_lowers_the_error_and_the_rate_ends_at_zero(tmp_path: Path) -> None:
    task = Regression()
    before = task.evaluate(task.model.eval())["error"]
    after = Trainer(task, config(tmp_path, 300, lr=0.02)).run()["error"]
    assert after < 0.2 * before
    settings = config(tmp_path, 300)
    assert rate(0, settings) == pytest.approx(settings.lr / 5)
    assert rate(100, settings) == settings.lr
    assert rate(299, settings) < 0.1 * settings.lr


def test_a_stop_signal_saves_and_says_where(tmp_path: Path) -> None:
    trainer = Trainer(Regression(), config(tmp_path, 10**6))
    original = trainer._one

    def one() -> float:
        if trainer.step == 20:
            os.kill(os.getpid(), signal.SIGTERM)
        return original()

    trainer._one = one  # type: ignore[method-assign]
    with pytest.raises(Interrupted, match="step 21"):
        trainer.run()
    assert Trainer(Regression(), config(tmp_path, 10**6)).step == 21


@pytest.mark.render
def test_lines_run_survives_sigkill(tmp_path: Path) -> None:
    """The real task, killed without warning, goes on from its last checkpoint with the same command."""
    command = [
        sys.executable, "-m", "train.cli", "lines", "--out", str(tmp_path / "run"), "--steps", "8", "--warmup", "2",
        "--decay", "2", "--batch", "4", "--atlases", "6", "--save-every", "2", "--eval-every", "8", "--frames-first", "4",
        "--threads", "1", "--evaluation", "1",
    ]  # fmt: skip
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    folder = tmp_path / "run" / "checkpoints"
    deadline = time.monotonic() + 240
    while not list(folder.glob("step-*.safetensors")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait(30)
    assert list(folder.glob("step-*.safetensors")), "no checkpoint was written"
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    assert "going on from step" in done.stderr or "step 8" in done.stderr
    assert (tmp_path / "run" / "model.safetensors").exists()


@pytest.mark.render
def test_a_machine_without_fonts_trains_on_carried_atlases(tmp_path: Path) -> None:
    """Atlases and text are packed, and a process in which no font library can be imported trains with them, by workers."""
    carried = tmp_path / "carried"
    pack = [
        sys.executable,
        "-m",
        "train.data.render.carry",
        "--out",
        str(carried),
        "--megabytes",
        "0.9",
        "--lines",
        "2000",
    ]
    subprocess.run(pack, check=True, timeout=280)
    assert sum(f.stat().st_size for f in carried.iterdir()) <= 0.9e6
    code = (
        "import sys\n"
        "for name in ('freetype', 'uharfbuzz', 'fontTools', 'cv2'): sys.modules[name] = None\n"
        "from train.cli import main\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [
        sys.executable, "-c", code, "lines", "--out", str(tmp_path / "run"), "--carried", str(carried), "--steps", "4",
        "--batch", "4", "--workers", "2", "--evaluation", "1", "--eval-every", "4", "--threads", "1",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "model.safetensors").exists()
