"""Runs commands in tests: in this process, or in one of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mmgpt.cli import main

ROOT = Path(__file__).resolve().parents[2]


class Run(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        return self.err.splitlines()


class Cli:
    """Runs commands in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Run:
        self._capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Run(code, *self._capsys.readouterr())


def fresh(*arguments: object, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """`python -m mmgpt.caption …` in a process of its own."""
    command = [sys.executable, "-m", "mmgpt.caption", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=False, **options)


def lines_of(text: str) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines()]
