"""What the desk shows of one picture: the picture with its boxes, the card, the lines. Values for templates, and the HTML made of them.

The picture's words only ever reach the browser through templates that escape them, or as JSON that the script writes as text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mmgpt.commands.console import one_line
from mmgpt.report.embed import Embedded
from mmgpt.report.markdown import markdown_section
from mmgpt.report.view import LONGEST, section
from mmgpt.report.words import FIELD_NAMES
from mmgpt.schema import Diagnosis, layout
from mmgpt.ui.pictures import data_url, scaled
from mmgpt.ui.render import render
from mmgpt.vocabulary import CATEGORIES, KINDS

if TYPE_CHECKING:
    import numpy as np

    from mmgpt.ui.shelf import Shown

MOST_LINES = 400
UNSAFE = re.compile("[\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\ufeff\u2066-\u2069\ud800-\udfff]")
"""What JSON leaves as it is although it is not seen, or turns what is read; line ends are JSON's own."""
STATES = {"error": "An error", "normal": "No error", "unsure": "Not sure whether this is an error"}
ABSTAINED = {
    "is_error": "whether this is an error",
    "app": "which program it is",
    "kind": "what kind of screen it is",
    "message": "which line is the message",
    "error_code": "which code it is",
    "category": "what kind of trouble it is",
}
"""What the model was not sure of, in words."""


def desk(name: str, shown: Shown, *, correctable: bool, talks: bool) -> str:
    """The HTML of a diagnosed picture. `name` is its id on the shelf; `talks`: there is a language model to ask."""
    diagnosis = Diagnosis.model_validate(shown.diagnosis)
    return render(
        "desk.html",
        id=name,
        talks=talks,
        correctable=correctable,
        fields=[(field, FIELD_NAMES[field]) for field in FIELD_NAMES if field != "is_error"],
        kinds=KINDS,
        categories=CATEGORIES,
        markdown=markdown_section(diagnosis, shown.name),
        json=visible_json(diagnosis.to_dict()),
        **values_of(diagnosis, shown.name, shown.image.pixels),
    )


def values_of(diagnosis: Diagnosis, name: str, pixels: np.ndarray | None) -> dict[str, Any]:
    """A diagnosis as values of the templates `card.html` and `stage.html`. `pixels` are RGB uint8 [H, W, 3]."""
    picture = None if pixels is None else _embedded(pixels)
    found = section(0, name, diagnosis, picture, "", 0)
    found["lines"] = lines_of(diagnosis)
    found["more_lines"] = max(len(diagnosis.text) - MOST_LINES, 0)
    found["abstained"] = [ABSTAINED[field] for field in diagnosis.abstained]
    found["state_words"] = STATES[found["state"]]
    found["percents"] = _percents(diagnosis)
    return found


def lines_of(diagnosis: Diagnosis) -> list[dict[str, Any]]:
    """The lines that were read, with their boxes in percent of the picture."""
    width, height = diagnosis.image.width, diagnosis.image.height
    return [
        {
            "text": one_line(line.text)[:LONGEST],
            "unsure": line.confidence < 0.5,
            "x": round(line.box[0] / width * 100, 3),
            "y": round(line.box[1] / height * 100, 3),
            "width": round((line.box[2] - line.box[0]) / width * 100, 3),
            "height": round((line.box[3] - line.box[1]) / height * 100, 3),
        }
        for line in diagnosis.text[:MOST_LINES]
    ]


def _percents(diagnosis: Diagnosis) -> dict[str, int]:
    return {name: round(value * 100) for name, value in diagnosis.confidence.items()}


def _embedded(pixels: np.ndarray) -> Embedded:
    data, kind = scaled(pixels)
    height, width = pixels.shape[:2]
    return Embedded(data_url(data, kind), width, height)


def visible_json(value: dict[str, Any]) -> str:
    """JSON in which control characters and bidirectional marks are spelled, so that it can be pasted into a terminal."""
    return UNSAFE.sub(lambda match: "".join(f"\\u{ord(letter):04x}" for letter in match[0]), layout(value))


def empty(examples: list[dict[str, str]], error: str = "") -> str:
    """The desk without a picture: where one is dropped, and examples. `error` is what went wrong with the last one."""
    return render("empty.html", examples=examples, error=one_line(error))


def waiting(words: str, name: str) -> str:
    """The desk while a picture is read."""
    return render("waiting.html", words=words, name=one_line(name))
