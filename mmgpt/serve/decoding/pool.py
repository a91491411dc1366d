"""Decoding processes and who may use them: each works on one picture, and is killed where that takes too long."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from mmgpt.serve.children import Child
from mmgpt.serve.decoding.declared import declared
from mmgpt.serve.decoding.refusals import DECODE_FAILED, refusal
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.memory import Memory
from vision.image import LoadedImage
from vision.image_header import SUPPORTED

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from mmgpt.serve.settings import Settings

log = logging.getLogger(__name__)

START_SECONDS = 60.0
PICTURES = 2000
"""After so many a process makes room for a fresh one: what decoders lose over time is never much."""
_CODES = ("truncated", "damaged", "too_many_pixels", "too_long_side", "unsupported", "not_an_image", "empty", "too_many_bytes")  # fmt: skip
_WARNINGS = 8


class Lost(Exception):
    """The process ended, or was killed, or said something that makes no sense: over the picture that it worked on."""


class Unstarted(Exception):
    """There is no process, which is no picture's fault."""


class Decoder:
    """One decoding process, started when it is first needed and again after its end. Used by one thread at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: Child | None = None
        self._buffer = -1
        self._ready = False
        self._done = 0

    @property
    def pid(self) -> int | None:
        """The process's id, while there is one."""
        return None if self._child is None else self._child.pid

    def start(self) -> None:
        """Starts the process, without waiting for it. Raises OSError."""
        settings = self._settings
        shared = hasattr(os, "memfd_create")  # elsewhere pixels come through the pipe
        limits = (settings.decode_memory, settings.decode_seconds, settings.max_pixels, settings.max_body_bytes)
        self._ready, self._done = False, 0
        child = self._child = Child(
            "mmgpt.serve.decoding.child:main", (shared, *limits), "mmgpt-decode", {"OPENBLAS_NUM_THREADS": "1"}
        )
        if shared:
            from multiprocessing.reduction import send_handle

            self._buffer = os.memfd_create("mmgpt-pixels", os.MFD_CLOEXEC)
            os.ftruncate(self._buffer, 3 * settings.max_pixels)
            with suppress(OSError):  # it is gone already: found out when it is used
                send_handle(child.connection, self._buffer, child.pid)

    def interrupt(self) -> None:
        """Ends the process at once, from another thread: the one that waits for it learns that it is lost."""
        if self._child is not None:
            self._child.kill()

    def end(self) -> None:
        """Ends the process; it starts again when it is needed."""
        child, self._child = self._child, None
        if child is not None:
            child.close()
        if self._buffer >= 0:
            os.close(self._buffer)
            self._buffer = -1

    def decode(self, data: bytes) -> tuple[dict[str, Any], np.ndarray | None]:
        """What the process says of a picture, and its pixels. Raises Lost, and Unstarted; a fresh process is on its way then."""
        for last in (False, True):
            if self._child is None or not self._child.alive or self._done >= PICTURES:
                self.end()
            try:
                if self._child is None:
                    self.start()
                self._await_ready()
                break
            except (OSError, EOFError) as error:
                self.end()
                if last:
                    raise Unstarted(str(error)) from error
        try:
            said = self._asked(data)
        except (Lost, OSError, EOFError, ValueError) as error:
            self.end()
            with suppress(OSError):  # then it is tried again with the next picture
                self.start()
            raise Lost(str(error)) from error
        self._done += 1
        return said

    def _await_ready(self) -> None:
        assert self._child is not None
        if not self._ready:
            connection = self._child.connection
            if not connection.poll(START_SECONDS) or connection.recv_bytes(64) != b"ready":
                raise OSError("the decoding process did not start")
            self._ready = True

    def _asked(self, data: bytes) -> tuple[dict[str, Any], np.ndarray | None]:
        child = self._child
        assert child is not None
        # The process is killed from aside: that ends a write that it does not read, too.
        watch = threading.Timer(self._settings.decode_seconds, child.kill)
        watch.daemon = True
        watch.start()
        try:
            child.connection.send_bytes(data)
            said = _checked(json.loads(child.connection.recv_bytes(65536)), self._settings.max_pixels)
            if "code" in said:
                return said, None
            return said, self._pixels(child.connection, said)
        finally:
            watch.cancel()

    def _pixels(self, connection: Connection, said: dict[str, Any]) -> np.ndarray:
        """Pixels are copied to memory of our own: nobody else may change them afterwards."""
        pixels = np.empty((said["height"], said["width"], 3), np.uint8)
        view = pixels.data.cast("B")
        if not said["shared"]:
            if connection.recv_bytes_into(view) != pixels.nbytes:
                raise Lost("it gave too few pixels")
            return pixels
        at = 0
        while at < pixels.nbytes:
            count = os.preadv(self._buffer, [view[at:]], at)
            if count <= 0:
                raise Lost("it gave too few pixels")
            at += count
        os.ftruncate(self._buffer, 0)  # gives the pages back; the mapping over there stays good
        os.ftruncate(self._buffer, 3 * self._settings.max_pixels)
        return pixels


