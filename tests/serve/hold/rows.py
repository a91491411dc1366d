"""The list of 77 bad inputs and faults: each row is a function, found by its number.

`shared` rows need a server and nothing else; the others drive servers of their own (`test_faults.py`, `test_addresses.py`).
"""

from __future__ import annotations

from collections.abc import Callable

from tests.serve.hold.asking import Asker

Row = Callable[[Asker], None]
SHARED: dict[int, Row] = {}
ALL = frozenset(range(1, 78))


def row(number: int) -> Callable[[Row], Row]:
    """Registers what a row asks and expects."""

    def register(made: Row) -> Row:
        assert number not in SHARED, f"row {number} is there already"
        SHARED[number] = made
        return made

    return register
