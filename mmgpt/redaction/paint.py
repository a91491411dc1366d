"""Secrets in a picture: where they stand, and painting over them until nothing is found any more."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmgpt.redaction.find import find_secrets
from mmgpt.redaction.secret import Secret
from mmgpt.redaction.strand import cut_at

if TYPE_CHECKING:
    import numpy as np

    from vision.reader.types import Line, TextReader

Box = tuple[int, int, int, int]
COLOUR = (92, 107, 130)
"""A calm blue grey that is neither ink nor ground of most screens, so that it is seen that something was covered."""
ROUNDS = 3
"""How often the picture is read again at most, and what is still found painted."""


@dataclass(frozen=True)
class Covered:
    """One painted secret: its kind, its boxes, and the text that stood there (never to be shown unasked)."""

    kind: str
    boxes: tuple[Box, ...]
    text: str


@dataclass(frozen=True)
class Redacted:
    """A picture (RGB uint8 [H, W, 3]) with its secrets painted over, what was covered, and what could still be read after all
    rounds (empty where all is well)."""

    image: np.ndarray
    covered: tuple[Covered, ...]
    left: tuple[Secret, ...] = ()
    rounds: int = 0


def boxes_of(secrets: Sequence[Secret], lines: Sequence[Line], width: int = 0, height: int = 0) -> list[Box]:
    """A box (pixels; right and bottom excluded) for each secret: its characters' places with room for blurred edges.

    Where the reader does not tell places of characters, the share of the line with a wider margin. `width` and `height`
    are the picture's, to cut at; 0 where they are not known.
    """
    return [_cut(_box(secret, lines[secret.line]), width, height) for secret in secrets]


def _box(secret: Secret, line: Line) -> Box:
    x0, y0, x1, y1 = line.box
    top, bottom = (y0, y1) if line.metrics is None else (min(y0, line.metrics[0]), max(y1, line.metrics[1]))
    tall = max(bottom - top, 4)
    if len(line.characters) == len(line.text):
        own = line.characters[secret.start : secret.end]
        left, right, margin = min(c.x0 for c in own), max(c.x1 for c in own), 0.22 * tall
    else:
        cell = (x1 - x0) / max(len(line.text), 1)
        left, right, margin = x0 + secret.start * cell, x0 + secret.end * cell, 0.3 * tall + 1.5 * cell
    if secret.start == 0:
        left, margin = min(left, x0), max(margin, 0.3 * tall)
    if secret.end == len(line.text):
        right = max(right, x1)
    high = max(0.14 * tall, 1.5)
    return (int(left - margin), int(top - high), int(right + margin + 1), int(bottom + high + 1))


def _cut(box: Box, width: int, height: int) -> Box:
    x0, y0 = max(box[0], 0), max(box[1], 0)
    return (x0, y0, min(box[2], width) if width else box[2], min(box[3], height) if height else box[3])


def paint(image: np.ndarray, boxes: Iterable[Box]) -> np.ndarray:
    """A copy of the picture with the boxes filled. Nothing of what was there can be had back from it."""
    out: np.ndarray = image.copy()
    for x0, y0, x1, y1 in boxes:
        out[max(y0, 0) : y1, max(x0, 0) : x1] = COLOUR
    return out


def redact(
    image: np.ndarray, lines: Sequence[Line], kinds: Iterable[str] | None = None
) -> tuple[np.ndarray, list[Secret]]:
    """The picture (RGB uint8 [H, W, 3]) with the secrets of its lines painted over, and these secrets.

    `lines` as a reader gave them for this picture. For a second look see `redact_picture`.
    """
    height, width = image.shape[:2]
    secrets = find_secrets(lines, kinds, width)
    return paint(image, boxes_of(secrets, lines, width, height)), secrets


def redact_picture(
    image: np.ndarray,
    reader: TextReader,
    kinds: Iterable[str] | None = None,
    lines: Sequence[Line] | None = None,
    most: int = ROUNDS,
) -> Redacted:
    """Reads a picture, paints its secrets, reads the result, and so on until nothing is found, at most `most` times more.

    With `most` 0 the result is not looked at again. `lines` spares the first reading. The further readings take what the
    reader is unsure of as well, and every other one enlarges the picture: what one look misses the next may find.
    """
    wanted = None if kinds is None else tuple(kinds)
    height, width = image.shape[:2]
    eager = eager_reader(reader)
    known = list(lines) if lines is not None else eager.read(image)
    secrets = find_secrets(known, wanted, width)
    covered = _covered(secrets, known, width, height)
    boxes = [box for one in covered for box in one.boxes]
    out = paint(image, boxes)
    rounds = 0
    while most:
        again = cut_at(_look(eager, out, rounds), boxes)
        secrets = find_secrets(again, wanted, width)
        if not secrets and rounds:
            return Redacted(out, tuple(covered), (), rounds)
        if rounds == most:
            return Redacted(out, tuple(covered), tuple(secrets), rounds)
        more = _covered(secrets, again, width, height)
        covered += more
        boxes += [box for one in more for box in one.boxes]
        out = paint(out, [box for one in more for box in one.boxes])
        rounds += 1
    return Redacted(out, tuple(covered))


def eager_reader(reader: TextReader) -> TextReader:
    """The same reader, keeping what it is unsure of: a secret that is badly read is still one."""
    if not hasattr(reader, "min_confidence"):
        return reader
    eager: Any = copy.copy(reader)
    eager.min_confidence = min(float(eager.min_confidence), 0.15)
    found: TextReader = eager
    return found


def _look(reader: TextReader, image: np.ndarray, number: int) -> list[Line]:
    """The lines of a further reading: every other one of the picture half as large again, where that is not too large."""
    height, width = image.shape[:2]
    if number % 2 or width * height > 4_000_000:
        return reader.read(image)
    import numpy as np
    from PIL import Image

    scale = 1.5
    size = (round(width * scale), round(height * scale))
    large = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))
    return [_shrunk(line, width / size[0], height / size[1]) for line in reader.read(large)]


def _shrunk(line: Line, fx: float, fy: float) -> Line:
    from dataclasses import replace

    x0, y0, x1, y1 = line.box
    return replace(
        line,
        box=(int(x0 * fx), int(y0 * fy), int(x1 * fx + 1), int(y1 * fy + 1)),
        characters=tuple(replace(c, x0=c.x0 * fx, x1=c.x1 * fx) for c in line.characters),
        metrics=None if line.metrics is None else (line.metrics[0] * fy, line.metrics[1] * fy),
    )


def _covered(secrets: Sequence[Secret], lines: Sequence[Line], width: int, height: int) -> list[Covered]:
    """One entry for each group, its parts in the order of the lines."""
    groups: dict[int, list[tuple[Secret, Box]]] = {}
    for secret, box in zip(secrets, boxes_of(secrets, lines, width, height), strict=True):
        groups.setdefault(secret.group, []).append((secret, box))
    return [
        Covered(parts[0][0].kind, tuple(box for _, box in parts), "".join(secret.text for secret, _ in parts))
        for parts in groups.values()
    ]
