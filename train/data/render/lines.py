"""Line crops by the thousand: text drawn in random faces, colours and surroundings, with exact frame labels.

Strips are composited at native size, degraded as screens are, and cut by the reader's own code, so that what is trained on is
what is read. The same code runs on a GPU (atlases travel, `carry.py`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from train.data.render.atlas import Atlas
from train.data.render.composite import blend, device_store, ink_boxes
from vision.reader import charset
from vision.reader.crops import STRIDE, contrast, crop_windows, cut

PAD = 10  # pixels of surroundings that a strip keeps left and right of its text


@dataclass
class Plan:
    """One line before it is drawn: glyphs with pen positions, and the line's box in its own coordinates (baseline 0)."""

    text: str
    atlas: Atlas
    entries: np.ndarray  # int32 [n]
    xs: np.ndarray  # int32 [n]
    boxes: np.ndarray  # ink int32 [n, 4]
    left: int
    right: int
    before: int = 0  # pixels left of the text that the crop holds too: an icon stands there
    after: int = 0  # pixels right of it: a cursor or an icon

    @property
    def frames(self) -> float:
        """Crop width in pixels at height 32, about."""
        return (
            26.0
            * (self.right - self.left + self.before + self.after)
            / max(self.atlas.d_top + self.atlas.p_bottom, 1.0)
        )


@dataclass
class LineBatch:
    """images float32 [B, 1, 32, W]; widths int64 [B] pixels; labels int64 [B, W / 4] (class whose centre the frame holds, 0
    for none); targets int64 [sum of lengths]; lengths int64 [B]."""

    images: Tensor
    widths: Tensor
    labels: Tensor
    targets: Tensor
    lengths: Tensor
    texts: list[str]
    tags: list[dict[str, str]]

    def to(self, device: torch.device | str) -> LineBatch:
        """The same batch with its tensors on `device`."""
        images, widths, labels, targets, lengths = (
            t.to(device) for t in (self.images, self.widths, self.labels, self.targets, self.lengths)
        )
        return LineBatch(images, widths, labels, targets, lengths, self.texts, self.tags)


def plan_line(rng: random.Random, atlas: Atlas, text: str) -> Plan | None:
    """Lays out what the face can draw of `text`; None when nothing visible is left."""
    text = "".join(c for c in text if atlas.has(c))
    text = " ".join(text.split(" ")).strip()
    if not text:
        return None
    spacing = 0.0
    if not atlas.face.mono and rng.random() < 0.06:
        spacing = rng.choice((0.5, 1.0, -0.25, 0.3, 2.0))
    entries, xs, _ = atlas.layout(text, rng.random(), kerning=rng.random() < 0.6, spacing=spacing)
    boxes = ink_boxes(atlas.store, entries, xs, 0)
    inked = boxes[:, 2] > boxes[:, 0]
    if not inked.any():
        return None
    plan = Plan(text, atlas, entries, xs, boxes, int(boxes[inked, 0].min()), int(boxes[inked, 2].max()))
    # The text map takes a terminal's cursor or a small icon for a part of the line now and then: they are not read.
    height = atlas.d_top + atlas.p_bottom
    roll = rng.random()
    if roll < 0.07:
        plan.after = round(height * rng.uniform(0.7, 1.6))
    elif roll < 0.10:
        plan.before = round(height * rng.uniform(0.9, 1.7))
    elif roll < 0.12:
        plan.after = round(height * rng.uniform(0.9, 1.7))
    return plan


