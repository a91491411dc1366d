"""`python -m train.cli TASK --out DIR`: trains a task, goes on where it stopped, exports the EMA weights."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

TASKS = ("lines", "textmap", "clip", "text", "simulate", "align", "instruct")


def _make(name: str, options: argparse.Namespace) -> Any:
    common: dict[str, Any] = {"seed": options.seed, "batch": options.batch, "device": options.device}
    if name == "lines":
        from train.tasks.lines import LinesTask

        if options.atlases:
            common["atlases"] = options.atlases
        if options.language:
            from train.data.languages import get

            common["language"] = get(options.language)
        return LinesTask(
            **common, frames_first=options.frames_first, evaluation=options.evaluation or 16, carried=options.carried,
            workers=options.workers, pages=options.pages,
        )  # fmt: skip
    if name == "clip":
        from train.tasks.clip import ClipTask

        return ClipTask(options.tokenizer, **common, loss=options.loss, evaluation=options.evaluation or 128)
    if name in ("text", "simulate", "align", "instruct"):
        return _make_decoder_task(name, options)
    from train.tasks.textmap import TextMapTask

    return TextMapTask(**common, evaluation=options.evaluation or 40)


def _make_decoder_task(name: str, options: argparse.Namespace) -> Any:
    """A task that trains the model by its preset. Raises ValueError where tokenizer and preset do not belong together, and
    FileNotFoundError where a tokenizer or perceived screens are missing."""
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
    common = {"seed": options.seed, "batch": options.batch}
    if name == "text":
        from train.tasks.text import TextTask

        return TextTask(config, tokenizer, **common, evaluation=options.evaluation or 16)
    common |= {"turns": options.turns, "evaluation": options.evaluation or 48}
    if name == "simulate":
        from train.tasks.simulate import SimulateTask

        return SimulateTask(config, tokenizer, **common)
    from train.tasks.instruct import AlignTask, InstructTask

    return {"align": AlignTask, "instruct": InstructTask}[name](config, tokenizer, options.data, **common)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 2 usage, 130 interrupted (saved)."""
    parser = argparse.ArgumentParser(prog="mmgpt train", description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--out", type=Path, required=True, help="run folder; an interrupted run in it goes on")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--minutes", type=float, help="stop after so much time, saved, without the decay")
    parser.add_argument("--cpu-minutes", type=float, help="likewise, in processor time of this process")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1.5e-3)
    parser.add_argument("--warmup", type=int, default=200)
    parser.add_argument("--decay", type=int, default=200, help="last steps, over which the rate falls to zero")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--atlases", type=int, default=0, help="how many (face, size, mode) a run draws with")
    parser.add_argument("--frames-first", type=int, default=1500, help="steps with frame labels before CTC alone")
    parser.add_argument("--eval-every", type=int, default=1000)
    parser.add_argument("--save-every", type=int, default=500)
    parser.add_argument(
        "--evaluation", type=int, help="batches (lines), rows (text) or screens (all others) of each evaluation set"
    )
    parser.add_argument("--workers", type=int, default=0, help="processes that draw samples; 0 draws in this one")
    parser.add_argument(
        "--pages", type=Path, help="of lines: crops of real renderings (python -m train.data.page_lines)"
    )
    parser.add_argument(
        "--language", default="", help="of lines: a further language that is read (python -m train.data.languages)"
    )
    parser.add_argument("--carried", type=Path, help="folder of atlases and text, for a machine without fonts")
    parser.add_argument(
        "--tokenizer", type=Path, default=Path("mmgpt/weights/nano/tokenizer.json"), help="of all but lines and textmap"
    )
    parser.add_argument("--loss", choices=("clip", "siglip"), default="clip", help="of task clip")
    parser.add_argument(
        "--preset",
        default="nano",
        help="of text, simulate, align, instruct: a preset of mmgpt.config or a rung of train.ladder",
    )
    parser.add_argument("--turns", type=int, default=8, help="of simulate, align, instruct: questions a screen")
    parser.add_argument(
        "--data", type=Path, default=Path("runs/perceived"), help="of align, instruct: perceived screens"
    )
    parser.add_argument(
        "--harvest", default="auto", help="folder of real messages, auto (the cache's, if gathered) or none"
    )
    parser.add_argument("--init", type=Path, help="start from these exported weights")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    import torch

    from train.data.world import harvested
    from train.trainer import Interrupted, RunConfig, Trainer

    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    try:
        folder = harvested.choose(options.harvest)
        harvested.activate(folder)
        logging.getLogger(__name__).info("harvest: %s", folder or "none")
        task = _make(options.task, options)
    except (ValueError, FileNotFoundError, RuntimeError) as error:  # RuntimeError: no font is installed
        parser.error(str(error))
    init = None
    if options.init:
        from safetensors.torch import load_file

        prefix = {"lines": "recogniser.", "textmap": "textmap.", "clip": "clip."}.get(options.task, "")
        init = {k[len(prefix) :]: v for k, v in load_file(options.init).items() if k.startswith(prefix)}
        if options.task == "lines":
            from train.tasks.lines import grown

            init = grown(init, task.model)
    keys: Callable[[str], Any] = lambda k: getattr(options, k)  # noqa: E731
    fields = (
        "out",
        "steps",
        "warmup",
        "decay",
        "lr",
        "save_every",
        "eval_every",
        "minutes",
        "cpu_minutes",
        "device",
        "seed",
        "workers",
    )
    trainer = Trainer(task, RunConfig(**{k: keys(k) for k in fields}), init)
    try:
        trainer.run()
    except Interrupted as stop:
        logging.getLogger(__name__).warning("%s", stop)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
