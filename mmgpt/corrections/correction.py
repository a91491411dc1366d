"""A correction as it is kept: what was read, what is right, and how far it reaches."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from mmgpt.corrections.change import CORRECTABLE, SCOPES, Change, CorrectionError, Scope, Value, validated
from mmgpt.corrections.key import Key, key_of
from mmgpt.corrections.normal import FORM, normal
from mmgpt.corrections.rule import Rule
from mmgpt.extractor.aliases import app_key
from mmgpt.schema import Diagnosis, TextLine

_MASK = re.compile(r"\[[a-z_]+\]")


@dataclass(frozen=True)
class Correction:
    """One correction. `uid` is its own on every machine, `id` its number in this store (0 before it is in one).

    `app`, `kind`, `message` and `code` are as they were read; `lines` are the lines that were read, as in a diagnosis.
    """

    id: int
    uid: str
    time: str
    model: str
    sha256: str
    scope: Scope
    exact: bool
    app: str | None
    kind: str | None
    message: str | None
    code: str | None
    changes: dict[str, Change]
    lines: list[dict[str, Any]]
    note: str = ""
    masked: bool = False
    read: Key | None = None
    said: Key | None = None

    @property
    def pattern(self) -> str:
        """The message that it is for, with slots for what may differ; empty where there is none."""
        text = self.message or _said(self.changes)
        if not text:
            return ""
        key = self.read or self.said
        form = normal(text)
        return form.pattern if key is not None and key.slots is not None else text

    def rule(self) -> Rule:
        """The correction, ready to be used."""
        names = {self.app, self.changes["app"].right if "app" in self.changes else None}
        apps = frozenset(app_key(name) for name in names if isinstance(name, str))
        return Rule(
            id=self.id,
            scope=self.scope,
            sha256=self.sha256,
            read=self.read,
            said=self.said,
            apps=apps if self.app is not None else frozenset(),
            kind=self.kind,
            changes=self.changes,
            masked=self.masked,
            time=self.time,
            note=self.note,
        )

    def keyed(self) -> Correction:
        """With the keys of its messages made anew. Not for masked ones: their words are gone."""
        right = self.changes["error_code"].right if "error_code" in self.changes else self.code
        texts = [right] if isinstance(right, str) else []  # a number that was no code may be another one the next time
        read = key_of(self.message, texts, self.exact) if self.message else None
        said = _said(self.changes)
        return replace(self, read=read, said=key_of(said, texts, self.exact) if said else None)

    def to_dict(self) -> dict[str, Any]:
        """The correction as JSON: one object, which `from_dict` takes back."""
        pairs = {
            name: {"wrong": change.wrong, "right": change.right, **({"implied": True} if change.implied else {})}
            for name, change in self.changes.items()
        }
        return {
            "id": self.id,
            "uid": self.uid,
            "time": self.time,
            "model": self.model,
            "image_sha256": self.sha256,
            "scope": self.scope,
            "exact": self.exact,
            "app": self.app,
            "kind": self.kind,
            "message": self.message,
            "error_code": self.code,
            "holds_for": self.pattern,
            "fields": pairs,
            "note": self.note,
            "masked": self.masked,
            "keys": {"form": FORM, "read": _key_dict(self.read), "said": _key_dict(self.said)},
        }

    @classmethod
    def from_dict(cls, value: Mapping[str, Any], lines: list[dict[str, Any]], own: bool = False) -> Correction:
        """The correction of `to_dict`. Raises CorrectionError for anything else, saying what is wrong.

        `own` says that we wrote it ourselves, so that its keys need not be made anew to be right.
        """
        try:
            changes = changes_from(value["fields"])
            scope = value["scope"]
            if scope not in SCOPES:
                raise CorrectionError(f"scope {scope!r} is none of {', '.join(SCOPES)}")
            found = cls(
                id=0,
                uid=_text(value["uid"], 64),
                time=_text(value["time"], 40),
                model=_text(value["model"], 200),
                sha256=_text(value["image_sha256"], 64),
                scope=cast(Scope, scope),
                exact=bool(value["exact"]),
                app=_optional(value["app"]),
                kind=_optional(value["kind"]),
                message=_optional(value["message"]),
                code=_optional(value["error_code"]),
                changes=changes,
                lines=[TextLine.model_validate(line).to_dict() for line in lines],
                note=_text(value["note"], 4000),
                masked=bool(value["masked"]),
            )
            keys = value["keys"]
            same = keys["form"] == FORM
            if not found.masked and not (own and same):
                return found.keyed()
            read, said = keys["read"], keys["said"]
            if not same:  # another version's keys say nothing here, and the words are gone: what is left is the picture
                return replace(found, scope="picture")
            return replace(
                found, read=Key.from_dict(read) if read else None, said=Key.from_dict(said) if said else None
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            if isinstance(error, CorrectionError):
                raise
            missing = isinstance(error, KeyError)
            detail = f"{error} is missing" if missing else " ".join(str(error).split())[:200]
            raise CorrectionError(f"no correction of ours ({detail})") from error


def made_from(
    diagnosis: Diagnosis, changes: Mapping[str, Change], *, uid: str, time: str, scope: Scope, exact: bool, note: str
) -> Correction:
    """A correction of a diagnosis, with its keys.

    Where the diagnosis was masked in its message, no other picture can be known by it: then it is for this picture only.
    """
    if diagnosis.masked and _MASK.search(diagnosis.message or ""):
        scope = "picture"
    return Correction(
        id=0,
        uid=uid,
        time=time,
        model=diagnosis.model,
        sha256=diagnosis.image.sha256,
        scope=scope,
        exact=exact,
        app=diagnosis.app,
        kind=diagnosis.kind,
        message=diagnosis.message,
        code=diagnosis.error_code,
        changes=dict(changes),
        lines=[line.to_dict() for line in diagnosis.text],
        note=note,
    ).keyed()


def changes_from(value: Any) -> dict[str, Change]:
    """Changes as they lie in a store or in a file. Raises CorrectionError, KeyError, TypeError."""
    if not isinstance(value, dict) or not value:
        raise CorrectionError("fields must be an object with at least one field")
    rights = validated({name: pair["right"] for name, pair in value.items()})
    made = {
        name: Change(_value(pair["wrong"]), rights[name], bool(pair.get("implied"))) for name, pair in value.items()
    }
    return {name: made[name] for name in CORRECTABLE if name in made}


def as_json(value: object) -> str:
    """JSON on one line, letters as they are."""
    return json.dumps(value, ensure_ascii=False)


def _said(changes: Mapping[str, Change]) -> str | None:
    right = changes["message"].right if "message" in changes else None
    return right if isinstance(right, str) else None


def _key_dict(key: Key | None) -> dict[str, Any] | None:
    return key.to_dict() if key is not None else None


def _value(value: Any) -> Value:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise CorrectionError(f"a value must be a text, a truth value or a list of texts, not {type(value).__name__}")


def _text(value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise CorrectionError(f"a text of at most {longest} letters is missing")
    return value


def _optional(value: Any) -> str | None:
    return None if value is None else _text(value, 100_000)
