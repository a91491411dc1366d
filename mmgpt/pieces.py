"""Lines of text, cut into the pieces that the memory holds and that the decoder points at."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch

from mmgpt.extractor.features import geometry
from projector.lines import PLACE, Pieces
from vision.reader.charset import INDEX, canonical

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from mmgpt.extractor.page import Page

LONGEST = 16  # characters of a piece; longer words are several
TOKENS = 6  # text tokens of a piece that are embedded
_PIECE = re.compile(r"\w{1,16}|[^\w\s]{1,16}")


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters `start` to `end` of line `line` of a page; `spaced`: a blank stands before it in its line."""

    line: int
    start: int
    end: int
    text: str
    spaced: bool


@dataclass(frozen=True)
class Posteriors:
    """What a reader knows of one line's characters: second choices ("" for none), probabilities, columns [n, Dr] or None."""

    alternatives: tuple[str, ...]
    certainty: tuple[float, ...]
    columns: np.ndarray | None = None


def cut_pieces(texts: Sequence[str], most: int) -> list[Piece]:
    """Pieces of lines in order, at most `most`; what comes later is left out."""
    found: list[Piece] = []
    for index, text in enumerate(texts):
        for match in _PIECE.finditer(text):
            start, end = match.span()
            found.append(Piece(index, start, end, match.group(), start > 0 and text[start - 1].isspace()))
            if len(found) == most:
                return found
    return found


def span_text(pieces: Sequence[Piece], first: int, last: int) -> str:
    """The words from piece `first` to piece `last`, with blanks where their lines have them; lines are joined by one blank."""
    parts: list[str] = []
    for i in range(first, last + 1):
        piece = pieces[i]
        if i > first and (piece.spaced or piece.line != pieces[i - 1].line):
            parts.append(" ")
        parts.append(piece.text)
    return "".join(parts)


class PieceEncoder:
    """Turns pages into tensors for `projector.lines`. Holds a tokenizer and nothing that changes."""

    def __init__(self, tokenizer: Tokenizer, most: int) -> None:
        self.most = most
        encode = tokenizer.encode

        @lru_cache(maxsize=65_536)
        def tokens(text: str) -> tuple[int, ...]:
            # The word-initial form whatever stands before it: a name is the same name after a bracket.
            return tuple(encode(" " + text, add_special_tokens=False).ids[:TOKENS])

        self._tokens = tokens

    def tokens(self, pieces: Sequence[Piece], size: int) -> torch.Tensor:
        """Text tokens int64 [1, size, TOKENS] of pieces, −1 for none: for pieces that another tokenizer was asked about first."""
        found = torch.full((1, size, TOKENS), -1)
        for i, piece in enumerate(pieces[:size]):
            ids = self._tokens(piece.text)
            found[0, i, : len(ids)] = torch.tensor(ids)
        return found

    def __call__(self, page: Page, posteriors: Sequence[Posteriors | None] | None = None) -> tuple[list[Piece], Pieces]:
        """Pieces of a page and their tensors (a batch of one). `posteriors` has an entry a line of the page, None: not known."""
        pieces = cut_pieces(page.texts, self.most)
        P, M = max(len(pieces), 1), max(len(page.texts), 1)
        characters = np.zeros((P, LONGEST), np.int64)
        alternatives = np.zeros((P, LONGEST), np.int64)
        certainty = np.ones((P, LONGEST), np.float32)
        tokens = np.full((P, TOKENS), -1, np.int64)
        place = np.zeros((P, PLACE), np.float32)
        line = np.zeros(P, np.int64)
        columns: np.ndarray | None = None
        width, height = page.size
        counts: dict[int, int] = {}
        for piece in pieces:
            counts[piece.line] = counts.get(piece.line, 0) + 1
        seen: dict[int, int] = {}
        for i, piece in enumerate(pieces):
            known = posteriors[piece.line] if posteriors is not None else None
            sure = float(page.confidences[piece.line])
            for j, char in enumerate(piece.text):
                characters[i, j] = _index(char)
                certainty[i, j] = sure if known is None else known.certainty[piece.start + j]
                if known is not None and known.alternatives[piece.start + j]:
                    alternatives[i, j] = _index(known.alternatives[piece.start + j])
            if known is not None and known.columns is not None:
                if columns is None:
                    columns = np.zeros((P, known.columns.shape[1]), np.float32)
                columns[i] = known.columns[piece.start : piece.end].mean(0)
            ids = self._tokens(piece.text)
            tokens[i, : len(ids)] = ids
            nth = seen.get(piece.line, 0)
            seen[piece.line] = nth + 1
            place[i] = _place(page, piece, nth, counts[piece.line], width, height)
            line[i] = piece.line
        shape = torch.from_numpy(geometry(page)) if page.texts else torch.zeros(1, geometry_width())

        def one(array: np.ndarray) -> torch.Tensor:
            return torch.from_numpy(array)[None]

        return pieces, Pieces(
            characters=one(characters), alternatives=one(alternatives), certainty=one(certainty), place=one(place), line=one(line),
            mask=torch.arange(P)[None] < len(pieces), geometry=shape[None], line_mask=torch.arange(M)[None] < len(page.texts),
            tokens=one(tokens), columns=None if columns is None else one(columns),
        )  # fmt: skip


