"""PostgreSQL's list of SQLSTATEs with the names of their conditions; its messages come with the gettext catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from train.data.harvest.categories import by_sqlstate
from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source


def _lists() -> list[Path]:
    return sorted(Path("/usr/share/postgresql").glob("*/errcodes.txt"))


def gather() -> Iterator[Phrase]:
    """Conditions such as `undefined table` with their five-character code."""
    for path in _lists()[-1:]:
        for line in path.read_text(encoding="utf-8").splitlines():
            found = re.match(r"([0-9A-Z]{5})\s+E\s+\S+\s+(\w+)", line)
            if found:
                code, name = found.groups()
                text = name.replace("_", " ")
                yield from phrases(SOURCE.name, text, "PostgreSQL", style="none", code=code, category=by_sqlstate(code))


def _missing() -> str:
    return "" if _lists() else "/usr/share/postgresql/*/errcodes.txt not found: apt-get install postgresql"


SOURCE = Source("postgres", gather, _missing)
