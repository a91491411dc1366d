"""Line crops in typefaces that training never sees, and any reader's recogniser on them: `mmgpt eval --lines N`.

A crop is grey, uint8 [32, W], dark ink on light ground: what our reader's own cutting makes of a strip of screen, so
that the network sees just what it would see in a picture. Peers get the same crops.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from train.evaluation.controls import make_control
from train.evaluation.lines import LineEvaluation, Recognise, evaluate_lines
from train.evaluation.report import format_value
from vision.reader import make_reader
from vision.reader.types import TextReader

log = logging.getLogger(__name__)

LEVELS_A_SPREAD = 28.0
"""Grey levels for one standard deviation of a crop's contrast signal, which runs from -4 to 6."""


@dataclass(frozen=True)
class LineSet:
    """Crops, the text in each, and what each is grouped by."""

    crops: list[np.ndarray]
    texts: list[str]
    tags: list[dict[str, str]]


def held_out_lines(count: int, seed: int = 0, split: str = "held_out") -> LineSet:
    """`count` line crops in the faces of a split (`held_out`, `train`, `all`), degraded as screens are.

    Texts, faces, sizes and colours follow from the seed. Raises ValueError when no face of the split is installed.
    """
    from train.data.render.atlas import FaceSampler
    from train.data.render.fonts import catalogue
    from train.data.render.lines import Plan, draw_batch, plan_line
    from train.data.text import sample_text

    faces = catalogue(split)
    if not faces:
        raise ValueError(f"no typeface of the split '{split}' is installed: run scripts/install_debian.sh as root")
    rng = random.Random(f"lines {seed}")
    sampler = FaceSampler(faces)
    found = LineSet([], [], [])
    while len(found.texts) < count:
        plans: list[Plan] = []
        while len(plans) < min(64, count - len(found.texts)):
            text = sample_text(rng)
            plan = plan_line(rng, sampler.atlas(rng), text)
            if plan is not None:
                plans.append(plan)
        batch = draw_batch(plans, rng, lambda: sample_text(rng))
        for signal, width in zip(batch.images[:, 0].cpu(), batch.widths.tolist(), strict=True):
            grey = (172.0 - LEVELS_A_SPREAD * signal[:, :width]).round().clamp(0, 255)
            found.crops.append(grey.to(torch.uint8).numpy())
        found.texts.extend(batch.texts)
        found.tags.extend({k: v for k, v in tag.items() if k in {"face", "size", "mode"}} for tag in batch.tags)
    return found


def recogniser_of(reader: TextReader) -> Recognise:
    """A reader's recogniser on crops of the kind above. Raises ValueError for a reader without one."""
    from vision.reader.nano import NanoReader

    if isinstance(reader, NanoReader):
        return lambda crops: _read_nano(reader, crops)
    if hasattr(reader, "read_crops"):
        return cast(Any, reader).read_crops
    raise ValueError(f"the reader '{reader.name}' cannot read single line crops")


@torch.inference_mode()
def _read_nano(reader: Any, crops: list[np.ndarray]) -> list[str]:
    from vision.reader.crops import STRIDE, contrast
    from vision.reader.recogniser import decode

    texts = [""] * len(crops)
    order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1])
    for start in range(0, len(order), 16):
        part = order[start : start + 16]
        widths = torch.tensor([crops[i].shape[1] for i in part])
        batch = torch.zeros(len(part), 3, 32, int(widths.max()))
        for k, i in enumerate(part):
            batch[k, :, :, : crops[i].shape[1]] = torch.from_numpy(crops[i]).float()
        logits = reader.recogniser(contrast(batch, widths).contiguous(memory_format=torch.channels_last))
        for i, decoded in zip(part, decode(logits, widths // STRIDE), strict=True):
            texts[i] = decoded.text
    return texts


def run_lines(options: argparse.Namespace, console: Console) -> None:
    """`mmgpt eval --lines N`: prints the tables, and writes them when `--json` names a file."""
    lines = held_out_lines(options.lines, options.seed)
    found: dict[str, LineEvaluation] = {}
    for name in options.reader:
        control = options.control == "random-weights" and not found
        if control:
            reader = make_control("random-weights", options.weights, options.seed)
        else:
            reader = make_reader(name, options.weights if name == "nano" else None)
        found["random-weights" if control else name] = evaluate_lines(recogniser_of(reader), *_parts(lines))
    _print(console, found, len(lines.texts))
    if options.json:
        document = {
            "schema": "mmgpt.evaluation.lines/1",
            "lines": len(lines.texts),
            "seed": options.seed,
            "readers": {
                name: {"overall": e.overall, "groups": e.groups, "seconds_per_line": e.seconds_per_line}
                for name, e in found.items()
            },
        }
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        log.info("wrote %s", options.json)


def _parts(lines: LineSet) -> tuple[list[np.ndarray], list[str], list[dict[str, str]]]:
    return lines.crops, lines.texts, lines.tags


def _print(console: Console, found: dict[str, LineEvaluation], count: int) -> None:
    table = Table(title=f"{count} line crops in held-out typefaces")
    for head in ("reader", "lines exactly right", "strict", "CER", "words right", "ms a line"):
        table.add_column(head, justify="left" if head == "reader" else "right")
    for name, evaluation in found.items():
        keys = ("line_accuracy", "line_accuracy_strict", "cer", "word_accuracy")
        cells = [format_value(evaluation.overall[key]) for key in keys]
        table.add_row(name, *cells, f"{1000 * evaluation.seconds_per_line:.1f}")
    console.print(table)
    first = next(iter(found.values()))
    for tag, values in first.groups.items():
        table = Table(title=f"by {tag}")
        for head in (tag, "lines", *(f"{name}: {what}" for name in found for what in ("CER", "exact"))):
            table.add_column(head, justify="left" if head == tag else "right")
        for value, numbers in values.items():
            groups = [evaluation.groups[tag][value] for evaluation in found.values()]
            cells = [format_value(group[key]) for group in groups for key in ("cer", "line_accuracy")]
            table.add_row(value, f"{numbers['lines']:.0f}", *cells)
        console.print(table)
