"""What a run writes down on its way: CSV always, TensorBoard and W&B where they are wanted and installed."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

FILES = ("loss.csv", "curve.csv")


def _rows(path: Path) -> list[dict[str, str]]:
    """Whole rows of a file; one that was cut off by a kill is left out."""
    if not path.exists():
        return []
    with path.open(newline="") as handle:
        return [row for row in csv.DictReader(handle) if (row.get("step") or "").isdigit() and None not in row.values()]


def _rewrite(path: Path, rows: list[dict[str, Any]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    scratch = path.with_name(f".{path.name}.tmp")
    with scratch.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(scratch, path)


def write_row(path: Path, row: dict[str, Any]) -> None:
    """Adds a row. A row of the same step or a later one is of a run that was cut off, and goes; a new column is added to all."""
    old = _rows(path)
    kept = [r for r in old if int(r["step"]) < row["step"]]
    if old and len(kept) == len(old) and set(row) <= set(old[0]):
        with path.open("a", newline="") as handle:
            csv.DictWriter(handle, list(old[0]), restval="").writerow(row)
    else:
        _rewrite(path, [*kept, row])


class Recorder:
    """Writes rows into the run's folder, and to TensorBoard and W&B. Raises RuntimeError where a wanted package is missing."""

    def __init__(self, out: Path, step: int, settings: dict[str, Any], tensorboard: bool, wandb: bool) -> None:
        self.out = out
        self._board: Any = None
        self._wandb: Any = None
        out.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            rows = _rows(out / name)
            kept = [row for row in rows if int(row["step"]) <= step]
            if len(kept) < len(rows):
                _rewrite(out / name, list(kept)) if kept else (out / name).unlink()
        if tensorboard:
            try:
                from torch.utils.tensorboard import SummaryWriter
            except ModuleNotFoundError as error:
                raise RuntimeError("--tensorboard needs its package: pip install tensorboard") from error
            self._board = SummaryWriter(str(out / "tensorboard"), purge_step=step + 1)
        if wandb:
            try:
                import wandb as service
            except ModuleNotFoundError as error:
                raise RuntimeError("--wandb needs its package: pip install wandb") from error
            known = os.environ.get("WANDB_API_KEY") or (Path.home() / ".netrc").exists()
            mode = os.environ.get("WANDB_MODE") or ("online" if known else "offline")
            self._wandb = service.init(
                project=os.environ.get("WANDB_PROJECT", "mmgpt"),
                name=out.name,
                dir=str(out),
                config=settings,
                mode=mode,
            )

    def write(self, name: str, row: dict[str, Any]) -> None:
        """A row of file `name`; it has a `step`."""
        write_row(self.out / name, row)
        group = Path(name).stem
        values = {f"{group}/{k}": v for k, v in row.items() if k not in ("step", "hours")}
        if self._board is not None:
            for key, value in values.items():
                self._board.add_scalar(key.replace(" ", "_"), value, row["step"])
        if self._wandb is not None:
            self._wandb.log(values, step=row["step"])

    def close(self) -> None:
        """Flushes what is not yet written."""
        if self._board is not None:
            self._board.close()
        if self._wandb is not None:
            self._wandb.finish()
