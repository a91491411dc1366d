"""Values that stand apart from their names: a form's label with the field beside or below it, a column of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mmgpt.redaction.fold import DIGIT_LIKE, classes, digits, fold, near
from mmgpt.redaction.names import name_kind
from mmgpt.redaction.secret import Hit
from mmgpt.redaction.strand import BLOCK, Strand
from mmgpt.redaction.values import is_value

_LABEL = re.compile(r"^[\s*•\-]*(?P<name>[A-Za-zÀ-ÿ0-9][\w À-ÿ\-./|!]{1,40}?)\s*(?:\([^)]{1,24}\))?\s*[:*]?\s*\*?$")
_MAIL = frozenset(fold(word) for word in ("email", "e-mail", "mail"))
_CARD = re.compile(r"card ?(?:number|no\b|nr|nummer)|kartennummer|^card$|credlt card|debl?t card")
_IBAN = re.compile(r"\bl ?ban\b|account number|kontonummer")
_CONSTANT = re.compile(r"[A-Z]+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_CUT_OFF = re.compile(r"[A-Z][A-Z0-9_]{2,}\.?(?:…|\.{2,3})")
_LAST = re.compile(r"\s(?P<name>[A-Za-z]{2,12}) ?:$")  # "login with … / password:", and the value stands below
_SHORTENED = re.compile(r"^(?P<words>(?:[\w\-]+ ){0,3})(?P<part>[A-Za-z]{2,})[.·]{0,2}(?:…|\.{2,3})$")
"""A label for which its column was too narrow: "New pas…"."""
_CUT = re.compile(r"(?:…|\.)+$")
"""What a value ends in for which its field was too narrow; a reader takes one dot for three."""
_WHOLE = tuple(
    fold(word)
    for word in "password passwort passphrase passcode secret token number nummer credentials key apikey email address pin".split()
)
_ROWS = 14  # of a column


def labelled(lines: Sequence[Strand]) -> Iterator[tuple[Strand, Hit]]:
    """Values beside and below labels, each as a hit in its own line's strand. `lines` are single lines, not rows."""
    for label in lines:
        kind = label_kind(label.text)
        if kind is None:
            continue
        beside = _beside(lines, label)
        if _CUT_OFF.fullmatch(label.text.strip()):
            if beside is not None and _secretive(beside.text):
                yield beside, _whole(beside, kind[0])
            continue
        if beside is not None and _fits(beside, *kind):
            yield beside, _whole(beside, kind[0])
            continue
        if beside is not None and BLOCK in beside.text:
            continue  # painted already
        if _CONSTANT.fullmatch(label.text.strip(" :")):
            continue  # a table of settings, whose next name stands below
        below: Strand | None = label
        for step in range(_ROWS):
            below = _below(lines, below) if below is not None else None
            if (
                below is None
                or BLOCK in below.text
                or (label_kind(below.text) is not None and not re.search("[0-9]", below.text))
            ):
                break
            if _fits(below, *kind):
                yield below, _whole(below, kind[0])
            elif step:
                break


def label_kind(text: str) -> tuple[str, bool] | None:
    """What a label announces: (kind, whether its name is one of secrets only). None for what is no such label."""
    if _CUT_OFF.fullmatch(text.strip()):
        return "password", True  # nobody knows of what the name was
    shortened = _SHORTENED.match(text.strip())
    if shortened is not None:
        return _completed(shortened["words"], shortened["part"])
    found = _LABEL.match(text)
    if found is None or len(found.group("name").split()) > 5:
        last = _LAST.search(text)
        meant = name_kind(last["name"]) if last is not None else None
        return meant if meant is not None and meant[1] else None
    name = found.group("name")
    folded = fold(name)
    words = re.split(r"[^a-z\-]+", folded)
    if words[0] in ("begln", "end"):
        return None  # a key's armour
    if any(word in _MAIL for word in words) and len(words) <= 3:
        return "email", True
    if _CARD.search(folded):
        return "card", True
    if _IBAN.search(folded):
        return "iban", True
    if re.search(r"[0-9]", name) and classes(name) == 3 and " " not in name:
        return None  # a value itself, not a label
    if any(near(word, fold("forgot")) or word in ("show", "hlde", "reset", "change", "forgot") for word in words):
        return None
    return name_kind(name)