def _colours(rng: random.Random) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(background, ink), RGB 0…255, told apart by at least a faint contrast."""

    def grey(low: int, high: int, tint: float) -> tuple[float, ...]:
        level = rng.uniform(low, high)
        return tuple(min(255.0, max(0.0, level + rng.uniform(-tint, tint))) for _ in range(3))

    kind = rng.random()
    for _ in range(50):
        if kind < 0.38:
            back, ink = grey(228, 255, 6), grey(0, 110, rng.choice((0, 25)))
        elif kind < 0.72:
            back, ink = grey(0, 60, 14), grey(130, 255, rng.choice((0, 40)))
        elif kind < 0.80:
            back, ink = (255.0,) * 3, grey(100, 175, 10)
        else:
            back = tuple(rng.uniform(0, 255) for _ in range(3))
            ink = tuple(rng.uniform(0, 255) for _ in range(3))
            if rng.random() < 0.4:
                ink = rng.choice(((255.0,) * 3, (0.0,) * 3))
        luma = abs(sum(w * (a - b) for w, a, b in zip((0.3, 0.59, 0.11), back, ink, strict=True)))
        if luma > (45 if rng.random() < 0.9 else 24):
            return back, ink
    return (255.0,) * 3, (0.0,) * 3


def draw_batch(
    plans: list[Plan],
    rng: random.Random,
    filler: Callable[[], str],
    device: torch.device | str = "cpu",
    clean: bool = False,
    alphabet: charset.Charset = charset.BASE,
) -> LineBatch:
    """Draws, degrades, cuts and labels `plans`. `filler` gives texts for the rows above and below. `clean` leaves out blur,
    noise and JPEG (they stay in for training). `alphabet` gives the classes of the characters."""
    device = torch.device(device)
    B = len(plans)
    up = [int(np.ceil(p.atlas.d_top * 1.25)) + 6 for p in plans]
    down = [int(np.ceil(p.atlas.p_bottom + p.atlas.d_top * 0.3)) + 6 for p in plans]
    H = max(u + d for u, d in zip(up, down, strict=True))
    W = max(p.right - p.left + p.before + p.after for p in plans) + 2 * PAD
    back, ink = zip(*(_colours(rng) for _ in plans), strict=True)
    image = torch.tensor(back, dtype=torch.float32, device=device)[:, None, None, :].expand(B, H, W, 3).clone()
    ent: list[np.ndarray] = []
    xs: list[np.ndarray] = []
    ys: list[int] = []
    counts: list[int] = []
    planes: list[int] = []
    inks: list[tuple[float, ...]] = []
    gammas: list[float] = []

    def put(plane: int, entries: np.ndarray, pens: np.ndarray, y: int, colour: tuple[float, ...], gamma: float) -> None:
        ent.append(entries)
        xs.append(pens)
        ys.append(y)
        counts.append(len(entries))
        planes.append(plane)
        inks.append(colour)
        gammas.append(gamma)

    for b, plan in enumerate(plans):
        _surroundings(image[b], plan, up[b], rng, back[b], ink[b])
        gamma = rng.choice((1.0, 1.0, 1.0, 0.75, 0.85, 1.2, 1.4))
        shift = PAD + plan.before - plan.left
        colours = _syntax(rng, plan.text, ink[b], back[b])
        for start, stop, colour in colours:
            if colour == back[b]:  # reverse video: the paper takes the ink's colour
                x0, x1 = (
                    int(plan.xs[start]) + shift,
                    int(plan.xs[stop - 1] + plan.atlas.advance(plan.text[stop - 1])) + shift,
                )
                cell = slice(max(0, up[b] - math.ceil(plan.atlas.ascent)), up[b] + math.ceil(plan.atlas.descent))
                image[b, cell, max(0, x0) : x1] = torch.tensor(ink[b], device=device)
            put(b, plan.entries[start:stop], plan.xs[start:stop] + shift, up[b], colour, gamma)
        _beside(image[b], plan, up[b], rng, ink[b])
        pitch = round((plan.atlas.d_top + plan.atlas.p_bottom) * rng.uniform(1.0, 1.5)) + 1
        for sign in (-1, 1):
            if rng.random() < 0.45:
                text = "".join(c for c in filler() if plan.atlas.has(c))[:60]
                if text:
                    e, pens, _ = plan.atlas.layout(text, rng.uniform(-20, 30))
                    put(b, e, pens + PAD, up[b] + sign * pitch, ink[b], gamma)
    store = device_store(device, plans[0].atlas.store)
    repeat = torch.tensor(counts, device=device)

    def each(values: list, dtype: torch.dtype) -> Tensor:
        return torch.tensor(values, dtype=dtype, device=device).repeat_interleave(repeat, 0)

    blend(
        image, store, torch.from_numpy(np.concatenate(ent)).long().to(device), torch.from_numpy(np.concatenate(xs)).long().to(device),
        each(ys, torch.long), each(planes, torch.long), each(inks, torch.float32), each(gammas, torch.float32),
    )  # fmt: skip
    picture = image.permute(0, 3, 1, 2).contiguous()
    if not clean:
        picture = degrade(picture, rng)
    return _cut_and_label(picture, plans, up, rng, clean, alphabet)


def _surroundings(
    strip: Tensor, plan: Plan, base: int, rng: random.Random, back: tuple[float, ...], ink: tuple[float, ...]
) -> None:
    """Gradients, selections, underlines, borders and blobs, into float [H, W, 3] before the text."""
    H, W, _ = strip.shape
    width = plan.right - plan.left + plan.before + plan.after
    top, bottom = base - int(plan.atlas.d_top), base + int(plan.atlas.p_bottom)
    roll = rng.random()
    if roll < 0.06:
        ramp = torch.linspace(-1, 1, H if rng.random() < 0.6 else W, device=strip.device) * rng.uniform(5, 22)
        strip += ramp[:, None, None] if len(ramp) == H else ramp[None, :, None]
    elif roll < 0.12:  # a selection, or a chip behind a part of the text
        a = PAD + rng.randint(-6, width)
        b = min(W, a + rng.randint(4, width + 8))
        chip = [c + rng.choice((-1, 1)) * rng.uniform(10, 38) for c in back]
        strip[max(0, top - 2) : bottom + 2, max(0, a) : b] = torch.tensor(chip, device=strip.device)
    if rng.random() < 0.05:  # underline
        y = min(H - 1, base + rng.randint(1, 3))
        strip[y : y + 1, PAD : PAD + width] = torch.tensor(ink, device=strip.device)
    if rng.random() < 0.10:  # borders above, below
        tint = torch.tensor([c + rng.choice((-1, 1)) * rng.uniform(25, 120) for c in back], device=strip.device)
        for y in (top - rng.randint(2, 6), bottom + rng.randint(1, 5)):
            if rng.random() < 0.7 and 0 <= y < H:
                strip[y : y + rng.randint(1, 2)] = tint
    if rng.random() < 0.10:  # borders, cursors and icons left and right
        tint = torch.tensor([rng.uniform(0, 255) for _ in range(3)], device=strip.device)
        side = rng.random()
        if side < 0.5:
            strip[top:bottom, max(0, PAD - rng.randint(3, 9)) : PAD - 2] = tint
        if side > 0.4:
            end = PAD + width
            strip[top:bottom, end + 2 : end + rng.randint(3, 9)] = tint


def _beside(strip: Tensor, plan: Plan, base: int, rng: random.Random, ink: tuple[float, ...]) -> None:
    """Cursors and icons in the room that the crop keeps before or after the text."""
    height = plan.atlas.d_top + plan.atlas.p_bottom
    top, bottom = base - int(plan.atlas.d_top), base + int(plan.atlas.p_bottom)
    colour = torch.tensor(ink if rng.random() < 0.7 else [rng.uniform(0, 255) for _ in range(3)], device=strip.device)
    if plan.after and rng.random() < 0.7:  # a cursor: hollow, full, bar or underline
        cell = max(3, round(plan.atlas.advance("n")))
        x1 = PAD + plan.before + plan.right - plan.left + plan.after
        kind = rng.random()
        if kind < 0.45:
            inner = strip[top + 1 : bottom - 1, x1 - cell + 1 : x1 - 1].clone()
            strip[top:bottom, x1 - cell : x1] = colour
            strip[top + 1 : bottom - 1, x1 - cell + 1 : x1 - 1] = inner
        elif kind < 0.8:
            strip[top:bottom, x1 - cell : x1] = colour
        elif kind < 0.9:
            strip[top:bottom, x1 - 2 : x1] = colour
        else:
            strip[bottom - 2 : bottom, x1 - cell : x1] = colour
    elif plan.before or plan.after:
        room = plan.before or plan.after
        x0 = PAD if plan.before else PAD + plan.right - plan.left + max(2, round(0.25 * height))
        side = max(4, min(room - max(2, round(0.25 * height)), bottom - top))
        ys = torch.arange(side, device=strip.device)[:, None] - (side - 1) / 2
        xs = torch.arange(side, device=strip.device)[None] - (side - 1) / 2
        r = side / 2
        masks = (
            ys**2 + xs**2 <= r * r, (ys**2 + xs**2 <= r * r) & (ys**2 + xs**2 >= (r - 1.6) ** 2), (ys.abs() - xs.abs()).abs() < 1.1,
            (ys.abs() > r - 1.6) | (xs.abs() > r - 1.6), xs.abs() * 2 <= ys + r, (ys.abs() < 1) | (xs.abs() < 1),
            (ys.abs() < 0.35 * r) & (xs.abs() < 0.8 * r), (ys + r) % 4 < 1.5,
        )  # fmt: skip
        mask = rng.choice(masks).expand(side, side)
        area = strip[top : top + side, x0 : x0 + side]
        area[mask[: area.shape[0], : area.shape[1]]] = colour
        if rng.random() < 0.4:
            inner_mask = rng.choice(masks).expand(side, side)[: area.shape[0], : area.shape[1]]
            area[inner_mask] = torch.tensor([rng.uniform(0, 255) for _ in range(3)], device=strip.device)


def _syntax(
    rng: random.Random, text: str, ink: tuple[float, ...], back: tuple[float, ...]
) -> list[tuple[int, int, tuple[float, ...]]]:
    """(start, stop, colour) runs: mostly one, sometimes the several colours of highlighted code; the colour of the paper
    stands for reverse video."""
    if len(text) < 4 or rng.random() > 0.14:
        return [(0, len(text), ink)]
    if rng.random() < 0.3:
        cuts = sorted(rng.sample(range(len(text) + 1), min(len(text) + 1, rng.choice((2, 2, 4)))))
        edges = [0, *cuts, len(text)]
        spans = [(a, b, back if i % 2 else ink) for i, (a, b) in enumerate(pairwise(edges)) if b > a]
        return spans
    runs = []
    start = 0
    while start < len(text):
        stop = min(len(text), start + rng.randint(2, 14))
        colour = tuple(min(255.0, max(0.0, c + rng.uniform(-70, 70))) for c in ink)
        if abs(sum(colour) - sum(back)) < 150:
            colour = ink
        runs.append((start, stop, colour))
        start = stop
    return runs


def degrade(picture: Tensor, rng: random.Random) -> Tensor:
    """What happens to pictures on their way: scaling, blur, JPEG, noise. float [B, 3, H, W] → same shape."""
    _, _, H, W = picture.shape
    roll = rng.random()
    if roll < 0.16:  # the whole screen scaled by a fraction, then looked at at its new size
        factor = rng.choice((0.75, 0.8, 0.9, 1.1, 1.25, 1.33, 1.5, 1.75, 2.0))
        small = F.interpolate(picture, scale_factor=factor, mode=rng.choice(("bilinear", "bicubic")), antialias=True)
        picture = F.interpolate(small, size=(H, W), mode="bilinear", antialias=factor > 1)
    elif roll < 0.21:
        picture = blur(picture, rng.uniform(0.3, 0.7))
    if rng.random() < 0.12:
        picture = jpeg(picture.clamp(0, 255), rng.randint(45, 92))
    if rng.random() < 0.15:
        generator = torch.Generator(device=picture.device).manual_seed(rng.getrandbits(40))
        noise = torch.randn(picture.shape, device=picture.device, generator=generator)
        picture = picture + noise * rng.uniform(1, 7)
    return picture.clamp(0, 255).round()


def blur(picture: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of five taps, by shifts and sums, which run alike on any device."""
    taps = [math.exp(-0.5 * (k / sigma) ** 2) for k in range(3)]
    total = taps[0] + 2 * (taps[1] + taps[2])
    _, _, H, W = picture.shape
    wide = F.pad(picture, (2, 2, 2, 2), mode="replicate")
    rows = sum((taps[abs(k)] / total * wide[:, :, :, 2 + k : 2 + k + W] for k in range(-2, 3)), torch.zeros(()))
    return sum((taps[abs(k)] / total * rows[:, :, 2 + k : 2 + k + H] for k in range(-2, 3)), torch.zeros_like(picture))


