"""Entries written as TOML, so that reading them back gives the same."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from mmgpt.knowledge.entry import Entry


def as_toml(entry: Entry) -> str:
    """The entry as a table [[entry]], product included."""
    rows = ["[[entry]]"]
    for key, value in entry.to_dict().items():
        if isinstance(value, str):
            rows.append(f"{key} = {_string(value)}")
        elif len(value) < 2:
            rows.append(f"{key} = [{', '.join(map(_string, value))}]")
        else:
            rows.append(f"{key} = [\n" + "".join(f"  {_string(item)},\n" for item in value) + "]")
    return "\n".join(rows) + "\n"


def append_entry(path: Path, entry: Entry) -> None:
    """Adds the entry at the end of a file, which is made if need be, folders too; all of it or nothing. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    text = f"{before.rstrip()}\n\n{as_toml(entry)}" if before.strip() else as_toml(entry)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, path.stat().st_mode & 0o777 if before else 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _string(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for DEL, which TOML wants escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
