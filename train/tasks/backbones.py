"""Tasks `align` and `instruct` for models put together from parts (`train.hub`), with a tower that learns or not, whole or by adapters."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from mmgpt.generate import Engine
from mmgpt.perception import Perceived, Perceiver
from projector.features import Features
from train import parts
from train.adapters import Lora, adapt
from train.checkpoint import save_atomic
from train.data.conversation.sample import ask
from train.data.perceived import PerceivedScreen
from train.data.perception import Batch, Row, collate
from train.evaluation.questions import judge
from train.hub import Assembled, HubModel, Spec, digest, freeze, perceived_by
from train.tasks.instruct import AlignTask, InstructTask
from train.tasks.simulate import Asked, answer_loss, ask_all
from train.weights import load_strict
from vision.clip import Tower
from vision.image import load_image
from vision.preprocess import LONGEST, whole_picture
from vision.tiles import cut_tiles, plan_tiles

RECORD = "backbone.json"


@dataclass
class PixelRow(Row):
    """A row whose picture a learning tower looks at: pixels as `pixels_of` makes them."""

    pixels: Tensor | None = None
    size: Tensor | None = None


@dataclass
class PixelBatch(Batch):
    """Rows with the pixels of their pictures, one a row that shows one."""

    pixels: Tensor | None = None
    sizes: Tensor | None = None

    def part(self, index: int, count: int) -> PixelBatch:
        """Rows of a part, with their pictures."""
        first, last = parts.bounds(len(self.ids), index, count)
        shown = [i for i, row in enumerate(self.owner) if first <= row < last]
        rest = parts._conversations(self, index, count)
        if self.pixels is None or self.sizes is None:
            return rest
        return replace(rest, pixels=self.pixels[shown], sizes=self.sizes[shown])


def begin(assembled: Assembled, init: Path) -> None:
    """Starts from exported weights. They may be of a run whose tower stood outside: then it stays as it is.

    Raises FileNotFoundError where there are none, ValueError where they do not fit.
    """
    if not init.is_file():
        raise FileNotFoundError(f"{init} is missing: --init names a .safetensors file")
    given, model = load_file(init), assembled.model
    if not any(name.startswith("tower.") for name in given):
        given |= {name: value for name, value in model.state_dict().items() if name.startswith("tower.")}
    load_strict(model, given, str(init))
    model.initialised = True


def adapted(
    assembled: Assembled, spec: Spec, lora: Lora | None, init: Path | None, slim: bool = True
) -> dict[str, Any]:
    """Puts adapters on the model where they are asked for; returns what the run's weights belong to."""
    model, base = assembled.model, ""
    if lora is not None:
        known = (
            bool(assembled.base) or init is not None
        )  # what is below was drawn at random otherwise, and is nowhere else
        base = digest(model.decoder, assembled.new) if known else ""
        adapt(model, lora, apart=assembled.new, slim=slim and known)
    return {
        "spec": spec.to_dict(), "model": model.config.to_dict(), "new": list(assembled.new), "decoder_sha256": base,
        "lora": None if lora is None else lora.to_dict(), "init": None if init is None else str(init.resolve()),
    }  # fmt: skip


def pixels_of(tower: Tower, image: Any) -> tuple[Tensor, Tensor]:
    """RGB uint8 [H, W, 3] → what `HubModel.look` takes of one picture: tiles [n, 3, S, S] and size [2], or pixels [3, H', W'] and
    sizes [4] for towers that take any size."""
    if tower.image_size is None:
        pixels, (across, down) = whole_picture(image, LONGEST, tower.patch, tower.mean, tower.std)
        h, w = pixels.shape[2:]
        return pixels[0], torch.tensor([h, w, round(down * h), round(across * w)])
    side = tower.image_size[0]
    plan = plan_tiles(image.shape[1], image.shape[0], side)
    return cut_tiles(image, plan, tower.mean, tower.std), torch.tensor(image.shape[:2])


