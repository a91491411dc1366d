"""From command line arguments to pictures: files, folders, stdin, and a line for everything that is none of these."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mmgpt.commands.console import Console

if TYPE_CHECKING:
    from vision.image import LoadedImage

T = TypeVar("T")

EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp")
"""What is taken from folders. A file that is named is tried whatever its name: its content decides."""


class Unusable(Exception):
    """Nothing can be done for any picture (broken weights, a reader that is not installed): the message says why."""


@dataclass(frozen=True)
class Source:
    """One picture to come: `name` is what we show, on one line whatever is in it; `path` None means stdin."""

    name: str
    path: Path | None

    @property
    def key(self) -> str:
        """The path as JSON holds it: as it is, but for bytes that are not UTF-8, which become U+FFFD."""
        return "-" if self.path is None else os.fsencode(self.path).decode("utf-8", "replace")

    def load(self) -> LoadedImage:
        """Decodes the picture. Raises `vision.image.ImageError`."""
        from vision.image import load_image

        return load_image(sys.stdin.buffer if self.path is None else self.path)


def missing_package(error: ModuleNotFoundError) -> str:
    """What to say where a Python package is not installed."""
    return f"the Python package {error.name} is not installed - see `mmgpt doctor`"


def natural(path: str) -> tuple[list[list[tuple[str, int]]], str]:
    """A sort key: folder by folder, numbers by value, letters without case: shot2.png comes before shot10.png."""
    *folders, name = path.split(os.sep)
    parts = [*folders, *os.path.splitext(name)]
    pieces = [re.findall(r"([^0-9]*)([0-9]*)", part.casefold()) for part in parts]
    return [[(text, int(number or -1)) for text, number in piece] for piece in pieces], path


def expand(arguments: list[str], recursive: bool, console: Console) -> list[Source]:
    """The pictures that the arguments name, each once. What cannot be used is reported to the console."""
    from vision.image import shown

    found: dict[str, Source] = {}
    for argument in arguments:
        if argument == "-":
            if sys.stdin.isatty():
                console.fail("-", "stdin is a terminal - pipe a picture into it, as in `mmgpt caption - < shot.png`")
            else:
                found.setdefault("-", Source("-", None))
            continue
        path = Path(argument)
        if not os.path.isdir(argument):  # unlike Path.is_dir, this never raises
            # files that do not exist go on too: reading them tells what is wrong, in the words of every other failure
            found.setdefault(argument, Source(shown(argument), path))
        elif not recursive:
            console.fail(shown(argument), "is a folder - add -r to take the pictures in it")
        else:
            before = console.failures
            inside = _pictures(path, console)
            if not inside and console.failures == before:
                console.fail(
                    shown(argument), f"no pictures in this folder - it needs files that end in {', '.join(EXTENSIONS)}"
                )
            for name in inside:
                found.setdefault(name, Source(shown(name), Path(name)))
    return list(found.values())


def process(
    sources: list[Source], work: Callable[[Source], T], console: Console, label: str
) -> Iterator[tuple[Source, T]]:
    """Does the work for each source and yields what came of it; a source that fails gives one line, the rest goes on.

    `Unusable`, a package that is not installed and Ctrl-C end everything.
    """
    from vision.image import ImageError

    for source in console.track(sources, label):
        try:
            result = work(source)
        except (Unusable, ModuleNotFoundError):
            raise
        except ImageError as error:
            console.debug()
            console.fail(source.name, _image_trouble(source, str(error)))
        except Exception as error:
            console.debug()
            console.fail(source.name, _explain(error))
        else:
            yield source, result


def _pictures(folder: Path, console: Console) -> list[str]:
    """All pictures below a folder in natural order. Hidden files and folders are left out, links are not followed."""

    from vision.image import shown

    def unreadable(error: OSError) -> None:
        console.fail(shown(error.filename or str(folder)), f"{error.strerror} - check its permissions")

    names = []
    for base, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        wanted = (n for n in files if not n.startswith(".") and n.lower().endswith(EXTENSIONS))
        names += [os.path.join(base, name) for name in wanted]
    return sorted(names, key=natural)


def _image_trouble(source: Source, message: str) -> str:
    """`vision.image` names the picture in its sentence; our lines have the name in front."""
    for name in (source.name, "the input"):
        message = message.removeprefix(f"{name} ")
    return message.replace(": ", " - ", 1)


def _explain(error: Exception) -> str:
    first = next(iter(str(error).splitlines()), "")
    if isinstance(error, MemoryError) or "allocate memory" in first or "out of memory" in first:
        return "not enough memory for this picture - close other programs or make the picture smaller"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} - check the path and its permissions"
    detail = f"{type(error).__name__}: {first}" if first else type(error).__name__
    return f"failed unexpectedly ({detail}) - set MMGPT_DEBUG=1 to see where, and report it"
