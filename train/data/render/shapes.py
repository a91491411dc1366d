"""Paints shapes onto a picture (numpy uint8 [H, W, 3], in place) with OpenCV: boxes, strokes, symbols, photographs."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import cv2
import numpy as np

from train.data.render.scene import Color, Ellipse, Icon, Picture, Pointer, Polyline, Rect, Squiggle

_SHIFT = 4  # sub-pixel bits of OpenCV's drawing functions
_ONE = 1 << _SHIFT


def _fixed(value: float) -> int:
    return round(value * _ONE)


def draw_rect(image: np.ndarray, rect: Rect) -> None:
    """Paint a rectangle: shadow, fill or gradient, frame, bevel. Parts outside of the picture are cut."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = round(rect.x0), round(rect.y0), round(rect.x1), round(rect.y1)
    if rect.shadow:
        _shadow(image, x0, y0, x1, y1, rect.shadow)
    if x1 <= 0 or y1 <= 0 or x0 >= width or y0 >= height or x1 <= x0 or y1 <= y0:
        return
    if rect.radius > 1 and min(x1 - x0, y1 - y0) > 3:
        _rounded(image, rect, x0, y0, x1, y1)
        return
    if rect.fill is not None:
        cx0, cy0, cx1, cy1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
        if rect.fill2 is None:
            cv2.rectangle(image, (cx0, cy0), (cx1 - 1, cy1 - 1), rect.fill, -1)
        else:
            image[cy0:cy1, cx0:cx1] = _gradient(rect, x0, y0, x1, y1)[cy0 - y0 : cy1 - y0, cx0 - x0 : cx1 - x0]
    if rect.border is not None:
        for i in range(rect.width):
            cv2.rectangle(image, (x0 + i, y0 + i), (x1 - 1 - i, y1 - 1 - i), rect.border, 1)
    if rect.bevel is not None:
        light, dark = rect.bevel
        cv2.line(image, (x0, y0), (x1 - 1, y0), light, 1)
        cv2.line(image, (x0, y0), (x0, y1 - 1), light, 1)
        cv2.line(image, (x0, y1 - 1), (x1 - 1, y1 - 1), dark, 1)
        cv2.line(image, (x1 - 1, y0), (x1 - 1, y1 - 1), dark, 1)


