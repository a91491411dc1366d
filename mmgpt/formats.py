"""Read lines as hOCR and as TSV, the two forms that tools for OCR output take."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmgpt.schema import Box
    from vision.reader.types import Line

TSV_COLUMNS = (
    "level",
    "page_num",
    "block_num",
    "par_num",
    "line_num",
    "word_num",
    "left",
    "top",
    "width",
    "height",
    "conf",
    "text",
)
"""As Tesseract writes them; level 1 is a picture, 4 a line, 5 a word; conf is 0..100, -1 where it does not apply."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


def words(line: Line) -> list[tuple[str, Box, float]]:
    """The words of a line: text, box, confidence of the weakest character (0..1).

    A reader that does not say where characters stand gives the whole line as one word: no place is guessed.
    """
    x0, y0, x1, y1 = line.box
    if not line.characters:
        return [(line.text, line.box, line.confidence)] if line.text.strip() else []
    found: list[tuple[str, Box, float]] = []
    group: list[int] = []
    for index, char in enumerate([*line.characters, None]):
        if char is not None and not char.text.isspace():
            group.append(index)
        elif group:
            own = [line.characters[i] for i in group]
            left = min(max(int(min(c.x0 for c in own)), x0), x1)
            right = max(min(-int(-max(c.x1 for c in own) // 1), x1), left)
            found.append(("".join(c.text for c in own), (left, y0, right, y1), min(c.confidence for c in own)))
            group = []
    return found


def tsv_head() -> str:
    """The row of column names."""
    return "\t".join(TSV_COLUMNS) + "\n"


def tsv_page(lines: Iterable[Line], width: int, height: int, page: int) -> str:
    """The rows of one picture of width x height pixels; `page` counts pictures from 1."""
    rows: list[tuple[object, ...]] = [(1, page, 0, 0, 0, 0, 0, 0, width, height, -1, "")]
    for number, line in enumerate(lines, 1):
        rows.append((4, page, 1, 1, number, 0, *_corner(line.box), -1, ""))
        for order, (text, box, confidence) in enumerate(words(line), 1):
            flat = " ".join(_plain(text).split())
            rows.append((5, page, 1, 1, number, order, *_corner(box), f"{confidence * 100:.2f}", flat))
    return "".join("\t".join(str(cell) for cell in row) + "\n" for row in rows)


def hocr_head(reader: str, version: str) -> str:
    """The beginning of an hOCR document (XHTML) by the reader named `reader` of mmgpt `version`."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<!DOCTYPE html>\n"
        '<html xmlns="http://www.w3.org/1999/xhtml">\n'
        "<head>\n"
        "  <title>mmgpt read</title>\n"
        '  <meta charset="utf-8" />\n'
        f'  <meta name="ocr-system" content="mmgpt {_safe(version)} ({_safe(reader)})" />\n'
        '  <meta name="ocr-capabilities" content="ocr_page ocr_line ocrx_word ocrp_wconf" />\n'
        "</head>\n"
        "<body>\n"
    )


def hocr_page(lines: Iterable[Line], path: str, width: int, height: int, page: int) -> str:
    """One picture of width x height pixels as an `ocr_page` with its lines and words; `page` counts from 1."""
    name = _safe(path.replace("\\", "/").replace('"', "'"))
    rows = [
        f"""  <div class="ocr_page" id="page_{page}" title="image &quot;{name}&quot;; """
        f"""bbox 0 0 {width} {height}; ppageno {page - 1}">"""
    ]
    for number, line in enumerate(lines, 1):
        spans = [
            f'<span class="ocrx_word" id="word_{page}_{number}_{order}" '
            f'title="bbox {_bbox(box)}; x_wconf {confidence * 100:.0f}">{_safe(text)}</span>'
            for order, (text, box, confidence) in enumerate(words(line), 1)
        ]
        rows.append(
            f'    <span class="ocr_line" id="line_{page}_{number}" title="bbox {_bbox(line.box)}">'
            + " ".join(spans)
            + "</span>"
        )
    return "\n".join([*rows, "  </div>\n"])


def hocr_tail() -> str:
    """The end of an hOCR document."""
    return "</body>\n</html>\n"


def _corner(box: Box) -> tuple[int, int, int, int]:
    return (box[0], box[1], box[2] - box[0], box[3] - box[1])


def _bbox(box: Box) -> str:
    return " ".join(str(edge) for edge in box)


def _plain(text: str) -> str:
    """Without what XML and tables cannot hold."""
    return _CONTROL.sub("", text)


def _safe(text: str) -> str:
    return escape(_plain(text), quote=True)
