"""`mmgpt eval --release CANDIDATE`: measures a candidate beside the shipped weights, lets the gate judge, and ships what it releases.

    mmgpt eval --release runs/candidate                    the table and the verdict; exit code 0 released, 1 not
    mmgpt eval --release runs/candidate --ship --note "…"  and, where it is released, replaces the shards and writes docs/releases.md

A candidate is a weights folder; parts that lie in it unchanged are not measured.
"""

from __future__ import annotations

import argparse
import datetime
import logging
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import Progress

from mmgpt import NANO_WEIGHTS
from mmgpt.checkpoint import load_engine, seal, write_index
from mmgpt.extract import load_extractor
from train.evaluation.bootstrap import Interval
from train.evaluation.gate import (
    FIELDS,
    PARTS,
    READING,
    REAL,
    Compared,
    changed_parts,
    judge,
    ledger_row,
    markdown,
    paired,
)
from train.evaluation.line_sets import held_out_lines, recogniser_of
from train.evaluation.lines import evaluate_lines
from train.evaluation.metrics import METRICS
from train.evaluation.questions import capture_questions
from train.evaluation.questions import judge as judge_answer
from train.evaluation.readings import ReadingCache, reader_version, warm_up
from train.evaluation.run import Contender, ReaderResult, differences, evaluate, sample_folder
from train.evaluation.samples import Sample, load_samples
from train.evaluation.talk import ask
from vision.image import load_image
from vision.reader import make_reader

log = logging.getLogger(__name__)

RENDERED = Path("runs/heldout")
RENDERED_PICTURES = 200
LINES = 2000
LEDGER = Path("docs/releases.md")
TURNS = 6
SCREENS = 60
HEAD = """# Releases

Which weights were shipped when, and by which measures they were better than those before, beyond the paired bootstrap interval
(`mmgpt eval --release CANDIDATE --ship`; what the gate asks for is in `train/evaluation/gate.py`).

| date | parts | better by | note |
|---|---|---|---|
"""


def run_release(options: argparse.Namespace, console: Console, errors: Console) -> int:
    """Measures and judges `options.release`; ships it with `options.ship`. 0 where it is released, 1 where not.

    Raises SampleError, WeightsError or FileNotFoundError for what is missing.
    """
    candidate, shipped = options.release, options.against or NANO_WEIGHTS
    if not (candidate / "config.json").is_file():
        raise FileNotFoundError(f"{candidate} is no weights folder: it has no config.json")
    parts = changed_parts(candidate, shipped)
    compared: list[Compared] = []
    with Progress(console=errors, transient=True) as progress:
        if "reader" in parts or "extractor" in parts:
            compared += _screens(candidate, shipped, options, progress)
        if "reader" in parts:
            compared += _lines(candidate, shipped, options.lines or LINES)
        if "language model" in parts:
            compared += _questions(candidate, shipped, options, progress)
    verdict = judge(parts, compared)
    text = markdown(compared, verdict)
    console.print(Markdown(text))
    if options.markdown:
        options.markdown.write_text(text, "utf-8")
    if verdict.released and options.ship:
        ship(candidate, shipped, parts)
        write_ledger(LEDGER, ledger_row(datetime.date.today().isoformat(), parts, verdict, options.note or ""))
        log.info(
            "shipped %s into %s; calibrate the diagnosis anew: python -m train.calibrate", ", ".join(parts), shipped
        )
    return 0 if verdict.released else 1


def ship(candidate: Path, shipped: Path, parts: list[str]) -> None:
    """Replaces the files of `parts`, then checksums and index; the configuration of these parts comes along."""
    import json

    described = json.loads((candidate / "config.json").read_text("utf-8"))
    config = json.loads((shipped / "config.json").read_text("utf-8"))
    for part in parts:
        for name in PARTS[part]:
            if (candidate / name).is_file():
                shutil.copyfile(candidate / name, shipped / name)
        for key in {"reader": ("reader",), "language model": ("model", "tower"), "extractor": ()}[part]:
            if key in described:
                config[key] = described[key]
    (shipped / "config.json").write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    write_index(shipped)
    seal(shipped)


def write_ledger(path: Path, row: str) -> None:
    """Adds a row to the ledger, which is begun where there is none."""
    text = path.read_text("utf-8") if path.is_file() else HEAD
    path.write_text(f"{text.rstrip()}\n{row}\n", "utf-8")


