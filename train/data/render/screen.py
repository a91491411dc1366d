"""Turns a scene into a picture with the exact place of every line and glyph that can be read in it.

`render(scene)` draws; `sample_screen(seed)` makes a random screen. A label is one visual row of one element. Rows with
a wide gap inside (more than `GAP` font sizes) are several labels. What is hidden is not labelled; of a cut row the whole
glyphs are labelled, and the cut ones become ignore regions.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import numpy as np

from train.data.render import shapes
from train.data.render.ink import ROOM, stamp
from train.data.render.placing import Placed, place
from train.data.render.scene import (
    Box,
    Ellipse,
    Icon,
    Ignore,
    Picture,
    Pointer,
    Polyline,
    Rect,
    Scene,
    Squiggle,
    TextRun,
)

GAP = 1.6  # font sizes; a wider gap between two glyphs ends a label
BLOCK = 1024  # seeds that share a pool of fonts: rasterising glyphs costs more than drawing with them
_MAX_CUT = 2  # more cut glyphs than this mean that the row is cut along its length
_CUT_REACH = 5  # glyphs; between two cut ones so near, nothing is legible
_CUT_LEAST = 3  # glyphs; fewer whole ones in a row that is cut along its length are no label


@dataclass(slots=True)
class RenderedLine:
    """One label. `box` hugs the ink; `metrics_box` reaches from the top of 'd' to the bottom of 'p'; float pixels.

    `glyph_boxes` float32 [n, 4] belong to the n visible characters `glyph_text` (no spaces). `run` numbers the text run
    it came from, `element` the paragraph or field (−1 for none).
    """

    text: str
    box: Box
    metrics_box: Box
    role: str
    face_id: str
    size: float
    theme: str
    glyph_boxes: np.ndarray
    glyph_text: str
    color: tuple[int, int, int] = (0, 0, 0)
    run: int = -1
    element: int = -1


@dataclass(slots=True)
class Rendered:
    """A picture (RGB uint8 [H, W, 3]), its labels in painting order, and regions to be neither found nor missed."""

    image: np.ndarray
    lines: list[RenderedLine]
    ignore: list[Box] = field(default_factory=list)


def render(scene: Scene, gamma: float = 1.0) -> Rendered:
    """Draw the scene. The same scene and fonts give the same pixels. `gamma` bends the coverage of text."""
    image = np.empty((scene.height, scene.width, 3), np.uint8)
    shapes.draw_rect(image, Rect(0, 0, scene.width, scene.height, scene.background))
    placed: list[Placed] = []
    waiting: list[Placed] = []
    occluders: list[tuple[int, Box]] = []
    ignored: list[tuple[int, Box]] = []
    pointers: list[Pointer] = []
    for order, element in enumerate(scene.elements):
        match element:
            case TextRun():
                if element.text and not element.text.isspace():
                    item = place(element, order)
                    _decorate(image, item)
                    placed.append(item)
                    waiting.append(item)
            case Rect():
                if element.occludes:
                    _flush(image, waiting, gamma)
                    occluders.append((order, (element.x0, element.y0, element.x1, element.y1)))
                shapes.draw_rect(image, element)
            case Picture():
                if element.occludes:
                    _flush(image, waiting, gamma)
                    occluders.append((order, (element.x0, element.y0, element.x1, element.y1)))
                shapes.draw_picture(image, element)
            case Polyline():
                shapes.draw_polyline(image, element)
            case Ellipse():
                shapes.draw_ellipse(image, element)
            case Icon():
                shapes.draw_icon(image, element)
            case Squiggle():
                shapes.draw_squiggle(image, element)
            case Ignore():
                ignored.append((order, (element.x0, element.y0, element.x1, element.y1)))
            case Pointer():
                pointers.append(element)
    _flush(image, waiting, gamma)
    for pointer in pointers:
        shapes.draw_pointer(image, pointer)
        occluders.append((len(scene.elements), pointer_box(pointer)))
    lines, cut = _labels(placed, occluders, scene)
    frame = (0.0, 0.0, float(scene.width), float(scene.height))
    seen = [_meet(box, frame) for order, box in ignored if not _hidden(box, order, occluders)]
    return Rendered(image, lines, [box for box in [*cut, *seen] if box[2] > box[0] and box[3] > box[1]])


def pointer_box(pointer: Pointer) -> Box:
    """The box that a pointer covers."""
    if pointer.kind == "beam":
        return (pointer.x - 3, pointer.y, pointer.x + 4, pointer.y + 17)
    return (pointer.x - 1, pointer.y - 1, pointer.x + 15 * pointer.scale, pointer.y + 20 * pointer.scale)


def _decorate(image: np.ndarray, item: Placed) -> None:
    """What lies under the glyphs of a run: backgrounds of spans, underlines, strikes."""
    run, atlas, text = item.run, item.atlas, item.run.text
    if not run.spans and not run.underline and not run.strike:
        return
    clip = run.clip or (0.0, 0.0, float(image.shape[1]), float(image.shape[0]))
    end_x = float(item.xs[-1]) + (run.advance or atlas.advance(text[-1]))
    pens = [*item.xs.tolist(), end_x]
    below = item.baseline + max(1, round(run.size / 9))
    for span in run.spans:
        x0, x1 = pens[span.start], pens[min(span.end, len(text))]
        if span.background is not None:
            top, bottom = item.baseline - round(atlas.ascent), item.baseline + round(atlas.descent)
            box = _meet((x0, top, x1, bottom), clip)
            shapes.draw_rect(image, Rect(*box, fill=span.background))
        if span.underline:
            shapes.draw_rect(image, Rect(*_meet((x0, below, x1, below + 1), clip), fill=span.color or run.color))
    color = run.underline_color or run.color
    if run.underline == "wave":
        shapes.draw_squiggle(image, Squiggle(max(pens[0], clip[0]), min(end_x, clip[2]), below, color))
    elif run.underline:
        thick = max(1, run.size // 16)
        shapes.draw_rect(image, Rect(*_meet((pens[0], below, end_x, below + thick), clip), fill=color))
    if run.strike:
        middle = item.baseline - round(atlas.d_top * 0.38)
        shapes.draw_rect(image, Rect(*_meet((pens[0], middle, end_x, middle + 1), clip), fill=color))


def _flush(image: np.ndarray, waiting: list[Placed], gamma: float) -> None:
    free = [p for p in waiting if p.run.clip is None or _inside(p, p.run.clip)]
    if free:
        ys = np.repeat(np.array([p.baseline for p in free], np.int32), [len(p.entries) for p in free])
        entries, xs = np.concatenate([p.entries for p in free]), np.concatenate([p.xs for p in free])
        stamp(image, entries, xs, ys, np.concatenate([p.colors for p in free]), gamma)
    height, width = image.shape[:2]
    for item in waiting:
        clip = item.run.clip
        if clip is None or _inside(item, clip):
            continue
        x0, y0, x1, y1 = max(round(clip[0]), 0), max(round(clip[1]), 0), min(round(clip[2]), width), round(clip[3])
        y1 = min(y1, height)
        if x1 > x0 and y1 > y0:
            part = np.ascontiguousarray(image[y0:y1, x0:x1])
            ys = np.full(len(item.entries), item.baseline - y0, np.int32)
            stamp(part, item.entries, item.xs - x0, ys, item.colors, gamma)
            image[y0:y1, x0:x1] = part
    waiting.clear()


def _inside(item: Placed, clip: Box) -> bool:
    boxes = item.boxes
    return bool(
        boxes[:, 0].min() > clip[0]
        and boxes[:, 2].max() < clip[2]
        and boxes[:, 1].min() > clip[1]
        and boxes[:, 3].max() < clip[3]
    )


def _meet(a: Box, b: Box) -> Box:
    return (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))


def _hidden(box: Box, order: int, occluders: list[tuple[int, Box]]) -> bool:
    return any(
        later > order and o[0] <= box[0] and o[1] <= box[1] and o[2] >= box[2] and o[3] >= box[3]
        for later, o in occluders
    )


def _labels(
    placed: list[Placed], occluders: list[tuple[int, Box]], scene: Scene
) -> tuple[list[RenderedLine], list[Box]]:
    lines: list[RenderedLine] = []
    cut: list[Box] = []
    frame = (0.0, 0.0, float(scene.width), float(scene.height))
    for number, item in enumerate(placed):
        boxes = item.boxes
        inked = boxes[:, 2] > boxes[:, 0]
        if not inked.any():
            continue
        full = boxes[inked]
        x0, y0 = full[:, :2].min(0).tolist()
        x1, y1 = full[:, 2:].max(0).tolist()
        view = frame if item.run.clip is None else _meet(frame, item.run.clip)
        over = [
            o for later, o in occluders if later > item.order and o[0] < x1 and o[2] > x0 and o[1] < y1 and o[3] > y0
        ]
        if not over and x0 >= view[0] and y0 >= view[1] and x1 <= view[2] and y1 <= view[3]:
            if item.run.labelled:
                lines.extend(_split(item, 0, len(boxes), inked, number, scene.theme))
            else:
                cut.append((x0, y0, x1, y1))
            continue
        seen, gone = _visibility(boxes, view, over)
        if not item.run.labelled:
            seen[:] = False
        partial = inked & ~seen & ~gone
        if int(partial.sum()) > _MAX_CUT:
            seen, partial = _cut_along(seen, partial, inked & ~gone)
        cut.extend(_runs_of_boxes(boxes, partial, view))
        hidden = inked & ~seen
        start = 0
        for stop in [*np.flatnonzero(hidden).tolist(), len(boxes)]:
            if stop > start and (seen & inked)[start:stop].any():
                lines.extend(_split(item, start, stop, inked, number, scene.theme))
            start = stop + 1
    return lines, cut


def _visibility(boxes: np.ndarray, view: Box, over: list[Box]) -> tuple[np.ndarray, np.ndarray]:
    """Which glyphs are wholly visible, and which are wholly gone; the others are cut."""
    x0, y0, x1, y1 = boxes.T
    seen = (x0 >= view[0]) & (y0 >= view[1]) & (x1 <= view[2]) & (y1 <= view[3])
    gone = (x1 <= view[0]) | (y1 <= view[1]) | (x0 >= view[2]) | (y0 >= view[3])
    for o in over:
        seen &= (x1 <= o[0]) | (y1 <= o[1]) | (x0 >= o[2]) | (y0 >= o[3])
        gone |= (x0 >= o[0]) & (y0 >= o[1]) & (x1 <= o[2]) & (y1 <= o[3])
    return seen, gone


def _cut_along(seen: np.ndarray, partial: np.ndarray, visible: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is legible of a row that is cut along (a part of) its length: full stops between cut letters are not."""
    at = np.flatnonzero(partial)
    legible = seen.copy()
    for first, second in zip(at[:-1].tolist(), at[1:].tolist(), strict=True):
        if second - first <= _CUT_REACH:
            legible[first:second] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[False], legible & visible, [False]]).astype(np.int8)))
    for start, stop in edges.reshape(-1, 2).tolist():
        if stop - start < _CUT_LEAST:
            legible[start:stop] = False
    return legible, visible & ~legible


