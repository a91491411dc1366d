"""Tasks over models put together from parts or with adapters, and `prefer`, from a command's options."""

from __future__ import annotations

import argparse
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from train.adapters import Lora
from train.hub import FREEZABLE, Spec, assemble, freeze

log = logging.getLogger(__name__)
_ASKING = ("tower", "decoder", "projector", "fusion", "freeze", "lora")


def add_arguments(group: Any) -> None:
    """Options of models put together from parts: of align, instruct, prefer."""
    group.add_argument("--tower", default="", help="nano, none, a folder, open_clip:MODEL/TAG or local-dir:FOLDER")
    group.add_argument("--decoder", default="", help="nano, a folder of ours or of the Llama family, or a hub id")
    group.add_argument("--projector", default="", help="lines, mlp, pixel_shuffle, resampler, or lines+one of them")
    group.add_argument("--fusion", default="", choices=("", "cross", "prefix"), help="how the decoder sees")
    group.add_argument(
        "--freeze", default=None, metavar="PARTS",
        help=f"what does not learn, of {', '.join(FREEZABLE)} (align: tower,reader,decoder; else: tower,reader)",
    )  # fmt: skip
    group.add_argument(
        "--lora", nargs="?", const="r=16", metavar="SETTINGS",
        help="adapters on the decoder: r=16,alpha=32,targets=q_proj+v_proj,dropout=0; bits=4 for QLoRA (bitsandbytes)",
    )  # fmt: skip


def add_preference(group: Any) -> None:
    """Options of prefer."""
    group.add_argument("--beta", type=float, default=0.1, help="how dear it is to leave the reference")
    group.add_argument("--smoothing", type=float, default=0.0, help="share of pairs that may be the wrong way round")
    group.add_argument("--sft", type=float, default=0.0, help="weight of the chosen answer's own cross-entropy")
    group.add_argument(
        "--perceiver", type=Path, help="folder whose reader and tower see the pictures (default: beside --tokenizer)"
    )


def asked(options: argparse.Namespace) -> bool:
    """Whether the options name a part of the model."""
    return any(getattr(options, name, None) not in (None, "") for name in _ASKING)


def spec_of(options: argparse.Namespace) -> Spec:
    """The model that the options describe. Raises ValueError for an unknown part."""
    before = "tower,reader,decoder" if options.task == "align" and not options.lora else "tower,reader"
    parts = (before if options.freeze is None else options.freeze).replace("none", "")
    return Spec(
        preset=options.preset, tower=options.tower, decoder=options.decoder, projector=options.projector, fusion=options.fusion,
        freeze=tuple(p for p in parts.split(",") if p), tokenizer="" if _foreign(options.decoder) else str(options.tokenizer),
    )  # fmt: skip


def _foreign(decoder: str) -> bool:
    return decoder not in ("", "nano")


def slim(options: argparse.Namespace) -> bool:
    """Whether what is frozen may be left out of checkpoints: not where parameters are sharded."""
    return not (options.sharding == "fsdp" and int(os.environ.get("WORLD_SIZE", "1")) > 1)


def _one(data: Any) -> Path:
    if isinstance(data, list | tuple):
        if len(data) != 1:
            raise ValueError(
                f"{len(data)} data were named; a model put together from parts learns from one folder of perceived screens"
            )
        data = data[0]
    return Path(data)


def task(options: argparse.Namespace) -> Any:
    """`align` or `instruct` over the parts that the options name. Raises ValueError, FileNotFoundError or RuntimeError."""
    from train.tasks.backbones import BackboneAlign, BackboneTask

    kind = BackboneAlign if options.task == "align" else BackboneTask
    spec, lora = spec_of(options), None if options.lora is None else Lora.parse(options.lora)
    return kind(
        assemble(spec), spec, _one(options.data), lora=lora, slim=slim(options), init=options.init, seed=options.seed,
        batch=options.batch, turns=options.turns, evaluation=options.evaluation or 48,
    )  # fmt: skip


def prefer(options: argparse.Namespace) -> Any:
    """DPO on a preset's model or one put together from parts; `--init` (or the decoder's folder) is the reference.

    Raises ValueError, FileNotFoundError or RuntimeError for what cannot be used.
    """
    from train.tasks.backbones import adapted, begin
    from train.tasks.prefer import Dpo, PreferTask

    if options.init is None and not _foreign(options.decoder):
        raise ValueError("prefer begins from weights: name --init FILE, or --decoder FOLDER")
    spec, lora = spec_of(options), None if options.lora is None else Lora.parse(options.lora)
    inside = "tower" not in spec.freeze
    if inside:
        log.info("the tower does not learn from preferences")
        spec = replace(spec, freeze=(*spec.freeze, "tower"))
    assembled = assemble(spec)
    if options.init is not None:
        begin(assembled, options.init)
    assembled.model.initialised = True
    freeze(assembled, spec.freeze)
    told = adapted(assembled, spec, lora, options.init, slim(options))
    if lora is not None and options.freeze is None:  # adapters alone, so that the model without them is the reference
        for name, parameter in assembled.model.named_parameters():
            parameter.requires_grad_(".lora_" in name)
    data = options.data if isinstance(options.data, list | tuple) else [options.data]
    return PreferTask(
        assembled.model, assembled.tokenizer, _perceiver(options, assembled), [Path(path) for path in data], seed=options.seed,
        batch=options.batch, settings=Dpo(options.beta, options.smoothing, options.sft), evaluation=options.evaluation or 64, told=told,
    )  # fmt: skip


def _perceiver(options: argparse.Namespace, assembled: Any) -> Any:
    """Who looks at the pairs' pictures: the reader beside the tokenizer, else the package's; the model's own tower."""
    from mmgpt import NANO_WEIGHTS
    from mmgpt.perception import Perceiver
    from mmgpt.pieces import PieceEncoder
    from vision.clip import SHARD, load_tower
    from vision.reader.nano import NanoReader

    config = assembled.model.config
    beside = (
        Path(options.decoder)
        if Path(options.decoder or "/").joinpath("reader.safetensors").is_file()
        else options.tokenizer.parent
    )
    folder = options.perceiver or (beside if (beside / "reader.safetensors").is_file() else NANO_WEIGHTS)
    tower = assembled.tower
    if (
        config.tower is not None
        and config.tower.name == "nano"
        and not _foreign(options.decoder)
        and folder != NANO_WEIGHTS
    ):
        tower = load_tower(str(folder)) if (folder / SHARD).is_file() else None
        if tower is None:
            log.warning("%s has no tower: pictures are seen by the reader alone", folder)
    if config.lines is None:
        return Perceiver(None, None, tower)
    return Perceiver(NanoReader.load(folder), PieceEncoder(assembled.tokenizer, config.lines.max_pieces), tower)
