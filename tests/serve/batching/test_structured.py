"""Answers under a schema are valid by it, whatever the weights and however few the tokens."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import jsonschema
import pytest
import torch

from mmgpt.generate import Conversation, Sampling
from mmgpt.pieces import Piece
from mmgpt.serve.batching.batcher import Batcher
from mmgpt.serve.batching.bound import Bound
from mmgpt.serve.batching.guide import Guide
from mmgpt.serve.batching.row import Row
from mmgpt.serve.batching.schema import checked_schema
from tests.serve.batching.rows import Heard, ask, conversations, engine_of, finish, said

SCHEMAS: dict[str, Any] = {
    "any object": {},
    "enum": {"enum": ["network", "dns", "none", None, 3, {"a": [True]}]},
    "const": {"type": "object", "properties": {"v": {"const": "x\"\\é\n"}}, "required": ["v"], "additionalProperties": False},
    "nested": {
        "type": "object",
        "properties": {
            "app": {"type": "string", "maxLength": 20},
            "place": {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "number"}}, "required": ["x", "y"]},
            "error": {"type": ["boolean", "null"]},
        },
        "required": ["app", "place", "error"],
        "additionalProperties": False,
    },
    "arrays": {"type": "array", "minItems": 2, "maxItems": 4, "items": {"type": "array", "items": {"type": "integer"}, "maxItems": 3}},
    "tuple": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "minItems": 2},
    "oneOf": {
        "oneOf": [
            {"type": "object", "properties": {"k": {"const": "a"}, "x": {"type": "string"}}, "required": ["k", "x"]},
            {"type": "object", "properties": {"k": {"const": "b"}, "y": {"type": "integer"}}, "required": ["k", "y"]},
        ]
    },
    "anyOf": {"anyOf": [{"type": "string", "minLength": 4}, {"type": "array", "items": {"type": "null"}}, {"type": "integer"}]},
    "bounds": {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": -5, "exclusiveMaximum": 130},
            "f": {"type": "number", "minimum": 0, "maximum": 1}},
        "required": ["n", "f"],
    },
    "multiples": {"type": "integer", "multipleOf": 7, "minimum": 50},
    "pattern": {"type": "object", "properties": {"c": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{3,5}$"}}, "required": ["c"]},
    "formats": {"type": "array", "items": [], "minItems": 0, "maxItems": 0},
    "uuid": {"type": "string", "format": "uuid"},
    "tree": {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {"v": {"type": "string"}, "next": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
                "required": ["v", "next"],
                "additionalProperties": False,
            }
        },
    },
    "names": {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 3},
    "patterned names": {"type": "object", "patternProperties": {"^x_": {"type": "boolean"}}, "additionalProperties": False},
    "allOf": {"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"required": ["b"], "properties": {"b": {"type": "null"}}}]},
    "long": {"type": "object", "properties": {f"p{i}": {"type": "string"} for i in range(12)}, "required": [f"p{i}" for i in range(12)]},
}  # fmt: skip
del SCHEMAS["formats"]
LENGTHS = (1, 2, 6, 13, 24, 45, 90, 200)


def check(schema: dict[str, Any], text: str) -> Any:
    value = json.loads(text)
    text.encode()
    jsonschema.Draft202012Validator(schema or {"type": "object"}).validate(value)
    return value


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_always_valid(name: str):
    schema, rng = SCHEMAS[name], random.Random(name)
    batcher, rows = Batcher(engine_of(), 8), []
    for most in LENGTHS:
        sampling = Sampling(most, temperature=rng.choice([0.0, 1.0, 1.5]), seed=rng.randrange(100), stop=('"',))
        row = Row(rng.choice(conversations()), sampling, logprobs=True, top_logprobs=1, schema=schema)
        rows.append((most, Heard()))
        batcher.submit(row, rows[-1][1])
    finish(batcher)
    for most, heard in rows:
        end = heard.end
        check(schema, end.text)
        assert end.completion_tokens <= most
        assert b"".join(token.data for token in heard.tokens).decode() == end.text
        json.loads(end.text)
        for part in end.copied:
            assert 0 < part["start"] < part["end"] < len(end.text)


def test_a_schema_makes_no_difference_to_rows_beside_it():
    batcher, free, bound = Batcher(engine_of(), 3), Heard(), Heard()
    row = ask(max_tokens=30, temperature=1.0, seed=3, schema=SCHEMAS["nested"])
    batcher.submit(row, bound)
    batcher.submit(ask(max_tokens=20), free)
    finish(batcher)
    assert free.end.text == said(ask(max_tokens=20)).end.text
    assert bound.end.text == said(row).end.text


def test_it_closes_in_time_where_that_can_be():
    """The tokens of what closes it are within what was asked for, wherever the shortest value is."""
    guide = Guide(engine_of())
    for name in ("nested", "oneOf"):
        compiled = checked_schema(SCHEMAS[name])
        least = len(guide.cut(compiled.minimal.encode()))
        for most in (least, least + 4, 2 * least + 20):
            for seed in range(2):
                heard = said(ask(max_tokens=most, temperature=1.0, seed=seed, schema=compiled, logprobs=True))
                written = heard.tokens[-1].data if len(heard.tokens) > heard.end.completion_tokens else b""
                assert heard.end.completion_tokens + len(guide.cut(written)) <= most
                assert (heard.end.reason == "length") or not written


def test_bad_schemas_come_back_as_errors_of_their_row():
    heard = said(ask(schema={"type": "array", "uniqueItems": True}))
    assert (heard.error.status, heard.error.code) == (400, "invalid_json_schema") and len(heard.events) == 1


def test_what_is_read_is_copied_into_strings():
    found = 0
    for seed in range(4):
        schema = {
            "type": "object",
            "properties": {"said": {"type": "string"}},
            "required": ["said"],
            "additionalProperties": False,
        }
        heard = said(ask(max_tokens=40, temperature=1.0, seed=seed, schema=schema))
        value = check(schema, heard.end.text)
        for part in heard.end.copied:
            assert 9 <= part["start"] < part["end"] < len(heard.end.text)
            assert json.loads(f'"{heard.end.text[part["start"] : part["end"]]}"') in value["said"]
            found += 1
    assert found > 2


class Dictation:
    """A row under a schema that is told what to choose."""

    def __init__(self, schema: dict[str, Any], pieces: Sequence[Piece]) -> None:
        self.guide = Guide(engine_of())
        self.bound = Bound(self.guide, checked_schema(schema), [(0, i, pieces) for i in range(len(pieces))], 500)

    def allowed(self) -> torch.Tensor:
        logits = torch.zeros(self.guide.vocabulary + 2 * self.guide.pointers)
        self.bound.restrict(logits)
        return logits == 0

    def write(self, text: str) -> None:
        for token in self.guide.cut(text.encode()):
            assert self.allowed()[token] and self.bound.judge(token) == "fine"
            self.bound.add(token, 0.0, False)

    def copy(self, first: int, last: int) -> bool:
        start, end = self.guide.vocabulary + first, self.guide.vocabulary + self.guide.pointers + last
        if not self.allowed()[start] or self.bound.judge(start) != "fine":
            return False
        self.bound.add(start, 0.0, False)
        if not self.allowed()[end]:
            return False
        assert not self.allowed()[: self.guide.vocabulary].any(), "a span that has begun ends"
        assert self.bound.judge(end) == "fine"
        self.bound.add(end, 0.0, False)
        return True


def pieces_of(*words: str) -> list[Piece]:
    return [Piece(i // 3, i, i + 1, word, i % 3 > 0) for i, word in enumerate(words)]


def test_copied_text_is_escaped_and_keeps_to_the_schema():
    properties = {"m": {"type": "string", "maxLength": 14}, "n": {"type": "integer"}}
    schema = {"type": "object", "properties": properties, "required": ["m", "n"], "additionalProperties": False}
    pieces = pieces_of('C:\\"new', "port", "8080", "m", "and", "far")

    def begun(text: str) -> Dictation:
        made = Dictation(schema, pieces)
        made.write(text)
        return made

    made = begun('{"m":"')
    assert made.copy(0, 1) and made.bound.answer().text == '{"m":"C:\\\\\\"new port'
    assert not begun('{"m":"').copy(0, 3), "longer than the schema allows"
    assert not begun('{"').copy(3, 3), "names are not copied"
    assert not begun('{"m":"\\').copy(3, 3), "not behind half of an escape"
    made.write('","n":')
    assert not made.copy(1, 1), "a word is no number"
    assert made.copy(2, 2)
    made.write("}")
    answer = made.bound.answer()
    assert json.loads(answer.text) == {"m": 'C:\\"new port', "n": 8080} and answer.finish == "end"
    assert [(answer.text[s.start : s.end], s.first, s.last) for s in answer.spans] == [
        ('C:\\\\\\"new port', 0, 1),
        ("8080", 2, 2),
    ]


def test_spans_behind_one_another_are_parted_as_words_are():
    made = Dictation({"type": "string"}, pieces_of("error", "file", "not", "found"))
    made.write('"')
    assert made.copy(0, 1) and made.copy(3, 3)
    made.write('"')
    assert made.bound.answer().text == '"error file found"'


def test_text_without_pictures_copies_nothing():
    heard = said(Row(Conversation().ask("Hello."), Sampling(30, temperature=1.0), schema={"type": "string"}))
    assert isinstance(check({"type": "string"}, heard.end.text), str) and not heard.end.copied
