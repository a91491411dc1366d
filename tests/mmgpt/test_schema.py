"""The JSON that we emit: the design's example is valid, and what must not be in it is refused."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from mmgpt.caption import words_box
from mmgpt.schema import CATEGORIES, FIELDS, KINDS, Diagnosis, TextLine, clip, layout, line, unit
from vision.reader.types import Character, Line

EXAMPLE: dict[str, Any] = {
    "schema": "mmgpt.diagnosis/1",
    "image": {"width": 1280, "height": 800, "sha256": "0123456789abcdef" * 4},
    "caption": "A light browser page in which Chromium reports: «This site can’t be reached».",
    "is_error": True,
    "app": "Chromium",
    "kind": "browser",
    "message": "This site can’t be reached",
    "error_code": "ERR_CONNECTION_REFUSED",
    "category": "network",
    "cause": "Nothing listens there.",
    "fixes": ["Start the server."],
    "sources": [{"id": "chromium/err-connection-refused", "title": "ERR_CONNECTION_REFUSED"}],
    "evidence": [
        {"field": "error_code", "text": "ERR_CONNECTION_REFUSED", "box": [412, 388, 655, 404], "confidence": 0.98}
    ],
    "confidence": {"is_error": 0.99, "app": 0.97},
    "abstained": [],
    "text": [{"text": "This site can’t be reached", "box": [412, 300, 655, 330], "confidence": 0.9}],
    "warnings": [],
    "model": "mmgpt-nano",
    "timing_ms": {"total": 1480},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The example with one value at a path such as `text.0.box` changed or added."""
    data = copy.deepcopy(EXAMPLE)
    *parents, last = path.split(".")
    place: Any = data
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = value
    return data


def alike(value: Any, example: Any) -> bool:
    """Whether a value is the example, apart from keys that the example leaves at their defaults."""
    if isinstance(example, dict):
        more = [value[key] for key in value if key not in example]
        return all(alike(value[key], example[key]) for key in example) and all(
            v in (None, [], "", 0, 1.0) for v in more
        )
    if isinstance(example, list):
        return len(value) == len(example) and all(map(alike, value, example))
    return bool(value == example)


def test_the_example_of_the_design_survives_unchanged():
    value = Diagnosis.model_validate(EXAMPLE).to_dict()
    assert alike(value, EXAMPLE)
    assert [key for key in value if key in EXAMPLE] == list(EXAMPLE), "keys stand in the schema's order"
    assert Diagnosis.model_validate(value).to_dict() == value


def test_both_ways_of_writing_json_are_the_same_object():
    value = Diagnosis.model_validate(EXAMPLE).to_dict()
    assert json.loads(layout(value)) == json.loads(line(value)) == value
    assert "\n" not in line(value)
    assert "can’t" in line(value), "letters beyond ASCII stay readable"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("surprise", 1),
        ("image.path", "shot.png"),
        ("text.0.role", "button"),
        ("schema", "mmgpt.diagnosis/2"),
        ("image.width", 0),
        ("image.sha256", "ABC"),
        ("kind", "window"),
        ("category", "unknown"),
        ("confidence.app", 1.01),
        ("confidence.app", -0.01),
        ("confidence.app", float("nan")),
        ("confidence.colour", 0.5),
        ("evidence.0.field", "colour"),
        ("evidence.0.box", [412, 388, 655]),
        ("evidence.0.box", [655, 388, 412, 404]),
        ("text.0.box", [412, 330, 655, 300]),
        ("text.0.box", [-1, 300, 655, 330]),
        ("text.0.box", [412, 300, 1281, 330]),
        ("text.0.box", [412, 300, 655.5, 330]),
        ("text.0.confidence", 2),
        ("timing_ms.total", -1),
        ("kind", None),
        ("abstained", ["app"]),
        ("abstained", ["colour"]),
        ("evidence.0.doubtful", [[3, 3]]),
        ("evidence.0.doubtful", [[0, 1000]]),
        ("sources.0.score", 1.5),
        ("masked", -1),
        ("further", [{"app": "Git"}]),
    ],
)
def test_what_must_not_be_is_refused(path: str, value: Any):
    with pytest.raises(ValidationError):
        Diagnosis.model_validate(changed(path, value))


def test_sources_are_cited_for_something():
    with pytest.raises(ValidationError, match="cause"):
        Diagnosis.model_validate(EXAMPLE | {"cause": None, "fixes": []})
    assert Diagnosis.model_validate(EXAMPLE | {"cause": None, "fixes": [], "sources": []}).sources == []


@pytest.mark.parametrize("name", ["is_error", "kind", "category", "app"])
def test_a_field_that_was_not_sure_is_null_and_named(name: str):
    data = changed(name, None) | {"abstained": [name]}
    assert Diagnosis.model_validate(data).to_dict()[name] is None


def test_the_lists_of_names_are_the_guides():
    assert FIELDS == ("is_error", "app", "kind", "message", "error_code", "category")
    assert len(KINDS) == 10 and KINDS[0] == "browser" and KINDS[-1] == "other"
    assert len(CATEGORIES) == 21 and CATEGORIES[-2:] == ("other", "none")


def test_a_line_is_cut_at_the_edge_of_the_picture():
    value = TextLine.from_line(Line("abc", (-3, 5, 120, 60), 0.123456), width=100, height=50)
    assert value.box == (0, 5, 100, 50)
    assert value.confidence == 0.123


def test_clip_keeps_what_is_inside_and_empties_what_is_outside():
    assert clip((10, 10, 20, 20), 100, 50) == (10, 10, 20, 20)
    assert clip((200, 60, 300, 90), 100, 50) == (100, 50, 100, 50)


def test_unit_takes_whatever_a_network_may_give():
    assert [unit(value) for value in (0.5, 1.0000001, -1e-9, float("nan"), float("inf"))] == [0.5, 1.0, 0.0, 0.0, 1.0]


def test_the_box_of_a_code_hugs_the_code_and_not_its_line():
    text = "curl: (7) Failed"
    chars = tuple(Character(c, 10.0 * i, 10.0 * i + 8.5, 0.9) for i, c in enumerate(text))
    whole = Line(text, (0, 20, 160, 32), 0.9, chars)
    assert words_box(whole, "(7)") == (60, 20, 89, 32)
    assert words_box(whole, "Failed") == (100, 20, 159, 32)
    assert words_box(whole, "absent") == whole.box
    assert words_box(whole, "") == whole.box
    assert words_box(Line(text, whole.box, 0.9), "(7)") == whole.box


def test_importing_mmgpt_loads_nothing_heavy():
    code = (
        "import sys, mmgpt; assert mmgpt.__version__;"
        "heavy = {'torch', 'numpy', 'pydantic', 'PIL', 'rich'} & set(sys.modules); assert not heavy, heavy;"
        "assert callable(mmgpt.caption_image) and callable(mmgpt.read);"
        "heavy = {'torch', 'gradio', 'fastapi', 'datasets'} & set(sys.modules); assert not heavy;"
        "assert 'caption_image' in dir(mmgpt)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_asking_the_package_for_what_it_has_not_is_an_attribute_error():
    import mmgpt

    with pytest.raises(AttributeError, match="no_such_name"):
        mmgpt.no_such_name  # noqa: B018
