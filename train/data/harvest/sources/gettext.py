"""Originals of gettext catalogues: those of the system and those of packages that are fetched for them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

from train.data.harvest import debs
from train.data.harvest.catalogues import read_mo
from train.data.harvest.clean import phrases, sampled
from train.data.harvest.core import Phrase, PhraseKind, Source

logger = logging.getLogger(__name__)

_DIAGNOSTIC = re.compile(
    r"(?!previous|declared|candidate|required|in expansion|note)[a-z%](?:.*)(?:%<|%q|%[#+]*[TDE]\b)", re.S
)
SYSTEM = Path("/usr/share/locale")
_LANGUAGE_TAIL = re.compile(r"-?[a-z]{2,3}(?:_[A-Z]{2})?(?:@\w+)?$")


def catalogue_files() -> Iterator[tuple[str, str, Path]]:
    """(package, domain, file) of every catalogue; the package is "" for those of the system."""
    for language in debs.LANGUAGES:
        for path in sorted((SYSTEM / language / "LC_MESSAGES").glob("*.mo")):
            yield "", path.stem, path
    for package in sorted(debs.folder().glob("*")):
        if (package / ".done").is_file():
            for path in sorted(package.rglob("*.mo")):
                if path.parent.name != "LC_MESSAGES":  # the language is in the file's name
                    yield package.name, _LANGUAGE_TAIL.sub("", path.stem), path
                elif path.parent.parent.name in debs.LANGUAGES:
                    yield package.name, path.stem, path


def office(text: str) -> str:
    """LibreOffice's own signs in the usual ones: `~` before the mnemonic letter, `$(ARG1)`, `%PRODUCTNAME`."""
    text = re.sub(r"%PRODUCT(?:NAME|VERSION|EXTENSION)", "LibreOffice", text).replace("%PRODUCTVERSION", "7.4")
    text = re.sub(r"~(?=\w)", "", text)
    text = re.sub(r"\$\(ARG(\d)\)", r"{\1}", text)
    text = re.sub(r"#(\d)\b", r"{\1}", text)
    return re.sub(r"\$\(?([A-Za-z]\w+)\)?\$?", r"{\1}", text)


def gather() -> Iterator[Phrase]:
    """Phrases of every catalogue whose owner is not left out."""
    if not debs.missing():
        _, absent = debs.fetch()
        if absent:
            logger.warning("no catalogues of %d packages: %s", len(absent), ", ".join(absent))
    texts: dict[debs.Owner, set[str]] = {}
    for package, domain, path in catalogue_files():
        owner = debs.owner(package, domain)
        if owner is None:
            continue
        try:
            texts.setdefault(owner, set()).update(read_mo(path))
        except (OSError, ValueError) as error:
            logger.warning("passed over: %s", error)
    for owner, originals in texts.items():
        is_office = owner.name.startswith("LibreOffice")
        for text in sampled(originals):
            # GCC's diagnostics quote what they are about; its other sentences are the help of its options.
            kind: PhraseKind | None = "error" if owner.name == "GCC" and _DIAGNOSTIC.match(text) else None
            text = office(text) if is_office else text
            yield from phrases(SOURCE.name, text, owner.name, terse=owner.terse, kind=kind)


SOURCE = Source("gettext", gather)
