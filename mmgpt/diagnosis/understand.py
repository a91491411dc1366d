"""From the fields of an error to what is answered: one's own rules, entries that fit, checks, thresholds, what is cited."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mmgpt.diagnosis.checks import Facts, Judgement, judge, settle
from mmgpt.diagnosis.cite import VERY_SURE, Citation, Hint, cite, find, own
from mmgpt.diagnosis.found import Fields
from mmgpt.diagnosis.programs import named
from mmgpt.diagnosis.standing import is_exact
from mmgpt.diagnosis.thresholds import ENTRY, Thresholds
from mmgpt.schema import Source, unit

if TYPE_CHECKING:
    from mmgpt.corrections import Applied, Rules
    from mmgpt.extraction import Extraction
    from mmgpt.knowledge import Hit, KnowledgeBase
    from vision.reader.types import Line

NO_ENTRY = "no entry of the knowledge base fits"
_BY_WORDS = f"{NO_ENTRY}; category {{category}} is read from the words alone"


@dataclass(frozen=True)
class Understood:
    """One error: its fields as they are answered, what is cited for it, what is to be told."""

    fields: Fields
    citation: Citation
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Known:
    """A knowledge base and what was counted in it."""

    base: KnowledgeBase
    facts: Facts


class Understanding:
    """Thresholds, entries and rules, the last two as they are now. Threads may share it."""

    def __init__(
        self, base: Callable[[], KnowledgeBase], thresholds: Thresholds, rules: Callable[[], Rules] | None = None
    ) -> None:
        self.base, self.thresholds, self.rules = base, thresholds, rules
        self._lock = threading.Lock()
        self._counted: _Known | None = None

    def known(self) -> _Known:
        """The base as it is now; codes and products are counted again when it is another one."""
        base = self.base()
        with self._lock:
            if self._counted is None or self._counted.base is not base:
                self._counted = _Known(base, Facts.of(base))
            return self._counted

    def understand(
        self,
        extraction: Extraction,
        lines: Sequence[Line],
        hint_of: object = None,
        sha256: str | None = None,
    ) -> Understood:
        """What is answered about one error of a picture with these lines.

        `hint_of` is the user's context; `sha256` is given with the front error alone, to find corrections of this very picture.
        """
        applied: Sequence[Applied] = ()
        if self.rules is not None:
            extraction, applied = self.rules().apply(extraction, lines, sha256=sha256)
        fixed = frozenset(name for one in applied for name in one.fields)
        fields = replace(Fields.of(extraction), fixed=fixed)
        if not lines:  # nothing was read, so that nothing can be weighed
            return Understood(fields, Citation())
        thresholds, known = self.thresholds, self.known()
        fields = named(fields, lines, known.facts.products)
        hits: list[Hit] = []
        # A normal screen may name a code that has an entry: only where there may be an error is anything looked up.
        if "is_error" in fixed or thresholds.calibrated("is_error", fields.p_error) >= thresholds.normal:
            hint = Hint.of(hint_of, known.facts.products)  # type: ignore[arg-type]
            hits = [_measured(hit, thresholds) for hit in find(known.base, fields, lines, hint)]
        least = thresholds.least[ENTRY]
        judgement = judge(fields, hits, known.facts, lines, least)
        fields = settle(judgement.fields, thresholds)
        told = [f"{one.name} sets {', '.join(one.fields)}" for one in applied]
        if fields.is_error.value is False:
            return Understood(fields, Citation(), tuple(told))
        told += judgement.warnings
        # What one has written a runbook for is worth telling, though it is not clear that there is an error.
        told_surely = bool(fields.is_error.value) or (bool(hits) and own(hits[0].entry) and is_exact(hits[0]))
        citation = _noted(cite(hits, least if told_surely else max(least, VERY_SURE)), judgement)
        citation = _corrected(citation, applied, known.base, hits)
        if (fields.is_error.value or fields.text("message")) and not citation.sources:
            category = fields.text("category")
            told.append(_BY_WORDS.format(category=category) if category else NO_ENTRY)
        return Understood(fields, citation, tuple(told))

    def cited(self, fields: Fields, lines: Sequence[Line], hint_of: object = None) -> Citation:
        """What is cited for an error whose fields were settled elsewhere, as by a bigger model."""
        known, least = self.known(), self.thresholds.least[ENTRY]
        hint = Hint.of(hint_of, known.facts.products)  # type: ignore[arg-type]
        return cite([_measured(hit, self.thresholds) for hit in find(known.base, fields, lines, hint)], least)


def _measured(hit: Hit, thresholds: Thresholds) -> Hit:
    return replace(hit, score=unit(thresholds.calibrated(ENTRY, hit.score)))


def _noted(citation: Citation, judgement: Judgement) -> Citation:
    """The citation, its first source saying which fields it gave."""
    if not citation.sources or not judgement.given:
        return citation
    first = citation.sources[0]
    why = "; ".join(part for part in (first.why, f"gives {' and '.join(judgement.given)}") if part)
    return replace(citation, sources=(first.model_copy(update={"why": why}), *citation.sources[1:]))


def _corrected(citation: Citation, applied: Sequence[Applied], base: KnowledgeBase, hits: Sequence[Hit]) -> Citation:
    """The citation, with what the user's corrections say of entry, cause and fixes in its place."""
    if not applied:
        return citation
    from mmgpt.corrections import corrected_knowledge
    from mmgpt.knowledge import Hit

    said = corrected_knowledge(applied)
    if said is None:
        return citation
    given: tuple[Source, ...] = tuple(one.source() for one in said.by)
    if said.entry == "":
        citation = Citation()
    elif said.entry is not None and said.entry in base:
        slots = next((hit.slots for hit in hits if hit.entry.id == said.entry), {})
        citation = cite([Hit(base[said.entry], 1.0, (given[-1].id,), slots)], 0.0)
    if said.has_cause:
        citation = replace(citation, cause=said.cause if isinstance(said.cause, str) else None)
    if said.fixes is not None:
        citation = replace(citation, fixes=tuple(said.fixes))
    if not (citation.cause or citation.fixes):
        return Citation()
    changed = said.has_cause or said.fixes is not None
    if said.has_cause and said.fixes is not None:  # nothing is left of what the entries said
        return replace(citation, sources=given)
    return replace(citation, sources=(*given, *citation.sources) if changed else citation.sources)