def _stacked(pixels: Sequence[Tensor]) -> Tensor:
    """Pictures' pixels as one batch, padded with zeros at their ends."""
    shape = [max(sizes) for sizes in zip(*(p.shape for p in pixels), strict=True)]
    out = pixels[0].new_zeros(len(pixels), *shape)
    for i, own in enumerate(pixels):
        out[i][tuple(slice(0, n) for n in own.shape)] = own
    return out


class BackboneTask(InstructTask):
    """Conversations about perceived screens. The tower outside gave the features on disk; one inside sees the pictures beside them.

    Raises ValueError where the folder of screens was seen with another tower, or has no pictures for a tower that learns.
    """

    def __init__(
        self, assembled: Assembled, spec: Spec, folder: Path, *, lora: Lora | None = None, slim: bool = True, init: Path | None = None,
        **options: Any,
    ) -> None:  # fmt: skip
        config = assembled.model.config
        if config.lines is None:
            options["simulated"] = 0.0  # descriptions of screens are lines; without them there is nothing to see in one
        if "tower" not in spec.freeze and config.tower is not None:
            options["simulated"] = 0.0  # they have no pixels either
        super().__init__(config, assembled.tokenizer, folder, model=assembled.model, **options)
        self.spec, self.lora, self.new, self.base = spec, lora, assembled.new, assembled.base
        self._own_tower = getattr(assembled.model, "tower", None)
        self._check(folder, assembled)
        if init is not None:
            begin(assembled, init)
        freeze(assembled, spec.freeze)
        self.told = adapted(assembled, spec, lora, init, slim)

    def _check(self, folder: Path, assembled: Assembled) -> None:
        config, seen = assembled.model.config, perceived_by(folder)
        if config.tower is None:
            return
        if self._own_tower is not None:
            if any(entry.picture is None for entry in self.screens):
                raise ValueError(
                    f"{folder} holds no pictures, and the tower learns from them; make it anew with "
                    "python -m train.data.perceived --pictures, or freeze the tower"
                )
            return
        lacking = sum(entry.features is None for entry in self.screens)
        width = next(
            (e.features.features.shape[-1] for e in self.screens if e.features is not None), config.tower.width
        )
        named = self.spec.tower or "nano"
        if lacking or width != config.tower.width or (seen is not None and self.spec.tower and seen != named):
            raise ValueError(
                f"{folder} was seen with the tower {seen or 'of another width'}, the model has {named}; make it anew: "
                f"python -m train.data.perceived --tower {named} --out FOLDER"
            )

    # -- rows ------------------------------------------------------------------------------------------------------------------

    def shown(self, entry: PerceivedScreen) -> Perceived:
        """As for any model, in this one's tokens; features by the tower as it is now where that learns."""
        seen = super().shown(entry)
        if seen.tensors is not None and self.maker.encoder is not None and self.config.chat is not None:
            size = seen.tensors.mask.shape[1]
            seen = replace(seen, tensors=replace(seen.tensors, tokens=self.maker.encoder.tokens(seen.pieces, size)))
        if self._own_tower is not None and entry.picture is not None:
            seen = replace(seen, features=self._grid(load_image(entry.picture).pixels))
        return seen

    def _grid(self, image: Any) -> Features:
        """Features of a picture's size without their numbers, which are not there before the tower has looked."""
        tower = self._own_tower
        assert tower is not None
        pixels, _ = pixels_of(tower, image)
        if tower.image_size is None:
            grid = (pixels.shape[1] // tower.patch, pixels.shape[2] // tower.patch)
        else:
            side = tower.image_size[0] // tower.patch
            grid = (len(pixels) * side, side)
        n = grid[0] * grid[1]
        return Features(torch.zeros(1, n, tower.width), torch.zeros(1, n, 4), torch.ones(1, n, dtype=torch.bool), grid)

    def _row(self, index: int) -> Row:
        row = super()._row(index)
        if self._own_tower is None or row.features is None:
            return row
        rng = random.Random(f"{self.name} {self.seed} {index}")
        rng.random()
        entry = rng.choice(self.screens)  # the very draw that `InstructTask._row` made
        assert entry.picture is not None
        pixels, size = pixels_of(self._own_tower, load_image(entry.picture).pixels)
        own = {f.name: getattr(row, f.name) for f in fields(Row)} | {"features": None}
        return PixelRow(**own, pixels=pixels, size=size)

    def batch(self, step: int) -> Batch:
        """Rows of similar length, with pixels where the tower learns."""
        if self._own_tower is None:
            return super().batch(step)
        rows = [self._row(step * self.batch_size + i) for i in range(self.batch_size)]
        with_pixels = [row for row in rows if isinstance(row, PixelRow)]
        batch = collate(rows, self.config.pad_token)
        if not with_pixels:
            return batch
        shown = [i for i, row in enumerate(rows) if isinstance(row, PixelRow)]
        if batch.owner and batch.owner != shown:
            raise ValueError("some rows have lines and no picture; train a tower without simulated rows")
        own = {f.name: getattr(batch, f.name) for f in fields(Batch)} | {"owner": shown}
        pixels = _stacked([row.pixels for row in with_pixels if row.pixels is not None])
        sizes = torch.stack([row.size for row in with_pixels if row.size is not None])
        return PixelBatch(**own, pixels=pixels, sizes=sizes)

    def loss(self, batch: Any, step: int, total: int) -> tuple[Tensor, int]:
        """Mean cross-entropy of supervised tokens, and how many screens there were."""
        model: Any = self.model
        if isinstance(batch, PixelBatch) and batch.pixels is not None and batch.sizes is not None:
            place = model.decoder.embed_tokens.weight.device
            batch = replace(batch, features=model.look(batch.pixels.to(place), batch.sizes), pixels=None, sizes=None)
        return answer_loss(model, batch), len(batch.ids)

    # -- measuring and keeping -------------------------------------------------------------------------------------------------

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Shares of right answers; without lines, on rendered screens alone."""
        assert isinstance(model, HubModel)
        scores = super(InstructTask, self).evaluate(model) if self.config.lines is not None else {}
        rng = random.Random(5)
        asked = []
        for entry in self.kept[: self.evaluation]:
            seen = self.shown(entry)
            if self._own_tower is not None and entry.picture is not None:
                pixels, size = pixels_of(self._own_tower, load_image(entry.picture).pixels)
                with torch.no_grad():
                    place = model.decoder.embed_tokens.weight.device
                    seen = replace(seen, features=model.look(pixels[None].to(place), size[None]))
            asked.append(
                Asked(seen, entry.screen, [t for t in ask(entry.screen, rng, "train", self.turns) if not t.follows])
            )
        engine = Engine(model, self.tokenizer, Perceiver(None, None, None))
        right = [judge(turn, answer.text) for turn, answer in ask_all(engine, asked)]
        return {**scores, "rendered": sum(right) / max(len(right), 1)}

    def nats(self, model: Any, batches: int = 6) -> float:
        """As of any model; on a sixth of the rows where few screens are measured."""
        return super().nats(model, batches if self.evaluation >= 8 else 1)

    def export(self, model: nn.Module, path: Path, metadata: dict[str, str]) -> None:
        """Weights (of a run by adapters: adapters and what else learned), and beside them what they belong to and the tokenizer:
        what `python -m train.cli merge` makes an ordinary folder of."""
        save_atomic(dict(model.state_dict()), path, metadata)
        write_record(path.parent, self.told, self.tokenizer)


def write_record(folder: Path, told: dict[str, Any], tokenizer: Any) -> None:
    """What a run's weights belong to, and the tokenizer."""
    (folder / RECORD).write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    (folder / "tokenizer.json").write_text(tokenizer.to_str(), "utf-8")


class BackboneAlign(BackboneTask):
    """Captions alone, as LLaVA's first stage; what is frozen the specification says (tower and decoder, by default)."""

    name = "align"

    def __init__(self, assembled: Assembled, spec: Spec, folder: Path, **options: Any) -> None:
        super().__init__(assembled, spec, folder, **{**options, "simulated": 0.0})

    turns_about = AlignTask.turns_about


__all__ = ["RECORD", "BackboneAlign", "BackboneTask", "PixelBatch", "adapted", "begin", "pixels_of", "write_record"]
