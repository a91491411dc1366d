"""`mmgpt estimate`: what a model costs before it is trained: parameters, memory to train and to serve, arithmetic, hours on named GPUs.

Nothing is downloaded and no weights are made. Memory is what our trainer uses: parameters, gradients and both AdamW states in float32,
under bfloat16 also the cast copies of matrices; what libraries take for themselves (about 1 GB on CUDA) comes on top.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from mmgpt.config import PROJECTORS, DecoderConfig, ModelConfig, ProjectorConfig, TowerConfig
from train.costs import Shape, Work, bare_tower, kept, meta_model, meta_tower, parameters, work
from train.ladder import architecture
from train.meter import PEAKS
from train.recipes import RECIPES, Recipe, Stage

_CPU = "2-core CPU"
MACHINES: dict[str, tuple[float, float, float]] = {  # 10¹² operations a second in half precision, GB, share of them that is used
    "H100": (PEAKS["H100"], 80, 0.40), "A100": (PEAKS["A100"], 80, 0.40), "L40S": (PEAKS["L40S"], 48, 0.35),
    "RTX 4090": (PEAKS["RTX 4090"], 24, 0.35), "T4": (PEAKS["T4"], 16, 0.25),
    # 2 cores · 3 GHz · 2 units · 8 floats · 2: float32, for a processor with AVX2
    _CPU: (0.192, 8, 0.25),
}  # fmt: skip
STATES = {"adamw": 8, "adamw8bit": 2, "momentum": 4, "sgd": 0}  # bytes a parameter; our trainer has adamw
DTYPES = {"float32": 4, "bfloat16": 2}
_LOADED = {"float32": 4.0, "float16": 2.0, "bfloat16": 2.0, "int8": 1.0, "nf4": 0.5 + 4 / 64 / 8}
_BEGINNINGS = {
    "decoder": ("decoder.",), "projector": ("projector.", "projector_norm.", "lines."), "tower": (), "reader": (), "lines": ("lines.",),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How it is trained: rows a step on all GPUs together, in `accumulate` parts, what is frozen, adapters of rank `lora` (0: none)."""

    shape: Shape
    batch: int = 32
    gpus: int = 1
    accumulate: int = 1
    dtype: str = "bfloat16"
    optimizer: str = "adamw"
    sharding: str = "ddp"
    ema: bool = True
    frozen: tuple[str, ...] = ("tower", "reader")
    lora: int = 0


def _frozen(plan: Plan) -> tuple[str, ...]:
    names = tuple(name for part in plan.frozen for name in _BEGINNINGS.get(part, ()))
    return (*names, "decoder.", "pointers.", "picture.") if plan.lora else names


def learning(config: ModelConfig, plan: Plan) -> int:
    """Parameters that learn; of adapters on q_proj and v_proj their own."""
    frozen = _frozen(plan)
    model = meta_model(config)
    count = sum(p.numel() for n, p in model.named_parameters() if not (frozen and n.startswith(frozen)))
    tower = meta_tower(config)
    if tower is not None and "tower" not in plan.frozen:
        count += sum(p.numel() for p in tower.parameters())
    if plan.lora:
        for name, module in model.decoder.named_modules():
            if isinstance(module, torch.nn.Linear) and name.split(".")[-1] in ("q_proj", "v_proj"):
                count += plan.lora * (module.in_features + module.out_features)
    return count


