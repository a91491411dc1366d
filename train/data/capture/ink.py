"""Where the ink is: tight boxes from pixels."""

from __future__ import annotations

import numpy as np

from train.data.capture.core import Box

INK_THRESHOLD = 40
"""A pixel is ink when a channel is at least this far (0..255) from the background: leaves out the faintest antialiasing."""


def ground(patch: np.ndarray) -> np.ndarray:
    """The most frequent colour of a patch, uint8 [h, w, 3] -> int [3]."""
    packed = (patch.reshape(-1, 3).astype(np.int64) * np.array([65536, 256, 1])).sum(axis=1)
    colours, counts = np.unique(packed, return_counts=True)
    colour = int(colours[counts.argmax()])
    return np.array([colour >> 16, colour >> 8 & 255, colour & 255])


def ink_mask(patch: np.ndarray, background: np.ndarray | None = None) -> np.ndarray:
    """Which pixels of uint8 [h, w, 3] differ from the background: bool [h, w]. Faint text gets a lower threshold."""
    colour = ground(patch) if background is None else background
    distance = np.abs(patch.astype(np.int64) - colour).max(axis=2)
    strongest = int(distance.max()) if distance.size else 0
    threshold = min(INK_THRESHOLD, max(8, strongest // 3))
    return distance >= threshold


def tight(mask: np.ndarray, x0: int, y0: int) -> Box | None:
    """The bounding box of the set pixels of a mask whose corner stands at x0, y0; None when nothing is set."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    return (x0 + int(columns[0]), y0 + int(rows[0]), x0 + int(columns[-1]) + 1, y0 + int(rows[-1]) + 1)


def hug(image: np.ndarray, region: tuple[float, float, float, float], margin: int = 0) -> Box | None:
    """Shrinks a region (x0 y0 x1 y1, pixels, may leave the picture) to the ink in it; None when it is blank."""
    height, width = image.shape[:2]
    x0, y0 = max(0, int(np.floor(region[0])) - margin), max(0, int(np.floor(region[1])) - margin)
    x1, y1 = min(width, int(np.ceil(region[2])) + margin), min(height, int(np.ceil(region[3])) + margin)
    if x1 <= x0 or y1 <= y0:
        return None
    return tight(ink_mask(image[y0:y1, x0:x1]), x0, y0)


def hug_text(image: np.ndarray, region: tuple[int, int, int, int], inset: int = 4) -> Box | None:
    """Like `hug`, for text on a button or bar: its frame is left out and a vertical gradient counts as background."""
    height, width = image.shape[:2]
    x0, y0 = max(0, region[0] + inset), max(0, region[1] + inset)
    x1, y1 = min(width, region[2] - inset), min(height, region[3] - inset)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return None
    patch = image[y0:y1, x0:x1].astype(int)
    distance = np.abs(patch - np.median(patch, axis=1, keepdims=True)).max(axis=2)
    return tight(distance >= max(24, min(60, int(distance.max()) // 2)), x0, y0)


def rows_of_ink(image: np.ndarray, region: tuple[int, int, int, int], gap: int = 2) -> list[Box]:
    """The rows of ink in a region, top to bottom, each as its tight box; rows are parted by at least `gap` blank rows."""
    x0, y0, x1, y1 = region
    mask = ink_mask(image[y0:y1, x0:x1])
    filled = mask.any(axis=1)
    boxes: list[Box] = []
    start, blank = -1, 0
    for index, full in enumerate(np.append(filled, [False] * gap)):
        if full:
            start, blank = (index if start < 0 else start), 0
        elif start >= 0:
            blank += 1
            if blank >= gap:
                box = tight(mask[start : index + 1 - blank], x0, y0 + start)
                if box is not None:
                    boxes.append(box)
                start, blank = -1, 0
    return boxes
