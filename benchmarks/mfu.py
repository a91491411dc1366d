"""The share of a GPU's arithmetic that training reaches, by shape: `python -m benchmarks.train --device cuda --mfu hub_small,1b`.

The decoder alone learns full rows of random text in bfloat16 by our trainer, layers compiled. Without a GPU the shapes are built without
memory and their numbers counted, which shows that they fit together and says nothing about speed.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from mmgpt.config import DecoderConfig, ModelConfig
from mmgpt.model import MMGPT
from train.costs import Shape, kept, meta_model, work
from train.data.perception import Batch
from train.ladder import architecture
from train.meter import Counter
from train.stages import last_row
from train.tasks.text import text_loss
from train.trainer import RunConfig, Trainer

STEPS = 24


@dataclass(frozen=True)
class Load:
    """A shape and how it is fed: rows of `length` tokens, as many as fill a GPU of 80 GB without recomputing."""

    config: ModelConfig
    rows: int
    length: int


@dataclass
class Reached:
    """What was measured, or counted where `measured` is False. Speeds are 0 where nothing ran."""

    parameters: int
    tokens: int  # of a step
    flops: float  # that a step needs
    kept_gb: float  # what learning keeps of a step, weights and states not counted
    measured: bool
    tokens_s: float = 0.0
    mfu: float = 0.0
    memory_gb: float = 0.0


def one_billion() -> ModelConfig:
    """1.07 · 10⁹ parameters: the proportions of Llama 3.2 1B with a vocabulary of 49,152."""
    decoder = DecoderConfig(
        vocab_size=49_152, width=2048, layers=16, heads=32, kv_heads=8, head_dim=64, feed_forward=8192, rope_theta=500_000.0,
        max_positions=8192,
    )  # fmt: skip
    return ModelConfig(name="1b", decoder=decoder, tower=None, lines=None, fusion="prefix", copy=False)


def load_of(name: str) -> Load:
    """A shape by name. Raises ValueError for an unknown one."""
    if name == "1b":
        return Load(one_billion(), 8, 2048)
    if name not in ("debug", "nano", "hub_small"):
        raise ValueError(f"no shape {name!r}; there are hub_small, 1b, nano and debug")
    whole = architecture(name)
    decoder = replace(whole.decoder, layers=len(whole.decoder.self_attention_layers), cross_attention_layers=())
    config = replace(whole, decoder=decoder, tower=None, lines=None, copy=False, fusion="prefix")
    return Load(config, {"debug": 2, "nano": 64}.get(name, 16), {"debug": 64}.get(name, 2048))


class RandomText:
    """Full rows of random ids: nothing is padding, and nothing is drawn while a step waits."""

    name = "random text"

    def __init__(self, load: Load) -> None:
        torch.manual_seed(0)
        self.load = load
        self.model: nn.Module = MMGPT(load.config)
        ids = torch.randint(8, load.config.decoder.vocab_size, (load.rows, load.length))
        places = torch.arange(load.length).expand_as(ids)
        mask = torch.ones(load.length, load.length, dtype=torch.bool).tril().expand(load.rows, 1, -1, -1)
        self._batch = Batch(ids, ids, mask, places, [], None, None, load.rows)

    def batch(self, step: int) -> Batch:
        """Always the same."""
        return self._batch

    def loss(self, batch: Batch, step: int, total: int) -> tuple[Tensor, int]:
        """Of every next token."""
        return text_loss(self.model, batch), len(batch.ids)  # type: ignore[arg-type]

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Nothing is measured here."""
        return {}

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        """Nothing is kept."""


def counted(load: Load) -> Reached:
    """The shape without memory: parameters, arithmetic of a step (learning is three times the forward pass), and what it keeps."""
    shape = Shape(load.length, load.length, lines=0, pieces=0)
    model = meta_model(load.config)
    flops = 3.0 * load.rows * work(model, None, shape).text
    size = sum(p.numel() for p in model.parameters())
    return Reached(
        size, load.rows * load.length, flops, kept(load.config, shape, load.rows, half=True).total() / 1e9, False
    )


def measured(load: Load, device: str) -> Reached:
    """The shape as it learns on a device; the first half of the steps is not counted."""
    found = counted(load)
    task = RandomText(load)
    bf16 = device.startswith("cuda")
    with tempfile.TemporaryDirectory() as folder:
        settings = RunConfig(
            out=Path(folder), steps=STEPS, warmup=1, decay=0, lr=1e-4, ema=0.0, save_every=10**9, eval_every=10**9, log_every=STEPS // 2,
            device=device, bf16=bf16, compile=bf16,
        )  # fmt: skip
        trainer = Trainer(task, settings)
        flops = Counter(task)(task.batch(0)).flops
        trainer._save = lambda: None  # type: ignore[method-assign]  # gigabytes that nobody wants
        trainer.run()
        row = last_row(Path(folder) / "loss.csv")
    return replace(
        found, flops=flops, measured=True, tokens_s=row["tokens_s"], mfu=row["mfu"], memory_gb=row["memory_gb"]
    )


def run(names: list[str], device: str, out: Path | None) -> int:
    """Prints a row a shape; on a CPU large ones are counted only. Raises ValueError for an unknown shape. Returns exit code 0."""
    found = {}
    for name in names:
        load = load_of(name)
        found[name] = measured(load, device) if device.startswith("cuda") or name == "debug" else counted(load)
    print(
        f"{'':12}{'parameters':>15}{'tokens a step':>15}{'FLOPs a step':>14}{'kept, GB':>10}{'tokens/s':>12}{'MFU':>8}{'memory, GB':>12}"
    )
    for name, r in found.items():
        speed = f"{r.tokens_s:12,.0f}{r.mfu:8.1%}{r.memory_gb:12.1f}" if r.measured else "   not run: --device cuda"
        print(f"{name:12}{r.parameters:15,}{r.tokens:15,}{r.flops:14.2e}{r.kept_gb:10.1f}{speed}")
    if any(not r.measured for r in found.values()):
        print("shapes that were not run were built without memory and counted", file=sys.stderr)
    if out:
        out.write_text(json.dumps({name: asdict(r) for name, r in found.items()}, indent=1) + "\n", "utf-8")
    return 0
