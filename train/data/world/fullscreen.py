"""Programs that take a whole terminal for themselves: editors, file managers, monitors, browsers in text mode, questions in boxes.

They are terminals all the same, whatever they look like; most of what they show is no error, some of it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from train.data.world.content import Fields, Row, TerminalContent, Text
from train.data.world.fullscreen_parts import Screen, line, lines, message_row, text_file
from train.data.world.fullscreen_views import browser, log_viewer, monitor, multiplexer, question
from train.data.world.slots import Slots


def _vim(rng: random.Random, slots: Slots) -> Screen:
    name = slots.get("file")
    body = lines(text_file(rng, slots), "source")
    body += lines(["~"] * rng.randint(0, 14))
    counts = f"{rng.randint(2, 400)}L, {rng.randint(40, 9000)}B"
    failures = (
        ("E212: Can't open file for writing", "E212", "permission"),
        ("E45: 'readonly' option is set (add ! to override)", "E45", "permission"),
        ("E37: No write since last change (add ! to override)", "E37", "invalid_input"),
        (f"E484: Can't open file {slots.get('path')}", "E484", "not_found"),
        (f"E486: Pattern not found: {slots.get('word')}", "E486", "not_found"),
        (f"E492: Not an editor command: {slots.get('word')}", "E492", "syntax"),
        (f'"{name}" E505: "{name}" is read-only (add ! to override)', "E505", "permission"),
        ("E382: Cannot write, 'buftype' option is set", "E382", "configuration"),
        (f"E117: Unknown function: {slots.get('fn')}", "E117", "syntax"),
        (f"E121: Undefined variable: {slots.get('word')}", "E121", "syntax"),
        (f"E185: Cannot find color scheme '{slots.get('word')}'", "E185", "not_found"),
        (f"E514: Write error (file system full?)", "E514", "disk_full"),  # noqa: F541 (alike to its neighbours)
    )
    if rng.random() < 0.4:
        message, code, category = rng.choice(failures)
        return Screen(
            "Vim",
            [*body, message_row("", message, "", rng.choice(("", "error", "inverse")))],
            (message, code, category),
        )
    last = rng.choice(
        (
            "-- INSERT --",
            "-- VISUAL --",
            f'"{name}" {counts}',
            f'"{name}" [readonly] {counts}',
            f'"{name}" [New]',
            ":wq",
            "/error",
            ":set number",
        )
    )
    where = f"{rng.randint(1, 300)},{rng.randint(1, 60)}"
    return Screen("Vim", [*body, line(f"{last:<58}{where:<14}{rng.choice(('All', 'Top', 'Bot', '43%'))}", "status")])


def _swap(rng: random.Random, slots: Slots) -> Screen:
    """Another Vim has the file, or one died over it."""
    name, message = slots.get("file"), "E325: ATTENTION"
    rows = [message_row("", message, "", rng.choice(("", "error")))]
    rows += lines(
        [
            f'Found a swap file by the name ".{name}.swp"',
            slots.fill("          owned by: {user}   dated: {day} {time} 2025"),
            slots.fill(f"         file name: ~{{user}}/{name}"),
            f"          modified: {rng.choice(('YES', 'no'))}",
            slots.fill("         user name: {user}   host name: {shost}"),
            slots.fill("        process ID: {pid}") + rng.choice(("", " (STILL RUNNING)")),
            f'While opening file "{name}"',
            "",
            "(1) Another program may be editing the same file.",
            "(2) An edit session for this file crashed.",
            f'    If you did this already, delete the swap file ".{name}.swp"',
            "    to avoid this message.",
            "",
            f'Swap file ".{name}.swp" already exists!',
            "[O]pen Read-Only, (E)dit anyway, (R)ecover, (Q)uit, (A)bort:",
        ],
    )
    return Screen("Vim", rows, (message, "E325", "concurrency_lock"))


def _nano(rng: random.Random, slots: Slots) -> Screen:
    name = slots.get("file")
    rows = [
        line(
            f"  GNU nano {rng.randint(4, 8)}.{rng.randint(0, 9)}".ljust(34)
            + name.ljust(30)
            + rng.choice(("", "Modified", "")),
            "title",
            "inverse",
        )
    ]
    rows += lines(text_file(rng, slots), "source")
    rows += [Row(())] * rng.randint(0, 6)
    path = slots.get("path")
    failures = (
        (f"Error writing {path}: Permission denied", None, "permission"),
        (f"Error writing {path}: No space left on device", None, "disk_full"),
        (f"Error writing {path}: No such file or directory", None, "not_found"),
        (f"Error reading {path}: Permission denied", None, "permission"),
        (
            f"File {name} is being edited by {slots.get('user')} (with nano, PID {slots.get('pid')}); open anyway?",
            None,
            "concurrency_lock",
        ),
        (f'"{slots.get("dir")}" is a directory', None, "invalid_input"),
        (f"Directory '{slots.get('dir')}' is not writable", None, "permission"),
    )
    failure = None
    if rng.random() < 0.4:
        failure = rng.choice(failures)
        rows.append(message_row(" " * rng.randint(8, 20) + "[ ", failure[0], " ]", "inverse"))
    elif rng.random() < 0.6:
        said = (
            f"Read {rng.randint(1, 90)} lines",
            f"Wrote {rng.randint(1, 90)} lines",
            "New File",
            '"error" not found',
            f"line {rng.randint(1, 40)}/{rng.randint(41, 90)} ({rng.randint(1, 99)}%)",
        )
        rows.append(line(" " * rng.randint(10, 24) + f"[ {rng.choice(said)} ]", "status"))
    rows += lines(
        [
            "^G Help      ^O Write Out ^W Where Is  ^K Cut       ^T Execute   ^C Location",
            "^X Exit      ^R Read File ^\\ Replace   ^U Paste     ^J Justify   ^/ Go To Line",
        ],
        "menu",
    )
    return Screen("nano", rows, failure)


def _commander(rng: random.Random, slots: Slots) -> Screen:
    """Two panels, keys at the bottom; now and then a box that says no."""
    width = rng.choice((30, 36, 38))
    rows = [line("  Left     File     Command     Options     Right", "menu")]
    head = "┌<─ " + rng.choice(("~", slots.get("dir"))) + " "
    rows.append(line(head.ljust(width, "─") + "┐" + ("┌<─ " + slots.get("dir") + " ").ljust(width, "─") + "┐"))
    rows.append(
        line(
            ("│.n      Name").ljust(width - 14)
            + "│ Size  │Modify "
            + "│"
            + ("│.n   Name").ljust(width - 14)
            + "│ Size  │Modify",
            "heading",
        )
    )
    for _ in range(rng.randint(6, 18)):
        halves = []
        for _ in range(2):
            s = Slots(rng)
            entry = rng.choice((f"/{s.get('word')}", f" {s.get('file')}", f"*{s.get('stem')}.sh", f"~{s.get('word')}"))
            halves.append(
                f"│{entry}"[: width - 15].ljust(width - 15)
                + s.fill("│{num:>7}│{month} {int} {time}").replace("{num:>7}", f"{s.get('num'):>7}")[:22]
            )
        rows.append(line("".join(halves), "item"))
    failure = None
    where = slots.get("dir")
    if rng.random() < 0.35:
        message, code, category = rng.choice(
            (
                (f'Cannot chdir to "{where}"', None, "permission"),
                (f'Cannot create target directory "{where}"', None, "permission"),
                (f'Cannot open source file "{slots.get("path")}"', None, "permission"),
                (f'Cannot write target file "{slots.get("path")}"', None, "disk_full"),
                (f'Cannot remove file "{slots.get("path")}"', None, "permission"),
            )
        )
        why, code = {
            "permission": ("Permission denied (13)", "13"),
            "disk_full": ("No space left on device (28)", "28"),
        }[category]
        middle = max(2, len(rows) // 2)
        gap = " " * rng.randint(8, 24)
        rows[middle : middle + 4] = [
            line(gap + "┌──────── Error ────────┐", "title"),
            message_row(gap + "│ ", message, " │", "error"),
            line(gap + f"│ {why} │", "body"),
            line(gap + rng.choice(("│ [ Skip ] [ Retry ] [ Abort ] │", "│ [< Dismiss >] │")), "button"),
        ]
        failure = (message, code, category)
    rows.append(
        line(
            rng.choice(
                (
                    "Hint: Tab changes your current panel.",
                    "Hint: Want a plain shell? Press C-o.",
                    slots.fill("{user}@{shost}:~$"),
                )
            ),
            "status",
        )
    )
    rows.append(line("1Help   2Menu   3View   4Edit   5Copy   6RenMov 7Mkdir  8Delete 9PullDn 10Quit", "menu"))
    return Screen("Midnight Commander", rows, failure)


SCREENS: tuple[tuple[Callable[[random.Random, Slots], Screen], float], ...] = (
    (_vim, 3.0),
    (_swap, 0.6),
    (_nano, 2.5),
    (_commander, 2.0),
    (monitor, 2.0),
    (browser, 1.5),
    (log_viewer, 2.0),
    (question, 1.0),
    (multiplexer, 1.0),
)


def fullscreen(rng: random.Random, split: str = "train", failing: bool = False) -> TerminalContent:
    """A terminal that one program has for itself; `failing` where it says that something did not work."""
    del split
    while True:
        made = rng.choices([make for make, _ in SCREENS], [weight for _, weight in SCREENS])[0](rng, Slots(rng))
        if (made.failure is not None) is failing:
            break
    fields = Fields(False, made.app, "terminal")
    if made.failure is not None:
        message, code, category = made.failure
        fields = Fields(True, made.app, "terminal", message, code, category)
    rows = tuple(made.rows)
    title = None
    if rng.random() < 0.4:
        slots = Slots(rng)
        title = Text(
            rng.choice((slots.fill("{user}@{shost}: ~"), made.app.lower(), "Terminal", slots.get("dir"))), "title"
        )
    return TerminalContent(fields, rows, title, (), (), (), "xterm", rng.choice(("dark", "dark", "light", "any")))
