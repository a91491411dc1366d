"""Tasks `align` and `instruct`: the model learns from rendered screens as its frozen reader and tower perceive them.

`align` trains the projector alone (LLaVA's first stage): captions, with tower, reader and decoder frozen. `instruct` trains projector
and decoder on conversations, a share of them on simulated screens, so that what those taught is not forgotten.
Both lose on the assistant's tokens alone.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from torch import nn

from mmgpt.config import ModelConfig
from mmgpt.generate import Engine
from mmgpt.model import MMGPT
from mmgpt.perception import Perceived, Perceiver
from train.data.conversation.sample import ask
from train.data.perceived import PerceivedScreen, read
from train.data.perception import Row
from train.evaluation.questions import judge
from train.tasks.simulate import Asked, SimulateTask, ask_all

PROJECTOR = ("projector.", "projector_norm.", "lines.")
CAPTIONS = ("caption", "caption_short", "caption_detailed")
KEPT_FOR_MEASURING = 40  # screens at the end of the folder that are never trained on


class InstructTask(SimulateTask):
    """Rendered screens of `folder`, and simulated ones as a share `simulated` of the batch."""

    name = "instruct"

    def __init__(
        self, config: ModelConfig, tokenizer: Tokenizer, folder: Path, *, simulated: float = 0.5,
        kept: int | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(config, tokenizer, **options)
        every = list(read(folder))
        if kept is None:  # no more than are measured, so that a small folder does
            kept = min(KEPT_FOR_MEASURING, self.evaluation)
        if len(every) <= 2 * kept:
            raise ValueError(f"{folder} has {len(every)} screens; more than {2 * kept} are needed")
        self.screens, self.kept = every[:-kept], every[-kept:]
        self.simulated = simulated

    def _row(self, index: int) -> Row:
        rng = random.Random(f"{self.name} {self.seed} {index}")
        if rng.random() < self.simulated:
            return super()._row(index)
        entry = rng.choice(self.screens)
        turns = self.turns_about(entry, rng)
        alone = not any(turn.follows for turn in turns) and rng.random() < 0.6
        shown = self.shown(entry)
        tokens = 0
        if shown.features is not None:
            seen: Any = self.model.get_submodule("projector")
            tokens = seen.tokens(shown.features.grid or (1, shown.features.features.shape[1]))
        row = self.maker.row(entry.screen, turns, shown.pieces, shown.tensors, apart=alone, tokens=tokens)
        row.features = shown.features
        return row

    def shown(self, entry: PerceivedScreen) -> Perceived:
        """What this model can see of a screen: its lines, the tower's features, or both."""
        lines, tower = self.config.lines is not None, self.config.tower is not None
        return Perceived(
            [], _page(entry), entry.pieces if lines else [], entry.tensors if lines else None,
            entry.features if tower else None,
        )  # fmt: skip

    def turns_about(self, entry: PerceivedScreen, rng: random.Random) -> list[Any]:
        """What is asked about a screen in training."""
        return ask(entry.screen, rng, "train", self.turns)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """As `simulate`, and on rendered screens that were kept apart."""
        assert isinstance(model, MMGPT)
        scores = super().evaluate(model)
        rng = random.Random(5)
        asked = [
            Asked(
                self.shown(entry),
                entry.screen,
                [t for t in ask(entry.screen, rng, "train", self.turns) if not t.follows],
            )
            for entry in self.kept[: self.evaluation]
        ]
        answered = ask_all(Engine(model, self.tokenizer, Perceiver(None, None, None)), asked)
        right = [judge(turn, answer.text) for turn, answer in answered]
        return {**scores, "rendered": sum(right) / len(right)}


class AlignTask(InstructTask):
    """Captions of rendered screens; nothing but the projector learns."""

    name = "align"

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer, folder: Path, **options: Any) -> None:
        super().__init__(config, tokenizer, folder, **{**options, "simulated": 0.0})
        for name, parameter in self.model.named_parameters():
            parameter.requires_grad_(name.startswith(PROJECTOR))

    def turns_about(self, entry: PerceivedScreen, rng: random.Random) -> list[Any]:
        """Captions where there are some among what can be asked, else whatever there is."""
        turns = ask(entry.screen, rng, "train", 3 * self.turns)
        captions = [t for t in turns if t.family in CAPTIONS]
        return (captions or turns)[: max(1, self.turns // 2)]


def _page(entry: PerceivedScreen) -> Any:
    import numpy as np

    from mmgpt.extractor.page import Page

    lines = entry.screen.lines
    boxes = np.array([line.box for line in lines], dtype=np.float32).reshape(-1, 4)
    count = len(lines)
    return Page(
        tuple(line.read for line in lines), boxes, np.ones(count, np.float32), np.zeros((count, 8), np.float32),
        np.arange(count), (entry.screen.width, entry.screen.height), (1.0, 1.0, 1.0),
    )  # fmt: skip
