"""Every odd picture is read as a person sees it; everything else gives one clear line."""

from __future__ import annotations

import hashlib
import io
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.vision.image_factory import bad_inputs, chunk, encode, odd_but_good, picture, png
from vision.image import ImageError, LoadedImage, load_image

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    return bad_inputs(tmp_path_factory.mktemp("bad"))


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return odd_but_good(tmp_path_factory.mktemp("odd"))


def code_of(source: object, **limits: int) -> str:
    with pytest.raises(ImageError) as caught:
        load_image(source, **limits)  # type: ignore[arg-type]
    return caught.value.code


def check(loaded: LoadedImage) -> None:
    assert loaded.pixels.shape == (loaded.height, loaded.width, 3)
    assert loaded.pixels.dtype == np.uint8
    assert loaded.pixels.flags.c_contiguous and loaded.pixels.flags.owndata and loaded.pixels.flags.writeable
    assert loaded.format in FORMATS


def test_bad_input_gives_its_code_and_one_line_that_names_the_file(bad: dict[str, tuple[Path, str]]) -> None:
    for name, (path, code) in bad.items():
        started = time.perf_counter()
        with pytest.raises(ImageError) as caught:
            load_image(path)
        assert time.perf_counter() - started < 1, name
        assert caught.value.code == code, f"{name}: {caught.value}"
        line = str(caught.value)
        assert str(path) in line and "\n" not in line and len(line) < len(str(path)) + 200, name


def test_bad_bytes_give_the_same_codes_as_bad_files(bad: dict[str, tuple[Path, str]]) -> None:
    for name, (path, code) in bad.items():
        if path.is_file():
            assert code_of(path.read_bytes()) == code, name


@pytest.mark.parametrize(
    ("name", "word"),
    [("svg", "SVG"), ("eps", "EPS"), ("pdf", "PDF"), ("tiff", "TIFF"), ("heic", "HEIC"), ("avif", "AVIF")],
)
def test_unsupported_formats_are_named_and_the_way_out_is_told(
    bad: dict[str, tuple[Path, str]], name: str, word: str
) -> None:
    with pytest.raises(ImageError, match=rf"{word}.*convert it to PNG"):
        load_image(bad[name][0])


def test_odd_pictures_are_read(odd: dict[str, Path]) -> None:
    for name, path in odd.items():
        loaded = load_image(path)
        check(loaded)
        assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert any("first frame" in note for note in loaded.warnings) == name.startswith("animated"), name


@pytest.mark.parametrize("format", ["PNG", "WEBP", "BMP"])
def test_lossless_pixels_come_back_from_every_kind_of_source(tmp_path: Path, format: str) -> None:
    image = picture()
    data = encode(image, format, **({"lossless": True} if format == "WEBP" else {}))
    path = tmp_path / "p"
    path.write_bytes(data)
    with path.open("rb") as stream:
        results = [load_image(s) for s in (data, path, str(path), stream, io.BytesIO(data))]
    for loaded in results:
        check(loaded)
        assert loaded.format == format and loaded.warnings == ()
        assert np.array_equal(loaded.pixels, np.asarray(image))


def test_animations_give_their_first_frame(odd: dict[str, Path]) -> None:
    first = np.asarray(picture(seed=0))
    for name in ("animated.webp", "animated.png"):
        assert np.array_equal(load_image(odd[name]).pixels, first), name
    gif = load_image(odd["animated.gif"]).pixels.astype(int)
    assert np.abs(gif - first).mean() < 30 < np.abs(gif - np.asarray(picture(seed=1))).mean()  # GIF has 256 colours


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_exif_orientation_is_undone(format: str, orientation: int) -> None:
    upright = np.zeros((32, 48, 3), dtype=np.uint8)
    upright[:16, :24] = 255  # a white corner, and sides of different length: each of the eight turns looks different
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    loaded = load_image(encode(Image.fromarray(np.ascontiguousarray(stored)), format, exif=exif))
    check(loaded)
    assert (loaded.width, loaded.height) == (48, 32)
    assert np.abs(loaded.pixels.astype(int) - upright).max() < 40


