"""One engine and what is known of it: its dialect, whether it is there, and the conversation about one picture."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from dataclasses import dataclass
from typing import Any

from mmgpt.escalation.address import Address
from mmgpt.escalation.budget import Budget
from mmgpt.escalation.errors import EscalationError
from mmgpt.escalation.journal import Journal
from mmgpt.escalation.reply import Invalid, Reply, content_of, parse
from mmgpt.escalation.request import Dialect, Prepared, body_of, repair_messages
from mmgpt.escalation.transport import Answer, Transport, Unreachable, patient
from mmgpt.escalation.words import cleaned

log = logging.getLogger(__name__)

_MOST_DIALECTS = 7
_SILENCES = 3
"""Failures to reach the engine in a row after which a run asks it no more."""


@dataclass
class Traffic:
    """What one picture's questions have cost so far: bytes that left, secrets masked; whether the engine took the text alone."""

    sent: int = 0
    masked: int = 0
    text_only: bool = False


class Engine:
    """Talks to one engine. Threads may share it: what one finds out about the engine's dialect holds for all."""

    def __init__(self, address: Address, key: str, model: str, budget: Budget, journal: Journal) -> None:
        self._address, self._key, self._model = address, key, model
        self._budget, self._journal = budget, journal
        self._transport = Transport(address.url, key)
        self.dialect = Dialect()
        self._lock = threading.Lock()
        self._silences = 0
        self._stopped = ""

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def converse(self, prepared: Prepared, traffic: Traffic, timeout_s: float) -> Reply:
        """Asks, and once more where the answer is not valid; `timeout_s` is for all of it. Counts in `traffic`. Raises EscalationError."""
        until = time.monotonic() + timeout_s
        content = self._said(prepared.messages, prepared, traffic, until)
        try:
            return parse(content)
        except Invalid as problem:
            again = repair_messages(prepared.messages, content, str(problem))
        try:
            return parse(self._said(again, prepared, traffic, until))
        except Invalid as problem:
            raise EscalationError(f"its answer is not valid, nor was the repaired one: {problem}") from None

    def _said(self, messages: list[dict[str, Any]], prepared: Prepared, traffic: Traffic, until: float) -> str:
        """The engine's text, in the simplest dialect that it turns out to need. Raises EscalationError."""
        dialect = self.dialect
        for _ in range(_MOST_DIALECTS):
            body = body_of(messages, self._model, dialect)
            answer = patient(lambda body=body: self._post(body, prepared, traffic, until), until)  # type: ignore[misc]
            if answer.status == 200:
                self.dialect = dialect
                traffic.text_only = prepared.picture is not None and not dialect.picture
                return content_of(answer.body)
            simpler = dialect.without(answer.text) if answer.status in (400, 415, 422, 500, 501) else None
            if simpler is None:
                raise self._failed(answer)
            dialect = simpler
        raise EscalationError("the engine refuses every form of the request")

    def _post(self, body: bytes, prepared: Prepared, traffic: Traffic, until: float) -> Answer:
        """One request: counted, logged, sent, its answer logged."""
        with self._lock:
            if self._stopped:
                raise EscalationError(self._stopped)
        self._budget.take(len(body))
        about = {
            "host": self._address.host,
            "model": self._model,
            "bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        start = time.monotonic()
        sent, status = False, "failed"
        try:
            picture = prepared.picture is not None and b"data:image/" in body
            self._journal.write("sending", **about, masked=prepared.masked, reason=prepared.reason, picture=picture)
            sent = True
            answer = self._transport.post(body, until)
            traffic.sent += len(body) * answer.sends
            status = str(answer.status)
            self._silences = 0
            return answer
        except Unreachable as error:
            sent, status = error.sent, "unreachable"
            traffic.sent += len(body) if sent else 0
            self._count_silence()
            raise
        except EscalationError:
            traffic.sent += len(body) if sent else 0
            status = "refused"
            raise
        finally:
            if not sent:
                self._budget.give_back(len(body))
            try:
                ms = round((time.monotonic() - start) * 1000)
                self._journal.write("answer", **about, status=status, sent=sent, ms=ms)
            except EscalationError as error:  # that it was sent is logged; its answer is here and good
                log.warning("%s", error)

    def _count_silence(self) -> None:
        with self._lock:
            self._silences += 1
            if self._silences >= _SILENCES:
                self._stopped = (
                    f"the engine was not reached {_SILENCES} times in a row and is asked no more in this run"
                )

    def _failed(self, answer: Answer) -> EscalationError:
        """What a status means, and what to do. Where the next picture would fare the same, none is sent any more."""
        said = answer.text.replace(self._key, "[key]") if self._key else answer.text
        said = f": {cleaned(said, 160)}" if said else ""
        advice = {
            401: "the engine wants another key - give it by --escalate-key-file or in MMGPT_ESCALATE_KEY",
            403: "the engine does not allow this - check the key and what it may use",
            404: "the engine has no such path or model - check --escalate and --escalate-model",
        }
        if answer.status in advice:
            reason = f"{advice[answer.status]} (status {answer.status}{said})"
            with self._lock:
                self._stopped = reason
            return EscalationError(reason)
        if answer.status in (429, 503, 529):
            wait = "" if answer.wait_s is None else f" for {answer.wait_s:.0f} s"
            return EscalationError(f"the engine is busy and asks to be left alone{wait} (status {answer.status}{said})")
        return EscalationError(f"the engine answers with status {answer.status}{said}")
