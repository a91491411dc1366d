"""Where the decoder looked: for each part of an answer, the weights of its cross-attention over the picture.

The mean over heads and layers of where a token came from, as `Engine.attention` records it. Attention shows what was available to a
token, which is not always what it rests on; for copied parts, the boxes of `mmgpt.copied` are the stronger evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from mmgpt.prompts import FIELD_PROMPTS
from mmgpt.schema import clip

if TYPE_CHECKING:
    import numpy as np

    from mmgpt.generate import Answer, Engine, Seen
    from vision.image import LoadedImage

HEAT_SCHEMA = "mmgpt.heat/1"
MOST_TOKENS = 96
QUESTION = "Describe the picture."
"""What is asked where neither a question nor a field is given."""


def heat(
    engine: Engine, loaded: LoadedImage, *, question: str | None = None, field: str | None = None
) -> dict[str, Any]:
    """Answers a question about a picture, or names a field of it, and says where each part of the answer looked.

    Returns the JSON object {schema, image, question, field, answer, tokens: [text] * T, boxes: [[x0, y0, x1, y1]] * N, kinds: ["word" |
    "area"] * N, weights: [[N numbers]] * T, copied: [box or null] * T}. Boxes are pixels of the original: first the words that were
    read, then what the tower saw. Each row of weights is at least 0 and sums to 1. Tokens that make up one letter or one copied span are
    one part; all parts joined are the answer. `copied` is where a part's letters stand, if it was copied from the picture. Raises KeyError
    for a field that is none, ValueError for a model without cross-attention.
    """
    from mmgpt.generate import Conversation, Sampling

    prompt = FIELD_PROMPTS[field] if field is not None else (question or QUESTION)
    seen = engine.look(loaded.pixels)
    conversation = Conversation().ask(seen, prompt)
    answer = engine.answer(conversation, Sampling(max_tokens=MOST_TOKENS))
    weights = engine.attention(conversation, answer).float().cpu().numpy()  # [T, N]
    parts = parts_of_answer(engine, conversation.pictures, answer)
    boxes, kinds = places(engine, seen)
    width, height = loaded.width, loaded.height
    return {
        "schema": HEAT_SCHEMA,
        "image": {"width": width, "height": height, "sha256": loaded.sha256},
        "question": question,
        "field": field,
        "answer": answer.text,
        "tokens": [text for text, _ in parts],
        "boxes": [list(clip(box, width, height)) for box in boxes],
        "kinds": kinds,
        "weights": [_row(weights, rows) for _, rows in parts],
        "copied": _copied(answer, conversation.pictures, [text for text, _ in parts]),
    }


def _copied(answer: Answer, pictures: Sequence[Seen], texts: Sequence[str]) -> list[list[int] | None]:
    """The box of each part that was copied; None for the others."""
    from mmgpt.copied import copied_parts

    spans = copied_parts(answer, pictures)
    found: list[list[int] | None] = []
    at = 0
    for text in texts:
        own = [span for span in spans if span.start < at + len(text) and at < span.end]
        found.append(list(own[0].box) if own else None)
        at += len(text)
    return found


def parts_of_answer(engine: Engine, pictures: Sequence[Seen], answer: Answer) -> list[tuple[str, list[int]]]:
    """An answer in parts that can be read, each with the tokens that it is made of: (text, indices of `answer.ids`)."""
    from mmgpt.chat import Piecewise, form_of

    config = engine.model.config
    slots = [(number, i, seen.perceived.pieces) for number, seen in enumerate(pictures) for i in range(seen.pieces)]
    writer = Piecewise(
        engine.tokenizer, config.decoder.vocab_size, config.pointers, slots[: config.pointers], (), form_of(config).strips
    )  # fmt: skip
    parts: list[tuple[str, list[int]]] = []
    waiting: list[int] = []
    for index, token in enumerate(answer.ids):
        last = index + 1 == len(answer.ids)
        writer.add(token, last=answer.finish == "end" and last)
        waiting.append(index)
        text = writer.flush(last=last)  # bytes that are no whole letter yet are held back, and given at the end
        if text:
            parts.append((text, waiting))
            waiting = []
    if waiting and parts and answer.finish != "end":  # a pointer without its other half says nothing of its own
        parts[-1] = (parts[-1][0], parts[-1][1] + waiting)
    return parts


def places(engine: Engine, seen: Seen) -> tuple[list[tuple[int, int, int, int]], list[str]]:
    """The box of each of the N memory tokens of a picture, in pixels of the original, and whether it is a "word" or an "area"."""
    from mmgpt.copied import Part, part_box, source_line

    perceived = seen.perceived
    boxes = []
    for piece in perceived.pieces[: seen.pieces]:
        line = perceived.lines[source_line(perceived, Part(piece.line, piece.start, piece.end))]
        boxes.append(part_box(line, piece.start, piece.end))
    kinds = ["word"] * len(boxes)
    areas = _areas(engine, seen, len(seen.tokens) - seen.pieces)
    return [*boxes, *areas], [*kinds, *["area"] * len(areas)]


def _areas(engine: Engine, seen: Seen, count: int) -> list[tuple[int, int, int, int]]:
    """The boxes of `count` tokens that the projector made of the tower's features."""
    width, height = seen.perceived.page.size
    whole = (0, 0, width, height)
    features = seen.perceived.features
    if features is None or not count:
        return [whole] * count
    positions = features.positions[0].float().cpu().numpy()
    there = features.mask[0].cpu().numpy()
    if int(there.sum()) == count:  # a token a place
        return [_pixels(position, width, height) for position in positions[there]]
    shuffle = engine.model.config.projector.shuffle
    if engine.model.config.projector.kind == "pixel_shuffle" and features.grid is not None:
        merged = _merged(positions, there, features.grid, shuffle)
        if len(merged) == count:
            return [_pixels(position, width, height) for position in merged]
    return [whole] * count  # learned queries look at all of it


def _merged(positions: np.ndarray, there: np.ndarray, grid: tuple[int, int], n: int) -> list[np.ndarray]:
    """positions [rows · columns, 4] of which bool [rows · columns] are there → a box for each n × n neighbours that are."""
    import numpy as np

    rows, columns = grid
    positions, there = positions.reshape(rows, columns, 4), there.reshape(rows, columns)
    found = []
    for top in range(0, rows, n):
        for left in range(0, columns, n):
            own = positions[top : top + n, left : left + n][there[top : top + n, left : left + n]]
            if len(own):
                found.append(np.concatenate([own[:, :2].min(0), own[:, 2:].max(0)]))
    return found


def _pixels(position: np.ndarray, width: int, height: int) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = (float(value) for value in position)
    return (int(x0 * width), int(y0 * height), -int(-x1 * width // 1), -int(-y1 * height // 1))


def _row(weights: np.ndarray, rows: Sequence[int]) -> list[float]:
    """The mean of some rows of weights [T, N] as numbers of six digits that sum to 1."""
    mean = weights[list(rows)].mean(0).astype("float64")
    total = float(mean.sum())
    if not total > 0:
        return [round(1 / max(len(mean), 1), 6)] * len(mean)
    return [round(value, 6) for value in cast("list[float]", (mean / total).tolist())]
