"""`mmgpt ask`, as users meet it: what it prints where, with which exit code, on good and on bad input."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmgpt.commands.ask import parted, printable
from mmgpt.copied import ANSWER_SCHEMA, Answered
from tests.mmgpt.running import ROOT, Cli, Run
from tests.mmgpt.talking import GREETING, LAST, drawn, taught_folder
from tests.vision.image_factory import bad_inputs

QUESTION, ANSWER = "What is the exit code?", LAST


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    Image.fromarray(drawn()).save(tmp_path / "shot.png")
    return tmp_path / "shot.png"


@pytest.fixture
def ask(cli: Cli) -> Any:
    """The command with the taught weights."""

    def run(*arguments: object) -> Run:
        return cli("ask", *arguments, "--weights", taught_folder())

    return run


def test_the_answer_is_on_stdout(ask: Any, shot: Path):
    assert ask(shot, QUESTION) == (0, ANSWER + "\n", "")
    assert ask(shot, "-q", QUESTION) == (0, ANSWER + "\n", "")
    assert ask("--question", QUESTION, shot) == (0, ANSWER + "\n", "")
    assert ask(shot, f"  {QUESTION}\n") == (0, ANSWER + "\n", "")


def test_without_a_picture(ask: Any):
    assert ask("--no-image", GREETING[0]) == (0, GREETING[1] + "\n", "")
    assert ask("--no-image", "-q", GREETING[0]) == (0, GREETING[1] + "\n", "")


def test_a_picture_comes_through_stdin_too(ask: Any, shot: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(shot.read_bytes())))
    assert ask("-", QUESTION) == (0, ANSWER + "\n", "")


def test_json_says_where_the_copied_part_stands(ask: Any, shot: Path):
    run = ask(shot, QUESTION, "--json")
    assert (run.code, run.err) == (0, "")
    value = json.loads(run.out)
    assert value["schema"] == ANSWER_SCHEMA
    found = Answered.model_validate(value)
    assert (found.question, found.answer, found.finish, found.model) == (QUESTION, ANSWER, "end", "mmgpt-taught")
    (part,) = found.spans
    assert (part.text, part.picture) == ("128", 1) and found.answer[part.start : part.end] == "128"
    x0, y0, x1, y1 = part.box
    ink = drawn().min(2) < 128
    assert ink[y0:y1, x0:x1].any() and not ink[y0:y1, x1:].any(), "the number ends its line"
    columns = np.flatnonzero(ink[y0:y1].any(0))
    last_gap = columns[:-1][np.diff(columns) > 6].max()
    assert last_gap < x0 <= columns[columns > last_gap].min() + 2, "and begins behind the blank"
    assert part.confidence > 0.5 and 0.5 < found.confidence <= 1
    assert [(i.width, i.height) for i in found.images] == [(400, drawn().shape[0])]
    times = found.timing_ms
    assert set(times) == {"total", "decode", "look", "answer"}
    assert times["total"] == pytest.approx(times["decode"] + times["look"] + times["answer"], abs=0.3)


def test_parts_of_several_pictures_say_which_one(ask: Any, shot: Path, tmp_path: Path):
    other = tmp_path / "other.png"
    Image.fromarray(drawn(("Port 8080 is free",))).save(other)
    alone = [("Port", "8080", "is", "free"), ("git", "pull", "origin", "main", "128", "fatal", "demo")]
    copied = 0
    # It was taught about one picture, so not every question about two makes it copy.
    for question in ("What does it say?", QUESTION, "Field: message", "What is the first line?", "Read the last line."):
        found = Answered.model_validate_json(ask(other, shot, question, "--json", "--max-tokens", 24).out)
        assert [image.height for image in found.images] == [54, drawn().shape[0]]
        copied += len(found.spans)
        for part in found.spans:
            assert found.answer[part.start : part.end] == part.text
            words, others = set(part.text.split()), alone[2 - part.picture]
            assert words and not words & set(others), "its words stand in that picture alone"
    assert copied, "it copies, as it has learnt to"


def test_wording_is_drawn_by_seed(ask: Any, shot: Path):
    def drawn_with(seed: int) -> str:
        return str(ask(shot, QUESTION, "--temperature", 4, "--max-tokens", 12, "--seed", seed).out)

    assert drawn_with(1) == drawn_with(1)
    assert len({drawn_with(seed) for seed in range(4)}) > 1
    assert ask(shot, QUESTION, "--temperature", 4, "--top-k", 1).out == ANSWER + "\n"
    assert ask(shot, QUESTION, "--temperature", 4, "--top-p", 1e-9).out == ANSWER + "\n"


def test_a_cut_answer_says_so(ask: Any, shot: Path):
    run = ask(shot, QUESTION, "--max-tokens", 2)
    assert run.code == 0 and ANSWER.startswith(run.out.strip())
    assert run.errors == ["mmgpt: the answer was cut after 2 tokens - --max-tokens allows more"]
    assert ask(shot, QUESTION, "--max-tokens", 2, "--quiet").err == ""
    assert Answered.model_validate_json(ask(shot, QUESTION, "--max-tokens", 2, "--json").out).finish == "length"


@pytest.mark.peers
@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")
def test_another_readers_lines_are_answered_about(ask: Any, shot: Path):
    found = Answered.model_validate_json(ask(shot, QUESTION, "--json", "--reader", "tesseract").out)
    assert found.model == "mmgpt-taught+tesseract"


# ---------------------------------------------------------------------------------------------------------- bad input


WRONG: list[tuple[list[str], str]] = [
    ([], "there is no question"),
    (["SHOT"], "is a picture - put the question behind it"),
    (["What?"], "there is no picture"),
    (["SHOT", "-"], "is a picture"),
    (["SHOT", " "], "the question is empty"),
    (["SHOT", "-q", ""], "the question is empty"),
    (["-q", "What?"], "there is no picture"),
    (["--no-image", "SHOT", "What?"], "--no-image goes without pictures"),
    (["--no-image"], "there is no question"),
    (["SHOT", "What?", "--temperature", "-1"], "-1 is not at least 0 and finite"),
    (["SHOT", "What?", "--temperature", "inf"], "inf is not at least 0 and finite"),
    (["SHOT", "What?", "--temperature", "hot"], "invalid number value"),
    (["SHOT", "What?", "--top-p", "0"], "0 is not more than 0 and at most 1"),
    (["SHOT", "What?", "--top-p", "1.5"], "at most 1"),
    (["SHOT", "What?", "--top-k", "-2"], "at least 0"),
    (["SHOT", "What?", "--max-tokens", "0"], "at least 1"),
    (["SHOT", "What?", "--max-tokens", "1.5"], "invalid whole number value"),
    (["SHOT", "What?", "--seed", "-1"], "at least 0"),
    (["SHOT", "What?", "--seed", str(2**70)], "at most"),
    (["SHOT", "What?", "--reader", "magic"], "invalid choice"),
    (["SHOT", "What?", "--nonsense"], "unrecognized arguments"),
]


@pytest.mark.parametrize(("arguments", "reason"), WRONG, ids=str)
def test_wrong_usage_is_exit_code_2(cli: Cli, shot: Path, arguments: list[str], reason: str):
    run = cli("ask", *[str(shot) if a == "SHOT" else a for a in arguments])
    assert run.code == 2 and run.out == "" and reason in run.err and "Traceback" not in run.err


def test_help_tells_the_exit_codes(cli: Cli):
    run = cli("ask", "--help")
    assert run.code == 0 and "Exit codes: 0 " in run.out and run.err == ""


def test_the_question_is_the_last_argument(tmp_path: Path):
    assert parted(["a.png", "b.png", "What?"], None, False) == (["a.png", "b.png"], "What?")
    assert parted(["a.png", "b.png"], "What?", False) == (["a.png", "b.png"], "What?")
    assert parted([], "What?", True) == ([], "What?")


def test_every_bad_picture_gives_one_clear_line_and_exit_code_1(cli: Cli, tmp_path: Path):
    """Before any weights are loaded: there are none in this folder."""
    for name, (path, _) in bad_inputs(tmp_path).items():
        run = cli("ask", path, "What?", "--weights", tmp_path / "none")
        assert (run.code, run.out, len(run.errors)) == (1, "", 1), (name, run.err)
        assert run.err.startswith(f"mmgpt: {path}: "), (name, run.err)


def test_with_one_bad_picture_nothing_is_answered(ask: Any, shot: Path, tmp_path: Path):
    run = ask(shot, tmp_path / "none.png", QUESTION)
    assert run.code == 1 and run.out == "" and len(run.errors) == 1 and "none.png" in run.err
    run = ask(tmp_path, QUESTION)
    assert run.code == 1 and run.out == "" and len(run.errors) == 1 and "is a folder" in run.err


def without_decoder(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(taught_folder(), tmp_path / "weights"))
    config = json.loads((folder / "config.json").read_text("utf-8"))
    del config["model"]
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return folder


@pytest.mark.parametrize("command", ["ask", "chat"])
def test_a_folder_without_a_language_model_is_one_line(cli: Cli, shot: Path, tmp_path: Path, command: str):
    folder = without_decoder(tmp_path)
    run = cli(command, shot, *(["What?"] if command == "ask" else []), "--weights", folder)
    assert run.code == 1 and run.out == ""
    assert run.errors == [f"mmgpt: {folder} has no language model - name a folder that has one: --weights DIR"]
    run = cli("ask", shot, "What?", "--weights", tmp_path / "none")
    assert run.code == 1 and len(run.errors) == 1 and f"{tmp_path / 'none' / 'config.json'} is missing" in run.err


@pytest.mark.parametrize(
    "file", ["decoder.safetensors", "projector.safetensors", "reader.safetensors", "tokenizer.json"]
)
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_damaged_weights_are_named(cli: Cli, shot: Path, tmp_path: Path, file: str, damage: str):
    folder = Path(shutil.copytree(taught_folder(), tmp_path / "weights"))
    data = (folder / file).read_bytes()
    (folder / file).unlink()
    if damage == "cut":
        (folder / file).write_bytes(data[: len(data) // 2])
    run = cli("ask", shot, "What?", "--weights", folder)
    assert run.code == 1 and run.out == "" and len(run.errors) == 1, run.err
    assert str(folder / file) in run.err and "Traceback" not in run.err


@pytest.mark.parametrize("model", ["{}", "7", '{"decoder": {"colour": 1}}', '{"lines": 7}'])
def test_a_configuration_that_describes_no_model_is_named(cli: Cli, shot: Path, tmp_path: Path, model: str):
    folder = Path(shutil.copytree(taught_folder(), tmp_path / "weights"))
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config["model"] = json.loads(model)
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    run = cli("ask", shot, "What?", "--weights", folder)
    assert run.code == 1 and run.out == "" and len(run.errors) == 1 and str(folder) in run.err, run.err


def test_more_than_the_model_takes_is_one_line(ask: Any, shot: Path, tmp_path: Path):
    run = ask(shot, "Why? " * 2000)
    assert run.code == 1 and run.out == "" and len(run.errors) == 1
    assert "tokens; this model takes 1024 - ask a shorter question" in run.err
    copies = [shutil.copy(shot, tmp_path / f"{i}.png") for i in range(9)]
    run = ask(*copies, QUESTION)
    assert (run.code, run.out) == (1, "") and run.errors == ["mmgpt: 9 pictures are too many - this model takes 8"]


def test_what_a_picture_says_cannot_move_the_cursor():
    assert printable("a\x1b[2Jb\u202ec\r\nd\u0085“é→”") == "a [2Jb c \nd “é→”"


def test_asking_loads_neither_transformers_nor_open_clip(shot: Path):
    code = (
        "import sys; from mmgpt.cli import main; assert main(['ask', *sys.argv[1:]]) == 0;"
        "heavy = {'transformers', 'open_clip', 'timm', 'torchvision', 'gradio', 'train'} & set(sys.modules);"
        "print(heavy, file=sys.stderr); sys.exit(bool(heavy))"
    )
    command = [sys.executable, "-c", code, str(shot), QUESTION, "--weights", str(taught_folder())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("utf-8") == ANSWER + "\n"
