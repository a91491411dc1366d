"""A server does not grow: 1,200 requests, memory after 300 and at the end. The long form is `python -m benchmarks.soak`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks.soak import MOST, SMALL_CACHES, soak
from tests.serve.hold.asking import Asker
from tests.serve.servers import served

FIRST, COUNT = (int(number) for number in os.environ.get("MMGPT_SOAK", "300,1200").split(","))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.hold,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads memory from /proc"),
]


def test_memory_stays(debug_weights: Path, tmp_path: Path) -> None:
    with served(tmp_path, *SMALL_CACHES, model=debug_weights) as server:
        found = soak(server.url, server.pid, (FIRST, COUNT), key=server.key)
        assert sum(found.statuses.values()) == COUNT and all(status < 500 for status in found.statuses), found.statuses
        assert found.statuses[200] > 0.9 * COUNT
        sizes = found.marks[COUNT]
        assert {"front", "worker", "decode"} <= sizes.keys() and min(sizes.values()) > 10 * 2**20, sizes
        assert found.growth(FIRST, COUNT) <= MOST, found.marks
        with server.client() as http:
            Asker(server, http).good()
