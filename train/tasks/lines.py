"""Task `lines`: the recogniser learns to read line crops. Frame labels from exact glyph centres first, CTC then."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from train.checkpoint import save_atomic
from train.data.languages.language import Language
from train.data.page_lines import PageLines
from train.data.render.atlas import Atlas, choose_atlases
from train.data.render.lines import LineBatch, Plan, draw_batch, plan_line
from train.data.text import sample_text, use_corpus
from train.evaluation.text import edit_distance
from vision.reader.charset import BASE, Charset
from vision.reader.crops import STRIDE
from vision.reader.nano import CHARACTERS_FILE
from vision.reader.recogniser import Recogniser, RecogniserConfig, decode

POOL = 8  # batches that are drawn together and sorted by width
MAX_WIDTH = 2600  # pixels of a crop at height 32


class LineSource:
    """Batches of line crops. Atlases come from a pool, so that glyphs are rasterised once and drawn many times.

    `carried` is a folder of atlases and text that `train.data.render.carry` wrote, for machines without fonts. With a
    `language` its own text stands in its own faces beside Latin lines in all the others.
    """

    def __init__(
        self, split: str, seed: int, batch: int, atlases: int = 2500, device: str = "cpu", carried: Path | None = None,
        language: Language | None = None,
    ) -> None:  # fmt: skip
        self.split, self.seed, self.batch_size, self.device = split, seed, batch, device
        self.language, self.charset = language, language.charset if language is not None else BASE
        self.own_atlases: list[Atlas] = []
        self.text: Callable[[random.Random], str] = sample_text
        if language is not None:
            if carried is not None:
                raise ValueError("carried atlases have no further language: draw on a machine with its fonts")
            from train.data.languages.faces import choose_atlases as choose_own
            from train.data.languages.text import LanguageText

            self.own_atlases = choose_own(language, split, max(atlases // 10, 8), seed)
            self.text = LanguageText(language).sample
        if carried is not None:
            from train.data.render import carry

            use_corpus(carry.read_text(carried / "lines.txt.xz"))
            self.atlases: list[Atlas] = list(carry.read(carried / f"{split}.atlas"))
        else:
            self.atlases = choose_atlases(split, atlases, seed)
        self._drawn: tuple[int, list[list[Plan]]] = (-1, [])

    def _pool(self, number: int) -> list[list[Plan]]:
        if self._drawn[0] == number:
            return self._drawn[1]
        rng = random.Random(f"lines {self.split} {self.seed} {number}")
        plans: list[Plan] = []
        while len(plans) < POOL * self.batch_size:
            plan = self._plan(rng)
            if plan is not None and plan.frames <= MAX_WIDTH:
                plans.append(plan)
        plans.sort(key=lambda p: p.frames)
        size = self.batch_size
        batches = [plans[i * size : (i + 1) * size] for i in range(POOL)]
        rng.shuffle(batches)
        self._drawn = (number, batches)
        return batches

    def _plan(self, rng: random.Random) -> Plan | None:
        if self.language is None:
            return plan_line(rng, rng.choice(self.atlases), sample_text(rng))
        text = self.text(rng)
        return plan_line(rng, rng.choice(self.own_atlases if self.language.speaks(text) else self.atlases), text)

    def batch(self, step: int, clean: bool = False) -> LineBatch:
        """The batch of `step`, the same whenever it is asked for."""
        plans = self._pool(step // POOL)[step % POOL]
        rng = random.Random(f"draw {self.split} {self.seed} {step}")
        return draw_batch(plans, rng, lambda: self.text(rng), self.device, clean, self.charset)


class LinesTask:
    """Trains `Recogniser`. Reports CER and exact lines on training faces and on faces never trained on."""

    name = "lines"

    def __init__(self, seed: int = 0, batch: int = 32, config: RecogniserConfig | None = None, device: str = "cpu",
                 atlases: int = 2500, frames_first: int = 1500, evaluation: int = 16, carried: Path | None = None,
                 workers: int = 0, pages: Path | None = None, page_share: float = 0.4,
                 language: Language | None = None) -> None:  # fmt: skip
        self.charset = language.charset if language is not None else BASE
        if language is not None:
            config = dataclasses.replace(config or RecogniserConfig(), classes=self.charset.classes)
        self.model = Recogniser(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        # Worker processes draw on their own cores; without them the batch is drawn where the model is.
        self.source = LineSource("train", seed, batch, atlases, "cpu" if workers else device, carried, language)
        # Crops of real renderings have letters but no frame labels: they come in once CTC has begun.
        self.pages = None if pages is None else PageLines(pages, seed, batch)
        self.page_share, self.seed = page_share, seed
        self.frames_first = frames_first
        self.device = device
        self._sets = {
            "train": LineSource("train", 10_001, 32, min(atlases, 300), device, carried, language),
            "held_out": LineSource("held_out", 10_002, 32, min(atlases, 300), device, carried, language),
        }
        self._batches = evaluation

    def batch(self, step: int) -> LineBatch:
        lot = random.Random(f"from {self.seed} {step}").random()
        if self.pages is not None and step >= self.frames_first and lot < self.page_share:
            return self.pages.batch(step)
        return self.source.batch(step)

    def loss(self, batch: LineBatch, step: int, total: int) -> tuple[Tensor, int]:
        batch = batch.to(self.device)
        images = batch.images.contiguous(memory_format=torch.channels_last)
        logits = self.model(images).float()  # [B, T, V]
        count = len(batch.texts)
        frames = batch.widths // STRIDE
        ctc_share = min(max((step - 0.5 * self.frames_first) / max(0.5 * self.frames_first, 1), 0.0), 1.0)
        loss = logits.new_zeros(())
        if ctc_share < 1:
            inside = torch.arange(logits.shape[1], device=logits.device)[None] < frames[:, None]
            loss = loss + (1 - ctc_share) * F.cross_entropy(logits[inside], batch.labels[inside])
        if ctc_share > 0:
            ctc = F.ctc_loss(
                logits.log_softmax(-1).transpose(0, 1), batch.targets, frames, batch.lengths,
                reduction="sum", zero_infinity=True,
            )  # fmt: skip
            loss = loss + ctc_share * ctc / batch.lengths.sum()
        return loss, count

    @torch.inference_mode()
    def evaluate(self, model: nn.Module) -> dict[str, float]:
        scores: dict[str, float] = {}
        for name, source in self._sets.items():
            errors = characters = exact = lines = 0
            for step in range(self._batches):
                batch = source.batch(step)
                read = decode(model(batch.images), batch.widths // STRIDE, self.charset.characters)
                for got, want in zip(read, batch.texts, strict=True):
                    errors += edit_distance(got.text, want)
                    characters += len(want)
                    exact += got.text == want
                    lines += 1
            scores[f"{name}_cer"] = errors / characters
            scores[f"{name}_exact"] = exact / lines
        return scores

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        tensors: dict[str, Any] = {f"recogniser.{k}": v for k, v in model.state_dict().items()}
        if self.charset.language:
            metadata = {**metadata, **language_of(self.charset)}
            (path.parent / CHARACTERS_FILE).write_text(self.charset.more + "\n", "utf-8")
        save_atomic(tensors, path, metadata)


def language_of(charset: Charset) -> dict[str, str]:
    """What exported weights say of the language that they read."""
    return {"language": charset.language, "classes": str(charset.classes), "characters_sha256": charset.digest}


def grown(tensors: dict[str, Tensor], model: nn.Module) -> dict[str, Tensor]:
    """Weights of a recogniser with fewer characters for `model`: what both write is known, the rest begins as in `model`.

    The characters of a language stand behind the common ones, so the first rows of the head are the same classes. Raises
    ValueError where the weights have more classes than the model.
    """
    made = dict(tensors)
    for name, new in model.state_dict().items():
        old = tensors.get(name)
        if name.startswith("head.") and old is not None and old.shape != new.shape:
            if len(old) > len(new):
                raise ValueError(f"the weights to start from have {len(old)} classes, this recogniser {len(new)}")
            made[name] = torch.cat([old.to(new.dtype), new[len(old) :]])
    return made
