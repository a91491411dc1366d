"""From pydantic's findings to one error of ours: the path of the first thing that is wrong, and a sentence about it.

pydantic's own sentences quote what was sent; ours are made of the schema's numbers and names only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mmgpt.serve.errors import ServiceError

_SAFE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_PLACES = ("body", "query", "path", "header", "cookie")  # FastAPI puts where it looked in front

_SENTENCES = {
    "missing": "is required",
    "none_required": "must be null",
    "extra_forbidden": "is not a parameter here",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "finite_number": "must be a finite number",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "union_tag_invalid": "must be one of {expected_tags}",
    "union_tag_not_found": "is required",
}
_KINDS = (
    ("int_", "must be a whole number"),
    ("float_", "must be a number"),
    ("decimal_", "must be a number"),
    ("bool_", "must be true or false"),
    ("string_", "must be a text of the right form"),
    ("list_", "must be a list"),
    ("tuple_", "must be a list"),
    ("set_", "must be a list"),
    ("frozen_set_", "must be a list"),
    ("dict_", "must be an object"),
    ("mapping_", "must be an object"),
    ("model_", "must be an object"),
    ("dataclass_", "must be an object"),
    ("url_", "must be a URL"),
    ("bytes_", "must be a file"),
)


def validation_error(errors: Sequence[Mapping[str, Any]], value: Any) -> ServiceError:
    """The error to answer. `errors` as of `ValidationError.errors()`, `value` is what was validated.

    Where a union was tried, each branch has complaints of its own; the one that got furthest into the value is the most telling.
    """
    found = [(*_path(error, value), error) for error in errors]
    if not found:
        return ServiceError(400, "invalid_value", "The request is not valid.")
    names, _, error = max(found, key=lambda item: (item[1], len(item[0])))
    kind = str(error.get("type", ""))
    if kind == "union_tag_not_found":  # pydantic names the object; what is missing is the name in it
        names = [*names, str((error.get("ctx") or {}).get("discriminator", "'type'")).strip("'")]
    param = ".".join(names) or None
    code = _code(kind)
    what = f"`{param}`" if param else "The request"
    return ServiceError(400, code, f"{what} {_sentence(error)}.", param=param)


def _code(kind: str) -> str:
    if kind in ("missing", "union_tag_not_found"):
        return "missing_required_parameter"
    return "unsupported_parameter" if kind == "extra_forbidden" else "invalid_value"


def _sentence(error: Mapping[str, Any]) -> str:
    kind, context = str(error.get("type", "")), error.get("ctx") or {}
    if kind.startswith("mmgpt_"):  # a PydanticCustomError of one of our models: its text is ours
        return str(error.get("msg", "is not valid")).rstrip(".")
    template = _SENTENCES.get(kind)
    if template is None:
        return next((text for start, text in _KINDS if kind.startswith(start)), "has a value that is not allowed")
    try:
        return template.format(**context)
    except KeyError:
        return "has a value that is not allowed"


def _path(error: Mapping[str, Any], value: Any) -> tuple[list[str], int]:
    """Names along the value, and how many of them are really in it. Tags of unions, which pydantic puts into its paths, are left out."""
    parts = list(error.get("loc", ()))
    if parts and parts[0] in _PLACES and not (isinstance(value, Mapping) and parts[0] in value):
        parts = parts[1:]
    kind = error.get("type")
    names: list[str] = []
    here, depth = value, 0
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if isinstance(part, int):
            if isinstance(here, Sequence) and not isinstance(here, str | bytes) and part < len(here):
                here = here[part]
                names.append(str(part))
                depth += 1
        elif isinstance(here, Mapping) and part in here:
            if not _SAFE_NAME.fullmatch(part):
                break  # a name of the client's own choosing is not repeated
            here = here[part]
            names.append(part)
            depth += 1
        elif (last and kind == "missing") or value is None:
            names.append(part)
    return names, depth
