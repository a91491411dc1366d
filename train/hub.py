"""A model put together from parts: a tower by name, a decoder from the hub, a folder or from nothing, and new projectors between them.

    --tower nano | none | open_clip:MODEL/TAG | local-dir:FOLDER | FOLDER     --projector lines, mlp, pixel_shuffle, resampler, or lines+mlp
    --decoder nano | FOLDER | hub id                                          --fusion cross | prefix

A tower that stays as it is stands outside (its features are on disk, `train.data.perceived`); one that learns is a part of the model.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmgpt.checkpoint import has_model, load_model, load_tokenizer
from mmgpt.config import PROJECTORS, DecoderConfig, LinesConfig, ModelConfig, ProjectorConfig, TowerConfig
from mmgpt.decoder import Decoder
from mmgpt.model import MMGPT
from mmgpt.pretrained import checkpoint_folder, load_decoder
from projector.features import Features
from train.chatform import own_tokens
from train.ladder import architecture
from vision.clip import NanoTower, OpenClipTower, Tower, load_tower
from vision.reader.weights import read_config

log = logging.getLogger(__name__)
FREEZABLE = ("tower", "reader", "decoder", "projector")
_EVERY = 4  # self-attention layers for each new cross-attention layer, as in Llama 3.2's vision models


@dataclass(frozen=True)
class Spec:
    """What a model is put together from, as the command line says it. Empty: as the preset, or the decoder's own folder, has it."""

    preset: str = "nano"
    tower: str = ""
    decoder: str = ""
    projector: str = ""
    fusion: str = ""
    freeze: tuple[str, ...] = ("tower", "reader")
    tokenizer: str = ""

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.freeze) - set(FREEZABLE)):
            raise ValueError(f"--freeze {', '.join(unknown)}: there is no such part; {', '.join(FREEZABLE)} are")
        kinds = self.projector.split("+") if self.projector else []
        if unknown := sorted(set(kinds) - {*PROJECTORS, "lines"}):
            raise ValueError(
                f"unknown projector {', '.join(unknown)}; lines, {', '.join(PROJECTORS)}, or lines+one of them"
            )
        if len([k for k in kinds if k != "lines"]) > 1:
            raise ValueError(f"--projector {self.projector} names two for the tower; name one")
        if self.fusion not in ("", "cross", "prefix"):
            raise ValueError(f"unknown fusion {self.fusion!r}; cross or prefix")

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {**asdict(self), "freeze": list(self.freeze)}


class HubModel(MMGPT):
    """MMGPT around a decoder that there is already; with a tower where that learns (`tower.…` among its parameters).

    Parts that are frozen throughout stay in evaluation mode: running means of a frozen batch norm do not move either.
    """

    initialised = False  # whether weights to start from are in it already

    def __init__(self, config: ModelConfig, decoder: Decoder, tower: Tower | None = None) -> None:
        # The decoder is replaced at once, so the one that is made here is as small as can be.
        layers = {"layers": 2, "cross_attention_layers": (1,)} if config.fusion == "cross" else {"layers": 1}
        small = replace(config.decoder, **{"no_rope_layers": (), **layers}, vocab_size=8, feed_forward=8)  # type: ignore[arg-type]
        super().__init__(replace(config, decoder=small))
        self.config = config
        self.decoder = decoder
        if tower is not None:
            self.tower = tower

    def train(self, mode: bool = True) -> HubModel:
        """As any module, but frozen parts keep to evaluation."""
        super().train(mode)
        for part in self.children():
            if not any(p.requires_grad for p in part.parameters()):
                part.eval()
        return self

    def look(self, pixels: Tensor, sizes: Tensor) -> Features:
        """Features of pictures as `pixels_of` makes them, with gradients. Raises ValueError for a model whose tower is not in it."""
        from mmgpt.hf.features import see_tiles, see_whole

        tower = getattr(self, "tower", None)
        if isinstance(tower, OpenClipTower):
            return see_tiles(tower, pixels, sizes)
        if isinstance(tower, NanoTower):
            return see_whole(tower.trunk, tower.layer, pixels, sizes)
        raise ValueError("this model's tower stands outside of it: give features instead of pixels")


