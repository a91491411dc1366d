"""What happens to a screenshot on its way: scaling by fractions, JPEG, blur, fewer colours. Labels move along."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import cv2
import numpy as np

from train.data.render import phone, private
from train.data.render.scene import Box
from train.data.render.screen import Rendered, RenderedLine

PHONE_SHARE = 0.04  # of whole screens are photographed
SCAN_SHARE = 0.008  # are printed and scanned
SCREENS = ((1280, 800), (1280, 800), (1366, 768), (1280, 720), (1024, 768), (1440, 900), (800, 600), (1600, 900))


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done to a picture, drawn before it is rendered.

    `canvas` is the size to render at, `size` the final one (width, height).
    """

    canvas: tuple[int, int]
    size: tuple[int, int]
    gamma: float = 1.0
    interpolation: int = cv2.INTER_AREA
    blur: float = 0.0
    jpeg: int = 0  # quality, 0 for none
    chroma: bool = True  # JPEG with halved colour resolution
    levels: int = 0  # colours a channel, 0 for all
    noise: float = 0.0
    contrast: float = 1.0
    seed: int = 0
    private: str = ""  # how parts that nobody should see are hidden: one of private.WAYS
    watermark: float = 0.0  # strength of faint words across the picture
    shot: phone.Shot | None = None  # the photograph or scan that was taken of it


WHOLE = (800, 480)  # pixels; only pictures at least as large are photographed: crops of them are for exact boxes


def plan(rng: random.Random, size: tuple[int, int] | None = None, clean: bool = False) -> Plan:
    """Draw a plan for a picture of `size` (width, height), or of a common screen size. Most screenshots are unharmed."""
    final = size if size is not None else rng.choice(SCREENS)
    gamma = rng.choice((1.0, 1.0, 1.0, 0.8, 0.9, 1.15, 1.3))
    if clean:
        return Plan(final, final, gamma)
    scale = 1.0
    if rng.random() < 0.22:
        scale = rng.choice((0.8, 0.85, 0.9, 1.1, 1.25, 1.25, 1.33, 1.5, rng.uniform(0.8, 1.5)))
    canvas = (max(round(final[0] / scale), 16), max(round(final[1] / scale), 16))
    ways = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_CUBIC) if scale < 1 else (cv2.INTER_LINEAR, cv2.INTER_CUBIC)
    drawn = Plan(
        canvas,
        final,
        gamma,
        rng.choice((*ways, cv2.INTER_LANCZOS4)),
        rng.uniform(0.3, 0.7) if rng.random() < 0.08 else 0.0,
        rng.choice((95, 92, 90, 85, 80, 75, 70, 60, 50)) if rng.random() < 0.25 else 0,
        rng.random() < 0.7,
        rng.choice((6, 8, 16)) if rng.random() < 0.04 else 0,
        rng.uniform(1, 5) if rng.random() < 0.05 else 0.0,
        rng.uniform(0.6, 0.95) if rng.random() < 0.06 else 1.0,
        rng.getrandbits(31),
    )
    hidden = rng.choice(private.WAYS) if rng.random() < 0.03 else ""
    faint = rng.uniform(0.04, 0.12) if rng.random() < 0.02 else 0.0
    taken, shot = rng.random(), None
    if final[0] >= WHOLE[0] and final[1] >= WHOLE[1]:
        if taken < PHONE_SHARE:
            shot = phone.draw_phone(rng)
        elif taken < PHONE_SHARE + SCAN_SHARE:
            shot = phone.draw_scan(rng)
    if shot is not None:  # what a camera sees is not scaled by fractions, and always compressed
        drawn = replace(drawn, canvas=final, blur=0.0, noise=0.0, levels=0, jpeg=drawn.jpeg or 85)
    return replace(drawn, private=hidden, watermark=faint, shot=shot)


def rescaled(plan: Plan, canvas: tuple[int, int]) -> Plan:
    """The same plan for a picture that is drawn at `canvas`; its final size follows."""
    final = tuple(max(round(c * s / p), 16) for c, s, p in zip(canvas, plan.size, plan.canvas, strict=True))
    return replace(plan, canvas=canvas, size=(final[0], final[1]))


def apply(rendered: Rendered, plan: Plan) -> Rendered:
    """The picture after the plan, with boxes in its pixels.

    Raises ValueError when the picture is not `plan.canvas` in size.
    """
    height, width = rendered.image.shape[:2]
    if (width, height) != plan.canvas:
        raise ValueError(f"the plan is for a picture of {plan.canvas}, not {(width, height)}; render at plan.canvas")
    if plan.private:
        rendered = private.hide(rendered, plan.private, plan.seed)
    if plan.watermark:
        rendered = replace(rendered, image=private.watermark(rendered.image, plan.watermark, plan.seed))
    if plan.shot is not None:
        rendered = phone.apply(rendered, plan.shot)
    image = rendered.image
    if plan.canvas != plan.size:
        image = cv2.resize(image, plan.size, interpolation=plan.interpolation)
    if plan.blur:
        image = cv2.GaussianBlur(image, (3, 3), plan.blur)
    if plan.contrast != 1.0:
        image = cv2.convertScaleAbs(image, alpha=plan.contrast, beta=127 * (1 - plan.contrast))
    if plan.levels:
        step = 255 / (plan.levels - 1)
        table = np.rint(np.rint(np.arange(256) / step) * step).clip(0, 255).astype(np.uint8)
        image = cv2.LUT(image, table)
    if plan.noise:
        # One tile of noise, repeated: sensors and bad cables, at a tenth of the cost of fresh noise.
        tile = np.random.default_rng(plan.seed).normal(0, plan.noise, (96, 128, 3)).astype(np.int16)
        tall, wide = -(-image.shape[0] // 96), -(-image.shape[1] // 128)
        spread = np.tile(tile, (tall, wide, 1))[: image.shape[0], : image.shape[1]]
        image = np.clip(image.astype(np.int16) + spread, 0, 255).astype(np.uint8)
    if plan.jpeg:
        image = _jpeg(image, plan.jpeg, plan.chroma)
    image = np.ascontiguousarray(image)
    fx, fy = plan.size[0] / plan.canvas[0], plan.size[1] / plan.canvas[1]
    if (fx, fy) == (1.0, 1.0):
        return Rendered(image, rendered.lines, rendered.ignore)
    return Rendered(
        image, [_scaled(line, fx, fy) for line in rendered.lines], [_box(b, fx, fy) for b in rendered.ignore]
    )


def _jpeg(image: np.ndarray, quality: int, chroma: bool) -> np.ndarray:
    sampling = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if chroma else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    done, data = cv2.imencode(".jpg", image[..., ::-1], options)
    if not done:
        raise RuntimeError("OpenCV could not encode a JPEG")
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise RuntimeError("OpenCV could not decode the JPEG that it had encoded")
    return np.asarray(decoded[..., ::-1])


def _box(box: Box, fx: float, fy: float) -> Box:
    return (box[0] * fx, box[1] * fy, box[2] * fx, box[3] * fy)


def _scaled(line: RenderedLine, fx: float, fy: float) -> RenderedLine:
    factor = np.array([fx, fy, fx, fy], np.float32)
    return RenderedLine(
        line.text,
        _box(line.box, fx, fy),
        _box(line.metrics_box, fx, fy),
        line.role,
        line.face_id,
        line.size * fy,
        line.theme,
        line.glyph_boxes * factor,
        line.glyph_text,
        line.color,
        line.run,
        line.element,
    )
