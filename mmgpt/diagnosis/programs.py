"""Whose message it is, where the extractor does not know: a server signs its error pages, a Windows prompt says which command ran, and
most windows have their program's name in the title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mmgpt.diagnosis.found import Fields
from mmgpt.diagnosis.signatures import by_prompt, by_signature
from mmgpt.extraction import FieldValue
from mmgpt.extractor.aliases import app_key, canonical

if TYPE_CHECKING:
    from vision.reader.types import Line

_SIGNED = re.compile(
    r"(?:^|[(\s])(?P<name>[A-Za-z][A-Za-z.+-]{2,24})/v?\d+\.\d[\w.+~-]*|\b[Pp]owered by (?P<by>[A-Z][\w.+-]{2,24})"
)
_PROMPT = re.compile(r"^[A-Z]:\\[^<>|?*\"]{0,120}>\s*(?P<command>[\w.\\/:-]*)")
_INTERNAL = frozenset(
    "assoc break call cd chdir cls color copy date del dir echo endlocal erase exit for ftype goto help if md mkdir mklink move path "
    "pause popd prompt pushd rd rem ren rename rmdir set setlocal shift start time title type ver verify vol".split()
)
"""Commands that are the Windows command line's own."""

_WINDOWS_TOOLS = frozenset(
    "net reg sc netsh wmic dism sfc schtasks tasklist taskkill diskpart chkdsk icacls robocopy".split()
)
_NO_SERVERS = frozenset("mozilla applewebkit http https chrome safari gecko version text image utf".split())
_TAIL = 8  # a signature stands among the last lines of a page
SIGNED, PROMPTED = 0.85, 0.8
"""How sure a signature and a prompt make us."""

_WEAK, _WEAK_PROMPT = 0.7, 0.5
TAIL, WHOLE = 0.75, 0.6
"""How sure the last part of a title makes us ("notes.txt - Mousepad"), and a title that is all of it."""

_WINDOWS = ("desktop_dialog", "desktop_app", "ide_editor", "other")
_ICON = re.compile(r"^(?:\S{1,2}\s+){1,2}(?=\S{3})")  # small pictures before a title are read as a letter or two
_PARTS = re.compile(r"\s+[-–—|·•›»]\s+|\s*[—|]\s*")
_VERSION = re.compile(r"(?: v?\d[\w.+-]*| [(\[].*)$")
_FILE = re.compile(r"[/\\]|\.[A-Za-z0-9]{1,5}$|^[\W\d_]*$|[.!?:]$")
_NOBODY = frozenset(
    "error errors warning information info question confirm confirmation message alert notice attention failure failed problem help open "
    "save about untitled document connect connecting login progress please select choose find replace print properties details".split()
)
"""Titles that begin with one of these name a sort of window."""
_SYSTEMS = frozenset(app_key(name) for name in ("Microsoft Windows", "Windows"))


def named(fields: Fields, lines: Sequence[Line], products: Iterable[str] = ()) -> Fields:
    """The fields of an error with its program by a signature or a prompt, where the extractor's is weak or missing.

    `products` are names as they are usually written, for what stands there in other letters ("squid/5.7").
    """
    if "app" in fields.fixed:
        return fields
    app, sure = fields.text("app"), fields.app.confidence
    if fields.text("kind") in _WINDOWS and (not app or sure < _WEAK_PROMPT):
        value = _by_title(fields, lines)
        if value is not None:
            return fields.changed("app", value)
    if not fields.is_error.value:
        value = _in_front(fields, lines)
        return fields if value is None else fields.changed("app", value)
    if fields.text("kind") == "terminal":
        if app and sure >= _WEAK_PROMPT and app_key(app) not in _SYSTEMS:
            return fields
        value = _by_prompt(lines, max(fields.message.lines, default=len(lines) - 1))
    elif app and sure >= _WEAK:
        return fields
    else:
        value = _by_signature(lines, products)
    return fields if value is None else fields.changed("app", value)


def _in_front(fields: Fields, lines: Sequence[Line]) -> FieldValue | None:
    """The program in front of a normal screen: one that fills a terminal is known by its own words, whatever else stands there."""
    found = by_signature(lines)
    if found is not None:
        return FieldValue(found[0], SIGNED, (found[1],))
    if fields.text("kind") != "terminal" or (fields.text("app") and fields.app.confidence >= _WEAK_PROMPT):
        return None
    asked = by_prompt(lines)
    windows = _by_prompt(lines, len(lines) - 1)
    if asked is not None and (windows is None or asked[1] > max(windows.lines)):
        return FieldValue(asked[0], PROMPTED, (asked[1],))
    return windows


def _by_title(fields: Fields, lines: Sequence[Line]) -> FieldValue | None:
    """The program that a title names: of an error the nearest title above it, of a normal screen the topmost; else the next one."""
    top = min((lines[index].box[1] for index in fields.message.lines if index < len(lines)), default=None)
    titles = [title for title in fields.titles if title.lines and title.lines[0] < len(lines)]
    if top is not None:
        titles = sorted(
            (title for title in titles if lines[title.lines[0]].box[1] < top),
            key=lambda title: -lines[title.lines[0]].box[1],
        )
    for title in titles:
        parts = [part for part in _PARTS.split(_ICON.sub("", str(title.value))) if part.strip()]
        name = _VERSION.sub("", parts[-1]).strip() if parts else ""
        words = name.casefold().split()
        if words and len(words) <= 4 and 2 < len(name) <= 40 and not _FILE.search(name) and words[0] not in _NOBODY:
            return FieldValue(canonical(name), TAIL if len(parts) > 1 else WHOLE, title.lines, name)
    return None


def _by_signature(lines: Sequence[Line], products: Iterable[str]) -> FieldValue | None:
    for index in range(len(lines) - 1, max(len(lines) - 1 - _TAIL, -1), -1):
        for hit in _SIGNED.finditer(lines[index].text):
            name = hit["name"] or hit["by"]
            if name.lower() in _NO_SERVERS:
                continue
            usual = {app_key(product): product for product in products}
            return FieldValue(usual.get(app_key(name), canonical(name)), SIGNED, (index,), name)
    return None


def _by_prompt(lines: Sequence[Line], last: int) -> FieldValue | None:
    """The command at the last Windows prompt up to line `last` that has one; an internal one or a batch file is the command line's."""
    for index in range(min(last, len(lines) - 1), -1, -1):
        hit = _PROMPT.match(lines[index].text)
        command = hit["command"].replace("/", "\\").rpartition("\\")[2].lower() if hit is not None else ""
        if command:
            stem = command.removesuffix(".exe").removesuffix(".com")
            own = stem in _INTERNAL or command.endswith((".bat", ".cmd"))
            name = "cmd" if own else stem if stem in _WINDOWS_TOOLS else canonical(stem)
            return FieldValue(name, PROMPTED, (index,))
    return None
