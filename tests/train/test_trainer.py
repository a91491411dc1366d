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

from tests.train.distributed_run import Answers
from tests.train.small_tasks import Regression, config, state
from train.feed import Feed
from train.parts import part, supervised
from train.record import Recorder, write_row
from train.trainer import Interrupted, Trainer, rate
from train.weights import load_strict


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


def test_rates_warm_up_stay_and_fall(tmp_path: Path) -> None:
    wsd = config(tmp_path, 100, lr=2.0)
    assert [rate(s, wsd) for s in (0, 1, 4, 5, 50, 90)] == pytest.approx([0.4, 0.8, 2, 2, 2, 2])
    assert rate(95, wsd) == pytest.approx(2 * (1 - 0.5**0.5)) and rate(99, wsd) == pytest.approx(2 * (1 - 0.9**0.5))
    wave = config(tmp_path, 105, lr=2.0, schedule="cosine")
    assert [rate(s, wave) for s in (0, 5, 30, 55, 105)] == pytest.approx([0.4, 2, 2 * 0.853553, 1, 0], abs=1e-5)
    with pytest.raises(ValueError, match="unknown schedule 'linear'; one of wsd, cosine"):
        Trainer(Regression(), config(tmp_path, 5, schedule="linear"))


@pytest.mark.parametrize("parts", [2, 4, 8])
def test_micro_batches_give_the_gradients_of_the_whole_batch(parts: int, tmp_path: Path) -> None:
    """Rows have different numbers of supervised tokens and one has none: parts weigh by them."""

    def gradients(accumulate: int) -> dict[str, Tensor]:
        trainer = Trainer(Answers(), config(tmp_path / str(accumulate), 5, accumulate=accumulate, clip=1e9))
        trainer.optimizer.zero_grad = lambda set_to_none=True: None  # type: ignore[method-assign]
        losses.append(trainer._one())
        return {n: p.grad for n, p in trainer.model.named_parameters() if p.grad is not None}

    losses: list[float] = []
    whole, divided = gradients(1), gradients(parts)
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    assert set(whole) == set(divided) and len(whole) > 40
    for name, value in whole.items():
        assert torch.allclose(value, divided[name], atol=2e-6, rtol=1e-4), name


def test_a_batch_without_anything_supervised_is_refused_by_its_step(tmp_path: Path) -> None:
    class Mute(Answers):
        def batch(self, step: int) -> Any:
            batch = super().batch(step)
            if step == 2:
                batch.labels.fill_(-100)
            return batch

    with pytest.raises(ValueError, match="step 2: nothing in the batch is supervised"):
        Trainer(Mute(), config(tmp_path, 5)).run()


def test_parts_of_a_batch_are_its_rows_with_their_pictures() -> None:
    batch = Answers().batch(1)
    parts = [part(batch, i, 3) for i in range(3)]
    assert torch.equal(torch.cat([p.labels for p in parts]), batch.labels)
    assert [p.owner for p in parts] == [[0, 1], [0, 1], [1]] and sum(map(supervised, parts)) == supervised(batch)
    assert torch.equal(torch.cat([p.pieces.place for p in parts]), batch.pieces.place)  # type: ignore[union-attr]
    assert part(Answers().batch(0), 1, 2).pieces is None
    with pytest.raises(ValueError, match="batch of 8 rows cannot be divided into 9 parts"):
        part(batch, 0, 9)
    with pytest.raises(TypeError, match="its loss belongs to the batch as a whole"):
        part([1, 2], 0, 2)


def test_lines_are_divided_with_their_letters() -> None:
    from train.data.render.lines import LineBatch

    lengths = torch.tensor([2, 0, 3, 1])
    batch = LineBatch(
        torch.rand(4, 1, 32, 8), torch.full((4,), 8), torch.zeros(4, 2, dtype=torch.long), torch.arange(6), lengths,
        ["ab", "", "cde", "f"], [{}] * 4,
    )  # fmt: skip
    first, second = part(batch, 0, 2), part(batch, 1, 2)
    assert first.targets.tolist() == [0, 1] and second.targets.tolist() == [2, 3, 4, 5]
    assert second.texts == ["cde", "f"] and (supervised(first), supervised(second)) == (2, 4)


