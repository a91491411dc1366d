"""The release gate: only what is better beyond the interval replaces shipped weights, and the ledger says by what."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from mmgpt import NANO_WEIGHTS
from mmgpt.checkpoint import seal
from train.evaluate import main
from train.evaluation.gate import REAL, changed_parts, judge, ledger_row, markdown, paired
from train.evaluation.release import HEAD, ship, write_ledger
from vision.reader.weights import read_config


def counts(right: int, pictures: int = 200) -> np.ndarray:
    return np.array([(float(i < right), 1.0) for i in range(pictures)])


def compare(data: str, key: str, candidate: int, shipped: int, better: int = 1):
    found = paired(data, key, key, counts(candidate), counts(shipped), better)
    assert found is not None
    return found


def test_a_clear_gain_is_released_and_named():
    verdict = judge(["extractor"], [compare(REAL, "right_line", 180, 150), compare(REAL, "kind_accuracy", 150, 150)])
    assert verdict.released
    assert [c.key for c in verdict.gains] == ["right_line"]
    assert "75.0 → 90.0 %" in ledger_row("2026-11-24", ["extractor"], verdict, "a | note")
    assert "**Released**" in markdown([*verdict.gains], verdict)


def test_a_gain_within_the_interval_is_not_enough():
    verdict = judge(["extractor"], [compare(REAL, "right_line", 151, 150)])
    assert not verdict.released
    assert "no measure" in verdict.reason


def test_a_clear_loss_anywhere_outweighs_every_gain():
    gains = [compare(REAL, "right_line", 180, 150)]
    for lost in (compare("rendered", "kind_accuracy", 120, 150), compare(REAL, "false_alarms", 40, 10, better=-1)):
        verdict = judge(["extractor"], [*gains, lost])
        assert not verdict.released
        assert lost.key in verdict.reason


def test_a_gain_on_rendered_pictures_alone_is_not_released():
    verdict = judge(["extractor"], [compare(REAL, "right_line", 150, 150), compare("rendered", "right_line", 190, 150)])
    assert not verdict.released


def test_less_is_better_where_the_measure_says_so():
    assert judge(["extractor"], [compare(REAL, "false_alarms", 10, 40, better=-1)]).released


def test_measures_of_other_parts_do_not_decide():
    verdict = judge(["language model"], [compare(REAL, "right_line", 100, 150), compare(REAL, "questions", 180, 150)])
    assert verdict.released


def test_a_part_that_was_not_measured_is_refused():
    with pytest.raises(ValueError, match="language model"):
        judge(["extractor", "language model"], [compare(REAL, "right_line", 180, 150)])


def test_the_same_weights_are_never_released(tmp_path):
    assert changed_parts(NANO_WEIGHTS, NANO_WEIGHTS) == []
    assert not judge([], []).released


def damaged(folder, name, noise):
    """A copy of the shipped weights in which every matrix of one shard is shaken."""
    shutil.copytree(NANO_WEIGHTS, folder)
    tensors = load_file(folder / name)
    generator = torch.Generator().manual_seed(0)
    shaken = {
        k: (v + noise * v.float().std() * torch.randn(v.shape, generator=generator)).to(v.dtype) if v.ndim > 1 else v
        for k, v in tensors.items()
    }
    save_file(shaken, folder / name, {"format": "pt"})
    seal(folder)
    return folder


def test_changed_parts_are_found_and_shipped_alone(tmp_path):
    candidate = damaged(tmp_path / "candidate", "extractor.safetensors", 0.01)
    shipped = tmp_path / "shipped"
    shutil.copytree(NANO_WEIGHTS, shipped)
    parts = changed_parts(candidate, shipped)
    assert parts == ["extractor"]
    ship(candidate, shipped, parts)
    assert changed_parts(candidate, shipped) == []
    assert read_config(shipped)["sha256"] == read_config(candidate)["sha256"]
    assert changed_parts(NANO_WEIGHTS, shipped) == ["extractor"], "the other shards were not touched"


def test_the_ledger_grows_by_a_row(tmp_path):
    path = tmp_path / "releases.md"
    for note in ("first", "second"):
        verdict = judge(["extractor"], [compare(REAL, "right_line", 180, 150)])
        write_ledger(path, ledger_row("2026-11-24", ["extractor"], verdict, note))
    text = path.read_text("utf-8")
    assert text.startswith(HEAD.splitlines()[0])
    assert [row.rsplit("|", 2)[1].strip() for row in text.splitlines() if row.startswith("| 2026")] == [
        "first",
        "second",
    ]


@pytest.fixture
def few(monkeypatch, tmp_path):
    """Three pictures of dev in place of test and rendered screens, so that it takes seconds."""
    import train.evaluation.release as release
    from train.evaluation.run import sample_folder

    monkeypatch.setattr(release, "sample_folder", lambda name: sample_folder("dev"))
    monkeypatch.setattr(release, "_rendered", lambda: sample_folder("dev"))
    monkeypatch.setattr(release, "LEDGER", tmp_path / "releases.md")
    return ["--limit", "3", "--cache", str(tmp_path / "cache")]


@pytest.mark.slow
def test_the_command_refuses_shaken_weights_and_releases_the_whole_ones_over_them(tmp_path, few, capsys):
    shaken = damaged(tmp_path / "shaken", "extractor.safetensors", 3.0)
    assert main(["--release", str(shaken), *few]) == 1
    assert "Not released" in capsys.readouterr().out
    whole = tmp_path / "whole"
    shutil.copytree(NANO_WEIGHTS, whole)
    assert main(["--release", str(whole), "--against", str(shaken), "--ship", "--note", "mended", *few]) == 0
    assert "Released" in capsys.readouterr().out
    assert changed_parts(whole, shaken) == []
    assert "mended" in (tmp_path / "releases.md").read_text("utf-8")
    assert json.loads((shaken / "config.json").read_text("utf-8"))["sha256"] == read_config(whole)["sha256"]


def test_a_folder_without_weights_is_named(tmp_path, capsys):
    assert main(["--release", str(tmp_path)]) == 2
    assert "config.json" in capsys.readouterr().err
