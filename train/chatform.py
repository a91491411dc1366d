"""A checkpoint's own tokenizer and chat template, as the ids that stand around messages (`mmgpt.config.ChatConfig`).

The template is rendered with marks in place of what people say; what stands between the marks is what it puts around messages. So
inference needs no template, and what people write can never end up inside of it. Checkpoints without a template get our own control
tokens, added to their vocabulary.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmgpt.config import SPECIAL_TOKENS, ChatConfig
from vision.reader.weights import WeightsError

log = logging.getLogger(__name__)
IMAGE, PAD = "<image>", "<pad>"


@dataclass(frozen=True)
class OwnTokens:
    """A checkpoint's tokenizer (of the package tokenizers), with `<image>` added; its chat format; ids of image, padding, end of an answer.

    `size`: ids that the vocabulary needs."""

    tokenizer: Any
    chat: ChatConfig
    image: int
    pad: int
    end: int
    size: int


def own_tokens(folder: Path) -> OwnTokens:
    """The tokenizer of a checkpoint's folder, and its chat format. Raises WeightsError where there is none that can be used."""
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise WeightsError("a decoder of the hub needs transformers: pip install 'mmgpt[hub]'") from error
    try:
        given: Any = AutoTokenizer.from_pretrained(str(folder))
        tokenizer: Any = given.backend_tokenizer
    except Exception as error:  # transformers raises many kinds
        detail = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"{folder} has no tokenizer that can be used ({detail}): fetch tokenizer.json too"
        ) from error
    parted = None
    if given.chat_template:
        try:
            parted = _parted(given)
        except ValueError as error:
            log.warning(
                "%s: its chat template is not used (%s); our own control tokens are added instead", folder, error
            )
    else:
        log.info("%s has no chat template: our own control tokens are added", folder)
    added = [IMAGE] if parted else list(SPECIAL_TOKENS)
    tokenizer.add_special_tokens([token for token in added if tokenizer.token_to_id(token) is None])
    image = tokenizer.token_to_id(IMAGE)
    chat = _template_form(tokenizer, parted) if parted else _added_form(tokenizer)
    if not chat.assistant_after:
        if given.eos_token_id is None:
            raise WeightsError(f"{folder}: neither the chat template nor the tokenizer says how an answer ends")
        chat = _with(chat, assistant_after=(int(given.eos_token_id),))
    pad = given.pad_token_id if given.pad_token_id is not None else tokenizer.token_to_id(PAD)
    end = chat.assistant_after[0]
    size = 1 + max(tokenizer.get_vocab(with_added_tokens=True).values())
    return OwnTokens(tokenizer, chat, image, end if pad is None or pad == image else int(pad), end, size)


def _with(chat: ChatConfig, **values: Any) -> ChatConfig:
    from dataclasses import replace

    return replace(chat, **values)


@dataclass(frozen=True)
class _Parts:
    """Texts that a template puts around messages."""

    begin: str
    system: tuple[str, str] | None
    user: str
    answer: str
    end: str


def _parted(tokenizer: Any) -> _Parts:
    """What the template puts around messages. Raises ValueError where that depends on more than the roles."""

    def between(messages: list[tuple[str, str]], prompt: bool) -> list[str]:
        chat = [{"role": role, "content": mark} for role, mark in messages]
        try:
            rest = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=prompt)
        except Exception as error:  # whatever a template raises
            raise ValueError(str(error).splitlines()[0] if str(error) else type(error).__name__) from error
        parts = []
        for _, mark in messages:
            before, found, rest = rest.partition(mark)
            if not found:
                raise ValueError("it leaves out what was said")
            parts.append(before)
        return [*parts, rest]

    talk = [("user", "QXUA"), ("assistant", "QXAA"), ("user", "QXUB"), ("assistant", "QXAB")]
    first, _, again, _, last = between(talk, False)
    alone, answer = between([("user", "QXUA")], True)
    if not again.startswith(last):
        raise ValueError("what it puts behind an answer changes")
    user = again[len(last) :]
    if alone != first or not first.endswith(user):
        raise ValueError("what it puts before a question changes")
    system = None
    try:
        before, behind, _ = between([("system", "QXSA"), ("user", "QXUA")], True)
        if behind.endswith(user):
            system = (before, behind[: len(behind) - len(user)])
    except ValueError:
        pass  # templates without system messages refuse them
    return _Parts(first[: len(first) - len(user)], system, user, answer, last)


def _template_form(tokenizer: Any, parts: _Parts) -> ChatConfig:
    strips = _strips(tokenizer)

    def ids(text: str) -> tuple[int, ...]:
        # A tokenizer with a mark for blanks puts it before the next word by itself.
        text = text.rstrip(" ") if strips else text
        return tuple(tokenizer.encode(text, add_special_tokens=False).ids) if text else ()

    system = parts.system
    return ChatConfig(
        begin=ids(parts.begin), system_before=None if system is None else ids(system[0]),
        system_after=() if system is None else ids(system[1]), user_before=ids(parts.user), assistant_before=ids(parts.answer),
        assistant_after=ids(parts.end), control=_control(tokenizer), strips=strips,
    )  # fmt: skip


def _added_form(tokenizer: Any) -> ChatConfig:
    """Our own format, by the ids that our control tokens got."""
    system, user, answer, end = (
        (tokenizer.token_to_id(name),) for name in ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
    )
    return ChatConfig(
        system_before=system, system_after=end, user_before=user, user_after=end, assistant_before=answer, assistant_after=end,
        control=_control(tokenizer), strips=_strips(tokenizer),
    )  # fmt: skip


def _control(tokenizer: Any) -> tuple[str, ...]:
    """Every token that the tokenizer recognises as a whole: in what people write they must be spelled."""
    added = tokenizer.get_added_tokens_decoder().values()
    return tuple(sorted({token.content for token in added if token.special or "<|" in token.content}))


def _strips(tokenizer: Any) -> bool:
    ids = tokenizer.encode("a a", add_special_tokens=False).ids
    return tokenizer.decode(ids) != "".join(tokenizer.decode([i]) for i in ids)
