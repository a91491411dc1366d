"""The stages of a whole training, from the tokenizer to the evaluation: what each needs, does, and leaves in the run's folder.

Trained stages are runs of `train.cli`, each in a folder of its own; the others are the project's other commands with the run's weights.
`train.run_all` calls them in order.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from mmgpt import NANO_WEIGHTS
from train.plans import Plan

log = logging.getLogger(__name__)
Scores = dict[str, float]
TRAINED = ("text", "lines", "textmap", "clip", "simulate", "align", "instruct", "prefer")
_SHARE_TO_MEASURE = 0.2  # of a stage's minutes, until its length in steps is planned
_DECAYING = 0.2  # of the steps: Hägele et al. (2024) find 10 to 20 per cent enough
_ENDLESS = 10**7
_FEWEST = 10


class StageFailed(Exception):
    """A stage could not be done; the message is one line that says why."""


class Stopped(KeyboardInterrupt):
    """SIGTERM or Ctrl-C: what can be saved is saved."""


@dataclass
class Stop:
    """Whether this process was asked to stop. A signal raises `Stopped`, except where a stage looks for itself (`looking`)."""

    asked: bool = False
    _looking: bool = field(default=False, repr=False)

    def __call__(self, *_: Any) -> None:
        """As a signal handler."""
        self.asked = True
        if not self._looking:
            raise Stopped

    @contextmanager
    def looking(self) -> Iterator[Callable[[], bool]]:
        """A stage that saves by itself asks the callable; `Stopped` is raised at its end."""
        self._looking = True
        try:
            yield lambda: self.asked
        finally:
            self._looking = False
        if self.asked:
            raise Stopped


@dataclass
class Run:
    """One training of everything: where, by which plan, on what, and for how long (`minutes` of learning in all, None: by steps)."""

    out: Path
    plan: Plan
    threads: int = 1
    workers: int = 0
    device: str = "cpu"
    seed: int = 0
    harvest: str = "auto"
    minutes: float | None = None
    stop: Stop = field(default_factory=Stop)
    notes: dict[str, Any] = field(default_factory=dict)  # what a stage has planned for itself; kept in stages.json
    keep: Callable[[], None] = lambda: None  # writes the notes

    @property
    def weights(self) -> Path:
        """The folder that all parts are put together in."""
        return self.out / "weights"

    @property
    def tokenizer(self) -> Path:
        """The run's own tokenizer."""
        return self.weights / "tokenizer.json"

    def model(self, stage: str) -> Path:
        """The exported weights of a trained stage."""
        return self.out / stage / "model.safetensors"

    def newest(self, *stages: str) -> Path | None:
        """The folder of the last of these stages that has weights."""
        found = [self.out / stage for stage in stages if self.model(stage).is_file()]
        return found[-1] if found else None

    def needs(self, *paths: Path) -> None:
        """Raises StageFailed where something of an earlier stage is missing."""
        missing = [str(path.relative_to(self.out)) for path in paths if not path.exists()]
        if missing:
            raise StageFailed(
                f"{', '.join(missing)} is missing in {self.out}: an earlier stage was left out, add it to --stages"
            )

    def share(self, stage: str) -> float | None:
        """The minutes of a stage that learns."""
        if self.minutes is None:
            return None
        return self.minutes * self.plan.shares[stage] / sum(self.plan.shares.values())


# -- trained stages ----------------------------------------------------------------------------------------------------------------


def last_row(path: Path) -> dict[str, float]:
    """The last row of a run's CSV file; empty without one."""
    if not path.is_file():
        return {}
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    return {name: float(value) for name, value in rows[-1].items() if value not in ("", None)} if rows else {}


