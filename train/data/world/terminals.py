"""Terminals: screens of the catalogue between ordinary history, and ordinary sessions without errors."""

from __future__ import annotations

import random
import re

from train.data.world import sessions
from train.data.world.content import Fields, Row, TerminalContent, Text
from train.data.world.families import Family, terminal_families
from train.data.world.phrases import action_sentence, reason
from train.data.world.slots import Slots, invented_name
from train.data.world.unix import unix_failure

_CODE = re.compile(r"«([^»]*)»")
_COLOURED = re.compile(r"((?:\S{1,40}:)?(?:error|Error|ERROR|fatal|E|ERR!|WARNING|Warning):)(?=.)")
_NUMBERED = re.compile(
    r"\((\d{1,5}): [A-Za-z]|\((\d{1,5})\)\.?$|\b(?:[Ee]rror|ERROR|code|status|exit status|Error code:?) (\d{1,5})\b(?! [a-z]+s?\b)"
)
_FRAMES_NOISE = ("xterm", "GNOME Terminal", "Konsole", "iTerm2", "Terminal", "Alacritty", "kitty", "Tilix", "foot")


def prompt_for(rng: random.Random, slots: Slots, style: str) -> Text:
    """A shell prompt as it stands before a command; `style` is "$", "%", "#", "PS", "C:" or ">"."""
    user, host = slots.get("user"), slots.get("shost")
    place = rng.choice(("~", "~", slots.get("dir"), "~/" + slots.get("repo"), slots.get("repo")))
    forms = {
        "$": (
            f"{user}@{host}:{place}$ ",
            f"[{user}@{host} {place}]$ ",
            f"{user}@{host}:~/{slots.get('repo')}$ ",
            "$ ",
            "$ ",
            f"{host}:{place} {user}$ ",
            f"({slots.get('word')}) {user}@{host}:{place}$ ",
            f"➜  {slots.get('repo')} git:({slots.get('branch')}) ✗ ",
            f"{slots.get('repo')} ❯ ",
            f"{user} ~ % ",
        ),
        "%": (f"{user}@{host} {place} % ", "% ", f"{host}% "),
        "#": (f"root@{host}:{place}# ", "# ", f"[root@{host} ~]# "),
        ">": ("> ", f"{user}@{host} ~> "),
    }
    tone = rng.choice(("", "", "success", "accent", "bold"))
    return Text(rng.choice(forms[style]), "prompt", "", tone)


def command_row(rng: random.Random, slots: Slots, command: str, style: str, prompt: Text | None = None) -> Row:
    """A prompt and what was typed."""
    prompt = prompt or prompt_for(rng, slots, style)
    if prompt.text.endswith(("❯ ", "% ", "> ")) and command.startswith("sudo ") is False:
        command = command.strip()
    return Row((prompt, Text(command, "command")))


def _plain(row: str) -> Row:
    return Row((Text(row, "output"),)) if row.strip() else Row(())


def message_row(rng: random.Random, text: str) -> Row:
    """The message's pieces: leading blanks are no part of it; a prefix such as "error:" may be coloured."""
    stripped = text.strip()
    lead = text[: len(text) - len(text.lstrip())]
    pieces: list[Text] = [Text(lead, "output")] if lead else []
    style = rng.random()
    split = _COLOURED.match(stripped)
    if style < 0.35 and split is not None:
        pieces.append(Text(split.group(1), "message", "message", rng.choice(("error", "bold", "error"))))
        pieces.append(Text(stripped[split.end() :], "message", "message", rng.choice(("", "", "bold"))))
    else:
        pieces.append(Text(stripped, "message", "message", "error" if style > 0.85 else ""))
    return Row(tuple(pieces))


