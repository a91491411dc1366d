"""From a page to the network's tensors, and the candidates that go with them."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from mmgpt.extractor import candidates
from mmgpt.extractor.aliases import is_known
from mmgpt.extractor.features import geometry, text_ids, token_ids
from mmgpt.extractor.model import PageTensors
from mmgpt.extractor.page import Page


@dataclass(frozen=True)
class Prepared:
    """A page, its candidates and its tensors."""

    page: Page
    codes: list[candidates.Candidate]
    apps: list[candidates.Candidate]
    tensors: PageTensors


def prepare(page: Page) -> Prepared:
    """Compute everything the network needs to know of a page."""
    codes, apps = candidates.codes(page.texts), candidates.apps(page.texts)

    def described(found: list[candidates.Candidate]) -> list[tuple[int, int, torch.Tensor]]:
        spans = [
            (entry.text, page.texts[entry.line][: entry.start], page.texts[entry.line][entry.end :]) for entry in found
        ]
        return [
            (entry.line, entry.kind, torch.from_numpy(ids)) for entry, ids in zip(found, token_ids(spans), strict=True)
        ]

    named = [
        (line, kind + len(candidates.APP_TYPES) * is_known(entry.text), ids)
        for entry, (line, kind, ids) in zip(apps, described(apps), strict=True)
    ]
    bags = [torch.from_numpy(ids) for ids in text_ids(page.texts)]
    return Prepared(page, codes, apps, PageTensors(bags, torch.from_numpy(geometry(page)), described(codes), named))
