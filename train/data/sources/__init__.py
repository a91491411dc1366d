"""Where training conversations come from: the renderer, WebDataset shards, Hugging Face datasets, LLaVA's JSON, chat messages, corrections.

All of them are one `Source`: a number, counted on over the epochs, gives a record. `open_source` finds the right one for what a user
names. A record that cannot be used raises `Broken` with a reason; `Skips` counts these and stops a run that has too many.
"""

from __future__ import annotations

from train.data.sources.base import Listed, Source
from train.data.sources.opening import Named, open_source, parse_named
from train.data.sources.record import Broken, Picture, Record
from train.data.sources.skips import Skips, TooManyBroken

__all__ = [
    "Broken",
    "Listed",
    "Named",
    "Picture",
    "Record",
    "Skips",
    "Source",
    "TooManyBroken",
    "open_source",
    "parse_named",
]
