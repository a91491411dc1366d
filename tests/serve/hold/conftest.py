"""The server that the list is tried on: the package's own weights, or small random ones (quick) with MMGPT_HOLD=debug."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.serve.hold.asking import Asker
from tests.serve.servers import Server


@pytest.fixture(scope="session")
def held(request: pytest.FixtureRequest) -> Server:
    """The server that rows are tried on."""
    wanted = os.environ.get("MMGPT_HOLD", "nano")
    found: Server = request.getfixturevalue("server" if wanted == "debug" else "nano_server")
    return found


@pytest.fixture
def asker(held: Server) -> Iterator[Asker]:
    """A client of that server."""
    with held.client() as http:
        yield Asker(held, http)
