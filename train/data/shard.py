"""Native scenes as shards: `python -m train.data shard --out runs/shards --count 1000 --seed 0 --workers 2`.

Shard k of a seed holds its samples k·50 … k·50 + 49, so it is the same whoever writes it, and a run that was cut off goes on
with the first shard that is missing.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from train.data.shards import ShardSample, shard_path, write_shard

log = logging.getLogger(__name__)
SIZE = 50
"""Samples a shard."""
SEEDS_APART = 10_000_000
"""Between the samples of two seeds: no two seeds share a picture."""


def native(index: int, seed: int, split: str, clean: bool = False) -> ShardSample:
    """Sample `index` of a seed: a function of its arguments and the installed fonts.

    Raises RuntimeError where no layout shows the message in full, ValueError for an index that is another seed's.
    """
    from train.data.capture.core import encode_png
    from train.data.render.heldout import make, record

    if not 0 <= index < SEEDS_APART:
        raise ValueError(f"sample {index} of a seed; there are 0 to {SEEDS_APART - 1:,}")
    picture = make(seed * SEEDS_APART + index, split, clean)
    found = record(picture)
    found["complete"] = not found["ignore"]
    return ShardSample(f"{index:08d}", encode_png(picture.rendered.image), found)


def _samples(number: int, count: int, seed: int, split: str, clean: bool) -> Iterator[ShardSample]:
    for index in range(number * SIZE, min((number + 1) * SIZE, count)):
        try:
            yield native(index, seed, split, clean)
        except RuntimeError as error:  # one seed in some thousands; its place stays empty
            log.warning("%s", error)


def write_one(folder: Path, number: int, count: int, seed: int, split: str, clean: bool) -> int:
    """Write shard `number`; returns how many samples it holds."""
    import cv2

    cv2.setNumThreads(1)
    return write_shard(shard_path(folder, number), _samples(number, count, seed, split, clean))


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the shards that are missing; 0, or 2 for impossible numbers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for shard-NNNNNN.tar")
    parser.add_argument("--count", type=int, default=1000, help="samples in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=("train", "held_out"), default="train")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--clean", action="store_true", help="no scaling, JPEG, blur or noise")
    options = parser.parse_args(argv)
    if options.count < 1 or options.workers < 1 or options.seed < 0:
        parser.error(
            f"--count {options.count}, --workers {options.workers} and --seed {options.seed} must be at least 1, 1 and 0"
        )
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    wanted = range(-(-options.count // SIZE))
    missing = [number for number in wanted if not shard_path(options.out, number).exists()]
    made = 0
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("shards", total=len(wanted), completed=len(wanted) - len(missing))
        shared = (options.count, options.seed, options.split, options.clean)
        if options.workers == 1:
            for number in missing:
                made += write_one(options.out, number, *shared)
                progress.advance(bar)
        else:
            # Forking would share the locks of the parent's threads.
            with ProcessPoolExecutor(options.workers, mp_context=get_context("spawn")) as pool:
                for future in [pool.submit(write_one, options.out, number, *shared) for number in missing]:
                    made += future.result()
                    progress.advance(bar)
    log.info("%d samples written, %d shards in %s", made, len(wanted), options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
