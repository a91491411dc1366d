"""Bad pictures, bad folders, bad weights: one clear line each, the right exit code, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mmgpt import NANO_WEIGHTS
from mmgpt.commands.inputs import natural
from mmgpt.schema import Diagnosis
from tests.mmgpt.running import Cli, fresh, lines_of
from tests.vision.image_factory import bad_inputs, odd_but_good

# ---------------------------------------------------------------------------------------------------- bad pictures


def test_every_bad_picture_gives_one_clear_line_and_exit_code_1(cli: Cli, tmp_path: Path):
    bad = bad_inputs(tmp_path)
    assert len(bad) > 20
    for command in ("caption", "read"):
        for name, (path, _) in bad.items():
            run = cli(command, path)
            assert run.code == 1, name
            assert run.out == "", name
            assert len(run.errors) == 1, (name, run.err)
            assert run.err.startswith(f"mmgpt: {path}: "), (name, run.err)
            reason = run.err.removeprefix(f"mmgpt: {path}: ")
            what, _, advice = reason.partition(" - ")
            assert what and advice.strip(), (name, run.err)
            assert str(path) not in reason and "Traceback" not in run.err and "Error" not in reason, (name, run.err)


@pytest.mark.parametrize("name", ["text", "huge_header_png", "truncated_png", "missing", "unreadable", "pdf"])
def test_a_process_of_its_own_fails_as_clearly(name: str, tmp_path: Path):
    path, _ = bad_inputs(tmp_path)[name]
    done = fresh(path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(f"mmgpt: {path}: ".encode()) and done.stderr.count(b"\n") == 1


def test_all_bad_pictures_together_give_a_line_each(cli: Cli, tmp_path: Path):
    paths = [path for path, _ in bad_inputs(tmp_path).values()]
    run = cli("caption", *paths)
    assert run.code == 1 and run.out == ""
    assert [line.split(": ")[1] for line in run.errors] and len(run.errors) == len(paths)
    assert {line.split(": ")[1] for line in run.errors} == {str(path) for path in paths}


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_bad_bytes_on_stdin_fail_like_bad_files(data: bytes):
    done = fresh("-", input=data)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"mmgpt: -: ") and done.stderr.count(b"\n") == 1


def test_a_name_with_control_characters_stays_on_one_line(cli: Cli, tmp_path: Path):
    path = tmp_path / "a\nmmgpt: b\x1b[2J.png"
    path.write_bytes(b"no picture")
    run = cli("caption", path)
    assert run.code == 1 and len(run.errors) == 1 and "\x1b" not in run.err


def test_a_name_that_is_not_utf8_is_shown(cli: Cli, tmp_path: Path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/shot\xff.png")
    Path(path).write_bytes(b"no picture")
    run = cli("caption", path)
    assert run.code == 1 and len(run.errors) == 1 and "shot" in run.err


def test_one_bad_picture_does_not_stop_the_others(cli: Cli, shots: Path):
    bad = shots / "notes.txt"
    run = cli("caption", "--json", shots / "shot10.png", bad, shots / "Shot2.PNG")
    assert run.code == 1
    assert [Path(str(item["path"])).name for item in lines_of(run.out)] == ["shot10.png", "Shot2.PNG"]
    assert len(run.errors) == 1 and run.err.startswith(f"mmgpt: {bad}: ")


def test_odd_pictures_are_captioned(cli: Cli, tmp_path: Path):
    for name, path in odd_but_good(tmp_path).items():
        run = cli("caption", "--json", path)
        assert (run.code, run.err) == (0, ""), (name, run.err)
        diagnosis = Diagnosis.model_validate_json(run.out)
        assert bool(diagnosis.warnings) >= ("animated" in name), name


# --------------------------------------------------------------------------------------------------------- folders


def test_a_folder_without_pictures_is_a_clear_failure(cli: Cli, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("no picture")
    run = cli("caption", "-r", tmp_path)
    assert run.code == 1 and run.out == "" and len(run.errors) == 1
    assert run.err.startswith(f"mmgpt: {tmp_path}: no pictures in this folder - ") and ".png" in run.err


def test_a_folder_needs_the_flag(cli: Cli, shots: Path):
    run = cli("caption", shots)
    assert run.code == 1 and run.errors == [f"mmgpt: {shots}: is a folder - add -r to take the pictures in it"]


def test_folders_are_taken_in_natural_order_without_hidden_and_other_files(cli: Cli, shots: Path):
    run = cli("read", "-r", shots, "--json")
    assert (run.code, run.err) == (0, "")
    names = [str(Path(str(item["path"])).relative_to(shots)) for item in lines_of(run.out)]
    assert names == ["older/shot1.png", "Shot2.PNG", "shot10.png"]


def test_natural_order():
    names = ["shot10.png", "Shot2.png", "shot1.png", "shot.png", "a/10", "a/9", "2", "10", "b²"]
    assert sorted(names, key=natural) == [
        "2",
        "10",
        "a/9",
        "a/10",
        "b²",
        "shot.png",
        "shot1.png",
        "Shot2.png",
        "shot10.png",
    ]


def test_a_picture_that_is_named_twice_is_taken_once(cli: Cli, shots: Path):
    run = cli("read", "-r", shots, shots / "shot10.png", "--json")
    assert len(lines_of(run.out)) == 3


# --------------------------------------------------------------------------------------------------------- weights


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy of the package's weights, to be damaged."""
    return Path(shutil.copytree(NANO_WEIGHTS, tmp_path / "weights"))


