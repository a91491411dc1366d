"""Photographs of a screen, and scans of a printed one: perspective, blur, moiré, glare, light, noise. Labels move along."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

import cv2
import numpy as np

from train.data.render.scene import Box
from train.data.render.screen import Rendered, RenderedLine

MAX_TURN = 6.0  # degrees; a line that is turned more is not asked for
MAX_RISE = 2.5  # heights of its own; a line whose upright box is higher runs through its neighbours
_NEEDED = frozenset(("message", "code"))
LEAST = 8.0  # pixels an em after scaling, without blur; smaller letters run together


@dataclass(frozen=True, slots=True)
class Shot:
    """How a screen is taken. `corners` are where its corners lie in the photograph, in shares of its width and height.

    The order is top left, top right, bottom right, bottom left. `blur` is a standard deviation in pixels, `moire` and
    `glare` are amplitudes 0..1, `cast` are gains of red, green and blue, `noise` a standard deviation of 255.
    """

    corners: tuple[tuple[float, float], ...]
    bezel: float = 0.02  # of the screen's width
    blur: float = 0.0
    moire: float = 0.0
    glare: float = 0.0
    shade: float = 0.0  # how much darker the far side is
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0)
    noise: float = 0.0
    grey: bool = False
    seed: int = 0


def draw_phone(rng: random.Random) -> Shot:
    """A photograph with a telephone: mostly straight on, a little turned, all of the screen or nearly all."""
    inset, turn = rng.uniform(-0.01, 0.07), math.radians(min(max(rng.gauss(0, 0.8), -2.5), 2.5))
    corners = []
    for x, y in ((inset, inset), (1 - inset, inset), (1 - inset, 1 - inset), (inset, 1 - inset)):
        dx, dy = x - 0.5, y - 0.5
        x, y = (
            0.5 + dx * math.cos(turn) - dy * math.sin(turn) * 0.62,
            0.5 + dx * math.sin(turn) * 1.6 + dy * math.cos(turn),
        )
        corners.append((x + rng.gauss(0, 0.008), y + rng.gauss(0, 0.008)))
    warm = rng.uniform(-0.02, 0.1)
    return Shot(
        tuple(corners),
        rng.uniform(0.008, 0.03),
        rng.choice((0.0, 0.4, 0.6, 0.8, 1.0)),
        rng.choice((0.0, 0.02, 0.04, 0.07)),
        rng.choice((0.0, 0.0, 0.15, 0.3, 0.4)),
        rng.uniform(0.0, 0.45),
        (1.0 + warm, 1.0, 1.0 - warm * 1.2),
        rng.uniform(1.0, 6.0),
        False,
        rng.getrandbits(31),
    )


def draw_scan(rng: random.Random) -> Shot:
    """A printed picture on the glass of a scanner: slightly turned, grey, with the paper around it."""
    turn, inset = math.radians(rng.uniform(-1.6, 1.6)), rng.uniform(0.02, 0.06)
    corners = []
    for x, y in ((inset, inset), (1 - inset, inset), (1 - inset, 1 - inset), (inset, 1 - inset)):
        dx, dy = x - 0.5, y - 0.5
        corners.append(
            (
                0.5 + dx * math.cos(turn) - dy * math.sin(turn) * 0.62,
                0.5 + dx * math.sin(turn) * 1.6 + dy * math.cos(turn),
            )
        )
    return Shot(
        tuple(corners),
        0.0,
        rng.choice((0.3, 0.5, 0.7)),
        noise=rng.uniform(1, 7),
        grey=rng.random() < 0.7,
        seed=rng.getrandbits(31),
    )


def apply(rendered: Rendered, shot: Shot) -> Rendered:
    """The photograph of a picture, of the same size; lines that cannot be read upright become regions to ignore.

    Where a row of the message is lost, the picture is taken again, straight on and sharp, as people do.
    """
    taken = _taken(rendered, shot)
    if sum(line.role in _NEEDED for line in taken.lines) < sum(line.role in _NEEDED for line in rendered.lines):
        return _taken(rendered, steadied(shot))
    return taken


def steadied(shot: Shot) -> Shot:
    """The same shot from straight ahead: no turn, all of the screen, hardly a blur."""
    inset = min(max(sum(x for x, _ in (shot.corners[0], shot.corners[3])) / 2, 0.002), 0.03)
    far = 1.0 - inset
    return replace(shot, corners=((inset, inset), (far, inset), (far, far), (inset, far)), blur=min(shot.blur, 0.4))


def _taken(rendered: Rendered, shot: Shot) -> Rendered:
    height, width = rendered.image.shape[:2]
    matrix = homography(shot, width, height)
    image = _lit(_framed(rendered.image, matrix, shot), shot)
    lines, ignore = (
        [],
        [_inside(_hull(np.array([box], np.float32), matrix)[0], width, height) for box in rendered.ignore],
    )
    for line in rendered.lines:
        moved = moved_line(line, matrix)
        if readable(line, moved, matrix, shot, (width, height)):
            lines.append(moved)
        else:
            ignore.append(_inside(np.array(moved.box), width, height))
    return Rendered(image, lines, [box for box in ignore if box[2] - box[0] > 0.5 and box[3] - box[1] > 0.5])


def homography(shot: Shot, width: int, height: int) -> np.ndarray:
    """Float64 [3, 3]: from pixels of the screen to pixels of the photograph of the same size."""
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    target = np.array([(x * width, y * height) for x, y in shot.corners], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(source, target), np.float64)


def _mapped(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Float [n, 2] points through a homography."""
    full = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
    return np.asarray(full[:, :2] / full[:, 2:], np.float32)


