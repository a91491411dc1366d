"""JSON schemas that answers will be valid by: what is refused, and what is known of one that is not.

No torch here: routes check a request's schema before any work is done for it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mmgpt.serve.batching.checker import CHECKER
from mmgpt.serve.batching.validity import valid
from mmgpt.serve.batching.walk import Refused, look_through
from mmgpt.serve.errors import ServiceError

MOST_BYTES = 128 * 1024
MOST_VALUES = 20_000
DEEPEST = 48
SECONDS = 3.0
ANY_OBJECT = {"type": "object"}

PROBLEMS = {
    "big": f"the schema is larger than {MOST_BYTES // 1024} KiB, {MOST_VALUES} values or {DEEPEST} levels",
    "json": "the schema must be a JSON object made of JSON values",
    "remote": "$ref must name a part of the schema itself, as in #/$defs/name",
    "missing": "a $ref names a part that the schema does not have",
    "endless": "no short value is valid by the schema: a part contains itself without an alternative, or must be very long",
    "invalid": "the schema is no valid JSON schema, or uses a part of the language that is not supported here",
    "slow": "the schema is too complex",
    "minProperties": "minProperties above the number of required properties is not supported",
    "multipleOf": "multipleOf must be a whole number",
}
"""What is wrong with a schema, in our words."""


@dataclass(frozen=True)
class Compiled:
    """A schema that can be followed: its JSON, its grammar (llguidance), and about the shortest value that is valid by it."""

    text: str
    grammar: str
    minimal: str

    def valid(self, text: str) -> bool:
        """Whether a text is JSON and valid by the schema. Patterns are matched in linear time."""
        return valid(self.text, text)


def checked_schema(schema: Mapping[str, Any], param: str | None = "response_format") -> Compiled:
    """A schema from a request, checked and compiled; {} is any object. Takes `SECONDS` at most; schemas seen before cost nothing.

    Raises ServiceError 400 `invalid_json_schema` for what is no schema, cannot end, reaches outside, is too large or too slow to follow,
    or says what no grammar can.
    """
    try:
        text = _plain(schema)
        made = _compiled(text)
        if isinstance(made, Refused):
            raise made
    except Refused as refused:
        detail = f"the keyword {refused.keyword} is not supported" if refused.keyword else PROBLEMS[refused.problem]
        raise ServiceError(400, "invalid_json_schema", f"Invalid JSON schema: {detail}.", param=param) from None
    return made


@lru_cache(maxsize=256)
def _compiled(text: str) -> Compiled | Refused:  # what was refused is known too: one that is slow is slow once
    try:
        look_through(json.loads(text))
        return Compiled(text, *CHECKER.check(text, SECONDS))
    except Refused as refused:
        return refused


def _plain(schema: Any) -> str:
    """The schema as JSON, after a look at its size that no depth can exhaust. Raises Refused."""
    if not isinstance(schema, Mapping):
        raise Refused("json")
    values, level, left = 0, [schema or ANY_OBJECT], MOST_BYTES
    for _ in range(DEEPEST):
        inside: list[Any] = []
        for value in level:
            values += 1
            if isinstance(value, Mapping):
                if not all(isinstance(name, str) for name in value):
                    raise Refused("json")
                left -= sum(map(len, value))
                inside += value.values()
            elif isinstance(value, list | tuple):
                inside += value
            elif isinstance(value, str):
                left -= len(value)
            elif not (value is None or isinstance(value, bool | int | float)) or (
                isinstance(value, float) and not math.isfinite(value)
            ):
                raise Refused("json")
        if values + len(inside) > MOST_VALUES or left < 0:
            raise Refused("big")
        if not inside:
            text = json.dumps(schema or ANY_OBJECT, separators=(",", ":"), default=_mapping)
            if len(text) > MOST_BYTES:
                raise Refused("big")
            return text
        level = inside
    raise Refused("big")


def _mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise Refused("json")
