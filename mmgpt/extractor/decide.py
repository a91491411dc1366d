"""From the network's scores to fields: calibrated probabilities, pointers resolved to verbatim text, abstention."""

from __future__ import annotations

import re
from dataclasses import dataclass

import torch
from torch import Tensor

from mmgpt.extraction import Extraction, FieldValue
from mmgpt.extractor.aliases import app_key, canonical
from mmgpt.extractor.compose import Seen, caption_of
from mmgpt.extractor.join import join_message, may_go_on, squeeze, trim_message
from mmgpt.extractor.letters import WARNING, unknown_letters
from mmgpt.extractor.model import Batch, LineNetwork, Output
from mmgpt.extractor.prepare import Prepared

# Below these the field is left empty. None for is_error: a caption must say the one or the other.
THRESHOLDS = {"app": 0.3, "kind": 0.3, "message": 0.25, "error_code": 0.4, "category": 0.25}
ILLEGIBLE = 0.6  # confidence in "no error" where the text could not be read: rather none than not, but hardly known
_FOLLOWS = 0.4
_FOLLOWS_SENTENCE = 0.9  # after a full stop: the message is one sentence as a rule
_MOST_LINES = 12
_COMMAND = re.compile(r"^.{0,60}?[$#%❯>➜]\s+(.+)$")


@dataclass(frozen=True)
class Scores:
    """Calibrated probabilities of one page, on the CPU."""

    error: float
    kind: Tensor
    category: Tensor
    message: Tensor  # [N]
    roles: Tensor  # [N, R]
    code_none: float
    codes: Tensor
    apps_known: Tensor
    apps: Tensor


def scores_of(output: Output, prepared: Prepared, temperatures: dict[str, float]) -> Scores:
    """Probabilities of a batch of one page; a head's scores are divided by its temperature."""

    def heat(name: str) -> float:
        return float(temperatures.get(name, 1.0))

    count = len(prepared.page.texts)
    code = (torch.cat([output.code_none[:1], output.code]) / heat("code")).softmax(0)
    app = (torch.cat([output.app_known[0], output.app]) / heat("app")).softmax(0)
    known = output.app_known.shape[1]
    return Scores(
        error=float((output.error[0] / heat("error")).sigmoid()),
        kind=(output.kind[0] / heat("kind")).softmax(0),
        category=(output.category[0] / heat("category")).softmax(0),
        message=(output.message[0, :count] / heat("message")).softmax(0),
        roles=output.role[0, :count].softmax(-1),
        code_none=float(code[0]),
        codes=code[1:],
        apps_known=app[:known],
        apps=app[known:],
    )


def decide(
    network: LineNetwork, batch: Batch, output: Output, prepared: Prepared, temperatures: dict[str, float]
) -> Extraction:
    """The fields of one page. `batch` and `output` hold this page alone.

    Of a page in letters that its reader does not know, no more is said than what kind of screen it is.
    """
    page, config = prepared.page, network.config
    scores = scores_of(output, prepared, temperatures)
    if unknown_letters(page.texts, page.confidences.tolist()):
        return _illegible(scores, config.kinds, page.ground)
    is_error = scores.error >= 0.5
    abstained: list[str] = []
    kind_index = int(scores.kind.argmax())
    kind = FieldValue(config.kinds[kind_index], float(scores.kind[kind_index]))
    app = _app(prepared, scores, config.apps)
    empty = FieldValue(None, scores.error if not is_error else 0.0)
    message, code, category = empty, empty, FieldValue("none", 1 - scores.error)
    codes: tuple[FieldValue, ...] = ()
    if is_error:
        message = _message(network, batch, output, prepared, scores, str(kind.value))
        codes = _codes(prepared, scores)
        code = _code(codes, scores.code_none)
        without = scores.category.clone()
        without[config.categories.index("none")] = 0
        best = int(without.argmax())
        category = FieldValue(
            config.categories[best], float(without[best] / without.sum().clamp_min(1e-6)), message.lines, message.text
        )
    else:
        message = FieldValue(None, 1 - scores.error)
        code = FieldValue(None, 1 - scores.error)
    values = {"app": app, "kind": kind, "message": message, "error_code": code, "category": category}
    for name, value in values.items():
        if value.value is not None and value.confidence < THRESHOLDS[name]:
            abstained.append(name)
            values[name] = FieldValue(None, value.confidence)
    shown_kind = str(values["kind"].value or "other")
    luma = _luma(page.ground)
    seen = Seen(
        is_error,
        shown_kind,
        _text(values["app"].value),
        _text(values["message"].value),
        _text(values["error_code"].value),
        luma,
        _headline(prepared, scores, config.roles, shown_kind),
        _last_command(prepared, scores, config.roles),
        len(page.texts),
    )
    return Extraction(
        is_error=FieldValue(
            is_error,
            max(scores.error, 1 - scores.error),
            message.lines if is_error else (),
            message.text if is_error else None,
        ),
        app=values["app"],
        kind=values["kind"],
        message=values["message"],
        error_code=values["error_code"],
        category=values["category"],
        caption=caption_of(seen),
        abstained=tuple(abstained),
        codes=codes,
        titles=_titles(prepared, scores, config.roles),
    )


def empty_extraction() -> Extraction:
    """What is said of a page without any line: nothing is known, and no confidence is claimed."""
    nothing = FieldValue(None, 0.0)
    seen = Seen(False, "other", None, None, None, 0.5, None, None, 0)
    return Extraction(
        FieldValue(False, 0.5),
        nothing,
        FieldValue("other", 0.2),
        nothing,
        nothing,
        FieldValue("none", 0.5),
        caption_of(seen),
        ("app",),
        ("no text was found in the picture",),
    )


