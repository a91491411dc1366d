"""What shells print for a program that a signal ended."""

from __future__ import annotations

import signal
from collections.abc import Iterator

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, PhraseKind, Source

_FATAL = frozenset("SIGSEGV SIGABRT SIGBUS SIGILL SIGFPE SIGTRAP SIGSYS SIGKILL SIGPIPE SIGXCPU SIGXFSZ".split())


def gather() -> Iterator[Phrase]:
    """strsignal's words; an error where the signal means that something went wrong."""
    for number in sorted(signal.valid_signals()):
        name = signal.Signals(number).name if number in signal.Signals._value2member_map_ else ""
        kind: PhraseKind = "error" if name in _FATAL else "info"
        text = signal.strsignal(number) or ""
        if name and text:
            yield from phrases(SOURCE.name, text, "", style="none", code=name, kind=kind)
            if name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE", "SIGTRAP", "SIGSYS"):
                yield from phrases(SOURCE.name, f"{text} (core dumped)", "", style="none", code=name, kind=kind)


SOURCE = Source("signals", gather)
