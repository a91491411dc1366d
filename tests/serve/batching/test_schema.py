"""Which JSON schemas are followed, and which are refused, in bounded time."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from mmgpt.serve.batching import schema as module
from mmgpt.serve.batching.checker import Checker
from mmgpt.serve.batching.grammar import accepted, advance, byte_tokenizer, grammar_of, matcher_of, shortest
from mmgpt.serve.batching.schema import checked_schema
from mmgpt.serve.batching.validity import matches, valid
from mmgpt.serve.batching.walk import Refused
from mmgpt.serve.errors import ServiceError

NESTED: Any = {"type": "string"}
for _ in range(100_000):
    NESTED = {"type": "array", "items": NESTED}
SLOW = {"allOf": [{"type": "string", "pattern": f"a.{{{i}}}b"} for i in range(1, 30)]}
BAD: dict[str, Any] = {
    "no type": {"type": "strange"},
    "a number as schema": {"properties": {"a": 3}},
    "remote": {"$ref": "https://example.com/schema.json"},
    "a file": {"properties": {"a": {"$ref": "file:///etc/passwd"}}},
    "nowhere": {"$ref": "#/$defs/none"},
    "itself": {"$ref": "#"},
    "itself in place": {"$defs": {"x": {"allOf": [{"$ref": "#/$defs/y"}]}, "y": {"anyOf": [{"$ref": "#/$defs/x"}]}}, "$ref": "#/$defs/x"},
    "cannot end": {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
    "nothing is valid": {"type": "object", "properties": {"a": False}, "required": ["a"]},
    "empty range": {"type": "integer", "minimum": 5, "maximum": 3},
    "look-ahead": {"type": "string", "pattern": "^(?=a)b"},
    "backreference": {"type": "string", "pattern": r"(a)\1"},
    "no pattern": {"type": "string", "pattern": "("},
    "patterns that explode": SLOW,
    "very long": {"type": "string", "minLength": 10**9},
    "very many": {"type": "array", "minItems": 10**9, "items": {"type": "integer"}},
    "deep": NESTED,
    "large": {"enum": ["x" * 200_000]},
    "many": {"enum": list(range(50_000))},
    "uniqueItems": {"type": "array", "uniqueItems": True},
    "not": {"not": {"type": "string"}},
    "if": {"if": {"type": "string"}, "then": {"maxLength": 3}},
    "contains": {"type": "array", "contains": {"type": "string"}},
    "names": {"type": "object", "propertyNames": {"maxLength": 3}},
    "minProperties": {"type": "object", "minProperties": 2},
    "fractions": {"type": "number", "multipleOf": 0.1},
    "not a number": {"const": float("nan")},
    "no JSON": {"const": object()},
    "a list": ["type", "object"],
    "half a letter": {"const": "\ud800"},
    "unknown format": {"type": "string", "format": "weird"},
    "choices that overlap": {"oneOf": [{"type": "string"}, {"type": "string", "maxLength": 3}]},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_schemas_are_refused_in_time(name: str):
    start = time.monotonic()
    with pytest.raises(ServiceError) as caught:
        checked_schema(BAD[name])
    assert time.monotonic() - start < module.SECONDS + 8
    error = caught.value
    assert (error.status, error.code, error.param) == (400, "invalid_json_schema", "response_format")
    assert error.message.startswith("Invalid JSON schema: ") and "example.com" not in error.message
    if name in ("uniqueItems", "not", "if", "contains"):
        assert f"the keyword {name} is not supported" in error.message
    start = time.monotonic()
    with pytest.raises(ServiceError):
        checked_schema(BAD[name])
    assert time.monotonic() - start < 0.5, "what was slow is not tried again"


def test_what_can_be_followed_has_a_short_value():
    for schema, minimal in (
        ({}, "{}"),
        ({"type": "object"}, "{}"),
        ({"const": {"a": [1, None]}}, '{"a":[1,null]}'),
        ({"enum": ["alphabet", "beta"]}, '"beta"'),
        ({"type": "string", "pattern": "^ab*c$"}, '"ac"'),
        ({"type": "string", "pattern": "^.*X$"}, '"X"'),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 3}, "[0,0,0]"),
        ({"type": "object", "properties": {"a": {"$ref": "#"}}}, "{}"),
        ({"type": "string", "enum": ["#/$ref"], "examples": [{"$ref": "http://example.com"}]}, '"#/$ref"'),
        (
            {
                "type": "object",
                "properties": {"$ref": {"type": "string"}, "not": {"type": "null"}},
                "required": ["not"],
            },
            None,
        ),
    ):
        made = checked_schema(schema)
        assert made.valid(made.minimal) and (minimal is None or len(made.minimal) <= len(minimal) + 2)
    assert checked_schema({"type": "object"}) is checked_schema({"type": "object"})


def test_many_threads_may_ask_at_once():
    found: list[str] = []
    schemas = [{"type": "array", "minItems": i, "items": {"const": 1}} for i in range(6)]
    threads = [threading.Thread(target=lambda s=s: found.append(checked_schema(s).minimal)) for s in schemas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, found)) == sorted(len(json.dumps([1] * i, separators=(",", ":"))) for i in range(6))


def test_the_process_comes_again_after_it_was_ended():
    checker = Checker()
    try:
        text = json.dumps(SLOW)
        with pytest.raises(Refused, match="slow"):
            checker.check(text, 0.3)
        assert checker.check('{"type":"null"}', 10)[1] == "null"
        assert checker._process is not None
        checker._process.kill()
        checker._process.wait()
        assert checker.check('{"type":"boolean"}', 10)[1] in ("true", "false")
    finally:
        checker._end()


def test_no_torch_is_loaded():
    code = "import sys, mmgpt.serve.batching.schema as s; s.checked_schema({'type': 'null'}); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


def test_patterns_are_matched_in_linear_time_and_as_they_are_meant():
    start = time.monotonic()
    assert not matches("^((a+)+)+$", "a" * 3000 + "b")
    assert valid('{"type":"string","pattern":"^((a+)+c|a+b)$"}', json.dumps("a" * 3000 + "b"))
    assert time.monotonic() - start < 5
    assert matches("b", "abc") and not matches("^b", "abc") and matches("\n", "a\nb")
    schema = '{"type":"object","patternProperties":{"^x":{"type":"integer"}},"properties":{"a":{}},"additionalProperties":false}'
    assert valid(schema, '{"x1":3,"a":"b"}')
    assert (
        not valid(schema, '{"x1":"3"}')
        and not valid(schema, '{"y":1}')
        and not valid(schema, "{")
        and not valid(schema, "[" * 10**5)
    )


def test_closing_starts_where_the_text_stands():
    grammar = grammar_of(
        '{"type":"object","properties":{"é":{"type":"string","minLength":3},"n":{"type":"number"}},"required":["é","n"]}'
    )
    assert byte_tokenizer().decode_bytes([ord("a"), 0xC3]) == b"a\xc3"
    for begun in (
        b"",
        b'{"',
        b'{"\xc3',
        '{"é":"a'.encode(),
        '{"é":"a\\'.encode(),
        b'{"\xc3\xa9":"\xe2\x82',
        '{"é":"abc","n":-'.encode(),
    ):
        matcher = matcher_of(grammar)
        assert advance(matcher, begun)
        closing = shortest(matcher)
        assert closing is not None
        value = json.loads(begun + closing)
        assert len(value["é"]) >= 3 and "n" in value
        assert accepted(matcher, closing + b"}") == len(closing), "looking changes nothing"
