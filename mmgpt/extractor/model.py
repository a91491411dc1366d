"""The network over lines: hashed text, geometry and style in; roles, pointers and the picture's classes out."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from mmgpt.extractor.candidates import APP_TYPES, CODE_TYPES
from mmgpt.extractor.cues import CUES
from mmgpt.extractor.features import BUCKETS, GEOMETRY


@dataclass(frozen=True)
class ExtractorConfig:
    """Sizes of the network and the words of its classes."""

    roles: tuple[str, ...]
    kinds: tuple[str, ...]
    categories: tuple[str, ...]
    apps: tuple[str, ...]
    text_width: int = 64
    width: int = 96
    heads: int = 4
    layers: int = 2
    feed_forward: int = 192
    dropout: float = 0.1
    word_dropout: float = 0.0
    name_dropout: float = 0.0

    def to_dict(self) -> dict[str, object]:
        """As plain JSON values."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


@dataclass
class Batch:
    """Pages as tensors. Lines are padded to L, candidates are flat with the page and line they belong to.

    `line_ids` int64 [T] and `line_offsets` int64 [B * L]: bags of every line, empty for padding.
    """

    line_ids: Tensor  # [T]
    line_offsets: Tensor  # [B * L]
    geometry: Tensor  # [B, L, GEOMETRY]
    mask: Tensor  # [B, L] True where a line is
    code_ids: Tensor
    code_offsets: Tensor  # [C]
    code_page: Tensor  # [C]
    code_line: Tensor  # [C]
    code_type: Tensor  # [C]
    app_ids: Tensor
    app_offsets: Tensor  # [A]
    app_page: Tensor  # [A]
    app_line: Tensor  # [A]
    app_type: Tensor  # [A]


@dataclass
class Output:
    """Scores before softmax; `hidden` [B, L, D] and `embedded` [B, L, D] feed `continuation`."""

    error: Tensor  # [B]
    kind: Tensor  # [B, K]
    category: Tensor  # [B, C]
    message: Tensor  # [B, L]
    role: Tensor  # [B, L, R]
    code_none: Tensor  # [B]
    code: Tensor  # [candidates]
    app_known: Tensor  # [B, A]
    app: Tensor  # [candidates]
    hidden: Tensor


