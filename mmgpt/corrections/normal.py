"""The normal form of a message: what two showings of one message have in common, and no other message has.

Blanks, case, typographic marks and a full stop do not count. Numbers, paths and hosts become slots of the knowledge patterns
({port}, {path}, {host} …), but for numbers that may be codes: what stands behind "error", "exit code", "HTTP" and the like, in
brackets of its own, or reads as an HTTP status. In doubt a number stays, so that a correction rather misses than strays.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from mmgpt.knowledge.patterns import MAX_LINE, Pattern, plain

FORM = 1
"""The number of this normal form: keys that another one made are made anew."""

_UNSAFE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_ENDS = ".,;:!?…"
_FILES = (
    "bash bat bib bz2 c cc cer cfg cjs conf cpp crt css csv cxx db deb doc docx gif go gz h hpp htm html ini java jpeg jpg js json jsx "
    "kt log lua md mjs mp4 pdf pem php pl png ppt pptx ps1 py rb rpm rs rst sh sql sqlite svg tar tex toml ts tsx txt wav xls xlsx xml xz "
    "yaml yml zip"
).split()
_TOPS = (
    "com org net edu gov info biz io dev app cloud ai co uk us eu de fr at ch nl be es it pt se no fi dk cz ru cn jp in br au ca local "
    "localdomain lan internal intranet corp home arpa test example invalid"
).split()
_PARTS = re.compile(
    rf"""
    (?P<url>\b[a-z][a-z0-9+.-]*://[^\s"'`<>]*[^\s"'`<>.,;:!?)\]}}])
  | (?P<email>(?<![\w.])[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b)
  | (?P<uuid>\b[0-9A-Fa-f]{{8}}-[0-9A-Fa-f]{{4}}-[0-9A-Fa-f]{{4}}-[0-9A-Fa-f]{{4}}-[0-9A-Fa-f]{{12}}\b)
  | (?P<winpath>(?<!\w)(?:[A-Za-z]:[\\/]|\\\\\w)(?:[^\\/:*?"'<>|\r\n]*[\\/])*[^\\/:*?"'<>|\s,;)]*)
  | (?P<root>(?<![\w.:/<])(?:~|\.{{1,2}})?/[\w.@%+~,=/-]*[\w@%+~=-])
  | (?P<relative>(?<![\w./@-])[\w@+-][\w.@+-]*/(?:[\w.@+-]+/)*[\w.@+-]*\.[A-Za-z][A-Za-z0-9]{{0,4}}\b(?![./]))
  | (?P<date>(?<![\w./-])\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?![\d-]))
  | (?P<time>(?<![\w:.])\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:[.,]\d+)?)?(?![\w:]))
  | (?P<ip>(?<![\w.])(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?![\w.]*\w))
  | (?P<ip6>(?<![\w:.])\[?(?=[0-9A-Fa-f:]*\d)(?:[0-9A-Fa-f]{{0,4}}:){{2,7}}[0-9A-Fa-f]{{0,4}}(?:%\w+)?\]?(?![\w:]))
  | (?P<host>(?<![\w.@/$-])(?:localhost
      | (?!(?:com|org|net|io|java|javax)\.)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:{"|".join(_TOPS)}))(?![\w./-]*[\w/-]))
  | (?P<file>(?<![\w./$-])[\w-]+(?:\.[\w-]+)*\.(?:{"|".join(_FILES)})(?![\w(-]|\.\w|\ is\ (?:not|undefined|null|nil)\b))
  | (?P<version>(?<![\w.])v?\d+(?:\.\d+){{2,}}[\w.+~-]*(?<![.])(?!\w))
  | (?P<addr>\b0x[0-9A-Fa-f]{{9,16}}\b)
  | (?P<sha>(?<![\w-])(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])(?![0-9a-f]{{8}}\b)[0-9a-f]{{7,64}}(?![\w-]))
  | (?P<num>(?<![\w.])(?<!\w-)(?:(?<![^\s(\[=])[-+])?\d+(?:[.,]\d+)*(?=(?:ms|s|m|h|d|px|[kKMGT]i?[Bb]?|B)?(?:\W|$|_)))
""",
    re.X,
)
_NAMES = {"root": "path", "relative": "path", "file": "path", "ip": "host", "ip6": "host"}
_CODE_WORDS = frozenset(
    "error err errno code codes status exit exited exitcode signal sig http event id hresult result returned return rc sqlstate "
    "stop winerror response reason exception fault failure oserror ora os msg message warning level state severity type class number no nr "
    "problem issue kb check bug fehler fehlercode erreur".split()
)
_COUNT_WORDS = frozenset(
    "port ports line lines ln col column row pid process ppid uid gid inode offset position pos char character byte bytes size length "
    "page block sector slot attempt try worker thread tid job timeout after".split()
)
_BEFORE = re.compile(r"([A-Za-z]+)(?:/[\d.]+)?[\s:=\"']*[(\[#]?[\s\"']*$")
_UNIT = re.compile(
    r"\s?(?:ms|msecs?|s|secs?|seconds?|mins?|minutes?|hours?|days?|bytes?|[kKMGT]i?[Bb]|%|px|times|retries|attempts)\b|\s?%"
)


@dataclass(frozen=True)
class Form:
    """A message in its normal form.

    `exact` is the key of the message word for word, `slots` the key with slots (None where it has none, or where too little
    would be left to tell messages apart); `pattern` shows the latter, `values` are what stands in its slots, in order.
    """

    exact: str
    slots: str | None
    pattern: str
    values: tuple[str, ...]


@lru_cache(maxsize=4096)
def normal(message: str) -> Form:
    """The normal form of a message. Any text is legal; an empty one has the keys of no other."""
    text = clean(message)
    exact = _key([text])
    if len(text) > MAX_LINE:  # cut texts would be alike that are not
        return Form(exact, None, text, ())
    parts: list[str] = []
    shown: list[str] = []
    values: list[str] = []
    counts: dict[str, int] = {}
    at = 0
    for found in _PARTS.finditer(text):
        name = found.lastgroup or ""
        slot = _number_slot(text, found) if name == "num" else _NAMES.get(name, name)
        if not slot or (name == "ip6" and not _is_address(found.group(0))):
            continue
        literal = text[at : found.start()]
        parts += [literal, f"\0{slot}\0"]
        counts[slot] = counts.get(slot, 0) + 1
        shown += [_braced(literal), f"{{{slot}{counts[slot] if counts[slot] > 1 else ''}}}"]
        values.append(found.group(0))
        at = found.end()
    parts.append(text[at:])
    shown.append(_braced(text[at:]))
    pattern = "".join(shown)
    if not values or not Pattern(pattern).is_specific:
        return Form(exact, None, _braced(text), ())
    return Form(exact, _key(parts), pattern, tuple(values))


def clean(text: str) -> str:
    """A text on one line without control and direction marks, quotes and dashes plain, nothing cut off."""
    text = _UNSAFE.sub("", unicodedata.normalize("NFC", text))
    step = MAX_LINE
    if len(text) <= step:
        return plain(text)
    return " ".join(" ".join(plain(text[i : i + step]) for i in range(0, len(text), step)).split())


def folded(text: str) -> str:
    """A clean text without case, blanks and its last full stop."""
    return "".join(text.casefold().split()).rstrip(_ENDS)


def _key(parts: list[str]) -> str:
    """A hash, so that a store need not hold the message itself."""
    joined = folded("".join(parts))
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _is_address(text: str) -> bool:
    """Whether hexadecimal digits and colons are an address rather than a name in a C++ namespace."""
    return text.count(":") >= 3 or text.startswith(("[", "::"))


def _number_slot(text: str, found: re.Match[str]) -> str:
    """The slot of a number, empty where the number may be a code or says whether anything happened at all."""
    number, before, after = found.group(0), text[: found.start()], text[found.end() :]
    last = _BEFORE.search(before[-40:])
    word = last.group(1).lower() if last is not None else ""
    if word in _CODE_WORDS:
        return ""
    if word in ("port", "ports"):
        return "port"
    if word in ("line", "lines", "ln"):
        return "line"
    if word in _COUNT_WORDS or _UNIT.match(after) or (after[:1].isalpha()):
        return "num"
    if before[-1:] == ":" and before[-2:-1].strip():  # main.c:12, db.example.org:5432
        return "num"
    if before[-1:] == "[" and before[-2:-1].isalnum():  # sshd[4711]
        return "num"
    if not before.strip() or before.endswith(": "):  # "1146 Table …", "not found: 1146 Table …"
        return ""
    if before[-1:] in ("(", "[", "#", "<") or number.strip("-+0.,") == "" or number[0] in "-+":
        return ""
    if len(number) == 3 and number.isdigit() and "100" <= number <= "599":
        return ""
    return "num"
