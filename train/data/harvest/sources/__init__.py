"""One file a source; each has `SOURCE`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from train.data.harvest.core import Source


@cache
def all_sources() -> tuple[Source, ...]:
    """Every source, in order of the names. Raises ValueError when two have the same name."""
    found = [
        importlib.import_module(f"{__name__}.{module.name}").SOURCE
        for module in pkgutil.iter_modules(__path__)
        if not module.name.startswith("_")
    ]
    names = [source.name for source in found]
    if len(set(names)) != len(names):
        raise ValueError(f"two sources have one name among {', '.join(sorted(names))}")
    return tuple(sorted(found, key=lambda source: source.name))
