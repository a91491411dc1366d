"""`mmgpt redact`: pictures with the secrets that can be read in them painted over, before they are shown to anybody."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt.commands.console import FAILED, OK, USAGE, Console, OutputClosed, one_line
from mmgpt.commands.inputs import Source, expand, process
from mmgpt.commands.models import Models, add_model_arguments
from mmgpt.redaction.secret import DEFAULT_KINDS, KINDS, OPTIONAL_KINDS, kinds_of

if TYPE_CHECKING:
    import numpy as np

    from mmgpt.redaction.paint import Redacted
    from vision.image import LoadedImage

HELP = "paint over keys, passwords, mail addresses and the like in pictures"
DETAILS = f"""\
Paints over the secrets that can be read in pictures, offline: with one flat colour, which nobody can undo. The result is
read again, and what is still found is painted as well. What comes out holds pixels only, no metadata.

  mmgpt redact shot.png -o clean.png
  mmgpt redact -r tickets/ -o clean/ --json
  mmgpt redact - -o - < shot.png > clean.png
  mmgpt redact shot.png --json            (only says what would be covered)

Kinds: {", ".join(DEFAULT_KINDS)}; not unless named: {", ".join(OPTIONAL_KINDS)}.
--json says what was covered, kinds and boxes; the secrets themselves only with --show.

It covers what it can read. Look at the result before you send it: what is drawn, handwritten or unreadably small is not seen.

Exit codes: 0 all pictures are clean, 1 some failed or something could still be read in a result (one line each on
stderr; such a result is written all the same), 2 wrong usage, 130 Ctrl-C.
"""
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
SCHEMA = "mmgpt.redaction/1"
STDOUT = Path("-")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="picture files, folders with -r, - for stdin")
    parser.add_argument("-r", "--recursive", action="store_true", help="take the pictures in folders and below")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT",
        help="the file for one picture (.png, .jpg), - for stdout; a folder for several or -r",
    )  # fmt: skip
    parser.add_argument(
        "--kinds", type=_kinds, metavar="KIND,…", help=f"what to cover, of {', '.join(KINDS)}; +KIND adds to the usual"
    )
    parser.add_argument("--json", action="store_true", help="say as JSON what was covered: kinds and boxes")
    parser.add_argument("--show", action="store_true", help="with --json, the covered texts too (they are secret)")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress and no notes on stderr")
    add_model_arguments(parser)


def _kinds(text: str) -> frozenset[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    added = [name[1:] for name in names if name.startswith("+")]
    try:
        chosen = kinds_of([name for name in names if not name.startswith("+")] or None)
        return chosen | kinds_of(added) if added else chosen
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


@dataclass(frozen=True)
class Cleaned:
    """One picture, decoded and redacted."""

    loaded: LoadedImage
    redacted: Redacted


def run(args: argparse.Namespace, console: Console) -> int:
    """Redacts the pictures. Returns the exit code; raises Unusable, OutputClosed, KeyboardInterrupt."""
    one = len(args.images) == 1 and not args.recursive
    trouble = _wrong(args, one)
    if trouble:
        console.fail("", trouble)
        return USAGE
    sources = expand(args.images, args.recursive, console)
    targets = _Targets(args.output, one, [Path(image) for image in args.images])
    models = Models(args.reader, args.weights)
    for source, cleaned in process(sources, lambda s: _clean(s, models, args.kinds), console, "redacting"):
        for warning in cleaned.loaded.warnings:
            console.note(f"{source.name}: {warning.replace('is read', 'is written')}")
        target: Path | None = None
        if args.output is not None:
            try:
                target = targets.of(source)
                _write(cleaned.redacted.image, target)
            except BrokenPipeError as error:
                raise OutputClosed from error
            except OSError as error:
                console.fail(source.name, f"cannot be written ({error.strerror or error}) - name another file with -o")
                continue
        if cleaned.redacted.left:
            kinds = _counted(secret.kind for secret in cleaned.redacted.left)
            console.fail(source.name, f"something can still be read in the result ({kinds}) - cover it by hand")
        _tell(args, source, target, cleaned, one, console)
    return FAILED if console.failures else OK


def _wrong(args: argparse.Namespace, one: bool) -> str:
    if args.show and not args.json:
        return "--show goes with --json"
    if args.output is None:
        return "" if args.json else "say where to write with -o OUT, or add --json to be told what would be covered"
    if args.output == STDOUT:
        if not one:
            return "-o - takes one picture - name a folder with -o for several"
        return "--json and the picture cannot both go to stdout - name a file with -o" if args.json else ""
    if one:
        if args.output.suffix.lower() not in FORMATS:
            return f"-o needs a file name that ends in {', '.join(FORMATS)}"
        if args.images[0] != "-" and _same(Path(args.images[0]), args.output):
            return "-o names the picture itself, which would be lost - name another file"
    elif args.output.exists() and not args.output.is_dir():
        return "-o must be a folder for several pictures - name another"
    return ""


def _same(first: Path, second: Path) -> bool:
    try:
        return os.path.samefile(first, second)
    except (OSError, ValueError):
        return False


class _Targets:
    """Where each picture goes. In a folder of outputs they keep their places and names, and end in .png."""

    def __init__(self, output: Path | None, one: bool, given: list[Path]) -> None:
        self.output, self.one = output, one
        self._folders = [path for path in given if path.is_dir()]
        self._taken: set[Path] = set()

    def of(self, source: Source) -> Path:
        """The file for a picture. Raises OSError where it would replace a picture that was given or written before."""
        assert self.output is not None
        if self.one:
            return self.output
        path = source.path if source.path is not None else Path("stdin")
        inside = next((path.relative_to(folder) for folder in self._folders if path.is_relative_to(folder)), None)
        name = inside if inside is not None else Path(path.name)
        for target in (self.output / name.with_suffix(".png"), self.output / f"{name}.png"):
            if target not in self._taken and not (source.path is not None and _same(source.path, target)):
                self._taken.add(target)
                target.parent.mkdir(parents=True, exist_ok=True)
                return target
        raise OSError(f"another picture is written to {name.with_suffix('.png')} already")


def _clean(source: Source, models: Models, kinds: frozenset[str] | None) -> Cleaned:
    from mmgpt.redaction.paint import redact_picture

    loaded = source.load()
    return Cleaned(loaded, redact_picture(loaded.pixels, models.reader, kinds))


def _write(pixels: np.ndarray, target: Path) -> None:
    """The picture as PNG, or as JPEG where the name says so: a new file without metadata, which appears whole or not at all."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, FORMATS.get(target.suffix.lower(), "PNG"), **_quality(target))
    if target == STDOUT:
        sys.stdout.buffer.write(buffer.getvalue())
        sys.stdout.buffer.flush()
        return
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_bytes(buffer.getvalue())
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)