def _checked(said: Any, max_pixels: int) -> dict[str, Any]:
    """What a process said, where it makes sense. Raises Lost."""
    if not isinstance(said, dict):
        raise Lost("it did not answer with an object")
    if "code" in said:
        return {"code": said["code"] if said["code"] in _CODES else DECODE_FAILED}
    width, height, warnings = said.get("width"), said.get("height"), said.get("warnings")
    if type(width) is not int or type(height) is not int or not 0 < width * height <= max_pixels or width < 1:
        raise Lost("it gave an impossible size")
    if said.get("format") not in SUPPORTED or not isinstance(warnings, list) or len(warnings) > _WARNINGS:
        raise Lost("it gave an impossible format")
    if not all(isinstance(one, str) and one.isprintable() and len(one) < 200 for one in warnings):
        raise Lost("it gave impossible warnings")
    return {key: said.get(key) for key in ("width", "height", "format", "warnings", "shared")}


class DecodePool:
    """As many decoding processes as the settings say, behind one asynchronous call."""

    def __init__(self, settings: Settings, memory: Memory | None = None) -> None:
        """`memory` counts the pixels that are held."""
        self._settings, self._memory = settings, memory or Memory.of(settings)
        self._decoders = [Decoder(settings) for _ in range(settings.decode_processes)]
        self._free: queue.SimpleQueue[Decoder] = queue.SimpleQueue()
        # A thread keeps its process alive (a process ends with the thread that started it), so threads live as long as the pool.
        self._threads = ThreadPoolExecutor(len(self._decoders), "mmgpt-decode")
        self.waiting = 0
        """Pictures that are being decoded or wait for it."""

    def start(self) -> None:
        """Starts the processes; returns at once."""
        for decoder in self._decoders:
            self._free.put(decoder)
            self._threads.submit(self._warm)

    def _warm(self) -> None:
        decoder = self._free.get()
        try:
            decoder.start()
        except OSError:
            log.exception("a decoding process could not be started; it is tried again with the first picture")
        finally:
            self._free.put(decoder)

    @property
    def pids(self) -> list[int]:
        """Ids of the processes."""
        return [pid for decoder in self._decoders if (pid := decoder.pid) is not None]

    async def decode(self, data: bytes, *, param: str | None = None, name: str = "the picture") -> LoadedImage:
        """A picture's pixels. Raises ServiceError: 400 for whatever may be wrong with it, 429 where pictures hold too much memory, 503
        where no process can be started."""
        settings = self._settings
        limits: dict[str, int] = {"max_pixels": settings.max_pixels, "max_bytes": settings.max_body_bytes}
        about = declared(data, param=param, name=name, **limits)
        size = 3 * about.pixels
        self._memory.take(size)
        self.waiting += 1
        outcome: LoadedImage | str | None = None
        try:
            outcome = await asyncio.get_running_loop().run_in_executor(self._threads, self._decode, data)
        finally:
            self.waiting -= 1
            if isinstance(outcome, LoadedImage):
                self._memory.free_with(outcome.pixels, size)
            else:
                self._memory.free(size)
        if outcome is None:
            raise ServiceError(
                503, "unavailable_error", "Pictures cannot be decoded now: try again soon.", retry_after=5
            )
        if isinstance(outcome, str):
            raise refusal(outcome, format=about.format, param=param, name=name, **limits)
        return outcome

    def _decode(self, data: bytes) -> LoadedImage | str | None:
        """The picture, or the code of why there is none; None where there is no process."""
        decoder = self._free.get()
        try:
            start = time.monotonic()
            try:
                said, pixels = decoder.decode(data)
            except Lost as error:
                log.warning(
                    "a decoding process was lost after %.1f s over a picture of %d bytes (%s)",
                    time.monotonic() - start, len(data), error or "it ended",
                )  # fmt: skip
                return DECODE_FAILED
            except Unstarted as error:
                log.error("no decoding process can be started (%s)", error)
                return None
            if pixels is None:
                return str(said["code"])
            digest = hashlib.sha256(data).hexdigest()
            height, width = pixels.shape[:2]
            return LoadedImage(pixels, width, height, digest, said["format"], tuple(said["warnings"]))
        finally:
            self._free.put(decoder)

    def close(self) -> None:
        """Ends the processes; what is being decoded fails."""
        for decoder in self._decoders:
            decoder.interrupt()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for decoder in self._decoders:
            decoder.end()
