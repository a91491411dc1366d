"""What the tests of the commands share."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from mmgpt.commands.checks import drawn_text
from tests.mmgpt.running import Cli


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """A folder with two pictures, a third further down, and files that are none or hidden."""
    folder = tmp_path / "shots"
    (folder / "older").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    picture = Image.fromarray(drawn_text())
    for name in ("shot10.png", "Shot2.PNG", "older/shot1.png", ".hidden/shot3.png", ".shot4.png"):
        picture.save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture
def shot(shots: Path) -> Path:
    return shots / "shot10.png"
