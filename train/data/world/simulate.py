"""Simulated perception: content laid out by rule of thumb and handed over as a reader would read it, without a pixel."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

import numpy as np

from mmgpt.extractor.page import MAX_LINES, STYLE_WIDTH, Page, row_order
from train.data.world.arrange import lay_out
from train.data.world.content import (
    Content,
    Fields,
)
from train.data.world.noise import RUBBISH, Profile, corrupt, pick_profile
from train.data.world.planted import plant
from train.data.world.sheet import Part, Sheet, SimLine, near_colour

ICON_SHARE = 0.12


@dataclass
class Simulated:
    """A page as the extractor gets it, with what is true of it. Line targets are aligned with the page's lines."""

    page: Page
    fields: Fields
    roles: list[str]
    message: list[int]  # 1 where a line shows a part of the message
    app_lines: list[bool]
    truths: list[str]  # what really stands where a line was read; "" where the reader took a blot for text
    parts: list[tuple[Part, ...]]  # the pieces of each truth (several where the reader joined neighbours)


def simulate(content: Content, rng: random.Random, profile: Profile | None = None) -> Simulated:
    """Lay the content out and read it with a reader's habits (by default one drawn by weight)."""
    profile = profile or pick_profile(rng)
    sheet = _sheet(rng, content)
    lay_out(sheet, content)
    plant(sheet)
    return _read(sheet, content, profile)


def _sheet(rng: random.Random, content: Content) -> Sheet:
    theme = content.theme
    dark = theme == "dark" or (theme == "any" and rng.random() < 0.4)
    width = rng.choice((640, 800, 960, 1024, 1104, 1280, 1280, 1366, 1440, 1600, 1920))
    height = int(width * rng.choice((0.34, 0.5, 0.56, 0.62, 0.62, 0.75, 1.2)))
    if dark:
        base = rng.uniform(0.0, 0.2)
        ground = near_colour(rng, base, -0.03, 0.06)
        ink = near_colour(rng, 0.85, -0.15, 0.15) if rng.random() < 0.3 else (rng.uniform(0.75, 1.0),) * 3
    else:
        base = rng.uniform(0.88, 1.0)
        ground = near_colour(rng, base, -0.04, 0.03)
        ink = (rng.uniform(0.0, 0.3),) * 3
    size = rng.choice((11, 12, 13, 13, 14, 14, 15, 16, 16, 18, 20, 22))
    return Sheet(rng, width, height, dark, ground, ink, size=size)


def _read(sheet: Sheet, content: Content, profile: Profile) -> Simulated:
    rng = sheet.rng
    lines = [
        line
        for line in sheet.lines
        if line.box[0] < sheet.width - 4 and (line.box[1] < sheet.height - 2 or line.message)
    ]
    bottom = max([line.box[3] for line in lines if line.message] + [0.0])
    sheet.height = max(sheet.height, int(bottom) + 4)
    for line in lines:
        if line.box[2] > sheet.width:  # what runs out of the window is cut off
            if line.message:
                sheet.width = int(line.box[2]) + 6
            else:
                share = (sheet.width - line.box[0]) / (line.box[2] - line.box[0])
                line.text, line.box[2] = line.text[: max(1, int(len(line.text) * share))], float(sheet.width)
    lines = _merged(rng, _split(rng, lines, profile), profile)
    read: list[SimLine] = []
    for line in lines:
        faint = max(abs(a - b) for a, b in zip(line.ink, line.ground, strict=True)) < 0.25
        if rng.random() < profile.drop * (4 if faint or len(line.text) < 3 else 1) and not (
            line.message and rng.random() < 0.7
        ):
            continue
        line.truth, line.parts = line.text, line.whole()
        text, line.confidence = corrupt(rng, line.text, profile)
        if not text.strip():
            continue
        if line.role == "title" and rng.random() < ICON_SHARE * (profile.name != "exact"):
            text = f"{rng.choice(RUBBISH)} {text}"  # the window's icon, taken for a letter
        line.text = text
        jitter = 0.06 * (line.box[3] - line.box[1]) if profile.name != "exact" else 0.0
        line.box = [
            value + rng.uniform(-jitter, jitter) * (1 if index != 2 else 2) for index, value in enumerate(line.box)
        ]
        read.append(line)
    for _ in range(sum(rng.random() < profile.rubbish for _ in range(len(read) + 4))):
        x, y, size = rng.uniform(0, sheet.width - 30), rng.uniform(0, sheet.height - 20), rng.uniform(6, 30)
        read.append(
            SimLine(
                rng.choice(RUBBISH),
                [x, y, x + size * rng.uniform(0.5, 2), y + size],
                sheet.ink,
                sheet.ground,
                rng.uniform(0.1, 0.6),
                "other",
                confidence=rng.uniform(0.1, 0.8),
            )
        )
    if len(read) > MAX_LINES:
        read = sorted(read, key=lambda line: (not line.message, not line.app, rng.random()))[:MAX_LINES]
    boxes = np.array([line.box for line in read], dtype=np.float32).reshape(-1, 4)
    order = row_order(boxes)
    read = [read[index] for index in order]
    styles = np.array([_style(rng, line) for line in read], dtype=np.float32).reshape(-1, STYLE_WIDTH)
    ground = sheet.ground if rng.random() < 0.85 else (rng.random(), rng.random(), rng.random())
    page = Page(
        tuple(line.text for line in read),
        boxes[order],
        np.array([line.confidence for line in read], dtype=np.float32),
        styles,
        np.arange(len(read)),
        (max(sheet.width, 60), max(sheet.height, 40)),
        ground,
    )
    return Simulated(
        page,
        content.fields,
        [line.role for line in read],
        [line.message for line in read],
        [line.app for line in read],
        [line.truth for line in read],
        [tuple(line.parts) for line in read],
    )


