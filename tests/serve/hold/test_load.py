"""64 clients, 1,000 mixed requests, some of them bad: none is lost, and each answer is the one that the request gets alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.mixed import Asked, asked, screens
from tests.serve.hold.asking import Asker, events_of, judged, metrics_of
from tests.serve.hold.same import canonical, said
from tests.serve.servers import Server, served

CLIENTS, REQUESTS, KINDS = 64, 1000, 250
"""250 different requests, each four times, in an order in which the same ones are far apart."""

pytestmark = [pytest.mark.slow, pytest.mark.hold]


@pytest.fixture(scope="module")
def uncached(debug_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Nothing comes from a cache, so that all is worked on beside all else."""
    options = ("--result-cache-bytes", "0", "--picture-cache-bytes", "0")
    with served(tmp_path_factory.mktemp("uncached"), *options, model=debug_weights) as server:
        yield server


async def answered(server: Server, requests: list[Asked], clients: int) -> list[Any]:
    """Status and content of each answer, in the order of the requests."""
    found: list[Any] = [None] * len(requests)
    left = iter(enumerate(requests))

    async def one(http: httpx.AsyncClient) -> None:
        for number, request in left:
            response = judged(await http.post(request.path, json=request.body))
            content = (
                said(events_of(response.text)) if request.stream and not request.bad else canonical(response.json())
            )
            assert found[number] is None
            found[number] = (response.status_code, content)

    options: dict[str, Any] = {"base_url": server.url, "headers": server.headers, "timeout": 120, "trust_env": False}
    async with httpx.AsyncClient(**options, limits=httpx.Limits(max_connections=clients)) as http:
        await asyncio.gather(*(one(http) for _ in range(clients)))
    return found


def test_nobody_is_lost_and_nobody_gets_anothers_answer(uncached: Server) -> None:
    pictures = screens(40)
    kinds = [asked(number, pictures) for number in range(KINDS)]
    order = [kind * 7 % KINDS for _ in range(REQUESTS // KINDS) for kind in range(KINDS)]
    bad = sum(kinds[kind].bad for kind in order) / REQUESTS
    assert 0.03 <= bad <= 0.08 and any(kind.stream for kind in kinds)
    alone = asyncio.run(answered(uncached, kinds, 1))
    together = asyncio.run(answered(uncached, [kinds[kind] for kind in order], CLIENTS))
    assert len(together) == REQUESTS and None not in together
    for kind, (status, _) in zip(order, together, strict=True):
        assert 400 <= status < 500 if kinds[kind].bad else status == 200, (kinds[kind].path, status)
    different = [
        (kinds[kind].path, found, alone[kind])
        for kind, found in zip(order, together, strict=True)
        if found != alone[kind]
    ]
    assert not different, (len(different), different[0])
    with uncached.client() as http:
        asker = Asker(uncached, http)
        numbers = metrics_of(http.get("/metrics").text)
        assert numbers["num_requests_running"] == numbers["num_requests_waiting"] == 0
        assert numbers.get("worker_restarts_total", 0) == 0
        asker.good()
