"""Towers: nano's own trunk, or any image tower of open_clip, behind one interface. Pictures in, hidden tokens out.

The hidden tokens of the last layer but one are taken, as LLaVA does (Liu et al., 2023): the last layer of a contrastive
tower serves its pooled output. Nano's own weights need neither open_clip nor timm.
"""

from __future__ import annotations

import difflib
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vision.preprocess import LONGEST, grid_positions, whole_picture
from vision.reader.weights import WeightsError, load_strict, packaged, read_config
from vision.tiles import cut_tiles, plan_tiles, token_positions
from vision.trunk import MEAN, STD, STRIDE, Trunk, TrunkConfig

log = logging.getLogger(__name__)
CONFIGS = Path(__file__).resolve().parent / "configs"
MODEL = "mmgpt-nano"  # in open_clip
TRUNK = "mmgpt_nano"  # in timm, where the function of that name makes it
SHARD = "tower.safetensors"


@dataclass(frozen=True, slots=True)
class VisualFeatures:
    """features [N1, Dv], and where each stands: positions float32 [N1, 4], x0 y0 x1 y1 in 0…1 of the picture.

    `grid` (rows, columns) with rows · columns = N1, tiles one below the other; None when class tokens are among them.
    """

    features: Tensor
    positions: Tensor
    grid: tuple[int, int] | None


