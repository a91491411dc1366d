"""Safe decoding: bytes of a stranger's file -> RGB pixels, or one clear error.

PNG, JPEG, WebP, GIF and BMP are read, and nothing else: the format is decided by the first bytes, and Pillow may use
that one decoder only, so that no rarely tested decoder (EPS would start Ghostscript) ever sees a stranger's file. Size
limits are judged on the header, before anything is decoded.

What every picture is turned into, and why:

* EXIF orientation is applied: a person who looks at the picture sees it turned, and boxes must fit what they see.
* Transparency is laid on white. Viewers differ; white is what browsers and mail programs show, and most pictures with
  transparent ground are dark on light. Colour that hides under full transparency never comes through.
* 16 bits a channel become 8 by scaling the full range, not by clipping.
* CMYK becomes RGB by the plain formula, and colour profiles are not applied: they shift tints a little and letters not
  at all, and without them the same file gives the same pixels on every machine.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import warnings as python_warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from vision.image_header import SUPPORTED, damaged_pixels, declared_size, name_other, sniff

MAX_PIXELS = 25_000_000
MAX_BYTES = 20 * 2**20
MAX_SIDE = 30_000

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_FORMAT_LIST = "PNG, JPEG, WebP, GIF and BMP"

# Pillow remarks on odd files through Python's warnings; here they either become an error or do not matter. The filter
# is set once, since changing it around each call is not safe with threads.
python_warnings.filterwarnings("ignore", module=r"PIL\.")


class ImageError(ValueError):
    """A picture that cannot be used. ``str()`` is one line that names the file, the trouble and the way out.

    ``code`` is one of: missing, folder, not_a_file, unreadable, empty, too_many_bytes, not_an_image, unsupported,
    too_many_pixels, too_long_side, truncated, damaged.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, eq=False)
class LoadedImage:
    """A decoded picture.

    ``pixels``: RGB uint8 [H, W, 3], contiguous and owned. ``width`` W and ``height`` H: pixels as seen, that is, after
    the EXIF turn. ``sha256``: of the file's bytes, hexadecimal. ``format``: PNG, JPEG, WEBP, GIF or BMP. ``warnings``:
    lines for the user about what was left out.
    """

    pixels: np.ndarray
    width: int
    height: int
    sha256: str
    format: str
    warnings: tuple[str, ...] = ()


def load_image(
    source: str | Path | bytes | BinaryIO, *, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES
) -> LoadedImage:
    """Read and decode one picture from a path, from bytes, or from a binary stream (which is read to its end).

    ``max_pixels`` bounds width x height as the header declares them, ``max_bytes`` the size of the file; each side may
    have up to 30,000 pixels. Of animations the first frame is taken, with a warning. Raises ImageError, and nothing
    else, for whatever may be wrong with the file.
    """
    name, data = _read(source, max_bytes)
    if not data:
        raise ImageError("empty", f"{name} is empty (0 bytes): save or send the picture again")
    format = sniff(data)
    if format is None:
        other = name_other(data)
        if other is not None:
            raise ImageError("unsupported", f"{name} is {other}, which is not read: convert it to PNG first")
        raise ImageError("not_an_image", f"{name} is not a picture: {_FORMAT_LIST} files are read")
    declared = declared_size(data, format)
    if declared is None:
        raise ImageError("truncated", f"{name} breaks off inside its {format} header: save or send the picture again")
    _check_size(name, declared, max_pixels)
    try:
        pixels, notes = _decode(data, format, name, max_pixels)
    except ImageError:
        raise
    except (
        Exception
    ) as error:  # damaged files make Pillow raise nearly anything: struct.error, SyntaxError, KeyError, ...
        raise _decoding_error(name, format, error) from error
    height, width = pixels.shape[:2]
    return LoadedImage(pixels, width, height, hashlib.sha256(data).hexdigest(), format, tuple(notes))


