"""The reader and the extractor of a command: chosen by arguments, loaded when the first picture is there."""

from __future__ import annotations

import argparse
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mmgpt.commands.inputs import Unusable, missing_package
from vision.reader import READERS

if TYPE_CHECKING:
    from mmgpt.extraction import Extractor
    from vision.reader.types import TextReader


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """`--reader` and `--weights`."""
    group = parser.add_argument_group("model")
    group.add_argument(
        "--reader", choices=READERS, default="nano", help="who reads the text: our network (nano) or a peer"
    )
    group.add_argument(
        "--weights", type=Path, metavar="DIR", help="a folder of weights instead of those in the package"
    )


class Models:
    """Loads each part once, when it is first asked for. Raises `Unusable` with one line that says what to do."""

    def __init__(self, reader: str, weights: Path | None) -> None:
        self._reader_name = reader
        self._weights = weights

    @cached_property
    def reader(self) -> TextReader:
        """The chosen reader."""
        from mmgpt.caption import load_reader

        try:
            return load_reader(self._reader_name, self._weights)
        except (ValueError, OSError, RuntimeError, ImportError) as error:
            raise Unusable(_reason(error)) from error

    @cached_property
    def extractor(self) -> Extractor:
        """The extractor, which is the same for every reader."""
        from mmgpt.caption import load_extractor

        try:
            return load_extractor(self._weights)
        except (ValueError, OSError, RuntimeError, ImportError) as error:
            raise Unusable(_reason(error)) from error


def _reason(error: Exception) -> str:
    return missing_package(error) if isinstance(error, ModuleNotFoundError) else str(error)
