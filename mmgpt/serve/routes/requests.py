"""What may be asked of the routes about one picture: JSON bodies, and the same as forms.

Unknown names are refused here: a mistyped `mask_secret` that was ignored would let out what was to be hidden. (`/v1/chat/completions`
ignores them, since OpenAI's clients send many.)
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from mmgpt.diagnosis.asked import LONGEST
from mmgpt.redaction.secret import DEFAULT_KINDS, KINDS, OPTIONAL_KINDS

DETAILS = ("auto", "low", "high", "original")

_URL = {
    "type": "string",
    "minLength": 1,
    "description": "A data URL, as `data:image/png;base64,…` (PNG, JPEG, WebP, GIF, BMP). `https://` only where the server allows hosts.",
}
_IMAGE_URL = {
    "anyOf": [
        _URL,
        {
            "type": "object",
            "required": ["url"],
            "properties": {
                "url": _URL,
                "detail": {
                    "enum": [*DETAILS, None],
                    "description": "accepted for OpenAI's clients; pictures are always read at their own size",
                },
            },
        },
    ],
}


def _detail(value: Any) -> Any:
    """The URL itself is judged later, with the codes that pictures have; only `detail` is looked at here."""
    detail = value.get("detail") if isinstance(value, dict) else None
    if detail is not None and detail not in DETAILS:
        raise PydanticCustomError("mmgpt_detail", "must have a detail that is auto, low, high or original")
    return value


ImageUrl = Annotated[Any, AfterValidator(_detail), WithJsonSchema(_IMAGE_URL)]
"""A URL, or an object that holds it: both are seen in the wild."""

Question = Annotated[str, Field(max_length=LONGEST)]


def _context(value: str | dict[str, str] | None) -> str | dict[str, str] | None:
    if isinstance(value, dict) and sum(len(key) + len(text) for key, text in value.items()) > LONGEST:
        raise PydanticCustomError("mmgpt_context", f"must have at most {LONGEST} characters in all")
    return value


Context = Annotated[
    Annotated[str, Field(max_length=LONGEST)] | Annotated[dict[str, str], Field(max_length=100)] | None,
    AfterValidator(_context),
]


class Asked(BaseModel):
    """Common ground of what is asked: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())


class DiagnoseForm(Asked):
    """What a diagnosis may be asked with."""

    question: Question | None = Field(
        default=None, description="what you want to know; without one you get the fields, cause and fixes alone"
    )
    context: Context = Field(
        default=None, description='what is known besides: a text, or an object of texts as {"app": "Outlook"}'
    )
    mask_secrets: bool = Field(
        default=False, description="replace keys, passwords, addresses in all texts by [token], [password] …"
    )


class DiagnoseRequest(DiagnoseForm):
    """A diagnosis of the picture behind `image_url`."""

    image_url: ImageUrl


class ReadForm(Asked):
    """A reading has no options."""


class ReadRequest(ReadForm):
    """The lines of the picture behind `image_url`."""

    image_url: ImageUrl


class CaptionForm(Asked):
    """What a caption may be asked with."""

    length: Literal["short", "normal", "long"] = Field(
        default="normal",
        description="`short` and `normal` are the model's one sentence; `long` adds what can be read, word for word",
    )
    stream: bool = Field(default=False, description="send the caption as server-sent events")
    settings: dict[str, Any] | None = Field(default=None, description="accepted and ignored: captions are not sampled")


class CaptionRequest(CaptionForm):
    """A caption of the picture behind `image_url`."""

    image_url: ImageUrl


class QueryForm(Asked):
    """What is asked about a picture."""

    question: Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"\S")]
    stream: bool = Field(default=False, description="send the answer as server-sent events, as it comes")
    settings: dict[str, Any] | None = Field(default=None, description="accepted and ignored: answers are not sampled")


class QueryRequest(QueryForm):
    """A question about the picture behind `image_url`."""

    image_url: ImageUrl


class RedactForm(Asked):
    """What is to be covered, and how the result comes."""

    kinds: list[Literal[KINDS]] | None = Field(  # type: ignore[valid-type]
        default=None,
        max_length=len(KINDS),
        description=f"what to cover; without it {', '.join(DEFAULT_KINDS)}, but not {', '.join(OPTIONAL_KINDS)}",
    )
    response: Literal["png", "json"] | None = Field(
        default=None,
        description="the picture itself, or JSON with it and the report; without it the Accept header decides",
    )


class RedactRequest(RedactForm):
    """A redaction of the picture behind `image_url`."""

    image_url: ImageUrl
