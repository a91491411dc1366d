"""Preference pairs: JSON lines of a question, the answer that should be given and the one that should not; and their rows of ids.

    {"prompt": "Which port is it?", "chosen": "8080", "rejected": "808O", "image": "shots/1.png"}

`prompt` is a question about the picture, or messages up to where the assistant answers (a part {"type": "image"} says where the picture
is shown). `image` is a file beside the JSON lines, or absolute. What `mmgpt correct --export` writes has the lines that were read
instead of a picture, and rows without a chosen answer, which are left out.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmgpt.chat import Message, form_of, plain_ids, render
from mmgpt.config import ModelConfig
from mmgpt.copying import LONGEST_SPAN
from mmgpt.extractor.page import Page, row_order
from mmgpt.perception import Perceived, Perceiver
from mmgpt.pieces import Piece, span_text
from mmgpt.prompts import NONE
from mmgpt.vocabulary import CATEGORIES, KINDS
from train.data.perception import IGNORED, Row
from vision.image import load_image

log = logging.getLogger(__name__)
_QUOTED = re.compile("“([^”]+)”")
_SAID = {*CATEGORIES, *KINDS, "yes", "no", NONE}
_PICTURE = object()


@dataclass(frozen=True)
class Pair:
    """Messages up to the answer (pictures are any object that is no text), both answers, and the picture or the lines read in one."""

    messages: tuple[Message, ...]
    chosen: str
    rejected: str
    image: Path | None = None
    lines: tuple[tuple[str, tuple[float, float, float, float], float], ...] = ()

    @property
    def shows(self) -> bool:
        """Whether there is a picture, or what was read in one."""
        return self.image is not None or bool(self.lines)


def read_pairs(path: Path) -> list[Pair]:
    """All pairs of a file. Rows without a chosen answer are counted and left out.

    Raises FileNotFoundError where it is missing, and ValueError naming file and line for what is no pair, or one whose answers are alike:
    there is nothing to prefer, and the loss would stay at log 2.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: --data of prefer names a file of preference pairs (JSON lines)")
    pairs: list[Pair] = []
    undecided = 0
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 ({error.reason} at byte {error.start})") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("it is no object")
            if row.get("chosen", "") is None:
                undecided += 1
                continue
            pairs.append(_pair(row, path.parent))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            detail = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"{path}, line {number}: {detail}") from error
    if undecided:
        log.info("%s: %d rows have no chosen answer and teach nothing", path, undecided)
    if not pairs:
        raise ValueError(f"{path} holds no preference pairs")
    return pairs


def _pair(row: dict[str, Any], folder: Path) -> Pair:
    chosen, rejected = _answer(row["chosen"], "chosen"), _answer(row["rejected"], "rejected")
    if chosen == rejected:
        raise ValueError(f"chosen and rejected are both {chosen[:60]!r}: there is nothing to prefer")
    name = row.get("image") or row.get("picture") or row.get("images")
    if isinstance(name, list):
        if len(name) != 1:
            raise ValueError(f"{len(name)} pictures; a pair is about one at most")
        name = name[0]
    image = None
    if name is not None:
        if not isinstance(name, str):
            raise ValueError("image must be the name of a file")
        image = folder / name
        if not image.is_file():
            raise ValueError(f"there is no picture {image}")
    lines = () if image is not None else tuple(_line(entry) for entry in row.get("lines") or ())
    messages = _messages(row["prompt"], image is not None or bool(lines))
    return Pair(messages, chosen, rejected, image, lines)


def _answer(value: Any, name: str) -> str:
    if isinstance(value, list):  # messages of the assistant, as other trainers' data have it
        value = value[-1].get("content") if value and isinstance(value[-1], dict) else None
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must be a text that is not empty")
    return value.strip()


def _line(entry: Any) -> tuple[str, tuple[float, float, float, float], float]:
    box = entry["box"]
    x0, y0, x1, y1 = (float(v) for v in (box if isinstance(box, list) else [box[k] for k in ("x0", "y0", "x1", "y1")]))
    return str(entry["text"]), (x0, y0, x1, y1), float(entry.get("confidence", 1.0))


def _messages(prompt: Any, shows: bool) -> tuple[Message, ...]:
    if isinstance(prompt, str):
        return (Message("user", (_PICTURE, prompt) if shows else (prompt,)),)
    if not isinstance(prompt, list) or not prompt:
        raise ValueError("prompt must be a question or a list of messages")
    messages = []
    for entry in prompt:
        content = entry["content"]
        parts: list[Any] = [content]
        if not isinstance(content, str):
            parts = [_PICTURE if part["type"] == "image" else part["text"] for part in content]
        if not all(part is _PICTURE or isinstance(part, str) for part in parts):
            raise ValueError("a part of a message must be a text or a picture")
        messages.append(Message(str(entry["role"]), tuple(parts)))
    if messages[-1].role != "user":
        raise ValueError(f"the prompt ends with a message of {messages[-1].role}; the assistant answers the user")
    places = sum(part is _PICTURE for message in messages for part in message.parts)
    if places != int(shows):
        raise ValueError(f"the prompt shows {places} pictures, the row has {int(shows)}")
    return tuple(messages)


