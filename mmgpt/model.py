"""The model: pictures → memory → decoder → logits. Plain torch; `mmgpt.hf` wraps it for transformers.

    tower features ─ projector ─┐
    read lines ─ lines projector ┴► memory [B, N, D] ─► decoder (cross-attention or prefix) ─► logits over text and pointers

Nothing here keeps state between calls: two threads may use one model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmgpt.config import ModelConfig
from mmgpt.copying import Memory, Pointers, grammar
from mmgpt.decoder import Cache, Decoder, attention_mask
from mmgpt.documents import Documents
from mmgpt.fusion import MemoryKV, splice_prefix
from projector.factory import make_projector
from projector.features import Features
from projector.lines import LinesProjector, Pieces


@dataclass
class Pictures:
    """What was perceived of n pictures, and whose they are: `owner[i]` is the row of the batch that shows picture i; a row's pictures
    come in the order of its `<image>` tokens."""

    owner: list[int]
    pieces: Pieces | None = None
    features: Features | None = None


class MMGPT(nn.Module):
    """A vision-language model. Towers stand outside (`vision.clip`): they are frozen in most stages, and their features are cached."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        width = config.decoder.width
        self.decoder = Decoder(config.decoder)
        if config.tower is not None:
            part = config.projector
            self.projector = make_projector(
                part.kind, config.tower.width, width, shuffle=part.shuffle, queries=part.queries,
                layers=part.resampler_layers, heads=part.heads,
            )  # fmt: skip
            self.projector_norm = nn.LayerNorm(width)
        if config.lines is not None:
            lines = config.lines
            self.lines = LinesProjector(
                width, characters=lines.characters, character_width=lines.character_width, channels=lines.channels,
                columns=lines.columns, geometry=lines.geometry, layers=lines.layers, heads=lines.heads,
            )  # fmt: skip
        self.picture = nn.Embedding(config.max_pictures, width)  # which picture of the conversation a token is from
        if config.pointers:
            self.pointers = Pointers(width, config.pointers)
        self.apply(_initialise)
        if config.lines is not None:
            nn.init.zeros_(self.lines.from_columns.weight)

    # -- pictures ------------------------------------------------------------------------------------------------------------

    def see(self, pictures: Pictures) -> list[tuple[Tensor, int]]:
        """The memory of each picture: (tokens [n, D], how many of them are pieces; these come first).

        Raises ValueError where a part is given that the model does not have, or the batch has no part.
        """
        parts: list[tuple[Tensor, Tensor, bool]] = []
        if pictures.pieces is not None:
            if self.config.lines is None:
                raise ValueError("lines were given, but this model has no lines projector (config.lines is None)")
            pieces = pictures.pieces
            parts.append((self.lines(pieces, self._piece_text(pieces)), pieces.mask, True))
        if pictures.features is not None:
            if self.config.tower is None:
                raise ValueError("tower features were given, but this model has no tower (config.tower is None)")
            if pictures.features.features.shape[-1] != self.config.tower.width:
                raise ValueError(
                    f"tower features are {pictures.features.features.shape[-1]} wide; the projector takes {self.config.tower.width}"
                )
            tokens, mask = self.projector(pictures.features)
            parts.append((self.projector_norm(tokens), mask, False))
        if not parts:
            raise ValueError("pictures without lines and without tower features: nothing to see")
        count = len(pictures.owner)
        wrong = [len(tokens) for tokens, _, _ in parts if len(tokens) != count]
        if wrong:
            raise ValueError(f"{count} pictures have an owner, but features of {wrong[0]} were given")
        seen = []
        for i in range(count):
            own = [(tokens[i][mask[i]], is_piece) for tokens, mask, is_piece in parts]
            seen.append((torch.cat([t for t, _ in own]), sum(len(t) for t, is_piece in own if is_piece)))
        return seen

    def _piece_text(self, pieces: Pieces) -> Tensor:
        """Mean decoder embedding of each piece's text tokens: [B, P, D]."""
        ids = pieces.tokens
        there = (ids >= 0)[..., None]
        vectors = self.decoder.embed_tokens(ids.clamp_min(0)) * there
        return vectors.sum(2) / there.sum(2).clamp_min(1)

    def remember(self, seen: Sequence[tuple[Tensor, int]], owner: Sequence[int], rows: int) -> Memory | None:
        """Puts pictures' memories together, a row each, padded; None without any picture.

        Raises ValueError for more pictures in a row than `max_pictures`.
        """
        if not seen:
            return None
        groups: list[list[int]] = [[] for _ in range(rows)]
        for i, row in enumerate(owner):
            groups[row].append(i)
        most = max(len(g) for g in groups)
        if most > self.config.max_pictures:
            raise ValueError(f"{most} pictures in one conversation; this model takes {self.config.max_pictures}")
        sizes = [sum(len(seen[i][0]) for i in g) for g in groups]
        piece_sizes = [min(sum(seen[i][1] for i in g), max(self.config.pointers, 0)) for g in groups]
        first = seen[0][0]
        N, P = max(*sizes, 1), max(*piece_sizes, 1)
        tokens, mask = (
            first.new_zeros(rows, N, first.shape[-1]),
            torch.zeros(rows, N, dtype=torch.bool, device=first.device),
        )
        pieces = torch.zeros(rows, P, dtype=torch.long, device=first.device)
        piece_mask = torch.zeros(rows, P, dtype=torch.bool, device=first.device)
        for row, group in enumerate(groups):
            at = pointed = 0
            for nth, i in enumerate(group):
                vectors, count = seen[i]
                tokens[row, at : at + len(vectors)] = vectors + self.picture.weight[nth]
                count = min(count, piece_sizes[row] - pointed)
                pieces[row, pointed : pointed + count] = torch.arange(at, at + count, device=first.device)
                at, pointed = at + len(vectors), pointed + count
            mask[row, :at] = True
            piece_mask[row, :pointed] = True
        return Memory(tokens, mask, pieces, piece_mask)

    # -- text ----------------------------------------------------------------------------------------------------------------

    def embed(self, ids: Tensor, memory: Memory | None, documents: Documents | None = None) -> Tensor:
        """ids int64 [B, T] → vectors [B, T, D]: text tokens from the table, pointers from the memory, `<image>` from the prefix.

        With `documents` the memory has an entry a document instead of a row.
        Raises ValueError where `<image>` tokens and visual tokens are not as many (prefix), or an id is out of range.
        """
        vocabulary = self.config.decoder.vocab_size
        if ids.numel() and int(ids.max()) >= vocabulary and (memory is None or not self.config.pointers):
            raise ValueError(f"id {int(ids.max())} is a pointer, but there is no memory to point into")
        if documents is not None:
            return documents.scatter(self.embed(documents.gather(ids, self.config.pad_token), memory))
        x = self.decoder.embed_tokens(ids.clamp(max=vocabulary - 1))
        if memory is None:
            return x
        if self.config.pointers and bool((ids >= vocabulary).any()):
            copied = self.pointers.embedding(self.pointers.gather(memory), ids, vocabulary)
            x = torch.where((ids >= vocabulary)[..., None], copied, x)
        if self.config.fusion == "prefix" and bool((ids == self.config.image_token).any()):
            x = splice_prefix(x, ids, self.config.image_token, memory.tokens, memory.mask)
        return x

    def memory_kv(self, memory: Memory | None) -> list[MemoryKV] | None:
        """Keys and values for the cross-attention layers; None under prefix fusion or without pictures."""
        if memory is None or self.config.fusion != "cross":
            return None
        return self.decoder.memory_kv(memory.tokens)

    def hidden(
        self, ids: Tensor, memory: Memory | None, kv: list[MemoryKV] | None = None, *, valid: Tensor | None = None,
        cache: Cache | None = None, record: list[Tensor] | None = None, mask: Tensor | None = None, positions: Tensor | None = None,
        documents: Documents | None = None,
    ) -> Tensor:  # fmt: skip
        """Final hidden states [B, T, D] of ids [B, T].

        With a cache, `ids` are the newest tokens and `valid` bool [B, S] covers all; without, S = T. `kv` defaults to what the
        memory gives. `mask` bool [B, 1, T, S] and `positions` int64 [B, T] replace what follows from `valid` (packed rows). With
        `documents`, memory and `kv` have an entry a document: what a token is shown is its own document's.
        """
        B, T = ids.shape
        valid = torch.ones(B, T, dtype=torch.bool, device=ids.device) if valid is None else valid
        if positions is None:
            positions = (valid.long().cumsum(1) - 1).clamp_min(0)[:, -T:]
        if mask is None:
            mask = attention_mask(valid, T)
        if kv is None:
            kv = self.memory_kv(memory)
        x = self.embed(ids, memory, documents)
        return self.decoder(
            x, positions, mask, cache, kv, None if kv is None or memory is None else memory.mask, record, documents
        )

    def logits(self, hidden: Tensor, ids: Tensor, memory: Memory | None, pointers: int | None = None) -> Tensor:
        """hidden [B, T, D] after ids [B, T] → logits [B, T, V + 2P]: text tokens, then starts, then ends of spans.

        `pointers` is P, by default the configuration's; training takes no more than are there (and numbers ends accordingly).
        """
        text = self.decoder.head(hidden)
        if self.config.fusion == "prefix":  # an answer shows no picture, and there would be none to put in its place
            place = torch.tensor([self.config.image_token], device=text.device)
            text = text.index_fill(-1, place, torch.finfo(text.dtype).min)
        count = self.config.pointers if pointers is None else pointers
        if not count:
            return text
        if memory is None:
            lowest = torch.finfo(text.dtype).min
            return torch.cat([text, text.new_full((*text.shape[:2], 2 * count), lowest)], -1)
        pointed = self.pointers.logits(hidden, self.pointers.gather(memory), memory.piece_mask, count)
        return grammar(torch.cat([text, pointed], -1), ids, self.config.decoder.vocab_size, count)

    def forward(self, ids: Tensor, pictures: Pictures | None = None, valid: Tensor | None = None) -> Tensor:
        """Whole sequences: ids int64 [B, T], valid bool [B, T] (None: all) → logits [B, T, V + 2P]."""
        memory = None if pictures is None else self.remember(self.see(pictures), pictures.owner, len(ids))
        return self.logits(self.hidden(ids, memory, valid=valid), ids, memory)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.Conv1d):
        nn.init.normal_(
            module.weight, std=0.02 if isinstance(module, nn.Linear) and module.out_features > 2000 else _fan(module)
        )
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)


def _fan(module: nn.Linear | nn.Conv1d) -> float:
    inputs = module.weight[0].numel()
    return float(min(0.05, inputs**-0.5))
