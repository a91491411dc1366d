"""`mmgpt doctor`: is everything here that mmgpt needs, does it work, and what to do where it does not."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from mmgpt.commands.console import BOLD, CYAN, DIM, FAILED, OK, RED, Console

HELP = "check this installation: packages, weights, a test reading"
DETAILS = """\
Checks this installation and says what to do where something is missing: Python, torch, the packages, the weights (each
file loaded strictly, with its SHA-256), a small picture read and captioned, and what only some commands use.

Exit codes: 0 captions work here, 1 they do not, 2 wrong usage.
"""

MARKS = {"ok": "ok", "absent": "-", "broken": "BROKEN"}
STYLES = {"ok": (CYAN,), "absent": (DIM,), "broken": (RED, BOLD)}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("--weights", type=Path, metavar="DIR", help="check this folder of weights instead")
    parser.add_argument("--json", action="store_true", help="the checks as JSON")


def run(args: argparse.Namespace, console: Console) -> int:
    """Runs all checks. Returns 1 if what captions need is broken."""
    from mmgpt import __version__
    from mmgpt.commands.checks import all_checks

    checks = []
    if not args.json:
        console.write(console.paint(f"mmgpt {__version__}", BOLD) + "\n\n")
    for check in all_checks(args.weights):
        checks.append(check)
        if not args.json:
            mark = console.paint(f"{MARKS[check.state]:<7}", *STYLES[check.state])
            rows = [f"  {mark} {check.name:<11} {check.detail}"]
            if check.advice:
                rows.append(f"{'':22}{console.paint(check.advice, DIM)}")
            console.write("\n".join(rows) + "\n")
    broken = [check.name for check in checks if check.state == "broken"]
    if args.json:
        report = {
            "schema": "mmgpt.doctor/1",
            "version": __version__,
            "works": not broken,
            "checks": [check.to_dict() for check in checks],
        }
        console.write(json.dumps(report, ensure_ascii=False, indent=2) + "\n")
    elif broken:
        console.write(f"\nCaptions do not work here: see {', '.join(broken)}.\n")
    else:
        console.write("\nCaptions work here.\n")
    return FAILED if broken else OK
