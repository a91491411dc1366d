"""Nano's reader: picture → text map → line boxes → crops → characters, each with its place and its confidence."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vision.reader.charset import BASE, Charset
from vision.reader.crops import STRIDE, contrast, crop_windows, cut
from vision.reader.detect import Found, find_lines, ink_box
from vision.reader.order import reading_order
from vision.reader.recogniser import Decoded, Recogniser, RecogniserConfig, decode
from vision.reader.textmap import CELL_H, CELL_W, MULTIPLE, TextMap, TextMapConfig
from vision.reader.types import Character, Line, PerceivedLine
from vision.reader.weights import WeightsError, fill, packaged, read_config, read_tensors

TILE = 1536  # larger pictures are mapped in tiles of this side, so that memory stays bounded
OVERLAP = 128
BATCH_COLUMNS = 16_384  # columns of crops that are read at once
CHARACTERS_FILE = "characters.txt"  # beside the weights of a reader with a further language: its characters in order
MIN_CONFIDENCE = 0.35  # readings below are icons and dirt more often than text


def fold_norms(module: nn.Module) -> None:
    """Folds every batch norm that follows a convolution in a Sequential into it, in place (exact at inference)."""
    for child in module.children():
        fold_norms(child)
    if isinstance(module, nn.Sequential):
        for i in range(len(module) - 1):
            conv, norm = module[i], module[i + 1]
            if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                module[i] = torch.nn.utils.fusion.fuse_conv_bn_eval(conv.eval(), norm.eval())
                module[i + 1] = nn.Identity()


class NanoReader:
    """Reads pictures with the project's own networks. Safe to share between threads: reading keeps no state."""

    name = "nano"

    def __init__(
        self, textmap: TextMap, recogniser: Recogniser, threshold: float = 0.5, min_confidence: float = MIN_CONFIDENCE,
        charset: Charset = BASE,
    ) -> None:  # fmt: skip
        if recogniser.config.classes != charset.classes:
            raise ValueError(
                f"the recogniser has {recogniser.config.classes} classes, its characters {charset.classes}"
            )
        self.charset = charset
        self.textmap = textmap.eval()
        self.recogniser = recogniser.eval()
        self.threshold, self.min_confidence = threshold, min_confidence
        for network in (self.textmap, self.recogniser):
            fold_norms(network)
            network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            network.requires_grad_(False)

    @classmethod
    def load(cls, folder: Path | None = None) -> NanoReader:
        """Weights of a folder with `config.json` and `reader.safetensors`; None for the package's own.

        Raises WeightsError, one line that names the file, when something is missing, damaged or does not fit.
        """
        folder = folder or packaged()
        settings = read_config(folder).get("reader")
        if not isinstance(settings, dict):
            raise WeightsError(
                f'{folder / "config.json"} has no "reader" part: it is not the configuration of a reader'
            )
        textmap, recogniser = cls.networks(settings, folder)
        path = folder / "reader.safetensors"
        tensors = read_tensors(path)
        fill(textmap, tensors, path, "textmap.")
        fill(recogniser, tensors, path, "recogniser.")
        known = ("threshold", "min_confidence")
        numbers = {k: float(settings[k]) for k in known if k in settings}
        return cls(textmap, recogniser, **numbers, charset=read_charset(settings, folder, recogniser.config.classes))

    @staticmethod
    def networks(settings: dict[str, Any], folder: Path) -> tuple[TextMap, Recogniser]:
        """Both networks with random weights, as the configuration describes them."""

        def typed(values: dict[str, Any]) -> dict[str, Any]:
            return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}

        try:
            return (
                TextMap(TextMapConfig(**typed(settings["textmap"]))),
                Recogniser(RecogniserConfig(**typed(settings["recogniser"]))),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise WeightsError(f"{folder / 'config.json'} does not describe a reader ({error})") from error

    @classmethod
    def random(cls, seed: int = 0, folder: Path | None = None) -> NanoReader:
        """The same architecture with random weights: the control that must fail every evaluation."""
        torch.manual_seed(seed)
        folder = folder or packaged()
        settings = read_config(folder)["reader"]
        textmap, recogniser = cls.networks(settings, folder)
        return cls(textmap, recogniser, charset=read_charset(settings, folder, recogniser.config.classes))

    @torch.inference_mode()
    def maps(self, image: np.ndarray) -> np.ndarray:
        """RGB uint8 [H, W, 3] → float32 [3, ceil(H/2), ceil(W/4)]: core probability, distances up and down."""
        H, W, _ = image.shape
        out = np.zeros((3, -(-H // CELL_H), -(-W // CELL_W)), dtype=np.float32)
        for y0, y1, ky0, ky1 in _tiles(H):
            for x0, x1, kx0, kx1 in _tiles(W):
                tile = torch.from_numpy(image[y0:y1, x0:x1].astype(np.float32)).permute(2, 0, 1)[None]
                h, w = tile.shape[2:]
                tile = F.pad(tile, (0, -w % MULTIPLE, 0, -h % MULTIPLE), mode="replicate")
                maps = self._run(self.textmap, tile)[0]
                maps[0] = maps[0].sigmoid()
                cells = maps.numpy()
                a, b = ky0 // CELL_H, -(-ky1 // CELL_H)
                c, d = kx0 // CELL_W, -(-kx1 // CELL_W)
                oy, ox = y0 // CELL_H, x0 // CELL_W
                out[:, a:b, c:d] = cells[:, a - oy : b - oy, c - ox : d - ox]
        return out

    def _run(self, network: nn.Module, x: Tensor) -> Tensor:
        return network(x.contiguous(memory_format=torch.channels_last)).float()

    def detect(self, image: np.ndarray) -> list[Found]:
        """Lines of text, unread. RGB uint8 [H, W, 3]."""
        maps = self.maps(image)
        return find_lines(maps[0], maps[1], maps[2], self.threshold)

    @torch.inference_mode()
    def recognise(
        self, image: np.ndarray, found: list[Found], columns: list[np.ndarray | None] | None = None
    ) -> list[tuple[Decoded, tuple[float, float]]]:
        """Reads found lines: for each its decoding, and (x of the crop's left edge, pixels a frame).

        `columns`, as long as `found`, takes the recogniser's features of each line's characters, float16 [n, Dr].
        """
        picture = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)[None]
        results: list[tuple[Decoded, tuple[float, float]] | None] = [None] * len(found)
        metrics = torch.tensor([[f.x0, f.top, f.x1, f.bottom] for f in found], dtype=torch.float32).view(-1, 4)
        windows, widths = crop_windows(metrics)
        for level, chosen in _levels(found).items():
            # Large letters are shrunk by whole factors first, or thin strokes would fall between the samples.
            source = F.avg_pool2d(picture, level, ceil_mode=True) if level > 1 else picture
            for batch in _by_width(chosen, widths):
                index = torch.tensor(batch)
                crops = cut(source, windows[index] / level, int(widths[index].max()))
                signal = contrast(crops, widths[index]).contiguous(memory_format=torch.channels_last)
                features = self.recogniser.features(signal)
                readings = decode(
                    self.recogniser.classify(features).float(), widths[index] // STRIDE, self.charset.characters
                )
                for row, (i, decoded) in enumerate(zip(batch, readings, strict=True)):
                    if columns is not None:
                        columns[i] = features[row, :, decoded.peaks].T.half().numpy()
                    scale = float(windows[i, 3] - windows[i, 1]) / 32 * STRIDE
                    results[i] = (decoded, (float(windows[i, 0]), scale))
        return [r for r in results if r is not None]

    def read(self, image: np.ndarray) -> list[Line]:
        """RGB uint8 [H, W, 3] → lines in reading order."""
        return [perceived.line for perceived in self._read(image, None)]

    def perceive(self, image: np.ndarray) -> list[PerceivedLine]:
        """The same lines, with what the decoder wants to know of their characters."""
        return self._read(image, [])

    def _read(self, image: np.ndarray, columns: list[np.ndarray | None] | None) -> list[PerceivedLine]:
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ValueError(f"a picture is RGB uint8 [H, W, 3], not {image.dtype} {image.shape}")
        image = np.ascontiguousarray(image)
        found = self.detect(image)
        if columns is not None:
            columns = [None] * len(found)
        lines = []
        nothing = np.zeros((0, 0), np.float16)
        for i, (line, (decoded, (left, step))) in enumerate(
            zip(found, self.recognise(image, found, columns), strict=True)
        ):
            text = decoded.text.strip()
            if not text or decoded.confidence < self.min_confidence:
                continue
            box = ink_box(image, line)
            characters = _characters(decoded, left, step, box)
            known = Line(text, box, _rounded(decoded.confidence), characters, (line.top, line.bottom))
            first = len(decoded.text) - len(decoded.text.lstrip())
            own = slice(first, first + len(text))
            own_columns = columns[i] if columns is not None else None
            lines.append(
                PerceivedLine(
                    known,
                    tuple(_rounded(c) for c in decoded.confidences[own]),
                    tuple(decoded.alternatives[own]),
                    nothing if own_columns is None else own_columns[own],
                )
            )
        return [lines[i] for i in reading_order([entry.line.box for entry in lines])]


def read_charset(settings: dict[str, Any], folder: Path, classes: int) -> Charset:
    """The characters of a reader: the common ones, or with those of the language that its configuration names.

    These lie beside the weights in `characters.txt`. Raises WeightsError, one line that names the file, where they are
    missing, are not those that the weights were trained with, or are not as many as the recogniser has classes.
    """
    language, charset = settings.get("language"), BASE
    if language is not None:
        path = folder / CHARACTERS_FILE
        try:
            charset = Charset(str(language["code"]), path.read_text("utf-8").replace("\n", ""))
            wanted = str(language["sha256"])
        except (OSError, UnicodeDecodeError) as error:
            raise WeightsError(f"{path} is missing or damaged ({error}): fetch it again") from error
        except (KeyError, TypeError, ValueError) as error:
            raise WeightsError(f"{folder / 'config.json'} does not describe the reader's language ({error})") from error
        if charset.digest != wanted:
            raise WeightsError(
                f"{path} does not hold the characters that the weights were trained with: fetch it again"
            )
    if charset.classes != classes:
        name = f"language {charset.language!r}" if charset.language else "no further language"
        raise WeightsError(
            f"{folder / 'config.json'} gives the recogniser {classes} classes, but {name} has {charset.classes}: "
            f"take weights and mmgpt of one version"
        )
    return charset


def _rounded(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 4)


def _characters(decoded: Decoded, left: float, step: float, box: tuple[int, int, int, int]) -> tuple[Character, ...]:
    """Places of characters: borders lie halfway between the centres of neighbours; the ends are the box's."""
    text = decoded.text
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    spans, chars = decoded.spans[first:last], text[first:last]
    centres = [left + (a + b + 1) / 2 * step for a, b in spans]
    edges = [float(box[0]), *((a + b) / 2 for a, b in pairwise(centres)), float(box[2])]
    out = []
    for i, char in enumerate(chars):
        x0 = min(max(edges[i], box[0]), box[2])
        x1 = min(max(edges[i + 1], x0), box[2])
        out.append(Character(char, round(x0, 1), round(x1, 1), _rounded(decoded.confidences[first + i])))
    return tuple(out)


def _tiles(side: int) -> Iterator[tuple[int, int, int, int]]:
    """(start, stop, keep from, keep to) along a side; tiles overlap, and each keeps its middle."""
    if side <= TILE + OVERLAP:
        yield 0, side, 0, side
        return
    start = 0
    while start < side:
        stop = min(start + TILE, side)
        keep0 = start + OVERLAP // 2 if start else 0
        keep1 = stop - OVERLAP // 2 if stop < side else side
        yield start, stop, keep0, keep1
        if stop == side:
            break
        start += TILE - OVERLAP


def _levels(found: list[Found]) -> dict[int, list[int]]:
    groups: dict[int, list[int]] = {}
    for i, line in enumerate(found):
        groups.setdefault(max(1, int(line.height / 26)), []).append(i)
    return groups


def _by_width(chosen: list[int], widths: Tensor) -> Iterator[list[int]]:
    """Batches of similar width, at most BATCH_COLUMNS columns each."""
    batch: list[int] = []
    for i in sorted(chosen, key=lambda i: int(widths[i])):
        if batch and (len(batch) + 1) * int(widths[i]) > BATCH_COLUMNS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


def architecture() -> dict[str, Any]:
    """The default configuration of both networks, as it stands in `config.json`."""
    return {"textmap": dataclasses.asdict(TextMapConfig()), "recogniser": dataclasses.asdict(RecogniserConfig())}


__all__ = ["NanoReader", "architecture", "fold_norms"]
