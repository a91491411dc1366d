"""`mmgpt diagnose`: what pictures show, why it happened and what to do, as text, JSON, Markdown or an HTML report."""

from __future__ import annotations

import argparse
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mmgpt.commands.console import USAGE, Console
from mmgpt.commands.escalating import add_escalation_arguments, escalator_from
from mmgpt.commands.inputs import Source, Unusable
from mmgpt.commands.models import TROUBLES, add_model_arguments, number, reason_of
from mmgpt.commands.pictures import (
    OUTPUTS,
    Seen,
    Sink,
    add_picture_arguments,
    run_pictures,
    wrong_outputs,
)
from mmgpt.commands.reports import HTML, MARKDOWN, HtmlFile, MarkdownFile

if TYPE_CHECKING:
    import numpy as np

    from mmgpt.diagnosis import Diagnoser
    from mmgpt.escalation import Escalator
    from mmgpt.schema import Diagnosis
    from vision.image import LoadedImage

HELP = "say what a picture shows, why it happened and what to do"
DETAILS = f"""\
Says what pictures show, offline: the error word for word, its code, whose it is; and from the knowledge base its cause
and what to do, each with the entry that it is taken from. Where no entry fits, none is made up.

  mmgpt diagnose shot.png
  mmgpt diagnose shot.png --question "What do I do now?"
  mmgpt diagnose -r tickets/ --html report.html --jsonl tickets.jsonl --resume
  mmgpt diagnose shot.png --knowledge runbooks/ --markdown

{OUTPUTS}
--markdown and --html go into files that are replaced, if they are reports of ours. With --jsonl and --resume they hold
what the JSON lines hold, those of earlier runs included. --markdown without a file writes to stdout.

Exit codes: 0 all pictures diagnosed, 1 some failed (one line each on stderr), 2 wrong usage, 130 Ctrl-C.
"""

