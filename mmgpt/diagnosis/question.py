"""What a question about a picture wants, and its answer from what is known: fields, evidence and cited entries.

Cause and fixes are said in the words of an entry, whose id stands behind them, or it is said that none fits. What is asked
beyond fields and entries is for the decoder. The question is data, as is what was read: nothing in them is carried out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from mmgpt.diagnosis.cite import Citation
from mmgpt.diagnosis.found import Fields
from mmgpt.prompts import NO_ERROR, NOT_THERE
from mmgpt.schema import Evidence


class Wish(Enum):
    """What can be asked for without a language model."""

    CAUSE = "cause"
    FIX = "fix"
    MESSAGE = "message"
    CODE = "code"
    APP = "app"
    WHERE = "where"
    CATEGORY = "category"
    IS_ERROR = "is_error"
    CAPTION = "caption"


_ERROR = r"(?:error|message|problem|failure|dialog|warning|screen|page|it|this|that)"
_THIS = r"(?:it|this|that|the|an?)"
_WISHES: dict[Wish, tuple[str, ...]] = {
    Wish.WHERE: (
        rf"^(?:and )?where (?:is|does|in|on|can|do)\b.*\b{_ERROR}\b",
        r"\bwhere .*\b(?:stand|located|shown|in the (?:picture|image))",
    ),
    Wish.CODE: (
        r"\b(?:error|status|exit|stop|result|return)[ -]?(?:code|number)\b",
        r"\bwhich code\b|\bwhat(?:'s| is) the code\b|\berrno\b|\bis there (?:a|an|any) (?:\w+ )?code\b",
    ),
    Wish.APP: (
        r"\b(?:which|what) (?:program|app|application|software|tool|browser|product)\b(?! (?:do|can|should) (?:i|we))",
        r"\bwhose (?:error|message)\b|\bwho (?:says|reports|shows|wrote|printed)\b",
    ),
    Wish.CATEGORY: (
        r"\b(?:what|which) (?:kind|sort|type|category|class) of (?:an? )?(?:error|problem|failure|issue|fault)\b",
        r"\b(?:what|which) category\b|\bwhat(?:'s| is) the category\b",
    ),
    Wish.IS_ERROR: (
        r"\bis (?:there|this|it|that) (?:really )?(?:an?|any) (?:error|problem|failure|issue)\b",
        r"\bare there (?:any )?(?:errors|problems)\b|\bdoes (?:it|this) (?:show|have|contain) (?:an?|any) errors?\b",
        rf"\bdid {_THIS}\b.*\b(?:work|fail|succeed)\b|\bhas \w+ failed\b",
        r"\bis (?:something|anything|everything) (?:wrong|ok|okay|fine)\b",
    ),
    Wish.MESSAGE: (
        r"\bwhat does (?:\w+ ){0,3}(?:say|read)\b|\b(?:which|what's the) (?:error|message)\b(?![ -](?:code|number))",
        r"\bwhat (?:is|was|are|were)(?: \w+){0,2} (?:error|errors|message)\b(?![ -](?:code|number))",
        r"\b(?:exact|whole|full|complete) (?:\w+ )?(?:text|wording|message|error)\b|\bverbatim\b|\bword for word\b",
        r"\b(?:read|quote|copy)\b.*\b(?:error|message)\b|^(?:the )?error message\W*$",
    ),
    Wish.CAUSE: (
        r"^(?:and |but |so )?why\b|\bwhy (?:is|does|did|do|am|are|was|can|this|that|it)\b",
        r"\bcaus(?:e|es|ed|ing)\b|\breasons?\b|\bhow come\b|\bmeaning\b|\bexplain\b|\bdiagnos\w+",
        r"\bwhat (?:is|went|goes|has gone) wrong\b|\bwhat's wrong\b|\bwhat(?: has|'s)? happened\b",
        r"\bwhat(?:'s| is) (?:going on|the (?:problem|issue|matter))\b",
        rf"\bwhat does {_THIS}(?: \w+){{0,3}} mean\b",
    ),
    Wish.FIX: (
        r"\b(?:fix|fixes|fixed|solve|solved|solution|resolve|resolved|repair|remedy|workaround|troubleshoot)\b",
        r"\bwhat now\b|\bget (?:rid of|around)\b|\bwhat to do\b|\bnext steps?\b|\bcan you help\b|\bhelp me\b",
        r"\bwhat (?:can|should|must|could|do|shall) (?:i|we|one|you|they)(?: \w+)? (?:do|try|change|check)\b",
        r"\bhow (?:do|can|could|should) (?:i|we) (?:make|get) (?:it|this|that)\b",
    ),
    Wish.CAPTION: (
        r"\bdescribe\b|\bsummar\w+|\bcaption\b|\bwhat (?:do you see|can you see|is shown|is this)\b",
        r"\bwhat am i (?:looking at|seeing)\b|\bwhat(?:'s| is) (?:in|on) (?:the|this|my) (?:picture|image|screen|screenshot)\b",
        rf"\bwhat does {_THIS}(?: \w+)? show\b",
    ),
}
_COMPILED = tuple((wish, re.compile("|".join(parts))) for wish, parts in _WISHES.items())


@dataclass(frozen=True)
class Known:
    """What an answer may be made of: the fields as they are answered, what is cited, where it stands, the caption."""

    fields: Fields
    citation: Citation
    evidence: Sequence[Evidence]
    caption: str


def wishes_of(question: str) -> tuple[Wish, ...]:
    """What a question wants, in the order in which it says so; nothing where it wants something else, or is not in English."""
    text = " ".join(question.casefold().replace("’", "'").split())
    found = [(hit.start(), number, wish) for number, (wish, p) in enumerate(_COMPILED) if (hit := p.search(text))]
    return tuple(wish for _, _, wish in sorted(found, key=lambda row: row[:2]))


def reply(wishes: Sequence[Wish], known: Known) -> str:
    """The answer to what is wished, a paragraph for each; a wish that another one's answer has told already is left out."""
    said = [_SAYS[wish](known) for wish in wishes]
    return "\n\n".join(dict.fromkeys(text for text in said if text))