def page_of(lines: tuple[tuple[str, tuple[float, float, float, float], float], ...]) -> Page:
    """A page from lines alone; of their colours nothing is known."""
    kept = [line for line in lines if line[0].strip()]
    boxes = np.array([box for _, box, _ in kept], dtype=np.float32).reshape(-1, 4)
    order = row_order(boxes)
    right, bottom = (float(boxes[:, i].max()) if len(boxes) else 1.0 for i in (2, 3))
    return Page(
        tuple(kept[i][0].strip() for i in order), boxes[order], np.array([kept[i][2] for i in order], np.float32),
        np.zeros((len(kept), 8), np.float32), order, (max(1, round(right)), max(1, round(bottom))), (1.0, 1.0, 1.0),
    )  # fmt: skip


class PairMaker:
    """Rows of ids for pairs. Pictures are perceived once; their memory is not kept, since projectors may learn."""

    def __init__(self, config: ModelConfig, tokenizer: Any, perceiver: Perceiver) -> None:
        self.config, self.tokenizer, self.perceiver = config, tokenizer, perceiver
        self._perceived: dict[Any, Perceived] = {}

    def perceived(self, pair: Pair) -> Perceived | None:
        """What is perceived of a pair's picture; None without one."""
        if not pair.shows:
            return None
        key = pair.image or pair.lines
        if key not in self._perceived:
            if pair.image is not None:
                found = self.perceiver(load_image(pair.image).pixels)
            else:
                if self.perceiver.encoder is None:
                    raise ValueError("these pairs have read lines and no pictures, and this model does not read lines")
                page = page_of(pair.lines)
                found = Perceived([], page, *self.perceiver.encoder(page), None)
            self._perceived[key] = found
        return self._perceived[key]

    def rows(self, pair: Pair) -> tuple[Row, Row]:
        """The row of the chosen answer and that of the rejected one. Raises ValueError where both are the same ids."""
        seen = self.perceived(pair)
        pieces: list[Piece] = [] if seen is None else seen.pieces
        images = None
        if self.config.fusion == "prefix" and seen is not None:
            images = [len(pieces) + self._visual(seen)]
        prompt = render(self.tokenizer, pair.messages, images, config=self.config)
        answers = [self.answer_ids(text, pieces) for text in (pair.chosen, pair.rejected)]
        if answers[0] == answers[1]:
            raise ValueError(f"chosen {pair.chosen[:60]!r} and rejected {pair.rejected[:60]!r} are the same tokens")
        chosen, rejected = (self._row(prompt, answer, seen) for answer in answers)
        return chosen, rejected

    def _row(self, prompt: list[int], answer: list[int], seen: Perceived | None) -> Row:
        ids = torch.tensor([*prompt, *answer])
        most = self.config.decoder.max_positions
        if len(ids) > most:
            raise ValueError(f"a pair has {len(ids)} tokens; this model takes {most}")
        labels = torch.tensor([IGNORED] * len(prompt) + answer)
        row = Row(ids, labels, torch.zeros_like(ids), False, None if seen is None else seen.tensors)
        row.features = None if seen is None else seen.features
        return row

    def _visual(self, seen: Perceived) -> int:
        """Memory tokens that the tower's features become."""
        features, part = seen.features, self.config.projector
        if features is None:
            return 0
        rows, columns = features.grid or (1, features.features.shape[1])
        if part.kind == "resampler":
            return part.queries
        if part.kind == "pixel_shuffle":
            return -(-rows // part.shuffle) * -(-columns // part.shuffle)
        return rows * columns

    # -- answers -----------------------------------------------------------------------------------------------------------------

    def answer_ids(self, text: str, pieces: list[Piece]) -> list[int]:
        """Ids of an answer with its end token. What the model would copy is copied: an answer, or a quotation in it, that stands in the
        picture. Names of categories and kinds are said, not copied."""
        ids: list[int] = []
        whole = None if text.lower() in _SAID else self._span(text, pieces)
        if whole is not None:
            ids = whole
        else:
            at = 0
            for found in _QUOTED.finditer(text):
                span = self._span(found.group(1), pieces)
                if span is not None:
                    ids += [*self._plain(text[at : found.start(1)]), *span]
                    at = found.end(1)
            ids += self._plain(text[at:])
        return [*ids, self.config.end_token]

    def _plain(self, text: str) -> list[int]:
        return plain_ids(self.tokenizer, text, form_of(self.config).control) if text else []

    def _span(self, text: str, pieces: list[Piece]) -> list[int] | None:
        """The two pointers of a text that stands in the pieces; None where it does not, or cannot be pointed at."""
        V, P = self.config.decoder.vocab_size, self.config.pointers
        for first, piece in enumerate(pieces[:P]):
            if not text.startswith(piece.text):
                continue
            for last in range(first, min(len(pieces), P, first + LONGEST_SPAN)):
                said = span_text(pieces, first, last)
                if said == text:
                    return [V + first, V + P + last]
                if not text.startswith(said):
                    break
        return None
