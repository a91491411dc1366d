"""The C library's errors, by name."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source


def gather() -> Iterator[Phrase]:
    """strerror's sentence for every error number that has a name."""
    for number, name in sorted(errno.errorcode.items()):
        yield from phrases(SOURCE.name, os.strerror(number), "", style="none", code=name)


SOURCE = Source("errno", gather)
