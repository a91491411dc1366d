"""Schemas are compiled first in a process of their own, which is ended when one takes too long: the compiler has limits of its own, but
not for everything (a part of many patterns, all of which must hold, can keep it busy for hours).

``python -m mmgpt.serve.batching.checker`` is that process: a JSON text a line in, a JSON list a line out.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from mmgpt.serve.batching.walk import Refused
from mmgpt.serve.errors import ServiceError

log = logging.getLogger(__name__)

MEMORY = 2**30
STARTING = 30.0  # seconds that the process itself may take to come up, on a busy machine
CLOSING = 1.0


def examine(text: str) -> tuple[str, str]:
    """The grammar of a schema, and about the shortest value that is valid by it. May take very long.

    Raises Refused: "invalid" or "endless".
    """
    import jsonschema
    import referencing.exceptions

    from mmgpt.serve.batching.grammar import GrammarError, grammar_of, matcher_of, shortest
    from mmgpt.serve.batching.validity import valid

    try:
        grammar = grammar_of(text)
        made = shortest(matcher_of(grammar), CLOSING)
        if made is None:
            raise Refused("endless")
        minimal = made.decode()
        if not valid(text, minimal):  # the two do not understand it alike
            raise Refused("invalid")
    except (GrammarError, jsonschema.SchemaError, referencing.exceptions.Unresolvable, ValueError) as error:
        if isinstance(error, Refused):
            raise
        log.info("a schema was refused: %s", error)
        raise Refused("invalid") from None
    return grammar, minimal


class Checker:
    """The process, started when first needed and again after it was ended. Threads may share it; one schema is looked at at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def check(self, text: str, seconds: float) -> tuple[str, str]:
        """`examine` of a schema without line breaks. Raises Refused, "slow" after `seconds`, and ServiceError 503 where no process runs."""
        if not self._lock.acquire(timeout=seconds + STARTING):
            raise Refused("slow")
        try:
            process = self._started()
            assert process.stdin is not None
            process.stdin.write(text.encode() + b"\n")
            process.stdin.flush()
            answer = self._line(process, seconds)
            if answer is None:
                log.warning(
                    "a schema of %d bytes took longer than %.1f s to compile, or all memory", len(text), seconds
                )
                self._end()
                raise Refused("slow")
        except OSError:  # it died before it read
            self._end()
            raise ServiceError(
                503, "unavailable_error", "JSON schemas cannot be checked at the moment; try again.", retry_after=2
            ) from None
        finally:
            self._lock.release()
        kind, *rest = json.loads(answer)
        if kind == "refused":
            raise Refused(*rest)
        return rest[0], rest[1]

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            root = str(Path(__file__).resolve().parents[3])
            known = os.environ.get("PYTHONPATH")
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mmgpt.serve.batching.checker"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": root if not known else os.pathsep.join((root, known))},
            )  # fmt: skip
            atexit.register(self._end)
            if self._line(self._process, STARTING) is None:
                self._end()
                raise OSError("the process that compiles schemas did not start")
        return self._process

    def _line(self, process: subprocess.Popen[bytes], seconds: float) -> bytes | None:
        """The next line it prints; None when it prints none in time, or is gone."""
        assert process.stdout is not None
        until, got = time.monotonic() + seconds, b""
        while not got.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))
            part = os.read(process.stdout.fileno(), 1 << 20) if ready else b""
            if not part:
                return None
            got += part
        return got

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:
                        pass


CHECKER = Checker()


def main() -> None:
    """The process: reads schemas until its input ends, which it does when its starter is gone."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):  # not everywhere; the time limit remains
        pass
    import mmgpt.serve.batching.validity  # noqa: F401 (before the clock runs)

    out: Any = sys.stdout.buffer
    out.write(b"ready\n")
    out.flush()
    for line in sys.stdin.buffer:
        try:
            answer: list[str] = ["fine", *examine(line.decode())]
        except Refused as refused:
            answer = ["refused", refused.problem, refused.keyword]
        except (MemoryError, RecursionError):
            answer = ["refused", "slow", ""]
        out.write(json.dumps(answer).encode() + b"\n")
        out.flush()


if __name__ == "__main__":
    main()
