"""Whether an entry that was found is about this very error, or is only the nearest that the knowledge base has.

A score says how much of an entry stands in the picture. Where the right entry is missing, its neighbour has much of it, too: the same
code of another program, the general entry of a status, the next exception of a class. What tells them apart is whose entry it is and
on what the find rests:

- the program's own: a pattern word for word, a code that is nobody else's, or nearly all of a pattern;
- one of its family: the same of the family's head (Python for Django); of any other member a pattern word for word alone;
- a general one (HTTP, Linux, Windows): only for programs of which the base has no entries. Where it has some, the program's own would
  have been found, and a general one beside them says less than that none fits;
- another program's: a code that says much by itself, and that the base has no program's own entries to hold against;
- and never one of which the code that was read is not, though it has codes of that sort.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mmgpt.diagnosis.found import Fields
from mmgpt.knowledge.fold import code_key, is_telling
from mmgpt.knowledge.products import STANDARDS, Kinship, is_head, kinship

if TYPE_CHECKING:
    from mmgpt.knowledge import Entry, Hit

NEAR, WITH_CODE = 0.85, 0.65
"""Share of a pattern that must stand there where nothing else speaks for an entry, and beside a code that says little by itself."""
SPEAKS = 25
"""Letters that a pattern must have besides its slots to say by itself whose it is."""
SURE_CODE = 0.6
"""From this confidence on a code that was read speaks against entries that have others."""
SURE_APP = 0.6
"""From this confidence on a program that was read speaks against entries of others."""

_SHARE = re.compile(r"pattern, (\d+)% of it")
_TOLD = re.compile(r"code (.+?) in the text")
_EXACT = re.compile(r"^pattern “(.*)”$", re.DOTALL)
_SLOT = re.compile(r"\{[a-z_]+\d*\}")
_CLASS = re.compile(r"(?:Error|Exception|Warning)$")


@dataclass(frozen=True)
class Evidence:
    """What a hit rests on: a pattern word for word, of so many letters; the share of one (0..1); the code that was read (`coded`);
    one in the text (`told`)."""

    exact: int
    share: float
    coded: bool
    told: str

    @classmethod
    def of(cls, hit: Hit, code: str) -> Evidence:
        """From the reasons that the search gives, and the code that was read ("" for none)."""
        why = "; ".join(hit.why)
        near, told = _SHARE.search(why), _TOLD.search(why)
        return cls(
            max((_letters(why) for why in hit.why if _EXACT.match(why)), default=0),
            int(near.group(1)) / 100 if near else 0.0,
            bool(code) and code_key(code) in {code_key(known) for known in hit.entry.codes},
            told.group(1) if told else "",
        )


def _letters(why: str) -> int:
    return max(sum(map(str.isalnum, _SLOT.sub("", why))) - len("pattern"), 1)


def is_exact(hit: Hit) -> bool:
    """Whether one of the entry's patterns stands in the picture word for word."""
    return any(why.startswith("pattern “") for why in hit.why)


def stands(hit: Hit, fields: Fields, meant: str, base: Neighbours, visible: Callable[[str], bool]) -> bool:
    """Whether an entry is about the error of these fields (see the module's head).

    `meant` is the program: the one that was read, or else the one that the user says; "" where nobody knows. `visible` says whether a
    product's name stands in the picture.
    """
    entry, code = hit.entry, fields.text("error_code")
    found = Evidence.of(hit, code)
    if code and not found.coded and fields.error_code.confidence >= SURE_CODE and rivals(code, entry.codes):
        return False
    telling = (found.coded and is_telling(code)) or (bool(found.told) and is_telling(found.told) and not code)
    relation = kinship(meant, entry.product) if meant else None
    if relation is Kinship.SAME:
        return _own(hit, found, telling, code, base)
    if relation is Kinship.RELATED:
        return bool(found.exact) or (is_head(entry.product) and _own(hit, found, telling, code, base))
    if entry.product in STANDARDS or not entry.product:
        return not base.has(meant) and (bool(found.exact) or found.coded or found.share >= NEAR)
    if relation is Kinship.OTHER:
        return telling and not base.has(meant) and (bool(found.exact) or found.share >= WITH_CODE)
    whose = telling or found.exact >= SPEAKS or (bool(found.exact) and visible(entry.product))
    return whose and _own(hit, found, telling, code, base)


def _own(hit: Hit, found: Evidence, telling: bool, code: str, base: Neighbours) -> bool:
    """Whether what stands there is enough for an entry of the right program."""
    if found.exact or found.share >= NEAR:
        return True
    known = code if found.coded else found.told
    alone = telling and not _CLASS.search(known) and base.shared(known, hit.entry) < 2
    return alone or ((found.coded or telling) and found.share >= WITH_CODE)


def rivals(code: str, codes: tuple[str, ...]) -> bool:
    """Whether codes of an entry are of the sort of `code`, so that it would have been among them."""
    number = code.strip("#-").isdigit()
    return any(known.strip("#-").isdigit() if number else is_telling(known) for known in codes) and (
        number or is_telling(code)
    )


class Neighbours:
    """What a knowledge base has besides an entry: of which programs it has entries, and how many of one program share a code."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self._products = frozenset(entry.product for entry in entries if entry.product)
        self._codes: dict[str, list[str]] = {}
        for entry in entries:
            for key in {code_key(code) for code in entry.codes}:
                self._codes.setdefault(key, []).append(entry.product)

    def has(self, product: str) -> bool:
        """Whether there are entries of this very program."""
        return bool(product) and any(kinship(product, known) is Kinship.SAME for known in self._products)

    def shared(self, code: str, entry: Entry) -> int:
        """How many entries of the entry's program have the code."""
        return self._codes.get(code_key(code), []).count(entry.product)