def _style(rng: random.Random, line: SimLine) -> list[float]:
    blur = rng.uniform(0.0, 0.25)  # thin strokes take some of the ground's colour
    ink = [a * (1 - blur) + b * blur + rng.uniform(-0.02, 0.02) for a, b in zip(line.ink, line.ground, strict=True)]
    contrast = max(abs(a - b) for a, b in zip(ink, line.ground, strict=True))
    return [*(min(1.0, max(0.0, value)) for value in ink), *line.ground, line.density, contrast]


def _split(rng: random.Random, lines: list[SimLine], profile: Profile) -> list[SimLine]:
    """Readers part a line at wide gaps."""
    made: list[SimLine] = []
    for line in lines:
        gap = re.search(r"\S(\s{3,})\S", line.text)
        if gap is None or rng.random() > profile.split:
            made.append(line)
            continue
        share = (line.box[2] - line.box[0]) / max(1, len(line.text))
        for start, end in ((0, gap.start(1)), (gap.end(1), len(line.text))):
            box = [line.box[0] + start * share, line.box[1], line.box[0] + end * share, line.box[3]]
            made.append(
                SimLine(
                    line.text[start:end].strip(),
                    box,
                    line.ink,
                    line.ground,
                    line.density,
                    line.role,
                    line.message,
                    line.app,
                )
            )
    return made


def _merged(rng: random.Random, lines: list[SimLine], profile: Profile) -> list[SimLine]:
    """Readers join neighbours in one row: with a small gap nearly always, with a wide one as they are used to."""
    boxes = np.array([line.box for line in lines], dtype=np.float32).reshape(-1, 4)
    made: list[SimLine] = []
    for index in row_order(boxes):
        line = lines[index]
        last = made[-1] if made else None
        if last is not None:
            height = max(line.box[3] - line.box[1], 4.0)
            level = abs(line.box[1] + line.box[3] - last.box[1] - last.box[3]) < height
            gap = line.box[0] - last.box[2]
            reach = 1.0 if profile.name != "tesseract" else 2.5
            chance = 0.8 if -0.2 * height < gap < 0.6 * height else profile.merge if 0 <= gap < reach * height else 0.0
            both = (last.message and line.message) or not (last.message or line.message) or chance == 0.8
            if level and both and rng.random() < chance:
                behind = len(last.text) + 1
                last.parts = [
                    *last.whole(),
                    *((start + behind, end + behind, role) for start, end, role in line.whole()),
                ]
                last.text = f"{last.text} {line.text}"
                last.box = [last.box[0], min(last.box[1], line.box[1]), line.box[2], max(last.box[3], line.box[3])]
                if line.message:
                    last.role, last.message = line.role, line.message
                last.app = last.app or line.app
                continue
        made.append(line)
    return made
