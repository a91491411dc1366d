"""Lines, from any reader, to fields: which line matters, whose it is, what it means; and a caption composed from them.

A small network over the lines chooses; every message and every code it returns stands in the lines it was given.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from mmgpt import NANO_WEIGHTS
from mmgpt.extraction import Extraction
from mmgpt.extractor.decide import decide, empty_extraction
from mmgpt.extractor.model import ExtractorConfig, LineNetwork, collate
from mmgpt.extractor.page import make_page
from mmgpt.extractor.prepare import prepare
from vision.reader.weights import WeightsError, load_strict

if TYPE_CHECKING:
    import numpy as np

    from vision.reader.types import Line

ARCHITECTURE = "line-network/1"


class LineExtractor:
    """The extractor: a network and its temperatures. The same for the lines of every reader."""

    def __init__(self, network: LineNetwork, temperatures: dict[str, float] | None = None) -> None:
        """`temperatures` divide the scores of the heads named error, kind, category, message, code, app (1 by default)."""
        self.network = network.eval()
        self.temperatures = dict(temperatures or {})

    @torch.inference_mode()
    def extract(self, lines: list[Line], image: np.ndarray) -> Extraction:
        """Lines in any order and their picture (RGB uint8 [H, W, 3]) -> fields and a caption. No lines: nothing is claimed."""
        page = make_page(lines, image)
        if not page.texts:
            return empty_extraction()
        prepared = prepare(page)
        batch = collate([prepared.tensors])
        return decide(self.network, batch, self.network(batch), prepared, self.temperatures)


def load_extractor(directory: Path | None = None) -> LineExtractor:
    """The extractor of a folder with `extractor.safetensors` and `extractor.json` (None: the one that comes with mmgpt).

    Raises WeightsError, one line naming the file, when one of them is missing, damaged or of another architecture.
    """
    folder = NANO_WEIGHTS if directory is None else Path(directory)
    described = folder / "extractor.json"
    if not described.is_file():
        raise WeightsError(f"{described} is missing: give a folder with an extractor, or reinstall mmgpt for its own")
    try:
        content = json.loads(described.read_text("utf-8"))
        if content["architecture"] != ARCHITECTURE:
            raise ValueError(f"architecture {content['architecture']!r} instead of {ARCHITECTURE!r}")
        sizes: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in content["config"].items()
        }
        config = ExtractorConfig(**sizes)
        temperatures = {str(name): float(value) for name, value in content["temperatures"].items()}
        network = LineNetwork(config)
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RuntimeError) as error:
        raise WeightsError(f"{described} is damaged ({error}): fetch it again or reinstall mmgpt") from error
    load_strict(folder / "extractor.safetensors", network)
    return LineExtractor(network, temperatures)


def extract(lines: list[Line], image: np.ndarray) -> Extraction:
    """One page with the extractor that comes with mmgpt, loaded at every call: keep `load_extractor()` for many."""
    return load_extractor().extract(lines, image)
