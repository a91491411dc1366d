"""Runbooks in Markdown: a title, a cause, what to do; one file an entry."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mmgpt.knowledge.entry import ERROR_KINDS, Entry, EntryError, make_entry

_KEYS = {"product": str, "category": str, "codes": list, "patterns": list, "kinds": list, "source": str, "url": str}
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*$")
_ITEM = re.compile(r"\s{0,3}(?:[-*+]|\d{1,3}[.)])\s+(.*)")
_CAUSE = ("cause", "causes", "root cause", "reason", "why")
_FIX = ("fix", "fixes", "resolution", "solution", "solutions", "steps", "what to do", "remedy")


def slug(text: str) -> str:
    """Lower-case letters and digits joined by hyphens; "entry" where none is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "entry"


def read_runbook(text: str, origin: Path) -> Entry:
    """An entry from Markdown with a `# title` and sections "Cause" and "Fix"; its id is the file's name as a slug.

    Front matter between lines of `---` may hold product, category, codes, patterns, kinds, source, url. Lines under "Fix"
    that are list items are the fixes, else its paragraphs. Raises EntryError.
    """
    front, body = _front_matter(text, origin)
    title, sections = "", {"": [""]}
    current = sections[""]
    fenced = False
    for row in body.split("\n"):
        fenced ^= row.lstrip().startswith(("```", "~~~"))
        heading = None if fenced else _HEADING.match(row)
        if heading is None:
            current.append(row)
        elif len(heading.group(1)) == 1 and not title:
            title = heading.group(2)
        else:
            current = sections.setdefault(heading.group(2).strip(" :").lower(), [])
    if not title:
        raise EntryError(f"{origin}: a runbook needs a first heading `# title`")
    cause = " ".join(" ".join(_section(sections, _CAUSE)).split())
    fixes = _items(_section(sections, _FIX))
    if not cause and not fixes:
        raise EntryError(f'{origin}: a runbook needs a section "## Cause" or "## Fix" with something in it')
    value: dict[str, Any] = {
        "id": slug(origin.stem),
        "title": title,
        "product": front.get("product", ""),
        "category": front.get("category", "other"),
        "kinds": front.get("kinds", list(ERROR_KINDS)),
        "codes": front.get("codes", []),
        "patterns": front.get("patterns", []),
        "examples": [],
        "cause": cause,
        "fixes": fixes,
        "source": front.get("source", origin.name),
        "url": front.get("url", ""),
    }
    return make_entry(value, origin, runbook=True)


def _section(sections: dict[str, list[str]], names: tuple[str, ...]) -> list[str]:
    return [row for name in names for row in sections.get(name, [])]


def _items(rows: list[str]) -> list[str]:
    """List items, a further line joined to its item; without any, paragraphs."""
    items: list[str] = []
    has_list = any(_ITEM.match(row) for row in rows)
    open_item = False
    for row in rows:
        item = _ITEM.match(row)
        if not row.strip():
            open_item = False
        elif item is not None:
            items.append(item.group(1).strip())
            open_item = True
        elif open_item or (has_list and items and row.startswith(" ")):
            items[-1] += " " + row.strip()
        else:
            items.append(row.strip())
            open_item = True
    return items


def _front_matter(text: str, origin: Path) -> tuple[dict[str, Any], str]:
    rows = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if rows[0].strip() != "---":
        return {}, "\n".join(rows)
    end = next((index for index, row in enumerate(rows[1:], 1) if row.strip() == "---"), 0)
    if not end:
        raise EntryError(f"{origin}: the front matter that begins with --- has no --- at its end")
    found: dict[str, Any] = {}
    key = ""
    for number, row in enumerate(rows[1:end], 2):
        place = f"{origin}: line {number}"
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        if row.lstrip().startswith("- "):
            if not isinstance(found.get(key), list):
                raise EntryError(f"{place}: a list item where no list begins - write `patterns:` before it")
            found[key].append(_unquoted(row.lstrip()[2:]))
            continue
        key, colon, rest = (part.strip() for part in row.partition(":"))
        if not colon or key not in _KEYS:
            raise EntryError(f"{place}: {row.strip()!r} is none of {', '.join(_KEYS)} with a colon behind it")
        if _KEYS[key] is str:
            found[key] = _unquoted(rest)
        else:
            found[key] = _inline(rest)
    return found, "\n".join(rows[end + 1 :])


def _inline(text: str) -> list[str]:
    if text.startswith("[") and text.endswith("]"):
        parts = re.findall(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^,]+", text[1:-1])
        return [value for part in parts if (value := _unquoted(part))]
    return [_unquoted(text)] if text else []


def _unquoted(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        inner = text[1:-1]
        return re.sub(r"\\(.)", r"\1", inner) if text[0] == '"' else inner
    return text
