"""`python -m train.data harvest`: gather the words of installed software into the cache, then record its tools (`transcripts`)."""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

from train.data.harvest.core import Phrase, Source, write_records
from train.data.harvest.load import default_folder
from train.data.harvest.sources import all_sources
from train.data.harvest.transcripts import namespace
from train.data.harvest.transcripts import run as transcripts

logger = logging.getLogger(__name__)

TRANSCRIPTS = "transcripts"
KINDS = ("error", "label", "info")
# The most that one program gives of a kind: a drawing program has ten thousand labels, and nobody learns more from the last nine.
MOST = {"error": 4000, "label": 700, "info": 400}
MOST_OF_NOBODY = {"error": 8000, "label": 4000, "info": 2500}


def thinned(phrases: Iterable[Phrase]) -> list[Phrase]:
    """Phrases without doubles, sorted, of each program and kind not more than MOST, chosen by their words' hash alone."""
    groups: dict[tuple[str, str], set[Phrase]] = {}
    for phrase in phrases:
        groups.setdefault((phrase.app, phrase.kind), set()).add(phrase)
    kept: list[Phrase] = []
    for (app, kind), members in groups.items():
        most = (MOST if app else MOST_OF_NOBODY)[kind]
        ordered = sorted(members, key=lambda phrase: (hashlib.sha1(phrase.text.encode()).digest(), phrase))
        kept += (
            ordered[:most]
            if kind != "error"
            else [p for p in ordered if p.code] + [p for p in ordered if not p.code][:most]
        )
    return sorted(kept)


def gather(source: Source, folder: Path) -> Counter[str] | None:
    """Run one source and write its file; None, with the reason in the log, when it gave nothing."""
    if reason := source.missing():
        logger.warning("%s: %s", source.name, reason)
        return None
    start = time.monotonic()
    try:
        phrases = thinned(source.gather())
    except Exception as error:  # one source must not stop the others
        logger.error("%s: %s: %s", source.name, type(error).__name__, error)
        logger.debug("%s", source.name, exc_info=True)
        return None
    if not phrases:
        logger.warning("%s: nothing found", source.name)
        return None
    write_records(folder / f"{source.name}.jsonl.gz", phrases)
    logger.info("%s: %d phrases in %.0f s", source.name, len(phrases), time.monotonic() - start)
    counts: Counter[str] = Counter(phrase.kind for phrase in phrases)
    counts["programs"] = len({phrase.app for phrase in phrases if phrase.app})
    counts["with a code"] = sum(bool(phrase.code) for phrase in phrases)
    counts["with a category"] = sum(bool(phrase.category) for phrase in phrases)
    return counts


COLUMNS = (*KINDS, "programs", "with a code", "with a category")


def table(counts: dict[str, Counter[str]]) -> Table:
    """Counts per source and kind, with their sums; programs of all sources together are not a sum and stay out of it."""
    made = Table("source", *(name for name in COLUMNS), title="What was gathered")
    for column in made.columns[1:]:
        column.justify = "right"
    total: Counter[str] = Counter()
    for name, found in sorted(counts.items()):
        made.add_row(name, *(f"{found[column]:,}" for column in COLUMNS))
        total.update(found)
    made.add_section()
    made.add_row("all", *("" if column == "programs" else f"{total[column]:,}" for column in COLUMNS))
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0 when at least one source gave something, 1 when none did, 2 for a source that does not exist."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(": ", 1)[-1])
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="gather this source (may be given again); default: all"
    )
    parser.add_argument("--out", type=Path, help="folder to write to (default: the cache's)")
    parser.add_argument("--list", action="store_true", help="name the sources and what they miss, gather nothing")
    options = parser.parse_args(argv)
    console = Console(stderr=True)
    logging.basicConfig(
        level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=console, show_path=False)]
    )
    sources = {source.name: source for source in all_sources()}
    if options.list:
        for name, source in sources.items():
            sys.stdout.write(f"{name:<12} {source.missing() or 'ready'}\n")
        sys.stdout.write(f"{TRANSCRIPTS:<12} {namespace.missing() or 'ready'}\n")
        return 0
    wanted = options.only or [*sources, TRANSCRIPTS]
    unknown = sorted(set(wanted) - {*sources, TRANSCRIPTS})
    if unknown:
        logger.error("no source %s; there are %s, %s", ", ".join(unknown), ", ".join(sources), TRANSCRIPTS)
        return 2
    folder = options.out or default_folder()
    recorded = TRANSCRIPTS in wanted and transcripts.main(["--out", str(folder)]) == 0
    counts: dict[str, Counter[str]] = {}
    for name in wanted:
        if name != TRANSCRIPTS and (found := gather(sources[name], folder)) is not None:
            counts[name] = found
    if not counts and recorded:
        return 0
    if not counts:
        logger.error("no source gave anything; `--list` says what each of them misses")
        return 1
    # A run of some sources keeps what is known of the others.
    record = folder / "counts.json"
    known = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    known.update({name: {column: found[column] for column in COLUMNS} for name, found in counts.items()})
    record.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    console.print(table(counts))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
