"""`mmgpt correct`: what should have been said of a picture; a rule at once, data for training later."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mmgpt.commands.console import BOLD, CYAN, DIM, FAILED, OK, USAGE, Console, one_line
from mmgpt.commands.inputs import Unusable
from mmgpt.commands.results import Choice, chosen_result, read_input, shown_name

if TYPE_CHECKING:
    from mmgpt.corrections import Conflict, Correction, Store, Value

HELP = "put a diagnosis right: a rule for that message at once"
DETAILS = """\
Keeps what should have been said of a picture. From then on the same message of the same program gets the corrected
fields, with other ports, paths and hosts in it, too. Nothing leaves this machine.

  mmgpt diagnose shot.png --json > result.json
  mmgpt correct result.json category=network app=nginx
  mmgpt correct result.json entry=nginx/502-bad-gateway          this entry fits (entry=none: none does)
  mmgpt correct result.json cause="The cable is loose." fix="Plug it in." fix="Call the caretaker."
  mmgpt correct result.json is_error=false --scope picture
  mmgpt correct all.jsonl --path shots/7.png error_code=null
  mmgpt correct --list
  mmgpt correct --export pairs.jsonl

Fields: is_error, app, kind, message, error_code, category, cause, fix (repeat it), entry. field=null clears one.

Exit codes: 0 done, 1 there is no such correction, or a file failed, 2 wrong usage (an unknown field or value, too).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    parser.set_defaults(quiet=False)
    parser.add_argument("result", nargs="?", metavar="RESULT.json", help="what --json or --jsonl wrote; - for stdin")
    parser.add_argument("assignments", nargs="*", metavar="field=value", help="what is right")
    parser.add_argument("--path", metavar="PATH", help="the picture, where the file has several")
    parser.add_argument(
        "--scope",
        choices=("message", "program", "picture"),
        default="program",
        help="what it holds for: this message of this program (the default), this message of any program, this picture",
    )
    parser.add_argument("--exact", action="store_true", help="only word for word, not with another port, path or host")
    parser.add_argument("--note", default="", metavar="TEXT", help="why, for whoever reads the list")
    parser.add_argument("--mask-secrets", action="store_true", help="keep it without keys, passwords, addresses in it")
    parser.add_argument("--store", type=Path, metavar="FILE", help="the file of corrections (default: your own)")
    parser.add_argument(
        "--knowledge", action="append", type=Path, metavar="PATH", help="runbooks that `entry` may name"
    )
    parser.add_argument("--json", action="store_true", help="what was done, or the list, as JSON")
    action = parser.add_argument_group("instead of a correction").add_mutually_exclusive_group()
    action.add_argument("--list", action="store_true", help="what has been corrected")
    action.add_argument("--remove", type=_number, metavar="ID", help="forget a correction")
    action.add_argument("--undo", action="store_true", help="forget the newest correction")
    action.add_argument("--export", metavar="FILE", help="write preference data as JSON lines; - for stdout")
    action.add_argument("--import", dest="import_", metavar="FILE", help="take what --export wrote; - for stdin")
    _let_options_stand_between(parser)


