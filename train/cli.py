"""`python -m train.cli TASK --out DIR`: trains a task, goes on where it stopped, exports the EMA weights."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

TASKS = ("lines", "textmap")


def _make(name: str, options: argparse.Namespace) -> Any:
    common: dict[str, Any] = {"seed": options.seed, "batch": options.batch, "device": options.device}
    if name == "lines":
        from train.tasks.lines import LinesTask

        if options.atlases:
            common["atlases"] = options.atlases
        return LinesTask(
            **common, frames_first=options.frames_first, evaluation=options.evaluation or 16, carried=options.carried,
            workers=options.workers,
        )  # fmt: skip
    from train.tasks.textmap import TextMapTask

    return TextMapTask(**common, evaluation=options.evaluation or 40)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 2 usage, 130 interrupted (saved)."""
    parser = argparse.ArgumentParser(prog="mmgpt train", description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--out", type=Path, required=True, help="run folder; an interrupted run in it goes on")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--minutes", type=float, help="stop after so much time, saved, without the decay")
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
    parser.add_argument("--evaluation", type=int, help="batches (lines) or screens (textmap) of each evaluation set")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw samples; 0 draws in this one")
    parser.add_argument("--carried", type=Path, help="folder of atlases and text, for a machine without fonts")
    parser.add_argument("--init", type=Path, help="start from these exported weights")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    import torch

    from train.trainer import Interrupted, RunConfig, Trainer

    if options.threads:
        torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    task = _make(options.task, options)
    init = None
    if options.init:
        from safetensors.torch import load_file

        prefix = {"lines": "recogniser.", "textmap": "textmap."}[options.task]
        init = {k[len(prefix) :]: v for k, v in load_file(options.init).items() if k.startswith(prefix)}
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
