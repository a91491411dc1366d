"""A model's tokenizer as the batcher needs it: the bytes of each token, and llguidance's view of it for grammars."""

from __future__ import annotations

from typing import Any

import llguidance

from mmgpt.chat import Slot, form_of
from mmgpt.generate import Engine
from mmgpt.pieces import span_text


class Guide:
    """Made once a model."""

    def __init__(self, engine: Engine) -> None:
        config = engine.model.config
        self.vocabulary, self.pointers = config.decoder.vocab_size, config.pointers
        self.end, self.strips = config.end_token, form_of(config).strips
        self.tokenizer: Any = llguidance.LLTokenizer(
            engine.tokenizer.to_str(), n_vocab=self.vocabulary, eos_token=self.end
        )
        self._data: dict[int, bytes] = {}

    def data(self, token: int) -> bytes:
        """The UTF-8 bytes of a text token, perhaps a part of a letter; none for control tokens and pointers."""
        if token not in self._data:
            silent = token >= self.vocabulary or self.tokenizer.is_special_token(token)
            self._data[token] = b"" if silent else bytes(self.tokenizer.decode_bytes([token]))
        return self._data[token]

    def cut(self, data: bytes) -> list[int]:
        """Tokens that make these bytes."""
        return list(self.tokenizer.tokenize_bytes(data))

    def name(self, token: int, slots: list[Slot], start: int | None = None) -> bytes:
        """The bytes by which logprobs name a token that might have come: a pointer is what it begins, or, behind the pointer `start`,
        what the two copy."""
        if token < self.vocabulary:
            return self.data(token)
        first = token - self.vocabulary
        if first < self.pointers:
            return slots[first][2][slots[first][1]].text.encode() if first < len(slots) else b""
        last = first - self.pointers
        if start is None or not start <= last < len(slots) or slots[start][0] != slots[last][0]:
            return b""
        return span_text(slots[start][2], slots[start][1], slots[last][1]).encode()