def test_frozen_parts_do_not_move_by_a_bit_and_rates_are_multiplied(tmp_path: Path) -> None:
    task = Regression(noisy=True)
    before = {k: v.clone() for k, v in task.model.state_dict().items()}
    trainer = Trainer(task, config(tmp_path, 20, rates={"tower": 0, "head.*": 0.1}, lr=0.01))
    trainer.run()
    for name in ("tower.weight", "tower.bias"):
        assert torch.equal(trainer.model.state_dict()[name], before[name]) and name not in trainer.ema
        assert torch.equal(trainer.averaged().state_dict()[name], before[name])
    assert not torch.equal(trainer.model.state_dict()["head.weight"], before["head.weight"])
    used = {group["factor"]: group["lr"] for group in trainer.optimizer.param_groups}
    assert used[0.1] == pytest.approx(0.1 * used[1.0]) and used[1.0] == rate(19, trainer.config)
    with pytest.raises(ValueError, match="no parameter is meant by 'towr'; the model's parts are head, norm, tower"):
        Trainer(Regression(noisy=True), config(tmp_path / "b", 5, rates={"towr": 0.1}))
    with pytest.raises(ValueError, match="nothing to train"):
        Trainer(Regression(noisy=True), config(tmp_path / "c", 5, rates={"*": 0}))


def test_a_task_names_rates_and_the_command_overrules_them(tmp_path: Path) -> None:
    task = Regression(noisy=True)
    task.groups = lambda: {"tower": 0.5, "head": 0.2}  # type: ignore[attr-defined]
    trainer = Trainer(task, config(tmp_path, 5, rates={"head": 2.0}))
    assert {g["factor"] for g in trainer.optimizer.param_groups} == {1.0, 0.5, 2.0}