def _hull(boxes: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Upright boxes float32 [n, 4] around the four moved corners of boxes [n, 4]."""
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2)
    moved = _mapped(corners, matrix).reshape(-1, 4, 2)
    return np.concatenate([moved.min(1), moved.max(1)], axis=1).astype(np.float32)


def _inside(box: np.ndarray, width: int, height: int) -> Box:
    x0, y0, x1, y1 = (float(v) for v in box)
    return (max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height)))


def moved_line(line: RenderedLine, matrix: np.ndarray) -> RenderedLine:
    """A line in the photograph: its box is the upright hull of its glyphs' moved boxes."""
    glyphs = _hull(line.glyph_boxes, matrix)
    box = (*glyphs[:, :2].min(0).tolist(), *glyphs[:, 2:].max(0).tolist())
    metrics = _hull(np.array([line.metrics_box], np.float32), matrix)[0].tolist()
    scale = _scale(line, matrix)
    return RenderedLine(
        line.text, box, tuple(metrics), line.role, line.face_id, line.size * scale, line.theme, glyphs, line.glyph_text,
        line.color, line.run, line.element,
    )  # fmt: skip


def _scale(line: RenderedLine, matrix: np.ndarray) -> float:
    """How much higher or lower a line is than it was."""
    x, top, bottom = (line.box[0] + line.box[2]) / 2, line.metrics_box[1], line.metrics_box[3]
    a, b = _mapped(np.array([(x, top), (x, bottom)], np.float32), matrix)
    return float(np.hypot(*(b - a))) / max(bottom - top, 1e-6)


def turn_of(line: RenderedLine, matrix: np.ndarray) -> float:
    """By how many degrees a line is turned in the photograph."""
    middle = (line.box[1] + line.box[3]) / 2
    (ax, ay), (bx, by) = _mapped(np.array([(line.box[0], middle), (line.box[2], middle)], np.float32), matrix).tolist()
    return math.degrees(math.atan2(by - ay, bx - ax))


def readable(line: RenderedLine, moved: RenderedLine, matrix: np.ndarray, shot: Shot, size: tuple[int, int]) -> bool:
    """Whether a moved line lies in the picture, is large enough for its blur, and nearly level."""
    x0, y0, x1, y1 = moved.box
    if x0 < 0 or y0 < 0 or x1 > size[0] or y1 > size[1] or abs(turn_of(line, matrix)) > MAX_TURN:
        return False
    own = (line.box[3] - line.box[1]) * moved.size / max(line.size, 1e-6)
    return moved.size >= LEAST + 3.5 * shot.blur and y1 - y0 <= MAX_RISE * max(own, 6.0)


def _framed(image: np.ndarray, matrix: np.ndarray, shot: Shot) -> np.ndarray:
    """The screen in its place, with its bezel and what lies behind (a wall, a desk; paper for a scan)."""
    height, width = image.shape[:2]
    rng = np.random.default_rng(shot.seed)
    if shot.bezel:
        behind = cv2.resize(
            rng.integers(20, 190, (3, 4, 3), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
        )
        pad = shot.bezel * width
        edge = np.array(
            [(-pad, -pad), (width + pad, -pad), (width + pad, height + pad * 1.6), (-pad, height + pad * 1.6)],
            np.float32,
        )
        tone = int(rng.integers(8, 60))
        cv2.fillConvexPoly(behind, np.rint(_mapped(edge, matrix)).astype(np.int32), (tone, tone, tone), cv2.LINE_AA)
    else:
        behind = np.full((height, width, 3), int(rng.integers(235, 256)), np.uint8)
    out = cv2.warpPerspective(
        image, _centred(matrix), (width, height), dst=behind, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
    )
    return cv2.GaussianBlur(out, (0, 0), shot.blur) if shot.blur else out


def _centred(matrix: np.ndarray) -> np.ndarray:
    """The homography for OpenCV, which counts from the middle of the first pixel, not from its edge."""
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]], np.float64)
    return np.asarray(np.linalg.inv(half) @ matrix @ half)


