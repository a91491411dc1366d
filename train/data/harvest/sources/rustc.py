"""rustc's error codes: the examples of `rustc --explain`, really compiled, and what the compiler says of them."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import SourceError, needs, output

logger = logging.getLogger(__name__)

_EXAMPLE = re.compile(r"^```[^\n`]*\n(.*?)^```", re.S | re.M)
_EXAMPLES = 2  # of an explanation: the first ones are those that fail
_LAST = 810
_SECONDS = 20
_SYNTAX = frozenset(
    "E0425 E0412 E0405 E0433 E0423 E0424 E0426 E0416 E0428 E0403 E0404 E0407 E0408 E0415 E0435 E0437 E0438".split()
)
_TYPE = frozenset(
    "E0308 E0277 E0599 E0061 E0282 E0369 E0600 E0604 E0605 E0606 E0607 E0608 E0609 E0610 E0614 E0618 E0631".split()
)
_IMPORT = frozenset("E0432 E0463 E0583".split())


def examples(explanation: str) -> list[str]:
    """The first examples of an explanation, made whole as rustdoc does it: what has no `main` is put into one."""
    return [whole(body) for body in _EXAMPLE.findall(explanation)[:_EXAMPLES]]


def whole(body: str) -> str:
    """A program of a snippet: its crate attributes first, the rest in `fn main` unless it has that itself."""
    if re.search(r"\bfn main\b", body):
        return body
    lines = body.splitlines(keepends=True)
    attributes = [line for line in lines if line.startswith("#![")]
    rest = [line for line in lines if not line.startswith("#![")]
    return "".join((*attributes, "fn main() {\n", *rest, "}\n"))


def compile_errors(source: str, folder: Path) -> Iterator[tuple[str, str]]:
    """(code, message) of every error that rustc has for a source; unstable features are let through."""
    path = folder / "main.rs"
    path.write_text(source, encoding="utf-8")
    done = subprocess.run(
        ["rustc", "--error-format=json", "--emit=metadata", "--crate-type=bin", "--edition=2021", "-o", folder / "out", path],
        env={**os.environ, "RUSTC_BOOTSTRAP": "1"}, capture_output=True, text=True, timeout=_SECONDS, check=False,
    )  # fmt: skip
    for line in done.stderr.splitlines():
        if line.startswith("{"):
            record = json.loads(line)
            if record.get("level") == "error":
                code = (record.get("code") or {}).get("code") or ""
                yield code, record["message"]
                for child in record.get("children", []):
                    if child.get("level") == "help":
                        yield "help", child["message"]


def category(code: str, text: str) -> str | None:
    """The category of the codes whose meaning is plain."""
    if code in _SYNTAX or text.startswith("cannot find "):  # a name that is not declared
        return "syntax"
    if code in _TYPE:
        return "type"
    return "import_dependency" if code in _IMPORT else None


def gather() -> Iterator[Phrase]:
    """Messages with their code; `aborting due to …` tells nothing and is left out."""
    found: set[tuple[str, str]] = set()
    with TemporaryDirectory(prefix="harvest-") as name:
        folder = Path(name)
        for number in range(1, _LAST):
            try:
                explanation = output(["rustc", "--explain", f"E{number:04}"], seconds=_SECONDS)
            except SourceError:
                continue  # no such code
            for source in examples(explanation):
                try:
                    found.update(compile_errors(source, folder))
                except (subprocess.TimeoutExpired, OSError, json.JSONDecodeError) as error:
                    logger.debug("E%04d: %s", number, error)
    for code, text in sorted(found):
        if text.startswith("aborting due to"):
            continue
        if code == "help":
            yield from phrases(SOURCE.name, text, "rustc", style="none", kind="info", markup=False)
        else:
            yield from phrases(
                SOURCE.name, text, "rustc", style="none", kind="error", code=code, category=category(code, text), markup=False
            )  # fmt: skip


SOURCE = Source("rustc", gather, needs("rustc", package="rustc"))
