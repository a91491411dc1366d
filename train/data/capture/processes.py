"""Children that always end: started in their own group, stopped by their own id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from train.data.capture.core import CaptureError

CLEAN_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/games",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}


def stop(child: subprocess.Popen[bytes]) -> None:
    """Ends the child and the group it leads: politely, then after 3 seconds by force."""
    for number, patience in ((signal.SIGTERM, 3.0), (signal.SIGKILL, 3.0)):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            break
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        else:
            # Grandchildren that ignored the polite signal would outlive their leader.
            if number == signal.SIGKILL:
                break
    if child.poll() is None:
        child.wait(3.0)


@contextmanager
def running(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    cwd: Path | str | None = None,
    log: Path | None = None,
    keep_environment: bool = False,
) -> Iterator[subprocess.Popen[bytes]]:
    """A child process for the length of the block, with a clean environment plus `environment`."""
    base = dict(os.environ) if keep_environment else {"HOME": "/root", **CLEAN_ENVIRONMENT}
    sink = open(log, "wb") if log else subprocess.DEVNULL  # noqa: SIM115 - closed below
    child = subprocess.Popen(
        list(command),
        env={**base, **(environment or {})},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=sink,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        stop(child)
        if not isinstance(sink, int):
            sink.close()


def wait_until(what: str, ready: Callable[[], object], timeout: float = 15.0, pause: float = 0.1) -> object:
    """Polls `ready` until it gives something true and returns that; CaptureError names `what` after `timeout` seconds."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        found = ready()
        if found:
            return found
        time.sleep(pause)
    raise CaptureError(f"{what} did not happen within {timeout:g} s")


def listening(port: int, host: str = "127.0.0.1") -> bool:
    """True when something accepts connections on a loopback port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


@contextmanager
def serving(
    command: Sequence[str], port: int, *, environment: Mapping[str, str] | None = None, cwd: Path | str | None = None
) -> Iterator[int]:
    """A server on a loopback port for the length of the block; yields the port once it accepts connections."""
    if listening(port):
        raise CaptureError(f"port {port} is taken; stop what listens there and run again")
    with running(command, environment=environment, cwd=cwd) as child:

        def up() -> bool:
            if child.poll() is not None:
                raise CaptureError(f"{command[0]} ended with {child.returncode} before it listened on {port}")
            return listening(port)

        wait_until(f"{command[0]} listening on {port}", up)
        yield port
