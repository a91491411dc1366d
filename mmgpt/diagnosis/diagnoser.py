"""A diagnosis, its stages in their order: perceive, understand, say where it stands, answer, ask a bigger model where nobody is sure.

Everything that was read is data: it is compared, quoted and looked up, and nothing in it is ever carried out. No link is made
but those of cited entries.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt import NANO_WEIGHTS
from mmgpt.caption import image_info, loaded_picture, model_name, timings
from mmgpt.diagnosis.asked import checked, clean_lines
from mmgpt.diagnosis.evidence import evidence_of
from mmgpt.diagnosis.found import Fields
from mmgpt.diagnosis.perceive import Clock, perceive
from mmgpt.diagnosis.question import Known, reply, wishes_of
from mmgpt.diagnosis.thresholds import Thresholds
from mmgpt.diagnosis.understand import Understanding, Understood
from mmgpt.diagnosis.wording import caption
from mmgpt.extraction import FieldValue
from mmgpt.prompts import REFUSALS
from mmgpt.schema import FIELDS, Diagnosis, FurtherError, TextLine, unit

if TYPE_CHECKING:
    from mmgpt.answer import FieldDecoder
    from mmgpt.caption import Picture
    from mmgpt.corrections import Rules
    from mmgpt.escalation import Escalator
    from mmgpt.extraction import Extraction, Extractor
    from mmgpt.generate import Engine
    from mmgpt.knowledge import KnowledgeBase
    from vision.image import LoadedImage
    from vision.reader.types import Line, PerceivedLine, TextReader

_ANSWER_TOKENS = 128
_OF_FURTHER = tuple(name for name in FIELDS if name not in ("is_error", "kind"))


class Diagnoser:
    """Loaded once, asked often. Threads may share one; the same picture has the same diagnosis every time."""

    def __init__(
        self,
        reader: TextReader,
        extractor: Extractor,
        base: Callable[[], KnowledgeBase],
        *,
        thresholds: Thresholds | None = None,
        decoder: FieldDecoder | None = None,
        engine: Callable[[], Engine | None] | None = None,
        rules: Callable[[], Rules] | None = None,
        escalator: Escalator | None = None,
        reread_budget_ms: float = 600.0,
    ) -> None:
        """`base` and `rules` give the entries and the user's corrections as they are now; `engine` loads the language model, or None."""
        self.reader, self.extractor, self.decoder = reader, extractor, decoder
        self.understanding = Understanding(base, thresholds or Thresholds(), rules)
        self.escalator = escalator
        self.reread_budget_ms = reread_budget_ms
        self._load_engine = engine
        self._engine: Engine | None = None
        self._engine_lock = threading.Lock()

    @classmethod
    def load(
        cls,
        weights: Path | None = None,
        *,
        reader: str = "nano",
        knowledge: Sequence[Path | str] = (),
        built_in: bool = True,
        corrections: Path | None = None,
        escalator: Escalator | None = None,
        use_decoder: bool = True,
        reread_budget_ms: float = 600.0,
    ) -> Diagnoser:
        """From a folder of weights (None: those of the package), with entries of the package (`built_in`) and of `knowledge`.

        `corrections` is a store of one's own corrections, `escalator` an `mmgpt.escalation.Escalator`. Raises `EntryError` for a broken
        runbook, `CorrectionError` for the store, `WeightsError` for weights: ValueErrors whose one line says what to do.
        """
        from mmgpt.caption import load_decoder, load_extractor, load_reader
        from mmgpt.knowledge import Fresh

        folder = Path(weights) if weights is not None else NANO_WEIGHTS
        fresh = Fresh(knowledge, built_in)  # broken runbooks are told before anything big is loaded
        rules: Callable[[], Rules] | None = None
        if corrections is not None:
            from mmgpt.corrections import Store

            rules = Store(corrections).rules
            rules()  # a store that cannot be read is told now
        thresholds = Thresholds.load(folder)
        own_reader = load_reader(reader, folder)
        decoder = load_decoder(folder, own_reader) if use_decoder else None

        def engine() -> Engine | None:
            if decoder is not None:
                return decoder.engine
            from mmgpt.checkpoint import has_model, load_engine

            return load_engine(folder, own_reader) if use_decoder and has_model(folder) else None

        return cls(
            own_reader,
            load_extractor(folder),
            fresh.base,
            thresholds=thresholds,
            decoder=decoder,
            engine=engine,
            rules=rules,
            escalator=escalator,
            reread_budget_ms=reread_budget_ms,
        )

    def diagnose(
        self,
        image: Picture,
        question: str | None = None,
        context: str | Mapping[str, str] | None = None,
        *,
        mask_secrets: bool = False,
        decode_ms: float | None = None,
    ) -> Diagnosis:
        """What a picture shows, why, and what to do.

        `image` is a picture loaded by `vision.image.load_image`, or anything that takes (a path, bytes, an open file). `context` is
        what the user knows, a text or a mapping such as {"app": "Outlook", "os": "Windows 11"}: it helps to find entries and is
        never evidence. `mask_secrets` masks keys, passwords and addresses in all texts. `decode_ms` is the time that loading took, if
        the caller did it.

        Raises `vision.image.ImageError` for a picture that cannot be used, TypeError for a question or context of another type,
        ValueError for one of more than 2,000 characters.
        """
        question, context = checked(question, context)
        loaded, decode_ms = loaded_picture(image, decode_ms)
        clock = Clock()
        found, lines = perceive(loaded, self.reader, self.extractor, self.decoder, self.reread_budget_ms, clock)
        with clock("knowledge"):
            front = self.understanding.understand(found.front, found.lines, context, loaded.sha256)
            others = [(one, self.understanding.understand(one, found.lines, context)) for one in found.further]
        evidence = evidence_of(front.fields, found.lines, loaded)
        text = caption(found.front, front.fields, loaded.pixels, len(found.lines))
        answer, warnings = None, [*loaded.warnings, *found.warnings, *front.warnings]
        if question:
            with clock("answer"):
                known = Known(front.fields, front.citation, evidence, text)
                answer, troubles = self._answer(question, known, loaded, lines)
                warnings += troubles
        diagnosis = Diagnosis.model_validate(
            {
                "schema": "mmgpt.diagnosis/1",
                "image": image_info(loaded),
                "caption": text,
                **_answered(front, FIELDS),
                "evidence": evidence,
                "further": [_further(*other, found.lines, loaded) for other in others],
                "question": question,
                "answer": answer,
                "text": [TextLine.from_line(line, loaded.width, loaded.height) for line in found.lines],
                "warnings": list(dict.fromkeys(warnings)),
                "model": model_name(self.reader),
                "timing_ms": timings(decode_ms, **clock.seconds),
            }
        )
        if self.escalator is not None and self.escalator.wanted(diagnosis) is not None:
            diagnosis = self.escalator.ask(loaded.pixels, diagnosis, question, lines=found.lines, reader=self.reader)
            diagnosis = self._cited_again(diagnosis, front.fields, found.lines, context)
        if mask_secrets:
            from mmgpt.redaction import mask_diagnosis

            diagnosis = mask_diagnosis(diagnosis)
        return diagnosis

    def _answer(
        self, question: str, known: Known, loaded: LoadedImage, lines: Sequence[Line | PerceivedLine]
    ) -> tuple[str | None, list[str]]:
        """The answer, and warnings about it: from fields and entries where they have it, else by the language model."""
        wishes = wishes_of(question)
        if wishes:
            return clean_lines(reply(wishes, known)), []
        engine = self.engine
        if engine is None:
            return None, ["there is no language model to answer this question: ask for the error, its cause or its fix"]
        from mmgpt.generate import Conversation, Sampling

        try:
            seen = engine.look(loaded.pixels, lines)
            answer = engine.answer(Conversation().ask(seen, question), Sampling(max_tokens=_ANSWER_TOKENS))
        except ValueError as error:  # more than the model takes
            return None, [f"the question was not answered: {error} - ask a shorter one"]
        said = clean_lines(answer.text)
        if not said:
            return None, ["the language model had no answer to the question"]
        return said, [] if said in REFUSALS else ["the answer is the language model's own: hold it against the picture"]

    def _cited_again(
        self, diagnosis: Diagnosis, fields: Fields, lines: Sequence[Line], context: str | Mapping[str, str] | None
    ) -> Diagnosis:
        """A diagnosis whose fields a bigger model changed, with the entries that fit these; as it is where the model says why itself."""
        changed = () if diagnosis.escalation is None else diagnosis.escalation.fields
        if not diagnosis.is_error or diagnosis.sources or not {"app", "message", "error_code", "category"} & {*changed}:
            return diagnosis
        for name in (name for name in FIELDS if name in changed):
            value = FieldValue(getattr(diagnosis, name), diagnosis.confidence.get(name, 0.0), fields.get(name).lines)
            fields = fields.changed(name, value)
        citation = self.understanding.cited(fields, lines, context)
        if not citation.sources:
            return diagnosis
        said = {"cause": citation.cause, "fixes": list(citation.fixes)}
        sources = [source.to_dict() for source in citation.sources]
        return Diagnosis.model_validate({**diagnosis.to_dict(), **said, "sources": sources})

    @property
    def engine(self) -> Engine | None:
        """The language model, loaded when a question first needs it; None where the weights have none."""
        with self._engine_lock:
            if self._engine is None and self._load_engine is not None:
                self._engine = self._load_engine()
            return self._engine


def _answered(understood: Understood, names: Sequence[str]) -> dict[str, Any]:
    """What is answered about one error, under the names of the schema."""
    fields, citation = understood.fields, understood.citation
    return {
        **{name: fields.get(name).value for name in names},
        "cause": citation.cause,
        "fixes": list(citation.fixes),
        "sources": list(citation.sources),
        "confidence": {name: unit(fields.get(name).confidence) for name in names},
        "abstained": [name for name in names if name in fields.abstained],
    }


def _further(
    extraction: Extraction, understood: Understood, lines: Sequence[Line], loaded: LoadedImage
) -> FurtherError:
    """Another error. That it is one has been decided; where the thresholds say otherwise, what was read stands all the same."""
    if understood.fields.is_error.value is False:
        understood = Understood(Fields.of(extraction), understood.citation)
    evidence = [entry for entry in evidence_of(understood.fields, lines, loaded) if entry.field in _OF_FURTHER]
    return FurtherError.model_validate({**_answered(understood, _OF_FURTHER), "evidence": evidence})
