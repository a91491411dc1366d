"""Who names the fields better: the extractor, the decoder, or both as the weights' policy combines them.

`python -m train.evaluation.deciders --data dev --markdown table.md`: one reader, the same lines, paired intervals as everywhere. The
decoder ships for a field only where it is better on `dev` beyond the interval; `test` then says what that was worth.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from mmgpt import NANO_WEIGHTS
from mmgpt.answer import FieldDecoder, fields_by_decoder, load_decoder
from mmgpt.checkpoint import load_engine
from mmgpt.extract import LineExtractor, load_extractor
from mmgpt.extraction import Extraction, Extractor, FieldValue
from mmgpt.generate import Engine
from mmgpt.schema import FIELDS
from train.evaluate import machine, report_console
from train.evaluation.readings import CACHE, ReadingCache, reader_version
from train.evaluation.report import print_report, to_markdown
from train.evaluation.run import Contender, differences, evaluate, sample_folder
from train.evaluation.samples import SampleError, load_samples
from vision.reader import make_reader
from vision.reader.types import Line

log = logging.getLogger(__name__)


class DecoderAlone:
    """The decoder as an extractor: every field is its answer; what it gives no usable answer for is abstained."""

    def __init__(self, engine: Engine, floor: LineExtractor) -> None:
        self.engine, self.floor = engine, floor

    def extract(self, lines: list[Line], image: np.ndarray) -> Extraction:
        """The picture is read anew by the engine, with all that the reader knows of its characters."""
        del lines
        seen = self.engine.look(image)
        found = self.floor.extract(seen.lines, image)  # for the caption and the shape; no field of it is kept
        if not seen.lines:
            return found
        values = fields_by_decoder(self.engine, seen)
        if values["is_error"].value is False:
            nothing = FieldValue(None, values["is_error"].confidence)
            values |= {"message": nothing, "error_code": nothing, "category": replace(nothing, value="none")}
        abstained = tuple(n for n in FIELDS if values[n].value is None and values[n].confidence == 0.0)
        chosen: dict[str, Any] = {**values, "abstained": abstained}
        return replace(found, **chosen)


class Combined:
    """Extractor and decoder as `mmgpt caption` uses them."""

    def __init__(self, decoder: FieldDecoder, floor: LineExtractor) -> None:
        self.decoder, self.floor = decoder, floor

    def extract(self, lines: list[Line], image: np.ndarray) -> Extraction:
        """The extractor's fields with the decoder's say where it has one."""
        return self.decoder.revise(self.floor.extract(lines, image), lines, image)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table; 0, or 2 when data or weights are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="dev", metavar="SET", help="dev, test, heldout or a folder")
    parser.add_argument("--weights", type=Path, default=NANO_WEIGHTS)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        samples = load_samples(sample_folder(options.data), options.limit)
        reader, floor = make_reader("nano", options.weights), load_extractor(options.weights)
        deciders: dict[str, Extractor] = {
            "extractor": floor, "decoder": DecoderAlone(load_engine(options.weights, reader), floor)
        }  # fmt: skip
        policy = load_decoder(options.weights, reader)
        if policy is not None:
            deciders["together"] = Combined(policy, floor)
    except (SampleError, FileNotFoundError, ValueError) as error:
        log.error("%s", error)
        return 2
    cache, version = ReadingCache(CACHE), reader_version(reader, options.weights)
    results = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for name, decider in deciders.items():
            task = progress.add_task(name, total=len(samples))
            contender = Contender(name, reader, version)
            results.append(evaluate(samples, contender, decider, cache, partial(progress.advance, task, 1)))
    ours = results[-1]
    gaps = {other.reader: differences(ours, other) for other in results[:-1]}
    ordered = [ours, *results[:-1]]
    print_report(report_console(), options.data, ordered, gaps)
    if options.markdown:
        options.markdown.write_text(to_markdown(options.data, ordered, gaps, machine()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
