"""New kinds of pictures: whole screens without a program, charts, papers, marks, private parts, photographs of screens."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from train.data.render import degrade, phone, private
from train.data.render.ink import INK_THRESHOLD
from train.data.render.layouts import charts, layout, marks, papers, pool_of, scenery, surround
from train.data.render.layouts.context import Context
from train.data.render.layouts.pen import Pen
from train.data.render.scene import Scene, TextRun
from train.data.render.screen import Rendered, RenderedLine, draw_alone, render, sample_screen
from train.data.world import content, documents
from train.data.world import scenery as world
from train.data.world.content import DocumentContent, PhotoContent
from train.data.world.stops import Failure, stop_screen

pytestmark = pytest.mark.render
SIZE = (900, 600)


def drawn(made: content.Content, seed: int = 0, split: str = "train") -> Rendered:
    return render(layout(made, random.Random(seed), pool_of(split, 1), SIZE))


def written(lines: list[RenderedLine]) -> str:
    return "".join("".join(line.text.split()) for line in lines)


@pytest.mark.parametrize("maker", [documents.document, documents.chart, documents.photo, world.scenery, stop_screen])
def test_makers_keep_their_promises(maker: object) -> None:
    for seed in range(300):
        made = maker(random.Random(seed), "held_out" if seed % 5 == 0 else "train")  # type: ignore[operator]
        content.check(made)
        assert made == maker(random.Random(seed), "held_out" if seed % 5 == 0 else "train")  # type: ignore[operator]


def test_every_scene_style_and_sort_of_document_occurs() -> None:
    styles = Counter(getattr(world.scenery(random.Random(seed)), "style", "") for seed in range(300))
    assert {"desktop", "lock", "login", "firmware", "boot", "icons", "game", "canvas", "shapes", "plain"} <= set(styles)
    papers_ = Counter(documents.document(random.Random(seed)).style for seed in range(200))
    assert set(papers_) == {"page", "columns", "scan", "slide", "sheet"}
    assert {documents.chart(random.Random(seed)).style for seed in range(200)} == set(content.CHART_STYLES)
    assert set(scenery.PAINTERS) | set(papers.FORMS) | {"page"} == set(content.DOCUMENT_STYLES)


def test_scenes_are_of_the_kind_other_and_stop_screens_are_errors() -> None:
    for seed in range(60):
        scene, stop = world.scenery(random.Random(seed)), stop_screen(random.Random(seed))
        assert scene.fields.kind == stop.fields.kind == "other"
        assert not scene.fields.is_error and stop.fields.is_error and stop.fields.message
    apps = {stop_screen(random.Random(seed)).fields.app for seed in range(200)}
    assert {"Windows", "Linux", "GRUB"} <= apps


def test_stop_screens_of_the_two_splits_differ() -> None:
    kept = {stop_screen(random.Random(seed), "held_out").fields.message for seed in range(80)}
    seen = {(s.fields.message, s.fields.error_code) for s in (stop_screen(random.Random(seed)) for seed in range(80))}
    assert len(kept) > 2 and len(seen) > 10
    assert Failure("GRUB", "boot", "other", "x").is_held_out == Failure("GRUB", "stop", "crash", "x").is_held_out


@pytest.mark.parametrize("split", ["train", "held_out"])
def test_stop_screens_show_their_message_and_code(split: str) -> None:
    whole = 0
    for seed in range(12):
        made = stop_screen(random.Random(seed), split)
        shown = written(drawn(made, seed, split).lines)
        whole += "".join(str(made.fields.message).split()) in shown and str(made.fields.error_code or "") in shown
    assert whole >= 10  # a pointer or a plate may lie on a code


def test_held_out_faces_stay_apart_on_the_new_scenes() -> None:
    faces = {
        split: {
            line.face_id
            for seed in range(5)
            for line in drawn(world.desktop(random.Random(seed)), seed, split).lines
            + drawn(documents.chart(random.Random(seed)), seed, split).lines
        }
        for split in ("train", "held_out")
    }
    assert faces["train"] and faces["held_out"]
    assert faces["train"].isdisjoint(faces["held_out"])


def test_every_chart_style_is_drawn_with_its_words() -> None:
    for style in content.CHART_STYLES:
        seed = next(s for s in range(400) if documents.chart(random.Random(s)).style == style)
        made = documents.chart(random.Random(seed))
        scene = Scene(*SIZE)
        rng = random.Random(seed)
        pool = pool_of("train", 1)
        charts.paint(Context(Pen(scene, rng), rng, pool, pool.mode(rng)), made, (0, 0, *SIZE))
        shown = render(scene)
        assert (np.abs(np.diff(shown.image[::4].astype(int), axis=1)).sum(2) > 60).sum() > 40, style
        if made.title is not None:
            assert any(made.title.text[:8] in line.text for line in shown.lines), style


def test_a_sheet_names_its_columns_and_a_slide_is_in_few_large_rows() -> None:
    cell = content.Row((content.Text("Total", "cell"), content.Text("#REF!", "cell")))
    block = content.Block("table", (cell, cell, cell))
    fields = content.Fields(False, None, "document")
    sheet = drawn(DocumentContent(fields, (block,), None, "", "light", "sheet"), 3)
    texts = [line.text for line in sheet.lines]
    assert {"A", "B", "C", "1", "2"} <= set(texts) and texts.count("#REF!") >= 3


def test_shapes_without_words_have_no_labels() -> None:
    fields = content.Fields(False, None, "other")
    for style in ("shapes", "plain", "canvas", "game"):
        scene = Scene(*SIZE)
        rng, pool = random.Random(1), pool_of("train", 1)
        from train.data.render.layouts import drawings

        drawings.paint_drawing(
            Context(Pen(scene, rng), rng, pool, pool.mode(rng)), PhotoContent(fields, (), "any", style), (0, 0, *SIZE)
        )
        assert render(scene).lines == []


def a_dialog(seed: int) -> tuple[content.Content, Context]:
    from train.data.world.dialogs import error_dialog

    made = error_dialog(random.Random(seed))
    rng, pool = random.Random(seed), pool_of("train", 1)
    scene = layout(made, rng, pool, SIZE)
    return made, Context(Pen(scene, rng), rng, pool, pool.mode(rng))


@pytest.mark.parametrize("mark", [mark for mark, _ in marks.MARKS])
def test_marks_change_the_picture_and_leave_the_message(mark: object) -> None:
    changed = 0
    for seed in range(4):
        made, ctx = a_dialog(seed)
        before = render(ctx.pen.scene)
        mark(ctx, surround.boxes_of(ctx.pen.scene, also=made.fields.error_code or ""))  # type: ignore[operator]
        after = render(ctx.pen.scene)
        changed += not np.array_equal(before.image, after.image)
        message = [line.text for line in before.lines if line.role == "message"]
        assert [line.text for line in after.lines if line.role == "message"] == message
    assert changed >= 2


def test_a_crop_keeps_message_and_code() -> None:
    cut = 0
    for seed in range(9):
        made, ctx = a_dialog(seed)
        before = render(ctx.pen.scene)
        strip = surround.cropped(ctx, made)
        if strip is None:
            continue
        cut += 1
        after = render(strip)
        assert strip.width * strip.height <= 0.71 * SIZE[0] * SIZE[1]
        assert [li.text for li in after.lines if li.role == "message"] == [
            li.text for li in before.lines if li.role == "message"
        ]
    assert cut >= 5


def ink_box(picture: np.ndarray, threshold: int) -> list[int]:
    inked = picture.max(2) >= threshold
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    return [int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1]


def test_boxes_hug_the_ink_of_photographs() -> None:
    """Each line drawn alone and photographed without blur, light or bezel: its box is where its ink is."""
    errors = []
    for seed in range(5):
        rng = random.Random(seed)
        scene = layout(documents.document(rng), rng, pool_of("train", 1), (1000, 640))
        shot = replace(
            phone.draw_phone(rng), bezel=0.0, blur=0.0, moire=0.0, glare=0.0, shade=0.0, noise=0.0, cast=(1.0, 1.0, 1.0)
        )
        whole = render(scene)
        matrix = phone.homography(shot, 1000, 640)
        counts = Counter(line.run for line in whole.lines)
        runs = [e for e in scene.elements if isinstance(e, TextRun) and e.text and not e.text.isspace()]
        able = [li for li in whole.lines if counts[li.run] == 1 and li.glyph_text == "".join(runs[li.run].text.split())]
        for line in rng.sample(able, min(5, len(able))):
            alone = draw_alone(scene, line.run)
            moved = phone.moved_line(line, matrix)
            if not phone.readable(line, moved, matrix, shot, (1000, 640)):
                continue
            black = cv2_warp(alone, matrix)
            errors.append(float(np.abs(np.array(ink_box(black, INK_THRESHOLD)) - np.array(moved.box)).max()))
    assert len(errors) > 12
    assert max(errors) <= 4.0 and np.mean(errors) < 1.6, (max(errors), np.mean(errors))


def cv2_warp(picture: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The picture moved by inverse lookup, one pixel after the other: another way than the one that is tested."""
    height, width = picture.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width]
    back = np.linalg.inv(matrix) @ np.stack([xs.ravel() + 0.5, ys.ravel() + 0.5, np.ones(xs.size)])
    u, v = np.floor(back[:2] / back[2]).astype(int)
    inside = (u >= 0) & (v >= 0) & (u < width) & (v < height)
    out = np.zeros_like(picture)
    out[ys.ravel()[inside], xs.ravel()[inside]] = picture[v[inside], u[inside]]
    return out


