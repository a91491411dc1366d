"""A walk through a schema before anything compiles it: keywords that no grammar can follow, and references that lead out or nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

UNSUPPORTED = frozenset(
    "uniqueItems not if then else contains minContains maxContains propertyNames dependentRequired dependentSchemas dependencies "
    "unevaluatedProperties unevaluatedItems $dynamicRef $recursiveRef".split()
)
"""Keywords that a grammar cannot follow: a text may be valid or not by what stands far apart in it."""
IN_PLACE = ("allOf", "anyOf", "oneOf")
MAPS = ("properties", "patternProperties", "$defs", "definitions")
SINGLE = ("items", "additionalProperties", "additionalItems")
SEVERAL = (*IN_PLACE, "prefixItems", "items")


class Refused(ValueError):
    """A schema that is not followed: a name of `schema.PROBLEMS`, or the keyword that is not supported."""

    def __init__(self, problem: str, keyword: str = "") -> None:
        super().__init__(problem)
        self.problem, self.keyword = problem, keyword

    def __reduce__(self) -> Any:
        return (Refused, (self.problem, self.keyword))


def look_through(schema: dict[str, Any]) -> None:
    """Raises Refused for unsupported keywords, references that lead out of the schema or nowhere, and for parts that contain themselves
    in place, which would make a value that is never begun."""
    parts = list(_parts(schema))
    anchors = {
        part[name]: part for part in parts for name in ("$anchor", "$dynamicAnchor") if isinstance(part.get(name), str)
    }
    inner: dict[int, list[dict[str, Any]]] = {}
    for part in parts:
        for keyword in sorted(UNSUPPORTED & part.keys()):
            if part[keyword] is not False or keyword != "uniqueItems":
                raise Refused("invalid", keyword)
        _check_numbers(part)
        found = [choice for name in IN_PLACE for choice in _list(part.get(name)) if isinstance(choice, dict)]
        if "$ref" in part:
            target = _target(schema, part["$ref"], anchors)
            found += [target] if isinstance(target, dict) else []
        inner[id(part)] = found
    _refuse_loops(parts, inner)


def _check_numbers(part: dict[str, Any]) -> None:
    factor, fewest, required = part.get("multipleOf"), part.get("minProperties"), part.get("required")
    if (
        isinstance(factor, float) and not factor.is_integer()
    ):  # validators divide binary numbers: 0.3 is no multiple of 0.1
        raise Refused("multipleOf")
    # A grammar does not know which names of an object came before, and the same name twice counts once.
    if isinstance(fewest, int) and fewest > len(_list(required)):
        raise Refused("minProperties")


def _parts(schema: Any) -> Iterator[dict[str, Any]]:
    """All subschemas that are objects."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict):
            continue
        yield part
        for name in MAPS:
            value = part.get(name)
            waiting += value.values() if isinstance(value, dict) else []
        waiting += [part.get(name) for name in SINGLE]
        for name in SEVERAL:
            waiting += _list(part.get(name))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _target(schema: dict[str, Any], ref: Any, anchors: dict[str, dict[str, Any]]) -> Any:
    if not isinstance(ref, str) or not ref.startswith("#"):
        raise Refused("remote")
    pointer = unquote(ref[1:])
    if pointer and not pointer.startswith("/"):
        if pointer not in anchors:
            raise Refused("missing")
        return anchors[pointer]
    value: Any = schema
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            raise Refused("missing")
    return value


def _refuse_loops(parts: list[dict[str, Any]], inner: dict[int, list[dict[str, Any]]]) -> None:
    """Takes away parts that contain nothing that is left, until none go; what is left contains itself."""
    above: dict[int, list[int]] = {}
    count = {id(part): len(inner[id(part)]) for part in parts}
    for part in parts:
        for child in inner[id(part)]:
            above.setdefault(id(child), []).append(id(part))
            count.setdefault(id(child), 0)  # a $ref into what is no schema, such as an example
    ready = [key for key, number in count.items() if not number]
    gone = 0
    while ready:
        gone += 1
        for parent in above.get(ready.pop(), ()):
            count[parent] -= 1
            if not count[parent]:
                ready.append(parent)
    if gone < len(count):
        raise Refused("endless")
