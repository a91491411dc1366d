"""`mmgpt train all`: every stage in one folder, resumable; what comes out captions a picture."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from train.plans import PLANS
from train.run_all import CARD, RECORD, Record, card, main
from train.stages import STAGES, Run, StageFailed, Stop, Stopped, last_row, parse

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "examples" / "site-cannot-be-reached.png"


def command(*arguments: str, timeout: float = 1500) -> subprocess.CompletedProcess[str]:
    """`mmgpt …` in a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "mmgpt.cli", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout
    )  # fmt: skip


def states(folder: Path) -> dict[str, str]:
    return {name: entry["state"] for name, entry in json.loads((folder / RECORD).read_text())["stages"].items()}


# -- the record --------------------------------------------------------------------------------------------------------------------


def test_plans_know_every_stage_that_learns() -> None:
    for make in PLANS.values():
        plan = make()
        assert {*plan.training, "extract"} == set(plan.shares) <= set(STAGES)
        assert all(plan.options(stage)[0].startswith("--") for stage in plan.training)


@pytest.mark.parametrize("preset", sorted(PLANS))
def test_a_scaled_plan_has_every_stage_and_fewer_steps(preset: str) -> None:
    plan = PLANS[preset]()
    small, large = plan.scaled(0.001), plan.scaled(3)
    assert plan.scaled(1) == plan and small.training.keys() == plan.training.keys() == large.training.keys()
    for stage in plan.training:
        steps, trial, more = (_steps(p.options(stage)) for p in (plan, small, large))
        assert 4 <= trial <= max(4, steps // 100) and more == 3 * steps, stage
        for name in ("--warmup", "--decay"):
            assert 1 <= int(small.options(stage)[small.options(stage).index(name) + 1]) < steps
    assert 24 <= small.perceived <= plan.perceived and large.perceived == 3 * plan.perceived
    assert small.evaluation == ("dev",) and small.evaluation_limit == 8 and large.evaluation == plan.evaluation
    with pytest.raises(ValueError, match="--scale 0 is not a number above 0"):
        plan.scaled(0)


def _steps(options: list[str]) -> int:
    return int(options[options.index("--steps") + 1])


def test_a_scaled_run_begins_saves_and_goes_on_at_its_scale_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--preset", "debug", "--out", str(tmp_path), "--harvest", "none", "--stages", "tokenizer,text"]
    assert main([*arguments, "--scale", "0.1"]) == 0
    assert last_row(tmp_path / "text" / "curve.csv")["step"] == 4
    entry = json.loads((tmp_path / RECORD).read_text())
    assert entry["scale"] == 0.1
    entry["stages"]["text"]["state"] = "part"  # as if it had been cut off
    (tmp_path / RECORD).write_text(json.dumps(entry))
    capsys.readouterr()
    assert main([*arguments, "--scale", "0.1"]) == 0
    assert "tokenizer: done before" in capsys.readouterr().err and states(tmp_path)["text"] == "done"
    for other in ([], ["--scale", "0.2"]):
        with pytest.raises(SystemExit) as end:
            main([*arguments, *other])
        assert end.value.code == 2 and "scale 0.1; name another --out" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*arguments, "--scale", "0.1", "--minutes", "3"])
    assert "give one of them" in capsys.readouterr().err


def test_stages_are_named_in_any_order_and_done_in_theirs() -> None:
    assert parse("release, text,lines") == ("text", "lines", "release")
    with pytest.raises(Exception, match="no stage walk; there are tokenizer, text"):
        parse("walk")


def test_a_folder_of_another_run_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = Record(tmp_path, "nano", 0)
    record.of("text")["state"] = "done"
    record.write()
    with pytest.raises(SystemExit) as end:
        main(["--preset", "debug", "--out", str(tmp_path)])
    assert end.value.code == 2
    assert "holds a run with preset nano, seed 0" in capsys.readouterr().err
    (tmp_path / RECORD).write_text("{")
    with pytest.raises(ValueError, match="is damaged"):
        Record(tmp_path, "nano", 0)


def test_what_an_earlier_stage_did_not_leave_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--preset", "debug", "--out", str(tmp_path), "--stages", "simulate", "--harvest", "none"])
    assert code == 1
    assert "stage simulate: weights/tokenizer.json is missing" in capsys.readouterr().err.replace("\n", " ")
    assert states(tmp_path) == {"simulate": "part"}


