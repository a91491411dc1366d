"""The files beside the weights that make a folder of ours a checkpoint of transformers."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig

from mmgpt.checkpoint import TOKENIZER
from mmgpt.config import ModelConfig
from mmgpt.hf.config import MMGPTConfig
from mmgpt.hf.images import READER
from mmgpt.hf.processor import MMGPTImageProcessor, MMGPTProcessor, make_tokenizer
from vision.clip import load_tower
from vision.reader.weights import WeightsError, read_config
from vision.trunk import MEAN, STD, STRIDE

MAX_NEW_TOKENS = 192
FILES = ("chat_template.jinja", "generation_config.json", "processor_config.json", "tokenizer_config.json")


def make_processor(folder: Path) -> MMGPTProcessor:
    """The processor of a folder with config.json, tokenizer.json and reader.safetensors. Raises WeightsError where they do not do."""
    described = read_config(folder)
    if not isinstance(described.get("model"), dict):
        raise WeightsError(f'{folder / "config.json"} has no "model" part: give the folder of a language model')
    core = ModelConfig.from_dict(described["model"])
    reader = described.get("reader") if core.lines is not None else None
    if core.lines is not None and not isinstance(reader, dict):
        raise WeightsError(f'{folder / "config.json"} has no "reader" part, and the model reads lines')
    most = 0 if core.lines is None else core.lines.max_pieces
    images = MMGPTImageProcessor(reader=reader, tower=_tower(core), max_pieces=most)
    images.locate(folder)
    projector = None
    if core.tower is not None:
        part = core.projector
        projector = {"kind": part.kind, "shuffle": part.shuffle, "queries": part.queries}
    tokenizer = make_tokenizer(folder / TOKENIZER, core.decoder.max_positions)
    return MMGPTProcessor(images, tokenizer, fusion=core.fusion, projector=projector)


def _tower(core: ModelConfig) -> dict[str, Any] | None:
    """What the image processor must know of the tower."""
    if core.tower is None:
        return None
    if core.tower.name == "nano":
        return {"size": None, "patch": STRIDE, "mean": list(MEAN), "std": list(STD), "class_token": False}
    with torch.device("meta"):
        tower = load_tower(core.tower.name, layer=core.tower.layer, class_token=core.tower.class_token, weights=False)
    size = tower.image_size
    if size is not None and size[0] != size[1]:
        raise ValueError(f"tower {core.tower.name} takes {size[1]} × {size[0]} pixels; tiles are square")
    return {
        "size": None if size is None else size[0], "patch": tower.patch, "mean": list(tower.mean), "std": list(tower.std),
        "class_token": tower.class_token and tower.has_class_token,
    }  # fmt: skip


def write_hf_files(folder: Path) -> None:
    """Writes chat template, generation, processor and tokenizer configuration into a folder that `mmgpt.checkpoint.save_model` wrote.

    Weights, tokenizer.json and config.json stay as they are. Raises WeightsError for a folder without a language model.
    """
    core = MMGPTConfig(**read_config(folder)).core
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch)
        make_processor(folder).save_pretrained(made)
        settings = GenerationConfig(
            eos_token_id=core.end_token, pad_token_id=core.pad_token, max_new_tokens=MAX_NEW_TOKENS, do_sample=False
        )
        settings.save_pretrained(made)
        for name in FILES:
            shutil.copyfile(made / name, folder / name)


__all__ = ["FILES", "READER", "make_processor", "write_hf_files"]
