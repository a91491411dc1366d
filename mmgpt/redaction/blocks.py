"""Private keys in armour: the rows between BEGIN and END, also where BEGIN has been scrolled away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mmgpt.redaction.fold import classes, fold
from mmgpt.redaction.secret import Hit
from mmgpt.redaction.strand import Strand

_BEGIN = re.compile(
    r"begln\b.{0,32}(?:prlvate|secret|openssh|pgp mess|encrypted)|[\-~=]{3}.{4,34}key ?[\-~=]{2}|putty-user-key-flle|prlvate-llnes"
)
_PUBLIC = re.compile(r"begln\b.{0,24}(?:certlflcate|publlc|x509|csr|slgned|slgnature)")
_END = re.compile(r"(?<![a-z])end\b.{0,32}(?:prlvate|secret|openssh|pgp|key|block)|prlvate-mac")
_DASHES = re.compile(r"^[\s\-—_=.]*(?:begln|end)\b|-{3,}")
_ROW = re.compile(r"^(?:\d{1,4}\s+|[\s|>+\"'`\-]{0,8}?)(?P<body>[A-Za-z0-9+/=|!]\S.*?)[\"',;]{0,4}\s*$")
_ARMOUR = re.compile(r"[A-Za-z0-9+/=]")
_INLINE = re.compile(r"prlvate key-{3,}(?:\\n| |\\r)*(?P<body>[^\s\-\"']{8,})")
_MOST = 120  # rows of one key


def keys(rows: Sequence[Strand]) -> Iterator[tuple[Strand, Hit]]:
    """The rows of private keys, each as a hit in its strand. `rows` from top to bottom."""
    for at, row in enumerate(rows):
        inline = _INLINE.search(row.folded)
        if inline is not None:
            yield row, Hit("key", inline.start("body"), len(row.text.rstrip()))
        if _BEGIN.search(row.folded) and not _PUBLIC.search(row.folded) and not _END.search(row.folded):
            yield from _below(rows, at)
    yield from _headless(rows)


def _below(rows: Sequence[Strand], at: int) -> Iterator[tuple[Strand, Hit]]:
    above = rows[at]
    missed = 0
    for _ in range(_MOST):
        below = _next(rows, above)
        if below is None or _END.search(below.folded) or (_DASHES.search(below.text) and _BEGIN.search(below.folded)):
            return
        body = _body(below)
        if body is None:
            missed += 1
            header = re.match(r"^[A-Za-z\-]{3,24}: ", below.text) is not None  # "Proc-Type: 4,ENCRYPTED"
            if missed > 3 or not (header or not below.text.strip() or len(below.text) < 4):
                return
        else:
            yield below, Hit("key", *body)
        above = below


def _body(row: Strand) -> tuple[int, int] | None:
    """Where the base64 of a key stands in a row; None for a row that is none."""
    found = _ROW.match(row.text)
    if found is None:
        return None
    text = found.group("body")
    words = text.split()
    compact = text.replace(" ", "")
    plain = sum(1 for word in words if re.fullmatch(r"[A-Z]?[a-z]{1,12}[.,]?", word))
    written = len(words) > 8 or (len(words) > 1 and plain > len(words) / 2)
    if written or len(_ARMOUR.findall(compact)) < 0.88 * len(compact) or (len(compact) >= 12 and classes(compact) < 2):
        return None
    return found.start("body"), len(row.text.rstrip())


def _next(rows: Sequence[Strand], above: Strand) -> Strand | None:
    """The row right below, which begins about where the one above does."""
    tall = max(above.box[3] - above.box[1], 1)
    best: Strand | None = None
    for row in rows:
        pitch = row.box[1] - above.box[1]
        near = abs(row.box[0] - above.box[0]) <= 6 * above.cell + 8
        shared = min(row.box[2], above.box[2]) - max(row.box[0], above.box[0])
        over = shared > 0.6 * min(row.box[2] - row.box[0], above.box[2] - above.box[0])  # a number may stand before one
        if not 0.6 * tall < pitch < 3.2 * tall or not (near or over):
            continue
        if best is None or row.box[1] < best.box[1]:
            best = row
    return best


def _headless(rows: Sequence[Strand]) -> Iterator[tuple[Strand, Hit]]:
    """Three and more rows of base64 of one width: the inside of a key, unless a public thing begins above."""
    for row in rows:
        if not _wide(row) or any(_wide(other) and _next(rows, other) is row for other in rows):
            continue  # only the first of a run
        run, above = [row], row
        while (below := _next(rows, above)) is not None and len(run) < _MOST and _body(below) is not None:
            if not _wide(below) or abs(below.box[2] - row.box[2]) > 2.5 * row.cell:
                run += (
                    [below]
                    if len(below.text) <= len(row.text) and " " not in below.text.strip() and len(run) > 2
                    else []
                )
                break
            run.append(below)
            above = below
        head = next((other for other in rows if _next(rows, other) is row), None)
        if len(run) >= 3 and (head is None or not _PUBLIC.search(head.folded)):
            for part in run:
                body = _body(part)
                if body is not None:
                    yield part, Hit("key", *body)


def _wide(row: Strand) -> bool:
    """Whether a row is one long word of base64."""
    body = _body(row)
    if body is None:
        return False
    text = row.text[body[0] : body[1]]
    return len(text) >= 40 and text.count(" ") <= 2 and classes(text) == 3 and fold(text) != text and "://" not in text
