"""Run by test_resume.py: trains the same task uninterrupted, and killed without warning again and again until it is done.

Each run is a forked process of its own, so that torch is loaded once. Three kills: at a random step, at a random moment, and between the
writing of a checkpoint and its renaming.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from tests.train.small_tasks import Regression, config
from train import checkpoint
from train.trainer import Trainer

STEPS, EVERY = 60, 4


def train(out: Path, kill_at: int = -1, kill_in_save: bool = False) -> None:
    """A run, or as much of it as it lives to see."""
    torch.set_num_threads(1)
    random.seed(1)  # a fork seeds Python's generator anew
    np.random.seed(2)

    class Doomed(Regression):
        def batch(self, step: int) -> torch.Tensor:
            if step == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().batch(step)

    if kill_in_save:
        rename = os.replace

        def replace(scratch: Path, path: Path) -> None:
            if path.name.startswith("step-"):
                os.kill(os.getpid(), signal.SIGKILL)
            rename(scratch, path)

        checkpoint.os.replace = replace  # type: ignore[assignment]
    trainer = Trainer(Doomed(noisy=True), config(out, STEPS, save_every=EVERY, log_every=5))
    (out / "from").open("a").write(f"{trainer.step}\n")
    trainer.run()


def forked(work: Callable[[], None], kill_after: float | None = None) -> int:
    """The status of a process that does `work`; killed after so many seconds where that is asked for."""
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def main(folder: Path) -> None:
    """Trains into `whole` and `killed` under `folder`."""
    lot = random.Random()
    whole, killed = folder / "whole", folder / "killed"
    for out in (whole, killed):
        out.mkdir(parents=True)
    assert forked(lambda: train(whole)) == 0
    at = lot.randrange(EVERY + 1, STEPS - 12)
    print("killed at step", at)
    assert forked(lambda: train(killed, kill_at=at)) == signal.SIGKILL
    assert forked(lambda: train(killed, kill_in_save=True)) == signal.SIGKILL
    assert list((killed / "checkpoints").glob(".*.tmp")), (
        f"it was not killed while it saved: {os.listdir(killed / 'checkpoints')}"
    )
    moment = lot.uniform(0.0, 0.3)
    print("killed after", moment)
    forked(lambda: train(killed), kill_after=moment)
    assert forked(lambda: train(killed)) == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
