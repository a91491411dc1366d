"""`mmgpt caption`, which is `python -m mmgpt.caption`: what pictures show, as text or as JSON."""

from __future__ import annotations

import argparse
import time

from mmgpt.commands.console import USAGE, Console
from mmgpt.commands.inputs import Source
from mmgpt.commands.models import Models, add_model_arguments
from mmgpt.commands.pictures import OUTPUTS, Seen, add_picture_arguments, run_pictures, wrong_outputs

HELP = "say what a picture shows: the error, its code, whose it is"
DETAILS = f"""\
Says what pictures show, offline: a caption, then the error line word for word, its code, the program, the category.

{OUTPUTS}
Exit codes: 0 all pictures captioned, 1 some failed (one line each on stderr), 2 wrong usage, 130 Ctrl-C.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    add_picture_arguments(parser)
    add_model_arguments(parser).add_argument(
        "--no-decoder",
        action="store_true",
        help="all fields by the extractor, even those that the decoder knows better",
    )


def run(args: argparse.Namespace, console: Console) -> int:
    """Captions the pictures. Returns the exit code; raises Unusable, OutputClosed, KeyboardInterrupt."""
    if wrong_outputs(args, console):
        return USAGE
    models = Models(args.reader, args.weights, fields_by_decoder=not args.no_decoder)
    return run_pictures(args, console, lambda source: _seen(source, models), "captioning")


def _seen(source: Source, models: Models) -> Seen:
    from mmgpt.caption import caption_image

    start = time.perf_counter()
    loaded = source.load()
    decode_ms = (time.perf_counter() - start) * 1000
    # the models come after the first good picture: a picture that cannot be used is told at once
    return Seen(caption_image(loaded, models.reader, models.extractor, models.decoder, decode_ms=decode_ms))
