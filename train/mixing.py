"""Tasks on any mixture of sources, from a command's options: `--data` (several times), `--mix`, packing, what may be broken."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mmgpt.config import ModelConfig
from mmgpt.model import MMGPT

log = logging.getLogger(__name__)
PERCEIVED = "runs/perceived"
LONGEST_ROW = 1024  # tokens of a packed row where --pack does not say
LOOKED_AT_FIRST = 2000  # records that are all perceived before the first step


class Several(argparse.Action):
    """An option that may be given several times, whose default is what holds without it."""

    def __call__(
        self, parser: Any, namespace: argparse.Namespace, values: Any, option_string: str | None = None
    ) -> None:
        """Adds a value; the first takes the default's place."""
        before = getattr(namespace, self.dest)
        given = before if getattr(namespace, f"_{self.dest}_given", False) else []
        setattr(namespace, self.dest, [*given, values])
        setattr(namespace, f"_{self.dest}_given", True)


def add_arguments(group: Any) -> None:
    """Options of own data: of align and instruct."""
    group.add_argument(
        "--data", action=Several, default=[PERCEIVED], metavar="SOURCE[=WEIGHT]",
        help="what to learn from; may be given several times: a folder of perceived screens, or llava:FILE.json, chat:FILE.jsonl, "
        "webdataset:SHARDS, hf:NAME, corrections:FILE.jsonl, render, simulate",
    )  # fmt: skip
    group.add_argument(
        "--mix",
        default="",
        metavar="A=0.5,B=0.5",
        help="the same as several --data: simulate=0.5,instruct=0.3,llava:data.json=0.2",
    )
    group.add_argument(
        "--pack",
        type=int,
        metavar="TOKENS",
        help=f"conversations share rows of at most so many tokens (default {LONGEST_ROW}; 0: a row each)",
    )
    group.add_argument(
        "--token-budget",
        type=int,
        default=0,
        metavar="TOKENS",
        help="fill batches up to so many text and picture tokens, in place of --batch",
    )
    group.add_argument(
        "--max-broken", type=float, default=0.01, metavar="SHARE", help="of records that may be passed over"
    )
    group.add_argument(
        "--cache", default="", metavar="FOLDER", help="of perceived pictures (default: ~/.cache/mmgpt/perceived); none"
    )


def asked(options: argparse.Namespace) -> bool:
    """Whether the options name anything but one folder of perceived screens. Raises ValueError, FileNotFoundError."""
    from train.data.sources.opening import parse_named

    if options.mix or options.token_budget or options.pack is not None or len(options.data) > 1:
        return True
    if options.data == [PERCEIVED] or not Path(options.data[0]).exists():
        first = options.data[0]
        return ":" in first or "?" in first or first.partition("=")[0] in ("render", "simulate")
    return parse_named(options.data[0]).kind != "perceived"


def mixed(options: argparse.Namespace, architecture: Callable[[argparse.Namespace], tuple[Any, Any]]) -> Any:
    """`align` or `instruct` on a mixture, over the preset's model or one that is put together from parts. Raises as `task` does."""
    from train import parted

    if not parted.asked(options):
        return task(options, *architecture(options))
    from train.adapters import Lora
    from train.hub import assemble, freeze
    from train.tasks.backbones import adapted, begin

    spec, lora = parted.spec_of(options), None if options.lora is None else Lora.parse(options.lora)
    if "tower" not in spec.freeze:
        raise ValueError(
            "a tower learns from folders of perceived screens with their pictures alone; let it be frozen here"
        )
    assembled = assemble(spec)
    if options.init is not None:
        begin(assembled, options.init)
    freeze(assembled, spec.freeze)
    told = adapted(assembled, spec, lora, options.init, parted.slim(options))
    return task(options, assembled.model.config, assembled.tokenizer, assembled.model, assembled.tower, told)


