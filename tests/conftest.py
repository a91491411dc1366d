"""What holds for every test: the world is made of its own templates, whatever this machine has gathered."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from train.data.world import harvested


@pytest.fixture(autouse=True)
def no_harvest(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No harvest is in use, `--harvest auto` finds none, and a test that switches one on does not switch it on for the next."""
    choose = harvested.choose

    def chosen(option: str) -> Path | None:
        return None if option == "auto" else choose(option)

    monkeypatch.setattr(harvested, "choose", chosen)
    os.environ.pop(harvested.VARIABLE, None)
    yield
    os.environ.pop(harvested.VARIABLE, None)
