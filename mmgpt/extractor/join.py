"""Joining a message's lines, and trimming what stands on its row without belonging to it."""

from __future__ import annotations

import itertools
import re

from mmgpt.extractor.page import Page

_BLANKS = re.compile(r"\s+")
_ICON = re.compile(r"^(?:[xX®©ⓘ⊗×▲⚠✖✕ⓧ⮾●○!]|\([!xi]\))\s+(?=[A-Z“\"'])")
_PLACE = re.compile(r"\s*(?:\[Ln \d+, Col \d+\]|:\d+)\s*$")
_SOURCE = re.compile(r"\s+[A-Za-z][\w.+/-]*\([\w.-]+\)$")


def squeeze(text: str) -> str:
    """The text with every run of blanks made one."""
    return _BLANKS.sub(" ", text).strip()


def may_go_on(page: Page, upper: int, lower: int, is_terminal: bool) -> bool:
    """Whether line `lower` can carry on line `upper`: near below or beside it; in a terminal only below a full row.

    A terminal's row is full when it ends within three cells of the rightmost end of all rows.
    """
    above, below = page.boxes[upper], page.boxes[lower]
    height = max(float(above[3] - above[1]), 4.0)
    if below[1] < (above[1] + above[3]) / 2:
        return True
    if float(below[1] - above[3]) > 1.8 * height:
        return False
    if not is_terminal:
        return True
    cell = (above[2] - above[0]) / max(len(page.texts[upper]), 1)
    return bool(above[2] > page.boxes[:, 2].max() - 3 * max(cell, 1.0))


def join_message(page: Page, lines: list[int], is_terminal: bool) -> str:
    """The text of the given lines (page indices in order) as one message.

    Prose is joined by blanks. A terminal cuts rows at its last column, in the middle of words: there a blank stands only
    where the cut left room for one, at the end of the upper row or the beginning of the lower one.
    """
    text = page.texts[lines[0]]
    edge = float(page.boxes[:, 2].max())
    left = float(page.boxes[:, 0].min())
    for upper, lower in itertools.pairwise(lines):
        above, below = page.boxes[upper], page.boxes[lower]
        cell = max((above[2] - above[0]) / max(len(page.texts[upper]), 1), 1.0)
        same_row = below[1] < (above[1] + above[3]) / 2
        cut = is_terminal and not same_row and above[2] > edge - 0.6 * cell and below[0] < left + 0.6 * cell
        text += ("" if cut else " ") + page.texts[lower]
    return text


def trim_message(text: str, kind: str) -> str:
    """The message without an icon read as a letter, and in editors without the place and source behind it."""
    text = squeeze(text)
    if kind != "terminal":
        text = _ICON.sub("", text)
    if kind == "ide_editor":
        shorter = _SOURCE.sub("", _PLACE.sub("", text))
        text = shorter if len(shorter) >= 8 else text
    return text
