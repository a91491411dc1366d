"""Work on a picture stops between two networks when nobody waits for it any more."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

_HERE = threading.local()


class Stopped(BaseException):
    """Nobody waits. Not an Exception: what tries something else after an error must not go on."""


@contextmanager
def until(cancelled: threading.Event) -> Iterator[None]:
    """What this thread does inside ends with Stopped at the next network once the event is set."""
    _HERE.cancelled = cancelled
    try:
        yield
    finally:
        _HERE.cancelled = None


def check() -> None:
    """Raises Stopped where this thread's work is not wanted any more."""
    cancelled: threading.Event | None = getattr(_HERE, "cancelled", None)
    if cancelled is not None and cancelled.is_set():
        raise Stopped


def watch(networks: Iterable[nn.Module]) -> None:
    """Lets the networks, and the parts that they are made of, check before they run."""
    for network in networks:
        for module in (network, *network.children()):
            module.register_forward_pre_hook(_check_first)


def _check_first(module: nn.Module, inputs: Any) -> None:
    check()
