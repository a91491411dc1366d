"""The pictures of the list of bad inputs, by its rows, with the code that each must get; None: it is decoded."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image, PngImagePlugin

from tests.vision.image_factory import chunk, encode, media_file, picture, png

_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    return buffer.getvalue()


def _bomb(kind: bytes) -> bytes:
    """A PNG whose text or profile unpacks to 80 MB."""
    packed = zlib.compress(bytes(80 * 2**20))
    data = b"k\0\0" + packed
    return png(4, 4, (b"\0" + bytes(12)) * 4, extra=chunk(kind, data))


def _bad_sum(kind: bytes) -> bytes:
    data = bytearray(encode(picture(), "PNG"))
    at = data.index(kind)
    size = struct.unpack(">I", data[at - 4 : at])[0]
    data[at + 4 + size] ^= 0xFF
    return bytes(data)


def _garbage() -> bytes:
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", bytes(range(200))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _frames(count: int) -> bytes:
    return encode(picture(8, 8), "GIF", save_all=True, append_images=[picture(8, 8, seed) for seed in range(count)])


def _exif(orientation: int, format: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(picture(), format, exif=exif)


def _keyed() -> bytes:
    info = PngImagePlugin.PngInfo()
    return encode(picture(), "PNG", transparency=(1, 2, 3), pnginfo=info)


def rows() -> dict[str, tuple[bytes, str | None]]:
    """Name (with the row's number) → bytes, code."""
    whole = {format: encode(picture(96, 64), format) for format in ("PNG", "JPEG", "WEBP", "GIF", "BMP")}
    half = {format: data[: len(data) // 2] for format, data in whole.items()}
    hidden = np.zeros((8, 8, 4), np.uint8)
    hidden[..., 0] = 255
    foreign: dict[str, tuple[bytes, str | None]] = {
        f"07 {format}": (encode(picture(), format), "invalid_image_format") for format in ("TIFF", "ICO", "PPM")
    }
    return foreign | {
        "01 empty": (b"", "invalid_image"),
        "02 random": (np.random.default_rng(1).integers(1, 200, 4096, np.uint8).tobytes(), "invalid_image_format"),
        "03 text": (b"this is not a picture\n", "invalid_image_format"),
        "03 html": (b"<!DOCTYPE html>\n<html><body>404</body></html>", "invalid_image_format"),
        "04 svg": (_SVG, "invalid_image_format"),
        "05 pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "invalid_image_format"),
        "05 zip": (_zip(), "invalid_image_format"),
        "06 eps": (_EPS, "invalid_image_format"),
        "07 psd": (b"8BPS\0\1" + bytes(60), "invalid_image_format"),
        "07 fits": (b"SIMPLE  =                    T" + bytes(60), "invalid_image_format"),
        "07 jpeg2000": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60), "invalid_image_format"),
        "08 avif": (media_file(b"avif"), "invalid_image_format"),
        "08 heic": (media_file(b"heic"), "invalid_image_format"),
        "09 signature": (b"\x89PNG\r\n\x1a\n", "invalid_image"),
        "10 sum of the header": (_bad_sum(b"IHDR"), "invalid_image"),
        "10 sum of the pixels": (_bad_sum(b"IDAT"), "invalid_image"),
        "11 cut png": (half["PNG"], "image_truncated"),
        "12 cut jpeg": (half["JPEG"], "image_truncated"),
        "13 cut webp": (half["WEBP"], "invalid_image"),
        "13 cut gif": (half["GIF"], "image_truncated"),
        "13 cut bmp": (half["BMP"], "image_truncated"),
        "14 garbage": (_garbage(), "invalid_image"),
        "15 no pixels": (png(0, 0, b""), "invalid_image"),
        "16 claims 50,000": (png(50_000, 50_000, b"\0"), "image_too_large"),
        "17 100 megapixels": (encode(Image.new("1", (10_000, 10_000)), "PNG"), "image_too_large"),
        "18 64 megapixels": (encode(Image.new("1", (8000, 8000)), "PNG"), "image_too_large"),
        "18 long side": (encode(Image.new("1", (30_001, 2)), "PNG"), "image_too_large"),
        "19 text bomb": (_bomb(b"zTXt"), "invalid_image"),
        "19 profile bomb": (_bomb(b"iCCP"), "invalid_image"),
        "20 frames": (_frames(300), None),
        "21 cmyk": (encode(picture().convert("CMYK"), "JPEG"), None),
        "22 16-bit grey": (encode(Image.fromarray(np.full((4, 4), 40_000, np.uint16)), "PNG"), None),
        "23 one bit": (encode(picture().convert("1"), "PNG"), None),
        "23 palette": (encode(picture().quantize(8), "PNG", transparency=0), None),
        "23 grey and alpha": (encode(picture().convert("LA"), "PNG"), None),
        "24 hidden colour": (encode(Image.fromarray(hidden), "PNG"), None),
        "25 keyed": (_keyed(), None),
        "26 turned jpeg": (_exif(6, "JPEG"), None),
        "26 turned png": (_exif(6, "PNG"), None),
        "27 orientation 99": (_exif(99, "JPEG"), None),
        "28 float": (encode(Image.new("F", (4, 4)), "TIFF"), "invalid_image_format"),
        "29 1 x 1": (encode(Image.new("RGB", (1, 1)), "PNG"), None),
        "29 1 x 10,000": (encode(Image.new("RGB", (1, 10_000), "white"), "PNG"), None),
        "29 10,000 x 1": (encode(Image.new("RGB", (10_000, 1), "white"), "PNG"), None),
        "29 3 x 500": (encode(Image.new("RGB", (3, 500), "white"), "PNG"), None),
        "30 polyglot": (whole["PNG"] + b"<script>alert(1)</script>" + _zip(), None),
        "31 named otherwise": (whole["JPEG"], None),
    }
