"""The server's log: one JSON object a line on stderr. JSON's escapes keep a stranger's newline from faking a line.

Pictures, texts, keys, query strings and header values never get here; what libraries say comes through with their level, shortened.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import datetime, timezone
from typing import Any

LEVELS = ("debug", "info", "warning", "error", "critical")
_LONGEST = 4000
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message", "taskName"}


class JsonLines(logging.Formatter):
    """A record with its extra values as one line of ASCII JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage()[:_LONGEST],
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)[-_LONGEST:]
        return json.dumps(line, default=lambda value: type(value).__name__)


def set_up(level: str) -> None:
    """Sends what this process logs to stderr as JSON lines. `level` is one of LEVELS; libraries speak from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.WARNING, _number(level)))
    logging.getLogger("mmgpt").setLevel(_number(level))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(max(logging.WARNING, _number(level)))
    logging.getLogger("uvicorn.access").disabled = True  # ours says what is needed, and no query strings


def _number(level: str) -> int:
    return int(getattr(logging, level.upper()))
