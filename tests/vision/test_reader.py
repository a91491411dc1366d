"""Pieces of the reader that need no trained weights: crops, maps and boxes, decoding, strict loading."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from vision.reader import charset
from vision.reader.crops import HEIGHT, STRIDE, contrast, crop_windows, cut
from vision.reader.detect import find_lines, ink_box
from vision.reader.nano import NanoReader, _tiles, architecture
from vision.reader.recogniser import Recogniser, RecogniserConfig, decode
from vision.reader.textmap import TextMap, TextMapConfig, targets
from vision.reader.weights import WeightsError

SMALL = {
    "textmap": {"widths": [4, 4, 4, 4, 4], "back": 4},
    "recogniser": {"stages": [4, 4, 4], "width": 8, "mixers": 1, "kernel": 5},
}


def small_reader() -> NanoReader:
    torch.manual_seed(0)
    return NanoReader(*NanoReader.networks(SMALL, Path(".")))


def write_weights(folder: Path) -> None:
    textmap, recogniser = NanoReader.networks(SMALL, folder)
    parts = {f"textmap.{k}": v for k, v in textmap.state_dict().items()}
    parts |= {f"recogniser.{k}": v for k, v in recogniser.state_dict().items()}
    save_file(parts, folder / "reader.safetensors")
    (folder / "config.json").write_text(json.dumps({"reader": SMALL}))


@given(st.tuples(st.floats(0, 300), st.floats(0, 300), st.floats(1, 900), st.floats(6, 60)))
def test_windows_hold_the_box_at_the_height_of_a_crop(box: tuple[float, float, float, float]) -> None:
    x, y, w, h = box
    windows, widths = crop_windows(torch.tensor([[x, y, x + w, y + h]]))
    x0, y0, x1, y1 = windows[0].tolist()
    assert x0 < x and x1 > x + w and y0 < y and y1 > y + h
    assert int(widths[0]) % STRIDE == 0
    assert (x1 - x0) / (y1 - y0) == pytest.approx(int(widths[0]) / HEIGHT, rel=1e-3)


def test_cut_from_one_picture_equals_cut_from_copies() -> None:
    picture = torch.rand(1, 3, 80, 200) * 255
    windows = torch.tensor([[3.0, 5.0, 120.0, 25.0], [10.5, 30.2, 90.0, 47.0], [-4.0, 60.0, 230.0, 90.0]])
    together = cut(picture, windows, 96)
    apart = cut(picture.expand(3, -1, -1, -1), windows, 96)
    assert torch.allclose(together, apart, atol=1e-3)


@settings(max_examples=40, deadline=None)
@example((0, 0, 40), (40, 0, 0), 0)
@given(
    st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3), st.integers(0, 2**30)
)  # fmt: skip
def test_contrast_is_the_same_for_any_two_colours(back: tuple[int, ...], ink: tuple[int, ...], seed: int) -> None:
    """Black on white and any colour on any other give the same signal: ink is positive."""
    if max(abs(a - b) for a, b in zip(back, ink, strict=True)) < 40:
        return
    alpha = (torch.rand(HEIGHT, 64, generator=torch.Generator().manual_seed(seed)) < 0.2).float()
    widths = torch.tensor([64])

    def paint(b: tuple[int, ...], i: tuple[int, ...]) -> torch.Tensor:
        low, high = (torch.tensor(c, dtype=torch.float32)[:, None, None] for c in (b, i))
        return (low + alpha * (high - low))[None]

    reference = contrast(paint((255, 255, 255), (0, 0, 0)), widths)
    other = contrast(paint(back, ink), widths)
    assert torch.allclose(reference, other, atol=0.02)
    assert float(reference[0, 0][alpha.bool()].min()) > float(reference[0, 0][~alpha.bool()].max())


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_boxes_come_back_from_perfect_maps(data: st.DataObject) -> None:
    """Lines at a terminal's tightest pitch, put into target maps, are found again one by one."""
    height = data.draw(st.integers(9, 30))
    pitch = height + data.draw(st.integers(1, 8))
    boxes = []
    for row in range(data.draw(st.integers(1, 5))):
        x = data.draw(st.integers(0, 40))
        for _ in range(data.draw(st.integers(1, 3))):
            width = data.draw(st.integers(12, 90))
            boxes.append((float(x), 4.0 + row * pitch, float(x + width), 4.0 + row * pitch + height))
            x += width + height + 8
    maps = targets(boxes, [], 224, 512).numpy()
    found = find_lines(maps[0], maps[1], maps[2])
    assert len(found) == len(boxes)
    for want in boxes:
        near = min(found, key=lambda f: abs(f.x0 - want[0]) + abs(f.top - want[1]))
        assert abs(near.top - want[1]) < 1 and abs(near.bottom - want[3]) < 1
        assert abs(near.x0 - want[0]) <= 4 and abs(near.x1 - want[2]) <= 4


def test_ink_box_hugs_ink_and_leaves_the_border_beside_it_out() -> None:
    from vision.reader.detect import Found

    image = np.full((60, 200, 3), 240, dtype=np.uint8)
    image[20:32, 30:120] = np.where(np.arange(90)[None, :, None] % 6 < 3, 20, 240)
    image[38, :] = 90  # a border below
    x0, y0, x1, y1 = ink_box(image, Found(28, 19, 124, 34, 1.0))
    assert (x0, y0, y1) == (30, 20, 32)
    assert 117 <= x1 <= 120


