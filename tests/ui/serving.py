"""The page as a process of its own, as `mmgpt demo` starts it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 90.0
_START = "import sys; from mmgpt import cli; from mmgpt.commands import demo; cli.COMMANDS.setdefault('demo', demo); sys.exit(cli.main())"


@dataclass(frozen=True)
class Served:
    """A page that answers: its address, its process, its log, and the folder of its files."""

    url: str
    pid: int
    log: Path
    files: Path


@contextmanager
def page(folder: Path, *options: str) -> Iterator[Served]:
    """Runs the page on a free port until the block is over; it must then end by itself, and with 0."""
    log, files = folder / "log.txt", folder / "files"
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "GRADIO_TEMP_DIR": str(files),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_DATA_HOME": str(folder / "data"),
    }
    command = [sys.executable, "-c", _START, "demo", "--port", "0", "--corrections", str(folder / "corrections.sqlite")]
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [*command, *options], cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        url = _address(log, process)
        _await_ready(url, process, log)
        yield Served(url, process.pid, log, files)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert code == 0, log.read_text("utf-8", "replace")[-3000:]


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"the page is at (http://\S+?)/? ", log.read_text("utf-8", "replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8", "replace")[-3000:])


def _await_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/ready", timeout=5).read()
            return
        except urllib.error.URLError:
            time.sleep(0.2)
    raise AssertionError(log.read_text("utf-8", "replace")[-3000:])
