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

if TYPE_CHECKING:
    from vision.clip import Tower
    from vision.reader.types import Line, PerceivedLine, TextReader


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

    @torch.inference_mode()
    def __call__(self, image: np.ndarray, lines: Sequence[Line] | None = None) -> Perceived:
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
        known: list[PerceivedLine] | None = None
        if lines is None:
            if isinstance(self.reader, Perceives):
                known = self.reader.perceive(image)
                read = [entry.line for entry in known]
            else:
                read = self.reader.read(image)
        else:
            read = list(lines)
        page = make_page(read, image)
        pieces, tensors = self.encoder(page, _posteriors(page, read, known))
        return Perceived(read, page, pieces, tensors, features)


def _posteriors(page: Page, read: Sequence[Line], known: Sequence[PerceivedLine] | None) -> list[Posteriors | None]:
    """What is known of the characters of each line of the page. Readers that tell one probability a character have no second choice."""
    found: list[Posteriors | None] = []
    for index in page.source.tolist():
        line = read[index]
        if known is not None:
            entry = known[index]
            found.append(Posteriors(entry.alternatives, entry.certainty, entry.columns.astype(np.float32)))
        elif len(line.characters) == len(line.text) and "".join(c.text for c in line.characters) == line.text:
            found.append(Posteriors(("",) * len(line.text), tuple(c.confidence for c in line.characters)))
        else:
            found.append(None)
    return found
