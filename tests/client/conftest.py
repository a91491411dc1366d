"""One real server on small random weights for all tests of the client and the examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.running import make_debug_weights, shot
from tests.serve.servers import Server, served


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`mmgpt serve` with keys and corrections."""
    weights = make_debug_weights(tmp_path_factory.mktemp("client-weights") / "debug")
    folder = tmp_path_factory.mktemp("client-server")
    with served(folder, "--corrections", str(folder / "corrections.sqlite"), model=weights) as found:
        yield found


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three screens in which the small reader finds lines, and a file that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(3):
        (folder / f"{number}.png").write_bytes(shot(number))
    (folder / "broken.png").write_bytes(b"not a picture")
    return folder
