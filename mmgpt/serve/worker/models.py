"""What the worker answers with: one reader, one extractor, one language model, loaded once and shared."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt import NANO_WEIGHTS
from mmgpt.serve.protocol import ModelInfo

if TYPE_CHECKING:
    from torch import nn

    from mmgpt.diagnosis.diagnoser import Diagnoser
    from mmgpt.generate import Engine
    from mmgpt.serve.settings import Settings


@dataclass(frozen=True)
class Models:
    """Everything that is loaded; `engine` is None for weights without a language model."""

    diagnoser: Diagnoser
    engine: Engine | None
    info: ModelInfo
    networks: tuple[nn.Module, ...]
    """The networks that a look at a picture runs through."""


def load_models(settings: Settings) -> Models:
    """Loads what the settings name. Raises what `Diagnoser.load` and `load_engine` raise, each with a line that says what to do."""
    from mmgpt.diagnosis.diagnoser import Diagnoser

    folder = settings.model or NANO_WEIGHTS
    diagnoser = Diagnoser.load(
        folder,
        reader=settings.reader,
        knowledge=settings.knowledge,
        built_in=settings.built_in_knowledge,
        corrections=settings.corrections,
    )
    diagnoser.understanding.base().prepare()
    engine = diagnoser.engine  # shares the reader
    if engine is not None and settings.device != "cpu":
        engine.model.to(settings.device)
        if engine.perceiver.tower is not None:
            engine.perceiver.tower.to(settings.device)
    networks = _networks(diagnoser, engine)
    return Models(diagnoser, engine, _info(settings, folder, engine, networks), networks)


def _networks(diagnoser: Diagnoser, engine: Engine | None) -> tuple[nn.Module, ...]:
    reader: Any = diagnoser.reader
    parts = [getattr(reader, "textmap", None), getattr(reader, "recogniser", None)]
    parts.append(getattr(diagnoser.extractor, "network", None))
    if engine is not None:
        parts += [engine.model, engine.perceiver.tower]
    return tuple(part for part in parts if part is not None)


def _info(settings: Settings, folder: Path, engine: Engine | None, networks: tuple[nn.Module, ...]) -> ModelInfo:
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    model = None if engine is None else engine.model.config
    return ModelInfo(
        name=settings.served_model_name or str(config.get("name", folder.name)),
        sha256=fingerprint(folder, config),
        parameters=sum(p.numel() for network in networks for p in network.parameters()),
        context=0 if model is None else model.decoder.max_positions,
        max_pictures=settings.max_pictures if model is None else min(model.max_pictures, settings.max_pictures),
        created=int(max(path.stat().st_mtime for path in _shards(folder))),
        talks=engine is not None,
        fields={"reader": settings.reader, "device": settings.device},
    )


def fingerprint(folder: Path, config: dict[str, Any]) -> str:
    """SHA-256 over the shards' own, as config.json states and loading has checked them, and over the files beside them."""
    sums = config.get("sha256")
    stated = dict(sums) if isinstance(sums, dict) else {}
    digest = hashlib.sha256()
    for path in _shards(folder):
        own = stated.get(path.name) or hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.name} {own}\n".encode())
    return digest.hexdigest()


def _shards(folder: Path) -> list[Path]:
    small = ("config.json", "tokenizer.json", "extractor.json", "diagnosis.json", "characters.txt")
    return sorted([*folder.glob("*.safetensors"), *(path for name in small if (path := folder / name).is_file())])
