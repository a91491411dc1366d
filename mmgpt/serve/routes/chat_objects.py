"""The answers of `/v1/chat/completions`, in OpenAI's shape."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from mmgpt.schema import Box, Confidence
from mmgpt.serve.protocol import Token
from mmgpt.serve.routes.answers import Plain

LOWEST = -9999.0
"""Stands for minus infinity, which JSON has no number for."""


class TopToken(Plain):
    """A token that might have stood there."""

    token: str
    bytes: list[int] | None
    logprob: float


class TokenLogprob(TopToken):
    """A token of the answer, its UTF-8 bytes, the logarithm of its probability, and the likeliest tokens at its place."""

    top_logprobs: list[TopToken]


class Logprobs(Plain):
    """Tokens of a choice."""

    content: list[TokenLogprob] | None
    refusal: None = None


class Copied(Plain):
    """A part of the answer that was read in a picture: characters `start` to `end` of the answer, box in pixels. Not of OpenAI's."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    picture: int = Field(ge=0, description="0 is the first picture of the conversation")
    box: Box
    confidence: Confidence


class MessageOut(Plain):
    """What the model says."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(Plain):
    """One answer."""

    index: int = Field(ge=0)
    message: MessageOut
    logprobs: Logprobs | None
    finish_reason: Literal["stop", "length"]
    copied: list[Copied]


class PromptDetails(Plain):
    """Of the prompt's tokens."""

    cached_tokens: int = Field(ge=0, description="tokens of pictures that had been looked at before")
    audio_tokens: Literal[0] = 0


class Usage(Plain):
    """Counted tokens. The prompt counts once, however many choices there are."""

    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(ge=0)
    total_tokens: int = Field(ge=0)
    prompt_tokens_details: PromptDetails


class ChatCompletion(Plain):
    """A whole answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(ge=0)
    model: str
    system_fingerprint: str
    choices: list[Choice]
    usage: Usage


def logprobs_of(tokens: Iterable[Token]) -> dict[str, Any]:
    """Tokens as OpenAI shows them."""
    content = [
        {**_token(t.text, t.data, t.logprob), "top_logprobs": [_token(*other) for other in t.top]} for t in tokens
    ]
    return {"content": content, "refusal": None}


def usage_of(prompt: int, cached: int, completion: int) -> dict[str, Any]:
    """The counts of a request."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
    }


def copied_of(parts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The copied parts of an answer."""
    return [{name: part[name] for name in ("start", "end", "picture", "box", "confidence")} for part in parts]


def _token(text: str, data: bytes, logprob: float) -> dict[str, Any]:
    return {"token": text, "bytes": list(data), "logprob": logprob if math.isfinite(logprob) else LOWEST}
