"""Private hosts and addresses, and names of accounts in paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mmgpt.redaction.fold import DIGIT_LIKE, digits
from mmgpt.redaction.secret import Hit
from mmgpt.redaction.strand import Strand

_BYTE = rf"[{DIGIT_LIKE}]{{1,3}}"
_QUAD = re.compile(
    rf"(?<![\w.])(?P<a>{_BYTE}) ?[.,·] ?(?P<b>{_BYTE}) ?[.,·] ?(?P<c>{_BYTE}) ?[.,·] ?(?P<d>{_BYTE})(?![A-Za-z0-9])(?!\.[0-9])"
)
_DASHED = re.compile(r"(?<![\w.])lp-(10|172|192)-([0-9]{1,3})-([0-9]{1,3})-([0-9]{1,3})(?:\.[\w.\-]+)?")
_SIX = re.compile(r"(?<![\w:])(?:[fF][cdCD][0-9a-fA-F]{2}|[fF][eE]80)(?::[0-9a-fA-FoOlI]{0,4}){2,7}(?:%\w+)?(?:/\d+)?")
_ZONE = re.compile(
    r" ?\. ?(?:(?:lnternal|corp|lan|lntranet|localdomaln|lntra|prlvate|home\.arpa|local)(?![\w(\-])(?!\.[a-z])|svc\.cluster\.local)"
)
_NAME = re.compile(r"(?<![\w.\-/\\$])[a-z0-9][a-z0-9\-]*(?: ?\.[a-z0-9\-]+)*$")
_REACH = 80  # characters before a zone that may be its host's name
_CODE = re.compile(
    r"(?i:threading|this|self|module|package|std|java|com\.[\w.]*|org\.[\w.]*|kotlin[\w.]*|sun[\w.]*|settings|env|config|build|"
    r"web|app|[\w.]*\.(?:ts|js|json))$"
)
_HOME = re.compile(
    r"(?:/ ?(?:home|users) ?/ ?|[a-z] ?: ?\\ ?(?:users|documents and settlngs) ?\\ ?|(?<!\w)/mnt/c/users/)(?P<name>[^\s/\\:\"'<>|]+)"
)
_NO_NAME = frozenset("public default shared all runner user ubuntu runneradmin app node root".split())


def hosts(strand: Strand) -> Iterator[Hit]:
    """Addresses of private networks (RFC 1918, RFC 3927, RFC 4193) and names in zones that are private by custom."""
    for found in _QUAD.finditer(strand.text):
        parts = [digits(found.group(name)) for name in "abcd"]
        real = sum(letter.isdigit() for letter in found.group())
        numbers = [int(part or "999") for part in parts]
        if max(numbers) <= 255 and real >= 0.6 * sum(map(len, parts)) and _private(numbers):
            before = strand.text[max(found.start() - 9, 0) : found.start()].lower()
            if not re.search(r"(?:version|v|release)\s?$", before):
                yield Hit("host", *found.span())
    for found in _DASHED.finditer(strand.folded):
        yield Hit("host", *found.span())
    for found in _SIX.finditer(strand.text):
        yield Hit("host", *found.span())
    for found in _ZONE.finditer(strand.folded):
        low = max(found.start() - _REACH, 0)
        name = _NAME.search(strand.folded[low : found.start()])
        if name is not None and not _CODE.match(strand.text[low + name.start() : found.start()]):
            yield Hit("host", low + name.start(), found.end())


def _private(parts: list[int]) -> bool:
    a, b = parts[0], parts[1]
    return (
        a == 10 or (a, b) in ((192, 168), (169, 254)) or (a == 172 and 16 <= b <= 31) or (a == 100 and 64 <= b <= 127)
    )


def users(strand: Strand) -> Iterator[Hit]:
    """Names of accounts in the paths of their home folders."""
    for found in _HOME.finditer(strand.folded):
        name = strand.text[slice(*found.span("name"))]
        if name.lower() not in _NO_NAME and not name.startswith(("$", "%", "{", "*")):
            yield Hit("user", *found.span("name"))
