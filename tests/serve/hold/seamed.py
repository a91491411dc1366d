"""`python -m tests.serve.hold.seamed`: `mmgpt serve`, with a stand-in for the internet.

MMGPT_TEST_NAMES is a JSON object: for each name the addresses that it has, one list for each time that it is asked for, the last one
for ever. Other names are resolved as always. 127.0.0.2 counts as a public address, and any port will do; all else is the real rule.
"""

from __future__ import annotations

import json
import os
from functools import partial
from typing import Any

from mmgpt.serve import remote
from mmgpt.serve.addresses import is_public

PUBLIC = "127.0.0.2"


def install() -> None:
    """Puts the stand-in into this process."""
    names: dict[str, list[list[str]]] = json.loads(os.environ["MMGPT_TEST_NAMES"])
    real = remote._resolve

    async def resolve(host: str, port: int) -> list[str]:
        times = names.get(host)
        if times is None:
            return await real(host, port)
        return times.pop(0) if len(times) > 1 else times[0]

    real_rule = partial(
        remote.Fetcher, seconds=1.5, resolve=resolve, permitted=lambda address: address == PUBLIC or is_public(address), ports=None
    )  # fmt: skip
    stand_in: Any = real_rule
    remote.Fetcher = stand_in  # type: ignore[misc]  # before anything else of the service takes it from there


if __name__ == "__main__":
    import sys

    from mmgpt import cli

    install()
    raise SystemExit(cli.main(["serve", *sys.argv[1:]]))
