"""Captures of Windows programs: what the programs noted becomes lines; looks, sources and records are sound."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

from mmgpt.schema import Category, Kind
from train.data.capture import programs, wine_looks
from train.data.capture.core import CaptureError, Recipe
from train.data.capture.wine_lines import joined, picture_lines, pieces
from train.data.capture.wine_looks import CLASSIC, ConsoleLook, WineLook, registry
from train.data.capture.wine_prefix import COMPILER, SOURCES

ROOT = Path(__file__).parents[1] / "data" / "real"
CAPTURES = sorted(ROOT.glob("*/wine-*.json"))
END = {"what": "end"}


def window(number: int, box: list[int], title: str = "Notepad") -> dict[str, Any]:
    client = [box[0], box[1] + 20, box[2], box[3]]
    return {"what": "window", "window": number, "title": title, "class": "Notepad", "box": box, "client": client}


def drawn(
    text: str, x: int, y: int, *, root: int = 1, own: int | None = None, kind: str = "Edit", clip: Any = None
) -> Any:
    """A record of a text in a font of 6 x 12 pixels."""
    return {
        "what": "text", "window": root if own is None else own, "root": root, "class": kind, "text": text, "top": y,
        "bottom": y + 12, "clip": clip or [0, 0, 1000, 1000], "x": [x + 6 * i for i in range(len(text) + 1)],
    }  # fmt: skip


def paint(records: list[dict[str, Any]], width: int = 300, height: int = 200) -> np.ndarray:
    """White, with a block of ink in the middle of each character's cell."""
    image = np.full((height, width, 3), 255, dtype=np.uint8)
    for record in records:
        if record["what"] == "text":
            for character, x in zip(record["text"], record["x"], strict=False):
                if character != " ":
                    image[record["top"] + 2 : record["bottom"] - 2, x + 1 : x + 4] = 0
    return image


def test_texts_get_boxes_that_hug_their_ink() -> None:
    records = [window(1, [0, 0, 300, 200]), drawn(" ab c ", 10, 40), END]
    (line,) = picture_lines(paint(records), records)
    assert (line.text, line.box, line.role) == ("ab c", (17, 42, 38, 50), "body")


def test_what_another_window_covers_is_not_there() -> None:
    records = [window(2, [100, 30, 200, 80], "Box"), window(1, [0, 0, 300, 200]), drawn("behind", 110, 40), END]
    assert picture_lines(paint(records), records) == []
    partly = [*records[:2], drawn("partly behind", 64, 40), END]
    assert [line.text for line in picture_lines(paint(partly), partly)] == ["partly"]
    beside = [*records[:2], drawn("beside", 10, 40), END]
    assert [line.text for line in picture_lines(paint(beside), beside)] == ["beside"]


def test_clipped_characters_are_left_out() -> None:
    records = [window(1, [0, 0, 300, 200]), drawn("abcdef", 10, 40, clip=[0, 0, 30, 1000])]
    assert [piece.text for piece in pieces(records, 300, 200)] == ["abc"]
    low = [window(1, [0, 0, 300, 200]), drawn("abcdef", 10, 40, clip=[0, 0, 300, 44])]
    assert pieces(low, 300, 200) == []


def test_a_dot_that_is_left_of_a_heading_is_no_line() -> None:
    records = [window(1, [0, 0, 300, 200]), drawn("S...", 10, 40, clip=[16, 0, 300, 200]), drawn("...", 10, 80)]
    assert [piece.text for piece in pieces(records, 300, 200)] == ["..."]


def test_what_is_drawn_over_is_gone() -> None:
    records = [window(1, [0, 0, 300, 200]), drawn("old text", 10, 40), drawn("new text!", 10, 40)]
    assert [piece.text for piece in pieces(records, 300, 200)] == ["new text!"]


def test_runs_of_one_row_are_joined_and_columns_are_not() -> None:
    runs = [window(1, [0, 0, 300, 200]), drawn("could not ", 10, 40), drawn("open", 70, 40), drawn("column", 150, 40)]
    assert [piece.text for piece in joined(pieces(runs, 300, 200))] == ["could not open", "column"]


def test_roles_of_captions_menus_and_buttons() -> None:
    records = [
        window(1, [0, 0, 300, 200], "plan - Notepad"),
        drawn("plan - Notepad", 10, 3),
        drawn("File", 200, 3),
        drawn("Save", 10, 100, own=3, kind="Button"),
        drawn("Undo", 100, 100, own=4, kind="#32768"),
    ]
    roles = {piece.text: piece.role for piece in pieces(records, 300, 200)}
    assert roles == {"plan - Notepad": "title", "File": "menu", "Save": "button", "Undo": "menu"}


