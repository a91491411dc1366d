"""The options of `mmgpt diagnose` that allow a bigger model to be asked. Without --escalate nothing leaves the machine."""

from __future__ import annotations

import argparse
import math
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmgpt.commands.inputs import Unusable
from mmgpt.vocabulary import CATEGORIES

if TYPE_CHECKING:
    from mmgpt.escalation import Escalator
    from mmgpt.escalation.budget import Limit

DEFAULT_BUDGET = "100,100MB"
_PREFIX = "escalate_"


def add_escalation_arguments(parser: argparse.ArgumentParser) -> None:
    """`--escalate URL` and what goes with it."""
    group = parser.add_argument_group(
        "a bigger model, when unsure (off without --escalate)",
        "Pictures leave this machine, secrets that are read in them masked. Look first: --escalate-show DIR sends nothing.",
    )
    # defaults are None so that an option without --escalate can be told from none
    group.add_argument("--escalate", metavar="URL", help="an OpenAI-compatible engine, as http://localhost:8000")
    group.add_argument(
        "--escalate-model", metavar="NAME", help="the model to ask for; engines that serve one need no name"
    )
    group.add_argument(
        "--escalate-key-file", type=Path, metavar="FILE",
        help="a file whose first line is the engine's key; otherwise MMGPT_ESCALATE_KEY is, if it is set",
    )  # fmt: skip
    group.add_argument(
        "--escalate-below", type=_share, metavar="P", help="ask where a field is less sure than P, 0 to 1 (0.5)"
    )
    group.add_argument(
        "--escalate-category", action="append", choices=CATEGORIES, metavar="NAME",
        help="ask about this category always; may be given several times",
    )  # fmt: skip
    group.add_argument(
        "--escalate-budget", type=_limits, metavar="N",
        help=f"what may be sent: 50, 50/day, 20MB/day, or 50/day,20MB/day ({DEFAULT_BUDGET} a run)",
    )  # fmt: skip
    group.add_argument("--escalate-timeout", type=_seconds, metavar="S", help="seconds for one picture (60)")
    group.add_argument(
        "--escalate-max-side", type=_side, metavar="N", help="scale the picture to N pixels at most (1600)"
    )
    group.add_argument(
        "--escalate-text-only", action="store_true", default=None, help="send the read text and no picture"
    )
    group.add_argument(
        "--escalate-show", type=Path, metavar="DIR", help="write what would be sent into DIR, and send nothing"
    )
    group.add_argument(
        "--escalate-log", type=Path, metavar="FILE",
        help="the log of what was sent, JSON lines (escalation.jsonl in ~/.local/state/mmgpt)",
    )  # fmt: skip
    group.add_argument(
        "--escalate-insecure", action="store_true", default=None,
        help="allow http:// to hosts that are not private (a key is never sent there)",
    )  # fmt: skip


def escalator_from(args: argparse.Namespace) -> Escalator | None:
    """The escalator that the arguments ask for; None without --escalate.

    Raises ValueError with one line for wrong usage (a URL that cannot be used, an option without --escalate), `Unusable` where
    the package that it needs is not installed.
    """
    options = {name: value for name, value in vars(args).items() if name.startswith(_PREFIX) and value is not None}
    if args.escalate is None:
        if options:
            name = "--" + sorted(options)[0].replace("_", "-")
            raise ValueError(f"{name} goes with --escalate URL - name the engine to ask")
        return None
    if not _installed("httpx"):
        raise Unusable("--escalate needs the Python package httpx - run: pip install 'mmgpt[escalate]'")
    from mmgpt.escalation import Budget, Escalator
    from mmgpt.escalation.budget import parse_limits, state_file

    limits = options.get("escalate_budget") or parse_limits(DEFAULT_BUDGET)
    named: dict[str, Any] = {
        "model": options.get("escalate_model"),
        "key_file": options.get("escalate_key_file"),
        "below": options.get("escalate_below"),
        "categories": options.get("escalate_category"),
        "timeout_s": options.get("escalate_timeout"),
        "max_side": options.get("escalate_max_side"),
        "show": options.get("escalate_show"),
    }
    return Escalator(
        args.escalate,
        budget=Budget(limits),
        journal=options.get("escalate_log") or state_file().with_suffix(".jsonl"),
        sends_picture=not options.get("escalate_text_only", False),
        insecure=options.get("escalate_insecure", False),
        **{name: value for name, value in named.items() if value is not None},
    )


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ValueError:  # it is known to be missing
        return False


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not 0 to 1")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not (value > 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"{text} is not more than 0 and finite")
    return value


def _side(text: str) -> int:
    value = int(text)
    if not 64 <= value <= 8192:
        raise argparse.ArgumentTypeError(f"{text} is not 64 to 8192")
    return value


def _limits(text: str) -> tuple[Limit, ...]:
    from mmgpt.escalation.budget import parse_limits

    try:
        return parse_limits(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


_share.__name__ = _seconds.__name__ = "number"  # argparse names them in its complaints
_side.__name__ = "whole number"
