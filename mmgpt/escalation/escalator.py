"""The escalator: judges whether a bigger model should be asked, prepares what would leave, asks, and judges what comes back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmgpt.escalation.address import address_of, key_from
from mmgpt.escalation.budget import Budget, Limit
from mmgpt.escalation.engine import Engine, Traffic
from mmgpt.escalation.errors import EscalationError
from mmgpt.escalation.journal import Journal
from mmgpt.escalation.masking import mask
from mmgpt.escalation.picture import encode
from mmgpt.escalation.reasons import reason_for
from mmgpt.escalation.reply import Reply
from mmgpt.escalation.request import Prepared, body_of, messages_for
from mmgpt.escalation.trust import Sent, judge, merged
from mmgpt.escalation.words import cleaned
from mmgpt.schema import Diagnosis, Escalation, Source, clip
from vision.reader.types import Line

if TYPE_CHECKING:
    import numpy as np

    from vision.reader.types import TextReader

log = logging.getLogger(__name__)

REQUESTS, BYTES = 100, 100 * 2**20
"""What a run may send unless said otherwise."""


class Escalator:
    """Asks one OpenAI-compatible engine about diagnoses that are not sure. One object may be shared by threads.

    `url`: the engine's base (with or without /v1). `model`: its name there; empty leaves it to engines that serve one.
    `key`: its key, or the first line of `key_file`, or the environment's MMGPT_ESCALATE_KEY. `below`: fields less sure
    than this (0..1) are worth asking about. `categories`: always ask about these. `budget_requests`, `budget_bytes`: what a run
    may send (None: any number); `budget` replaces both. `timeout_s`: for all that is said about one picture. `max_side`: pixels of
    the picture's longer side as sent; `sends_picture=False` sends the read text alone. `insecure`: plain http to any host.
    `journal`: a file of JSON lines about all that leaves. `show`: a folder; requests are written there and nothing is sent.
    Raises AddressError (a ValueError) for a URL or key that cannot be used, ValueError for other values out of range.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str = "",
        key: str = "",
        key_file: Path | None = None,
        below: float = 0.5,
        categories: Collection[str] = (),
        budget_requests: int | None = REQUESTS,
        budget_bytes: int | None = BYTES,
        budget: Budget | None = None,
        timeout_s: float = 60.0,
        max_side: int = 1600,
        sends_picture: bool = True,
        insecure: bool = False,
        journal: Path | None = None,
        show: Path | None = None,
    ) -> None:
        if not 0 <= below <= 1:
            raise ValueError(f"below must be 0 to 1, not {below}")
        if not timeout_s > 0 or max_side < 64:
            raise ValueError("timeout_s must be more than 0 and max_side at least 64")
        key = key or key_from(key_file)
        self.address = address_of(url, key, insecure=insecure)
        self.model = model
        self.below, self.categories = below, frozenset(categories)
        limits = [Limit(budget_requests)] if budget_requests is not None else []
        limits += [Limit(budget_bytes, "bytes")] if budget_bytes is not None else []
        self.budget = budget if budget is not None else Budget(limits)
        self.timeout_s, self.max_side, self.sends_picture = timeout_s, max_side, sends_picture
        self.show, self.journal = show, journal
        self._reader: TextReader | None = None
        self._lock = threading.Lock()
        self._engine = Engine(self.address, key, model, self.budget, Journal(journal))

    def __repr__(self) -> str:
        return f"Escalator({self.address.url!r}, model={self.model!r})"

    @property
    def engine(self) -> str:
        """What the engine is called in a diagnosis: its model, or its host where none is named."""
        return self.model or self.address.host

    def wanted(self, diagnosis: Diagnosis) -> str | None:
        """Why a bigger model should be asked about this diagnosis, in a few words; None where it should not be."""
        return reason_for(diagnosis, self.below, self.categories)

    def ask(
        self,
        image: np.ndarray,
        diagnosis: Diagnosis,
        question: str | None = None,
        *,
        lines: Sequence[Line] | None = None,
        reader: TextReader | None = None,
    ) -> Diagnosis:
        """The diagnosis, with what a bigger model adds to it, and with `escalation` that says what was done.

        `image` is RGB uint8 [H, W, 3], unmasked. `lines` are those that were read in it, unmasked too: with their characters
        masks fit closely; without `lines` those of the diagnosis are taken and located again. The masked picture is read once
        more before it leaves, by `reader` or by the package's own. Whatever fails
        becomes a warning; nothing is raised but KeyboardInterrupt.
        """
        start = time.perf_counter()
        reason = self.wanted(diagnosis) or "asked for"
        question = question if question is not None else diagnosis.question
        diagnosis = diagnosis if question is None else diagnosis.model_copy(update={"question": question})
        traffic, fields, refused = Traffic(), list[str](), ""
        try:
            prepared, sent = self._prepare(image, diagnosis, question, lines, reader)
            traffic.masked = prepared.masked
            if self.show is not None:
                raise EscalationError(f"nothing was sent, only written to {write_preview(prepared, self.show)}")
            reply = self._engine.converse(prepared, traffic, self.timeout_s)
            judgement = judge(reply, diagnosis, sent, self.below, self._source(reply))
            fields = list(judgement.values)
            refused = (
                "" if fields or judgement.agreed else "; ".join(judgement.notes) or "it adds nothing to what was known"
            )
            diagnosis = merged(diagnosis, judgement, reply, sent)
        except EscalationError as error:
            refused = str(error)
        except Exception as error:  # a strange answer must not cost the user the diagnosis
            log.debug("escalation failed", exc_info=True)
            fields, refused = [], f"failed unexpectedly ({type(error).__name__})"
        warnings = list(diagnosis.warnings)
        if refused and refused not in "; ".join(warnings):
            said = "was of no help" if traffic.sent else "was not asked"
            warnings.append(f"the bigger model {said}: {refused}")
        if traffic.text_only:
            warnings.append("the bigger model takes no pictures; it was sent the read text alone")
        ms = round((time.perf_counter() - start) * 1000, 1)
        timing = diagnosis.timing_ms
        timing = timing | {"total": round(timing.get("total", 0.0) + ms, 1), "escalate": ms}
        told = Escalation(
            engine=self.engine,
            reason=reason,
            fields=fields,
            sent_bytes=traffic.sent,
            masked=traffic.masked,
            refused=refused,
        )
        return diagnosis.model_copy(update={"escalation": told, "warnings": warnings, "timing_ms": timing})

    def preview(
        self,
        diagnosis: Diagnosis,
        image: np.ndarray,
        question: str | None = None,
        *,
        lines: Sequence[Line] | None = None,
        reader: TextReader | None = None,
    ) -> Prepared:
        """The request that `ask` would send first, byte for byte; nothing is sent. Raises EscalationError where it would send none."""
        return self._prepare(image, diagnosis, question or diagnosis.question, lines, reader)[0]

    def close(self) -> None:
        """Closes the connections."""
        self._engine.close()

    def _prepare(
        self,
        image: np.ndarray,
        diagnosis: Diagnosis,
        question: str | None,
        lines: Sequence[Line] | None,
        reader: TextReader | None,
    ) -> tuple[Prepared, Sent]:
        if lines is None and diagnosis.masked:
            raise EscalationError(
                "the diagnosis is masked already, so its picture cannot be - give the lines as they were read"
            )
        if self.sends_picture:
            reader = reader or self._own_reader()
        if lines is None:
            lines = _lines_of(diagnosis, image, reader if self.sends_picture else None)
        masked = mask(image, lines, question or "", reader if self.sends_picture else None)
        picture = encode(masked.image, self.max_side) if self.sends_picture else None
        height, width = image.shape[:2]
        boxes = [clip(line.box, width, height) for line in lines]
        texts = [cleaned(text, 4000) for text in masked.texts]
        messages = messages_for(texts, boxes, cleaned(masked.question, 2000), picture)
        body = body_of(messages, self.model, self._engine.dialect)
        reason = self.wanted(diagnosis) or "asked for"
        prepared = Prepared(self.address.url, self.model, body, picture, tuple(texts), masked.count, reason, messages)
        return prepared, Sent(texts, boxes, [line.confidence for line in lines])

    def _own_reader(self) -> TextReader:
        """Who reads masked pictures where the caller names nobody; loaded once."""
        with self._lock:
            if self._reader is None:
                from mmgpt.caption import load_reader

                try:
                    self._reader = load_reader()
                except (ValueError, OSError, RuntimeError, ImportError) as error:
                    raise EscalationError(f"masks cannot be checked ({error}), so nothing is sent") from error
            return self._reader

    def _source(self, reply: Reply) -> Source:
        score = min(max(reply.confidence, 0.0), 1.0)
        title = f"answer of {self.engine}" + (f" at {self.address.host}" if self.model else "")
        return Source(id=f"engine:{self.engine}", title=title, score=round(score, 3), why="a bigger model was asked")


def _lines_of(diagnosis: Diagnosis, image: np.ndarray, reader: TextReader | None) -> list[Line]:
    """The lines of a diagnosis, with their characters' places where the reader finds the same lines again: masks fit closely then."""
    lines = [Line(line.text, line.box, line.confidence) for line in diagnosis.text]
    if reader is None:
        return lines
    height, width = image.shape[:2]
    known = {(line.text, clip(line.box, width, height)): line for line in reader.read(image)}
    return [known.get((line.text, line.box), line) for line in lines]


def write_preview(prepared: Prepared, folder: Path) -> Path:
    """Writes a request's body, byte for byte, and its picture as a file beside it; returns the body's path. Raises EscalationError."""
    path = folder / f"request-{prepared.sha256[:12]}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(prepared.body)
        if prepared.picture is not None:
            path.with_suffix(prepared.picture.extension).write_bytes(prepared.picture.data)
    except OSError as error:
        raise EscalationError(f"{path} cannot be written ({error.strerror or error})") from error
    return path
