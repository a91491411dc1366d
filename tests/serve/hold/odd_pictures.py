"""Pictures of the list that need more than one line: formats that are not taken, long animations, colours that can be lost."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image

from tests.vision.image_factory import chunk, encode, picture, png

RED, BLUE = (200, 30, 20), (20, 40, 210)


def solid(mode: str = "RGB", colour: object = RED, size: tuple[int, int] = (32, 24)) -> Image.Image:
    """One colour, in which nothing can be read or covered."""
    return Image.new(mode, size, colour)  # type: ignore[arg-type]


def halves(left: tuple[int, int, int] = RED, right: tuple[int, int, int] = BLUE, size: int = 40) -> Image.Image:
    """Two colours, 40 x 20, so that a turn shows."""
    image = solid(colour=left, size=(size, size // 2))
    image.paste(right, (size // 2, 0, size, size // 2))
    return image


def foreign() -> dict[str, bytes]:
    """Files of other formats, as short as they can be and still look like it."""
    return {
        "TIFF": encode(picture(), "TIFF"),
        "PSD": b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 9, 9, 8, 3) + bytes(60),
        "FITS": b"SIMPLE  =                    T" + b" " * 50 + b"BITPIX  =                    8" + bytes(2800),
        "ICO": encode(picture(), "ICO"),
        "PPM": encode(picture(), "PPM"),
        "FPX": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "WMF": b"\xd7\xcd\xc6\x9a\0\0" + bytes(60),
        "EMF": b"\1\0\0\0" + bytes(36) + b" EMF" + bytes(60),
        "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60),
        "XBM": b"#define a_width 8\n#define a_height 1\nstatic char a_bits[] = {0x00};\n",
        "TGA": encode(picture(), "TGA"),
        "DDS": b"DDS " + bytes(124),
    }


def long_gif(frames: int) -> bytes:
    """A GIF of 1 x 1 frames."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\xff\xff\xff\0\0\0"
    frame = b"\x21\xf9\x04\0\1\0\0\0" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0"
    return head + frame * frames + b";"


def long_apng(frames: int) -> bytes:
    """A PNG of 2 x 1 frames."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 2, 0, 0, 0))
    still = png(2, 1, b"\0" + bytes(6))
    data = still[still.index(b"IDAT") + 4 : still.index(b"IEND") - 8]
    parts = [b"\x89PNG\r\n\x1a\n", header, chunk(b"acTL", struct.pack(">II", frames, 0))]
    control = struct.pack(">IIIIHHBB", 2, 1, 0, 0, 1, 10, 0, 0)
    for number in range(frames):
        sequence = max(2 * number - 1, 0)
        parts.append(chunk(b"fcTL", struct.pack(">I", sequence) + control))
        parts.append(chunk(b"IDAT", data) if not number else chunk(b"fdAT", struct.pack(">I", sequence + 1) + data))
    return b"".join([*parts, chunk(b"IEND", b"")])


def long_webp(frames: int) -> bytes:
    """An animated WebP of 8 x 8 frames."""
    still = encode(solid(size=(8, 8)), "WEBP", lossless=True)
    frame = bytes(6) + struct.pack("<I", 7)[:3] * 2 + struct.pack("<I", 10)[:3] + b"\0" + still[12:]
    parts = _riff(b"VP8X", struct.pack("<I", 2) + struct.pack("<I", 7)[:3] * 2) + _riff(b"ANIM", bytes(6))
    body = b"WEBP" + parts + _riff(b"ANMF", frame) * frames
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _riff(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def grey_16(value: int) -> bytes:
    """A 16-bit grey PNG of one value."""
    return encode(Image.fromarray(np.full((8, 8), value, np.uint16)), "PNG")


def hidden() -> bytes:
    """Red that nobody sees: it is wholly transparent."""
    return encode(solid("RGBA", (255, 0, 0, 0)), "PNG")


def keyed() -> bytes:
    """An RGB picture in which red means transparent."""
    return encode(solid("RGB", (255, 0, 0)), "PNG", transparency=(255, 0, 0))


def turned(format: str, orientation: int) -> bytes:
    """`halves` with a note in its EXIF of how to turn it."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(halves(), format, exif=exif, **({"quality": 95} if format == "JPEG" else {}))


def broken_exif() -> bytes:
    """A JPEG whose EXIF makes no sense."""
    return encode(halves(), "JPEG", exif=b"Exif\0\0MM\0\x2a\xff\xff\xff\xff" + b"\xee" * 40)


def one_bit(width: int, height: int) -> bytes:
    """A large picture in a small file."""
    return encode(Image.new("1", (width, height), 1), "PNG")


def colour_at(data: bytes, x: float, y: float) -> tuple[int, ...]:
    """The colour of a picture at a share of its width and height."""
    with Image.open(io.BytesIO(data)) as image:
        found = image.convert("RGB").getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(found, tuple)
    return tuple(int(value) for value in found)
