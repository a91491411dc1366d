"""Comparing two strings: normalisation, edit distance, alignment, words."""

from __future__ import annotations

import unicodedata

Operation = tuple[str, int, int]
"""("equal" | "substitute" | "delete" | "insert", position in the reference, position in the hypothesis)."""


def normalise(text: str) -> str:
    """NFC, runs of white space collapsed to one space, leading and trailing space stripped. Nothing else."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def edit_distance(reference: str, hypothesis: str) -> int:
    """Levenshtein distance in code points, every operation costs 1 (Myers' bit-parallel algorithm, in Hyyrö's form)."""
    if reference == hypothesis:
        return 0
    if not reference or not hypothesis:
        return len(reference) + len(hypothesis)
    masks: dict[str, int] = {}
    for position, character in enumerate(reference):
        masks[character] = masks.get(character, 0) | (1 << position)
    full = (1 << len(reference)) - 1
    last = 1 << (len(reference) - 1)
    positive, negative, distance = full, 0, len(reference)
    for character in hypothesis:
        match = masks.get(character, 0)
        diagonal = (((match & positive) + positive) ^ positive) | match | negative
        up = negative | ~(diagonal | positive)
        down = positive & diagonal
        distance += bool(up & last) - bool(down & last)
        up = (up << 1) | 1
        positive = ((down << 1) | ~(diagonal | up)) & full
        negative = up & diagonal & full
    return distance


def align(reference: str, hypothesis: str) -> list[Operation]:
    """One cheapest way from `reference` to `hypothesis`, from left to right; len(non-equal) is the edit distance."""
    rows, columns = len(reference), len(hypothesis)
    cost = [list(range(columns + 1))]
    for i in range(1, rows + 1):
        above, row = cost[-1], [i]
        for j in range(1, columns + 1):
            same = reference[i - 1] == hypothesis[j - 1]
            row.append(min(above[j - 1] + (not same), above[j] + 1, row[j - 1] + 1))
        cost.append(row)
    i, j = rows, columns
    operations: list[Operation] = []
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + (reference[i - 1] != hypothesis[j - 1]):
            i, j = i - 1, j - 1
            operations.append(("equal" if reference[i] == hypothesis[j] else "substitute", i, j))
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            operations.append(("delete", i, j))
        else:
            j -= 1
            operations.append(("insert", i, j))
    operations.reverse()
    return operations


def common_words(reference: str, hypothesis: str) -> int:
    """How many words (parted by white space) of `reference` stand in `hypothesis` in the same order, at most."""
    left, right = reference.split(), hypothesis.split()
    best = [0] * (len(right) + 1)
    for word in left:
        diagonal = 0
        for j, other in enumerate(right, start=1):
            above = best[j]
            best[j] = diagonal + 1 if word == other else max(above, best[j - 1])
            diagonal = above
    return best[-1]


def split_errors(parts: list[str], hypothesis: str) -> list[tuple[int, str]]:
    """Shares out what was read among several true lines that one detection covers.

    `parts` are the (normalised) true lines from left to right; `hypothesis` is what was read for all of them. Returns,
    for each part, its number of wrong characters and its piece of the hypothesis. A missing or additional space where
    two parts meet costs nothing.
    """
    joined = " ".join(parts)
    owner: list[int | None] = []
    for index, part in enumerate(parts):
        if index:
            owner.append(None)
        owner += [index] * len(part)
    errors = [0] * len(parts)
    pieces: list[list[str]] = [[] for _ in parts]
    current = 0
    for operation, i, j in align(joined, hypothesis):
        at = owner[i] if operation != "insert" else current
        if operation == "insert" and i < len(owner) and (i == 0 or owner[i - 1] is None) and owner[i] is not None:
            at = owner[i]
        if at is None:  # the space between two parts
            continue
        current = at
        if operation != "delete":
            pieces[at].append(hypothesis[j])
        boundary = operation == "insert" and hypothesis[j].isspace() and (i == len(owner) or owner[i] is None)
        if operation != "equal" and not boundary:
            errors[at] += 1
    return [(errors[k], "".join(pieces[k]).strip()) for k in range(len(parts))]
