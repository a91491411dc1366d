"""`python -m train.data COMMAND …`: what the world is made of, as files and in numbers."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

COMMANDS = {
    "harvest": ("train.data.harvest.run", "gather real messages and transcripts of installed software into the cache"),
    "pages": ("train.data.pages", "render real HTML in headless Chromium into shards"),
    "shard": ("train.data.shard", "render native scenes into shards"),
    "perceive": ("train.data.perceived", "render scenes and keep what the shipped reader and tower perceive"),
    "captures": ("train.data.capture.__main__", "take screenshots of real programs"),
    "sheet": ("train.data.sheet", "a contact sheet of scenes, shards or captures, with boxes and labels"),
    "stats": ("train.data.stats", "what share of screens shows which kind, category and program"),
    "speed": ("train.data.speed", "how many screens and lines a second"),
}


def usage() -> str:
    """The list of commands."""
    rows = "\n".join(f"  {name:<9} {text}" for name, (_, text) in COMMANDS.items())
    return f"usage: python -m train.data COMMAND [options]\n\n{__doc__}\n\n{rows}\n\nEach has its own --help.\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Hands the arguments on to the command; 2 for an unknown one or a missing package, 130 after Ctrl-C (shards that are whole stay)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(usage())
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in COMMANDS:
        sys.stderr.write(f"unknown command {name!r}; one of {', '.join(COMMANDS)}\n")
        return 2
    sys.argv[0] = f"python -m train.data {name}"
    try:
        return int(importlib.import_module(COMMANDS[name][0]).main(rest))
    except KeyboardInterrupt:
        sys.stderr.write(f"{name}: stopped; what is written whole stays, and the same command goes on from there\n")
        return 130
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "mmgpt", "projector", "train", "vision"):  # a fault of ours, not of the installation
            raise
        sys.stderr.write(f"{name}: the Python package {package} is missing: pip install -e '.[train,captures]'\n")
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
