"""`mmgpt knowledge`: search the knowledge base, look at its entries, add one's own, check them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mmgpt.commands.console import BOLD, CYAN, DIM, FAILED, OK, USAGE, Console, one_line
from mmgpt.commands.inputs import Unusable

if TYPE_CHECKING:
    from mmgpt.knowledge import Entry, Hit, KnowledgeBase

HELP = "search the knowledge base of errors, add entries of your own, check them"
DETAILS = """\
Causes and fixes come from a knowledge base: the entries of the package, and your own in $MMGPT_KNOWLEDGE or
~/.config/mmgpt/knowledge (files as docs/knowledge.md tells, or runbooks in Markdown).

  mmgpt knowledge search "connect() failed (111: Connection refused)"
  mmgpt read shot.png | mmgpt knowledge search -
  mmgpt knowledge show nginx/502-bad-gateway
  mmgpt knowledge list --product nginx
  mmgpt knowledge add --id shop/e42 --title "E42: till offline" --product Shop --category network --code E42 \\
      --pattern "E42 till {num} is offline" --example "E42 till 7 is offline" --cause "…" --fix "…" --fix "…"
  mmgpt knowledge lint runbooks/

Exit codes: 0 done (search: something was found), 1 nothing found, not written or problems found, 2 wrong usage.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of all five commands."""
    from mmgpt.knowledge.entry import ERROR_CATEGORIES, ERROR_KINDS

    parser.set_defaults(quiet=False)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    search = actions.add_parser("search", help="find entries by what stands on the screen", allow_abbrev=False)
    search.add_argument("text", nargs="*", metavar="TEXT", help="lines as they stand on the screen; - reads stdin")
    search.add_argument("--code", help="the error code, if it is known")
    search.add_argument("--product", help="the program whose message it is, if it is known")
    search.add_argument("--kind", choices=ERROR_KINDS, help="where it is seen, if that is known")
    search.add_argument("-n", type=_count, default=5, metavar="N", help="at most this many entries (default 5)")
    search.add_argument("--json", action="store_true", help="the entries as JSON, with their scores")
    _add_folder(search)
    show = actions.add_parser("show", help="show entries in full", allow_abbrev=False)
    show.add_argument("ids", nargs="+", metavar="ID", help="ids as search and list name them")
    show.add_argument("--json", action="store_true", help="the entries as JSON")
    _add_folder(show)
    listing = actions.add_parser("list", help="list the entries, a line each", allow_abbrev=False)
    listing.add_argument("--product", help="only this program's")
    listing.add_argument("--category", choices=ERROR_CATEGORIES, help="only this category's")
    listing.add_argument("--json", action="store_true", help="as JSON lines")
    _add_folder(listing)
    lint = actions.add_parser("lint", help="check entries and runbooks", allow_abbrev=False)
    lint.add_argument(
        "paths", nargs="*", type=Path, metavar="PATH", help="files or folders (default: the package's and yours)"
    )
    lint.add_argument("--strict", action="store_true", help="warnings count as errors")
    lint.add_argument("--json", action="store_true", help="the problems as JSON lines")
    add = actions.add_parser("add", help="write an entry of your own", allow_abbrev=False)
    add.add_argument("--id", required=True, help="<product>/<slug>, lower case")
    add.add_argument("--title", required=True, help="the error in a few words")
    add.add_argument("--product", required=True, help="the program whose message it is")
    add.add_argument(
        "--category", required=True, choices=ERROR_CATEGORIES, metavar="CATEGORY", help=", ".join(ERROR_CATEGORIES)
    )
    add.add_argument("--kind", action="append", choices=ERROR_KINDS, metavar="KIND", help=", ".join(ERROR_KINDS))
    add.add_argument("--code", action="append", default=[], help="an error code as it is shown (may be repeated)")
    add.add_argument(
        "--pattern", action="append", required=True, help="what is printed, with slots such as {path} (repeat)"
    )
    add.add_argument(
        "--example", action="append", help="a line as it is really printed (repeat; default: patterns without slots)"
    )
    add.add_argument("--cause", required=True, help="what went wrong and why, one to three sentences")
    add.add_argument("--fix", action="append", required=True, help="what to do, most likely first (two to five)")
    add.add_argument("--source", default="own runbook", help="where this is known from (default: own runbook)")
    add.add_argument("--url", default="", help="the source's address")
    add.add_argument("--to", type=Path, metavar="FILE", help="the .toml file to add to (default: one in your folder)")


def run(args: argparse.Namespace, console: Console) -> int:
    """Runs one of the five commands. Raises Unusable where entries cannot be loaded."""
    return {"search": _search, "show": _show, "list": _list, "lint": _lint, "add": _add}[args.action](args, console)


def _search(args: argparse.Namespace, console: Console) -> int:
    texts = [_stdin() if text == "-" else text for text in args.text]
    query = "\n".join(texts)
    if not query.strip() and not args.code:
        console.fail("search", "nothing to search for - give the text of the error, or --code")
        return USAGE
    hits = _base(args).search(query, code=args.code, product=args.product, kind=args.kind, limit=args.n)
    if args.json:
        console.write(
            json.dumps(
                {"schema": "mmgpt.knowledge/1", "hits": [_hit(hit) for hit in hits]}, ensure_ascii=False, indent=2
            )
            + "\n"
        )
    elif not hits:
        console.note("nothing found - give more of the text as it stands on the screen")
    for number, hit in enumerate(hits if not args.json else []):
        console.write(("\n" if number else "") + _shown(hit.entry, console, hit, brief=number > 0))
    return OK if hits else FAILED


def _show(args: argparse.Namespace, console: Console) -> int:
    base = _base(args)
    found = []
    for name in args.ids:
        if name in base:
            found.append(base[name])
            continue
        import difflib

        near = difflib.get_close_matches(name, [entry.id for entry in base], 3, 0.5)
        console.fail(
            name, f"no such entry - {'is it ' + ' or '.join(near) + '?' if near else 'see `mmgpt knowledge list`'}"
        )
    if args.json:
        console.write("".join(json.dumps(entry.to_dict(), ensure_ascii=False) + "\n" for entry in found))
    else:
        console.write("\n".join(_shown(entry, console) for entry in found))
    return FAILED if console.failures else OK


def _list(args: argparse.Namespace, console: Console) -> int:
    from mmgpt.knowledge.products import Kinship, kinship

    rows = []
    for entry in _base(args):
        if args.product and kinship(args.product, entry.product) is not Kinship.SAME:
            continue
        if args.category and entry.category != args.category:
            continue
        rows.append(entry)
    for entry in rows:
        if args.json:
            console.write(json.dumps(entry.to_dict(), ensure_ascii=False) + "\n")
        else:
            console.write(f"{console.paint(f'{entry.id:<44}', CYAN)} {entry.category:<17} {one_line(entry.title)}\n")
    if not rows:
        console.note("no entries - see `mmgpt knowledge list` without --product and --category")
    return OK if rows else FAILED


def _lint(args: argparse.Namespace, console: Console) -> int:
    from mmgpt.knowledge import EntryError, KnowledgeBase, lint, user_folder
    from mmgpt.knowledge.base import BUILT_IN, entry_files

    paths = args.paths or [BUILT_IN, *([user_folder()] if user_folder().is_dir() else [])]
    try:
        wanted = {file.resolve() for path in paths for file in entry_files(path)}
        others = [entry for entry in KnowledgeBase.load() if entry.origin.resolve() not in wanted]
    except EntryError:
        others = []  # what cannot be read is among the problems
    problems = lint(paths, others)
    serious = [problem for problem in problems if problem.level == "error" or args.strict]
    for problem in sorted(problems, key=lambda p: (p.level, p.place)):
        if args.json:
            value = {"level": problem.level, "place": problem.place, "text": problem.text}
            console.write(json.dumps(value, ensure_ascii=False) + "\n")
        else:
            console.write(one_line(str(problem)) + "\n")
    if not args.json:
        console.note(f"{len(problems)} problems, {len(serious)} of them serious" if problems else "no problems")
    return FAILED if serious else OK


def _add(args: argparse.Namespace, console: Console) -> int:
    from mmgpt.knowledge import EntryError, KnowledgeBase, user_folder
    from mmgpt.knowledge.entry import read_entry
    from mmgpt.knowledge.lint import lint_entries
    from mmgpt.knowledge.patterns import PatternError, parse
    from mmgpt.knowledge.runbook import slug
    from mmgpt.knowledge.writing import append_entry

    target: Path = args.to or user_folder() / f"{slug(args.product)}.toml"
    if target.suffix.lower() != ".toml":
        console.fail(str(target), "entries are added to files that end in .toml")
        return USAGE
    try:
        literal = [text for text in args.pattern if all(isinstance(part, str) for part in parse(text))]
        value = {
            "id": args.id,
            "title": args.title,
            "product": args.product,
            "category": args.category,
            "kinds": args.kind or ["terminal", "desktop_dialog", "web_page"],
            "codes": args.code,
            "patterns": args.pattern,
            "examples": args.example or [text.replace("{{", "{").replace("}}", "}") for text in literal],
            "cause": args.cause,
            "fixes": args.fix,
            "source": args.source,
            "url": args.url,
        }
        if not value["examples"]:
            console.fail(args.id, "needs --example: two lines as they are really printed")
            return USAGE
        entry = read_entry(value, args.product, target)
    except (EntryError, PatternError) as error:
        console.fail("", str(error))
        return USAGE
    paths = [path for path in (user_folder(),) if path.is_dir()]
    if (
        args.to is not None
        and target.exists()
        and target.resolve() not in {p.resolve() for f in paths for p in f.rglob("*")}
    ):
        paths.append(target)
    try:
        others = list(KnowledgeBase.load(paths))
    except EntryError as error:
        raise Unusable(f"{error} - mend it first; nothing was written") from error
    problems = lint_entries([entry], others)
    for problem in problems:
        if problem.level == "error":
            console.fail(args.id, problem.text)
        else:
            console.note(f"{args.id}: {problem.text}")
    if any(problem.level == "error" for problem in problems):
        console.fail("", "nothing was written")
        return USAGE
    try:
        append_entry(target, entry)
    except OSError as error:
        console.fail(str(target), f"cannot be written ({error.strerror}) - name another file with --to")
        return FAILED
    console.note(f"{entry.id} added to {target}")
    if args.to is not None and user_folder().resolve() not in target.resolve().parents:
        console.note(f"it is found by what reads this file; your own folder is {user_folder()}")
    return OK


def _base(args: argparse.Namespace) -> KnowledgeBase:
    """The package's entries and the user's. Raises Unusable."""
    from mmgpt.knowledge import EntryError, KnowledgeBase, user_folder

    paths = list(args.knowledge or [])
    if not paths and user_folder().is_dir():
        paths = [user_folder()]
    try:
        return KnowledgeBase.load(paths)
    except EntryError as error:
        raise Unusable(str(error)) from error


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--knowledge",
        action="append",
        type=Path,
        metavar="PATH",
        help="further entries: a file or folder (default: your own folder)",
    )


def _count(text: str) -> int:
    value = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} must be a number from 1 to 100")
    return value


def _stdin() -> str:
    if sys.stdin.isatty():
        raise Unusable(
            "-: stdin is a terminal - pipe text into it, as in `mmgpt read shot.png | mmgpt knowledge search -`"
        )
    buffer = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read() if buffer is None else buffer.read().decode("utf-8", "replace")


def _hit(hit: Hit) -> dict[str, object]:
    return {"score": hit.score, "why": list(hit.why), "slots": hit.slots, **hit.entry.to_dict()}


def _shown(entry: Entry, console: Console, hit: Hit | None = None, brief: bool = False) -> str:
    """An entry in rows of text; `brief` leaves out cause and fixes."""
    from mmgpt.knowledge import SURE

    head = console.paint(one_line(entry.title), BOLD)
    rows = [head, f"  {console.paint(entry.id, CYAN)}  {one_line(entry.product)}, {entry.category}"]
    if hit is not None:
        doubt = "" if hit.score >= SURE else ", not sure"
        rows.append(console.paint(f"  {hit.score:.0%}{doubt}: {one_line('; '.join(hit.why))}", DIM))
    if not brief:
        if entry.cause:
            rows += ["", f"  {one_line(entry.cause)}"]
        rows += [f"  {number}. {one_line(fix)}" for number, fix in enumerate(entry.fixes, 1)]
        rows += [console.paint(f"  Source: {one_line(entry.source)}{' ' + entry.url if entry.url else ''}", DIM)]
    if hit is None:
        rows += ["", *(f"  | {one_line(pattern.text)}" for pattern in entry.patterns)]
    return "\n".join(rows) + "\n"
