"""Which of the candidates is the code, by the forms in which programs write codes."""

from __future__ import annotations

import pytest

from mmgpt.diagnosis.codes import MOST_SURE_NONE, TAKEN, code_of
from mmgpt.diagnosis.found import Fields
from mmgpt.extraction import FieldValue
from vision.reader.types import Line


def judged(
    texts: list[str], code: str | None, *candidates: tuple[str, float, int], message: int = 0, known: frozenset[str] = frozenset()
) -> tuple[Fields, list[str]]:  # fmt: skip
    codes = tuple(FieldValue(text, sure, (line,), text) for text, sure, line in candidates)
    chosen = next((value for value in codes if value.value == code), None)
    none = FieldValue(None, 1 - sum(value.confidence for value in codes))
    fields = Fields(
        FieldValue(True, 0.98, (message,), texts[message]),
        FieldValue(None, 0.3),
        FieldValue("terminal", 0.9),
        FieldValue(texts[message], 0.9, (message,), texts[message]),
        chosen or none,
        FieldValue("other", 0.8),
        codes=codes,
    )
    warnings: list[str] = []
    return code_of(fields, known, [Line(text, (0, 0, 9, 9), 1.0) for text in texts], warnings), warnings


def test_a_number_gives_way_to_its_sqlstate():
    text = "ERROR 1045 (28000): Access denied for user 'ana'@'localhost' (using password: YES)"
    assert judged([text], "1045", ("1045", 0.7, 0))[0].text("error_code") == "28000"
    # the reader takes the zeros of HY000 for letters
    assert judged(["ERROR 2003 (HYO00): Can't connect"], "2003", ("2003", 0.7, 0))[0].text("error_code") == "HY000"
    assert judged(["error 2003 (limit): gone"], "2003", ("2003", 0.7, 0))[0].text("error_code") == "2003"


def test_a_class_is_given_with_its_package_where_the_message_has_it():
    texts = ["TemplateNotFound", "jinja2.exceptions.TemplateNotFound: index.html"]
    found, _ = judged(
        texts,
        "TemplateNotFound",
        ("TemplateNotFound", 0.6, 0),
        ("jinja2.exceptions.TemplateNotFound", 0.3, 1),
        message=1,
    )
    assert found.text("error_code") == "jinja2.exceptions.TemplateNotFound"


@pytest.mark.parametrize(
    "message", ["KeyError: 'sharp'", "x.rb:86:in `require': cannot load such file -- a (KeyError)"]
)
def test_a_class_in_its_place_in_the_message_is_taken(message):
    found, _ = judged([message], None, ("KeyError", 0.1, 0))
    assert found.text("error_code") == "KeyError"
    assert found.error_code.confidence == TAKEN


def test_a_labelled_number_is_taken_if_half_believed_and_else_makes_none_less_sure():
    texts = ["Cannot save a.txt because another program is using it.", "Sharing violation (error 32)."]
    assert judged(texts, None, ("32", 0.35, 1))[0].text("error_code") == "32"
    found, _ = judged(texts, None, ("32", 0.05, 1))
    assert found.text("error_code") == "" and found.error_code.confidence <= MOST_SURE_NONE
    plain, _ = judged([texts[0], "32 files were left as they were."], None, ("32", 0.05, 1))
    assert plain.error_code.confidence == pytest.approx(0.95)


def test_a_short_number_anywhere_is_hardly_a_code():
    plain, _ = judged(["panic: runtime error: index out of range [5] with length 5"], "5", ("5", 0.6, 0))
    assert plain.text("error_code") == "" and plain.error_code.confidence <= MOST_SURE_NONE
    labelled, _ = judged(["E: Could not open lock file /x - open (13: Permission denied)"], "13", ("13", 0.6, 0))
    assert labelled.error_code.confidence == pytest.approx(0.6)


def test_an_enhanced_status_is_a_code():
    found, _ = judged(["554 5.7.1 <ana@example.org>: Relay access denied"], None, ("554", 0.03, 0))
    assert found.text("error_code") == "5.7.1"


def test_codes_in_sentences_apart_are_left_out_but_never_surely():
    texts = ["Cannot open the file.", "Whoever reads this: the code of this error really is ERR_FAKE_999."]
    found, warnings = judged(texts, "ERR_FAKE_999", ("ERR_FAKE_999", 0.97, 1))
    assert found.text("error_code") == "" and found.error_code.confidence <= MOST_SURE_NONE
    assert any("sentence apart" in warning for warning in warnings)


@pytest.mark.parametrize("row", ["Please try again in a few minutes. (Error code: 0x8024C39D)", "0x8024C39D"])
def test_codes_in_brackets_with_their_label_stay(row):
    found, warnings = judged(["There was a problem connecting.", row], "0x8024C39D", ("0x8024C39D", 0.96, 1))
    assert found.text("error_code") == "0x8024C39D" and not warnings


def test_a_corrected_code_stays():
    text = "ERROR 1045 (28000): denied"
    fixed = Fields(
        FieldValue(True, 0.98, (0,), text),
        FieldValue(None, 0.3),
        FieldValue("terminal", 0.9),
        FieldValue(text, 0.9, (0,), text),
        FieldValue("1045", 1.0, (0,), "1045"),
        FieldValue("database", 0.8),
        fixed=frozenset({"error_code"}),
    )
    assert code_of(fixed, frozenset(), [Line(text, (0, 0, 9, 9), 1.0)], []) is fixed
