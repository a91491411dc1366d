"""POST /v1/query: a question about a picture, and its answer."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from mmgpt.diagnosis.asked import clean_lines
from mmgpt.diagnosis.question import wishes_of
from mmgpt.prompts import REFUSALS
from mmgpt.serve.door.gone import until_gone
from mmgpt.serve.protocol import ChatMessage, Delta, Diagnose, Generate
from mmgpt.serve.routes.answers import QueryAnswer
from mmgpt.serve.routes.captions import chunks
from mmgpt.serve.routes.common import about_picture, as_json, backend_of, owner_of, result_of, stamp
from mmgpt.serve.routes.describe import PICTURE, Examples, events, picture_request
from mmgpt.serve.routes.events import EventStream, Values, first_of
from mmgpt.serve.routes.requests import QueryForm, QueryRequest

if TYPE_CHECKING:
    from vision.image import LoadedImage

router = APIRouter(tags=["pictures"])

ANSWER_TOKENS = 128
"""Of an answer in the language model's own words; as many as in a diagnosis."""

_EXAMPLES: Examples = {
    "question": ("a question", {"image_url": PICTURE, "question": "Which host is it?"}),
    "stream": ("streamed", {"image_url": PICTURE, "question": "What does it say?", "stream": True}),
}
_EVENTS = events(
    'Events `{"chunk", "completed": false}` as the answer comes, a last one with the whole answer and `"completed": true`, then `[DONE]`.',
    'data: {"chunk":"db-1","completed":false}\n\ndata: [DONE]\n\n',
)


@router.post(
    "/v1/query",
    summary="An answer to a question about a picture",
    operation_id="query",
    response_model=QueryAnswer,
    responses={200: {"content": _EVENTS}},
    openapi_extra=picture_request(QueryRequest, QueryForm, _EXAMPLES),
)
async def query(request: Request) -> Response:
    """Questions about the error, its cause or its fix are answered from fields and cited entries, others by the language model. As JSON
    with `image_url`, or as a form with the file `image`."""
    about = await about_picture(request, QueryRequest, QueryForm)
    source = _events(request, about.picture, about.asked.question.strip())
    if about.asked.stream:
        return EventStream(await until_gone(request, first_of(source)), source)
    *_, last = await until_gone(request, _all(source))
    return as_json({name: value for name, value in last.items() if name != "completed"})


async def _all(source: Values) -> list[Mapping[str, Any]]:
    async with aclosing(source):
        return [value async for value in source]


async def _events(request: Request, load: Callable[[], Awaitable[LoadedImage]], question: str) -> Values:
    """The answer bit by bit, the whole of it last: from the language model as it speaks, or word by word where fields and entries have it.

    Both ways of asking go through here, so that both get the same answer.
    """
    picture = await load()
    backend = backend_of(request)
    info = await backend.info()
    if wishes_of(question) or not info.talks:
        result = await result_of(request, Diagnose(picture, question=question))
        whole = {**_answer(result, question), **stamp(request)}
        async for value in chunks(whole["answer"] or "", whole):
            yield value
        return
    asked = Generate((ChatMessage("user", (picture, question)),), max_tokens=ANSWER_TOKENS)
    said: list[str] = []
    start = time.perf_counter()
    async with aclosing(backend.generate(asked, owner=owner_of(request))) as items:
        async for item in items:
            if isinstance(item, Delta) and (text := _visible(item.text)):
                said.append(text)
                yield {"chunk": text, "completed": False}
    yield {
        **_own_words(info.name, picture, question, clean_lines("".join(said)) or None),
        "timing_ms": {"total": round((time.perf_counter() - start) * 1000, 1)},
        **stamp(request),
        "completed": True,
    }


def _visible(text: str) -> str:
    """A text without control characters and marks of direction; line ends stay."""
    return "".join(letter for letter in text if letter == "\n" or unicodedata.category(letter)[0] != "C")


def _answer(result: Mapping[str, Any], question: str) -> dict[str, Any]:
    """The answer's part of a diagnosis."""
    names = ("model", "image", "answer", "sources", "evidence", "warnings", "timing_ms")
    return {"question": question, **{name: result[name] for name in names}}


def _own_words(model: str, picture: LoadedImage, question: str, answer: str | None) -> dict[str, Any]:
    """What the language model said. Nothing is cited, and the warning says whose words they are, unless it declined."""
    warnings = list(picture.warnings)
    if answer is None:
        warnings.append("the language model had no answer to the question")
    elif answer not in REFUSALS:
        warnings.append("the answer is the language model's own: hold it against the picture")
    image = {"width": picture.width, "height": picture.height, "sha256": picture.sha256}
    found = {"model": model, "image": image, "question": question, "answer": answer}
    return {**found, "sources": [], "evidence": [], "warnings": warnings}
