"""Simulated pages with their targets, and what the network loses on them."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmgpt.extractor.aliases import app_key
from mmgpt.extractor.candidates import folded
from mmgpt.extractor.model import Batch, LineNetwork, Output
from mmgpt.extractor.prepare import Prepared, prepare
from train.data.world.sample import sample_content
from train.data.world.simulate import Simulated, simulate

IGNORED = -100
UNKNOWN = 0
"""The row of the head over known programs that says: none of these, and none that stands there."""
POINTED = 0.5
"""How often a program whose name stands on the screen must be pointed at, though it is known: else only the unknown are."""


@dataclass
class Sample:
    """A simulated page, prepared, with its targets.

    `message` start line or -1; `follows` 1 for every line that shows a part of the message; `codes` indices of right
    candidates, empty with `code_known` False when the code cannot be chosen (lost in reading); `apps` likewise.
    """

    simulated: Simulated
    prepared: Prepared
    message: int
    codes: list[int]
    code_known: bool
    apps: list[int]
    app: int


def make_sample(seed: int, split: str, app_index: dict[str, int]) -> Sample:
    """The sample of a seed; the same seed gives the same sample."""
    rng = random.Random(seed)
    return sample_of(simulate(sample_content(rng, split), rng), app_index)


def sample_of(simulated: Simulated, app_index: dict[str, int]) -> Sample:
    """A page with its targets, simulated or read."""
    prepared = prepare(simulated.page)
    fields = simulated.fields
    start = next((index for index, flag in enumerate(simulated.message) if flag), -1)
    codes: list[int] = []
    code_known = True
    if fields.error_code is not None:
        codes = [index for index, entry in enumerate(prepared.codes) if entry.text == fields.error_code]
        if not codes:
            codes = [
                index for index, entry in enumerate(prepared.codes) if folded(entry.text) == folded(fields.error_code)
            ]
        near = [
            index
            for index in codes
            if simulated.message[prepared.codes[index].line] or simulated.roles[prepared.codes[index].line] == "code"
        ]
        codes = near or codes
        code_known = bool(codes)
    wanted = app_key(fields.app) if fields.app else ""
    apps = [index for index, entry in enumerate(prepared.apps) if wanted and app_key(entry.text) == wanted]
    return Sample(simulated, prepared, start, codes, code_known, apps, app_index.get(fields.app or "", -1))


def dense(scores: Tensor, owner: Tensor, pages: int) -> tuple[Tensor, Tensor]:
    """Flat candidate scores [C] of pages `owner` [C] (ascending) -> [B, most], -1e4 where there is none, and positions [C]."""
    counts = torch.bincount(owner, minlength=pages)
    starts = torch.cumsum(counts, 0) - counts
    position = torch.arange(len(owner)) - starts[owner]
    table = scores.new_full((pages, max(1, int(counts.max()) if len(owner) else 1)), -1e4)
    if len(owner):
        table = table.index_put((owner, position), scores)
    return table, position


def losses(network: LineNetwork, batch: Batch, output: Output, samples: list[Sample]) -> dict[str, Tensor]:
    """The loss of each head, averaged over the samples that have its target."""
    config = network.config
    pages, lines = batch.mask.shape
    fields = [sample.simulated.fields for sample in samples]
    is_error = torch.tensor([float(entry.is_error) for entry in fields])
    kind = torch.tensor([config.kinds.index(entry.kind) for entry in fields])
    category = torch.tensor(
        [config.categories.index(entry.category) if entry.category_known else IGNORED for entry in fields]
    )
    roles = torch.full((pages, lines), IGNORED)
    follows = torch.zeros(pages, lines)
    for index, sample in enumerate(samples):
        numbers = [config.roles.index(role) for role in sample.simulated.roles]
        roles[index, : len(numbers)] = torch.tensor(numbers, dtype=torch.long)
        follows[index, : len(numbers)] = torch.tensor(sample.simulated.message, dtype=torch.float)
    cross = nn.functional.cross_entropy
    binary = nn.functional.binary_cross_entropy_with_logits
    start = torch.tensor([sample.message for sample in samples])
    shown = torch.nonzero(start >= 0)[:, 0]
    result = {
        "error": binary(output.error, is_error),
        "kind": cross(output.kind, kind),
        "role": cross(output.role.flatten(0, 1), roles.flatten(), ignore_index=IGNORED),
    }
    if bool((category != IGNORED).any()):
        result["category"] = cross(output.category, category, ignore_index=IGNORED)
    if len(shown):
        result["message"] = cross(output.message[shown], start[shown])
        follow = network.continuation(output.hidden, start.clamp_min(0), batch.geometry)
        result["follow"] = binary(follow[shown][batch.mask[shown]], follows[shown][batch.mask[shown]])
    code, _ = dense(output.code, batch.code_page, pages)
    code = torch.cat([output.code_none[:, None], code], dim=1)
    right = torch.zeros_like(code, dtype=torch.bool)
    used = torch.zeros(pages, dtype=torch.bool)
    for index, sample in enumerate(samples):
        if not fields[index].is_error or not sample.code_known:
            continue
        used[index] = True
        for position in [0] if not sample.codes else [1 + entry for entry in sample.codes]:
            right[index, position] = True
    if used.any():
        result["code"] = _marginal(code[used], right[used])
    app, _ = dense(output.app, batch.app_page, pages)
    app = torch.cat([output.app_known, app], dim=1)
    right = torch.zeros_like(app, dtype=torch.bool)
    hidden = torch.zeros_like(right)
    for index, sample in enumerate(samples):
        if sample.app >= 0 and sample.apps and network.training and float(torch.rand(())) < POINTED:
            hidden[index, sample.app] = True
        elif sample.app >= 0 or not sample.apps:
            right[index, max(sample.app, UNKNOWN)] = True
        for entry in sample.apps:
            right[index, len(config.apps) + entry] = True
    result["app"] = _marginal(app.masked_fill(hidden, -1e9), right)
    return result


def _marginal(scores: Tensor, right: Tensor) -> Tensor:
    """Minus the logarithm of the probability of all right entries together, averaged."""
    return (scores.logsumexp(1) - scores.masked_fill(~right, -1e9).logsumexp(1)).mean()
