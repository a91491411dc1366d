"""`mmgpt caption`, which is `python -m mmgpt.caption`: what pictures show, as text or as JSON."""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt.commands.console import BOLD, FAILED, OK, USAGE, Console
from mmgpt.commands.inputs import EXTENSIONS, Source, expand, process
from mmgpt.commands.models import Models, add_model_arguments

if TYPE_CHECKING:
    from mmgpt.commands.jsonl import JsonLines
    from mmgpt.schema import Diagnosis

HELP = "say what a picture shows: the error, its code, whose it is"
DETAILS = f"""\
Says what pictures show, offline: a caption, then the error line word for word, its code, the program, the category.

One file with --json gives one object; several files, or -r, give one object a line, each with its "path".
--jsonl writes such lines to a file instead of stdout; with --resume, pictures that the file already has (the same
path and the same bytes) are left out, and a line that was torn by a crash is done again.

Folders (-r) are taken in natural order: files that end in {", ".join(EXTENSIONS)}, hidden ones left out.

Exit codes: 0 all pictures captioned, 1 some failed (one line each on stderr), 2 wrong usage, 130 Ctrl-C.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="picture files, folders with -r, - for stdin")
    parser.add_argument("-r", "--recursive", action="store_true", help="take the pictures in folders and below")
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="JSON instead of text on stdout")
    output.add_argument("--jsonl", type=Path, metavar="OUT", help="write JSON lines to the file OUT")
    output.add_argument("--resume", action="store_true", help="go on with OUT: leave out what it already has")
    output.add_argument("-q", "--quiet", action="store_true", help="no progress and no notes on stderr")
    add_model_arguments(parser).add_argument(
        "--no-decoder",
        action="store_true",
        help="all fields by the extractor, even those that the decoder knows better",
    )


def run(args: argparse.Namespace, console: Console) -> int:
    """Captions the pictures. Returns the exit code; raises Unusable, OutputClosed, KeyboardInterrupt."""
    if args.resume and args.jsonl is None:
        console.fail("", "--resume goes on with a file - name it with --jsonl OUT")
        return USAGE
    if args.jsonl is not None and str(args.jsonl) == "-":
        console.fail("", "--jsonl takes a file - for JSON lines on stdout use --json")
        return USAGE
    sources = expand(args.images, args.recursive, console)
    with ExitStack() as stack:
        out = None
        if args.jsonl is not None and sources:
            from mmgpt.commands.jsonl import JsonLinesError
            from vision.image import shown

            try:
                out = stack.enter_context(_open(args.jsonl, args.resume))
                return _caption(sources, args, console, out)
            except JsonLinesError as error:
                console.fail(shown(str(args.jsonl)), str(error))
                return USAGE if error.usage else FAILED
        return _caption(sources, args, console, out)


def _open(path: Path, resume: bool) -> JsonLines:
    from mmgpt.commands.jsonl import JsonLines
    from mmgpt.schema import DIAGNOSIS_SCHEMA

    return JsonLines(path, DIAGNOSIS_SCHEMA, resume)


def _caption(sources: list[Source], args: argparse.Namespace, console: Console, out: JsonLines | None) -> int:
    models = Models(args.reader, args.weights, fields_by_decoder=not args.no_decoder)
    one_object = len(args.images) == 1 and not args.recursive
    left_out = 0
    if out is not None:
        console.advice = "what is done is kept - the same command with --resume goes on"
        fresh = [s for s in sources if s.path is None or not out.has(s.key, s.path)]
        left_out = len(sources) - len(fresh)
        sources = fresh
    written = 0
    for source, diagnosis in process(sources, lambda s: _diagnose(s, models), console, "captioning"):
        if out is not None:
            out.append(record(source.key, diagnosis.to_dict()))
        if args.json:
            console.write(_json(source, diagnosis, one_object))
        elif out is None:
            console.write(_text(source, diagnosis, console, heading=not one_object, first=written == 0))
        written += 1
    if out is not None:
        from vision.image import shown

        already = f", {left_out} already there" if left_out else ""
        failed = f", {console.failures} failed" if console.failures else ""
        console.note(f"{shown(str(out.path))}: {written} written{already}{failed}")
    return FAILED if console.failures else OK


def _diagnose(source: Source, models: Models) -> Diagnosis:
    from mmgpt.caption import caption_image

    start = time.perf_counter()
    loaded = source.load()
    decode_ms = (time.perf_counter() - start) * 1000
    # the models come after the first good picture: a picture that cannot be used is told at once
    return caption_image(loaded, models.reader, models.extractor, models.decoder, decode_ms=decode_ms)


def record(path: str, value: dict[str, Any]) -> dict[str, Any]:
    """The object of one of several pictures: the schema's, with `path` after its first key."""
    return {"schema": value["schema"], "path": path, **value}


def _json(source: Source, diagnosis: Diagnosis, one_object: bool) -> str:
    from mmgpt.schema import layout, line

    value = diagnosis.to_dict()
    return (layout(value) if one_object else line(record(source.key, value))) + "\n"


def _text(source: Source, diagnosis: Diagnosis, console: Console, heading: bool, first: bool) -> str:
    from mmgpt.commands.show import diagnosis_text

    text = diagnosis_text(diagnosis, console)
    if heading:
        text = console.paint(source.name, BOLD) + "\n" + text
    return text if first else "\n" + text
