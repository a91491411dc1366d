"""Where secrets are painted, and that the result of a whole run holds none."""

from __future__ import annotations

import numpy as np
import pytest

from mmgpt.caption import load_reader
from mmgpt.redaction import boxes_of, find_secrets, redact, redact_picture
from mmgpt.redaction.paint import COLOUR
from mmgpt.redaction.strand import BLOCK, cut_at
from tests.mmgpt.redaction.drawing import drawn, line_at
from vision.reader.types import Line, TextReader


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return load_reader()


def test_a_box_holds_the_characters_and_no_other_word() -> None:
    line = line_at("mail ana@example.com now")
    (box,) = boxes_of(find_secrets([line]), [line], 400, 40)
    first, last = line.characters[5], line.characters[19]
    assert box[0] < first.x0 and box[2] > last.x1
    assert box[1] < line.box[1] and box[3] > line.box[3]
    assert box[0] > line.characters[3].x0 and box[2] < line.characters[21].x1


def test_without_places_of_characters_the_margin_is_wider() -> None:
    line = line_at("mail ana@example.com now")
    plain = Line(line.text, line.box, 1.0)
    (sure,), (wide,) = boxes_of(find_secrets([line]), [line]), boxes_of(find_secrets([plain]), [plain])
    assert wide[0] < sure[0] and wide[2] > sure[2]


def test_the_picture_is_painted_with_one_colour_and_else_unchanged() -> None:
    image = np.random.default_rng(0).integers(0, 255, (40, 300, 3), np.uint8)
    line = line_at("mail ana@example.com now")
    clean, secrets = redact(image, [line])
    (box,) = boxes_of(secrets, [line], 300, 40)
    inside = np.zeros(image.shape[:2], bool)
    inside[box[1] : box[3], box[0] : box[2]] = True
    assert (clean[inside] == COLOUR).all()
    assert (clean[~inside] == image[~inside]).all()


def test_the_word_behind_a_painted_value_is_not_its_value() -> None:
    line = line_at("password=hunter2 host=alpha")
    box = boxes_of(find_secrets([line]), [line])
    again = cut_at([line_at("password=        host=alpha")], box)
    assert [entry.text.strip(" ") for entry in again if BLOCK not in entry.text] == ["password=", "host=alpha"]
    assert find_secrets(again) == []


def test_a_read_picture_is_clean_afterwards(reader: TextReader) -> None:
    image = drawn(
        "Deploy of shop failed", "API_TOKEN=zk3J9dPq8sW27xLmN4", "contact anna.lee@example.com", "retry in 30 seconds"
    )
    result = redact_picture(image, reader)
    assert {one.kind for one in result.covered} == {"token", "email"} and result.left == ()
    text = " ".join(line.text for line in reader.read(result.image))
    assert "Deploy of shop failed" in text and "retry in 30 seconds" in text
    assert "zk3J9" not in text and "LmN4" not in text and "anna" not in text and "example" not in text
    again = redact_picture(result.image, reader)
    assert again.covered == () and (again.image == result.image).all()


def test_a_picture_without_secrets_is_untouched(reader: TextReader) -> None:
    image = drawn("error: cannot find module 'express'", "npm ERR! code ELIFECYCLE")
    result = redact_picture(image, reader)
    assert result.covered == () and (result.image == image).all()
