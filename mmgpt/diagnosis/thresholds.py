"""When an answer is given: for each field the least confidence, and what a raw confidence is worth as a probability.

They are measured on real captures and stored beside the weights as `diagnosis.json`:

    {"format": "mmgpt.thresholds/1",
     "is_error": {"normal": 0.35, "error": 0.65},
     "least": {"app": 0.4, "kind": 0.3, "message": 0.4, "error_code": 0.5, "category": 0.4, "entry": 0.6},
     "calibration": {"app": [[0.0, 0.05], [0.5, 0.4], [1.0, 0.93]]}}

`calibration` holds for a field (or "entry") points of a rising curve, raw confidence to probability of being right; for
`is_error` it leads from the raw to the true probability of an error. A field without points keeps its confidence. All
thresholds are compared with what calibration gives.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from mmgpt.vocabulary import FIELDS

NAME = "diagnosis.json"
FORMAT = "mmgpt.thresholds/1"
ENTRY = "entry"
"""The name under which the score of an entry of the knowledge base has its threshold and its curve."""

NAMES = (*FIELDS, ENTRY)
_LEAST = {"app": 0.3, "kind": 0.3, "message": 0.25, "error_code": 0.4, "category": 0.25, ENTRY: 0.6}
_KEYS = {"format", "is_error", "least", "calibration", "note"}

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Thresholds:
    """`normal` and `error` divide the probability of an error: below the first there is none, from the second on there is one.

    `least` holds for the other fields and for "entry" the least confidence of an answer, `curves` the points of calibration.
    """

    normal: float = 0.5
    error: float = 0.5
    least: Mapping[str, float] = field(default_factory=lambda: dict(_LEAST))
    curves: Mapping[str, Points] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises ValueError, one line that says what is wrong."""
        if not 0 <= self.normal <= self.error <= 1:
            raise ValueError(f"normal {self.normal} and error {self.error} must be 0 <= normal <= error <= 1")
        for name, value in self.least.items():
            if name not in _LEAST or not 0 <= value <= 1:
                raise ValueError(f"least {name} = {value} - names are {', '.join(_LEAST)}, values 0 to 1")
        for name, points in self.curves.items():
            _check(name, points)

    @classmethod
    def open(cls) -> Thresholds:
        """Thresholds that let every answer pass, raw confidences unchanged: what calibration is measured with."""
        return cls(0.5, 0.5, dict.fromkeys(_LEAST, 0.0))

    @classmethod
    def load(cls, folder: Path) -> Thresholds:
        """The thresholds of a folder of weights; built-in ones where it has no `diagnosis.json`.

        Raises `vision.reader.weights.WeightsError` (a ValueError), one line naming the file, where it is damaged.
        """
        from vision.reader.weights import WeightsError

        path = Path(folder) / NAME
        try:
            return cls.parse(json.loads(path.read_text("utf-8")))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise WeightsError(
                f"{path} is damaged ({error}): make it anew with `python -m train.calibrate`, or remove it"
            ) from error

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Thresholds:
        """Thresholds from what JSON holds. Raises ValueError, TypeError or KeyError."""
        if value.get("format") != FORMAT:
            raise ValueError(f"format is {value.get('format')!r}, not {FORMAT!r}")
        if unknown := sorted(set(value) - _KEYS):
            raise ValueError(f"unknown {', '.join(unknown)} - known are {', '.join(sorted(_KEYS))}")
        limits = value["is_error"]
        least = {**_LEAST, **{str(name): float(least) for name, least in value.get("least", {}).items()}}
        curves = {
            str(name): tuple((float(raw), float(right)) for raw, right in points)
            for name, points in value.get("calibration", {}).items()
        }
        return cls(float(limits["normal"]), float(limits["error"]), least, curves)

    def to_dict(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "format": FORMAT,
            "is_error": {"normal": self.normal, "error": self.error},
            "least": {name: self.least.get(name, least) for name, least in _LEAST.items()},
            "calibration": {name: [list(point) for point in points] for name, points in self.curves.items()},
        }

    def save(self, path: Path) -> None:
        """Writes the file (a folder: `diagnosis.json` in it), all of it or nothing. Raises OSError."""
        path = Path(path)
        if path.is_dir():
            path = path / NAME
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(json.dumps(self.to_dict(), indent=1) + "\n")
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            os.unlink(name)
            raise

    def calibrated(self, name: str, raw: float) -> float:
        """What a raw confidence (0..1) is worth as a probability; beyond the curve's ends its ends hold."""
        raw = min(max(raw, 0.0), 1.0) if not math.isnan(raw) else 0.0
        points = self.curves.get(name)
        if not points:
            return raw
        after = bisect_right(points, raw, key=lambda point: point[0])
        if after == 0:
            return points[0][1]
        if after == len(points):
            return points[-1][1]
        (x0, y0), (x1, y1) = points[after - 1], points[after]
        return y0 + (y1 - y0) * (raw - x0) / (x1 - x0)

    def answers(self, name: str, p: float) -> bool:
        """Whether a field is answered at the calibrated confidence `p`; for `is_error`, `p` is the probability of an error."""
        if name == "is_error":
            return self.verdict(p) is not None
        return p >= self.least.get(name, _LEAST.get(name, 0.0))

    def verdict(self, p: float) -> bool | None:
        """Whether there is an error, by its calibrated probability; None between the two thresholds."""
        return True if p >= self.error else False if p < self.normal else None


def _check(name: str, points: Sequence[tuple[float, float]]) -> None:
    if name not in NAMES:
        raise ValueError(f"calibration of {name!r} - names are {', '.join(NAMES)}")
    if not points:
        raise ValueError(f"calibration of {name} has no points - give two or more, or leave it out")
    if any(not (0 <= raw <= 1 and 0 <= right <= 1) for raw, right in points):
        raise ValueError(f"calibration of {name} must have values from 0 to 1")
    if any(a[0] >= b[0] or a[1] > b[1] for a, b in pairwise(points)):
        raise ValueError(f"calibration of {name} must rise: raw confidences strictly, probabilities never down")
