"""Checks: what agrees makes surer, what contradicts makes less sure and is told, and thresholds leave out what nobody is sure of."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmgpt.diagnosis.checks import Facts, agreed, contradicted, judge, settle
from mmgpt.diagnosis.found import Fields
from mmgpt.diagnosis.thresholds import Thresholds
from mmgpt.extraction import FieldValue
from mmgpt.knowledge import Hit, KnowledgeBase
from mmgpt.vocabulary import FIELDS
from tests.mmgpt.diagnosis.screens import error, normal, screen

PORT = "Error: listen EADDRINUSE: address already in use :::3000"
LEAST = 0.6
Share = st.floats(0, 1)


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    return KnowledgeBase.load()


@pytest.fixture(scope="module")
def facts(base: KnowledgeBase) -> Facts:
    return Facts.of(base)


def hit(base: KnowledgeBase, name: str = "nodejs/eaddrinuse", score: float = 0.95, exact: bool = True) -> Hit:
    return Hit(base[name], score, ("pattern “x”" if exact else "similar words",))


@given(Share, Share)
def test_agreement_raises_and_contradiction_lowers(a: float, b: float) -> None:
    assert a - 1e-9 <= agreed(a, b) <= 1
    assert 0 <= contradicted(a, b) <= max(a, 0.5) + 1e-9
    assert contradicted(0.9, b) + contradicted(b, 0.9) <= 1 + 1e-9


def test_facts_are_counted_from_the_base(facts: Facts) -> None:
    assert facts.categories["eaddrinuse"] == "concurrency_lock" and facts.categories["404"] == "not_found"
    assert "runtimeerror" not in facts.categories  # raised for anything


def test_what_agrees_with_the_entry_is_surer(base: KnowledgeBase, facts: Facts) -> None:
    fields = error(PORT, app="Node.js", code="EADDRINUSE", category="concurrency_lock", sure=0.7)
    made = judge(fields, [hit(base)], facts, screen(PORT), LEAST)
    for name in ("app", "message", "error_code", "category"):
        assert made.fields.get(name).confidence > 0.8, name
        assert made.fields.get(name).value == fields.get(name).value
    assert made.warnings == () and made.given == ()


def test_a_weak_category_gives_way_to_that_of_a_pattern(base: KnowledgeBase, facts: Facts) -> None:
    lines = screen("$ node server.js", PORT)
    fields = error(PORT, app="Node.js", category="network", line=1, sure=0.4)
    made = judge(fields, [hit(base)], facts, lines, LEAST)
    assert made.fields.category.value == "concurrency_lock" and made.given == ("category",)
    assert made.fields.category.lines == (1,) and 0.4 < made.fields.category.confidence < 0.9


def test_a_sure_category_stays_and_the_contradiction_is_told(base: KnowledgeBase, facts: Facts) -> None:
    fields = error(PORT, app="Node.js", category="network", sure=0.95)
    made = judge(fields, [hit(base)], facts, screen(PORT), LEAST)
    assert made.fields.category.value == "network" and made.fields.category.confidence < 0.95
    assert any("nodejs/eaddrinuse" in warning and "network" in warning for warning in made.warnings)


def test_an_entry_below_the_threshold_says_nothing(base: KnowledgeBase, facts: Facts) -> None:
    fields = error("Hello", app="Git", category="network")
    assert judge(fields, [hit(base, score=0.59)], facts, screen("Hello"), LEAST).fields == fields


def test_a_program_that_nobody_named_is_that_of_a_pattern_in_a_terminal(base: KnowledgeBase, facts: Facts) -> None:
    fields = replace(error(PORT, category="concurrency_lock"), abstained=frozenset({"app"}))
    made = judge(fields, [hit(base)], facts, screen(PORT), LEAST)
    assert made.fields.app.value == "Node.js" and made.fields.app.lines == (0,) and "app" in made.given
    assert "app" not in made.fields.abstained
    dialog = judge(replace(fields, kind=FieldValue("desktop_dialog", 0.9)), [hit(base)], facts, screen(PORT), LEAST)
    assert dialog.fields.app.value is None  # some program's, which shows an error of Node.js
    words = judge(fields, [hit(base, exact=False)], facts, screen(PORT), LEAST)
    assert words.fields.app.value is None


def test_a_code_that_does_not_stand_there_is_left_out(base: KnowledgeBase, facts: Facts) -> None:
    fields = error("Something failed", code="ERR_FAKE_999")
    made = judge(fields, [], facts, screen("Something failed"), LEAST)
    assert made.fields.error_code.value is None and "error_code" in made.fields.abstained and made.warnings


def test_a_code_far_from_the_message_is_less_sure(facts: Facts) -> None:
    lines = screen("Something failed", *["."] * 20, "E1234 is fine")
    made = judge(error("Something failed", code="E1234", code_line=21), [], facts, lines, LEAST)
    assert made.fields.error_code.confidence < 0.9 and "21 lines away" in made.warnings[0]


def test_a_code_with_a_doubtful_letter_is_less_sure_unless_an_entry_knows_it(base: KnowledgeBase, facts: Facts) -> None:
    text = "It failed: E1234"
    (line,) = screen(text)
    weak = replace(line.characters[-1], confidence=0.4)
    doubtful = replace(line, characters=(*line.characters[:-1], weak))
    sure = judge(error(text, code="E1234"), [], facts, [line], LEAST)
    made = judge(error(text, code="E1234"), [], facts, [doubtful], LEAST)
    assert sure.fields.error_code.confidence == 0.9 and sure.warnings == ()
    assert made.fields.error_code.confidence == pytest.approx(0.36) and "doubtful" in made.warnings[0]
    (port,) = screen(PORT, confidence=0.5)
    known = judge(error(PORT, app="Node.js", code="EADDRINUSE"), [hit(base)], facts, [port], LEAST)
    assert known.fields.error_code.confidence > 0.9


def test_a_code_alone_speaks_for_its_category(facts: Facts) -> None:
    def category(name: str) -> float:
        fields = error("open: ENOSPC", code="ENOENT", category=name, sure=0.6)
        return judge(fields, [], facts, screen("open: ENOENT"), LEAST).fields.category.confidence

    assert category("not_found") > 0.6 > category("syntax")


def test_an_error_in_a_photograph_is_less_sure(facts: Facts) -> None:
    made = judge(error("Stop", kind="photo"), [], facts, screen("Stop"), LEAST)
    assert made.fields.p_error < 0.9 and "photograph" in made.warnings[0]


def test_corrections_of_the_user_are_touched_by_nothing(base: KnowledgeBase, facts: Facts) -> None:
    fixed = frozenset({"app", "category", "error_code", "is_error"})
    fields = replace(error(PORT, app="Till", code="T-17", category="network", sure=0.9), fixed=fixed)
    fields = replace(fields, error_code=FieldValue("T-17", 1.0))
    strict = Thresholds(1.0, 1.0, dict.fromkeys(Thresholds().least, 1.0))
    made = settle(judge(fields, [hit(base)], facts, screen(PORT), LEAST).fields, strict)
    assert made.app == fields.app and made.category == fields.category and made.error_code == fields.error_code
    assert made.is_error.value is True


def test_between_the_thresholds_it_is_open_whether_there_is_an_error() -> None:
    made = settle(error("It failed", category="network", sure=0.8), Thresholds(0.3, 0.9))
    assert made.is_error.value is None and "is_error" in made.abstained and made.message.value == "It failed"
    quiet = settle(normal(0.55), Thresholds(0.3, 0.9))
    assert quiet.is_error.value is None and {"is_error", "category", "message"} <= quiet.abstained


def test_below_the_first_threshold_there_is_no_error_and_nothing_of_one() -> None:
    made = settle(error("It failed", app="Git", code="E1", category="network", sure=0.6), Thresholds(0.7, 0.9))
    assert made.is_error.value is False and made.category.value == "none"
    assert made.message.value is None and made.error_code.value is None and made.app.value == "Git"
    assert made.is_error.confidence == pytest.approx(0.4)


def test_a_field_below_its_threshold_is_left_out() -> None:
    strict = Thresholds(0.5, 0.5, dict.fromkeys(Thresholds().least, 0.95))
    made = settle(error("It failed", app="Git", code="E1", category="network"), strict)
    assert made.abstained == {"app", "kind", "message", "error_code", "category"}
    assert made.category.value is None and made.error_code.confidence == 0.9


FieldValues = st.builds(
    FieldValue,
    st.sampled_from([None, "Git", "EADDRINUSE", "network", PORT]),
    Share,
    st.sampled_from([(), (0,), (1, 2), (99,)]),
    st.sampled_from([None, PORT]),
)
Categories = st.builds(FieldValue, st.sampled_from([None, "network", "none", "concurrency_lock"]), Share)
Kinds = st.builds(FieldValue, st.sampled_from([None, "terminal", "photo"]), Share)


@given(
    st.builds(Fields, st.builds(FieldValue, st.booleans(), Share), FieldValues, Kinds, FieldValues, FieldValues, Categories),
    Share, Share, Share, st.booleans(),
)  # fmt: skip
def test_whatever_comes_the_outcome_is_consistent(
    base: KnowledgeBase, facts: Facts, fields: Fields, one: float, other: float, score: float, exact: bool
) -> None:
    low, high = sorted((one, other))
    made = judge(fields, [hit(base, score=score, exact=exact)], facts, screen(PORT, "a", "b"), LEAST).fields
    made = settle(made, Thresholds(low, high))
    assert all(0 <= made.get(name).confidence <= 1 for name in FIELDS)
    assert all(made.get(name).value is None for name in made.abstained)
    for name in ("is_error", "kind", "category"):
        assert (made.get(name).value is None) == (name in made.abstained)
    if made.is_error.value:
        assert made.category.value != "none"
    if made.is_error.value is False:
        assert made.category.value == "none" and made.message.value is None and made.error_code.value is None