def _quality(target: Path) -> dict[str, Any]:
    return {"quality": 92} if FORMATS.get(target.suffix.lower()) == "JPEG" else {}


def _tell(
    args: argparse.Namespace, source: Source, target: Path | None, cleaned: Cleaned, one: bool, console: Console
) -> None:
    covered = cleaned.redacted.covered
    if args.json:
        from mmgpt.schema import layout, line

        value = {
            "schema": SCHEMA,
            "path": source.key,
            "output": None if target is None else os.fsencode(target).decode("utf-8", "replace"),
            "image": {"width": cleaned.loaded.width, "height": cleaned.loaded.height, "sha256": cleaned.loaded.sha256},
            "covered": [
                {"kind": c.kind, "boxes": [list(box) for box in c.boxes], **({"text": c.text} if args.show else {})}
                for c in covered
            ],
            "left": [secret.kind for secret in cleaned.redacted.left],
            "warnings": list(cleaned.loaded.warnings),
        }
        console.write((layout(value) if one else line(value)) + "\n")
        return
    said = f"{len(covered)} covered ({_counted(c.kind for c in covered)})" if covered else "nothing to cover"
    if target == STDOUT:
        console.note(f"{source.name}: {said}")
    else:
        console.write(one_line(f"{source.name}: {said}, written to {target}") + "\n")


def _counted(kinds: Iterable[str]) -> str:
    return ", ".join(f"{kind} {number}" for kind, number in sorted(Counter(kinds).items()))
