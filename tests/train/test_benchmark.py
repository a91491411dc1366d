"""The benchmark of training compares like with like: three loops learn the same from the same batches, and their numbers are plausible."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from benchmarks.train import RUNS, main

TOKENIZER = Path(__file__).parents[2] / "mmgpt" / "weights" / "nano" / "tokenizer.json"


@pytest.mark.slow
def test_all_three_learn_the_same_and_none_is_far_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "found.json"
    arguments = ["--preset", "debug", "--tokenizer", str(TOKENIZER), "--batch", "2", "--length", "48", "--steps", "12"]
    assert main([*arguments, "--rounds", "1", "--drawn", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert set(found) == set(RUNS)
    losses = [entry["last_loss"] for entry in found.values()]
    assert max(losses) - min(losses) < 0.02  # the same model, batches, optimizer and clipping
    assert losses[0] < 8.3  # below chance over 4,096 pieces: something was learned
    for entry in found.values():
        assert entry["tokens_cpu_s"] > 0 and 0 < entry["mfu"] < 1
    # Processor time: the clock of a machine that others use says little. Twice the plain loop's would be a fault of ours.
    assert found["ours"]["tokens_cpu_s"] > 0.5 * found["plain loop"]["tokens_cpu_s"]
    assert found["ours"]["data_wait"] < 0.05
    assert "ours / transformers" in capsys.readouterr().out
