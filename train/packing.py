"""Several conversations in one row, without a leak.

A *document* is one conversation with its pictures. Rows of at most T tokens hold several; each token attends to earlier ones of its own
document (and turn, where turns are apart), positions begin at 0 in each, and pictures, pointers and labels are looked up document by
document (`mmgpt.documents`), so that no other's is within reach. Documents are put into rows first-fit-decreasing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from mmgpt.copying import Memory
from mmgpt.documents import Documents
from mmgpt.model import MMGPT, Pictures
from mmgpt.pieces import pad_pieces
from projector.features import Features
from projector.lines import Pieces
from train.buckets import first_fit, groups
from train.data.perception import IGNORED, Row, pad_features
from train.parts import bounds

View = tuple[Pieces | None, Features | None]
"""What is perceived of one picture."""


@dataclass
class Document:
    """One conversation. ids, labels int64 [n] (labels IGNORED or the id itself, not shifted); `segment` int64 [n]: tokens of different
    segments do not see each other; `views` of its pictures, in order; `memory`: how many memory tokens these make; `source`: its number
    in the mixture."""

    ids: Tensor
    labels: Tensor
    segment: Tensor
    views: list[View] = field(default_factory=list)
    memory: int = 0
    source: int = 0

    @property
    def supervised(self) -> int:
        """How many tokens are learnt."""
        return int((self.labels != IGNORED).sum())

    def positions(self) -> Tensor:
        """int64 [n], from 0 in each segment."""
        starts = torch.zeros_like(self.segment)
        places = torch.arange(len(self.ids))
        starts[1:] = torch.where(self.segment[1:] != self.segment[:-1], places[1:], 0)
        return places - starts.cummax(0).values


def document_of(row: Row, memory: int = 0, source: int = 0) -> Document:
    """A row of `train.data.perception` as a document; `memory` is how many memory tokens its picture makes."""
    segment = row.turn if row.apart else torch.zeros_like(row.turn)
    views = [(row.pieces, row.features)] if row.pieces is not None or row.features is not None else []
    return Document(row.ids, row.labels, segment, views, memory, source)


@dataclass
class Packed:
    """Packed rows. ids, labels, positions int64 [B, T]; mask bool [B, 1, T, T]; `documents` says which tokens are whose; `owner`:
    the document that shows each picture; pieces and features of all pictures; `source` int64 [D]; `turns` is the number of documents.
    `entries` are what it was made of, in order, and `length` the longest a row may be (0: a row each)."""

    ids: Tensor
    labels: Tensor
    mask: Tensor
    positions: Tensor
    documents: Documents
    owner: list[int]
    pieces: Pieces | None
    features: Features | None
    source: Tensor
    turns: int
    entries: list[Document]
    length: int
    pad: int

    def supervised(self) -> int:
        """Tokens that the loss is a mean over."""
        return sum(entry.supervised for entry in self.entries)

    def part(self, index: int, parts: int) -> Packed:
        """Some of the documents, packed anew. Raises ValueError where there are fewer than parts."""
        first, last = bounds(len(self.entries), index, parts)
        return pack(self.entries[first:last], self.length, self.pad, refuse=False)

    def to(self, device: torch.device | str) -> Packed:
        """On another device; what it was made of stays."""
        moved: dict[str, Any] = {
            name: getattr(self, name).to(device)
            for name in ("ids", "labels", "mask", "positions", "documents", "source")
        }
        for name in ("pieces", "features"):
            value = getattr(self, name)
            moved[name] = None if value is None else value.to(device)
        return replace(self, **moved)


def pack(entries: Sequence[Document], length: int, pad: int, *, refuse: bool = True) -> Packed:
    """Documents as rows of at most `length` tokens (0: one document a row).

    Raises ValueError for a document that is longer, one whose first token is supervised (nothing stands before it that could foretell
    it), and, if it may `refuse`, where no token of all is supervised: such a batch would teach nothing and look like loss 0.
    """
    plan = first_fit([len(e.ids) for e in entries], length) if length else [[i] for i in range(len(entries))]
    plan = sorted(sorted(row) for row in plan)
    ordered = [entries[i] for row in plan for i in row]
    if refuse and not any(entry.supervised for entry in ordered):
        raise ValueError(f"no token of these {len(ordered)} conversations is supervised: they have no answers")
    T = max(sum(len(entries[i].ids) for i in row) for row in plan)
    B = len(plan)
    ids, labels = torch.full((B, T), pad), torch.full((B, T), IGNORED)
    number, segment = torch.full((B, T), -1), torch.full((B, T), -1)
    positions = torch.zeros(B, T, dtype=torch.long)
    count = segments = 0
    for row, members in enumerate(plan):
        at = 0
        for entry in (entries[i] for i in members):
            if int(entry.labels[0]) != IGNORED:
                raise ValueError(f"document {count} supervises its first token, which nothing stands before")
            own = slice(at, at + len(entry.ids))
            ids[row, own], labels[row, own], number[row, own] = entry.ids, entry.labels, count
            segment[row, own] = segments + entry.segment
            positions[row, own] = entry.positions()
            at, count, segments = own.stop, count + 1, segments + int(entry.segment.max()) + 1
    causal = torch.ones(T, T, dtype=torch.bool).tril()
    mask = (segment[:, :, None] == segment[:, None]) & causal
    views = [view for entry in ordered for view in entry.views]
    owner = [i for i, entry in enumerate(ordered) for _ in entry.views]
    with_pieces = [pieces for pieces, _ in views if pieces is not None]
    if 0 < len(with_pieces) < len(views):
        raise ValueError(f"{len(views)} pictures, and lines of {len(with_pieces)}: a model reads all of them or none")
    features = pad_features([f for _, f in views]) if any(f is not None for _, f in views) else None
    return Packed(
        ids, labels, mask[:, None], positions, Documents.of(number), owner, pad_pieces(with_pieces) if with_pieces else None, features,
        torch.tensor([entry.source for entry in ordered]), len(ordered), ordered, length, pad,
    )  # fmt: skip


def remembered(model: MMGPT, batch: Packed) -> Memory | None:
    """The memory of each document's own pictures, an entry a document; None where no document shows any.

    Pictures with about as many pieces are projected together, so that none is padded to the size of the largest of all.
    """
    if not batch.owner:
        return None
    seen: list[tuple[Tensor, int]] = [(torch.empty(0), 0)] * len(batch.owner)
    for places in _alike(batch):
        features = batch.features
        if features is not None:
            own = [f for _, f in (_views(batch)[i] for i in places) if f is not None]
            most = max((f.features.shape[1] for f in own), default=1)
            parts = [t[places, :most] for t in (features.features, features.positions, features.mask)]
            grids = {f.grid for f in own}
            features = Features(parts[0], parts[1], parts[2], grids.pop() if len(grids) == 1 else None)
        pieces = batch.pieces
        if pieces is not None and len(places) < len(batch.owner):
            pieces = _cut(batch, places)
        found = model.see(Pictures([batch.owner[i] for i in places], pieces, features))
        for place, one in zip(places, found, strict=True):
            seen[place] = one
    return model.remember(seen, batch.owner, batch.documents.count)


def _cut(batch: Packed, places: list[int]) -> Pieces:
    """The pieces of some pictures, without the columns that are padding in all of these."""
    own = [pieces for pieces, _ in (_views(batch)[i] for i in places) if pieces is not None]
    wide, lines = (max(getattr(pieces, name).shape[1] for pieces in own) for name in ("mask", "line_mask"))
    chosen: dict[str, Any] = {}
    for name, value in vars(batch.pieces).items():
        most = lines if name in ("geometry", "line_mask") else wide
        chosen[name] = None if value is None else value[places, :most]
    return Pieces(**chosen)


def _views(batch: Packed) -> list[View]:
    return [view for entry in batch.entries for view in entry.views]


def _alike(batch: Packed) -> list[list[int]]:
    """Pictures that are projected together: those whose features stand in the same grid, where the projector needs one, and of these
    those that are about as large."""
    views, kinds = _views(batch), [list(range(len(batch.owner)))]
    if batch.features is not None and batch.features.grid is None:
        grids = [None if f is None else f.grid for _, f in views]
        if None not in grids:  # screens without features stand between: projectors that need a grid say so themselves
            kinds = [[i for i, g in enumerate(grids) if g == grid] for grid in dict.fromkeys(grids)]
    if batch.pieces is None:
        return kinds
    sizes = [0 if pieces is None else pieces.mask.shape[1] for pieces, _ in views]
    return [[kind[i] for i in group] for kind in kinds for group in groups([sizes[i] for i in kind])]


def packed_losses(model: MMGPT, batch: Packed) -> tuple[Tensor, Tensor]:
    """Summed cross-entropy [D] of each document's supervised tokens, and how many these are, int64 [D]."""
    from train.tasks.simulate import token_losses

    batch = batch.to(model.decoder.embed_tokens.weight.device)
    documents, memory = batch.documents, remembered(model, batch)
    hidden = model.hidden(batch.ids, memory, mask=batch.mask, positions=batch.positions, documents=documents)
    ids, labels = documents.gather(batch.ids, batch.pad), documents.gather(batch.labels, IGNORED)
    losses, there = token_losses(model, documents.gather(hidden), ids, labels, memory)
    return losses.sum(1), there.sum(1)