@dataclass
class Assembled:
    """A model with its tokenizer. `tower`: the one that features must come from, also where it is outside; `new`: cross-attention
    layers that no checkpoint had; `base`: whose decoder it is ("" where it was drawn at random)."""

    model: HubModel
    tokenizer: Any
    tower: Tower | None
    new: tuple[int, ...]
    base: str


def assemble(spec: Spec) -> Assembled:
    """The model of a specification. New parts are drawn from torch's generator.

    Raises ValueError or FileNotFoundError (WeightsError among them) where parts are missing or do not go together.
    """
    if spec.decoder not in ("", "nano") and _is_ours(spec.decoder):
        return _ours(spec, Path(spec.decoder))
    preset = architecture(spec.preset)
    kinds = spec.projector.split("+") if spec.projector else []
    tower_name = spec.tower or (preset.tower.name if preset.tower is not None else "none")
    if kinds == ["lines"]:
        if spec.tower not in ("", "none"):
            raise ValueError(f"--projector lines has no place for --tower {spec.tower}; use lines+mlp, or --tower none")
        tower_name = "none"
    lines = "lines" in kinds if kinds else preset.lines is not None
    tower = None if tower_name == "none" else _tower(tower_name, preset, "tower" not in spec.freeze)
    if tower is None and not lines:
        raise ValueError("neither a tower nor lines: the model would see nothing; name --tower or --projector lines")
    kind = next((k for k in kinds if k != "lines"), preset.projector.kind)
    part = ProjectorConfig() if spec.tower or spec.decoder else preset.projector
    fusion: Any = spec.fusion or preset.fusion
    values: dict[str, Any] = {
        "tower": None if tower is None else TowerConfig(tower_name, tower.width, *_layer(preset)),
        "projector": replace(part, kind=kind), "lines": (preset.lines or LinesConfig()) if lines else None, "fusion": fusion,
        "copy": lines and preset.copy,
    }  # fmt: skip
    inside = tower if tower is not None and "tower" not in spec.freeze else None
    if spec.decoder in ("", "nano"):
        decoder_config = _with_fusion(preset.decoder, fusion)
        config = replace(preset, decoder=decoder_config, **values)
        core = MMGPT(config)  # drawn as one, so that it begins as any model from nothing does
        model = HubModel(config, core.decoder, inside)
        return Assembled(model, _own_tokenizer(spec, config), tower, (), "")
    folder = checkpoint_folder(spec.decoder)
    tokens = own_tokens(folder)
    from mmgpt.pretrained import decoder_config as described

    found = described(folder)
    new = crossing(found.layers) if fusion == "cross" else ()
    decoder = grow(load_decoder(spec.decoder, cross_attention_layers=new), tokens.size)
    config = ModelConfig(
        name=f"mmgpt-{Path(spec.decoder).name.lower()}", decoder=decoder.config, image_token=tokens.image, pad_token=tokens.pad,
        end_token=tokens.end, chat=tokens.chat, **values,
    )  # fmt: skip
    return Assembled(HubModel(config, decoder, inside), tokens.tokenizer, tower, new, spec.decoder)


def _is_ours(name: str) -> bool:
    return Path(name).is_dir() and has_model(Path(name))


def _ours(spec: Spec, folder: Path) -> Assembled:
    """A whole model of ours, gone on with."""
    from mmgpt.checkpoint import _tower as folder_tower

    for given, what in ((spec.projector, "--projector"), (spec.fusion, "--fusion"), (spec.tower, "--tower")):
        if given:
            raise ValueError(f"{folder} is a whole model, and {what} is a part of it: leave {what} out")
    loaded = load_model(folder).train()
    config = loaded.config
    tower = None if config.tower is None else folder_tower(folder, config.tower)
    inside = tower if "tower" not in spec.freeze else None
    model = HubModel(config, loaded.decoder, inside)
    model.load_state_dict({**model.state_dict(), **loaded.state_dict()})
    return Assembled(model, load_tokenizer(folder), tower, (), spec.decoder)


