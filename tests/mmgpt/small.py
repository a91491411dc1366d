"""A complete checkpoint folder with small random weights: decoder, projector, tower, reader and tokenizer, made in a second.

The reader finds lines, since the last layer of its text map is fitted to a few pictures in closed form; what it reads in them
is random, but the same each time. The decoder's weights are large enough that answers differ from picture to picture, copy
spans, and end.
"""

from __future__ import annotations

import dataclasses
import json
import random
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from mmgpt.checkpoint import save_model, seal
from mmgpt.config import LinesConfig, ModelConfig, TowerConfig, debug, replace
from mmgpt.model import MMGPT
from train.tokenizer import train_tokenizer
from vision.reader.recogniser import Recogniser, RecogniserConfig
from vision.reader.textmap import TextMap, TextMapConfig, targets
from vision.trunk import Trunk, TrunkConfig

TEXTMAP = TextMapConfig(widths=(8, 12, 16, 16, 16), back=16)
RECOGNISER = RecogniserConfig(stages=(8, 12, 16), width=16, mixers=1, kernel=3)
TRUNK = TrunkConfig(widths=(8, 12, 16, 48), depths=(1, 1), blocks=2, heads=4)
Box = tuple[float, float, float, float]
_WORDS = (
    "the error could not connect host file found open permission denied line module no such directory failed read port "
    "address already in use certificate expired timeout memory server answer question picture what which where is there "
    "message code program window button terminal browser path user name command exit status warning missing invalid type "
    "value key table database lock disk full space left on device network unreachable refused reset unknown command "
    "syntax near unexpected token import cannot resolve version conflict requires package install try again later click "
    "retry cancel close details show hide more information contact support log output input stream end start stop run"
).split()


@lru_cache
def small_tokenizer() -> Any:
    """512 pieces, trained on sentences of common words."""
    rng = random.Random(5)
    lines = [" ".join(rng.choices(_WORDS, k=rng.randint(3, 9))).capitalize() + "." for _ in range(800)]
    return train_tokenizer(lines, 512)


