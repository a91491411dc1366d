"""The command `mmgpt`: arguments in, an exit code out.

Exit codes: 0 all went well; 1 some or all failed, each with one line on stderr; 2 wrong usage; 130 Ctrl-C. Where
whoever reads our output stops (`| head`), nothing is said and the code is 141, as for any program that SIGPIPE ends.
With MMGPT_DEBUG=1 in the environment, failures come with their tracebacks.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from mmgpt import __version__
from mmgpt.commands import ask, caption, chat, correct, demo, diagnose, doctor, knowledge, read, redact, serve
from mmgpt.commands.console import FAILED, INTERRUPTED, PIPE_CLOSED, Console, OutputClosed
from mmgpt.commands.inputs import Unusable, missing_package

COMMANDS: dict[str, ModuleType] = {
    "diagnose": diagnose,
    "caption": caption,
    "ask": ask,
    "chat": chat,
    "read": read,
    "redact": redact,
    "correct": correct,
    "knowledge": knowledge,
    "serve": serve,
    "demo": demo,
    "doctor": doctor,
}
DELEGATED = {
    "eval": ("train.evaluate", "measure reader and extractor on held-out and real screenshots"),
    "train": ("train.cli", "train the networks on pictures we render"),
    "estimate": ("train.estimate", "parameters, memory, arithmetic and hours of a model, before it is trained"),
}
"""Commands that live in the package `train` and take their own arguments."""


def build_parser(program: str = "mmgpt") -> argparse.ArgumentParser:
    """The parser of all commands. `program` is what usage messages name where it is not `mmgpt <command>`."""
    parser = argparse.ArgumentParser(
        prog="mmgpt",
        description="Reads screenshots, offline: the error word for word, its code, whose it is, its cause and what to do.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"mmgpt {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        sub = commands.add_parser(
            name,
            prog=f"mmgpt {name}" if program == "mmgpt" else program,
            help=module.HELP,
            description=module.DETAILS,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        module.add_arguments(sub)
    for name, (_, about) in DELEGATED.items():
        commands.add_parser(name, help=about, add_help=False)
    return parser


def main(argv: Sequence[str] | None = None, program: str = "mmgpt") -> int:
    """Runs one command and returns its exit code; never raises for what users, files or Ctrl-C do.

    `argv` are the arguments without the program's name (those of the process by default).
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    console = Console()
    try:
        _utf8()
        code = _run(arguments, program, console)
        sys.stdout.flush()
        return code
    except SystemExit as end:  # argparse ends this way, for --help as well as for wrong arguments
        return end.code if isinstance(end.code, int) else (0 if end.code is None else FAILED)
    except Unusable as error:
        console.debug()
        console.fail("", str(error))
        return FAILED
    except ModuleNotFoundError as error:
        console.debug()
        console.fail("", missing_package(error))
        return FAILED
    except KeyboardInterrupt:
        console.fail("", f"interrupted; {console.advice}" if console.advice else "interrupted")
        return INTERRUPTED
    except (OutputClosed, BrokenPipeError):
        _silence_stdout()
        return PIPE_CLOSED


def _run(arguments: list[str], program: str, console: Console) -> int:
    if arguments and arguments[0] in DELEGATED:
        return _delegate(arguments[0], arguments[1:], console)
    args = build_parser(program).parse_args(arguments)
    console.quiet = getattr(args, "quiet", False)
    with warnings.catch_warnings():
        # what users should know is said by us; libraries' warnings are for developers
        if not os.environ.get("MMGPT_DEBUG"):
            warnings.simplefilter("ignore")
            logging.getLogger().addHandler(logging.NullHandler())
        code: int = COMMANDS[args.command].run(args, console)
    return code


def _delegate(command: str, arguments: list[str], console: Console) -> int:
    """Runs a command of the package `train`, which is only imported for it."""
    module, _ = DELEGATED[command]
    try:
        entry = import_module(module).main
    except ModuleNotFoundError as error:
        console.debug()
        if (error.name or "").split(".")[0] == "train":
            console.fail(command, "needs the package train - install mmgpt from its repository")
        else:
            console.fail(command, f"needs the Python package {error.name} - run: pip install 'mmgpt[train]'")
        return FAILED
    code = entry(arguments)
    return int(code or 0)


def _utf8() -> None:
    """Results are UTF-8 wherever they go; a terminal or a name that cannot take a letter must not end the run."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def _silence_stdout() -> None:
    """Python flushes stdout once more at its end; let that go nowhere rather than complain."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass  # stdout has no file behind it (as in tests): nothing to silence


if __name__ == "__main__":
    raise SystemExit(main())
