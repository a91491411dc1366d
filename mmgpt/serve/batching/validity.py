"""Whether a text is valid by a schema: `jsonschema`, but patterns are matched by llguidance in linear time, for Python's `re` may take
longer than the universe on a pattern that somebody sends; and nothing is fetched."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jsonschema
import llguidance
import referencing
from jsonschema.protocols import Validator
from jsonschema.validators import Draft202012Validator, extend, validator_for

from mmgpt.serve.batching.grammar import GrammarError, advance, matcher_of


def valid(schema: str, text: str) -> bool:
    """Whether `text` is JSON that is valid by `schema`, itself a JSON text. Raises jsonschema.SchemaError for what is no schema."""
    try:
        value = json.loads(text)
        return bool(_validator(schema).is_valid(value))
    except (ValueError, RecursionError):  # no JSON; deeper than anything that we make
        return False


@lru_cache(maxsize=64)
def _validator(schema: str) -> Validator:
    value = json.loads(schema)
    kind = validator_for(value, default=Draft202012Validator)
    kind.check_schema(value)
    linear = extend(
        kind,
        {"pattern": _pattern, "patternProperties": _pattern_properties, "additionalProperties": _additional_properties},
    )
    made: Validator = linear(value, registry=referencing.Registry())
    return made


@lru_cache(maxsize=256)
def _matcher(pattern: str) -> Any:
    schema = json.dumps({"type": "string", "pattern": pattern})
    return matcher_of(str(llguidance.LLMatcher.grammar_from_json_schema(schema)))


def matches(pattern: str, text: str) -> bool:
    """Whether a text has a match of the pattern somewhere. Raises GrammarError for a pattern that cannot be matched in linear time."""
    state = _matcher(pattern).deep_copy()
    written = re.sub("[\ud800-\udfff]", "\ufffd", json.dumps(text, ensure_ascii=False))
    return advance(state, written.encode()) and bool(state.is_accepting())


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
    if isinstance(instance, str) and not matches(pattern, instance):
        yield jsonschema.ValidationError("the text does not match the pattern")


def _pattern_properties(
    validator: Any, patterns: dict[str, Any], instance: Any, schema: Any
) -> Iterator[jsonschema.ValidationError]:
    for pattern, part in patterns.items() if isinstance(instance, dict) else ():
        for name, value in instance.items():
            if matches(pattern, name):
                yield from validator.descend(value, part, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, part: Any, instance: Any, schema: Any
) -> Iterator[jsonschema.ValidationError]:
    if not isinstance(instance, dict):
        return
    for name, value in instance.items():
        known = name in schema.get("properties", {})
        if not known and not any(matches(pattern, name) for pattern in schema.get("patternProperties", {})):
            yield from validator.descend(value, part, path=name)


__all__ = ["GrammarError", "matches", "valid"]
