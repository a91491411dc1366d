"""The release gate: may these weights replace the shipped ones?

A candidate folder is held against the shipped one on the same pictures: real `test` captures, rendered screens and lines in held-out
faces and families, questions about both. A part (reader, extractor, language model) is released when at least one of its measures is
better beyond the paired bootstrap interval on real captures, and none of them is worse beyond it anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from train.evaluation.bootstrap import Interval, compare_ratio, resample

REAL = "test"
PARTS: Mapping[str, tuple[str, ...]] = {
    "reader": ("reader.safetensors", "characters.txt"),
    "extractor": ("extractor.safetensors", "extractor.json"),
    "language model": ("tower.safetensors", "projector.safetensors", "decoder.safetensors", "tokenizer.json"),
}
"""The files of a weights folder that belong to each part."""
READING = ("line_accuracy", "cer", "detection_f1")
FIELDS = (
    "error_f1", "false_alarms", "right_line", "message_exact", "code_accuracy", "app_accuracy", "kind_accuracy",
    "category_accuracy", "all_fields",
)  # fmt: skip
QUESTIONS = ("questions",)
JUDGED_BY: Mapping[str, tuple[str, ...]] = {
    "reader": (*READING, *FIELDS),  # what reads otherwise is understood otherwise
    "extractor": FIELDS,
    "language model": QUESTIONS,
}
"""The measures that decide over a part."""


@dataclass(frozen=True)
class Compared:
    """One measure of candidate and shipped weights on one set. `better`: 1 where more is better, -1 where less is."""

    data: str
    key: str
    label: str
    candidate: float
    shipped: float
    interval: Interval
    better: int = 1

    @property
    def gained(self) -> bool:
        """Better beyond the interval."""
        return self.interval.clear and self.interval.difference * self.better > 0

    @property
    def lost(self) -> bool:
        """Worse beyond the interval."""
        return self.interval.clear and self.interval.difference * self.better < 0


@dataclass(frozen=True)
class Verdict:
    """What the gate says: `released`, and why in one line. `gains` and `losses` are the measures that decided."""

    released: bool
    reason: str
    gains: tuple[Compared, ...] = ()
    losses: tuple[Compared, ...] = ()


def changed_parts(candidate: Path, shipped: Path) -> list[str]:
    """The parts whose files differ, in the order of `PARTS`. A file that only one folder has differs."""
    return [part for part, names in PARTS.items() if any(_digest(candidate / n) != _digest(shipped / n) for n in names)]


def judge(parts: Sequence[str], compared: Sequence[Compared]) -> Verdict:
    """The verdict over changed parts. Raises ValueError for a part that nothing was measured of."""
    if not parts:
        return Verdict(False, "the candidate's weights are the shipped ones")
    keys = {key for part in parts for key in JUDGED_BY[part]}
    for part in parts:
        if not any(c.data == REAL and c.key in JUDGED_BY[part] for c in compared):
            raise ValueError(f"nothing on {REAL} was measured that says whether the {part} is better")
    judged = [c for c in compared if c.key in keys]
    gains = tuple(c for c in judged if c.gained and c.data == REAL)
    losses = tuple(c for c in judged if c.lost)
    if losses:
        return Verdict(False, f"worse beyond the interval: {_named(losses)}", gains, losses)
    if not gains:
        return Verdict(False, f"no measure on {REAL} is better beyond its interval", gains, losses)
    return Verdict(True, f"better beyond the interval: {_named(gains)}", gains, losses)


def paired(
    data: str, key: str, label: str, candidate: np.ndarray, shipped: np.ndarray, better: int = 1
) -> Compared | None:
    """One measure from counts of both, float [P, 2]: (right, asked) a picture, row by row the same. None where nothing was asked."""
    interval = compare_ratio(candidate, shipped, resample(len(candidate)))
    if interval is None:
        return None
    return Compared(data, key, label, _ratio(candidate), _ratio(shipped), interval, better)


def markdown(compared: Sequence[Compared], verdict: Verdict) -> str:
    """The comparison as a table, and the verdict under it."""
    rows = ["| set | measure | candidate | shipped | difference (95 %) |", "|---|---|---:|---:|---:|"]
    for c in compared:
        mark = " **better**" if c.gained else " **worse**" if c.lost else ""
        spread = f"{100 * c.interval.difference:+.1f} [{100 * c.interval.low:+.1f}, {100 * c.interval.high:+.1f}]"
        rows.append(f"| {c.data} | {c.label} | {100 * c.candidate:.1f} % | {100 * c.shipped:.1f} % | {spread}{mark} |")
    return "\n".join([*rows, "", f"**{'Released' if verdict.released else 'Not released'}**: {verdict.reason}.", ""])


def ledger_row(date: str, parts: Sequence[str], verdict: Verdict, note: str) -> str:
    """One row of `docs/releases.md`."""
    told = _named(verdict.gains) or "–"
    return f"| {date} | {', '.join(parts)} | {told} | {note.replace('|', '/') or '–'} |"


def _named(compared: Sequence[Compared]) -> str:
    return ", ".join(
        f"{c.label} on {c.data} {100 * c.shipped:.1f} → {100 * c.candidate:.1f} % "
        f"[{100 * c.interval.low:+.1f}, {100 * c.interval.high:+.1f}]"
        for c in compared
    )


def _ratio(counts: np.ndarray) -> float:
    right, asked = counts.sum(axis=0)
    return float(right / asked)


def _digest(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
