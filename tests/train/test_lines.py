"""Line crops: the same for the same seed, labelled where the ink is, and equal when their atlases were carried."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from train.data.render import carry, fonts
from train.data.render.atlas import Mode, choose_atlases, get_atlas
from train.data.render.composite import draw_glyphs, ink_boxes
from train.data.render.lines import draw_batch, jpeg, plan_line
from train.data.text import sample_text
from train.tasks.lines import LineSource
from vision.reader import charset
from vision.reader.crops import STRIDE

pytestmark = pytest.mark.render


@pytest.fixture(scope="module")
def source() -> LineSource:
    return LineSource("train", seed=5, batch=8, atlases=24)


def test_the_same_step_is_the_same_batch_whenever_it_is_drawn(source: LineSource) -> None:
    first = source.batch(11)
    source.batch(3)
    again = LineSource("train", seed=5, batch=8, atlases=24).batch(11)
    assert first.texts == again.texts
    assert torch.equal(first.images, again.images)
    assert not torch.equal(source.batch(12).images[..., :8], first.images[..., :8])


def test_labels_stand_where_the_ink_is(source: LineSource) -> None:
    """Every labelled frame of a visible character holds ink in clean crops, and labels come in the order of the text."""
    rng = random.Random(2)
    for atlas in source.atlases[:12]:
        plan = plan_line(rng, atlas, "Wait: 7 errors in main.cpp")
        assert plan is not None
        batch = draw_batch([plan], random.Random(1), lambda: "", clean=True)
        labels = batch.labels[0].tolist()
        seen = "".join(charset.CHARACTERS[k - 1] for k in labels if k)
        # Narrow neighbours may share a frame; then the later one is kept.
        assert len(seen) >= 0.8 * len(plan.text)
        iterator = iter(plan.text)
        assert all(char in iterator for char in seen), (seen, plan.text)
        frames = batch.images[0, 0].view(32, -1, STRIDE).amax((0, 2))
        inked = [
            float(frames[max(0, t - 1) : t + 2].max()) for t, k in enumerate(labels) if k and k != charset.INDEX[" "]
        ]
        assert min(inked) > 0.2


def test_ink_boxes_are_where_glyphs_are_drawn() -> None:
    """A glyph drawn alone darkens exactly its box."""
    for atlas in choose_atlases("train", 20, seed=9):
        for char in "gWi.|~Q":
            if not atlas.has(char):
                continue
            entries, xs, _ = atlas.layout(char, 20.3)
            image = torch.full((80, 90, 3), 255.0)
            (box,) = draw_glyphs(image, atlas, entries, xs, 50, (0.0, 0.0, 0.0))
            dark = (image < 255 - 40).any(2).numpy()
            ys, columns = np.nonzero(dark)
            drawn = (columns.min(), ys.min(), columns.max() + 1, ys.max() + 1)
            assert max(abs(a - b) for a, b in zip(drawn, box.tolist(), strict=True)) <= 1, (atlas.face.id, char)


def test_carried_atlases_draw_the_same_pixels(tmp_path: Path) -> None:
    originals = choose_atlases("train", 5, seed=3)
    path = tmp_path / "train.atlas"
    path.write_bytes(carry.pack(originals))
    for original, carried in zip(originals, carry.read(path), strict=True):
        text = "AVATAR: 0x7f (ok)"
        a = draw_batch(
            [plan for plan in [plan_line(random.Random(1), original, text)] if plan],
            random.Random(4),
            lambda: "Ag",
            clean=True,
        )
        b = draw_batch(
            [plan for plan in [plan_line(random.Random(1), carried, text)] if plan],
            random.Random(4),
            lambda: "Ag",
            clean=True,
        )
        assert torch.equal(a.images, b.images)


def test_held_out_families_never_train() -> None:
    train = {f.family for f in fonts.catalogue("train")}
    held = {f.family for f in fonts.catalogue("held_out")}
    assert train and held and not train & held
    for name in fonts.ALWAYS_HELD_OUT:
        assert not any(family.startswith(name) for family in train)


def test_kerning_pulls_letters_together_where_the_face_asks_for_it() -> None:
    face = next(f for f in fonts.catalogue("all") if f.family == "DejaVu Sans" and f.style == "Book")
    atlas = get_atlas(face, 40, Mode("none"))
    with_kerning = atlas.layout("AVAVAV", 0.0, kerning=True)[2]
    without = atlas.layout("AVAVAV", 0.0, kerning=False)[2]
    assert with_kerning < without - 2


def test_lcd_glyphs_have_coloured_fringes_and_grey_ones_do_not() -> None:
    face = next(f for f in fonts.catalogue("all") if f.family == "DejaVu Sans" and f.style == "Book")
    for lcd in (True, False):
        atlas = get_atlas(face, 14, Mode("light", lcd))
        image = torch.full((40, 60, 3), 255.0)
        entries, xs, _ = atlas.layout("illm", 5.25)
        draw_glyphs(image, atlas, entries, xs, 25, (0.0, 0.0, 0.0))
        spread = float((image.amax(2) - image.amin(2)).max())
        assert (spread > 60) == lcd
        assert len(ink_boxes(atlas.store, entries, xs, 25)) == 4


def test_jpeg_loses_more_at_lower_quality_and_keeps_flat_pictures() -> None:
    picture = torch.rand(1, 3, 33, 50, generator=torch.Generator().manual_seed(0)) * 255
    errors = [float((jpeg(picture, q) - picture).abs().mean()) for q in (95, 70, 30)]
    assert errors[0] < errors[1] < errors[2]
    flat = torch.full((1, 3, 16, 16), 200.0)
    assert float((jpeg(flat, 60) - flat).abs().max()) <= 2


def test_sampled_text_can_always_be_written_by_the_reader() -> None:
    rng = random.Random(0)
    for _ in range(3000):
        text = sample_text(rng)
        assert 1 <= len(text) <= 120 and text == text.strip() and charset.supported(text)
