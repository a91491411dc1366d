"""Conversations as token ids, and token ids as text: the chat format, and the writer that expands copied spans.

    <|user|><image>Which port is it?<|end|><|assistant|>The port is ⟨copy⟩.<|end|>

What users write is text, whatever it looks like: control tokens in it are spelled, never obeyed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmgpt.config import SPECIAL_TOKENS, ChatConfig, ModelConfig
from mmgpt.pieces import Piece, span_text

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SPECIAL = {token: number for number, token in enumerate(SPECIAL_TOKENS)}
ROLES = ("system", "user", "assistant")
_END = (SPECIAL["<|end|>"],)
OURS = ChatConfig(
    system_before=(SPECIAL["<|system|>"],), system_after=_END, user_before=(SPECIAL["<|user|>"],), user_after=_END,
    assistant_before=(SPECIAL["<|assistant|>"],), assistant_after=_END, control=SPECIAL_TOKENS,
)  # fmt: skip
"""Our own chat format."""


Slot = tuple[int, int, Sequence[Piece]]
"""What a pointer leads to: number of the picture, index among its pieces, all its pieces."""


@dataclass(frozen=True)
class Message:
    """One message: `role` is system, user or assistant; a part is text or a picture (anything that is not a str)."""

    role: str
    parts: tuple[Any, ...]

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ValueError(f"unknown role {self.role!r}; one of {', '.join(ROLES)}")


def form_of(config: ModelConfig | None) -> ChatConfig:
    """The chat format of a model: its own, or ours."""
    return OURS if config is None or config.chat is None else config.chat


def plain_ids(tokenizer: Tokenizer, text: str, control: Iterable[str] = SPECIAL_TOKENS) -> list[int]:
    """Ids of a text in which nothing is a control token: `<image>` in it is seven letters. `control` are all that the tokenizer knows."""
    ids: list[int] = []
    start = 0
    # The tokenizer itself knows control tokens; cutting inside each of them leaves it nothing to recognise.
    while start < len(text):
        hits = [(at, token) for token in control if (at := text.find(token, start)) >= 0]
        if not hits:
            ids += tokenizer.encode(text[start:], add_special_tokens=False).ids
            break
        at, _ = min(hits)
        ids += tokenizer.encode(text[start : at + 1], add_special_tokens=False).ids
        start = at + 1
    return ids


def render(
    tokenizer: Tokenizer, messages: Sequence[Message], images: Sequence[int] | None = None, answer: bool = True,
    config: ModelConfig | None = None,
) -> list[int]:  # fmt: skip
    """Ids of messages, and the beginning of the assistant's answer unless `answer` is False. A picture is one `<image>`, or as many
    as `images` says for it (prefix fusion). `config`: of a model with a chat format of its own; ours otherwise.

    Raises ValueError for a system message where the model's own format has no place for one.
    """
    form = form_of(config)
    image = SPECIAL["<image>"] if config is None else config.image_token
    ids: list[int] = []
    shown = 0
    if not messages or messages[0].role != "system":
        ids += form.begin
    for message in messages:
        before, after = getattr(form, f"{message.role}_before"), getattr(form, f"{message.role}_after")
        if before is None:
            raise ValueError(f"this model's chat format has no {message.role} messages; leave it out")
        ids += before
        for part in message.parts:
            if isinstance(part, str):
                ids += plain_ids(tokenizer, part, form.control)
            else:
                ids += [image] * (1 if images is None else images[shown])
                shown += 1
        ids += after
    return [*ids, *form.assistant_before] if answer else ids


class Piecewise:
    """Turns tokens into text as they come: pairs of pointers become what was read, bytes wait until they are whole letters, and
    text that may be the beginning of a stop string waits until it is not.

    `vocabulary` text tokens, then `pointers` starts, then as many ends. `slots` has what each pointer leads to.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        vocabulary: int,
        pointers: int,
        slots: Sequence[Slot] = (),
        stop: Sequence[str] = (),
        strips: bool = False,
    ) -> None:
        self._strips = strips  # the tokenizer drops the blank before the first token that it decodes
        self._anchor: list[int] = []  # the token before, which keeps the blank of the next
        self._tokenizer, self._slots, self._stop = tokenizer, slots, tuple(s for s in stop if s)
        self._vocabulary, self._pointers = vocabulary, pointers
        self._pending: list[int] = []
        self._start: int | None = None
        self._behind = False  # nothing was said since the last span
        self._text = ""
        self._spans: list[tuple[int, int, int, int, int]] = []
        self._given = 0
        self.ids: list[int] = []
        self.logprobs: list[float] = []
        self.finish = ""

    def add(self, token: int, logprob: float = 0.0, last: bool = False) -> bool:
        """Takes a token (`last`: the one that ends an answer); True when the answer is over."""
        self.logprobs.append(logprob)
        self.ids.append(token)
        if last:
            self._settle()
            self.finish = "end"
        elif token >= self._vocabulary:
            self._settle()
            self._point(token - self._vocabulary)
        else:
            self._pending.append(token)
            self._behind = False
            decoded = self._decode(self._pending)
            if decoded and not decoded.endswith("\ufffd"):
                self._settle()
        cut = min((at for s in self._stop if (at := self._text.find(s)) >= 0), default=None)
        if cut is not None:
            self._text = self._text[:cut]
            self._spans = [s for s in self._spans if s[1] <= cut]
            self.finish = "stop"
        return bool(self.finish)

    def _settle(self) -> None:
        if self._pending:
            self._text += self._decode(self._pending)
            if self._strips:
                self._anchor = self._pending[-1:]
            self._pending = []

    def _decode(self, ids: list[int]) -> str:
        text: str = self._tokenizer.decode([*self._anchor, *ids], skip_special_tokens=True)
        if self._anchor:
            text = text[len(self._tokenizer.decode(self._anchor, skip_special_tokens=True)) :]
        return text

    def _point(self, pointer: int) -> None:
        start, self._start = self._start, pointer if pointer < self._pointers else None
        end = pointer - self._pointers
        if start is None or not start <= end < len(self._slots):
            return
        (picture, first, pieces), (other, last, _) = self._slots[start], self._slots[end]
        if picture == other:
            copied = span_text(pieces, first, last)
            # A span right behind a span, as of the lines of a message: parted as the words of one span are.
            if self._behind and first and (pieces[first].spaced or pieces[first].line != pieces[first - 1].line):
                self._text += " "
            self._behind = True
            self._spans.append((len(self._text), len(self._text) + len(copied), picture, first, last))
            self._text += copied

    def flush(self, last: bool = False) -> str:
        """Text that is new since the last call and will not change any more."""
        end = len(self._text)
        if not last and not self.finish:
            for s in self._stop:
                for size in range(min(len(s) - 1, end), 0, -1):
                    if self._text.endswith(s[:size]):
                        end = min(end, len(self._text) - size)
                        break
        if last:
            self._settle()
            end = len(self._text)
        new = self._text[self._given : end]
        self._given = max(self._given, end)
        return new

    def result(self) -> tuple[str, list[tuple[int, int, int, int, int]]]:
        """The whole text and its copied spans (start, end, picture, first piece, last piece)."""
        self._settle()
        return self._text, self._spans
