"""Hugging Face `datasets`: a folder of parquet, arrow or JSON files, what `save_to_disk` wrote, or a name on the hub; streamed on wish.

Columns are those of `train.data.sources.parse`: messages, conversations, texts, question with answer, or caption, with image or images.
Pictures are not decoded by datasets but like any stranger's picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from train.data.sources.base import Listed, Source
from train.data.sources.files import parsed
from train.data.sources.folder import PictureFolder
from train.data.sources.record import Record

BUFFER = 1000  # records among which a stream is shuffled
_KINDS = {".parquet": "parquet", ".arrow": "arrow", ".json": "json", ".jsonl": "json"}
MISSING = "Hugging Face datasets need a package: pip install datasets"


def _datasets() -> Any:
    try:
        import datasets
    except ModuleNotFoundError as error:
        raise RuntimeError(MISSING) from error
    return datasets


def load(where: str, split: str, config: str | None, streaming: bool) -> Any:
    """A dataset by folder, file or name. Raises RuntimeError without the package, FileNotFoundError and ValueError where there is none."""
    datasets = _datasets()
    path = Path(where)
    try:
        if (path / "state.json").is_file() or (path / "dataset_dict.json").is_file():
            found = datasets.load_from_disk(str(path))
            found = found[split] if hasattr(found, "keys") else found
            return found.to_iterable_dataset() if streaming else found
        if path.exists():
            files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in _KINDS)
            kinds = {_KINDS[p.suffix] for p in files if p.suffix in _KINDS}
            if len(kinds) != 1:
                raise ValueError(
                    f"{where} holds {', '.join(sorted(kinds)) or 'neither parquet, arrow nor JSON files'}; one kind is needed"
                )
            return datasets.load_dataset(
                kinds.pop(), data_files=[str(p) for p in files], split="train", streaming=streaming
            )
        if where.startswith((".", "/", "~")) or where.count("/") > 1:
            raise FileNotFoundError(f"{where} is missing: check the path behind hf:")
        return datasets.load_dataset(where, config, split=split, streaming=streaming)
    except (FileNotFoundError, ValueError, RuntimeError):
        raise
    except (
        Exception
    ) as error:  # the library raises nearly anything: network, formats, scripts that are no longer allowed
        raise ValueError(
            f"datasets cannot load {where} ({type(error).__name__}: {str(error).splitlines()[0][:200]})"
        ) from error


def undecoded(found: Any) -> Any:
    """The dataset with its pictures as bytes and paths."""
    datasets = _datasets()
    for name, feature in dict(getattr(found, "features", None) or {}).items():
        if isinstance(feature, datasets.Image):
            found = found.cast_column(name, datasets.Image(decode=False))
        else:
            inner = getattr(feature, "feature", None)
            if isinstance(inner, datasets.Image):
                found = found.cast_column(name, type(feature)(datasets.Image(decode=False)))
    return found


class HubList(Listed):
    """A dataset whose rows can be reached in any order."""

    def __init__(self, name: str, found: Any, folder: Path) -> None:
        self.found, self.find = undecoded(found), PictureFolder(folder)
        super().__init__(name, len(found))

    def read(self, place: int) -> Record:
        """Row `place`. Raises Broken."""
        return _record(f"row {place}", self.found[place], self.find)


class HubStream(Source):
    """A dataset that is streamed: shuffled among BUFFER rows, each epoch anew. Where epochs began is remembered, so that a run that goes
    on skips within an epoch instead of reading all of them again."""

    sequential = True

    def __init__(self, name: str, found: Any, folder: Path, buffer: int = BUFFER) -> None:
        super().__init__(name, None)
        self.found, self.find, self.buffer = undecoded(found), PictureFolder(folder), buffer
        self.starts = [0]  # of each epoch that was begun
        self.reached = 0  # rows up to here are known to be in these epochs
        self._next = -1
        self._seed = 0
        self._rows: Iterator[dict[str, Any]] = iter(())
        self._recent: dict[int, dict[str, Any]] = {}

    def at(self, index: int, seed: int) -> Record:
        """Row `index` of the stream. Raises Broken, and ValueError for a stream without rows."""
        if seed != self._seed and self._next >= 0:
            self.starts, self.reached, self._next, self._recent = [0], 0, -1, {}
        self._seed = seed
        if index not in self._recent:
            if not 0 <= self._next <= index:
                self._begin(index)
            while self._next <= index:
                self._advance()
        epoch = max(i for i, start in enumerate(self.starts) if start <= index)
        return _record(f"epoch {epoch} row {index - self.starts[epoch]}", self._recent[index], self.find)

    def _begin(self, index: int) -> None:
        # Behind what is known an epoch may end anywhere: from there on rows are counted.
        known = min(index, self.reached)
        epoch = max(i for i, start in enumerate(self.starts) if start <= known)
        self._open(epoch, known - self.starts[epoch])
        self._next, self._recent = known, {}

    def _open(self, epoch: int, skip: int) -> None:
        rows = self.found
        if self.buffer > 1:
            rows = rows.shuffle(seed=self._seed * 100_003 + epoch, buffer_size=self.buffer)
        rows = rows.skip(skip) if skip else rows
        self._rows = iter(rows)

    def _advance(self) -> None:
        row = next(self._rows, None)
        if row is None:
            if self._next == self.starts[-1]:
                raise ValueError(f"{self.name} has no rows")
            self.starts.append(self._next)
            self._open(len(self.starts) - 1, 0)
            row = next(self._rows, None)
            if row is None:
                raise ValueError(f"{self.name} has no rows")
        self._recent[self._next] = row
        self._recent.pop(self._next - 512, None)
        self._next += 1
        self.reached = max(self.reached, self._next)

    def state(self) -> dict[str, object]:
        """Where epochs began, and how far it was read."""
        return {"starts": list(self.starts), "reached": self.reached, "seed": self._seed}

    def restore(self, state: dict[str, object]) -> None:
        """Takes back `state`; what does not fit is left out, and costs reading from the beginning."""
        starts, reached, seed = (state.get(name) for name in ("starts", "reached", "seed"))
        if not isinstance(starts, list) or not isinstance(reached, int) or not isinstance(seed, int):
            return
        if starts[:1] == [0] and all(isinstance(s, int) for s in starts) and starts == sorted(set(starts)):
            self.starts, self.reached, self._seed = list(starts), max(reached, starts[-1]), seed


def _record(key: str, row: dict[str, Any], find: PictureFolder) -> Record:
    present = {name: value for name, value in row.items() if value is not None}
    return parsed(key, present, find)
