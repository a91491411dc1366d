"""The log of what left the machine: one JSON line before a request goes out, one when its answer is there."""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from mmgpt.escalation.errors import EscalationError


class Journal:
    """Appends to a file that only its owner can read; `path` None logs nothing. Never holds a key, a body or a picture."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = threading.Lock()

    def write(self, event: str, **values: Any) -> None:
        """One line: the time (UTC), the event and the values. Raises EscalationError: what cannot be logged is not sent."""
        if self.path is None:
            return
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        row = json.dumps({"time": now, "event": event, **values}, ensure_ascii=True) + "\n"
        try:
            with self._lock:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                with open(handle, "ab", buffering=0) as file:
                    file.write(row.encode("ascii"))
        except OSError as error:
            reason = error.strerror or str(error)
            raise EscalationError(f"the log {self.path} cannot be written ({reason}), so nothing is sent") from error
