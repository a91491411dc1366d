"""`--markdown OUT` and `--html OUT`: results into a report, those of an earlier run (`--jsonl … --resume`) included."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mmgpt.commands.inputs import Source
from mmgpt.commands.pictures import Seen, SinkError

if TYPE_CHECKING:
    import numpy as np

    from mmgpt.commands.jsonl import JsonLines
    from mmgpt.report.html import HtmlReport
    from mmgpt.report.target import Target
    from mmgpt.schema import Diagnosis
    from vision.image import LoadedImage

MARKDOWN, HTML = (".md", ".markdown"), (".html", ".htm")
HEADING = "# Screenshot diagnosis"
"""The first line of every Markdown report: how a file of ours is known."""

Presentable = Callable[["LoadedImage"], "np.ndarray | None"]
"""What may be shown of a picture (RGB uint8 [H, W, 3]); None where nothing may."""
Tellable = Callable[["Diagnosis"], "Diagnosis"]
"""What may be told of a diagnosis that an earlier run wrote down: it may have been another kind of run."""


class MarkdownFile:
    """A section a picture, one below the other, in a file that is put in its place when all are there."""

    def __init__(self, path: Path, tellable: Tellable) -> None:
        self._path = path
        self._tellable = tellable
        self._count = 0
        self._target: Target | None = None

    def begin(self, earlier: JsonLines | None, sources: Sequence[Source]) -> None:
        """Takes over what an earlier run has left. Raises SinkError."""
        from mmgpt.report.target import Target

        with _reporting(self._path):
            self._target = Target(self._path, HEADING)
            self._target.write(HEADING + "\n")
        for key, diagnosis in earlier_results(earlier, sources):
            self._put(key, self._tellable(diagnosis))

    def add(self, source: Source, seen: Seen) -> None:
        """One more section. Raises SinkError."""
        self._put(source.key, seen.diagnosis)

    def end(self, failures: int, stopped: bool) -> str:
        """Puts the file in its place. Raises SinkError."""
        assert self._target is not None, "begin comes first"
        if stopped and not self._count:
            self.drop()
            return _nothing(self._path)
        with _reporting(self._path):
            if stopped:
                self._target.write("\nThe run was stopped on its way: what was done until then is here.\n")
            self._target.commit()
        return _told(self._path, self._count)

    def drop(self) -> None:
        """Leaves the path as it was."""
        if self._target is not None:
            self._target.drop()

    def _put(self, key: str, diagnosis: Diagnosis) -> None:
        from mmgpt.report import markdown_section

        assert self._target is not None, "begin comes first"
        with _reporting(self._path):
            self._target.write("\n" + markdown_section(diagnosis, key))
        self._count += 1


class HtmlFile:
    """The HTML report. `presentable` says what may be shown of a picture, `tellable` what of an earlier run's results."""

    def __init__(self, path: Path, tellable: Tellable, presentable: Presentable) -> None:
        self._path = path
        self._tellable = tellable
        self._presentable = presentable
        self._report: HtmlReport | None = None

    def begin(self, earlier: JsonLines | None, sources: Sequence[Source]) -> None:
        """Takes over what an earlier run has left, with the pictures that are still where they were. Raises SinkError."""
        from mmgpt.report.html import HtmlReport

        count = len(sources) + (len(earlier.done) if earlier is not None else 0)
        with _reporting(self._path):
            self._report = HtmlReport(self._path, count)
            for key, diagnosis in earlier_results(earlier, sources):
                pixels, missing = self._look_again(key, diagnosis)
                self._report.add(key, self._tellable(diagnosis), pixels, missing)

    def add(self, source: Source, seen: Seen) -> None:
        """One more picture. Raises SinkError."""
        assert self._report is not None, "begin comes first"
        with _reporting(self._path):
            self._report.add(source.key, seen.diagnosis, seen.pixels, "" if seen.pixels is not None else HIDDEN)

    def end(self, failures: int, stopped: bool) -> str:
        """Puts the file in its place. Raises SinkError."""
        assert self._report is not None, "begin comes first"
        if stopped and not self._report.count:
            self.drop()
            return _nothing(self._path)
        with _reporting(self._path):
            return _told(self._path, self._report.finish(failures, stopped))

    def drop(self) -> None:
        """Leaves the path as it was."""
        if self._report is not None:
            self._report.drop()

    def _look_again(self, key: str, diagnosis: Diagnosis) -> tuple[np.ndarray | None, str]:
        from vision.image import ImageError, load_image

        if key == "-":
            return None, "The picture came through a pipe and is not kept."
        try:
            loaded = load_image(Path(key))
        except ImageError:
            return None, "The picture is not at its path any more."
        if loaded.sha256 != diagnosis.image.sha256:
            return None, "Another picture is at this path now."
        pixels = self._presentable(loaded)
        return pixels, "" if pixels is not None else HIDDEN


HIDDEN = "The picture is left out: secrets that were read in it could not be covered."


def earlier_results(earlier: JsonLines | None, sources: Sequence[Source]) -> Iterator[tuple[str, Diagnosis]]:
    """(path, diagnosis) of what the file holds, the latest of each path, without the pictures that are to come again."""
    from mmgpt.schema import Diagnosis

    if earlier is None:
        return
    again = {source.key for source in sources}
    latest: dict[str, int] = {}
    for number, record in enumerate(_records(earlier.path)):
        latest[str(record["path"])] = number
    for number, record in enumerate(_records(earlier.path)):
        key = str(record.pop("path"))
        if key not in again and latest[key] == number:
            try:
                yield key, Diagnosis.model_validate(record)
            except ValueError as error:
                raise SinkError(
                    str(earlier.path), f"what it says about {key} is not a diagnosis - take that line out"
                ) from error


def _records(path: Path) -> Iterator[dict[str, object]]:
    """The objects of a file of JSON lines that `JsonLines` has accepted."""
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


@contextmanager
def _reporting(path: Path) -> Iterator[None]:
    """What a report cannot do is what its sink cannot do."""
    from mmgpt.report.target import ReportError

    try:
        yield
    except ReportError as error:
        raise SinkError(str(path), str(error)) from error


def _told(path: Path, count: int) -> str:
    from vision.image import shown

    return f"{shown(str(path))}: {count} picture{'' if count == 1 else 's'}"


def _nothing(path: Path) -> str:
    from vision.image import shown

    return f"{shown(str(path))}: not written, since no picture was done"
