"""Takes the captures: `python -m train.data.capture --out tests/data/real [--only NAME]`."""

from __future__ import annotations

import argparse
import importlib
import logging
import pkgutil
import signal
import sys
from pathlib import Path
from types import FrameType

from train.data.capture import programs
from train.data.capture.core import CaptureError, Recipe, save

log = logging.getLogger("capture")
PATIENCE = 180
"""Seconds after which one capture is given up."""


def recipes() -> list[Recipe]:
    """Every recipe of every file in `programs/`; raises ValueError when two share an id."""
    found: list[Recipe] = []
    for module in sorted(pkgutil.iter_modules(programs.__path__), key=lambda item: item.name):
        found += importlib.import_module(f"{programs.__name__}.{module.name}").RECIPES
    names = [recipe.id for recipe in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"capture ids must be unique, these are not: {', '.join(twice)}")
    return found


def give_up(signum: int, frame: FrameType | None) -> None:
    """The alarm: a capture took too long."""
    raise CaptureError(f"gave up after {PATIENCE} s")


def main(arguments: list[str] | None = None) -> int:
    """Takes the chosen captures; returns 1 when one failed."""
    parser = argparse.ArgumentParser(prog="python -m train.data.capture", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder with dev/ and test/")
    parser.add_argument("--only", action="append", default=[], help="ids that begin with this (may be repeated)")
    parser.add_argument("--missing", action="store_true", help="skip captures that are there already")
    parser.add_argument("--list", action="store_true", help="name the captures and end")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    chosen = [r for r in recipes() if not options.only or any(r.id.startswith(name) for name in options.only)]
    if not chosen:
        parser.error(f"no capture begins with {', '.join(options.only)}; --list names them")
    if options.list:
        for recipe in chosen:
            sys.stdout.write(f"{recipe.split}\t{recipe.source}\t{recipe.program}\t{recipe.id}\n")
        return 0
    failed: list[str] = []
    signal.signal(signal.SIGALRM, give_up)
    for recipe in chosen:
        if options.missing and (options.out / recipe.split / f"{recipe.id}.json").exists():
            continue
        signal.alarm(PATIENCE)
        try:
            path = save(recipe, recipe.take(), options.out)
            log.info("%s (%d KB)", path, path.stat().st_size // 1024)
        except Exception as error:
            failed.append(recipe.id)
            log.error("%s failed: %s: %s", recipe.id, type(error).__name__, error)
        finally:
            signal.alarm(0)
    if failed:
        log.error("%d of %d failed: %s", len(failed), len(chosen), ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
