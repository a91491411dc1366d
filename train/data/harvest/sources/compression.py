"""What zlib, bzip2, xz and Zstandard say about damaged data, from their libraries and from really feeding them some."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import SourceError, library, speaker

_ZLIB = {
    -1: "Z_ERRNO",
    -2: "Z_STREAM_ERROR",
    -3: "Z_DATA_ERROR",
    -4: "Z_MEM_ERROR",
    -5: "Z_BUF_ERROR",
    -6: "Z_VERSION_ERROR",
}


def _attempts() -> Iterator[tuple[Callable[[bytes], object], bytes]]:
    good = b"twelve words of text that can be packed " * 20
    for pack, unpack in (
        (zlib.compress, zlib.decompress),
        (bz2.compress, bz2.decompress),
        (lzma.compress, lzma.decompress),
        (gzip.compress, gzip.decompress),
    ):
        packed = pack(good)
        for place in range(len(packed)):
            yield unpack, packed[:place]
            yield unpack, packed[:place] + bytes([packed[place] ^ 0x55]) + packed[place + 1 :]
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packing:
        packing.writestr("notes.txt", good)
    whole = archive.getvalue()
    for place in range(len(whole)):
        yield lambda data: zipfile.ZipFile(BytesIO(data)).testzip(), whole[:place]
        yield (
            lambda data: zipfile.ZipFile(BytesIO(data)).read("notes.txt"),
            (whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]),
        )


def gather() -> Iterator[Phrase]:
    """zError's sentences, zstd's errors, and the messages of Python's modules for cut and damaged data."""
    try:
        speak = speaker(library("libz.so.1", "libz.so").zError)
        for number, name in _ZLIB.items():
            yield from phrases(SOURCE.name, speak(number), "", style="none", code=name, category="")
    except SourceError:
        pass  # no zlib beside Python's own: its messages come from the attempts
    try:
        zstd = library("libzstd.so.1")
        speak = speaker(zstd.ZSTD_getErrorString)
        for number in range(1, 121):
            text = speak(number)
            if "Unspecified" not in text and text != speak(121):
                yield from phrases(SOURCE.name, text, "Zstandard", style="none", kind="error")
    except SourceError:
        pass
    for attempt, data in _attempts():
        try:
            attempt(data)
        except Exception as error:
            name = type(error).__name__
            module = type(error).__module__
            code = name if module == "builtins" else f"{module.lstrip('_')}.{name}"
            text = str(error).partition(" b'")[0]
            yield from phrases(SOURCE.name, text, "Python", style="none", code=code, category="")


SOURCE = Source("compression", gather)
