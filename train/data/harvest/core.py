"""What the harvest gathers, and how it lies on disk."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

PhraseKind = Literal["label", "error", "info"]


@dataclass(frozen=True, slots=True, order=True)
class Phrase:
    """A program's own words in the slot notation of `train.data.world.slots`.

    `kind`: a label (menu, button, caption), an error, or another sentence. `app` is the name the field `app` would have, "" for
    tables that belong to no program (errno). `code` stands for the message where its table has one; "" and `category` "" when unknown.
    """

    source: str
    kind: PhraseKind
    text: str
    app: str = ""
    code: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A command that was really run, and what the terminal showed.

    `rows` are the screen's rows below the prompt row, unwrapped, with no escape characters; `message` is the number of the
    row that holds the error line (and `message_text` its text, None when nothing failed); `trace` are the rows that are
    stack frames, notes or source excerpts.
    """

    source: str
    scenario: str
    app: str
    command: str
    rows: tuple[str, ...]
    exit_code: int
    is_error: bool
    message: int | None = None
    message_text: str | None = None
    code: str | None = None
    category: str = "none"
    trace: tuple[int, ...] = ()
    prompt: str = "$ "
    before: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Commands before it, with their rows."""
    tones: tuple[tuple[int, int, int, str], ...] = ()
    """(row, start, end, tone) of coloured parts."""


@dataclass(frozen=True)
class Source:
    """Where phrases come from. `missing()` names what is not installed with the command that installs it, "" when all is there."""

    name: str
    gather: Callable[[], Iterable[Phrase]]
    missing: Callable[[], str] = lambda: ""


def write_records(path: Path, records: Iterable[Phrase | Transcript]) -> int:
    """Write records as gzipped JSON lines (no time stamp: the same records make the same bytes); returns their number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    count = 0
    with part.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
        for record in records:
            packed.write(json.dumps(asdict(record), ensure_ascii=False).encode() + b"\n")
            count += 1
    part.replace(path)
    return count


def read_phrases(path: Path) -> Iterator[Phrase]:
    """The phrases of a file."""
    for record in _records(path):
        yield Phrase(**record)


def read_transcripts(path: Path) -> Iterator[Transcript]:
    """The transcripts of a file."""
    for record in _records(path):
        record["rows"] = tuple(record["rows"])
        record["trace"] = tuple(record["trace"])
        record["before"] = tuple((command, tuple(rows)) for command, rows in record["before"])
        record["tones"] = tuple((row, start, end, tone) for row, start, end, tone in record["tones"])
        yield Transcript(**record)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
