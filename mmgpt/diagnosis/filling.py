"""What stands in the slots of a pattern, put into the cause and the fixes: the port of the message into the command that looks for it.

Values come from the picture, so they are a stranger's text: control characters and marks of direction go, long ones are
cut, and into a command (between backticks) comes only what a shell takes as one plain word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from mmgpt.knowledge.slots import NAMES

LONGEST = 80
"""Letters of a value that are shown."""

_CODE = re.compile(r"(`+)(.+?)\1")
_PLAIN = re.compile(r"(?!-)[\w./:@%+=,~\\-]+", re.ASCII)
_DESTROYS = re.compile(
    r"\b(?:rm|rmdir|del|erase|rd|dd|mkfs\S*|format|shred|drop|truncate|delete|purge)\b", re.IGNORECASE
)
# The words by which the entries' texts name what stands in a slot, likeliest slot first.
_WORDS = {
    "port": "port",
    "host": "host shost ip",
    "user": "user",
    "table": "table",
    "column": "column",
    "database": "db",
    "package": "pkg gopkg npmmod",
    "module": "pymod npmmod",
    "branch": "branch",
    "remote": "remote",
    "image": "image",
    "unit": "unit",
    "pod": "pod",
    "file": "file path winpath",
    "path": "path urlpath winpath dir",
    "folder": "dir",
    "url": "url",
    "pid": "pid",
}
# Named in prose only where it can be nothing else: a text that says "the file" may mean any file.
_IN_PROSE = ("port", "host", "user", "table", "column", "database", "package", "module", "branch", "remote", "image")
_NEUTRAL = {
    "int": "number", "num": "number", "big": "number", "pct": "share", "ms": "time", "secs": "time", "db": "database",
    "pkg": "package", "gopkg": "package", "npmmod": "module", "pymod": "module", "dir": "folder", "winpath": "path",
    "urlpath": "address", "url": "address", "ip": "address", "shost": "host", "addr": "address", "fn": "function",
    "cls": "class", "ident": "name", "attr": "attribute", "text": "value", "word": "name", "pytype": "type",
}  # fmt: skip
_SLOT = r"\{(?P<slot>[a-z_]+)(?P<number>\d*)\}"
_GOES_ON = r"(?=[,.;:)]|$|\s+(?:is|does|has|on|in|and|or|to|was|cannot|itself|at|from|by|already|must|may)\b)"
_IN_TEXT = re.compile(rf"{_SLOT}|\b[Tt](?:his|he) (?P<named>{'|'.join(_IN_PROSE)}){_GOES_ON}")
_IN_COMMAND = re.compile(rf"{_SLOT}|<(?P<named>[a-z]+)>")


def clean(text: str, longest: int = LONGEST) -> str:
    """A stranger's text on one line: no control characters, no marks of direction, no lone surrogates, not too long."""
    kept = "".join(" " if letter.isspace() else letter for letter in text if letter.isspace() or _shown(letter))
    kept = " ".join(kept.split())
    return kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…"


def _shown(letter: str) -> bool:
    return unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def fill_all(texts: Sequence[str], slots: Mapping[str, str]) -> list[str]:
    """The texts of an entry, cause and fixes, with what stands in the picture.

    `{port}` becomes the slot's value, or "the port" where there is none; so does `<port>` in commands, where the value is one
    plain word. Of "this port" and "the port" in prose, the first in all texts has its value in brackets behind it.
    """
    values = {key: value for key, raw in slots.items() if (value := clean(raw))}
    told: set[str] = set()
    made = []
    for text in texts:
        parts, at = [], 0
        for code in _CODE.finditer(text):
            parts += [_prose(text[at : code.start()], values, told), _command(code.group(0), values)]
            at = code.end()
        made.append("".join([*parts, _prose(text[at:], values, told)]))
    return made


def fill(text: str, slots: Mapping[str, str]) -> str:
    """One text with what stands in the picture: see `fill_all`."""
    return fill_all([text], slots)[0]


def _value(name: str, values: Mapping[str, str]) -> str:
    """The value of what a text calls `name`: that of the likeliest sort of slot, where there is but one."""
    for slot in _WORDS.get(name, "").split():
        found = {value for key, value in values.items() if key.rstrip("0123456789") == slot}
        if found:
            return found.pop() if len(found) == 1 else ""
    return ""


def _prose(text: str, values: Mapping[str, str], told: set[str]) -> str:
    def put(hit: re.Match[str]) -> str:
        if hit["named"] is None:
            neutral = f"the {_NEUTRAL.get(hit['slot'], hit['slot'])}"
            return values.get(hit["slot"] + hit["number"], neutral) if hit["slot"] in NAMES else hit[0]
        value = _value(hit["named"], values)
        if not value or hit["named"] in told:
            return hit[0]
        told.add(hit["named"])
        return f"{hit[0]} ({value})"

    return _IN_TEXT.sub(put, text)


def _command(text: str, values: Mapping[str, str]) -> str:
    def put(hit: re.Match[str]) -> str:
        if hit["named"] is not None:
            value = _value(hit["named"], values)
            return value if _PLAIN.fullmatch(value) else hit[0]
        if hit["slot"] not in NAMES:
            return hit[0]
        value = values.get(hit["slot"] + hit["number"], "")
        return value if _PLAIN.fullmatch(value) else f"<{_NEUTRAL.get(hit['slot'], hit['slot'])}>"

    # What a stranger's picture names is not put behind a command that destroys: it is to be typed with open eyes.
    return _IN_COMMAND.sub(put, text) if not _DESTROYS.search(text) else _IN_COMMAND.sub(_left_open, text)


def _left_open(hit: re.Match[str]) -> str:
    return hit[0] if hit["named"] or hit["slot"] not in NAMES else f"<{_NEUTRAL.get(hit['slot'], hit['slot'])}>"
