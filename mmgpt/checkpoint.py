"""A model's folder: config.json, tokenizer.json, and a safetensors shard for each part, so that a retrained part replaces one file.

    reader.safetensors  tower.safetensors  projector.safetensors  decoder.safetensors  model.safetensors.index.json

Names in the shards are those of `mmgpt.hf`, so that transformers reads the same folder. Loading is strict.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmgpt import NANO_WEIGHTS
from mmgpt.config import ModelConfig, TowerConfig
from mmgpt.model import MMGPT
from mmgpt.pieces import PieceEncoder
from vision.reader.weights import WeightsError, fill, read_config, read_tensors

PREFIX = "model."  # of the core model's names in a checkpoint; the tower's stand under "tower."
SHARDS = {"decoder": ("decoder.", "pointers.", "picture."), "projector": ("projector.", "projector_norm.", "lines.")}
INDEX = "model.safetensors.index.json"
TOKENIZER = "tokenizer.json"


def has_model(folder: Path) -> bool:
    """Whether a folder holds a language model, and not a reader alone."""
    return (folder / "config.json").is_file() and "model" in read_config(folder)


def load_model(folder: Path | None = None, dtype: torch.dtype = torch.float32) -> MMGPT:
    """The model of a folder, without its tower and reader. Raises WeightsError, one line that names the file and what to do."""
    folder = folder or NANO_WEIGHTS
    described = read_config(folder).get("model")
    if not isinstance(described, dict):
        raise WeightsError(
            f'{folder / "config.json"} has no "model" part: it is not the configuration of a language model'
        )
    try:
        config = ModelConfig.from_dict(described)
    except (ValueError, TypeError) as error:
        raise WeightsError(f"{folder / 'config.json'} does not describe a language model ({error})") from error
    model = MMGPT(config)
    tensors: dict[str, Tensor] = {}
    for shard in SHARDS:
        tensors |= read_tensors(folder / f"{shard}.safetensors")
    fill(model, tensors, folder / "decoder.safetensors", PREFIX)
    return model.to(dtype).eval()


def load_tokenizer(folder: Path | None = None) -> Any:
    """The tokenizer of a folder. Raises WeightsError when it is missing or damaged."""
    from tokenizers import Tokenizer

    path = (folder or NANO_WEIGHTS) / TOKENIZER
    if not path.is_file():
        raise WeightsError(f"{path} is missing: fetch it again or reinstall mmgpt")
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more specific
        raise WeightsError(
            f"{path} is damaged ({str(error).splitlines()[0]}): fetch it again or reinstall mmgpt"
        ) from error


def load_engine(folder: Path | None = None, reader: Any = None, device: str = "cpu") -> Any:
    """An `mmgpt.generate.Engine` for a folder: model, tokenizer, reader (by default the folder's own) and tower.

    Raises WeightsError for what is missing or damaged.
    """
    from mmgpt.generate import Engine
    from mmgpt.perception import Perceiver
    from vision.reader.nano import NanoReader

    folder = folder or NANO_WEIGHTS
    model = load_model(folder).to(device)
    tokenizer = load_tokenizer(folder)
    config = model.config
    if tokenizer.get_vocab_size() > config.decoder.vocab_size:
        raise WeightsError(
            f"{folder / TOKENIZER} has {tokenizer.get_vocab_size()} pieces, the decoder {config.decoder.vocab_size}: "
            "they do not belong together"
        )
    encoder = None
    if config.lines is not None:
        encoder = PieceEncoder(tokenizer, config.lines.max_pieces)
        reader = reader or NanoReader.load(folder)
    tower = None
    if config.tower is not None:
        tower = _tower(folder, config.tower).to(device)
    return Engine(model, tokenizer, Perceiver(reader if encoder else None, encoder, tower))


def _tower(folder: Path, config: TowerConfig) -> Any:
    """The tower of a folder: our own, one that lies in it (`local-dir:tower`), or one by name; with the folder's weights where it has
    some of a tower that was trained on."""
    from vision.clip import SHARD, load_tower

    name = str(folder) if config.name == "nano" else config.name
    inside = config.name.removeprefix("local-dir:")
    if inside != config.name and not Path(inside).is_absolute() and (folder / inside).is_dir():
        name = f"local-dir:{folder / inside}"
    trained = config.name != "nano" and (folder / SHARD).is_file()
    tower = load_tower(name, layer=config.layer, class_token=config.class_token, weights=not trained)
    if trained:
        fill(tower, read_tensors(folder / SHARD), folder / SHARD, "tower.")
    return tower


def save_model(model: MMGPT, folder: Path, tower: nn.Module | None = None, half: bool = True) -> None:
    """Writes the decoder's and the projector's shard, the tower's where one is given, the index, and their parts of config.json.

    `half`: matrices in half precision. Files appear whole or not at all; other parts of config.json stay.
    """
    from vision.clip import tower_config
    from vision.trunk import Trunk

    folder.mkdir(parents=True, exist_ok=True)
    state = model.state_dict()
    for shard, prefixes in SHARDS.items():
        own = {PREFIX + k: v for k, v in state.items() if k.startswith(prefixes)}
        _write({k: _compact(v) if half else v for k, v in own.items()}, folder / f"{shard}.safetensors")
    trunk = getattr(tower, "trunk", tower)  # our tower's names are its trunk's, as `vision.clip.load_tower` reads them
    if trunk is not None:
        own = {"tower." + k: v for k, v in trunk.state_dict().items()}
        _write({k: _compact(v) if half else v for k, v in own.items()}, folder / "tower.safetensors")
    path = folder / "config.json"
    config: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {"name": model.config.name}
    config |= {"model_type": "mmgpt", "architectures": ["MMGPTForConditionalGeneration"], "dtype": "float32"}
    config["model"] = model.config.to_dict()
    if isinstance(trunk, Trunk):
        config["tower"] = tower_config(trunk.config)
    path.write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    write_index(folder)
    seal(folder)


def write_index(folder: Path) -> None:
    """`model.safetensors.index.json`: which shard holds which tensor, as transformers wants to know."""
    from safetensors import safe_open

    weights: dict[str, str] = {}
    size = 0
    for name in ("tower", *SHARDS):
        path = folder / f"{name}.safetensors"
        if path.is_file():
            size += path.stat().st_size
            with safe_open(path, "pt") as tensors:
                weights |= {key: path.name for key in tensors.keys()}  # noqa: SIM118 (not a dict)
    content = {"metadata": {"total_size": size}, "weight_map": dict(sorted(weights.items()))}
    (folder / INDEX).write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def seal(folder: Path) -> None:
    """Writes the SHA-256 of every shard into `config.json`, which loading checks: a flipped bit is found before it misreads."""
    path = folder / "config.json"
    config: dict[str, Any] = json.loads(path.read_text("utf-8"))
    shards = sorted(folder.glob("*.safetensors"))
    config["sha256"] = {shard.name: hashlib.sha256(shard.read_bytes()).hexdigest() for shard in shards}
    path.write_text(json.dumps(config, indent=1) + "\n", "utf-8")


def _compact(value: Tensor) -> Tensor:
    return value.half() if value.is_floating_point() and value.ndim >= 2 else value


def _write(tensors: dict[str, Tensor], path: Path) -> None:
    from safetensors.torch import save_file

    scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    save_file({k: v.detach().contiguous().cpu() for k, v in tensors.items()}, scratch, {"format": "pt"})
    scratch.chmod(0o644)
    os.replace(scratch, path)
