"""Readers of message catalogues: gettext's .mo and Qt's .qm. Both give the originals, which are English, not the translations."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

_QM_MAGIC = bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd")
_QM_MESSAGES = 0x69
_END, _TRANSLATION, _SOURCE, _CONTEXT, _COMMENT = 1, 3, 6, 7, 8


def read_mo(path: Path) -> Iterator[str]:
    """The originals of a .mo file, contexts removed, plural forms one by one.

    The layout is the GNU gettext manual's: magic, version, count, offset of a table of (length, offset) pairs. Raises
    ValueError when the file is no such catalogue or is cut off.
    """
    data = path.read_bytes()
    if len(data) < 20:
        raise ValueError(f"{path} is too short for a gettext catalogue")
    order = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}.get(data[:4])
    if order is None:
        raise ValueError(f"{path} is no gettext catalogue")
    count, table = struct.unpack_from(f"{order}2I", data, 8)
    if table + 8 * count > len(data):
        raise ValueError(f"{path} is cut off")
    for number in range(count):
        length, start = struct.unpack_from(f"{order}2I", data, table + 8 * number)
        original = data[start : start + length].decode("utf-8", "replace").rsplit("\x04", 1)[-1]
        if original and "\ufffd" not in original:
            yield from original.split("\x00")


def read_qm(path: Path) -> Iterator[str]:
    """The originals of a .qm file; those compiled without them give nothing.

    Sections are (tag u8, length u32, bytes); the messages' section is a row of tagged fields, each message closed by the
    tag 1. Raises ValueError when the file is no such catalogue or has a field that is unknown.
    """
    data = path.read_bytes()
    if not data.startswith(_QM_MAGIC):
        raise ValueError(f"{path} is no Qt catalogue")
    place = len(_QM_MAGIC)
    while place + 5 <= len(data):
        tag, length = struct.unpack_from(">BI", data, place)
        place += 5
        if tag == _QM_MESSAGES:
            yield from _qm_messages(data[place : place + length], path)
        place += length


def _qm_messages(data: bytes, path: Path) -> Iterator[str]:
    place = 0
    source = b""
    while place < len(data):
        tag = data[place]
        place += 1
        if tag == _END:
            text = source.decode("utf-8", "replace")
            if text and "\ufffd" not in text:
                yield text
            source = b""
        elif tag in (_TRANSLATION, _SOURCE, _CONTEXT, _COMMENT):
            (length,) = struct.unpack_from(">I", data, place)
            place += 4
            if length == 0xFFFFFFFF:  # no such text
                continue
            if tag == _SOURCE:
                source = data[place : place + length]
            place += length
        else:
            raise ValueError(f"{path} has a field of the unknown tag {tag}")