def fails_naming(cli: Cli, weights: Path, shot: Path, file: str) -> None:
    """Captions cannot be made with these weights: one line names the file and says what to do."""
    run = cli("caption", shot, shot.parent / "Shot2.PNG", "--weights", weights)
    assert run.code == 1 and run.out == ""
    assert len(run.errors) == 1, run.err
    assert run.err.startswith("mmgpt: ") and str(weights / file) in run.err, run.err
    assert "Traceback" not in run.err


SHARDS = ("reader.safetensors", "extractor.safetensors")


def test_a_copy_of_the_weights_works_like_the_original(cli: Cli, weights: Path, shot: Path):
    there = Diagnosis.model_validate_json(cli("caption", shot, "--json", "--weights", weights).out)
    here = Diagnosis.model_validate_json(cli("caption", shot, "--json").out)
    assert there.model_copy(update={"timing_ms": here.timing_ms}) == here


def test_a_folder_of_weights_that_is_not_there_is_named(cli: Cli, shot: Path, tmp_path: Path):
    run = cli("caption", shot, "--weights", tmp_path / "none")
    assert run.code == 1 and run.out == "" and len(run.errors) == 1 and str(tmp_path / "none") in run.err


CONFIGURATIONS = ("config.json", "extractor.json")


@pytest.mark.parametrize("file", [*SHARDS, *CONFIGURATIONS])
def test_missing_weights_are_named(cli: Cli, weights: Path, shot: Path, file: str):
    (weights / file).unlink()
    fails_naming(cli, weights, shot, file)


@pytest.mark.parametrize("file", SHARDS)
@pytest.mark.parametrize("kept", [0, 7, 200, 0.5, -1])
def test_truncated_weights_are_named(cli: Cli, weights: Path, shot: Path, file: str, kept: float):
    data = (weights / file).read_bytes()
    (weights / file).write_bytes(data[: int(len(data) * kept) if 0 < kept < 1 else int(kept)])
    fails_naming(cli, weights, shot, file)


@pytest.mark.parametrize("file", SHARDS)
def test_weights_with_a_changed_header_are_named(cli: Cli, weights: Path, shot: Path, file: str):
    data = bytearray((weights / file).read_bytes())
    data[9] ^= 0xFF
    (weights / file).write_bytes(data)
    fails_naming(cli, weights, shot, file)


@pytest.mark.parametrize("file", SHARDS)
@pytest.mark.parametrize("change", ["renamed", "missing", "surplus", "reshaped"])
def test_weights_that_do_not_fit_are_named(cli: Cli, weights: Path, shot: Path, file: str, change: str):
    tensors = load_file(weights / file)
    name = next(name for name in sorted(tensors) if tensors[name].dim() > 1)
    if change in ("renamed", "surplus"):
        tensors[f"{name}_old"] = tensors[name].clone()
    if change in ("renamed", "missing"):
        del tensors[name]
    if change == "reshaped":
        tensors[name] = tensors[name][:-1].clone()
    save_file(tensors, weights / file)
    fails_naming(cli, weights, shot, file)


@pytest.mark.parametrize("file", SHARDS)
def test_pickled_weights_are_never_loaded(cli: Cli, weights: Path, shot: Path, file: str, tmp_path: Path):
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(tmp_path / "exploded"),)

    torch.save({"bomb": Bomb()}, weights / file)
    fails_naming(cli, weights, shot, file)
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("file", CONFIGURATIONS)
@pytest.mark.parametrize("content", ["", "{", "[]", "{}", json.dumps({"reader": 7, "config": 7})])
def test_a_damaged_configuration_is_named(cli: Cli, weights: Path, shot: Path, file: str, content: str):
    (weights / file).write_text(content)
    fails_naming(cli, weights, shot, file)


def test_bad_pictures_are_told_before_bad_weights(cli: Cli, shots: Path, tmp_path: Path):
    run = cli("caption", shots / "notes.txt", "--weights", tmp_path / "none")
    assert run.code == 1 and len(run.errors) == 1 and "notes.txt" in run.err
