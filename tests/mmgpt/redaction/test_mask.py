"""Secrets in texts and in diagnoses."""

from __future__ import annotations

from mmgpt.redaction import find_secrets, mask_diagnosis, mask_text
from mmgpt.redaction.mask import each_text
from mmgpt.schema import Diagnosis, Evidence, FurtherError, ImageInfo, Source, TextLine
from tests.mmgpt.redaction.drawing import line_at


def test_secrets_are_replaced_by_their_kind() -> None:
    assert mask_text("login ana@example.com, password: hunter2") == "login [email], password: [password]"
    assert mask_text("nothing here") == "nothing here"


def test_a_masked_text_stays_as_it_is() -> None:
    once = mask_text("DB_PASSWORD=sunny4day API_TOKEN=zk3J9dPq8sW27xLmN4 host 10.0.0.7")
    assert once == "DB_PASSWORD=[password] API_TOKEN=[token] host [host]" == mask_text(once)


def test_known_secrets_are_replaced_wherever_they_stand() -> None:
    known = find_secrets([line_at("Password: hunter2")])
    assert mask_text("tried hunter2 twice, hunter22 once", known) == "tried [password] twice, hunter22 once"
    assert mask_text("tried hunter2 twice") == "tried hunter2 twice"


def diagnosis() -> Diagnosis:
    message = "login of ana@example.com with hunter2 failed"
    box = (0, 0, 300, 20)
    evidence = Evidence(field="message", text=message, box=box, confidence=0.9, doubtful=[(0, 5), (9, 12), (38, 44)])
    return Diagnosis(
        image=ImageInfo(width=400, height=100, sha256="0" * 64),
        caption=f"An error: {message}",
        is_error=True,
        app="Shop",
        kind="terminal",
        message=message,
        error_code=None,
        category="authentication",
        cause="hunter2 is not the password",
        fixes=["Log in at 10.0.0.7 again", "Ask for help"],
        sources=[Source(id="shop/login", title="Login", why="message: hunter2")],
        evidence=[evidence],
        further=[
            FurtherError(app=None, message="hunter2 refused", error_code=None, category="other", evidence=[evidence])
        ],
        question="Is hunter2 wrong?",
        answer="Yes, hunter2 is.",
        text=[
            TextLine(text=message, box=box, confidence=0.9),
            TextLine(text="Password: hunter2", box=(0, 30, 300, 50), confidence=0.9),
        ],
        model="mmgpt-nano",
    )


def test_a_diagnosis_is_masked_everywhere_and_stays_valid() -> None:
    before = diagnosis()
    after = mask_diagnosis(before)
    assert Diagnosis.model_validate(after.to_dict()) == after
    for text in each_text(after):
        assert "hunter2" not in text and "ana@" not in text and "10.0.0.7" not in text
    assert after.message == "login of [email] with [password] failed"
    assert after.masked == 3
    assert [entry.box for entry in after.text] == [entry.box for entry in before.text]
    assert after.evidence[0].doubtful == [(0, 5), (33, 39)]  # what was within a secret goes, the rest moves along
    assert after.evidence[0].text[33:39] == "failed"
    assert mask_diagnosis(after).model_copy(update={"masked": 3}) == after


def test_a_diagnosis_without_secrets_is_the_same() -> None:
    plain = diagnosis().model_copy(
        update={"text": [], "further": [], "evidence": [], "message": "no", "caption": "x", "cause": None, "fixes": ["y"],
                "sources": [Source(id="a", title="b")], "question": None, "answer": None}
    )  # fmt: skip
    assert mask_diagnosis(plain) == plain
