"""What a row with a schema writes: JSON that is valid by it, whatever the weights are.

The model chooses among the tokens that the grammar allows. Spans of read lines may be copied inside strings, escaped as JSON wants
it, and where a number stands. When the room that is left is what the shortest way to the end needs, that way is taken; what closes a
text is not counted among its tokens.
"""

from __future__ import annotations

import codecs
import json
import logging
import re

import torch
from torch import Tensor

from mmgpt.chat import Slot
from mmgpt.copying import LONGEST_SPAN
from mmgpt.generate import Answer, Span
from mmgpt.serve.batching.free import Verdict
from mmgpt.serve.batching.grammar import accepted, advance, allowed, matcher_of, shortest
from mmgpt.serve.batching.guide import Guide
from mmgpt.serve.batching.schema import Compiled

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"[0-9.]+")
_STRUCTURE = re.compile(rb'["\\{}\[\],:]')
_DIGITS = slice(ord("0"), ord("9") + 1)
# With more room than twice the shortest value and as many tokens, what closes is not looked for at each token;
COMFORT = 32
# nor for plain letters of a string, as long as so many more are left than it needs.
SPARE = 8


class Bound:
    """Tokens to JSON. `limit`: how many tokens there may be. `said` as in `Free`."""

    def __init__(self, guide: Guide, compiled: Compiled, slots: list[Slot], limit: int) -> None:
        """Raises GrammarError where the grammar does not go with the tokenizer."""
        self._guide, self._compiled, self.slots, self._limit = guide, compiled, slots, limit
        self._tokens = matcher_of(compiled.grammar, guide.tokenizer)
        self._bytes = matcher_of(compiled.grammar)
        self._spare = 0  # tokens more than what closes needs, when that was last looked for
        self._comfort = 2 * len(guide.cut(compiled.minimal.encode())) + COMFORT
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text, self._given, self._spans = "", 0, []  # type: tuple[str, int, list[Span]]
        self._inside = self._escaped = self._behind = False
        self._objects: list[bool] = []  # of the brackets that are open: whether each is an object's
        self._key = False  # a string that begins now, or has begun, is a name
        self._ends: dict[int, bytes] = {}  # of a span that has begun: pointer that may end it → what it copies
        self._logprobs: list[float] = []
        self.ids: list[int] = []
        self.start: int | None = None
        self.said = b""
        self.finish = ""
        self.failed = False

    # -- what may come -------------------------------------------------------------------------------------------------------

    def restrict(self, logits: Tensor) -> None:
        """Puts logits [V + 2P] of what cannot come to the lowest number, in place."""
        vocabulary, pointers = self._guide.vocabulary, self._guide.pointers
        may = torch.zeros(len(logits), dtype=torch.bool)
        if self.start is not None:
            for end in self._ends:
                may[vocabulary + pointers + end] = True
        else:
            may[:vocabulary] = torch.from_numpy(allowed(self._tokens, vocabulary))
            if self.slots and self._copies():
                may[vocabulary : vocabulary + len(self.slots)] = True
        logits.masked_fill_(~may.to(logits.device), torch.finfo(logits.dtype).min)

    def _copies(self) -> bool:
        if self._inside:
            return not self._escaped and not self._key
        return bool(allowed(self._bytes, 256)[_DIGITS].any())

    def judge(self, token: int) -> Verdict:
        """Whether a token that was chosen may come, another must be chosen, or it is time to close."""
        pointer, left = token - self._guide.vocabulary, self._limit - len(self.ids) - 1
        if token == self._guide.end:
            return "fine"
        if 0 <= pointer < self._guide.pointers:
            ends = self._copy(pointer)
            if not ends or left < 1 or not self._affords(ends[pointer], left - 1):
                return "other"
            self._ends = ends
            return "fine"
        data = self._guide.data(token) if pointer < 0 else self._ends[pointer - self._guide.pointers]
        return "fine" if self._affords(data, left) else "close"

    def _affords(self, data: bytes, left: int) -> bool:
        """Whether the text can be made whole with `left` tokens after these bytes."""
        if left > self._comfort:
            return True
        if self._spare > SPARE and self._inside and not _STRUCTURE.search(data):  # nothing new has to be closed
            self._spare -= 1
            return True
        trial = self._bytes.deep_copy()
        closing = shortest(trial, 0) if advance(trial, data) else None
        self._spare = -1 if closing is None else left - len(self._guide.cut(closing))
        return self._spare >= 0

    def _copy(self, start: int) -> dict[int, bytes]:
        """Spans from a piece on that the grammar takes, by the piece that ends them: bytes as they stand in the JSON."""
        picture, _, pieces = self.slots[start]
        data, ends = bytearray(), {}
        for end in range(start, min(start + LONGEST_SPAN, len(self.slots))):
            other, number, _ = self.slots[end]
            piece = pieces[number]
            if other != picture or (not self._inside and not _NUMBER.fullmatch(piece.text)):
                break
            behind = end > start or (self._inside and self._behind)
            if behind and number and (piece.spaced or piece.line != pieces[number - 1].line):
                data += b" "
            data += json.dumps(piece.text, ensure_ascii=False)[1:-1].encode("utf-8", "replace")
            ends[end] = bytes(data)
        taken = accepted(self._bytes, bytes(data))
        return {end: written for end, written in ends.items() if len(written) <= taken}

    # -- what came -----------------------------------------------------------------------------------------------------------

    def add(self, token: int, logprob: float, last: bool) -> bool:
        """Takes a token; True when the answer is over."""
        self.ids.append(token)
        self._logprobs.append(logprob)
        self.said = b""
        pointer = token - self._guide.vocabulary
        if last:
            self.finish = "end"
        elif 0 <= pointer < self._guide.pointers:
            self.start = pointer
        elif pointer < 0:
            self._behind = False
            self._take(self._guide.data(token), [token])
        else:
            self._span(pointer - self._guide.pointers)
        return self._over()

    def _span(self, end: int) -> None:
        data, start = self._ends[end], self.start
        assert start is not None
        blank = data.startswith(b" ") and not self.slots[start][2][self.slots[start][1]].text.startswith(" ")
        begin = len(self._text) + blank
        self._take(data, self._guide.cut(data))
        self._spans.append(Span(begin, len(self._text), self.slots[start][0], self.slots[start][1], self.slots[end][1]))
        self._behind, self.start, self._ends = True, None, {}

    def _take(self, data: bytes, tokens: list[int]) -> None:
        if not (self._tokens.consume_tokens(tokens) and advance(self._bytes, data)):
            log.warning("a grammar could not be followed any further: %s", self._tokens.get_error())
            self._give_up()
            return
        self._write(data)
        if self._tokens.is_stopped():
            self.finish = "end"

    def _write(self, data: bytes) -> None:
        self.said = data
        self._text += self._decoder.decode(data)
        for byte in data:
            if self._inside and not self._escaped and byte == ord("\\"):
                self._escaped = True
                continue
            if byte == ord('"') and not self._escaped:
                self._inside = not self._inside
            elif not self._inside:
                self._structure(byte)
            self._escaped = False

    def _structure(self, byte: int) -> None:
        """Keeps track of where names stand."""
        if byte in b"{[":
            self._objects.append(byte == ord("{"))
            self._key = self._objects[-1]
        elif byte in b"}]":
            self._objects.pop()
        elif byte in b",:":
            self._key = byte == ord(",") and bool(self._objects) and self._objects[-1]

    # -- how it ends ---------------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Makes the text whole the shortest way."""
        closing = shortest(self._bytes, 0.01)
        self.start = None
        if closing is None:
            self._give_up()
            return
        self._write(closing)
        self.finish = "length"
        self._over()

    def _over(self) -> bool:
        if self.finish and not self.failed and not self._compiled.valid(self._text):
            log.warning("a text that followed a grammar is not valid by its schema")
            self._give_up()
        return bool(self.finish)

    def _give_up(self) -> None:
        """The shortest value instead, where what was given out already allows it."""
        self.finish, self.start = "length", None
        self.failed = not self._compiled.minimal.startswith(self._text[: self._given])
        if not self.failed:
            self._text, self._spans = self._compiled.minimal, []
            self.said = self._text[self._given :].encode()

    def flush(self, last: bool = False) -> str:
        """Text that is new and will not change any more."""
        new = self._text[self._given :]
        self._given = len(self._text)
        return new

    def answer(self) -> Answer:
        """The whole answer."""
        return Answer(self._text, tuple(self._spans), tuple(self.ids), tuple(self._logprobs), self.finish or "length")
