"""A picture in, a diagnosis out: read the lines, extract the fields, put both into the schema.

`python -m mmgpt.caption image.png` is the command `mmgpt caption`.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mmgpt import NANO_WEIGHTS
from mmgpt.schema import FIELDS, Diagnosis, Evidence, ImageInfo, Reading, TextLine, around, clip, unit

if TYPE_CHECKING:
    from mmgpt.answer import FieldDecoder
    from mmgpt.extraction import Extraction, Extractor, FieldValue
    from vision.image import LoadedImage
    from vision.reader.types import Line, TextReader

    Picture = LoadedImage | str | Path | bytes | BinaryIO


def load_reader(name: str = "nano", weights: Path | None = None) -> TextReader:
    """A reader by name: 'nano' (our network, from the folder `weights`), 'tesseract' or 'rapidocr'.

    Raises `vision.reader.weights.WeightsError` (a ValueError) for damaged or missing weights, and what the peers raise
    when they are not installed; each message says what to do.
    """
    from vision.reader import make_reader

    return make_reader(name, weights=weights or NANO_WEIGHTS) if name == "nano" else make_reader(name)


def load_extractor(weights: Path | None = None) -> Extractor:
    """The extractor in the folder `weights`; the same one for the lines of every reader. Raises `WeightsError`."""
    from mmgpt.extract import load_extractor as load

    return load(weights or NANO_WEIGHTS)


def load_decoder(weights: Path | None = None, reader: TextReader | None = None) -> FieldDecoder | None:
    """The decoder in the folder `weights`, over the lines of `reader`; None where the folder has none, or leaves all to the extractor.

    Raises `WeightsError`.
    """
    from mmgpt.answer import load_decoder as load

    return load(weights or NANO_WEIGHTS, reader)


def caption_image(
    image: Picture,
    reader: TextReader | None = None,
    extractor: Extractor | None = None,
    decoder: FieldDecoder | None = None,
    *,
    decode_ms: float | None = None,
) -> Diagnosis:
    """What a picture shows.

    `image` is a picture loaded by `vision.image.load_image`, or anything that takes (a path, bytes, an open file).
    Without `reader` and `extractor` those of the package's own weights are loaded, and its decoder, at every call: load them
    once where there are many pictures. Where either is given, only a `decoder` that is given too has a say.
    `decode_ms` is the time that loading took, if the caller did it.
    Raises `vision.image.ImageError` for a picture that cannot be used and `WeightsError` for broken weights.
    """
    from mmgpt.perception import plain_lines, read_lines

    loaded, decode_ms = loaded_picture(image, decode_ms)
    if reader is None and extractor is None and decoder is None:
        reader = load_reader()
        decoder = load_decoder(reader=reader)
    reader = reader or load_reader()
    extractor = extractor or load_extractor()
    start = time.perf_counter()
    # A decoder is told what the reader knows beyond the words; reading is done once for both.
    known = reader.read(loaded.pixels) if decoder is None else read_lines(reader, loaded.pixels)
    lines = plain_lines(known)
    seconds = {"read": time.perf_counter() - start}
    start = time.perf_counter()
    extraction = extractor.extract(lines, loaded.pixels)
    seconds["extract"] = time.perf_counter() - start
    if decoder is not None:
        start = time.perf_counter()
        extraction = decoder.revise(extraction, known, loaded.pixels)
        seconds["answer"] = time.perf_counter() - start
    values = {name: _value(extraction, name) for name in FIELDS}
    return Diagnosis.model_validate(
        {
            "schema": "mmgpt.diagnosis/1",
            "image": image_info(loaded),
            "caption": extraction.caption,
            **values,
            "evidence": _evidence(extraction, lines, loaded),
            "confidence": {name: unit(_field(extraction, name).confidence) for name in FIELDS},
            "abstained": list(extraction.abstained),
            "text": [TextLine.from_line(line, loaded.width, loaded.height) for line in lines],
            "warnings": [*loaded.warnings, *extraction.warnings],
            "model": model_name(reader),
            "timing_ms": timings(decode_ms, **seconds),
        }
    )


def read(image: Picture, reader: TextReader | None = None) -> list[Line]:
    """The lines of a picture in reading order. See `caption_image` for what `image` may be and what is raised."""
    loaded, _ = loaded_picture(image, None)
    return (reader or load_reader()).read(loaded.pixels)


def reading(loaded: LoadedImage, lines: list[Line], name: str, decode_ms: float, read_ms: float) -> Reading:
    """What a reader called `name` read, as the object of `mmgpt read --json`."""
    return Reading(
        image=image_info(loaded),
        text=[TextLine.from_line(line, loaded.width, loaded.height) for line in lines],
        warnings=list(loaded.warnings),
        model="mmgpt-nano" if name == "nano" else name,
        timing_ms=timings(decode_ms, read=read_ms / 1000),
    )


def words_box(line: Line, text: str) -> tuple[int, int, int, int]:
    """The box of the part of a line that reads `text`.

    The whole line's box where the reader does not say where its characters stand, or where `text` is not in it.
    """
    letters = [(char.text, char) for char in line.characters if not char.text.isspace()]
    wanted = "".join(text.split())
    start = "".join(letter for letter, _ in letters).find(wanted) if wanted else -1
    if start < 0:
        return line.box
    place = 0
    hit = []
    for letter, char in letters:
        if start <= place < start + len(wanted):
            hit.append(char)
        place += len(letter)
    x0, y0, x1, y1 = line.box
    left = max(x0, int(min(char.x0 for char in hit)))
    right = min(x1, -int(-max(char.x1 for char in hit) // 1))
    return (left, y0, right, y1) if left < right else line.box


def loaded_picture(image: Picture, decode_ms: float | None) -> tuple[LoadedImage, float | None]:
    """The picture, and how many milliseconds it took to load: those given for one that is loaded already. Raises `ImageError`."""
    from vision.image import LoadedImage, load_image

    if isinstance(image, LoadedImage):
        return image, decode_ms
    start = time.perf_counter()
    loaded = load_image(image)
    return loaded, (time.perf_counter() - start) * 1000


def _field(extraction: Extraction, name: str) -> FieldValue:
    value: FieldValue = getattr(extraction, name)
    return value


def _value(extraction: Extraction, name: str) -> str | bool | None:
    return None if name in extraction.abstained else _field(extraction, name).value


def _evidence(extraction: Extraction, lines: list[Line], loaded: LoadedImage) -> list[Evidence]:
    """One entry a field that has lines and a value: the words, the box around them, the weakest line's confidence."""
    found = []
    for name in FIELDS:
        field = _field(extraction, name)
        own = [lines[index] for index in field.lines]
        if not own or _value(extraction, name) is None:
            continue
        boxes = [words_box(own[0], field.text) if len(own) == 1 and field.text else line.box for line in own]
        found.append(
            Evidence(
                field=name,
                text=field.text or " ".join(line.text for line in own),
                box=clip(around(boxes), loaded.width, loaded.height),
                confidence=unit(min(line.confidence for line in own)),
            )
        )
    return found


def image_info(loaded: LoadedImage) -> ImageInfo:
    """A picture's size and bytes as the schema has them."""
    return ImageInfo(width=loaded.width, height=loaded.height, sha256=loaded.sha256)


def model_name(reader: TextReader) -> str:
    """Which model answered: our own, or our extractor over another reader's lines."""
    return "mmgpt-nano" if reader.name == "nano" else f"mmgpt-nano+{reader.name}"


def timings(decode_ms: float | None, **seconds: float) -> dict[str, float]:
    """`timing_ms` of the schema: the parts, from seconds to milliseconds, and their total first."""
    parts = {} if decode_ms is None else {"decode": decode_ms}
    parts |= {name: value * 1000 for name, value in seconds.items()}
    return {name: round(value, 1) for name, value in {"total": sum(parts.values()), **parts}.items()}


if __name__ == "__main__":
    import sys

    from mmgpt.cli import main

    raise SystemExit(main(["caption", *sys.argv[1:]], program="python -m mmgpt.caption"))