def _runs_of_boxes(boxes: np.ndarray, chosen: np.ndarray, view: Box) -> list[Box]:
    """Boxes around neighbouring chosen glyphs, cut to the view."""
    found: list[Box] = []
    at = np.flatnonzero(chosen)
    for group in np.split(at, np.flatnonzero(np.diff(at) > 2) + 1):
        if len(group):
            part = boxes[group]
            box = (*part[:, :2].min(0).tolist(), *part[:, 2:].max(0).tolist())
            found.append(_meet(box, view))
    return found


def _split(item: Placed, start: int, stop: int, inked: np.ndarray, number: int, theme: str) -> list[RenderedLine]:
    """Labels of the characters start..stop of a run, cut at wide gaps."""
    at = np.flatnonzero(inked[start:stop]) + start
    if len(at) == 0:
        return []
    pieces = [at]
    if "  " in item.run.text or item.run.spacing > item.run.size / 2:
        reach = np.maximum.accumulate(item.boxes[at, 2])
        wide = np.flatnonzero(item.boxes[at[1:], 0] - reach[:-1] > GAP * item.run.size) + 1
        pieces = np.split(at, wide)
    run, atlas = item.run, item.atlas
    result = []
    for piece in pieces:
        first, last = int(piece[0]), int(piece[-1])
        boxes = item.boxes[piece].astype(np.float32)
        x0, y0 = boxes[:, :2].min(0).tolist()
        x1, y1 = boxes[:, 2:].max(0).tolist()
        text = run.text[first : last + 1]
        metrics = (x0, item.baseline - atlas.d_top, x1, item.baseline + atlas.p_bottom)
        color = tuple(item.colors[first].tolist())
        result.append(
            RenderedLine(
                text,
                (x0, y0, x1, y1),
                metrics,
                run.role,
                run.face.id,
                float(run.size),
                theme,
                boxes,
                "".join([run.text[i] for i in piece.tolist()]),
                color,
                number,
                run.element,
            )
        )
    return result


