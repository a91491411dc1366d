"""Finding entries by what stands on the screen: by code, by pattern, and by words that may have been read wrongly.

Three sorts of evidence, each a probability that the entry is meant, are joined as independent (1 - (1 - a)(1 - b)...):

- the code: given by the caller, or standing in the text;
- a pattern: found in a line word for word, or nearly so (the share of its trigrams that the line has, rare ones counting more);
- words: of title, patterns, examples and cause (SQLite FTS5, BM25), for questions in one's own words.

A program that is known to be another one, or a kind of screen that the entry does not have, lowers the result.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from mmgpt.knowledge.entry import Entry
from mmgpt.knowledge.fold import code_key, codes_in, is_telling, trigrams, words
from mmgpt.knowledge.patterns import Match, Pattern, plain
from mmgpt.knowledge.products import Kinship, kinship, named_in

SURE = 0.5
"""From this score on an entry may be cited as an answer; below it is something to look at."""

_MAX_LINES = 80
_MAX_LETTERS = 20_000
_CANDIDATES = 24
_GRAMS = 48  # the rarest terms of a line that are asked for: more find the same and take longer
_NEARLY = 0.45  # share of a pattern's trigrams below which it is not there
_FOREIGN = {Kinship.ANYBODY: 0.95, Kinship.RELATED: 0.85, Kinship.OTHER: 0.7}  # what another product's entry keeps
_SCHEMA = "CREATE VIRTUAL TABLE entries USING fts5(title, codes, patterns, texts, grams, tokenize = 'unicode61')"
_WORD_WEIGHTS = "bm25(entries, 4.0, 4.0, 3.0, 1.0, 0.0)"
_GRAM_WEIGHTS = "bm25(entries, 0.0, 0.0, 0.0, 0.0, 1.0)"


@dataclass(frozen=True)
class Hit:
    """An entry that was found: how well it fits (0..1), why in words, and what stands in the slots of its pattern."""

    entry: Entry
    score: float
    why: tuple[str, ...]
    slots: dict[str, str] = field(default_factory=dict)


@dataclass
class _Evidence:
    """What speaks for one entry."""

    code: float = 0.0
    pattern: float = 0.0
    words: float = 0.0
    code_why: str = ""
    pattern_why: str = ""
    slots: dict[str, str] = field(default_factory=dict)
    literal: float = 0.0  # letters that stand there word for word: decides between patterns found in one line


@dataclass(frozen=True)
class _Indexed:
    """A pattern with its trigrams and what they weigh together."""

    number: int
    pattern: Pattern
    grams: frozenset[str]
    weight: float = 0.0


class Index:
    """The entries, ready to be searched. Not safe for several threads at once: `KnowledgeBase.search` is."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        """Builds the tables in memory. Raises RuntimeError where Python's SQLite has no FTS5."""
        self.entries = tuple(entries)
        grams = [[_grams(pattern) for pattern in entry.patterns] for entry in self.entries]
        owners = Counter(gram for group in grams for gram in frozenset[str]().union(*group))
        self._gram_weight = _weights(owners, len(self.entries))
        self._of_entry = [
            [
                _Indexed(number, pattern, own, sum(map(self._gram_weight.__getitem__, own)))
                for pattern, own in zip(entry.patterns, group, strict=True)
            ]
            for number, (entry, group) in enumerate(zip(self.entries, grams, strict=True))
        ]
        self._anchored = [(i.pattern.anchor, i) for group in self._of_entry for i in group if i.pattern.anchor]
        self._products = frozenset(entry.product for entry in self.entries)
        self._codes: dict[str, list[int]] = defaultdict(list)
        for number, entry in enumerate(self.entries):
            for key in {code_key(code) for code in entry.codes}:
                self._codes[key].append(number)
        self._connection = self._tables()

    def search(
        self,
        query: str,
        *,
        code: str | None = None,
        product: str | None = None,
        kind: str | None = None,
        limit: int = 5,
    ) -> list[Hit]:
        """See `KnowledgeBase.search`."""
        if limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit}")
        lines = _lines(query)
        found: dict[int, _Evidence] = defaultdict(_Evidence)
        self._by_code(found, lines, code, product)
        self._by_pattern(found, lines)
        self._nearly(found, lines)
        self._by_words(found, lines)
        named = frozenset[str]() if product else named_in(lines, self._products)
        hits = [(self._rank(number, evidence, product, kind, named), number) for number, evidence in found.items()]
        best = sorted(
            ((rank, number) for rank, number in hits if rank[0] > 0.02),
            key=lambda pair: (-pair[0][0], -pair[0][1], pair[1]),
        )
        return [self._hit(number, found[number], rank[0], product) for rank, number in best[:limit]]

    def _rank(
        self, number: int, evidence: _Evidence, product: str | None, kind: str | None, named: frozenset[str]
    ) -> tuple[float, float]:
        """(score, what decides between equal scores); `named` are the products whose name the text has."""
        entry = self.entries[number]
        miss = (1 - evidence.code) * (1 - evidence.pattern) * (1 - evidence.words)
        if product:
            relation = kinship(product, entry.product)
            if relation is Kinship.SAME:
                miss *= 0.6
            else:
                miss = 1 - _FOREIGN[relation] * (1 - miss)
        elif entry.product in named:
            miss *= 0.8
        if kind and kind not in entry.kinds:
            miss = 1 - 0.9 * (1 - miss)
        return 1 - miss, evidence.literal

    def _hit(self, number: int, evidence: _Evidence, score: float, product: str | None) -> Hit:
        entry = self.entries[number]
        why = [text for text in (evidence.code_why, evidence.pattern_why) if text]
        if product and kinship(product, entry.product) in (Kinship.SAME, Kinship.RELATED):
            why.append(f"program {entry.product}")
        if not why:
            why.append("similar words")
        return Hit(entry, round(min(score, 1.0), 3), tuple(why), evidence.slots)

    def _by_code(
        self, found: dict[int, _Evidence], lines: Sequence[str], code: str | None, product: str | None
    ) -> None:
        given = code_key(code) if code else ""
        for number in self._codes.get(given, ()):
            same = bool(product) and kinship(str(product), self.entries[number].product) is not Kinship.OTHER
            shared = len(self._codes[given])
            strength = 0.8 if is_telling(str(code)) or same else 0.35
            found[number].code = strength / (1 + 0.1 * (shared - 1)) if not same else strength
            found[number].code_why = f"code {code}"
        for line in lines:
            for token in codes_in(line):
                key = code_key(token)
                for number in self._codes.get(key, ()):
                    if token.isalpha() and token not in self.entries[number].codes:
                        continue  # a word such as refused is no REFUSED
                    strength = (0.7 if is_telling(token) else 0.12) / (1 + 0.1 * (len(self._codes[key]) - 1))
                    evidence = found[number]
                    if strength > evidence.code:
                        evidence.code, evidence.code_why = strength, f"code {token} in the text"

    def _by_pattern(self, found: dict[int, _Evidence], lines: Sequence[str]) -> None:
        """Patterns word for word, in lines and in neighbours joined (a message may have been wrapped)."""
        joined = [f"{a} {b}" for a, b in pairwise(lines)] + [a + b for a, b in pairwise(lines)]
        for line in [*lines, *joined]:
            for indexed in [indexed for anchor, indexed in self._anchored if anchor in line]:
                match = indexed.pattern.find_plain(line)
                if match is not None:
                    _take(found[indexed.number], _certainty(indexed.pattern), indexed.pattern, match, "pattern")

    def _nearly(self, found: dict[int, _Evidence], lines: Sequence[str]) -> None:
        """Patterns that are nearly there: for the entries that share most trigrams with a line."""
        sets = [grams for line in lines if (grams := trigrams(line))]
        for line in [*sets, *(a | b for a, b in pairwise(sets))]:
            for number in self._nearest(line):
                for indexed in self._of_entry[number]:
                    share = self._share(indexed, line)
                    if share < _NEARLY:
                        continue
                    near = ((share - _NEARLY) / (1 - _NEARLY)) ** 1.5
                    by_chance = math.exp(-len(indexed.grams) / 10)  # few trigrams stand in any long line
                    certainty = 0.9 * near * (1 - by_chance) * _certainty(indexed.pattern)
                    _take(found[number], certainty, indexed.pattern, None, f"pattern, {share:.0%} of it,")

    def _share(self, indexed: _Indexed, line: set[str]) -> float:
        """The share of a pattern's trigrams that a line has, by weight."""
        shared = sum(map(self._gram_weight.__getitem__, indexed.grams & line))
        return shared / indexed.weight if indexed.weight else 0.0

    def _nearest(self, grams: set[str]) -> list[int]:
        known = sorted((g for g in grams if g in self._gram_weight), key=lambda g: (-self._gram_weight[g], g))[:_GRAMS]
        return self._ask("grams", known, _GRAM_WEIGHTS)

    def _by_words(self, found: dict[int, _Evidence], lines: Sequence[str]) -> None:
        wanted = list(dict.fromkeys(word for line in lines for word in words(line)))
        known = sorted((w for w in wanted if w in self._word_weight), key=lambda w: (-self._word_weight[w], w))[:_GRAMS]
        whole = sum(self._word_weight.get(word, self._unknown) for word in wanted)
        for number in self._ask("{title codes patterns texts}", known, _WORD_WEIGHTS):
            shared = sum(self._word_weight[word] for word in known if word in self._words_of[number])
            titled = sum(self._word_weight[word] for word in known if word in self._titles[number])
            if whole:
                found[number].words = 0.3 * shared / whole + 0.15 * titled / whole

    def _ask(self, columns: str, terms: list[str], order: str) -> list[int]:
        if not terms:
            return []
        expression = f"{columns} : (" + " OR ".join(f'"{term}"' for term in terms) + ")"
        rows = self._connection.execute(
            f"SELECT rowid FROM entries WHERE entries MATCH ? ORDER BY {order} LIMIT ?", (expression, _CANDIDATES)
        )
        return [number for (number,) in rows]

    def _tables(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        try:
            connection.execute(_SCHEMA)
        except sqlite3.OperationalError as error:
            raise RuntimeError(
                f"Python's SQLite cannot search text ({error}) - use a Python whose sqlite3 has FTS5"
            ) from error
        rows = []
        self._words_of: list[frozenset[str]] = []
        self._titles: list[frozenset[str]] = []
        for number, entry in enumerate(self.entries):
            title = words(f"{entry.title} {entry.product} {entry.id}")
            codes = words(" ".join(entry.codes))
            patterns = words(" ".join(text for pattern in entry.patterns for text in pattern.literals))
            texts = words(" ".join((*entry.examples, entry.cause, *entry.fixes)))
            grams = {gram for indexed in self._of_entry[number] for gram in indexed.grams}
            self._titles.append(frozenset((*title, *codes)))
            self._words_of.append(frozenset((*title, *codes, *patterns, *texts)))
            rows.append((number, *(" ".join(part) for part in (title, codes, patterns, dict.fromkeys(texts), grams))))
        connection.executemany(
            "INSERT INTO entries(rowid, title, codes, patterns, texts, grams) VALUES (?,?,?,?,?,?)", rows
        )
        self._word_weight = _weights(Counter(word for group in self._words_of for word in group), len(self.entries))
        self._unknown = math.log(1 + len(self.entries)) if self.entries else 1.0
        return connection


def _grams(pattern: Pattern) -> frozenset[str]:
    return frozenset[str]().union(*(trigrams(text) for text in pattern.literals))


def _certainty(pattern: Pattern) -> float:
    """How sure a pattern that stands there makes us: the more must stand there, the surer."""
    return 0.55 + 0.43 * (1 - math.exp(-pattern.specificity / 25)) if pattern.is_specific else 0.3


def _take(evidence: _Evidence, certainty: float, pattern: Pattern, match: Match | None, kind: str) -> None:
    literal = pattern.specificity if match is not None else pattern.specificity * certainty
    if (certainty, literal) > (evidence.pattern, evidence.literal):
        evidence.pattern, evidence.literal = certainty, literal
        evidence.pattern_why = f"{kind} “{pattern.text}”"
        evidence.slots = dict(match.slots) if match is not None else {}


def _weights(owners: Counter[str], count: int) -> dict[str, float]:
    """Inverse document frequency."""
    return {term: math.log(1 + count / owned) for term, owned in owners.items()}


def _lines(query: str) -> list[str]:
    """The query's lines as patterns see them, without control characters and lone surrogates."""
    clean = re.sub(r"[^\S\n]|[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]", " ", query[:_MAX_LETTERS])
    found: Iterable[str] = (plain(line) for line in clean.splitlines())
    return list(dict.fromkeys(line for line in found if line))[:_MAX_LINES]
