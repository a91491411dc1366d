"""POST /v1/caption: what a picture shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from mmgpt.serve.door.gone import until_gone
from mmgpt.serve.protocol import Caption
from mmgpt.serve.routes.answers import DiagnosisAnswer
from mmgpt.serve.routes.common import about_picture, as_json, result_of, stamp
from mmgpt.serve.routes.describe import PICTURE, Examples, events, picture_request
from mmgpt.serve.routes.events import EventStream, Values
from mmgpt.serve.routes.requests import CaptionForm, CaptionRequest

router = APIRouter(tags=["pictures"])

LONG = 600
"""Characters of read text in a long caption."""

_EXAMPLES: Examples = {
    "picture": ("a picture", {"image_url": PICTURE}),
    "long": ("with what can be read", {"image_url": PICTURE, "length": "long"}),
    "stream": ("as server-sent events", {"image_url": PICTURE, "stream": True}),
}
_EVENTS = events(
    'Events `{"chunk", "completed": false}`, whose chunks joined are the caption, a last one with the whole answer and '
    '`"completed": true`, then `[DONE]`.',
    'data: {"chunk":"A terminal.","completed":false}\n\ndata: [DONE]\n\n',
)


@router.post(
    "/v1/caption",
    summary="What a picture shows, in a sentence and in fields",
    operation_id="caption",
    response_model=DiagnosisAnswer,
    responses={200: {"content": _EVENTS}},
    openapi_extra=picture_request(CaptionRequest, CaptionForm, _EXAMPLES),
)
async def caption(request: Request) -> Response:
    """`caption` and the fields of a diagnosis without cause and fixes. The model makes one sentence; `length` long adds what can be read.
    As JSON with `image_url`, or as a form with the file `image`."""
    about = await about_picture(request, CaptionRequest, CaptionForm)
    asked = about.asked

    async def work() -> dict[str, Any]:
        result = await result_of(request, Caption(await about.picture()))
        if asked.length == "long":
            result["caption"] = long_caption(result)
        return {**result, **stamp(request)}

    answer = await until_gone(request, work())
    if not asked.stream:
        return as_json(answer)
    source = chunks(answer["caption"], answer)
    return EventStream(await source.__anext__(), source)


def long_caption(result: Mapping[str, Any]) -> str:
    """The caption and what was read besides, word for word, as far as `LONG` goes."""
    said: str = result["caption"]
    read: list[str] = []
    left = LONG
    for line in result.get("text", ()):
        text = str(line["text"]).strip()
        if not text or text in said:
            continue
        left -= len(text)
        if left < 0:
            read.append("…")
            break
        read.append(f"“{text}”")
    return f"{said}\nIt reads: {' / '.join(read)}" if read else said


async def chunks(text: str, whole: Mapping[str, Any]) -> Values:
    """A text that is known already as the events of a stream: word by word, then the whole answer."""
    for word in re.findall(r"\s*\S+\s*$|\s*\S+", text):
        yield {"chunk": word, "completed": False}
    yield {**whole, "completed": True}