_LUMA = (
    "16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62 "
    "18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"
)  # the quantisation table of ITU T.81, annex K.1


def jpeg(picture: Tensor, quality: int) -> Tensor:
    """JPEG's loss on float [B, 3, H, W] in 0…255: chroma halved, 8×8 DCT, quantised; runs on any device."""
    B, _, H, W = picture.shape
    picture = F.pad(picture, (0, -W % 16, 0, -H % 16), mode="replicate")
    r, g, b = picture.unbind(1)
    y = 0.299 * r + 0.587 * g + 0.114 * b - 128
    cb, cr = 0.564 * (b - y - 128), 0.713 * (r - y - 128)
    scale = (5000 / quality if quality < 50 else 200 - 2 * quality) / 100
    table = torch.tensor([float(v) for v in _LUMA.split()], device=picture.device).view(8, 8)
    k = torch.arange(8, device=picture.device, dtype=torch.float32)
    basis = torch.cos((2 * k[None] + 1) * k[:, None] * torch.pi / 16) * 0.5
    basis[0] *= 2**-0.5

    def lose(channel: Tensor, steps: Tensor) -> Tensor:
        h, w = channel.shape[1:]
        blocks = channel.view(B, h // 8, 8, w // 8, 8).transpose(2, 3)
        steps = (steps * scale).floor().clamp(1, 255)
        blocks = basis.T @ ((basis @ blocks @ basis.T / steps).round() * steps) @ basis
        return blocks.transpose(2, 3).reshape(B, h, w)

    def half(channel: Tensor) -> Tensor:
        small = lose(F.avg_pool2d(channel[:, None], 2)[:, 0], table.clamp(max=99) * 1.3)
        return small.repeat_interleave(2, 1).repeat_interleave(2, 2)

    y, cb, cr = lose(y, table) + 128, half(cb), half(cr)
    out = torch.stack([y + 1.403 * cr, y - 0.344 * cb - 0.714 * cr, y + 1.773 * cb], 1)
    return out[:, :, :H, :W].clamp(0, 255)


def _cut_and_label(
    picture: Tensor, plans: list[Plan], up: list[int], rng: random.Random, clean: bool, alphabet: charset.Charset
) -> LineBatch:
    device = picture.device
    metrics = np.zeros((len(plans), 4), dtype=np.float32)
    for b, plan in enumerate(plans):
        height = plan.atlas.d_top + plan.atlas.p_bottom
        wobble = 0.0 if clean else 0.05
        metrics[b] = (
            PAD + rng.uniform(-1.0, 0.6) * (not clean), up[b] - plan.atlas.d_top + rng.gauss(0, wobble) * height,
            PAD + plan.before + plan.after + plan.right - plan.left + rng.uniform(-0.6, 1.0) * (not clean),
            up[b] + plan.atlas.p_bottom + rng.gauss(0, wobble) * height,
        )  # fmt: skip
    windows, widths = crop_windows(torch.from_numpy(metrics))
    W = int(widths.max())
    images = contrast(cut(picture, windows.to(device), W), widths.to(device))
    labels = torch.zeros(len(plans), W // STRIDE, dtype=torch.long)
    scale = ((windows[:, 3] - windows[:, 1]) / 32).numpy()
    targets: list[int] = []
    for b, plan in enumerate(plans):
        centres = (plan.boxes[:, 0] + plan.boxes[:, 2]) / 2 + (PAD + plan.before - plan.left)
        # A space has no ink: its centre lies between its neighbours' ink.
        for i in np.flatnonzero(plan.boxes[:, 2] <= plan.boxes[:, 0]):
            if 0 < i < len(centres) - 1:
                centres[i] = (plan.boxes[i - 1, 2] + plan.boxes[i + 1, 0]) / 2 + (PAD + plan.before - plan.left)
        frames = ((centres - float(windows[b, 0])) / scale[b] / STRIDE).astype(np.int64).clip(0, W // STRIDE - 1)
        classes = alphabet.encode(plan.text)
        labels[b, torch.from_numpy(frames)] = torch.tensor(classes)
        targets.extend(classes)
    return LineBatch(
        images, widths.to(device), labels.to(device), torch.tensor(targets), torch.tensor([len(p.text) for p in plans]),
        [p.text for p in plans],
        [{"face": p.atlas.face.family, "size": str(p.atlas.size), "mode": p.atlas.mode.hinting} for p in plans],
    )  # fmt: skip
