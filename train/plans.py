"""How much each stage of `mmgpt train all` does, by preset. nano's are those of the training log, at least."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Plan:
    """One preset's amounts. `training` has options of `train.cli` by stage; `shares` how --minutes are divided among stages that learn;
    `reader` settings of the assembled reader; `evaluation` sets that are measured."""

    preset: str
    training: Mapping[str, str]
    shares: Mapping[str, float]
    tokenizer_lines: int | None = None  # None: all of our own text
    perceived: int = 1500
    extract_minutes: float = 30.0
    extract_steps: int | None = None
    extract_batch: int = 32
    measured: int = 400
    preference_screens: int = 400
    calibration_captures: int | None = None
    calibration_rendered: int = 400
    reader: Mapping[str, float] = field(default_factory=dict)
    evaluation: tuple[str, ...] = ("dev", "test")
    evaluation_limit: int | None = None
    threads: int | None = None  # None: all cores
    trial: bool = False  # whether all stages shall be gone through, though none learns anything to speak of

    def options(self, stage: str) -> list[str]:
        """Options of `train.cli`."""
        return self.training[stage].split()

    def scaled(self, factor: float) -> Plan:
        """The same stages with `factor` times the steps, screens and minutes of each, but no fewer than it takes to go through them.

        Below 1 it is a trial, and what it leaves is not worth keeping: less is measured as well, on `dev` alone, and a reader that has
        learned next to nothing passes on all that it reads. Raises ValueError for a factor that is not above 0.
        """
        if not 0 < factor < float("inf"):
            raise ValueError(f"--scale {factor:g} is not a number above 0")
        if factor == 1:
            return self

        def times(value: int, least: int) -> int:
            return max(min(least, value), round(value * factor))

        training = {stage: _scaled(options.split(), factor) for stage, options in self.training.items()}
        changed = replace(
            self, training=training, perceived=times(self.perceived, 24), extract_minutes=max(self.extract_minutes * factor, 0.2),
            extract_steps=None if self.extract_steps is None else times(self.extract_steps, 20),
            preference_screens=times(self.preference_screens, 8),
        )  # fmt: skip
        if factor > 1:
            return changed
        if "--atlases" not in training["lines"]:
            training["lines"] += f" --atlases {_TRIED_ATLASES}"
        lines = _TRIED_LINES if self.tokenizer_lines is None else self.tokenizer_lines
        return replace(
            changed, tokenizer_lines=lines, measured=times(self.measured, 16), evaluation=self.evaluation[:1],
            calibration_captures=times(self.calibration_captures or _CAPTURES, 8),
            calibration_rendered=times(self.calibration_rendered, 8), evaluation_limit=times(self.evaluation_limit or _CAPTURES, 8),
            reader={**self.reader, "min_confidence": 0.0}, trial=True,
        )  # fmt: skip


_TRIED_LINES = 20_000  # of text that a trial's tokenizer is made from: enough for all of nano's pieces
_TRIED_ATLASES = 48  # faces and sizes that a trial draws lines with: all of them take minutes to draw
_CAPTURES = 100  # about as many as there are in `dev`
_LEAST = {"--steps": 4, "--warmup": 1, "--decay": 1}
_SHARE = {"--warmup": 0.1, "--decay": 0.2}  # of the steps, where a plan leaves them to the command


def _scaled(options: list[str], factor: float) -> str:
    """Options of `train.cli` with other steps."""
    given = dict(zip(options[::2], options[1::2], strict=True))
    steps = int(given["--steps"])
    for name, share in _SHARE.items():
        given.setdefault(name, str(round(share * steps)))
    for name, least in _LEAST.items():
        given[name] = str(max(least, round(int(given[name]) * factor)))
    if factor < 1:
        given.setdefault("--evaluation", "4")
    return " ".join(part for pair in given.items() for part in pair)


SHARES = {
    "text": 0.5, "lines": 4.0, "textmap": 3.0, "clip": 2.0, "simulate": 5.0, "align": 0.5, "instruct": 3.0, "extract": 3.0,
    "prefer": 0.5,
}  # fmt: skip


def debug() -> Plan:
    """Every stage in three minutes on two cores: nothing learns much, everything is gone through."""
    few = "--eval-every 100000 --save-every 100000 --log-every 10 --ema 0.9 --warmup 5 --bf16 off"
    return Plan(
        preset="debug",
        training={
            "text": f"{few} --steps 30 --decay 10 --batch 4 --evaluation 4 --lr 3e-3",
            "lines": f"{few} --steps 130 --decay 40 --batch 12 --evaluation 1 --atlases 48 --frames-first 400 --lr 4e-3",
            "textmap": f"{few} --steps 70 --decay 23 --batch 2 --evaluation 2 --lr 6e-3",
            "clip": f"{few} --steps 10 --decay 3 --batch 8 --evaluation 8",
            "simulate": f"{few} --steps 40 --decay 10 --batch 6 --turns 4 --evaluation 3 --lr 3e-3",
            "align": f"{few} --steps 15 --decay 5 --batch 6 --turns 4 --evaluation 3 --lr 3e-3",
            "instruct": f"{few} --steps 30 --decay 10 --batch 6 --turns 4 --evaluation 3 --lr 2e-3",
            "prefer": f"{few} --steps 10 --decay 2 --batch 4 --evaluation 4 --lr 1e-4",
        },
        shares=SHARES,
        tokenizer_lines=4000,
        perceived=50,
        extract_minutes=2.0,
        extract_steps=60,
        extract_batch=8,
        measured=16,
        preference_screens=8,
        calibration_captures=8,
        calibration_rendered=8,
        # A reader that has seen so few lines is sure of none; what it reads must reach the stages behind it all the same.
        reader={"min_confidence": 0.0},
        evaluation=("dev",),
        evaluation_limit=8,
        threads=1,
    )


def nano() -> Plan:
    """What is shipped, without pages of a browser and harvested messages (docs/train.md says how these come in)."""
    return Plan(
        preset="nano",
        training={
            "text": "--steps 1000",
            "lines": "--steps 6500 --warmup 300 --decay 1500 --lr 2e-3",
            "textmap": "--steps 6000 --warmup 100 --decay 1200 --lr 2e-3 --batch 6",
            "clip": "--steps 500 --warmup 20 --decay 100 --lr 8e-4 --batch 96",
            "simulate": "--steps 2000 --warmup 100 --decay 500 --lr 2e-3",
            "align": "--steps 100 --warmup 5 --decay 20 --lr 2e-3",
            "instruct": "--steps 700 --warmup 20 --decay 260 --lr 1.5e-3",
            "prefer": "--steps 200 --lr 5e-6 --batch 8 --warmup 20 --decay 50",
        },
        shares=SHARES,
    )


PLANS = {"debug": debug, "nano": nano}