def screen_rows(rng: random.Random, slots: Slots, screen: str) -> tuple[list[Row], str, str | None]:
    """A catalogue screen filled in: its rows, the message, the code."""
    rows: list[Row] = []
    message = ""
    code: str | None = None
    prompt: Text | None = None
    for raw in screen.split("\n"):
        filled = slots.fill(raw)
        found = _CODE.search(filled)
        if found is not None:
            code = code or found.group(1)
            filled = _CODE.sub(r"\1", filled)
        mark, rest = filled[:2], filled[2:]
        if mark == "» " and not message:
            row = message_row(rng, rest)
            message = "".join(piece.text for piece in row.pieces if piece.ref == "message")
            rows.append(row)
            number = _NUMBERED.search(message)
            if number is not None and code is None and "«" not in screen:
                code = next(group for group in number.groups() if group)
        elif mark in ("$ ", "% "):
            prompt = prompt or prompt_for(rng, slots, mark[0])
            rows.append(command_row(rng, slots, rest, mark[0], prompt))
        elif mark == "# ":
            rows.append(Row((Text(rest, "trace"),)) if rest.strip() else Row(()))
        elif (
            shell := re.match(
                r"(PS [A-Z]:\\[^>]*> ?|[A-Z]:\\[^>]*>|mysql> |sqlite> |\S+=[#>] |>>> |> |SQL> )(?=\S)", filled
            )
        ) is not None:
            rows.append(Row((Text(shell.group(0), "prompt"), Text(filled[shell.end() :], "command"))))
        else:
            rows.append(_plain(filled))
    return rows, message, code


def generic_screen(rng: random.Random, slots: Slots, split: str) -> tuple[str, str, str | None, list[Row], str]:
    """A tool nobody knows fails in its own words: (app, message, code, rows, category)."""
    if rng.random() < 0.5:
        return unix_screen(rng, slots, split)
    style = rng.random()
    tool = (
        invented_name(rng).split()[0].lower()
        if style < 0.8
        else rng.choice((slots.get("pkg"), slots.get("stem") + "ctl"))
    )
    category, why, code = reason(rng, slots, None, split)
    head = action_sentence(rng, slots, "")
    head = head[:1].lower() + head[1:]
    forms = (
        f"{tool}: {head}: {why}",
        f"{tool}: error: {why}",
        f"{tool}: {why}",
        f"Error: {head}: {why}",
        f"error: {why}",
        f"{tool}: fatal: {head} ({why})",
        f"ERROR: {why}",
        f"[ERROR] {head}: {why}",
        f"[{slots.get('time')}] ERROR {head}: {why}",
        f"✖ {head}: {why}",
        f"{slots.get('stamp')} ERROR [{slots.get('word')}] {head}: {why}",
        f"!! {why}",
        f"FATAL: {head}. {why[:1].upper() + why[1:]}.",
        f"Error: {why[:1].upper() + why[1:]}.",
        f"{tool} ERR! {why}",
        f"failed: {why}",
    )
    message = rng.choice(forms)
    if code and rng.random() < 0.7:
        message += rng.choice((f" ({code})", f" [{code}]"))
    elif rng.random() < 0.2:
        code = rng.choice(
            (
                slots.get("const"),
                f"E{rng.randint(1, 9999):04}",
                slots.get("winhex"),
                f"{tool[:3].upper()}-{rng.randint(1, 9999)}",
            )
        )
        message += rng.choice((f" ({code})", f" [code {code}]", f" - {code}"))
    else:
        code = ""
    command = f"{tool} {slots.get('verb')} {rng.choice(('', '--' + slots.get('word'), slots.get('file')))}".strip()
    rows = [command_row(rng, slots, command, "$")]
    rows += [_plain(slots.fill(rng.choice(sessions.PROGRESS))) for _ in range(rng.choice((0, 0, 1, 3)))]
    rows.append(message_row(rng, message))
    if rng.random() < 0.3:
        rows.append(Row((Text(slots.fill(rng.choice(sessions.HINTS)), "trace"),)))
    return tool, message.strip(), code or None, rows, category


def unix_screen(rng: random.Random, slots: Slots, split: str) -> tuple[str, str, str | None, list[Row], str]:
    """A Unix tool, mostly a real one, fails with one of the system's reasons."""
    invented = invented_name(rng).split()[0].lower() if rng.random() < 0.15 else None
    tool, command, message, category = unix_failure(rng, slots, split, invented)
    rows = [command_row(rng, slots, command, "$")]
    rows += [_plain(slots.fill(rng.choice(sessions.PROGRESS))) for _ in range(rng.choice((0, 0, 0, 1)))]
    rows.append(message_row(rng, message))
    if rng.random() < 0.25:
        rows.append(
            Row(
                (
                    Text(
                        rng.choice(
                            (
                                f"Try '{tool} --help' for more information.",
                                f"usage: {tool} [options] file ...",
                                f"{tool}: exiting",
                            )
                        ),
                        "trace",
                    ),
                )
            )
        )
    app = {
        "wget": "Wget",
        "openssl": "OpenSSL",
        "ssh": "OpenSSH",
        "nginx": "nginx",
        "psql": "PostgreSQL",
        "sqlite3": "SQLite",
    }.get(tool, tool)
    return app, message, None, rows, category


