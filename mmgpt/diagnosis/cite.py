"""Fields and lines to entries of the knowledge base, and the best of them to a cause and fixes that are cited.

The message is asked for first, with the line of the code; then it with its neighbours; then everything that stands near. What only
stands further off weighs less: it may be about something else. Nothing is cited that does not fit well enough.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from mmgpt.diagnosis.filling import clean, fill_all
from mmgpt.diagnosis.found import Fields
from mmgpt.diagnosis.standing import SURE_APP, SURE_CODE, Evidence, Neighbours, is_exact, rivals, stands
from mmgpt.knowledge.fold import is_telling, words
from mmgpt.knowledge.products import STANDARDS, Kinship, kinship, named_in
from mmgpt.schema import Source, unit

if TYPE_CHECKING:
    from mmgpt.knowledge import Entry, Hit, KnowledgeBase
    from vision.reader.types import Line

VERY_SURE = 0.9
"""From this score on an entry is cited though it is not clear that there is an error at all."""

_NEIGHBOURS = 3  # lines before and behind the message
_WIDE = 12
_TIERS = (1.0, 0.95, 0.8)  # what a score is worth that rests on the message, on its neighbours too, on all near it
_LIMIT = 6
_MOST_SOURCES = 3
_OWN_MARGIN = 0.1  # what an entry of one's own may lack, and still goes before the package's
_FOREIGN_APP = 0.7  # from this confidence on, a category in common with another program's entry says little
_NEIGHBOUR = 0.4  # what a score keeps of an entry that is only near
_STATUS = re.compile(r"[1-5]\d\d")
_PROGRAM_KEYS = ("app", "application", "program", "product", "software")


@dataclass(frozen=True)
class Hint:
    """What the user says about the picture: perhaps a program, and words. It helps to choose and is never evidence."""

    product: str = ""
    words: frozenset[str] = frozenset()

    @classmethod
    def of(cls, context: str | Mapping[str, str] | None, products: Sequence[str] = ()) -> Hint:
        """From free text, in which names of `products` are looked for, or from a mapping such as {"app": "Outlook"}."""
        if not context:
            return cls()
        if isinstance(context, str):
            named = sorted(named_in([context], products), key=lambda name: (-len(name), name))
            return cls(named[0] if len(named) == 1 else "", frozenset(words(context)))
        given = next((str(value) for key, value in context.items() if key.casefold() in _PROGRAM_KEYS and value), "")
        return cls(given, frozenset(word for value in context.values() for word in words(str(value))))


@dataclass(frozen=True)
class Citation:
    """A cause, fixes and where they are from; empty where no entry fits."""

    cause: str | None = None
    fixes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


def find(base: KnowledgeBase, fields: Fields, lines: Sequence[Line], hint: Hint | None = None) -> list[Hit]:
    """The entries that fit an error, best first, their scores (0..1) by the message, the program, the category and the hint."""
    hint = hint or Hint()
    code, kind, app = fields.text("error_code") or None, fields.text("kind") or None, fields.text("app")
    products = list(dict.fromkeys(product for product in (app, hint.product) if product)) or [""]
    best: dict[str, Hit] = {}
    for worth, query in zip(_TIERS, queries(fields, lines), strict=False):
        for product in products if query else ():
            for hit in base.search(query, code=code, product=product or None, kind=kind, limit=_LIMIT):
                score = hit.score * worth
                if hit.entry.id not in best or score > best[hit.entry.id].score:
                    best[hit.entry.id] = replace(hit, score=score)
    texts = [line.text for line in lines]
    neighbours = _neighbours(base)
    hits = [_weighed(hit, fields, texts, hint, neighbours) for hit in best.values()]
    order = {entry.id: number for number, entry in enumerate(base)}
    return sorted(hits, key=lambda hit: (-hit.score - (_OWN_MARGIN if own(hit.entry) else 0), order[hit.entry.id]))


@lru_cache(maxsize=4)
def _neighbours(base: KnowledgeBase) -> Neighbours:
    return Neighbours(tuple(base))


def own(entry: Entry) -> bool:
    """Whether an entry is the user's, and not the package's."""
    from mmgpt.knowledge.base import BUILT_IN

    return entry.runbook or BUILT_IN not in entry.origin.parents


def queries(fields: Fields, lines: Sequence[Line]) -> list[str]:
    """What is asked for, each text once: message and code line, these with their neighbours, all lines near them."""
    centre = sorted({*fields.message.lines, *fields.error_code.lines} & set(range(len(lines))))
    first = [fields.text("message"), *(lines[index].text for index in centre)]
    near = _around(centre, lines, _NEIGHBOURS)
    far = _around(centre, lines, _WIDE)
    asked = [first, [*first, *near], [*first, *far]]
    texts = ["\n".join(dict.fromkeys(text for text in part if text.strip())) for part in asked]
    return [text if text not in texts[:number] else "" for number, text in enumerate(texts)]


def _around(centre: Sequence[int], lines: Sequence[Line], reach: int) -> list[str]:
    """The lines within `reach` of others, in their order; all lines, up to a bound, where there is no centre."""
    if not centre:
        return [line.text for line in lines[: 5 * reach]]
    wanted = {index + step for index in centre for step in range(-reach, reach + 1)}
    return [line.text for index, line in enumerate(lines) if index in wanted]


def _weighed(hit: Hit, fields: Fields, texts: Sequence[str], hint: Hint, base: Neighbours) -> Hit:
    """The hit with what the other fields say about it: category, and whether its program is anywhere to be seen."""
    entry, score = hit.entry, hit.score * worth(hit, fields)
    category, sure = fields.text("category"), fields.category.confidence
    app = fields.text("app")
    foreign = bool(app) and fields.app.confidence >= _FOREIGN_APP and kinship(app, entry.product) is Kinship.OTHER
    if category and category != entry.category and category != "none":
        score *= 1 - 0.2 * sure
    elif category == entry.category and not foreign:  # what another program's error has in common is little
        score = 1 - (1 - score) * (1 - 0.3 * sure)
    meant = (app if fields.app.confidence >= SURE_APP else "") or hint.product
    if (
        not (app or hint.product)
        and entry.product
        and entry.product not in STANDARDS
        and not named_in(texts, [entry.product])
    ):
        score *= 0.8
    if hint.words and hint.words & set(words(f"{entry.product} {entry.title}")):
        score = 1 - (1 - score) * 0.9
    if own(entry) and is_exact(hit):  # somebody wrote it because just this is seen here
        score = 1 - (1 - score) * 0.5
    if hint.product and not app and kinship(hint.product, entry.product) is Kinship.OTHER:
        score *= 0.9
    if not own(entry) and not stands(hit, fields, meant, base, lambda product: bool(named_in(texts, [product]))):
        score *= _NEIGHBOUR
    return replace(hit, score=unit(score))


def worth(hit: Hit, fields: Fields) -> float:
    """What a score is worth (0..1) by the sort of evidence that it rests on.

    Words alone, of the right program, do not make an entry the one that is meant; nor does a pattern of which a part stands there,
    whose other part may be what matters. And where the code was read that an entry has not, it is another error's entry.
    """
    code = fields.text("error_code")
    found = Evidence.of(hit, code)
    if found.exact:
        value = 1.0
    elif found.coded:
        general = hit.entry.product in STANDARDS and not is_telling(code) and not _STATUS.fullmatch(code)
        value = 0.6 if general else 1.0
    elif is_telling(found.told) and " " not in found.told:
        value = 0.9
    else:
        value = 0.95 if found.share >= 0.9 else 0.85 if found.share >= 0.75 else 0.75
    if code and not found.coded and fields.error_code.confidence >= SURE_CODE and rivals(code, hit.entry.codes):
        value *= 0.8 if found.exact else 0.55
    return value


def cite(hits: Sequence[Hit], score_least: float) -> Citation:
    """Cause and fixes of the best entry, where its score is at least `score_least`, and up to two more entries that agree with it.

    A further entry is one's own runbook, or is of the same category and hardly fits less. Slots hold what the picture says.
    """
    if not hits or hits[0].score < score_least:
        return Citation()
    best = hits[0]
    cause, *fixes = fill_all([best.entry.cause, *best.entry.fixes], best.slots)
    sources = [best]
    for hit in hits[1:]:
        agrees = hit.entry.category == best.entry.category and hit.score >= max(score_least, best.score - 0.15)
        if hit.score >= score_least and (agrees or own(hit.entry)) and len(sources) < _MOST_SOURCES:
            sources.append(hit)
    return Citation(cause or None, tuple(fixes), tuple(source(hit) for hit in sources))


def source(hit: Hit) -> Source:
    """A hit as the schema names it."""
    entry = hit.entry
    why = clean("; ".join(hit.why), 240)
    return Source(id=entry.id, title=entry.title, url=_link(entry.url), score=unit(hit.score), why=why)


def _link(url: str) -> str:
    """An entry's address where it is one of the web; anything else is not passed on."""
    return url if re.fullmatch(r"https?://[^\s<>\"'`\x00-\x1f\x7f]+", url) else ""


def lines_of(entry: Entry, lines: Sequence[Line], among: Sequence[int] = ()) -> tuple[int, ...]:
    """The first line, of `among` or else of all, in which one of the entry's patterns stands word for word; none: empty."""
    for index in [*among, *(index for index in range(len(lines)) if index not in among)]:
        if index < len(lines) and entry.match(lines[index].text) is not None:
            return (index,)
    return ()
