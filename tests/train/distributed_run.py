"""Run by `torchrun` (see test_distributed.py): trains small models in several processes and saves what came out, by name."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmgpt.config import debug
from mmgpt.model import MMGPT
from projector.lines import PLACE, Pieces
from train.data.perception import IGNORED, Batch
from train.distributed import World
from train.tasks.simulate import answer_loss
from train.trainer import Interrupted, RunConfig, Trainer

STEPS = 4
PLANS: dict[str, dict[str, Any]] = {"ddp": {}, "fsdp": {"sharding": "fsdp"}, "ddp in two": {"accumulate": 2}}


class Answers:
    """A debug model on random conversations: rows differ in how much of them is supervised, some show no picture."""

    name = "answers"

    def __init__(self) -> None:
        torch.manual_seed(5)
        self.config = debug()
        self.model: nn.Module = MMGPT(self.config)
        self.saved: dict[str, Tensor] = {}

    def batch(self, step: int) -> Batch:
        generator = torch.Generator().manual_seed(step)
        B, T, P = 8, 24, 9
        ids = torch.randint(6, 500, (B, T), generator=generator)
        labels = ids.clone()
        for row in range(B):
            labels[row, : 2 + 2 * row] = IGNORED
        labels[6 + step % 2] = IGNORED  # a part of one row may have nothing to learn
        mask = torch.ones(T, T, dtype=torch.bool).tril().expand(B, 1, T, T)
        owner = [0, 1, 2, 3, 6] if step % 2 else [0, 1, 2, 3]  # the second half may be without any picture
        n, lines = len(owner), self.config.lines
        assert lines is not None
        there = torch.ones(n, P, dtype=torch.bool)
        pieces = Pieces(
            characters=torch.randint(1, 300, (n, P, 5), generator=generator), alternatives=torch.zeros(n, P, 5, dtype=torch.long),
            certainty=torch.rand(n, P, 5, generator=generator), place=torch.rand(n, P, PLACE, generator=generator),
            line=torch.zeros(n, P, dtype=torch.long), mask=there,
            geometry=torch.rand(n, 1, lines.geometry, generator=generator), line_mask=torch.ones(n, 1, dtype=torch.bool),
            tokens=torch.randint(6, 500, (n, P, 2), generator=generator),
        )  # fmt: skip
        return Batch(ids, labels, mask, torch.arange(T).expand(B, T), owner, pieces, None, B)

    def loss(self, batch: Batch, step: int, total: int) -> tuple[Tensor, int]:
        return answer_loss(self.model, batch), len(batch.ids)  # type: ignore[arg-type]

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        with torch.no_grad():
            return {"loss": float(answer_loss(model, self.batch(1000)))}  # type: ignore[arg-type]

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        from train.checkpoint import save_atomic

        save_atomic(dict(model.state_dict()), path, metadata)


def settings(out: Path, **more: Any) -> RunConfig:
    options: dict[str, Any] = {"steps": STEPS, "warmup": 2, "decay": 2, "lr": 1e-3, "save_every": 3, "log_every": 2}
    return RunConfig(out=out, bf16=False, **{**options, **more})


class Stopping(Answers):
    """The second process gets SIGTERM while it draws a batch."""

    def batch(self, step: int) -> Batch:
        if step == 2 and os.environ["RANK"] == "1":
            os.kill(os.getpid(), signal.SIGTERM)
        return super().batch(step)


def main(out: Path, nodes: bool = False) -> None:
    """Trains each plan into a folder of its own under `out`; `nodes`: one run by a process on each of two nodes."""
    world = World("cpu")
    if nodes:
        assert os.environ["LOCAL_WORLD_SIZE"] == "1" and world.size == 2, "a process a node"
        Trainer(Answers(), settings(out / "two nodes", sharding="fsdp"), world=world).run()
        (out / f"node of rank {world.rank}").write_text(os.environ["GROUP_RANK"])
        world.close()
        return
    for name, more in PLANS.items():
        Trainer(Answers(), settings(out / name, **more), world=world).run()
    # A run that one process began goes on in these.
    resumed = Trainer(Answers(), settings(out / "begun by one", sharding="fsdp"), world=world)
    assert resumed.step == 2, resumed.step
    resumed.run()
    stopping = Trainer(Stopping(), settings(out / "stopped", steps=10**6), world=world)
    try:
        stopping.run()
    except Interrupted as end:
        (out / "stopped" / f"rank {world.rank}").write_text(str(end))
    world.close()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), *map(bool, sys.argv[2:]))
