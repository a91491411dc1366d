"""Firefox's and Thunderbird's own words: the Fluent and properties files in their archives."""

from __future__ import annotations

import logging
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from train.data.harvest import debs
from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source

logger = logging.getLogger(__name__)

_PACKAGES = {"firefox-esr": "Firefox", "thunderbird": "Thunderbird"}
_ENTRY = re.compile(
    r"^(?:-?[A-Za-z][\w-]*|\s+\.[\w-]+|\s+\*?\[[\w ]+\])\s*=?[ \t]*(.*(?:\n[ \t]+(?![.\[*}])\S.*)*)$", re.M
)
_SKIPPED = re.compile(
    r"devtools|about(?:config|support|profiling|processes|telemetry|webrtc|networking)|glean|langpack|region|language|currency|metrics",
    re.I,
)


def fluent(text: str) -> Iterator[str]:
    """The texts of a Fluent file: values, attributes and variants, each on one line, `{ $name }` left as it is."""
    for found in _ENTRY.finditer(re.sub(r"^#.*$", "", text, flags=re.M)):
        value = re.sub(r"\s*\n\s*", " ", found.group(1)).strip()
        value = value.replace("{ -brand-short-name }", "{brand}").replace("{ -brand-product-name }", "{brand}")
        value = re.sub(r"\{ -[\w-]+(?:\([^)]*\))? \}", "{brand}", value)
        value = re.sub(r'\{ "((?:[^"\\]|\\.)*)" \}', r"\1", value)
        if value and not value.endswith("->") and value not in ("{", "}"):
            yield value


def properties(text: str) -> Iterator[str]:
    """The values of a .properties file."""
    for line in text.splitlines():
        key, sign, value = line.partition("=")
        if (
            sign
            and not key.lstrip().startswith(("#", "!"))
            and not re.search(r"(?:accesskey|commandkey|\.key|width|style)$", key.strip(), re.I)
        ):
            yield value.strip().replace("\\n", "\n")


def archives() -> Iterator[tuple[str, Path]]:
    """(program, omni.ja) of the unpacked packages and of installed programs."""
    for package, app in _PACKAGES.items():
        roots = (debs.folder() / package, Path("/usr/lib") / package, Path("/usr/share") / package)
        for root in roots:
            for path in sorted(root.rglob("omni.ja")):
                yield app, path


def gather() -> Iterator[Phrase]:
    """English texts of both programs; the brand's name stands for its slot."""
    if not debs.missing():
        debs.fetch(tuple(_PACKAGES))
    for app, path in archives():
        try:
            texts = sorted(_texts(path))
        except (zipfile.BadZipFile, OSError) as error:
            logger.warning("passed over %s: %s", path, error)
            continue
        for style, text in texts:
            text = text.replace("{brand}", app).replace("&brandShortName;", app).replace("%1$S", "{1}")
            if style == "brace":
                text = re.sub(r"%(?:\d\$)?S", "{value}", text)
                yield from phrases(SOURCE.name, text, app, style="brace")
            else:
                yield from phrases(SOURCE.name, text, app, style="fluent")


def _texts(path: Path) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if "en-US" not in name or _SKIPPED.search(name):
                continue
            if name.endswith(".ftl"):
                found.update(("fluent", text) for text in fluent(archive.read(name).decode("utf-8", "replace")))
            elif name.endswith(".properties"):
                found.update(("brace", text) for text in properties(archive.read(name).decode("utf-8", "replace")))
    return found


def _missing() -> str:
    there = any(True for _ in archives())
    return "" if there or not debs.missing() else "Firefox's omni.ja not found: apt-get install firefox-esr"


SOURCE = Source("mozilla", gather, _missing)
