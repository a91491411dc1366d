"""Makes the files that a careless or hostile user might give, so that every test of bad input means the same ones."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def encode(image: Image.Image, format: str, **options: object) -> bytes:
    """The bytes of ``image`` in a Pillow format."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def picture(width: int = 48, height: int = 32, seed: int = 0) -> Image.Image:
    """An RGB picture of noise: no two rows alike, so that lost or turned rows show."""
    generator = np.random.default_rng(seed)
    return Image.fromarray(generator.integers(0, 256, (height, width, 3), dtype=np.uint8))


def png(width: int, height: int, rows: bytes, *, colour: int = 2, depth: int = 8, extra: bytes = b"") -> bytes:
    """A PNG written by hand: ``rows`` holds each row's filter byte and samples; ``extra`` chunks precede the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def chunk(kind: bytes, data: bytes) -> bytes:
    """One PNG chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpeg_declaring(width: int, height: int) -> bytes:
    """A small JPEG whose frame header is changed to declare another size."""
    data = encode(picture(), "JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def media_file(brand: bytes) -> bytes:
    """The beginning of an ISO media file (HEIC, AVIF, MP4) of the given four-letter brand."""
    return struct.pack(">I", 24) + b"ftyp" + brand + b"\0\0\0\0" + brand + b"mif1" + bytes(64)


def bad_inputs(folder: Path) -> dict[str, tuple[Path, str]]:
    """Write every kind of unusable input into ``folder``: name -> (path, code of the ImageError it must give)."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, tuple[str, bytes, str]] = {
        "text": ("notes.png", b"this is not a picture\n", "not_an_image"),
        "text_bm": ("bm.bmp", b"BM is how this text begins, and yet it is no bitmap", "not_an_image"),
        "random": (
            "random.jpg",
            bytes(np.random.default_rng(3).integers(1, 200, 5000, dtype=np.uint8)),
            "not_an_image",
        ),
        "empty": ("empty.png", b"", "empty"),
        "huge_header_png": ("huge.png", png(50_000, 50_000, bytes(100)), "too_many_pixels"),
        "huge_header_jpeg": ("huge.jpg", jpeg_declaring(50_000, 50_000), "too_many_pixels"),
        "huge_header_gif": ("huge.gif", b"GIF89a" + struct.pack("<HH", 50_000, 50_000) + bytes(40), "too_many_pixels"),
        "huge_header_bmp": (
            "huge.bmp",
            b"BM" + struct.pack("<IHHIIiiHH", 99, 0, 0, 54, 40, 50_000, -50_000, 1, 24) + bytes(40),
            "too_many_pixels",
        ),
        "huge_header_webp": (
            "huge.webp",
            b"RIFF" + struct.pack("<I", 62) + b"WEBPVP8X" + struct.pack("<II", 10, 0) + b"\x4f\xc3\0" * 2 + bytes(40),
            "too_many_pixels",
        ),
        "megapixels_64": ("64mp.png", encode(Image.new("1", (8000, 8000), 1), "PNG"), "too_many_pixels"),
        "long_side": ("long.png", encode(Image.new("1", (30_001, 2)), "PNG"), "too_long_side"),
        "no_pixels": ("zero.png", png(0, 5, b""), "damaged"),
        "svg": (
            "drawing.svg",
            b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
            "unsupported",
        ),
        "eps": ("drawing.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "unsupported"),
        "pdf": ("page.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "unsupported"),
        "tiff": ("scan.tiff", encode(picture(), "TIFF"), "unsupported"),
        "tiff_named_png": ("scan.png", encode(picture(), "TIFF"), "unsupported"),
        "heic": ("photo.heic", media_file(b"heic"), "unsupported"),
        "avif": ("photo.avif", media_file(b"avif"), "unsupported"),
        "ico": ("icon.ico", encode(picture(), "ICO"), "unsupported"),
        "html": ("saved.png", b"<!DOCTYPE html>\n<html><body>404</body></html>", "unsupported"),
    }
    for format in ("PNG", "JPEG", "WEBP", "GIF", "BMP"):
        whole = encode(picture(96, 64), format)
        name = f"truncated_{format.lower()}"
        files[name] = (f"{name}.{format.lower()}", whole[: len(whole) // 2], "truncated")
    result: dict[str, tuple[Path, str]] = {}
    for name, (file, data, code) in files.items():
        (folder / file).write_bytes(data)
        result[name] = (folder / file, code)

    heavy = folder / "heavy.png"
    with heavy.open("wb") as stream:  # sparse: it has the size, but takes no space
        stream.write(encode(picture(), "PNG"))
        stream.truncate(21 * 2**20)
    result["too_many_bytes"] = (heavy, "too_many_bytes")
    (folder / "a_folder").mkdir(exist_ok=True)
    result["folder"] = (folder / "a_folder", "folder")
    result["missing"] = (folder / "no_such_file.png", "missing")
    loop = folder / "loop.png"
    if not loop.is_symlink():
        loop.symlink_to(loop)
    result["unreadable"] = (loop, "unreadable")  # for root as well, to whom permissions mean nothing
    pipe = folder / "pipe.png"
    if not pipe.exists():
        os.mkfifo(pipe)
    result["pipe"] = (pipe, "not_a_file")
    return result


def odd_but_good(folder: Path) -> dict[str, Path]:
    """Write unusual pictures that must be read into ``folder``: name -> path."""
    folder.mkdir(parents=True, exist_ok=True)
    base = picture()
    exif = Image.Exif()
    exif[0x0112] = 6
    palette = base.quantize(16)
    hidden = np.zeros((32, 48, 4), dtype=np.uint8)
    hidden[..., 0] = 255  # red, wholly transparent
    frames = [picture(seed=seed) for seed in range(3)]
    ramp = np.linspace(0, 65535, 48).astype(np.uint16)[None, :].repeat(32, 0)
    files = {
        "one_pixel.png": encode(Image.new("RGB", (1, 1), (9, 8, 7)), "PNG"),
        "tall_1x10000.png": encode(Image.new("RGB", (1, 10_000), "white"), "PNG"),
        "wide_10000x1.png": encode(Image.new("RGB", (10_000, 1), "white"), "PNG"),
        "animated.gif": encode(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "animated.webp": encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True),
        "animated.png": encode(frames[0], "PNG", save_all=True, append_images=frames[1:]),
        "cmyk.jpg": encode(base.convert("CMYK"), "JPEG", quality=95),
        "grey.jpg": encode(base.convert("L"), "JPEG"),
        "grey_16.png": encode(Image.fromarray(ramp), "PNG"),
        "rgb_48.png": png(2, 1, b"\0" + struct.pack(">6H", 65535, 32768, 0, 256, 255, 65280), depth=16),
        "one_bit.png": encode(base.convert("1"), "PNG"),
        "palette.png": encode(palette, "PNG"),
        "palette_transparent.png": encode(palette, "PNG", transparency=0),
        "grey_alpha.png": encode(base.convert("LA"), "PNG"),
        "hidden_colour.png": encode(Image.fromarray(hidden), "PNG"),
        "turned.jpg": encode(base, "JPEG", exif=exif, quality=95),
        "wrong_suffix.png": encode(base, "JPEG"),
        "bitmap.bmp": encode(base, "BMP"),
        "name with spaces – ü.png": encode(base, "PNG"),
    }
    for file, data in files.items():
        (folder / file).write_bytes(data)
    return {file: folder / file for file in files}
