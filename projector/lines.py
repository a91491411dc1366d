"""Read lines → memory: one token for each piece (a word, a number, a sign), which knows its letters, its place, and its line.

A piece is embedded from the reader's character posteriors, so that a doubtful letter is doubtful to the decoder too, from the recogniser's
column features, and from the decoder's own embeddings of its text. Lines then look at each other, and each piece learns from
its line what kind of line that is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from projector.features import check_width, fourier

PLACE = 13  # numbers that describe a piece: see `mmgpt.pieces`
WAVES = 4
_WAVED = 4  # of these, centre x and y, index of line and of piece also enter as waves


@dataclass
class Pieces:
    """Pieces of read lines of a batch of pictures, padded to P pieces and M lines.

    characters, alternatives int64 [B, P, C]: the reader's first and second choice for each character, 0 for none; certainty
    float [B, P, C]: the first choice's probability. place float [B, P, PLACE]; line int64 [B, P], the index of a piece's line;
    mask bool [B, P]. geometry float [B, M, G] and line_mask bool [B, M] describe lines. tokens int64 [B, P, S] are the text
    tokens of each piece, −1 for none. columns float [B, P, Dr] are the recogniser's features, averaged over the piece; None in
    simulated perception.
    """

    characters: Tensor
    alternatives: Tensor
    certainty: Tensor
    place: Tensor
    line: Tensor
    mask: Tensor
    geometry: Tensor
    line_mask: Tensor
    tokens: Tensor
    columns: Tensor | None = None

    def to(self, device: torch.device | str) -> Pieces:
        """On another device."""
        moved: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            moved[field.name] = None if value is None else value.to(device)
        return Pieces(**moved)


class LineLayer(nn.Module):
    """Attention among lines and a feed-forward layer."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.near = nn.Conv1d(width, width, 3, padding=1, groups=width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x [B, M, D], mask bool [B, 1, 1, M] → [B, M, D]."""
        B, M, D = x.shape
        # A norm makes something of padding's zeros, which the last line's neighbourhood must not see.
        normed = self.norm_1(x) * mask[:, 0, 0, :, None]
        q, k, v = self.qkv(normed).view(B, M, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        read = F.scaled_dot_product_attention(q, k, v, mask)
        x = x + self.out(read.transpose(1, 2).reshape(B, M, D)) + self.near(normed.transpose(1, 2)).transpose(1, 2)
        return x + self.down(F.gelu(self.up(self.norm_2(x))))


class LinesProjector(nn.Module):
    """`Pieces` and the mean text embedding of each piece [B, P, D] → tokens [B, P, D]."""

    def __init__(
        self, width: int, *, characters: int, character_width: int, channels: int, columns: int, geometry: int, layers: int, heads: int
    ) -> None:  # fmt: skip
        super().__init__()
        self.geometry = geometry
        self.characters = nn.Embedding(characters, character_width, padding_idx=0)
        self.letters = nn.Conv1d(character_width, channels, 3, padding=1)
        self.from_letters = nn.Linear(channels, width)
        self.from_text = nn.Linear(width, width, bias=False)
        self.from_columns = nn.Linear(columns, width, bias=False)
        nn.init.zeros_(self.from_columns.weight)  # simulated perception has none; real ones are learnt on top
        self.from_place = nn.Linear(PLACE + 2 * _WAVED * WAVES, width)
        self.norm = nn.LayerNorm(width)
        self.near = nn.Conv1d(width, width, 5, padding=2, groups=width)
        self.mix = nn.Linear(width, width)
        self.from_geometry = nn.Sequential(nn.Linear(geometry, width), nn.GELU(), nn.Linear(width, width))
        self.pool = nn.Linear(2 * width, width)
        self.layers = nn.ModuleList(LineLayer(width, heads) for _ in range(layers))
        self.to_pieces = nn.Linear(width, width)
        self.out = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width))

    def forward(self, pieces: Pieces, text: Tensor) -> Tensor:
        """Tokens [B, P, D]; those of padding are meaningless. Raises ValueError with both numbers where a width is not the expected one."""
        check_width("places of pieces", pieces.place, PLACE)
        check_width("geometry numbers of lines", pieces.geometry, self.geometry)
        check_width("text embeddings", text, self.from_text.in_features)
        if pieces.columns is not None:
            check_width("columns", pieces.columns, self.from_columns.in_features)
        B, P, C = pieces.characters.shape
        M = pieces.geometry.shape[1]
        sure = pieces.certainty[..., None].to(text.dtype)
        letters = self.characters(pieces.characters) * sure + self.characters(pieces.alternatives) * (1 - sure)
        letters = self.letters(letters.view(B * P, C, -1).transpose(1, 2))  # [B·P, channels, C]
        letters = letters.masked_fill((pieces.characters.view(B * P, 1, C) == 0), -1e4).amax(2)
        x = self.from_letters(F.gelu(letters.clamp_min(-20)).view(B, P, -1)) + self.from_text(text)
        place = pieces.place.to(text.dtype)
        x = x + self.from_place(torch.cat([place, fourier(place[..., :_WAVED], WAVES)], -1))
        if pieces.columns is not None:
            x = x + self.from_columns(pieces.columns.to(text.dtype))
        there = pieces.mask[..., None].to(text.dtype)
        x = self.norm(x) * there
        x = x + F.gelu(self.mix(self.near(x.transpose(1, 2)).transpose(1, 2)))
        x = x * there
        # What a line is: the mean and the maximum of its pieces, its place and look, and the lines around it.
        line = pieces.line[..., None].expand(-1, -1, x.shape[-1])
        mean = x.new_zeros(B, M, x.shape[-1]).scatter_add(1, line, x)
        count = there.new_zeros(B, M, 1).scatter_add(1, pieces.line[..., None], there)
        peak = x.new_zeros(B, M, x.shape[-1]).scatter_reduce(1, line, x, "amax", include_self=True)
        lines = self.pool(torch.cat([mean / count.clamp_min(1), peak], -1)) + self.from_geometry(
            pieces.geometry.to(text.dtype)
        )
        attend = (pieces.line_mask | ~pieces.line_mask.any(1, keepdim=True))[:, None, None]
        for layer in self.layers:
            lines = layer(lines * pieces.line_mask[..., None], attend)
        context = self.to_pieces(lines).gather(1, line)
        return self.out(x + context)
