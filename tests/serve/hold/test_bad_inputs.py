"""The 77 bad inputs and faults, one id a row (`row-01` …); after each the server still answers a good request.

Rows that only a server of their own can show are in `test_addresses.py` (38 to 42) and `test_faults.py`; together they are all 77.
"""

from __future__ import annotations

import pytest

from tests.serve.hold import rows_bodies, rows_doors, rows_pictures
from tests.serve.hold.asking import Asker
from tests.serve.hold.rows import ALL, SHARED
from tests.serve.hold.test_addresses import ROWS as ADDRESSES
from tests.serve.hold.test_faults import ROWS as FAULTS

pytestmark = [pytest.mark.slow, pytest.mark.hold]
assert all((rows_bodies, rows_doors, rows_pictures))  # each registers its rows


@pytest.mark.parametrize("number", [pytest.param(number, id=f"row-{number:02}") for number in sorted(SHARED)])
def test_a_row_gets_its_answer_and_the_next_request_too(asker: Asker, number: int) -> None:
    before = asker.answers
    SHARED[number](asker)
    assert asker.answers > before, "the row has asked nothing"
    asker.good()
    assert asker.server.process.poll() is None


def test_every_row_is_tried() -> None:
    assert SHARED.keys() | ADDRESSES | FAULTS == ALL
    assert not SHARED.keys() & (ADDRESSES | FAULTS)
