"""What a capture is: recipe, shot, label; and how it is written to disk."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

Box = tuple[int, int, int, int]
MESSAGE_ROLE = "message"
COMPLETE = frozenset(
    {"xterm", "chromium", "firefox", "tk", "wine", "urxvt", "st", "mlterm", "lxterminal", "xfce4-terminal"}
)
"""Sources whose pictures hold no text that `lines` lacks; toolkits leave some of theirs out of the accessibility tree."""


class CaptureError(RuntimeError):
    """A capture did not show what its recipe promises; the text says what was seen instead."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The label of a picture, after the label guide ("Fields") of the design."""

    is_error: bool
    app: str
    kind: str
    message: str | None = None
    error_code: str | None = None
    category: str = "none"


@dataclass(frozen=True, slots=True)
class ShotLine:
    """One visual row of one text element. `box` is x0 y0 x1 y1 in pixels, exclusive right and bottom, hugging the ink."""

    text: str
    box: Box | None
    role: str = "body"


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture (RGB uint8 [H, W, 3]) with every line that is visible in it."""

    image: np.ndarray
    lines: list[ShotLine]


@dataclass(frozen=True)
class Recipe:
    """How to take one capture and what it will show. `slots` are the values that vary within an error family."""

    id: str
    source: str
    program: str
    theme: str
    family: str
    fields: Fields
    take: Callable[[], Shot]
    slots: tuple[str, ...] = field(default=())

    @property
    def key(self) -> str:
        """What the split is made by: equal keys never stand on both sides."""
        return "|".join((self.fields.app, self.family, *self.slots))

    @property
    def split(self) -> str:
        return split_of(self.key)


def split_of(key: str) -> str:
    """`dev` (looked at, calibrated on) for a third of the keys, `test` (only measured) for the rest."""
    return "dev" if int(hashlib.sha1(key.encode()).hexdigest(), 16) % 3 == 0 else "test"


def words(text: str) -> str:
    """The text with every run of white space made one space, so that wrapped and unwrapped text compare equal."""
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()


def joins_to(parts: Sequence[str], whole: str) -> bool:
    """True when the visual rows `parts` read `whole`: a wrap stands for nothing (terminals) or one space (prose)."""
    squeezed = "".join(words(part).replace(" ", "") for part in parts)
    return squeezed == words(whole).replace(" ", "")


def message_rows(lines: Sequence[ShotLine], message: str, *, last: bool) -> range:
    """The run of lines that reads `message`; the first one, or the `last`, when it stands in the picture twice.

    Raises CaptureError when no run of at most 12 lines does.
    """
    starts = range(len(lines))
    for first in reversed(starts) if last else starts:
        if lines[first].role in {"tab", "address"}:
            continue
        for end in range(first + 1, min(first + 13, len(lines) + 1)):
            if joins_to([line.text for line in lines[first:end]], message):
                return range(first, end)
    shown = "\n".join("  " + line.text for line in lines)
    raise CaptureError(f"the message {message!r} is not a run of the visible lines:\n{shown}")


def label(recipe: Recipe, shot: Shot) -> Shot:
    """The shot with the message's lines marked; raises CaptureError where the label does not stand in the picture."""
    lines = [line for line in shot.lines if words(line.text)]
    if not lines:
        raise CaptureError(f"{recipe.id}: no line was found in the picture")
    height, width = shot.image.shape[:2]
    for line in lines:
        if line.box is None:
            continue
        x0, y0, x1, y1 = line.box
        if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
            raise CaptureError(f"{recipe.id}: the box {line.box} of {line.text!r} leaves the picture {width}x{height}")
    fields = recipe.fields
    if fields.message is not None:
        for index in message_rows(lines, fields.message, last=fields.kind == "terminal"):
            lines[index] = replace(lines[index], role=MESSAGE_ROLE)
    if fields.error_code is not None and not any(fields.error_code in line.text for line in lines):
        raise CaptureError(f"{recipe.id}: the code {fields.error_code!r} is not visible")
    lines = [
        replace(line, role="code") if line.text == fields.error_code and line.role != MESSAGE_ROLE else line
        for line in lines
    ]
    return Shot(shot.image, lines)


def encode_png(image: np.ndarray) -> bytes:
    """A small lossless PNG: with a palette when the picture has at most 256 colours, else RGB; [H, W, 3] uint8."""
    picture = Image.fromarray(image)
    packed = (image.astype(np.uint32) << np.array([16, 8, 0], dtype=np.uint32)).sum(axis=2)
    colours, indices = np.unique(packed, return_inverse=True)
    if len(colours) <= 256:
        picture = Image.fromarray(indices.reshape(packed.shape).astype(np.uint8), mode="P")
        palette = np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
        picture.putpalette(palette.tobytes())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def resolved(recipe: Recipe, shot: Shot) -> Recipe:
    """The recipe with a message given as `re:<pattern>` (one with a time in it, say) replaced by the line it matches."""
    message = recipe.fields.message
    if message is None or not message.startswith("re:"):
        return recipe
    for line in shot.lines:
        if re.fullmatch(message[3:], words(line.text)):
            return replace(recipe, fields=replace(recipe.fields, message=words(line.text)))
    raise CaptureError(f"{recipe.id}: no line matches {message[3:]!r} in {[line.text for line in shot.lines]}")


def save(recipe: Recipe, shot: Shot, out: Path) -> Path:
    """Writes `<out>/<split>/<id>.png` and `.json`, removes the same capture from the other split, returns the PNG path."""
    recipe = resolved(recipe, shot)
    shot = label(recipe, shot)
    folder = out / recipe.split
    folder.mkdir(parents=True, exist_ok=True)
    for other in {"dev", "test"} - {recipe.split}:
        for suffix in (".png", ".json"):
            (out / other / f"{recipe.id}{suffix}").unlink(missing_ok=True)
    path = folder / f"{recipe.id}.png"
    path.write_bytes(encode_png(shot.image))
    fields = recipe.fields
    record = {
        "id": recipe.id,
        "image": path.name,
        "width": int(shot.image.shape[1]),
        "height": int(shot.image.shape[0]),
        "source": recipe.source,
        "program": recipe.program,
        "theme": recipe.theme,
        "family": recipe.family,
        "key": recipe.key,
        "complete": recipe.source in COMPLETE,
        "fields": {
            "is_error": fields.is_error,
            "app": fields.app,
            "kind": fields.kind,
            "message": None if fields.message is None else words(fields.message),
            "error_code": fields.error_code,
            "category": fields.category,
        },
    }
    rows = [
        json.dumps({"text": words(line.text), "box": line.box, "role": line.role}, ensure_ascii=False)
        for line in shot.lines
    ]
    head = json.dumps(record, ensure_ascii=False, indent=1)[:-2]
    path.with_suffix(".json").write_text(
        head + ',\n "lines": [\n  ' + ",\n  ".join(rows) + "\n ]\n}\n", encoding="utf-8"
    )
    return path