def error_terminal(rng: random.Random, split: str = "train") -> TerminalContent:
    """A terminal in which a tool has just failed."""
    slots = Slots(rng)
    if rng.random() < 0.3:
        app, message, code, rows, category = generic_screen(rng, slots, split)
    else:
        family = pick_family(rng, split)
        app, category = family.app, family.category
        rows, message, code = screen_rows(rng, slots, rng.choice(family.screens))
    before = _history(rng, rng.choice((0, 0, 1, 2, 3, 5)))
    if rng.random() < 0.55:  # the shell waits for the next command
        rows.append(Row((prompt_for(rng, slots, "$"),)))
    elif rng.random() < 0.3:  # something ordinary was done after it
        rows += _history(rng, 1)[:6]
    fields = Fields(True, app, "terminal", message, code, category)
    return frame(rng, slots, fields, before + rows)


def pick_family(rng: random.Random, split: str) -> Family:
    """A family of the split: first a program, then one of its families, so that programs with few are seen too."""
    wanted = split == "held_out"
    pool = [family for family in terminal_families() if family.is_held_out == wanted]
    if rng.random() < 0.5:
        return rng.choice(pool)
    app = rng.choice(sorted({family.app for family in pool}))
    return rng.choice([family for family in pool if family.app == app])


def normal_terminal(rng: random.Random, split: str = "train") -> TerminalContent:
    """A terminal in which nothing failed; what it shows may well speak of errors."""
    del split
    slots = Slots(rng)
    rows = _history(rng, rng.choice((0, 1, 2, 4)))
    app, last = sessions.sample(rng)
    rows += session_rows(rng, Slots(rng), last)
    if rng.random() < 0.6:
        rows.append(Row((prompt_for(rng, slots, "$"),)))
    return frame(rng, slots, Fields(False, app, "terminal"), rows)


def session_rows(rng: random.Random, slots: Slots, session: str) -> list[Row]:
    """The rows of an ordinary session (`$ ` commands, everything else output)."""
    rows: list[Row] = []
    for raw in session.strip("\n").split("\n"):
        filled = slots.fill(raw)
        rows.append(command_row(rng, slots, filled[2:], "$") if filled.startswith("$ ") else _plain(filled))
    return rows


def _history(rng: random.Random, count: int) -> list[Row]:
    rows: list[Row] = []
    for _ in range(count):
        rows += session_rows(rng, Slots(rng), sessions.sample(rng, short=True)[1])
    return rows


def frame(rng: random.Random, slots: Slots, fields: Fields, rows: list[Row]) -> TerminalContent:
    title = None
    emulator = rng.choice(_FRAMES_NOISE)
    if rng.random() < 0.75:
        title = Text(
            rng.choice(
                (
                    emulator,
                    f"{slots.get('user')}@{slots.get('shost')}: ~",
                    f"{slots.get('user')}@{slots.get('shost')}:{slots.get('dir')}",
                    "bash",
                    "Terminal",
                    f"{slots.get('user')} — -zsh — 80×24",
                    "Windows PowerShell",
                    "Command Prompt",
                    slots.get("repo"),
                )
            ),
            "title",
        )
    tabs = tuple(
        Text(rng.choice(("bash", "zsh", "vim", "ssh " + slots.get("shost"), slots.get("dir"), "logs", "htop")), "tab")
        for _ in range(rng.choice((0, 0, 0, 2, 3)))
    )
    panes: tuple[tuple[Row, ...], ...] = ()
    if rng.random() < 0.08:
        panes = (tuple(_history(rng, 2)),)
    status = (
        (
            Text(f"[{rng.randint(0, 9)}] 0:bash- 1:vim*", "status"),
            Text(f"{slots.get('shost')} {slots.get('time')[:5]}", "status"),
        )
        if rng.random() < 0.08
        else ()
    )
    keep = rng.randint(12, 48)  # what has scrolled away is not in the picture
    if len(rows) > keep:
        first = next((index for index, row in enumerate(rows) if any(piece.ref for piece in row.pieces)), len(rows) - 1)
        rows = rows[min(first, len(rows) - keep) :][: max(keep, 1)]
        if fields.error_code is not None and not any(fields.error_code in row.text for row in rows):
            fields = Fields(True, fields.app, fields.kind, fields.message, None, fields.category)
    return TerminalContent(
        fields, tuple(rows), title, tabs, panes, status, emulator, rng.choice(("dark", "dark", "dark", "light", "any"))
    )