def screen(seed: int = 0, width: int = 320, height: int = 160) -> tuple[np.ndarray, list[Box]]:
    """RGB uint8 [H, W, 3] with rows of strokes that stand like words, and their metrics boxes (x0, ascender y, x1, descender y)."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(200, 256, 3)
    image = np.full((height, width, 3), ground, np.uint8)
    boxes: list[Box] = []
    for y in range(8, height - 24, int(rng.integers(26, 40))):
        x = first = int(rng.integers(8, 40))
        stop = int(rng.integers(width // 3, width - 20))
        while x < stop:
            for _ in range(int(rng.integers(3, 8))):
                top, bottom = int(rng.integers(0, 6)), int(rng.integers(10, 14))
                image[y + top : y + bottom, x : x + 2] = rng.integers(0, 60, 3)
                image[y + 8 + int(rng.integers(-2, 3)), x : x + 5] = rng.integers(0, 60, 3)
                x += 6
            x += 5
        boxes.append((first, y, x - 5, y + 14))
    return image, boxes


def small_reader(seed: int = 0) -> tuple[TextMap, Recogniser]:
    """Both networks of a reader; the text map finds lines of `screen`, the recogniser reads something."""
    torch.manual_seed(seed)
    textmap, recogniser = TextMap(TEXTMAP).eval(), Recogniser(RECOGNISER).eval()
    inputs, wanted = [], []
    features: list[Tensor] = []
    hook = textmap.back4.register_forward_hook(lambda m, i, output: features.append(output))
    with torch.no_grad():
        for number in range(4):
            image, boxes = screen(1000 + number)
            picture = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None]
            textmap(picture)
            maps = targets(boxes, [], *image.shape[:2])[:3]  # [3, H/2, W/4]
            two = maps.unflatten(1, (-1, 2)).permute(0, 2, 1, 3).flatten(0, 1)  # [6, H/4, W/4]
            inputs.append(features[-1][0].flatten(1).T)
            wanted.append(two.flatten(1).T)
        hook.remove()
        x, y = torch.cat(inputs), torch.cat(wanted)
        y[:, :2] = y[:, :2] * 8 - 3  # logits of the core; distances matter only within it
        inside = y[:, 0] > 0
        x = torch.cat([x, torch.ones(len(x), 1)], 1)
        core = torch.linalg.lstsq(x, y[:, :2]).solution
        away = torch.linalg.lstsq(x[inside], y[inside, 2:]).solution
        fitted = torch.cat([core, away], 1)  # [back + 1, 6]
        textmap.head.weight.copy_(fitted[:-1].T[:, :, None, None])
        assert textmap.head.bias is not None
        textmap.head.bias.copy_(fitted[-1])
        image, boxes = screen(1000)
        grey = torch.from_numpy(image.astype(np.float32)).mean(2)
        rows = [grey[int(y0) - 9 : int(y0) + 23, :] for _, y0, _, _ in boxes[1:-1]]
        seen = recogniser.features(1 - torch.stack(rows)[:, None] / 128).flatten(2)
        middle, spread = seen.mean((0, 2)), seen.std((0, 2)) + 1e-3
        weight = torch.randn(RECOGNISER.classes, RECOGNISER.width) / spread
        recogniser.head.weight.copy_(weight[:, :, None, None])
        assert recogniser.head.bias is not None
        recogniser.head.bias.copy_(-weight @ middle)
        recogniser.head.bias[0] += 16.0  # no letter in every column
        recogniser.head.bias[1] += 14.0  # and blanks between words
    return textmap, recogniser


def small_config(fusion: Literal["cross", "prefix"] = "cross", projector: str = "mlp") -> ModelConfig:
    """`debug`, with the small reader's and the small tower's widths."""
    config = debug(fusion, projector)
    assert isinstance(config.lines, LinesConfig)
    return replace(
        config,
        tower=TowerConfig(width=TRUNK.widths[-1]),
        lines=replace(config.lines, columns=RECOGNISER.width, characters=RECOGNISER.classes),
    )


def small_model(config: ModelConfig, seed: int = 0) -> MMGPT:
    """A model in which nothing is small enough to hide in a tolerance."""
    torch.manual_seed(seed)
    model = MMGPT(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim >= 2:
                parameter.normal_(std=0.2)
            elif "gate" not in name:
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def write_small(folder: Path, config: ModelConfig, seed: int = 0) -> Path:
    """Writes everything that a checkpoint holds, and what transformers wants beside it; returns the folder."""
    from mmgpt.hf import write_hf_files

    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng():
        textmap, recogniser = small_reader(seed)
        tensors = {f"textmap.{k}": v for k, v in textmap.state_dict().items()}
        tensors |= {f"recogniser.{k}": v for k, v in recogniser.state_dict().items()}
        save_file(tensors, folder / "reader.safetensors")
        trunk = Trunk(TRUNK).eval()
        reader = {
            "textmap": dataclasses.asdict(TEXTMAP), "recogniser": dataclasses.asdict(RECOGNISER), "min_confidence": 0.0,
        }  # fmt: skip
        (folder / "config.json").write_text(json.dumps({"name": "small", "reader": reader}))
        small_tokenizer().save(str(folder / "tokenizer.json"))
        save_model(
            small_model(config, seed),
            folder,
            trunk if config.tower is not None and config.tower.name == "nano" else None,
            half=False,
        )
    seal(folder)
    write_hf_files(folder)
    return folder


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@lru_cache
def small_folder(fusion: Literal["cross", "prefix"] = "cross", projector: str = "mlp") -> Path:
    """A folder that is made once a run and goes away with it; nobody may write into it."""
    _KEPT.append(tempfile.TemporaryDirectory(prefix="mmgpt-small-"))
    return write_small(Path(_KEPT[-1].name), small_config(fusion, projector))