def _read(source: str | Path | bytes | BinaryIO, max_bytes: int) -> tuple[str, bytes]:
    """The name to show and all bytes, never more than ``max_bytes``."""
    if isinstance(source, bytes | bytearray | memoryview):
        name, data = "the picture", bytes(source)
    elif isinstance(source, str | os.PathLike):
        name = shown(source)
        data = _read_file(Path(source), name, max_bytes)
    else:
        name = "the input"
        try:
            data = _read_stream(source, max_bytes)
        except OSError as error:
            raise ImageError("unreadable", f"{name} cannot be read: {error.strerror or error}") from error
    if len(data) > max_bytes:
        raise _too_many_bytes(name, None, max_bytes)
    return name, data


def _read_file(path: Path, name: str, max_bytes: int) -> bytes:
    try:
        # Not blocking: otherwise opening a named pipe waits for a writer who may never come.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            status = os.fstat(handle)
            if stat.S_ISDIR(status.st_mode):
                raise IsADirectoryError
            if not stat.S_ISREG(status.st_mode):
                raise ImageError("not_a_file", f"{name} is a pipe, socket or device: give an ordinary file")
            if status.st_size > max_bytes:
                raise _too_many_bytes(name, status.st_size, max_bytes)
            with open(handle, "rb", closefd=False) as stream:
                return _read_stream(stream, max_bytes)
        finally:
            os.close(handle)
    except FileNotFoundError as error:
        raise ImageError("missing", f"{name} does not exist: check the path") from error
    except IsADirectoryError as error:
        raise ImageError("folder", f"{name} is a folder: name the pictures in it") from error
    except OSError as error:
        if os.path.isdir(path):  # Windows answers "permission denied" for folders
            raise ImageError("folder", f"{name} is a folder: name the pictures in it") from error
        reason = error.strerror or str(error)
        raise ImageError("unreadable", f"{name} cannot be read ({reason}): check its permissions") from error
    except ValueError as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError("missing", f"{name} is not a possible path: {error}") from error


def _read_stream(stream: BinaryIO, max_bytes: int) -> bytes:
    """Everything up to the end, or ``max_bytes + 1`` bytes if there is more. Unbuffered streams answer in pieces."""
    pieces: list[bytes] = []
    left = max_bytes + 1
    while left > 0:
        piece = stream.read(left)
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _too_many_bytes(name: str, size: int | None, max_bytes: int) -> ImageError:
    has = f"has {size / 2**20:.0f} MiB" if size else f"has more than {max_bytes / 2**20:.0f} MiB"
    return ImageError(
        "too_many_bytes", f"{name} {has}, and the limit is {max_bytes / 2**20:.0f} MiB: crop it or save it smaller"
    )


