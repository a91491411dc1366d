"""How much may leave the machine: requests and bytes, a run or a day. Safe for threads, and across processes for days."""

from __future__ import annotations

import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mmgpt.escalation.errors import EscalationError

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]i?b|b)?(?:\s*/\s*(day|run))?", re.IGNORECASE)
_FACTORS = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_TABLE = "CREATE TABLE IF NOT EXISTS spent (day TEXT PRIMARY KEY, requests INTEGER NOT NULL, bytes INTEGER NOT NULL)"


@dataclass(frozen=True)
class Limit:
    """At most `most` requests or bytes in one run of the program, or on one day of local time."""

    most: int
    unit: Literal["requests", "bytes"] = "requests"
    per: Literal["run", "day"] = "run"

    def __str__(self) -> str:
        return f"{self.most:,} {self.unit} a {self.per}"


def parse_limits(text: str) -> tuple[Limit, ...]:
    """`50`, `50/day`, `20MB/run`, or several with commas. A number without a unit counts requests; without `/day` it is for a run.

    Raises ValueError with one line that says how it is written.
    """
    limits = []
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        if match is None or (match[2] is None and "." in match[1]):
            raise ValueError(f"{part.strip()!r} is no budget - write 50, 50/day, 20MB/day, or 50/day,20MB/day")
        per: Literal["run", "day"] = "day" if (match[3] or "").lower() == "day" else "run"
        if match[2] is None:
            limits.append(Limit(int(match[1]), "requests", per))
        else:
            limits.append(Limit(int(float(match[1]) * _FACTORS[match[2].lower()]), "bytes", per))
    return tuple(limits)


def state_file() -> Path:
    """Where days are counted unless another file is named: below $XDG_STATE_HOME, or ~/.local/state."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return Path(base) / "mmgpt" / "escalation.sqlite"


class Budget:
    """Several limits at once; a request must keep within all of them.

    `state` is the SQLite file in which days are counted (`state_file()` by default), touched only where a limit is for a day;
    `today` gives the day's name.
    """

    def __init__(
        self,
        limits: Sequence[Limit] = (),
        state: Path | None = None,
        today: Callable[[], str] = lambda: time.strftime("%Y-%m-%d"),
    ) -> None:
        self.limits = tuple(limits)
        self.state = state
        self._today = today
        self._lock = threading.Lock()
        self._run = {"requests": 0, "bytes": 0}

    @property
    def spent(self) -> tuple[int, int]:
        """Requests and bytes of this run so far."""
        with self._lock:
            return self._run["requests"], self._run["bytes"]

    def take(self, size: int) -> None:
        """Counts a request of `size` bytes that is about to be sent.

        Raises EscalationError, and counts nothing, where a limit does not allow it or the day's file cannot be used.
        """
        with self._lock:
            self._check(self._run, "run", size)
            if any(limit.per == "day" for limit in self.limits):
                self._take_of_day(size)
            self._add(1, size)

    def give_back(self, size: int) -> None:
        """Takes back a request that `take` counted and that never left the machine."""
        with self._lock:
            self._add(-1, -size)
            if any(limit.per == "day" for limit in self.limits):
                with self._counting() as file:
                    file.execute(
                        "UPDATE spent SET requests = max(requests - 1, 0), bytes = max(bytes - ?, 0) WHERE day = ?",
                        (size, self._today()),
                    )

    def _add(self, requests: int, size: int) -> None:
        self._run["requests"] += requests
        self._run["bytes"] += size

    def _check(self, spent: dict[str, int], per: str, size: int) -> None:
        for limit in self.limits:
            more = 1 if limit.unit == "requests" else size
            if limit.per == per and spent[limit.unit] + more > limit.most:
                raise EscalationError(f"the budget of {limit} is spent")

    def _take_of_day(self, size: int) -> None:
        day = self._today()
        with self._counting() as file:
            row = file.execute("SELECT requests, bytes FROM spent WHERE day = ?", (day,)).fetchone() or (0, 0)
            self._check({"requests": row[0], "bytes": row[1]}, "day", size)
            file.execute(
                "INSERT INTO spent VALUES (?, 1, ?) ON CONFLICT (day) DO UPDATE "
                "SET requests = requests + 1, bytes = bytes + excluded.bytes",
                (day, size),
            )

    @contextmanager
    def _counting(self) -> Iterator[sqlite3.Connection]:
        """The day's file, for this process alone; what is done there is kept only if nothing is raised."""
        path = self.state or state_file()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as file:
                file.execute("BEGIN IMMEDIATE")
                file.execute(_TABLE)
                yield file
                file.execute("COMMIT")  # closing without it takes everything back
        except (OSError, sqlite3.Error) as error:
            raise EscalationError(f"the day's budget cannot be counted in {path} ({error})") from error
