"""Results that commands wrote, read back: one object, or one of many lines."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt.commands.console import one_line
from mmgpt.commands.inputs import Unusable

if TYPE_CHECKING:
    from mmgpt.schema import Diagnosis

MAX_BYTES = 64 * 2**20


class Choice(Exception):
    """Which of several results is meant cannot be told."""


def chosen_result(name: str, path: str | None) -> Diagnosis:
    """The result that is meant. Raises Choice, and Unusable for what is no result."""
    from pydantic import ValidationError

    from mmgpt.schema import DIAGNOSIS_SCHEMA, Diagnosis

    objects = list(_objects(name, read_input(name)))
    if path is not None:
        chosen = [value for value in objects if value.get("path") == path][-1:]  # the last one was written last
    else:
        chosen = objects
    if len(chosen) != 1:
        paths = [one_line(str(value.get("path", "?"))) for value in objects]
        some = ", ".join(dict.fromkeys(paths[:3])) + (" …" if len(paths) > 3 else "")
        if path is not None:
            raise Choice(f"has no picture {one_line(path)} - it has {some or 'none'}")
        raise Choice(
            f"has {len(objects)} results - choose one with --path ({some})" if objects else "has no result in it"
        )
    value = {key: item for key, item in chosen[0].items() if key != "path"}
    if value.get("schema") != DIAGNOSIS_SCHEMA:
        raise Unusable(
            f"{shown_name(name)}: no result of `mmgpt diagnose` or `mmgpt caption` (schema {DIAGNOSIS_SCHEMA})"
        )
    try:
        return Diagnosis.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the object"
        raise Unusable(f"{shown_name(name)}: the result is damaged: {place}: {first['msg']} - make it anew") from error


def _objects(name: str, text: str) -> Iterator[dict[str, Any]]:
    """One object, or one a line."""
    try:
        whole = [json.loads(text)] if text.strip() else []
    except ValueError:
        whole = _each(name, text)
    except RecursionError as error:
        raise Unusable(f"{shown_name(name)}: not JSON that we can read (nested too deeply)") from error
    for value in whole[0] if len(whole) == 1 and isinstance(whole[0], list) else whole:
        if not isinstance(value, dict):
            raise Unusable(f"{shown_name(name)}: no result of `mmgpt diagnose` or `mmgpt caption`")
        yield value


def _each(name: str, text: str) -> list[Any]:
    found = []
    for number, row in enumerate(text.splitlines(), 1):
        try:
            found += [json.loads(row)] if row.strip() else []
        except (ValueError, RecursionError) as error:
            raise Unusable(
                f"{shown_name(name)}: not JSON (line {number}) - give what --json or --jsonl wrote"
            ) from error
    return found


def read_input(name: str) -> str:
    """A file's text, or that of stdin. Raises Unusable."""
    if name == "-":
        if sys.stdin.isatty():
            raise Unusable(
                "-: stdin is a terminal - pipe a result into it, as in `mmgpt diagnose a.png --json | mmgpt correct - …`"
            )
        buffer = getattr(sys.stdin, "buffer", None)
        return sys.stdin.read() if buffer is None else buffer.read().decode("utf-8", "replace")
    try:
        if Path(name).stat().st_size > MAX_BYTES:
            raise Unusable(f"{shown_name(name)}: larger than {MAX_BYTES >> 20} MiB - take the line of one picture")
        return Path(name).read_text("utf-8", "replace")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unusable(f"{shown_name(name)}: cannot be read ({reason}) - check the path and its permissions") from error


def shown_name(path: str) -> str:
    """A file's name on one line, whatever is in it."""
    return one_line(os.fsencode(path).decode("utf-8", "replace"))
