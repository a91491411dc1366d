"""What a row without a schema writes: free text, by `mmgpt.chat.Piecewise`."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from mmgpt.chat import Piecewise, Slot
from mmgpt.generate import Answer, answer_of
from mmgpt.serve.batching.guide import Guide

Verdict = Literal["fine", "other", "close"]


class Free:
    """Tokens to text. `said` is what the last token added, as bytes: a copied span stands on the pointer that ends it."""

    def __init__(self, guide: Guide, writer: Piecewise, slots: list[Slot]) -> None:
        self._guide, self._writer, self.slots = guide, writer, slots
        self._settled = 0
        self.start: int | None = None
        self.said = b""
        self.failed = False

    @property
    def ids(self) -> list[int]:
        """Tokens so far."""
        return self._writer.ids

    def restrict(self, logits: Tensor) -> None:
        """Free text may go on as it likes: logits [V + 2P] stay."""

    def judge(self, token: int) -> Verdict:
        """Whether a token that was chosen may come."""
        return "fine"

    def add(self, token: int, logprob: float, last: bool) -> bool:
        """Takes a token; True when the answer is over."""
        pointer = token - self._guide.vocabulary
        over = self._writer.add(token, logprob, last)
        if pointer < 0:
            first = not self._writer.ids[:-1]
            data = self._guide.data(token)
            self.said = data[1:] if first and self._guide.strips and data.startswith(b" ") else data
            self.start = None
        else:
            # A pointer settles what was written before it, so that the text is whole.
            text, _ = self._writer.result()
            ended = pointer >= self._guide.pointers
            self.said = text[self._settled :].encode() if ended else b""
            self._settled = len(text)
            self.start = None if ended else pointer
        return over

    def flush(self, last: bool = False) -> str:
        """Text that is new and will not change any more."""
        return self._writer.flush(last)

    def close(self) -> None:
        """There is nothing to close."""

    def answer(self) -> Answer:
        """The whole answer."""
        return answer_of(self._writer)