def test_transparency_goes_onto_white_and_hidden_colour_stays_hidden() -> None:
    pixels = np.zeros((1, 4, 4), dtype=np.uint8)
    pixels[0] = [(255, 0, 0, 0), (0, 0, 0, 255), (0, 0, 0, 128), (10, 20, 30, 0)]
    for format in ("PNG", "WEBP"):
        loaded = load_image(
            encode(Image.fromarray(pixels), format, **({"lossless": True, "exact": True} if format == "WEBP" else {}))
        )
        assert loaded.pixels[0].tolist() == [[255] * 3, [0] * 3, [127] * 3, [255] * 3], format
        assert any("white" in note for note in loaded.warnings)
    opaque = load_image(encode(picture().convert("RGBA"), "PNG"))
    assert opaque.warnings == () and np.array_equal(opaque.pixels, np.asarray(picture()))


def test_transparent_palette_entries_go_onto_white() -> None:
    image = Image.new("P", (3, 1))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putdata([0, 1, 2])
    expected = [[255, 255, 255], [0, 255, 0], [0, 0, 255]]
    for format in ("PNG", "GIF"):
        assert load_image(encode(image, format, transparency=0)).pixels[0].tolist() == expected, format
    half = load_image(encode(image, "PNG", transparency=bytes([128, 255, 0])))
    assert half.pixels[0].tolist() == [[255, 127, 127], [0, 255, 0], [255, 255, 255]]


@pytest.mark.parametrize(
    ("depth", "key", "row"),
    [
        (1, 0, b"\x40"),
        (2, 1, b"\x70"),
        (4, 3, b"\x3f"),
        (8, 77, bytes([77, 200])),
        (16, 771, struct.pack(">HH", 771, 60000)),
    ],
)
def test_transparent_grey_is_found_at_every_bit_depth(depth: int, key: int, row: bytes) -> None:
    """Two pixels, of which the first has the colour that tRNS declares transparent, and the second has not."""
    data = png(2, 1, b"\0" + row, colour=0, depth=depth, extra=chunk(b"tRNS", struct.pack(">H", key)))
    pixels = load_image(data).pixels
    second = {1: 255, 2: 255, 4: 255, 8: 200, 16: 233}[depth]
    assert pixels[0].tolist() == [[255] * 3, [second] * 3]
    # without the tRNS chunk the first pixel is dark: the white above comes from transparency
    assert load_image(png(2, 1, b"\0" + row, colour=0, depth=depth)).pixels[0, 0, 0] < 100


@pytest.mark.parametrize("depth", [8, 16])
def test_transparent_rgb_colour_is_found(depth: int) -> None:
    key = (1000, 20, 30000) if depth == 16 else (10, 20, 30)
    other = (1000, 2000, 30000) if depth == 16 else (10, 21, 30)
    row = struct.pack(f">6{'H' if depth == 16 else 'B'}", *key, *other)
    data = png(2, 1, b"\0" + row, depth=depth, extra=chunk(b"tRNS", struct.pack(">3H", *key)))
    pixels = load_image(data).pixels
    assert pixels[0, 0].tolist() == [255] * 3 and pixels[0, 1, 0] < 20


