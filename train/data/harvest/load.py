"""The harvest as the world uses it: read from the cache when it is first asked for, split as everything else is."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from train.data.harvest.core import Phrase, PhraseKind, Transcript, read_phrases, read_transcripts
from train.data.render.npm_fonts import cache_root
from train.data.world.families import held_out

Split = Literal["train", "held_out"]


def default_folder() -> Path:
    """Where the harvest lies: `<cache>/harvest`. It need not exist."""
    return cache_root() / "harvest"


def is_held_out(item: Phrase | Transcript) -> bool:
    """Whether an item is kept for measuring: one in eight, by its program and its template's text alone.

    A transcript goes by its scenario: its message's values differ from run to run.
    """
    if isinstance(item, Phrase):
        return held_out(item.app, item.text)
    return held_out(item.app, item.scenario)


class Harvest:
    """Phrases and transcripts of a folder; a folder that is absent is an empty harvest.

    Nothing is read before it is asked for. The order is that of the files' names and, within them, of the records: the same
    files give the same order.
    """

    def __init__(self, folder: Path, split: Split | None = None) -> None:
        """`split` None: both splits."""
        self.folder = folder
        self._split = split

    def __repr__(self) -> str:
        return f"Harvest({str(self.folder)!r}, split={self._split!r})"

    @cached_property
    def _phrases(self) -> tuple[Phrase, ...]:
        found = [phrase for path in self._files("phrase") for phrase in read_phrases(path)]
        return tuple(phrase for phrase in found if self._belongs(phrase))

    @cached_property
    def _transcripts(self) -> tuple[Transcript, ...]:
        found = [transcript for path in self._files("transcript") for transcript in read_transcripts(path)]
        return tuple(transcript for transcript in found if self._belongs(transcript))

    @cached_property
    def _groups(self) -> dict[tuple[PhraseKind, str | None], tuple[Phrase, ...]]:
        groups: dict[tuple[PhraseKind, str | None], list[Phrase]] = {}
        for phrase in self._phrases:
            groups.setdefault((phrase.kind, None), []).append(phrase)
            groups.setdefault((phrase.kind, phrase.app), []).append(phrase)
        return {key: tuple(group) for key, group in groups.items()}

    def _belongs(self, item: Phrase | Transcript) -> bool:
        return self._split is None or is_held_out(item) == (self._split == "held_out")

    def _files(self, what: Literal["phrase", "transcript"]) -> list[Path]:
        """The files of one sort of record, told by the first record; a file of neither sort is refused loudly."""
        return [path for path in sorted(self.folder.glob("*.jsonl.gz")) if _sort(path) == what]

    def phrases(self, kind: PhraseKind, *, app: str | None = None) -> tuple[Phrase, ...]:
        """Phrases of a kind; of one program when `app` is given ("": those of libraries, which belong to no program)."""
        return self._groups.get((kind, app), ())

    def apps(self, kind: PhraseKind) -> tuple[str, ...]:
        """The programs that have phrases of a kind, sorted."""
        return tuple(sorted(app for found, app in self._groups if found == kind and app))

    def transcripts(self) -> tuple[Transcript, ...]:
        """Recorded commands."""
        return self._transcripts

    def counts(self) -> dict[str, Counter[str]]:
        """Source -> how many records of each kind (`transcript` for transcripts)."""
        counts: dict[str, Counter[str]] = {}
        for phrase in self._phrases:
            counts.setdefault(phrase.source, Counter())[phrase.kind] += 1
        for transcript in self._transcripts:
            counts.setdefault(transcript.source, Counter())["transcript"] += 1
        return counts

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all."""
        return not self._phrases and not self._transcripts

    def split(self, name: Split) -> Harvest:
        """One split of the harvest, the records read only once. Raises ValueError for another name."""
        if name not in ("train", "held_out"):
            raise ValueError(f"unknown split {name!r}; one of train, held_out")
        part = Harvest(self.folder, name)
        part.__dict__["_phrases"] = tuple(phrase for phrase in self._phrases if part._belongs(phrase))
        part.__dict__["_transcripts"] = tuple(item for item in self._transcripts if part._belongs(item))
        return part


def _sort(path: Path) -> Literal["phrase", "transcript", "empty"]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        line = file.readline()
    if not line:
        return "empty"
    record = json.loads(line)
    if "scenario" in record:
        return "transcript"
    if "text" in record:
        return "phrase"
    raise ValueError(f"{path} holds neither phrases nor transcripts: remove it and gather again")


@cache
def _load(folder: Path) -> Harvest:
    return Harvest(folder)


def load(folder: Path | None = None) -> Harvest:
    """The harvest of a folder (default: the cache's). The same folder gives the same object, read once."""
    return _load(default_folder() if folder is None else folder)
