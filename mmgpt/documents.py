"""Which document each token of packed rows belongs to, and the way between rows [B, T, …] and documents [D, L, …].

A packed row holds several conversations. What belongs to one of them (its pictures' memory, its pointers, its labels) is looked up
document by document, so that nothing of another is within reach: there is no mask that could be wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Documents:
    """`number` int64 [B, T]: a token's document, numbered through the batch; −1 for padding. `index` int64 [D, L]: where each document's
    tokens stand among the B · T, in their order, and `there` bool [D, L] which of these exist. `slot` int64 [B, T]: where a
    token stands among the D · L."""

    number: Tensor
    index: Tensor
    there: Tensor
    slot: Tensor

    @classmethod
    def of(cls, number: Tensor) -> Documents:
        """From int64 [B, T]. Raises ValueError where documents are not numbered 0, 1, … in the order of rows and tokens, each in
        one piece: memory is looked up by number."""
        flat = number.flatten()
        places = (flat >= 0).nonzero()[:, 0]
        if not len(places):
            raise ValueError("rows without any document")
        found, counts = flat[places].unique_consecutive(return_counts=True)
        if not torch.equal(found, torch.arange(len(found), device=found.device)):
            raise ValueError(
                f"documents are numbered {found.tolist()[:12]}, not 0 to {len(found) - 1} in the order of rows"
            )
        most = int(counts.max())
        begin = counts.cumsum(0) - counts
        within = torch.arange(len(places), device=flat.device) - begin.repeat_interleave(counts)
        slots = flat[places] * most + within
        index = flat.new_zeros(len(found) * most)
        index[slots] = places
        there = torch.zeros(len(found) * most, dtype=torch.bool, device=flat.device)
        there[slots] = True
        slot = torch.zeros_like(flat)
        slot[places] = slots
        return cls(number, index.view(-1, most), there.view(-1, most), slot.view_as(number))

    @property
    def count(self) -> int:
        """D."""
        return len(self.index)

    def gather(self, rows: Tensor, fill: int | float = 0) -> Tensor:
        """[B, T, …] → [D, L, …], with `fill` behind the end of shorter documents."""
        taken = rows.flatten(0, 1)[self.index]
        return taken.masked_fill(~_wide(self.there, taken), fill)

    def scatter(self, documents: Tensor) -> Tensor:
        """[D, L, …] → [B, T, …], zeros at padding."""
        taken = documents.flatten(0, 1)[self.slot]
        return taken.masked_fill(_wide(self.number < 0, taken), 0)

    def spread(self, values: Tensor) -> Tensor:
        """One value a document, [D], at each of its tokens: [B, T]; False or 0 at padding."""
        return values[self.number.clamp_min(0)].masked_fill(self.number < 0, 0)

    def to(self, device: torch.device | str) -> Documents:
        """On another device."""
        return Documents(*(t.to(device) for t in (self.number, self.index, self.there, self.slot)))


def _wide(mask: Tensor, like: Tensor) -> Tensor:
    return mask.view(*mask.shape, *(1 for _ in like.shape[2:]))
