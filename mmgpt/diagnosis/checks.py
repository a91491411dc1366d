"""Checks of a diagnosis on itself: message, code, category, program and the entries that were found must go together.

Agreement of two that do not know of each other makes both surer, contradiction less sure, and is told. Where the extractor has no answer,
or a weak one, and a pattern of an entry stands there word for word, the entry's category and program are taken, with that line as evidence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mmgpt.diagnosis.cite import lines_of
from mmgpt.diagnosis.codes import code_of
from mmgpt.diagnosis.found import OF_ERRORS, Fields
from mmgpt.diagnosis.marks import SUPPORTED, letters_support
from mmgpt.diagnosis.standing import is_exact
from mmgpt.extraction import FieldValue
from mmgpt.knowledge.fold import code_key, squeezed
from mmgpt.knowledge.products import STANDARDS, Kinship, kinship, named_in

if TYPE_CHECKING:
    from mmgpt.diagnosis.thresholds import Thresholds
    from mmgpt.knowledge import Hit, KnowledgeBase
    from vision.reader.types import Line

EXACT = 0.8
"""From this score on, an entry whose pattern stands there word for word may give the program."""
_EXACT_CATEGORY = 0.6  # and the category, which several programs' entries may agree on

_RARE_KINDS = {"document": "a page of a document", "photo": "a photograph", "chart": "a chart"}
_TRUST = 0.8  # how often an entry that fits is right about the category, by its score
_CODE_TRUST = 0.5  # the same of a code alone: a category is a cause, and a code is often a symptom
_WEAK = 0.5
_MOSTLY = 0.8
_FAR = 10  # lines between a message and its code, beyond which they may not belong together


@dataclass(frozen=True)
class Facts:
    """What a knowledge base says about codes: the category that (nearly) all of its entries with a code have, by `code_key`.

    `products` are the programs that it has entries about, `codes` all codes, by `code_key`.
    """

    categories: Mapping[str, str] = field(default_factory=dict)
    products: tuple[str, ...] = ()
    codes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, base: KnowledgeBase) -> Facts:
        """Counted once for a knowledge base."""
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for entry in base:
            for key in {code_key(code) for code in entry.codes}:
                counts[key][entry.category] += 1
        categories = {
            key: best
            for key, count in counts.items()
            for best, times in count.most_common(1)
            if times >= _MOSTLY * count.total()
        }
        return cls(categories, tuple(sorted({entry.product for entry in base if entry.product})), frozenset(counts))


@dataclass(frozen=True)
class Judgement:
    """The fields after the checks, what is to be told, and which fields the best entry gave."""

    fields: Fields
    warnings: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


def judge(fields: Fields, hits: Sequence[Hit], facts: Facts, lines: Sequence[Line], least: float) -> Judgement:
    """Raw confidences, weighed by what goes together; `hits` best first, of which those below the score `least` say nothing."""
    best = hits[0] if hits and hits[0].score >= least else None
    warnings: list[str] = []
    given: list[str] = []
    fields = _kind(fields, warnings)
    fields = _code(code_of(fields, facts.codes, lines, warnings), best, lines, warnings)
    fields = _message(fields, best, lines)
    fields = _category(fields, best, facts, lines, warnings, given)
    fields = _app(fields, best, lines, warnings, given)
    return Judgement(fields, tuple(warnings), tuple(given))


def settle(fields: Fields, thresholds: Thresholds) -> Fields:
    """The fields as they are answered: confidences calibrated, what is below its threshold left out.

    Without an error there is no message, no code and the category "none"; where that is open, message and code stay if they are sure.
    """
    p = thresholds.calibrated("is_error", fields.p_error)
    verdict = thresholds.verdict(p)
    if "is_error" in fields.fixed and isinstance(fields.is_error.value, bool):
        verdict, p = fields.is_error.value, float(fields.is_error.value)
    sure = max(p, 1 - p) if verdict is None else p if verdict else 1 - p
    own = fields.is_error
    shown = FieldValue(
        verdict, sure, own.lines if verdict is not False else (), own.text if verdict is not False else None
    )
    fields = fields.changed("is_error", shown) if verdict is not None else fields.without("is_error", sure)
    names: tuple[str, ...] = ("app", "kind", "message", "error_code", "category")
    if verdict is False:
        for name in OF_ERRORS:
            fields = fields.changed(name, FieldValue("none" if name == "category" else None, sure))
        names = ("app", "kind")
    for name in names:
        value: FieldValue = fields.get(name)
        confidence = thresholds.calibrated(name, value.confidence)
        fields = fields.surer(name, confidence)
        open_ = value.value is None or (name == "category" and value.value == "none" and verdict is not False)
        if open_ and name != "error_code":
            # A program may truly be nowhere to be seen; an error always has a message and a category.
            fields = fields.without(name) if name != "app" or name in fields.abstained else fields
        elif value.value is not None and not thresholds.answers(name, confidence):
            fields = fields.without(name)
    return fields


def agreed(a: float, b: float) -> float:
    """How sure two make us that say the same, of confidence `a` and `b`."""
    return 1 - (1 - a) * (1 - 0.5 * b)


def contradicted(a: float, b: float) -> float:
    """What is left of confidence `a` where another one of confidence `b` says something else: one of them is wrong, or both."""
    mine, other, neither = a * (1 - b), b * (1 - a), (1 - a) * (1 - b)
    whole = mine + other + neither
    return mine / whole if whole > 0 else 0.5


def _kind(fields: Fields, warnings: list[str]) -> Fields:
    kind = fields.text("kind")
    if not fields.is_error.value or kind not in _RARE_KINDS:
        return fields
    warnings.append(f"{_RARE_KINDS[kind]} seldom is an error: one of the two may be wrong")
    return fields.surer("is_error", contradicted(fields.is_error.confidence, 0.5 * fields.kind.confidence))


def _code(fields: Fields, best: Hit | None, lines: Sequence[Line], warnings: list[str]) -> Fields:
    """A code must stand in its line; it is surer where the entry knows it, less sure where a letter is doubtful or the message is far."""
    code, value = fields.text("error_code"), fields.error_code
    if not code:
        return fields
    own = [index for index in value.lines if index < len(lines)]
    if own and not any(squeezed(code) in squeezed(lines[index].text) for index in own):
        warnings.append("the code does not stand in the line that it was taken from: it is left out")
        return fields.without("error_code", 0.0)
    if best is not None and code_key(code) in {code_key(known) for known in best.entry.codes}:
        if is_exact(best) and squeezed(code) in squeezed(
            fields.text("message")
        ):  # three that do not know of each other
            return fields.surer("error_code", 1 - (1 - value.confidence) * (1 - best.score))
        return fields.surer("error_code", agreed(value.confidence, best.score))
    support = letters_support([lines[index] for index in own], code) if own else 1.0
    if support < SUPPORTED:  # one wrong digit makes another code
        warnings.append("a letter of the code is doubtful, and no entry knows the code as it was read")
        fields = fields.surer("error_code", value.confidence * support)
        value = fields.error_code
    near = [abs(mine - theirs) for mine in own for theirs in fields.message.lines]
    if near and min(near) > _FAR and squeezed(code) not in squeezed(fields.text("message")):
        warnings.append(f"the code stands {min(near)} lines away from the message: it may belong to something else")
        return fields.surer("error_code", 0.85 * value.confidence)
    return fields


def _message(fields: Fields, best: Hit | None, lines: Sequence[Line]) -> Fields:
    """A message in which an entry's pattern stands word for word is surer to be one."""
    message = fields.text("message")
    if not message or best is None or not is_exact(best):
        return fields
    texts = [message, *(lines[index].text for index in fields.message.lines if index < len(lines))]
    if any(best.entry.match(text) is not None for text in texts):
        return fields.surer("message", agreed(fields.message.confidence, best.score))
    return fields