def _check_size(name: str, size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageError("damaged", f"{name} declares {width} x {height} pixels: save or send the picture again")
    if width * height > max_pixels:
        raise ImageError(
            "too_many_pixels",
            f"{name} has {width} x {height} = {width * height / 1e6:.0f} million pixels, and the limit is "
            f"{max_pixels / 1e6:g} million: crop it or scale it down",
        )
    if max(width, height) > MAX_SIDE:
        raise ImageError(
            "too_long_side", f"{name} has {width} x {height} pixels, and the limit is {MAX_SIDE} for a side: cut it up"
        )


def _decoding_error(name: str, format: str, error: Exception) -> ImageError:
    if isinstance(error, EOFError) or "truncated" in str(error).lower():
        return ImageError("truncated", f"{name} breaks off before its end ({format}): save or send the picture again")
    return ImageError("damaged", f"{name} is a damaged {format} file: save or send the picture again")


def _decode(data: bytes, format: str, name: str, max_pixels: int) -> tuple[np.ndarray, list[str]]:
    notes: list[str] = []
    if format == "WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data):
        raise EOFError  # libwebp only says that it failed; the container's own length says why
    if format == "PNG" and damaged_pixels(data):
        raise ValueError("a checksum is wrong")
    with Image.open(io.BytesIO(data), formats=[format]) as image:
        _check_size(name, image.size, max_pixels)  # a GIF's first frame may be larger than its header says
        if _is_animated(data, format):
            notes.append("animated: only the first frame is read")
        image.load()
        orientation = _orientation(image)
        pixels, transparent = _to_rgb(
            image, bit_depth=data[24] if format == "PNG" and data[24] in (1, 2, 4, 8, 16) else 8
        )
    if transparent:
        notes.append("transparent areas are shown on white")
    if orientation in _TURNS:
        pixels = np.asarray(Image.fromarray(pixels).transpose(_TURNS[orientation]))
    # A copy of our own: arrays made from Pillow's memory are read-only, and turned ones may not be contiguous.
    return np.array(pixels, dtype=np.uint8, order="C", copy=True), notes


def _is_animated(data: bytes, format: str) -> bool:
    if format not in ("PNG", "GIF", "WEBP"):
        return False  # several pictures in one JPEG (MPO) are views of a scene or previews, not frames
    try:
        # Asked of a second instance, since looking for a GIF's next frame moves the first one on.
        with Image.open(io.BytesIO(data), formats=[format]) as image:
            return bool(getattr(image, "is_animated", False))
    except Exception:  # what comes after the first frame is damaged, and is not ours to judge
        return False


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # damaged EXIF data says nothing about the pixels
        return 1


def _to_rgb(image: Image.Image, bit_depth: int) -> tuple[np.ndarray, bool]:
    """Any Pillow mode -> (RGB uint8 [H, W, 3], whether some pixel was transparent)."""
    key = image.info.get("transparency")
    if image.mode.startswith("I"):  # 16-bit grey; "I" in older Pillow versions
        values = np.asarray(image).astype(np.uint32)
        grey = Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8)).convert("RGB")
        return _on_white(grey, _opaque_where(values != key) if isinstance(key, int) else None)
    if image.mode in ("1", "L", "RGB") and isinstance(key, int | tuple):
        # A tRNS key counts in the file's own bit depth, Pillow's pixels in 8 bits.
        colour = image.convert("RGB")
        wanted = [_to_8_bits(int(part), bit_depth) for part in (key if isinstance(key, tuple) else (key,) * 3)]
        return _on_white(colour, _opaque_where((np.asarray(colour) != np.array(wanted, np.uint8)).any(axis=2)))
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or (image.mode == "P" and key is not None):
        both = image.convert("RGBA")
        return _on_white(both.convert("RGB"), both.getchannel("A"))
    return np.asarray(image.convert("RGB")), False


def _to_8_bits(value: int, bit_depth: int) -> int:
    if bit_depth == 16:
        return value >> 8  # Pillow keeps the high byte of 48-bit pixels
    top = 2**bit_depth - 1
    return min(value, top) * 255 // top


def _opaque_where(mask: np.ndarray) -> Image.Image:
    return Image.fromarray(np.where(mask, np.uint8(255), np.uint8(0)))


def _on_white(colour: Image.Image, alpha: Image.Image | None) -> tuple[np.ndarray, bool]:
    """``colour`` (mode RGB) over white with ``alpha`` (mode L) -> [H, W, 3], and whether any alpha is below 255."""
    if alpha is None or alpha.getextrema()[0] == 255:
        return np.asarray(colour), False
    ground = Image.new("RGB", colour.size, (255, 255, 255))
    ground.paste(colour, mask=alpha)
    return np.asarray(ground), True


def shown(path: str | os.PathLike[str]) -> str:
    """A path as one printable line of at most 300 characters before escaping, whatever it holds."""
    text = os.fspath(path) or "''"
    if len(text) > 300:
        text = f"{text[:149]}…{text[-150:]}"
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text)


__all__ = ["MAX_BYTES", "MAX_PIXELS", "MAX_SIDE", "SUPPORTED", "ImageError", "LoadedImage", "load_image", "shown"]
