"""Requests that nobody thought of: made from the API's own description, from JSON of any kind, from damaged pictures.

MMGPT_FUZZ=20000 sends so many pictures; MMGPT_EXAMPLES=200 makes so many requests for each route.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from benchmarks.fuzz_images import LEAST, run
from tests.serve.hold.asking import Asker, data_url, events_of, judged
from tests.serve.hold.odd_pictures import one_bit
from tests.serve.servers import Server

PICTURES = int(os.environ.get("MMGPT_FUZZ", "600"))
EXAMPLES = int(os.environ.get("MMGPT_EXAMPLES", "0"))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, response_headers_conformance,
    unsupported_method,
]  # fmt: skip
QUIET = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.function_scoped_fixture,
]

pytestmark = [pytest.mark.slow, pytest.mark.hold]


# -- the API's own description ----------------------------------------------------------------------------------------------------


def test_answers_are_as_described(server: Server) -> None:
    """schemathesis over all routes: requests as described, and requests that are not; every answer is one that the description has."""
    api = schemathesis.openapi.from_url(f"{server.url}/openapi.json", headers=server.headers)
    api.config.output.sanitization.update(enabled=False)
    operations: list[Any] = [found.ok() for found in api.get_all_operations()]  # type: ignore[union-attr]
    assert len(operations) >= 18
    tried: dict[tuple[str, int], int] = {}
    for operation in operations:
        for mode in list(GenerationMode):
            with contextlib.suppress(Unsatisfiable):  # nothing can be wrong with a request that has no parts
                _conforming(operation, mode, server, tried)()
    assert {label for label, _ in tried} == {operation.label for operation in operations}
    assert not [key for key in tried if key[1] >= 500]
    with server.client() as http:
        Asker(server, http).good()


def _conforming(operation: Any, mode: GenerationMode, server: Server, tried: dict[tuple[str, int], int]) -> Any:
    """A test of one operation with requests as described (positive) or not (negative)."""

    @settings(
        max_examples=EXAMPLES or 12, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=QUIET,
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def conforms(case: Any) -> None:
        response = case.call(headers=server.headers, timeout=60)
        stream = "text/event-stream" in str(response.headers.get("content-type"))
        # the description (OpenAPI 3.1) has a schema for a whole stream, the check takes it for one of each event
        case.validate_response(
            response, checks=[check for check in CHECKS if not stream or check is not response_schema_conformance]
        )
        if stream:
            assert events_of(response.text), response.text  # it reads a few events and goes away
        tried[operation.label, response.status_code] = tried.get((operation.label, response.status_code), 0) + 1

    return conforms


# -- JSON of any kind -------------------------------------------------------------------------------------------------------------

PICTURE = data_url(one_bit(24, 16))
GOOD: dict[str, dict[str, Any]] = {
    "/v1/diagnose": {"image_url": PICTURE, "question": "Why?", "context": {"app": "x"}, "mask_secrets": False},
    "/v1/caption": {"image_url": {"url": PICTURE, "detail": "low"}, "length": "long", "stream": False},
    "/v1/query": {"image_url": PICTURE, "question": "What is it?", "stream": True, "settings": {"temperature": 0}},
    "/v1/read": {"image_url": PICTURE},
    "/v1/redact": {"image_url": PICTURE, "kinds": ["token"], "response": "json"},
    "/v1/corrections": {
        "diagnosis": {
            "schema": "mmgpt.diagnosis/1", "image": {"width": 9, "height": 9, "sha256": "0" * 64}, "caption": "A terminal.",
            "is_error": True, "app": "curl", "kind": "terminal", "message": "curl: (6) no host", "error_code": "6", "category": "network",
            "model": "mmgpt-debug",
        },
        "values": {"category": "dns", "app": "wget", "fixes": ["Wait."]}, "scope": "message", "exact": True, "note": "n",
    },
    "/v1/chat/completions": {
        "model": "mmgpt-debug", "max_tokens": 3, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "seed": 1, "n": 2, "stop": ["a", "b"],
        "stream": True, "stream_options": {"include_usage": True}, "logprobs": True, "top_logprobs": 2, "user": "u",
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "string", "maxLength": 4}}},
        "messages": [
            {"role": "system", "content": "Be short."},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": PICTURE}}, {"type": "text", "text": "?"}]},
        ],
    },
    "/v1/jobs": {"image_urls": [PICTURE, {"url": PICTURE}], "task": "diagnose", "question": "?", "more": False},
    "/v1/jobs/{id}/pictures": {"image_urls": [PICTURE], "more": True},
    "/v1/jobs/{id}/cancel": {},
}  # fmt: skip
"""A body that is right, for every route that takes one."""
SPECIAL: tuple[Any, ...] = (
    "",
    PICTURE,
    "data:image/png;base64,AAAA",
    "file:///x",
    "http://127.0.0.1:1/",
    "\x00",
    "\u202e",
    "auto",
    -1,
    0,
    2**63,
    1e308,
    {},
    [],
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20), st.sampled_from(SPECIAL)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def bodies(draw: st.DrawFn, good: dict[str, Any]) -> Any:
    """A body that is nearly right, in one to three places not; now and then one of any kind."""
    if draw(st.integers(0, 5)) == 0:
        return draw(VALUES)
    body = copy.deepcopy(good)
    for _ in range(draw(st.integers(1, 3))):
        here: Any = body
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            way = draw(st.integers(0, 9))
            if not keys or way == 0:
                if isinstance(here, dict):
                    here[draw(st.text(max_size=8))] = draw(VALUES)
                else:
                    here.append(draw(VALUES))
                break
            key = draw(st.sampled_from(keys))
            if isinstance(here[key], dict | list) and way > 2:
                here = here[key]
                continue
            if way == 1:
                del here[key]
            else:
                here[key] = draw(VALUES)
            break
    return body


@pytest.mark.parametrize("path", GOOD)
def test_json_of_any_kind(server: Server, path: str) -> None:
    """Never 5xx, and errors in the one shape with nothing of the inside."""
    statuses: set[int] = set()
    with server.client() as http:
        made = http.post("/v1/jobs", json={"image_urls": [PICTURE], "task": "read", "more": True}).json()
        address = path.format(id=made["id"])

        @settings(
            max_examples=EXAMPLES or 100, deadline=None, derandomize=True, database=None, phases=[Phase.generate, Phase.shrink],
            suppress_health_check=QUIET,
        )  # fmt: skip
        @given(body=bodies(GOOD[path]))
        def answered(body: Any) -> None:
            response = judged(
                http.post(address, content=json.dumps(body), headers={"content-type": "application/json"})
            )
            assert response.status_code < 500, response.text
            statuses.add(response.status_code)

        assert http.post(address, json=GOOD[path]).status_code < 300
        answered()
        assert 400 in statuses or path.endswith("cancel"), statuses
        Asker(server, http).good()


# -- damaged pictures -------------------------------------------------------------------------------------------------------------


def test_damaged_pictures(server: Server) -> None:
    """Each gets 200, or 400 with a code for pictures; most of them are still decoded."""
    found = asyncio.run(run(server.url, range(PICTURES), key=server.key))
    assert sum(found.statuses.values()) == PICTURES and not found.wrong, found.wrong[:5]
    assert found.answered >= LEAST and len([code for code in found.codes if code]) >= 4, (found.answered, found.codes)
    with server.client() as http:
        Asker(server, http).good()
