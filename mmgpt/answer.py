"""Fields by the decoder: it is asked for each, over a picture that was looked at once, and its answers become values with evidence.

The extractor is quick and always there; the decoder answers a field only where a weights folder says that it does so better (`fields` in
its config.json), and then the extractor is its floor and its witness.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmgpt import NANO_WEIGHTS
from mmgpt.copied import Part, parts_of, source_line
from mmgpt.extraction import Extraction, FieldValue
from mmgpt.extractor.aliases import canonical
from mmgpt.extractor.compose import Seen as Scene
from mmgpt.extractor.compose import caption_of
from mmgpt.extractor.join import join_message, squeeze
from mmgpt.prompts import FIELD_PROMPTS, NO_PICTURE, NONE, REFUSALS
from mmgpt.schema import CATEGORIES, FIELDS, KINDS
from mmgpt.witness import combine
from vision.reader.weights import WeightsError, read_config

if TYPE_CHECKING:
    from mmgpt.generate import Answer, Engine, Seen
    from mmgpt.perception import Perceived
    from vision.reader.types import Line, PerceivedLine, TextReader

    Policy = Mapping[str, str]

CAPTION = "caption"
CAPTION_QUESTION = "Describe the picture."
WHO = ("extractor", "decoder")
UNSURE = FieldValue(None, 0.0)
"""What the decoder makes of a field that it gave no usable answer for. A None of any confidence is a claim: there is none."""
MOST_TOKENS = 128
_LONGEST_NAME = 48
_QUOTED = re.compile("“([^“”]*)”")


def fields_by_decoder(
    engine: Engine, seen: Seen, names: Sequence[str] = FIELDS, *, terminal: bool = False
) -> dict[str, FieldValue]:
    """The fields `names` as the decoder answers them, side by side over one picture.

    `confidence` is the probability of the answer; `lines` are indices of `seen.lines`. `terminal` says whether a message of several
    rows is joined as a terminal wraps it, where "kind" is not among the fields.
    """
    answers = _asked(engine, seen, names)
    return _values(answers, seen, terminal)


def _asked(engine: Engine, seen: Seen, names: Sequence[str]) -> dict[str, Answer]:
    from mmgpt.generate import Sampling

    prompts = {**FIELD_PROMPTS, CAPTION: CAPTION_QUESTION}
    return engine.fields(seen, {name: prompts[name] for name in names}, Sampling(max_tokens=MOST_TOKENS))


def _values(answers: Mapping[str, Answer], seen: Seen, terminal: bool) -> dict[str, FieldValue]:
    values = {
        name: field_value(name, answers[name], seen, terminal) for name in answers if name not in (CAPTION, "message")
    }
    if "message" in answers:
        kind = values.get("kind", UNSURE).value
        values["message"] = field_value(
            "message", answers["message"], seen, terminal if kind is None else kind == "terminal"
        )
    return {name: values[name] for name in answers if name in values}


def field_value(name: str, answer: Answer, seen: Seen, terminal: bool = False) -> FieldValue:
    """One answer as a value; UNSURE where it is cut, is none of the schema's words, or was not read in the picture though it must be.

    Raises KeyError for a name that is no field.
    """
    text, sure = squeeze(answer.text), answer.confidence
    if name not in FIELD_PROMPTS:
        raise KeyError(f"{name} is no field; fields are {', '.join(FIELD_PROMPTS)}")
    if answer.finish != "end" or not text:
        return UNSURE
    if name == "is_error":
        return FieldValue(text == "yes", sure) if text in ("yes", "no") else UNSURE
    if name in ("kind", "category"):
        return FieldValue(text, sure) if text in (KINDS if name == "kind" else CATEGORIES) else UNSURE
    if text == NONE and not answer.spans:
        return FieldValue(None, sure)
    parts = _verbatim(answer, seen.perceived)
    if name == "app":
        if len(text) > _LONGEST_NAME:
            return UNSURE
        if parts is None:  # a program is often known though its name stands nowhere
            return FieldValue(canonical(text), sure)
        shown = " ".join(_text(seen.perceived, part) for part in parts)
        return FieldValue(canonical(squeeze(shown)), sure, _lines(seen.perceived, parts), shown)
    if parts is None or (name == "error_code" and len(parts) > 1):
        return UNSURE
    text = squeeze(_joined(seen.perceived, parts, name == "message" and terminal))
    return FieldValue(text, sure, _lines(seen.perceived, parts), text)


def _verbatim(answer: Answer, perceived: Perceived) -> list[Part] | None:
    """The parts of lines that an answer consists of, one a line, downwards; None where anything of it stands nowhere or is out of order."""
    page = perceived.page
    outside, at = "", 0
    for span in answer.spans:
        outside, at = outside + answer.text[at : span.start], span.end
    outside += answer.text[at:]
    if not answer.spans:  # spelled out, as what is too far down a long page to be pointed at
        whole = re.compile(rf"(?<!\w){re.escape(answer.text.strip())}(?!\w)")
        hits = ((i, whole.search(text)) for i, text in enumerate(page.texts))
        return next(([Part(i, *hit.span())] for i, hit in hits if hit is not None), None)
    if outside.strip():
        return None
    parts: list[Part] = []
    for part in (part for span in answer.spans for part in parts_of(span, perceived)):
        if parts and (part.line, part.start) < (parts[-1].line, parts[-1].end):
            return None
        if parts and part.line == parts[-1].line:
            parts[-1] = Part(part.line, parts[-1].start, part.end)
        else:
            parts.append(part)
    return parts


def _text(perceived: Perceived, part: Part) -> str:
    return perceived.page.texts[part.line][part.start : part.end]


def _lines(perceived: Perceived, parts: Sequence[Part]) -> tuple[int, ...]:
    return tuple(source_line(perceived, part) for part in parts)


def _joined(perceived: Perceived, parts: Sequence[Part], terminal: bool) -> str:
    """Parts as one text, joined as the extractor joins lines: boxes are cut with the texts, so that what is wrapped is still seen."""
    page = perceived.page
    texts, boxes = list(page.texts), page.boxes.copy()
    for part in parts:
        x0, _, x1, _ = page.boxes[part.line]
        cell = (x1 - x0) / max(len(page.texts[part.line]), 1)
        boxes[part.line, 0], boxes[part.line, 2] = (
            x0 + cell * part.start,
            x1 - cell * (len(texts[part.line]) - part.end),
        )
        texts[part.line] = _text(perceived, part)
    edges = np.concatenate([page.boxes[:, 0].min(keepdims=True), page.boxes[:, 2].max(keepdims=True)])
    frame = np.array([[edges[0], 0, edges[1], 1]], np.float32)  # the page's edges stay where they are
    cut = replace(page, texts=(*texts, ""), boxes=np.concatenate([boxes, frame]))
    return join_message(cut, [part.line for part in parts], terminal)


class FieldDecoder:
    """A decoder that answers some fields, and which: `policy` as `load_policy` gives it. Threads may share it."""

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self.engine, self.policy = engine, dict(policy)
        self.names = tuple(name for name in (*FIELDS, CAPTION) if self.policy.get(name) == "decoder")

    def revise(self, extraction: Extraction, lines: Sequence[Line | PerceivedLine], image: np.ndarray) -> Extraction:
        """The extraction of a picture (RGB uint8 [H, W, 3]) and its read lines, with the decoder's say where it has one."""
        seen = self.engine.look(image, lines)
        if not self.names or not len(seen.tokens):
            return extraction
        answers = _asked(self.engine, seen, self.names)
        terminal = extraction.kind.value == "terminal"
        combined = combine(extraction, _values(answers, seen, terminal), self.policy)
        combined = recaptioned(extraction, combined, seen.perceived)
        if CAPTION in answers and usable_caption(answers[CAPTION], combined):
            combined = replace(combined, caption=squeeze(answers[CAPTION].text))
        return combined


