"""The journal's catalogue: subjects and the first sentences of explanations that services put into the log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source

_FOLDER = Path("/usr/lib/systemd/catalog")


def gather() -> Iterator[Phrase]:
    """Entries of the English catalogues; `@FIELD@` stands for a field of the journal's record."""
    for path in sorted(_FOLDER.glob("*.catalog")):
        if "." in path.stem and path.stem.rsplit(".", 1)[-1] not in ("systemd", "NetworkManager"):
            continue  # a translation
        for entry in re.split(r"^-- [0-9a-f]{32}.*$", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
            head, _, body = entry.strip().partition("\n\n")
            subject = re.search(r"^Subject: (.+)$", head, re.M)
            for text in (subject.group(1) if subject else "", *re.split(r"\n\n|(?<=\.)\s+(?=[A-Z])", body)):
                text = re.sub(r"@(\w+)@", lambda found: "{" + found.group(1).lower() + "}", text.replace("\n", " "))
                yield from phrases(SOURCE.name, text, "systemd", style="brace", mnemonics=False)


def _missing() -> str:
    return "" if _FOLDER.is_dir() else f"{_FOLDER} not found: apt-get install systemd"


SOURCE = Source("systemd", gather, _missing)
