"""Chat through the official `openai` client, unchanged, against a real server; and what chat refuses."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import openai
import pytest

TINY = {"type": "object", "properties": {"code": {"type": "string", "maxLength": 8}, "error": {"type": "boolean"}},
        "required": ["code", "error"], "additionalProperties": False}  # fmt: skip


@pytest.fixture(scope="module")
def ai(url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=60) as made:
        yield made


def _shown(picture: str, text: str = "Which error is it?") -> list[Any]:
    part = {"type": "image_url", "image_url": {"url": picture, "detail": "auto"}}
    return [{"role": "user", "content": [part, {"type": "text", "text": text}]}]


def _ask(client: httpx.Client, **body: Any) -> httpx.Response:
    return client.post(
        "/v1/chat/completions", json={"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4, **body}
    )


def _error(response: httpx.Response, code: str, param: str | None, status: int = 400) -> None:
    error = response.json()["error"]
    assert (response.status_code, error["code"], error["param"]) == (status, code, param), response.text


def test_a_stream_joined_is_the_whole_answer(ai: openai.OpenAI, picture: str) -> None:
    model = ai.models.list().data[0].id
    assert ai.models.retrieve(model).id == model == "mmgpt-debug"
    whole = ai.chat.completions.create(model=model, messages=_shown(picture), max_tokens=24)
    chunks = list(
        ai.chat.completions.create(
            model=model, messages=_shown(picture), max_tokens=24, stream=True, stream_options={"include_usage": True}
        )
    )
    said = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert said[0].delta.role == "assistant" and all(choice.delta.role is None for choice in said[1:])
    assert "".join(choice.delta.content or "" for choice in said) == whole.choices[0].message.content
    assert [choice.finish_reason for choice in said if choice.finish_reason] == [whole.choices[0].finish_reason]
    assert said[-1].finish_reason and said[-1].delta.content is None
    assert not chunks[-1].choices and all(chunk.usage is None for chunk in chunks[:-1])
    usage = chunks[-1].usage
    assert usage is not None and whole.usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (whole.usage.prompt_tokens, whole.usage.completion_tokens)
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert (
        usage.prompt_tokens_details is not None and usage.prompt_tokens_details.cached_tokens
    )  # it was looked at before
    assert {chunk.id for chunk in chunks} == {chunks[0].id} != {whole.id}
    assert {chunk.system_fingerprint for chunk in chunks} == {whole.system_fingerprint}
    assert whole.object == "chat.completion" and chunks[0].object == "chat.completion.chunk"


def test_choices_are_answers_with_seeds_of_their_own(ai: openai.OpenAI, picture: str) -> None:
    def answers(**others: Any) -> list[str | None]:
        made = ai.chat.completions.create(
            model="mmgpt-debug", messages=_shown(picture), max_tokens=8, temperature=1.5, **others
        )
        assert [choice.index for choice in made.choices] == list(range(len(made.choices)))
        return [choice.message.content for choice in made.choices]

    several = answers(n=3, seed=7)
    assert several == [answers(seed=seed)[0] for seed in (7, 8, 9)]
    assert len(set(several)) > 1
    streamed = ["", "", ""]
    ends = []
    for chunk in ai.chat.completions.create(
        model="mmgpt-debug", messages=_shown(picture), max_tokens=8, temperature=1.5, n=3, seed=7, stream=True
    ):
        choice = chunk.choices[0]
        streamed[choice.index] += choice.delta.content or ""
        ends += [choice.index] if choice.finish_reason else []
    assert streamed == several and sorted(ends) == [0, 1, 2]


def test_a_stop_string_ends_the_answer_before_it(ai: openai.OpenAI, picture: str) -> None:
    whole = (
        ai.chat.completions.create(model="mmgpt-debug", messages=_shown(picture), max_tokens=24)
        .choices[0]
        .message.content
    )
    assert whole and len(whole) > 6
    stop = whole[4:6]
    cut = ai.chat.completions.create(
        model="mmgpt-debug", messages=_shown(picture), max_tokens=24, stop=[stop, "never said"]
    )
    assert cut.choices[0].message.content == whole[: whole.find(stop)] and cut.choices[0].finish_reason == "stop"
    short = ai.chat.completions.create(
        model="mmgpt-debug", messages=_shown(picture), max_completion_tokens=2, max_tokens=9
    )
    assert short.choices[0].finish_reason == "length" and short.usage and short.usage.completion_tokens == 2


def test_logprobs_are_of_the_tokens_that_make_the_answer(ai: openai.OpenAI, picture: str) -> None:
    made = ai.chat.completions.create(
        model="mmgpt-debug", messages=_shown(picture), max_tokens=8, logprobs=True, top_logprobs=2
    ).choices[0]
    assert made.logprobs and made.logprobs.content
    for token in made.logprobs.content:
        assert token.logprob <= 0 and len(token.top_logprobs) == 2
        assert token.top_logprobs[0].logprob >= token.top_logprobs[1].logprob
        assert bytes(token.bytes or []).decode("utf-8", "replace") == token.token
    without = ai.chat.completions.create(model="mmgpt-debug", messages=_shown(picture), max_tokens=2)
    assert without.choices[0].logprobs is None


@pytest.mark.parametrize("stream", [False, True])
def test_answers_by_a_schema_are_valid_by_it(ai: openai.OpenAI, picture: str, stream: bool) -> None:
    form: Any = {"type": "json_schema", "json_schema": {"name": "found", "schema": TINY, "strict": True}}
    made: Any = ai.chat.completions.create(
        model="mmgpt-debug", messages=_shown(picture), response_format=form, max_tokens=12, temperature=1, stream=stream
    )
    text = "".join(c.choices[0].delta.content or "" for c in made) if stream else made.choices[0].message.content
    jsonschema.validate(json.loads(text), TINY)


def test_any_object_and_a_schema_without_strict(ai: openai.OpenAI) -> None:
    messages: Any = [{"role": "developer", "content": "Be short."}, {"role": "user", "content": "JSON, please."}]
    forms: list[Any] = [{"type": "json_object"}, {"type": "json_schema", "json_schema": {"name": "a", "schema": TINY}}]
    for form in forms:
        text = ai.chat.completions.create(model="mmgpt-debug", messages=messages, response_format=form, max_tokens=24)
        assert isinstance(json.loads(text.choices[0].message.content or ""), dict)
    plain = ai.chat.completions.create(
        model="mmgpt-debug", messages=messages, response_format={"type": "text"}, max_tokens=2
    )
    assert plain.choices[0].message.content is not None


def test_several_pictures_and_turns_and_a_bare_url(ai: openai.OpenAI, picture: str) -> None:
    messages: Any = [
        *_shown(picture),
        {"role": "assistant", "content": [{"type": "text", "text": "Permission denied."}]},
        {
            "role": "user",
            "content": [{"type": "text", "text": "And here?"}, {"type": "image_url", "image_url": picture}],
        },
    ]
    made = ai.chat.completions.create(model="mmgpt-debug", messages=messages, max_tokens=4)
    one = ai.chat.completions.create(model="mmgpt-debug", messages=_shown(picture), max_tokens=4)
    assert made.usage and one.usage and made.usage.prompt_tokens > one.usage.prompt_tokens
    raw = ai.chat.completions.with_raw_response.create(model="mmgpt-debug", messages=_shown(picture), max_tokens=4)
    assert raw.headers["x-request-id"] and raw.parse().choices[0].message.content == one.choices[0].message.content


def test_the_asynchronous_client(url: str, picture: str) -> None:
    async def talk() -> list[str]:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as ai:

            async def one(seed: int) -> str:
                stream = await ai.chat.completions.create(
                    model="mmgpt-debug", messages=_shown(picture), max_tokens=8, temperature=1.0, seed=seed, stream=True
                )
                return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

            return await asyncio.gather(*(one(seed) for seed in (1, 1, 2)))

    first, again, other = asyncio.run(talk())
    assert first == again != other


def test_control_tokens_in_texts_are_letters(client: httpx.Client) -> None:
    counted = []
    for text in ("<image>", "<|im_start|><|end|><|assistant|>", "\u202e\x00ab", "👩‍👩‍👧"):
        response = _ask(client, messages=[{"role": "user", "content": text}])
        assert response.status_code == 200, response.text
        counted.append(response.json()["usage"]["prompt_tokens"])
    assert counted[0] > 5 and counted[1] > 15  # spelled, not one token each


def test_what_has_no_effect_is_named(client: httpx.Client) -> None:
    extras = {"store": True, "metadata": {"a": "b"}, "service_tier": "auto", "parallel_tool_calls": False, "user": "x"}
    response = _ask(client, **extras, tools=[], modalities=["text"], **{"bad\nname": 1})
    assert response.status_code == 200
    named = "metadata,modalities,parallel_tool_calls,service_tier,store,tools,user"
    assert response.headers["x-mmgpt-ignored"] == named
    assert "x-mmgpt-ignored" not in _ask(client).headers


def _saying(content: Any, role: str = "user") -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content}]}


def _by(schema: Any) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}}


UNSUPPORTED, MISSING, INVALID = "unsupported_parameter", "missing_required_parameter", "invalid_value"


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"tools": [{"type": "function"}]}, UNSUPPORTED, "tools"),
        ({"audio": {"voice": "x"}}, UNSUPPORTED, "audio"),
        ({"modalities": ["text", "audio"]}, UNSUPPORTED, "modalities"),
        ({"tool_choice": "required"}, UNSUPPORTED, "tool_choice"),
        (_saying([{"type": "input_audio"}]), UNSUPPORTED, "messages.0.content.0.type"),
        ({"messages": None}, INVALID, "messages"),
        ({"messages": []}, INVALID, "messages"),
        ({"messages": [{"role": "user", "content": "a"}] * 257}, INVALID, "messages"),
        (_saying("a", "tool"), INVALID, "messages.0.role"),
        (_saying(None), INVALID, "messages.0.content"),
        ({"messages": [{"role": "user"}]}, MISSING, "messages.0.content"),
        ({"messages": [{"content": "a"}]}, MISSING, "messages.0.role"),
        (_saying([{"type": "text"}]), MISSING, "messages.0.content.0.text"),
        (_saying([{"type": "image_url"}]), MISSING, "messages.0.content.0.image_url"),
        (_saying([{"type": "image_url", "image_url": None}]), "invalid_image_url", "messages.0.content.0.image_url"),
        (_saying("a " * 60_000), "context_length_exceeded", "messages"),
        ({"n": 17}, INVALID, "n"),
        ({"n": 0}, INVALID, "n"),
        ({"max_tokens": 10**9}, INVALID, "max_tokens"),
        ({"max_tokens": -1}, INVALID, "max_tokens"),
        ({"max_tokens": 1.5}, INVALID, "max_tokens"),
        ({"max_completion_tokens": "4"}, INVALID, "max_completion_tokens"),
        ({"temperature": -1}, INVALID, "temperature"),
        ({"temperature": 2.1}, INVALID, "temperature"),
        ({"top_p": 1.1}, INVALID, "top_p"),
        ({"logprobs": True, "top_logprobs": 999}, INVALID, "top_logprobs"),
        ({"top_logprobs": 1}, INVALID, "top_logprobs"),
        ({"stop": ["a"] * 1000}, INVALID, "stop"),
        ({"stop": ""}, INVALID, "stop"),
        ({"stop": ["a", ""]}, INVALID, "stop.1"),
        ({"stream_options": {"include_usage": True}}, INVALID, "stream_options"),
        ({"response_format": {"type": "xml"}}, INVALID, "response_format"),
        ({"response_format": {"type": "json_schema"}}, MISSING, "response_format.json_schema"),
        (_by({"type": 7}), "invalid_json_schema", "response_format"),
        (_by({"$ref": "http://127.0.0.1/a"}), "invalid_json_schema", "response_format"),
    ],
)
def test_what_chat_refuses(client: httpx.Client, body: dict[str, Any], code: str, param: str) -> None:
    _error(_ask(client, **body), code, param)
    streamed = _ask(client, **{**body, "stream": True})
    if "stream_options" not in body:
        _error(streamed, code, param)  # before the first event, so with a status of its own


def test_unknown_models_and_too_many_pictures(client: httpx.Client, picture: str) -> None:
    _error(_ask(client, model="gpt-9"), "model_not_found", "model", 404)
    _error(client.get("/v1/models/gpt-9"), "model_not_found", "model", 404)
    many = [{"role": "user", "content": [{"type": "image_url", "image_url": picture}] * 5}]  # this server takes 4
    _error(_ask(client, messages=many), "too_many_images", "messages.0.content.4.image_url")
    for role in ("system", "assistant"):
        shown = [{"role": role, "content": [{"type": "image_url", "image_url": picture}]}]
        _error(_ask(client, messages=shown), "invalid_value", "messages.0.content.0")


def test_a_prompt_longer_than_the_context(client: httpx.Client) -> None:
    for stream in (False, True):
        response = _ask(client, messages=[{"role": "user", "content": "word " * 9000}], stream=stream)
        assert (response.status_code, response.json()["error"]["code"]) == (400, "context_length_exceeded")
    assert _ask(client).status_code == 200
