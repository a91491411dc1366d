"""Scenes: labels hug the ink, what is hidden is not labelled, and the same seed gives the same pixels."""

from __future__ import annotations

import json
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from train.data.render import degrade, heldout, sheet
from train.data.render.atlas import Mode, get_atlas
from train.data.render.composite import draw_glyphs
from train.data.render.fonts import Face
from train.data.render.heldout import message_is_whole
from train.data.render.ink import INK_THRESHOLD
from train.data.render.layouts import layout, pool_of, sample_scene
from train.data.render.layouts.faces import faces_of
from train.data.render.layouts.pen import Pen
from train.data.render.layouts.themes import SYNTAX_THEMES, TERMINAL_THEMES, UI_THEMES, theme_held_out
from train.data.render.scene import Rect, Scene, Span, TextRun
from train.data.render.screen import Rendered, draw_alone, render, sample_screen
from train.data.world.content import PhotoContent, TerminalContent
from train.data.world.sample import ERROR_MAKERS, NORMAL_MAKERS, Maker


def outline(kind: str) -> Face:
    """An outline face of a kind; bitmap faces have few sizes."""
    rng = random.Random(1)
    while True:
        face = faces_of("train").family(rng, kind).regular
        if not face.sizes:
            return face


pytestmark = pytest.mark.render
FACE, MONO = outline("sans"), outline("mono")


def run(text: str, x: float = 20.0, baseline: float = 30.0, **more: object) -> TextRun:
    return TextRun(text, x, baseline, FACE, 14, Mode("full"), (0, 0, 0), **more)  # type: ignore[arg-type]


def ink_box(picture: np.ndarray, threshold: int = INK_THRESHOLD) -> tuple[int, int, int, int] | None:
    inked = picture.max(2) >= threshold
    if not inked.any():
        return None
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def whole_runs(scene: Scene, rendered: Rendered) -> dict[int, np.ndarray]:
    """The box around the labels of each text run of which nothing is hidden."""
    texts = [e for e in scene.elements if isinstance(e, TextRun) and e.text and not e.text.isspace()]
    letters: dict[int, str] = {}
    boxes: dict[int, list[tuple[float, float, float, float]]] = {}
    for line in rendered.lines:
        letters[line.run] = letters.get(line.run, "") + line.glyph_text
        boxes.setdefault(line.run, []).append(line.box)
    whole = {n: np.array(b) for n, b in boxes.items() if letters[n] == "".join(texts[n].text.split())}
    return {n: np.array([*b[:, :2].min(0), *b[:, 2:].max(0)]) for n, b in whole.items()}


def side_errors(scene: Scene, rendered: Rendered, plan: degrade.Plan, limit: int) -> list[float]:
    """The largest error of a side, of at most `limit` runs drawn alone."""
    boxes = whole_runs(scene, rendered)
    errors = []
    for number in random.Random(0).sample(sorted(boxes), min(limit, len(boxes))):
        alone = degrade.apply(Rendered(draw_alone(scene, number), []), plan)
        found = ink_box(alone.image)
        if found is not None:
            errors.append(float(np.abs(np.array(found) - boxes[number]).max()))
    return errors


def test_boxes_hug_the_ink_of_random_scenes() -> None:
    errors: list[float] = []
    plan = degrade.Plan((640, 400), (640, 400))
    for seed in range(1000):
        scene = sample_scene(random.Random(seed), pool_of("train", seed % 3), plan.canvas)
        errors += side_errors(scene, render(scene), plan, 4)
    assert len(errors) > 3000
    assert max(errors) <= 2.0
    assert np.mean(errors) < 0.3


def test_scaled_boxes_hug_the_scaled_ink() -> None:
    errors: list[float] = []
    for seed in range(12):
        factor = (0.8, 0.9, 1.1, 1.25, 1.33, 1.5)[seed % 6]
        plan = degrade.Plan((640, 400), (round(640 * factor), round(400 * factor)))
        scene = sample_scene(random.Random(seed), pool_of("train", seed % 3), plan.canvas)
        errors += side_errors(scene, degrade.apply(render(scene), plan), plan, 8)
    assert len(errors) > 60
    assert max(errors) <= 2.0


