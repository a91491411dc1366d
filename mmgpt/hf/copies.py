"""Copied spans as ordinary tokens: pairs of pointers become the ids that spell what was read, so that decoding needs no state.

The processor spells each piece once (`spell`); the model lines the spellings up with its pointers (`spelled_slots`), and
`generate` puts them in place (`Expander`). The text is that of `mmgpt.chat.Piecewise`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from mmgpt.pieces import Piece


def spell(pieces: Sequence[Piece], encode: Callable[[str], Sequence[int]], places: int) -> Tensor:
    """int64 [places, 1 + S]: for each piece the id of the blank before it, then the ids of its text; −1 where there is none.

    `encode` gives the ids of a text; `places` ≥ len(pieces). The blank stands where `mmgpt.pieces.span_text` puts one.
    """
    blank = list(encode(" "))
    if len(blank) != 1:
        raise ValueError(f"the tokenizer spells a blank as {len(blank)} tokens; byte-level tokenizers need one")
    texts = [list(encode(piece.text)) for piece in pieces]
    out = torch.full((places, 1 + max((len(t) for t in texts), default=1)), -1)
    for i, (piece, text) in enumerate(zip(pieces, texts, strict=True)):
        if i and (piece.spaced or piece.line != pieces[i - 1].line):
            out[i, 0] = blank[0]
        out[i, 1 : 1 + len(text)] = torch.tensor(text)
    return out


def spelled_slots(
    spelling: Tensor, mask: Tensor, owner: Sequence[int], rows: int, pointers: int
) -> tuple[Tensor, Tensor]:
    """What each pointer of each row leads to, numbered as `MMGPT.remember` numbers pieces.

    spelling int64 [n, P, 1 + S] and mask bool [n, P] of n pictures, `owner` the row of each; at most `pointers` a row →
    spelling [rows, P', 1 + S], and the number of the piece's picture in its row, int64 [rows, P'] (−1: no piece).
    """
    slots: list[list[Tensor]] = [[] for _ in range(rows)]
    pictures: list[list[Tensor]] = [[] for _ in range(rows)]
    for i, row in enumerate(owner):
        own = spelling[i][mask[i]]
        pictures[row].append(own.new_full((len(own),), len(pictures[row])))
        slots[row].append(own)
    most = min(max((sum(len(s) for s in own) for own in slots), default=0), pointers)
    out, numbers = spelling.new_full((rows, most, spelling.shape[2]), -1), spelling.new_full((rows, most), -1)
    for row in range(rows):
        if slots[row]:
            both = torch.cat(slots[row])[:most], torch.cat(pictures[row])[:most]
            out[row, : len(both[0])], numbers[row, : len(both[1])] = both
    return out, numbers


class Expander:
    """Takes one row's ids one by one and gives ordinary ids: pointers `vocabulary` … `vocabulary` + 2 `pointers` − 1 become spellings."""

    def __init__(self, spelling: Tensor, pictures: Tensor, vocabulary: int, pointers: int) -> None:
        """spelling int64 [P', 1 + S], pictures int64 [P'] as `spelled_slots` gives them for a row."""
        self._spelling, self._pictures = spelling.tolist(), [p for p in pictures.tolist() if p >= 0]
        self._vocabulary, self._pointers = vocabulary, pointers
        self._start: int | None = None
        self._behind = False  # nothing was said since the last span

    def add(self, token: int) -> list[int]:
        """Ids that stand for a token: itself, nothing for the start of a span, all of the span for its end."""
        if token < self._vocabulary:
            self._behind = False
            return [token]
        pointer = token - self._vocabulary
        start, self._start = self._start, pointer if pointer < self._pointers else None
        end = pointer - self._pointers
        if start is None or not start <= end < len(self._pictures) or self._pictures[start] != self._pictures[end]:
            return []
        ids: list[int] = []
        for i in range(start, end + 1):
            blank, *text = self._spelling[i]
            if blank >= 0 and (i > start or self._behind):  # a span right behind a span is parted as words of one are
                ids.append(blank)
            ids += [t for t in text if t >= 0]
        self._behind = True
        return ids


def expand(ids: Tensor, prompt: int, expanders: Sequence[Expander], pad: int) -> Tensor:
    """ids int64 [B, T], of which the first `prompt` are left as they are → ids [B, T'], padded with `pad` on the right."""
    rows = [
        [e for token in row for e in x.add(token)] for row, x in zip(ids[:, prompt:].tolist(), expanders, strict=True)
    ]
    for row in rows:
        while row and row[-1] == pad:
            row.pop()
    out = ids.new_full((len(rows), prompt + max((len(r) for r in rows), default=0)), pad)
    out[:, :prompt] = ids[:, :prompt]
    for i, row in enumerate(rows):
        out[i, prompt : prompt + len(row)] = torch.tensor(row, dtype=ids.dtype)
    return out


class ExpandingStreamer:
    """Between `generate` and a streamer of transformers: what was copied is streamed as text too. One conversation at a time."""

    def __init__(self, streamer: Any, expander: Expander) -> None:
        self._streamer, self._expander, self._prompted = streamer, expander, False

    def put(self, value: Tensor) -> None:
        """The prompt's ids first, then new ones."""
        if not self._prompted:
            self._prompted = True
            self._streamer.put(value)
            return
        ids = [e for token in value.flatten().tolist() for e in self._expander.add(token)]
        for token in ids:
            self._streamer.put(torch.tensor([token]))

    def end(self) -> None:
        """The answer is over."""
        self._streamer.end()
