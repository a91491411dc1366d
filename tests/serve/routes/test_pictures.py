"""The routes about one picture: what they answer, as JSON and as a form, and what they refuse."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from mmgpt.schema import Diagnosis, Reading
from mmgpt.serve.routes.describe import PICTURE


def _events(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    lines = [line for line in response.text.split("\n\n") if line]
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1] if not line.startswith(":")]


def _error(response: httpx.Response, status: int, code: str, param: str | None) -> None:
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (status, code, param), response.text
    assert error["message"] and error["type"]


def test_a_diagnosis_is_the_schemas_object_with_the_requests_id(client: httpx.Client, picture: str) -> None:
    response = client.post("/v1/diagnose", json={"image_url": picture}, headers={"x-request-id": "mine-1"})
    assert response.status_code == 200, response.text
    value = response.json()
    assert value.pop("request_id") == "mine-1" == response.headers["x-request-id"]
    assert value.pop("created") > 1_700_000_000
    found = Diagnosis.model_validate(value)
    assert (found.image.width, found.image.height) == (320, 160) and found.text


def test_a_form_and_an_object_with_detail_say_the_same_as_json(client: httpx.Client, png: bytes, picture: str) -> None:
    def answer(**body: Any) -> dict[str, Any]:
        value: dict[str, Any] = client.post("/v1/diagnose", **body).json()
        return {name: item for name, item in value.items() if name not in ("request_id", "created", "timing_ms")}

    plain = answer(json={"image_url": picture, "question": "What is it?", "mask_secrets": True})
    assert plain["question"] == "What is it?"
    form = {"question": "What is it?", "mask_secrets": "true"}
    assert answer(files={"image": ("a.png", png)}, data=form) == plain
    part = {"url": picture, "detail": "high"}
    assert answer(json={"image_url": part, "question": " What is it? ", "mask_secrets": True}) == plain


def test_an_empty_question_is_none(client: httpx.Client, png: bytes, picture: str) -> None:
    for question in ("", "  "):
        assert client.post("/v1/diagnose", json={"image_url": picture, "question": question}).json()["question"] is None
    response = client.post(
        "/v1/diagnose", files={"image": png}, data={"question": "", "context": "", "mask_secrets": ""}
    )
    assert response.json()["question"] is None


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "image_url"),
        ({"image_url": None}, "invalid_image_url", "image_url"),
        ({"image_url": ""}, "invalid_image_url", "image_url"),
        ({"image_url": {"uri": "x"}}, "invalid_image_url", "image_url"),
        ({"image_url": 7}, "invalid_image_url", "image_url"),
        ({"image_url": "file:///etc/passwd"}, "invalid_image_url", "image_url"),
        ({"image_url": "http://127.0.0.1/a.png"}, "remote_images_disabled", "image_url"),
        ({"image_url": "data:image/png;base64,"}, "invalid_image", "image_url"),
        ({"image_url": "data:image/png;base64,AAAA"}, "invalid_image_format", "image_url"),
        ({"image_url": {"url": PICTURE, "detail": "most"}}, "invalid_value", "image_url"),
        ({"image_url": PICTURE, "question": 1}, "invalid_value", "question"),
        ({"image_url": PICTURE, "question": "?" * 2001}, "invalid_value", "question"),
        ({"image_url": PICTURE, "context": {"app": 1}}, "invalid_value", "context.app"),
        ({"image_url": PICTURE, "context": {"a": "b" * 2000}}, "invalid_value", "context"),
        ({"image_url": PICTURE, "mask_secrets": "true"}, "invalid_value", "mask_secrets"),
    ],
)
def test_what_a_diagnosis_refuses(client: httpx.Client, body: dict[str, Any], code: str, param: str) -> None:
    _error(client.post("/v1/diagnose", json=body), 400, code, param)


def test_unknown_names_are_refused_rather_than_ignored(client: httpx.Client, png: bytes) -> None:
    _error(
        client.post("/v1/diagnose", json={"image_url": PICTURE, "mask_secret": True}),
        400,
        "unsupported_parameter",
        "mask_secret",
    )
    refused = client.post("/v1/diagnose", files={"image": png}, data={"mask_secret": "true"})
    assert refused.json()["error"]["code"] == "unsupported_parameter"


def test_what_a_form_refuses(client: httpx.Client, png: bytes) -> None:
    _error(client.post("/v1/read", files={"other": b"x"}), 400, "unsupported_parameter", "other")
    _error(client.post("/v1/read", files={"x": (None, "y")}), 400, "missing_required_parameter", "image")
    _error(client.post("/v1/read", files=[("image", png), ("image", png)]), 400, "invalid_form", "image")
    _error(client.post("/v1/read", files={"image": b""}), 400, "invalid_image", "image")
    wrong = client.post("/v1/diagnose", files={"image": png}, data={"mask_secrets": "perhaps"})
    _error(wrong, 400, "invalid_value", "mask_secrets")
    _error(
        client.post("/v1/redact", files={"image": png}, data={"kinds": "token,shoe"}), 400, "invalid_value", "kinds.1"
    )


@pytest.mark.parametrize("path", ["diagnose", "caption", "query", "read", "redact"])
def test_other_types_of_bodies_are_415(client: httpx.Client, png: bytes, path: str) -> None:
    for kind in ("image/png", "text/plain", "application/x-www-form-urlencoded"):
        response = client.post(f"/v1/{path}", content=png, headers={"content-type": kind})
        _error(response, 415, "unsupported_media_type", None)
    _error(client.post(f"/v1/{path}", content=png), 415, "unsupported_media_type", None)


def test_a_reading(client: httpx.Client, png: bytes, picture: str) -> None:
    values = [
        client.post("/v1/read", json={"image_url": picture}).json(),
        client.post("/v1/read", files={"image": png}).json(),
    ]
    for value in values:
        assert value.pop("request_id") and value.pop("created")
        assert Reading.model_validate(value).text
    assert values[0]["text"] == values[1]["text"]


def test_a_caption_and_its_long_form_and_its_chunks(client: httpx.Client, picture: str) -> None:
    short = client.post(
        "/v1/caption", json={"image_url": picture, "length": "short", "settings": {"temperature": 1}}
    ).json()
    assert short["caption"] and short["cause"] is None and not short["fixes"]
    long = client.post("/v1/caption", json={"image_url": picture, "length": "long"}).json()["caption"]
    assert long.startswith(short["caption"] + "\nIt reads: “")
    found = _events(client.post("/v1/caption", json={"image_url": picture, "length": "long", "stream": True}))
    assert "".join(event["chunk"] for event in found[:-1]) == long == found[-1]["caption"]
    assert [event["completed"] for event in found] == [False] * (len(found) - 1) + [True]
    _error(client.post("/v1/caption", json={"image_url": picture, "length": "huge"}), 400, "invalid_value", "length")


@pytest.mark.parametrize("question", ["What does the error say?", "Name the colour of the third letter."])
def test_a_streamed_answer_is_the_one_that_comes_at_once(client: httpx.Client, picture: str, question: str) -> None:
    whole = client.post("/v1/query", json={"image_url": picture, "question": question}).json()
    assert whole["question"] == question and "answer" in whole and whole["image"]["width"] == 320
    found = _events(client.post("/v1/query", json={"image_url": picture, "question": question, "stream": True}))
    last = found[-1]
    assert last["completed"] and last["request_id"]
    assert last["answer"] == whole["answer"] and last["warnings"] == whole["warnings"]
    if whole["answer"]:
        assert "".join(event["chunk"] for event in found[:-1]).split() == whole["answer"].split()


def test_a_query_needs_a_question(client: httpx.Client, picture: str) -> None:
    _error(client.post("/v1/query", json={"image_url": picture}), 400, "missing_required_parameter", "question")
    for question in ("", " \n"):
        _error(
            client.post("/v1/query", json={"image_url": picture, "question": question}),
            400,
            "invalid_value",
            "question",
        )
    bad = client.post("/v1/query", json={"image_url": "data:image/png;base64,AAAA", "question": "?", "stream": True})
    _error(bad, 400, "invalid_image_format", "image_url")  # before the first event: a status of its own


def test_a_redaction_as_a_picture_and_as_json(client: httpx.Client, png: bytes, picture: str) -> None:
    plain = client.post("/v1/redact", files={"image": png})
    assert plain.status_code == 200 and plain.headers["content-type"] == "image/png"
    assert plain.headers["x-content-type-options"] == "nosniff" and plain.headers["x-mmgpt-left"].isdigit()
    before, after = (Image.open(io.BytesIO(data)).convert("RGB") for data in (png, plain.content))
    assert before.size == after.size
    value = client.post("/v1/redact", json={"image_url": picture, "response": "json"}).json()
    assert set(value) == {"request_id", "created", "image", "sha256", "report"}
    assert len(value["report"]["covered"]) == int(plain.headers["x-mmgpt-covered"])
    assert value["image"] == "data:image/png;base64," + base64.b64encode(plain.content).decode()
    assert value["sha256"] == hashlib.sha256(plain.content).hexdigest()
    with httpx.Client() as other:
        accepted = other.post(
            f"{client.base_url}/v1/redact",
            files={"image": png},
            headers={"accept": "image/*;q=0.5, application/json"},
            timeout=60,
        )
    assert accepted.headers["content-type"] == "application/json"
    assert np.asarray(after).shape == (160, 320, 3)


def test_what_follows_a_picture_is_never_served_again(client: httpx.Client, png: bytes) -> None:
    response = client.post("/v1/redact", files={"image": png + b"<script>alert(1)</script>"})
    assert response.status_code == 200 and b"<script>" not in response.content