def test_the_dotted_frame_of_the_focus_is_no_ink() -> None:
    records = [window(1, [0, 0, 300, 200]), drawn("focussed", 10, 40), END]
    image = paint(records)
    image[40, 9:59:2] = 0
    image[51, 9:59:2] = 0
    (line,) = picture_lines(image, records)
    assert line.box == (11, 42, 56, 50)


def test_an_unfinished_look_is_refused() -> None:
    records = [window(1, [0, 0, 300, 200]), drawn("a", 10, 40)]
    with pytest.raises(CaptureError, match=r"look\.exe"):
        picture_lines(paint(records), records)


def test_consoles_are_read_from_their_cells() -> None:
    rows = [["C:\\>dir    ", *[7] * 11], ["File       ", *[7] * 11]]
    console = {"what": "console", "window": 1, "corner": [4, 24], "cell": [6, 12], "columns": 11, "rows": rows}
    shown = [drawn("C:\\>dir", 4, 24), drawn("File", 4, 36)]
    records = [window(1, [0, 0, 100, 80]), console, END]
    lines = picture_lines(paint(shown), records)
    assert [(line.text, line.role) for line in lines] == [("C:\\>dir", "command"), ("File", "output")]
    assert lines[1].box == (5, 38, 26, 46)


@pytest.mark.parametrize("name", ["CLASSIC", "FLAT", "DARK", "PLUM", "OLIVE", "CONTRAST"])
def test_every_palette_sets_every_colour(name: str) -> None:
    palette = getattr(wine_looks, name)
    assert set(palette) == set(CLASSIC)
    for value in palette.values():
        parts = [int(part) for part in value.split()]
        assert len(parts) == 3 and all(0 <= part <= 255 for part in parts)


def test_looks_write_the_same_keys_whatever_they_are() -> None:
    def keys(look: WineLook) -> list[str]:
        return re.findall(r'^(\[.*\]|"[^"]+"(?==))', registry(look), flags=re.MULTILINE)

    one = WineLook(CLASSIC, themed=False, dpi=144, console=ConsoleLook(ground=0x123456))
    assert keys(one) == keys(WineLook())
    assert '"LogPixels"=dword:00000090' in registry(one)
    assert '"ColorTable00"=dword:00563412' in registry(one)
    font = re.search(r'"MenuFont"=hex:(.*)', registry(one))
    assert font and len(font[1].strip().split(",")) == 92


@pytest.mark.skipif(
    shutil.which(COMPILER) is None, reason=f"{COMPILER} is missing: apt-get install gcc-mingw-w64-x86-64"
)
@pytest.mark.parametrize("source", sorted(path.stem for path in SOURCES.glob("*.c")))
def test_programs_compile_without_warnings(source: str) -> None:
    command = [COMPILER, "-Wall", "-Werror", "-Wno-unused-function", "-municode", "-fsyntax-only", f"{source}.c"]
    done = subprocess.run(command, cwd=SOURCES, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()


def wine_recipes() -> list[Recipe]:
    found: list[Recipe] = []
    for module in pkgutil.iter_modules(programs.__path__):
        if module.name.startswith("wine_"):
            found += importlib.import_module(f"{programs.__name__}.{module.name}").RECIPES
    return found


def test_recipes_are_named_once_and_labelled_by_the_schema() -> None:
    recipes = wine_recipes()
    assert len({recipe.id for recipe in recipes}) == len(recipes) >= 40
    assert sum(recipe.fields.is_error for recipe in recipes) >= 28
    for recipe in recipes:
        assert recipe.id.startswith("wine-")
        assert recipe.fields.kind in get_args(Kind) and recipe.fields.category in get_args(Category)
        assert recipe.fields.is_error == (recipe.fields.message is not None), recipe.id


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_boxes_of_captures_hold_ink(path: Path) -> None:
    record = json.loads(path.read_text(encoding="utf-8"))
    with Image.open(path.with_name(record["image"])) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert path.with_suffix(".png").stat().st_size < 150_000
    assert record["complete"]
    for line in record["lines"]:
        x0, y0, x1, y1 = line["box"]
        patch = pixels[y0:y1, x0:x1]
        assert np.ptp(patch.reshape(-1, 3), axis=0).max() > 40, line
        # A row of text is a row: not higher than it is wide by far, not two rows.
        assert y1 - y0 <= 60 and (x1 - x0) / len(line["text"]) < 30, line


def test_captures_are_those_of_the_recipes() -> None:
    sides = {recipe.id: recipe.split for recipe in wine_recipes()}
    for path in CAPTURES:
        assert sides[path.stem] == path.parent.name
