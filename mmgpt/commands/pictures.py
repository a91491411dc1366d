"""What commands share that give a diagnosis a picture: their arguments, where results go, `--resume`, exit codes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mmgpt.commands.console import BOLD, FAILED, OK, USAGE, Console
from mmgpt.commands.inputs import EXTENSIONS, Source, expand, process

if TYPE_CHECKING:
    import numpy as np

    from mmgpt.commands.jsonl import JsonLines
    from mmgpt.schema import Diagnosis

OUTPUTS = f"""\
One file with --json gives one object; several files, or -r, give one object a line, each with its "path".
--jsonl writes such lines to a file instead of stdout; with --resume, pictures that the file already has (the same
path and the same bytes) are left out, and a line that was torn by a crash is done again.

Folders (-r) are taken in natural order: files that end in {", ".join(EXTENSIONS)}, hidden ones left out.
"""


@dataclass(frozen=True)
class Seen:
    """One picture and what is said about it; `pixels` (RGB uint8 [H, W, 3]) are what may be shown of it, if anything may."""

    diagnosis: Diagnosis
    pixels: np.ndarray | None = None


class Sink(Protocol):
    """Something that takes every result beside stdout and the JSON lines."""

    def begin(self, earlier: JsonLines | None, sources: Sequence[Source]) -> None:
        """Before the first picture: the JSON lines that an earlier run has left, if any, and what is to come."""
        ...

    def add(self, source: Source, seen: Seen) -> None:
        """One more result."""
        ...

    def end(self, failures: int, stopped: bool) -> str:
        """After the last picture, or when the run was stopped on its way: finishes, and says what was written."""
        ...

    def drop(self) -> None:
        """Instead of `end`: gives up and leaves nothing behind."""
        ...


class SinkError(Exception):
    """A sink cannot write: the message says what to do."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def add_picture_arguments(parser: argparse.ArgumentParser, metavar: str = "IMAGE") -> Any:
    """Which pictures, and `--json`, `--jsonl`, `--resume`, `-q`; returns the group of outputs, for more of the kind."""
    parser.add_argument("images", nargs="+", metavar=metavar, help="picture files, folders with -r, - for stdin")
    parser.add_argument("-r", "--recursive", action="store_true", help="take the pictures in folders and below")
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="JSON instead of text on stdout")
    output.add_argument("--jsonl", type=Path, metavar="OUT", help="write JSON lines to the file OUT")
    output.add_argument("--resume", action="store_true", help="go on with OUT: leave out what it already has")
    output.add_argument("-q", "--quiet", action="store_true", help="no progress and no notes on stderr")
    return output


def wrong_outputs(args: argparse.Namespace, console: Console) -> bool:
    """Says what is wrong with the outputs that were asked for; False where nothing is."""
    if args.resume and args.jsonl is None:
        console.fail("", "--resume goes on with a file - name it with --jsonl OUT")
        return True
    if args.jsonl is not None and str(args.jsonl) == "-":
        console.fail("", "--jsonl takes a file - for JSON lines on stdout use --json")
        return True
    return False


def single(args: argparse.Namespace) -> bool:
    """Whether the arguments name one picture, whose result is one object without its path."""
    return len(args.images) == 1 and not args.recursive


def run_pictures(
    args: argparse.Namespace,
    console: Console,
    work: Callable[[Source], Seen],
    label: str,
    sinks: Sequence[Sink] = (),
    shown: Callable[[Source, Diagnosis, int], str] | None = None,
) -> int:
    """Does the work for each picture and puts the results where the arguments say. Returns the exit code.

    `label` is what the progress bar says. `shown` makes what goes to stdout of (source, diagnosis, how many came
    before); by default JSON with `--json`, nothing where results go to a file or a sink, and text otherwise. Raises
    Unusable, OutputClosed, KeyboardInterrupt.
    """
    sources = expand(args.images, args.recursive, console)
    shown = shown or _shown(args, console, bool(sinks))
    with ExitStack() as stack:
        out = None
        if not sources:
            return FAILED if console.failures else OK
        from mmgpt.commands.jsonl import JsonLinesError
        from vision.image import shown as printable

        try:
            if args.jsonl is not None:
                out = stack.enter_context(_open(args.jsonl, args.resume))
            return _each(sources, console, work, label, sinks, shown, out)
        except SinkError as error:
            console.fail(printable(error.name), str(error))
            return FAILED
        except JsonLinesError as error:
            console.fail(printable(str(args.jsonl)), str(error))
            return USAGE if error.usage else FAILED


