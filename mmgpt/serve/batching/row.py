"""A row: what is asked for, and how far its answer has come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

from mmgpt.chat import Message
from mmgpt.copied import copied_parts
from mmgpt.generate import Conversation, Engine, Sampling, Seen
from mmgpt.serve.batching.bound import Bound
from mmgpt.serve.batching.free import Free
from mmgpt.serve.batching.grammar import GrammarError
from mmgpt.serve.batching.guide import Guide
from mmgpt.serve.batching.schema import Compiled, checked_schema
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Delta, Event, Finished, Generate, Started, Token

log = logging.getLogger(__name__)

Sink = Callable[[Event | ServiceError], None]
UNLIKELY = -1e30  # log-probabilities below this are of what was forbidden


@dataclass(frozen=True, eq=False)
class Row:
    """A conversation to be answered; its pictures were looked at. `schema` is one that was checked, or a JSON schema ({}: any object).

    `cached_tokens`: how many visual tokens were known already, which is only passed on.
    """

    conversation: Conversation
    sampling: Sampling = field(default_factory=Sampling)
    logprobs: bool = False
    top_logprobs: int = 0
    schema: Compiled | Mapping[str, Any] | None = None
    cached_tokens: int = 0


def row_of(asked: Generate, pictures: Sequence[Seen], cached_tokens: int = 0) -> Row:
    """A row for what the front asked; `pictures` are those of its messages, in order, as they were looked at."""
    seen = iter(pictures)
    messages = [
        Message(message.role, tuple(part if isinstance(part, str) else next(seen) for part in message.parts))
        for message in asked.messages
    ]
    sampling = Sampling(asked.max_tokens, asked.temperature, asked.top_k, asked.top_p, asked.seed, asked.stop)
    return Row(Conversation(messages), sampling, asked.logprobs, asked.top_logprobs, asked.schema, cached_tokens)


class Work:
    """A row on its way. Made in the thread that asks; after that only the batcher's touches it.

    `problem` is why it is not begun. Raises nothing.
    """

    def __init__(self, number: int, row: Row, sink: Sink, engine: Engine, guide: Guide) -> None:
        self.number, self.row, self._sink, self._guide = number, row, sink, guide
        self.prompt: list[int] = []
        self.limit, self.next, self.alone = 0, 0, False
        self.over = False
        self._tokens: list[Token] = []
        self.problem: ServiceError | None = None
        self.writer: Free | Bound
        try:
            self._prepare(engine, guide)
        except ServiceError as error:
            self.problem = error
        except Exception:
            log.exception("a row could not be prepared")
            self.problem = model_error()

    def _prepare(self, engine: Engine, guide: Guide) -> None:
        row, config = self.row, engine.model.config
        shown = len(row.conversation.pictures)
        if shown > config.max_pictures:
            raise ServiceError(
                400, "too_many_images", f"The conversation has {shown} pictures; this model takes {config.max_pictures}.",
                param="messages",
            )  # fmt: skip
        try:
            self.prompt = engine.prompt(row.conversation)
        except ValueError:
            raise ServiceError(
                400,
                "invalid_value",
                "This model's chat format has no place for a message of this role.",
                param="messages",
            ) from None
        most = config.decoder.max_positions
        if len(self.prompt) >= most:
            raise ServiceError(
                400, "context_length_exceeded",
                f"The conversation has {len(self.prompt)} tokens; this model takes {most}, with the answer.", param="messages",
            )  # fmt: skip
        self.limit = min(row.sampling.max_tokens, most - len(self.prompt))
        self.generator = torch.Generator(device="cpu").manual_seed(row.sampling.seed)
        slots = engine.slots(row.conversation)
        if row.schema is None:
            self.writer = Free(guide, engine.writer(row.conversation, row.sampling), slots)
            return
        compiled = row.schema if isinstance(row.schema, Compiled) else checked_schema(row.schema)
        try:
            self.writer = Bound(guide, compiled, slots, self.limit)
        except GrammarError as error:
            log.warning("a schema that was checked does not go with the tokenizer: %s", error)
            raise ServiceError(
                400,
                "invalid_json_schema",
                "Invalid JSON schema: it is too complex for this model.",
                param="response_format",
            ) from None

    # -- what goes out -------------------------------------------------------------------------------------------------------

    def send(self, event: Event | ServiceError) -> None:
        """Gives an event to the one who asked; a sink that fails ends the row."""
        try:
            self._sink(event)
        except Exception:
            log.exception("what row %d made could not be given out", self.number)
            self.over = True

    def fail(self, error: ServiceError) -> None:
        """The row ends without an answer."""
        self.over = True
        self.send(error)

    def started(self, engine: Engine) -> None:
        """The prompt was read."""
        visual = sum(len(seen.tokens) - 1 for seen in self.row.conversation.pictures)
        unseen = visual if engine.model.config.fusion == "cross" else 0  # a prefix stands in the prompt already
        self.send(Started(len(self.prompt) + unseen, self.row.cached_tokens))

    def take(self, token: int, logprobs: Tensor, end: bool) -> None:
        """A token was chosen; logprobs [V + 2P] are of all that could have been. Sends what is new."""
        logprob, start = float(logprobs[token]), self.writer.start
        ended = self.writer.add(token, logprob, end)
        if self.row.logprobs:
            self._tokens.append(self._named(self.writer.said, logprob, logprobs, start))
        self._go_on(token, ended or len(self.writer.ids) >= self.limit)

    def close(self) -> None:
        """The room is used up: what a schema still wants is written without asking the model."""
        self.writer.close()
        if self.row.logprobs and self.writer.said:
            self._tokens.append(Token(self.writer.said.decode("utf-8", "replace"), self.writer.said, 0.0))
        self._go_on(0, True)

    def _go_on(self, token: int, over: bool) -> None:
        self.next, self.over = token, over
        if self.writer.failed:
            self.fail(model_error())
            return
        text = self.writer.flush(last=over)
        if text or (over and self._tokens):
            told, self._tokens = tuple(self._tokens), []
            self.send(Delta(text, told))
        if over:
            self._finish()

    def _finish(self) -> None:
        answer, pictures = self.writer.answer(), self.row.conversation.pictures
        reason: Literal["stop", "length"] = "length" if answer.finish == "length" else "stop"
        copied = []
        for part in copied_parts(answer, pictures):
            value = part.model_dump(mode="json", include={"start", "end", "picture", "box", "confidence"})
            copied.append({**value, "picture": part.picture - 1})
        self.send(Finished(reason, len(answer.ids), answer.text, tuple(copied)))

    def _named(self, said: bytes, logprob: float, logprobs: Tensor, start: int | None) -> Token:
        top = []
        if self.row.top_logprobs:
            best = logprobs.topk(min(self.row.top_logprobs, len(logprobs)))
            for value, token in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                if value > UNLIKELY:
                    data = self._guide.name(token, self.writer.slots, start)
                    top.append((data.decode("utf-8", "replace"), data, value))
        return Token(said.decode("utf-8", "replace"), said, logprob, tuple(top))


def model_error() -> ServiceError:
    """What a client hears when the model itself fails."""
    return ServiceError(500, "model_error", "The model could not answer this request.")
