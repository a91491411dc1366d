"""What the resolver says when a name cannot be found."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import library, needs_library, speaker

_DNS = frozenset({"EAI_NONAME", "EAI_NODATA", "EAI_AGAIN", "EAI_FAIL", "EAI_ADDRFAMILY"})


def gather() -> Iterator[Phrase]:
    """gai_strerror's sentence for every EAI_ code."""
    speak = speaker(library("libc.so.6", "libc.so").gai_strerror)
    names = {value: name for name, value in vars(socket).items() if name.startswith("EAI_")}
    unknown = speak(-99999)
    for number in range(-120, 0):
        text = speak(number)
        if text and text != unknown:
            code = names.get(number, "")
            category = "dns" if code in _DNS else "out_of_memory" if code == "EAI_MEMORY" else ""
            yield from phrases(SOURCE.name, text, "", style="none", code=code, category=category, kind="error")


SOURCE = Source("getaddrinfo", gather, needs_library("libc.so.6", package="libc6"))