def test_sixteen_bits_are_scaled_over_the_whole_range() -> None:
    ramp = np.linspace(0, 65535, 512).astype(np.uint16)[None, :]
    pixels = load_image(encode(Image.fromarray(ramp), "PNG")).pixels
    assert np.abs(pixels[0, :, 0] - ramp[0] / 257).max() <= 0.5
    row = np.stack([ramp[0], ramp[0][::-1], ramp[0] // 2], axis=1)
    colour = load_image(png(512, 1, b"\0" + row.astype(">u2").tobytes(), depth=16)).pixels
    assert np.abs(colour[0] - row / 257).max() <= 1
    alpha = np.concatenate([row, np.full((512, 1), 65535, np.uint16)], axis=1)
    both = load_image(png(512, 1, b"\0" + alpha.astype(">u2").tobytes(), colour=6, depth=16)).pixels
    assert np.abs(both[0] - row / 257).max() <= 1


def test_cmyk_jpeg_keeps_its_colours() -> None:
    image = Image.new("RGB", (32, 16), (250, 250, 250))
    image.paste((200, 30, 40), (0, 0, 16, 16))
    pixels = load_image(encode(image.convert("CMYK"), "JPEG", quality=95)).pixels
    assert np.abs(pixels[:, 2:12].astype(int) - (200, 30, 40)).max() < 12
    assert np.abs(pixels[:, 20:30].astype(int) - 250).max() < 12


def test_one_bit_and_grey() -> None:
    stripes = Image.fromarray(np.array([[0, 255, 0, 255]], dtype=np.uint8))
    for image in (stripes, stripes.convert("1")):
        assert load_image(encode(image, "PNG")).pixels[0].tolist() == [[0] * 3, [255] * 3, [0] * 3, [255] * 3]


@pytest.mark.parametrize("format", FORMATS)
def test_a_cut_file_never_gives_other_pixels(format: str) -> None:
    """Cut anywhere, a file is refused, unless all of its pixels are there still: never a picture with a grey half."""
    data = encode(picture(), format)
    whole = load_image(data).pixels
    refused = 0
    for length in range(0, len(data), 23):
        try:
            assert np.array_equal(load_image(data[:length]).pixels, whole), length
        except ImageError:
            refused += 1
    assert refused >= len(data) // 23 - 3


def test_a_damaged_png_never_gives_other_pixels() -> None:
    """Pillow shows what damaged pixels unpack to, as far as they do; here a wrong checksum is damage, wherever it is."""
    data = encode(picture(), "PNG")
    whole = load_image(data).pixels
    start, end = data.index(b"IDAT") + 4, data.index(b"IEND") - 8
    for at in (*range(start, end, 97), end, end + 3):
        assert code_of(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]) == "damaged", at
    assert np.array_equal(load_image(data + b"IDAT" * 9).pixels, whole)  # what comes after the end does not count


def test_limits_are_arguments_and_hold_exactly() -> None:
    data = encode(Image.new("RGB", (40, 25)), "PNG")
    assert load_image(data, max_pixels=1000, max_bytes=len(data)).width == 40
    assert code_of(data, max_pixels=999) == "too_many_pixels"
    assert code_of(data, max_bytes=len(data) - 1) == "too_many_bytes"
    assert code_of(io.BytesIO(data), max_bytes=len(data) - 1) == "too_many_bytes"


def test_a_frame_larger_than_the_declared_screen_is_judged_too() -> None:
    data = bytearray(encode(Image.new("P", (2000, 2000)), "GIF"))
    data[6:10] = struct.pack("<HH", 1, 1)
    assert code_of(bytes(data), max_pixels=1_000_000) == "too_many_pixels"


def test_streams_that_answer_in_pieces_are_read_to_the_end() -> None:
    class Trickle(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self.left = data

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            piece, self.left = self.left[:100], self.left[100:]
            return piece

    assert load_image(Trickle(encode(picture(), "PNG"))).height == 32  # type: ignore[arg-type]


def test_strange_paths_give_one_printable_line(tmp_path: Path) -> None:
    for strange in (tmp_path / "two\nlines\x1b[31m.png", "nul\0byte.png", "", "x" * 5000, tmp_path / "\udcff.png"):
        with pytest.raises(ImageError) as caught:
            load_image(strange)
        assert str(caught.value).isprintable() and len(str(caught.value)) < 700
        str(caught.value).encode("utf-8")
    assert code_of("/dev/null") == "not_a_file"


def test_refused_files_are_closed_again(bad: dict[str, tuple[Path, str]]) -> None:
    handles = Path("/proc/self/fd")
    before = len(list(handles.iterdir()))
    for path, _ in bad.values():
        code_of(path)
    assert len(list(handles.iterdir())) == before


SEEDS = [encode(picture(24, 16), format) for format in FORMATS] + [
    encode(picture(24, 16).quantize(8), "PNG", transparency=0),
    encode(picture(24, 16), "GIF", save_all=True, append_images=[picture(24, 16, 1)]),
    encode(picture(24, 16), "JPEG", progressive=True),
]


@settings(max_examples=400, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.integers(0, 200),
)
def test_damaged_bytes_give_a_picture_or_an_image_error(seed: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(seed)
    for position, value in changes:
        # Half of the changes fall into the headers, where the interesting damage is.
        data[position % (len(data) if position % 2 else min(len(data), 64))] = value
    try:
        check(load_image(bytes(data[: len(data) - cut]), max_pixels=1_000_000))
    except ImageError as error:
        assert str(error).isprintable()


@settings(max_examples=200, deadline=2000)
@given(data=st.binary(max_size=300), prefix=st.sampled_from([b"", *(seed[:30] for seed in SEEDS)]))
def test_arbitrary_bytes_never_crash(data: bytes, prefix: bytes) -> None:
    try:
        check(load_image(prefix + data, max_pixels=1_000_000))
    except ImageError as error:
        assert str(error).isprintable()
