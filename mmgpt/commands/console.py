"""Where commands write: results to stdout; failures, notes and progress to stderr."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TextIO, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")

OK, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: all went well, some or all failed, the command line was wrong, Ctrl-C."""
PIPE_CLOSED = 141
"""Whoever read our output stopped reading (as with `| head`): the code a shell gives for SIGPIPE. Nothing is said."""

BOLD, DIM, RED, CYAN = "1", "2", "31", "36"
# C0 and C1 controls would let a picture's text or a file's name move the cursor or hide what is written; bidirectional
# marks and overrides would let it read as something else. Lone surrogates stand for bytes of a name that are not UTF-8.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\ufeff\u2066-\u2069\ud800-\udfff]+")


class OutputClosed(Exception):
    """Nobody reads stdout any more."""


def one_line(text: str) -> str:
    """The text on one line, without control characters, so that it is safe to show."""
    return _UNSAFE.sub(" ", text).strip()


class Console:
    """One command's output. `quiet` leaves only results and failures."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.failures = 0
        self.advice = ""  # what to do after Ctrl-C, if there is something to do
        self._progress: Progress | None = None
        self.terminal = _is_terminal(sys.stdout)
        self.color = self.terminal and _shows_color()

    def paint(self, text: str, *styles: str) -> str:
        """The text in ANSI styles, where stdout is a terminal that shows them."""
        return f"\x1b[{';'.join(styles)}m{text}\x1b[0m" if self.color and styles and text else text

    def write(self, text: str) -> None:
        """Writes a result to stdout at once. Raises OutputClosed when nobody reads any more."""
        self._pause()
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise OutputClosed from error
        finally:
            self._go_on()

    def fail(self, name: str, reason: str) -> None:
        """Says on stderr in one line what failed and what to do, and counts it."""
        self.failures += 1
        self._say(": ".join(part for part in (one_line(name), one_line(reason)) if part))

    def note(self, text: str) -> None:
        """Says something on stderr that is good to know, unless the console is quiet."""
        if not self.quiet:
            self._say(one_line(text))

    def track(self, items: list[T], label: str) -> Iterator[T]:
        """Goes through the items, with a progress bar on stderr if that is a terminal and there are several."""
        if self.quiet or len(items) < 2 or not _is_terminal(sys.stderr):
            yield from items
            return
        yield from self._tracked(items, label)

    def debug(self) -> None:
        """Prints the traceback of the error being handled if MMGPT_DEBUG is set."""
        if os.environ.get("MMGPT_DEBUG"):
            traceback.print_exc()

    def _tracked(self, items: Iterable[T], label: str) -> Iterator[T]:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        # rich would send what we write to stdout through its own console, that is, to stderr
        self._progress = Progress(
            *columns,
            console=RichConsole(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        known = list(items)
        task = self._progress.add_task(label, total=len(known))
        self._progress.start()
        try:
            for item in known:
                yield item
                self._progress.advance(task)
        finally:
            self._progress.stop()
            self._progress = None

    def _say(self, text: str) -> None:
        self._pause()
        try:
            print(f"mmgpt: {text}", file=sys.stderr, flush=True)
        finally:
            self._go_on()

    def _pause(self) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _go_on(self) -> None:
        if self._progress is not None:
            self._progress.start()


def _is_terminal(stream: TextIO) -> bool:
    return hasattr(stream, "isatty") and stream.isatty()


def _shows_color() -> bool:
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    old_windows = os.name == "nt" and not {"WT_SESSION", "ANSICON", "ConEmuANSI"} & set(os.environ)
    return not plain and not old_windows
