"""From a page to the network's tensors, and the candidates that go with them."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from mmgpt.extractor import candidates
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

    def ids(candidate: candidates.Candidate) -> tuple[int, int, torch.Tensor]:
        text = page.texts[candidate.line]
        return candidate.line, candidate.kind, torch.from_numpy(token_ids(candidate.text, text[: candidate.start], text[candidate.end :]))

    return Prepared(
        page,
        codes,
        apps,
        PageTensors([torch.from_numpy(text_ids(text)) for text in page.texts], torch.from_numpy(geometry(page)), [ids(entry) for entry in codes], [ids(entry) for entry in apps]),
    )