def test_what_is_turned_small_or_outside_is_ignored() -> None:
    source = layout(stop_screen(random.Random(0)), random.Random(0), pool_of("train", 1), SIZE)
    text = next(e for e in source.elements if isinstance(e, TextRun))
    row = replace(text, text="a row of words", role="body", x=400.0, baseline=300.0, clip=None, spans=())
    scene = Scene(*SIZE, elements=[row])
    flat = render(scene)
    out = 1.0 - (flat.lines[0].box[0] + flat.lines[0].box[2]) / 2 / SIZE[0]
    straight = phone.Shot(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
    kept = phone.apply(flat, straight)
    assert [line.text for line in kept.lines] == ["a row of words"]
    assert np.abs(np.array(kept.lines[0].box) - np.array(flat.lines[0].box)).max() < 0.1
    for corners in (
        ((0.0, 0.0), (1.0, 0.25), (1.0, 1.25), (0.0, 1.0)),  # turned by about ten degrees
        ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)),  # a fifth of its size
        ((out, 0.0), (1 + out, 0.0), (1 + out, 1.0), (out, 1.0)),  # half out of the picture
    ):
        gone = phone.apply(flat, phone.Shot(corners))
        assert gone.lines == [] and len(gone.ignore) == 1
    with pytest.raises(ValueError, match="unknown way"):
        private.hide(flat, "soap", 1)


