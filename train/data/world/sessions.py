"""Ordinary terminal sessions: commands that worked, some of which speak of errors without being one."""

from __future__ import annotations

import random
from functools import cache

from train.data.world.families import read_catalogue

PROGRESS = (
    "Loading {file}",
    "[{int}/{num}] {verb} {noun}",
    "Reading {path} ... done",
    "Connecting to {host}:{port}...",
    "  {noun}: {num} {nouns}",
    "Resolving {nouns}",
    "==> {verb} {word}",
    "INFO  {verb} {noun} took {secs}s",
    "Checking {nouns}... ok",
    "Downloading {file} ({size})",
    "[{time}] {verb} {noun}",
    "   Compiling {pkg} v{version}",
    "warning: unused {noun} `{ident}`",
    "Using configuration {path}",
)
HINTS = (
    "Try '{word} --help' for more information.",
    "Run with --verbose for details.",
    "See {url} for help.",
    "hint: check the {noun} and try again",
    "    at {camel} ({path}:{line}:{col})",
    "exit status {int}",
    "Aborting.",
    "Log written to {path}",
    "Use --force to override.",
    "Usage: {word} [options] <{noun}>",
)


@cache
def sessions(kind: str) -> tuple[tuple[str, str], ...]:
    """(application, session) of `catalogue/sessions.txt`; `kind` is "short" or "long"."""
    found: list[tuple[str, str]] = []
    for block in ("\n" + read_catalogue("sessions").removesuffix("\n")).split("\n%% ")[1:]:
        head, _, text = block.partition("\n")
        length, _, app = head.partition(" ")
        if length == kind:
            found.append((app, text))
    return tuple(found)


def sample(rng: random.Random, short: bool = False) -> tuple[str, str]:
    """(application, session in the notation of commands and output)."""
    return rng.choice(sessions("short" if short or rng.random() < 0.2 else "long"))
