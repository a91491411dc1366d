"""Which knowledge entries are right for a capture: `tests/data/real/entries.toml`, set by hand (its head says how)."""

from __future__ import annotations

import sys
from collections.abc import Container
from pathlib import Path

from train.evaluation.samples import SampleError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ENTRIES = Path("tests/data/real/entries.toml")


def load_labels(path: Path = ENTRIES, known: Container[str] | None = None) -> dict[str, tuple[str, ...]]:
    """Capture id -> ids of the right entries; an empty tuple where no entry fits.

    `known` are the ids that exist, None to check none. Raises SampleError for a file that is not in the format, and for
    ids of entries that are not known (an entry was renamed: its label must be, too).
    """
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SampleError(f"{path}: cannot be read ({error.strerror}) - run from the repository's root") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SampleError(f"{path}: not TOML ({error})") from error
    labels: dict[str, tuple[str, ...]] = {}
    for name, ids in value.items():
        if not isinstance(ids, list) or not all(isinstance(entry, str) for entry in ids):
            raise SampleError(f"{path}: {name} must be a list of ids of entries, which may be empty")
        if known is not None and (unknown := [entry for entry in ids if entry not in known]):
            raise SampleError(f"{path}: {name} names {', '.join(unknown)}, which the knowledge base does not have")
        labels[name] = tuple(ids)
    return labels
