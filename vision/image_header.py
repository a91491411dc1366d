"""What the first bytes of a file say: which format it is, and how large a picture it announces.

Nothing is decoded here. A file that announces 50,000 x 50,000 pixels is turned away before any decoder has reserved
memory for it, whatever that decoder's own limits are.
"""

from __future__ import annotations

import struct
import zlib

SUPPORTED = ("PNG", "JPEG", "WEBP", "GIF", "BMP")

# (offset, bytes, what it is) of things that people do send, so that the error can say what was sent.
_OTHERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "a PDF document"),
    (0, b"%!PS", "a PostScript (EPS) file"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript (EPS) file"),
    (0, b"II*\0", "a TIFF picture"),
    (0, b"MM\0*", "a TIFF picture"),
    (0, b"II+\0", "a TIFF picture"),
    (0, b"MM\0+", "a TIFF picture"),
    (4, b"ftypavif", "an AVIF picture"),
    (4, b"ftypavis", "an AVIF picture"),
    (4, b"ftyphei", "a HEIC picture"),
    (4, b"ftyphev", "a HEIC picture"),
    (4, b"ftypmif1", "a HEIC picture"),
    (4, b"ftypmsf1", "a HEIC picture"),
    (4, b"ftyp", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"\0\0\1\0", "an icon (ICO) file"),
    (0, b"8BPS", "a Photoshop (PSD) file"),
    (0, b"gimp xcf", "a GIMP (XCF) file"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"qoif", "a QOI picture"),
    (0, b"PK\3\4", "a ZIP archive or an Office document"),
    (0, b"\x1f\x8b", "a gzip archive (or an SVGZ drawing)"),
    (0, b"version https://git-lfs", "a Git LFS pointer, not the picture itself (run: git lfs pull)"),
)


def sniff(data: bytes) -> str | None:
    """The supported format that the first bytes announce (one of ``SUPPORTED``), or None."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    # Two letters are weak evidence (texts begin with "BM" too): the size of the second header must make sense as well.
    if data.startswith(b"BM") and (len(data) < 18 or _u32(data, 14) in (12, 16, 40, 52, 56, 64, 108, 124)):
        return "BMP"
    return None


def name_other(data: bytes) -> str | None:
    """For a file of no supported format: what it is, as a phrase such as "a PDF document"; None if unknown."""
    for offset, magic, phrase in _OTHERS:
        if data.startswith(magic, offset):
            return phrase
    head = data[:4096].decode("utf-8", "replace").lstrip("\ufeff \t\r\n").lower()
    if head.startswith("<") and "<svg" in head:
        return "an SVG drawing"
    if head.startswith(("<!doctype html", "<html")):
        return "a web page (HTML)"
    return None


def declared_size(data: bytes, format: str) -> tuple[int, int] | None:
    """Width and height in pixels from the header of a file of the given supported format.

    None when the file ends before its header does, or when the header has no size. Sizes are as declared, before any
    EXIF turn, and may be zero or absurd: the caller judges.
    """
    try:
        if format == "PNG":
            return struct.unpack_from(">II", data, 16) if data[12:16] == b"IHDR" else None
        if format == "GIF":
            return struct.unpack_from("<HH", data, 6)
        if format == "BMP":
            return _bmp_size(data)
        if format == "WEBP":
            return _webp_size(data)
        return _jpeg_size(data)
    except (struct.error, IndexError):
        return None


def damaged_pixels(data: bytes) -> bool:
    """Whether a PNG has a chunk of pixels that is not what its checksum says.

    Pillow leaves these checksums out, and shows whatever the damaged bytes unpack to. Where the file breaks off is not judged.
    """
    view, at = memoryview(data), 8
    while at + 12 <= len(data):
        end, kind = at + 8 + int.from_bytes(view[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind == b"IDAT" and end + 4 <= len(data):
            if zlib.crc32(view[at + 4 : end]) != int.from_bytes(view[end : end + 4], "big"):
                return True
        elif kind == b"IEND":
            return False
        at = end + 4
    return False


def _u32(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 4], "little")


def _bmp_size(data: bytes) -> tuple[int, int]:
    if _u32(data, 14) == 12:
        width, height = struct.unpack_from("<HH", data, 18)
    else:
        width, height = struct.unpack_from("<ii", data, 18)
    return abs(width), abs(height)  # a negative height means that rows go from top to bottom


def _webp_size(data: bytes) -> tuple[int, int] | None:
    chunk = data[12:16]
    if chunk == b"VP8X":
        width, height = data[24:27], data[27:30]
        return (int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1) if len(height) == 3 else None
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    at = 2
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte before a marker
            at += 1
        elif marker == 0 or marker == 1 or 0xD0 <= marker <= 0xD8:  # no length follows these
            at += 2
        elif marker in (0xD9, 0xDA):  # the picture begins, or ends, and no frame header has come
            return None
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
