"""Tiles cover every pixel and never enlarge; whole pictures shrink by area; positions say where a token looked."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.preprocess import grid_positions, whole_picture
from vision.tiles import cut_tiles, plan_tiles, token_positions

PLAIN = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
SIDES = st.integers(1, 3000)


def picture(width: int, height: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@settings(max_examples=150, deadline=None)
@given(SIDES, SIDES, st.sampled_from([64, 224, 336]), st.sampled_from([0.0, 0.125, 0.3]), st.integers(0, 16))
def test_pieces_cover_the_picture_overlap_and_are_few(w: int, h: int, size: int, overlap: float, most: int) -> None:
    plan = plan_tiles(w, h, size, overlap, most)
    assert plan[0].box == (0, 0, w, h) and plan[0].share == (0, 0, 1, 1)
    pieces = plan[1:]
    assert len(pieces) <= most and len(pieces) != 1
    assert all(t.side >= size and t.picture == (w, h) for t in plan)  # a side of the original on at most as many pixels
    if not pieces:
        return
    assert all(t.side < plan[0].side for t in pieces)  # each shows more than the whole does
    covered = np.zeros((h, w), bool)
    for x0, y0, x1, y1 in (t.box for t in pieces):
        assert 0 <= x0 < x1 <= w and 0 <= y0 < y1 <= h
        covered[y0:y1, x0:x1] = True
    assert covered.all()
    for axis, length in ((0, w), (1, h)):
        starts = sorted({t.box[axis] for t in pieces})
        side = pieces[0].side
        assert all(b - a <= side - overlap * side + 1 for a, b in pairwise(starts))
        assert starts[-1] + side >= length


def test_the_scale_is_the_largest_that_the_limit_allows() -> None:
    whole, *pieces = plan_tiles(1280, 800, 336)
    assert whole.side == 1280 and len(pieces) == 12
    assert pieces[0].side < 480  # 4 × 3 squares, not one step coarser
    assert {t.side for t in plan_tiles(1280, 800, 336, max_tiles=40)[1:]} == {336}  # its own pixels, never more
    assert len(plan_tiles(336, 200, 336)) == len(plan_tiles(10, 10, 336)) == 1
    smaller = plan_tiles(1280, 800, 336, max_tiles=3)[1:]
    assert len(smaller) <= 3 and smaller[0].side > pieces[0].side


def test_tiles_hold_the_pixels_of_their_boxes() -> None:
    image = picture(150, 90)
    plan = plan_tiles(150, 90, 64, max_tiles=40)
    tiles = cut_tiles(image, plan, *PLAIN)
    assert tiles.shape == (len(plan), 3, 64, 64) and tiles.dtype == torch.float32
    for tile, got in list(zip(plan, tiles, strict=True))[1:]:
        x0, y0, x1, y1 = tile.box
        want = torch.from_numpy(image[y0:y1, x0:x1].astype(np.float32) / 255).permute(2, 0, 1)
        torch.testing.assert_close(got[:, : y1 - y0, : x1 - x0], want)
    # A picture smaller than a tile is padded by its border, not enlarged.
    small = picture(20, 10)
    [got] = cut_tiles(small, plan_tiles(20, 10, 64), *PLAIN)
    torch.testing.assert_close(got[:, :10, :20], torch.from_numpy(small.astype(np.float32) / 255).permute(2, 0, 1))
    torch.testing.assert_close(got[:, :, 20:], got[:, :, 19:20].expand(3, 64, 44))
    torch.testing.assert_close(got[:, 10:], got[:, 9:10].expand(3, 54, 64))


def test_each_channel_gets_its_own_constants() -> None:
    image = np.full((8, 8, 3), 51, np.uint8)  # 0.2
    tiles = cut_tiles(image, plan_tiles(8, 8, 8), (0.0, 0.1, 0.2), (1.0, 0.5, 0.1))
    torch.testing.assert_close(tiles[0, :, 0, 0], torch.tensor([0.2, 0.2, 0.0]))


def test_tokens_know_where_they_looked() -> None:
    """A picture whose pixels say where they stand: each cell's mean is the middle of the box told for it."""
    w, h, size, grid = 700, 420, 128, 8
    ramp = np.zeros((h, w, 3), np.float64)
    ramp[..., 0] = (np.arange(w) + 0.5)[None, :] / w * 255
    ramp[..., 1] = (np.arange(h) + 0.5)[:, None] / h * 255
    image = ramp.round().astype(np.uint8)
    plan = plan_tiles(w, h, size, max_tiles=9)
    tiles = cut_tiles(image, plan, *PLAIN)  # [n, 3, 128, 128]
    cells = torch.nn.functional.avg_pool2d(tiles, size // grid).flatten(2).transpose(1, 2).reshape(-1, 3)
    positions = token_positions(plan, (grid, grid))
    assert len(positions) == len(plan) * grid * grid
    inside = (positions[:, 2:] < 1 - 1e-6).all(1) & (positions[:, 2:] > positions[:, :2]).all(1)
    assert inside.sum() > 100
    middle = (positions[:, :2] + positions[:, 2:]) / 2
    torch.testing.assert_close(cells[inside, :2], middle[inside], atol=0.008, rtol=0)
    assert positions.min() >= 0 and positions.max() <= 1


def test_a_whole_picture_shrinks_by_area_and_is_padded() -> None:
    image = picture(1280, 800)
    pixels, valid = whole_picture(image, 640, 32, *PLAIN)
    assert pixels.shape == (1, 3, 416, 640) and valid == (1.0, 400 / 416)
    area = image.reshape(400, 2, 640, 2, 3).astype(np.float64).mean((1, 3)) / 255
    got = pixels[0, :, :400].permute(1, 2, 0).double().numpy()
    assert np.abs(got - area).max() <= 1.01 / 255  # rounded to whole numbers along either side
    torch.testing.assert_close(pixels[0, :, 400:], pixels[0, :, 399:400].expand(3, 16, 640))
    small, valid = whole_picture(picture(33, 20), 384, 32, *PLAIN)
    assert small.shape == (1, 3, 32, 64) and valid == (33 / 64, 20 / 32)  # never larger
    thin, _ = whole_picture(picture(2000, 1))
    assert thin.shape == (1, 3, 32, 384)


@settings(max_examples=60, deadline=None)
@given(SIDES, SIDES, st.sampled_from([32, 64, 384]))
def test_any_picture_becomes_a_grid(w: int, h: int, longest: int) -> None:
    pixels, valid = whole_picture(np.zeros((h, w, 3), np.uint8), longest)
    height, width = pixels.shape[2:]
    assert height % 32 == width % 32 == 0 and max(height, width) <= longest
    gh, gw = height // 32, width // 32
    positions = grid_positions(gh, gw, valid).view(gh, gw, 4)
    assert (positions[..., 2:] > positions[..., :2]).all()  # at least some picture in every cell
    assert positions[0, 0, :2].tolist() == [0, 0] and positions[-1, -1, 2:].tolist() == [1, 1]
    torch.testing.assert_close(positions[:, 1:, 0], positions[:, :-1, 2])  # neighbours touch
    torch.testing.assert_close(positions[1:, :, 1], positions[:-1, :, 3])


def test_errors_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="0 × 5 pixels"):
        plan_tiles(0, 5, 64)
    with pytest.raises(ValueError, match=r"overlap 0\.7"):
        plan_tiles(10, 10, 64, overlap=0.7)
    with pytest.raises(ValueError, match="10 × 10 pixels, not 12 × 11"):
        cut_tiles(picture(12, 11), plan_tiles(10, 10, 64), *PLAIN)
    with pytest.raises(ValueError, match="holds no tile"):
        cut_tiles(picture(4, 4), [], *PLAIN)
    with pytest.raises(ValueError, match=r"not float64 \[4, 4, 3\]"):
        whole_picture(np.zeros((4, 4, 3)))
    with pytest.raises(ValueError, match="longest 100 must be a positive multiple of 32; the nearest is 96"):
        whole_picture(picture(4, 4), 100)
    with pytest.raises(ValueError, match="grid of 0 × 3"):
        token_positions(plan_tiles(10, 10, 64), (0, 3))
    with pytest.raises(ValueError, match="shares in 0…1"):
        grid_positions(2, 2, (0.0, 1.0))