def test_decoding_merges_repeats_and_keeps_doubles() -> None:
    text = "hello"
    path = [
        0,
        *charset.encode("h"),
        *charset.encode("ee"),
        *charset.encode("l"),
        0,
        *charset.encode("ll"),
        *charset.encode("o"),
        0,
        0,
    ]
    logits = torch.full((1, len(path) + 3, charset.NUM_CLASSES), -9.0)
    logits[0, torch.arange(len(path)), torch.tensor(path)] = 9.0
    logits[0, len(path) :, charset.encode("x")[0]] = 9.0  # beyond the line's end
    (read,) = decode(logits, torch.tensor([len(path)]))
    assert read.text == text
    assert read.spans == [(1, 1), (2, 3), (4, 4), (6, 7), (8, 8)]
    assert 0.99 < read.confidence <= 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (37, 61), (200, 1800)])
def test_any_size_is_read_without_failing(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 255, (*shape, 3), dtype=np.uint8)
    for line in small_reader().read(image):
        x0, y0, x1, y1 = line.box
        assert 0 <= x0 < x1 <= shape[1] and 0 <= y0 < y1 <= shape[0]


def test_tiles_cover_every_pixel_once() -> None:
    for side in (1, 100, 1664, 1665, 3000, 5000, 25_000):
        kept = [(a, b) for _, _, a, b in _tiles(side)]
        assert kept[0][0] == 0 and kept[-1][1] == side
        assert all(a[1] == b[0] for a, b in pairwise(kept))


def test_folding_norms_changes_nothing() -> None:
    torch.manual_seed(1)
    network = Recogniser(RecogniserConfig(stages=(4, 6, 8), width=12, mixers=2))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
    network.eval()
    crops = torch.randn(2, 1, 32, 80)
    before = network(crops)
    after = NanoReader(TextMap(TextMapConfig((4, 4, 4, 4, 4), 4)), network).recogniser(crops)
    assert torch.allclose(before, after, atol=1e-4)


def test_reading_is_independent_of_batching_with_other_lines() -> None:
    """A crop gives the same logits alone and beside a wider one, up to what padding lets in at its end."""
    torch.manual_seed(0)
    network = Recogniser(RecogniserConfig()).eval()
    crop = torch.randn(1, 1, 32, 128)
    alone = network(crop)
    beside = network(torch.cat([torch.nn.functional.pad(crop, (0, 256)), torch.randn(1, 1, 32, 384)]))
    assert torch.allclose(alone[0, :6], beside[0, :6], atol=1e-3)


def test_damaged_and_missing_weights_are_named(tmp_path: Path) -> None:
    write_weights(tmp_path)
    NanoReader.load(tmp_path)
    shard = tmp_path / "reader.safetensors"
    good = shard.read_bytes()
    shard.write_bytes(good[: len(good) // 2])
    with pytest.raises(WeightsError, match=r"reader\.safetensors is damaged"):
        NanoReader.load(tmp_path)
    shard.unlink()
    with pytest.raises(WeightsError, match=r"reader\.safetensors is missing"):
        NanoReader.load(tmp_path)
    shard.write_bytes(good)
    (tmp_path / "config.json").write_text(
        json.dumps({"reader": {**SMALL, "recogniser": {**SMALL["recogniser"], "width": 12}}})
    )
    with pytest.raises(WeightsError, match=r"recogniser\.fold.*shape .*8.*12"):
        NanoReader.load(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(WeightsError, match=r"config\.json is damaged"):
        NanoReader.load(tmp_path)


def test_the_default_architecture_describes_itself() -> None:
    textmap, recogniser = NanoReader.networks(architecture(), Path("."))
    parameters = sum(p.numel() for p in (*textmap.parameters(), *recogniser.parameters()))
    assert 1_000_000 < parameters < 3_000_000


def test_a_flipped_bit_in_a_sealed_shard_is_found(tmp_path: Path) -> None:
    from train.release import seal

    write_weights(tmp_path)
    seal(tmp_path)
    NanoReader.load(tmp_path)
    shard = tmp_path / "reader.safetensors"
    data = bytearray(shard.read_bytes())
    data[-100] ^= 4
    shard.write_bytes(bytes(data))
    with pytest.raises(WeightsError, match="SHA-256"):
        NanoReader.load(tmp_path)


def test_a_mark_that_wavers_between_two_forms_is_written_once() -> None:
    """An apostrophe that is ’ in one frame and ' in the next is one; with a blank between, or of unlike characters, two stay two."""

    def read(*frames: str) -> str:
        logits = torch.full((1, len(frames), charset.NUM_CLASSES), -8.0)
        for t, char in enumerate(frames):
            logits[0, t, charset.INDEX[char] if char else 0] = 8.0 if char != "'" else 6.0
        return decode(logits, torch.tensor([len(frames)]))[0].text

    assert read("n", "’", "'", "t") == "n’t" == read("n", "'", "’", "t")
    assert read("n", "’", "", "'", "t") == "n’'t"
    assert read("”", "'") == "”'" and read("l", "i") == "li"
