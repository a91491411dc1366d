"""The desk over a real backend with small weights: replies to the script, errors in words, corrections that hold."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from mmgpt.schema import Diagnosis
from mmgpt.serve.backend import Backend
from mmgpt.serve.settings import Settings
from mmgpt.ui.correcting import changed, correct
from mmgpt.ui.desk import Desk, covered
from mmgpt.ui.shelf import Shelf, Shown
from tests.serve.running import make_debug_weights, running, shot
from tests.ui.hostile import Parsed
from tests.ui.test_card import diagnosis, picture


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def backend(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Backend]:
    async with running(make_debug_weights(tmp_path_factory.mktemp("debug"))) as made:
        yield made


@pytest.fixture
def desk(backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return Desk(backend, Settings(corrections=tmp_path / "corrections.sqlite"), Shelf())


async def last(steps: Any) -> Any:
    return [step async for step in steps][-1]


@pytest.mark.anyio
async def test_an_upload_becomes_a_desk_and_its_id_answers(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "shot.png"
    path.write_bytes(shot())
    steps = [html async for html in desk.open(path, "me", [])]
    assert "Reading the picture" in steps[0] and not path.exists()
    name = steps[-1].split('data-id="')[1].split('"')[0]
    answer = json.loads(await last(desk.ask(name, "What does it say?", "me")))
    assert answer["kind"] == "answer" and answer["done"] and "error" not in answer
    heat = json.loads(await desk.heat(name, "message", "me"))["heat"]
    assert len(heat["weights"]) == len(heat["tokens"]) and heat["size"] == [320, 160]
    redaction = json.loads(await desk.redact(name, "me"))
    assert redaction["data"].startswith("data:image/png;base64,") and redaction["name"] == "shot-redacted.png"
    for foreign in (
        await last(desk.ask(name, "What?", "you")),
        await desk.heat(name, "app", "you"),
        await desk.redact(name, "you"),
    ):
        assert "no longer kept" in json.loads(foreign)["error"]


@pytest.mark.anyio
async def test_errors_are_told_as_they_are(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "shot.png"
    path.write_bytes(b"<html>404</html>")
    text = Parsed(await last(desk.open(path, "", []))).text
    assert "picture" in text.lower() and "Traceback" not in text and str(tmp_path) not in text
    name = desk.shelf.put(Shown(picture(), ""))
    assert "empty" in json.loads(await last(desk.ask(name, "   ", "")))["error"]
    assert "must be one of" in json.loads(await desk.heat(name, "colour", ""))["error"]


@pytest.mark.anyio
async def test_a_correction_is_kept_and_contradictions_are_told(desk: Desk) -> None:
    name = desk.shelf.put(Shown(picture(), "", "a.png", diagnosis("boom", sources=[], cause=None, fixes=[])))
    form = {
        "is_error": "true",
        "message": "boom",
        "error_code": "boom",
        "app": "boom",
        "kind": "terminal",
        "category": "dns",
    }
    said = json.loads(await correct(desk, name, form, ""))
    assert said["text"].startswith("Kept as correction 1 (category)")
    assert (
        "Nothing is changed yet" in json.loads(await correct(desk, name, {**form, "category": "network"}, ""))["error"]
    )
    for wrong in ({**form, "category": "colour"}, {**form, "category": "none"}, "no form", {}):
        told = json.loads(await correct(desk, name, wrong, ""))
        assert told["error"] and "sqlite" not in told["error"]
    assert "no longer kept" in json.loads(await correct(desk, name, form, "you"))["error"]


def test_what_follows_from_no_error_is_not_asked_twice() -> None:
    found = changed(Diagnosis.model_validate(diagnosis()), {"is_error": "false", "message": "boom", "category": "dns"})
    assert found == {"is_error": False}


def test_control_characters_of_a_picture_are_no_change() -> None:
    odd = Diagnosis.model_validate(diagnosis("a\x1bb", sources=[]))
    assert changed(odd, {"message": "a b", "cause": "a b", "app": "a b"}) == {}


def test_what_is_covered_is_said() -> None:
    assert "email × 2" in covered({"covered": [{"kind": "email"}, {"kind": "email"}], "left": []})
    assert "can still be read" in covered({"covered": [], "left": ["token"]})