REREAD_MS = 600.0
STDOUT = Path("-")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    output = add_picture_arguments(parser, "PATH")
    output.add_argument(
        "--markdown", type=Path, nargs="?", const=STDOUT, metavar="OUT.md",
        help="Markdown, good to paste into a ticket: into the file OUT.md, or on stdout",
    )  # fmt: skip
    output.add_argument(
        "--html", type=Path, metavar="OUT.html", help="a report in one HTML file, with boxes drawn on each picture"
    )
    output.add_argument(
        "--mask-secrets", action="store_true",
        help="cover keys, passwords, mail addresses and the like in all texts, and in the pictures of a report",
    )  # fmt: skip
    asking = parser.add_argument_group("asking")
    asking.add_argument("--question", metavar="TEXT", help="a question about each picture")
    asking.add_argument(
        "--context", metavar="TEXT", help="what you know besides, such as the program: it helps to find entries"
    )
    knowledge = parser.add_argument_group("knowledge")
    knowledge.add_argument(
        "--knowledge", action="append", type=Path, metavar="DIR",
        help="your own entries and runbooks, a file or folder; may be repeated (default: your own folder)",
    )  # fmt: skip
    knowledge.add_argument("--no-built-in", action="store_true", help="without the entries that come with the package")
    corrections = knowledge.add_mutually_exclusive_group()
    corrections.add_argument(
        "--corrections", type=Path, metavar="FILE", help="rules made by `mmgpt correct` (default: your own)"
    )
    corrections.add_argument("--no-corrections", action="store_true", help="without such rules")
    model = add_model_arguments(parser)
    model.add_argument(
        "--reread-ms", type=number(float, 0, 60_000), default=REREAD_MS, metavar="N",
        help=f"time to read doubtful small text once more, a picture (default {REREAD_MS:.0f}; 0: never)",
    )  # fmt: skip
    model.add_argument("--no-decoder", action="store_true", help="fields by the extractor alone")
    add_escalation_arguments(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Diagnoses the pictures. Returns the exit code; raises Unusable, OutputClosed, KeyboardInterrupt."""
    if wrong_outputs(args, console) or _wrong(args, console):
        return USAGE
    paths = _knowledge(args)
    trouble = _broken(paths, not args.no_built_in)
    if trouble:
        console.fail("", trouble)
        return USAGE
    try:
        escalator = escalator_from(args)
    except ValueError as error:
        console.fail("", str(error))
        return USAGE
    work = _Work(args, paths, escalator)
    sinks: list[Sink] = []
    if args.markdown not in (None, STDOUT):
        sinks.append(MarkdownFile(args.markdown, work.tellable))
    if args.html is not None:
        sinks.append(HtmlFile(args.html, work.tellable, work.presentable))
    shown = _markdown if args.markdown == STDOUT else None
    return run_pictures(args, console, work.see, "diagnosing", sinks, shown)


class _Work:
    """One picture after another with parts that are loaded once, when the first good picture is there."""

    def __init__(self, args: argparse.Namespace, paths: list[Path], escalator: Escalator | None) -> None:
        self._args = args
        self._paths = paths
        self._escalator = escalator

    @cached_property
    def diagnoser(self) -> Diagnoser:
        """Reader, extractor, entries and rules. Raises `Unusable`."""
        from mmgpt.diagnosis import Diagnoser

        args = self._args
        try:
            return Diagnoser.load(
                args.weights,
                reader=args.reader,
                knowledge=self._paths,
                built_in=not args.no_built_in,
                corrections=_corrections(args),
                escalator=self._escalator,
                use_decoder=not args.no_decoder,
                reread_budget_ms=args.reread_ms,
            )
        except TROUBLES as error:
            raise Unusable(reason_of(error)) from error

    def see(self, source: Source) -> Seen:
        """The diagnosis of a picture, and what may be shown of it."""
        start = time.perf_counter()
        loaded = source.load()
        decode_ms = (time.perf_counter() - start) * 1000
        args = self._args
        diagnosis = self.diagnoser.diagnose(
            loaded, args.question or None, args.context or None, mask_secrets=args.mask_secrets, decode_ms=decode_ms
        )
        return Seen(diagnosis, self.presentable(loaded) if args.html is not None else None)

    def tellable(self, diagnosis: Diagnosis) -> Diagnosis:
        """What may be told of an earlier run's diagnosis: with `--mask-secrets` none that it holds, whatever that run did."""
        if not self._args.mask_secrets:
            return diagnosis
        from mmgpt.redaction import mask_diagnosis

        return mask_diagnosis(diagnosis)

    def presentable(self, loaded: LoadedImage) -> np.ndarray | None:
        """What may be shown of a picture: with `--mask-secrets` only what is left when they are covered, and no longer found."""
        if not self._args.mask_secrets:
            return loaded.pixels
        from mmgpt.redaction import redact_picture

        redacted = redact_picture(loaded.pixels, self.diagnoser.reader)
        return None if redacted.left else redacted.image


def _wrong(args: argparse.Namespace, console: Console) -> bool:
    """Says what is wrong with the arguments; False where nothing is."""
    from mmgpt.diagnosis import LONGEST

    if args.json and args.markdown == STDOUT:
        console.fail("", "--json and --markdown both write to stdout - name a file for one: --markdown OUT.md")
        return True
    for name, path, endings in (("markdown", args.markdown, MARKDOWN), ("html", args.html, HTML)):
        if path is None or (name == "markdown" and path == STDOUT):
            continue
        if path.suffix.lower() not in endings:
            # `--markdown shot.png` must never write over the picture
            console.fail("", f"--{name} takes a file that ends in {' or '.join(endings)}, not {path}")
            return True
    for name in ("question", "context"):
        text = getattr(args, name) or ""
        if len(text) > LONGEST:
            console.fail("", f"--{name} has {len(text):,} characters, and the limit is {LONGEST:,} - make it shorter")
            return True
    return False


def _knowledge(args: argparse.Namespace) -> list[Path]:
    """Where the user's own entries are: what is named, or their folder if there is one."""
    if args.knowledge:
        return list(args.knowledge)
    from mmgpt.knowledge import user_folder

    return [user_folder()] if user_folder().is_dir() else []


def _broken(paths: list[Path], built_in: bool) -> str:
    """What is wrong with the user's entries, before any picture is read; empty where nothing is."""
    if not paths:
        return ""
    from mmgpt.knowledge import EntryError, KnowledgeBase

    try:
        KnowledgeBase.load(paths, built_in)
    except EntryError as error:
        return str(error)
    return ""


def _corrections(args: argparse.Namespace) -> Path | None:
    """The file of rules: the one named, or the user's own if there is one."""
    if args.no_corrections:
        return None
    if args.corrections is not None:
        return Path(args.corrections)
    from mmgpt.corrections import default_path

    own = default_path()
    return own if own.is_file() else None


def _markdown(source: Source, diagnosis: Diagnosis, before: int) -> str:
    from mmgpt.report import markdown_section

    return ("\n" if before else "") + markdown_section(diagnosis, source.key)
