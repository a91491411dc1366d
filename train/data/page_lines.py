"""Line crops of real renderings: pictures of shards, cut where the shipped text map finds lines, with the text that truly stands there.

`python -m train.data.page_lines --from runs/pages/train --out runs/page_lines` writes them once; `PageLines` gives batches. Chromium's own
glyphs, kerning and surroundings, and the detector's own cuts, are what the recogniser meets in use.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track
from safetensors.numpy import load_file, save_file
from torch import Tensor

from mmgpt import NANO_WEIGHTS
from train.data.render.lines import LineBatch
from train.data.shards import ShardSample, read_shard
from vision.reader import charset
from vision.reader.crops import contrast, crop_windows, cut
from vision.reader.nano import NanoReader

log = logging.getLogger(__name__)
WIDEST = 2600
"""Pixels of a crop at height 32."""
SIDES, ENDS = 0.35, 0.5
"""How far a found line may differ from the true box, in its height: above and below, left and right."""


def crops_of(sample: ShardSample, reader: NanoReader) -> Iterator[tuple[np.ndarray, str]]:
    """(uint8 [3, 32, W], text) of every line that the reader finds whole and that the record tells.

    A found line counts for a true one when their ends and sides agree: a part of a line would teach wrong letters.
    """
    image = sample.image
    truths = [
        (line["box"], charset.canonical(line["text"]).strip())
        for line in sample.record["lines"]
        if line.get("box") is not None
    ]
    truths = [(box, text) for box, text in truths if text and charset.supported(text)]
    if not truths:
        return
    from vision.reader.detect import ink_box

    boxes = np.array([box for box, _ in truths], np.float32)
    found, texts = [], []
    for line in reader.detect(image):
        own = np.array(ink_box(image, line), np.float32)
        height = max(own[3] - own[1], 6.0)
        off = np.abs(boxes - own)
        near = (off[:, [1, 3]] <= SIDES * height + 1).all(1) & (off[:, [0, 2]] <= ENDS * height).all(1)
        if near.sum() == 1:
            found.append(line)
            texts.append(truths[int(near.argmax())][1])
    if not found:
        return
    picture = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None]
    windows, widths = crop_windows(torch.tensor([[f.x0, f.top, f.x1, f.bottom] for f in found], dtype=torch.float32))
    for i, (line, text) in enumerate(zip(found, texts, strict=True)):
        level = max(1, int(line.height / 26))
        source = torch.nn.functional.avg_pool2d(picture, level, ceil_mode=True) if level > 1 else picture
        wide = int(widths[i])
        if wide <= WIDEST:
            yield cut(source, windows[i : i + 1] / level, wide)[0].round().clamp(0, 255).byte().numpy(), text


class PageLines:
    """Batches of cached crops, of like width, in an order that depends on nothing but the seed.

    Raises FileNotFoundError where a folder holds none.
    """

    def __init__(self, folder: Path, seed: int, batch: int) -> None:
        self.crops: list[np.ndarray] = []
        self.texts: list[str] = []
        for path in sorted(folder.glob("crops-*.safetensors")):
            tensors = load_file(path)
            pixels, ends = tensors["pixels"], tensors["ends"].tolist()
            texts = path.with_suffix(".txt").read_text("utf-8").split("\n")[:-1]
            for start, end, text in zip([0, *ends], ends, texts, strict=False):
                self.crops.append(pixels[:, :, start:end])
                self.texts.append(text)
        if not self.crops:
            raise FileNotFoundError(
                f"no crops-*.safetensors in {folder}; `python -m train.data.page_lines --from SHARDS --out {folder}`"
            )
        self.seed, self.batch_size = seed, batch
        self.order = sorted(range(len(self.crops)), key=lambda i: (self.crops[i].shape[2], i))

    def batch(self, step: int) -> LineBatch:
        """The batch of `step`: neighbours in width, with their letters but without frame labels."""
        rng = random.Random(f"page lines {self.seed} {step}")
        first = rng.randrange(max(len(self.order) - 4 * self.batch_size, 1))
        chosen = rng.sample(self.order[first : first + 4 * self.batch_size], min(self.batch_size, len(self.order)))
        widths = torch.tensor([self.crops[i].shape[2] for i in chosen])
        images = torch.zeros(len(chosen), 3, 32, int(widths.max()))
        for row, i in enumerate(chosen):
            crop = torch.from_numpy(np.ascontiguousarray(self.crops[i])).float()
            crop = self._varied(crop, rng)
            images[row, :, :, : crop.shape[2]] = crop
            images[row, :, :, crop.shape[2] :] = crop[:, :, -1:]
        texts = [self.texts[i] for i in chosen]
        targets = [c for text in texts for c in charset.encode(text)]
        return LineBatch(
            contrast(images, widths),
            widths,
            torch.zeros(len(chosen), images.shape[3] // 4, dtype=torch.long),
            torch.tensor(targets),
            torch.tensor([len(text) for text in texts]),
            texts,
            [{"source": "pages"} for _ in chosen],
        )

    @staticmethod
    def _varied(crop: Tensor, rng: random.Random) -> Tensor:
        """A shade of difference each time: inverted colours, a little noise, a smaller contrast."""
        if rng.random() < 0.3:
            crop = 255 - crop
        if rng.random() < 0.2:
            crop = crop * rng.uniform(0.6, 1.0) + rng.uniform(0, 60)
        if rng.random() < 0.2:
            noise = torch.Generator().manual_seed(rng.getrandbits(31))
            crop = crop + rng.uniform(1, 6) * torch.randn(crop.shape, generator=noise)
        return crop.clamp(0, 255)


def write(source: Path, out: Path, reader: NanoReader) -> int:
    """Cut every shard of `source`; a shard whose crops are there already is left out. Returns the number of lines written."""
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for path in track(sorted(source.glob("shard-*.tar")), "cutting", console=Console(stderr=True)):
        target = out / f"crops-{path.stem}.safetensors"
        if target.exists():
            continue
        made = [entry for sample in read_shard(path) for entry in crops_of(sample, reader)]
        if not made:
            continue
        ends = np.cumsum([crop.shape[2] for crop, _ in made])
        target.with_suffix(".txt").write_text("".join(f"{text}\n" for _, text in made), "utf-8")
        part = target.with_suffix(".part")
        save_file({"pixels": np.concatenate([crop for crop, _ in made], axis=2), "ends": ends.astype(np.int64)}, part)
        part.replace(target)  # last: crops that are there are whole
        count += len(made)
    return count


def main(argv: Sequence[str] | None = None) -> int:
    """Cuts shards; 2 when there are none."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder of shards")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=NANO_WEIGHTS, help="folder of the reader that finds the lines")
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    torch.set_num_threads(1)
    if not list(options.source.glob("shard-*.tar")):
        parser.error(f"no shard-*.tar in {options.source}; `python -m train.data pages` or `shard` writes some")
    log.info(
        "%d lines written to %s", write(options.source, options.out, NanoReader.load(options.weights)), options.out
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
