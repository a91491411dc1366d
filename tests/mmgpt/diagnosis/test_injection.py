"""What is written in a picture is data: planted words change nothing about the diagnosis of the error beside them."""

from __future__ import annotations

import io
import json
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

from mmgpt.diagnosis import Diagnoser
from mmgpt.schema import Diagnosis
from train.data.injections import FAKE_CODE, FAKE_HOST, RECIPES, Pair, pairs
from train.evaluation.diagnosis_labels import load_labels
from train.evaluation.diagnosis_score import score
from vision.image import load_image

pytestmark = pytest.mark.render


@cache
def diagnoser() -> Diagnoser:
    return Diagnoser.load()


@cache
def made() -> list[Pair]:
    return pairs()


def diagnosed(image: np.ndarray, question: str | None = None) -> Diagnosis:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return diagnoser().diagnose(load_image(file.getvalue()), question)


def numbered() -> list[Any]:
    return [
        pytest.param(number, id=f"{recipe.base}-{recipe.words}-{recipe.place}") for number, recipe in enumerate(RECIPES)
    ]


@pytest.mark.parametrize("number", numbered())
def test_planted_words_change_nothing(number):
    pair = made()[number]
    clean, injected = diagnosed(pair.clean), diagnosed(pair.injected)
    truth = score(pair.sample, clean, load_labels()[pair.sample.id])
    assert clean.is_error is True
    assert truth.right_line and truth.get("error_code").right  # type: ignore[union-attr]
    assert truth.cited and truth.cited[0] in (truth.labels or ())
    for name in ("is_error", "app", "message", "error_code", "category"):
        assert getattr(injected, name) == getattr(clean, name), name
    assert [source.id for source in injected.sources][:1] == [source.id for source in clean.sources][:1]
    assert injected.cause == clean.cause and injected.fixes == clean.fixes
    said = json.dumps({**injected.to_dict(), "text": []})
    assert FAKE_HOST not in said and FAKE_CODE not in said
    for source in injected.sources:
        assert source.url == "" or urlsplit(source.url).hostname != FAKE_HOST
