"""Fields by the decoder: what counts as an answer, who answers, what a witness changes, and captions that say what the fields say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmgpt.answer import (
    UNSURE,
    FieldDecoder,
    combine,
    field_value,
    fields_by_decoder,
    load_decoder,
    load_policy,
    recaptioned,
    usable_caption,
)  # fmt: skip
from mmgpt.caption import caption_image
from mmgpt.copied import copied_parts
from mmgpt.extract import load_extractor
from mmgpt.extraction import Extraction, FieldValue
from mmgpt.generate import Answer, Conversation, Seen, Span
from mmgpt.pieces import span_text
from mmgpt.prompts import FIELD_PROMPTS, NONE, NOT_VISIBLE
from mmgpt.schema import CATEGORIES, FIELDS, KINDS, Diagnosis
from tests.mmgpt.running import ROOT, Cli
from tests.mmgpt.talking import LINES, drawn, nano_reader, taught_engine, taught_folder
from vision.reader.types import Line
from vision.reader.weights import WeightsError

EVERYTHING: dict[str, str] = {name: "decoder" for name in (*FIELDS, "caption")}


def about(value: float) -> Any:
    return pytest.approx(value)


@pytest.fixture(scope="module")
def seen() -> Seen:
    return taught_engine().look(drawn())


def seen_of(*lines: str, width: int = 400) -> Seen:
    """A picture whose lines were read already: 10 pixels a letter, the first in the corner."""
    entries = [Line(text, (0, 24 * i, 10 * len(text), 24 * i + 16), 0.9) for i, text in enumerate(lines)]
    return taught_engine().look(np.full((24 * len(lines) + 8, width, 3), 255, np.uint8), entries)


def said(seen: Seen, *parts: str | tuple[str, str], finish: str = "end", sure: float = 0.8) -> Answer:
    """An answer of text, and of spans from the first piece that reads so to the next that reads so."""
    text, at = "", 0
    spans: list[Span] = []
    pieces = seen.perceived.pieces
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        first = next(i for i in range(at, len(pieces)) if pieces[i].text == part[0])
        last = next(i for i in range(first, len(pieces)) if pieces[i].text == part[1])
        copied = span_text(pieces, first, last)
        if spans and spans[-1].end == len(text) and text and pieces[first].spaced | (pieces[first].start == 0):
            text += " "
        spans.append(Span(len(text), len(text) + len(copied), 0, first, last))
        text += copied
        at = last + 1
    return Answer(text, tuple(spans), (7,), (float(np.log(sure)),), finish)


# ------------------------------------------------------------------------------------------------------ answers to values


def test_a_taught_decoder_gives_the_fields_with_their_evidence(seen: Seen):
    fields = fields_by_decoder(taught_engine(), seen)
    values = {name: field.value for name, field in fields.items()}
    assert values == {
        "is_error": True, "app": "Git", "kind": "terminal", "message": " ".join(LINES[1:3]), "error_code": "128",
        "category": "not_found",
    }  # fmt: skip
    assert {name: field.lines for name, field in fields.items()} == {
        "is_error": (), "app": (0,), "kind": (), "message": (1, 2), "error_code": (3,), "category": (),
    }  # fmt: skip
    assert fields["app"].text == "git", "as it stands, whatever people call it"
    for name, field in fields.items():
        alone = taught_engine().answer(Conversation().ask(seen, FIELD_PROMPTS[name]))
        assert field.confidence == pytest.approx(alone.confidence, abs=1e-3) and field.confidence > 0.7
    assert list(fields_by_decoder(taught_engine(), seen, ("kind", "app"))) == ["kind", "app"]


@pytest.mark.parametrize(
    ("name", "answer", "value"),
    [
        ("is_error", "yes", True), ("is_error", "no", False), ("is_error", "maybe", None), ("kind", "terminal", "terminal"),
        ("kind", "screen", None), ("category", "dns", "dns"), ("category", "none", "none"), ("category", "dns.", None),
        ("app", "gimp", "gimp"), ("app", "psql", "PostgreSQL"), ("app", "x" * 60, None), ("app", "", None),
        ("message", "fatal: Could not find", "fatal: Could not find"), ("message", "fatal: made up", None),
        ("message", "atal: Could not", None), ("error_code", "128", "128"), ("error_code", "28", None), ("error_code", "ENOENT", None),
    ],
)  # fmt: skip
def test_typed_answers_count_only_where_they_may(seen: Seen, name: str, answer: str, value: Any):
    found = field_value(name, said(seen, answer), seen)
    assert found.value == value
    assert found == UNSURE if value is None else found.confidence == pytest.approx(0.8)
    assert field_value(name, said(seen, answer, finish="length"), seen) == UNSURE, "what was cut is no answer"


def test_every_kind_and_category_is_an_answer(seen: Seen):
    for name, words in (("kind", KINDS), ("category", CATEGORIES)):
        assert [field_value(name, said(seen, word), seen).value for word in words] == list(words)


def test_none_is_a_claim_and_what_is_unsure_is_not(seen: Seen):
    for name in ("app", "message", "error_code"):
        assert field_value(name, said(seen, NONE), seen) == FieldValue(None, about(0.8))
    assert field_value("kind", said(seen, NONE), seen) == UNSURE
    with pytest.raises(KeyError, match="colour is no field"):
        field_value("colour", said(seen, "red"), seen)


def test_a_word_none_that_was_copied_is_no_null():
    page = seen_of("none", "fatal: none")
    found = field_value("message", said(page, ("none", "none")), page)
    assert (found.value, found.lines) == ("none", (0,))


def test_codes_and_messages_are_copied_whole(seen: Seen):
    code = field_value("error_code", said(seen, ("128", "128")), seen)
    assert (code.value, code.lines, code.text) == ("128", (3,), "128")
    assert field_value("error_code", said(seen, ("demo", "128")), seen) == UNSURE, "a code stands in one line"
    assert field_value("message", said(seen, "It is ", ("fatal", "find")), seen) == UNSURE
    backwards = replace(said(seen, ("the", "demo")), spans=())
    assert field_value("message", replace(backwards, text="demo repository"), seen) == UNSURE
    two = said(seen, ("fatal", "find"), ("the", "demo"))
    assert field_value("message", replace(two, spans=two.spans[::-1]), seen) == UNSURE, "lines go downwards"


@pytest.mark.parametrize("terminal", [True, False])
def test_rows_are_joined_as_the_extractor_joins_them(terminal: bool):
    """The first row fills the terminal, in the middle of a word; its prompt is not part of the message."""
    page = seen_of("$ fatal: no such file: /usr/share/ap", "plications/mail.desktop", "$ x")
    answer = said(page, ("fatal", "ap"), ("plications", "desktop"))
    found = field_value("message", answer, page, terminal)
    joint = "" if terminal else " "
    assert found.value == f"fatal: no such file: /usr/share/ap{joint}plications/mail.desktop"
    assert found.lines == (0, 1)
    cut = field_value("message", said(page, ("fatal", "share"), ("plications", "mail")), page, terminal)
    assert cut.value == "fatal: no such file: /usr/share plications/mail", (
        "a row that is not taken to its end was not cut there"
    )


def test_boxes_of_copied_parts_hug_what_was_copied(seen: Seen):
    image = drawn()
    ink = image.min(2) < 128
    answer = said(seen, "It says ", ("fatal", "demo"), " with ", ("128", "128"))
    message, code = copied_parts(answer, [seen])
    assert (code.text, code.picture, answer.text[code.start : code.end]) == ("128", 1, "128")
    x0, y0, x1, y1 = code.box
    line = seen.lines[3].box
    assert (y0, y1) == (line[1], line[3]) and x1 == line[2] and line[0] < x0
    gap = np.flatnonzero(~ink[y0:y1, line[0] : line[2]].any(0)) + line[0]
    assert any(abs(x0 - column) <= 3 for column in gap), "it begins where the blank is"
    assert not ink[y0:y1, x1 : x1 + 4].any()
    around = np.array([seen.lines[i].box for i in (1, 2)])
    assert message.box == (around[:, 0].min(), around[:, 1].min(), around[:, 2].max(), around[:, 3].max())
    assert message.confidence == pytest.approx(min(seen.lines[i].confidence for i in (1, 2)), abs=1e-3)


# ----------------------------------------------------------------------------------------------------------- two answers


def extraction(**changes: FieldValue) -> Extraction:
    fields: dict[str, Any] = {
        "is_error": FieldValue(True, 0.9, (1,), "no route"), "app": FieldValue("cURL", 0.5),
        "kind": FieldValue("terminal", 0.8), "message": FieldValue("no route", 0.6, (1,), "no route"),
        "error_code": FieldValue(None, 0.7), "category": FieldValue("network", 0.5, (1,), "no route"),
    }  # fmt: skip
    return Extraction(**{**fields, **changes}, caption="a caption")


NORMAL = extraction(
    is_error=FieldValue(False, 0.7), message=FieldValue(None, 0.7), error_code=FieldValue(None, 0.7),
    category=FieldValue("none", 0.7),
)  # fmt: skip


def test_agreement_raises_and_contradiction_lowers():
    found = combine(
        extraction(),
        {"app": FieldValue("curl", 0.6, (0,), "curl"), "kind": FieldValue("document", 0.4)},
        {"app": "decoder"},
    )
    assert found.app == FieldValue("curl", about(0.6 + 0.4 * 0.25), (0,), "curl")
    assert found.kind == FieldValue("terminal", about(0.8 * 0.8))
    assert found.warnings == ("kind: the decoder says “document”, the extractor “terminal”",)
    assert found.message == extraction().message and found.caption == "a caption"


def test_without_the_decoder_nothing_changes():
    for one in (extraction(), NORMAL, replace(extraction(app=FieldValue(None, 0.1)), abstained=("app",))):
        assert combine(one, {}, {}) == one
        assert combine(one, {}, EVERYTHING) == one
        assert combine(one, dict.fromkeys(FIELDS, UNSURE), EVERYTHING) == one


def test_the_extractor_is_the_floor():
    unsure = {"app": FieldValue("xyz", 0.1), "message": UNSURE, "kind": FieldValue(None, 0.0)}
    assert combine(extraction(), unsure, EVERYTHING) == extraction()
    silent = replace(extraction(app=FieldValue(None, 0.1)), abstained=("app",))
    found = combine(silent, {"app": FieldValue("cURL", 0.9)}, {"app": "decoder"})
    assert found.app == FieldValue("cURL", 0.9) and found.abstained == ()
    assert combine(silent, {"app": FieldValue("cURL", 0.9)}, {}) == silent, "who is not to answer does not"


def test_an_error_that_only_the_decoder_sees_gets_its_fields_from_it():
    sees = {
        "is_error": FieldValue(True, 0.8), "message": FieldValue("no route", 0.9, (1,), "no route"),
        "error_code": FieldValue(None, 0.9), "category": FieldValue("network", 0.9),
    }  # fmt: skip
    found = combine(NORMAL, sees, {"is_error": "decoder"})
    assert found.is_error == FieldValue(True, about(0.8 * 0.65), (1,), "no route")
    assert (found.message, found.error_code) == (sees["message"], sees["error_code"])
    assert found.category == FieldValue("network", 0.9, (1,), "no route")
    assert found.warnings == ("is_error: the decoder says yes, the extractor no",)
    alone = combine(NORMAL, {"is_error": FieldValue(True, 0.8)}, {"is_error": "decoder"})
    assert alone.abstained == ("message", "error_code", "category")
    assert combine(NORMAL, {**sees, "category": FieldValue("none", 0.9)}, {"is_error": "decoder"}).abstained == (
        "category",
    )


def test_an_error_that_only_the_extractor_sees_has_no_fields():
    found = combine(extraction(), {"is_error": FieldValue(False, 0.9)}, {"is_error": "decoder"})
    assert found.is_error.value is False
    assert (found.message.value, found.error_code.value, found.category.value) == (None, None, "none")
    assert not found.abstained


@pytest.mark.parametrize(
    ("name", "one", "two", "effect"),
    [
        ("app", "git", "Git", "raised"), ("app", "Git", "GitHub CLI", "lowered"), ("app", "Git", None, "lowered"),
        ("message", "No  route to host", "no route to host", "raised"), ("message", "no route", "no route to host", "kept"),
        ("message", "no route", "timed out", "lowered"), ("error_code", None, None, "raised"),
        ("error_code", "Exception", "java.lang.Exception", "kept"), ("error_code", "404", "500", "lowered"),
    ],
)  # fmt: skip
def test_what_counts_as_the_same(name: str, one: str | None, two: str | None, effect: str):
    found = combine(extraction(**{name: FieldValue(one, 0.6)}), {name: FieldValue(two, 0.7)}, {})
    if name == "message" and two is None:
        return
    sure = getattr(found, name).confidence
    assert ("raised" if sure > 0.6 else "lowered" if sure < 0.6 else "kept") == effect
    assert bool(found.warnings) == (effect == "lowered")


VALUES: dict[str, list[Any]] = {
    "is_error": [True, False, None], "app": ["Git", "git", "cURL", None], "kind": ["terminal", "document", None],
    "message": ["no route", "timed out", None], "error_code": ["404", "E1", None], "category": ["network", "dns", "none", None],
}  # fmt: skip


@given(st.data())
@settings(deadline=None, max_examples=120)
def test_whatever_is_combined_is_a_diagnosis(data: st.DataObject):
    """Abstention, values and errors fit together as the schema wants it, and confidences stay within 0…1."""
    sure = st.sampled_from([0.0, 0.2, 0.55, 0.9, 1.0])
    decoder = {
        name: FieldValue(data.draw(st.sampled_from(values)), data.draw(sure))
        for name, values in VALUES.items()
        if data.draw(st.booleans())
    }
    policy: dict[str, str] = {name: data.draw(st.sampled_from(["extractor", "decoder"])) for name in FIELDS}
    base = data.draw(
        st.sampled_from([extraction(), NORMAL, replace(extraction(kind=FieldValue(None, 0.2)), abstained=("kind",))])
    )
    found = combine(base, decoder, policy)
    for name in FIELDS:
        value = getattr(found, name)
        assert 0 <= value.confidence <= 1
        assert not (name in found.abstained and value.value is not None)
        assert not (name in ("is_error", "kind", "category") and value.value is None and name not in found.abstained)
    if not found.is_error.value:
        assert (found.message.value, found.error_code.value, found.category.value) == (None, None, "none")
    else:
        assert found.category.value != "none"
        assert found.message.value is not None or "message" in found.abstained


# -------------------------------------------------------------------------------------------------------------- captions


def test_the_caption_says_what_the_fields_say(seen: Seen):
    before = extraction()
    assert recaptioned(before, replace(before, caption="as it was"), seen.perceived).caption == "as it was"
    after = recaptioned(before, replace(before, app=FieldValue("Wget", 0.9)), seen.perceived)
    assert after.caption == "A light terminal in which Wget reports: “no route”."
    normal = replace(NORMAL, caption="A light window of Notes titled “Plans”.", kind=FieldValue("desktop_app", 0.9))
    changed = recaptioned(normal, replace(normal, app=FieldValue("Writer", 0.9)), seen.perceived)
    assert changed.caption == "A light window of Writer titled “Plans”.", "the title is not lost"


def test_a_decoders_caption_quotes_only_what_it_copied(seen: Seen):
    error = extraction()
    good = said(seen, "A terminal in which Git reports: “", ("fatal", "demo"), "”.")
    assert usable_caption(good, error)
    assert not usable_caption(said(seen, "A terminal that reports: “all is lost”."), error)
    assert not usable_caption(said(seen, "A terminal that reports: “", ("fatal", "find"), " again”."), error)
    assert not usable_caption(replace(good, finish="length"), error)
    assert not usable_caption(said(seen, ""), error) and not usable_caption(said(seen, NOT_VISIBLE), error)
    assert not usable_caption(said(seen, "A terminal of Git; no error is shown."), error)
    assert usable_caption(said(seen, "A terminal of Git; no error is shown."), NORMAL)
    assert not usable_caption(good, NORMAL)


# ------------------------------------------------------------------------------------------------------- whole pictures


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    Image.fromarray(drawn()).save(tmp_path / "shot.png")
    return tmp_path / "shot.png"


def folder_with(tmp_path: Path, policy: Mapping[str, Any] | None) -> Path:
    folder = Path(shutil.copytree(taught_folder(), tmp_path / "weights"))
    config = json.loads((folder / "config.json").read_text("utf-8"))
    if policy is not None:
        config["fields"] = policy
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    return folder


def without_times(diagnosis: Diagnosis) -> Diagnosis:
    return diagnosis.model_copy(update={"timing_ms": {}})


def test_the_command_uses_the_decoder_where_the_folder_says_so(cli: Cli, shot: Path, tmp_path: Path):
    folder = folder_with(tmp_path, EVERYTHING)
    run = cli("caption", shot, "--json", "--weights", folder)
    assert (run.code, run.err) == (0, "")
    found = Diagnosis.model_validate_json(run.out)
    assert (found.is_error, found.app, found.kind, found.category) == (True, "Git", "terminal", "not_found")
    assert (found.message, found.error_code) == (" ".join(LINES[1:3]), "128")
    assert found.caption == f"A terminal in which git reports: “{found.message}”."
    boxes = {evidence.field: evidence for evidence in found.evidence}
    assert boxes["error_code"].box[1] > boxes["message"].box[3] and boxes["app"].text == "git"
    times = found.timing_ms
    assert times["answer"] > 0
    assert times["total"] == pytest.approx(sum(v for k, v in times.items() if k != "total"), abs=0.3)
    alone = Diagnosis.model_validate_json(cli("caption", shot, "--json", "--weights", folder, "--no-decoder").out)
    plain = Diagnosis.model_validate_json(
        cli("caption", shot, "--json", "--weights", folder_with(tmp_path / "b", None)).out
    )
    assert without_times(alone) == without_times(plain) and "answer" not in {*alone.timing_ms, *plain.timing_ms}
    assert alone.text == found.text


def test_lines_are_read_once_for_extractor_and_decoder(tmp_path: Path):
    reader = nano_reader()
    decoder = load_decoder(folder_with(tmp_path, {"app": "decoder"}), reader)
    assert isinstance(decoder, FieldDecoder) and decoder.names == ("app",)
    assert decoder.engine.perceiver.reader is reader
    mapped: list[Any] = []
    hook = reader.textmap.register_forward_hook(lambda m, i, o: mapped.append(m))
    try:
        png = tmp_path / "shot.png"
        Image.fromarray(drawn()).save(png)
        found = caption_image(png, reader, load_extractor(), decoder)
    finally:
        hook.remove()
    assert len(mapped) == 1 and decoder.engine.perceiver.calls == 1
    assert found.app == "Git" and "Git" in found.caption


def test_a_picture_without_text_asks_the_decoder_nothing(tmp_path: Path):
    decoder = load_decoder(folder_with(tmp_path, EVERYTHING), nano_reader())
    png = tmp_path / "blank.png"
    Image.new("RGB", (64, 48), "white").save(png)
    found = caption_image(png, nano_reader(), load_extractor(), decoder)
    assert found.text == [] and found.message is None and found.caption == "A picture without readable text."


def test_who_answers_is_read_from_the_folder(tmp_path: Path):
    assert load_policy(taught_folder()) == dict.fromkeys((*FIELDS, "caption"), "extractor")
    assert load_decoder(taught_folder()) is None, "nothing is left to it: it is not even loaded"
    folder = folder_with(tmp_path, {"app": "decoder", "caption": "extractor"})
    assert load_policy(folder)["app"] == "decoder" and load_policy(folder)["kind"] == "extractor"
    for number, wrong in enumerate(({"colour": "decoder"}, {"app": "nobody"}, ["app"])):
        with pytest.raises(WeightsError, match=r'config\.json has "fields" that are not understood'):
            load_policy(folder_with(tmp_path / str(number), wrong))  # type: ignore[arg-type]


def test_a_wrong_policy_is_one_line(cli: Cli, shot: Path, tmp_path: Path):
    run = cli("caption", shot, "--weights", folder_with(tmp_path, {"app": "nobody"}))
    assert run.code == 1 and run.out == "" and len(run.errors) == 1 and "config.json" in run.err


def test_captions_with_a_decoder_load_neither_transformers_nor_open_clip(shot: Path, tmp_path: Path):
    code = (
        "import sys; from mmgpt.cli import main; assert main(['caption', *sys.argv[1:]]) == 0;"
        "heavy = {'transformers', 'open_clip', 'timm', 'torchvision', 'gradio'} & set(sys.modules);"
        "print(heavy, file=sys.stderr); sys.exit(bool(heavy))"
    )
    command = [sys.executable, "-c", code, str(shot), "--weights", str(folder_with(tmp_path, EVERYTHING))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert b"Git" in done.stdout
