"""Tasks from a command's options: one small function a task, and where the weights of `--init` are found."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from train import mixing, parted


def _common(options: argparse.Namespace) -> dict[str, Any]:
    return {"seed": options.seed, "batch": options.batch, "device": options.device}


def lines(options: argparse.Namespace) -> Any:
    """The recogniser. Raises ValueError for an unknown language, RuntimeError without fonts."""
    from train.ladder import reader
    from train.tasks.lines import LinesTask

    more: dict[str, Any] = {}
    if options.atlases:
        more["atlases"] = options.atlases
    if options.language:
        from train.data.languages import get

        more["language"] = get(options.language)
    return LinesTask(
        **_common(options), **more, config=reader(options.preset)[1], frames_first=options.frames_first,
        evaluation=options.evaluation or 16,
        carried=options.carried, workers=options.workers, pages=options.pages,
    )  # fmt: skip


def textmap(options: argparse.Namespace) -> Any:
    """The text map."""
    from train.ladder import reader
    from train.tasks.textmap import TextMapTask

    return TextMapTask(**_common(options), config=reader(options.preset)[0], evaluation=options.evaluation or 40)


def clip(options: argparse.Namespace) -> Any:
    """The tower with its text tower."""
    from train.tasks.clip import ClipTask

    return ClipTask(options.tokenizer, **_common(options), loss=options.loss, evaluation=options.evaluation or 128)


def _architecture(options: argparse.Namespace) -> tuple[Any, Any]:
    """The preset's configuration and the tokenizer. Raises ValueError where they do not belong together, and FileNotFoundError
    where the tokenizer is missing."""
    from tokenizers import Tokenizer

    from train.ladder import architecture

    if not options.tokenizer.is_file():
        raise FileNotFoundError(
            f"{options.tokenizer} is missing; make it: python -m train.tokenizer --out {options.tokenizer}"
        )
    tokenizer, config = Tokenizer.from_file(str(options.tokenizer)), architecture(options.preset)
    if tokenizer.get_vocab_size() != config.decoder.vocab_size:
        raise ValueError(
            f"{options.tokenizer} has {tokenizer.get_vocab_size()} pieces, the preset {options.preset} {config.decoder.vocab_size}"
        )
    return config, tokenizer


def text(options: argparse.Namespace) -> Any:
    """The decoder alone."""
    from train.tasks.text import TextTask

    config, tokenizer = _architecture(options)
    return TextTask(config, tokenizer, seed=options.seed, batch=options.batch, evaluation=options.evaluation or 16)


def _asking(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "seed": options.seed,
        "batch": options.batch,
        "turns": options.turns,
        "evaluation": options.evaluation or 48,
    }


def simulate(options: argparse.Namespace) -> Any:
    """All but the tower, on descriptions of screens."""
    config, tokenizer = _architecture(options)
    from train.tasks.simulate import SimulateTask

    return SimulateTask(config, tokenizer, **_asking(options))


def perceived(options: argparse.Namespace) -> Any:
    """`align` (the projectors) or `instruct` (all but reader and tower), on rendered screens or on one's own data.

    Raises FileNotFoundError where perceived screens are missing.
    """
    if mixing.asked(options):
        return mixing.mixed(options, _architecture)
    if parted.asked(options):
        return parted.task(options)
    config, tokenizer = _architecture(options)
    from train.tasks.instruct import AlignTask, InstructTask

    kind = AlignTask if options.task == "align" else InstructTask
    return kind(config, tokenizer, Path(options.data[0]), **_asking(options))


BUILDERS: dict[str, Callable[[argparse.Namespace], Any]] = {
    "lines": lines, "textmap": textmap, "clip": clip, "text": text, "simulate": simulate, "align": perceived, "instruct": perceived,
    "prefer": parted.prefer,
}  # fmt: skip
PREFIXES = {"lines": "recogniser.", "textmap": "textmap.", "clip": "clip."}
"""Under which name a task's weights stand in a file that holds more; nothing for the language model."""


def initial(options: argparse.Namespace, model: nn.Module) -> dict[str, Tensor] | None:
    """The weights that `--init` names, for this task's model; None without it.

    Raises FileNotFoundError for a missing file and ValueError where it is none, or holds nothing of this task.
    """
    if options.init is None or getattr(model, "initialised", False):
        return None
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if options.init.is_dir() and hasattr(model, "decoder"):
        from mmgpt.checkpoint import load_model

        return load_model(options.init).state_dict()
    if not options.init.is_file():
        raise FileNotFoundError(f"{options.init} is missing: --init names a .safetensors file, or a model's folder")
    try:
        every = load_file(options.init)
    except SafetensorError as error:
        raise ValueError(f"{options.init} is no whole safetensors file ({error})") from error
    prefix = PREFIXES.get(options.task, "")
    found = {name[len(prefix) :]: value for name, value in every.items() if name.startswith(prefix)}
    if not found:
        raise ValueError(f"{options.init} holds no weights of task {options.task} (none begins with {prefix!r})")
    if options.task == "lines":
        from train.tasks.lines import grown

        found = grown(found, model)  # type: ignore[arg-type]
    return found
