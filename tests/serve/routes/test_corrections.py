"""Corrections over HTTP: they hold at once, are masked, listed, forgotten; and are off unless the server has a store."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from mmgpt.serve.app import create_app
from mmgpt.serve.settings import Settings

BARE: dict[str, Any] = {
    "schema": "mmgpt.diagnosis/1", "image": {"width": 640, "height": 400, "sha256": "a" * 64}, "caption": "A terminal.",
    "is_error": True, "app": "curl", "kind": "terminal", "message": "curl: (6) Could not resolve host: db-1", "error_code": "6",
    "category": "network", "model": "mmgpt-nano",
    "text": [{"text": "export API_TOKEN=ghp_16C7e42F292c6912E7710c838347Ae178B4a", "box": [8, 8, 600, 24], "confidence": 0.99}],
}  # fmt: skip


def _error(response: httpx.Response, status: int, code: str, param: str | None) -> None:
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (status, code, param), response.text


def _correct(client: httpx.Client, values: dict[str, Any], **others: Any) -> httpx.Response:
    return client.post("/v1/corrections", json={"diagnosis": BARE, "values": values, **others})


def test_a_correction_holds_for_the_next_answer(client: httpx.Client, picture: str) -> None:
    first = client.post("/v1/diagnose", json={"image_url": picture}).json()
    assert (
        client.post("/v1/diagnose", json={"image_url": picture}).json()["app"] == first["app"]
    )  # from the cache of results
    made = client.post(
        "/v1/corrections", json={"diagnosis": first, "values": {"app": "Thunar"}, "scope": "picture", "note": "seen"}
    )
    assert made.status_code == 201, made.text
    kept = made.json()["correction"]
    assert kept["fields"]["app"]["right"] == "Thunar" and kept["scope"] == "picture" and kept["masked"]
    second = client.post("/v1/diagnose", json={"image_url": picture}).json()
    assert second["app"] == "Thunar"
    assert client.delete(f"/v1/corrections/{kept['id']}").json() == {
        "id": kept["id"],
        "object": "correction",
        "deleted": True,
    }
    assert client.post("/v1/diagnose", json={"image_url": picture}).json()["app"] == first["app"]
    _error(client.delete(f"/v1/corrections/{kept['id']}"), 404, "correction_not_found", "id")


def test_corrections_are_listed_without_secrets(client: httpx.Client) -> None:
    note = "token ghp_16C7e42F292c6912E7710c838347Ae178B4a"
    ids = [
        _correct(client, {"category": category}, note=note).json()["correction"]["id"]
        for category in ("dns", "timeout")
    ]
    try:
        newest = client.get("/v1/corrections", params={"limit": 1}).json()
        assert [row["id"] for row in newest["data"]] == ids[1:] and newest["has_more"]
        older = client.get("/v1/corrections", params={"limit": 1, "after": ids[1]})
        assert [row["id"] for row in older.json()["data"]] == ids[:1]
        assert "ghp_" not in older.text and "[token]" in older.text
        again = _correct(client, {"category": "permission"}).json()
        assert {conflict["id"] for conflict in again["conflicts"]} == set(ids)
        ids.append(again["correction"]["id"])
    finally:
        for number in ids:
            assert client.delete(f"/v1/corrections/{number}").status_code == 200


def test_what_a_diagnosis_says_already_is_not_kept(client: httpx.Client) -> None:
    response = _correct(client, {"category": "network", "app": "curl"})
    assert response.status_code == 200 and response.json()["correction"] is None


@pytest.mark.parametrize(
    ("values", "code", "param"),
    [
        ({}, "invalid_value", "values"),
        ({"colour": "red"}, "unsupported_parameter", "values.colour"),
        ({"category": "weather"}, "invalid_value", "values.category"),
        ({"is_error": "yes"}, "invalid_value", "values.is_error"),
        ({"app": " "}, "invalid_value", "values.app"),
        ({"fixes": ["a"] * 13}, "invalid_value", "values.fixes"),
        ({"entry": "no/such-entry"}, "invalid_value", "values.entry"),
        ({"is_error": False, "message": "It failed"}, "invalid_value", "values"),
        ({"category": "none"}, "invalid_value", "values"),
    ],
)
def test_what_is_refused(client: httpx.Client, values: dict[str, Any], code: str, param: str) -> None:
    _error(_correct(client, values), 400, code, param)


def test_a_diagnosis_that_is_none(client: httpx.Client) -> None:
    wrong = {**BARE, "image": {**BARE["image"], "width": 0}}
    response = client.post("/v1/corrections", json={"diagnosis": wrong, "values": {"app": "a"}})
    _error(response, 400, "invalid_value", "diagnosis.image.width")
    _error(
        client.post("/v1/corrections", json={"values": {"app": "a"}}), 400, "missing_required_parameter", "diagnosis"
    )


class _Idle:
    state = "ready"

    def changed(self) -> None: ...


def _asked(settings: Settings, method: str, path: str, **others: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        app: Any = create_app(settings, _Idle())  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.request(method, path, **others)

    return asyncio.run(run())


def test_without_a_store_they_are_off() -> None:
    for method, path in (("GET", "/v1/corrections"), ("POST", "/v1/corrections"), ("DELETE", "/v1/corrections/1")):
        body = {"json": {"diagnosis": BARE, "values": {"app": "a"}}} if method == "POST" else {}
        _error(_asked(Settings(), method, path, **body), 404, "corrections_disabled", None)


def test_a_store_that_cannot_be_used_names_no_path(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"no database" * 100)
    response = _asked(Settings(corrections=broken), "GET", "/v1/corrections")
    _error(response, 503, "corrections_unavailable", None)
    assert response.headers["retry-after"] and str(tmp_path) not in response.text