def _category(
    fields: Fields, best: Hit | None, facts: Facts, lines: Sequence[Line], warnings: list[str], given: list[str]
) -> Fields:
    category, value = fields.text("category"), fields.category
    if fields.is_error.value is False or category == "none" or "category" in fields.fixed:
        return fields
    code = fields.text("error_code")
    implied = facts.categories.get(code_key(code), "") if code else ""
    if best is None:
        if not category or not implied:
            return fields
        sure = _CODE_TRUST * fields.error_code.confidence
        if implied == category:
            return fields.surer("category", agreed(value.confidence, sure))
        return fields.surer("category", contradicted(value.confidence, sure))
    entry, trust = best.entry, _TRUST * best.score
    if category == entry.category:
        return fields.surer("category", agreed(value.confidence, trust))
    mine = contradicted(value.confidence, trust) if category else 0.0
    theirs = contradicted(trust, value.confidence) if category else trust
    # A status is a symptom: what made the server answer so may stand beside it.
    if is_exact(best) and best.score >= _EXACT_CATEGORY and theirs > mine and entry.product != "HTTP":
        where = lines_of(entry, lines, fields.message.lines) or fields.message.lines
        given.append("category")
        return fields.changed("category", FieldValue(entry.category, theirs, where))
    if category:
        warnings.append(f"the entry {entry.id} is about {entry.category}, what was read speaks of {category}")
        return fields.surer("category", mine)
    return fields


def _app(fields: Fields, best: Hit | None, lines: Sequence[Line], warnings: list[str], given: list[str]) -> Fields:
    app, value = fields.text("app"), fields.app
    if best is None or not best.entry.product or "app" in fields.fixed:
        return fields
    product, trust = best.entry.product, _TRUST * best.score
    relation = kinship(app, product) if app else Kinship.OTHER
    if app and relation is Kinship.SAME:
        return fields.surer("app", agreed(value.confidence, trust))
    if (app and relation is not Kinship.OTHER) or product in STANDARDS:
        return fields
    mine = contradicted(value.confidence, trust) if app else 0.0
    visible = fields.text("kind") == "terminal" or bool(named_in([line.text for line in lines], [product]))
    if (not app or value.confidence < _WEAK) and visible and is_exact(best) and best.score >= EXACT and trust > mine:
        where = lines_of(best.entry, lines, fields.message.lines) or fields.message.lines
        given.append("app")
        return fields.changed("app", FieldValue(product, trust, where))
    if app and value.confidence < EXACT and fields.text("kind") == "terminal":
        warnings.append(f"the entry {best.entry.id} is about {product}, which may not be the program that is named")
        return fields.surer("app", mine)
    return fields
