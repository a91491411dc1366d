"""Calibrates the diagnosis: what its confidences are worth, and from where on it answers; written as `diagnosis.json`.

    python -m train.calibrate --data dev --rendered 400 --also runs/pages/held_out --out mmgpt/weights/nano/diagnosis.json

Real captures are few, so curves have few parameters and are chosen by cross-validation over captures; rendered held-out screens help where
they agree with them. Thresholds: false alarms on normal screens at most 3 %, codes that are shown right in 95 %, entries that are
cited right in 90 %; of the other fields nothing is said that is more likely wrong than right.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import Progress

from mmgpt.diagnosis.thresholds import ENTRY, Thresholds
from mmgpt.diagnosis.understand import Understanding
from train.evaluation.diagnosis_fit import Answers, Fit, apply, fit, least_for_accuracy, least_for_alarms
from train.evaluation.diagnosis_labels import ENTRIES, load_labels
from train.evaluation.diagnosis_metrics import calibration_error
from train.evaluation.diagnosis_observe import Observation, Perceived, observe, perceive_all, samples_of
from train.evaluation.diagnosis_run import fewer_entries
from train.evaluation.run import sample_folder
from train.evaluation.samples import SampleError, load_samples

if TYPE_CHECKING:
    from mmgpt.diagnosis import Diagnoser

log = logging.getLogger(__name__)

MOST_ALARMS = 0.03
RIGHT_CODES = 0.95
RIGHT_ENTRIES = 0.9
LEAST_ENTRY = 0.5
"""An entry below this score is never cited. What is only near keeps less (`mmgpt.diagnosis.standing`): more would only cost coverage."""
LIKELY = {"app": 0.5, "kind": 0.5, "message": 0.3, "category": 0.5}
"""Least probability of an answer. A message that is not exactly right is mostly the right line with a letter or a row amiss."""
RENDERED = Path("runs/calibration")
_FIRST_SEED = 100_000  # far from the seeds that other measurements draw with

Labels = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Calibration:
    """Thresholds, and for each name the curve's fit and the calibration error of captures before and after."""

    thresholds: Thresholds
    fits: Mapping[str, Fit]
    errors: Mapping[str, tuple[int, float, float]]


def calibrate(diagnoser: Diagnoser, perceived: Sequence[Perceived], labels: Labels) -> Calibration:
    """Curves and thresholds, in the order in which stages build on one another: errors and entries first, then fields.

    Raises ValueError where nothing was perceived.
    """
    if not perceived:
        raise ValueError("nothing to calibrate on: give captures or rendered screens whose fields are known")
    fits: dict[str, Fit] = {}
    answers: dict[str, Answers] = {}
    opened = Thresholds.open()
    first = observe(diagnoser, perceived, opened)

    answers["is_error"] = Answers.of([(one.p_error, one.is_error, one.real, one.id) for one in first])
    fits["is_error"] = fit(answers["is_error"])
    normals = [one for one in first if not one.is_error]
    alarms = fits["is_error"](np.array([one.p_error for one in normals], dtype=float))
    limit = least_for_alarms(alarms, np.array([one.real for one in normals], dtype=bool), MOST_ALARMS)

    answers[ENTRY] = Answers.of([*_entries(first, labels), *_removed(diagnoser, perceived, labels)])
    fits[ENTRY] = fit(answers[ENTRY])
    worth = fits[ENTRY](answers[ENTRY].raw)
    entry = least_for_accuracy(worth, answers[ENTRY].right, answers[ENTRY].real, RIGHT_ENTRIES, LEAST_ENTRY)

    thresholds = replace(
        opened,
        normal=min(0.5, limit),
        error=limit,
        least={**opened.least, ENTRY: entry},
        curves={name: found.points for name, found in fits.items() if found.points},
    )
    second = observe(diagnoser, perceived, thresholds)
    least = dict(thresholds.least)
    for name in ("app", "kind", "message", "error_code", "category"):
        rows = [(one, one.fields[name]) for one in second if name in one.fields]
        answers[name] = Answers.of([(value[0], value[1], one.real, one.id) for one, value in rows])
        fits[name] = fit(answers[name])
        least[name] = LIKELY.get(name, 0.0)
        if name == "error_code":
            shown = np.array([value[2] for _, value in rows], dtype=bool)
            worth = fits[name](answers[name].raw)[shown]
            least[name] = least_for_accuracy(
                worth, answers[name].right[shown], answers[name].real[shown], RIGHT_CODES, 0.5
            )
    curves = {name: found.points for name, found in fits.items() if found.points}
    errors = {name: _error(answers[name], fits[name]) for name in fits}
    return Calibration(replace(thresholds, least=least, curves=curves), fits, errors)


def _entries(observations: Sequence[Observation], labels: Labels) -> list[tuple[float, bool, bool, str]]:
    """The best entry of each labelled capture that is taken for an error; right if it is among the labelled ones."""
    found = []
    for one in observations:
        if one.real and one.entry is not None and (one.id in labels or not one.is_error):
            found.append((one.entry[1], one.entry[0] in labels.get(one.id, ()), True, one.id))
    return found