def _gradient(rect: Rect, x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    count = (y1 - y0) if rect.vertical else (x1 - x0)
    mix = np.linspace(0.0, 1.0, max(count, 1), dtype=np.float32)[:, None]
    first, second = np.asarray(rect.fill, np.float32), np.asarray(rect.fill2, np.float32)
    ramp = np.rint(first * (1 - mix) + second * mix).astype(np.uint8)
    shape = (y1 - y0, x1 - x0, 3)
    return np.broadcast_to(ramp[:, None] if rect.vertical else ramp[None], shape)


def _shadow(image: np.ndarray, x0: int, y0: int, x1: int, y1: int, size: int) -> None:
    height, width = image.shape[:2]
    ox0, oy0, ox1, oy1 = max(x0 - size, 0), max(y0 - size // 2, 0), min(x1 + size, width), min(y1 + size, height)
    if ox1 <= ox0 or oy1 <= oy0:
        return
    across = _shadow_profile(x0, x1, size, ox0, ox1)
    down = _shadow_profile(y0 + size // 4, y1 + size // 4, size, oy0, oy1)
    # Only the four strips around the box can be seen; the inside is painted over.
    inner_top, inner_bottom = min(max(y0, oy0), oy1), max(min(y1, oy1), oy0)
    inner_left, inner_right = min(max(x0, ox0), ox1), max(min(x1, ox1), ox0)
    strips = [(oy0, inner_top, ox0, ox1), (inner_bottom, oy1, ox0, ox1)]
    strips += [(inner_top, inner_bottom, ox0, inner_left), (inner_top, inner_bottom, inner_right, ox1)]
    for top, bottom, left, right in strips:
        if bottom <= top or right <= left:
            continue
        keep = 256 - np.outer(down[top - oy0 : bottom - oy0], across[left - ox0 : right - ox0]) * 90
        part = image[top:bottom, left:right]
        part[:] = (part * keep.astype(np.uint16)[..., None]) >> 8


def _shadow_profile(start: int, end: int, size: int, first: int, last: int) -> np.ndarray:
    position = np.arange(first, last, dtype=np.float32) + 0.5
    inside = np.minimum(position - start, end - position)
    return np.clip((inside + size) / (2 * size), 0.0, 1.0) ** 1.5


def _rounded(image: np.ndarray, rect: Rect, x0: int, y0: int, x1: int, y1: int) -> None:
    radius = min(rect.radius, (x1 - x0) // 2, (y1 - y0) // 2)
    if rect.fill is not None:
        if rect.fill2 is not None:
            plain = Rect(x0, y0, x1, y1, rect.fill, fill2=rect.fill2, vertical=rect.vertical)
            corners = _corner_patches(image, x0, y0, x1, y1, radius)
            draw_rect(image, plain)
            _restore_corners(image, corners, radius)
        else:
            outer = rect.border if rect.border is not None else rect.fill
            _fill_rounded(image, x0, y0, x1, y1, radius, outer)
            if rect.border is not None:
                w = rect.width
                _fill_rounded(image, x0 + w, y0 + w, x1 - w, y1 - w, max(radius - w, 0), rect.fill)
            return
    if rect.border is not None:
        _stroke_rounded(image, x0, y0, x1, y1, radius, rect.border, rect.width)


@functools.lru_cache(maxsize=64)
def _corner_mask(radius: int) -> np.ndarray:
    """Coverage of the top left corner, float32 [radius, radius], 1 inside of the circle."""
    big = np.zeros((radius * 4, radius * 4), np.uint8)
    cv2.circle(big, (radius * 4, radius * 4), radius * 4, 255, -1)
    return np.asarray(cv2.resize(big, (radius, radius), interpolation=cv2.INTER_AREA), np.float32)[..., None] / 255.0


def _corners(x0: int, y0: int, x1: int, y1: int, r: int) -> list[tuple[int, int, int, int]]:
    """Top left positions of the four corner patches and how each is flipped."""
    return [(x0, y0, 1, 1), (x1 - r, y0, -1, 1), (x0, y1 - r, 1, -1), (x1 - r, y1 - r, -1, -1)]


def _corner_patches(image: np.ndarray, x0: int, y0: int, x1: int, y1: int, r: int) -> list[tuple[int, int, np.ndarray]]:
    height, width = image.shape[:2]
    patches = []
    for cx, cy, fx, fy in _corners(x0, y0, x1, y1, r):
        if min(cx, cy) >= 0 and cx + r <= width and cy + r <= height:
            mask = _corner_mask(r)[::fy, ::fx]
            patches.append((cx, cy, np.concatenate([image[cy : cy + r, cx : cx + r].astype(np.float32), mask], axis=2)))
    return patches


def _restore_corners(image: np.ndarray, patches: list[tuple[int, int, np.ndarray]], r: int) -> None:
    for cx, cy, patch in patches:
        view = image[cy : cy + r, cx : cx + r]
        mask = patch[..., 3:]
        view[:] = view * mask + patch[..., :3] * (1 - mask) + 0.5


def _fill_rounded(image: np.ndarray, x0: int, y0: int, x1: int, y1: int, r: int, color: Color) -> None:
    if x1 <= x0 or y1 <= y0:
        return
    if r <= 0:
        cv2.rectangle(image, (x0, y0), (x1 - 1, y1 - 1), color, -1)
        return
    if x1 - x0 > 2 * r:
        cv2.rectangle(image, (x0 + r, y0), (x1 - r - 1, y1 - 1), color, -1)
    if y1 - y0 > 2 * r:
        cv2.rectangle(image, (x0, y0 + r), (x1 - 1, y1 - r - 1), color, -1)
    height, width = image.shape[:2]
    paint = np.asarray(color, np.float32)
    for cx, cy, fx, fy in _corners(x0, y0, x1, y1, r):
        ax0, ay0, ax1, ay1 = max(cx, 0), max(cy, 0), min(cx + r, width), min(cy + r, height)
        if ax1 > ax0 and ay1 > ay0:
            mask = _corner_mask(r)[::fy, ::fx][ay0 - cy : ay1 - cy, ax0 - cx : ax1 - cx]
            view = image[ay0:ay1, ax0:ax1]
            view[:] = view * (1 - mask) + paint * mask + 0.5


def _stroke_rounded(image: np.ndarray, x0: int, y0: int, x1: int, y1: int, r: int, color: Color, width: int) -> None:
    x1, y1 = x1 - 1, y1 - 1
    for start, end in (((x0 + r, y0), (x1 - r, y0)), ((x0 + r, y1), (x1 - r, y1))):
        cv2.line(image, start, end, color, width)
    for start, end in (((x0, y0 + r), (x0, y1 - r)), ((x1, y0 + r), (x1, y1 - r))):
        cv2.line(image, start, end, color, width)
    for center, angle in (
        ((x0 + r, y0 + r), 180),
        ((x1 - r, y0 + r), 270),
        ((x1 - r, y1 - r), 0),
        ((x0 + r, y1 - r), 90),
    ):
        cv2.ellipse(image, center, (r, r), angle, 0, 90, color, width, cv2.LINE_AA)


def draw_polyline(image: np.ndarray, line: Polyline) -> None:
    """Paint strokes, a dashed stroke, or a filled polygon."""
    kind = cv2.LINE_AA if line.smooth else cv2.LINE_8
    points = np.array([(_fixed(x), _fixed(y)) for x, y in line.points], np.int32)
    if line.closed:
        cv2.fillPoly(image, [points], line.color, kind, _SHIFT)
    elif line.dash:
        for (ax, ay), (bx, by) in zip(line.points, line.points[1:], strict=False):
            length = max(math.hypot(bx - ax, by - ay), 1e-6)
            for i in range(0, int(length), 2 * line.dash):
                s, e = i / length, min((i + line.dash) / length, 1.0)
                start = (round(ax + (bx - ax) * s), round(ay + (by - ay) * s))
                cv2.line(image, start, (round(ax + (bx - ax) * e), round(ay + (by - ay) * e)), line.color, line.width)
    else:
        cv2.polylines(image, [points], False, line.color, line.width, kind, _SHIFT)


def draw_ellipse(image: np.ndarray, e: Ellipse) -> None:
    """Paint a filled or outlined ellipse."""
    center = (_fixed((e.x0 + e.x1 - 1) / 2), _fixed((e.y0 + e.y1 - 1) / 2))
    axes = (max(_fixed((e.x1 - e.x0 - 1) / 2), 1), max(_fixed((e.y1 - e.y0 - 1) / 2), 1))
    cv2.ellipse(image, center, axes, 0, 0, 360, e.color, e.width if e.width else -1, cv2.LINE_AA, _SHIFT)


def draw_squiggle(image: np.ndarray, s: Squiggle) -> None:
    """Paint the wave that editors set under mistakes, 4 pixels a period."""
    xs = np.arange(round(s.x0), max(round(s.x1), round(s.x0) + 4), 2)
    ys = round(s.y) + np.where(np.arange(len(xs)) % 2 == 0, 0, 2)
    cv2.polylines(image, [np.stack([xs, ys], axis=1).astype(np.int32)], False, s.color, 1, cv2.LINE_AA)


def draw_picture(image: np.ndarray, p: Picture) -> None:
    """Paint a photograph-like area: blurred colour fields, a horizon, grain."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(round(p.x0), 0), max(round(p.y0), 0), min(round(p.x1), width), min(round(p.y1), height)
    if x1 <= x0 or y1 <= y0:
        return
    rng = np.random.default_rng(p.seed)
    w, h = x1 - x0, y1 - y0
    base = rng.integers(20, 235, (2, 3))
    small = base[(np.arange(6)[:, None] > rng.integers(1, 5)).astype(int).repeat(8, axis=1)]
    small = np.clip(small + rng.normal(0, 28, (6, 8, 3)), 0, 255).astype(np.uint8)
    out = cv2.resize(small, (w, h), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(rng.integers(0, 9))):
        center = (int(rng.integers(0, w)), int(rng.integers(0, h)))
        radius = int(rng.integers(2, max(min(w, h) // 4, 3)))
        cv2.circle(out, center, radius, tuple(int(c) for c in rng.integers(0, 256, 3)), -1, cv2.LINE_AA)
    if rng.random() < 0.7:
        grain = rng.integers(0, 24, (min(h, 64), min(w, 64), 1), dtype=np.uint8)
        tiles = np.tile(grain, (h // grain.shape[0] + 1, w // grain.shape[1] + 1, 1))[:h, :w]
        out = cv2.subtract(out, np.repeat(tiles, 3, axis=2))
    image[y0:y1, x0:x1] = out


# Symbols: strokes on a 16 x 16 grid. F fills a polygon, L strokes, O outlines and C fills a circle (x, y, r).
# G, g and c are F (a box), L and C in the colour of the ground.
_STROKES: dict[str, tuple[tuple[str, tuple[float, ...]], ...]] = {
    "close": (("L", (3, 3, 13, 13)), ("L", (13, 3, 3, 13))),
    "minimise": (("L", (3, 8, 13, 8)),),
    "maximise": (("L", (3, 3, 13, 3, 13, 13, 3, 13, 3, 3)),),
    "restore": (("L", (3, 6, 10, 6, 10, 13, 3, 13, 3, 6)), ("L", (6, 6, 6, 3, 13, 3, 13, 10, 10, 10))),
    "plus": (("L", (8, 2, 8, 14)), ("L", (2, 8, 14, 8))),
    "menu": (("L", (2, 4, 14, 4)), ("L", (2, 8, 14, 8)), ("L", (2, 12, 14, 12))),
    "dots": (("C", (8, 3, 1.4)), ("C", (8, 8, 1.4)), ("C", (8, 13, 1.4))),
    "more": (("C", (3, 8, 1.4)), ("C", (8, 8, 1.4)), ("C", (13, 8, 1.4))),
    "back": (("L", (14, 8, 2, 8)), ("L", (7, 3, 2, 8, 7, 13))),
    "forward": (("L", (2, 8, 14, 8)), ("L", (9, 3, 14, 8, 9, 13))),
    "up": (("L", (8, 14, 8, 2)), ("L", (3, 7, 8, 2, 13, 7))),
    "chevron": (("L", (6, 3, 11, 8, 6, 13)),),
    "chevron_down": (("L", (3, 6, 8, 11, 13, 6)),),
    "triangle_down": (("F", (3, 6, 13, 6, 8, 11)),),
    "triangle_right": (("F", (6, 3, 11, 8, 6, 13)),),
    "reload": (("O", (8, 8, 5.5)), ("F", (11, 1, 15, 6, 9, 6))),
    "home": (("L", (2, 8, 8, 2, 14, 8)), ("L", (4, 8, 4, 14, 12, 14, 12, 8))),
    "lock": (("F", (3, 7, 13, 7, 13, 14, 3, 14)), ("L", (5, 7, 5, 4, 7, 2, 9, 2, 11, 4, 11, 7))),
    "star": (("F", (8, 1, 10, 6, 15, 6, 11, 9, 13, 15, 8, 11, 3, 15, 5, 9, 1, 6, 6, 6)),),
    "search": (("O", (6.5, 6.5, 4.5)), ("L", (10, 10, 14, 14))),
    "file": (("L", (3, 1, 10, 1, 13, 4, 13, 15, 3, 15, 3, 1)), ("L", (5, 7, 11, 7)), ("L", (5, 10, 11, 10))),
    "page": (("F", (3, 1, 10, 1, 13, 4, 13, 15, 3, 15)), ("G", (5, 6, 11, 7)), ("G", (5, 9, 11, 10))),
    "folder": (("F", (1, 3, 6, 3, 8, 5, 15, 5, 15, 13, 1, 13)),),
    "image": (("L", (1, 2, 15, 2, 15, 14, 1, 14, 1, 2)), ("F", (2, 13, 6, 7, 9, 11, 11, 9, 14, 13)),
             ("C", (11, 5, 1.5))),
    "gear": (("O", (8, 8, 4)), ("L", (8, 1, 8, 4)), ("L", (8, 12, 8, 15)), ("L", (1, 8, 4, 8)), ("L", (12, 8, 15, 8)),
             ("L", (3, 3, 5, 5)), ("L", (11, 11, 13, 13)), ("L", (13, 3, 11, 5)), ("L", (5, 11, 3, 13))),
    "user": (("C", (8, 5, 3.2)), ("F", (2, 15, 3, 11, 6, 9, 10, 9, 13, 11, 14, 15))),
    "bell": (("F", (3, 12, 4, 10, 4, 6, 6, 3, 10, 3, 12, 6, 12, 10, 13, 12)), ("C", (8, 13.5, 1.5))),
    "mail": (("L", (1, 3, 15, 3, 15, 13, 1, 13, 1, 3)), ("L", (1, 4, 8, 9, 15, 4))),
    "check": (("L", (3, 8, 7, 12, 13, 4)),),
    "play": (("F", (4, 2, 14, 8, 4, 14)),),
    "stop": (("F", (3, 3, 13, 3, 13, 13, 3, 13)),),
    "pause": (("F", (4, 3, 7, 3, 7, 13, 4, 13)), ("F", (9, 3, 12, 3, 12, 13, 9, 13))),
    "bug": (("C", (8, 9, 4)), ("L", (8, 5, 8, 2)), ("L", (4, 9, 1, 9)), ("L", (12, 9, 15, 9)),
             ("L", (5, 6, 2, 3)), ("L", (11, 6, 14, 3))),
    "branch": (("O", (4, 3, 2)), ("O", (4, 13, 2)), ("O", (12, 5, 2)), ("L", (4, 5, 4, 11)),
             ("L", (12, 7, 11, 9, 4, 10))),
    "error": (("C", (8, 8, 7.5)), ("g", (5, 5, 11, 11)), ("g", (11, 5, 5, 11))),
    "error_bang": (("C", (8, 8, 7.5)), ("g", (8, 4, 8, 9)), ("c", (8, 12, 1.1))),
    "info": (("C", (8, 8, 7.5)), ("g", (8, 7, 8, 12)), ("c", (8, 4.2, 1.1))),
    "question": (("C", (8, 8, 7.5)), ("g", (5.5, 6, 6.5, 4, 9.5, 4, 10.5, 6, 8, 8.5, 8, 9.5)), ("c", (8, 12, 1.1))),
    "warning": (("F", (8, 1, 15.5, 14.5, 0.5, 14.5)), ("g", (8, 5.5, 8, 10)), ("c", (8, 12.4, 1.0))),
    "success": (("C", (8, 8, 7.5)), ("g", (4.5, 8.5, 7, 11, 11.5, 5.5))),
    "shield": (("F", (8, 1, 14, 3, 14, 8, 11, 13, 8, 15, 5, 13, 2, 8, 2, 3)),),
    "sad_page": (("L", (3, 1, 10, 1, 13, 4, 13, 15, 3, 15, 3, 1)), ("C", (6, 7, 0.9)), ("C", (10, 7, 0.9)),
             ("L", (5, 12, 7, 10, 9, 10, 11, 12))),
    "cloud": (("C", (5, 10, 3.5)), ("C", (9, 7.5, 4)), ("C", (12, 10.5, 3)), ("F", (5, 9, 12, 9, 12, 13.4, 5, 13.4))),
    "drive": (("L", (1, 5, 15, 5, 15, 12, 1, 12, 1, 5)), ("C", (12, 9, 1))),
    "terminal": (("L", (1, 2, 15, 2, 15, 14, 1, 14, 1, 2)), ("L", (4, 6, 6, 8, 4, 10)), ("L", (8, 11, 12, 11))),
    "grid": (("F", (2, 2, 7, 2, 7, 7, 2, 7)), ("F", (9, 2, 14, 2, 14, 7, 9, 7)),
             ("F", (2, 9, 7, 9, 7, 14, 2, 14)), ("F", (9, 9, 14, 9, 14, 14, 9, 14))),
    "trash": (("L", (2, 4, 14, 4)), ("L", (4, 4, 5, 15, 11, 15, 12, 4)), ("L", (6, 4, 6, 2, 10, 2, 10, 4))),
    "box": (("F", (2, 2, 14, 2, 14, 14, 2, 14)),),
    "circle": (("C", (8, 8, 6)),),
    "ring": (("O", (8, 8, 6)),),
    "blocks": (("F", (0.5, 0.5, 7.5, 0.5, 7.5, 7.5, 0.5, 7.5)), ("F", (8.5, 0.5, 15.5, 0.5, 15.5, 7.5, 8.5, 7.5)),
               ("F", (0.5, 8.5, 7.5, 8.5, 7.5, 15.5, 0.5, 15.5)),
             ("F", (8.5, 8.5, 15.5, 8.5, 15.5, 15.5, 8.5, 15.5))),
}  # fmt: skip
ICONS = tuple(_STROKES)
_Painter = Callable[[np.ndarray, np.ndarray, Color, int], None]


def draw_icon(image: np.ndarray, icon: Icon) -> None:
    """Paint a symbol; raises KeyError for a kind that is not in `ICONS`."""
    unit = icon.size / 16.0
    thick = max(1, round(unit * 1.3))
    ground = icon.ground if icon.ground is not None else (255, 255, 255)
    for op, numbers in _STROKES[icon.kind]:
        color = ground if op in "Ggc" else icon.color
        if op in "CcO":
            x, y, r = numbers
            center = (_fixed(icon.x + x * unit), _fixed(icon.y + y * unit))
            width = thick if op == "O" else -1
            cv2.circle(image, center, max(_fixed(r * unit), 1), color, width, cv2.LINE_AA, _SHIFT)
            continue
        if op == "G":
            x0, y0, x1, y1 = numbers
            numbers = (x0, y0, x1, y0, x1, y1, x0, y1)
        points = np.array(numbers, np.float32).reshape(-1, 2) * unit + (icon.x, icon.y)
        fixed = np.rint(points * _ONE).astype(np.int32)
        if op in "FG":
            cv2.fillPoly(image, [fixed], color, cv2.LINE_AA, _SHIFT)
        else:
            cv2.polylines(image, [fixed], False, color, thick, cv2.LINE_AA, _SHIFT)


def draw_pointer(image: np.ndarray, p: Pointer) -> None:
    """Paint the mouse pointer: an arrow or a hand with an outline, or the thin beam over text."""
    ink, edge = ((255, 255, 255), (0, 0, 0)) if not p.dark else ((0, 0, 0), (255, 255, 255))
    if p.kind == "beam":
        for dx, top in ((0, 0), (-3, 0), (3, 0), (-3, 16), (3, 16)):
            end = (round(p.x), round(p.y + 16)) if dx == 0 else (round(p.x), round(p.y + top))
            cv2.line(image, (round(p.x + dx), round(p.y + top)), end, edge, 1)
        return
    shapes = {
        "arrow": (0, 0, 0, 16, 4, 12.5, 6.5, 18, 9, 17, 6.5, 11.5, 11.5, 11.5),
        "hand": (4, 0, 6, 0, 6, 7, 14, 9, 14, 15, 12, 19, 5, 19, 1, 12, 2, 11, 4, 13),
    }
    points = np.array(shapes.get(p.kind, shapes["arrow"]), np.float32).reshape(-1, 2) * p.scale + (p.x, p.y)
    fixed = np.rint(points * _ONE).astype(np.int32)
    cv2.fillPoly(image, [fixed], ink, cv2.LINE_AA, _SHIFT)
    cv2.polylines(image, [fixed], True, edge, 1, cv2.LINE_AA, _SHIFT)
