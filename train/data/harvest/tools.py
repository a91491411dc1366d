"""What sources share: running programs, npm packages in the cache, C libraries' message functions."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from train.data.render.npm_fonts import cache_root


class SourceError(RuntimeError):
    """A source cannot be gathered; the text says what to install or what went wrong."""


def needs(*programs: str, package: str) -> Callable[[], str]:
    """A `missing` for programs that a Debian package brings."""

    def missing() -> str:
        absent = [name for name in programs if shutil.which(name) is None]
        return f"{', '.join(absent)} not found: apt-get install {package}" if absent else ""

    return missing


def needs_library(*names: str, package: str) -> Callable[[], str]:
    """A `missing` for a shared library, tried under all of its names."""

    def missing() -> str:
        try:
            library(*names)
        except SourceError:
            return f"{names[0]} not found: apt-get install {package}"
        return ""

    return missing


def library(*names: str) -> ctypes.CDLL:
    """The first of the shared libraries that can be loaded. Raises SourceError when none can."""
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise SourceError(f"none of {', '.join(names)} can be loaded")


def speaker(function: object) -> Callable[..., str]:
    """A C function `const char *f(number…)` as one that gives a str, "" for NULL."""
    call: Any = function  # ctypes has no public type for it
    call.restype = ctypes.c_char_p

    def speak(*numbers: int) -> str:
        answer: bytes | None = call(*numbers)
        return answer.decode("utf-8", "replace") if answer else ""

    return speak


def output(command: Sequence[str | Path], *, seconds: float = 120, cwd: Path | None = None, stdin: str = "") -> str:
    """What a program prints on its standard output; its exit code is not asked for.

    Raises SourceError when it cannot be run, takes longer than `seconds`, or fails without printing anything.
    """
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(f"{command[0]}: {error}") from error
    if done.returncode and not done.stdout:
        raise SourceError(f"{command[0]} failed with exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout


def npm_install(*packages: str) -> Path:
    """Install npm packages without running their scripts; returns the folder that holds `node_modules`.

    Each package gets a folder of its own; one that is there is kept. Raises SourceError when npm fails.
    """
    folder = cache_root() / "harvest" / "npm" / packages[0].replace("/", "+").partition("@")[0]
    wanted = json.dumps(sorted(packages))
    stamp = folder / ".done"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    options = [
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--legacy-peer-deps",
        "--loglevel=error",
    ]
    output(["npm", "install", *options, *packages], seconds=600, cwd=folder)
    stamp.write_text(wanted, encoding="utf-8")
    return folder


def npm_unpack(package: str, patterns: Sequence[str]) -> Path:
    """Fetch one npm package and unpack only files that match tar's `patterns`; returns the folder with `package/` in it."""
    folder = cache_root() / "harvest" / "npm" / package.replace("/", "+")
    if (folder / ".done").is_file():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    output(["npm", "pack", "--silent", package], seconds=600, cwd=folder)
    for packed in sorted(folder.glob("*.tgz")):
        # tar's exit code tells only that some pattern found nothing
        subprocess.run(
            ["tar", "-xzf", str(packed), "--wildcards", "--no-same-owner", *patterns],
            cwd=folder, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        packed.unlink()
    (folder / ".done").touch()
    return folder


def snippets(name: str) -> list[str]:
    """The programs of `snippets/<name>.txt`, broken on purpose; what is said of each is kept."""
    lines = Path(__file__).with_name("snippets").joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [str(json.loads(line)) for line in lines if line and not line.startswith("#")]


needs_npm = needs("node", "npm", package="nodejs npm")
