"""Rows that come and go at any time say what they say alone."""

from __future__ import annotations

import math
import threading
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmgpt.generate import Answer, Conversation, Engine, Sampling
from mmgpt.serve.batching import batcher as module
from mmgpt.serve.batching.batcher import Batcher
from mmgpt.serve.batching.lanes import Cells, Lanes
from mmgpt.serve.batching.row import Row, row_of
from mmgpt.serve.protocol import ChatMessage, Finished, Generate, Started
from tests.serve.batching.rows import Fusion, Heard, ask, conversations, engine_of, finish, said, seen_of

_ALONE: dict[Any, Answer] = {}


def alone(fusion: Fusion, number: int, sampling: Sampling) -> Answer:
    key = (fusion, number, sampling)
    if key not in _ALONE:
        _ALONE[key] = engine_of(fusion).answer(conversations(fusion)[number], sampling)
    return _ALONE[key]


def of_two_minds(engine: Engine, conversation: Conversation, answer: Answer, at: int) -> bool:
    """Whether the two likeliest tokens at a place of a greedy answer are as good as equal."""
    model = engine.model
    with torch.inference_mode():
        ids = torch.tensor([[*engine.prompt(conversation), *answer.ids[:at]]])
        seen = [(s.tokens, s.pieces) for s in conversation.pictures]
        memory = model.remember(seen, [0] * len(seen), 1)
        best = model.logits(model.hidden(ids, memory), ids, memory)[0, -1].topk(2).values
    return float(best[0] - best[1]) < 1e-3


samplings = st.builds(
    Sampling,
    max_tokens=st.integers(1, 14),
    temperature=st.sampled_from([0.0, 0.0, 1.0, 0.7]),
    top_k=st.sampled_from([0, 20]),
    top_p=st.sampled_from([1.0, 0.9]),
    seed=st.integers(0, 2),
)
arrivals = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), samplings, st.sampled_from([None, None, None, 0, 1, 3, 8])),
    min_size=1,
    max_size=8,
)


@pytest.mark.parametrize("fusion", ["cross", "prefix"])
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=arrivals, most=st.integers(1, 5), budget=st.sampled_from([7, 64, 1024]))
def test_rows_that_come_and_go_say_what_they_say_alone(
    fusion: Fusion, rows: list[tuple[int, int, Sampling, int | None]], most: int, budget: int
) -> None:
    engine = engine_of(fusion)
    batcher = Batcher(engine, most)
    was = module.BUDGET, module.ALONE
    module.BUDGET = module.ALONE = budget
    heard: list[Heard] = []
    leaving: list[tuple[int, int]] = []
    try:
        for number, gap, sampling, patience in rows:
            for _ in range(gap):
                batcher.step()
                assert batcher.running <= most
            heard.append(Heard())
            row = Row(conversations(fusion)[number], sampling, logprobs=True)
            ticket = batcher.submit(row, heard[-1])
            if patience is not None:
                leaving.append((ticket, batcher.counts["steps"] + patience))
            for ticket, step in leaving:
                if batcher.counts["steps"] >= step:
                    batcher.cancel(ticket)
        for _ in range(3000):
            for ticket, step in leaving:
                if batcher.counts["steps"] >= step:
                    batcher.cancel(ticket)
            if not batcher.step():
                break
        assert batcher.running == batcher.waiting == 0
    finally:
        module.BUDGET, module.ALONE = was
    for (number, _, sampling, patience), got in zip(rows, heard, strict=True):
        answer = alone(fusion, number, sampling)
        if patience is not None and not (got.events and isinstance(got.events[-1], Finished)):
            assert answer.text.startswith(got.joined), "what it said before it left"
            continue
        end = got.end
        if end.text != answer.text:  # the last bits of a product depend on its size
            logprobs = [token.logprob for token in got.tokens]
            pairs = zip(logprobs, answer.logprobs, strict=False)
            at = next(i for i, (a, b) in enumerate(pairs) if abs(a - b) > 1e-3)
            assert sampling.temperature == 0
            assert of_two_minds(engine, conversations(fusion)[number], answer, at)
            continue
        assert end.completion_tokens == len(answer.ids) == len(got.tokens)
        assert end.reason == ("length" if answer.finish == "length" else "stop")
        assert sum(token.logprob for token in got.tokens) == pytest.approx(sum(answer.logprobs), abs=1e-3)
        assert b"".join(token.data for token in got.tokens).decode("utf-8", "replace") == end.text
        assert [(part["start"], part["end"], part["picture"]) for part in end.copied] == [
            (span.start, span.end, span.picture) for span in answer.spans
        ]


