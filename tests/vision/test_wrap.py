"""Wrapped terminal rows are joined, and nothing else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vision.reader.types import Line
from vision.reader.wrap import join_wrapped

CELL, HEIGHT, PITCH = 8, 12, 16


def rows(texts: list[str], x: int = 4) -> list[Line]:
    return [
        Line(t, (x, 10 + k * PITCH, x + CELL * len(t) - 1, 10 + k * PITCH + HEIGHT), 0.9) for k, t in enumerate(texts)
    ]


@given(st.text("abcdefgh /:.", min_size=1, max_size=300), st.integers(40, 120))
def test_a_long_row_comes_back_from_a_terminal_of_any_width(text: str, columns: int) -> None:
    text = "x" + text.replace(" ", "_")
    wrapped = [text[i : i + columns] for i in range(0, len(text), columns)]
    joined = join_wrapped(rows(["$ make", *wrapped]), 4 + columns * CELL + 6)
    assert [line.text for line in joined] == ["$ make", text]


def test_rows_that_only_happen_to_be_long_stay_apart() -> None:
    texts = ["total 48", "drwxr-xr-x 2 dev dev 4096 Mar  7 build", "-rw-r--r-- 1 dev dev  511 Mar  7 main.c"]
    assert [line.text for line in join_wrapped(rows(texts), 1280)] == texts


def test_a_window_inside_a_picture_has_its_own_last_column() -> None:
    long = "error: could not compile `billing` (lib) due to 2 previous errors; 1 warning"
    texts = ["$ cargo build", long[:40], long[40:], "note: " + "y" * 34, "z" * 9, "$ ls", "a.rs", "b.rs"]
    joined = [line.text for line in join_wrapped(rows(texts, x=300), 1280)]
    assert long in joined
    assert "$ cargo build" in joined and "a.rs" in joined


def test_paragraphs_in_proportional_faces_stay_apart() -> None:
    first = Line("This text stands in a proportional face here", (10, 10, 310, 22), 0.9)
    second = Line("and wraps between words at its box's end.", (10, 28, 240, 40), 0.9)
    assert join_wrapped([first, second], 312) == [first, second]
