"""`mmgpt redact`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tests.mmgpt.redaction.drawing import drawn
from tests.mmgpt.running import Cli

SECRET = "zk3J9dPq8sW27xLmN4"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "shot.png"
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "Karla")
    Image.fromarray(drawn(f"API_TOKEN={SECRET}", "all is well", width=420)).save(path, pnginfo=notes)
    return path


def test_a_picture_is_cleaned(cli: Cli, picture: Path, tmp_path: Path) -> None:
    run = cli("redact", picture, "-o", tmp_path / "clean.png")
    assert (run.code, run.err) == (0, "")
    assert "1 covered (token 1)" in run.out and SECRET not in run.out
    with Image.open(tmp_path / "clean.png") as clean, Image.open(picture) as before:
        assert clean.size == before.size and clean.info == {} and before.info["Author"] == "Karla"
        assert (np.asarray(clean) != np.asarray(before.convert("RGB"))).any()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_listing_names_no_secret_unless_asked(cli: Cli, picture: Path, tmp_path: Path) -> None:
    run = cli("redact", picture, "--json")
    value = json.loads(run.out)
    assert run.code == 0 and SECRET not in run.out and value["output"] is None
    assert [entry["kind"] for entry in value["covered"]] == ["token"]
    assert len(value["covered"][0]["boxes"][0]) == 4 and value["left"] == []
    shown = cli("redact", picture, "--json", "--show", "-o", tmp_path / "clean.jpg")
    assert json.loads(shown.out)["covered"][0]["text"].replace("O", "0") == SECRET
    with Image.open(tmp_path / "clean.jpg") as clean:
        assert clean.format == "JPEG" and not clean.getexif()


def test_kinds_are_chosen(cli: Cli, picture: Path) -> None:
    assert json.loads(cli("redact", picture, "--json", "--kinds", "email").out)["covered"] == []
    assert len(json.loads(cli("redact", picture, "--json", "--kinds", "+user").out)["covered"]) == 1
    wrong = cli("redact", picture, "--json", "--kinds", "mail")
    assert wrong.code == 2 and "unknown kind 'mail'" in wrong.err


def test_folders_keep_their_form(cli: Cli, picture: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    for name in ("a.png", "deep/b.jpg", "deep/b.png"):
        Image.open(picture).convert("RGB").save(folder / name)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    run = cli("redact", "-r", folder, "-o", tmp_path / "out", "--json")
    made = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.png"))
    assert made == ["a.png", "deep/b.png", "deep/b.png.png"]
    assert run.code == 1 and len(run.errors) == 1 and "broken.png" in run.err
    assert [json.loads(line)["covered"][0]["kind"] for line in run.out.splitlines()] == ["token"] * 3


def test_from_stdin_to_stdout(cli: Cli, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(picture.read_bytes()), isatty=lambda: False))
    stdout = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    monkeypatch.setattr(sys, "stdout", stdout)
    from mmgpt.cli import main

    assert main(["redact", "-", "-o", "-"]) == 0
    with Image.open(io.BytesIO(out.getvalue())) as clean:
        assert clean.format == "PNG" and clean.width == 420


def test_of_an_animation_the_first_picture_is_written(cli: Cli, tmp_path: Path) -> None:
    frames = [Image.fromarray(drawn(text, width=300)) for text in ("one", "two")]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    run = cli("redact", tmp_path / "x.gif", "-o", tmp_path / "x.png")
    assert run.code == 0 and "only the first frame is written" in run.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{}"], "say where to write"),
        (["{}", "-o", "clean.txt"], "ends in .png"),
        (["{}", "-o", "{}"], "which would be lost"),
        (["{}", "{}", "-o", "-"], "takes one picture"),
        (["{}", "-o", "-", "--json"], "cannot both go to stdout"),
        (["{}", "-o", "x.png", "--show"], "--show goes with --json"),
    ],
)
def test_wrong_usage(cli: Cli, picture: Path, arguments: list[str], said: str) -> None:
    run = cli("redact", *[argument.format(picture) for argument in arguments])
    assert run.code == 2 and said in run.err and len(run.errors) == 1


def test_what_cannot_be_written_is_said(cli: Cli, picture: Path, tmp_path: Path) -> None:
    run = cli("redact", picture, "-o", tmp_path / "no" / "clean.png")
    assert run.code == 1 and "cannot be written" in run.err