class Tower(nn.Module, ABC):
    """Hidden tokens of a picture tower.

    `width` Dv · `image_size` (height, width) in pixels, None when any size will do · `patch` pixels between tokens ·
    `mean`, `std` what the tower was trained with (RGB, 0…1) · `name`. Subclasses fill `tokens`.
    """

    has_class_token = False

    def __init__(self, name: str, width: int, image_size: tuple[int, int] | None, patch: int,
                 mean: Sequence[float], std: Sequence[float], class_token: bool = False) -> None:  # fmt: skip
        super().__init__()
        self.name, self.width, self.image_size, self.patch = name, width, image_size, patch
        self.mean, self.std, self.class_token = tuple(mean), tuple(std), class_token

    @abstractmethod
    def tokens(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Grid [B, Dv, h, w], and the class token [B, 1, Dv] of towers that have one."""

    def forward(self, images: Tensor) -> Tensor:
        """Normalised pictures [B, 3, H, W] → tokens [B, N1, Dv], row by row; the class token first when asked for.

        Raises ValueError for a size that the tower does not take.
        """
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"tower {self.name} takes pictures [B, 3, H, W], not {tuple(images.shape)}")
        if self.image_size is not None and tuple(images.shape[2:]) != self.image_size:
            raise ValueError(
                f"tower {self.name} takes pictures of {self.image_size[1]} × {self.image_size[0]} pixels, not "
                f"{images.shape[3]} × {images.shape[2]}; vision.tiles.cut_tiles cuts any picture to that"
            )
        grid, first = self.tokens(images)
        tokens = grid.flatten(2).transpose(1, 2)  # [B, N1, Dv]
        if self.class_token and first is not None:
            tokens = torch.cat([first, tokens], 1)
        return tokens

    @torch.no_grad()
    def see(self, image: np.ndarray, longest: int = LONGEST, max_tiles: int = 12) -> VisualFeatures:
        """Features of one picture, RGB uint8 [H, W, 3] of any size, and where they stand in it.

        Towers that take any size see the whole picture, its longer side at most `longest` pixels; those of a fixed size
        see it small, and at most `max_tiles` overlapping pieces. Class tokens, where asked for, stand for the whole of
        their piece and come first in it. No gradients: to train a tower, call it on batches.
        """
        some = next(self.parameters())
        if self.image_size is None:
            pixels, valid = whole_picture(image, longest, self.patch, self.mean, self.std)
            grid, first = self.tokens(pixels.to(some))
            positions = grid_positions(grid.shape[2], grid.shape[3], valid)[None]  # [1, N, 4]
            whole = torch.tensor([[[0.0, 0.0, 1.0, 1.0]]])
        else:
            height, width = self.image_size
            if height != width:
                raise ValueError(
                    f"tower {self.name} takes {width} × {height} pixels; tiles are square: give batches yourself"
                )
            plan = plan_tiles(image.shape[1], image.shape[0], width, max_tiles=max_tiles)
            grid, first = self.tokens(cut_tiles(image, plan, self.mean, self.std).to(some))
            positions = token_positions(plan, (grid.shape[2], grid.shape[3])).view(len(plan), -1, 4)
            whole = torch.tensor([t.share for t in plan])[:, None]  # [n, 1, 4]
        features = grid.flatten(2).transpose(1, 2)
        shape: tuple[int, int] | None = (grid.shape[0] * grid.shape[2], grid.shape[3])
        if self.class_token and first is not None:
            features, positions, shape = torch.cat([first, features], 1), torch.cat([whole, positions], 1), None
        return VisualFeatures(features.flatten(0, 1), positions.flatten(0, 1).to(features.device), shape)


class NanoTower(Tower):
    """Our own trunk."""

    def __init__(self, name: str, trunk: Trunk, layer: int) -> None:
        super().__init__(name, trunk.num_features, None, STRIDE, MEAN, STD)
        count = len(trunk.blocks)
        if not -count <= layer < count:
            raise ValueError(f"tower {name} has {count} layers, not layer {layer}; use {-count} to {count - 1}")
        self.trunk, self.layer = trunk, layer

    def tokens(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        return self.trunk.hidden(images, self.layer), None


class OpenClipTower(Tower):
    """The image tower of an open_clip model: its VisionTransformer, its ResNet, or any timm model inside it.

    Layers are counted as the tower's own `forward_intermediates` does: blocks of transformers, stages of convolutions.
    """

    def __init__(self, name: str, visual: nn.Module, layer: int, class_token: bool) -> None:
        model: Any = visual  # open_clip's modules declare no types
        size = model.image_size
        size = (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
        settings = model.preprocess_cfg
        super().__init__(name, 1, size, 1, settings["mean"], settings["std"], class_token)
        self.visual, self.layer = model, layer
        inner = getattr(model, "trunk", None)  # timm's models have class tokens or none
        self.has_class_token = hasattr(model, "class_embedding") or getattr(inner, "cls_token", None) is not None
        was, some = model.training, next(model.parameters())
        model.eval()
        with torch.no_grad():  # width and grid are told by no attribute that all towers have; one picture tells them
            grid, _ = self.tokens(torch.zeros(1, 3, *size, device=some.device, dtype=some.dtype))
        model.train(was)
        self.width, self.patch = int(grid.shape[1]), size[1] // int(grid.shape[3])

    def tokens(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        try:
            found = self.visual.forward_intermediates(
                images, indices=[self.layer], stop_early=True, intermediates_only=True,
                output_extra_tokens=self.has_class_token,
            )  # fmt: skip
        except (AssertionError, IndexError) as error:
            raise ValueError(f"tower {self.name} has no layer {self.layer} ({error}); try -2") from error
        prefix = found.get("image_intermediates_prefix")
        return found["image_intermediates"][0], prefix[0][:, :1] if prefix else None


def register() -> None:
    """Makes our trunk known to timm and our configuration to open_clip. Raises RuntimeError where they are missing."""
    open_clip = _open_clip()
    import timm

    if MODEL not in open_clip.list_models():
        open_clip.add_model_config(CONFIGS)
    if not timm.is_model(TRUNK):
        timm.models.register_model(mmgpt_nano)


def mmgpt_nano(pretrained: bool = False, num_classes: int = 0, global_pool: str = "avg", **options: Any) -> Trunk:
    """timm's entry point; its other options mean nothing here. Weights come from `load_tower`: RuntimeError for `pretrained`."""
    if pretrained:
        raise RuntimeError(f"{TRUNK} has no weights in timm; load them with vision.clip.load_tower")
    return Trunk(TrunkConfig(**options.get("config", {})), num_classes, global_pool)


def load_tower(
    spec: str,
    *,
    layer: int = -2,
    class_token: bool = False,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    weights: bool = True,
) -> Tower:
    """A tower by name, in evaluation mode.

    `open_clip:MODEL/TAG` loads the weights that open_clip knows under the tag, `open_clip:MODEL` makes random ones (nothing
    is downloaded); `local-dir:FOLDER` is open_clip's own form of a checkpoint (open_clip_config.json and weights); `nano` is
    what comes with the package, and any other folder holds config.json with a key "tower" and tower.safetensors.
    Without `weights` the tower is built with random ones, for a caller who loads a checkpoint of the whole model; under
    torch.device("meta") it then stays without memory.

    Raises ValueError for an unknown model (naming those that are near), layer or tag; RuntimeError when open_clip is
    needed and missing; WeightsError for weights of our own that are missing or damaged.
    """
    tower: Tower
    if spec.startswith(("open_clip:", "local-dir:")):
        visual = _visual(spec, weights)
        trunk = getattr(visual, "trunk", None)
        if isinstance(trunk, Trunk):
            tower = NanoTower(spec, trunk, layer)
        else:
            tower = OpenClipTower(spec, visual, layer, class_token)
    else:
        folder = packaged() if spec == "nano" else Path(spec)
        if not folder.is_dir():
            raise ValueError(f"unknown tower {spec!r}; use nano, a folder, open_clip:MODEL[/TAG] or local-dir:FOLDER")
        trunk = Trunk(_trunk_config(folder, spec == "nano" and not weights))
        if weights:
            load_strict(folder / SHARD, trunk, "tower.")
        tower = NanoTower(spec, trunk, layer)
    if class_token and not tower.has_class_token:
        log.warning("tower %s has no class token; its grid alone is given", spec)
    if torch.get_default_device().type == "meta":
        device = "meta"
    return tower.to(device=device, dtype=dtype).eval()


def tower_config(config: TrunkConfig) -> dict[str, Any]:
    """What `config.json` says under "tower", so that `load_tower` builds the same trunk again."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(config).items()}


def _trunk_config(folder: Path, default: bool) -> TrunkConfig:
    given = read_config(folder).get("tower")
    if given is None and default:
        return TrunkConfig()
    path = folder / "config.json"
    if not isinstance(given, dict):
        raise WeightsError(f'{path} tells of no tower: it needs a key "tower"; give another folder')
    settings: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    try:
        return TrunkConfig(**settings)
    except TypeError as error:
        raise WeightsError(f"{path} tells of a tower unlike ours ({error}); give another folder") from error


def _open_clip() -> Any:
    try:
        import open_clip
    except ImportError as error:
        raise RuntimeError(f"this tower needs open_clip ({error}): pip install 'mmgpt[hub]'") from error
    return open_clip


def _visual(spec: str, weights: bool) -> nn.Module:
    """The image tower of an open_clip model; its text tower is dropped. Base weights of its parts are never fetched."""
    open_clip = _open_clip()
    register()
    kind, _, rest = spec.partition(":")
    options: dict[str, Any] = {"pretrained_image": False, "pretrained_text": False}
    options["device"] = torch.get_default_device()  # the processor, unless the caller builds without memory
    if kind == "local-dir":
        _check_folder(Path(rest), weights)
        return open_clip.create_model(spec, load_weights=weights, require_pretrained=weights, **options).visual
    name, _, tag = rest.partition("/")
    known = open_clip.list_models()
    if name not in known:
        near = difflib.get_close_matches(name, known, 5, 0.5) or known[:5]
        raise ValueError(f"open_clip has no model {name!r}; near are {', '.join(near)}")
    if tag:
        tags = open_clip.list_pretrained_tags_by_model(name)
        if tag not in tags and not Path(tag).is_file():
            near = difflib.get_close_matches(tag, tags, 5, 0.4) or tags
            raise ValueError(f"open_clip has no weights {tag!r} for {name}; there are {', '.join(near) or 'none'}")
        settings = open_clip.get_pretrained_cfg(name, tag)
        options["force_preprocess_cfg"] = {k: settings[k] for k in ("mean", "std") if k in settings}
        # OpenAI's weights were trained with it, and the configurations of the same name do not say so.
        options["force_quick_gelu"] = bool(settings.get("quick_gelu"))
    if tag and weights:
        options["pretrained"] = tag
    return open_clip.create_model(name, **options).visual


def _check_folder(folder: Path, weights: bool) -> None:
    path = folder / "open_clip_config.json"
    if not path.is_file():
        raise ValueError(f"{path} is missing: local-dir: takes a folder with open_clip_config.json and weights")
    try:
        json.loads(path.read_text("utf-8"))["model_cfg"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no open_clip configuration ({error!r}); fetch it again") from error
    if weights and not any(p.suffix in {".safetensors", ".bin", ".pt", ".pth"} for p in folder.iterdir()):
        raise ValueError(f"{folder} holds no weights beside open_clip_config.json; fetch them, or use open_clip:MODEL")


__all__ = [
    "NanoTower",
    "OpenClipTower",
    "Tower",
    "VisualFeatures",
    "load_tower",
    "mmgpt_nano",
    "register",
    "tower_config",
]
