"""What a stranger wrote, made harmless: no control characters, no links, no more than so many letters."""

from __future__ import annotations

import errno
import re
import unicodedata
from collections.abc import Iterable

_MARKDOWN = re.compile(r"!?\[([^\[\]]*)\]\((?=[^()]*[:/.#?])\s*[^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+[^()]*)?\)")
_SCRIPT = re.compile(r"\b(?:javascript|vbscript|data):(?=\S)\S*", re.I)
_SCHEME = re.compile(r"<?\b(?:[a-z][a-z0-9+.-]*://|www\.|(?:mailto|file|tel):(?=\S))[^\s<>\"'`)\]]*>?", re.I)
_HOST = re.compile(
    r"(?<![\w@./-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    r"(?:(?:com|org|net|edu|gov|info|biz)\b(?:[:/][^\s<>\"'`)\]]*)?|(?:io|dev|sh|me|co|app|xyz|ru|cn|top|site|online|link|ai|ly|gg|to|de|uk|eu|fr)(?::\d+)?/[^\s<>\"'`)\]]+)",
    re.I,
)
REMOVED = "(link removed)"
_CODE = re.compile(
    r"(?<![\w-])(?:"
    r"(?:[A-Z]+::)?[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_ERR(?:OR)?(?:_[A-Z0-9]+)*|(?:[A-Z]+::)?ERR(?:OR)?(?:_[A-Z0-9]+)+"
    r"|0x[0-9A-Fa-f]{8}|[A-Z]{1,6}-?\d{3,7}"
    r")(?![\w-])"
)
_HARMLESS = re.compile(r"(?:UTF|UCS|SHA|AES|RSA|MD|ISO|IEC|RFC|CP|IP|TLS|SSL|HTTP|ECMA|ANSI|IEEE)-?\d+")
_ERRNO = re.compile(r"\bE[A-Z0-9]{3,}\b")


def cleaned(text: str, longest: int = 2000) -> str:
    """The text on one line, without control, format or private characters, cut at `longest` letters."""
    kept = "".join(" " if unicodedata.category(letter)[0] == "C" else letter for letter in text[: longest * 2])
    kept = " ".join(kept.split())
    return kept if len(kept) <= longest else kept[: longest - 1].rstrip() + "…"


def without_links(text: str, known: str = "") -> str:
    """The text with links taken out; a bare host stays if it stands in `known`, what was read in the picture.

    Whoever can write into a picture, or runs an engine, must not send people anywhere.
    """
    known = known.casefold()

    def bare(match: re.Match[str]) -> str:
        return match[0] if match[0].rstrip("/.").casefold() in known else REMOVED

    text = _MARKDOWN.sub(lambda match: match[1], text)
    return _HOST.sub(bare, _SCHEME.sub(REMOVED, _SCRIPT.sub(REMOVED, text)))


def codes_in(text: str) -> list[str]:
    """What looks like an error's code in prose: ERR_…, 0x8007…, TS2304, ORA-12541, ECONNREFUSED. Names of standards are none."""
    found = [match[0] for match in _CODE.finditer(text) if not _HARMLESS.fullmatch(match[0])]
    return found + [match[0] for match in _ERRNO.finditer(text) if match[0] in errno.errorcode.values()]


def unread_codes(text: str, lines: Iterable[str]) -> list[str]:
    """The codes in a text that stand in none of the lines, as far as letters that look alike can be told apart."""
    from mmgpt.escalation.matching import alike

    read = alike("".join(lines))
    return [code for code in codes_in(text) if alike(code) not in read]