def _place(page: Page, piece: Piece, nth: int, count: int, width: int, height: int) -> tuple[float, ...]:
    """PLACE numbers, the first four in 0…1: centre x and y in the picture, index of line and of piece; then size and sort of the piece."""
    x0, y0, x1, y1 = page.boxes[piece.line]
    length = max(len(page.texts[piece.line]), 1)
    left = x0 + (x1 - x0) * piece.start / length
    right = x0 + (x1 - x0) * piece.end / length
    return (
        (left + right) / 2 / width,
        (y0 + y1) / 2 / height,
        min(piece.line / 160, 1.0),
        min(nth / 32, 1.0),
        (right - left) / width,
        (y1 - y0) / 32,
        float(nth == 0),
        float(nth == count - 1),
        float(piece.spaced),
        float(piece.text.isdigit()),
        float(piece.text.isalpha()),
        float(piece.text[:1].isupper()),
        len(piece.text) / LONGEST,
    )


@lru_cache(maxsize=4096)
def _index(char: str) -> int:
    """The reader's number of a character, or of the one it would take for it; 0 where it has none."""
    plain = canonical(char)
    return INDEX.get(plain[:1], 0) if plain else 0


def geometry_width() -> int:
    """How many numbers describe a line."""
    from mmgpt.extractor.features import GEOMETRY

    return GEOMETRY


def pad_pieces(batch: Sequence[Pieces]) -> Pieces:
    """Several pictures' pieces (each a batch of one) as one batch, padded to the most pieces and lines among them."""
    P = max(b.mask.shape[1] for b in batch)
    M = max(b.line_mask.shape[1] for b in batch)
    fill = {"tokens": -1, "certainty": 1}
    made: dict[str, torch.Tensor] = {}
    for name in ("characters", "alternatives", "certainty", "place", "line", "mask", "tokens", "geometry", "line_mask"):
        most = M if name in ("geometry", "line_mask") else P
        first = getattr(batch[0], name)
        out = first.new_full((len(batch), most, *first.shape[2:]), fill.get(name, 0))
        for row, entry in enumerate(batch):
            value = getattr(entry, name)[0]
            out[row, : len(value)] = value
        made[name] = out
    widths = [b.columns.shape[2] for b in batch if b.columns is not None]
    columns = None
    if widths:
        columns = torch.zeros(len(batch), P, widths[0])
        for row, entry in enumerate(batch):
            if entry.columns is not None:
                columns[row, : entry.columns.shape[1]] = entry.columns[0]
    return Pieces(columns=columns, **made)