def test_some_of_these_answers_copy_and_some_differ():
    answers = [alone("cross", number, Sampling(max_tokens=14)) for number in range(5)]
    assert any(answer.spans for answer in answers) and len({answer.text for answer in answers}) > 3


def test_a_step_reads_no_more_of_prompts_than_its_budget_while_rows_run(monkeypatch: pytest.MonkeyPatch):
    read: list[int] = []
    run = Lanes._run

    def counted(self: Any, x: torch.Tensor, *others: Any) -> Any:
        read.append(x.shape[0] * x.shape[1])
        return run(self, x, *others)

    monkeypatch.setattr(Lanes, "_run", counted)
    monkeypatch.setattr(module, "BUDGET", 32)
    batcher, first, long = Batcher(engine_of(), 4), Heard(), Heard()
    batcher.submit(ask(max_tokens=60), first)
    while not first.deltas:
        batcher.step()
    del read[:]
    before = len(first.deltas)
    batcher.submit(Row(conversations()[4], Sampling(max_tokens=2)), long)
    steps = 0
    while not long.events:
        batcher.step()
        steps += 1
    assert steps > 3 and max(read) <= 32
    assert len(first.events) >= before + steps // 2, "the stream went on meanwhile"
    finish(batcher)
    assert long.end and first.end


def test_columns_that_no_row_uses_are_trimmed():
    batcher, long, short = Batcher(engine_of(), 4), Heard(), Heard()
    batcher.submit(Row(conversations()[4], Sampling(max_tokens=2)), long)
    batcher.submit(Row(conversations()[3], Sampling(max_tokens=30)), short)
    while not isinstance(long.events[-1] if long.events else None, Finished):
        batcher.step()
    assert batcher._lanes is not None
    prompt = len(engine_of().prompt(conversations()[3]))
    assert batcher._lanes.cells.length <= prompt + 3 and batcher._lanes.shown.mask.shape[1] == 0
    finish(batcher)
    assert short.end.text == alone("cross", 3, Sampling(max_tokens=30)).text


def test_what_is_cancelled_is_gone_before_the_next_step():
    batcher, heard = Batcher(engine_of(), 2), [Heard() for _ in range(4)]
    tickets = [batcher.submit(ask(max_tokens=200, temperature=1.0, seed=i), heard[i]) for i in range(4)]
    for _ in range(5):
        batcher.step()
    assert (batcher.running, batcher.waiting) == (2, 2)
    batcher.cancel(tickets[0])
    batcher.cancel(tickets[3])
    had = len(heard[0].events)
    batcher.step()
    assert len(heard[0].events) == had and not heard[3].events
    assert batcher.counts["cancelled"] == 2 and batcher.waiting == 0 and batcher.running == 2
    batcher.cancel(tickets[1])
    batcher.cancel(tickets[2])
    batcher.cancel(12345)
    batcher.step()
    assert batcher.running == batcher.waiting == 0 and batcher._lanes is None and not batcher.step()


def test_stop_strings_over_the_borders_of_tokens_and_spans():
    whole = said(ask(max_tokens=16)).end.text
    assert len(whole) > 12
    for start in range(0, 10, 2):
        stop = whole[start : start + 3]
        heard = said(ask(max_tokens=16, stop=("never said", stop)))
        assert heard.end.text == whole[: whole.index(stop)] and heard.end.reason == "stop"
        assert all(part["end"] <= len(heard.end.text) for part in heard.end.copied)


def test_deltas_split_no_letter():
    for seed in range(3):
        heard = said(ask(max_tokens=40, temperature=2.0, seed=seed))
        text = heard.end.text
        whole = "".join(delta.text for delta in heard.deltas)
        assert whole == text
        for delta in heard.deltas:
            delta.text.encode()  # no half of a surrogate pair


def test_logprobs_name_the_likeliest_with_their_bytes():
    heard = said(ask(max_tokens=12, logprobs=True, top_logprobs=5))
    tokens = heard.tokens
    assert len(tokens) == heard.end.completion_tokens
    for token in tokens:
        assert len(token.top) == 5 or token.data == b"" or len(token.top) > 0
        values = [value for _, _, value in token.top]
        assert values == sorted(values, reverse=True)
        assert token.logprob == pytest.approx(values[0], abs=1e-5), "greedy takes the first"
        assert sum(map(math.exp, values)) <= 1 + 1e-4
        assert all(text == data.decode("utf-8", "replace") for text, data, _ in token.top)
    assert not said(ask(max_tokens=3)).tokens