def _open(path: Path, resume: bool) -> JsonLines:
    from mmgpt.commands.jsonl import JsonLines
    from mmgpt.schema import DIAGNOSIS_SCHEMA

    return JsonLines(path, DIAGNOSIS_SCHEMA, resume)


def _each(
    sources: list[Source],
    console: Console,
    work: Callable[[Source], Seen],
    label: str,
    sinks: Sequence[Sink],
    shown: Callable[[Source, Diagnosis, int], str],
    out: JsonLines | None,
) -> int:
    left_out = 0
    if out is not None:
        console.advice = "what is done is kept - the same command with --resume goes on"
        fresh = [s for s in sources if s.path is None or not out.has(s.key, s.path)]
        left_out = len(sources) - len(fresh)
        sources = fresh
    written = 0
    with _sinking(sinks, out, sources, console):
        for source, seen in process(sources, work, console, label):
            if out is not None:
                out.append(record(source.key, seen.diagnosis.to_dict()))
            text = shown(source, seen.diagnosis, written)
            if text:
                console.write(text)
            for sink in sinks:
                sink.add(source, seen)
            written += 1
    if out is not None:
        from vision.image import shown as printable

        already = f", {left_out} already there" if left_out else ""
        failed = f", {console.failures} failed" if console.failures else ""
        console.note(f"{printable(str(out.path))}: {written} written{already}{failed}")
    return FAILED if console.failures else OK


@contextmanager
def _sinking(
    sinks: Sequence[Sink], out: JsonLines | None, sources: Sequence[Source], console: Console
) -> Iterator[None]:
    """Begins all sinks and ends them, also where the run is stopped on its way: what is done is not lost."""
    begun: list[Sink] = []
    try:
        for sink in sinks:
            begun.append(sink)
            sink.begin(out, sources)
    except BaseException:
        for sink in begun:
            sink.drop()
        raise
    try:
        yield
    except BaseException:
        for sink in sinks:
            try:
                console.note(sink.end(console.failures, stopped=True))
            except SinkError as error:  # why the run was stopped matters more
                console.fail(error.name, str(error))
        raise
    for sink in sinks:
        console.note(sink.end(console.failures, stopped=False))


def record(path: str, value: dict[str, Any]) -> dict[str, Any]:
    """The object of one of several pictures: the schema's, with `path` after its first key."""
    return {"schema": value["schema"], "path": path, **value}


def json_of(args: argparse.Namespace, source: Source, diagnosis: Diagnosis) -> str:
    """What `--json` writes for one picture, up to its line end."""
    from mmgpt.schema import layout, line

    value = diagnosis.to_dict()
    return (layout(value) if single(args) else line(record(source.key, value))) + "\n"


def text_of(args: argparse.Namespace, source: Source, diagnosis: Diagnosis, before: int, console: Console) -> str:
    """One picture as text, under its name where there are several; an empty line stands between two."""
    from mmgpt.commands.show import diagnosis_text

    text = diagnosis_text(diagnosis, console)
    if not single(args):
        text = console.paint(source.name, BOLD) + "\n" + text
    return "\n" + text if before else text


def _shown(args: argparse.Namespace, console: Console, sinking: bool) -> Callable[[Source, Diagnosis, int], str]:
    if args.json:
        return lambda source, diagnosis, before: json_of(args, source, diagnosis)
    if args.jsonl is not None or sinking:
        return lambda source, diagnosis, before: ""
    return lambda source, diagnosis, before: text_of(args, source, diagnosis, before, console)