def test_a_photograph_that_loses_the_message_is_taken_again_straight_on() -> None:
    made, ctx = a_dialog(2)
    flat = render(ctx.pen.scene)
    wanted = "".join(str(made.fields.message).split())
    assert wanted in written(flat.lines)
    steep = phone.Shot(((0.02, 0.02), (0.98, 0.27), (0.98, 1.2), (0.02, 0.98)), seed=3)
    assert wanted in written(phone.apply(flat, steep).lines)
    assert phone.steadied(steep).corners[0][1] == phone.steadied(steep).corners[1][1]


@pytest.mark.parametrize("way", private.WAYS)
def test_hidden_words_are_ignored_and_the_rest_stays(way: str) -> None:
    rng = random.Random(4)
    whole = render(layout(documents.document(rng), rng, pool_of("train", 1), SIZE))
    rows = [replace_role(line, "cell") for line in whole.lines]
    hidden = private.hide(Rendered(whole.image, rows, whole.ignore), way, 7)
    assert 1 <= len(hidden.ignore) - len(whole.ignore) <= 4
    assert len(written(hidden.lines)) < len(written(rows))
    for line in hidden.lines:
        assert line.glyph_text == "".join(line.text.split()) and len(line.glyph_boxes) == len(line.glyph_text)
    x0, y0, x1, y1 = (int(v) for v in hidden.ignore[-1])
    assert not np.array_equal(hidden.image[y0:y1, x0:x1], whole.image[y0:y1, x0:x1])
    only_bodies = Rendered(whole.image, [replace_role(line, "message") for line in whole.lines], [])
    assert private.hide(only_bodies, way, 7).lines == only_bodies.lines


def replace_role(line: RenderedLine, role: str) -> RenderedLine:
    return replace(line, role=role)


def test_only_whole_screens_are_photographed() -> None:
    small = [degrade.plan(random.Random(seed), (640, 384)) for seed in range(400)]
    large = [degrade.plan(random.Random(seed), (1280, 800)) for seed in range(1500)]
    assert all(plan.shot is None for plan in small)
    assert 0.025 < sum(plan.shot is not None for plan in large) / len(large) < 0.075
    assert any(plan.private for plan in small) and any(plan.watermark for plan in large)
    assert all(degrade.plan(random.Random(seed), (1280, 800), clean=True).shot is None for seed in range(200))
    seed = next(s for s in range(400) if degrade.plan(random.Random(f"screen/train/{s}"), (800, 500)).shot is not None)
    one, two = (sample_screen(seed, size=(800, 500)) for _ in range(2))
    assert np.array_equal(one.image, two.image) and one.image.shape == (500, 800, 3)