def training_memory(config: ModelConfig, plan: Plan, recompute: bool) -> dict[str, float]:
    """Bytes of one GPU by what they are for; `total` is their sum."""
    counts = parameters(meta_model(config), meta_tower(config))
    every, learns = sum(counts.values()), learning(config, plan)
    if plan.lora:
        every += learns - learning(config, replace(plan, lora=0, frozen=(*plan.frozen, "decoder")))
    if "tower" in plan.frozen and config.tower is not None:
        every -= counts["tower"]  # it stands outside, its features are on disk
    share = plan.gpus if plan.sharding == "fsdp" else 1
    rows = max(1, -(-plan.batch // (plan.gpus * plan.accumulate)))
    half = plan.dtype != "float32"
    found = {
        "weights": 4.0 * every / share,
        "cast copies": 2.0 * every / share if half else 0.0,
        "gradients": 4.0 * learns / share,
        "optimizer": float(STATES[plan.optimizer] * learns) / share,
        "average": 4.0 * learns / share if plan.ema else 0.0,
        "activations": float(
            kept(config, plan.shape, rows, _frozen(plan) if not plan.lora else (), half).total(recompute)
        ),
    }
    return {**found, "total": sum(found.values())}


def serving_memory(config: ModelConfig, shape: Shape, memory: int, dtype: str = "float16") -> dict[str, float]:
    """Bytes to serve one conversation of `shape.tokens` tokens about one picture of `memory` tokens; the rest in half precision."""
    decoder, counts = config.decoder, parameters(meta_model(config), meta_tower(config))
    width = 4 if dtype == "float32" else 2
    each = 2 * decoder.kv_heads * decoder.head_dim * width
    text = shape.tokens + (memory if config.fusion == "prefix" else 0)
    found = {
        "weights": _LOADED[dtype] * sum(counts.values()),
        "keys and values of text": float(each * len(decoder.self_attention_layers) * text),
        "keys and values of the picture": float(each * len(decoder.cross_attention_layers) * memory),
        "memory of the picture": float(width * memory * decoder.width),
    }
    return {**found, "total": sum(found.values())}


def step_flops(config: ModelConfig, done: Work, plan: Plan, recompute: bool = False) -> float:
    """Arithmetic of learning from one row. What learns costs three times its forward pass; what is frozen below something that learns
    twice; a tower outside nothing, since its features are on disk."""
    frozen = "decoder" in plan.frozen or bool(plan.lora)
    learnt = 2 * done.text + done.attention if frozen else 3 * done.text
    projector = 1 if "projector" in plan.frozen and "tower" in plan.frozen else 3
    tower = 0 if "tower" in plan.frozen else 3
    return tower * done.tower + projector * done.projectors + learnt + int(recompute) * done.text


def hours(flops: float, machine: str, gpus: int, mfu: float | None = None) -> float:
    """Hours that so much arithmetic takes."""
    peak, _, used = MACHINES[machine]
    return flops / (peak * 1e12 * (mfu or used) * max(gpus, 1)) / 3600


# -- the command -------------------------------------------------------------------------------------------------------------------


def chosen(options: argparse.Namespace) -> ModelConfig:
    """The architecture that the options describe: a preset, changed where parts are named. Raises ValueError or FileNotFoundError."""
    config = architecture(options.preset)
    if not (options.tower or options.decoder or options.projector or options.fusion):
        return config
    from train.hub import crossing

    decoder = config.decoder if options.decoder in ("", "nano") else _decoder(options.decoder)
    fusion: Any = options.fusion or config.fusion
    if fusion == "prefix":
        layers = (
            decoder.layers - len(decoder.cross_attention_layers) if decoder is not config.decoder else decoder.layers
        )
        decoder = replace(decoder, layers=layers, cross_attention_layers=())
    elif not decoder.cross_attention_layers:
        new = crossing(decoder.layers)
        decoder = replace(decoder, layers=decoder.layers + len(new), cross_attention_layers=new)
    kinds = options.projector.split("+") if options.projector else []
    if unknown := sorted(set(kinds) - {*PROJECTORS, "lines"}):
        raise ValueError(
            f"unknown projector {', '.join(unknown)}; lines, {', '.join(PROJECTORS)}, or lines+one of them"
        )
    lines = config.lines if not kinds or "lines" in kinds else None
    if "lines" in kinds and lines is None:
        from mmgpt.config import LinesConfig

        lines = LinesConfig()
    kind = next((k for k in kinds if k != "lines"), config.projector.kind)
    name = (
        "none" if kinds == ["lines"] else options.tower or (config.tower.name if config.tower is not None else "none")
    )
    tower = None
    if name != "none":
        tower = TowerConfig(name, bare_tower(name).width)
    if tower is None and lines is None:
        raise ValueError("neither a tower nor lines: the model would see nothing; name --tower or --projector lines")
    return replace(
        config, name="custom", decoder=decoder, tower=tower, projector=replace(ProjectorConfig(), kind=kind), lines=lines, fusion=fusion,
        copy=config.copy and lines is not None,
    )  # fmt: skip


def _decoder(name: str) -> DecoderConfig:
    from pathlib import Path

    from mmgpt.checkpoint import has_model
    from mmgpt.pretrained import checkpoint_folder, decoder_config
    from vision.reader.weights import read_config

    folder = checkpoint_folder(name)
    if has_model(Path(folder)):
        return ModelConfig.from_dict(read_config(folder)["model"]).decoder
    return decoder_config(folder)


def estimate(config: ModelConfig, plan: Plan, recipe: Recipe | None = None, mfu: float | None = None) -> dict[str, Any]:
    """Everything as JSON values. Bytes, operations, hours; `hours` for a recipe by stage and machine, on the plan's GPUs."""
    model, tower = meta_model(config), meta_tower(config)
    counts = parameters(model, tower)
    done = work(model, tower, plan.shape)
    row = step_flops(config, done, plan)
    found: dict[str, Any] = {
        "model": config.name, "plan": asdict(plan),
        "parameters": {**counts, "total": sum(counts.values()), "learning": learning(config, plan)},
        "training_bytes": training_memory(config, plan, False), "training_bytes_recomputing": training_memory(config, plan, True),
        "serving_bytes": {dtype: serving_memory(config, plan.shape, done.memory, dtype) for dtype in ("float32", "float16", "nf4")},
        "flops": {
            "picture": done.picture, "tower": done.tower, "projectors": done.projectors, "prompt": done.text, "token": done.token,
            "training_row": row, "training_step": row * plan.batch, "memory_tokens": done.memory,
        },
        "machines": {
            name: {
                "tflops": peak, "gigabytes": size, "mfu": mfu or used,
                "rows_per_second": peak * 1e12 * (mfu or used) * max(plan.gpus, 1) / row,
            }
            for name, (peak, size, used) in MACHINES.items()
        },
    }  # fmt: skip
    if recipe is not None:
        found["recipe"] = recipe.name
        found["hours"] = {
            name: stage_hours(config, stage, plan, mfu) for name, stage in recipe.stages.items() if counted(stage)
        }
    return found


def counted(stage: Stage) -> bool:
    """Whether a stage trains the language model; reader, extractor and contrastive training are measured, not estimated."""
    return stage.task in ("text", "simulate", "align", "instruct", "prefer")


def stage_hours(config: ModelConfig, stage: Stage, plan: Plan, mfu: float | None = None) -> dict[str, float]:
    """Hours of a stage by machine. A tower that is frozen looks at each picture once, when it is perceived: that is counted too."""
    shape = replace(plan.shape, tokens=stage.tokens, supervised=stage.supervised)
    if not stage.pictures:
        shape = replace(shape, pieces=0, lines=0)
    if config.name == "mmgpt-llava-1.5-7b":
        shape = replace(shape, width=336, height=336)  # published with one square picture a row, not with tiles
    model, tower = meta_model(config), meta_tower(config) if stage.pictures else None
    done = work(model, tower, shape)
    frozen = tuple(dict.fromkeys(stage.frozen or ("tower", "reader")))
    one = replace(plan, frozen=frozen, lora=16 if "adapters" in stage.learns else 0)
    row = step_flops(config, done, one, "--recompute" in stage.options) + (done.tower if "tower" in frozen else 0)
    row *= 2 if stage.task == "prefer" else 1  # both answers
    row += 2 * (done.text + done.projectors) if stage.task == "prefer" else 0  # and the reference
    return {name: hours(row * stage.samples, name, plan.gpus, mfu) for name in MACHINES}


def build_parser() -> argparse.ArgumentParser:
    """The command's parser."""
    parser = argparse.ArgumentParser(
        prog="mmgpt estimate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    model = parser.add_argument_group("model")
    model.add_argument("--preset", default="nano", help="a preset of mmgpt.config or a rung of train.ladder")
    model.add_argument(
        "--tower", default="", help="instead of the preset's: nano, none, open_clip:MODEL[/TAG], local-dir:FOLDER"
    )
    model.add_argument(
        "--decoder", default="", help="instead of the preset's: a folder or a hub id (its config.json is read)"
    )
    model.add_argument("--projector", default="", help="lines, mlp, pixel_shuffle, resampler, or lines+one of them")
    model.add_argument("--fusion", default="", choices=("", "cross", "prefix"))
    row = parser.add_argument_group("a row")
    row.add_argument("--tokens", type=_count, default=512, help="text tokens")
    row.add_argument("--supervised", type=_count, default=None, help="of them learnt from (a quarter)")
    row.add_argument("--picture", type=_size, default=(1280, 800), metavar="WxH", help="pixels")
    row.add_argument("--pieces", type=_count, default=160, help="words that are read on it, of models that read")
    run = parser.add_argument_group("training")
    run.add_argument("--batch", type=_count, default=32, help="rows a step, of all GPUs together")
    run.add_argument("--accumulate", type=_count, default=1)
    run.add_argument("--gpus", type=_count, default=1)
    run.add_argument("--dtype", choices=tuple(DTYPES), default="bfloat16")
    run.add_argument("--optimizer", choices=tuple(STATES), default="adamw")
    run.add_argument("--sharding", choices=("ddp", "fsdp"), default="ddp")
    run.add_argument("--no-ema", action="store_true")
    run.add_argument("--freeze", default="tower,reader", help="parts, as of mmgpt train")
    run.add_argument("--lora", type=int, nargs="?", const=16, default=0, metavar="RANK")
    run.add_argument(
        "--recipe", choices=tuple(RECIPES), help="hours of its stages (its preset, unless --preset is given)"
    )
    run.add_argument(
        "--mfu",
        type=_share,
        help="share of the peak that is used, 0 to 1; by default what is printed beside each machine",
    )
    parser.add_argument("--json", action="store_true")
    return parser


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not more than 0 and at most 1")
    return value


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT, as in 1280x800")
    return int(width), int(height)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 printed, 2 the options describe no model."""
    from train.estimate_text import text_of

    parser = build_parser()
    options = parser.parse_args(argv)
    recipe = RECIPES[options.recipe]() if options.recipe else None
    if recipe is not None and options.preset == parser.get_default("preset"):
        options.preset = recipe.preset
    supervised = options.supervised or max(1, options.tokens // 4)
    if supervised > options.tokens:
        parser.error(f"{supervised} supervised tokens are more than {options.tokens}")
    if options.accumulate * options.gpus > options.batch:
        parser.error(
            f"a batch of {options.batch} cannot be divided into {options.accumulate * options.gpus} parts; use a larger --batch"
        )
    lines = max(1, options.pieces // 4)
    width, height = options.picture
    shape = Shape(options.tokens, supervised, width, height, lines, options.pieces)
    plan = Plan(
        shape, options.batch, options.gpus, options.accumulate, options.dtype, options.optimizer, options.sharding, not options.no_ema,
        tuple(p for p in options.freeze.split(",") if p), options.lora,
    )  # fmt: skip
    try:
        found = estimate(chosen(options), plan, recipe, options.mfu)
    except (ValueError, OSError, RuntimeError) as error:
        if os.environ.get("MMGPT_DEBUG"):
            raise
        parser.error(" ".join(str(error).split()))
    sys.stdout.write((json.dumps(found, indent=1) if options.json else text_of(found)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
