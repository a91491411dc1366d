"""Pixels through a Unix socket: as a file in memory whose handle is sent, so that nothing is pickled and nothing has a name.

The system frees the memory when both ends have closed it, however they end.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from mmgpt.serve.worker.messages import About

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

IN_MEMORY = hasattr(os, "memfd_create")  # elsewhere pixels come through the pipe itself


def send_pixels(connection: Connection, pixels: np.ndarray, pid: int) -> None:
    """Sends RGB uint8 [H, W, 3] to process `pid`. Raises OSError."""
    view = np.ascontiguousarray(pixels).data.cast("B")
    if not IN_MEMORY:
        connection.send_bytes(view)
        return
    from multiprocessing.reduction import send_handle

    handle = os.memfd_create("mmgpt-picture", os.MFD_CLOEXEC)
    try:
        at = 0
        while at < len(view):
            at += os.write(handle, view[at:])
        send_handle(connection, handle, pid)
    finally:
        os.close(handle)


class Sent:
    """A picture's pixels that have come, not yet read. `close` it, or `read` it, once."""

    def __init__(self, about: About, handle: int, data: bytes) -> None:
        self.about, self._handle, self._data = about, handle, data

    @classmethod
    def receive(cls, connection: Connection, about: About) -> Sent:
        """The next picture of the pipe. Raises OSError and EOFError."""
        if not IN_MEMORY:
            return cls(about, -1, connection.recv_bytes())
        from multiprocessing.reduction import recv_handle

        return cls(about, recv_handle(connection), b"")

    def read(self) -> np.ndarray:
        """RGB uint8 [H, W, 3], owned; the sent copy is let go. Raises OSError where it is not whole."""
        pixels = np.empty((self.about.height, self.about.width, 3), np.uint8)
        view = pixels.data.cast("B")
        try:
            if self._handle < 0:
                view[:] = self._data
                return pixels
            at = 0
            while at < len(view):
                count = os.preadv(self._handle, [view[at:]], at)
                if count <= 0:
                    raise OSError("a picture did not arrive whole")
                at += count
            return pixels
        finally:
            self.close()

    def close(self) -> None:
        """Lets go of what was sent."""
        self._data = b""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
