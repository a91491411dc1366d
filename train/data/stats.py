"""What share of screens shows which kind, category, program and more: `python -m train.data stats --n 5000`.

Counts what is drawn from the world, or with `--from DIR` what lies in shards or a folder of captures. `--json` for machines.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from mmgpt.schema import CATEGORIES, KINDS
from train.data.world import harvested

GROUPS = ("kind", "category", "app", "source", "theme", "role")


@dataclass
class Stats:
    """Counts of screens: `kind`, `category` (errors only), `app`, `source`, `theme`, and of lines by `role`."""

    screens: int = 0
    errors: int = 0
    codes: int = 0
    lines: int = 0
    by: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in GROUPS})

    def add(self, fields: dict[str, Any] | None, source: str, theme: str, roles: Iterable[str]) -> None:
        """Count one screen; `fields` None for text that means nothing."""
        self.screens += 1
        self.by["source"][source] += 1
        self.by["theme"][theme] += 1
        for role in roles:
            self.lines += 1
            self.by["role"][role] += 1
        if fields is None:
            return
        self.by["kind"][fields["kind"]] += 1
        self.by["app"][fields["app"] or "(none)"] += 1
        if fields["is_error"]:
            self.errors += 1
            self.codes += fields["error_code"] is not None
            known = fields.get("category_known", True)
            self.by["category"][fields["category"] if known else "(not known)"] += 1

    def missing(self) -> dict[str, list[str]]:
        """The kinds and categories of the schema that no screen shows."""
        errors = [name for name in CATEGORIES if name != "none"]
        return {
            "kind": [name for name in KINDS if not self.by["kind"][name]],
            "category": [name for name in errors if not self.by["category"][name]],
        }

    def to_dict(self) -> dict[str, Any]:
        """Counts as plain objects, largest first."""
        by = {name: dict(counter.most_common()) for name, counter in self.by.items()}
        heads = {"screens": self.screens, "errors": self.errors, "with_code": self.codes, "lines": self.lines}
        return {**heads, "by": by, "missing": self.missing()}


def of_world(count: int, seed: int, split: str) -> Stats:
    """Counts over screens drawn from the world; `role` counts pieces of text."""
    from train.data.world.content import texts
    from train.data.world.sample import sample_content

    stats = Stats()
    for index in range(count):
        content = sample_content(random.Random(f"stats/{split}/{seed}/{index}"), split)
        name = type(content).__name__.removesuffix("Content")
        stats.add(asdict(content.fields), name, content.theme, (piece.role for piece in texts(content)))
    return stats


def _records(folder: Path) -> Iterator[dict[str, Any]]:
    if list(folder.glob("shard-*.tar")):
        from train.data.shards import read_shards

        for sample in read_shards(folder):
            yield sample.record
        return
    for path in sorted(folder.rglob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def of_folder(folder: Path) -> Stats:
    """Counts over shards or captures. Raises FileNotFoundError where a folder holds neither."""
    stats = Stats()
    for record in _records(folder):
        roles = [line.get("role", "body") for line in record["lines"]]
        stats.add(record.get("fields"), record["source"], record["theme"], roles)
    if not stats.screens:
        raise FileNotFoundError(f"{folder} holds neither shard-*.tar nor captures (*.json)")
    return stats


def table(stats: Stats, group: str, most: int) -> Table:
    """One group's counts with their share of screens (of lines for `role`, of errors for `category`)."""
    whole = {"role": stats.lines, "category": stats.errors}.get(group, stats.screens)
    made = Table(title=group)
    for name in ("", "count", "share"):
        made.add_column(name, justify="left" if not name else "right")
    counts = stats.by[group].most_common()
    for name, count in counts[:most]:
        made.add_row(name, f"{count:,}", f"{100 * count / max(whole, 1):.1f} %")
    if len(counts) > most:
        rest = sum(count for _, count in counts[most:])
        made.add_row(f"{len(counts) - most} more", f"{rest:,}", f"{100 * rest / max(whole, 1):.1f} %")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the counts; 1 when a kind or category of the schema never occurs, 2 for a folder without screens."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=5000, help="screens to draw")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--split", choices=("train", "held_out"), default="train")
    parser.add_argument("--from", dest="folder", type=Path, help="count shards or captures instead")
    parser.add_argument("--most", type=int, default=40, help="rows a table")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--harvest", default="auto", help="folder of real messages, auto (the cache's) or none")
    options = parser.parse_args(argv)
    try:
        harvested.activate(harvested.choose(options.harvest))
        stats = of_folder(options.folder) if options.folder else of_world(options.n, options.seed, options.split)
    except FileNotFoundError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    lost = {group: names for group, names in stats.missing().items() if names}
    if options.json:
        sys.stdout.write(json.dumps(stats.to_dict(), ensure_ascii=False, indent=1) + "\n")
    else:
        console = Console()
        console.print(
            f"{stats.screens:,} screens, {100 * stats.errors / max(stats.screens, 1):.1f} % errors, "
            f"{100 * stats.codes / max(stats.errors, 1):.1f} % of them with a code; {stats.lines:,} pieces of text"
        )
        for group in GROUPS:
            console.print(table(stats, group, options.most))
        for group, names in lost.items():
            console.print(f"[red]never seen, {group}: {', '.join(names)}[/red]")
    return 1 if lost and not options.folder else 0


if __name__ == "__main__":
    raise SystemExit(main())
