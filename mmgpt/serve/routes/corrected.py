"""The JSON of corrections: what is asked, what is shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from mmgpt.corrections import Correction
from mmgpt.corrections.change import MAX_FIXES, MAX_LETTERS, Value
from mmgpt.schema import Diagnosis
from mmgpt.serve.routes.answers import Created, Plain, RequestId
from mmgpt.serve.routes.requests import Asked
from mmgpt.vocabulary import Category, Kind

_AROUND = ("request_id", "created", "path", "object")
"""What stands beside a diagnosis where it was answered or kept."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_LETTERS, pattern=r"\S")]


def _bare(value: Any) -> Any:
    return {name: item for name, item in value.items() if name not in _AROUND} if isinstance(value, dict) else value


class AnsweredDiagnosis(Diagnosis):
    """A diagnosis as this server answered it; `request_id` and `created` may stay in it."""

    model_config = ConfigDict(json_schema_extra=lambda schema: schema.update(additionalProperties=True))


class Values(Asked):
    """Fields as they should be. Those that are not named stay as they are; null clears one."""

    is_error: bool | None = None
    app: Text | None = None
    kind: Kind | None = None
    message: Text | None = None
    error_code: Text | None = None
    category: Category | None = None
    cause: Text | None = None
    fixes: Annotated[list[Text], Field(max_length=MAX_FIXES)] | None = None
    entry: Annotated[str, Field(max_length=200)] | None = Field(
        default=None, description="the id of the entry that fits; null or empty: none does"
    )

    def given(self) -> dict[str, Any]:
        """What was named, null included."""
        return self.model_dump(exclude_unset=True)


class CorrectionRequest(Asked):
    """A correction of a diagnosis."""

    model_config = ConfigDict(strict=False)  # the diagnosis is JSON of ours: its boxes are tuples there

    diagnosis: Annotated[AnsweredDiagnosis, BeforeValidator(_bare)]
    values: Annotated[Values, Field(json_schema_extra={"minProperties": 1})]
    scope: Literal["message", "program", "picture"] = Field(
        default="program",
        description="this message of this program, this message of any program, or this picture only",
    )
    exact: bool = Field(default=False, description="only word for word, not with another port, path or host")
    note: str = Field(default="", max_length=1000, description="why, for whoever reads the list")


class CorrectedField(Plain):
    """A field as it was said and as it should be. `implied`: it follows from another one."""

    wrong: Value
    right: Value
    implied: bool = False


class CorrectionObject(Plain):
    """A correction. `holds_for` is the message that it is for, with slots for what may differ."""

    id: int
    object: Literal["correction"] = "correction"
    created: str = Field(description="UTC, as 2026-01-31T12:00:00Z")
    model: str
    image_sha256: str
    scope: Literal["message", "program", "picture"] = Field(
        description="what it holds for; may be narrower than what was asked"
    )
    exact: bool
    app: str | None
    kind: str | None
    message: str | None
    error_code: str | None
    holds_for: str
    fields: dict[str, CorrectedField]
    note: str
    masked: bool


class OtherCorrection(Plain):
    """Another correction that says otherwise of the same message. The newest holds."""

    id: int
    field: str
    value: Value


class CorrectionAnswer(Plain):
    """What was kept; null where the diagnosis says so already."""

    request_id: str = RequestId
    created: int = Created
    correction: CorrectionObject | None
    conflicts: list[OtherCorrection]


class CorrectionList(Plain):
    """Corrections, the newest first."""

    object: Literal["list"] = "list"
    data: list[CorrectionObject]
    has_more: bool = Field(description="whether there are older ones: ask again with `after`, the last id")


class CorrectionDeleted(Plain):
    """A correction that is gone."""

    id: int
    object: Literal["correction"] = "correction"
    deleted: Literal[True] = True


def shown(correction: Correction) -> dict[str, Any]:
    """A correction as JSON."""
    fields = {
        name: {"wrong": change.wrong, "right": change.right, "implied": change.implied}
        for name, change in correction.changes.items()
    }
    return {
        "id": correction.id,
        "object": "correction",
        "created": correction.time,
        "model": correction.model,
        "image_sha256": correction.sha256,
        "scope": correction.rule().reach,
        "exact": correction.exact,
        "app": correction.app,
        "kind": correction.kind,
        "message": correction.message,
        "error_code": correction.code,
        "holds_for": correction.pattern,
        "fields": fields,
        "note": correction.note,
        "masked": correction.masked,
    }
