"""What a correction may say: `field=value` against a diagnosis, checked with the schema's own words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mmgpt.schema import Diagnosis
from mmgpt.vocabulary import CATEGORIES, FIELDS, KINDS

KNOWLEDGE_FIELDS = ("cause", "fixes", "entry")
CORRECTABLE: tuple[str, ...] = (*FIELDS, *KNOWLEDGE_FIELDS)
SCOPES = ("message", "program", "picture")
Scope = Literal["message", "program", "picture"]
NO_ENTRY = ""
"""The right value of `entry` where no entry fits."""
MAX_LETTERS = 4000
MAX_FIXES = 12

Value = bool | str | list[str] | None
_ALIASES = {"fix": "fixes", "code": "error_code", "program": "app", "error": "is_error"}
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")
_CLEARED = ("null", "none", "")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class CorrectionError(ValueError):
    """A correction that cannot be made, or a store that cannot be used; one line that says what to do."""


@dataclass(frozen=True)
class Change:
    """One field as it was said and as it should be. `implied` was not asked for, but follows from what was."""

    wrong: Value
    right: Value
    implied: bool = False


def parse(assignments: Iterable[str]) -> dict[str, Value]:
    """`field=value` texts as values; `fix=` may come several times. Raises CorrectionError for what is none, naming the nearest."""
    found: dict[str, Value] = {}
    fixes: list[str] = []
    cleared = False
    for text in assignments:
        name, equals, value = text.partition("=")
        name = _ALIASES.get(name.strip().lower(), name.strip().lower())
        if not equals:
            raise CorrectionError(f"{_short(text)} has no = in it - write field=value, as in category=network")
        if name not in CORRECTABLE:
            raise CorrectionError(f"there is no field {_short(name)} - {_nearest(name, CORRECTABLE)}")
        if name == "fixes":
            if value.strip().lower() in _CLEARED:
                cleared = True
            else:
                fixes.append(value)
            continue
        if name in found:
            raise CorrectionError(f"{name} is given twice - say it once")
        found[name] = _typed(name, value)
    if cleared and fixes:
        raise CorrectionError("fix=none and another fix contradict each other - leave one out")
    if cleared or fixes:
        found["fixes"] = fixes
    return validated(found)


def validated(values: Mapping[str, Any], entries: Sequence[str] | None = None) -> dict[str, Value]:
    """Values as a program gives them (null clears), checked and cleaned. `entries` are the ids there are, if known.

    Raises CorrectionError for an unknown field, value or type, naming the nearest legal one.
    """
    made: dict[str, Value] = {}
    for name, value in values.items():
        if name not in CORRECTABLE:
            raise CorrectionError(f"there is no field {_short(name)} - {_nearest(name, CORRECTABLE)}")
        made[name] = _checked(name, value, entries)
    if not made:
        raise CorrectionError("nothing is corrected - write field=value, as in category=network")
    return made


def changes_to(diagnosis: Diagnosis, values: Mapping[str, Value]) -> dict[str, Change]:
    """What differs from the diagnosis, with what follows from it: without an error there is no message, code, cause or fix.

    Values must be `validated`. Raises CorrectionError where the corrected fields would contradict each other.
    """
    said = stated(diagnosis)
    wanted = dict(values)
    is_error = wanted.get("is_error", said["is_error"])
    implied: dict[str, Value] = {}
    if is_error is False:
        _agree(wanted)
        if "is_error" in wanted:
            implied = {
                "message": None,
                "error_code": None,
                "category": "none",
                "cause": None,
                "fixes": [],
                "entry": NO_ENTRY,
            }
            implied = {name: value for name, value in implied.items() if name not in wanted}
    elif is_error is True and wanted.get("category") == "none":
        raise CorrectionError("category=none says that there is no error - add is_error=false, or use category=null")
    changes = {}
    for name, value in (wanted | implied).items():
        before = said[name]
        if value != before or (name in diagnosis.abstained and value is not None):
            changes[name] = Change(before, value, name in implied)
    return {name: changes[name] for name in CORRECTABLE if name in changes}


def stated(diagnosis: Diagnosis) -> dict[str, Value]:
    """The fields of a diagnosis that can be corrected."""
    said: dict[str, Value] = {name: getattr(diagnosis, name) for name in FIELDS}
    said |= {"cause": diagnosis.cause, "fixes": list(diagnosis.fixes)}
    ids = [source.id for source in diagnosis.sources if not source.id.startswith("correction/")]
    return said | {"entry": ids[0] if ids else NO_ENTRY}


def _agree(wanted: Mapping[str, Value]) -> None:
    """Raises CorrectionError for a field that only an error can have."""
    for name in ("message", "error_code", "cause", "entry"):
        if wanted.get(name):
            raise CorrectionError(
                f"{name} belongs to an error, and is_error is false - add is_error=true, or clear {name}"
            )
    if wanted.get("fixes"):
        raise CorrectionError("fixes belong to an error, and is_error is false - add is_error=true")
    if wanted.get("category") not in (None, "none"):
        raise CorrectionError(
            f"category {wanted['category']} belongs to an error, and is_error is false - add is_error=true"
        )


def _typed(name: str, text: str) -> Value:
    bare = text.strip()
    lower = bare.lower()
    if name == "is_error":
        if lower in _YES or lower in _NO:
            return lower in _YES
        return None if lower in _CLEARED else bare
    if name == "category":
        return None if lower in ("null", "") else bare
    return None if lower in _CLEARED else bare


def _checked(name: str, value: Any, entries: Sequence[str] | None) -> Value:
    kinds: dict[str, Callable[[Any], Value]] = {"is_error": _bool, "fixes": _fixes}
    if name in kinds:
        return kinds[name](value)
    if name == "entry":
        return _entry(value, entries)
    if value is None:
        return None
    if not isinstance(value, str):
        raise CorrectionError(f"{name} must be a text, not {type(value).__name__}")
    text = _text(name, value)
    for field, known in (("category", CATEGORIES), ("kind", KINDS)):
        if name == field and text not in known:
            raise CorrectionError(f"there is no {field} {_short(text)} - {_nearest(text, known)}")
    return text


def _bool(value: Any) -> Value:
    if value is None or isinstance(value, bool):
        return value
    raise CorrectionError(f"is_error must be true or false, not {_short(str(value))}")


def _fixes(value: Any) -> Value:
    items = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise CorrectionError("fixes must be a list of texts")
    if len(items) > MAX_FIXES:
        raise CorrectionError(f"{len(items)} fixes are more than {MAX_FIXES} - keep the likeliest")
    return [_text("fixes", item) for item in items]


def _entry(value: Any, entries: Sequence[str] | None) -> Value:
    if value is None or value == NO_ENTRY:
        return NO_ENTRY
    if not isinstance(value, str):
        raise CorrectionError(f"entry must be an id, not {type(value).__name__}")
    text = _text("entry", value)
    if entries is not None and text not in entries:
        raise CorrectionError(f"there is no entry {_short(text)} - {_nearest(text, entries)}")
    return text


def _text(name: str, value: str) -> str:
    text = " ".join(_CONTROL.sub(" ", value).split())
    if not text:
        raise CorrectionError(f"{name} is empty - write {name}=none to clear it")
    if len(text) > MAX_LETTERS:
        raise CorrectionError(f"{name} has {len(text)} letters, more than {MAX_LETTERS} - shorten it")
    return text


def _nearest(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word.lower(), known, 1, 0.5) or difflib.get_close_matches(
        word.lower(), known, 1, 0.3
    )
    if near:
        return f"did you mean {near[0]}?"
    return f"one of {', '.join(known)}" if len(known) < 30 else "see `mmgpt knowledge list`"


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
