"""Real servers for tests: `mmgpt serve` in a process of its own, on a free port of the loopback interface."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

KEY = "test-key-0123456789abcdef"
OTHER_KEY = "other-key-0123456789abcdef"


@dataclass
class Server:
    """A server that runs: `url` without a slash at its end, its process, and the file that its stderr goes to."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    key: str | None = KEY
    other_key: str | None = OTHER_KEY

    @property
    def pid(self) -> int:
        """Of the front process."""
        return self.process.pid

    @property
    def port(self) -> int:
        """The port of its address."""
        return int(self.url.rsplit(":", 1)[1])

    @property
    def headers(self) -> dict[str, str]:
        """What shows the key."""
        return {"authorization": f"Bearer {self.key}"} if self.key else {}

    def client(self, **options: Any) -> httpx.Client:
        """An HTTP client that shows the key."""
        return httpx.Client(base_url=self.url, headers=self.headers, timeout=60, trust_env=False, **options)

    def text(self) -> str:
        """What the server has written so far."""
        return self.log.read_text("utf-8", "replace")

    def stop(self, number: int = signal.SIGTERM, seconds: float = 40) -> int:
        """Sends a signal and returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(seconds)


def command(*arguments: str) -> list[str]:
    """The command line of `mmgpt serve`."""
    return [sys.executable, "-m", "mmgpt.serve", *arguments]


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """An environment in which nothing of this machine's user is seen or changed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MMGPT_", "XDG_"))}
    return {
        **kept,
        "OMP_NUM_THREADS": "1",
        "XDG_STATE_HOME": str(folder / "state"),
        "HOME": str(folder),
        **(more or {}),
    }


@contextmanager
def served(
    folder: Path,
    *arguments: str,
    model: Path | None = None,
    keys: bool = True,
    ready: bool = True,
    more: Mapping[str, str] | None = None,
    launch: Sequence[str] | None = None,
) -> Iterator[Server]:
    """A server while the block runs; `ready` waits until its model is loaded. The folder takes its keys, log and state; `more` goes
    into its environment; `launch` is started in the place of `mmgpt serve`."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--threads", "1", "--jobs", str(folder / "jobs.sqlite")]
    if "--port" not in arguments:
        options += ["--port", "0"]
    if model is not None:
        options += ["--model", str(model)]
    if keys:
        path = folder / "keys.txt"
        path.write_text(f"# for tests\none:{KEY}\nother:{OTHER_KEY}\n")
        path.chmod(0o600)
        options += ["--api-key-file", str(path)]
    log = folder / "server.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [*(launch or command()), *options, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            env=environment(folder, more),
            cwd=Path(__file__).parents[2],
        )
    try:
        found = Server(_address(process, log), process, log, KEY if keys else None, OTHER_KEY if keys else None)
        if ready:
            wait_ready(found)
        yield found
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(45)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_ready(server: Server, seconds: float = 90) -> None:
    """Returns when the model is loaded."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and server.process.poll() is None:
        try:
            if httpx.get(server.url + "/ready", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the server did not get ready:\n{server.text()[-4000:]}")


def _address(process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"listening on (\S+)", log.read_text("utf-8", "replace"))
        if found:
            return found[1]
        time.sleep(0.02)
    raise AssertionError(f"the server did not start:\n{log.read_text('utf-8', 'replace')[-4000:]}")


@pytest.fixture(scope="session")
def server(debug_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`mmgpt serve` with two keys on small random weights, and a file of corrections."""
    folder = tmp_path_factory.mktemp("server")
    with served(folder, "--corrections", str(folder / "corrections.sqlite"), model=debug_weights) as found:
        yield found


@pytest.fixture(scope="session")
def nano_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`mmgpt serve` with two keys on the package's own weights."""
    with served(tmp_path_factory.mktemp("nano-server")) as found:
        yield found