def no_entry(known: Known) -> str:
    """That no entry fits, and what is known all the same."""
    fields = known.fields
    message, category = fields.text("message"), fields.text("category")
    read = f" It reads “{message}”" if message else ""
    kind = (
        f"; the words speak of {category.replace('_', ' ')}" if read and category not in ("", "none", "other") else ""
    )
    return (
        f"No entry of the knowledge base fits, so neither a cause nor a fix is given.{read}{kind}{'.' if read else ''}"
    )


def _without_error(known: Known) -> str | None:
    return NO_ERROR if known.fields.is_error.value is False else None


def _cause(known: Known) -> str:
    if text := _without_error(known):
        return text
    citation = known.citation
    if not citation.sources:
        return no_entry(known)
    first = citation.sources[0]
    return f"{citation.cause or first.title} [{first.id}]"


def _fix(known: Known) -> str:
    if text := _without_error(known):
        return text
    citation = known.citation
    if not citation.sources:
        return no_entry(known)
    if not citation.fixes:
        return f"The entry that fits names no fix. [{citation.sources[0].id}]"
    steps = [f"{number}. {fix}" for number, fix in enumerate(citation.fixes, 1)]
    return "\n".join([*steps, f"[{citation.sources[0].id}]"])


def _message(known: Known) -> str:
    message = known.fields.text("message")
    if message:
        return f"“{message}”"
    return _without_error(known) or "The main line could not be told with certainty."


def _code(known: Known) -> str:
    code = known.fields.text("error_code")
    if code:
        return code
    if "error_code" in known.fields.abstained:
        return "There may be a code, but it could not be read with certainty."
    return NOT_THERE


def _app(known: Known) -> str:
    return known.fields.text("app") or "Which program it is could not be told with certainty."


def _where(known: Known) -> str:
    for name in ("message", "error_code", "app"):
        for evidence in known.evidence:
            if evidence.field == name:
                x0, y0, x1, y1 = evidence.box
                return f"“{evidence.text}” stands at x {x0} to {x1}, y {y0} to {y1}, in pixels from the upper left."
    return _without_error(known) or NOT_THERE


def _category(known: Known) -> str:
    if text := _without_error(known):
        return text
    return known.fields.text("category").replace("_", " ") or "The category could not be told with certainty."


def _is_error(known: Known) -> str:
    verdict = known.fields.is_error.value
    if verdict is None:
        return "Whether there is an error could not be told with certainty."
    message = known.fields.text("message")
    return NO_ERROR if not verdict else f"Yes: “{message}”" if message else "Yes, there is an error."


_SAYS: dict[Wish, Callable[[Known], str]] = {
    Wish.CAUSE: _cause,
    Wish.FIX: _fix,
    Wish.MESSAGE: _message,
    Wish.CODE: _code,
    Wish.APP: _app,
    Wish.WHERE: _where,
    Wish.CATEGORY: _category,
    Wish.IS_ERROR: _is_error,
    Wish.CAPTION: lambda known: known.caption,
}
