"""The knowledge base in another language: translated titles, causes and fixes laid over the entries, by their ids.

An overlay is a folder `languages/<code>/` with TOML files of tables [[entry]]: `id` of an entry that is there, `title`,
`cause`, `fixes`, and where the program prints something else in that language also `patterns` with `examples`. An entry
without a translation stays as it is. Codes, kinds, category and source are facts and are never translated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mmgpt.knowledge.base import BUILT_IN, KnowledgeBase, entry_files, parse_toml, read_files, read_text
from mmgpt.knowledge.entry import Entry, EntryError
from mmgpt.knowledge.patterns import Pattern, PatternError

FOLDER = Path(__file__).parent / "languages"
_REQUIRED = {"id": str, "title": str, "cause": str, "fixes": list}
_OPTIONAL = {"patterns": list, "examples": list}


@dataclass(frozen=True)
class Translation:
    """What of an entry is said in another language; `patterns` and `examples` are added to the entry's own."""

    id: str
    title: str
    cause: str
    fixes: tuple[str, ...]
    patterns: tuple[Pattern, ...] = ()
    examples: tuple[str, ...] = ()
    origin: Path = Path()

    def of(self, entry: Entry) -> Entry:
        """The entry in the language. Its English title stays among the examples, so that it is still found by it."""
        return replace(
            entry,
            title=self.title,
            cause=self.cause,
            fixes=self.fixes,
            patterns=(*entry.patterns, *self.patterns),
            examples=(*entry.examples, *self.examples, entry.title),
        )


def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """Codes of the languages that have an overlay, sorted."""
    return tuple(sorted({path.parent.name for path in folder.glob("*/*.toml")}))


def read_translations(folder: Path) -> dict[str, Translation]:
    """All translations of a folder's TOML files, by id. Raises EntryError naming the file and what is wrong in it."""
    made: dict[str, Translation] = {}
    for path in entry_files(folder):
        if path.suffix != ".toml":
            continue
        _, tables = parse_toml(read_text(path), path)
        for table in tables:
            translation = _translation(table, path)
            other = made.setdefault(translation.id, translation)
            if other is not translation:
                raise EntryError(f"{path}:{translation.id}: this id is translated in {other.origin} already")
    return made


def _translation(table: Mapping[str, Any], path: Path) -> Translation:
    if not isinstance(table, Mapping) or not isinstance(table.get("id"), str):
        raise EntryError(f"{path}: every [[entry]] must be a table with the id of the entry that it translates")
    place = f"{path}:{table['id']}"
    unknown = sorted(set(table) - {*_REQUIRED, *_OPTIONAL})
    if unknown:
        raise EntryError(f"{place}: unknown {', '.join(unknown)} - known are {', '.join((*_REQUIRED, *_OPTIONAL))}")
    for key, kind in (_REQUIRED | _OPTIONAL).items():
        value = table.get(key, [] if key in _OPTIONAL else None)
        good = isinstance(value, kind) and (key in _OPTIONAL or bool(value))
        if not good or (kind is list and not all(isinstance(text, str) and text.strip() for text in value)):
            raise EntryError(f"{place}: {key} must be {'a list of texts' if kind is list else 'a text'}, not empty")
    try:
        patterns = tuple(Pattern(text) for text in table.get("patterns", ()))
    except PatternError as error:
        raise EntryError(f"{place}: {error}") from error
    examples = tuple(table.get("examples", ()))
    for pattern in patterns:
        if not any(pattern.find(example) for example in examples):
            raise EntryError(f"{place}: no example holds the pattern {pattern.text!r} - add one")
    return Translation(table["id"], table["title"], table["cause"], tuple(table["fixes"]), patterns, examples, path)


def translate(entries: Iterable[Entry], translations: Mapping[str, Translation]) -> list[Entry]:
    """The entries, those with a translation in the language.

    Raises EntryError where a translation is of an entry that is not there: its id was changed, or is misspelt.
    """
    every = list(entries)
    lost = sorted(set(translations) - {entry.id for entry in every})
    if lost:
        raise EntryError(f"{translations[lost[0]].origin}: {lost[0]} is no entry - correct the id or remove the table")
    return [translations[entry.id].of(entry) if entry.id in translations else entry for entry in every]


def load_translated(language: str, paths: Sequence[Path | str] = (), folder: Path = FOLDER) -> KnowledgeBase:
    """The package's entries and those of `paths` in a language. Raises EntryError where the language has no overlay."""
    if language not in languages(folder):
        raise EntryError(f"{folder / language}: no translation; there are: {', '.join(languages(folder)) or 'none'}")
    files = [*entry_files(BUILT_IN), *(file for path in paths for file in entry_files(Path(path)))]
    entries = read_files(list(dict.fromkeys(files)))
    return KnowledgeBase(translate(entries, read_translations(folder / language)))
