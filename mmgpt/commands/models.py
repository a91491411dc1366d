"""The reader, the extractor and the language model of a command: chosen by arguments, loaded when the first picture is there."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt import NANO_WEIGHTS
from mmgpt.commands.inputs import Unusable, missing_package
from vision.reader import READERS

if TYPE_CHECKING:
    from mmgpt.answer import FieldDecoder
    from mmgpt.extraction import Extractor
    from mmgpt.generate import Engine, Sampling
    from vision.reader.types import TextReader

TROUBLES = (ValueError, OSError, RuntimeError, ImportError)
"""What loading raises, each with a line that says what to do."""


def add_model_arguments(parser: argparse.ArgumentParser) -> Any:
    """`--reader` and `--weights`; returns their group, for more of the kind."""
    group = parser.add_argument_group("model")
    group.add_argument(
        "--reader", choices=READERS, default="nano", help="who reads the text: our network (nano) or a peer"
    )
    group.add_argument(
        "--weights", type=Path, metavar="DIR", help="a folder of weights instead of those in the package"
    )
    return group


def add_sampling_arguments(parser: argparse.ArgumentParser) -> None:
    """How answers are worded: the likeliest words by default, others by chance with `--temperature`."""
    group = parser.add_argument_group("wording")
    group.add_argument(
        "--temperature", type=number(float, 0, math.inf), default=0.0, metavar="T",
        help="0 (the default) takes the likeliest word each time, 1 draws words as likely as the model finds them",
    )  # fmt: skip
    group.add_argument(
        "--top-p", type=number(float, 0, 1, open_low=True), default=1.0, metavar="P",
        help="draw from the likeliest words that make up this share, 0 to 1",
    )  # fmt: skip
    group.add_argument(
        "--top-k", type=number(int, 0, 10**9), default=0, metavar="K", help="draw from the K likeliest words; 0: all"
    )
    group.add_argument("--seed", type=number(int, 0, 2**63 - 1), default=0, metavar="N", help="the same N draws alike")
    group.add_argument(
        "--max-tokens", type=number(int, 1, 10**9), default=192, metavar="N", help="end an answer after N tokens"
    )


def sampling_of(args: argparse.Namespace) -> Sampling:
    """The arguments of `add_sampling_arguments` as the engine takes them."""
    from mmgpt.generate import Sampling

    return Sampling(args.max_tokens, args.temperature, args.top_k, args.top_p, args.seed)


def number(kind: type, low: float, high: float, *, open_low: bool = False) -> Callable[[str], Any]:
    """A type of argument: a finite number of that kind from `low` (beyond it with `open_low`) to `high`."""

    def parse(text: str) -> Any:
        value = kind(text)
        if not low <= value <= high or (open_low and value == low) or not math.isfinite(value):
            upper = "finite" if high == math.inf else f"at most {high}"
            raise argparse.ArgumentTypeError(
                f"{text} is not {'more than' if open_low else 'at least'} {low} and {upper}"
            )
        return value

    parse.__name__ = "whole number" if kind is int else "number"  # argparse names it in its complaint
    return parse


class Models:
    """Loads each part once, when it is first asked for. Raises `Unusable` with one line that says what to do."""

    def __init__(self, reader: str, weights: Path | None, *, fields_by_decoder: bool = False) -> None:
        self._reader_name = reader
        self._weights = weights
        self._fields_by_decoder = fields_by_decoder

    @cached_property
    def reader(self) -> TextReader:
        """The chosen reader."""
        from mmgpt.caption import load_reader

        try:
            return load_reader(self._reader_name, self._weights)
        except TROUBLES as error:
            raise Unusable(reason_of(error)) from error

    @cached_property
    def extractor(self) -> Extractor:
        """The extractor, which is the same for every reader."""
        from mmgpt.caption import load_extractor

        try:
            return load_extractor(self._weights)
        except TROUBLES as error:
            raise Unusable(reason_of(error)) from error

    @cached_property
    def decoder(self) -> FieldDecoder | None:
        """Who answers fields beside the extractor; None where nobody does."""
        if not self._fields_by_decoder:
            return None
        from mmgpt.caption import load_decoder

        try:
            return load_decoder(self._weights, self.reader)
        except TROUBLES as error:
            raise Unusable(reason_of(error)) from error

    @cached_property
    def engine(self) -> Engine:
        """The language model over the chosen reader's lines."""
        folder = self._weights or NANO_WEIGHTS
        try:
            from mmgpt.checkpoint import load_engine
            from vision.reader.weights import read_config

            described = read_config(folder).get("model")
            if described is None:
                raise Unusable(f"{folder} has no language model - name a folder that has one: --weights DIR")
            reads = isinstance(described, dict) and described.get("lines") is not None
            engine: Engine = load_engine(folder, self.reader if reads else None)
        except TROUBLES as error:
            raise Unusable(reason_of(error)) from error
        return engine

    @property
    def name(self) -> str:
        """What answers call themselves: the folder's model, and the reader where it is not its own."""
        own = self.engine.model.config.name
        return own if self._reader_name == "nano" else f"{own}+{self._reader_name}"


def reason_of(error: Exception) -> str:
    """One line on why a part cannot be loaded."""
    return missing_package(error) if isinstance(error, ModuleNotFoundError) else str(error)
