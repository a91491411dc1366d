"""POST /v1/chat/completions: conversations about pictures, in OpenAI's protocol."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from pydantic import RootModel, ValidationError
from starlette.responses import Response

from mmgpt.serve.door.gone import until_gone
from mmgpt.serve.door.jsons import json_body
from mmgpt.serve.door.validation import validation_error
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.pictures import Budget, pictures_of
from mmgpt.serve.protocol import ChatMessage, Delta, Finished, Generate, ModelInfo, Started, Token
from mmgpt.serve.routes.chat_objects import ChatCompletion, copied_of, logprobs_of, usage_of
from mmgpt.serve.routes.chat_requests import ChatRequest, ImagePart, check, ignored, refuse_unsupported, text_of
from mmgpt.serve.routes.choices import side_by_side
from mmgpt.serve.routes.common import as_json, backend_of, owner_of
from mmgpt.serve.routes.describe import PICTURE, Examples, events, json_request
from mmgpt.serve.routes.events import EventStream, Values, first_of
from mmgpt.serve.routes.models import check_model

router = APIRouter(tags=["openai"])

MAX_TOKENS = 256
"""Of an answer, unless said otherwise."""

_log = logging.getLogger("mmgpt.serve")
_PART = {"type": "image_url", "image_url": {"url": PICTURE}}
_SCHEMA = {
    "type": "object",
    "properties": {"code": {"type": "string"}},
    "required": ["code"],
    "additionalProperties": False,
}
_EXAMPLES: Examples = {
    "picture": (
        "a picture and a question",
        {"messages": [{"role": "user", "content": [_PART, {"type": "text", "text": "Which error is it?"}]}]},
    ),
    "stream": (
        "streamed, with counted tokens",
        {
            "messages": [{"role": "user", "content": [_PART, {"type": "text", "text": "What does it say?"}]}],
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    ),
    "turns": (
        "several turns",
        {
            "messages": [
                {"role": "user", "content": [_PART, {"type": "text", "text": "Is there an error?"}]},
                {"role": "assistant", "content": "Yes."},
                {"role": "user", "content": "Which code does it have?"},
            ],
            "max_completion_tokens": 32,
        },
    ),
    "json": (
        "JSON by a schema",
        {
            "messages": [{"role": "user", "content": [_PART, {"type": "text", "text": "The code as JSON."}]}],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "code", "schema": _SCHEMA, "strict": True},
            },
            "max_tokens": 48,
        },
    ),
}
_EVENTS = events(
    "Chunks as OpenAI sends them (`chat.completion.chunk`): the role first, then text, `finish_reason` once a choice, with "
    "`include_usage` a last one without choices that counts tokens, then `[DONE]`. A failure on the way is an event "
    '`{"error": …}` without `[DONE]`.',
    'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Yes."}}]}\n\ndata: [DONE]\n\n',
)


class _AnyObject(RootModel[dict[str, Any]]):
    """A JSON object, whatever is in it."""


@dataclass
class Talk:
    """A request, ready to be answered."""

    asked: ChatRequest
    info: ModelInfo
    generate: Generate
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def count(self) -> int:
        """How many choices are wanted."""
        return self.asked.n or 1

    def head(self, kind: str) -> dict[str, Any]:
        """What the answer and all of its chunks have in common."""
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.info.name,
            "system_fingerprint": f"fp_{self.info.sha256[:16]}",
        }


@dataclass
class Said:
    """What has been said of a choice so far, and the counts that came with it."""

    tokens: list[Token] = field(default_factory=list)
    prompt: int = 0
    cached: int = 0
    end: Finished | None = None

    def take(self, event: Started | Delta | Finished) -> None:
        """One more event."""
        if isinstance(event, Started):
            self.prompt, self.cached = event.prompt_tokens, event.cached_tokens
        elif isinstance(event, Delta):
            self.tokens += event.tokens
        else:
            self.end = event


@router.post(
    "/v1/chat/completions",
    summary="A conversation about pictures (OpenAI's protocol)",
    operation_id="chat_completions",
    response_model=ChatCompletion,
    responses={200: {"content": _EVENTS}, 404: {"description": "there is no such model"}},
    openapi_extra=json_request(ChatRequest, _EXAMPLES),
)
async def chat_completions(request: Request) -> Response:
    """Text, data URLs of pictures, several turns. Greedy unless `temperature` says otherwise. `response_format` is always kept to. What an
    answer quotes is copied from what was read: `copied` says from where."""
    body = (await json_body(request, _AnyObject)).root
    refuse_unsupported(body)
    try:
        asked = ChatRequest.model_validate(body)
    except ValidationError as error:
        raise validation_error(error.errors(include_url=False, include_input=False), body) from None
    check(asked, request)
    names = ignored(asked)
    if names:
        _log.info("parameters without effect", extra={"request_id": request.state.request_id, "parameters": names})
    headers = {"x-mmgpt-ignored": ",".join(names)} if names else {}
    if not asked.stream:

        async def work() -> dict[str, Any]:
            return await _whole(request, await _prepared(request, asked))

        return as_json(await until_gone(request, work()), headers=headers)
    source = _chunks(request, asked)
    return EventStream(await until_gone(request, first_of(source)), source, headers)


async def _prepared(request: Request, asked: ChatRequest) -> Talk:
    """Model, schema and pictures, judged in this order, the cheap ones first. Raises ServiceError."""
    info = await backend_of(request).info()
    check_model(asked.model, info)
    if not info.talks:
        raise ServiceError(
            400, "no_language_model", "The served weights have no language model, which chat needs.", param="model"
        )
    pictures = asked.pictures
    if len(pictures) > info.max_pictures:
        raise ServiceError(
            400,
            "too_many_images",
            f"The conversation has more than {info.max_pictures} pictures, which is what the model takes.",
            param=pictures[info.max_pictures][1],
        )
    schema = asked.answer_schema
    if schema is not None:
        await asyncio.to_thread(_check_schema, schema)
    loaded = iter(await pictures_of(pictures, Budget.of(request)))
    messages = tuple(
        ChatMessage(
            "system" if message.role == "developer" else message.role,
            (message.content,)
            if isinstance(message.content, str)
            else tuple(next(loaded) if isinstance(part, ImagePart) else text_of(part) for part in message.content),
        )
        for message in asked.messages
    )
    generate = Generate(
        messages,
        max_tokens=min(asked.max_completion_tokens or asked.max_tokens or MAX_TOKENS, max(info.context, 1)),
        temperature=float(asked.temperature or 0.0),
        top_p=1.0 if asked.top_p is None else max(float(asked.top_p), 1e-6),  # 0 leaves the likeliest token
        top_k=max(asked.top_k or 0, 0),
        seed=asked.seed or 0,
        stop=asked.stops,
        logprobs=bool(asked.logprobs),
        top_logprobs=asked.top_logprobs or 0,
        schema=schema,
    )
    return Talk(asked, info, generate)


def _check_schema(schema: dict[str, Any]) -> None:
    from mmgpt.serve.batching.schema import checked_schema

    checked_schema(schema)


async def _whole(request: Request, talk: Talk) -> dict[str, Any]:
    said = [Said() for _ in range(talk.count)]
    async with aclosing(side_by_side(backend_of(request), talk.generate, talk.count, owner_of(request))) as events:
        async for index, event in events:
            said[index].take(event)
    choices = []
    for index, choice in enumerate(said):
        end = _end(choice)
        choices.append(
            {
                "index": index,
                "message": {"role": "assistant", "content": end.text, "refusal": None},
                "logprobs": logprobs_of(choice.tokens) if talk.generate.logprobs else None,
                "finish_reason": end.reason,
                "copied": copied_of(end.copied),
            }
        )
    return {**talk.head("chat.completion"), "choices": choices, "usage": _usage(said)}


async def _chunks(request: Request, asked: ChatRequest) -> Values:
    """The chunks of a streamed answer; the first one when the model has begun."""
    talk = await _prepared(request, asked)
    with_usage = asked.stream_options is not None and bool(asked.stream_options.include_usage)
    head = {**talk.head("chat.completion.chunk"), **({"usage": None} if with_usage else {})}

    def chunk(index: int, delta: dict[str, Any], **others: Any) -> dict[str, Any]:
        return {
            **head,
            "choices": [{"index": index, "delta": delta, "logprobs": None, "finish_reason": None, **others}],
        }

    said = [Said() for _ in range(talk.count)]
    async with aclosing(side_by_side(backend_of(request), talk.generate, talk.count, owner_of(request))) as events:
        async for index, event in events:
            said[index].take(event)
            if isinstance(event, Started):
                yield chunk(index, {"role": "assistant", "content": "", "refusal": None})
            elif isinstance(event, Finished):
                copied = {"copied": copied_of(event.copied)} if event.copied else {}
                yield chunk(index, {}, finish_reason=event.reason, **copied)
            elif event.text or event.tokens:
                logprobs = {"logprobs": logprobs_of(event.tokens)} if talk.generate.logprobs else {}
                yield chunk(index, {"content": event.text}, **logprobs)
    for choice in said:
        _end(choice)
    if with_usage:
        yield {**head, "choices": [], "usage": _usage(said)}


def _end(choice: Said) -> Finished:
    if choice.end is None:
        raise RuntimeError("the backend's events ended without Finished")
    return choice.end


def _usage(said: list[Said]) -> dict[str, Any]:
    # all choices have one prompt; its pictures were looked at for the first of them at the latest
    cached = min(choice.cached for choice in said)
    return usage_of(said[0].prompt, cached, sum(_end(choice).completion_tokens for choice in said))