def _completed(words: str, part: str) -> tuple[str, bool] | None:
    """What a label announces whose last word is cut off, if that may be the begin of a secret's name."""
    for whole in _WHOLE:
        if whole.startswith(fold(part)):
            meant = label_kind(f"{words}{whole}")
            if meant is not None:
                return meant
    return None


def _whole(strand: Strand, kind: str) -> Hit:
    return Hit(kind, 0, len(strand.text))


def _fits(strand: Strand, kind: str, sure: bool) -> bool:
    text = strand.text.strip()
    compact = re.sub(r"\s", "", text)
    if kind == "email":
        cut = _CUT.search(text) is not None and len(text) >= 6 and " " not in text
        return cut or (re.search(r"[@©®]", text) is not None and text.count(" ") <= 2)
    if kind == "card":
        whole = re.fullmatch(rf"[{DIGIT_LIKE}\s\-.…]+", text) is not None
        cut = _CUT.search(text) is not None and len(digits(text)) >= 6
        return whole and (12 <= len(digits(text)) <= 20 or cut or (len(compact) in (3, 4) and compact.isdigit()))
    if kind == "iban":
        compact = _CUT.sub("", compact)
        return re.fullmatch(r"[A-Z0-9|!]{2}[\w|!]{9,36}", compact) is not None and sum(map(str.isdigit, compact)) >= 8
    words = text.split(" ")
    if len(words) > 1 and (
        len(words) > 3
        or any(re.fullmatch(r"[A-Za-z]{2,3}|[A-Za-z]?[a-z]{3,}[:.,]?|[0-9:]{1,5}", word) for word in words)
    ):
        return False  # a sentence, not a value into which the reader put a blank
    if (_CONSTANT.fullmatch(text) and len(text) < 24) or re.match(r"[A-Z_][A-Z0-9_]{2,}[=\-]\S", text):
        return False  # the next name of a table
    if kind == "token" and re.fullmatch(r"[0-9.,:/\-]{1,11}", text):
        return False
    if kind == "password" and len(words) == 1 and text.istitle() and text.isalpha():
        return False
    return is_value(compact, kind, sure, len(words) == 1, False)


def _secretive(text: str) -> bool:
    """Whether a value whose name is cut off had better be covered: a word of letters with digits or signs among them."""
    if " " in text or len(text) < 8 or re.match(r"(?:https?:|/|\d+(?:\.\d+)+$|[0-9a-f]{40}$)", text):
        return False
    return re.search("[A-Za-z]", text) is not None and re.search(r"[0-9!-,?@*&^%]", text) is not None


def _beside(lines: Sequence[Strand], label: Strand) -> Strand | None:
    """The nearest line to the right in the same row."""
    best: Strand | None = None
    a, tall = label.box, max(label.box[3] - label.box[1], 1)
    for line in lines:
        b = line.box
        gap = b[0] - a[2]
        shared = min(a[3], b[3]) - max(a[1], b[1])
        if line is not label and -0.8 * tall <= gap < 60 * tall and shared > 0.5 * min(tall, b[3] - b[1]):
            best = line if best is None or b[0] < best.box[0] else best
    return best


def _below(lines: Sequence[Strand], label: Strand) -> Strand | None:
    """The nearest line below that begins about where the label does."""
    best: Strand | None = None
    a, tall = label.box, max(label.box[3] - label.box[1], 1)
    for line in lines:
        b = line.box
        if line is not label and 0 <= b[1] - a[3] + 0.3 * tall < 4.5 * tall and -1.5 * tall < b[0] - a[0] < 3.5 * tall:
            best = line if best is None or b[1] < best.box[1] else best
    return best
