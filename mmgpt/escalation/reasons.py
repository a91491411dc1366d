"""When a bigger model is worth asking."""

from __future__ import annotations

from collections.abc import Collection

from mmgpt.schema import Diagnosis
from mmgpt.vocabulary import FieldName

WEIGHED: tuple[FieldName, ...] = ("message", "category", "app")
"""The fields whose doubt is a reason."""


def reason_for(diagnosis: Diagnosis, below: float, categories: Collection[str]) -> str | None:
    """Why a bigger model should be asked about this diagnosis, in a few words of ours; None where it should not.

    A screen that is surely none with an error is left alone, and so is a picture without text.
    """
    if diagnosis.is_error is False or not diagnosis.text:
        return None
    reasons = ["not sure whether it is an error"] if diagnosis.is_error is None else []
    for name in WEIGHED:
        if name in diagnosis.abstained:
            reasons.append(f"{name} not sure")
        elif is_open(diagnosis, name, below):
            reasons.append(f"{name} only {diagnosis.confidence.get(name, 0.0):.2f}")
    if diagnosis.is_error and not diagnosis.sources:
        reasons.append("no entry fits")
    if diagnosis.category in categories:
        reasons.append(f"category {diagnosis.category}")
    return ", ".join(reasons) or None


def is_open(diagnosis: Diagnosis, name: FieldName, below: float) -> bool:
    """Whether the own model leaves a field open: it abstained, or it is less sure than `below` (0..1)."""
    return name in diagnosis.abstained or diagnosis.confidence.get(name, 1.0) < below
