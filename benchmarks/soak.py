"""Does a server grow? Its memory after many requests beside that after the first ones.

``python -m benchmarks.soak [--count 10000] [--first 1000] [--clients 4] [--model DIR …]`` starts a server and sends it the mixture of
`benchmarks.mixed`, each picture a new one, and prints the memory of its three processes (front, model, decoder) after `--first` and after
all. Caches are given a size that is full by then: that they fill is no growth. Exit code 1 where there is more than 5 % more. Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.mixed import asked, screen
from benchmarks.serve import server

MOST = 0.05
"""The share by which memory may grow."""
SMALL_CACHES = ("--result-cache-bytes", "400000", "--picture-cache-bytes", "4000000")


@dataclass
class Soaked:
    """`marks`: bytes after so many requests; `statuses`: how many answers had which status."""

    marks: dict[int, dict[str, int]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def growth(self, first: int, last: int) -> float:
        """The share by which the sum over all processes grew."""
        return sum(self.marks[last].values()) / sum(self.marks[first].values()) - 1


def resident(pid: int) -> dict[str, int]:
    """Bytes in RAM (VmRSS) of a server and each of its children, by name. Raises OSError where /proc has none."""
    found = {"front": _resident(pid)}
    for task in Path(f"/proc/{pid}/task").glob("*"):
        for child in (task / "children").read_text().split():
            name = Path(f"/proc/{child}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")[-1].decode("utf-8", "replace")
            found[name.removeprefix("mmgpt-")] = _resident(int(child))
    return found


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


def settled(pid: int, samples: int = 5) -> dict[str, int]:
    """The median of a few looks, a little after the last answer."""
    looks = []
    for _ in range(samples):
        time.sleep(0.3)
        looks.append(resident(pid))
    return {name: int(statistics.median(look.get(name, 0) for look in looks)) for name in looks[-1]}


async def _ask(url: str, numbers: range, clients: int, key: str | None, statuses: Counter[int]) -> None:
    left = iter(numbers)
    headers = {"authorization": f"Bearer {key}"} if key else {}

    async def one(http: httpx.AsyncClient) -> None:
        for number in left:
            request = asked(number, (screen(number),))
            answer = await http.post(request.path, json=request.body)
            statuses[answer.status_code] += 1

    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120, trust_env=False) as http:
        await asyncio.gather(*(one(http) for _ in range(clients)))


def soak(url: str, pid: int, marks: Sequence[int], *, clients: int = 4, key: str | None = None) -> Soaked:
    """Sends requests and looks at the memory after so many of them."""
    found, done, start = Soaked(), 0, time.perf_counter()
    for mark in marks:
        asyncio.run(_ask(url, range(done, mark), clients, key, found.statuses))
        done = mark
        found.marks[mark] = settled(pid)
    found.seconds = time.perf_counter() - start
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=4)
    options, rest = parser.parse_known_args(argv)
    step = max((options.count - options.first) // 4, 1)
    marks = sorted({options.first, *range(options.first, options.count, step), options.count})
    with server([*SMALL_CACHES, *rest]) as (url, pid, _):
        found = soak(url, pid, marks, clients=options.clients)
    write = sys.stdout.write
    names = list(found.marks[marks[0]])
    write(f"| requests | {' | '.join(names)} | MiB in all |\n|---:|{'---:|' * (len(names) + 1)}\n")
    for mark in marks:
        sizes = [size / 2**20 for size in found.marks[mark].values()]
        write(f"| {mark} | {' | '.join(f'{size:.1f}' for size in sizes)} | {sum(sizes):.1f} |\n")
    growth = found.growth(options.first, options.count)
    write(f"\n{growth:+.1%} in {found.seconds:.0f} s; answers: {dict(sorted(found.statuses.items()))}\n")
    return 0 if growth <= MOST and not any(status >= 500 for status in found.statuses) else 1


if __name__ == "__main__":
    sys.exit(main())
