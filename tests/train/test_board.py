"""What the trainer writes for TensorBoard is read back by TensorBoard's own reader."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tensorboard", reason="--tensorboard needs its package: pip install tensorboard")

from tests.train.small_tasks import Regression, config
from train.trainer import Trainer


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Every scalar in the folder's event files: (step, value), in the order of the reader."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events: Any = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_tensorboard_reads_the_numbers_of_the_csv_files(tmp_path: Path) -> None:
    Trainer(Regression(), config(tmp_path, 6, log_every=2, eval_every=3, tensorboard=True)).run()
    found = scalars(tmp_path / "tensorboard")
    for name in ("loss", "curve"):
        written = rows(tmp_path / f"{name}.csv")
        columns = [c for c in written[0] if c not in ("step", "hours")]
        assert {f"{name}/{c.replace(' ', '_')}" for c in columns} == {t for t in found if t.startswith(f"{name}/")}
        for column in columns:
            told = found[f"{name}/{column.replace(' ', '_')}"]
            assert [step for step, _ in told] == [int(row["step"]) for row in written], column
            assert [value for _, value in told] == pytest.approx([float(row[column]) for row in written], rel=1e-5)
    assert [step for step, _ in found["loss/loss"]] == [2, 4, 6] and [s for s, _ in found["curve/error"]] == [3, 6]


def test_a_run_that_goes_on_shows_each_step_once(tmp_path: Path) -> None:
    """What a killed run had shown behind its last checkpoint gives way to what the resumed run did."""
    first = Trainer(Regression(), config(tmp_path, 8, log_every=1, save_every=10**6, tensorboard=True))
    first.run()
    before = dict(scalars(tmp_path / "tensorboard")["loss/loss"])
    for path in (tmp_path / "checkpoints").glob("*"):
        path.unlink()  # as if it had been killed before anything was saved
    Trainer(Regression(), config(tmp_path, 4, log_every=1, tensorboard=True)).run()
    after = scalars(tmp_path / "tensorboard")["loss/loss"]
    assert [step for step, _ in after] == [1, 2, 3, 4], "steps of the run that was cut off are purged"
    assert len(before) == 8 and len(rows(tmp_path / "loss.csv")) == 4