def draw_alone(scene: Scene, run: int, gamma: float = 1.0) -> np.ndarray:
    """Only the scene's `run`-th drawn text run, white on black without decoration: what the box test compares with."""
    runs = [e for e in scene.elements if isinstance(e, TextRun) and e.text and not e.text.isspace()]
    plain = tuple(replace(s, color=None, background=None, underline=False) for s in runs[run].spans)
    alone = replace(runs[run], color=(255, 255, 255), spans=plain, underline="", strike=False)
    return render(Scene(scene.width, scene.height, (0, 0, 0), [alone], scene.theme), gamma).image


def sample_screen(seed: int, split: str = "train", size: tuple[int, int] | None = None) -> Rendered:
    """A random screen with its labels.

    `split` is "train" or "held_out" (faces and themes that training never shows). `size` is (width, height) of the
    picture; without it screens of common sizes, windows and crops are drawn. A pure function of its arguments and the
    installed fonts.
    """
    from train.data.render import degrade
    from train.data.render.layouts import pool_of, sample_scene

    ROOM.trim()
    rng = random.Random(f"screen/{split}/{seed}")
    plan = degrade.plan(rng, size)
    scene = sample_scene(rng, pool_of(split, seed // BLOCK), plan.canvas)
    return degrade.apply(render(scene, plan.gamma), plan)
