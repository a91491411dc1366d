"""From what a scenario promised and what it wrote to a transcript, or to the reason why there is none."""

from __future__ import annotations

import base64
import re
import socket
import sys
from pathlib import Path
from typing import Any

from train.data.capture.session import SYSTEM
from train.data.harvest.core import Transcript
from train.data.harvest.transcripts.kinds import Scenario
from train.data.harvest.transcripts.screen import resolve

LONGEST_ROW = 2_000
MOST_ROWS = 1_100
_ORDINARY = SYSTEM | {"home", "root", "srv", "opt", "mnt", "media", "lost+found"}


def _traces() -> re.Pattern[str]:
    """What would tell of the machine that records: its own folders, the checkout, the interpreter, the host's name."""
    own = sorted(entry.name for entry in Path("/").iterdir() if entry.name not in _ORDINARY)
    checkout = Path(__file__).resolve().parents[4]
    places = [checkout, Path(sys.base_prefix), Path(sys.prefix)]
    parts = [rf"(?<![\w.~-])/{re.escape(name)}(?![\w.-])" for name in own]
    parts += [re.escape(str(place)) for place in places if str(place) not in ("/", "/usr", "/usr/local")]
    parts += [re.escape(f"{Path.home()}/."), r"/run/(?:rc|setup|driver|peers)\b", "/tmp/transcripts-", "\ufffd"]
    host = socket.gethostname()
    if host not in ("", "localhost"):
        parts.append(rf"(?<![\w.-]){re.escape(host)}(?![\w.-])")
    return re.compile("|".join(parts))


_TRACES = _traces()
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Dropped(ValueError):
    """A scenario that did not do what its kind promises; the text says what it did."""


def judge(tool: str, scenario: Scenario, answer: dict[str, Any]) -> Transcript:
    """The transcript of an answer of the driver. Raises Dropped where it is not what the kind promises."""
    kind = scenario.kind
    if "error" in answer:
        raise Dropped(answer["error"])
    shown = [(step["exit"], *resolve(base64.b64decode(step["data"]))) for step in answer["steps"]]
    exit_code, rows, tones = shown[-1]
    commands = scenario.order["commands"]
    for text in (row for _, some, _ in shown for row in some):
        if found := _TRACES.search(text) or _CONTROL.search(text):
            raise Dropped(f"a row tells of this machine or holds control characters ({found.group(0)!r}): {text!r}")
    if len(rows) > MOST_ROWS or any(len(row) > LONGEST_ROW for row in rows):
        raise Dropped(f"{len(rows)} rows, the longest of {max(map(len, rows))} characters, are too much")
    promised = kind.exits or ((0,) if not kind.is_error else ())
    if (promised and exit_code not in promised) or (not promised and exit_code == 0):
        raise Dropped(f"exit code {exit_code}, promised {promised or 'another'}; " + _end(rows))
    message, code = _message(scenario, rows), None
    if scenario.code is not None:
        code = _code(scenario, rows, message)
    trace: tuple[int, ...] = ()
    if message is not None and scenario.trace is not None:
        trace = tuple(n for n, row in enumerate(rows) if n != message and scenario.trace.search(row))
    return Transcript(
        source=f"transcripts/{tool}",
        scenario=kind.name,
        app=kind.app,
        command=commands[-1],
        rows=tuple(rows),
        exit_code=exit_code,
        is_error=kind.is_error,
        message=message,
        message_text=None if message is None else rows[message].strip(),
        code=code,
        category=kind.category,
        trace=trace,
        prompt=scenario.prompt,
        before=tuple((c, tuple(some)) for c, (_, some, _) in zip(commands[:-1], shown[:-1], strict=True)),
        tones=tuple(tones),
    )


def _end(rows: list[str]) -> str:
    return "it ends:\n" + "\n".join(f"    {row}" for row in rows[-12:])


def _message(scenario: Scenario, rows: list[str]) -> int | None:
    if scenario.message is None:
        return None
    found = [number for number, row in enumerate(rows) if scenario.message.search(row)]
    if not found:
        raise Dropped(f"no row matches {scenario.message.pattern!r}; " + _end(rows))
    return found[-1] if scenario.kind.last else found[0]


def _code(scenario: Scenario, rows: list[str], message: int | None) -> str:
    assert scenario.code is not None
    for row in ([rows[message]] if message is not None else []) + rows:
        if found := scenario.code.search(row):
            return next((text for text in found.groups() if text), found.group(0))
    raise Dropped(f"no row holds the code {scenario.code.pattern!r}; " + _end(rows))