def test_the_same_seed_gives_the_same_pixels_whatever_was_drawn_before() -> None:
    first = sample_screen(5, size=(320, 200))
    for seed in range(3):
        sample_screen(seed, size=(200, 320))
    again = sample_screen(5, size=(320, 200))
    assert np.array_equal(first.image, again.image)
    assert [line.text for line in first.lines] == [line.text for line in again.lines]
    assert not np.array_equal(first.image, sample_screen(6, size=(320, 200)).image)
    assert first.image.shape == (200, 320, 3)
    assert first.image.dtype == np.uint8


@pytest.mark.parametrize("mode", [Mode("none"), Mode("light", lcd=True), Mode("full"), Mode("mono")])
def test_stamping_draws_what_compositing_draws(mode: Mode) -> None:
    scene = Scene(300, 50, (250, 240, 230), [TextRun("Grüße (fjord) AVAV", 9.3, 30, FACE, 17, mode, (20, 60, 120))])
    reference = torch.full((50, 300, 3), 0.0) + torch.tensor([250.0, 240.0, 230.0])
    atlas = get_atlas(FACE, 17, mode)
    entries, xs, _ = atlas.layout("Grüße (fjord) AVAV", 9.3)
    draw_glyphs(reference, atlas, entries, xs, 30, (20.0, 60.0, 120.0))
    assert np.abs(render(scene).image - reference.numpy()).max() < 3.0


def test_wide_gaps_end_a_label_and_single_spaces_do_not() -> None:
    cells = TextRun("total 8      name of it", 4, 20, MONO, 13, Mode("full"), (0, 0, 0), advance=8)
    lines = render(Scene(300, 40, elements=[cells])).lines
    assert [line.text for line in lines] == ["total 8", "name of it"]
    assert lines[0].box[2] < lines[1].box[0]


def test_glyph_boxes_lie_in_the_line_and_name_its_characters() -> None:
    (line,) = render(Scene(300, 40, elements=[run("one two")])).lines
    assert line.glyph_text == "onetwo"
    assert line.glyph_boxes.shape == (6, 4)
    assert line.glyph_boxes[:, 0].min() == line.box[0]
    assert line.glyph_boxes[:, 3].max() == line.box[3]
    assert line.metrics_box[1] <= line.box[1] < line.box[3] <= line.metrics_box[3] + 1


def test_hidden_text_is_not_labelled_and_cut_letters_are_ignored() -> None:
    hidden = Scene(300, 60, elements=[run("behind"), Rect(0, 0, 300, 60, (9, 9, 9), occludes=True)])
    assert render(hidden).lines == []
    text = run("iiiiiiii wwwwwwww")
    bare = render(Scene(300, 60, elements=[text])).lines[0]
    split = float(bare.glyph_boxes[12, 0] + bare.glyph_boxes[12, 2]) / 2
    covered = render(
        Scene(300, 60, elements=[run("iiiiiiii wwwwwwww"), Rect(split, 0, 300, 60, (9, 9, 9), occludes=True)])
    )
    assert [line.text for line in covered.lines] == ["iiiiiiii wwww"]
    assert len(covered.ignore) == 1
    assert covered.ignore[0][0] < split


def test_rows_cut_along_their_length_are_ignored() -> None:
    cut = render(Scene(300, 60, elements=[run("half a row", baseline=30, clip=(0, 0, 300, 26))]))
    assert cut.lines == []
    assert cut.ignore
    assert (cut.image[27:] == 255).all()


def test_text_of_logos_is_ignored() -> None:
    drawn = render(Scene(300, 60, elements=[run("AB", labelled=False)]))
    assert drawn.lines == []
    assert len(drawn.ignore) == 1


def test_held_out_faces_and_themes_stay_apart() -> None:
    trained = {line.face_id for seed in range(4) for line in sample_screen(seed, size=(640, 400)).lines}
    held = [line for seed in range(4) for line in sample_screen(seed, "held_out", size=(640, 400)).lines]
    assert trained
    assert trained.isdisjoint({line.face_id for line in held})
    names = {line.theme for line in held} - {"random"}
    assert all(theme_held_out(name) for name in names)
    for themes in (UI_THEMES, TERMINAL_THEMES, SYNTAX_THEMES):
        assert 0 < sum(theme_held_out(theme.name) for theme in themes) < len(themes) / 2


