"""The real captures: complete, consistent with the label guide, and small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from mmgpt.schema import Category, Kind

ROOT = Path(__file__).parents[1] / "data" / "real"
CAPTURES = sorted(ROOT.glob("*/*.json"))
KEYS = {
    "id", "image", "width", "height", "source", "program", "theme", "family", "key", "complete", "fields", "lines",
}  # fmt: skip
FIELDS = {"is_error", "app", "kind", "message", "error_code", "category"}


def read(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_record_has_the_agreed_shape(path: Path) -> None:
    record = read(path)
    assert set(record) == KEYS
    assert record["id"] == path.stem
    assert set(record["fields"]) == FIELDS
    with Image.open(path.with_name(record["image"])) as picture:
        assert picture.size == (record["width"], record["height"])
    assert record["lines"]
    for line in record["lines"]:
        assert set(line) == {"text", "box", "role"}
        assert line["text"].strip() == line["text"] != ""
        if line["box"] is not None:
            x0, y0, x1, y1 = line["box"]
            assert 0 <= x0 < x1 <= record["width"] and 0 <= y0 < y1 <= record["height"], line


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_fields_follow_the_guide(path: Path) -> None:
    record = read(path)
    fields = record["fields"]
    shown = [line["text"] for line in record["lines"]]
    marked = [line["text"] for line in record["lines"] if line["role"] == "message"]
    assert fields["kind"] in get_args(Kind)
    assert fields["category"] in get_args(Category)
    assert fields["app"]
    if not fields["is_error"]:
        assert (fields["message"], fields["error_code"], fields["category"]) == (None, None, "none")
        assert not marked
        return
    assert fields["category"] != "none"
    assert squeezed("".join(marked)) == squeezed(fields["message"])
    if fields["error_code"] is not None:
        assert any(fields["error_code"] in text for text in shown)


TERMINALS = [path for path in CAPTURES if json.loads(path.read_text(encoding="utf-8"))["source"] == "xterm"]


@pytest.mark.parametrize("path", TERMINALS, ids=lambda path: path.stem)
def test_boxes_end_where_the_ink_does(path: Path) -> None:
    """In a terminal, where boxes are exact by construction, the pixels just inside each side differ from those outside."""
    record = read(path)
    with Image.open(path.with_name(record["image"])) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    for line in record["lines"]:
        if any("\u2500" <= character <= "\u259f" for character in line["text"]):
            continue  # box drawing goes on in the rows above and below
        x0, y0, x1, y1 = line["box"]
        if x0 > 0:
            assert not np.array_equal(pixels[y0:y1, x0], pixels[y0:y1, x0 - 1]), line
        if x1 < record["width"]:
            assert not np.array_equal(pixels[y0:y1, x1 - 1], pixels[y0:y1, x1]), line
        if y0 > 0:
            assert not np.array_equal(pixels[y0, x0:x1], pixels[y0 - 1, x0:x1]), line
        if y1 < record["height"]:
            assert not np.array_equal(pixels[y1 - 1, x0:x1], pixels[y1, x0:x1]), line


def test_dev_and_test_share_no_key() -> None:
    keys = {name: {read(path)["key"] for path in CAPTURES if path.parent.name == name} for name in ("dev", "test")}
    assert keys["dev"] and keys["test"]
    assert not keys["dev"] & keys["test"]


def test_there_are_enough_of_both() -> None:
    errors = [path for path in CAPTURES if read(path)["fields"]["is_error"]]
    assert len(errors) >= 60
    assert len(CAPTURES) - len(errors) >= 30


def test_nothing_is_alone_or_too_big() -> None:
    pictures = {path.with_suffix("") for path in ROOT.glob("*/*.png")}
    assert pictures == {path.with_suffix("") for path in CAPTURES}
    assert sum(path.stat().st_size for path in ROOT.rglob("*") if path.is_file()) < 13_000_000


def test_no_trace_of_the_machine_is_visible() -> None:
    for path in CAPTURES:
        text = path.read_text(encoding="utf-8")
        for trace in (str(Path(__file__).parents[2]), "pyenv", "/tmp/capture", "pypi", "npmjs"):
            assert trace not in text, f"{path.name} shows {trace}"
