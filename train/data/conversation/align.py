"""Which read character stands for which true one, cheaply: most lines are read right, or wrong in a few places."""

from __future__ import annotations

NOWHERE = -1
_FIRST_BAND = 6


def positions(truth: str, read: str) -> list[int]:
    """For each character of `truth` its index in `read`, or -1 where it was lost; ascending, of least edit distance.

    Ukkonen's banded form of Levenshtein's alignment (Information and Control 64, 1985): what both share at either end is
    taken off, and the band is doubled until the best way found cannot be beaten from outside of it.
    """
    if truth == read:
        return list(range(len(truth)))
    head = 0
    shorter = min(len(truth), len(read))
    while head < shorter and truth[head] == read[head]:
        head += 1
    tail = 0
    while tail < shorter - head and truth[-1 - tail] == read[-1 - tail]:
        tail += 1
    middle = _middle(truth[head : len(truth) - tail], read[head : len(read) - tail])
    return [
        *range(head),
        *(index + head if index >= 0 else NOWHERE for index in middle),
        *range(len(read) - tail, len(read)),
    ]


def _middle(truth: str, read: str) -> list[int]:
    if not truth or not read:
        return [NOWHERE] * len(truth)
    band = _FIRST_BAND
    while True:
        found, distance = _banded(truth, read, band)
        if distance <= band or band >= max(len(truth), len(read)):
            return found
        band *= 2


def _banded(truth: str, read: str, band: int) -> tuple[list[int], int]:
    """The alignment within `band` diagonals on either side of those that join the corners, and its cost."""
    rows, columns = len(truth), len(read)
    far = rows + columns
    low, high = min(0, columns - rows) - band, max(0, columns - rows) + band  # diagonals j - i
    above = {j: j for j in range(0, min(columns, high) + 1)}
    table = [above]
    for i in range(1, rows + 1):
        row: dict[int, int] = {}
        left = far
        letter = truth[i - 1]
        for j in range(max(0, i + low), min(columns, i + high) + 1):
            best = min(above.get(j, far), left) + 1
            if j:
                diagonal = above.get(j - 1, far) + (letter != read[j - 1])
                best = min(best, diagonal)
            row[j] = left = best
        table.append(row)
        above = row
    i, j = rows, columns
    found = [NOWHERE] * rows
    while i and j:
        here = table[i][j]
        if table[i - 1].get(j - 1, far) + (truth[i - 1] != read[j - 1]) == here:
            i, j = i - 1, j - 1
            found[i] = j
        elif table[i - 1].get(j, far) + 1 == here:
            i -= 1
        else:
            j -= 1
    return found, table[rows][columns]
