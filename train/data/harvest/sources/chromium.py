"""Chromium's own words: its English string pack, and the net errors as chrome://network-errors names them."""

from __future__ import annotations

import itertools
import logging
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from train.data.harvest import debs
from train.data.harvest.categories import by_code
from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import SourceError

logger = logging.getLogger(__name__)

_PACKS = (
    "/usr/lib/chromium/locales/en-US.pak",
    "/usr/lib/chromium-browser/locales/en-US.pak",
    "/opt/google/chrome/locales/en-US.pak",
)
_UTF8 = 1


def read_pack(path: Path) -> Iterator[str]:
    """The strings of a .pak file of version 5: header, (id u16, offset u32) entries up to a sentinel, UTF-8 texts.

    Raises ValueError for another version or encoding.
    """
    data = path.read_bytes()
    version, encoding, count, _ = struct.unpack_from("<IB3xHH", data, 0)
    if version != 5 or encoding != _UTF8:
        raise ValueError(f"{path} is of version {version} with encoding {encoding}; only version 5 in UTF-8 is read")
    entries = [struct.unpack_from("<HI", data, 12 + 6 * number) for number in range(count + 1)]
    for (_, start), (_, end) in itertools.pairwise(entries):
        yield data[start:end].decode("utf-8", "replace")


def pack() -> Path | None:
    """The English pack of an installed browser or of the unpacked package; None when there is none."""
    candidates = [*map(Path, _PACKS), *sorted(debs.folder().glob("chromium*/**/en-US.pak"))]
    return next((path for path in candidates if path.is_file()), None)


def gather() -> Iterator[Phrase]:
    """Labels and sentences of the browser, ICU plurals one form each; ERR_ names with what they say on the page."""
    path = pack()
    if path is None:
        raise SourceError(_missing())
    for text in read_pack(path):
        for part in _forms(text):
            part = re.sub(r"<ph[^>]*>|</ph>", "", part)
            yield from phrases(SOURCE.name, part, "Chromium", style="dollar", ampersands=True)
    for name in sorted(_net_errors()):
        category = by_code(name)
        yield Phrase(SOURCE.name, "error", name, "Chromium", name, category)


def _forms(text: str) -> Iterator[str]:
    if not re.match(r"\{\w+, ?(?:plural|select)", text):
        yield text
        return
    for form in re.findall(r"(?:=\d+|one|other|zero|few|many)\s*\{((?:[^{}]|\{[^{}]*\})*)\}", text):
        yield form.replace("#", "{num}").replace("{0}", "{num}")


def _net_errors() -> set[str]:
    """Names of net errors: the browser's own list, read from the page that shows it; nothing without Playwright."""
    try:
        from playwright.sync_api import Error

        from train.data.capture.browser import View, chromium
    except ImportError:
        logger.warning("net errors are left out: Playwright is missing: pip install playwright")
        return set()
    try:
        with chromium(View(), None) as page:
            page.goto("chrome://network-errors")
            page.wait_for_timeout(1500)
            text = page.locator("body").inner_text()
    except Error as error:
        logger.warning("net errors are left out: %s", str(error).partition("\n")[0])
        return set()
    return set(re.findall(r"\bERR_[A-Z0-9_]+\b", text))


def _missing() -> str:
    return "" if pack() else "no English string pack of a browser: apt-get install chromium"


SOURCE = Source("chromium", gather, _missing)
