"""An entry of the knowledge base: an error, how it is printed, why it happens, what to do, and where that is known from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mmgpt.knowledge.patterns import Match, Pattern, PatternError
from mmgpt.vocabulary import CATEGORIES

ERROR_KINDS = ("browser", "web_page", "terminal", "desktop_dialog", "ide_editor", "desktop_app")
"""The kinds of `mmgpt.schema.KINDS` in which errors are shown."""
ERROR_CATEGORIES = tuple(name for name in CATEGORIES if name != "none")

_ID = re.compile(r"[a-z0-9][a-z0-9._+-]*/[a-z0-9][a-z0-9._+-]*")
_TEXTS = ("id", "title", "product", "category", "cause", "source")
_LISTS = ("codes", "patterns", "examples", "fixes", "kinds")
_OPTIONAL = ("url", "screen")


class EntryError(ValueError):
    """An entry or a file that cannot be used. The message begins with the file and, where there is one, the entry's id."""


@dataclass(frozen=True)
class Entry:
    """One entry. `origin` is the file it is from; `runbook` says that it came from Markdown, which asks for less."""

    id: str
    title: str
    product: str
    category: str
    kinds: tuple[str, ...]
    codes: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    examples: tuple[str, ...]
    cause: str
    fixes: tuple[str, ...]
    source: str
    url: str = ""
    screen: str = ""
    origin: Path = Path()
    runbook: bool = False

    def match(self, line: str) -> tuple[Pattern, Match] | None:
        """The most specific of the entry's patterns that stands in the line, with its match, or None."""
        found = [(pattern, match) for pattern in self.patterns if (match := pattern.find(line)) is not None]
        return max(found, key=lambda pair: pair[0].specificity, default=None)

    @cached_property
    def place(self) -> str:
        """Where the entry stands, for messages: file:id."""
        return f"{self.origin}:{self.id}"

    def to_dict(self) -> dict[str, Any]:
        """The entry as it stands in a file, product included; what is empty and optional is left out."""
        value: dict[str, Any] = {"id": self.id, "title": self.title, "product": self.product, "category": self.category}
        value |= {"kinds": list(self.kinds), "codes": list(self.codes)}
        value |= {"patterns": [pattern.text for pattern in self.patterns], "examples": list(self.examples)}
        value |= {"cause": self.cause, "fixes": list(self.fixes), "source": self.source}
        return value | {key: text for key in _OPTIONAL if (text := getattr(self, key))}


def read_entry(value: Mapping[str, Any], product: str, origin: Path) -> Entry:
    """An entry from what TOML holds; `product` is the file's default. Raises EntryError with file and id."""
    if not isinstance(value, Mapping):
        raise EntryError(f"{origin}: every [[entry]] must be a table, not {type(value).__name__}")
    name = value.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise EntryError(f'{origin}: id {name!r} must be "<product>/<slug>" in lower-case letters, digits and . _ + -')
    place = f"{origin}:{name}"
    unknown = sorted(set(value) - {*_TEXTS, *_LISTS, *_OPTIONAL})
    if unknown:
        raise EntryError(
            f"{place}: unknown {', '.join(unknown)} - known are {', '.join((*_TEXTS, *_LISTS, *_OPTIONAL))}"
        )
    value = {"product": product, "codes": [], **value}
    for key in (*_TEXTS, *_OPTIONAL):
        text = value.get(key, "")
        if not isinstance(text, str) or (key in _TEXTS and not text.strip()):
            raise EntryError(f"{place}: {key} must be a text that is not empty")
    for key in _LISTS:
        items = value.get(key)
        if not isinstance(items, list) or not all(isinstance(item, str) and item.strip() for item in items):
            raise EntryError(f"{place}: {key} must be a list of texts, none of them empty")
        if not items and key != "codes":
            raise EntryError(f"{place}: {key} is empty - give at least one")
    return make_entry(value, origin)


def make_entry(value: Mapping[str, Any], origin: Path, runbook: bool = False) -> Entry:
    """An entry from values of the right types; category, kinds and patterns are checked. Raises EntryError."""
    place = f"{origin}:{value['id']}"
    if value["category"] not in ERROR_CATEGORIES:
        raise EntryError(f"{place}: unknown category {value['category']!r} - one of {', '.join(ERROR_CATEGORIES)}")
    for kind in value["kinds"]:
        if kind not in ERROR_KINDS:
            raise EntryError(f"{place}: unknown kind {kind!r} - one of {', '.join(ERROR_KINDS)}")
    try:
        patterns = tuple(Pattern(text) for text in value["patterns"])
    except PatternError as error:
        raise EntryError(f"{place}: {error}") from error
    return Entry(
        id=value["id"],
        title=value["title"].strip(),
        product=value["product"].strip(),
        category=value["category"],
        kinds=tuple(value["kinds"]),
        codes=tuple(value["codes"]),
        patterns=patterns,
        examples=tuple(value["examples"]),
        cause=value["cause"].strip(),
        fixes=tuple(text.strip() for text in value["fixes"]),
        source=value["source"].strip(),
        url=value.get("url", "").strip(),
        screen=value.get("screen", "").strip("\n"),
        origin=origin,
        runbook=runbook,
    )
