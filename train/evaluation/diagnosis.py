"""`mmgpt eval --diagnosis`: measures the whole diagnosis, cited entries included, beside reader and extractor alone.

Right entries of real captures are in `tests/data/real/entries.toml`. With `--json` the answers to single pictures are written, too:
on `test`, which nobody looks at, only the measures are for reading.
"""

from __future__ import annotations

import argparse
import json
import logging
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from train.evaluation import diagnosis_metrics as metrics
from train.evaluation.diagnosis_labels import ENTRIES, load_labels
from train.evaluation.diagnosis_report import print_report, rows, to_json, to_markdown
from train.evaluation.diagnosis_run import diagnoser_without, plain_caption, removals, run
from train.evaluation.run import sample_folder
from train.evaluation.samples import load_samples

log = logging.getLogger(__name__)


def run_diagnosis(options: argparse.Namespace, console: Console, errors: Console, machine: str) -> None:
    """Measures the sets of `options.data` and writes what the options ask for.

    Raises SampleError for missing data or labels, WeightsError for weights, ValueError for sets without fields.
    """
    from mmgpt.diagnosis import Diagnoser

    diagnoser = Diagnoser.load(options.weights)
    plain = plain_caption(options.weights)
    labels = load_labels(ENTRIES, diagnoser.understanding.base()) if ENTRIES.is_file() else None
    documents: list[dict[str, Any]] = []
    tables: list[str] = []
    for name in options.data:
        samples = load_samples(sample_folder(name), options.limit)
        with Progress(console=errors, transient=True) as progress:
            warm = samples[0].path  # what loads at the first picture is not a picture's time
            diagnoser.diagnose(warm)
            plain(warm)
            task = progress.add_task(f"{name}: diagnosis", total=len(samples))
            ours = run(samples, diagnoser.diagnose, labels, partial(progress.advance, task, 1))
            task = progress.add_task(f"{name}: caption", total=len(samples))
            theirs = run(samples, plain, labels, partial(progress.advance, task, 1))
            removed = None
            if labels is not None and not options.no_removals:
                task = progress.add_task(f"{name}: entries removed", total=len(ours))
                removed = removals(samples, ours, diagnoser_without(diagnoser), partial(progress.advance, task, 1))
        values, alone = metrics.measure(ours), _comparable(metrics.measure(theirs))
        gaps = {key: gap for key, gap in metrics.differences(ours, theirs).items() if key not in metrics.ABOUT_ENTRIES}
        chance = metrics.chance(ours)
        table = rows(values, alone, gaps, chance, removed)
        print_report(console, name, table, len(ours))
        documents.append(to_json(name, ours, values, alone, gaps, chance, removed, machine))
        tables.append(to_markdown(name, table, len(ours), machine))
    if options.json:
        _write(options.json, json.dumps({"evaluations": documents}, ensure_ascii=False, indent=1) + "\n")
    if options.markdown:
        _write(options.markdown, "\n".join(tables))


def _comparable(values: list[metrics.Value]) -> list[metrics.Value]:
    """What a caption can be measured by: it cites nothing."""
    return [value for value in values if value.key not in metrics.ABOUT_ENTRIES]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    log.info("wrote %s", path)
