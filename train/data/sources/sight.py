"""Pictures as the frozen reader and tower perceive them, once: kept on disk by the SHA-256 of the bytes and the version of what looked.

What is kept is half precision; the first look gives what later ones will, so that a run that goes on computes with the same numbers.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmgpt.config import ModelConfig
from mmgpt.extractor.page import Page, row_order
from mmgpt.perception import Perceived, Perceiver
from mmgpt.pieces import cut_pieces
from projector.features import Features
from projector.lines import Pieces
from train.checkpoint import save_atomic
from train.data.sources.record import Broken, Picture
from vision.reader.types import Line

log = logging.getLogger(__name__)
FORM = 1  # of the files; another one is another version


def default_cache() -> Path:
    """`$MMGPT_CACHE`/perceived, or ~/.cache/mmgpt/perceived."""
    return Path(os.environ.get("MMGPT_CACHE") or Path.home() / ".cache" / "mmgpt") / "perceived"


class Sight:
    """A perceiver with a memory on disk. `cache` None: everything is perceived anew. `perceiver` None: nothing but lines can be seen."""

    def __init__(self, perceiver: Perceiver, version: str, cache: Path | None) -> None:
        self.perceiver, self.version = perceiver, version
        self.cache = None if cache is None else cache / version[:16]
        self.perceived = 0  # pictures that were not found in the cache

    def __call__(self, picture: Picture) -> Perceived:
        """What is perceived of a picture. Raises Broken for one that is missing or damaged, or of which a model without lines would see
        nothing."""
        if picture.path is None and picture.data is None and picture.pixels is None:
            return self._from_lines(picture)
        key = picture.key()
        path = None if self.cache is None or picture.pixels is not None else self.cache / key[:2] / f"{key}.safetensors"
        if path is not None and (found := _read(path)) is not None:
            return found
        image = picture.pixels if picture.pixels is not None else picture.load().pixels
        tensors, head = _flat(self.perceiver(image))
        self.perceived += 1
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            save_atomic(tensors, path, {"perceived": json.dumps(head)})
        return _whole(tensors, head)

    def _from_lines(self, picture: Picture) -> Perceived:
        if self.perceiver.encoder is None:
            raise Broken("missing picture", f"of {picture.name} only lines are there, and this model reads none")
        lines = [line for line in picture.lines if line.text.strip()]
        if not lines:
            raise Broken("missing picture", f"{picture.name} say nothing")
        boxes = np.array([line.box for line in lines], dtype=np.float32)
        order = row_order(boxes)
        size = int(boxes[:, 2].max()) + 8, int(boxes[:, 3].max()) + 8  # what the picture's own size was is not known
        page = Page(
            tuple(lines[i].text.strip() for i in order), boxes[order], np.array([lines[i].confidence for i in order], np.float32),
            np.zeros((len(lines), 8), np.float32), np.arange(len(lines)), size, (1.0, 1.0, 1.0),
        )  # fmt: skip
        pieces, tensors = self.perceiver.encoder(page)
        return Perceived([lines[i] for i in order], page, pieces, tensors, None)


def make_sight(
    config: ModelConfig, tokenizer: Any, weights: Path, tower: Any = None, cache: Path | None = None, own: bool = False
) -> Sight:
    """The reader of a weights folder, and a tower: the one that is given, else the configuration's (`own`: the folder's in place of
    nano's). Both stay as they are.

    Raises WeightsError or ValueError for weights that are missing or do not fit.
    """
    from mmgpt.pieces import PieceEncoder
    from vision.clip import load_tower
    from vision.reader.nano import NanoReader

    parts = [f"form {FORM}"]
    reader = encoder = None
    if config.lines is not None:
        reader, encoder = NanoReader.load(weights), PieceEncoder(tokenizer, config.lines.max_pieces)
        parts += [
            _digest(weights / "reader.safetensors"),
            f"{config.lines.max_pieces}",
            _text_digest(tokenizer.to_str()),
        ]
    if config.tower is None:
        tower = None
    elif tower is None:
        spec = str(weights) if own and config.tower.name == "nano" else config.tower.name
        tower = load_tower(spec, layer=config.tower.layer, class_token=config.tower.class_token)
    if tower is not None and config.tower is not None:
        if tower.width != config.tower.width:
            raise ValueError(f"tower {tower.name} is {tower.width} wide; the model takes {config.tower.width}")
        parts += [f"{config.tower.layer} {config.tower.class_token}", _weights_digest(tower)]
    return Sight(Perceiver(reader, encoder, tower), _text_digest(" ".join(parts)), cache)


def _flat(perceived: Perceived) -> tuple[dict[str, Tensor], dict[str, Any]]:
    tensors: dict[str, Tensor] = {}
    page = perceived.page
    if perceived.tensors is not None:
        for f in fields(Pieces):
            value = getattr(perceived.tensors, f.name)
            if value is not None:
                tensors[f"pieces.{f.name}"] = value.half() if value.dtype == torch.float32 else value.contiguous()
    if perceived.features is not None:
        tensors["features"] = perceived.features.features.half().cpu()
        tensors["positions"] = perceived.features.positions.contiguous().cpu()
    tensors["boxes"] = torch.from_numpy(np.ascontiguousarray(page.boxes, dtype=np.float32))
    lines = [perceived.lines[i] for i in page.source.tolist()]
    head = {
        "texts": list(page.texts), "size": list(page.size), "ground": list(page.ground),
        "confidences": [float(c) for c in page.confidences],
        "lines": [[line.text, list(line.box), line.confidence] for line in lines],
        "grid": None if perceived.features is None else perceived.features.grid,
    }  # fmt: skip
    return tensors, head


def _whole(tensors: dict[str, Tensor], head: dict[str, Any]) -> Perceived:
    pieces = None
    if "pieces.mask" in tensors:
        given: dict[str, Any] = {f.name: tensors.get(f"pieces.{f.name}") for f in fields(Pieces)}
        pieces = Pieces(**{k: v.float() if v is not None and v.dtype == torch.float16 else v for k, v in given.items()})
    features = None
    if "features" in tensors:
        seen = tensors["features"].float()
        grid = head["grid"]
        there = torch.ones(seen.shape[:2], dtype=torch.bool)
        features = Features(
            seen, tensors["positions"].float(), there, None if grid is None else (int(grid[0]), int(grid[1]))
        )
    lines = [Line(text, (box[0], box[1], box[2], box[3]), confidence) for text, box, confidence in head["lines"]]
    count = len(lines)
    page = Page(
        tuple(head["texts"]), tensors["boxes"].numpy().reshape(-1, 4), np.array(head["confidences"], np.float32),
        np.zeros((count, 8), np.float32), np.arange(count), tuple(head["size"]), tuple(head["ground"]),
    )  # fmt: skip
    most = 0 if pieces is None else int(pieces.mask.sum())
    return Perceived(lines, page, cut_pieces(page.texts, most) if most else [], pieces, features)


def _read(path: Path) -> Perceived | None:
    """None for what is not there or damaged: it is perceived again."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as handle:
            head = json.loads(handle.metadata()["perceived"])
            return _whole({name: handle.get_tensor(name) for name in handle.keys()}, head)  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, IndexError) as error:
        log.warning("%s is damaged and is made anew (%s)", path, str(error)[:100])
        return None


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _text_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _weights_digest(module: torch.nn.Module) -> str:
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(name.encode() + repr((tuple(value.shape), value.dtype)).encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
