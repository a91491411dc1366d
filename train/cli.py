"""`python -m train.cli TASK --out DIR`: trains a task, goes on where it stopped, exports the averaged weights.

On several GPUs: `torchrun --nproc-per-node 8 -m train.cli TASK … --device cuda`; on several nodes the same on each, with
`--nnodes 4 --node-rank N --master-addr HOST --master-port 29500` before `-m` and --out on a disk that all of them see.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

from train import mixing, parted
from train.builders import BUILDERS, initial
from train.schedule import SCHEDULES

TASKS = tuple(BUILDERS)
COMMANDS = {"all": "train.run_all", "scaling": "train.scaling", "merge": "train.merge", "recipes": "train.recipes"}
"""Further words in place of a task: modules whose `main` takes the arguments behind."""
log = logging.getLogger(__name__)


def _factor(text: str) -> tuple[str, float]:
    name, sign, number = text.partition("=")
    try:
        if not (name and sign):
            raise ValueError
        return name, float(number)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=FACTOR, as in tower=0.1") from None


def build_parser() -> argparse.ArgumentParser:
    """The parser of a run, its options in groups."""
    parser = argparse.ArgumentParser(
        prog="mmgpt train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--out", type=Path, required=True, help="run folder; an interrupted run in it goes on")
    parser.add_argument("--init", type=Path, help="start from these exported weights; every tensor must fit")
    parser.add_argument("--seed", type=int, default=0)
    _add_length(parser.add_argument_group("how long"))
    _add_learning(parser.add_argument_group("learning"))
    _add_machine(parser.add_argument_group("the machine"))
    _add_records(parser.add_argument_group("records"))
    _add_data(parser.add_argument_group("data and tasks"))
    mixing.add_arguments(parser.add_argument_group("own data (align, instruct)"))
    parted.add_arguments(parser.add_argument_group("models put together from parts (align, instruct, prefer)"))
    parted.add_preference(parser.add_argument_group("preference (prefer)"))
    return parser


def _add_length(group: Any) -> None:
    group.add_argument("--steps", type=int, default=1000)
    group.add_argument("--minutes", type=float, help="stop after so much time, saved, without the decay")
    group.add_argument("--cpu-minutes", type=float, help="likewise, in processor time of this process")
    group.add_argument("--eval-every", type=int, default=1000)
    group.add_argument("--save-every", type=int, default=500)


def _add_learning(group: Any) -> None:
    group.add_argument("--batch", type=int, default=32, help="samples of a step, of all processes together")
    group.add_argument(
        "--accumulate",
        type=int,
        default=1,
        help="parts that each process's share is worked off in; gives the same result",
    )
    group.add_argument("--lr", type=float, default=1.5e-3)
    group.add_argument(
        "--lr-of", type=_factor, action="append", default=[], metavar="NAME=FACTOR", dest="rates",
        help="multiply the rate of a part (tower=0.1) or of names with * and ?; 0 freezes; may be given several times",
    )  # fmt: skip
    group.add_argument("--schedule", choices=SCHEDULES, default="wsd")
    group.add_argument("--warmup", type=int, default=200)
    group.add_argument("--decay", type=int, default=200, help="of wsd: last steps, over which the rate falls to zero")
    group.add_argument("--weight-decay", type=float, default=0.02)
    group.add_argument("--clip", type=float, default=1.0, help="largest norm of a step's gradient")
    group.add_argument("--ema", type=float, default=0.999, help="what the average keeps a step; 0: no average")


def _add_machine(group: Any) -> None:
    group.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1, mps, or auto")
    group.add_argument("--threads", type=int, default=0)
    group.add_argument("--workers", type=int, default=0, help="processes that draw samples; 0 draws in this one")
    group.add_argument("--ahead", type=int, default=0, help="batches that a thread draws in advance, without workers")
    group.add_argument("--bf16", choices=("auto", "on", "off"), default="auto", help="auto: where the machine has it")
    group.add_argument("--recompute", action="store_true", help="gradient checkpointing: less memory, a third slower")
    group.add_argument("--compile", action="store_true", help="compile the model's layers")
    group.add_argument("--sharding", choices=("ddp", "fsdp"), default="ddp", help="of several processes (torchrun)")


def _add_records(group: Any) -> None:
    group.add_argument("--log-every", type=int, default=25)
    group.add_argument("--tensorboard", action="store_true", help="also for TensorBoard: DIR/tensorboard")
    group.add_argument("--wandb", action="store_true", help="also for W&B; offline without a key (WANDB_MODE decides)")


def _add_data(group: Any) -> None:
    group.add_argument(
        "--evaluation", type=int, help="batches (lines), rows (text) or screens (all others) of each set"
    )
    group.add_argument(
        "--harvest", default="auto", help="folder of real messages, auto (the cache's, if gathered) or none"
    )
    group.add_argument(
        "--tokenizer", type=Path, default=Path("mmgpt/weights/nano/tokenizer.json"), help="of all but lines and textmap"
    )
    group.add_argument(
        "--preset", default="nano", help="of text, simulate, align, instruct: a preset of mmgpt.config or a rung of train.ladder"
    )  # fmt: skip
    group.add_argument("--turns", type=int, default=8, help="of simulate, align, instruct: questions a screen")
    group.add_argument("--loss", choices=("clip", "siglip"), default="clip", help="of clip")
    group.add_argument("--atlases", type=int, default=0, help="of lines: how many (face, size, mode) a run draws with")
    group.add_argument(
        "--frames-first", type=int, default=1500, help="of lines: steps with frame labels before CTC alone"
    )
    group.add_argument(
        "--pages", type=Path, help="of lines: crops of real renderings (python -m train.data.page_lines)"
    )
    group.add_argument("--language", default="", help="of lines: a further language (python -m train.data.languages)")
    group.add_argument("--carried", type=Path, help="of lines: atlases and text, for a machine without fonts")


def run_config(options: argparse.Namespace) -> Any:
    """The run that the options describe."""
    from train.trainer import RunConfig

    values = {f.name: getattr(options, f.name) for f in fields(RunConfig) if hasattr(options, f.name)}
    values["bf16"] = {"auto": None, "on": True, "off": False}[options.bf16]
    values["rates"] = dict(options.rates)
    return RunConfig(**values)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 the run could not go on, 2 usage (nothing was trained), 130 interrupted (saved)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in COMMANDS:
        return int(import_module(COMMANDS[arguments[0]]).main(arguments[1:]))
    parser = build_parser()
    options = parser.parse_args(arguments)
    first = os.environ.get("RANK", "0") == "0"
    logging.basicConfig(
        level=logging.INFO if first else logging.WARNING, format="%(asctime)s %(message)s", stream=sys.stderr
    )
    import random

    import numpy as np
    import torch

    from train.data.world import harvested
    from train.distributed import World
    from train.trainer import Interrupted, Trainer

    if options.threads:
        torch.set_num_threads(options.threads)
    for seed in (torch.manual_seed, random.seed, np.random.seed):
        seed(options.seed)
    try:
        world = World(options.device)
        options.device = str(world.device)
        folder = harvested.choose(options.harvest)
        harvested.activate(folder)
        log.info("harvest: %s", folder or "none")
        task = BUILDERS[options.task](options)
        trainer = Trainer(task, run_config(options), initial(options, task.model), world)
    except (ValueError, FileNotFoundError, RuntimeError) as error:  # RuntimeError: no font, no compiler, no package
        if os.environ.get("MMGPT_DEBUG"):
            raise
        parser.error(str(error))
    try:
        trainer.run()
    except Interrupted as stop:
        log.warning("%s", stop)
        return 130
    except (ValueError, RuntimeError, OSError) as error:
        if os.environ.get("MMGPT_DEBUG"):
            raise
        # What a worker process raised comes with its traceback in front; the message is the last line.
        message = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        print(f"{parser.prog}: stopped at step {trainer.step}: {message}", file=sys.stderr)
        return 1
    finally:
        world.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