def test_a_row_of_no_numbers_fails_alone():
    batcher, good, bad = Batcher(engine_of(), 4), Heard(), Heard()
    seen = seen_of(1)
    broken = type(seen)(seen.perceived, torch.full_like(seen.tokens, math.nan), seen.pieces)
    batcher.submit(ask(), good)
    batcher.submit(Row(Conversation().ask(broken, "What?"), Sampling(max_tokens=12)), bad)
    finish(batcher)
    assert (bad.error.status, bad.error.code) == (500, "model_error")
    assert good.end.text == said(ask()).end.text
    assert batcher.counts["model_error"] == 1 and batcher.counts["finished"] == 1


def test_prompts_that_cannot_be_read_fail_one_by_one(monkeypatch: pytest.MonkeyPatch):
    batcher, heard = Batcher(engine_of(), 4), [Heard() for _ in range(3)]
    model = engine_of().model
    embed = type(model).embed

    def fragile(self: Any, ids: torch.Tensor, *others: Any) -> torch.Tensor:
        if ids.shape[1] == len(engine_of().prompt(ask("Break it, whatever it may be, please!").conversation)):
            raise RuntimeError("out of something")
        return embed(self, ids, *others)

    monkeypatch.setattr(type(model), "embed", fragile)
    for text, sink in zip(("Which port?", "Break it, whatever it may be, please!", "Which port?"), heard, strict=True):
        batcher.submit(ask(text), sink)
    finish(batcher)
    assert heard[1].error.code == "model_error" and "something" not in heard[1].error.message
    assert heard[0].end.text == heard[2].end.text == said(ask()).end.text


def test_a_decoder_that_breaks_ends_its_rows_and_later_ones_are_answered(monkeypatch: pytest.MonkeyPatch):
    batcher, heard, later = Batcher(engine_of(), 4), [Heard(), Heard()], Heard()
    for sink in heard:
        batcher.submit(ask(), sink)
    batcher.step()
    with monkeypatch.context() as broken:
        broken.setattr(Cells, "reserve", lambda *_: 1 / 0)
        batcher.step()
    assert all(sink.error.code == "model_error" for sink in heard) and batcher.running == 0
    batcher.submit(ask(), later)
    finish(batcher)
    assert later.end.text == said(ask()).end.text


def test_what_does_not_fit_is_refused_and_others_go_on():
    engine = engine_of()
    most = engine.model.config.max_pictures
    batcher, heard = Batcher(engine, 4), [Heard() for _ in range(3)]
    batcher.submit(Row(Conversation().ask("port " * engine.model.config.decoder.max_positions)), heard[0])
    batcher.submit(Row(Conversation().ask(*[seen_of(0)] * (most + 1), "What?")), heard[1])
    batcher.submit(ask(), heard[2])
    finish(batcher)
    assert (heard[0].error.status, heard[0].error.code) == (400, "context_length_exceeded")
    assert (heard[1].error.status, heard[1].error.code) == (400, "too_many_images")
    assert heard[2].end


def test_a_sink_that_fails_ends_its_row_alone():
    batcher, good = Batcher(engine_of(), 4), Heard()

    def failing(event: Any) -> None:
        if not isinstance(event, Started):
            raise OSError("nobody listens")

    batcher.submit(ask(), failing)
    batcher.submit(ask(), good)
    finish(batcher)
    assert good.end and batcher.running == 0


def test_other_threads_submit_and_wait_wakes_up():
    batcher, heard = Batcher(engine_of(), 3), [Heard() for _ in range(6)]
    threads = [threading.Thread(target=batcher.submit, args=(ask(seed=i), heard[i])) for i in range(6)]
    for thread in threads:
        thread.start()
    while not all(sink.events and isinstance(sink.events[-1], Finished) for sink in heard):
        batcher.wait(5)
        batcher.step()
    for thread in threads:
        thread.join()
    assert {ident for sink in heard for ident in sink.threads} == {threading.get_ident()}
    assert len({sink.end.text for sink in heard}) == 1


def test_a_request_of_the_front_becomes_a_row():
    image: Any = object()
    asked = Generate(
        (ChatMessage("user", (image, "Which port?")),), max_tokens=7, temperature=0.5, top_p=0.9, top_k=3, seed=4, stop=("x",),
        logprobs=True, top_logprobs=2, schema={},
    )  # fmt: skip
    row = row_of(asked, [seen_of(0)], 12)
    assert row.conversation.pictures == [seen_of(0)] and row.conversation.messages[0].parts[1] == "Which port?"
    assert row.sampling == Sampling(7, 0.5, 3, 0.9, 4, ("x",)) and row.logprobs and row.top_logprobs == 2
    assert row.schema == {} and row.cached_tokens == 12
    started = said(row_of(Generate(asked.messages, max_tokens=1), [seen_of(0)], 12)).events[0]
    tokens = len(engine_of().prompt(row.conversation)) - 1 + len(seen_of(0).tokens)
    assert started == Started(tokens, 12)
