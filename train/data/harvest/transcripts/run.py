"""`python -m train.data.harvest.transcripts`: run the tools' scenarios and keep what they show."""

from __future__ import annotations

import argparse
import collections
import logging
import random
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from train.data.harvest.core import Transcript, read_transcripts, write_records
from train.data.harvest.transcripts import namespace
from train.data.harvest.transcripts.catalogue import every_tool
from train.data.harvest.transcripts.kinds import Kind, Tool, make_scenario
from train.data.harvest.transcripts.records import Dropped, judge
from train.data.render.npm_fonts import cache_root
from train.data.world.families import held_out

logger = logging.getLogger(__name__)
COUNT = 6_500
_ATTEMPTS = 2  # drivers for one tool: a second one goes on behind the scenario that ended the first


@dataclass
class Tally:
    """What became of a tool's scenarios."""

    kept: list[Transcript] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    """(kind, reason)"""
    same: int = 0
    """Scenarios that showed what an earlier one had shown."""
    seconds: float = 0.0


def missing_programs(tool: Tool) -> str:
    """ "" when the tool's programs are here, else what is missing and how it is installed."""
    path = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/games"
    lacking = [name for name in tool.needs if not _found(name, path)]
    if not lacking:
        return ""
    packages = sorted({tool.needs[name] for name in lacking})
    return f"{', '.join(lacking)} missing; apt-get install {' '.join(packages)}"


def _found(name: str, path: str) -> bool:
    if name.startswith("/"):
        return Path(name).exists()
    return shutil.which(name, path=path) is not None or (name in ("rustc", "cargo") and shutil.which(name) is not None)


def schedule(some: Sequence[Tool], count: int) -> dict[str, int]:
    """Rounds a tool: how often each kind of weight 1 is run so that all tools together come to about `count`."""
    total = sum(kind.weight for tool in some for kind in tool.kinds)
    return {tool.name: max(1, round(count / total)) for tool in some}


def plan(tool: Tool, rounds: int, seed: int) -> Iterator[tuple[Kind, random.Random]]:
    """The tool's scenarios in the order they run; the same for the same seed, whatever the other tools are."""
    times = [max(1, round(rounds * kind.weight)) for kind in tool.kinds]
    for number in range(max(times, default=0)):
        for kind, most in zip(tool.kinds, times, strict=True):
            if number < most:
                yield kind, random.Random(f"{seed}/{tool.name}/{kind.name}/{number}")


def record_tool(tool: Tool, rounds: int, seed: int) -> Tally:
    """Run a tool's scenarios. Raises NamespaceError when they cannot be furnished."""
    tally, started = Tally(), time.monotonic()
    todo = [make_scenario(kind, rng) for kind, rng in plan(tool, rounds, seed)]
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    position = failures = 0
    while position < len(todo):
        with namespace.Session(tool.setup) as session:
            try:
                while position < len(todo):
                    scenario = todo[position]
                    position += 1
                    patience = scenario.kind.timeout * len(scenario.kind.run) + 240
                    answer = session.run(dict(scenario.order), patience)
                    try:
                        transcript = judge(tool.name, scenario, answer)
                    except Dropped as reason:
                        command = scenario.order["commands"][-1]
                        tally.dropped.append((scenario.kind.name, f"`{command}`: {reason}"))
                        continue
                    key = (transcript.scenario, transcript.command, transcript.rows)
                    if key in seen:
                        tally.same += 1
                    else:
                        seen.add(key)
                        tally.kept.append(transcript)
            except namespace.NamespaceError:
                failures += 1
                if failures >= _ATTEMPTS:
                    raise
                logger.warning("%s: the driver ended at scenario %d; a new one goes on", tool.name, position)
    tally.seconds = time.monotonic() - started
    return tally


def _one(tool: Tool, rounds: int, seed: int, path: Path, explain: bool) -> str:
    if path.exists():
        return f"{tool.name}: there already"
    try:
        tally = record_tool(tool, rounds, seed)
    except namespace.NamespaceError as error:
        return f"{tool.name}: {error}"
    write_records(path, tally.kept)
    if explain:
        for kind, reason in tally.dropped:
            logger.warning("dropped %s/%s %s", tool.name, kind, reason)
    lost = collections.Counter(kind for kind, _ in tally.dropped)
    lost_text = ", ".join(f"{kind} {number}" for kind, number in lost.most_common())
    ran = len(tally.kept) + len(tally.dropped) + tally.same
    return (
        f"{tool.name}: {len(tally.kept)} kept, {len(tally.dropped)} dropped, {tally.same} alike, "
        f"{ran / max(tally.seconds, 1e-3):.1f}/s" + (f" (dropped: {lost_text})" if lost_text else "")
    )


def main(argv: Sequence[str] | None = None) -> int:
    """The command; 1 when nothing could be recorded."""
    parser = argparse.ArgumentParser(
        prog="python -m train.data.harvest.transcripts",
        description=__doc__,
        epilog="Tools that were recorded with the same seed and count are not run again; delete OUT/transcripts for that.",
    )
    parser.add_argument("--count", type=int, default=COUNT, help=f"about how many scenarios run (default {COUNT})")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder of transcripts.jsonl.gz (default: the cache's harvest folder)")
    parser.add_argument("--only", action="append", default=[], metavar="TOOL", help="only this tool (repeatable)")
    parser.add_argument("--workers", type=int, default=1, help="tools recorded at the same time")
    parser.add_argument("--explain", action="store_true", help="say of every dropped scenario why")
    parser.add_argument("--list", action="store_true", help="list the tools and their kinds")
    options = parser.parse_args(argv)
    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    tools_here = every_tool()
    names = {tool.name for tool in tools_here}
    if unknown := sorted(set(options.only) - names):
        parser.error(f"no tool {', '.join(unknown)}; one of {', '.join(sorted(names))}")
    if options.list:
        for tool in tools_here:
            sys.stdout.write(f"{tool.name} ({tool.app}): {', '.join(kind.name for kind in tool.kinds)}\n")
        return 0
    if problem := namespace.missing():
        logger.error("%s", problem)
        return 1
    out = options.out or cache_root() / "harvest"
    rounds = schedule(tools_here, options.count)
    parts = out / "transcripts" / f"{options.seed}-{options.count}"
    ready = []
    for tool in tools_here:
        if options.only and tool.name not in options.only:
            continue
        if problem := missing_programs(tool):
            logger.warning("%s: passed over, %s", tool.name, problem)
        else:
            ready.append(tool)
    with ThreadPoolExecutor(max(1, options.workers)) as pool:
        jobs = [
            pool.submit(_one, tool, rounds[tool.name], options.seed, parts / f"{tool.name}.jsonl.gz", options.explain)
            for tool in ready
        ]
        for number, job in enumerate(jobs, 1):
            logger.info("%d/%d %s", number, len(jobs), job.result())
    return _merge(parts, out / "transcripts.jsonl.gz")


def _merge(parts: Path, path: Path) -> int:
    every = [transcript for part in sorted(parts.glob("*.jsonl.gz")) for transcript in read_transcripts(part)]
    if not every:
        logger.error("nothing was recorded")
        return 1
    write_records(path, every)
    good = sum(not t.is_error for t in every)
    train = [t for t in every if not held_out(t.app, t.scenario)]
    logger.info(
        "%s: %d transcripts (%d for training), %d of them good runs (%d), %d scenario kinds, %d programs, %d tools",
        *(path, len(every), len(train), good, sum(not t.is_error for t in train)),
        *(len({(t.source, t.scenario) for t in every}), len({t.app for t in every}), len({t.source for t in every})),
    )
    return 0
