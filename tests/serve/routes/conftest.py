"""A server of this folder's own: without keys, as `openai` users run one at home, with corrections on and room for four pictures."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serve.running import shot
from tests.serve.servers import served


@pytest.fixture(scope="session")
def url(debug_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that is ready."""
    folder = tmp_path_factory.mktemp("routes")
    options = ("--corrections", str(folder / "corrections.sqlite"), "--max-pictures", "4")
    with served(folder, *options, model=debug_weights, keys=False) as found:
        yield found.url


@pytest.fixture(scope="session")
def client(url: str) -> Iterator[httpx.Client]:
    """A plain client of that server."""
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as made:
        yield made


@pytest.fixture(scope="session")
def png() -> bytes:
    """A picture in which the small reader finds lines."""
    return shot(1)


@pytest.fixture(scope="session")
def picture(png: bytes) -> str:
    """The same as a data URL."""
    return "data:image/png;base64," + base64.b64encode(png).decode()
