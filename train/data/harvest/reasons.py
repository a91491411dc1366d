"""Why the system said no: where a program prints strerror's words after its own, a reason that goes with them."""

from __future__ import annotations

import hashlib
import re

from train.data.harvest.formats import REASON

_NET = (
    "Connection refused", "Connection timed out", "Network is unreachable", "No route to host", "Address already in use",
    "Connection reset by peer", "Name or service not known", "Broken pipe",
)  # fmt: skip
_FILE = (
    "No such file or directory", "Permission denied", "No space left on device", "Is a directory", "Not a directory",
    "Read-only file system", "Input/output error", "File exists", "Too many open files", "Disk quota exceeded",
)  # fmt: skip
_OTHER = (
    "Operation not permitted", "Invalid argument", "Device or resource busy", "Cannot allocate memory", "Permission denied",
    "No such file or directory", "Operation not supported", "Resource temporarily unavailable", "Bad file descriptor",
)  # fmt: skip
_NETWORK = re.compile(r"connect|host|socket|bind|listen|server|network|address|port\b|send|recv|receiv", re.I)
_FILES = re.compile(
    r"file|open|read|write|creat|director|stat\b|unlink|rename|copy|remove|delete|save|load|path|folder", re.I
)


def fill_reason(text: str) -> str:
    """The text with its reason, chosen by the text alone among those that such a sentence is followed by."""
    if REASON not in text:
        return text
    table = _NET if _NETWORK.search(text) else _FILE if _FILES.search(text) else _OTHER
    number = int(hashlib.sha1(text.encode()).hexdigest(), 16)
    return text.replace(REASON, table[number % len(table)])
