"""Strict JSON, and pydantic's findings in our words."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mmgpt.serve.door.jsons import MAX_DEPTH, MAX_ITEMS, parse_object
from mmgpt.serve.door.validation import validation_error
from mmgpt.serve.errors import ServiceError


def deep(levels: int) -> bytes:
    return b'{"a":' * (levels - 1) + b"{}" + b"}" * (levels - 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"3",
        b'{"a":1} x',
        b"{'a':1}",
        b'{"a":1,}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":1,"a":2}',
        b'{"b":{"a":1,"a":1}}',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-16-le"),
        '{"a":1}'.encode("utf-32"),
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\\ud800"}',
        b'{"\\udc00":1}',
        b'{"a":["x",{"b":"\\udfff"}]}',
        b'{"a":' + b"9" * 21 + b"}",
        b'{"a":' + b"9" * 100_000 + b"}",
        b'{"a":"\n"}',
        b"{" + b'"a":' + b"[" * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        deep(MAX_DEPTH + 1),
        b'{"a":[' + b"0," * MAX_ITEMS + b"0]}",
    ],
)
def test_what_is_not_plain_json(body: bytes) -> None:
    with pytest.raises(ServiceError) as caught:
        parse_object(body)
    assert (caught.value.status, caught.value.code) == (400, "invalid_json")
    assert len(caught.value.message) < 100


def test_what_is() -> None:
    assert parse_object(deep(MAX_DEPTH))
    assert parse_object(b' {"a": "\\ud83d\\ude00\\u0000", "b": [1, -2.5e3, true, null, 18446744073709551615]} ') == {
        "a": "😀\0",
        "b": [1, -2500.0, True, None, 2**64 - 1],
    }


LETTERS = st.characters(exclude_categories=["Cs"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**19), 10**19) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(LETTERS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(LETTERS, max_size=5), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.text(LETTERS, max_size=5), JSON, max_size=5), st.booleans())
def test_every_plain_object_comes_through(value: dict[str, Any], ascii_only: bool) -> None:
    assert parse_object(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_an_object_or_the_error(body: bytes) -> None:
    try:
        assert isinstance(parse_object(body), dict)
    except ServiceError as error:
        assert error.code == "invalid_json"


class Text(BaseModel):
    type: Literal["text"]
    text: str


class Picture(BaseModel):
    type: Literal["image_url"]
    image_url: str | dict[str, Any]


class Message(BaseModel):
    role: Literal["user", "assistant"]
    content: str | list[Annotated[Text | Picture, Field(discriminator="type")]]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    messages: Annotated[list[Message], Field(min_length=1, max_length=3)]
    n: Annotated[int, Field(ge=1, le=16)] = 1
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = 0
    strict: bool = False


GOOD = {"role": "user", "content": "a"}


@pytest.mark.parametrize(
    ("value", "code", "param", "says"),
    [
        ({}, "missing_required_parameter", "messages", "is required"),
        ({"messages": []}, "invalid_value", "messages", "at least 1"),
        ({"messages": [GOOD] * 4}, "invalid_value", "messages", "at most 3"),
        ({"messages": "x"}, "invalid_value", "messages", "a list"),
        ({"messages": [{"role": "user"}]}, "missing_required_parameter", "messages.0.content", "is required"),
        ({"messages": [GOOD, {"role": "wizard", "content": "a"}]}, "invalid_value", "messages.1.role", "'user' or 'assistant'"),
        ({"messages": [{"role": "user", "content": None}]}, "invalid_value", "messages.0.content", ""),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "missing_required_parameter", "messages.0.content.0.text", ""),
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "invalid_value", "messages.0.content.0", "'text', 'image_url'"),
        ({"messages": [GOOD], "n": 0}, "invalid_value", "n", "at least 1"),
        ({"messages": [GOOD], "n": 10**6}, "invalid_value", "n", "at most 16"),
        ({"messages": [GOOD], "n": "many"}, "invalid_value", "n", "a whole number"),
        ({"messages": [GOOD], "n": 1.5}, "invalid_value", "n", "a whole number"),
        ({"messages": [GOOD], "temperature": -1}, "invalid_value", "temperature", "at least 0"),
        ({"messages": [GOOD], "temperature": "hot"}, "invalid_value", "temperature", "a number"),
        ({"messages": [GOOD], "strict": "perhaps"}, "invalid_value", "strict", "true or false"),
        ({"messages": [GOOD], "tool_x": 1}, "unsupported_parameter", "tool_x", "not a parameter"),
        ({"messages": [GOOD], "<script>0x7fffdeadbeef": 1}, "unsupported_parameter", None, "The request"),
    ],
)  # fmt: skip
def test_validation_in_our_words(value: dict[str, Any], code: str, param: str | None, says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Body.model_validate(value)
    error = validation_error(caught.value.errors(), value)
    assert (error.status, error.code, error.param) == (400, code, param)
    assert says in error.message and not re.search(r"0x[0-9a-f]{6,}|script|pydantic|wizard|perhaps", error.message)
