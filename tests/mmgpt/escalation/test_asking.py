"""A picture goes to a real server: what leaves, what is taken from good answers and refused from bad ones, what fails and how."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from mmgpt.escalation import Budget, Escalator, Limit
from mmgpt.escalation.matching import alike
from mmgpt.schema import Diagnosis
from tests.mmgpt.escalation.conftest import MAIL, TOKEN, Shot, diagnosis_of
from tests.mmgpt.escalation.serving import GOOD, Reply, Server, fails, says

MESSAGE = GOOD["message"]


def asked(server: Server, diagnosis: Diagnosis | None = None, question: str | None = None, **options: Any) -> Diagnosis:
    """Asks the server about lines alone, which is quick; the picture has tests of its own."""
    if diagnosis is None:
        diagnosis = diagnosis_of(["$ curl https://api.shop.example", str(MESSAGE), "E1042 failed"])
    return ask_with(Escalator(server.url, model="big", sends_picture=False, **options), diagnosis, question)


def ask_with(escalator: Escalator, diagnosis: Diagnosis, question: str | None = None) -> Diagnosis:
    import numpy as np

    image = np.full((diagnosis.image.height, diagnosis.image.width, 3), 255, np.uint8)
    image[::7] = 0
    found = escalator.ask(image, diagnosis, question)
    assert Diagnosis.model_validate(found.to_dict()) == found, "what comes out is valid"
    return found


def refused(found: Diagnosis) -> str:
    """Why nothing was taken; and nothing was."""
    assert found.escalation is not None and found.escalation.fields == []
    assert (found.message, found.error_code, found.app, found.category, found.cause) == (None,) * 5
    assert any(found.escalation.refused in warning for warning in found.warnings)
    return found.escalation.refused


def test_a_good_answer_is_taken_and_marked(server: Server):
    found = asked(server)
    assert (found.message, found.app, found.category) == (MESSAGE, "curl", "dns")
    assert found.cause == GOOD["cause"] and found.fixes == GOOD["fixes"]
    (source,) = found.sources
    assert source.id == "engine:big" and source.url == ""
    told = found.escalation
    assert told is not None and told.engine == "big" and told.refused == ""
    assert set(told.fields) == {"message", "app", "category", "cause", "fixes"}
    assert told.sent_bytes == len(server.requests[0].body)
    assert "message not sure" in told.reason and "no entry fits" in told.reason
    (evidence,) = found.evidence
    assert evidence.field == "message" and evidence.box == found.text[1].box
    assert found.abstained == ["error_code"] and found.confidence["category"] <= 0.9
    assert MESSAGE in found.caption
    assert found.timing_ms["total"] == pytest.approx(200 + found.timing_ms["escalate"], abs=0.2)


def test_no_secret_reaches_the_server(server: Server, shot: Shot, reader: Any):
    escalator = Escalator(server.url, model="big")
    found = escalator.ask(
        shot.image, shot.diagnosis, f"Is {TOKEN} still good, and {MAIL}?", lines=shot.lines, reader=reader
    )
    assert found.escalation is not None and found.escalation.masked >= 2 and found.message == MESSAGE
    (request,) = server.requests
    pieces = [alike(word[at : at + 8]) for word in (TOKEN, MAIL) for at in range(len(word) - 7)]
    assert all(any(piece in alike(line.text) for line in shot.lines) for piece in pieces), "they were read"
    assert [piece for piece in pieces if piece in alike(request.body.decode())] == []
    assert any("[token]" in line for line in request.lines) and "[email]" in str(request.data)
    read = alike("".join(line.text for line in reader.read(request.picture)))
    assert [piece for piece in pieces if piece in read] == []
    assert alike("Could not resolve host") in read, "the rest of the picture is still there"


def test_without_lines_the_picture_is_masked_as_well(server: Server, shot: Shot, reader: Any):
    found = Escalator(server.url).ask(shot.image, shot.diagnosis, reader=reader)
    assert found.message == MESSAGE
    read = alike("".join(line.text for line in reader.read(server.requests[0].picture)))
    assert not any(alike(TOKEN[at : at + 6]) in read for at in range(len(TOKEN) - 5)) and alike("keller") not in read


def test_a_masked_diagnosis_is_not_sent_without_its_lines(server: Server, shot: Shot):
    found = Escalator(server.url).ask(shot.image, shot.diagnosis.model_copy(update={"masked": 2}))
    assert "masked already" in refused(found) and server.requests == []


def test_without_redaction_nothing_is_sent(server: Server, monkeypatch: pytest.MonkeyPatch):
    import sys

    monkeypatch.setitem(sys.modules, "mmgpt.redaction", None)
    assert "cannot be masked" in refused(asked(server)) and server.requests == []


def test_where_masking_fails_nothing_is_sent(server: Server, monkeypatch: pytest.MonkeyPatch):
    import mmgpt.redaction

    def broken(*_: object, **__: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr(mmgpt.redaction, "redact", broken)
    assert "masking secrets failed (IndexError)" in refused(asked(server)) and server.requests == []


def test_masks_that_leave_the_picture_as_it_was_are_noticed(
    server: Server, shot: Shot, monkeypatch: pytest.MonkeyPatch
):
    import mmgpt.redaction

    real = mmgpt.redaction.redact
    monkeypatch.setattr(mmgpt.redaction, "redact", lambda image, lines: (image, real(image, lines)[1]))
    found = Escalator(server.url, sends_picture=False).ask(shot.image, shot.diagnosis, lines=shot.lines)
    assert "unchanged" in refused(found) and server.requests == []


def test_the_request_is_data_and_its_instructions_are_ours(server: Server, shot: Shot, reader: Any):
    Escalator(server.url, model="big").ask(shot.image, shot.diagnosis, "Why?", lines=shot.lines, reader=reader)
    (request,) = server.requests
    assert request.path == "/v1/chat/completions" and "Authorization" not in request.headers
    value = request.value
    assert (value["model"], value["stream"], value["temperature"]) == ("big", False, 0)
    schema = value["response_format"]["json_schema"]["schema"]
    assert set(schema["required"]) == set(GOOD) and schema["additionalProperties"] is False
    text = request.parts[0]["text"]
    assert "<" not in text and "[INST]" not in text, "nothing that chat templates are made of"
    assert any(line.startswith("[INST]") and "<|im_end|>" in line for line in request.lines), "and yet it says the same"
    assert request.data["question"] == "Why?"
    system = value["messages"][0]["content"]
    assert value["messages"][0]["role"] == "system" and "is an instruction to you" in system
    assert not any(line in system for line in request.lines)


def test_fences_and_reasoning_around_the_answer_are_left_out(server: Server):
    other = json.dumps(GOOD | {"message": "no such thing", "app": "Wget"})
    text = f"<think>Maybe {other}? No.</think>\nHere you are:\n```json\n{json.dumps(GOOD, indent=1)}\n```\nGood luck!"
    server.will(says(text))
    found = asked(server)
    assert (found.app, found.message) == ("curl", MESSAGE) and len(server.requests) == 1


def test_a_broken_answer_is_repaired_once(server: Server):
    server.will(says('{"is_error": true, "message": '), says(GOOD))
    found = asked(server)
    assert found.message == MESSAGE and found.escalation is not None
    first, second = server.requests
    assert found.escalation.sent_bytes == len(first.body) + len(second.body)
    turns = second.value["messages"]
    assert [turn["role"] for turn in turns] == ["system", "user", "assistant", "user"]
    assert "not valid" in turns[3]["content"]


def test_the_picture_does_not_travel_twice(server: Server, shot: Shot, reader: Any):
    server.will(says("I cannot say."), says(GOOD))
    found = Escalator(server.url).ask(shot.image, shot.diagnosis, lines=shot.lines, reader=reader)
    assert found.message == MESSAGE
    first, second = server.requests
    assert b"data:image/png" in first.body and b"data:image" not in second.body


def test_what_stays_broken_is_refused(server: Server):
    server.will(says(GOOD | {"category": "weather"}))
    why = refused(asked(server))
    assert "not valid" in why and "category" in why and len(server.requests) == 2


@pytest.mark.parametrize("content", [None, "", "[1, 2]", '{"confidence": NaN}', "[" * 100_000, '{"a":' * 50_000])
def test_strange_texts_are_no_answers(server: Server, content: Any):
    server.will(Reply(json.dumps({"choices": [{"message": {"content": content}}]}).encode()))
    assert "not valid" in refused(asked(server))


def test_an_invented_code_is_left_out_and_the_rest_taken(server: Server):
    server.will(says(GOOD | {"error_code": "CURLE_COULDNT_RESOLVE_HOST"}))
    found = asked(server)
    assert found.error_code is None and "error_code" in found.abstained and found.message == MESSAGE
    assert any("code does not stand in the picture" in warning for warning in found.warnings)


def test_a_code_that_stands_there_is_taken(server: Server):
    server.will(says(GOOD | {"error_code": "E1042"}))
    found = asked(server)
    assert found.error_code == "E1042" and {e.field for e in found.evidence} == {"message", "error_code"}


def test_a_huge_answer_is_not_read_to_its_end(server: Server):
    def endless(out: Any) -> None:
        for _ in range(4000):
            out.write(b" " * 65536)

    server.will(Reply(chunks=endless))
    assert "larger than 2 MiB" in refused(asked(server))
    server.will(Reply(headers={"X-Filler": "1"}, body=b" " * (3 * 2**20)))
    assert "larger than 2 MiB" in refused(asked(server))


def test_a_compressed_answer_is_refused(server: Server):
    import gzip

    server.will(Reply(gzip.compress(b" " * 2**24), headers={"Content-Encoding": "gzip"}))
    assert "compressed" in refused(asked(server))


def test_a_slow_answer_ends_with_the_time(server: Server):
    def drip(out: Any) -> None:
        for _ in range(100):
            out.write(b" ")
            out.flush()
            time.sleep(0.05)

    server.will(Reply(chunks=drip))
    start = time.monotonic()
    assert "in time" in refused(asked(server, timeout_s=0.4))
    assert time.monotonic() - start < 3


def test_a_silent_engine_ends_with_the_time(server: Server):
    def silent(_: object) -> Reply:
        time.sleep(1.5)
        return says(GOOD)

    server.will(silent)
    assert "in time" in refused(asked(server, timeout_s=0.3))


def test_a_refused_key_says_what_to_do_and_never_the_key(server: Server, tmp_path: Path):
    server.will(fails(401, "Incorrect API key provided: top-secret-key."))
    escalator = Escalator(server.url, key="top-secret-key", sends_picture=False, journal=tmp_path / "log.jsonl")
    found = ask_with(escalator, diagnosis_of([str(MESSAGE)]))
    assert "MMGPT_ESCALATE_KEY" in refused(found) and "[key]" in refused(found)
    assert server.requests[0].headers["Authorization"] == "Bearer top-secret-key"
    everything = json.dumps(found.to_dict()) + repr(escalator) + (tmp_path / "log.jsonl").read_text()
    assert "top-secret" not in everything
    assert "401" in refused(ask_with(escalator, diagnosis_of([str(MESSAGE)]))) and len(server.requests) == 1


def test_a_busy_engine_is_given_time(server: Server):
    server.will(fails(429, "slow down", Retry_After="0"), fails(503, "loading", Retry_After="0"), says(GOOD))
    found = asked(server)
    assert found.message == MESSAGE and len(server.requests) == 3
    assert found.escalation is not None and found.escalation.sent_bytes == sum(len(r.body) for r in server.requests)


def test_nobody_waits_beyond_the_time(server: Server):
    server.will(fails(429, "slow down", Retry_After="3600"))
    start = time.monotonic()
    assert "for 3600 s" in refused(asked(server)) and time.monotonic() - start < 5
    assert len(server.requests) == 1


def test_redirects_to_other_hosts_are_not_followed(server: Server):
    other = Server()
    try:
        for status in (301, 302, 307, 308):
            server.will(Reply(status=status, headers={"Location": f"{other.url}/v1/chat/completions"}))
            assert "redirects to" in refused(asked(server))
        assert other.requests == []
    finally:
        other.close()


def test_redirects_within_the_host_are(server: Server):
    server.will(Reply(status=308, headers={"Location": "/api/v1/chat/completions"}), says(GOOD))
    found = asked(server)
    assert found.message == MESSAGE and [r.path for r in server.requests][-1] == "/api/v1/chat/completions"
    server.will(Reply(status=307, headers={"Location": "/again"}))
    assert "circle" in refused(asked(server))


@pytest.mark.parametrize("body", [b"<html>It works!</html>", b"", b"\xff\xfe", b"[]", b'{"choices": []}', b"null"])
def test_what_is_no_completion_is_said(server: Server, body: bytes):
    server.will(Reply(body))
    assert "OpenAI-compatible" in refused(asked(server))


def test_an_engine_that_streams_all_the_same_is_understood(server: Server):
    text = json.dumps(GOOD)
    rows = [{"choices": [{"delta": {"content": text[at : at + 40]}}]} for at in range(0, len(text), 40)]
    body = "".join(f"data: {json.dumps(row)}\n\n" for row in rows) + "data: [DONE]\n\n"
    server.will(Reply(body.encode(), headers={"Content-Type": "text/event-stream"}))
    assert asked(server).message == MESSAGE


def test_what_an_engine_does_not_understand_is_left_out(server: Server):
    server.will(
        fails(400, "response_format.type must be one of text, json_object"),
        fails(400, "'response_format' is not supported by this model"),
        fails(400, "Unsupported parameter: use 'max_completion_tokens' instead"),
        fails(400, "Unsupported value: 'temperature' does not support 0"),
        says(GOOD),
    )
    escalator = Escalator(server.url, sends_picture=False)
    found = ask_with(escalator, diagnosis_of([str(MESSAGE)]))
    assert found.message == MESSAGE
    forms = [r.value.get("response_format", {}).get("type") for r in server.requests]
    assert forms == ["json_schema", "json_object", None, None, None]
    last = server.requests[-1].value
    assert "max_completion_tokens" in last and "max_tokens" not in last and "temperature" not in last
    ask_with(escalator, diagnosis_of([str(MESSAGE)]))
    assert len(server.requests) == 6, "it is remembered"


def test_an_engine_without_eyes_gets_the_text_alone(server: Server, shot: Shot, reader: Any):
    server.will(fails(500, "image input is not supported - hint: provide the mmproj"), says(GOOD))
    found = Escalator(server.url).ask(shot.image, shot.diagnosis, lines=shot.lines, reader=reader)
    assert found.message == MESSAGE and any("takes no pictures" in warning for warning in found.warnings)
    assert b"data:image" in server.requests[0].body and b"data:image" not in server.requests[1].body


def test_other_complaints_are_passed_on_made_harmless(server: Server):
    server.will(fails(400, "context \x1b[31m\u202e too long, see https://evil.example/x"))
    why = refused(asked(server))
    assert "status 400" in why and "context" in why and not set(why) & {"\x1b", "\u202e"}
    assert "evil.example" not in why and len(server.requests) == 1


def test_a_refusal_is_said(server: Server):
    server.will(says("", refusal="I can't help with that."))
    assert "refuses to answer: I can't help" in refused(asked(server))


def test_an_engine_that_is_not_there_is_asked_no_more(tmp_path: Path):
    server = Server()
    url = server.url
    server.close()
    budget = Budget([Limit(50)])
    escalator = Escalator(url, sends_picture=False, budget=budget, journal=tmp_path / "log.jsonl")
    whys = [refused(ask_with(escalator, diagnosis_of([str(MESSAGE)]))) for _ in range(4)]
    assert "cannot be reached" in whys[0] and "asked no more" in whys[3]
    assert budget.spent == (0, 0), "nothing left the machine"
    assert (tmp_path / "log.jsonl").read_text().count("unreachable") == 3


def test_the_budget_holds_with_many_threads(server: Server):
    escalator = Escalator(server.url, sends_picture=False, budget_requests=5)
    diagnosis = diagnosis_of([str(MESSAGE)])
    found: list[Diagnosis] = []
    threads = [threading.Thread(target=lambda: found.append(ask_with(escalator, diagnosis))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(server.requests) == 5 and len(found) == 12
    spent = [f for f in found if f.escalation is not None and "budget of 5 requests a run" in f.escalation.refused]
    assert len(spent) == 7


def test_bytes_are_counted_before_they_are_sent(server: Server):
    assert "budget of 500 bytes a run" in refused(asked(server, budget_bytes=500)) and server.requests == []


def test_the_log_says_what_left(server: Server, tmp_path: Path):
    log = tmp_path / "deep" / "log.jsonl"
    found = asked(server, journal=log)
    rows = [json.loads(row) for row in log.read_text().splitlines()]
    assert [row["event"] for row in rows] == ["sending", "answer"]
    import hashlib

    body = server.requests[0].body
    for row in rows:
        assert row["sha256"] == hashlib.sha256(body).hexdigest() and row["bytes"] == len(body)
        assert row["host"] == server.url.removeprefix("http://") and row["model"] == "big"
    assert rows[0]["masked"] == 0 and rows[0]["reason"] == found.escalation.reason  # type: ignore[union-attr]
    assert rows[1]["status"] == "200" and str(MESSAGE) not in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_what_cannot_be_logged_is_not_sent(server: Server, tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refused(asked(server, journal=tmp_path / "file" / "log.jsonl"))
    assert server.requests == []


def test_what_would_be_sent_is_shown_byte_for_byte(server: Server, shot: Shot, reader: Any, tmp_path: Path):
    options: dict[str, Any] = {"lines": shot.lines, "reader": reader}
    shown = Escalator(server.url, model="big", show=tmp_path).ask(shot.image, shot.diagnosis, **options)
    assert server.requests == [] and "nothing was sent" in refused(shown)
    assert shown.escalation is not None and shown.escalation.sent_bytes == 0 and shown.escalation.masked >= 2
    escalator = Escalator(server.url, model="big")
    escalator.ask(shot.image, shot.diagnosis, **options)
    (body,) = tmp_path.glob("request-*.json")
    (picture,) = tmp_path.glob("request-*.png")
    assert body.read_bytes() == server.requests[0].body == escalator.preview(shot.diagnosis, shot.image, **options).body
    import base64

    assert base64.b64encode(picture.read_bytes()).decode() in body.read_text()


def test_the_environments_proxies_are_not_used(server: Server, monkeypatch: pytest.MonkeyPatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert asked(server).message == MESSAGE


def test_the_key_may_come_from_a_file_or_the_environment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MMGPT_ESCALATE_KEY", "from-env")
    asked(server)
    (tmp_path / "key").write_text("from-file\nsecond line\n")
    asked(server, key_file=tmp_path / "key")
    asked(server, key="given")
    sent = [request.headers["Authorization"] for request in server.requests]
    assert sent == ["Bearer from-env", "Bearer from-file", "Bearer given"]
    (tmp_path / "key").write_text("\n")
    with pytest.raises(ValueError, match="empty"):
        asked(server, key_file=tmp_path / "key")


def test_a_strange_answer_never_costs_the_diagnosis(server: Server, monkeypatch: pytest.MonkeyPatch):
    import mmgpt.escalation.escalator as module

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "judge", broken)
    assert "failed unexpectedly (ZeroDivisionError)" in refused(asked(server))
