"""Two errors in one picture are both found, the front one first; one error is never made two."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mmgpt.diagnosis.regions import find_regions
from mmgpt.diagnosis.several import further_errors
from mmgpt.extract import LineExtractor, load_extractor
from mmgpt.extractor.decide import empty_extraction
from vision.reader import make_reader
from vision.reader.types import Line, TextReader

Box = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def extractor() -> LineExtractor:
    return load_extractor()


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return make_reader("nano")


def desktop(width: int = 1000, height: int = 640) -> Image.Image:
    return Image.new("RGB", (width, height), (44, 84, 118))


def window(
    picture: Image.Image, box: Box, title: str, rows: tuple[str, ...], dark: bool = False, button: str = ""
) -> None:
    """A window with a title bar, a border and rows of text, drawn with Pillow's own typeface."""
    draw = ImageDraw.Draw(picture)
    ground, ink = ((16, 18, 20), (226, 228, 226)) if dark else ((246, 246, 244), (24, 24, 24))
    x0, y0, x1, y1 = box
    draw.rectangle(box, ground, (120, 120, 120))
    draw.rectangle((x0 + 1, y0 + 1, x1 - 1, y0 + 27), (208, 212, 218))
    draw.text((x0 + 12, y0 + 5), title, (30, 30, 30), ImageFont.load_default(15))
    for row, text in enumerate(rows):
        draw.text((x0 + 16, y0 + 42 + 24 * row), text, ink, ImageFont.load_default(16))
    if button:
        draw.rectangle((x1 - 96, y1 - 40, x1 - 14, y1 - 12), (225, 225, 225), (150, 150, 150))
        draw.text((x1 - 66, y1 - 35), button, ink, ImageFont.load_default(15))


TERMINAL = ("$ git pull", "fatal: not a git repository (or any of the parent directories): .git", "$")
DIALOG = ("The file “report.odt” could not be saved.", "There is not enough space on the disk.")


def both(front: Box, back: Box) -> np.ndarray:
    picture = desktop()
    window(picture, back, "Terminal", TERMINAL, dark=True)
    window(picture, front, "Writer", DIALOG, button="OK")
    return np.array(picture)


@pytest.mark.parametrize(
    ("front", "back"),
    [
        ((420, 200, 820, 360), (40, 60, 760, 520)),  # within and over the edge
        ((200, 240, 600, 400), (40, 60, 760, 520)),  # wholly within
        ((560, 440, 960, 600), (20, 20, 700, 400)),  # side by side
    ],
)
def test_a_dialog_over_a_terminal_that_failed_too(
    reader: TextReader, extractor: LineExtractor, front: Box, back: Box
) -> None:
    image = both(front, back)
    lines = reader.read(image)
    first, others = further_errors(extractor, lines, image, extractor.extract(lines, image))
    assert "could not be saved" in str(first.message.value)
    assert [str(other.message.value)[:31] for other in others] == ["fatal: not a git repository (or"]
    assert first.kind.value == "desktop_dialog" and others[0].kind.value == "terminal"
    for found in (first, *others):
        joined = "".join("".join(lines[index].text.split()) for index in found.message.lines)
        assert "".join(str(found.message.value).split()) in joined  # line numbers are those of the whole picture


def test_a_window_without_an_error_behind_one_is_none(reader: TextReader, extractor: LineExtractor) -> None:
    picture = desktop()
    window(
        picture,
        (40, 60, 760, 520),
        "Terminal",
        ("$ ls", "errors.log  failed  notes.md", "$ git status", "$"),
        dark=True,
    )
    window(picture, (420, 200, 820, 360), "Writer", DIALOG, button="OK")
    image = np.array(picture)
    lines = reader.read(image)
    whole = extractor.extract(lines, image)
    assert whole.is_error.value is True
    assert further_errors(extractor, lines, image, whole) == (whole, [])


def test_one_error_said_in_two_windows_is_one(reader: TextReader, extractor: LineExtractor) -> None:
    picture = desktop()
    window(picture, (30, 40, 480, 200), "Writer", DIALOG, button="OK")
    window(picture, (500, 300, 950, 460), "Writer", DIALOG, button="OK")
    image = np.array(picture)
    lines = reader.read(image)
    assert further_errors(extractor, lines, image, extractor.extract(lines, image))[1] == []


def test_two_failed_commands_of_one_terminal_are_one_subject(reader: TextReader, extractor: LineExtractor) -> None:
    picture = desktop()
    rows = (*TERMINAL[:2], "$ cat notes.md", "cat: notes.md: No such file or directory", "$")
    window(picture, (40, 60, 760, 520), "Terminal", rows, dark=True)
    image = np.array(picture)
    lines = reader.read(image)
    whole = extractor.extract(lines, image)
    assert whole.is_error.value is True
    assert further_errors(extractor, lines, image, whole) == (whole, [])


def test_nothing_is_looked_for_where_nothing_is_wrong(extractor: LineExtractor) -> None:
    whole = empty_extraction()
    assert further_errors(extractor, [], np.zeros((40, 60, 3), np.uint8), whole) == (whole, [])


def test_who_covers_whom(reader: TextReader) -> None:
    image = both((420, 200, 820, 360), (40, 60, 760, 520))
    layout = find_regions(image, reader.read(image))
    by_left = {region.box[0] // 40: region for region in layout.regions}
    dialog, terminal = by_left[10], by_left[1]
    assert layout.covers(dialog, terminal) is True and layout.covers(terminal, dialog) is False
    assert len(terminal.lines) >= 3 and len(dialog.lines) >= 3 and not set(terminal.lines) & set(dialog.lines)
    x0, y0, x1, y1 = dialog.box
    assert abs(x0 - 420) <= 8 and abs(x1 - 820) <= 8 and abs(y1 - 360) <= 4 and abs(y0 - 200) <= 4


def test_any_picture_and_any_lines_are_survived(extractor: LineExtractor) -> None:
    rng = np.random.default_rng(3)
    for size in ((1, 1), (3, 500), (37, 41), (300, 2)):
        image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        lines = [Line(f"error {i}: it failed", (i * 9, i, i * 9 + 400, i + 12), 0.9) for i in range(20)]
        whole = extractor.extract(lines, image)
        first, others = further_errors(extractor, lines, image, whole)
        assert first is whole and others == []


@pytest.mark.render
def test_rendered_screens_of_programs_never_seen(reader: TextReader, extractor: LineExtractor) -> None:
    from tests.mmgpt.diagnosis.windows import one_error, two_errors

    counts = []
    for screen in (two_errors(3), two_errors(10), one_error(0)):
        lines = reader.read(screen.image)
        _, others = further_errors(extractor, lines, screen.image, extractor.extract(lines, screen.image))
        counts.append(len(others))
    assert 1 in counts[:2] and counts[2] == 0