def _illegible(scores: Scores, kinds: tuple[str, ...], ground: tuple[float, float, float]) -> Extraction:
    """What is said of a page that could not be read: its kind by its looks, a warning, and nothing about an error."""
    best = int(scores.kind.argmax())
    kind = FieldValue(kinds[best], float(scores.kind[best]))
    unsure = kind.confidence < THRESHOLDS["kind"]
    nothing = FieldValue(None, 0.0)
    seen = Seen(False, "other" if unsure else kinds[best], None, None, None, _luma(ground), None, None, 0)
    return Extraction(
        FieldValue(False, ILLEGIBLE),
        nothing,
        FieldValue(None, kind.confidence) if unsure else kind,
        nothing,
        nothing,
        FieldValue("none", ILLEGIBLE),
        caption_of(seen),
        ("app", "kind") if unsure else ("app",),
        (WARNING,),
    )


def _luma(colour: tuple[float, float, float]) -> float:
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def _text(value: str | bool | None) -> str | None:
    return value if isinstance(value, str) and value else None


def _message(
    network: LineNetwork, batch: Batch, output: Output, prepared: Prepared, scores: Scores, kind: str
) -> FieldValue:
    page = prepared.page
    start = int(scores.message.argmax())
    follows = network.continuation(output.hidden, torch.tensor([start]), batch.geometry)[0].sigmoid()
    lines = [start]
    skipped = 0
    for index in range(start + 1, len(page.texts)):
        if len(lines) >= _MOST_LINES or skipped >= 3:
            break
        ended = kind != "terminal" and page.texts[lines[-1]].endswith((".", "!", "?"))
        if float(follows[index]) > (_FOLLOWS_SENTENCE if ended else _FOLLOWS) and may_go_on(
            page, lines[-1], index, kind == "terminal"
        ):
            lines.append(index)
            skipped = 0
        else:
            skipped += 1
    for index in range(start - 1, -1, -1):  # the pointer may have hit a later part
        if len(lines) >= _MOST_LINES or float(follows[index]) <= 0.8:
            break
        if not may_go_on(page, index, lines[0], kind == "terminal"):
            break
        lines.insert(0, index)
    evidence = join_message(page, lines, kind == "terminal")
    return FieldValue(
        trim_message(evidence, kind),
        float(scores.message[start]),
        tuple(int(page.source[line]) for line in lines),
        evidence,
    )


def _codes(prepared: Prepared, scores: Scores) -> tuple[FieldValue, ...]:
    """What may be the code, the likeliest first; the same text in several places is one, its likeliest place the evidence."""
    found: dict[str, list[tuple[float, int]]] = {}
    for index, (entry, probability) in enumerate(zip(prepared.codes, scores.codes.tolist(), strict=True)):
        found.setdefault(entry.text, []).append((probability, index))
    values = []
    for text, places in found.items():
        best = max(places, key=lambda place: place[0])[1]
        line = int(prepared.page.source[prepared.codes[best].line])
        values.append(FieldValue(text, sum(probability for probability, _ in places), (line,), text))
    return tuple(sorted(values, key=lambda value: -value.confidence))


def _code(codes: tuple[FieldValue, ...], none: float) -> FieldValue:
    if not codes:
        return FieldValue(None, 1.0)
    return codes[0] if codes[0].confidence > none else FieldValue(None, none)


def _app(prepared: Prepared, scores: Scores, names: tuple[str, ...]) -> FieldValue:
    together: dict[str, float] = {}
    shown: dict[str, str] = {}
    where: dict[str, tuple[int, float]] = {}
    for name, probability in zip(names, scores.apps_known.tolist(), strict=True):
        key = app_key(name)
        together[key] = together.get(key, 0.0) + probability
        shown.setdefault(key, name)
    for index, (entry, probability) in enumerate(zip(prepared.apps, scores.apps.tolist(), strict=True)):
        key = app_key(entry.text)
        together[key] = together.get(key, 0.0) + probability
        shown.setdefault(key, canonical(squeeze(entry.text)))
        if key not in where or where[key][1] < probability:
            where[key] = (index, probability)
    best = max(together, key=lambda key: together[key])
    if not shown[best]:
        return FieldValue(None, together[best])
    if best not in where:
        return FieldValue(shown[best], together[best])
    entry = prepared.apps[where[best][0]]
    return FieldValue(shown[best], together[best], (int(prepared.page.source[entry.line]),), entry.text)


def _headline(prepared: Prepared, scores: Scores, roles: tuple[str, ...], kind: str) -> str | None:
    """The likeliest heading or title; None where nothing looks like one."""
    if not prepared.page.texts:
        return None
    wanted = ("title", "heading") if kind in ("ide_editor", "desktop_app", "chart") else ("heading", "title")
    for role in wanted:
        column = scores.roles[:, roles.index(role)]
        best = int(column.argmax())
        if float(column[best]) > 0.5 and float(prepared.page.confidences[best]) > 0.5:
            return squeeze(prepared.page.texts[best])
    return None


def _titles(prepared: Prepared, scores: Scores, roles: tuple[str, ...]) -> tuple[FieldValue, ...]:
    """Lines that are likelier titles than not."""
    page, column = prepared.page, roles.index("title")
    likely = [(index, float(scores.roles[index, column])) for index in range(len(page.texts))]
    return tuple(
        FieldValue(squeeze(page.texts[index]), sure, (int(page.source[index]),), page.texts[index])
        for index, sure in likely
        if sure > 0.5
    )


def _last_command(prepared: Prepared, scores: Scores, roles: tuple[str, ...]) -> str | None:
    column = roles.index("command")
    for index in range(len(prepared.page.texts) - 1, -1, -1):
        found = _COMMAND.match(prepared.page.texts[index])
        if found is not None and int(scores.roles[index].argmax()) == column:
            return squeeze(found.group(1))
    return None
