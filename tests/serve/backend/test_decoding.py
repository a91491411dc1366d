"""Strangers' bytes: every row of the list has its code, and a decoder that hangs, dies or wants too much costs its own request only."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmgpt.serve.decoding import declared
from mmgpt.serve.decoding.pool import DecodePool
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.settings import Settings
from tests.serve.backend.odd_bytes import rows
from tests.vision.image_factory import encode, picture
from vision.image import LoadedImage, load_image

LEAK = re.compile(r"0x[0-9a-f]{6,}|object at|/|Pillow|PIL|Error")


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodePool]:
    made = DecodePool(Settings())
    made.start()
    yield made
    made.close()


def decoded(pool: DecodePool, data: bytes) -> LoadedImage | ServiceError:
    async def one() -> LoadedImage:
        return await pool.decode(data, param="messages.0.content.1", name="picture 2")

    try:
        return asyncio.run(one())
    except ServiceError as error:
        return error


def test_every_row_of_the_list_has_its_answer_and_the_next_picture_is_decoded(pool: DecodePool) -> None:
    good = encode(picture(), "PNG")
    for name, (data, code) in sorted(rows().items()):
        got = decoded(pool, data)
        if code is None:
            assert isinstance(got, LoadedImage), (name, got)
            wanted = load_image(data)
            assert np.array_equal(got.pixels, wanted.pixels) and got.pixels.flags.owndata, name
            same = ("width", "height", "sha256", "format", "warnings")
            assert all(getattr(got, field) == getattr(wanted, field) for field in same), name
        else:
            assert isinstance(got, ServiceError), name
            assert (got.status, got.code, got.param) == (400, code, "messages.0.content.1"), (name, got.code)
            assert got.message.startswith("Picture 2 ") and not LEAK.search(got.message), (name, got.message)
    assert isinstance(decoded(pool, good), LoadedImage)


def test_the_first_frame_of_an_animation_comes_with_a_word(pool: DecodePool) -> None:
    got = decoded(pool, rows()["20 frames"][0])
    assert isinstance(got, LoadedImage) and any("first frame" in line for line in got.warnings)


def test_headers_are_judged_without_decoding() -> None:
    start = time.perf_counter()
    for name, (data, code) in rows().items():
        if name[:2] in ("01", "02", "03", "04", "05", "06", "07", "08", "09", "15", "16", "17", "18", "28"):
            with pytest.raises(ServiceError) as caught:
                declared(data, param="image")
            assert (caught.value.code, caught.value.param) == (code, "image"), name
    assert tuple(declared(encode(picture(), "PNG"))) == ("PNG", 48, 32)
    assert declared(encode(picture(), "PNG")).pixels == 48 * 32
    with pytest.raises(ServiceError, match=r"more than 0\.001 million"):
        declared(encode(picture(), "PNG"), max_pixels=1000)
    assert time.perf_counter() - start < 5  # most of it makes the pictures


def test_a_decoder_that_hangs_is_killed_in_time_and_comes_again() -> None:
    pool = DecodePool(Settings(decode_seconds=0.5))
    pool.start()
    try:
        data = encode(picture(), "PNG")
        assert isinstance(decoded(pool, data), LoadedImage)
        (first,) = pool.pids
        os.kill(first, signal.SIGSTOP)  # it neither reads nor answers
        start = time.monotonic()
        lost = decoded(pool, encode(picture(1500, 1500), "PNG"))  # more than a pipe holds
        assert isinstance(lost, ServiceError) and (lost.status, lost.code) == (400, "image_decode_failed")
        assert 0.4 < time.monotonic() - start < 5
        assert isinstance(decoded(pool, data), LoadedImage) and pool.pids != [first]
    finally:
        pool.close()


def test_a_decoder_that_is_killed_fails_the_picture_it_has_and_no_other(pool: DecodePool) -> None:
    large, small = encode(picture(2000, 2000), "PNG"), encode(picture(), "PNG")
    assert isinstance(decoded(pool, small), LoadedImage)
    (first,) = pool.pids
    os.kill(first, signal.SIGSTOP)
    threading.Timer(0.3, os.kill, (first, signal.SIGKILL)).start()

    async def both() -> tuple[object, object]:
        return await asyncio.gather(pool.decode(large), pool.decode(small), return_exceptions=True)

    lost, good = asyncio.run(both())
    assert isinstance(lost, ServiceError) and lost.code == "image_decode_failed"
    assert isinstance(good, LoadedImage)


def test_a_decoder_that_dies_while_idle_is_nobodys_fault(pool: DecodePool) -> None:
    data = encode(picture(), "PNG")
    assert isinstance(decoded(pool, data), LoadedImage)
    os.kill(pool.pids[0], signal.SIGKILL)
    time.sleep(0.2)
    assert isinstance(decoded(pool, data), LoadedImage)


def test_a_picture_that_wants_too_much_memory_fails_alone() -> None:
    pool = DecodePool(Settings(decode_memory=2**28))
    pool.start()
    try:
        got = decoded(pool, encode(Image.new("RGBA", (5000, 5000), (1, 2, 3, 4)), "PNG"))
        assert isinstance(got, ServiceError) and (got.status, got.code) == (400, "image_decode_failed")
        assert isinstance(decoded(pool, encode(picture(), "PNG")), LoadedImage)
    finally:
        pool.close()


def test_the_process_has_little_of_everything(pool: DecodePool) -> None:
    assert isinstance(decoded(pool, encode(picture(), "PNG")), LoadedImage)
    limits = Path(f"/proc/{pool.pids[0]}/limits").read_text()
    for name, value in (
        ("Max file size", 0),
        ("Max core file size", 0),
        ("Max open files", 32),
        ("Max address space", 2**31),
    ):
        assert re.search(rf"{name}\s+{value}\s+{value}\s", limits), name
    libraries = Path(f"/proc/{pool.pids[0]}/maps").read_text()
    assert "torch" not in libraries
    assert "NoNewPrivs:\t1" in Path(f"/proc/{pool.pids[0]}/status").read_text()


def test_nothing_is_left_when_the_pool_closes() -> None:
    handles = Path("/proc/self/fd")
    before = len(list(handles.iterdir()))
    pool = DecodePool(Settings(decode_processes=2))
    pool.start()
    assert isinstance(decoded(pool, encode(picture(), "PNG")), LoadedImage)
    pids = pool.pids
    pool.close()
    assert len(pids) == 2 and not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert len(list(handles.iterdir())) <= before  # fewer where something of an earlier test was closed meanwhile
