"""Whole recipes as data: every stage's task, data, length, rates, what learns, and the machine. `mmgpt train recipes [NAME]` prints them.

`nano` is what the shipped weights were made with (docs/training_log.md); `llava_1_5_7b` repeats the published settings of LLaVA-1.5 (Liu et
al., 2023); `hub_small` has not been run yet, and says so; `debug` goes through every stage in minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

LLAVA_ALIGN = 558_128  # captions of LLaVA-1.5's first stage
LLAVA_INSTRUCT = 665_298  # conversations of its second


@dataclass(frozen=True)
class Stage:
    """One stage in full. `batch` is of all processes together; `steps` × `batch` samples are seen. `tokens`, `supervised`, `pictures`: of a
    row. `learns` and `frozen` are parts; `start`: the stage whose weights it begins with; `options`: what `train.cli` is told beside."""

    task: str
    data: str
    steps: int
    batch: int
    lr: float
    learns: tuple[str, ...]
    frozen: tuple[str, ...] = ()
    start: str = ""
    schedule: str = "wsd"
    warmup: int = 200
    decay: int = 200
    weight_decay: float = 0.02
    clip: float = 1.0
    ema: float = 0.999
    tokens: int = 256
    supervised: int = 96
    pictures: int = 1
    seed: int = 0
    options: tuple[str, ...] = ()
    hours: float | None = None  # that it took, on the recipe's machine
    reached: str = ""
    note: str = ""

    @property
    def samples(self) -> int:
        """Rows that are seen."""
        return self.steps * self.batch

    def command(self, name: str, start: str | None = None) -> list[str]:
        """The command that runs it, without its program: `python -m train.cli …`; of the extractor `python -m train.tasks.extract …`."""
        if self.task == "extract":
            return ["--out", f"runs/{name}", *self.options]
        told = [
            self.task, "--out", f"runs/{name}", "--steps", str(self.steps), "--batch", str(self.batch), "--lr", f"{self.lr:g}",
            "--schedule", self.schedule, "--warmup", str(self.warmup), "--decay", str(self.decay), "--weight-decay",
            f"{self.weight_decay:g}", "--clip", f"{self.clip:g}", "--ema", f"{self.ema:g}", "--seed", str(self.seed),
        ]  # fmt: skip
        begin = start or (f"runs/{self.start}/model.safetensors" if self.start else "")
        return [*told, *(["--init", begin] if begin else []), *self.options]


@dataclass(frozen=True)
class Recipe:
    """A model and its stages, in order. `preset` names its architecture in `mmgpt.config`."""

    name: str
    preset: str
    tower: str
    decoder: str
    stages: dict[str, Stage]
    hardware: str
    gpus: int
    precision: str
    source: str
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return json.loads(json.dumps(asdict(self)))


_MODEL = ("decoder", "lines", "projector", "pointers", "picture")


def debug() -> Recipe:
    """Every stage in three minutes on two cores; nothing learns much. It is `mmgpt train all --preset debug`, read from its plan."""
    from train.cli import build_parser
    from train.plans import PLANS

    plan = PLANS["debug"]()
    parts: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
        "text": (("decoder",), (), ""), "lines": (("recogniser",), (), ""), "textmap": (("text map",), (), ""),
        "clip": (("tower", "text tower"), (), ""), "simulate": (_MODEL, (), "text"),
        "align": (("projector", "lines"), ("tower", "reader", "decoder"), "simulate"),
        "instruct": (_MODEL, ("tower", "reader"), "align"), "prefer": (_MODEL, ("tower", "reader"), "instruct"),
    }  # fmt: skip
    data = {
        "align": f"{plan.perceived} rendered screens, as the run's own reader and tower perceive them",
        "instruct": f"{plan.perceived} such screens; half of each batch described ones",
        "prefer": "pairs from the model's own wrong answers",
    }
    stages = {}
    for name, (learns, frozen, start) in parts.items():
        told = build_parser().parse_args([name, "--out", "-", *plan.options(name)])
        more = [
            "--preset",
            plan.preset,
            "--bf16",
            told.bf16,
            "--evaluation",
            str(told.evaluation),
            "--turns",
            str(told.turns),
        ]
        if name == "lines":
            more += ["--atlases", str(told.atlases), "--frames-first", str(told.frames_first)]
        stages[name] = Stage(
            name, data.get(name, "the simulated world"), told.steps, told.batch, told.lr, learns, frozen, start, told.schedule, told.warmup,
            told.decay, told.weight_decay, told.clip, told.ema, pictures=int(name != "text"), options=tuple(more),
        )  # fmt: skip
    return Recipe("debug", plan.preset, "nano", "from nothing", stages, "2 CPU cores (x86_64)", 0, "float32", "ours")


def nano() -> Recipe:
    """The shipped weights, as docs/training_log.md has them: interrupted runs with the steps that they did."""
    screens = "600 rendered screens, as the frozen reader and tower perceive them"
    stages = {
        "textmap": Stage(
            "textmap", "rendered screens", 6000, 6, 2e-3, ("text map",), warmup=100, decay=1200, seed=1, hours=1.55,
            reached="held out f1 0.8824",
        ),
        "lines": Stage(
            "lines", "rendered lines", 5000, 32, 2e-3, ("recogniser",), warmup=300, decay=1400, seed=1, hours=1.78,
            reached="held out exact 0.7363",
        ),
        "lines-pages": Stage(
            "lines", "rendered lines, and 12,012 lines of 650 real pages", 1450, 32, 6e-4, ("recogniser",), warmup=50, decay=450, seed=11,
            hours=0.69, start="lines", options=("--frames-first", "0", "--pages", "runs/page_lines", "--harvest", "none"),
            reached="held out exact 0.7383",
        ),
        "extract": Stage(
            "extract", "described screens with a reader's mistakes", 1312, 32, 1.2e-3, ("extractor",), hours=0.53,
            options=("--minutes", "20"), reached="message line 0.970, category 0.677", note="three runs, each from the one before",
        ),
        "extract-world": Stage(
            "extract", "the grown world; a quarter real pages as read", 5000, 32, 1.2e-3, ("extractor",), start="extract", hours=0.57,
            options=("--minutes", "34", "--schedule", "34", "--rate", "1.2e-3", "--seed", "21", "--pages", "runs/read_pages"),
            reached="message line 0.971, category 0.835",
        ),
        "clip": Stage(
            "clip", "small rendered screens with descriptions", 170, 64, 8e-4, ("tower", "text tower"), warmup=10, decay=60, seed=1,
            hours=0.26, reached="held out r1 0.0234", note="far too few pictures: little above chance",
        ),
        "simulate": Stage(
            "simulate", "described screens", 1082, 32, 2e-3, _MODEL, warmup=100, seed=1, hours=1.02, reached="held out questions 0.5612",
            note="of 20,000 asked for; stopped without a decay",
        ),
        "align": Stage(
            "align", screens, 45, 32, 2e-3, ("projector", "lines"), ("tower", "reader", "decoder"), "simulate", warmup=5, decay=15, seed=2,
            hours=0.02, options=("--data", "runs/perceived"), reached="rendered 0.7000",
        ),
        "instruct": Stage(
            "instruct", f"{screens}; half of each batch described ones", 620, 32, 1.5e-3, _MODEL, ("tower", "reader"), "align", warmup=20,
            decay=260, seed=5, hours=0.56, options=("--data", "runs/perceived"), reached="rendered 0.7851",
        ),
    }  # fmt: skip
    return Recipe(
        "nano",
        "nano",
        "nano",
        "from nothing",
        stages,
        "2 CPU cores (x86_64), shared with other work",
        0,
        "float32",
        "docs/training_log.md",
    )


def hub_small() -> Recipe:
    """SigLIP B/16 in front of SmolLM2-135M by prefix, on rendered screens: one GPU, an evening. Not run yet: settings, no results."""
    parts = (
        "--tower",
        "open_clip:ViT-B-16-SigLIP/webli",
        "--decoder",
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "--preset",
        "hub_small",
    )
    shared: dict[str, Any] = {
        "schedule": "cosine",
        "decay": 0,
        "weight_decay": 0.0,
        "ema": 0.0,
        "tokens": 512,
        "supervised": 160,
    }
    screens = "20,000 rendered screens (python -m train.data.perceived --tower open_clip:ViT-B-16-SigLIP/webli)"
    stages = {
        "align": Stage(
            "align", f"captions of {screens}", 1000, 64, 1e-3, ("projector",), ("tower", "decoder"), warmup=30, options=parts, **shared
        ),
        "instruct": Stage(
            "instruct", f"conversations about {screens}", 3000, 64, 1e-4, ("projector", "decoder"), ("tower",), "align", warmup=90,
            options=(*parts, "--recompute"), **shared,
        ),
        "prefer": Stage(
            "prefer", "pairs from the model's own wrong answers", 500, 32, 1e-5, ("adapters",), ("tower", "projector", "decoder"),
            "instruct", warmup=20, options=(*parts, "--lora", "r=16,alpha=32,targets=q_proj+v_proj", "--beta", "0.1"), **shared,
        ),
    }  # fmt: skip
    return Recipe(
        "hub_small", "hub_small", "open_clip:ViT-B-16-SigLIP/webli", "HuggingFaceTB/SmolLM2-135M-Instruct", stages, "RTX 4090", 1, "bf16",
        "ours", "not run yet",
    )  # fmt: skip


def llava_1_5_7b() -> Recipe:
    """LLaVA-1.5-7B's two stages as they were published: an epoch each, on eight A100."""
    parts = (
        "--tower",
        "open_clip:ViT-L-14-336/openai",
        "--decoder",
        "lmsys/vicuna-7b-v1.5",
        "--preset",
        "llava_1_5_7b",
        "--recompute",
    )
    shared: dict[str, Any] = {"schedule": "cosine", "decay": 0, "weight_decay": 0.0, "ema": 0.0}
    stages = {
        "align": Stage(
            "align", f"LLaVA-Pretrain: {LLAVA_ALIGN:,} pictures with captions, one epoch", -(-LLAVA_ALIGN // 256), 256, 1e-3,
            ("projector",), ("tower", "decoder"), warmup=66, tokens=60, supervised=24, hours=3.5, options=parts, **shared,
        ),
        "instruct": Stage(
            "instruct", f"LLaVA-Instruct mixture: {LLAVA_INSTRUCT:,} conversations, one epoch", -(-LLAVA_INSTRUCT // 128), 128, 2e-5,
            ("projector", "decoder"), ("tower",), "align", warmup=156, tokens=360, supervised=170, hours=10.0,
            options=(*parts, "--sharding", "fsdp"), **shared,
        ),
    }  # fmt: skip
    return Recipe(
        "llava_1_5_7b", "llava_1_5_7b", "open_clip:ViT-L-14-336/openai", "lmsys/vicuna-7b-v1.5", stages, "A100", 8, "bf16",
        "Liu et al., Improved Baselines with Visual Instruction Tuning, 2023, and the authors' published scripts",
        "warm-up is 3 % of the steps; rows are at most 2048 tokens, `tokens` is about their mean; one 336-pixel picture a row",
    )  # fmt: skip


RECIPES: dict[str, Callable[[], Recipe]] = {
    "debug": debug,
    "nano": nano,
    "hub_small": hub_small,
    "llava_1_5_7b": llava_1_5_7b,
}


def text_of(recipe: Recipe) -> str:
    """A recipe in words."""
    rows = [
        f"{recipe.name}: {recipe.tower} + {recipe.decoder} (architecture {recipe.preset})",
        f"  on {recipe.gpus or ''} {recipe.hardware}, {recipe.precision}; {recipe.source}".replace("on  ", "on "),
    ]
    if recipe.note:
        rows.append(f"  {recipe.note}")
    for name, stage in recipe.stages.items():
        program = "train.tasks.extract" if stage.task == "extract" else "train.cli"
        rows += [
            f"  {name}: {stage.data}",
            f"    {stage.steps:,} steps of {stage.batch} ({stage.samples:,} samples), rate {stage.lr:g}, {stage.schedule}, "
            f"warm-up {stage.warmup}, learns {', '.join(stage.learns)}"
            + (f"; frozen {', '.join(stage.frozen)}" if stage.frozen else ""),
        ]
        if stage.hours is not None or stage.reached:
            took = "" if stage.hours is None else f"{stage.hours:g} hours"
            rows.append("    " + "; ".join(filter(None, (took, stage.reached, stage.note))))
        rows.append(f"    python -m {program} {' '.join(stage.command(name))}")
    return "\n".join(rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints recipes; exit code 0, or 2 for an unknown name."""
    parser = argparse.ArgumentParser(
        prog="mmgpt train recipes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", nargs="?", choices=tuple(RECIPES), help="one recipe (default: all)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    options = parser.parse_args(argv)
    chosen = [RECIPES[options.name]()] if options.name else [make() for make in RECIPES.values()]
    if options.json:
        values = [recipe.to_dict() for recipe in chosen]
        text = json.dumps(values[0] if options.name else values, indent=1)
    else:
        text = "\n\n".join(text_of(recipe) for recipe in chosen)
    sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
