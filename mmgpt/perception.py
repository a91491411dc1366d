"""A picture, perceived: its read lines cut into pieces, and the tower's features. Done once; everything asked later uses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import torch

from mmgpt.extractor.page import Page, make_page
from mmgpt.pieces import Piece, PieceEncoder, Posteriors
from projector.features import Features
from projector.lines import Pieces
from vision.reader.types import Line, PerceivedLine

if TYPE_CHECKING:
    from vision.clip import Tower
    from vision.reader.types import TextReader


@runtime_checkable
class Perceives(Protocol):
    """A reader that also tells what it knows of its characters (`NanoReader`)."""

    def perceive(self, image: np.ndarray) -> list[PerceivedLine]:
        """RGB uint8 [H, W, 3] → lines in reading order."""
        ...


@dataclass(frozen=True)
class Perceived:
    """What was perceived of one picture. `lines` as the reader gave them, `page` row by row (`page.source` leads back), `pieces` in
    the order of their pointers, `tensors` a batch of one; `features` None for models without a tower."""

    lines: list[Line]
    page: Page
    pieces: list[Piece]
    tensors: Pieces | None
    features: Features | None


class Perceiver:
    """Reader and tower in front of a model. Keeps nothing of a picture, so threads may share it; `calls` counts pictures."""

    def __init__(self, reader: TextReader | None, encoder: PieceEncoder | None, tower: Tower | None) -> None:
        if (reader is None) != (encoder is None):
            raise ValueError("a reader and a piece encoder go together: give both or neither")
        self.reader, self.encoder, self.tower = reader, encoder, tower
        self.calls = 0

    @torch.no_grad()  # not inference_mode: what it gives may be trained on
    def __call__(self, image: np.ndarray, lines: Sequence[Line | PerceivedLine] | None = None) -> Perceived:
        """RGB uint8 [H, W, 3] → what is perceived. `lines` that were read already (by any reader) are taken as they are."""
        self.calls += 1
        height, width = image.shape[:2]
        features = None
        if self.tower is not None:
            seen = self.tower.see(image)
            features = Features(
                seen.features[None].float(), seen.positions[None].float(),
                torch.ones(1, len(seen.features), dtype=torch.bool), seen.grid,
            )  # fmt: skip
        if self.reader is None or self.encoder is None:
            empty = np.zeros((0, 4), np.float32)
            styles, none = np.zeros((0, 8), np.float32), np.zeros(0, np.int64)
            page = Page((), empty, empty[:, 0], styles, none, (width, height), (1.0, 1.0, 1.0))
            return Perceived([], page, [], None, features)
        known = read_lines(self.reader, image) if lines is None else lines
        read = plain_lines(known)
        page = make_page(read, image)
        pieces, tensors = self.encoder(page, [_posteriors(known[index]) for index in page.source.tolist()])
        return Perceived(read, page, pieces, tensors, features)


def read_lines(reader: TextReader, image: np.ndarray) -> Sequence[Line | PerceivedLine]:
    """The lines of a picture, RGB uint8 [H, W, 3], with what the reader knows of their characters where it is one that tells."""
    return reader.perceive(image) if isinstance(reader, Perceives) else reader.read(image)


def plain_lines(lines: Sequence[Line | PerceivedLine]) -> list[Line]:
    """The lines alone, as extractors and people want them."""
    return [entry.line if isinstance(entry, PerceivedLine) else entry for entry in lines]


def _posteriors(entry: Line | PerceivedLine) -> Posteriors | None:
    """What is known of the characters of a line as a page has it, without blanks around it; None where the reader does not tell.

    Readers that tell one probability a character have no second choice.
    """
    line = entry.line if isinstance(entry, PerceivedLine) else entry
    first = len(line.text) - len(line.text.lstrip())
    own = slice(first, first + len(line.text.strip()))
    if isinstance(entry, PerceivedLine):
        return Posteriors(entry.alternatives[own], entry.certainty[own], entry.columns[own].astype(np.float32))
    if len(line.characters) == len(line.text) and "".join(c.text for c in line.characters) == line.text:
        characters = line.characters[own]
        return Posteriors(("",) * len(characters), tuple(c.confidence for c in characters))
    return None
