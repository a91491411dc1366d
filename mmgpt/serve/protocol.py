"""What the front asks of the worker and what comes back: plain objects that travel between two processes of ours.

Pictures are decoded already (`vision.image.LoadedImage`: RGB uint8 [H, W, 3]). Nothing here loads torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from vision.image import LoadedImage

# -- asked ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Diagnose:
    """`Diagnoser.diagnose`; the result is the JSON object of `mmgpt.schema.Diagnosis`."""

    image: LoadedImage
    question: str | None = None
    context: str | Mapping[str, str] | None = None
    mask_secrets: bool = False


@dataclass(frozen=True, eq=False)
class Caption:
    """`caption_image`; the result is the JSON object of `mmgpt.schema.Diagnosis` without cause and fixes."""

    image: LoadedImage


@dataclass(frozen=True, eq=False)
class Read:
    """The lines alone; the result is the JSON object of `mmgpt.schema.Reading`."""

    image: LoadedImage


@dataclass(frozen=True, eq=False)
class Redact:
    """Secrets painted over; the result is `Redaction`. `kinds` None: the usual ones."""

    image: LoadedImage
    kinds: frozenset[str] | None = None


@dataclass(frozen=True, eq=False)
class Heat:
    """Where the decoder looked for each token of its answer to a question, or of a field ("message", …); the result is the JSON
    object that `mmgpt.heat.heat` makes."""

    image: LoadedImage
    question: str | None = None
    field: str | None = None


@dataclass(frozen=True, eq=False)
class ChatMessage:
    """One message: role system, user or assistant; parts are texts and pictures in their order."""

    role: str
    parts: tuple[str | LoadedImage, ...]


@dataclass(frozen=True, eq=False)
class Generate:
    """Text from a conversation, token by token. temperature 0 is greedy. `schema` is a JSON schema that the text will be valid by;
    {} is any JSON object (`response_format` of type json_object); None leaves the text free."""

    messages: tuple[ChatMessage, ...]
    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    seed: int = 0
    stop: tuple[str, ...] = ()
    logprobs: bool = False
    top_logprobs: int = 0
    schema: Mapping[str, Any] | None = None


Task = Diagnose | Caption | Read | Redact | Heat
"""What has one result."""

# -- answered ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Redaction:
    """The clean picture as PNG bytes, and what was covered: the JSON object of `mmgpt redact --json` (no secret texts in it)."""

    png: bytes
    report: dict[str, Any]


@dataclass(frozen=True)
class Token:
    """A token as logprobs name it: its text, its UTF-8 bytes, its log-probability, and the likeliest others (text, bytes, logprob)."""

    text: str
    data: bytes
    logprob: float
    top: tuple[tuple[str, bytes, float], ...] = ()


@dataclass(frozen=True)
class Started:
    """Prefill is done. `cached_tokens`: how many of the prompt's visual tokens came from the cache of looked-at pictures."""

    prompt_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True)
class Delta:
    """New text that will not change any more; all deltas joined are the answer. `tokens` where logprobs were asked for."""

    text: str
    tokens: tuple[Token, ...] = ()


@dataclass(frozen=True)
class Finished:
    """The end. `reason`: "stop" (the model ended, or a stop string came) or "length". `copied`: parts of the text that were read in a
    picture: start, end (characters of the text), picture (0 is the first), box [x0, y0, x1, y1], confidence."""

    reason: Literal["stop", "length"]
    completion_tokens: int
    text: str
    copied: tuple[dict[str, Any], ...] = ()


Event = Started | Delta | Finished


@dataclass(frozen=True)
class ModelInfo:
    """What is served: its name, the folder's fingerprint (sha256 over the shards' checksums), sizes, when it was made (Unix seconds)."""

    name: str
    sha256: str
    parameters: int
    context: int
    max_pictures: int
    created: int
    talks: bool
    """Whether there is a language model: chat, query and heat need one."""
    fields: Mapping[str, Any] = field(default_factory=dict)
