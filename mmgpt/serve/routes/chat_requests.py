"""What `/v1/chat/completions` may be asked, in OpenAI's words.

What changes nothing about the kind of answer (`store`, `metadata`, penalties …) is ignored and named in a header; what would (`tools`,
`audio`) is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.requests import Request

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.routes.requests import ImageUrl

MOST_TOKENS = 131_072
"""Of `max_tokens`; more than the model's context is as good as the context."""
MOST_CHOICES, MOST_STOPS, LONGEST_STOP, MOST_TOP = 16, 16, 256, 20


class Lenient(BaseModel):
    """Common ground: what is not known is let through, nothing is converted."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, protected_namespaces=())


class TextPart(Lenient):
    """A text."""

    type: Literal["text"]
    text: str


class ImagePart(Lenient):
    """A picture. Put it before the text that is about it."""

    type: Literal["image_url"]
    image_url: ImageUrl


class RefusalPart(Lenient):
    """What an assistant refused with."""

    type: Literal["refusal"]
    refusal: str


Part = Annotated[TextPart | ImagePart | RefusalPart, Field(discriminator="type")]


class MessageIn(Lenient):
    """A message. Pictures belong to users' messages; `developer` is another name for `system`."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | Annotated[list[Part], Field(min_length=1)]


class StreamOptions(Lenient):
    """How a stream goes."""

    include_usage: bool | None = Field(default=None, description="one more chunk at the end, which counts tokens")


class TextFormat(Lenient):
    """Text as it comes."""

    type: Literal["text"]


class ObjectFormat(Lenient):
    """Any JSON object."""

    type: Literal["json_object"]


class NamedSchema(Lenient):
    """A JSON schema. The answer is always valid by it, `strict` or not."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    json_schema: dict[str, Any] | None = Field(default=None, alias="schema")
    strict: bool | None = None
    description: str | None = None


class SchemaFormat(Lenient):
    """JSON by a schema."""

    type: Literal["json_schema"]
    json_schema: NamedSchema


Stop = Annotated[str, Field(min_length=1, max_length=LONGEST_STOP)]


class ChatRequest(Lenient):
    """A conversation to go on with. Without `temperature` the likeliest text is answered, and without `seed` the same one each time:
    a model that quotes screens is asked for what stands there. Unknown parameters are ignored; `x-mmgpt-ignored` names them."""

    model: str | None = Field(default=None, description="a name of /v1/models; without it the one that is served")
    messages: Annotated[list[MessageIn], Field(min_length=1)]
    max_tokens: int | None = Field(
        default=None, ge=1, le=MOST_TOKENS, description="256 without it; never beyond the model's context"
    )
    max_completion_tokens: int | None = Field(
        default=None, ge=1, le=MOST_TOKENS, description="the newer name of max_tokens, which goes first"
    )
    temperature: float | None = Field(default=None, ge=0, le=2, allow_inf_nan=False, description="0 without it")
    top_p: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    top_k: int | None = Field(default=None, ge=-1, le=1_000_000, description="0 or -1: all; not of OpenAI's")
    seed: int | None = Field(default=None, ge=-(2**63), le=2**63, description="0 without it")
    n: int | None = Field(default=None, ge=1, le=MOST_CHOICES, description="choices; choice i is sampled with seed + i")
    stop: Stop | Annotated[list[Stop], Field(max_length=MOST_STOPS)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = Field(default=None, description="only with `stream`")
    logprobs: bool | None = None
    top_logprobs: int | None = Field(default=None, ge=0, le=MOST_TOP, description="only with `logprobs`")
    response_format: Annotated[TextFormat | ObjectFormat | SchemaFormat, Field(discriminator="type")] | None = None

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop strings."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def answer_schema(self) -> dict[str, Any] | None:
        """The JSON schema of the answer, as `Generate` takes it."""
        if isinstance(self.response_format, SchemaFormat):
            return self.response_format.json_schema.json_schema or {}
        return {} if isinstance(self.response_format, ObjectFormat) else None

    @property
    def pictures(self) -> list[tuple[Any, str]]:
        """All `image_url` values in their order, each with its place."""
        return [
            (part.image_url, f"messages.{m}.content.{p}.image_url")
            for m, message in enumerate(self.messages)
            if not isinstance(message.content, str)
            for p, part in enumerate(message.content)
            if isinstance(part, ImagePart)
        ]


def ignored(asked: ChatRequest) -> list[str]:
    """Names of parameters that have no effect, as far as they look like names; at most 32."""
    names = [name for name in asked.model_extra or {} if name.isascii() and name.isidentifier() and len(name) <= 64]
    return sorted(names)[:32]


def check(asked: ChatRequest, request: Request) -> None:
    """What the types cannot say. Raises ServiceError (400)."""
    settings = request.app.state.settings
    if len(asked.messages) > settings.max_messages:
        raise _wrong(f"`messages` must have at most {settings.max_messages} items.", "messages")
    if asked.top_logprobs is not None and not asked.logprobs:
        raise _wrong("`top_logprobs` needs `logprobs` to be true.", "top_logprobs")
    if asked.stream_options is not None and not asked.stream:
        raise _wrong("`stream_options` needs `stream` to be true.", "stream_options")
    letters = 0
    for number, message in enumerate(asked.messages):
        parts = [message.content] if isinstance(message.content, str) else message.content
        for place, part in enumerate(parts):
            if isinstance(part, ImagePart) and message.role != "user":
                path = f"messages.{number}.content.{place}"
                raise _wrong(f"`{path}`: pictures are taken in messages of the role user only.", path)
            letters += len(part) if isinstance(part, str) else len(text_of(part))
    if letters > settings.max_text:
        raise ServiceError(
            400,
            "context_length_exceeded",
            f"The messages have more than {settings.max_text} characters, which no context here holds.",
            param="messages",
        )


def text_of(part: TextPart | ImagePart | RefusalPart) -> str:
    """A part's text; "" for a picture."""
    return part.text if isinstance(part, TextPart) else part.refusal if isinstance(part, RefusalPart) else ""


def refuse_unsupported(body: Mapping[str, Any]) -> None:
    """Raises ServiceError (400 unsupported_parameter) for what would make the answer another one than is asked for.

    Looks at the body before its types are judged: a message of tools should be told that there are none.
    """
    for name in _unsupported(body):
        raise ServiceError(400, "unsupported_parameter", f"`{name}` is not supported here.", param=name)


def _unsupported(body: Mapping[str, Any]) -> Iterator[str]:
    for name in ("tools", "functions", "audio", "web_search_options", "function_call"):
        if body.get(name) not in (None, [], {}, "none", "auto"):
            yield name
    if body.get("tool_choice") not in (None, "none", "auto"):
        yield "tool_choice"
    if body.get("modalities") not in (None, [], ["text"]):
        yield "modalities"
    messages = body.get("messages")
    for number, message in enumerate(messages if isinstance(messages, list) else ()):
        if not isinstance(message, dict):
            continue
        for name in ("tool_calls", "function_call", "audio"):
            if message.get(name):
                yield f"messages.{number}.{name}"
        content = message.get("content")
        for place, part in enumerate(content if isinstance(content, list) else ()):
            if isinstance(part, dict) and part.get("type") in ("input_audio", "file", "video_url", "audio_url"):
                yield f"messages.{number}.content.{place}.type"


def _wrong(message: str, param: str) -> ServiceError:
    return ServiceError(400, "invalid_value", message, param=param)
