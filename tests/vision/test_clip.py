"""Towers give what open_clip and timm themselves compute, at any layer, and say what is wrong with a name or a file."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from vision.clip import MODEL, NanoTower, OpenClipTower, load_tower, register, tower_config
from vision.preprocess import grid_positions, whole_picture
from vision.reader.weights import WeightsError
from vision.trunk import MEAN, STD, Trunk, TrunkConfig, grid_sines

open_clip = pytest.importorskip("open_clip")

TEXT = {"context_length": 16, "vocab_size": 64, "width": 32, "heads": 2, "layers": 1}
VIT = {"image_size": 64, "patch_size": 16, "width": 64, "head_width": 32, "layers": 3}
CONFIGS: dict[str, dict[str, Any]] = {
    "mmgpt-test-vit": {"embed_dim": 32, "vision_cfg": VIT, "text_cfg": TEXT},
    "mmgpt-test-quick": {"embed_dim": 32, "quick_gelu": True, "vision_cfg": VIT, "text_cfg": TEXT},
    "mmgpt-test-resnet": {
        "embed_dim": 32, "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16}, "text_cfg": TEXT,
    },
    "mmgpt-test-siglip": {
        "embed_dim": 192, "custom_text": True, "text_cfg": TEXT,
        "vision_cfg": {"image_size": 64, "timm_model_name": "mmgpt_test_siglip", "timm_pool": "map", "timm_proj": "none"},
    },
    "mmgpt-test-convnext": {
        "embed_dim": 32, "text_cfg": TEXT,
        "vision_cfg": {"image_size": 64, "timm_model_name": "convnext_atto", "timm_pool": "", "timm_proj": "linear"},
    },
}  # fmt: skip


def small_siglip(pretrained: bool = False, **options: Any) -> nn.Module:
    """A SigLIP-shaped timm ViT: no class token, pooled by attention."""
    from timm.models.vision_transformer import VisionTransformer

    options = {k: v for k, v in options.items() if k in ("num_classes", "global_pool")}
    model: Any = VisionTransformer(
        img_size=64, patch_size=16, embed_dim=192, depth=3, num_heads=3, class_token=False, **options
    )
    model.default_cfg = {"pool_size": None}
    return model


@pytest.fixture(scope="module", autouse=True)
def configurations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    import timm

    folder = tmp_path_factory.mktemp("configs")
    for name, config in CONFIGS.items():
        (folder / f"{name}.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder)
    if not timm.is_model("mmgpt_test_siglip"):
        small_siglip.__name__ = "mmgpt_test_siglip"
        timm.models.register_model(small_siglip)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def hooked(module: nn.Module, run: nn.Module, images: Tensor) -> Tensor:
    """What `module` puts out while `run` sees the pictures."""
    found: list[Tensor] = []
    handle = module.register_forward_hook(lambda m, i, output: found.append(output.detach()))
    with torch.no_grad():
        run(images)
    handle.remove()
    return found[0]


def pictures(count: int = 2, height: int = 64, width: int = 64) -> Tensor:
    return torch.randn(count, 3, height, width, generator=torch.Generator().manual_seed(height + width))


@pytest.mark.parametrize("name", ["mmgpt-test-vit", "mmgpt-test-quick"])
@pytest.mark.parametrize("layer", [-2, -1, 0])
def test_a_vision_transformer_gives_the_output_of_its_block(name: str, layer: int) -> None:
    tower = load_tower(f"open_clip:{name}", layer=layer, class_token=True)
    assert isinstance(tower, OpenClipTower)
    assert (tower.width, tower.patch, tower.image_size, tower.has_class_token) == (64, 16, (64, 64), True)
    block = tower.visual.transformer.resblocks[layer]
    want = hooked(block, tower.visual, pictures())
    got = tower(pictures())
    assert got.shape == (2, 17, 64)
    torch.testing.assert_close(got, want)
    tower.class_token = False
    torch.testing.assert_close(tower(pictures()), want[:, 1:])


def test_quick_gelu_is_kept() -> None:
    plain, quick = load_tower("open_clip:mmgpt-test-vit"), load_tower("open_clip:mmgpt-test-quick")
    quick.load_state_dict(plain.state_dict())
    assert not torch.allclose(plain(pictures()), quick(pictures()), atol=1e-6)


def test_tags_bring_their_constants_and_activation_though_no_weights_are_loaded() -> None:
    """Built without memory, as transformers builds a model before it loads it; nothing is fetched."""
    with torch.device("meta"):
        openai = load_tower("open_clip:ViT-B-32/openai", weights=False)
        siglip = load_tower("open_clip:ViT-B-16-SigLIP/webli", weights=False)
    assert isinstance(openai, OpenClipTower) and next(openai.parameters()).is_meta
    assert (openai.width, openai.patch, openai.image_size) == (768, 32, (224, 224))
    assert type(openai.visual.transformer.resblocks[0].mlp.gelu).__name__ == "QuickGELU"
    assert siglip.mean == siglip.std == (0.5, 0.5, 0.5) != openai.mean
    assert (siglip.width, siglip.patch, siglip.has_class_token) == (768, 16, False)


def test_a_timm_transformer_without_class_token() -> None:
    tower = load_tower("open_clip:mmgpt-test-siglip", class_token=True)
    assert isinstance(tower, OpenClipTower)
    assert not tower.has_class_token and tower.width == 192 and tower.patch == 16
    want = hooked(tower.visual.trunk.blocks[-2], tower.visual, pictures())
    torch.testing.assert_close(tower(pictures()), want)


def test_a_timm_convolution_tower_gives_its_grid() -> None:
    tower = load_tower("open_clip:mmgpt-test-convnext", layer=-1)
    assert isinstance(tower, OpenClipTower)
    want = hooked(tower.visual.trunk.stages[-1], tower.visual, pictures())  # [B, Dv, 2, 2]
    assert tower.patch == 32 and tower.width == want.shape[1]
    torch.testing.assert_close(tower(pictures()), want.flatten(2).transpose(1, 2))


def test_a_resnet_tower_gives_its_grid() -> None:
    tower = load_tower("open_clip:mmgpt-test-resnet")
    assert isinstance(tower, OpenClipTower)
    want = hooked(tower.visual.layer3, tower.visual, pictures())
    assert tower.patch == 16 and tower.width == want.shape[1] and not tower.has_class_token
    torch.testing.assert_close(tower(pictures()), want.flatten(2).transpose(1, 2))


def test_a_local_folder_brings_its_weights_and_constants(tmp_path: Path) -> None:
    torch.manual_seed(5)
    model = open_clip.create_model("mmgpt-test-vit").eval()
    described = {
        "model_cfg": CONFIGS["mmgpt-test-vit"],
        "preprocess_cfg": {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]},
    }
    with pytest.raises(ValueError, match=r"open_clip_config\.json is missing"):
        load_tower(f"local-dir:{tmp_path}")
    (tmp_path / "open_clip_config.json").write_text(json.dumps(described))
    with pytest.raises(ValueError, match="holds no weights"):
        load_tower(f"local-dir:{tmp_path}")
    save_file(model.state_dict(), tmp_path / "open_clip_model.safetensors")
    tower = load_tower(f"local-dir:{tmp_path}", class_token=True)
    assert tower.mean == (0.1, 0.2, 0.3) and tower.std == (0.4, 0.5, 0.6)
    with torch.no_grad():
        found = model.visual.forward_intermediates(
            pictures(), indices=[-2], intermediates_only=True, output_fmt="NLC", output_extra_tokens=True
        )
    want = torch.cat([found["image_intermediates_prefix"][0], found["image_intermediates"][0]], 1)
    torch.testing.assert_close(tower(pictures()), want)
    bare = load_tower(f"local-dir:{tmp_path}", weights=False)
    assert not torch.equal(next(bare.parameters()), next(tower.parameters()))


def test_our_trunk_inside_open_clip_is_our_trunk() -> None:
    register()
    register()  # twice is fine
    model = open_clip.create_model(MODEL).eval()
    trunk = Trunk().eval()
    trunk.load_state_dict(model.visual.trunk.state_dict())
    images = pictures(2, 96, 160)
    with torch.no_grad():
        features = trunk.forward_features(images)
        assert features.shape == (2, 192, 3, 5)
        torch.testing.assert_close(model.visual.trunk.forward_features(images), features)
        found = model.visual.forward_intermediates(images, indices=[-2])
        torch.testing.assert_close(found["image_intermediates"][0], trunk.penultimate(images))
        pooled = features.mean((2, 3))
        torch.testing.assert_close(trunk(images), pooled)
        torch.testing.assert_close(model.encode_image(images), model.visual.head(pooled))
        torch.testing.assert_close(found["image_features"], model.visual.head(pooled))
    tower = load_tower(f"open_clip:{MODEL}")
    assert isinstance(tower, NanoTower)
    assert (tower.image_size, tower.mean, tower.std, tower.patch) == (None, MEAN, STD, 32)
    names = {name for name, _ in trunk.named_buffers()} - set(trunk.state_dict())
    assert not names  # a buffer that is not saved is lost where weights are put onto an empty model


def write_tower(folder: Path, trunk: Trunk) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({"tower": tower_config(trunk.config)}))
    save_file({f"tower.{k}": v for k, v in trunk.state_dict().items()}, folder / "tower.safetensors")


def test_a_folder_of_ours_loads_without_open_clip(tmp_path: Path) -> None:
    torch.manual_seed(1)
    trunk = Trunk(TrunkConfig(widths=(16, 24, 32, 48), heads=4, blocks=2)).eval()
    write_tower(tmp_path, trunk)
    tower = load_tower(str(tmp_path))
    assert not tower.training and tower.width == 48
    images = pictures(2, 64, 96)
    with torch.no_grad():
        want = trunk.penultimate(images).flatten(2).transpose(1, 2)
    torch.testing.assert_close(tower(images), want)
    code = (
        "import sys; from vision.clip import load_tower; load_tower(sys.argv[1]);"
        "print(*sorted({'open_clip', 'timm', 'torchvision', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_frozen_towers_stay_as_they_are(tmp_path: Path) -> None:
    write_tower(tmp_path, Trunk(TrunkConfig(widths=(16, 24, 32, 48), heads=4, blocks=2)))
    tower = load_tower(str(tmp_path)).requires_grad_(False)
    before = {k: v.clone() for k, v in tower.state_dict().items()}
    assert not tower(pictures()).requires_grad
    assert all(torch.equal(v, before[k]) for k, v in tower.state_dict().items())


def test_errors_name_what_is_near_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"near are .*ViT-B-32"):
        load_tower("open_clip:ViT-B32")
    with pytest.raises(ValueError, match=r"there are .*openai"):
        load_tower("open_clip:ViT-B-32/openia")
    with pytest.raises(ValueError, match="no layer -9"):
        load_tower("open_clip:mmgpt-test-vit", layer=-9)
    with pytest.raises(ValueError, match="unknown tower 'medium'; use nano"):
        load_tower("medium")
    with pytest.raises(ValueError, match="64 × 64 pixels, not 96 × 64"):
        load_tower("open_clip:mmgpt-test-vit")(pictures(1, 64, 96))
    write_tower(tmp_path, Trunk())
    with pytest.raises(ValueError, match="3 layers, not layer 3"):
        load_tower(str(tmp_path), layer=3)
    with pytest.raises(ValueError, match=r"multiples of 32, not \(1, 3, 64, 65\)"):
        load_tower(str(tmp_path))(pictures(1, 64, 65))
    (tmp_path / "config.json").write_text('{"name": "other"}')
    with pytest.raises(WeightsError, match='needs a key "tower"'):
        load_tower(str(tmp_path))


def test_missing_open_clip_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(RuntimeError, match=r"pip install 'mmgpt\[hub\]'"):
        load_tower("open_clip:ViT-B-32")


def screen(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)


def test_see_gives_every_token_its_place() -> None:
    any_size = load_tower(f"open_clip:{MODEL}")
    image = screen(400, 640)
    seen = any_size.see(image)
    pixels, valid = whole_picture(image, mean=MEAN, std=STD)
    assert pixels.shape == (1, 3, 256, 384) and valid == (1.0, 240 / 256)
    torch.testing.assert_close(seen.features, any_size(pixels)[0])
    torch.testing.assert_close(seen.positions, grid_positions(8, 12, valid))
    assert seen.grid == (8, 12)
    fixed = load_tower("open_clip:mmgpt-test-vit", class_token=True)
    seen = fixed.see(screen(70, 100), max_tiles=6)
    assert seen.features.shape == (len(seen.positions), 64) and len(seen.features) % 17 == 0
    assert seen.grid is None and seen.positions[0].tolist() == [0, 0, 1, 1]  # the class token of the whole
    assert bool((seen.positions[:, 2:] >= seen.positions[:, :2]).all())
    fixed.class_token = False
    plain = fixed.see(screen(70, 100), max_tiles=6)
    assert plain.grid == (len(plain.features) // 4, 4)
    torch.testing.assert_close(plain.features.view(-1, 16, 64), seen.features.view(-1, 17, 64)[:, 1:])


def test_the_trunk_is_small() -> None:
    assert 1.4e6 < sum(p.numel() for p in Trunk().parameters()) < 2.1e6


def test_where_a_thing_stands_changes_the_pooled_features() -> None:
    """Without positions a mean over the grid could not tell left from right."""
    trunk = Trunk().eval()
    trunk.place.data.fill_(1.0)
    left = torch.zeros(1, 3, 128, 128)
    left[..., 32:64, 32:64] = 1.0
    right = torch.zeros(1, 3, 128, 128)
    right[..., 32:64, 64:96] = 1.0
    with torch.no_grad():
        assert (trunk(left) - trunk(right)).abs().max() > 1e-3
    sines = grid_sines(4, 6, 16, torch.device("cpu"), torch.float32).flatten(1).T  # [24, 16]
    assert torch.pdist(sines).min() > 0.05  # no two cells alike
    with pytest.raises(ValueError, match="multiple of 4"):
        grid_sines(2, 2, 6, torch.device("cpu"), torch.float32)
