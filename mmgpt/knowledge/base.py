"""The knowledge base: the entries that come with the package, and one's own."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt.knowledge.entry import Entry, EntryError, read_entry
from mmgpt.knowledge.runbook import read_runbook
from mmgpt.knowledge.yamlbook import SUFFIXES as YAML_SUFFIXES
from mmgpt.knowledge.yamlbook import read_yaml

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from mmgpt.knowledge.search import Hit, Index

logger = logging.getLogger(__name__)

BUILT_IN = Path(__file__).parent / "entries"
SUFFIXES = (".toml", ".md", ".markdown", *YAML_SUFFIXES)
MAX_BYTES = 4 * 2**20
_FILE_KEYS = {"product", "entry"}


def user_folder() -> Path:
    """Where one's own entries lie: $MMGPT_KNOWLEDGE, or mmgpt/knowledge in the user's configuration."""
    named = os.environ.get("MMGPT_KNOWLEDGE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")) / "mmgpt" / "knowledge"


class KnowledgeBase:
    """Entries, by id and to be searched. Safe to use from several threads."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Raises EntryError where two entries have one id, and names the files of both."""
        self.entries: tuple[Entry, ...] = tuple(entries)
        self._by_id: dict[str, Entry] = {}
        self._lock = threading.Lock()
        for entry in self.entries:
            other = self._by_id.setdefault(entry.id, entry)
            if other is not entry:
                raise EntryError(f"{entry.place}: this id is taken by {other.origin} - choose another")

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __contains__(self, name: object) -> bool:
        return name in self._by_id

    def __getitem__(self, name: str) -> Entry:
        return self._by_id[name]

    @classmethod
    def load(cls, paths: Sequence[Path | str] = (), built_in: bool = True) -> KnowledgeBase:
        """The entries of the package and of `paths`: files (.toml, .md, .yaml) or folders, in which all such files are taken.

        Raises EntryError for a file that is not there or not in the format.
        """
        files = [*entry_files(BUILT_IN)] if built_in else []
        for path in paths:
            files += entry_files(Path(path))
        return cls(read_files(list(dict.fromkeys(files))))

    @cached_property
    def _index(self) -> Index:
        from mmgpt.knowledge.search import Index

        return Index(self.entries)

    def prepare(self) -> None:
        """Builds the tables now that the first search would build. Raises RuntimeError where Python's SQLite has no FTS5."""
        with self._lock:
            _ = self._index

    def search(
        self,
        query: str,
        *,
        code: str | None = None,
        product: str | None = None,
        kind: str | None = None,
        limit: int = 5,
    ) -> list[Hit]:
        """The entries that fit best, best first: `query` is one or many lines, as they were read.

        `code`, `product` and `kind` are fields of the diagnosis, if known. Any text is a legal query. ValueError for a limit < 1.
        """
        with self._lock:  # the index is made once, and SQLite's connection is one
            return self._index.search(query, code=code, product=product, kind=kind, limit=limit)


def entry_files(path: Path) -> list[Path]:
    """The file itself, or all entry files below a folder in order of their names. Raises EntryError if there is none."""
    try:
        if path.is_dir():
            found = [p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()]
            return sorted(p for p in found if not any(part.startswith(".") for part in p.relative_to(path).parts))
        if path.is_file():
            if path.suffix.lower() not in SUFFIXES:
                raise EntryError(f"{path}: entries are files that end in {', '.join(SUFFIXES)}")
            return [path]
    except OSError as error:
        raise EntryError(f"{path}: cannot be read ({error.strerror}) - check its permissions") from error
    raise EntryError(f"{path}: there is no such file or folder - check the path")


def read_text(path: Path) -> str:
    """A file's text. Raises EntryError where it cannot be read, is huge, or is not UTF-8."""
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
    except OSError as error:
        raise EntryError(f"{path}: cannot be read ({error.strerror}) - check the path and its permissions") from error
    if data is None:
        raise EntryError(f"{path}: larger than {MAX_BYTES >> 20} MiB - split it")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EntryError(f"{path}: not UTF-8 (byte {error.start}) - save it as UTF-8") from error


def parse_toml(text: str, path: Path) -> tuple[str, list[Any]]:
    """(the file's default product, its tables of entries). Raises EntryError."""
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise EntryError(f"{path}: not TOML: {error}") from error
    return _checked(value, path)


def _checked(value: Mapping[str, Any], path: Path) -> tuple[str, list[Any]]:
    unknown = sorted(set(value) - _FILE_KEYS)
    if unknown:
        raise EntryError(f"{path}: unknown {', '.join(unknown)} - a file has `product` and tables [[entry]]")
    product, tables = value.get("product", ""), value.get("entry", [])
    if not isinstance(product, str) or not isinstance(tables, list):
        raise EntryError(f"{path}: `product` must be a text and entries must be tables [[entry]]")
    return product, tables


def read_file(path: Path) -> list[Entry]:
    """All entries of a file. Raises EntryError."""
    return read_files([path])


def read_files(paths: Sequence[Path]) -> list[Entry]:
    """All entries of the files. Parsed TOML is kept in the user's cache, by the files' content. Raises EntryError."""
    cache = _Cache()
    entries: list[Entry] = []
    for path in paths:
        text = read_text(path)
        if path.suffix.lower() == ".toml":
            product, tables = cache.tables(text, path)
            entries += [read_entry(table, product, path) for table in tables]
        else:
            entries += read_own(text, path)
    cache.save()
    return entries


def read_own(text: str, path: Path) -> list[Entry]:
    """The entries of a runbook in YAML or Markdown. Raises EntryError."""
    return read_yaml(text, path) if path.suffix.lower() in YAML_SUFFIXES else [read_runbook(text, path)]


class _Cache:
    """Parsed TOML as JSON, by the SHA-256 of the text: reading JSON takes a fiftieth of the time. Never in the way."""

    def __init__(self) -> None:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "mmgpt"
        self.path = folder / "knowledge.json"
        self.used: dict[str, Any] = {}
        self.new = False
        self.known: dict[str, Any] = {}
        try:
            known = json.loads(self.path.read_bytes())
            self.known = known if isinstance(known, dict) else {}
        except (OSError, ValueError):
            pass  # none yet, or broken: it is made anew

    def tables(self, text: str, path: Path) -> tuple[str, list[Any]]:
        """The same as `parse_toml`."""
        key = hashlib.sha256(text.encode()).hexdigest()
        value = self.known.get(key)
        if not isinstance(value, dict):
            product, tables = parse_toml(text, path)
            value = {"product": product, "entry": tables}
            self.new = True
        self.used[key] = value
        return _checked(value, path)

    def save(self) -> None:
        """Writes what was used, if something of it was new. A place that cannot be written is no trouble."""
        if not self.new:
            return
        try:
            data = json.dumps(self.used)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(data)
            os.replace(name, self.path)
        except (OSError, TypeError, ValueError) as error:  # dates of TOML are no JSON; entries refuse them later
            logger.debug("knowledge is not cached: %s", error)
