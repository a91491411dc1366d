"""Small pictures with known text for the evaluator's tests, in the format of the real captures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mmgpt.extraction import Extraction, FieldValue
from train.evaluation.samples import Sample, load_samples
from vision.reader.types import Line

SCREENS: tuple[tuple[list[str], dict], ...] = (
    (
        ["$ git push origin main", "fatal: unable to access the remote", "exit status 128"],
        {
            "is_error": True,
            "app": "Git",
            "kind": "terminal",
            "message": "fatal: unable to access the remote",
            "error_code": None,
            "category": "network",
        },
    ),
    (
        ["Cannot open the file", "ENOENT: no such file", "Retry"],
        {
            "is_error": True,
            "app": "Files",
            "kind": "desktop_dialog",
            "message": "Cannot open the file",
            "error_code": "ENOENT",
            "category": "not_found",
        },
    ),
    (
        ["All tests passed", "42 passed in 1.3 s"],
        {
            "is_error": False,
            "app": "pytest",
            "kind": "terminal",
            "message": None,
            "error_code": None,
            "category": "none",
        },
    ),
)


def write_screens(folder: Path, copies: int = 1) -> list[Sample]:
    """Draws the screens into a folder (each `copies` times, at different places) and loads them."""
    folder.mkdir(parents=True, exist_ok=True)
    font = ImageFont.load_default(22)
    for copy in range(copies):
        for number, (texts, fields) in enumerate(SCREENS):
            dark = number % 2 == 0
            picture = Image.new("RGB", (520, 200), "#101418" if dark else "#fafafa")
            draw = ImageDraw.Draw(picture)
            lines = []
            for row, text in enumerate(texts):
                at = (16 + 3 * copy, 14 + 48 * row)
                draw.text(at, text, font=font, fill="#f0f0f0" if dark else "#202020")
                role = "message" if text == fields["message"] else "output"
                lines.append(
                    {"text": text, "box": [round(v) for v in draw.textbbox(at, text, font=font)], "role": role}
                )
            name = f"screen-{number}-{copy}"
            picture.save(folder / f"{name}.png")
            record = {"id": name, "image": f"{name}.png", "width": 520, "height": 200, "lines": lines, "fields": fields}
            record |= {"source": "drawn", "program": fields["app"], "theme": "dark" if dark else "light"}
            (folder / f"{name}.json").write_text(json.dumps(record), encoding="utf-8")
    return load_samples(folder)


class PerfectReader:
    """Returns the true lines of the picture it is shown (pictures are told apart by their pixels)."""

    name = "perfect"

    def __init__(self, samples: list[Sample]) -> None:
        self.by_pixels = {sample.pixels().tobytes(): sample for sample in samples}
        self.calls = 0

    def read(self, image: np.ndarray) -> list[Line]:
        self.calls += 1
        sample = self.by_pixels.get(image.tobytes())
        return [] if sample is None else [Line(t.text, t.box, 0.99) for t in sample.lines if t.box is not None]


class SloppyReader(PerfectReader):
    """Reads every `o` as `0`, and is less sure."""

    name = "sloppy"

    def read(self, image: np.ndarray) -> list[Line]:
        return [Line(line.text.replace("o", "0"), line.box, 0.5) for line in super().read(image)]


class FirstWordExtractor:
    """Takes the first line with `fatal` or `Cannot` for the error: little, but it depends on what was read."""

    def extract(self, lines: list[Line], image: np.ndarray) -> Extraction:
        at = next((i for i, line in enumerate(lines) if line.text.startswith(("fatal", "Cannot"))), None)
        words = " ".join(line.text for line in lines)
        code = "ENOENT" if "ENOENT" in words else None
        unsure = FieldValue(None, 0.0)
        if at is None:
            none = FieldValue(None, 0.9)
            return Extraction(FieldValue(False, 0.9), unsure, unsure, none, none, FieldValue("none", 0.9), "", ("app",))
        return Extraction(
            is_error=FieldValue(True, 0.9, (at,)),
            app=FieldValue("git" if "git" in words else "Files", 0.8),
            kind=FieldValue("terminal", 0.6),
            message=FieldValue(lines[at].text, 0.9, (at,)),
            error_code=FieldValue(code, 0.9),
            category=FieldValue("network", 0.5),
            caption="",
        )
