"""Visual Studio Code's own words, from the build of it that the npm package code-server carries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import SourceError, needs_npm, npm_unpack

_APP = "Visual Studio Code"


def gather() -> Iterator[Phrase]:
    """Messages of the workbench, and names and sentences of the extensions that come with it."""
    folder = npm_unpack("code-server@4.100.3", ("*/nls.messages.json", "*/package.nls.json"))
    texts: set[str] = set()
    for path in sorted(folder.rglob("nls.messages.json")):
        texts.update(_strings(json.loads(path.read_text(encoding="utf-8"))))
    for path in sorted(folder.rglob("package.nls.json")):
        texts.update(_strings(json.loads(path.read_text(encoding="utf-8"))))
    if not texts:
        raise SourceError(f"no messages of the editor in {folder}: remove the folder and gather again")
    for text in sorted(texts):
        plain = text.replace("&&", "&").replace("**", "").replace("`", "'")
        yield from phrases(SOURCE.name, plain, _APP, style="brace", ampersands=True)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from _strings(entry)
    elif isinstance(value, dict):
        for key, entry in value.items():
            if key != "comment":
                yield from _strings(entry)


SOURCE = Source("vscode", gather, needs_npm)
