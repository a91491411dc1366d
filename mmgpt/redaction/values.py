"""Is what stands behind a secret's name its value? And where does the value end?"""

from __future__ import annotations

import re

from mmgpt.redaction.fold import classes, random_looking
from mmgpt.redaction.secret import KINDS
from mmgpt.redaction.strand import BLOCK

_NOTHING = frozenset(
    "true false null none nil undefined yes no on off required optional invalid incorrect wrong missing expired empty unset hidden masked "
    "redacted show hide reset change forgot forgotten copy edit delete remove regenerate rotate revoke generate create add new save cancel "
    "ok and or is was not for must should will can cannot please enter your the a an with in to of from here string str bytes int text "
    "bool object type any number char varchar enabled disabled set unknown error failed failure mismatch authentication unexpected".split()
)
_MASKED = re.compile(rf"^[\*•●·.xX\-_{BLOCK}○◦∙#?…]+$")
_REFERENCE = re.compile(
    r"^(?:\$\{.*|\$\(.*|\$[A-Z_]+[A-Z0-9_]*|\$[a-zA-Z]+|%\w+%|\{\{.*|\{[\w.]*\}|<[\w \-.]+>|\[[\w \-.]*\]|"
    r"(?:os|process|env|sys|self|this|config|settings|req|request|secrets?|var|local)\..*|vault:.*|@[A-Za-z]+|"
    r"\w+(?:\.\w+)*\(.*\)[;,]?)$"
)
_MASK = re.compile(rf"^\[(?:{'|'.join(KINDS)})\]?$")
# Separators are part of a value unless what follows them is no more of it: the next name of a query, the next command, a tag.
_WORD = re.compile(
    r"(?:[^\s;&<>\"“”]|;(?!\s|$|[\w\-]{2,24} ?=|[\w\-]+ \w+ ?=)|&(?!&|\s|[\w\-.]{1,24}=)|<(?!/|\s)|>(?!$|\s)|[\"“”](?![\s,;:)\]}/>]|$))+"
)
_EDGE = " \t\"'`“”‘’«»<>()[]{},;"


def ends_at(text: str, start: int) -> int:
    """Where a value that begins at `start` ends: at the closing quote it was opened with, else at a blank or a separator."""
    if start < len(text) and text[start] in "\"'`“”‘’":
        mates = {"“": '”"', "”": '”"', "‘": "’'`", "’": "’'`", "`": "`'"}.get(
            text[start], text[start] + {'"': "”“", "'": "’‘"}.get(text[start], "")
        )
        for at in range(start + 1, len(text)):
            if text[at] in mates and at - start > 1:
                return at
    found = _WORD.match(text, min(start + (text[start : start + 1] in "\"'`“”‘’"), len(text)))
    if found is None:
        return start
    end, before = found.end(), text[:start]
    while end > start + 1 and text[end - 1] in ",)]}'’`":
        opener = {")": "(", "]": "[", "}": "{"}.get(text[end - 1])
        if opener is not None and (opener in text[start:end] or opener not in before):
            break  # it belongs to the value
        end -= 1
    return end


def is_value(value: str, kind: str, sure: bool, alone: bool, strict: bool) -> bool:
    """Whether a text may be a secret's value.

    `sure` the name is one of secrets only; `alone` nothing follows on the row; `strict` it stands behind "=" or in quotes, so
    that even a plain word is a value.
    """
    bare = value.strip(_EDGE).rstrip(".:!?")
    if (
        len(bare) < 3
        or BLOCK in bare
        or _MASKED.match(bare)
        or _MASK.match(value.strip())
        or bare.lower() in _NOTHING
        or _REFERENCE.match(value.strip(" \t\"'"))
    ):
        return False
    if not sure:
        return (
            random_looking(bare, 12)
            and re.search("[0-9]", bare) is not None
            and "\\" not in bare
            and "/" not in bare[:1]
        )
    if kind == "card":
        return re.fullmatch(r"[0-9OolIS]{3,4}", bare) is not None
    telling = (classes(bare) >= 2 and not bare.istitle()) or re.search(r"[^\w\s.,:\-]|[0-9_]", bare) is not None
    if strict:
        return kind == "password" or not re.fullmatch(r"[0-9.,]{1,6}", bare)  # MAX_TOKENS=4096
    if kind == "password":
        return telling or (alone and len(bare) >= 4)
    return telling and len(bare) >= 6
