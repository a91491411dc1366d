"""HTTP's reason phrases, as Python's table has them."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source


def gather() -> Iterator[Phrase]:
    """Reason and explanation of every status; from 400 on they are errors with the status as the code."""
    for status in HTTPStatus:
        for text in {status.phrase, status.description} - {""}:
            if status >= 400:
                yield from phrases(SOURCE.name, text, "", style="none", code=str(int(status)))
            else:
                yield from phrases(SOURCE.name, text, "", style="none", kind="info")


SOURCE = Source("http", gather)
