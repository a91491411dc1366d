"""One page on the package's weights for all tests that need a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ui.serving import Served, page


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`mmgpt demo` on a free port."""
    pytest.importorskip("gradio")
    with page(tmp_path_factory.mktemp("page")) as running:
        yield running
