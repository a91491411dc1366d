"""An evaluation of diagnoses as a table on a terminal, as JSON, and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from train.evaluation.diagnosis_metrics import Value
from train.evaluation.diagnosis_run import Removal
from train.evaluation.diagnosis_score import Score

SCHEMA = "mmgpt.evaluation.diagnosis/1"


def removal_summary(removals: Sequence[Removal]) -> dict[str, float | int]:
    """How many pictures lost their right entries, and of how many the answer then says so or cites others."""
    return {
        "pictures": len(removals),
        "says_so": sum(removal.says_so for removal in removals),
        "cites_another": sum(not removal.silent for removal in removals),
    }


def to_json(
    data: str,
    scores: Sequence[Score],
    values: Sequence[Value],
    plain: Sequence[Value],
    differences: Mapping[str, Value],
    chance: Mapping[str, float | None],
    removals: Sequence[Removal] | None,
    machine: str,
) -> dict[str, Any]:
    """Everything measured, single pictures included. On a set that nobody may look at, look at `measures` alone."""
    return {
        "schema": SCHEMA,
        "data": data,
        "pictures": len(scores),
        "machine": machine,
        "measures": {value.key: asdict(value) for value in values},
        "caption": {value.key: asdict(value) for value in plain},
        "differences": {key: asdict(value) for key, value in differences.items()},
        "calibration_by_chance": dict(chance),
        "removed_entries": None if removals is None else removal_summary(removals),
        "single": [
            {
                "id": score.id,
                "is_error": score.is_error,
                "called": score.called,
                "labels": None if score.labels is None else list(score.labels),
                "cited": list(score.cited),
                "seconds": round(score.seconds, 4),
                "answers": {
                    answer.field: {
                        "truth": answer.truth,
                        "value": answer.value,
                        "confidence": round(answer.confidence, 4),
                        "answered": answer.answered,
                        "right": answer.right,
                    }
                    for answer in score.answers
                },
            }
            for score in scores
        ],
        "single_removed": None if removals is None else [asdict(removal) for removal in removals],
    }


def rows(
    values: Sequence[Value],
    plain: Sequence[Value],
    differences: Mapping[str, Value],
    chance: Mapping[str, float | None],
    removals: Sequence[Removal] | None,
) -> list[tuple[str, str, str, str, str, str]]:
    """(measure, of how many, diagnosis, its interval, caption alone, difference with interval)."""
    alone = {value.key: value for value in plain}
    found = []
    for value in values:
        if value.value is None:
            continue
        other = alone.get(value.key)
        gap = differences.get(value.key)
        label = value.label
        if (by_chance := chance.get(value.key)) is not None:
            label += f" (exact confidences: {100 * by_chance:.1f} %)"
        found.append(
            (
                label,
                str(value.count),
                _number(value.value, value.unit),
                _interval(value),
                "–" if other is None or other.value is None else _number(other.value, other.unit),
                "–" if gap is None or gap.value is None else f"{_signed(gap.value, gap.unit)} {_interval(gap, True)}",
            )
        )
    if removals:
        summary = removal_summary(removals)
        count = int(summary["pictures"])
        for key, label in (
            ("says_so", "right entries removed: says that none fits"),
            ("cites_another", "… cites another"),
        ):
            found.append((label, str(count), _number(summary[key] / count, "share"), "", "–", "–"))
    return found


HEAD = ("", "of", "diagnosis", "95 %", "caption alone", "difference (95 %)")


def print_report(console: Console, data: str, table_rows: Sequence[tuple[str, ...]], pictures: int) -> None:
    """The table on a terminal."""
    table = Table(title=f"{data}: {pictures} pictures")
    for number, name in enumerate(HEAD):
        table.add_column(name, justify="right" if number else "left")
    for row in table_rows:
        table.add_row(*(cell.replace("[", r"\[") for cell in row))
    console.print(table)


def to_markdown(data: str, table_rows: Sequence[tuple[str, ...]], pictures: int, machine: str) -> str:
    """The table for a page."""
    body = ["| " + " | ".join(row) + " |" for row in (HEAD, ("---", *["---:"] * (len(HEAD) - 1)), *table_rows)]
    return (
        f"**{data}**, {pictures} pictures. Intervals: bootstrap over pictures, paired for differences. "
        f"Machine: {machine}.\n\n" + "\n".join(body) + "\n"
    )


def _number(value: float, unit: str) -> str:
    return f"{value:.2f}" if unit == "seconds" else f"{100 * value:.1f} %"


def _signed(value: float, unit: str) -> str:
    return f"{value:+.2f}" if unit == "seconds" else f"{100 * value:+.1f}"


def _interval(value: Value, signed: bool = False) -> str:
    if value.low is None or value.high is None:
        return ""
    places, unit = (2, 1) if value.unit == "seconds" else (1, 100)
    sign = "+" if signed else ""
    return f"[{unit * value.low:{sign}.{places}f}, {unit * value.high:{sign}.{places}f}]"
