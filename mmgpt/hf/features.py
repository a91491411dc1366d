"""From the tensors that the processor makes to what the core model takes: tower features with their places, pieces of lines, owners.

Equal to `vision.clip.Tower.see` on each picture, but batched, from pixels on, and with gradients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor, nn

from mmgpt.config import TowerConfig
from projector.features import Features
from projector.lines import Pieces
from vision.clip import NanoTower, OpenClipTower, Tower, load_tower
from vision.preprocess import grid_positions
from vision.tiles import plan_tiles, token_positions
from vision.trunk import Trunk, TrunkConfig

PIECE_KEYS = {f.name: f.name if f.name == "line_mask" else f"piece_{f.name}" for f in fields(Pieces)} | {
    "geometry": "line_geometry"
}
"""Field of `Pieces` → name among the processor's tensors."""


def build_tower(config: TowerConfig, trunk: dict[str, Any] | None) -> Trunk | OpenClipTower:
    """A tower with random weights, as it stands in a checkpoint: our trunk itself (`tower.stem…`), or open_clip's in its wrapper.

    `trunk`: what config.json says under "tower". Raises ValueError for a tower that gives another width than `config` says.
    """
    tower: Tower
    if config.name == "nano":
        settings: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in (trunk or {}).items()}
        tower = NanoTower("nano", Trunk(TrunkConfig(**settings)), config.layer)
    else:
        tower = load_tower(config.name, layer=config.layer, class_token=config.class_token, weights=False)
    if tower.width != config.width:
        raise ValueError(
            f"tower {config.name!r} gives features {tower.width} wide; the model's configuration says {config.width}"
        )
    found = tower.trunk if isinstance(tower, NanoTower) else tower
    if not isinstance(found, Trunk | OpenClipTower):
        raise TypeError(f"tower {config.name!r} is a {type(found).__name__}; a Trunk or an OpenClipTower is expected")
    return found


def see_whole(tower: nn.Module, layer: int, pixels: Tensor, sizes: Tensor) -> Features:
    """Features of whole pictures, padded to the largest grid among them.

    pixels float [n, 3, H, W], each picture in the upper left; sizes int64 [n, 4]: height and width of each picture's own padded
    pixels, and height and width of what of them is picture. Pictures of one size go through the tower together; nothing is
    seen of the padding to others, so that a picture is seen as if it were alone.
    """
    rows = sizes.tolist()
    some = next(tower.parameters())
    groups: dict[tuple[int, int], list[int]] = {}
    for i, (h, w, _, _) in enumerate(rows):
        groups.setdefault((h, w), []).append(i)
    grids: dict[int, Tensor] = {}
    for (h, w), members in groups.items():
        batch = pixels[members, :, :h, :w].to(some)
        grid = tower.hidden(batch, layer) if isinstance(tower, Trunk) else tower.tokens(batch)[0]  # type: ignore[operator]
        grids |= {i: grid[k].permute(1, 2, 0) for k, i in enumerate(members)}  # [gh, gw, Dv]
    shares = [(width / w, height / h) for h, w, height, width in rows]
    return _padded([grids[i] for i in range(len(rows))], shares)


def _padded(grids: Sequence[Tensor], shares: Sequence[tuple[float, float]]) -> Features:
    """Grids [gh, gw, Dv] in the upper left of one of common size."""
    H, W = max(g.shape[0] for g in grids), max(g.shape[1] for g in grids)
    first = grids[0]
    features = first.new_zeros(len(grids), H, W, first.shape[-1])
    positions = torch.zeros(len(grids), H, W, 4, device=first.device)
    mask = torch.zeros(len(grids), H, W, dtype=torch.bool, device=first.device)
    for i, (grid, share) in enumerate(zip(grids, shares, strict=True)):
        gh, gw = grid.shape[:2]
        features[i, :gh, :gw] = grid
        positions[i, :gh, :gw] = grid_positions(gh, gw, share).view(gh, gw, 4).to(first.device)
        mask[i, :gh, :gw] = True
    return Features(features.flatten(1, 2), positions.flatten(1, 2), mask.flatten(1, 2), (H, W))


def see_tiles(tower: OpenClipTower, pixels: Tensor, sizes: Tensor) -> Features:
    """Features of pictures cut into tiles, for towers that take one size; tiles one below the other, rows padded.

    pixels float [n, tiles, 3, size, size], the first tiles of each picture; sizes int64 [n, 2]: height and width of the original.
    """
    plans = [plan_tiles(width, height, pixels.shape[-1]) for height, width in sizes.tolist()]
    some = next(tower.parameters())
    grid, first = tower.tokens(torch.cat([p[: len(plan)] for p, plan in zip(pixels, plans, strict=True)]).to(some))
    features = grid.flatten(2).transpose(1, 2)  # [tiles of all, gh · gw, Dv]
    shape = grid.shape[2], grid.shape[3]
    classes = tower.class_token and first is not None
    if classes and first is not None:
        features = torch.cat([first, features], 1)
    most, each = max(len(plan) for plan in plans), features.shape[1]
    out = features.new_zeros(len(plans), most * each, features.shape[-1])
    positions = torch.zeros(len(plans), most * each, 4, device=features.device)
    mask = torch.zeros(len(plans), most * each, dtype=torch.bool, device=features.device)
    at = 0
    for i, plan in enumerate(plans):
        count = len(plan) * each
        places = token_positions(plan, shape).view(len(plan), -1, 4)
        if classes:
            places = torch.cat([torch.tensor([t.share for t in plan])[:, None], places], 1)
        out[i, :count] = features[at : at + len(plan)].flatten(0, 1)
        positions[i, :count] = places.flatten(0, 1).to(features.device)
        mask[i, :count] = True
        at += len(plan)
    return Features(out, positions, mask, None if classes else (most * shape[0], shape[1]))


def pieces_of(tensors: Mapping[str, Tensor | None]) -> Pieces | None:
    """The pieces among the processor's tensors; None where there are none. Raises ValueError naming what is missing."""
    given = {name: tensors.get(key) for name, key in PIECE_KEYS.items()}
    if all(value is None for value in given.values()):
        return None
    missing = [PIECE_KEYS[name] for name, value in given.items() if value is None and name != "columns"]
    if missing:
        raise ValueError(f"lines were given without {', '.join(missing)}; pass all that the processor returns")
    made: dict[str, Any] = given
    return Pieces(**made)


def owners(counts: Sequence[int], rows: int, pictures: int) -> list[int]:
    """The row that shows each picture, from the number of pictures of each row. Raises ValueError where they are not as many."""
    if len(counts) != rows or sum(counts) != pictures:
        raise ValueError(
            f"{rows} rows with {list(counts)} <image> tokens were given {pictures} pictures; each picture is shown once"
        )
    return [row for row, count in enumerate(counts) for _ in range(count)]


def counts_by_tokens(tokens: Sequence[int], sizes: Sequence[int]) -> list[int]:
    """Pictures of each row under prefix fusion: rows have `tokens` places for visual tokens, pictures in order take `sizes` of them.

    Raises ValueError where the places of a row are not filled by whole pictures.
    """
    counts, at = [], 0
    for row, wanted in enumerate(tokens):
        count = filled = 0
        while filled < wanted and at < len(sizes):
            filled += sizes[at]
            at, count = at + 1, count + 1
        if filled != wanted:
            raise ValueError(
                f"row {row} has {wanted} <image> tokens, its pictures have {filled} visual tokens; let the processor expand them"
            )
        counts.append(count)
    if at < len(sizes):
        raise ValueError(f"{len(sizes)} pictures were given, but <image> tokens for {at} of them")
    return counts
