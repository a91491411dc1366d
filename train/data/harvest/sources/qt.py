"""Originals of Qt's catalogues in packages that are fetched for them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

from train.data.harvest import debs
from train.data.harvest.catalogues import read_qm
from train.data.harvest.clean import phrases, sampled
from train.data.harvest.core import Phrase, Source
from train.data.harvest.formats import Style

logger = logging.getLogger(__name__)

_LANGUAGE = re.compile(r"(?:^|[_-])(?:" + "|".join(debs.LANGUAGES) + r")(?:_[A-Z]{2})?$")


def gather() -> Iterator[Phrase]:
    """Phrases of every .qm that was compiled with its originals."""
    if not debs.missing():
        debs.fetch()
    texts: dict[debs.Owner, set[str]] = {}
    for package in sorted(debs.folder().glob("*")):
        for path in sorted(package.rglob("*.qm")):
            domain = _LANGUAGE.sub("", path.stem)
            owner = debs.owner(package.name, domain)
            if domain == path.stem or owner is None or domain.startswith("measurements"):
                continue
            try:
                texts.setdefault(owner, set()).update(read_qm(path))
            except (OSError, ValueError) as error:
                logger.warning("passed over: %s", error)
    for owner, originals in texts.items():
        for text in sampled(originals):
            style: Style | None = "qt" if re.search(r"%L?(?:\d|n)", text) else None
            yield from phrases(SOURCE.name, text, owner.name, style=style, ampersands=True)


SOURCE = Source("qt", gather)
