"""What /openapi.json promises of these routes is so: examples work, answers are valid by the schemas."""

from __future__ import annotations

import json
from typing import Any

import httpx
import jsonschema
import pytest

from mmgpt.serve.routes import ROUTERS

PICTURES = ("/v1/diagnose", "/v1/caption", "/v1/query", "/v1/read", "/v1/redact")
POSTS = (*PICTURES, "/v1/chat/completions", "/v1/corrections")


@pytest.fixture(scope="module")
def api(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def _valid(api: dict[str, Any], schema: Any, value: Any) -> None:
    jsonschema.Draft202012Validator({**schema, "components": api["components"]}).validate(value)


@pytest.mark.parametrize("path", POSTS)
def test_every_example_is_valid_and_answered_as_promised(api: dict[str, Any], client: httpx.Client, path: str) -> None:
    operation = api["paths"][path]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    assert content["examples"] and {"400", "415", "429", "503"} <= set(operation["responses"])
    for example in content["examples"].values():
        _valid(api, content["schema"], example["value"])
        response = client.post(path, json=example["value"])
        assert response.status_code in (200, 201), response.text
        promised = operation["responses"][str(response.status_code)]["content"]
        kind = response.headers["content-type"].partition(";")[0]
        assert kind in promised
        if kind == "application/json":
            _valid(api, promised[kind]["schema"], response.json())


@pytest.mark.parametrize("path", PICTURES)
def test_forms_are_described(api: dict[str, Any], client: httpx.Client, png: bytes, path: str) -> None:
    schema = api["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert "image" in schema["required"] and schema["additionalProperties"] is False
    fields = {name: "What is it?" for name in schema["required"] if name != "image"}
    assert client.post(path, files={"image": png}, data=fields).status_code == 200


def test_errors_and_lists_are_valid_by_their_schemas(api: dict[str, Any], client: httpx.Client) -> None:
    refused = client.post("/v1/read", json={})
    _valid(
        api,
        api["paths"]["/v1/read"]["post"]["responses"]["400"]["content"]["application/json"]["schema"],
        refused.json(),
    )
    for path in ("/v1/models", "/v1/corrections"):
        schema = api["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        _valid(api, schema, client.get(path).json())


def test_schemas_refuse_what_the_server_refuses(api: dict[str, Any]) -> None:
    schema = api["paths"]["/v1/chat/completions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    good: dict[str, Any] = {"messages": [{"role": "user", "content": "a"}]}
    _valid(api, schema, good)
    wrong: list[dict[str, Any]] = [
        {"n": 17},
        {"temperature": 3},
        {"stop": [""]},
        {"top_p": -1},
        {"messages": []},
        {"max_tokens": 0},
    ]
    for bad in wrong:
        with pytest.raises(jsonschema.ValidationError):
            _valid(api, schema, {**good, **bad})


def test_nothing_in_the_description_goes_out_or_names_this_machine(api: dict[str, Any]) -> None:
    text = json.dumps(api)
    assert "$defs" not in text and "/work" not in text and "0x" not in text
    assert len(ROUTERS) == len(set(ROUTERS))