def task(
    options: argparse.Namespace, config: ModelConfig, tokenizer: Any, model: MMGPT | None = None, tower: Any = None,
    told: dict[str, Any] | None = None,
) -> Any:  # fmt: skip
    """`align` or `instruct` on a mixture. `model`, `tower` and `told` (what its weights belong to) where it was put together from parts.

    Raises ValueError (TooManyBroken among them), FileNotFoundError or RuntimeError for what cannot be used.
    """
    from train.data.sources.skips import Skips
    from train.mixture import Mixture, weights_of
    from train.tasks.mixed import MixedTask

    named = named_sources(options)
    model = model or MMGPT(config)
    most = config.decoder.max_positions
    length = min(LONGEST_ROW, most) if options.pack is None else options.pack
    if length < 0 or 0 < length < 16 or options.token_budget < 0:
        raise ValueError(
            f"--pack {length} and --token-budget {options.token_budget}: rows need 16 tokens, or 0 for none"
        )
    skips = Skips(options.out / "skipped.jsonl", options.max_broken)
    longest = min(length or most, most)
    supplies = _supplies(options, named, config, tokenizer, model, tower, skips, longest)
    mixture = Mixture(supplies, weights_of([n.weight for n in named], supplies), options.seed)
    if options.workers and (options.token_budget or any(s.sequential for s in supplies)):
        what = "--token-budget" if options.token_budget else "a stream"
        raise ValueError(f"{what} is drawn in one process: leave out --workers (--ahead 4 draws in a thread)")
    _look_ahead(supplies)
    for supply, share in zip(supplies, mixture.shares, strict=True):
        log.info(
            "%s: %s, %.0f %% of documents",
            supply.name,
            "without end" if supply.length is None else f"{supply.length} records",
            100 * share,
        )
    return MixedTask(
        config, tokenizer, mixture, name=options.task, seed=options.seed, batch=options.batch, length=length, budget=options.token_budget,
        evaluation=options.evaluation or 48, journal=options.out / "positions.jsonl", model=model, told=told,
    )  # fmt: skip


def named_sources(options: argparse.Namespace) -> list[Any]:
    """The sources of --mix, or of --data. Raises ValueError where both are given or a name is not understood."""
    from train.data.sources.opening import parse_named
    from train.mixture import split_mix

    if options.mix and getattr(options, "_data_given", False):
        raise ValueError("--mix and --data say the same thing: give one of them")
    return [parse_named(text) for text in (split_mix(options.mix) if options.mix else options.data)]


def _supplies(
    options: argparse.Namespace, named: Sequence[Any], config: ModelConfig, tokenizer: Any, model: MMGPT, tower: Any, skips: Any,
    longest: int,
) -> list[Any]:  # fmt: skip
    from train.data.conversing import Converser
    from train.data.sources.base import Listed
    from train.data.sources.opening import open_source
    from train.mixture import RecordSupply
    from train.tasks.mixed import ScreensSupply, SimulateSupply, kept_for_measuring

    def tokens(features: Any) -> int:
        projector: Any = model.get_submodule("projector")
        return int(projector.tokens(features.grid or (1, features.features.shape[1])))

    converser = Converser(config, tokenizer, tokens, longest, options.turns, options.token_budget)
    sight: Any = None
    found: list[Any] = []
    for entry in named:
        if entry.kind == "simulate":
            if config.lines is None:
                raise ValueError("simulated screens are lines, and this model reads none: leave simulate out")
            found.append(SimulateSupply(converser.maker, options.seed, options.turns))
        elif entry.kind in ("perceived", "instruct"):
            found.append(ScreensSupply(entry.text, Path(entry.where or PERCEIVED), converser, options.seed))
        else:
            source = open_source(entry)
            sight = sight or _sight(options, config, tokenizer, tower)
            kept = kept_for_measuring(source.count) if isinstance(source, Listed) else 0
            found.append(RecordSupply(source, converser, sight, skips, options.seed, kept))
    return found


def _sight(options: argparse.Namespace, config: ModelConfig, tokenizer: Any, tower: Any) -> Any:
    from mmgpt import NANO_WEIGHTS
    from train.data.sources.sight import default_cache, make_sight

    folder = options.perceiver  # an option of train.parted
    cache = None if options.cache == "none" else Path(options.cache) if options.cache else default_cache()
    return make_sight(config, tokenizer, folder or NANO_WEIGHTS, tower, cache, own=folder is not None)


def _look_ahead(supplies: Sequence[Any]) -> None:
    """Small sources are perceived before the first step: what is broken in them is known then, and no step waits."""
    from train.mixture import RecordSupply

    for supply in supplies:
        if isinstance(supply, RecordSupply):
            count = supply.look_ahead(LOOKED_AT_FIRST)
            if count:
                log.info(
                    "%s: %d records looked at, %d pictures perceived anew", supply.name, count, supply.sight.perceived
                )