def _screens(candidate: Path, shipped: Path, options: argparse.Namespace, progress: Progress) -> list[Compared]:
    cache = ReadingCache(None if options.no_cache else options.cache)
    sets: dict[str, list[Sample]] = {REAL: load_samples(sample_folder(REAL), options.limit)}
    sets["rendered"] = load_samples(_rendered(), options.limit)
    found: list[Compared] = []
    for name, samples in sets.items():
        results: list[ReaderResult] = []
        for folder in (candidate, shipped):
            reader = make_reader("nano", folder)
            warm_up(reader)
            contender = Contender(str(folder), reader, reader_version(reader, folder))
            task = progress.add_task(f"{name}: {folder}", total=len(samples))
            advance = partial(progress.advance, task, 1)
            results.append(evaluate(samples, contender, load_extractor(folder), cache, advance))
        found += _of_screens(name, *results)
    return found


def _of_screens(name: str, ours: ReaderResult, theirs: ReaderResult) -> list[Compared]:
    gaps = differences(ours, theirs)
    found = []
    for metric in METRICS:
        gap, mine, other = gaps.get(metric.key), ours.metrics[metric.key], theirs.metrics[metric.key]
        if metric.key in (*READING, *FIELDS) and gap is not None and mine is not None and other is not None:
            interval = Interval(gap["difference"], gap["low"], gap["high"])
            found.append(Compared(name, metric.key, metric.label, mine, other, interval, metric.better))
    whole = paired(name, "all_fields", "all fields together", _all_fields(ours), _all_fields(theirs))
    return found if whole is None else [*found, whole]


def _all_fields(result: ReaderResult) -> np.ndarray:
    """(right, asked) of every field of every picture, float [P, 2]: many small gains show here before they show alone."""
    rows = []
    for picture in result.pictures:
        results = picture.fields.results if picture.fields else ()
        rows.append((sum(r.right for r in results), len(results)))
    return np.array(rows, float)


def _rendered() -> Path:
    """The rendered held-out screens, drawn where they are not there yet."""
    if not any(RENDERED.glob("*.json")):
        from train.data.render.heldout import main

        log.info("drawing %d held-out screens into %s", RENDERED_PICTURES, RENDERED)
        if main(["--out", str(RENDERED), "--n", str(RENDERED_PICTURES)]):
            raise FileNotFoundError(f"held-out screens could not be drawn into {RENDERED}")
    return RENDERED


def _lines(candidate: Path, shipped: Path, count: int) -> list[Compared]:
    lines = held_out_lines(count)
    both = [
        evaluate_lines(recogniser_of(make_reader("nano", folder)), lines.crops, lines.texts, lines.tags).results
        for folder in (candidate, shipped)
    ]
    exact = [np.array([(r.exact, 1) for r in results], float) for results in both]
    edits = [np.array([(r.edits, r.characters) for r in results], float) for results in both]
    found = [
        paired("rendered lines", "line_accuracy", "lines exactly right", exact[0], exact[1]),
        paired("rendered lines", "cer", "character error rate", edits[0], edits[1], better=-1),
    ]
    return [c for c in found if c is not None]


def _questions(candidate: Path, shipped: Path, options: argparse.Namespace, progress: Progress) -> list[Compared]:
    found = []
    counts: Mapping[str, list[np.ndarray]] = {REAL: [], "simulated screens": []}
    for folder in (candidate, shipped):
        counts[REAL].append(_asked_captures(folder, options.limit, progress))
        counts["simulated screens"].append(_asked_screens(folder, options.limit or SCREENS))
    for name, (ours, theirs) in counts.items():
        found.append(paired(name, "questions", "questions answered right", ours, theirs))
    return [c for c in found if c is not None]


def _asked_captures(folder: Path, limit: int | None, progress: Progress) -> np.ndarray:
    engine = load_engine(folder)
    asked = capture_questions(sample_folder(REAL), 0, TURNS)[:limit]
    task = progress.add_task(f"questions on {REAL}: {folder}", total=len(asked))
    rows = []
    for path, turns in asked:
        alone = [turn for turn in turns if not turn.follows]
        answers = ask(engine, engine.look(load_image(path).pixels), alone)
        rows.append((sum(judge_answer(turn, text, as_read=False) for turn, text in answers), len(answers)))
        progress.advance(task)
    return np.array(rows, float)


def _asked_screens(folder: Path, count: int) -> np.ndarray:
    from train.data.perception import RowMaker
    from train.tasks.simulate import held_out_screens

    engine = load_engine(folder)
    maker = RowMaker(engine.model.config, engine.tokenizer)
    rows = []
    for entry in held_out_screens(maker, "held_out", count, TURNS):
        answers = ask(engine, engine.remember(entry.perceived), entry.turns)
        rows.append((sum(judge_answer(turn, text) for turn, text in answers), len(answers)))
    return np.array(rows, float)