def usable_caption(answer: Answer, extraction: Extraction) -> bool:
    """Whether a decoder's caption may stand: it is whole, is a caption, quotes nothing that was not copied, and fits `is_error`."""
    if answer.finish != "end" or not answer.text.strip() or answer.text.strip() in (*REFUSALS, NO_PICTURE):
        return False
    own, at = "", 0
    for span in answer.spans:
        own, at = own + answer.text[at : span.start], span.end
    own += answer.text[at:]
    if any(quoted.strip() for quoted in _QUOTED.findall(own)):
        return False
    return not re.search(r"\bno error\b" if extraction.is_error.value else r"\breports\b|\bAn error\b", own)


def recaptioned(before: Extraction, after: Extraction, perceived: Perceived) -> Extraction:
    """`after` with a caption composed of its own fields; the extractor's where nothing in it changed."""
    names = ("is_error", "app", "kind", "message", "error_code")
    if all(getattr(before, name).value == getattr(after, name).value for name in names):
        return after
    # Of a title or a command the extractor leaves no trace but the quotation in its caption of a normal screen.
    quoted = None if before.is_error.value else _QUOTED.search(before.caption)
    title = quoted.group(1) if quoted else None
    ground = perceived.page.ground

    def text(name: str) -> str | None:
        return getattr(after, name).value or None

    scene = Scene(
        is_error=bool(after.is_error.value),
        kind=text("kind") or "other",
        app=text("app"),
        message=text("message"),
        code=text("error_code"),
        luma=0.299 * ground[0] + 0.587 * ground[1] + 0.114 * ground[2],
        headline=None if before.kind.value == "terminal" else title,
        command=title if before.kind.value == "terminal" else None,
        lines=len(perceived.page.texts),
    )
    return replace(after, caption=caption_of(scene))


def load_policy(folder: Path | None = None) -> dict[str, str]:
    """Who answers each field and the caption ("extractor" or "decoder"), from `fields` in a folder's config.json; the extractor by default.

    Raises WeightsError where it names something else.
    """
    folder = folder or NANO_WEIGHTS
    names = (*FIELDS, CAPTION)
    given = read_config(folder).get("fields", {})
    if not isinstance(given, dict) or set(given) - set(names) or any(who not in WHO for who in given.values()):
        raise WeightsError(
            f'{folder / "config.json"} has "fields" that are not understood ({given}): name {", ".join(names)} with {" or ".join(WHO)}'
        )
    return {name: given.get(name, WHO[0]) for name in names}


def load_decoder(folder: Path | None = None, reader: TextReader | None = None) -> FieldDecoder | None:
    """The decoder of a folder, to give to `caption_image`; None where the folder has no language model or leaves all to the extractor.

    `reader` is one that is loaded already. Raises WeightsError for what is missing or damaged.
    """
    from mmgpt.checkpoint import has_model, load_engine

    folder = folder or NANO_WEIGHTS
    if not has_model(folder):
        return None
    policy = load_policy(folder)
    if "decoder" not in policy.values():
        return None
    return FieldDecoder(load_engine(folder, reader), policy)
