"""All secrets in read lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mmgpt.redaction.blocks import keys
from mmgpt.redaction.fold import random_looking
from mmgpt.redaction.hosts import hosts, users
from mmgpt.redaction.labels import labelled
from mmgpt.redaction.named import named
from mmgpt.redaction.personal import cards, ibans, insurances, mails, phones
from mmgpt.redaction.secret import Hit, Secret, kinds_of
from mmgpt.redaction.strand import BLOCK, Strand, rows, strand_of, wrapped
from mmgpt.redaction.tokens import drawn, rest_of_token, tokens

if TYPE_CHECKING:
    from vision.reader.types import Line

_RULES: tuple[Callable[[Strand], Iterator[Hit]], ...] = (
    tokens, drawn, named, mails, cards, ibans, hosts, users, phones, insurances,
)  # fmt: skip
_COMPLETE = frozenset(("email", "card", "iban", "host"))
"""Kinds whose form tells that they are whole: what was found in one row does not go on in the next."""
_BADLY_READ, _LONG_WORD, _DISTINCT = 0.8, re.compile(r"\S{18,}"), 7  # fewer different letters are a rule, dots, carets
"""A long word in a line of which the reader is so unsure may be anything: better covered than shown to who reads better."""
_FIRST, _LEAST_HIDDEN = re.compile(r"[\w.+/=\-]{8,}"), 16
_MOST, _OVERLAP = 4000, 400  # characters that are looked at together: rules must not take long on what a stranger draws


def find_secrets(lines: Sequence[Line], kinds: Iterable[str] | None = None, width: int = 0) -> list[Secret]:
    """The secrets that can be read in the lines of a picture, by line and place.

    `kinds` names what to look for (`DEFAULT_KINDS`). `width` is the picture's, where it is known: rows that reach its edge go on
    below. Finds rather too much than too little: what a reader misread still counts when it looks like a secret. Where
    secrets of two kinds overlap, the longer one's kind stands for both. Raises ValueError for an unknown kind.
    """
    wanted = kinds_of(kinds)
    single = [strand_of(index, line) for index, line in enumerate(lines) if line.text.strip()]
    row_strands = rows(lines)
    found: list[tuple[Strand, Hit]] = []
    for strand in row_strands:
        found += _hits(strand)
    whole = {(hit.kind, strand.places[hit.end - 1]) for strand, hit in found if hit.kind in _COMPLETE}
    for strand in wrapped(row_strands, width):
        found += [
            (part, _within(part, hit, lines, width))
            for part, hit in _hits(strand)
            if not any((hit.kind, place) in whole for place in part.places[hit.start : hit.end - 1])
        ]
    for index in {index for row in row_strands if len(row.lines) > 1 for index in row.lines}:
        found += _hits(strand_of(index, lines[index]))  # a row may have put together what does not belong together
    found += [*keys(row_strands), *labelled(single)]
    found += list(_behind(found, single))
    for strand in single:
        if lines[strand.lines[0]].confidence < _BADLY_READ:
            words = [word for word in _LONG_WORD.finditer(strand.text) if len(set(word.group())) >= _DISTINCT]
            found += [(strand, Hit("token", *word.span())) for word in words]
    parts = [strand.secrets(hit, group) for group, (strand, hit) in enumerate(found) if hit.kind in wanted]
    return _merged([part for group in parts for part in group], lines)


def _behind(found: Sequence[tuple[Strand, Hit]], single: Sequence[Strand]) -> Iterator[tuple[Strand, Hit]]:
    """Where a secret ends a row's text and something lies over its middle: the first word further right, if it looks drawn by chance."""
    for strand, hit in found:
        if (
            hit.kind not in ("token", "key")
            or hit.end < len(strand.text.rstrip())
            or hit.end - hit.start < _LEAST_HIDDEN
        ):
            continue
        place = strand.places[hit.end - 1]
        row = next((one for one in single if place is not None and one.lines[0] == place[0]), None)
        for other in single if row is not None else ():
            beside = other.box[0] >= row.box[2] and abs(other.box[1] + other.box[3] - row.box[1] - row.box[3]) < 8  # type: ignore[union-attr]
            word = _FIRST.match(other.text)
            drawn = word is not None and (rest_of_token(word.group()) or random_looking(word.group(), 10))
            if beside and word is not None and drawn and re.search("[0-9]", word.group()):
                yield other, Hit(hit.kind, 0, word.end())


def _hits(strand: Strand) -> list[tuple[Strand, Hit]]:
    """What the rules find in a strand, in overlapping parts where it is very long."""
    parts = [strand]
    if len(strand.text) > _MOST:
        starts = range(0, len(strand.text), _MOST - _OVERLAP)
        cuts = [slice(start, start + _MOST) for start in starts]
        parts = [
            replace(strand, text=strand.text[cut], folded=strand.folded[cut], places=strand.places[cut]) for cut in cuts
        ]
    return [(part, hit) for part in parts for rule in _RULES for hit in rule(part)]


def _within(strand: Strand, hit: Hit, lines: Sequence[Line], width: int) -> Hit:
    """A hit that goes over a row's end, without what is a plain word in the next row, unless the row ends at the picture's edge."""
    places = strand.places
    for at in range(hit.start + 1, hit.end):
        here, before = places[at], places[at - 1]
        if here is not None and before is not None and here[0] != before[0]:
            rest = strand.text[at : hit.end]
            end = lines[before[0]].box[2]
            if re.fullmatch(r"[A-Z]?[a-z]+[:.,]?|[A-Z][A-Z_]+", rest) and not (
                width and width - end < 2.5 * strand.cell
            ):
                return replace(hit, end=at)
    return hit


def _merged(parts: Sequence[Secret], lines: Sequence[Line]) -> list[Secret]:
    """Overlapping parts of a line made one; groups that share a part become one group."""
    parent: dict[int, int] = {}

    def root(group: int) -> int:
        while parent.setdefault(group, group) != group:
            group = parent[group]
        return group

    out: list[Secret] = []
    for part in sorted(parts, key=lambda p: (p.line, p.start, -p.end)):
        last = out[-1] if out else None
        if BLOCK in part.text:
            continue
        if last is not None and last.line == part.line and part.start < last.end:
            parent[root(part.group)] = root(last.group)
            kind = last.kind if last.end - last.start >= part.end - part.start else part.kind
            end = max(last.end, part.end)
            out[-1] = Secret(kind, last.line, last.start, end, lines[last.line].text[last.start : end], last.group)
        else:
            root(part.group)
            out.append(part)
    numbers: dict[int, int] = {}
    return [
        Secret(p.kind, p.line, p.start, p.end, p.text, numbers.setdefault(root(p.group), len(numbers))) for p in out
    ]
