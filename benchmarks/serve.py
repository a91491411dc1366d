"""How much the service takes: a server is started, and 1, 2, 4 and 8 clients ask it for diagnoses of pictures of one size.

``python -m benchmarks.serve [--data dev] [--clients 1 2 4 8] [--seconds 20] [--threads 0] [--model DIR]`` prints a table in
Markdown: requests a second, p50 and p95, processor time and memory of all its processes, and seconds from start to ready. The caches
of results and of looked-at pictures are off, so that every request is worked on. ``--url URL`` measures a server that runs already
(no processor time, memory and start; its caches as they are). Options that it does not know are those of ``mmgpt serve``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from vision.image import load_image

BUCKETS = ((0.5, "up to 0.5 MP"), (1.1, "0.5 to 1.1 MP"), (25.0, "above 1.1 MP"))
"""Upper ends in millions of pixels: half a screen, 1280 x 800, larger."""


@dataclass(frozen=True)
class Load:
    """What came of one load: `seconds` of each answered request, how long it lasted, and how many were refused or failed."""

    clients: int
    seconds: list[float]
    lasted: float
    failed: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.seconds) / self.lasted

    def quantile(self, share: float) -> float:
        """Seconds within which that share of the requests was answered."""
        ordered = sorted(self.seconds)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


async def load(url: str, pictures: Sequence[bytes], clients: int, seconds: float) -> Load:
    """Each client asks again as soon as it has its answer, with the pictures in turn."""
    taken: list[float] = []
    failed = 0
    number = iter(range(10**9))
    end = time.perf_counter() + seconds

    async def one(http: httpx.AsyncClient) -> None:
        nonlocal failed
        while time.perf_counter() < end:
            turn = next(number)
            data = pictures[turn % len(pictures)] + turn.to_bytes(
                8, "big"
            )  # the same picture, but none that is being answered
            start = time.perf_counter()
            answer = await http.post("/v1/diagnose", files={"image": ("shot.png", data)})
            if answer.status_code == 200:
                taken.append(time.perf_counter() - start)
            else:
                failed += 1

    start = time.perf_counter()
    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(base_url=url, timeout=120, trust_env=False, limits=limits) as http:
        await asyncio.gather(*(one(http) for _ in range(clients)))
    return Load(clients, taken, time.perf_counter() - start, failed)


@contextlib.contextmanager
def server(arguments: Sequence[str]) -> Iterator[tuple[str, int, float]]:
    """A server on a free port while the block runs: its address, process id, and seconds from start to ready. Raises RuntimeError."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        command = [
            sys.executable, "-m", "mmgpt.serve", "--port", "0", "--job-hours", "0", "--result-cache-bytes", "0",
            "--picture-cache-bytes", "0", *arguments,
        ]  # fmt: skip
        start = time.perf_counter()
        with log.open("wb") as stream:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream)
        try:
            url = ""
            while time.perf_counter() - start < 120 and process.poll() is None:
                found = re.search(r"listening on (\S+)", log.read_text("utf-8", "replace"))
                url = found[1] if found else ""
                with contextlib.suppress(httpx.TransportError):
                    if url and httpx.get(f"{url}/ready", trust_env=False).status_code == 200:
                        break
                time.sleep(0.02)
            else:
                raise RuntimeError(f"the server did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")
            yield url, process.pid, time.perf_counter() - start
        finally:
            process.terminate()
            process.wait(60)


def memory(pid: int) -> int:
    """Bytes in RAM of a process and all below it; what processes share is divided among them (PSS, Linux)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(memory(int(child)) for child in children)


def cores(pid: int) -> float:
    """Seconds of processor time that a process and all below it have taken (Linux). Others on the machine change it little."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(cores(int(child)) for child in children)


def by_size(folder: Path, limit: int) -> dict[str, list[bytes]]:
    """Up to `limit` pictures of a folder for each of `BUCKETS`."""
    found: dict[str, list[bytes]] = {name: [] for _, name in BUCKETS}
    for path in sorted(folder.glob("*.png")):
        data = path.read_bytes()
        image = load_image(data)
        name = next(name for end, name in BUCKETS if image.width * image.height <= end * 1e6)
        if len(found[name]) < limit:
            found[name].append(data)
    return {name: pictures for name, pictures in found.items() if pictures}


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="dev", help="dev, or a folder of PNG files")
    parser.add_argument("--limit", type=int, default=40, help="pictures of each size")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--seconds", type=float, default=20.0, help="for each row of the table")
    parser.add_argument("--url", help="a server that runs already")
    options, rest = parser.parse_known_args(argv)
    folder = Path(options.data)
    if not folder.is_dir():
        from train.evaluation.run import sample_folder

        folder = sample_folder(options.data)
    sizes = by_size(folder, options.limit)
    with contextlib.ExitStack() as stack:
        if options.url:
            url, pid, start = options.url, 0, float("nan")
        else:
            url, pid, start = stack.enter_context(server(rest))
        if sys.platform != "linux":
            pid = 0
        write = sys.stdout.write
        write(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before\n\n")
        write("| pictures | clients | requests/s | p50 s | p95 s | core seconds/request | failed | MiB |\n")
        write("|---|---:|---:|---:|---:|---:|---:|---:|\n")
        for name, pictures in sizes.items():
            asyncio.run(load(url, pictures, 1, min(2.0, options.seconds)))  # the first answers find nothing warm
            for clients in options.clients:
                before = cores(pid) if pid else 0.0
                done = asyncio.run(load(url, pictures, clients, options.seconds))
                each = f"{(cores(pid) - before) / max(len(done.seconds), 1):.2f}" if pid else "–"
                held = f"{memory(pid) / 2**20:.0f}" if pid else "–"
                write(
                    f"| {name} ({len(pictures)}) | {clients} | {done.rate:.2f} | {done.quantile(0.5):.2f} | "
                    f"{done.quantile(0.95):.2f} | {each} | {done.failed} | {held} |\n"
                )
                sys.stdout.flush()
        if start == start:
            write(f"\nready {start:.1f} s after it was started\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
