"""Records that cannot be used: counted, named, passed over; too many of them stop the run."""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from pathlib import Path

from train.data.sources.record import Broken

log = logging.getLogger(__name__)
NAMED = 20  # records that the log names; all of them stand in skipped.jsonl
JUDGED_AFTER = 100


class TooManyBroken(ValueError):
    """More records are broken than the run may pass over; it says both numbers."""


class Skips:
    """Counts records that were seen and those that were broken, each once.

    `path`: where all of them are written (None: nowhere); what it holds already counts. `most`: the largest share that is passed over,
    judged from JUDGED_AFTER records on and by `judge`.
    """

    def __init__(self, path: Path | None = None, most: float = 0.01) -> None:
        if not 0 <= most <= 1:
            raise ValueError(f"--max-broken {most} is no share: 0 passes over nothing, 0.01 one of a hundred, 1 all")
        self.path, self.most = path, most
        self.seen: set[tuple[str, str]] = set()
        self.broken: set[tuple[str, str]] = set()
        self.reasons: Counter[str] = Counter()
        self._known = _written(path)

    def good(self, source: str, key: str) -> None:
        """A record was usable."""
        self.seen.add((source, key))
        if self.broken and len(self.seen) >= JUDGED_AFTER:
            self.judge()

    def bad(self, source: str, key: str, error: Broken) -> None:
        """A record was broken. Raises TooManyBroken where these are too many."""
        entry = (source, key)
        if entry in self.broken:
            return
        self.seen.add(entry)
        self.broken.add(entry)
        self.reasons[error.reason] += 1
        detail = plain(str(error))
        if entry not in self._known:
            if len(self.broken) <= NAMED:
                log.warning("passed over %s: %s (%s)", plain(key), detail, error.reason)
            if len(self.broken) == NAMED and self.path is not None:
                log.warning("further ones are not named here; all are in %s", self.path)
            self._write({"source": source, "record": key, "reason": error.reason, "detail": detail})
        if len(self.seen) >= JUDGED_AFTER:
            self.judge()

    def judge(self) -> None:
        """Raises TooManyBroken where more than the allowed share of all that was seen is broken."""
        if len(self.broken) > self.most * len(self.seen):
            reasons = ", ".join(f"{reason} {count}" for reason, count in self.reasons.most_common(4))
            raise TooManyBroken(
                f"{len(self.broken)} of {len(self.seen)} records cannot be used ({len(self.broken) / len(self.seen):.1%}; {reasons}), and "
                f"--max-broken allows {self.most:.1%}: mend them{f' ({self.path} names all)' if self.path else ''}, or allow more"
            )

    def _write(self, row: dict[str, str]) -> None:
        if self.path is None or os.environ.get("RANK", "0") != "0":
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8", errors="backslashreplace") as handle:
            handle.write(
                json.dumps(row) + "\n"
            )  # letters as they are would let a hostile file write control characters


def plain(text: str) -> str:
    """One line that a terminal can show, at most 300 letters, whatever stands in it."""
    from mmgpt.commands.console import one_line

    short = text if len(text) <= 300 else text[:299] + "…"
    return one_line(short.encode("utf-8", "backslashreplace").decode())


def _written(path: Path | None) -> set[tuple[str, str]]:
    if path is None or not path.is_file():
        return set()
    known = set()
    for line in path.read_text("utf-8", "replace").splitlines():
        try:
            row = json.loads(line)
            known.add((str(row["source"]), str(row["record"])))
        except (ValueError, KeyError, TypeError):  # the last line of a run that was cut off
            continue
    return known