class LineNetwork(nn.Module):
    """A small transformer over lines with pointer heads."""

    def __init__(self, config: ExtractorConfig) -> None:
        """Build with random weights."""
        super().__init__()
        self.config = config
        width, text = config.width, config.text_width
        self.table = nn.EmbeddingBag(BUCKETS, text, mode="sum")
        nn.init.normal_(self.table.weight, std=0.1)
        self.weight = nn.EmbeddingBag(BUCKETS, 1, mode="sum")
        nn.init.zeros_(self.weight.weight)
        self.text_norm = nn.LayerNorm(text)
        self.enter = nn.Sequential(nn.Linear(text + GEOMETRY, width), nn.GELU(), nn.Linear(width, width))
        self.near = nn.Conv1d(width, width, 3, padding=1, groups=4)
        self.page = nn.Parameter(torch.randn(width) * 0.02)
        layer = nn.TransformerEncoderLayer(
            width, config.heads, config.feed_forward, 0.0, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(width)
        self.role = nn.Linear(width, len(config.roles))
        self.message = nn.Sequential(nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, 1))
        self.follow = nn.Sequential(nn.Linear(2 * width + 6, width // 2), nn.GELU(), nn.Linear(width // 2, 1))
        self.kind = nn.Linear(2 * width, len(config.kinds))
        self.error = nn.Sequential(nn.Linear(3 * width, width // 2), nn.GELU(), nn.Linear(width // 2, 1))
        joint = 3 * width + text + CUES
        self.category = nn.Sequential(nn.Linear(joint, width), nn.GELU(), nn.Linear(width, len(config.categories)))
        self.app_known = nn.Sequential(nn.Linear(joint, width), nn.GELU(), nn.Linear(width, len(config.apps)))
        self.code_type = nn.Embedding(len(CODE_TYPES), 16)
        self.app_type = nn.Embedding(2 * len(APP_TYPES), 16)  # each type once more for known names
        self.code = nn.Sequential(nn.Linear(text + 16 + 2 * width + 5, width // 2), nn.GELU(), nn.Linear(width // 2, 1))
        self.app = nn.Sequential(nn.Linear(text + 16 + 2 * width + 5, width // 2), nn.GELU(), nn.Linear(width // 2, 1))
        self.code_none = nn.Linear(width, 1)
        self.drop = nn.Dropout(config.dropout)

    def bag(self, ids: Tensor, offsets: Tensor) -> Tensor:
        """Bags of hashed ids [T] with offsets [n] -> [n, text_width]: a mean with learned weights, normalised."""
        weights = self.weight.weight[ids, 0].exp()
        if self.training:  # a line must be known without some of its words, as one of a program never seen is
            weights = weights * (torch.rand_like(weights) >= self.config.word_dropout)
        total = torch.zeros(len(offsets), dtype=weights.dtype, device=ids.device)
        lengths = torch.diff(torch.cat([offsets, offsets.new_tensor([len(ids)])]))
        owner = torch.repeat_interleave(torch.arange(len(offsets), device=ids.device), lengths)
        total = total.index_add(0, owner, weights)
        summed = nn.functional.embedding_bag(ids, self.table.weight, offsets, mode="sum", per_sample_weights=weights)
        return self.text_norm(summed / total.clamp_min(1e-6).sqrt()[:, None])

    def forward(self, batch: Batch) -> Output:
        """Scores of a batch of pages. Pages without lines are allowed: their pointers have no candidates."""
        pages, lines = batch.mask.shape
        text = self.bag(batch.line_ids, batch.line_offsets).view(pages, lines, -1)
        text = self.drop(text)
        entered = self.enter(torch.cat([text, batch.geometry], dim=-1)) * batch.mask[..., None]
        entered = entered + self.near(entered.transpose(1, 2)).transpose(1, 2)
        tokens = torch.cat([self.page.expand(pages, 1, -1), entered], dim=1)
        mask = torch.cat([batch.mask.new_ones(pages, 1), batch.mask], dim=1)
        hidden = self.norm(self.layers(tokens, src_key_padding_mask=~mask))
        page, hidden = hidden[:, 0], hidden[:, 1:]
        message = self.message(hidden)[..., 0].masked_fill(~batch.mask, -1e4)
        focus = message.softmax(dim=1) * batch.mask.any(dim=1, keepdim=True)
        pointed = torch.einsum("bl,bld->bd", focus, hidden)
        pointed_text = torch.einsum("bl,bld->bd", focus, text)
        pooled = (hidden * batch.mask[..., None]).sum(1) / batch.mask.sum(1, keepdim=True).clamp_min(1)
        hints = torch.einsum("bl,bld->bd", focus, batch.geometry[..., GEOMETRY - CUES :])
        joint = torch.cat([page, pointed, pooled, pointed_text, hints], dim=-1)
        return Output(
            error=self.error(torch.cat([page, pointed, pooled], dim=-1))[:, 0],
            kind=self.kind(torch.cat([page, pooled], dim=-1)),
            category=self.category(joint),
            message=message,
            role=self.role(hidden),
            code_none=self.code_none(page)[:, 0],
            code=self._candidates(
                self.code,
                self.code_type,
                batch.code_ids,
                batch.code_offsets,
                batch.code_page,
                batch.code_line,
                batch.code_type,
                hidden,
                page,
                focus,
            ),
            app_known=self.app_known(joint),
            app=self._candidates(
                self.app,
                self.app_type,
                batch.app_ids,
                batch.app_offsets,
                batch.app_page,
                batch.app_line,
                batch.app_type,
                hidden,
                page,
                focus,
                self.config.name_dropout,
            ),
            hidden=hidden,
        )

    def _candidates(
        self,
        head: nn.Sequential,
        types: nn.Embedding,
        ids: Tensor,
        offsets: Tensor,
        page_index: Tensor,
        line: Tensor,
        kind: Tensor,
        hidden: Tensor,
        page: Tensor,
        focus: Tensor,
        dropout: float = 0.0,
    ) -> Tensor:
        if len(offsets) == 0:
            return hidden.new_zeros(0)
        middle = (focus * torch.arange(focus.shape[1], device=focus.device)).sum(1)  # where the message seems to be
        apart = line - middle[page_index]
        near = torch.stack(
            [apart.clamp(-8, 8) / 8, (apart.abs() < 0.5).float(), (apart < -0.5).float(), line / 8], dim=-1
        )
        words = self.bag(ids, offsets)
        if self.training and dropout:  # names that were never met are told by where they stand
            words = words * (torch.rand(len(words), 1, device=words.device) >= dropout)
        parts = [
            words,
            types(kind),
            hidden[page_index, line],
            page[page_index],
            focus[page_index, line][:, None],
            near.clamp(-2, 2),
        ]
        return torch.as_tensor(head(torch.cat(parts, dim=-1))[:, 0])

    def continuation(self, hidden: Tensor, start: Tensor, geometry: Tensor) -> Tensor:
        """Whether a line goes on the message that begins at line `start` [B]: scores [B, L]; the start itself counts too."""
        pages, lines, _ = hidden.shape
        index = torch.arange(pages, device=hidden.device)
        first = hidden[index, start][:, None].expand(-1, lines, -1)
        origin = geometry[index, start][:, None]
        offset = torch.arange(lines, device=hidden.device)[None] - start[:, None]
        near = torch.stack(
            [
                (offset / 4).clamp(-3, 3),
                (offset == 1).float(),
                (offset == 0).float(),
                geometry[..., 0] - origin[..., 0],
                (geometry[..., 2] - origin[..., 2]) * 10,
                geometry[..., 4] - origin[..., 4],
            ],
            dim=-1,
        )
        return torch.as_tensor(self.follow(torch.cat([hidden, first, near], dim=-1))[..., 0])


def collate(pages: list[PageTensors]) -> Batch:
    """Pages (see `prepare`) to one batch; a page without lines takes one padded place."""
    lines = max([len(page.line_bags) for page in pages] + [1])
    geometry = torch.zeros(len(pages), lines, GEOMETRY)
    mask = torch.zeros(len(pages), lines, dtype=torch.bool)
    bags: list[Tensor] = []
    lengths: list[int] = []
    for index, page in enumerate(pages):
        count = len(page.line_bags)
        mask[index, :count] = True
        geometry[index, :count] = page.geometry
        bags += page.line_bags
        lengths += [len(bag) for bag in page.line_bags] + [0] * (lines - count)
    codes = [(index, *entry) for index, page in enumerate(pages) for entry in page.codes]
    apps = [(index, *entry) for index, page in enumerate(pages) for entry in page.apps]

    def offsets(sizes: list[int]) -> Tensor:
        return torch.tensor([0, *sizes[:-1]] if sizes else [], dtype=torch.long).cumsum(0)

    def joined(parts: list[Tensor]) -> Tensor:
        return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.long)

    def column(values: list[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.long)

    return Batch(
        line_ids=joined(bags),
        line_offsets=offsets(lengths),
        geometry=geometry,
        mask=mask,
        code_ids=joined([entry[3] for entry in codes]),
        code_offsets=offsets([len(entry[3]) for entry in codes]),
        code_page=column([entry[0] for entry in codes]),
        code_line=column([entry[1] for entry in codes]),
        code_type=column([entry[2] for entry in codes]),
        app_ids=joined([entry[3] for entry in apps]),
        app_offsets=offsets([len(entry[3]) for entry in apps]),
        app_page=column([entry[0] for entry in apps]),
        app_line=column([entry[1] for entry in apps]),
        app_type=column([entry[2] for entry in apps]),
    )


@dataclass
class PageTensors:
    """One page ready for the network: a bag of ids for each line, geometry [L, GEOMETRY], candidates (line, type, ids)."""

    line_bags: list[Tensor]
    geometry: Tensor
    codes: list[tuple[int, int, Tensor]]
    apps: list[tuple[int, int, Tensor]]