def test_a_plan_refuses_a_picture_of_another_size() -> None:
    plan = degrade.Plan((64, 64), (80, 80))
    with pytest.raises(ValueError, match="the plan is for a picture"):
        degrade.apply(render(Scene(32, 32)), plan)


def test_a_row_half_covered_along_its_length_keeps_what_is_whole() -> None:
    text = "Hjpqgd Hjpqgd. kept words"
    bare = render(Scene(400, 60, elements=[run(text)])).lines[0]
    edge = float(bare.glyph_boxes[13, 0])  # where "kept" begins
    cover = Rect(0, 25, edge - 1, 60, (9, 9, 9), occludes=True)
    drawn = render(Scene(400, 60, elements=[run(text), cover]))
    assert [line.text for line in drawn.lines] == ["kept words"]
    assert drawn.ignore


def test_selections_and_spans_colour_letters() -> None:
    spans = (Span(0, 3, (255, 0, 0), (0, 0, 255)),)
    sharp = TextRun("MMM MMM", 20, 30, FACE, 14, Mode("mono"), (0, 0, 0), spans=spans)
    drawn = render(Scene(200, 50, elements=[sharp]))
    (line,) = drawn.lines
    middle = int(line.glyph_boxes[3, 0]) - 2
    left, right = drawn.image[:, :middle], drawn.image[:, middle:]
    assert (left == (0, 0, 255)).all(2).any()
    assert (left == (255, 0, 0)).all(2).any()
    assert not (right == (0, 0, 255)).all(2).any()
    assert line.text == "MMM MMM"


def test_characters_that_a_face_lacks_come_from_others_and_are_labelled_as_drawn() -> None:
    scene = Scene(400, 40)
    at = pool_of("train").font(FACE, 14, Mode("full"))
    Pen(scene, random.Random(0)).text("a─b\ue123c", 10, 25, at, (0, 0, 0))
    (line,) = render(scene).lines
    assert line.glyph_text == "a─b?c"


@pytest.mark.parametrize("maker", [m for m, _ in (*ERROR_MAKERS, *NORMAL_MAKERS)])
def test_every_kind_of_content_has_a_layout_that_shows_its_message(maker: Maker) -> None:
    shown = 0
    for seed in range(6):
        rng = random.Random(seed)
        content = maker(rng, "train")
        rendered = render(layout(content, rng, pool_of("train", 1), (1280, 800)))
        assert rendered.lines or isinstance(content, PhotoContent | TerminalContent)
        shown += message_is_whole(rendered, content.fields.message)
    assert shown >= 4  # a pointer may lie on it, a small dialog may cut it


def test_content_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError, match="no layout for str"):
        layout("text", random.Random(0), pool_of("train"), (640, 400))  # type: ignore[arg-type]


def test_held_out_pictures_are_written_as_real_captures_are(tmp_path: Path) -> None:
    assert heldout.main(["--out", str(tmp_path), "--n", "4"]) == 0
    found = sorted(tmp_path.glob("*.json"))
    assert len(found) == 4
    for path in found:
        data = json.loads(path.read_text("utf-8"))
        picture = cv2.imread(str(tmp_path / data["image"]))
        assert picture is not None
        assert picture.shape == (data["height"], data["width"], 3)
        for line in data["lines"]:
            x0, y0, x1, y1 = line["box"]
            assert 0 <= x0 < x1 <= data["width"]
            assert 0 <= y0 < y1 <= data["height"]
            assert line["text"] == line["text"].strip() != ""
        if "fields" in data and data["fields"]["message"]:
            everything = "".join("".join(line["text"].split()) for line in data["lines"])
            assert set("".join(data["fields"]["message"].split())) <= set(everything)
    assert sum("fields" in json.loads(path.read_text("utf-8")) for path in found) == 3


def test_a_sheet_shows_labels_and_refuses_nonsense(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "sheet.html"
    assert sheet.main(["--out", str(page), "--n", "2", "--size", "320x200"]) == 0
    assert page.read_text("utf-8").count("<img") == 2
    assert sheet.main(["--out", str(tmp_path / "sheet.png"), "--n", "1", "--size", "320x200"]) == 0
    assert (tmp_path / "sheet.png").stat().st_size > 1000
    with pytest.raises(SystemExit):
        sheet.main(["--out", "sheet.gif"])
    assert "--out must end in .png or .html" in capsys.readouterr().err
