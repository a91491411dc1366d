"""JSON schemas as grammars over bytes (llguidance), and the shortest way to the end of a text that has begun.

A grammar of llguidance speaks of bytes: any cutting of an allowed text into tokens is allowed. So what is not about one tokenizer,
such as closing a text, is done with a matcher whose tokens are the bytes themselves.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections import Counter
from functools import lru_cache
from typing import Any

import llguidance
import numpy as np

OPTIONS: Any = {"whitespace_flexible": False, "json_allowed_escapes": 'nrbtf\\"'}
"""Compact JSON, and no \\u escapes: half of a surrogate pair could not be sent to anybody."""
FEW = 40  # allowed bytes that are all tried; of more, those that usually matter
LONG = 128  # bytes to the end; where there are more, the search leaves out nothing
USUAL = frozenset(b'"}]0a-A1 t{[')
CLOSERS = frozenset(b'}]"')
QUOTE = ord('"')
ORDER = {sign: rank for rank, signs in enumerate((b"}]", b'"', b"0", b"123456789")) for sign in signs} | {
    sign: 5 + rank for rank, signs in enumerate((b",", b"{[", b"-.eE+", b"\\")) for sign in signs
}
"""What a walk to the end likes best; 4 is anything else."""
OFTEN = 70  # quotes and commas, which stand often where nothing is wrong
TWICE = 2  # anything else


class GrammarError(ValueError):
    """llguidance does not take a schema: what it said is for the log, never for a client."""


def limits() -> Any:
    """What a grammar may cost, far below llguidance's own limits: a lexer's state is 1 to 2 kB, and a step's fuel lasts about 15 ms."""
    return llguidance.LLParserLimits(
        max_items_in_row=1000, initial_lexer_fuel=500_000, step_lexer_fuel=200_000, step_max_items=50_000,
        max_lexer_states=20_000, max_grammar_size=100_000, verbose_errors=False,
    )  # fmt: skip


@lru_cache
def byte_tokenizer() -> Any:
    """The tokenizer whose tokens 0 to 255 are the bytes."""
    return llguidance.LLTokenizer("byte")


def grammar_of(schema: str) -> str:
    """The grammar of a schema given as JSON. Raises GrammarError for what is no JSON."""
    try:
        return str(llguidance.LLMatcher.grammar_from_json_schema(schema, overrides=OPTIONS))
    except ValueError as error:
        raise GrammarError(str(error)) from error


def matcher_of(grammar: str, tokenizer: Any = None) -> Any:
    """A matcher at the beginning of a text; over bytes without a tokenizer. Raises GrammarError."""
    made = llguidance.LLMatcher(tokenizer or byte_tokenizer(), grammar, limits=limits(), log_level=0)
    if made.is_error():
        raise GrammarError(made.get_error())
    return made


def allowed(matcher: Any, count: int) -> np.ndarray:
    """Which of the first `count` tokens may come next: bool [count]."""
    bits = np.frombuffer(matcher.compute_bitmask(), np.uint8)
    found = np.zeros(count, bool)
    unpacked = np.unpackbits(bits, bitorder="little")[:count].astype(bool)
    found[: len(unpacked)] = unpacked
    return found


def accepted(matcher: Any, data: bytes) -> int:
    """How many of the bytes a matcher over bytes would take, which it does not do."""
    return int(matcher.validate_tokens(list(data)))


def advance(matcher: Any, data: bytes) -> bool:
    """Takes all the bytes; False where that cannot be (the matcher is of no use then)."""
    return not data or bool(matcher.consume_tokens(list(data)))


def shortest(matcher: Any, seconds: float = 0.02, most: int = 16_384) -> bytes | None:
    """Few bytes that make the text whole, from where a matcher over bytes stands: the fewest where a search of `seconds` finds them,
    else those of a walk that always takes what closes. None where neither comes to an end within `most` bytes.
    """
    walked = _walk(matcher, most)
    longest = most if walked is None else len(walked)
    return _search(matcher, time.monotonic() + seconds, longest, FEW if longest < LONG else 256) or walked


def _walk(matcher: Any, most: int) -> bytes | None:
    state, data = matcher.deep_copy(), bytearray()
    taken: Counter[tuple[bytes, int]] = Counter()
    while len(data) <= most:
        if state.is_accepting():
            return bytes(data)
        places = np.flatnonzero(allowed(state, 256)).tolist()
        if not places or state.is_error():
            return None
        make = bytes(places)
        inside = len(places) > FEW  # of a string

        def wish(place: int, make: bytes = make, inside: bool = inside) -> tuple[int, int, int]:
            # What was taken often here does not lead to an end, as b in /^ab*c$/: then the next is tried.
            closes = place == QUOTE if inside else place in b"}]"
            turns = 0 if closes else taken[make, place] // (OFTEN if place in b'",' else TWICE)
            if inside:
                return (turns, 0 if place == QUOTE else 1 + (place not in b"0a"), place)
            return (turns, ORDER.get(place, 4), place)

        place = min(places, key=wish)
        taken[make, place] += 1
        data.append(place)
        if not state.consume_token(place):
            return None
    return None


def _search(matcher: Any, until: float, most: int, few: int) -> bytes | None:
    # Dijkstra's search over states of the matcher, in which what closes is cheap. States that allow the same bytes after texts of the
    # same length and the same signs count as one.
    ties = itertools.count()
    heap: list[tuple[int, int, bytes, Any]] = [(0, next(ties), b"", matcher.deep_copy())]
    seen: set[tuple[Any, ...]] = set()
    while heap and time.monotonic() < until:
        cost, _, data, state = heapq.heappop(heap)
        if state.is_accepting():
            return data
        places = np.flatnonzero(allowed(state, 256)).tolist()
        make = (bytes(places), len(data), *(data.count(sign) for sign in (b'"', b",", b":", b"{", b"[")))
        if state.is_error() or not places or make in seen or len(data) >= most:
            continue
        seen.add(make)
        if len(places) > few:
            places = [place for place in places if place in USUAL]
        for place in places:
            # The last one may have the state itself: copies are what this costs.
            child = state if place == places[-1] else state.deep_copy()
            if child.consume_token(place):
                step = 1 if place in CLOSERS or len(places) == 1 else 3
                heapq.heappush(heap, (cost + step, next(ties), data + bytes([place]), child))
    return None
