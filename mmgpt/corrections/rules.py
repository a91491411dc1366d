"""Corrections as rules: for the message that was corrected, and for no other one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from mmgpt.corrections.key import BEGINNING
from mmgpt.corrections.normal import normal
from mmgpt.corrections.places import MOST_ROWS, Page
from mmgpt.corrections.rule import Applied, Conflict, Rule
from mmgpt.corrections.settle import settled
from mmgpt.extraction import Extraction
from mmgpt.extractor.aliases import app_key
from mmgpt.vocabulary import FIELDS

if TYPE_CHECKING:
    from vision.reader.types import Line


class Rules:
    """All corrections of a store. Nothing in it changes: it may be used by several threads."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules = tuple(sorted(rules, key=lambda rule: rule.id))
        self._by_key: dict[str, list[Rule]] = defaultdict(list)
        self._by_picture: dict[str, list[Rule]] = defaultdict(list)
        self._unread: set[str] = set()  # how the messages begin where none was read
        for rule in self.rules:
            if rule.reach == "picture":
                self._by_picture[rule.sha256].append(rule)
                continue
            for name in {name for key in (rule.read, rule.said) if key for name in (key.exact, key.slots) if name}:
                self._by_key[name].append(rule)
            if rule.read is None and rule.said is not None:
                self._unread.add(rule.said.beginning)

    def __len__(self) -> int:
        return len(self.rules)

    def apply(
        self, extraction: Extraction, lines: Sequence[Line], *, sha256: str | None = None
    ) -> tuple[Extraction, list[Applied]]:
        """The extraction with the fields that were corrected for its message, and which corrections those are, the oldest first.

        `sha256` is of the picture's bytes; give it with the picture's first error only, since corrections of scope `picture` go by
        it alone. Where corrections contradict each other the newest holds. A corrected message or code is taken as it stands
        in the lines; where it stands in none it is taken as it was given, without evidence. Corrected fields are certain.
        """
        page = Page(lines)
        found = self._found(extraction, page, sha256)
        if not found:
            return extraction, []
        owner: dict[str, Rule] = {}
        for rule in found:
            owner |= dict.fromkeys(rule.changes, rule)
        made, kept = settled(extraction, page, owner, sha256)
        applied = []
        for rule in found:
            own = tuple(name for name in rule.changes if owner[name] is rule and name in kept)
            if own:
                values = {name: rule.changes[name].right for name in own if name not in FIELDS}
                applied.append(Applied(rule.id, own, values, rule.time, rule.note))
        return (made, applied) if applied else (extraction, [])

    def conflicts(self, rule: Rule) -> list[Conflict]:
        """What other corrections, older and newer, say otherwise of the same message (or picture) and the same program."""
        if rule.reach == "picture":
            near = self._by_picture.get(rule.sha256, [])
        else:
            names = {name for key in (rule.read, rule.said) if key for name in (key.exact, key.slots) if name}
            near = sorted({r.id: r for name in names for r in self._by_key.get(name, [])}.values(), key=lambda r: r.id)
        return [
            Conflict(other.id, name, other.changes[name].right)
            for other in near
            if other.id != rule.id and _meet(rule, other)
            for name in rule.changes
            if name in other.changes and other.changes[name].right != rule.changes[name].right
        ]

    def _found(self, extraction: Extraction, page: Page, sha256: str | None) -> list[Rule]:
        """The rules for this error, the oldest first.

        What one rule makes of message and program may be what another is for: that was made from an answer corrected already.
        """
        found: dict[int, Rule] = {}
        if sha256 is not None:
            found |= {rule.id: rule for rule in self._by_picture.get(sha256, ())}
        message, app = extraction.message.value, extraction.app.value
        messages = [message] if isinstance(message, str) and message else []
        apps = {app_key(app)} if isinstance(app, str) else set[str]()
        if not messages and self._unread:
            found |= {rule.id: rule for rule in self._unread_in(extraction, page, sha256)}
        while True:
            for rule in found.values():
                messages += _new(rule, "message", messages)
                apps |= {app_key(name) for name in _new(rule, "app", ())}
            known = len(found)
            for text in messages:
                for rule in self._with_key(text):
                    if any(key.fits(text) for key in (rule.read, rule.said) if key) and _reaches(rule, apps, sha256):
                        found[rule.id] = rule
            if len(found) == known:
                return [found[number] for number in sorted(found)]

    def _unread_in(self, extraction: Extraction, page: Page, sha256: str | None) -> list[Rule]:
        """Corrections of pictures in which no message was found: their message must be a line, or neighbours joined."""
        found = []
        lines = page.lines
        for first in range(len(lines)):
            begins = "".join(page.folds[first : first + MOST_ROWS])[:BEGINNING]
            if not any(begins[:length] in self._unread for length in range(len(begins) + 1)):
                continue
            for count in range(1, min(MOST_ROWS, len(lines) - first) + 1):
                text = " ".join(line.text for line in lines[first : first + count])
                found += [
                    rule for rule in self._with_key(text) if rule.read is None and rule.said and rule.said.fits(text)
                ]
        app = extraction.app.value
        apps = {app_key(app)} if isinstance(app, str) else set[str]()
        return [rule for rule in found if rule.kind in (None, extraction.kind.value) and _reaches(rule, apps, sha256)]

    def _with_key(self, message: str) -> Iterator[Rule]:
        form = normal(message)
        for name in (form.exact, form.slots):
            yield from self._by_key.get(name, ()) if name else ()


def _reaches(rule: Rule, apps: AbstractSet[str], sha256: str | None) -> bool:
    """Whether one of the programs is one that the rule is for. Where none was read when it was made, the message alone decides."""
    if rule.scope == "message" or not rule.apps or (sha256 is not None and sha256 == rule.sha256):
        return True
    return not rule.apps.isdisjoint(apps)


def _new(rule: Rule, name: str, known: Sequence[str]) -> list[str]:
    """What a rule makes of a field, if it is a text that is not among those known. Masked words are nobody's."""
    right = rule.changes[name].right if name in rule.changes and not rule.masked else None
    return [right] if isinstance(right, str) and right not in known else []


def _meet(one: Rule, other: Rule) -> bool:
    """Whether both can apply to one screen, their messages being of one form."""
    if one.reach == "picture" or other.reach == "picture":
        return one.reach == other.reach and one.sha256 == other.sha256
    if "message" not in (one.scope, other.scope) and one.apps and other.apps and not one.apps & other.apps:
        return False
    mine = [key for key in (one.read, one.said) if key]
    theirs = [key for key in (other.read, other.said) if key]
    return any(
        a.exact == b.exact or (a.slots and a.slots == b.slots and (not a.fixed or not b.fixed or a.fixed == b.fixed))
        for a in mine
        for b in theirs
    )
