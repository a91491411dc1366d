"""Reading text off pictures: our own networks, and two well-known readers behind the same interface."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vision.reader.types import TextReader

READERS = ("nano", "rapidocr", "tesseract")


def make_reader(name: str = "nano", weights: Path | None = None) -> TextReader:
    """A reader by name. `weights` is a folder for "nano" (None: the package's own).

    Raises ValueError for another name, `WeightsError` for missing or damaged weights, and RuntimeError when the program or
    package behind a peer is not installed, each saying what to do.
    """
    if name == "nano":
        from vision.reader.nano import NanoReader

        return NanoReader.load(weights)
    if name == "tesseract":
        from vision.reader.tesseract import TesseractReader

        return TesseractReader()
    if name == "rapidocr":
        from vision.reader.rapidocr import RapidOCRReader

        return RapidOCRReader()
    raise ValueError(f"there is no reader {name!r}; choose one of {', '.join(READERS)}")
