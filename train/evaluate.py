"""`mmgpt eval`, `python -m train.evaluate`: measures the reader and the extractor, and other readers beside them.

Examples:
  python -m train.evaluate                                  our reader on the development captures
  python -m train.evaluate --reader nano rapidocr tesseract --data dev test heldout --html runs/worst.html
  python -m train.evaluate --lines 4000                     line crops in held-out typefaces
  python -m train.evaluate --control random-weights         must fail clearly
  python -m train.evaluate --diagnosis --data dev           the whole diagnosis: entries cited, abstention, calibration
  python -m train.evaluate --release runs/candidate         may it replace the shipped weights? exit code 0: yes
  python -m train.evaluate --weights runs/new --extractor runs/new --against mmgpt/weights/nano --data dev
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import Progress

from mmgpt.extraction import Extractor
from train.evaluation.controls import CONTROLS, make_control
from train.evaluation.html import to_html
from train.evaluation.readings import CACHE, ReadingCache, reader_version, warm_up
from train.evaluation.report import Differences, print_report, to_json, to_markdown
from train.evaluation.run import Contender, ReaderResult, differences, evaluate, sample_folder
from train.evaluation.samples import SampleError, load_samples
from vision.reader.peer import PeerUnavailable

log = logging.getLogger(__name__)

READERS = ("nano", "rapidocr", "tesseract")
BEFORE = "before"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command. Returns 0, or 2 when data, a reader or weights are missing (one line on stderr says which).

    With `--release` 1 says that the candidate may not replace the shipped weights.
    """
    options = _parse(argv)
    errors = Console(stderr=True)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=errors)], force=True)
    try:
        if options.release is not None:
            from train.evaluation.release import run_release

            return run_release(options, report_console(), errors)
        _run(options, errors)
    except (SampleError, PeerUnavailable, FileNotFoundError, ValueError) as error:
        errors.print(f"mmgpt eval: {error}", markup=False, highlight=False, soft_wrap=True)
        return 2
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="mmgpt eval", description="Measure the reader and the extractor, and other readers beside them."
    )
    parser.add_argument("--data", nargs="+", default=["dev"], metavar="SET", help="dev, test, heldout or a folder")
    parser.add_argument(
        "--reader", nargs="+", default=["nano"], choices=READERS, help="the first is compared with others"
    )
    parser.add_argument("--weights", type=Path, help="our reader's weights (a folder; default: the shipped ones)")
    parser.add_argument("--extractor", type=Path, help="the extractor's weights (a folder; default: the shipped ones)")
    parser.add_argument(
        "--against", type=Path, metavar="FOLDER", help="also these weights, reader and extractor: what came before"
    )
    parser.add_argument("--diagnosis", action="store_true", help="measure the whole diagnosis beside caption alone")
    parser.add_argument(
        "--no-removals", action="store_true", help="with --diagnosis: right entries are not removed for a test"
    )
    gate = parser.add_argument_group("the release gate")
    gate.add_argument(
        "--release",
        type=Path,
        metavar="FOLDER",
        help="may these weights replace the shipped ones (or those of --against)?",
    )
    gate.add_argument("--ship", action="store_true", help="where they may: replace them, and write docs/releases.md")
    gate.add_argument("--note", help="for the row in docs/releases.md")
    parser.add_argument("--no-extractor", action="store_true", help="measure reading alone")
    parser.add_argument("--control", choices=CONTROLS, help="instead of the reader, something that must fail")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N pictures of each set")
    parser.add_argument("--lines", type=int, metavar="N", help="N line crops in held-out typefaces instead of pictures")
    parser.add_argument("--seed", type=int, default=0, help="of the line crops and of random weights")
    parser.add_argument("--cache", type=Path, default=CACHE, metavar="DIR", help=f"readings are kept here ({CACHE})")
    parser.add_argument("--no-cache", action="store_true", help="read everything now (for measuring seconds)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page of the worst lines and pictures")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table for the model card")
    options = parser.parse_args(argv)
    if options.limit is not None and options.limit < 1:
        parser.error("--limit must be at least 1")
    if options.lines is not None and options.lines < 1:
        parser.error("--lines must be at least 1")
    return options


def _run(options: argparse.Namespace, errors: Console) -> None:
    if options.lines is not None:
        from train.evaluation.line_sets import run_lines

        run_lines(options, report_console())
        return
    if options.diagnosis:
        from train.evaluation.diagnosis import run_diagnosis

        run_diagnosis(options, report_console(), errors, machine())
        return
    sets = [(name, load_samples(sample_folder(name), options.limit)) for name in options.data]
    contenders = _contenders(options)
    extractor, extractor_name = _extractor(options)
    earlier = _earlier(options)
    cache = ReadingCache(None if options.no_cache else options.cache)
    documents, pages, tables = [], [], []
    for name, samples in sets:
        results: list[ReaderResult] = []
        with Progress(console=errors, transient=True) as progress:
            for contender in contenders:
                task = progress.add_task(f"{name}: {contender.name}", total=len(samples))
                results.append(evaluate(samples, contender, extractor, cache, partial(progress.advance, task, 1)))
            if earlier is not None:
                task = progress.add_task(f"{name}: {BEFORE}", total=len(samples))
                results.append(evaluate(samples, *earlier, cache, partial(progress.advance, task, 1)))
        gaps: Differences = {other.reader: differences(results[0], other) for other in results[1:]}
        print_report(report_console(), name, results, gaps)
        documents.append(to_json(name, results, gaps, extractor_name, machine()))
        tables.append(to_markdown(name, results, gaps, machine()))
        if options.html:
            pages.append(to_html(name, results))
    if options.json:
        _write(options.json, json.dumps({"evaluations": documents}, ensure_ascii=False, indent=1) + "\n")
    if options.html:
        _write(options.html, "\n".join(pages))
    if options.markdown:
        _write(options.markdown, "\n".join(tables))


def _contenders(options: argparse.Namespace) -> list[Contender]:
    from vision.reader import make_reader

    found: list[Contender] = []
    for name in options.reader:
        if options.control and not found:  # the control takes the first reader's place, and is never cached
            found.append(Contender(options.control, make_control(options.control, options.weights, options.seed)))
            continue
        reader = make_reader(name, options.weights if name == "nano" else None)
        warm_up(reader)
        found.append(Contender(name, reader, reader_version(reader, options.weights)))
    return found


def _earlier(options: argparse.Namespace) -> tuple[Contender, Extractor | None] | None:
    """Other weights of ours, with an extractor of their own."""
    if options.against is None:
        return None
    from mmgpt.extract import load_extractor
    from vision.reader import make_reader

    reader = make_reader("nano", options.against)
    warm_up(reader)
    extractor = None if options.no_extractor else load_extractor(options.against)
    return Contender(BEFORE, reader, reader_version(reader, options.against)), extractor


def _extractor(options: argparse.Namespace) -> tuple[Extractor | None, str]:
    if options.no_extractor:
        return None, "none"
    from mmgpt.extract import load_extractor

    return load_extractor(options.extractor), str(options.extractor or "shipped")


def report_console() -> Console:
    """Standard output, wide enough for the tables where it is no terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=150)


def machine() -> str:
    """Processor, cores and how busy they are, for the record beside seconds."""
    model = platform.processor() or platform.machine()
    try:
        rows = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((row.split(":", 1)[1].strip() for row in rows if row.startswith("model name")), model)
    except OSError:
        pass  # not Linux: the platform's own word for the processor serves
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores{busy}"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    log.info("wrote %s", path)


if __name__ == "__main__":
    sys.exit(main())
