"""Python: what `raise` statements of installed packages say, and what the interpreter says of programs that are really run."""

from __future__ import annotations

import ast
import hashlib
import logging
import site
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

from train.data.harvest.categories import by_code
from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.tools import snippets

logger = logging.getLogger(__name__)

FILES_OF_A_PACKAGE = 30
SINGLE_MODULES = 200
_LONGEST_FILE = 400_000  # bytes; longer modules are generated tables
_SKIPPED = frozenset({"test", "tests", "testing", "idlelib", "lib2to3", "__pycache__", "_vendor", "vendored"})
_OWN = ("mmgpt", "vision", "projector", "train")


def broken_sources() -> Iterator[tuple[str, str]]:
    """(class, message) of what the compiler says of sources that are broken."""
    for source in snippets("python_broken"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(source, "main.py", "exec")
        except (SyntaxError, ValueError) as error:
            yield type(error).__name__, getattr(error, "msg", None) or str(error)


def failing_expressions() -> Iterator[tuple[str, str]]:
    """(class, message) of expressions that fail, run one by one with nothing but the standard library."""
    names: dict[str, object] = {"import_": __import__}
    for name in (
        "abc argparse asyncio base64 binascii collections configparser copy csv dataclasses datetime decimal enum fractions functools "
        "http.client importlib inspect io ipaddress itertools json locale logging math operator os pickle queue random re shutil socket "
        "sqlite3 ssl statistics struct subprocess sys threading time tomllib urllib.parse urllib.request uuid xml.etree.ElementTree"
    ).split():
        try:
            names[name.partition(".")[0]] = __import__(name)
        except ImportError:  # tomllib came with Python 3.11
            continue
    exec(
        "def rec(): return rec() + 1\ndef raise_(x): raise x\ndef assert_(x):\n assert x, 'expected a positive number'\n"
        "def f(a): return a\n",
        names,
    )
    for text in snippets("python_failing"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                exec(text, dict(names))
        except SystemExit:
            continue
        except Exception as error:
            kind = type(error)
            name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.lstrip('_')}.{kind.__name__}"
            yield name, str(error)


def raised(source: str) -> Iterator[tuple[str, str]]:
    """(class, message in brace notation) of the `raise X("…")` statements of a module's source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            function = node.exc.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            text = _text(node.exc.args[0])
            if text and name.endswith(
                ("Error", "Exception", "Warning", "Exit", "Timeout", "Interrupt", "NotFound", "Exists")
            ):
                yield name, text


def _text(node: ast.expr) -> str:
    """The message in brace notation, "" when it is not spelled out."""
    if isinstance(node, ast.Constant):
        return node.value.replace("{", "{{").replace("}", "}}") if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        made = []
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                made.append("{" + _name(part.value) + "}")
            elif isinstance(part, ast.Constant):
                made.append(str(part.value).replace("{", "{{").replace("}", "}}"))
        return "".join(made)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left), _text(node.right)
        return left + (right or "{" + _name(node.right) + "}") if left else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
        values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
        return _percent(node.left.value, [_name(value) for value in values]) if isinstance(node.left.value, str) else ""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        value = getattr(node.func.value, "value", "")
        return value if isinstance(value, str) else ""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("_", "gettext")
        and node.args
    ):
        return _text(node.args[0])
    return ""


def _percent(text: str, names: list[str]) -> str:
    pieces = text.replace("%%", "\x00").replace("{", "{{").replace("}", "}}").split("%")
    made = [pieces[0]]
    for number, piece in enumerate(pieces[1:]):
        letter = piece.lstrip("0123456789.-+#")
        if piece.startswith("(") or not letter or letter[0] not in "srdixgf" or number >= len(names):
            return ""
        made.append("{" + names[number] + "}" + letter[1:])
    return "".join(made).replace("\x00", "%")


def _name(node: ast.expr) -> str:
    """What an expression is about: the last name in it."""
    names = [
        inner.attr if isinstance(inner, ast.Attribute) else inner.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.Attribute | ast.Name)
    ]
    plain = names[0] if names else "x"
    if plain in ("type", "__name__", "__class__"):
        return "cls"
    return plain.lstrip("_") or "x"


def _folders() -> list[Path]:
    folders = [
        Path(sysconfig.get_path("stdlib")),
        Path(sysconfig.get_path("purelib")),
        Path("/usr/lib/python3/dist-packages"),
    ]
    return sorted({folder.resolve() for folder in (*folders, *map(Path, site.getsitepackages())) if folder.is_dir()})


def modules() -> Iterator[Path]:
    """Sources of the standard library and of installed packages, tests and vendored copies left out, in a fixed order.

    Of a package not more than FILES_OF_A_PACKAGE, of modules that are no package's not more than SINGLE_MODULES: a few very
    large ones would be most of it otherwise.
    """
    packages: dict[Path, list[Path]] = {}
    for folder in _folders():
        for path in sorted(folder.rglob("*.py")):
            inner = path.relative_to(folder).parts
            if _SKIPPED.isdisjoint(inner) and inner[0] not in (*_OWN, "site-packages", "dist-packages"):
                packages.setdefault(folder / inner[0] if len(inner) > 1 else folder, []).append(path)
    for package, paths in packages.items():
        paths.sort(key=lambda path: hashlib.sha1(path.name.encode()).hexdigest())
        yield from paths[: SINGLE_MODULES if package in _folders() else FILES_OF_A_PACKAGE]


def gather() -> Iterator[Phrase]:
    """Exceptions with their class as the code."""
    for name, text in (*broken_sources(), *failing_expressions()):
        yield from phrases(SOURCE.name, text, "Python", style="none", code=name, markup=False)
    found: set[tuple[str, str]] = set()
    for path in modules():
        if path.stat().st_size > _LONGEST_FILE:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                source = path.read_text(encoding="utf-8", errors="replace")
                if "raise " in source:
                    found.update(raised(source))
        except (SyntaxError, ValueError, RecursionError, OSError) as error:
            logger.debug("passed over %s: %s", path, error)
    for name, text in sorted(found):
        if by_code(name) or name.endswith(("Error", "Exception", "Timeout")):
            yield from phrases(SOURCE.name, text, "Python", style="brace", code=name, markup=False, mnemonics=False)


SOURCE = Source("python", gather, lambda: "" if sys.version_info >= (3, 10) else "Python 3.10 or newer is needed")