def _cli(arguments: list[str]) -> None:
    """`train.cli` in this process. Raises Stopped or StageFailed by its exit code; it has said why on stderr."""
    from train.cli import main

    try:
        code = main(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    if code == 130:
        raise Stopped
    if code:
        raise StageFailed("it could not be trained; the line above says why")


def _learn(run: Run, stage: str, more: list[str]) -> Scores:
    """One run of `train.cli`; by the clock where the run has minutes: a part of them tells how many steps there is time for."""
    out = run.out / stage
    common = [
        stage, "--out", str(out), "--seed", str(run.seed), "--device", run.device, "--threads", str(run.threads),
        "--workers", str(run.workers), "--harvest", run.harvest, "--preset", run.plan.preset, "--tokenizer", str(run.tokenizer),
        *run.plan.options(stage), *more,
    ]  # fmt: skip
    minutes = run.share(stage)
    if minutes is None:
        _cli(common)
    else:
        if "steps" not in run.notes:
            _cli([*common, "--steps", str(_ENDLESS), "--decay", "0", "--minutes", str(_SHARE_TO_MEASURE * minutes)])
            done = last_row(out / "curve.csv")
            steps = max(_FEWEST, round(done["step"] * minutes / max(60 * done["hours"], 1e-3)))
            run.notes["steps"] = max(steps, int(done["step"]) + 1)
            run.keep()
        steps = int(run.notes["steps"])
        _cli([*common, "--steps", str(steps), "--decay", str(max(1, round(_DECAYING * steps)))])
    return last_row(out / "curve.csv")


def _init(run: Run, *before: str) -> list[str]:
    found = run.newest(*before)
    return [] if found is None else ["--init", str(found / "model.safetensors")]


def text(run: Run) -> Scores:
    """The decoder alone, on the language of screens."""
    run.needs(run.tokenizer)
    return _learn(run, "text", [])


def lines(run: Run) -> Scores:
    """The recogniser, on rendered lines."""
    return _learn(run, "lines", [])


def textmap(run: Run) -> Scores:
    """The text map, on rendered screens."""
    return _learn(run, "textmap", [])


def clip(run: Run) -> Scores:
    """The tower, on rendered screens and descriptions."""
    run.needs(run.tokenizer)
    return _learn(run, "clip", [])


def simulate(run: Run) -> Scores:
    """Decoder and line projector, on described screens."""
    run.needs(run.tokenizer)
    return _learn(run, "simulate", _init(run, "text"))


def align(run: Run) -> Scores:
    """The projectors, on captions of perceived screens."""
    run.needs(run.tokenizer, run.out / "perceived")
    return _learn(run, "align", ["--data", str(run.out / "perceived"), *_init(run, "text", "simulate")])


def instruct(run: Run) -> Scores:
    """All but reader and tower, on conversations about perceived screens."""
    run.needs(run.tokenizer, run.out / "perceived")
    return _learn(run, "instruct", ["--data", str(run.out / "perceived"), *_init(run, "text", "simulate", "align")])


def prefer(run: Run) -> Scores:
    """What is right rather than what the model itself got wrong, by preference (DPO)."""
    from train.preferences import write_pairs

    run.needs(run.tokenizer, run.weights / "reader.safetensors")
    before = run.newest("simulate", "align", "instruct")
    if before is None:
        raise StageFailed("there is no model to ask: the stages simulate or instruct come first, add them to --stages")
    pairs = run.out / "pairs" / "pairs.jsonl"
    tower = run.out / "clip" / "tower"
    if not pairs.is_file():
        torch.set_num_threads(run.threads)
        run.notes["pairs"] = write_pairs(
            before,
            run.weights,
            tower if tower.is_dir() else None,
            run.plan.preset,
            pairs,
            run.plan.preference_screens,
            run.seed,
        )
        run.keep()
    if not run.notes.get("pairs", 1):
        log.info("prefer: no answer was wrong, so there is nothing to prefer")
        return {"pairs": 0.0}
    scores = _learn(run, "prefer", ["--data", str(pairs), "--init", str(before / "model.safetensors")])
    return {"pairs": float(run.notes["pairs"]), **scores}


# -- the other stages --------------------------------------------------------------------------------------------------------------


def tokenizer(run: Run) -> Scores:
    """Byte-level pieces of our own text, as many as the decoder has."""
    from train.ladder import architecture
    from train.tokenizer import conversation_lines, own_text, train_tokenizer

    most = run.plan.tokenizer_lines
    lines = own_text(run.seed)
    if most is not None:
        lines = itertools.chain(itertools.islice(lines, most), conversation_lines(max(most // 100, 1)))
    made = train_tokenizer(lines, architecture(run.plan.preset).decoder.vocab_size)
    run.weights.mkdir(parents=True, exist_ok=True)
    scratch = run.tokenizer.with_suffix(".new")
    made.save(str(scratch), pretty=False)
    scratch.replace(run.tokenizer)
    return {"pieces": float(made.get_vocab_size())}


def perceive(run: Run) -> Scores:
    """Puts reader and tower together, then keeps what they perceive of rendered screens."""
    from mmgpt.checkpoint import seal
    from train.release import assemble
    from vision.clip import SHARD
    from vision.reader.weights import read_config

    run.needs(run.tokenizer, run.model("lines"), run.model("textmap"), run.out / "clip" / "tower")
    if not (run.weights / "reader.safetensors").is_file():
        tower = run.out / "clip" / "tower"
        told = {
            "name": f"mmgpt-{run.plan.preset}",
            "reader": dict(run.plan.reader),
            "tower": read_config(tower)["tower"],
        }
        (run.weights / "config.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
        shutil.copyfile(tower / SHARD, run.weights / SHARD)  # preferences look at pictures with it
        assemble(run.out / "textmap", run.out / "lines", run.weights)
    found = _perceived(run)
    if not found and run.plan.trial and run.plan.preset == "nano":
        log.warning(
            "this trial's reader finds no line; the shipped one stands in, so that the stages behind can be tried"
        )
        shutil.copyfile(NANO_WEIGHTS / "reader.safetensors", run.weights / "reader.safetensors")
        told = {**read_config(run.weights), "reader": read_config(NANO_WEIGHTS)["reader"]}
        (run.weights / "config.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")
        seal(run.weights)
        run.notes["reader"] = "shipped"  # told in the card
        found = _perceived(run)
    if not found:
        raise StageFailed("the reader finds no line in any screen: lines and textmap have learned too little")
    return {"screens": float(found)}


def _perceived(run: Run) -> int:
    """How many screens in which something is read are on disk afterwards. Raises StageFailed."""
    from train.data import perceived

    code = perceived.main(
        [
            "--out", str(run.out / "perceived"), "--count", str(run.plan.perceived), "--seed", str(run.seed),
            "--weights", str(run.weights), "--tower", str(run.out / "clip" / "tower"), "--preset", run.plan.preset,
        ]
    )  # fmt: skip
    if code:
        raise StageFailed("screens could not be perceived; the line above says why")
    return sum(len(path.read_text("utf-8").splitlines()) for path in (run.out / "perceived").glob("*.jsonl"))


def extract(run: Run) -> Scores:
    """The extractor, on described screens; then its temperatures."""
    from train.tasks import extract as task

    plan = run.plan
    minutes = run.share("extract")
    with run.stop.looking() as asked:
        scores = task.train(
            run.out / "extract", minutes or plan.extract_minutes, seed=run.seed + 1, batch_size=plan.extract_batch,
            measured=plan.measured, steps=plan.extract_steps if minutes is None else None, stop=asked,
        )  # fmt: skip
    task.finish(run.out / "extract", plan.measured)
    return {name: round(value, 4) for name, value in scores.items()}


def release(run: Run) -> Scores:
    """Everything in one folder of weights, which every command takes by --weights; loaded strictly once."""
    from mmgpt.checkpoint import seal
    from mmgpt.hf.files import write_hf_files
    from train.release import assemble_model

    model = run.newest("simulate", "align", "instruct", "prefer")
    if model is None:
        raise StageFailed("there is no model to release: add simulate or instruct to --stages")
    extractor = [run.out / "extract" / name for name in ("extractor.safetensors", "extractor.json")]
    run.needs(run.weights / "reader.safetensors", run.out / "clip" / "tower", *extractor)
    assemble_model(model, run.weights, run.plan.preset, run.out / "clip")
    for path in extractor:
        shutil.copyfile(path, run.weights / path.name)
    write_hf_files(run.weights)
    seal(run.weights)
    return {"MB": round(sum(path.stat().st_size for path in run.weights.iterdir()) / 1e6, 1)}


def calibrate(run: Run) -> Scores:
    """What confidences are worth, and from where on the diagnosis answers: on captures of `dev` and rendered held-out screens."""
    from mmgpt.diagnosis import Diagnoser
    from train import calibrate as fitting
    from train.evaluation.diagnosis_labels import ENTRIES, load_labels
    from train.evaluation.diagnosis_observe import perceive_all, samples_of
    from train.evaluation.run import sample_folder
    from train.evaluation.samples import load_samples

    run.needs(run.weights / "decoder.safetensors")
    folder, plan = sample_folder("dev"), run.plan
    diagnoser = Diagnoser.load(run.weights)
    real, labels = [], {}
    if folder.is_dir():
        real = load_samples(folder, plan.calibration_captures)
        labels = load_labels(ENTRIES, diagnoser.understanding.base())
    else:
        log.warning("%s is not there: calibrating on rendered screens alone, whose confidences are too high", folder)
    drawn_in = [fitting.rendered(plan.calibration_rendered, run.out / "calibration")]
    with samples_of(drawn_in) as drawn:
        every = [*((sample, True) for sample in real), *((sample, False) for sample in drawn)]
        found = fitting.calibrate(diagnoser, perceive_all(diagnoser, every), labels)
    found.thresholds.save(run.weights / "diagnosis.json")
    return {
        "captures": float(len(real)),
        "rendered": float(len(every) - len(real)),
        "an error from": found.thresholds.error,
    }


def evaluate(run: Run) -> Scores:
    """Reader and extractor measured; the table goes into the card."""
    from train.evaluate import main

    data = run.plan.evaluation
    arguments = [
        "--data", *data, "--weights", str(run.weights), "--extractor", str(run.weights), "--cache", str(run.out / "readings"),
        "--markdown", str(run.out / "evaluation.md"), "--json", str(run.out / "evaluation.json"),
    ]  # fmt: skip
    if run.plan.evaluation_limit is not None:
        arguments += ["--limit", str(run.plan.evaluation_limit)]
    if main(arguments):
        raise StageFailed("it could not be measured; the line above says why")
    first = json.loads((run.out / "evaluation.json").read_text("utf-8"))["evaluations"][0]["readers"]["nano"]
    return {name: value for name, value in first["metrics"].items() if name in _TOLD and value is not None}


_TOLD = ("line_accuracy", "cer", "right_line", "code_accuracy", "category_accuracy", "app_accuracy", "false_alarms")


STAGES: dict[str, Callable[[Run], Scores]] = {
    "tokenizer": tokenizer, "text": text, "lines": lines, "textmap": textmap, "clip": clip, "simulate": simulate,
    "perceive": perceive, "align": align, "instruct": instruct, "extract": extract, "prefer": prefer, "release": release,
    "calibrate": calibrate, "evaluate": evaluate,
}  # fmt: skip
"""Every stage in order."""


def parse(text: str) -> tuple[str, ...]:
    """Stages by name, with commas between, in the order in which they are done. Raises argparse.ArgumentTypeError for unknown ones."""
    asked = {name.strip() for name in text.split(",") if name.strip()}
    if unknown := sorted(asked - set(STAGES)):
        raise argparse.ArgumentTypeError(f"no stage {', '.join(unknown)}; there are {', '.join(STAGES)}")
    if not asked:
        raise argparse.ArgumentTypeError(f"name stages, with commas between: {', '.join(STAGES)}")
    return tuple(name for name in STAGES if name in asked)
