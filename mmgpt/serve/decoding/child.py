"""The decoding process: takes bytes, gives pixels, and has as little as it can of everything else.

Nothing is unpickled from it: what comes back are JSON and raw pixels, which the front checks.
"""

from __future__ import annotations

import json
import mmap
import os
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from mmgpt.serve.processes import limit, limit_processor_time, no_network, no_new_rights

OPEN_FILES = 32


def main(connection: Connection, shared: bool, memory: int, seconds: float, max_pixels: int, max_bytes: int) -> None:
    """Runs until the pipe closes. `shared`: the file descriptor of a buffer for pixels comes first."""
    no_network()
    no_new_rights()
    buffer: mmap.mmap | None = None
    if shared:
        from multiprocessing.reduction import recv_handle

        handle = recv_handle(connection)
        buffer = mmap.mmap(handle, 3 * max_pixels)
        os.close(handle)
    import vision.image as images

    _every_decoder()
    limit(memory, OPEN_FILES)
    with suppress(EOFError, OSError):  # the front is gone, or wants no more
        connection.send_bytes(b"ready")
        while True:
            data = connection.recv_bytes()
            limit_processor_time(seconds)
            said, pixels = _answer(images, data, max_pixels, max_bytes)
            del data
            fits = buffer is not None and pixels is not None and pixels.nbytes <= len(buffer)
            if fits:
                assert buffer is not None and pixels is not None
                buffer[: pixels.nbytes] = pixels.data.cast("B")
            connection.send_bytes(json.dumps({**said, "shared": fits}).encode())
            if pixels is not None and not fits:
                connection.send_bytes(pixels.data.cast("B"))
            del pixels


def _answer(images: Any, data: bytes, max_pixels: int, max_bytes: int) -> tuple[dict[str, Any], Any]:
    try:
        loaded = images.load_image(data, max_pixels=max_pixels, max_bytes=max_bytes)
    except images.ImageError as error:
        short = isinstance(error.__cause__, MemoryError)
        return {"code": "memory" if short else error.code}, None
    except MemoryError:
        return {"code": "memory"}, None
    size = {"width": loaded.width, "height": loaded.height}
    return {**size, "format": loaded.format, "warnings": list(loaded.warnings)}, loaded.pixels


def _every_decoder() -> None:
    """Loads Pillow's five decoders now: afterwards no file need be opened."""
    from PIL import BmpImagePlugin, GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    assert all((BmpImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin))
    Image.preinit()
