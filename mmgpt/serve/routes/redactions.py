"""POST /v1/redact: the picture without the secrets that can be read in it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from mmgpt.serve.door.gone import until_gone
from mmgpt.serve.protocol import Redact
from mmgpt.serve.routes.answers import RedactionAnswer
from mmgpt.serve.routes.common import about_picture, as_json, redaction_of, stamp
from mmgpt.serve.routes.describe import PICTURE, Examples, picture_request
from mmgpt.serve.routes.requests import RedactForm, RedactRequest

router = APIRouter(tags=["pictures"])

_EXAMPLES: Examples = {
    "picture": ("the clean picture", {"image_url": PICTURE}),
    "report": (
        "with a report, and account names covered, too",
        {"image_url": PICTURE, "kinds": ["token", "user"], "response": "json"},
    ),
}
_PNG: dict[str, Any] = {
    "description": "the clean picture, or JSON with it and the report",
    "content": {"image/png": {"schema": {"type": "string", "contentMediaType": "image/png"}}},
    "headers": {
        "x-mmgpt-covered": {"description": "how many secrets were covered", "schema": {"type": "integer"}},
        "x-mmgpt-kinds": {"description": "of which kinds, as email=1,token=2", "schema": {"type": "string"}},
        "x-mmgpt-left": {
            "description": "how many could still be read afterwards; unless 0, do not pass the picture on",
            "schema": {"type": "integer"},
        },
    },
}
_KEPT = ("schema", "image", "covered", "left", "warnings")


@router.post(
    "/v1/redact",
    summary="Keys, passwords, addresses painted over",
    operation_id="redact",
    response_model=RedactionAnswer,
    responses={200: _PNG},
    openapi_extra=picture_request(RedactRequest, RedactForm, _EXAMPLES),
)
async def redact(request: Request) -> Response:
    """A new PNG without metadata, in which what was found is one flat colour; what was covered is counted in `x-mmgpt-…` headers. With
    `response: "json"` or `Accept: application/json` the picture comes as a data URL with a report of kinds and boxes. It covers what it
    can read: look at the result. As JSON with `image_url`, or as a form with the file `image`."""
    about = await about_picture(request, RedactRequest, RedactForm)
    asked = about.asked
    json_wanted = asked.response == "json" if asked.response else prefers_json(request.headers.get("accept", ""))
    kinds = None if asked.kinds is None else frozenset(asked.kinds)

    async def work() -> Response:
        done = await redaction_of(request, Redact(await about.picture(), kinds))
        report = {name: done.report[name] for name in _KEPT}
        headers = counted(report)
        if not json_wanted:
            return Response(
                done.png, 200, {**headers, "content-disposition": 'inline; filename="redacted.png"'}, "image/png"
            )
        url, digest = await asyncio.to_thread(_url_and_digest, done.png)
        return as_json({**stamp(request), "image": url, "sha256": digest, "report": report}, headers=headers)

    return await until_gone(request, work())


def counted(report: Mapping[str, Any]) -> dict[str, str]:
    """The headers that say what was covered: numbers and kinds, nothing of the picture's."""
    kinds = Counter(str(covered["kind"]) for covered in report["covered"])
    return {
        "x-mmgpt-covered": str(sum(kinds.values())),
        "x-mmgpt-kinds": ",".join(f"{kind}={number}" for kind, number in sorted(kinds.items())),
        "x-mmgpt-left": str(len(report["left"])),
    }


def prefers_json(accept: str) -> bool:
    """Whether an Accept header likes JSON better than PNG (RFC 9110, section 12.5.1; the more specific range counts)."""
    weights = {"application/json": (-1, 0.0), "image/png": (-1, 0.0)}
    for item in accept.split(","):
        name, *parameters = (part.strip().lower() for part in item.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, text = parameter.partition("=")
            if key.strip() == "q":
                try:
                    weight = min(max(float(text), 0.0), 1.0)
                except ValueError:
                    weight = 0.0
        for kind, (found, _) in weights.items():
            exactness = (
                2 if name == kind else 1 if name == kind.partition("/")[0] + "/*" else 0 if name == "*/*" else -1
            )
            if exactness > found:
                weights[kind] = (exactness, weight)
    return weights["application/json"][1] > weights["image/png"][1]


def _url_and_digest(png: bytes) -> tuple[str, str]:
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii"), hashlib.sha256(png).hexdigest()
