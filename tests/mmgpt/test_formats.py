"""hOCR and TSV: other programs must be able to read them, whatever the text is."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mmgpt.drawing import AMBER, GREEN, RED, draw_boxes
from mmgpt.formats import TSV_COLUMNS, hocr_head, hocr_page, hocr_tail, tsv_head, tsv_page, words
from vision.reader.types import Character, Line

XHTML = "{http://www.w3.org/1999/xhtml}"


def spaced(text: str, left: int = 10, top: int = 20, step: int = 10, confidence: float = 0.9) -> Line:
    """A line whose characters stand `step` pixels apart."""
    chars = tuple(
        Character(c, left + step * i, left + step * (i + 0.8), confidence if c != "?" else 0.25)
        for i, c in enumerate(text)
    )
    return Line(text, (left, top, left + step * len(text), top + 12), confidence, chars)


LINES = [
    spaced("fatal: not a repository"),
    spaced("hint: a<b && c?", top=40),
    Line("a peer's line", (5, 60, 90, 72), 0.5),
]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE))


def boxes(element: ElementTree.Element) -> list[int]:
    first = element.attrib["title"].split("bbox ")[1].split(";")[0]
    return [int(edge) for edge in first.split()]


def test_words_have_their_own_boxes_and_their_weakest_characters_confidence():
    found = words(LINES[1])
    assert [text for text, _, _ in found] == ["hint:", "a<b", "&&", "c?"]
    assert found[0][1] == (10, 40, 58, 52)
    assert [confidence for _, _, confidence in found] == [0.9, 0.9, 0.9, 0.25]


def test_a_line_without_character_places_is_one_word():
    assert words(LINES[2]) == [("a peer's line", (5, 60, 90, 72), 0.5)]
    assert words(Line("  ", (0, 0, 5, 5), 0.1)) == []


def test_tsv_has_tesseracts_columns_and_the_lines_words():
    table = rows(tsv_head() + tsv_page(LINES, 640, 400, 1) + tsv_page(LINES[:1], 100, 50, 2))
    assert tuple(table[0]) == TSV_COLUMNS
    pages = [row for row in table if row["level"] == "1"]
    assert [(row["page_num"], row["width"], row["height"]) for row in pages] == [
        ("1", "640", "400"),
        ("2", "100", "50"),
    ]
    first = [row["text"] for row in table if row["level"] == "5" and row["page_num"] == "1" and row["line_num"] == "1"]
    assert first == ["fatal:", "not", "a", "repository"]
    word = next(row for row in table if row["text"] == "not")
    assert (word["left"], word["top"], word["width"], word["height"]) == ("80", "20", "28", "12")
    assert 0 <= float(word["conf"]) <= 100


def test_hocr_is_well_formed_and_says_where_things_are():
    document = hocr_head("nano", "0.1.0") + hocr_page(LINES, 'a "b"&<c>.png', 640, 400, 1) + hocr_tail()
    root = ElementTree.fromstring(document)
    page = root.find(f".//{XHTML}div[@class='ocr_page']")
    assert page is not None and boxes(page) == [0, 0, 640, 400]
    lines = page.findall(f"{XHTML}span[@class='ocr_line']")
    assert ["".join(line.itertext()) for line in lines] == [line.text for line in LINES]
    assert [boxes(line) for line in lines] == [list(line.box) for line in LINES]
    spans = lines[1].findall(f"{XHTML}span[@class='ocrx_word']")
    assert spans[-1].attrib["title"].endswith("x_wconf 25")
    names = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(names) == len(set(names))


@given(st.lists(st.text(max_size=30), max_size=4))
def test_any_text_gives_documents_that_parse(texts: list[str]):
    lines = [spaced(text, top=20 * i) for i, text in enumerate(texts)]
    page = hocr_page(lines, "\x00\ud800 \n", 400, 100, 1)
    root = ElementTree.fromstring(hocr_head("nano", "1") + page + hocr_tail())
    assert len(root.findall(f".//{XHTML}span[@class='ocr_line']")) == len(texts)
    for row in (tsv_head() + tsv_page(lines, 400, 100, 1)).removesuffix("\n").split("\n"):
        assert row.count("\t") == len(TSV_COLUMNS) - 1
        row.encode()


def test_frames_stand_around_the_ink_and_leave_it_alone():
    pixels = np.full((60, 200, 3), 255, np.uint8)
    pixels[20:32, 50:120] = 10
    lines = [Line("x", (50, 20, 120, 32), confidence) for confidence in (0.95,)]
    drawn = np.array(draw_boxes(pixels, lines))
    assert (drawn[20:32, 50:120] == 10).all(), "what was read stays visible"
    assert (drawn[19, 49:121] == GREEN).all() and (drawn[32, 49:121] == GREEN).all()
    assert (drawn[19:33, 49] == GREEN).all() and (drawn[19:33, 120] == GREEN).all()
    assert (pixels[19] == 255).all(), "the picture that was given is not changed"


def test_doubtful_lines_have_another_colour():
    pixels = np.full((40, 200, 3), 255, np.uint8)
    for confidence, color in ((0.95, GREEN), (0.7, AMBER), (0.3, RED)):
        drawn = np.array(draw_boxes(pixels, [Line("x", (50, 10, 80, 20), confidence)]))
        assert (drawn[9, 60] == color).all()


def test_boxes_at_the_edge_can_be_drawn():
    pixels = np.zeros((10, 10, 3), np.uint8)
    draw_boxes(pixels, [Line("x", (0, 0, 10, 10), 0.9), Line("y", (3, 3, 3, 3), 0.9)])
