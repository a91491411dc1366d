"""JSON objects as conversations: LLaVA's form, chat messages, captions, questions with answers. Every deviation is named.

Roles must alternate (system first if at all, then user and assistant, an answer last), answers must say something, and as many pictures
must be given as are shown: data that is silently bent into shape teaches the wrong thing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from mmgpt.chat import Message
from train.data.sources.record import LONGEST_TEXT, Broken, Picture

Find = Callable[[Any], Picture]
"""What a record says of a picture → the picture. Raises Broken."""

PLACE = "<image>"
DESCRIBE = "Describe the picture."
"""What a caption without a question answers."""
_LLAVA = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "system": "system"}
_CHAT = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXT_PARTS = ("text", "input_text", "output_text")
_IMAGE_PARTS = ("image", "image_url", "input_image")


def checked_text(value: Any, what: str) -> str:
    """Raises Broken for what is no text, no UTF-8, or far too long."""
    if not isinstance(value, str):
        raise Broken("wrong type", f"{what} is {_kind(value)}, not a text")
    if _SURROGATE.search(value):
        raise Broken("not UTF-8", f"{what} holds bytes that are not UTF-8")
    if len(value) > LONGEST_TEXT:
        raise Broken("too long", f"{what} has {len(value)} characters, more than {LONGEST_TEXT}")
    return value


def conversation(raw: Any, find: Find) -> tuple[Message, ...]:
    """The messages of a record in any of the known forms. Raises Broken."""
    if isinstance(raw, list):
        raw = {"messages": raw}
    if not isinstance(raw, dict):
        raise Broken("wrong type", f"the record is {_kind(raw)}, not an object")
    if "conversations" in raw:
        return from_llava(raw, find)
    if "messages" in raw:
        return from_chat(raw, find)
    if "texts" in raw:
        return from_turns(raw, find)
    if "question" in raw or "answer" in raw or "answers" in raw:
        return from_question(raw, find)
    for name in ("caption", "text", "txt"):
        if name in raw:
            caption = checked_text(raw[name], f"{name}")
            return in_order([Message("user", (*_given(raw, find), DESCRIBE)), Message("assistant", (caption,))])
    raise Broken(
        "wrong type", "the record has none of conversations, messages, texts, question with answer, caption, text"
    )


def in_order(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages. Raises Broken where roles do not alternate, the last is no answer, or one says nothing."""
    rest = list(messages[1:] if messages and messages[0].role == "system" else messages)
    if not rest:
        raise Broken("roles", "there is no question with an answer")
    for number, message in enumerate(rest):
        wanted = ("user", "assistant")[number % 2]
        if message.role != wanted:
            raise Broken(
                "roles",
                f"message {number + len(messages) - len(rest) + 1} is the {message.role}'s; the {wanted} was to speak",
            )
    if rest[-1].role != "assistant":
        raise Broken("roles", "the last message is the user's: there is no answer to it")
    for message in messages:
        text = "".join(part for part in message.parts if isinstance(part, str))
        if message.role == "assistant" and not text.strip():
            raise Broken("empty answer", "an answer is empty")
        if message.role == "user" and not text.strip() and all(isinstance(part, str) for part in message.parts):
            raise Broken("empty question", "a question is empty")
        if message.role != "user" and any(not isinstance(part, str) for part in message.parts):
            raise Broken("wrong type", f"the {message.role} shows a picture; only users do")
    return tuple(messages)


def from_llava(raw: dict[str, Any], find: Find) -> tuple[Message, ...]:
    """LLaVA's form (Liu et al., 2023): `image` (one or a list) and `conversations` of {"from", "value"}; `<image>` in a value is where
    a picture is shown."""
    turns = _list(raw["conversations"], "conversations")
    pictures = _given(raw, find)
    values = []
    for number, turn in enumerate(turns, 1):
        if not isinstance(turn, dict):
            raise Broken("wrong type", f"turn {number} is {_kind(turn)}, not an object")
        speaker = turn.get("from")
        if not isinstance(speaker, str) or speaker not in _LLAVA:
            raise Broken("roles", f'turn {number} is from {str(speaker)[:40]!r}; known are "human", "gpt" and "system"')
        values.append((_LLAVA[speaker], checked_text(turn.get("value"), f"the value of turn {number}")))
    places = sum(text.count(PLACE) for role, text in values if role != "assistant")
    if places != len(pictures):
        raise Broken(
            "image count", f"{places} times {PLACE} in the conversation, but {len(pictures)} pictures are given"
        )
    left = iter(pictures)
    return in_order([Message(role, _shown(text, left) if role != "assistant" else (text,)) for role, text in values])


