"""Runbooks in YAML: the keys of a TOML entry, few of them needed; one entry, a list of entries, or a list under `entries`.

Texts are taken as they are written (`no`, `1.10` and `0x80070005` stay what they are), so no object is ever made of a file. What
could grow without end is refused before anything is built: aliases, deep nesting, more than `MAX_EVENTS` parts.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mmgpt.knowledge.entry import ERROR_CATEGORIES, ERROR_KINDS, Entry, EntryError, make_entry
from mmgpt.knowledge.patterns import Pattern, PatternError
from mmgpt.knowledge.runbook import slug

SUFFIXES = (".yaml", ".yml")
MAX_LETTERS = 2**20
MAX_EVENTS = 100_000
MAX_DEPTH = 6

_TEXTS = ("id", "title", "product", "category", "cause", "source", "url", "screen")
_LISTS = ("codes", "patterns", "examples", "fixes", "kinds")
_OUTER = ("entries", "product", "category", "source")
_ID = re.compile(r"[a-z0-9][a-z0-9._+/-]*")
_STANDARD_TAG = "tag:yaml.org,2002:"


class _Text(NamedTuple):
    """A text and the line that it begins in, from 1."""

    text: str
    line: int


class _Value(NamedTuple):
    """What stands behind a key: the texts, and whether they were written as a list."""

    texts: list[_Text]
    line: int
    is_list: bool


def read_yaml(text: str, origin: Path) -> list[Entry]:
    """The entries of a YAML file. Raises EntryError, one line that names the file and the line in it.

    An entry needs a title and a cause or fixes; its id is made of the title (of the file's name where it is the only one).
    """
    root = _compose(text, origin)
    if root is None:
        raise EntryError(f"{origin}: there is nothing in it - write an entry with title, cause and fixes")
    shared: dict[str, _Value] = {}
    if _is(root, "sequence"):
        nodes = list(root.value)
    elif _is(root, "mapping") and any(key.value == "entries" for key, _ in root.value):
        pairs = dict(_pairs(root, origin))
        unknown = next((key for key in pairs if key.text not in _OUTER), None)
        if unknown is not None:
            raise EntryError(f"{_at(origin, unknown.line)}: {_no_key(unknown.text, _OUTER)} beside `entries`")
        listed = next(node for key, node in pairs.items() if key.text == "entries")
        if not _is(listed, "sequence"):
            raise EntryError(
                f"{_at(origin, _line(listed))}: `entries` must be a list - begin each entry with `- title:`"
            )
        nodes = list(listed.value)
        shared = {key.text: _value(key, node, origin) for key, node in pairs.items() if key.text != "entries"}
    else:
        nodes = [root]
    return [_entry(node, shared, origin, alone=len(nodes) == 1) for node in nodes]


def _entry(node: Any, shared: dict[str, _Value], origin: Path, alone: bool) -> Entry:
    place = _at(origin, _line(node))
    if not _is(node, "mapping"):
        raise EntryError(
            f"{place}: an entry must have keys such as title, cause and fixes, each with a colon behind it"
        )
    found = dict(shared)
    for key, content in _pairs(node, origin):
        if key.text not in (*_TEXTS, *_LISTS):
            raise EntryError(f"{_at(origin, key.line)}: {_no_key(key.text, (*_TEXTS, *_LISTS))}")
        found[key.text] = _value(key, content, origin)
    texts = {name: _single(name, found.get(name), origin) for name in _TEXTS}
    lists = {name: [item.text for item in found[name].texts] if name in found else [] for name in _LISTS}
    if not texts["title"]:
        raise EntryError(f"{place}: an entry needs a `title`")
    if not texts["cause"] and not lists["fixes"]:
        raise EntryError(f"{place}: an entry needs a `cause` or `fixes` with something in it")
    texts["id"] = texts["id"] or slug(origin.stem if alone else texts["title"])
    if not _ID.fullmatch(texts["id"]):
        line = found["id"].line
        raise EntryError(f"{_at(origin, line)}: id {texts['id']!r} must be of lower-case letters, digits and . _ + - /")
    _check_words(found, origin)
    value: dict[str, Any] = {**texts, **lists}
    value["category"] = texts["category"] or "other"
    value["source"] = texts["source"] or origin.name
    value["kinds"] = lists["kinds"] or list(ERROR_KINDS)
    return make_entry(value, origin, runbook=True)


def _check_words(found: dict[str, _Value], origin: Path) -> None:
    """Category, kinds and patterns, each told with its own line."""
    for name, known in (("category", ERROR_CATEGORIES), ("kinds", ERROR_KINDS)):
        for item in found[name].texts if name in found else ():
            if item.text and item.text not in known:
                near = difflib.get_close_matches(item.text, known, 1, 0.5)
                hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
                raise EntryError(f"{_at(origin, item.line)}: unknown {name.rstrip('s')} {item.text!r} - {hint}")
    for item in found["patterns"].texts if "patterns" in found else ():
        try:
            Pattern(item.text)
        except PatternError as error:
            raise EntryError(f"{_at(origin, item.line)}: {error}") from error


def _single(name: str, value: _Value | None, origin: Path) -> str:
    if value is None or not value.texts:
        return ""
    if value.is_list:
        raise EntryError(f"{_at(origin, value.line)}: `{name}` must be one text, not a list")
    return value.texts[0].text if name == "screen" else value.texts[0].text.strip()


def _pairs(node: Any, origin: Path) -> Iterator[tuple[_Text, Any]]:
    seen: set[str] = set()
    for key, value in node.value:
        line = _line(key)
        if not _is(key, "scalar"):
            raise EntryError(f"{_at(origin, line)}: a key must be one word, such as `title`")
        if key.value in seen:
            raise EntryError(
                f"{_at(origin, line)}: `{key.value}` stands twice - a list has one key and `- ` before each item"
            )
        seen.add(key.value)
        yield _Text(key.value, line), value


def _value(key: _Text, node: Any, origin: Path) -> _Value:
    """A text or a list of texts; what is left empty is nothing."""
    if _is(node, "mapping"):
        raise EntryError(
            f"{_at(origin, _line(node))}: `{key.text}` must be a text or a list of texts - put quotes around a text that holds a colon"
        )
    items = node.value if _is(node, "sequence") else [node]
    texts = []
    for item in items:
        if not _is(item, "scalar"):
            raise EntryError(
                f"{_at(origin, _line(item))}: every item of `{key.text}` must be a text - put quotes around one that holds a colon"
            )
        if item.value.strip() and not (item.style is None and item.value in ("~", "null")):
            texts.append(_Text(item.value, _line(item)))
    return _Value(texts, key.line, _is(node, "sequence"))


def _no_key(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name.lower(), known, 1, 0.6)
    return f"unknown key {name!r} - " + (f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}")


def _is(node: Any, kind: str) -> bool:
    return bool(node.id == kind)


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _at(origin: Path, line: int) -> str:
    return f"{origin}: line {line}"


@cache
def _yaml() -> tuple[Any, Any]:
    """PyYAML and its quicker loader, where it was built with it. Neither makes objects of what a file names."""
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise EntryError("runbooks in YAML need the Python package PyYAML - run: pip install pyyaml") from error
    return yaml, getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _compose(text: str, origin: Path) -> Any:
    """The tree of the file's one document, None where it has none."""
    if len(text) > MAX_LETTERS:
        raise EntryError(f"{origin}: more than {MAX_LETTERS >> 10} thousand letters - split it")
    yaml, loader = _yaml()
    try:
        _check_shape(yaml, loader, text, origin)
        return yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _at(origin, mark.line + 1) if mark is not None else str(origin)
        raise EntryError(
            f"{place}: not YAML: {_one_line(error.problem or error.context or 'cannot be read')}"
        ) from error
    except yaml.YAMLError as error:
        position = getattr(error, "position", None)
        place = str(origin) if position is None else _at(origin, text.count("\n", 0, position) + 1)
        raise EntryError(f"{place}: not YAML: {_one_line(getattr(error, 'reason', None) or str(error))}") from error


def _check_shape(yaml: Any, loader: Any, text: str, origin: Path) -> None:
    """Goes through the parts one by one, without building anything. Raises EntryError for what is not taken."""
    depth, documents = 0, 0
    for number, event in enumerate(yaml.parse(text, Loader=loader)):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise EntryError(f"{_at(origin, line)}: anchors and aliases (& and *) are not taken - write the text out")
        tag = getattr(event, "tag", None)
        if tag and (tag.startswith("!") or not tag.startswith(_STANDARD_TAG) or "python" in tag):
            raise EntryError(
                f"{_at(origin, line)}: tags such as {tag[:40]!r} are not taken - put quotes around the text"
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            raise EntryError(f"{_at(origin, line)}: a second document begins - make one list of the entries")
        if depth > MAX_DEPTH:
            raise EntryError(
                f"{_at(origin, line)}: nested deeper than {MAX_DEPTH} - entries hold texts and lists of texts"
            )
        if number > MAX_EVENTS:
            raise EntryError(f"{_at(origin, line)}: more than {MAX_EVENTS} parts - split the file")


def _one_line(text: str) -> str:
    return " ".join(text.split())
