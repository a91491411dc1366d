"""Screens of real pictures: as their records tell, or as a reader read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmgpt.extractor.page import row_order
from train.data.conversation.align import positions
from train.data.conversation.screen import Box, Part, Screen, ScreenLine
from train.data.world.content import Fields
from train.evaluation.matching import linked
from train.evaluation.text import normalise
from vision.reader.types import Line

_ROLES = {"address": "url"}
CAPTURED_ROLES = frozenset("body output command message button title menu tab url code input".split())
"""The roles that captures tell apart; where one is missing there is none."""


def from_capture(path: Path) -> Screen:
    """The screen of a capture's JSON file, read without a mistake. Lines without a known place are left out."""
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Screen(
        capture_lines(record),
        capture_fields(record),
        int(record["width"]),
        int(record["height"]),
        capture_dark(record),
        CAPTURED_ROLES,
        bool(record.get("complete", True)) and all(entry.get("box") for entry in record["lines"]),
    )


def capture_fields(record: dict[str, Any]) -> Fields:
    """The six fields of a capture's record."""
    names = ("is_error", "app", "kind", "message", "error_code", "category")
    return Fields(**{name: record["fields"][name] for name in names})


def capture_dark(record: dict[str, Any]) -> bool | None:
    """Whether a capture's theme is dark; None where its record does not tell."""
    return {"dark": True, "light": False}.get(record.get("theme", ""))


def capture_lines(record: dict[str, Any]) -> tuple[ScreenLine, ...]:
    """The lines of a capture's record whose place is known, in reading order, as if read without a mistake."""
    made = []
    for entry in record["lines"]:
        if entry.get("box") is None:
            continue
        text, role = normalise(str(entry["text"])), str(entry.get("role", "body"))
        role = _ROLES.get(role, role)
        x0, y0, x1, y1 = (float(value) for value in entry["box"])
        made.append(
            ScreenLine(text, text, role, role == "message", False, (x0, y0, x1, y1), (Part(0, len(text), role),))
        )
    order = row_order(np.array([line.box for line in made], dtype=np.float32).reshape(-1, 4))
    return tuple(made[index] for index in order)


def from_readings(
    truth_lines: Sequence[ScreenLine],
    read_lines: Sequence[Line],
    fields: Fields,
    width: int,
    height: int,
    dark: bool | None,
    *,
    complete: bool = True,
) -> Screen:
    """A screen as a reader read it, with what truly stands in each of its lines.

    True and read lines belong together as `train.evaluation.matching` says. A group of several is joined from left to
    right on both sides and cut by alignment, so a read line may hold several true ones, or a piece of one. The order of
    `read_lines` is kept. True lines that were not read are not on the screen, which then is no longer `complete`.
    """
    groups = _groups([line.box for line in truth_lines], read_lines)
    shares: dict[int, list[tuple[ScreenLine, str]]] = {}
    lost = False
    for truths, reads in groups:
        lost = lost or not reads
        truths.sort(key=lambda index: truth_lines[index].box[0])
        reads.sort(key=lambda index: read_lines[index].box[0])
        shares.update(_shared([truth_lines[index] for index in truths], reads, read_lines))
    made = tuple(_line(line, shares.get(index, [])) for index, line in enumerate(read_lines))
    return Screen(made, fields, width, height, dark, CAPTURED_ROLES, complete and not lost)


def _groups(boxes: list[Box], reads: Sequence[Line]) -> list[tuple[list[int], list[int]]]:
    """Connected groups of (true lines, read lines) that stand in one place; every true line is in one."""
    owner = list(range(len(boxes)))
    hits: dict[int, list[int]] = {}
    whole = [(round(box[0]), round(box[1]), round(box[2]), round(box[3])) for box in boxes]
    for number, read in enumerate(reads):
        there = [index for index, box in enumerate(whole) if linked(box, read.box)]
        if there:
            roots = {owner[index] for index in there}
            root = min(roots)
            owner = [root if value in roots else value for value in owner]
            hits[number] = there
    members: dict[int, tuple[list[int], list[int]]] = {}
    for index, root in enumerate(owner):
        members.setdefault(root, ([], []))[0].append(index)
    for number, there in hits.items():
        members[owner[there[0]]][1].append(number)
    return list(members.values())


def _shared(
    truths: list[ScreenLine], reads: list[int], read_lines: Sequence[Line]
) -> dict[int, list[tuple[ScreenLine, str]]]:
    """For each read line of a group the pieces of true lines that it shows."""
    joined = " ".join(line.truth for line in truths)
    there = positions(joined, " ".join(read_lines[index].text for index in reads))
    ends: list[int] = []
    for index in reads:
        ends.append((ends[-1] + 1 if ends else 0) + len(read_lines[index].text))
    made: dict[int, list[tuple[ScreenLine, str]]] = {index: [] for index in reads}
    at, current = 0, 0
    for line in truths:
        taken: dict[int, list[str]] = {}
        for letter, place in zip(line.truth, there[at : at + len(line.truth)], strict=True):
            while place >= 0 and current < len(reads) - 1 and place >= ends[current]:
                current += 1
            taken.setdefault(current, []).append(letter)
        for position, letters in taken.items():
            piece = "".join(letters).strip()
            if piece and reads:
                made[reads[position]].append((line, piece))
        at += len(line.truth) + 1
    return made


def _line(read: Line, shares: list[tuple[ScreenLine, str]]) -> ScreenLine:
    x0, y0, x1, y1 = (float(value) for value in read.box)
    parts: list[Part] = []
    truth = ""
    for line, piece in shares:
        truth += " " if truth else ""
        parts.append(Part(len(truth), len(truth) + len(piece), line.role))
        truth += piece
    message = any(line.message for line, _ in shares)
    longest = max(parts, key=lambda part: part.end - part.start, default=None)
    role = "message" if message else longest.role if longest is not None else "other"
    app = any(line.app for line, _ in shares)
    return ScreenLine(read.text, truth, role, message, app, (x0, y0, x1, y1), tuple(parts))
