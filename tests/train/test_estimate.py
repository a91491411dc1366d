"""Estimates beside what is really there: parameters of files, arithmetic and kept memory of real steps, states of the real optimizer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from mmgpt import NANO_WEIGHTS
from mmgpt.config import ModelConfig, debug, hub_small, llava_1_5_7b, nano
from mmgpt.generate import KVCache
from mmgpt.model import MMGPT
from mmgpt.pieces import LONGEST, TOKENS
from projector.features import Features
from projector.lines import PLACE, Pieces
from train.costs import Shape, kept, meta_model, meta_tower, parameters, work
from train.data.perception import Batch
from train.estimate import (
    MACHINES,
    Plan,
    estimate,
    hours,
    learning,
    main,
    serving_memory,
    stage_hours,
    step_flops,
    training_memory,
)
from train.optim import adamw
from train.recipes import RECIPES
from train.tasks.simulate import answer_loss

pytest.importorskip("open_clip")
SHAPE = Shape(tokens=96, supervised=24, width=640, height=400, lines=12, pieces=48)
CONFIGS: dict[str, ModelConfig] = {
    "debug": debug(),
    "debug by prefix": debug("prefix", "pixel_shuffle"),
    "nano": nano(),
}


def real_batch(config: ModelConfig, rows: int, shape: Shape = SHAPE) -> Batch:
    """A batch of that shape, as conversations come."""
    generator = torch.Generator().manual_seed(0)
    tower = meta_tower(config)
    assert config.lines is not None and tower is not None
    looked = work(meta_model(config), tower, shape)
    P, M = shape.pieces, shape.lines

    def draw(high: int, *size: int) -> Tensor:
        return torch.randint(0, high, size, generator=generator)

    pieces = Pieces(
        draw(200, rows, P, LONGEST) + 1, draw(200, rows, P, LONGEST), torch.rand(rows, P, LONGEST), torch.rand(rows, P, PLACE),
        draw(M, rows, P), torch.ones(rows, P, dtype=torch.bool), torch.rand(rows, M, config.lines.geometry),
        torch.ones(rows, M, dtype=torch.bool), draw(300, rows, P, TOKENS), torch.rand(rows, P, config.lines.columns),
    )  # fmt: skip
    from train.costs import features

    grid = features(tower, shape, 1, torch.float32)
    n = grid.features.shape[1]
    seen = Features(
        torch.rand(rows, n, tower.width), torch.rand(rows, n, 4), torch.ones(rows, n, dtype=torch.bool), grid.grid
    )
    prefix = config.fusion == "prefix"
    T = shape.tokens + (looked.memory if prefix else 0)
    ids = draw(300, rows, T) + 6
    if prefix:
        ids[:, : looked.memory] = config.image_token
    labels = torch.full_like(ids, -100)
    labels[:, -shape.supervised :] = ids[:, -shape.supervised :]
    mask = torch.ones(T, T, dtype=torch.bool).tril().expand(rows, 1, T, T)
    return Batch(ids, labels, mask, torch.arange(T).expand(rows, T), list(range(rows)), pieces, seen, rows)


def test_parameters_are_those_of_the_shipped_files() -> None:
    counts = parameters(meta_model(nano()), meta_tower(nano()))
    stored: dict[str, int] = {}
    for shard in ("decoder", "projector", "tower"):
        with safe_open(NANO_WEIGHTS / f"{shard}.safetensors", "pt") as handle:
            for key in handle.keys():  # noqa: SIM118 (no dictionary)
                size = 1
                for side in handle.get_slice(key).get_shape():
                    size *= side
                stored[key] = size
    buffers = ("running_mean", "running_var", "num_batches_tracked")
    stored = {name: size for name, size in stored.items() if not name.endswith(buffers)}
    assert sum(counts.values()) == sum(stored.values())
    assert counts["tower"] == sum(v for k, v in stored.items() if k.startswith("tower."))


def test_parameters_of_published_shapes() -> None:
    """Llama-7B has 6,738,415,616 with 32,000 tokens; 64 more cost two rows of 4,096 each. SmolLM2-135M has 134,515,008."""
    counts = parameters(meta_model(llava_1_5_7b()), None)
    assert sum(v for k, v in counts.items() if k != "projectors") == 6_738_415_616 + 64 * 2 * 4096
    small = parameters(meta_model(hub_small()), None)
    assert sum(v for k, v in small.items() if k != "projectors") == 134_515_008


@pytest.mark.parametrize("name", CONFIGS)
def test_arithmetic_of_a_real_step(name: str) -> None:
    config = CONFIGS[name]
    torch.manual_seed(0)
    model = MMGPT(config)
    batch = real_batch(config, 2)
    # Of the processor's fused attention torch's counter knows nothing.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        answer_loss(model, batch).backward()
    done = work(meta_model(config), meta_tower(config), SHAPE)
    said = 2 * step_flops(config, done, Plan(SHAPE, batch=2))
    assert said == pytest.approx(counter.get_total_flops(), rel=0.1)


@pytest.mark.parametrize("frozen", [(), ("decoder",)])
def test_arithmetic_with_a_frozen_decoder(frozen: tuple[str, ...]) -> None:
    config = debug("prefix")
    model = MMGPT(config)
    for part_name, parameter in model.named_parameters():
        parameter.requires_grad_(not (frozen and part_name.startswith("decoder.")))
    batch = real_batch(config, 2)
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        answer_loss(model, batch).backward()
    done = work(meta_model(config), meta_tower(config), SHAPE)
    said = 2 * step_flops(config, done, Plan(SHAPE, batch=2, frozen=("tower", "reader", *frozen)))
    assert said == pytest.approx(counter.get_total_flops(), rel=0.1)


@pytest.mark.parametrize("name", CONFIGS)
def test_memory_that_a_real_step_keeps(name: str) -> None:
    config = CONFIGS[name]
    model = MMGPT(config)
    batch = real_batch(config, 3)
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}
    found: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            found.setdefault(
                tensor.untyped_storage().data_ptr(), tensor
            )  # held, so that its place is not given to another
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = answer_loss(model, batch)
    real = sum(t.untyped_storage().nbytes() for t in found.values())
    assert float(loss.detach()) > 0
    assert kept(config, SHAPE, 3).total() == pytest.approx(real, rel=0.1)


@pytest.mark.parametrize("name", ["debug", "nano"])
def test_states_of_the_real_optimizer(name: str) -> None:
    config = CONFIGS[name]
    model = MMGPT(config)
    optimizer = adamw(model, 1e-3, 0.0, {})
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    states = sum(v.nbytes for state in optimizer.state.values() for v in state.values())
    plan = Plan(SHAPE, batch=2, dtype="float32")
    said = training_memory(config, plan, False)
    assert said["optimizer"] == pytest.approx(states, rel=0.01)
    assert said["weights"] == sum(p.nbytes for p in model.parameters()) == said["gradients"] == said["average"]
    assert said["total"] == pytest.approx(sum(v for k, v in said.items() if k != "total"))
    split = training_memory(config, replace(plan, gpus=2, sharding="fsdp"), False)
    assert split["weights"] == said["weights"] / 2 and split["activations"] < said["activations"]
    short = training_memory(config, plan, True)
    assert short["activations"] < 0.8 * said["activations"] and short["weights"] == said["weights"]


def test_a_conversation_to_serve_is_the_engines_cache() -> None:
    config = nano()
    model = MMGPT(config)
    cache = KVCache(model, 1, SHAPE.tokens)
    real = sum(t.nbytes for t in [*cache._keys, *cache._values])
    said = serving_memory(config, SHAPE, 64, "float32")
    assert said["keys and values of text"] == real
    kv = model.decoder.memory_kv(torch.zeros(1, 64, config.decoder.width))
    assert said["keys and values of the picture"] == sum(t.nbytes for pair in kv for t in pair)


def test_one_token_more_costs_what_it_does() -> None:
    config = debug()
    model = MMGPT(config).eval()
    S = SHAPE.tokens
    done = work(meta_model(config), meta_tower(config), SHAPE)
    with torch.no_grad():
        kv = model.decoder.memory_kv(torch.zeros(1, done.memory, config.decoder.width))
        cache = KVCache(model, 1, S + 1)
        cache.length = S
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            x = model.decoder.embed_tokens(torch.tensor([[7]]))
            model.decoder.head(model.decoder(x, torch.tensor([[S]]), None, cache, kv, None))
    assert done.token == pytest.approx(counter.get_total_flops(), rel=0.02)


def test_adapters_learn_little() -> None:
    plan = Plan(SHAPE)
    few = learning(llava_1_5_7b(), replace(plan, lora=16, frozen=("tower", "reader", "projector")))
    assert few == 32 * 2 * 16 * (4096 + 4096)
    assert learning(llava_1_5_7b(), replace(plan, frozen=("tower", "decoder"))) < 0.01 * learning(llava_1_5_7b(), plan)


def test_hours_are_near_those_that_were_published() -> None:
    """3.5 and 10 hours on eight A100; an assumption about how well these are used is in it, so half and double are near."""
    recipe = RECIPES["llava_1_5_7b"]()
    for stage in recipe.stages.values():
        said = stage_hours(llava_1_5_7b(), stage, Plan(Shape(), gpus=8))["A100"]
        assert stage.hours is not None and stage.hours / 2 < said < stage.hours * 2
    peak, _, used = MACHINES["H100"]
    assert hours(peak * 1e12 * used * 3600, "H100", 1) == pytest.approx(1)
    assert hours(peak * 1e12 * 3600, "H100", 4, 0.5) == pytest.approx(0.5)


def test_the_command_prints_json_and_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--preset", "debug", "--tokens", "64", "--batch", "4", "--json", "--mfu", "0.3"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parameters"]["total"] == sum(
        v for k, v in found["parameters"].items() if k not in ("total", "learning")
    )
    assert {machine["mfu"] for machine in found["machines"].values()} == {0.3} and set(found["machines"]) == set(
        MACHINES
    )
    assert main(["--recipe", "debug", "--batch", "4", "--tokens", "64"]) == 0
    text = capsys.readouterr().out
    assert "mmgpt-debug" in text and "2-core CPU" in text and "recipe debug" in text and "assumption" in text
    assert (
        main(
            [
                "--tower",
                "none",
                "--projector",
                "lines",
                "--fusion",
                "prefix",
                "--preset",
                "debug",
                "--tokens",
                "64",
                "--batch",
                "2",
            ]
        )
        == 0
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "big"], "no architecture 'big'"),
        (["--tower", "open_clip:ViT-B-23"], "open_clip has no model 'ViT-B-23'"),
        (["--decoder", "no/such/thing"], "is no folder, nor a hub name"),
        (["--tokens", "8", "--supervised", "9"], "9 supervised tokens are more than 8"),
        (["--batch", "4", "--gpus", "8"], "cannot be divided into 8 parts"),
        (["--picture", "wide"], "is not WIDTHxHEIGHT"),
        (["--projector", "mpl"], "unknown projector mpl"),
        (["--tower", "none", "--preset", "hub_small"], "would see nothing"),
    ],
)
def test_what_is_no_model_is_said(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2 and message in capsys.readouterr().err


def test_a_decoder_is_estimated_by_its_configuration_alone(tmp_path: Path) -> None:
    values: dict[str, Any] = {
        "model_type": "qwen2", "vocab_size": 1000, "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 8,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512, "tie_word_embeddings": True,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(values))
    from train.estimate import build_parser, chosen

    config = chosen(build_parser().parse_args(["--decoder", str(tmp_path), "--tower", "nano", "--preset", "debug"]))
    assert (
        config.decoder.width == 64 and len(config.decoder.cross_attention_layers) == 2 and config.decoder.layers == 10
    )
    found = estimate(config, Plan(SHAPE, batch=2))
    assert found["parameters"]["embeddings"] == 64_000
