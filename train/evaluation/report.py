"""An evaluation as a table on a terminal, as JSON, and as Markdown for the model card."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from train.evaluation.metrics import METRICS, Metric
from train.evaluation.run import ReaderResult

SCHEMA = "mmgpt.evaluation/1"
SECONDS = (
    ("reading_median", "seconds a picture, reading: median"),
    ("reading_p95", "seconds a picture, reading: 95th percentile"),
    ("all_median", "seconds a picture, all: median"),
    ("all_p95", "seconds a picture, all: 95th percentile"),
)
MOST_GROUPS = 20
Differences = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Peer -> metric -> difference, low, high, clear."""


def to_json(
    data: str, results: Sequence[ReaderResult], differences: Differences, extractor: str, machine: str
) -> dict[str, Any]:
    """Everything measured, as plain values; single pictures with their counts, so that others can compute further."""
    return {
        "schema": SCHEMA,
        "data": data,
        "pictures": len(results[0].pictures),
        "extractor": extractor,
        "machine": machine,
        "readers": {result.reader: _reader_json(result) for result in results},
        "differences": {peer: {key: dict(value) for key, value in rows.items()} for peer, rows in differences.items()},
    }


def _reader_json(result: ReaderResult) -> dict[str, Any]:
    return {
        "version": result.version,
        "metrics": result.metrics,
        "seconds": result.seconds,
        "groups": result.groups,
        "calibration": {
            name: {
                "answers": c.answers,
                "expected_calibration_error": c.error,
                "accuracy_at_coverage": c.at,
                "curve": _thin(c.curve),
            }
            for name, c in result.calibration.items()
        },
        "pictures": [
            {
                "id": picture.sample.id,
                "read_seconds": round(picture.read_seconds, 4),
                "total_seconds": round(picture.total_seconds, 4),
                "counts": {key: value for key, value in picture.counts.items() if value},
                "fields": {
                    r.field: {"truth": r.truth, "value": r.value, "right": r.right} for r in picture.fields.results
                }
                if picture.fields
                else None,
            }
            for picture in result.pictures
        ],
    }


def _thin(curve: Sequence[tuple[float, float, float]], points: int = 100) -> list[list[float]]:
    step = max(1, math.ceil(len(curve) / points))
    kept = [*curve[::step]] + ([curve[-1]] if curve and (len(curve) - 1) % step else [])
    return [[round(value, 5) for value in point] for point in kept]


def shown_metrics(results: Sequence[ReaderResult]) -> list[Metric]:
    """The metrics that at least one reader has a value for; a value that needs answers may be missing for one."""
    return [metric for metric in METRICS if any(result.metrics[metric.key] is not None for result in results)]


def print_report(console: Console, data: str, results: Sequence[ReaderResult], differences: Differences) -> None:
    """The table: metrics down, readers across, differences to each peer behind."""
    first = results[0]
    table = Table(title=f"{data}: {len(first.pictures)} pictures, {int(first.counts_of('lines'))} lines")
    table.add_column("")
    for result in results:
        table.add_column(result.reader, justify="right")
    for peer in differences:
        table.add_column(f"{first.reader} − {peer} (95 %)", justify="right")
    for metric in shown_metrics(results):
        cells = [format_value(result.metrics[metric.key]) for result in results]
        cells += [_format_difference(rows.get(metric.key), metric.better) for rows in differences.values()]
        table.add_row(metric.label, *cells, end_section=metric.key in {"word_accuracy", METRICS[-1].key})
    for key, label in SECONDS:
        cells = [f"{result.seconds[key]:.2f}" for result in results]
        paired = {"reading_median": "read_seconds", "all_median": "total_seconds"}.get(key, "")
        cells += [_format_difference(rows.get(paired), -1, seconds=True) for rows in differences.values()]
        table.add_row(label, *cells)
    console.print(table)
    for result in results:
        if result.seconds["cached"]:
            console.print(
                f"{result.reader}: {result.seconds['cached']:.0f} of {len(result.pictures)} readings, and their seconds, "
                "come from the cache; --no-cache measures anew"
            )
    console.print(_calibration_table(results))
    for tag in sorted({tag for result in results for tag in result.groups}):
        console.print(_group_table(tag, results))


def _calibration_table(results: Sequence[ReaderResult]) -> Table:
    table = Table(title="confidence: calibration error, and accuracy when only the surest answers are given")
    table.add_column("")
    table.add_column("reader")
    table.add_column("calibration error", justify="right")
    shares = list(results[0].calibration["lines"].at)
    for share in shares:
        table.add_column(f"at {share}", justify="right")
    for name in results[0].calibration:
        for result in results:
            found = result.calibration[name]
            table.add_row(
                name, result.reader, format_value(found.error), *(format_value(found.at[share]) for share in shares)
            )
    return table


def _group_table(tag: str, results: Sequence[ReaderResult]) -> Table:
    groups = results[0].groups.get(tag, {})
    shown = list(groups)
    if len(groups) > MOST_GROUPS:
        shown = sorted(groups, key=lambda value: -(groups[value]["cer"] or 0.0))[:MOST_GROUPS]
    worst = f": the worst {MOST_GROUPS} of {len(groups)} (all are in the JSON)" if len(groups) > MOST_GROUPS else ""
    table = Table(title=f"lines by {tag}{worst}")
    table.add_column(tag)
    table.add_column("lines", justify="right")
    for result in results:
        table.add_column(f"{result.reader}: CER", justify="right")
        table.add_column("exact", justify="right")
    for value in shown:
        cells = []
        for result in results:
            group = result.groups[tag][value]
            cells += [format_value(group["cer"]), format_value(group["line_accuracy"])]
        table.add_row(value, f"{groups[value]['lines']:.0f}", *cells)
    return table


def to_markdown(data: str, results: Sequence[ReaderResult], differences: Differences, machine: str) -> str:
    """The main table for the model card."""
    first = results[0]
    peers = list(differences)
    head = ["", *(result.reader for result in results), *(f"{first.reader} − {peer} (95 %)" for peer in peers)]
    rows = [head, ["---", *["---:"] * (len(head) - 1)]]
    for metric in shown_metrics(results):
        cells = [format_value(result.metrics[metric.key]) for result in results]
        cells += [_plain_difference(differences[peer].get(metric.key)) for peer in peers]
        rows.append([metric.label, *cells])
    for key, label in SECONDS:
        rows.append([label, *(f"{result.seconds[key]:.2f}" for result in results), *([""] * len(peers))])
    body = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    versions = "\n".join(f"- {result.reader}: {result.version or 'not versioned'}" for result in results)
    return (
        f"**{data}** — {len(first.pictures)} pictures, {first.counts_of('lines'):.0f} lines. "
        f"Intervals: paired bootstrap over pictures. Machine: {machine}.\n\n{body}\n\n{versions}\n"
    )


def format_value(value: float | None) -> str:
    """A share as per cent, `–` for none."""
    return "–" if value is None else f"{100 * value:.1f} %"


def _plain_difference(row: Mapping[str, Any] | None, seconds: bool = False) -> str:
    if row is None:
        return "–"
    unit = 1 if seconds else 100
    places = 2 if seconds else 1
    values = (f"{unit * row[key]:+.{places}f}" for key in ("difference", "low", "high"))
    return "{} [{}, {}]".format(*values)


def _format_difference(row: Mapping[str, Any] | None, better: int, seconds: bool = False) -> str:
    text = _plain_difference(row, seconds).replace("[", r"\[")
    if row is None or not row["clear"]:
        return text
    return f"[{'green' if row['difference'] * better > 0 else 'red'}]{text}[/]"
