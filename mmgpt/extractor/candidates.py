"""Candidates the network chooses from: spans that look like codes, spans that may be an application's name."""

from __future__ import annotations

import re
from dataclasses import dataclass

CODE_TYPES = ("product", "errno", "http", "exception", "number")
_ERRNO = frozenset(
    "EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT EBUSY EEXIST EXDEV ENODEV "
    "ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG "
    "ENOLCK ENOSYS ENOTEMPTY ELOOP EPROTO EOVERFLOW EILSEQ EUSERS ENOTSOCK EMSGSIZE EOPNOTSUPP EAFNOSUPPORT EADDRINUSE "
    "EADDRNOTAVAIL ENETDOWN ENETUNREACH ECONNABORTED ECONNRESET ENOBUFS ENOTCONN ETIMEDOUT ECONNREFUSED EHOSTDOWN "
    "EHOSTUNREACH EALREADY EINPROGRESS ESTALE EDQUOT ECANCELED EAI_AGAIN ENOTFOUND EAI_NONAME".split()
)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            "product",
            r"SQLSTATE\[[0-9A-Z]{5}\]|NET::ERR_[A-Z0-9_]+|\b0[xX][0-9A-Fa-f]{4,16}\b|\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b",
        ),
        (
            "product",
            r"\b[A-Za-z]{1,10}-\d{2,8}\b|\b[A-Z]{1,8}\d{2,8}\b|\bE\d{2,6}[A-Z]?\b|\bErr:\d{3}\b|\bGem::\w+|\b\d{2}[A-Z0-9]\d{2}\b",
        ),
        (
            "product",
            r"(?<=\()[a-z]+(?:-[a-z]+)+(?=\))|(?<=\[)[a-z]{3,}(?:-[a-z]+)*(?=\])|\bno-[a-z]+(?:-[a-z]+)*\b|\breport[A-Z]\w+|(?<=\()[A-Z]\w{5,}(?=\))|\b[A-Z]{4,}[A-Z0-9]*\b",
        ),
        (
            "exception",
            r"(?:\b[A-Za-z_][\w]*(?:\.|::|\\))*\b[A-Z_]\w*(?:Error|Exception|Warning|Violation|Interrupt|Exit|Expired|NotFound"
            r"|DoesNotExist|Timeout|Denied|Token\w*|Bucket|Host|Capable|Fault|Permitted|Invalid\w*|Id)\b",
        ),
        (
            "exception",
            r"^(?:[a-z_]\w*\.)+[A-Z]\w+(?=:|$)|\b[A-Z]\w+(?:::[A-Z]\w+)+\b|(?<=: )[A-Z][a-z]+(?:[A-Z][a-z]+)+\b"
            r"|^[A-Z][a-z]+(?:[A-Z][a-z]+)+(?=:)|(?<=\()[A-Z][a-z]+(?:[A-Z][a-z]+)+(?=\))|\bSIG(?:SEGV|ABRT|ILL|BUS|FPE|KILL|TERM|TRAP)\b",
        ),
        ("http", r"(?<![\w.:/-])[1-5]\d{2}(?![\w/-]|\.\d|:\d)"),
        (
            "number",
            r"(?<![\w.:/#-])-?\d{1,10}(?![\w/]|\.\d|:\d\d)|(?<=/)\d{4}(?=\))|(?<=#)\d{3,5}\b"
            r"|(?<=ts\()\d{4,5}(?=\))|(?<=Error: )\d+\b|-\d{2,6}\b",
        ),
    )
)
_MAX_CODES = 48
_MAX_APPS = 64


@dataclass(frozen=True)
class Candidate:
    """A span of line `line`: `text` = the line's characters from `start` to `end`; `kind` is its type's number."""

    line: int
    start: int
    end: int
    text: str
    kind: int


