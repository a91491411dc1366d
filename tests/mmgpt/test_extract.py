"""The extractor as its users meet it: its own weights, lines of any quality, damaged files, verbatim answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from mmgpt import NANO_WEIGHTS
from mmgpt.extract import LineExtractor, extract, load_extractor
from mmgpt.extractor import candidates
from mmgpt.extractor.compose import Seen, caption_of
from mmgpt.extractor.features import GEOMETRY, geometry, letter_ids, word_ids
from mmgpt.extractor.join import join_message, trim_message
from mmgpt.extractor.model import LineNetwork
from mmgpt.extractor.page import MAX_LINES, Page, make_page, measure_style, row_order
from mmgpt.schema import CATEGORIES, KINDS
from vision.reader.types import Line
from vision.reader.weights import WeightsError


@pytest.fixture(scope="module")
def extractor() -> LineExtractor:
    return load_extractor()


def picture(lines: list[Line], size: tuple[int, int] = (900, 420), dark: bool = True) -> np.ndarray:
    """Bars of ink where the lines are: what the style measurement needs."""
    ground, ink = (12, 235) if dark else (245, 20)
    image = np.full((size[1], size[0], 3), ground, dtype=np.uint8)
    for line in lines:
        x0, y0, x1, y1 = line.box
        image[y0 + 3 : y1 - 3, x0:x1:3] = ink
    return image


def terminal(*rows: str, cell: int = 8, height: int = 18) -> list[Line]:
    """Rows of a terminal as lines."""
    return [
        Line(row, (4, 6 + 22 * index, 4 + cell * len(row), 6 + 22 * index + height), 0.98)
        for index, row in enumerate(rows)
        if row
    ]


GIT = (
    "dev@host:~/shop$ git pull",
    "fatal: not a git repository (or any of the parent directories): .git",
    "dev@host:~/shop$",
)


def test_a_git_error_in_a_terminal(extractor: LineExtractor) -> None:
    lines = terminal(*GIT)
    found = extractor.extract(lines, picture(lines))
    assert found.is_error.value is True
    assert found.kind.value == "terminal"
    assert found.message.value == GIT[1]
    assert found.message.lines == (1,)
    assert found.app.value == "Git"
    assert found.error_code.value is None
    assert found.category.value == "not_found"
    assert "dark terminal" in found.caption and GIT[1] in found.caption and "Git" in found.caption


def test_a_traceback_gives_its_last_line_and_the_class(extractor: LineExtractor) -> None:
    lines = terminal(
        "$ python3 report.py",
        "Traceback (most recent call last):",
        '  File "/srv/jobs/report.py", line 3, in <module>',
        "    import pandas",
        "ModuleNotFoundError: No module named 'pandas'",
        "$",
    )
    found = extractor.extract(lines, picture(lines))
    assert found.message.value == "ModuleNotFoundError: No module named 'pandas'"
    assert found.error_code.value == "ModuleNotFoundError"
    assert found.app.value == "Python"
    assert found.category.value == "import_dependency"


def test_a_directory_listing_is_no_error(extractor: LineExtractor) -> None:
    lines = terminal(
        "dev@host:~$ ls -l",
        "total 12",
        "-rw-r--r-- 1 dev dev  120 Nov 11 17:45 errors.log",
        "-rw-r--r-- 1 dev dev 4096 Nov 12 10:22 notes.md",
        "drwxr-xr-x 2 dev dev 4096 Nov 09 08:13 failed",
        "dev@host:~$",
    )
    found = extractor.extract(lines, picture(lines))
    assert found.is_error.value is False
    assert found.message.value is None and found.error_code.value is None
    assert found.category.value == "none"


def test_an_empty_page_claims_nothing(extractor: LineExtractor) -> None:
    found = extractor.extract([], np.zeros((40, 60, 3), dtype=np.uint8))
    assert found.is_error.value is False and found.is_error.confidence <= 0.5
    assert found.kind.value == "other" and found.kind.confidence < 0.5
    assert found.message.value is None and found.app.value is None and found.error_code.value is None
    assert found.caption


def test_lines_of_blanks_count_as_none(extractor: LineExtractor) -> None:
    found = extractor.extract([Line("   ", (0, 0, 5, 5), 0.1)], np.zeros((40, 60, 3), dtype=np.uint8))
    assert found.kind.value == "other"


def test_the_order_of_the_lines_does_not_matter(extractor: LineExtractor) -> None:
    lines = terminal(*GIT)
    image = picture(lines)
    straight, back = extractor.extract(lines, image), extractor.extract(lines[::-1], image)
    assert straight.message.value == back.message.value
    assert back.message.lines == (len(lines) - 1 - straight.message.lines[0],)
    assert straight.is_error.confidence == pytest.approx(back.is_error.confidence, abs=1e-5)


def test_what_is_quoted_stands_in_the_lines_whatever_is_read(extractor: LineExtractor) -> None:
    rng = np.random.default_rng(4)
    alphabet = list("abcdefghij ABCDE0123456789 :/._-()[]'\"éß漢☃")
    for _ in range(60):
        lines = []
        for _ in range(int(rng.integers(1, 40))):
            text = "".join(rng.choice(alphabet, size=int(rng.integers(1, 90))))
            x, y = int(rng.integers(0, 500)), int(rng.integers(0, 380))
            lines.append(
                Line(text, (x, y, x + int(rng.integers(1, 300)), y + int(rng.integers(1, 30))), float(rng.random()))
            )
        found = extractor.extract(lines, rng.integers(0, 256, (420, 900, 3), dtype=np.uint8))
        joined = "".join("".join(line.text.split()) for index in found.message.lines for line in [lines[index]])
        if isinstance(found.message.value, str):
            assert "".join(found.message.value.split()) in joined
        if isinstance(found.error_code.value, str):
            assert any(found.error_code.value in line.text for line in lines)
        assert found.kind.value in (*KINDS, None) and found.category.value in (*CATEGORIES, None)
        for field in (found.is_error, found.app, found.kind, found.message, found.error_code, found.category):
            assert 0 <= field.confidence <= 1
            assert all(0 <= index < len(lines) for index in field.lines)


def test_a_thousand_lines_and_boxes_beyond_the_picture_are_survived(extractor: LineExtractor) -> None:
    lines = [Line(f"line {index}", (index * 7 - 50, index, index * 7 + 900, index + 12), 0.5) for index in range(1000)]
    found = extractor.extract(lines, np.zeros((30, 50, 3), dtype=np.uint8))
    assert isinstance(found.is_error.value, bool)


def test_random_weights_do_not_know_a_git_error() -> None:
    torch.manual_seed(0)
    blank = LineExtractor(LineNetwork(load_extractor().network.config))
    lines = terminal(*GIT)
    found = blank.extract(lines, picture(lines))
    assert found.app.value != "Git"


def test_missing_and_damaged_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"extractor\.json is missing"):
        load_extractor(tmp_path)
    shutil.copy(NANO_WEIGHTS / "extractor.json", tmp_path)
    with pytest.raises(WeightsError, match=r"extractor\.safetensors is missing"):
        load_extractor(tmp_path)
    whole = (NANO_WEIGHTS / "extractor.safetensors").read_bytes()
    (tmp_path / "extractor.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WeightsError, match=r"extractor\.safetensors is damaged"):
        load_extractor(tmp_path)
    (tmp_path / "extractor.safetensors").write_bytes(whole)
    load_extractor(tmp_path)
    described = json.loads((tmp_path / "extractor.json").read_text("utf-8"))
    described["config"]["apps"] = described["config"]["apps"][:-1]
    (tmp_path / "extractor.json").write_text(json.dumps(described), "utf-8")
    with pytest.raises(WeightsError, match=r"app_known.* has shape"):
        load_extractor(tmp_path)
    (tmp_path / "extractor.json").write_text('{"architecture": "another"}', "utf-8")
    with pytest.raises(WeightsError, match="another"):
        load_extractor(tmp_path)
    (tmp_path / "extractor.json").write_text("not json", "utf-8")
    with pytest.raises(WeightsError, match=r"extractor\.json is damaged"):
        load_extractor(tmp_path)


def test_the_weights_are_small() -> None:
    assert (NANO_WEIGHTS / "extractor.safetensors").stat().st_size < 6 * 2**20
    assert sum(value.numel() for value in load_extractor().network.parameters()) <= 1_500_000


def test_the_module_function_uses_the_packaged_extractor(extractor: LineExtractor) -> None:
    lines = terminal(*GIT)
    image = picture(lines)
    assert extract(lines, image).caption == extractor.extract(lines, image).caption


def page_of(texts: list[str], boxes: list[tuple[float, float, float, float]]) -> Page:
    count = len(texts)
    return Page(
        tuple(texts),
        np.array(boxes, dtype=np.float32),
        np.ones(count, np.float32),
        np.zeros((count, 8), np.float32),
        np.arange(count),
        (800, 600),
        (0, 0, 0),
    )


def test_a_row_cut_by_the_terminal_is_joined_without_a_blank() -> None:
    page = page_of(
        ["error: no such file: /usr/share/ap", "plications/mail.desktop"], [(0, 0, 340, 16), (0, 20, 230, 36)]
    )
    assert join_message(page, [0, 1], True) == "error: no such file: /usr/share/applications/mail.desktop"
    assert join_message(page, [0, 1], False) == "error: no such file: /usr/share/ap plications/mail.desktop"


def test_a_row_cut_at_a_blank_keeps_it() -> None:
    ended = page_of(["error: the file is", "missing", "x" * 35], [(0, 0, 180, 16), (0, 20, 70, 36), (0, 40, 350, 56)])
    assert join_message(ended, [0, 1], True) == "error: the file is missing"
    begun = page_of(["error: the file is gone", "again"], [(0, 0, 230, 16), (10, 20, 60, 36)])
    assert join_message(begun, [0, 1], True) == "error: the file is gone again"


def test_icons_and_places_are_trimmed_where_they_may_be() -> None:
    assert trim_message("X Could not save the file", "desktop_dialog") == "Could not save the file"
    assert trim_message("X Could not save the file", "terminal") == "X Could not save the file"
    assert (
        trim_message("Cannot find name 'total'.  ts(2304) [Ln 3, Col 5]", "ide_editor") == "Cannot find name 'total'."
    )


@pytest.mark.parametrize(
    ("text", "code", "kind"),
    [
        ("error[E0425]: cannot find value `x`", "E0425", "product"),
        ("src/a.ts:1:2 - error TS2304: Cannot find name", "TS2304", "product"),
        ("NET::ERR_CERT_DATE_INVALID", "NET::ERR_CERT_DATE_INVALID", "product"),
        ("ORA-00942: table or view does not exist", "ORA-00942", "product"),
        ("We couldn't complete the updates. Error: 0x80070643", "0x80070643", "product"),
        ("SQLSTATE[42S02]: Base table or view not found", "SQLSTATE[42S02]", "product"),
        ("Error: connect ECONNREFUSED 127.0.0.1:5432", "ECONNREFUSED", "errno"),
        ("HTTP ERROR 503", "503", "http"),
        ('Exception in thread "main" java.lang.NullPointerException', "java.lang.NullPointerException", "exception"),
        ("KeyError: 'total'", "KeyError", "exception"),
        ("curl: (6) Could not resolve host: example.org", "6", "number"),
        ("E: Could not open lock file - open (13: Permission denied)", "13", "number"),
    ],
)
def test_codes_are_among_the_candidates(text: str, code: str, kind: str) -> None:
    found = {(entry.text, candidates.CODE_TYPES[entry.kind]) for entry in candidates.codes((text,))}
    assert (code, kind) in found


def test_candidates_stand_where_they_say() -> None:
    texts = ("main.c:12:5: error: 'x' undeclared [E0425] (13)", "notes.txt - LibreOffice Writer", "Git: failed")
    for entry in (*candidates.codes(texts), *candidates.apps(texts)):
        assert texts[entry.line][entry.start : entry.end] == entry.text
    assert "LibreOffice Writer" in {entry.text for entry in candidates.apps(texts)}


def test_confusable_letters_fall_together_in_letter_groups_only() -> None:
    one, two = letter_ids(["Fi1e not found", "File n0t f0und"])
    assert one.tolist() == two.tolist()
    assert word_ids("Fi1e not found") != word_ids("File n0t f0und")


def test_rows_are_read_from_left_to_right() -> None:
    boxes = np.array([(200, 11, 250, 25), (0, 10, 50, 26), (0, 40, 50, 56), (90, 9, 140, 27)], dtype=np.float32)
    assert row_order(boxes).tolist() == [1, 3, 0, 2]


def test_style_is_measured_from_pixels() -> None:
    image = np.full((30, 100, 3), 250, dtype=np.uint8)
    image[10:20, 10:60:2] = (200, 20, 20)
    style = measure_style(image, (10, 8, 60, 22))
    assert style[0] > 0.7 and style[1] < 0.15 and style[3:6].min() > 0.95
    assert 0.2 < style[6] < 0.6 and style[7] > 0.8


def test_a_page_keeps_the_surest_lines_and_their_places() -> None:
    lines = [Line(f"word {index}", (0, index * 3, 40, index * 3 + 3), index / 400) for index in range(300)]
    page = make_page(lines, np.zeros((950, 60, 3), dtype=np.uint8))
    assert len(page.texts) == MAX_LINES
    assert all(lines[source].text == text for source, text in zip(page.source, page.texts, strict=True))
    assert np.isfinite(geometry(page)).all() and geometry(page).shape == (MAX_LINES, GEOMETRY)


@pytest.mark.parametrize(
    ("seen", "caption"),
    [
        (
            Seen(True, "terminal", "Git", "fatal: no", None, 0.1, None, None, 3),
            "A dark terminal in which Git reports: “fatal: no”.",
        ),
        (
            Seen(True, "browser", "Chromium", "This site can’t be reached", "ERR_TIMED_OUT", 0.9, None, None, 6),
            "A Chromium error page: “This site can’t be reached” (ERR_TIMED_OUT).",
        ),
        (
            Seen(True, "desktop_dialog", "GIMP", "Error 5 occurred", "5", 0.5, None, None, 6),
            "A dialog of GIMP with the message “Error 5 occurred”.",
        ),
        (
            Seen(False, "desktop_dialog", "Notes", None, None, 0.9, "Save changes?", None, 6),
            "A light dialog of Notes that asks: “Save changes?”.",
        ),
        (Seen(False, "other", None, None, None, 0.5, None, None, 0), "A picture without readable text."),
    ],
)
def test_captions_say_what_the_fields_say(seen: Seen, caption: str) -> None:
    assert caption_of(seen) == caption