def _lit(image: np.ndarray, shot: Shot) -> np.ndarray:
    """Uneven light, a cast, moiré, glare and noise over a photograph."""
    height, width = image.shape[:2]
    rng = np.random.default_rng(shot.seed + 1)
    if shot.grey:
        image = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    small = (max(height // 8, 2), max(width // 8, 2))
    ys, xs = np.mgrid[0 : small[0], 0 : small[1]].astype(np.float32)
    ys, xs = ys / small[0], xs / small[1]
    angle = rng.uniform(0, math.tau)
    far = np.clip((xs - 0.5) * math.cos(angle) + (ys - 0.5) * math.sin(angle) + 0.5, 0, 1)
    light = cv2.resize(1.0 - shot.shade * far, (width, height), interpolation=cv2.INTER_LINEAR)
    if shot.moire:
        fx, fy, bend = rng.uniform(-0.6, 0.6), rng.uniform(-0.6, 0.6), rng.uniform(0, 4e-4)
        y, x = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)[None]
        light = light * (1.0 + shot.moire * np.sin(fx * x + fy * y + bend * x * y))
    out = image.astype(np.float32) * light[..., None] * np.array(shot.cast, np.float32)
    if shot.glare:
        cx, cy, rx, ry = rng.uniform(0, 1), rng.uniform(0, 1), rng.uniform(0.08, 0.3), rng.uniform(0.08, 0.3)
        spot = shot.glare * np.exp(-(((xs - cx) / rx) ** 2 + ((ys - cy) / ry) ** 2))
        strength = cv2.resize(spot.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
        out = out * (1.0 - strength) + 250.0 * strength
    if shot.noise:
        tile = rng.normal(0, shot.noise, (128, 160, 3)).astype(np.float32)
        out += np.tile(tile, (-(-height // 128), -(-width // 160), 1))[:height, :width]
    return np.ascontiguousarray(np.clip(out + 0.5, 0, 255).astype(np.uint8))
