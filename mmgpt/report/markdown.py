"""A diagnosis as Markdown: one section a picture, good to paste into a ticket.

Whatever was read in the picture stands in code spans and code blocks, whose fences are longer than any run of backticks
in it. There is no HTML, and no link but those of cited sources. Holds for CommonMark and for GitHub's and GitLab's
dialects, which also make links of bare addresses, mails and @names: words that look like one stand in code spans.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmgpt.commands.console import one_line
from mmgpt.report.words import (
    FIELD_NAMES,
    doubtful_words,
    escalated,
    percent,
    place,
    prose,
    safe_url,
    values,
)

if TYPE_CHECKING:
    from mmgpt.schema import Diagnosis, FurtherError, Source

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$^])")
_LINKY = re.compile(r"[@]|://|(?i:\bwww\.|\bmailto:|\bxmpp:)|(?<!\w)[#!%]\w|\w[#!]\d|\w{2}\.\w{2}")
_STARTS_BLOCK = re.compile(r"(?:[-+=]|#{1,6}(?=\s|$)|\d{1,9}(?=[.)]))")
_LONG = 200
"""From this many characters on a text read in the picture gets a block of its own."""


def markdown_section(diagnosis: Diagnosis, name: str, level: int = 2) -> str:
    """One picture's section, up to its line end. `name` is what the picture is called; `level` that of the heading."""
    blocks = [f"{'#' * level} {code(name)}"]
    if diagnosis.question:
        blocks.append(f"**Question**: {code(diagnosis.question)}")
        blocks.append(_labelled("Answer", diagnosis.answer or "none"))
    blocks.append(_quoted(diagnosis.caption))
    blocks.append("\n".join(_facts(diagnosis)))
    blocks += _knowledge(diagnosis.cause, diagnosis.fixes, diagnosis.sources)
    for number, error in enumerate(diagnosis.further, 2):
        blocks.append(f"**Error {number} in the same picture**")
        blocks.append("\n".join(_values(error)))
        blocks += _knowledge(error.cause, error.fixes, error.sources)
    blocks += _notes(diagnosis)
    return "\n\n".join(block for block in blocks if block) + "\n"


def code(text: str) -> str:
    """The text as a code span on one line, between more backticks than it has in a row."""
    text = one_line(text) or " "
    fence = "`" * (_longest_run(text) + 1)
    # blanks at both ends are taken off again by whoever reads it; they keep backticks of the text from the fence's
    pad = " " if text[0] == "`" or text[-1] == "`" or (text[0] == text[-1] == " " and text.strip()) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def block(text: str) -> str:
    """The text as a fenced block, its lines kept, fenced by more backticks than it has in a row."""
    text = "\n".join(one_line(line) for line in text.split("\n"))
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def words(text: str) -> str:
    """A sentence of an entry: what stands in backticks stays code, all else is plain words whatever it looks like."""
    out: list[str] = []
    for is_code, part in prose(text):
        text = code(part) if is_code else "".join(_word(piece) for piece in re.split(r"(\s+)", part))
        # two code spans side by side would be read as one with a longer fence between them
        between = " " if out and out[-1].endswith("`") and text.startswith("`") else ""
        out.append(between + text)
    text = "".join(out)
    return "\\" + text if _STARTS_BLOCK.match(text) and not text[0].isdigit() else _numbered(text)


def _word(piece: str) -> str:
    if not piece or piece.isspace():
        return piece
    if _LINKY.search(piece):
        head = re.match(r"[(“\"']*", piece)
        tail = re.search(r"[)”\"'.,;:!?]*$", piece)
        assert head is not None and tail is not None  # both match empty text, too
        middle = piece[head.end() : max(tail.start(), head.end())]
        return head.group() + (code(middle) if middle else "") + piece[max(tail.start(), head.end()) :]
    return _SPECIAL.sub(r"\\\1", piece)


def _numbered(text: str) -> str:
    """`1. text` at the beginning of a sentence would be a list."""
    return re.sub(r"^(\d{1,9})([.)])", r"\1\\\2", text)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _quoted(text: str) -> str:
    return block(text) if len(text) > _LONG else code(text)


def _labelled(label: str, text: str) -> str:
    """`**Label**: value`, where a long value stands in a block below."""
    return f"**{label}**:\n\n{block(text)}" if len(text) > _LONG or "\n" in text else f"**{label}**: {code(text)}"


def _facts(diagnosis: Diagnosis) -> list[str]:
    rows = []
    sure = percent(diagnosis.confidence.get("is_error"))
    if diagnosis.is_error is False:
        rows.append(f"- **Error**{_in_brackets(sure)}: none")
    elif diagnosis.is_error is None:
        rows.append("- **Error**: not sure whether it is one")
    rows += _values(diagnosis)
    where = place(diagnosis)
    if where:
        rows.append(f"- **Where**: {where}")
    unsure = [FIELD_NAMES[name].lower() for name in diagnosis.abstained if name != "is_error"]
    if unsure:
        rows.append(f"- **Not sure**: {', '.join(unsure)}")
    return rows


def _values(error: Diagnosis | FurtherError) -> list[str]:
    rows = []
    for name, value in values(error):
        sure = percent(error.confidence.get(name))  # type: ignore[call-overload]
        shown = value if name in ("kind", "category") else code(value)
        rows.append(f"- **{FIELD_NAMES[name]}**{_in_brackets(sure)}: {shown}{_doubts(error, name)}")
    return rows


def _doubts(error: Diagnosis | FurtherError, name: str) -> str:
    parts = doubtful_words(error, name)
    return f" (unclear letters: {', '.join(code(part) for part in parts)})" if parts else ""


def _in_brackets(sure: str) -> str:
    return f" ({sure})" if sure else ""


def _knowledge(cause: str | None, fixes: Sequence[str], sources: Sequence[Source]) -> list[str]:
    blocks = []
    if cause:
        blocks.append(f"**Cause**: {words(cause)}")
    if fixes:
        blocks.append("**What to do**\n\n" + "\n".join(f"{i}. {words(fix)}" for i, fix in enumerate(fixes, 1)))
    if sources:
        blocks.append("**Sources**\n\n" + "\n".join(_source(source) for source in sources))
    return blocks


def _source(source: Source) -> str:
    url = safe_url(source.url)
    link = f" ([{words(_host(url))}](<{url}>))" if url else ""
    return f"- {code(source.id)}, {percent(source.score)}: {words(source.title)}{link}"


def _host(url: str) -> str:
    """What a link is called: the host that it leads to, so that nobody is led elsewhere than they think."""
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or url


def _notes(diagnosis: Diagnosis) -> list[str]:
    rows = [f"- {words(warning)}" for warning in diagnosis.warnings]
    if diagnosis.masked:
        rows.append(f"- secrets masked: {diagnosis.masked}")
    asked = escalated(diagnosis)
    if asked:
        rows.append(f"- a bigger model was asked: {words(asked)}")
    return ["**Notes**\n\n" + "\n".join(rows)] if rows else []
