"""MariaDB's messages with their numbers, as `perror` prints them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from train.data.harvest.categories import by_words
from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import needs, output

_ROW = re.compile(r"^(?:MariaDB|MySQL) error code (\d+)(?: \((\w+)\))?: (.+)$")
_RANGES = ((120, 200), (1000, 2100), (2000, 2100), (3000, 3100), (4000, 4250))
_NAMES = (
    ("syntax", r"ER_(?:PARSE|SYNTAX|EMPTY_QUERY)"),
    ("permission", r"ER_\w*(?:ACCESS_DENIED|DENIED)"),
    ("not_found", r"ER_(?:NO_SUCH|BAD_(?:TABLE|DB|FIELD)|UNKNOWN_TABLE|SP_DOES_NOT)"),
    ("concurrency_lock", r"ER_(?:LOCK|\w*DEADLOCK)"),
    (
        "database",
        r"ER_(?:DUP|\w*FOREIGN|ROW_IS_REFERENCED|NO_REFERENCED|NON_UNIQ|CANT_DROP|TABLE_EXISTS|DB_\w+_EXISTS)",
    ),
    ("disk_full", r"ER_(?:DISK_FULL|RECORD_FILE_FULL)"),
    ("out_of_memory", r"ER_OUT_?OF\w*(?:MEMORY|RESOURCES|SORTMEMORY)"),
    ("network", r"ER_(?:NET_|ABORTING_CONNECTION|IPSOCK|HOST_)"),
)


def gather() -> Iterator[Phrase]:
    """Every number of the server's and the storage engines' ranges that has a message."""
    numbers = [str(number) for first, last in _RANGES for number in range(first, last)]
    for line in sorted(set(output(["perror", *numbers], seconds=60).splitlines())):
        found = _ROW.match(line)
        if found is None:
            continue
        number, name, text = found.groups()
        category = next((kind for kind, names in _NAMES if re.match(names, name or "")), "") or by_words(text)
        yield from phrases(SOURCE.name, text, "MariaDB", code=number, category=category, markup=False, mnemonics=False)


SOURCE = Source("mariadb", gather, needs("perror", package="mariadb-server"))
