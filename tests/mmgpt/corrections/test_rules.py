"""A correction is a rule for its message, with its evidence, and for no other message."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmgpt.corrections import Correction, Rules, Store, corrected_knowledge
from mmgpt.corrections.normal import normal
from mmgpt.extraction import Extraction
from tests.mmgpt.corrections.screens import REFUSED, diagnosis_of, extraction_of, lines_of

SCREEN = ["$ shop start", REFUSED, "$"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "own.sqlite")


def corrected(
    store: Store, texts: list[str], message: str | None, values: dict[str, Any], **options: Any
) -> Correction:
    fields = options.pop("fields", {})
    made = store.add(diagnosis_of(texts, message, **fields), values, **options)
    assert made is not None
    return made


def apply(
    store: Store, texts: list[str], message: str | None, sha256: str | None = None, **fields: Any
) -> tuple[Extraction, list[int]]:
    before = extraction_of(texts, message, **fields)
    after, applied = store.rules().apply(before, lines_of(texts), sha256=sha256)
    if not applied:
        assert after is before
    return after, [one.id for one in applied]


def test_the_same_message_gets_the_corrected_fields_and_keeps_its_evidence(store: Store) -> None:
    corrected(store, SCREEN, REFUSED, {"category": "network", "app": "PostgreSQL", "error_code": None})
    after, ids = apply(store, SCREEN, REFUSED)
    assert ids == [1]
    assert (after.category.value, after.app.value, after.message.value) == ("network", "PostgreSQL", REFUSED)
    assert after.category.confidence == after.app.confidence == 1.0
    assert after.category.lines == (1,) and after.app.lines == ()
    assert "PostgreSQL" in after.caption and "Shop" not in after.caption and after.caption.startswith("A dark terminal")


def test_another_port_and_host_are_the_same_message_unless_exact(store: Store) -> None:
    corrected(store, SCREEN, REFUSED, {"category": "network"})
    other = "connect to db2.example.org port 80: Connection refused"
    assert apply(store, ["$", other], other)[1] == [1]
    store.undo()
    corrected(store, SCREEN, REFUSED, {"category": "network"}, exact=True)
    assert apply(store, ["$", other], other)[1] == []
    assert apply(store, ["$", REFUSED], REFUSED)[1] == [2]


def test_another_program_is_left_alone_unless_the_scope_is_the_message(store: Store) -> None:
    corrected(store, SCREEN, REFUSED, {"category": "network", "app": "PostgreSQL"})
    assert apply(store, SCREEN, REFUSED, app="curl")[1] == []
    assert apply(store, SCREEN, REFUSED, app=None)[1] == []
    assert apply(store, SCREEN, REFUSED, app="psql")[1] == [1], "an alias of the right program"
    corrected(store, SCREEN, REFUSED, {"category": "network"}, scope="message")
    assert apply(store, SCREEN, REFUSED, app="curl")[1] == [2]


def test_where_no_program_was_read_the_message_decides(store: Store) -> None:
    corrected(store, SCREEN, REFUSED, {"app": "PostgreSQL"}, fields={"app": None})
    assert apply(store, SCREEN, REFUSED, app="curl")[0].app.value == "PostgreSQL"


def test_a_correction_of_a_picture_is_for_that_picture_alone(store: Store) -> None:
    made = corrected(store, SCREEN, REFUSED, {"category": "network"}, scope="picture")
    assert apply(store, SCREEN, REFUSED)[1] == []
    assert apply(store, SCREEN, REFUSED, sha256="0" * 64)[1] == []
    assert apply(store, SCREEN, REFUSED, sha256=made.sha256, app="curl")[1] == [1]


def test_the_message_is_taken_as_it_stands_in_the_lines(store: Store) -> None:
    texts = ["E: broken pack", "E: broken packages “Foo” on db1.example.org now"]
    corrected(store, texts, texts[0], {"message": 'E: broken packages "foo" on db1.example.org'})
    after, _ = apply(store, texts, texts[0])
    assert after.message.value == after.message.text == "E: broken packages “Foo” on db1.example.org"
    assert (after.message.lines, after.message.confidence) == ((1,), 1.0)
    moved = [texts[0], "$", "E: broken packages “Foo” on db9.example.net now"]
    after, _ = apply(store, moved, texts[0])
    assert after.message.value == "E: broken packages “Foo” on db9.example.net" and after.message.lines == (2,)


def test_a_wrapped_message_is_found_over_lines(store: Store) -> None:
    texts = ["E: broken", "packages on your", "machine today", "$"]
    corrected(store, texts, "E: broken", {"message": "E: broken packages on your machine today"})
    after, _ = apply(store, texts, "E: broken")
    assert after.message.lines == (0, 1, 2) and after.message.value == "E: broken packages on your machine today"


def test_a_message_that_stands_nowhere_is_taken_as_given_but_never_another_pictures_port(store: Store) -> None:
    made = corrected(store, ["garbled"], "garbled", {"message": "Cannot reach db1.example.org port 22"})
    after, _ = apply(store, ["garbled"], "garbled", sha256=made.sha256)
    assert (after.message.value, after.message.lines, after.message.confidence) == (
        "Cannot reach db1.example.org port 22", (), 1.0,
    )  # fmt: skip
    assert apply(store, ["garbled"], "garbled", sha256="1" * 64)[1] == []
    corrected(store, ["other words"], "other words", {"message": "Plain words that are no one's"})
    assert apply(store, ["other words"], "other words")[0].message.value == "Plain words that are no one's"


def test_a_code_is_found_in_the_lines_and_a_code_in_a_slot_must_stay(store: Store) -> None:
    message = "job in slot 4711 went down with the ship"
    corrected(store, [message, "see [X-17]"], message, {"error_code": "x-17"})
    after, _ = apply(store, [message, "see [X-17]"], message)
    assert (after.error_code.value, after.error_code.lines) == ("X-17", (1,))
    store.undo()
    corrected(store, [message], message, {"error_code": "4711"})
    other = message.replace("4711", "4712")
    assert normal(other).slots == normal(message).slots
    assert apply(store, [message], message)[1] == [2] and apply(store, [other], other)[1] == []


def test_a_false_alarm_is_no_error_any_more(store: Store) -> None:
    made = corrected(store, ["3 errors were fixed"], "3 errors were fixed", {"is_error": False})
    assert {name for name, change in made.changes.items() if change.implied} == {"message", "category"}
    after, _ = apply(store, ["3 errors were fixed"], "3 errors were fixed")
    assert (after.is_error.value, after.message.value, after.category.value) == (False, None, "none")
    assert "Shop" in after.caption and "reports" not in after.caption


def test_a_missed_error_is_found_by_its_line(store: Store) -> None:
    texts = ["$ till", "The till does not", "open its drawer 3 today"]
    corrected(
        store,
        texts,
        None,
        {"is_error": True, "message": "The till does not open its drawer 3 today", "category": "crash"},
    )
    other = ["$ till", "", "The till does not", "open its drawer 7 today"]
    after, ids = apply(store, other, None)
    assert ids == [1] and after.is_error.value is True and after.category.value == "crash"
    assert after.message.value == "The till does not open its drawer 7 today" and after.message.lines == (2, 3)
    assert apply(store, ["The till does open its drawer 3 today"], None)[1] == []
    assert apply(store, other, None, kind="document")[1] == []


def test_an_error_without_a_category_leaves_it_open(store: Store) -> None:
    corrected(store, ["It went down"], None, {"is_error": True, "message": "It went down"})
    after, _ = apply(store, ["It went down"], None)
    assert after.category.value is None and "category" in after.abstained


def test_a_cleared_field_is_empty_and_what_must_have_a_value_is_abstained(store: Store) -> None:
    corrected(store, SCREEN, REFUSED, {"app": None, "category": None, "kind": None})
    after, _ = apply(store, SCREEN, REFUSED)
    assert (after.app.value, after.category.value, after.kind.value) == (None, None, None)
    assert set(after.abstained) == {"category", "kind"}


def test_a_corrected_field_is_not_abstained_any_more(store: Store) -> None:
    corrected(store, SCREEN, REFUSED, {"category": "network"})
    before = dataclasses.replace(extraction_of(SCREEN, REFUSED), abstained=("category", "app"))
    after, _ = store.rules().apply(before, lines_of(SCREEN))
    assert after.abstained == ("app",)


def test_the_newest_correction_holds_and_contradictions_are_told(store: Store) -> None:
    first = corrected(store, SCREEN, REFUSED, {"category": "network", "app": "PostgreSQL"})
    second = corrected(store, SCREEN, REFUSED, {"category": "timeout"})
    assert [(c.id, c.field, c.value) for c in store.conflicts(second)] == [(first.id, "category", "network")]
    assert [(c.id, c.field) for c in store.conflicts(first)] == [(second.id, "category")]
    after, ids = apply(store, SCREEN, REFUSED)
    assert (after.category.value, after.app.value, ids) == ("timeout", "PostgreSQL", [1, 2])
    assert store.conflicts(corrected(store, SCREEN, REFUSED, {"category": "dns"}, scope="picture")) == []
    store.remove(second.id)
    assert apply(store, SCREEN, REFUSED)[0].category.value == "network"


def test_an_answer_that_was_corrected_already_can_be_corrected_again(store: Store) -> None:
    texts = ["E: broken", "E: broken packages on your machine today"]
    corrected(store, texts, texts[0], {"message": texts[1], "app": "APT"})
    corrected(store, texts, texts[1], {"category": "version_conflict"}, fields={"app": "APT"})
    after, ids = apply(store, texts, texts[0])
    assert (after.message.value, after.app.value, after.category.value, ids) == (
        texts[1], "APT", "version_conflict", [1, 2],
    )  # fmt: skip
    assert apply(store, texts, texts[1], app="Git")[1] == []
    store.remove(1)
    assert apply(store, texts, texts[0])[1] == []


def test_two_corrections_that_go_in_a_circle_come_to_an_end(store: Store) -> None:
    corrected(store, ["one thing here", "two things here"], "one thing here", {"message": "two things here"})
    corrected(store, ["one thing here", "two things here"], "two things here", {"message": "one thing here"})
    after, _ = apply(store, ["one thing here", "two things here"], "one thing here")
    assert after.message.value == "one thing here"


def test_a_masked_result_is_no_rule_for_other_pictures(store: Store) -> None:
    masked = "login of [email] was denied"
    made = corrected(store, [masked], masked, {"category": "authentication"}, fields={"masked": 1})
    assert made.scope == "picture" and apply(store, [masked], masked)[1] == []
    assert apply(store, ["x"], "x", sha256=made.sha256)[1] == [1]


def test_cause_fixes_and_entry_are_told_with_their_source(store: Store) -> None:
    corrected(store, SCREEN, REFUSED, {"cause": "The cable is loose.", "fixes": ["Plug it in."]}, note="seen twice")
    corrected(store, SCREEN, REFUSED, {"entry": "postgresql/connection-refused"})
    _, applied = store.rules().apply(extraction_of(SCREEN, REFUSED), lines_of(SCREEN))
    found = corrected_knowledge(applied)
    assert found is not None
    assert (found.cause, found.fixes, found.entry) == (
        "The cable is loose.", ["Plug it in."], "postgresql/connection-refused",
    )  # fmt: skip
    assert [source.source().id for source in found.by] == ["correction/1", "correction/2"]
    assert found.by[0].source().title == "seen twice" and "cause" in found.by[0].source().why
    corrected(store, SCREEN, REFUSED, {"category": "network"}, note="")
    assert corrected_knowledge(store.rules().apply(extraction_of(SCREEN, REFUSED), lines_of(SCREEN))[1][-1:]) is None


def test_masked_words_never_become_a_message(store: Store) -> None:
    texts = ["login of ada@example.org fails", "login of ada@example.org fails with the key AKIAIOSFODNN7EXAMPLE now"]
    made = corrected(store, texts, texts[0], {"message": texts[1]}, mask_secrets=True)
    assert "ada@" not in str(made.to_dict()) and "AKIA" not in str(made.to_dict()) + str(made.lines)
    after, ids = apply(store, texts, texts[0])
    assert ids == [made.id] and after.message.value == texts[1]
    gone = [texts[0], "something else"]
    assert apply(store, gone, texts[0])[1] == []


WORDS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=9)
OTHERS = st.sampled_from(["port", "line", "/a/b.c", "error", "(7)", "x.com", "404"])
NUMBERS = st.integers(0, 99999).map(str)
MESSAGES = st.lists(st.one_of(WORDS, NUMBERS, OTHERS), min_size=2, max_size=8).map(" ".join)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(MESSAGES, min_size=1, max_size=6, unique=True),
    MESSAGES,
    st.sampled_from(["message", "program"]),
    st.booleans(),
)
def test_a_rule_never_fires_for_another_message(known: list[str], other: str, scope: Any, exact: bool) -> None:
    from mmgpt.corrections.change import changes_to
    from mmgpt.corrections.correction import made_from

    rules = Rules(
        dataclasses.replace(
            made_from(
                diagnosis,
                changes_to(diagnosis, {"category": "dns"}),
                uid=str(n),
                time="",
                scope=scope,
                exact=exact,
                note="",
            ),
            id=n,
        ).rule()
        for n, diagnosis in enumerate((diagnosis_of([message], message) for message in known), 1)
    )
    for message in [*known, other]:
        _, applied = rules.apply(extraction_of([message], message), lines_of([message]))
        # letters must be the same; a word of digits may differ where it is one in both
        same = [n for n, text in enumerate(known, 1) if _alike(text, message, exact)]
        fired = [one.id for one in applied]
        assert set(fired) <= set(same)
        if message in known:
            assert fired


def _alike(one: str, other: str, exact: bool) -> bool:
    a, b = one.split(), other.split()
    if "".join(a) == "".join(b):
        return True
    if exact or len(a) != len(b):
        return False
    return all(x == y or (x.isdigit() and y.isdigit()) for x, y in zip(a, b, strict=True))


def test_ten_thousand_rules_cost_less_than_a_millisecond() -> None:
    from mmgpt.corrections.change import changes_to
    from mmgpt.corrections.correction import made_from

    texts = [f"line {i} of a page that is quite long and says little" for i in range(60)]
    options: Any = {"uid": "", "time": "", "scope": "program", "exact": False, "note": ""}
    named = diagnosis_of(["x"], "m")
    read = made_from(named, changes_to(named, {"app": "Till"}), **options)
    silent = diagnosis_of(["x"], None)
    unread = made_from(silent, changes_to(silent, {"is_error": True, "message": "m"}), **options)
    rules = []
    for n in range(1, 10_001):
        if n % 10:
            made = dataclasses.replace(read, id=n, message=f"module m{n} went down at port {n}")
        else:
            changes = {
                **unread.changes,
                "message": dataclasses.replace(unread.changes["message"], right=f"unit u{n} is silent"),
            }
            made = dataclasses.replace(unread, id=n, changes=changes)
        rules.append(made.keyed().rule())
    index = Rules(rules)
    cases = [("module m77 went down at port 1", [77]), ("nobody knows this one", []), (None, []), ("", [30])]
    for message, wanted_ids in cases:
        page = [*texts, message or ("unit u30 is silent" if message == "" else "")]
        before, lines = extraction_of(page, message or None), lines_of(page)
        times = []
        for _ in range(9):
            normal.cache_clear()
            start = time.process_time()
            _, applied = index.apply(before, lines)
            times.append(time.process_time() - start)
        assert [one.id for one in applied] == wanted_ids
        assert sorted(times)[4] < 0.001 if message else sorted(times)[4] < 0.005, (message, times)
