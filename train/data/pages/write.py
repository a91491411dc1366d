"""Pages as shards of 50: `python -m train.data pages --out runs/pages/train --count 1000 --seed 0 --workers 2`.

A shard holds a fixed range of a seed's samples and is written whole or not at all, so that a run that was cut off goes on where it
stopped, and the number of workers changes nothing. Each shard has a Chromium of its own. Missing kits are fetched from npm first.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import Progress

from train.data.pages import kits
from train.data.pages.cdp import Browser, BrowserError, find_chromium
from train.data.shards import ShardSample, shard_path, write_shard

log = logging.getLogger(__name__)
SIZE = 50
"""Samples a shard."""


def samples(browser: Browser, numbers: Sequence[int], seed: int, split: str) -> Iterator[ShardSample]:
    """The samples that can be made; one that cannot is named in a warning and its place stays empty."""
    from train.data.pages.make import sample

    for index in numbers:
        try:
            yield sample(browser, index, seed, split)
        except BrowserError:
            raise
        except RuntimeError as error:
            log.warning("%s", error)


def write_one(folder: Path, number: int, count: int, seed: int, split: str) -> int:
    """Write shard `number`; returns how many samples it holds. A browser that ends half-way is started once again."""
    from train.data.pages.make import browser_for

    os.environ.setdefault("OMP_NUM_THREADS", "1")
    wanted = range(number * SIZE, min((number + 1) * SIZE, count))
    for attempt in (1, 2):
        try:
            with TemporaryDirectory(prefix="mmgpt-fonts-") as fonts, browser_for(split, number, Path(fonts)) as browser:
                return write_shard(shard_path(folder, number), samples(browser, wanted, seed, split))
        except BrowserError as error:
            if attempt == 2:
                raise
            log.warning("shard %d: %s; it is begun again", number, error)
    raise AssertionError("not reached")


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the shards that are missing; 0, 1 without a browser, 2 for impossible numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for shard-NNNNNN.tar")
    parser.add_argument("--count", type=int, default=1000, help="samples in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=("train", "held_out"), default="train")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--offline", action="store_true", help="use the kits that are there; fetch none")
    options = parser.parse_args(argv)
    if options.count < 1 or options.workers < 1 or options.seed < 0:
        parser.error(
            f"--count {options.count}, --workers {options.workers} and --seed "
            f"{options.seed} must be at least 1, 1 and 0"
        )
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        find_chromium()
        if not options.offline:
            kits.fetch()
    except BrowserError as error:
        log.error("%s", error)
        return 1
    except RuntimeError as error:
        log.warning("%s; the pages are made with the kits that are there", error)
    wanted = range(-(-options.count // SIZE))
    missing = [number for number in wanted if not shard_path(options.out, number).exists()]
    made, failed = 0, 0
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("shards", total=len(wanted), completed=len(wanted) - len(missing))
        shared = (options.count, options.seed, options.split)
        if options.workers == 1:
            for number in missing:
                made, failed = _counted(made, failed, number, lambda n=number: write_one(options.out, n, *shared))  # type: ignore[misc]
                progress.advance(bar)
        else:
            # Forking would share the locks of the parent's threads.
            with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
                waiting = [(number, pool.submit(write_one, options.out, number, *shared)) for number in missing]
                for number, future in waiting:
                    made, failed = _counted(made, failed, number, future.result)
                    progress.advance(bar)
    log.info("%d samples written, %d shards in %s", made, len(wanted) - failed, options.out)
    return 1 if failed else 0


def _counted(made: int, failed: int, number: int, write: object) -> tuple[int, int]:
    """One shard's count added; a shard whose browser fails twice is named, and the others go on."""
    try:
        return made + write(), failed  # type: ignore[operator]
    except BrowserError as error:
        log.error("shard %d: %s; run again to write it", number, error)
        return made, failed + 1


if __name__ == "__main__":
    raise SystemExit(main())
