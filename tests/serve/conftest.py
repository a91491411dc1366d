"""What tests of the service share: weights of the size `debug`, a backend on them, and servers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mmgpt.serve.backend import Backend
from tests.serve.running import make_debug_weights, running
from tests.serve.servers import nano_server, server

__all__ = ["anyio_backend", "backend", "debug_weights", "nano_server", "server"]


@pytest.fixture(scope="session")
def debug_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete folder of small random weights; nobody may write into it."""
    return make_debug_weights(tmp_path_factory.mktemp("weights") / "debug")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Tests that are marked `anyio` run on one event loop of asyncio, so that they can share a backend."""
    return "asyncio"


@pytest.fixture(scope="session")
async def backend(anyio_backend: str, debug_weights: Path) -> AsyncIterator[Backend]:
    """A backend that is ready, one for all tests marked `anyio`. Those that kill or fill it make their own: `running`."""
    async with running(debug_weights) as made:
        yield made
