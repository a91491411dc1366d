"""`mmgpt ask`: one question about pictures, and its answer."""

from __future__ import annotations

import argparse
import os
import time
from typing import TYPE_CHECKING

from mmgpt.commands.console import FAILED, OK, USAGE, Console
from mmgpt.commands.inputs import Source, expand, process
from mmgpt.commands.models import Models, add_model_arguments, add_sampling_arguments, sampling_of

if TYPE_CHECKING:
    from mmgpt.generate import Seen
    from vision.image import LoadedImage

HELP = "ask something about a picture"
DETAILS = """\
Answers one question about one or several pictures, offline. The question comes last, or with -q.

What an answer copies from a picture is what was read there. --json says where it stands: one object with the answer, its
copied parts with their boxes (pixels of the picture, right and bottom excluded), the number of the picture (1 is the
first) and how surely they were read.

Exit codes: 0 answered, 1 a picture or the weights cannot be used, 2 wrong usage, 130 Ctrl-C.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.usage = "%(prog)s [OPTION ...] IMAGE [IMAGE ...] QUESTION"
    parser.add_argument("arguments", nargs="*", metavar="IMAGE", help="picture files, - for stdin; the question last")
    parser.add_argument("-q", "--question", metavar="TEXT", help="the question; all other arguments are pictures")
    parser.add_argument("--no-image", action="store_true", help="ask without a picture")
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="JSON instead of text on stdout")
    output.add_argument("--quiet", action="store_true", help="no notes on stderr")
    add_sampling_arguments(parser)
    add_model_arguments(parser)


def run(args: argparse.Namespace, console: Console) -> int:
    """Answers the question. Returns the exit code; raises Unusable, OutputClosed, KeyboardInterrupt."""
    try:
        images, question = parted(args.arguments, args.question, args.no_image)
    except ValueError as error:
        console.fail("", str(error))
        return USAGE
    sources = expand(images, False, console)
    start = time.perf_counter()
    loaded = dict(process(sources, Source.load, console, "decoding"))
    decoded = time.perf_counter()
    if console.failures:  # about some of the pictures it would be another question
        return FAILED
    models = Models(args.reader, args.weights)
    most = models.engine.model.config.max_pictures  # which loads it, and that must not count as looking
    if len(sources) > most:
        console.fail("", f"{len(sources)} pictures are too many - this model takes {most}")
        return FAILED
    begin = time.perf_counter()
    seen = dict(process(sources, lambda s: models.engine.look(loaded[s].pixels), console, "looking"))
    seconds = {"decode": decoded - start, "look": time.perf_counter() - begin}
    if console.failures:
        return FAILED
    return _answer(args, console, models, question, list(loaded.values()), list(seen.values()), seconds)


def parted(arguments: list[str], question: str | None, no_image: bool) -> tuple[list[str], str]:
    """The pictures and the question among a command's arguments. Raises ValueError, one line that says what to do."""
    images = list(arguments)
    if question is None:
        if not images:
            raise ValueError('there is no question - ask as in: mmgpt ask shot.png "What does it say?"')
        question = images.pop()
        if os.path.isfile(question) or question == "-":
            raise ValueError(f"the last argument, {question}, is a picture - put the question behind it or after -q")
    if not question.strip():
        raise ValueError('the question is empty - ask as in: mmgpt ask shot.png "What does it say?"')
    if no_image and images:
        raise ValueError(f"--no-image goes without pictures, but there is {images[0]} - leave one of them out")
    if not no_image and not images:
        raise ValueError("there is no picture - name one before the question, or ask without one by --no-image")
    return images, question.strip()


def printable(text: str) -> str:
    """The text without what a terminal would obey; line ends stay. What was read in a picture is a stranger's text."""
    return "".join(char if char == "\n" or char.isprintable() else " " for char in text)


def _answer(
    args: argparse.Namespace, console: Console, models: Models, question: str,
    loaded: list[LoadedImage], seen: list[Seen], seconds: dict[str, float],
) -> int:  # fmt: skip
    from mmgpt.generate import Conversation

    warnings = [warning for picture in loaded for warning in picture.warnings]
    start = time.perf_counter()
    try:
        answer = models.engine.answer(Conversation().ask(*seen, question), sampling_of(args))
    except ValueError as error:  # more than the model takes
        console.debug()
        console.fail("", f"{error} - ask a shorter question or show fewer pictures")
        return FAILED
    seconds["answer"] = time.perf_counter() - start
    if args.json:
        from mmgpt.copied import answered
        from mmgpt.schema import ImageInfo, layout

        images = [ImageInfo(width=p.width, height=p.height, sha256=p.sha256) for p in loaded]
        times = {"total": sum(seconds.values()), **seconds}
        value = answered(
            question, answer, seen, images=images, warnings=warnings, model=models.name,
            timing_ms={name: round(value * 1000, 1) for name, value in times.items()},
        )  # fmt: skip
        console.write(layout(value.to_dict()) + "\n")
        return OK
    for warning in warnings:
        console.note(warning)
    if answer.finish == "length":
        console.note(f"the answer was cut after {len(answer.ids)} tokens - --max-tokens allows more")
    console.write(printable(answer.text).strip() + "\n")
    return OK