def _layer(preset: ModelConfig) -> tuple[int, bool]:
    return (-2, False) if preset.tower is None else (preset.tower.layer, preset.tower.class_token)


def _tower(name: str, preset: ModelConfig, learns: bool) -> Tower:
    layer, class_token = _layer(preset)
    tower = load_tower(name, layer=layer, class_token=class_token)
    if learns and not isinstance(tower, NanoTower | OpenClipTower):
        raise ValueError(f"tower {name} cannot be trained here; freeze it")
    return tower


def _with_fusion(config: DecoderConfig, fusion: str) -> DecoderConfig:
    if fusion == "prefix":
        return replace(config, cross_attention_layers=())
    if config.cross_attention_layers:
        return config
    new = crossing(config.layers)
    return replace(config, layers=config.layers + len(new), cross_attention_layers=new, cross_attention_gate=0.5)


def _own_tokenizer(spec: Spec, config: ModelConfig) -> Any:
    from tokenizers import Tokenizer

    from mmgpt import NANO_WEIGHTS

    path = Path(spec.tokenizer) if spec.tokenizer else NANO_WEIGHTS / "tokenizer.json"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; make it: python -m train.tokenizer --out {path}")
    tokenizer = Tokenizer.from_file(str(path))
    if tokenizer.get_vocab_size() != config.decoder.vocab_size:
        raise ValueError(f"{path} has {tokenizer.get_vocab_size()} pieces, the preset {config.decoder.vocab_size}")
    return tokenizer


def crossing(layers: int) -> tuple[int, ...]:
    """Places, among old and new layers, of cross-attention layers spread evenly over `layers` of self-attention; at least one."""
    count = max(1, layers // _EVERY)
    return tuple(max(1, round((i + 1) * layers / (count + 1))) + i for i in range(count))


@torch.no_grad()
def grow(decoder: Decoder, size: int) -> Decoder:
    """Room for `size` text tokens; new ones begin at the mean of the old (Hewitt, 2021), so that they disturb nothing."""
    have = decoder.config.vocab_size
    if size <= have:
        return decoder

    def longer(weight: Tensor) -> nn.Parameter:
        return nn.Parameter(
            torch.cat([weight, weight.float().mean(0, keepdim=True).to(weight).expand(size - have, -1)])
        )

    decoder.config = replace(decoder.config, vocab_size=size)
    decoder.embed_tokens.weight, decoder.embed_tokens.num_embeddings = longer(decoder.embed_tokens.weight), size
    if decoder.lm_head is not None:
        decoder.lm_head.weight, decoder.lm_head.out_features = longer(decoder.lm_head.weight), size
    return decoder


def freeze(assembled: Assembled, parts: Sequence[str]) -> None:
    """No gradients for these parts. New cross-attention layers learn with a frozen decoder too: nothing else lets it see."""
    model = assembled.model
    names = {"tower": "tower.", "decoder": "decoder.", "projector": ("projector.", "projector_norm.", "lines.")}
    for name, parameter in model.named_parameters():
        for part in parts:
            if part in names and name.startswith(names[part]):  # type: ignore[arg-type]
                parameter.requires_grad_(False)
    for place in assembled.new:
        model.decoder.layers[place].requires_grad_(True)
    if not any(p.requires_grad for p in model.parameters()):
        raise ValueError("every part is frozen: there is nothing to train")


def digest(decoder: nn.Module, apart: Sequence[int] = ()) -> str:
    """SHA-256 over a decoder's weights without the layers `apart`, so that adapters are put on no other."""
    found = hashlib.sha256()
    whole = tuple(f"layers.{place}." for place in apart)
    for name, tensor in sorted(decoder.state_dict().items()):
        if whole and name.startswith(whole):
            continue
        found.update(name.encode())
        found.update(tensor.detach().cpu().float().contiguous().numpy().tobytes())
    return found.hexdigest()


def perceived_by(folder: Path) -> str | None:
    """The tower that a folder of perceived screens was seen with, where the folder says it."""
    return str(read_config(folder).get("tower")) if (folder / "config.json").is_file() else None