def test_minutes_are_divided_by_shares(tmp_path: Path) -> None:
    run = Run(tmp_path, PLANS["nano"](), minutes=100)
    shares = [run.share(stage) for stage in run.plan.shares]
    assert sum(s for s in shares if s) == pytest.approx(100)
    assert Run(tmp_path, PLANS["nano"]()).share("text") is None


def test_a_stage_that_looks_for_the_signal_itself_ends_before_stopped_is_raised() -> None:
    stop = Stop()
    seen: list[bool] = []
    with pytest.raises(Stopped), stop.looking() as asked:
        seen.append(asked())
        stop(signal.SIGTERM, None)
        seen.append(asked())
    assert seen == [False, True]
    with pytest.raises(Stopped):
        Stop()(signal.SIGTERM, None)


def test_by_the_clock_the_steps_are_planned_once_and_end_with_a_decay(tmp_path: Path) -> None:
    arguments = [
        "--preset",
        "debug",
        "--out",
        str(tmp_path),
        "--harvest",
        "none",
        "--stages",
        "tokenizer,text",
        "--minutes",
        "1.5",
    ]
    assert main(arguments) == 0
    notes = json.loads((tmp_path / RECORD).read_text())["stages"]["text"]["notes"]
    settings = json.loads((tmp_path / "text" / "config.json").read_text())
    assert notes["steps"] == settings["steps"] == last_row(tmp_path / "text" / "curve.csv")["step"] >= 10
    assert settings["decay"] == max(1, round(0.2 * notes["steps"]))


def test_the_card_says_what_was_not_done(tmp_path: Path) -> None:
    record = Record(tmp_path, "debug", 0)
    record.of("text").update(state="done", seconds=90.0, scores={"nats": 5.0, "step": 3.0})
    record.of("lines")["state"] = "part"
    table = card(Run(tmp_path, PLANS["debug"]()), record)
    assert "| text |  |  | 1.5 | 0.0 | nats 5 |" in table
    assert "| lines |  |  | 0.0 | 0.0 | not done |" in table and "trial" not in table
    record.of("perceive")["notes"]["reader"] = "shipped"
    told = card(Run(tmp_path, PLANS["debug"]().scaled(0.1)), record)
    assert "A trial at a small scale" in told and "The reader is the shipped one" in told


def test_without_a_model_there_is_nothing_to_prefer_or_release(tmp_path: Path) -> None:
    run = Run(tmp_path, PLANS["debug"]())
    run.weights.mkdir()
    for name in ("tokenizer.json", "reader.safetensors"):
        (run.weights / name).touch()
    for stage in ("prefer", "release"):
        with pytest.raises(StageFailed, match="add"):
            STAGES[stage](run)


# -- the whole ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.render
def test_debug_goes_through_every_stage_is_interrupted_goes_on_and_captions(tmp_path: Path) -> None:
    out = tmp_path / "run"
    arguments = ["train", "all", "--preset", "debug", "--out", str(out), "--harvest", "none"]
    process = subprocess.Popen(
        [sys.executable, "-m", "mmgpt.cli", *arguments], cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline and not (out / "lines" / "loss.csv").is_file():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 130, errors
    assert "interrupted in stage lines; the same command goes on" in errors.replace("\n", " ")
    assert states(out) == {"tokenizer": "done", "text": "done", "lines": "part"}
    saved = list((out / "lines" / "checkpoints").glob("step-*.safetensors"))
    assert saved

    done = command(*arguments)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "going on from step" in done.stderr
    assert set(states(out)) == set(STAGES) and set(states(out).values()) == {"done"}
    table = (out / CARD).read_text()
    assert table == done.stdout[done.stdout.index("# mmgpt-debug") :]
    assert all(f"| {stage} |" in table for stage in STAGES) and "lines exactly right" in table
    spent = sum(entry["cpu_seconds"] for entry in json.loads((out / RECORD).read_text())["stages"].values())
    assert spent < 180, f"{spent:.0f} s of processor time"

    again = command(*arguments)
    assert again.returncode == 0 and again.stderr.count("done before") == len(STAGES)

    caption = command("caption", "--weights", str(out / "weights"), "--json", str(PICTURE))
    assert caption.returncode == 0, caption.stderr
    told = json.loads(caption.stdout)
    assert (told["image"]["width"], told["image"]["height"]) == (1280, 800)
    assert told["text"] and all(line["text"] for line in told["text"])
    asked = command("ask", "--weights", str(out / "weights"), str(PICTURE), "What does it say?")
    assert asked.returncode == 0, asked.stderr
