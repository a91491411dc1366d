"""`mmgpt read`: the lines of text in pictures, as plain text, JSON, hOCR or TSV, or drawn onto the picture."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mmgpt.commands.console import BOLD, FAILED, OK, USAGE, Console, one_line
from mmgpt.commands.inputs import Source, expand, process
from mmgpt.commands.models import Models, add_model_arguments
from mmgpt.commands.pictures import record

if TYPE_CHECKING:
    from vision.image import LoadedImage
    from vision.reader.types import Line

HELP = "read the text of a picture: its lines and where they stand"
DETAILS = """\
Reads the lines of pictures in reading order, offline.

Without an output option the text comes as it was read, one line a line. --json gives one object for one file, and one
object a line (each with its "path") for several files or -r. --hocr and --tsv give one document for all pictures, a
page each. --boxes draws what was found: green read surely, amber less so, red hardly.

Exit codes: 0 all pictures read, 1 some failed (one line each on stderr), 2 wrong usage, 130 Ctrl-C.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="picture files, folders with -r, - for stdin")
    parser.add_argument("-r", "--recursive", action="store_true", help="take the pictures in folders and below")
    output = parser.add_argument_group("output")
    form = output.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="lines with boxes and confidences as JSON")
    form.add_argument("--hocr", action="store_true", help="an hOCR document with lines and words")
    form.add_argument("--tsv", action="store_true", help="a table with Tesseract's columns")
    output.add_argument("--join", action="store_true", help="make one line of the rows of a wrapped terminal line")
    output.add_argument("--boxes", type=Path, metavar="OUT", help="draw the lines of one picture into the file OUT")
    output.add_argument("-q", "--quiet", action="store_true", help="no progress and no notes on stderr")
    add_model_arguments(parser)


@dataclass(frozen=True)
class Page:
    """What was read of one picture, and how long it took (milliseconds)."""

    loaded: LoadedImage
    lines: list[Line]
    decode_ms: float
    read_ms: float


def run(args: argparse.Namespace, console: Console) -> int:
    """Reads the pictures. Returns the exit code; raises Unusable, OutputClosed, KeyboardInterrupt."""
    one_object = len(args.images) == 1 and not args.recursive
    if args.boxes is not None:
        from mmgpt.drawing import FORMATS

        if not one_object:
            console.fail("", "--boxes draws one picture - give one file")
            return USAGE
        if args.boxes.suffix.lower() not in FORMATS:
            console.fail("", f"--boxes needs a file name that ends in {', '.join(FORMATS)}")
            return USAGE
    sources = expand(args.images, args.recursive, console)
    models = Models(args.reader, args.weights)
    pages = 0
    for source, page in process(sources, lambda s: _read(s, models, args.join), console, "reading"):
        pages += 1
        if not page.lines:
            console.note(f"{source.name}: no text found")
        console.write(_output(args, source, page, pages, one_object, console))
        if args.boxes is not None:
            _draw(args.boxes, page, console)
    if args.hocr and pages:
        from mmgpt.formats import hocr_tail

        console.write(hocr_tail())
    return FAILED if console.failures else OK


def _read(source: Source, models: Models, join: bool) -> Page:
    start = time.perf_counter()
    loaded = source.load()
    decoded = time.perf_counter()
    reader = models.reader  # loaded with the first picture, which must not count as reading
    begin = time.perf_counter()
    lines = reader.read(loaded.pixels)
    if join:
        from vision.reader.wrap import join_wrapped

        lines = join_wrapped(lines, loaded.width)
    return Page(loaded, lines, (decoded - start) * 1000, (time.perf_counter() - begin) * 1000)


def _output(
    args: argparse.Namespace, source: Source, page: Page, number: int, one_object: bool, console: Console
) -> str:
    """One picture in the chosen form; the first of a document brings its head."""
    size = (page.loaded.width, page.loaded.height)
    if args.json:
        from mmgpt.caption import reading
        from mmgpt.schema import layout, line

        value = reading(page.loaded, page.lines, args.reader, page.decode_ms, page.read_ms).to_dict()
        return (layout(value) if one_object else line(record(source.key, value))) + "\n"
    if args.tsv:
        from mmgpt.formats import tsv_head, tsv_page

        return (tsv_head() if number == 1 else "") + tsv_page(page.lines, *size, number)
    if args.hocr:
        from mmgpt import __version__
        from mmgpt.formats import hocr_head, hocr_page

        head = hocr_head(args.reader, __version__) if number == 1 else ""
        return head + hocr_page(page.lines, source.key, *size, number)
    text = "".join(one_line(line.text) + "\n" for line in page.lines)
    if one_object:
        return text
    return ("" if number == 1 else "\n") + console.paint(source.name, BOLD) + "\n" + text


def _draw(target: Path, page: Page, console: Console) -> None:
    from mmgpt.drawing import save_boxes
    from vision.image import shown

    try:
        save_boxes(page.loaded.pixels, page.lines, target)
    except OSError as error:
        reason = error.strerror or str(error)
        console.fail(shown(str(target)), f"cannot be written ({reason}) - name another file")
    else:
        console.note(f"{len(page.lines)} lines drawn into {shown(str(target))}")