def _shown(text: str, pictures: Any) -> tuple[Any, ...]:
    parts: list[Any] = []
    pieces = text.split(PLACE)
    for number, piece in enumerate(pieces):
        if number:
            parts.append(next(pictures))
            piece = piece.removeprefix("\n")
        if number + 1 < len(pieces):
            piece = piece.removesuffix("\n")
        if piece:
            parts.append(piece)
    return tuple(parts)


def from_chat(raw: dict[str, Any], find: Find) -> tuple[Message, ...]:
    """Chat messages: `messages` of {"role", "content"}; content is a text or a list of parts, pictures in them as OpenAI's image_url, as
    {"type": "image", "path" | "url" | "image" | "data"}, or as {"type": "image"} alone with the pictures in `images`."""
    given = _given(raw, find)
    left = iter(given)
    messages, taken = [], 0
    for number, entry in enumerate(_list(raw["messages"], "messages"), 1):
        if not isinstance(entry, dict):
            raise Broken("wrong type", f"message {number} is {_kind(entry)}, not an object")
        role = entry.get("role")
        if not isinstance(role, str) or role not in _CHAT:
            raise Broken("roles", f"message {number} has the role {str(role)[:40]!r}; known are {', '.join(_CHAT)}")
        content = entry.get("content")
        if isinstance(content, str):
            messages.append(Message(_CHAT[role], (checked_text(content, f"message {number}"),)))
            continue
        parts: list[Any] = []
        for part in _list(content, f"the content of message {number}"):
            kind = part.get("type") if isinstance(part, dict) else None
            if isinstance(part, str):
                parts.append(checked_text(part, f"a part of message {number}"))
            elif kind in _TEXT_PARTS:
                parts.append(checked_text(part.get("text"), f"a part of message {number}"))
            elif kind in _IMAGE_PARTS:
                named = _reference(part)
                if named is not None:
                    parts.append(find(named))
                    continue
                taken += 1
                picture = next(left, None)
                if picture is None:
                    raise Broken("image count", f"{taken} pictures are shown, but {len(given)} are given")
                parts.append(picture)
            else:
                raise Broken(
                    "wrong type", f"message {number} has a part of type {str(kind)[:40]!r}; text and pictures are known"
                )
        messages.append(Message(_CHAT[role], tuple(part for part in parts if part != "")))
    if taken != len(given):
        raise Broken("image count", f"{taken} pictures are shown, but {len(given)} are given")
    return in_order(messages)


def _reference(part: dict[str, Any]) -> Any:
    value = part.get("image_url")
    if isinstance(value, dict):
        value = value.get("url")
    for name in ("path", "url", "image", "data", "base64"):
        value = part.get(name) if value is None else value
    return value


def from_turns(raw: dict[str, Any], find: Find) -> tuple[Message, ...]:
    """`texts` of {"user", "assistant"} about all of the pictures, as collections of many data sets have it."""
    messages: list[Message] = []
    for number, turn in enumerate(_list(raw["texts"], "texts"), 1):
        if not isinstance(turn, dict):
            raise Broken("wrong type", f"turn {number} is {_kind(turn)}, not an object")
        asked = checked_text(turn.get("user"), f"the question of turn {number}")
        shown = () if messages else tuple(_given(raw, find))
        messages.append(Message("user", (*shown, asked)))
        messages.append(Message("assistant", (checked_text(turn.get("assistant"), f"the answer of turn {number}"),)))
    return in_order(messages)


def from_question(raw: dict[str, Any], find: Find) -> tuple[Message, ...]:
    """`question` and `answer`; of several `answers` the first."""
    answer = raw.get("answer", raw.get("answers"))
    if isinstance(answer, list):
        answer = answer[0] if answer else ""
    asked = checked_text(raw.get("question"), "question")
    user = Message("user", (*_given(raw, find), *((asked,) if asked else ())))
    return in_order([user, Message("assistant", (checked_text(answer, "answer"),))])


def _given(raw: dict[str, Any], find: Find) -> list[Picture]:
    """The pictures that a record names beside its text."""
    found = [raw[name] for name in ("image", "images") if raw.get(name) is not None]
    if not found:
        return []
    if len(found) > 1:
        raise Broken("wrong type", "the record has both image and images")
    return [find(entry) for entry in (found[0] if isinstance(found[0], list) else [found[0]])]


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise Broken("wrong type", f"{what} is {_kind(value)}, not a list")
    if not value:
        raise Broken("roles", f"{what} is empty")
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "missing"
    kinds = ((dict, "an object"), (list, "a list"), (str, "a text"))
    return next((name for kind, name in kinds if isinstance(value, kind)), type(value).__name__)