def _let_options_stand_between(parser: argparse.ArgumentParser) -> None:
    """Lets options stand before further field=value: argparse takes all positional arguments at the first of them."""
    parse = parser.parse_known_args

    def parse_known(args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        found, rest = parse(args, namespace)
        late = [text for text in rest if "=" in text and not text.startswith("-")]
        found.assignments = [*found.assignments, *late]
        return found, [text for text in rest if text not in late]

    parser.parse_known_args = parse_known  # type: ignore[method-assign, assignment]


def run(args: argparse.Namespace, console: Console) -> int:
    """Makes, lists, forgets, exports or imports corrections. Returns the exit code; raises Unusable, OutputClosed."""
    from mmgpt.corrections import CorrectionError, Store

    store = Store(args.store)
    instead = args.list or args.undo or args.remove is not None or args.export or args.import_
    if instead and args.result is not None:
        console.fail("", "takes no result together with --list, --remove, --undo, --export or --import")
        return USAGE
    if not instead and args.result is None:
        console.fail("", "which result? - as in: mmgpt correct result.json category=network")
        return USAGE
    try:
        if args.list:
            return _list(store, args, console)
        if args.undo or args.remove is not None:
            return _forget(store, args, console)
        if args.export:
            return _export(store, args, console)
        if args.import_:
            return _import(store, args, console)
        return _correct(store, args, console)
    except CorrectionError as error:
        raise Unusable(str(error)) from error
    finally:
        store.close()


def _correct(store: Store, args: argparse.Namespace, console: Console) -> int:
    from mmgpt.corrections import CorrectionError, changes_to, parse, validated

    try:
        values = parse(args.assignments)
        values = validated(values, _entries(args) if values.get("entry") else None)
    except CorrectionError as error:
        console.fail("", str(error))
        return USAGE
    try:
        diagnosis = chosen_result(args.result, args.path)
    except Choice as error:
        console.fail(shown_name(args.result), str(error))
        return USAGE
    try:
        changes_to(diagnosis, values)
    except CorrectionError as error:
        console.fail("", str(error))
        return USAGE
    made = store.add(
        diagnosis, values, scope=args.scope, exact=args.exact, note=args.note, mask_secrets=args.mask_secrets
    )
    if made is None:
        console.note("nothing to correct: the result says so already")
        return OK
    conflicts = store.conflicts(made)
    if args.json:
        console.write(json.dumps(_shown(made, conflicts), ensure_ascii=False) + "\n")
    else:
        console.write(_text(made, console) + "\n")
    if made.rule().reach != args.scope:
        masked = made.scope != args.scope
        why = "the message is masked in the result" if masked else "no message was read or given"
        console.note(f"{why}, so it holds for this picture only")
    if made.changes.get("is_error") and made.changes["is_error"].right is True and "category" not in made.changes:
        console.note("an error has a category - say it, too, as in category=network")
    for conflict in conflicts:
        console.note(
            f"correction {conflict.id} says otherwise of the same message: {conflict.field} {_said(conflict.value)} - "
            f"this one is newer and holds; forget the other with --remove {conflict.id}"
        )
    return OK


def _list(store: Store, args: argparse.Namespace, console: Console) -> int:
    found = store.all()
    rules = store.rules()
    for number, correction in enumerate(found):
        newer = [conflict for conflict in rules.conflicts(correction.rule()) if conflict.id > correction.id]
        if args.json:
            console.write(json.dumps(_shown(correction, newer), ensure_ascii=False) + "\n")
        else:
            over = "".join(f"\n  {c.field} is overruled by correction {c.id}" for c in newer)
            console.write(("\n" if number else "") + _text(correction, console) + over + "\n")
    if not found:
        console.note(f"nothing has been corrected so far ({shown_name(str(store.path))})")
    return OK


def _forget(store: Store, args: argparse.Namespace, console: Console) -> int:
    gone = store.undo() if args.undo else store.remove(args.remove)
    if gone is None:
        console.fail(
            "", "there is nothing to undo" if args.undo else f"there is no correction {args.remove} - see --list"
        )
        return FAILED
    if args.json:
        console.write(json.dumps(_shown(gone, []), ensure_ascii=False) + "\n")
    else:
        console.write(f"Forgotten: {_text(gone, console)}\n")
    return OK


def _export(store: Store, args: argparse.Namespace, console: Console) -> int:
    from mmgpt.corrections import rows

    count = 0
    corrections = store.all()
    try:
        with _output(args.export, console) as write:
            for row in rows(corrections):
                write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
    except OSError as error:
        console.fail(shown_name(args.export), f"cannot be written ({error.strerror}) - name another file")
        return FAILED
    console.note(f"{count} rows of {len(corrections)} corrections written to {shown_name(args.export)}")
    return OK


def _import(store: Store, args: argparse.Namespace, console: Console) -> int:
    from mmgpt.corrections import CorrectionError, read_rows

    try:
        found = read_rows(read_input(args.import_).splitlines())
    except CorrectionError as error:
        console.fail(shown_name(args.import_), str(error))
        return FAILED
    made = store.put(found)
    console.note(f"{len(made)} corrections taken, {len(found) - len(made)} were here already")
    return OK


@contextmanager
def _output(name: str, console: Console) -> Iterator[Any]:
    """Where rows are written: stdout, or a file that takes its place when it is whole (readable by its owner only)."""
    if name == "-":
        yield console.write
        return
    target = Path(name)
    handle, aside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        file: TextIO
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file.write
        os.replace(aside, target)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _entries(args: argparse.Namespace) -> list[str]:
    """The ids that `entry` may have. Raises Unusable."""
    from mmgpt.knowledge import EntryError, KnowledgeBase, user_folder

    paths = list(args.knowledge or ([user_folder()] if user_folder().is_dir() else []))
    try:
        return [entry.id for entry in KnowledgeBase.load(paths)]
    except EntryError as error:
        raise Unusable(str(error)) from error


def _text(correction: Correction, console: Console) -> str:
    """A correction in rows of text."""
    head = console.paint(f"correction/{correction.id}", CYAN)
    rows = [
        f"{head}  {console.paint(correction.time, DIM)}" + (f"  {one_line(correction.note)}" if correction.note else "")
    ]
    for name, change in correction.changes.items():
        rows.append(f"  {name}: {_said(change.wrong)} → {console.paint(_said(change.right), BOLD)}")
    return "\n".join([*rows, f"  holds for {_reach(correction)}"])


def _reach(correction: Correction) -> str:
    reach = correction.rule().reach
    if reach == "picture":
        return f"the picture {correction.sha256[:12]}…"
    whose = f" of {one_line(correction.app)}" if reach == "program" and correction.app else ""
    return f"“{one_line(correction.pattern)}”{whose}"


def _said(value: Value) -> str:
    if isinstance(value, list):
        return " / ".join(one_line(item) for item in value) or "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    return one_line(value) if value else "none"


def _shown(correction: Correction, conflicts: Iterable[Conflict]) -> dict[str, Any]:
    told = [{"id": c.id, "field": c.field, "value": c.value} for c in conflicts]
    return {"schema": "mmgpt.correction/1", **correction.to_dict(), "conflicts": told}


def _number(text: str) -> int:
    digits = text.removeprefix("correction/")
    value = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be the number of a correction - see --list")
    return value