def test_the_average_is_what_is_measured_exported_and_kept(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    task = Regression()
    measured: list[Tensor] = []
    task.evaluate = lambda model: measured.append(model.state_dict()["0.weight"]) or {"error": 0.0}  # type: ignore
    trainer = Trainer(task, config(tmp_path, 6, ema=0.5))
    kept: Tensor = trainer.ema["0.weight"].clone()
    for step in range(1, 7):
        trainer._one()
        kept = kept.lerp(trainer.model.state_dict()["0.weight"], 1 - min(0.5, (step + 1) / (step + 10)))
    trainer.run()
    assert torch.allclose(trainer.ema["0.weight"], kept, atol=1e-7)
    exported = load_file(tmp_path / "model.safetensors")["0.weight"]
    assert torch.equal(measured[-1], trainer.ema["0.weight"]) and torch.equal(exported, measured[-1])
    assert not torch.equal(exported, trainer.model.state_dict()["0.weight"])
    without = Trainer(Regression(), config(tmp_path / "off", 6, ema=0))
    without.run()
    saved = load_file(tmp_path / "off" / "model.safetensors")["0.weight"]
    assert without.ema == {} and torch.equal(saved, without.model.state_dict()["0.weight"])


def test_weights_of_another_shape_stop_before_the_first_step(tmp_path: Path) -> None:
    other = {k: v for k, v in Regression().model.state_dict().items() if k != "2.bias"}
    other |= {"0.weight": torch.zeros(8, 5), "more": torch.zeros(1)}
    with pytest.raises(ValueError) as told:
        Trainer(Regression(), config(tmp_path, 5), other)
    assert "0.weight is 8 × 5 in the weights, 8 × 4 in the model" in str(told.value)
    assert "lacks 1 of the model's 9 tensors: 2.bias" in str(told.value) and "no place for 1" in str(told.value)
    assert "all 9 tensors of the model loaded, 82 numbers" in load_strict(
        Regression().model, Regression().model.state_dict()
    )
    Trainer(Regression(), config(tmp_path, 5)).run()
    wider = nn.Sequential(nn.Linear(4, 9), nn.BatchNorm1d(9), nn.Linear(9, 1), nn.Flatten(0))
    with pytest.raises(
        ValueError, match=r"0.weight is 8 × 4 in step-00000005.safetensors, 9 × 4 in the model.* another --out"
    ):
        Trainer(Regression(model=wider), config(tmp_path, 5))


def test_recomputed_layers_learn_the_same(tmp_path: Path) -> None:
    plain, again = (Trainer(Answers(), config(tmp_path / str(r), 4, recompute=r)) for r in (False, True))
    for _ in range(3):
        assert plain._one() == pytest.approx(again._one(), rel=1e-6)
    for name, value in state(plain).items():
        assert torch.allclose(value, state(again)[name], atol=1e-6), name
    assert type(again.averaged().decoder.layers[0]).__name__ == "RecomputingDecoderLayer"  # type: ignore[union-attr,index]
    with pytest.raises(ValueError, match="gradient checkpointing needs layers"):
        Trainer(Regression(), config(tmp_path / "none", 4, recompute=True))


@pytest.mark.parametrize("options", [{"workers": 2}, {"ahead": 3}])
def test_batches_drawn_elsewhere_are_the_same(options: dict[str, int], tmp_path: Path) -> None:
    here, there = (
        Trainer(Regression(), config(tmp_path / "a", 20)),
        Trainer(Regression(), config(tmp_path / "b", 20, **options)),
    )
    here.run()
    there.run()
    assert all(torch.equal(value, state(there)[name]) for name, value in state(here).items())


def test_what_fails_in_the_feeding_thread_is_raised_where_it_is_needed() -> None:
    def draw(step: int) -> int:
        if step == 2:
            raise ValueError("step 2: broken")
        return step

    feed = Feed(draw, 0, 10, ahead=2)
    assert [feed.next(0), feed.next(1)] == [0, 1]
    with pytest.raises(ValueError, match="step 2: broken"):
        feed.next(2)
    feed.close()


def test_the_log_has_no_row_twice_and_takes_new_columns(tmp_path: Path) -> None:
    path = tmp_path / "loss.csv"
    path.write_text("step,loss\n5,3.0\n10,2.0\n15,1.5\n20,1.", "utf-8")  # 15 and later were lost with the process
    recorder = Recorder(tmp_path, 10, {}, False, False)
    assert path.read_text().split() == ["step,loss", "5,3.0", "10,2.0"]
    recorder.write("loss.csv", {"step": 15, "loss": 1.0, "mfu": 0.5})
    recorder.write("loss.csv", {"step": 20, "loss": 0.5, "mfu": 0.4})
    write_row(path, {"step": 20, "loss": 0.6, "mfu": 0.4})
    assert path.read_text().split() == ["step,loss,mfu", "5,3.0,", "10,2.0,", "15,1.0,0.5", "20,0.6,0.4"]


def test_the_log_counts_work(tmp_path: Path) -> None:
    from train.meter import Counter, named_peak

    task: Any = Answers()
    work = Counter(task)(task.batch(1))
    assert (work.tokens, work.pictures) == (8 * 24, 5)
    body = sum(p.numel() for p in task.model.decoder.parameters()) - 512 * 64
    lines = sum(p.numel() for p in task.model.lines.parameters())
    attention = 12 * 64 * (3 * 192 * 24 + 192 * 45 / 8)
    exact = 6 * (192 * body + 512 * 64 * supervised(task.batch(1)) + 45 * lines) + attention
    assert work.flops == pytest.approx(exact)
    assert named_peak("NVIDIA H100 80GB HBM3") == 989e12 and named_peak("NVIDIA L40S") == 362e12
    assert named_peak("NVIDIA RTX A4000") is None and named_peak("NVIDIA GeForce RTX 4090 Laptop GPU") is None
    Trainer(Answers(), config(tmp_path, 4, log_every=2)).run()
    header, *rows = (tmp_path / "loss.csv").read_text().split()
    assert header == "step,samples,hours,loss,lr,grad_norm,pictures_s,tokens_s,mfu,data_wait,memory_gb"
    assert len(rows) == 2 and all(float(value) > 0 for row in rows for value in row.split(",")[3:9])


@pytest.mark.parametrize("package", ["tensorboard", "wandb"])
def test_a_missing_package_is_named_with_its_command(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard" if package == "tensorboard" else package, None)
    with pytest.raises(RuntimeError, match=f"pip install {package}"):
        Trainer(Regression(), config(tmp_path, 2, **{package: True})).run()


def test_the_command_says_what_is_wrong_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from train.cli import main

    def refused(*more: str) -> str:
        with pytest.raises(SystemExit) as stop:
            main(["text", "--out", str(tmp_path / "run"), "--preset", "debug", "--harvest", "none", *more])
        assert stop.value.code == 2
        return capsys.readouterr().err.splitlines()[-1]

    assert "'tower' is not NAME=FACTOR, as in tower=0.1" in refused("--lr-of", "tower")
    assert "no CUDA device is visible" in refused("--device", "cuda") or torch.cuda.is_available()


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
