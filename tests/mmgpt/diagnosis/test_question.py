"""Questions: what they want, and answers that are cited or honest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmgpt.diagnosis.cite import Citation
from mmgpt.diagnosis.found import Fields
from mmgpt.diagnosis.question import Known, Wish, no_entry, reply, wishes_of
from mmgpt.prompts import NO_ERROR, NOT_THERE, REFUSALS
from mmgpt.schema import Evidence, Source
from tests.mmgpt.diagnosis.screens import error, normal

W = Wish


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Why?", [W.CAUSE]),
        ("Why does this happen?", [W.CAUSE]),
        ("What causes this error?", [W.CAUSE]),
        ("What went wrong here?", [W.CAUSE]),
        ("What does this error mean?", [W.CAUSE]),
        ("How do I fix it?", [W.FIX]),
        ("how can i solve this", [W.FIX]),
        ("What can I do?", [W.FIX]),
        ("What should I do now?", [W.FIX]),
        ("what now", [W.FIX]),
        ("Why does it fail and how do I fix it?", [W.CAUSE, W.FIX]),
        ("What does it say?", [W.MESSAGE]),
        ("What is the error message?", [W.MESSAGE]),
        ("What’s the error?", [W.MESSAGE]),
        ("Quote the error word for word.", [W.MESSAGE]),
        ("Which error code is it?", [W.CODE]),
        ("What is the code?", [W.CODE]),
        ("What is the error code?", [W.CODE]),
        ("Which program is it?", [W.APP]),
        ("What application shows this?", [W.APP]),
        ("Whose message is it?", [W.APP]),
        ("Where is the message?", [W.WHERE]),
        ("Where does it stand?", [W.WHERE]),
        ("What kind of error is it?", [W.CATEGORY]),
        ("Is there an error?", [W.IS_ERROR]),
        ("Is something wrong?", [W.IS_ERROR]),
        ("Describe the picture.", [W.CAPTION]),
        ("What is on the screen?", [W.CAPTION]),
        ("Which host is it?", []),
        ("How many buttons are there?", []),
        ("What colour is the title bar?", []),
        ("Which port is in use?", []),
        ("Ist das schlimm?", []),
        ("", []),
    ],
)
def test_what_is_wanted(question: str, wanted: list[Wish]) -> None:
    assert list(wishes_of(question)) == wanted


def known(fields: Fields, citation: Citation | None = None) -> Known:
    place = Evidence(field="message", text="It failed", box=(10, 20, 90, 34), confidence=0.9)
    return Known(fields, citation or Citation(), [place] if fields.message.value else [], "A caption.")


CITED = Citation("It is full.", ("Empty it.", "Buy another."), (Source(id="linux/enospc", title="Full"),))
FAILED = error("It failed", app="Git", code="E1", category="disk_full")


def test_cause_and_fixes_name_the_entry() -> None:
    assert reply([W.CAUSE], known(FAILED, CITED)) == "It is full. [linux/enospc]"
    assert reply([W.FIX], known(FAILED, CITED)) == "1. Empty it.\n2. Buy another.\n[linux/enospc]"
    assert reply([W.CAUSE, W.FIX], known(FAILED, CITED)).count("[linux/enospc]") == 2


def test_without_an_entry_what_was_read_is_said_once_and_no_cause() -> None:
    said = reply([W.CAUSE, W.FIX], known(FAILED))
    assert said == no_entry(known(FAILED)) and said.startswith("No entry of the knowledge base fits")
    assert "“It failed”" in said and "disk full" in said
    bare = reply([W.FIX], known(normal().without("is_error")))
    assert bare.startswith("No entry") and "“" not in bare


def test_a_normal_screen_has_nothing_to_explain() -> None:
    for wish in (W.CAUSE, W.FIX, W.MESSAGE, W.CATEGORY, W.IS_ERROR, W.WHERE):
        assert reply([wish], known(normal(), CITED)) == NO_ERROR
    assert reply([W.CODE], known(normal())) == NOT_THERE and NOT_THERE in REFUSALS


def test_fields_are_said_as_they_are() -> None:
    said = {wish: reply([wish], known(FAILED, CITED)) for wish in Wish}
    assert said[W.MESSAGE] == "“It failed”" and said[W.CODE] == "E1" and said[W.APP] == "Git"
    assert (
        said[W.CATEGORY] == "disk full" and said[W.IS_ERROR] == "Yes: “It failed”" and said[W.CAPTION] == "A caption."
    )
    assert "x 10 to 90, y 20 to 34" in said[W.WHERE]


def test_what_nobody_is_sure_of_is_not_said() -> None:
    unsure = FAILED
    for name in ("is_error", "app", "message", "error_code", "category"):
        unsure = unsure.without(name)
    for wish in (W.MESSAGE, W.CODE, W.APP, W.CATEGORY, W.IS_ERROR):
        assert "certainty" in reply([wish], known(unsure)), wish


@given(st.text(max_size=300), st.lists(st.sampled_from(list(Wish)), max_size=4))
def test_any_question_and_any_wishes_are_taken(question: str, wishes: list[Wish]) -> None:
    found = wishes_of(question)
    assert len(set(found)) == len(found)
    for fields in (FAILED, normal(), FAILED.without("message")):
        assert bool(reply(wishes, known(fields))) == bool(wishes)