def _removed(
    diagnoser: Diagnoser, perceived: Sequence[Perceived], labels: Labels
) -> list[tuple[float, bool, bool, str]]:
    """The best entry of each labelled capture where its right entries are not in the base: never right."""
    whole = diagnoser.understanding
    found = []
    for one in perceived:
        right = labels.get(one.sample.id, ()) if one.real else ()
        if right:
            fewer = copy.copy(diagnoser)
            base = fewer_entries(whole.base(), frozenset(right))
            fewer.understanding = Understanding(lambda base=base: base, whole.thresholds)  # type: ignore[misc]
            found += [
                (seen.entry[1], False, True, seen.id)
                for seen in observe(fewer, [one], Thresholds.open())
                if seen.entry is not None
            ]
    return found


def _error(answers: Answers, fitted: Fit) -> tuple[int, float, float]:
    """(captures, their calibration error before, after)."""
    raw, right = answers.raw[answers.real], answers.right[answers.real]
    return len(raw), calibration_error(raw, right), calibration_error(apply(fitted.points, raw), right)


def rendered(count: int, folder: Path) -> Path:
    """A folder with `count` rendered held-out screens, drawn where they are not there yet. Raises OSError."""
    from train.data.render import heldout

    place = folder / f"rendered-{count}"
    place.mkdir(parents=True, exist_ok=True)
    for seed in range(_FIRST_SEED, _FIRST_SEED + count):
        if not (place / f"held-{seed:06d}.json").is_file():
            try:
                heldout.save(heldout.make(seed), place)
            except RuntimeError as error:
                log.info("%s", error)
    return place


def main(argv: Sequence[str] | None = None) -> int:
    """Command line. Returns 0, or 2 when data, labels or weights are missing or damaged (one line on stderr says which)."""
    parser = argparse.ArgumentParser(prog="python -m train.calibrate", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", nargs="+", default=["dev"], metavar="SET", help="dev, or folders of real captures")
    parser.add_argument("--rendered", type=int, default=0, metavar="N", help="also N rendered held-out screens")
    parser.add_argument(
        "--also", nargs="*", type=Path, default=[], metavar="FOLDER", help="also other rendered screens"
    )
    parser.add_argument("--weights", type=Path, help="reader and extractor (a folder; default: the shipped ones)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="diagnosis.json, beside the weights")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write how each curve was chosen, as JSON")
    options = parser.parse_args(argv)
    errors = Console(stderr=True)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=errors)], force=True)
    if "test" in options.data:
        parser.error("test is measured on, and never calibrated on: give dev")
    if options.rendered < 0:
        parser.error("--rendered must be at least 0")
    try:
        _run(options, errors)
    except (SampleError, ValueError, OSError) as error:
        errors.print(f"calibrate: {error}", markup=False, highlight=False, soft_wrap=True)
        return 2
    return 0


def _run(options: argparse.Namespace, errors: Console) -> None:
    from mmgpt.diagnosis import Diagnoser

    real = [sample for name in options.data for sample in load_samples(sample_folder(name))]
    diagnoser = Diagnoser.load(options.weights)
    labels = load_labels(ENTRIES, diagnoser.understanding.base())
    folders = [*options.also]
    if options.rendered:
        log.info("rendering %d screens in %s", options.rendered, RENDERED)
        folders.append(rendered(options.rendered, RENDERED))
    with samples_of(folders) as drawn, Progress(console=errors, transient=True) as progress:
        every = [*((sample, True) for sample in real), *((sample, False) for sample in drawn)]
        task = progress.add_task("reading", total=len(every))
        perceived = perceive_all(diagnoser, every, partial(progress.advance, task, 1))
    found = calibrate(diagnoser, perceived, labels)
    found.thresholds.save(options.out)
    for name, fitted in found.fits.items():
        count, before, after = found.errors[name]
        log.info(
            "%s: %s, a rendered screen worth %g; %d captures, calibration error %.3f -> %.3f, log loss %.3f -> %.3f",
            name, fitted.method, fitted.worth, count, before, after, fitted.loss_before, fitted.loss,
        )  # fmt: skip
    log.info("an error from %.3f, none below %.3f; least %s", found.thresholds.error, found.thresholds.normal,
             ", ".join(f"{name} {value:.3f}" for name, value in found.thresholds.least.items()))  # fmt: skip
    log.info("wrote %s", options.out)
    if options.report:
        rows = {
            name: {"method": fitted.method, "worth_of_rendered": fitted.worth, "captures": found.errors[name][0],
                   "error_before": found.errors[name][1], "error_after": found.errors[name][2],
                   "loss_before": fitted.loss_before, "loss": fitted.loss}
            for name, fitted in found.fits.items()
        }  # fmt: skip
        options.report.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
