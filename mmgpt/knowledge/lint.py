"""What makes an entry a good one, checked: patterns against examples, texts against their measure, nothing twice."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mmgpt.knowledge.base import entry_files, parse_toml, read_own, read_text
from mmgpt.knowledge.entry import Entry, EntryError, read_entry
from mmgpt.knowledge.fold import is_telling
from mmgpt.knowledge.patterns import Pattern, Slot, parse, plain
from mmgpt.knowledge.slots import ANYTHING

MAX_ENTRIES = 60
CAUSE_LETTERS = (40, 600)
TITLE_LETTERS = (6, 110)
FIX_LETTERS = (12, 400)
FIXES = (2, 5)
MAX_FREE_SLOTS = 4
SCREEN_ROWS = 14

# the servers that package managers download from, by the parts of their names (apart, so that no host is named here)
_SERVED = "registry registry-1 files repo repo1 api proxy index deb ftp security archive static".split()
_OWNERS = (
    "npm+js yarn+pkg python+hosted maven nuget go+lang debian ubuntu docker packagist crates ruby+gems anaconda".split()
)
_REGISTRY = re.compile(
    rf"\b(?:{'|'.join(_SERVED)})\.(?:{'|'.join(_OWNERS).replace('+', '')})\.\w+"
    r"|\b(?:py"
    r"pi|crates|rubygems|packagist)\.(?:org|io)\b"
)
_MESSAGE_ROW = re.compile(r"^» (.*)$", re.M)
_MARKED = re.compile(r"«([^»]*)»")


@dataclass(frozen=True)
class Problem:
    """Something wrong with an entry: `place` is file:id, or the file."""

    level: Literal["error", "warning"]
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.level}: {self.place}: {self.text}"


def lint(paths: Sequence[Path], against: Iterable[Entry] = ()) -> list[Problem]:
    """Every problem of the entries of files and folders, errors and warnings; files that cannot be read are problems too.

    `against` are further entries with which ids must not clash (those of the package, where one's own are checked).
    """
    problems: list[Problem] = []
    entries: list[Entry] = []
    for path in paths:
        try:
            files = entry_files(path)
        except EntryError as error:
            problems.append(_from_error(error))
            continue
        for file in dict.fromkeys(files):
            made, troubles = _entries(file)
            entries += made
            problems += troubles
            if len(made) > MAX_ENTRIES:
                problems.append(
                    Problem("warning", str(file), f"{len(made)} entries, more than {MAX_ENTRIES} - split it")
                )
    return [*problems, *lint_entries(entries, against)]


def lint_entries(entries: Sequence[Entry], against: Iterable[Entry] = ()) -> list[Problem]:
    """Every problem of the entries, of each by itself and of all together."""
    problems = [problem for entry in entries for problem in _of_entry(entry)]
    problems += _twice(entries, list(against))
    problems += _foreign_examples([*entries, *against], {id(entry) for entry in entries})
    return problems


def _entries(path: Path) -> tuple[list[Entry], list[Problem]]:
    made: list[Entry] = []
    problems: list[Problem] = []
    try:
        text = read_text(path)
        if path.suffix.lower() != ".toml":
            return read_own(text, path), []
        product, tables = parse_toml(text, path)
    except EntryError as error:
        return [], [_from_error(error)]
    for table in tables:
        try:
            made.append(read_entry(table, product, path))
        except EntryError as error:
            problems.append(_from_error(error))
    return made, problems


def _from_error(error: EntryError) -> Problem:
    place, _, text = str(error).partition(": ")
    return Problem("error", place, text)


def _of_entry(entry: Entry) -> Iterator[Problem]:
    for level, text in (*_text_rules(entry), *_pattern_rules(entry)):
        yield Problem(level, entry.place, text)  # type: ignore[arg-type]


def _text_rules(entry: Entry) -> Iterator[tuple[str, str]]:
    everything = " ".join(
        (*entry.examples, *(p.text for p in entry.patterns), entry.cause, *entry.fixes, entry.screen, entry.url)
    )
    if (host := _REGISTRY.search(everything)) is not None:
        yield "error", f"names the package server {host.group(0)!r} - use a slot such as {{host}} or {{url}}"
    if len(set(entry.codes)) != len(entry.codes):
        yield "error", "a code stands twice"
    if entry.runbook:
        return
    if not TITLE_LETTERS[0] <= len(entry.title) <= TITLE_LETTERS[1]:
        yield "error", f"title has {len(entry.title)} letters - {TITLE_LETTERS[0]} to {TITLE_LETTERS[1]} are right"
    if not CAUSE_LETTERS[0] <= len(entry.cause) <= CAUSE_LETTERS[1]:
        yield "error", f"cause has {len(entry.cause)} letters - {CAUSE_LETTERS[0]} to {CAUSE_LETTERS[1]} are right"
    if not FIXES[0] <= len(entry.fixes) <= FIXES[1]:
        yield "error", f"{len(entry.fixes)} fixes - {FIXES[0]} to {FIXES[1]} are right"
    for fix in entry.fixes:
        if not FIX_LETTERS[0] <= len(fix) <= FIX_LETTERS[1]:
            yield "error", f"fix {fix[:40]!r} has {len(fix)} letters - {FIX_LETTERS[0]} to {FIX_LETTERS[1]} are right"
        if fix.count("`") % 2:
            yield "error", f"fix {fix[:40]!r} has a backtick without its partner"
    if entry.url and not re.fullmatch(r"https?://[^\s{}]+", entry.url):
        yield "error", f"url {entry.url!r} is no address that begins with https://"
    if len(set(entry.kinds)) != len(entry.kinds):
        yield "error", "a kind stands twice"


def _pattern_rules(entry: Entry) -> Iterator[tuple[str, str]]:
    texts = [pattern.text for pattern in entry.patterns]
    if len(set(texts)) != len(texts):
        yield "error", "a pattern stands twice"
    if len(set(entry.examples)) != len(entry.examples):
        yield "error", "an example stands twice"
    for pattern in entry.patterns:
        if not pattern.is_specific:
            yield "error", f"pattern {pattern.text!r} matches too much - it needs two literal words or a code"
        if "\n" in pattern.text:
            yield "error", f"pattern {pattern.text!r} has several lines - a pattern is one line"
        if sum(key.rstrip("0123456789") == ANYTHING for key in pattern.slot_keys) > MAX_FREE_SLOTS:
            yield "warning", f"pattern {pattern.text!r} has more than {MAX_FREE_SLOTS} slots {{text}}"
        if not entry.runbook and all(pattern.find(example) is None for example in entry.examples):
            yield "error", f"pattern {pattern.text!r} stands in none of the examples"
    for example in entry.examples:
        if entry.match(example) is None:
            yield "error", f"no pattern stands in the example {example!r}"
    if not entry.runbook:
        needed = 2 if any(pattern.slot_keys for pattern in entry.patterns) else 1
        if len(entry.examples) < needed:
            yield "error", f"{len(entry.examples)} example - {needed} are needed where a pattern has slots"
    yield from _screen_rules(entry)


def _screen_rules(entry: Entry) -> Iterator[tuple[str, str]]:
    if not entry.screen:
        return
    rows = _MESSAGE_ROW.findall(entry.screen)
    if not rows:
        yield "error", "the screen has no row that begins with `» `, the message"
        return
    free = {key for pattern in entry.patterns for key in pattern.slot_keys if key.startswith(ANYTHING)}
    for part in parse(_MARKED.sub(r"\1", entry.screen), lenient=True):
        if isinstance(part, Slot) and part.name == ANYTHING and part.key not in free:
            yield "error", f"the screen's {{{part.key}}} is in no pattern - nothing says what to put there"
    message = _unnumbered(_MARKED.sub(r"\1", rows[0]))
    graphical = entry.kinds[:1] != ("terminal",)
    if not graphical and message not in {_unnumbered(pattern.text) for pattern in entry.patterns}:
        yield "error", f"the screen's message {rows[0]!r} is none of the patterns"
    if entry.screen.count("\n") + 1 > SCREEN_ROWS:
        yield "warning", f"the screen has {entry.screen.count(chr(10)) + 1} rows - {SCREEN_ROWS} are enough"


def _unnumbered(text: str) -> str:
    """A pattern's text as `plain` has it, slots without their numbers: {pid2} stands for the same as {pid}."""
    return re.sub(r"\{([a-z_]+)\d+\}", r"{\1}", plain(text))


def _twice(entries: Sequence[Entry], others: Sequence[Entry]) -> Iterator[Problem]:
    """Ids that stand twice anywhere, and patterns of two entries of one product that are the same."""
    by_id: dict[str, Entry] = {entry.id: entry for entry in others}
    by_pattern: dict[tuple[str, str], Entry] = {}
    by_codes: dict[tuple[str, tuple[str, ...]], Entry] = {}
    for entry in entries:
        other = by_id.setdefault(entry.id, entry)
        if other is not entry:
            yield Problem("error", entry.place, f"the id is taken by {other.origin}")
        for pattern in entry.patterns:
            same = by_pattern.setdefault((entry.product, plain(pattern.text)), entry)
            if same is not entry:
                yield Problem("error", entry.place, f"pattern {pattern.text!r} is also one of {same.id}")
        if any(is_telling(code) for code in entry.codes) and not entry.runbook:  # 404 is many a page's
            key = (entry.product, tuple(sorted(entry.codes)))
            alike = by_codes.setdefault(key, entry)
            if alike is not entry:
                text = (
                    f"has the codes of {alike.id}, {', '.join(entry.codes)} - join them, or tell them apart by a code"
                )
                yield Problem("warning", entry.place, text)


def _foreign_examples(entries: Sequence[Entry], wanted: set[int]) -> Iterator[Problem]:
    """Examples that a pattern of another product fits better than any of their own."""
    patterns: dict[str, list[tuple[Entry, Pattern]]] = defaultdict(list)
    for entry in entries:
        for pattern in entry.patterns:
            patterns[pattern.anchor].append((entry, pattern))
    for entry in entries:
        if id(entry) not in wanted:
            continue
        for example in entry.examples:
            own = entry.match(example)
            if own is None:
                continue
            line = plain(example)
            for anchor, pairs in patterns.items():
                if anchor not in line:
                    continue
                for other, pattern in pairs:
                    better = other.product != entry.product and pattern.specificity > own[0].specificity
                    if better and pattern.find_plain(line) is not None:
                        text = f"example {example!r} fits {other.id} better ({pattern.text!r})"
                        yield Problem("warning", entry.place, text)
