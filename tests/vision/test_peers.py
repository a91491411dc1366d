"""Tesseract and RapidOCR behind our interface: the real programs on drawn pictures, and how their absence is told."""

from __future__ import annotations

import importlib.util
import shutil
import socket

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from vision.reader.peer import PeerUnavailable, fold_fullwidth, hug_ink, spread
from vision.reader.tesseract import TesseractReader, TesseractSettings
from vision.reader.types import TextReader

TEXTS = ["Connection refused", "The file could not be opened", "Try again in 30 seconds"]
PEERS = ["tesseract", "rapidocr"]


@pytest.fixture(scope="module")
def readers() -> dict[str, TextReader]:
    found: dict[str, TextReader] = {}
    if shutil.which("tesseract"):
        found["tesseract"] = TesseractReader()
    if importlib.util.find_spec("rapidocr") and importlib.util.find_spec("onnxruntime"):
        from vision.reader.rapidocr import RapidOCRReader

        found["rapidocr"] = RapidOCRReader()
    return found


def peer(readers: dict[str, TextReader], name: str) -> TextReader:
    if name not in readers:
        pytest.skip(f"{name} is not installed")
    return readers[name]


def page(ink: str, ground: str, size: int = 20) -> tuple[np.ndarray, list[tuple[int, int, int, int]]]:
    """Lines of TEXTS at x 30, and their true ink boxes."""
    font = ImageFont.load_default(size)
    picture = Image.new("RGB", (640, 240), ground)
    boxes = []
    for row, text in enumerate(TEXTS):
        alone = Image.new("L", picture.size)
        ImageDraw.Draw(alone).text((30, 20 + 70 * row), text, font=font, fill=255)
        ImageDraw.Draw(picture).text((30, 20 + 70 * row), text, font=font, fill=ink)
        boxes.append(alone.point(lambda v: 255 * (v > 90)).getbbox() or (0, 0, 0, 0))
    return np.asarray(picture), boxes


@pytest.mark.peers
@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize(("ink", "ground"), [("#111111", "#ffffff"), ("#e8e8e8", "#1d2330")])
def test_a_peer_reads_plain_lines_with_boxes_that_hug_the_ink(readers, name, ink, ground):
    image, boxes = page(ink, ground)
    lines = peer(readers, name).read(image)
    assert [line.text for line in lines] == TEXTS
    for line, box in zip(lines, boxes, strict=True):
        assert np.abs(np.subtract(line.box, box)).max() <= 2, (line, box)
        assert 0.5 < line.confidence <= 1
        assert "".join(c.text for c in line.characters) == line.text
        assert all(line.box[0] - 3 <= c.x0 <= c.x1 <= line.box[2] + 3 for c in line.characters)


@pytest.mark.peers
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_finds_nothing_on_an_empty_page_and_survives_tiny_pictures(readers, name):
    reader = peer(readers, name)
    assert isinstance(reader, TextReader) and reader.name == name
    assert reader.read(np.full((200, 300, 3), 240, np.uint8)) == []
    for shape in ((1, 1, 3), (1, 500, 3), (400, 2, 3)):
        assert reader.read(np.zeros(shape, np.uint8)) == []


@pytest.mark.peers
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_reads_single_line_crops(readers, name):
    image, boxes = page("#000000", "#ffffff", 24)
    crops = [image[y0 - 4 : y1 + 4, x0 - 4 : x1 + 4] for x0, y0, x1, y1 in boxes]
    reader = peer(readers, name)
    assert reader.read_crops([*crops, crops[0][..., 0]]) == [*TEXTS, TEXTS[0]]  # type: ignore[attr-defined]
    assert reader.read_crops([]) == []  # type: ignore[attr-defined]


@pytest.mark.peers
@pytest.mark.parametrize("name", PEERS)
def test_a_peers_version_names_what_a_reading_depends_on(readers, name):
    version = peer(readers, name).version  # type: ignore[attr-defined]
    assert version.startswith(name) and "Settings(" in version
    if name == "tesseract":
        assert TesseractReader(TesseractSettings(segmentation=6)).version != version


@pytest.mark.peers
def test_rapidocr_works_without_any_network(readers, monkeypatch):
    peer(readers, "rapidocr")
    from vision.reader.rapidocr import RapidOCRReader

    def refuse(*args, **more):
        raise AssertionError("RapidOCR opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    image, _ = page("#000000", "#ffffff")
    assert [line.text for line in RapidOCRReader().read(image)] == TEXTS


def test_a_missing_program_is_named_with_the_way_to_install_it(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(PeerUnavailable, match="apt-get install tesseract-ocr"):
        TesseractReader()


def test_a_missing_package_is_named_with_the_way_to_install_it(monkeypatch):
    from vision.reader.rapidocr import RapidOCRReader

    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *_: None)
    with pytest.raises(PeerUnavailable, match="pip install rapidocr onnxruntime"):
        RapidOCRReader()


@pytest.mark.peers
def test_a_missing_language_is_named(readers):
    peer(readers, "tesseract")
    with pytest.raises(PeerUnavailable, match="tesseract-ocr-zzz"):
        TesseractReader(TesseractSettings(language="zzz")).read(np.full((40, 90, 3), 255, np.uint8))


def test_hugging_ink_cuts_off_margins_and_the_neighbours_tails():
    image = np.full((60, 200, 3), 255, np.uint8)
    image[20:32, 40:120:4] = 10  # the line
    image[10:12, 50:53] = 10  # a tail that hangs down from the line above
    assert hug_ink(image, (30, 10, 150, 40)) == (40, 20, 117, 32)
    assert hug_ink(255 - image, (30, 10, 150, 40)) == (40, 20, 117, 32)


def test_hugging_leaves_a_box_without_ink_and_clips_it_to_the_picture():
    image = np.full((20, 30, 3), 7, np.uint8)
    assert hug_ink(image, (-4.5, 3.2, 90, 8.9)) == (0, 3, 30, 9)
    assert hug_ink(image, (40, 40, 50, 50)) == (29, 19, 30, 20)


def test_hugging_keeps_the_dot_of_an_i():
    image = np.zeros((30, 40, 3), np.uint8)
    image[5:7, 10:12] = image[10:20, 10:12] = 255
    image[10:20, 15:30] = 200
    assert hug_ink(image, (6, 3, 35, 24)) == (10, 5, 30, 20)


def test_characters_share_a_words_width_and_spaces_fill_the_gaps():
    found = spread([("ab", 10, 20, 0.9), ("c", 26, 30, 0.5)])
    assert [(c.text, c.x0, c.x1, c.confidence) for c in found] == [
        ("a", 10, 15, 0.9),
        ("b", 15, 20, 0.9),
        (" ", 20, 26, 0.5),
        ("c", 26, 30, 0.5),
    ]


def test_fullwidth_forms_become_ascii_unless_the_line_is_chinese():
    assert fold_fullwidth("Error：（404）　not found") == "Error:(404) not found"
    assert fold_fullwidth("错误：文件") == "错误：文件"
