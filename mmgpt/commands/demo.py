"""`mmgpt demo`: the page on this machine, for whoever sits at it."""

from __future__ import annotations

import argparse
from pathlib import Path

from mmgpt.commands.console import USAGE, Console
from mmgpt.commands.inputs import Unusable

HELP = "the page in a browser: diagnose, chat, compare"
DETAILS = """\
Opens the page for this machine: drop a screenshot, see what it says and where the model looked, ask, correct, compare. The API
is there as well, at /v1. Nothing is sent anywhere, but where you compare with an engine that you name.

  mmgpt demo
  mmgpt demo --model runs/debug/model --port 0

For other people's browsers: mmgpt serve --ui. Exit codes as of mmgpt serve.
"""
PORT = 7860


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument(
        "--port", type=int, default=PORT, metavar="N", help=f"of 127.0.0.1; 0: any that is free ({PORT})"
    )
    parser.add_argument(
        "-m", "--model", type=Path, metavar="DIR", help="a folder of weights; the package's own by default"
    )
    parser.add_argument(
        "--knowledge", action="append", type=Path, metavar="PATH", help="your own runbooks (repeatable)"
    )
    parser.add_argument("--corrections", type=Path, metavar="FILE", help="the file of corrections (default: your own)")
    parser.add_argument(
        "--log-level", default="warning", metavar="LEVEL", help="debug, info, warning or error (warning)"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="do not say where the page is")


def run(args: argparse.Namespace, console: Console) -> int:
    """Shows the page until it is stopped."""
    for package in ("fastapi", "uvicorn", "prometheus_client", "python_multipart", "gradio"):
        _need(package)
    if not 0 <= args.port <= 65535:
        console.fail("demo", f"--port must be 0 to 65535, not {args.port}")
        return USAGE
    if args.model is not None and not args.model.is_dir():
        console.fail("demo", "--model: there is no such folder")
        return USAGE
    if args.log_level not in ("debug", "info", "warning", "error", "critical"):
        console.fail("demo", "--log-level must be debug, info, warning, error or critical")
        return USAGE
    from mmgpt.corrections import default_path
    from mmgpt.serve.app import create_app
    from mmgpt.serve.door.logs import set_up
    from mmgpt.serve.listening import ListenError, listen
    from mmgpt.serve.server import serve
    from mmgpt.serve.settings import Settings
    from mmgpt.ui import mount

    settings = Settings(
        port=args.port,
        model=args.model,
        knowledge=tuple(args.knowledge or ()),
        corrections=args.corrections or default_path(),
        log_level=args.log_level,
        job_hours=0,
        drain_seconds=3,
    )
    try:
        sock = listen(settings)
    except ListenError as error:
        console.debug()
        console.fail("demo", str(error))
        return USAGE
    try:
        set_up(settings.log_level)
        app = create_app(settings)
        mount(app, app.state.backend, settings, own_machine=True)
        return serve(app, settings, sock, lambda address: console.note(f"the page is at {address} - Ctrl-C stops it"))
    finally:
        sock.close()


def _need(package: str) -> None:
    from importlib.util import find_spec

    if find_spec(package) is None:
        raise Unusable(f"the Python package {package} is not installed - run: pip install 'mmgpt[demo]'")