def codes(texts: tuple[str, ...]) -> list[Candidate]:
    """Spans that may be an error code, at most 48; kinds are indices of CODE_TYPES.

    Where a page holds more, numbers and then later lines are left out.
    """
    found: list[Candidate] = []
    for index, text in enumerate(texts):
        taken: set[tuple[int, int]] = set()
        for kind, pattern in _PATTERNS:
            for match in pattern.finditer(text[:400]):
                span = match.span()
                if span in taken or (
                    kind in ("http", "number") and any(a <= span[0] and span[1] <= b for a, b in taken)
                ):
                    continue
                taken.add(span)
                name = "errno" if match.group(0) in _ERRNO else kind
                found.append(Candidate(index, span[0], span[1], match.group(0), CODE_TYPES.index(name)))
    if len(found) > _MAX_CODES:
        weight = {0: 0, 1: 0, 3: 0, 2: 1, 4: 2}
        keen = re.compile(r"(?i)err|code|fail|status|http|except|panic|fatal|\(\d+")
        found.sort(key=lambda c: (weight[c.kind] - (1.5 if keen.search(texts[c.line]) else 0), c.line))
        found = sorted(found[:_MAX_CODES], key=lambda c: (c.line, c.start))
    return found


APP_TYPES = ("whole", "tail", "head", "command", "prefix", "subject", "word")
_SEPARATOR = re.compile(r"\s+[-–—|·•:›»]\s+|\s*[—|]\s*")
_PROMPT = re.compile(r"^(?:.{0,60}?[$#%❯>➜✗]\s+)(?:sudo\s+)?(\S+)")
_PREFIX = re.compile(r"^([A-Za-z][\w.+-]{1,24})(?:\[\d+\])?(?: ERR!| error)?:")
_ICON = re.compile(r"^(?:\S{1,2}\s+){1,2}(?=\S{3})")  # small pictures before a title are read as a letter or two
_VERSION = re.compile(r"^(\D{2,32}?)(?: v?\d[\w.+-]*| [(\[].*)$")  # a name with its version, or a remark in brackets
_SUBJECT = re.compile(
    r"^(.{2,40}?) (?:could not|couldn[’']?t|cannot|can[’']?t|was unable"
    r"|has stopped|is not|isn[’']?t|quit|keeps|has encountered|failed|needs|will)\b"
)


def apps(texts: tuple[str, ...]) -> list[Candidate]:
    """Spans that may name the application, at most 64; kinds are indices of APP_TYPES."""
    found: list[Candidate] = []
    seen: set[tuple[int, int, int]] = set()

    def add(line: int, start: int, end: int, kind: str) -> None:
        text = texts[line][start:end]
        if not 1 < len(text) <= 40 or (line, start, end) in seen:
            return
        seen.add((line, start, end))
        found.append(Candidate(line, start, end, text, APP_TYPES.index(kind)))

    for index, text in enumerate(texts):
        pieces = list(_SEPARATOR.finditer(text))
        if pieces and len(text) < 160:
            last = pieces[-1].end()
            add(index, last, len(text), "tail")
            add(index, 0, pieces[0].start(), "head")
            version = _VERSION.match(text[last:])
            if version is not None:
                add(index, last, last + version.end(1), "tail")
        if len(text) <= 40 and text.count(" ") <= 3 and (text[:1].isupper() or index < 12):
            add(index, 0, len(text), "whole")
            version = _VERSION.match(text)
            if version is not None:
                add(index, 0, version.end(1), "head")
            icon = _ICON.match(text)
            if icon is not None:
                add(index, icon.end(), len(text), "tail")
        for pattern, kind in ((_PROMPT, "command"), (_PREFIX, "prefix"), (_SUBJECT, "subject")):
            match = pattern.match(text)
            if match is not None:
                add(index, match.start(1), match.end(1), kind)
    if len(found) > _MAX_APPS:
        order = {"command": 0, "prefix": 0, "subject": 0, "tail": 0, "head": 1, "whole": 1, "word": 2}
        found.sort(key=lambda c: (order[APP_TYPES[c.kind]], c.line))
        found = sorted(found[:_MAX_APPS], key=lambda c: (c.line, c.start))
    return found


_CONFUSABLE = str.maketrans("i1|!0", "llllo")


def folded(text: str) -> str:
    """The text as readers may confuse it: lower case, no blanks, l i 1 | and o 0 fallen together."""
    text = re.sub(r"[\s_.\-–—,;'’‘\"“”]", "", text.lower())
    return text.translate(_CONFUSABLE)
