"""What goes through the worker's pipe, both ways. Both ends are ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import ChatMessage, Event, Generate, ModelInfo, Redaction, Task

if TYPE_CHECKING:
    from vision.image import LoadedImage

# -- to the worker -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Stands in a request for a picture: the number of one of those that come with it."""

    number: int


@dataclass(frozen=True)
class About:
    """All of a picture but its pixels, which follow."""

    width: int
    height: int
    sha256: str
    format: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Ask:
    """Work, under a number of the front's; `request` has a Place for every picture."""

    ticket: int
    owner: str
    request: Task | Generate
    pictures: tuple[About, ...]


@dataclass(frozen=True)
class Cancel:
    """Nobody waits for that work any more."""

    ticket: int


# -- from the worker ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ready:
    """The model is loaded."""

    info: ModelInfo


@dataclass(frozen=True)
class Unusable:
    """The model cannot be loaded, and will not be the next time."""

    reason: str


@dataclass(frozen=True)
class Step:
    """A part of an answer; `Finished` is its end."""

    ticket: int
    event: Event


@dataclass(frozen=True)
class Done:
    """The end of a task."""

    ticket: int
    result: dict[str, Any] | Redaction


@dataclass(frozen=True)
class Failed:
    """The end of work that came to nothing."""

    ticket: int
    error: ServiceError


@dataclass(frozen=True)
class Gone:
    """The end of work that was cancelled: its place is free."""

    ticket: int


@dataclass(frozen=True)
class Counted:
    """Something for the observer: `seconds` of it, or one more of it."""

    name: str
    amount: float
    seconds: bool
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Logged:
    """A line for the front's log."""

    name: str
    level: int
    text: str


def pack(request: Task | Generate) -> tuple[Task | Generate, list[LoadedImage]]:
    """A request with a Place for each picture, and the pictures, each once."""
    pictures: list[LoadedImage] = []

    def place(image: LoadedImage) -> Any:
        for number, known in enumerate(pictures):
            if known is image:
                return Place(number)
        pictures.append(image)
        return Place(len(pictures) - 1)

    if isinstance(request, Generate):
        messages = tuple(
            ChatMessage(m.role, tuple(p if isinstance(p, str) else place(p) for p in m.parts)) for m in request.messages
        )
        return replace(request, messages=messages), pictures
    return replace(request, image=place(request.image)), pictures


def about(image: LoadedImage) -> About:
    """What a picture's message says of it."""
    return About(image.width, image.height, image.sha256, image.format, image.warnings)


def places(request: Generate) -> list[int]:
    """Which of the pictures that came with a conversation it shows, in the order in which it shows them."""
    return [part.number for message in request.messages for part in message.parts if isinstance(part, Place)]


def filled(request: Generate, pictures: Sequence[Any]) -> Generate:
    """A packed conversation with something for each Place."""
    messages = tuple(
        ChatMessage(m.role, tuple(pictures[p.number] if isinstance(p, Place) else p for p in m.parts))
        for m in request.messages
    )
    return replace(request, messages=messages)


def no_language_model() -> ServiceError:
    """For what only a language model can do."""
    text = "The served weights have no language model: /v1/diagnose, /v1/caption, /v1/read and /v1/redact need none."
    return ServiceError(400, "no_language_model", text)
