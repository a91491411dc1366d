"""Reads the tools' scenarios from `tools/*.txt`: one file a family of tools.

The notation, by how a line begins:

`== name | App | program=package …` a tool · `-- name category` a kind of it (`none`: nothing fails) · `$ ` a command typed ·
`! ` pattern of the message's row (`!! ` its last match) · `% ` pattern of the code · `@ path` a file, its content in the `|`
lines below · `& ` unseen script of the user · `^ ` unseen script of root · `~ option value` a field of `Kind` · `; ` a remark.
Within alternatives (`⟨a|b⟩`) `¦` is a pipe and `¤` a new line.

In a tool's head, before its first kind, `^ ` lines are run once before all, `& ` and `~ ` lines stand for every kind, and
`= NAME` begins a text of `|` lines, which `<NAME>` stands for in scripts, files and patterns of the whole file.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from mmgpt.schema import CATEGORIES
from train.data.harvest.transcripts.kinds import Kind, Tool

GOOD_WEIGHT = 1.5
"""How often a kind in which nothing fails is run, beside one in which something does: there are fewer of them."""
_FOLDER = Path(__file__).parent / "tools"
_MACRO = re.compile(r"<([A-Z][A-Z0-9_]*)>")
_TEXT = ("app", "trace", "user", "dns")
_NUMBERS = ("weight", "timeout")
_LISTS = ("hosts", "typed")


class CatalogueError(ValueError):
    """A line of a tools file that means nothing; the text says which."""


@cache
def every_tool() -> tuple[Tool, ...]:
    """The tools of every file, in a fixed order. Raises CatalogueError, also when two have one name."""
    found: list[Tool] = []
    for path in sorted(_FOLDER.glob("*.txt")):
        found += parse(path.read_text(encoding="utf-8"), path.name)
    names = [tool.name for tool in found]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise CatalogueError(f"more than one tool is called {', '.join(sorted(doubled))}")
    return tuple(found)


class _Part:
    """A tool's head or a kind while its lines come in."""

    def __init__(self) -> None:
        self.run: list[str] = []
        self.scripts: dict[str, list[str]] = {"&": [], "^": []}
        self.files: dict[str, list[str]] = {}
        self.fields: dict[str, Any] = {}
        self.env: list[tuple[str, str]] = []


def parse(text: str, origin: str = "text") -> list[Tool]:
    """The tools of a text in the notation above. Raises CatalogueError with `origin` and the line's number."""
    macros: dict[str, list[str]] = {}
    tools: list[Tool] = []
    head, kinds = _Part(), [("", "", _Part())]
    kinds.clear()
    title: tuple[str, str, dict[str, str]] | None = None
    part, block = head, None

    def expand(text: str) -> str:
        def replace(found: re.Match[str]) -> str:
            if found.group(1) not in macros:
                return found.group(0)
            return expand("\n".join(macros[found.group(1)]))

        return _MACRO.sub(replace, text)

    def finish() -> None:
        if title is not None:
            made = tuple(_kind(title[1], name, category, part, head, expand, origin) for name, category, part in kinds)
            tools.append(Tool(title[0], title[1], made, title[2], "\n".join(head.scripts["^"])))

    for number, line in enumerate(text.splitlines(), 1):
        sign, _, rest = line.partition(" ")
        if line.startswith("|"):
            if block is None:
                raise CatalogueError(f"{origin}:{number}: content without a file or a text above it")
            block.append(line[1:])
            continue
        block = None
        if not line.strip() or sign == ";":
            continue
        if sign == "==":
            finish()
            names = [piece.strip() for piece in rest.split("|")]
            needs = dict(pair.split("=") for pair in " ".join(names[2:]).split())
            title, head, kinds = (names[0], names[1], needs), _Part(), []
            part = head
        elif sign == "--":
            name, _, category = rest.partition(" ")
            if category not in CATEGORIES or any(name == other for other, _, _ in kinds):
                raise CatalogueError(f"{origin}:{number}: category {category!r} is none, or {name!r} stands twice")
            part = _Part()
            kinds.append((name, category, part))
        elif sign == "=":
            block = macros.setdefault(rest.strip(), [])
        elif sign == "@":
            block = part.files.setdefault(rest.strip(), [])
        elif sign == "$":
            part.run.append(rest)
        elif sign in ("&", "^"):
            part.scripts[sign].append(rest)
        elif sign in ("!", "!!"):
            part.fields |= {"message": rest, "last": sign == "!!"}
        elif sign == "%":
            part.fields["code"] = rest
        elif sign == "~":
            _option(part, rest, f"{origin}:{number}")
        else:
            raise CatalogueError(f"{origin}:{number}: a line begins with {sign!r}, which means nothing")
    finish()
    return tools


def _option(part: _Part, text: str, where: str) -> None:
    name, _, value = text.partition(" ")
    if name in _TEXT:
        part.fields[name] = value
    elif name in _NUMBERS:
        part.fields[name] = float(value)
    elif name in _LISTS:
        part.fields[name] = (*part.fields.get(name, ()), value)
    elif name == "exits":
        part.fields[name] = tuple(map(int, value.split()))
    elif name == "env":
        part.env.append((value.partition("=")[0], value.partition("=")[2]))
    else:
        raise CatalogueError(f"{where}: no option {name!r}")


def _kind(app: str, name: str, category: str, part: _Part, head: _Part, expand: Any, origin: str) -> Kind:
    fields = {"app": app, **head.fields, **part.fields}
    fields["weight"] = head.fields.get("weight", 1.0) * part.fields.get(
        "weight", 1.0 if category != "none" else GOOD_WEIGHT
    )
    for key in ("message", "code", "trace"):
        if key in fields:
            fields[key] = expand(fields[key])
    if not part.run or bool(fields.get("message")) != (category != "none"):
        raise CatalogueError(f"{origin}: {app}/{name} has no command, or its message does not go with {category!r}")
    files = {path: "\n".join(lines) + "\n" for path, lines in (head.files | part.files).items()}
    return Kind(
        name=name,
        run=tuple(part.run),
        category=category,
        files={path: expand(content) for path, content in files.items()},
        prepare=expand("\n".join(head.scripts["&"] + part.scripts["&"])),
        root=expand("\n".join(part.scripts["^"])),
        env=(*head.env, *part.env),
        **fields,
    )
