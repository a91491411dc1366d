"""Terminals and editors that speak of errors and show none: logs in viewers, tests that pass, searches, diffs, manuals."""

from __future__ import annotations

import random
from collections.abc import Callable

from train.data.world.content import EditorContent, Fields, Row, TerminalContent, Text
from train.data.world.ide import editor_chrome
from train.data.world.negatives_checks import clean_check, help_text, passing_tests, plain_rows, session
from train.data.world.quotes import quote, short_quote
from train.data.world.slots import Slots
from train.data.world.terminals import command_row, frame

_LEVELS = ("INFO", "INFO", "INFO", "WARN", "ERROR", "ERROR", "DEBUG", "FATAL")


def log_lines(rng: random.Random, split: str, count: int) -> list[str]:
    """Rows of a log file in one of the usual forms, some of level ERROR with quoted messages."""
    form = rng.randrange(6)
    fixed = Slots(rng)
    host, unit, day = fixed.get("shost"), fixed.get("word"), fixed.get("date")
    made = []
    for _ in range(count):
        slots = Slots(rng)
        level = rng.choice(_LEVELS)
        what = slots.fill(
            rng.choice(
                (
                    "{verb} {noun} {num}",
                    "request {uuid} took {ms} ms",
                    "{noun} {word} ready",
                    "connected to {ip}:{port}",
                    "{num} {nouns} loaded",
                )
            )
        )
        if level in ("ERROR", "FATAL"):
            what = short_quote(rng, split, 100)
        clock = slots.get("time")
        made.append(
            (
                f"{day} {clock},{rng.randrange(1000):03} {level:<5} [{slots.get('word')}] {what}",
                f"{slots.get('syslog')} {host} {unit}[{slots.get('pid')}]: {what}",
                f'{{"ts":"{day}T{clock}Z","level":"{level.lower()}","msg":"{what}"}}',
                f"[{day} {clock}] {unit}.{level}: {what}",
                f"{clock} | {level:<5} | {unit}:{slots.get('fn')}:{slots.get('line')} - {what}",
                f'level={level.lower()} ts={day}T{clock}Z caller={slots.get("word")}.go:{slots.get("line")} msg="{what}"',
            )[form]
        )
    return made


def log_in_pager(rng: random.Random, split: str) -> TerminalContent:
    """A log file in less, in a journal or in a tail: the viewer is the program, nothing that it was asked failed."""
    slots = Slots(rng)
    lines = log_lines(rng, split, rng.randint(6, 36))
    name = rng.choice(
        (
            f"/var/log/{slots.get('word')}.log",
            f"{slots.get('word')}/error.log",
            "/var/log/syslog",
            f"{slots.get('stem')}.log",
        )
    )
    app, command = rng.choice(
        (
            ("less", f"less {name}"),
            ("tail", f"tail -f {name}"),
            ("tail", f"tail -n {len(lines)} {name}"),
            ("systemd", f"journalctl -u {slots.get('word')} --since today"),
            ("cat", f"cat {name}"),
            ("kubectl", f"kubectl logs {slots.get('pod')}"),
            ("Docker", f"docker logs {slots.get('repo')}-1"),
        )
    )
    if app == "less":
        rows = plain_rows(lines)
        last = rng.choice(
            (":", "(END)", f"{name} lines 1-{len(lines)}", f"lines 1-{len(lines)}/{len(lines)} (END)", "/ERROR")
        )
        rows.append(Row((Text(last, "status", "", "inverse"),)))
        return frame(rng, slots, Fields(False, "less", "terminal"), rows)
    return session(rng, app, command, lines, 0.5)


def git_reading(rng: random.Random, split: str) -> TerminalContent:
    """A history of fixes, a diff of error strings."""
    s = Slots(rng)
    if rng.random() < 0.55:
        lines = []
        for _ in range(rng.randint(4, 22)):
            t = Slots(rng)
            subject = t.fill(
                rng.choice(
                    (
                        "fix crash when the {noun} is empty",
                        "Fix NullPointerException in {cls}",
                        "handle timeout in {fn}",
                        "raise {cls}Error instead of returning None",
                        'revert "{verb} {noun}"',
                        "{verb} the {noun}",
                        "catch ConnectionError on {verb}",
                        "docs: explain error {const}",
                        "fix: {noun} not found (#{num})",
                        "test: failing {noun} case",
                        "chore: bump {pkg} to {version}",
                        "Merge branch '{branch}'",
                    )
                )
            )
            if rng.random() < 0.2:
                subject = 'fix "' + short_quote(rng, split, 60) + '"'
            lines.append(f"{t.get('sha')} {subject}")
        return session(
            rng,
            "Git",
            rng.choice(("git log --oneline", "git log --oneline --grep=error", f"git log --oneline -{len(lines)}")),
            lines,
        )
    name = f"src/{s.get('word')}.py"
    lines = [
        f"diff --git a/{name} b/{name}",
        f"index {s.get('sha')}..{s.get('sha2')} 100644",
        f"--- a/{name}",
        f"+++ b/{name}",
    ]
    for _ in range(rng.randint(1, 4)):
        t = Slots(rng)
        lines += [
            t.fill("@@ -{line},{int} +{line},{int2} @@ def {fn}({ident}):"),
            t.fill("     {ident} = {fn}({ident2})"),
        ]
        lines += [
            f'-        raise {t.get("cls")}Error("{short_quote(rng, split, 50)}")',
            f'+        raise {t.get("cls")}Error(f"{short_quote(rng, split, 50)}")',
        ]
        lines += [
            t.fill("+    except {cls}Error as error:"),
            t.fill('+        log.error("{noun} failed: %s", error)'),
            "     return None",
        ]
    made = [
        Row((Text(line, "source", "", {"+": "success", "-": "error", "@": "accent"}.get(line[:1], "")),))
        for line in lines
    ]
    rows = [command_row(rng, s, rng.choice(("git diff", "git show", f"git diff {name}")), "$"), *made]
    if rng.random() < 0.4:
        rows.append(Row((Text(":", "status", "", "inverse"),)))
    return frame(rng, s, Fields(False, "Git", "terminal"), rows)


def grep_results(rng: random.Random, split: str) -> TerminalContent:
    """Where "error" stands in some files."""
    lines = []
    for _ in range(rng.randint(4, 26)):
        t = Slots(rng)
        body = rng.choice(
            (
                f'raise {t.get("cls")}Error("{t.get("noun")} missing")',
                f'log.error("{short_quote(rng, split, 60)}")',
                f"# error: {t.get('noun')} is {t.get('adj')}",
                f"if error is not None: return {t.get('ident')}",
                f"ERROR_{t.get('const')} = {t.get('num')}",
                "catch (error) { console.error(error); }",
                f'"error.{t.get("word")}": "{short_quote(rng, split, 60)}"',
            )
        )
        lines.append(
            f"src/{t.get('word')}/{t.get('word2')}.{rng.choice(('py', 'ts', 'go', 'c', 'json'))}:{t.get('line')}:    {body}"
        )
    tool, command = rng.choice(
        (
            ("grep", "grep -rn error src"),
            ("ripgrep", "rg -n error src"),
            ("Git", "git grep -n error"),
            ("grep", "grep -rni 'error' src | head -30"),
        )
    )
    return session(rng, tool, command, lines)


def log_in_editor(rng: random.Random, split: str) -> EditorContent:
    """An editor that shows a log file or a saved trace."""
    slots = Slots(rng)
    ide = rng.choice(("Visual Studio Code", "Notepad++", "Sublime Text", "Kate", "Geany", "VSCodium", "IntelliJ IDEA"))
    _, menus, _, tree, status = editor_chrome(rng, slots, ide, "py")
    name = rng.choice(("error.log", slots.get("stem") + ".log", "crash-" + slots.get("date") + ".txt", "output.txt"))
    lines = (
        log_lines(rng, split, rng.randint(8, 34))
        if rng.random() < 0.65
        else [line for _ in range(2) for line in quote(rng, split).lines]
    )
    return EditorContent(
        Fields(False, ide, "ide_editor"),
        Text(f"{name} - {ide}", "title", "app"),
        (Text(name, "tab"),),
        tuple(plain_rows(lines, "source")),
        menus,
        tree,
        (),
        (),
        (),
        status,
        None,
        rng.choice((1, rng.randint(1, 900))),
        rng.random() < 0.9,
        ide,
        rng.choice(("dark", "dark", "light")),
    )


_HANDLERS = (
    (
        "try:",
        "    {ident} = {fn}({ident2})",
        "except FileNotFoundError:",
        '    raise SystemExit("{quote}")',
        "except ValueError as error:",
        '    log.error("{noun} failed: %s", error)',
        "    raise",
    ),
    (
        "class {cls}Error(Exception):",
        '    """{quote}"""',
        "",
        "def {fn}({ident}):",
        "    if {ident} is None:",
        '        raise {cls}Error("{quote}")',
    ),
    (
        "try {",
        "  await {camel}({camel2});",
        "} catch (err) {",
        "  console.error('{quote}', err);",
        "  throw new Error('{quote}');",
        "}",
    ),
    ("if err != nil {", '    return nil, fmt.Errorf("{quote}: %w", err)', "}"),
    ("catch (IOException e) {", '    throw new IllegalStateException("{quote}", e);', "}"),
    ("match {fn}() {", "    Ok({ident}) => {ident},", '    Err(e) => panic!("{quote}: {e}"),', "}"),
    ("def test_{noun}_raises():", '    with pytest.raises(ValueError, match="{quote}"):', "        {fn}(None)"),
    ("ERRORS = {", '    404: "Not Found",', '    500: "Internal Server Error",', '    {num}: "{quote}",', "}"),
    ("case EACCES:", '    fprintf(stderr, "{quote}\\n");', "    exit(EXIT_FAILURE);"),
)


def handler_code(rng: random.Random, split: str) -> EditorContent:
    """Source code that raises, catches and names errors, with a clean problems panel or none."""
    slots = Slots(rng)
    ide = rng.choice(
        (
            "Visual Studio Code",
            "Visual Studio Code",
            "PyCharm",
            "IntelliJ IDEA",
            "VSCodium",
            "Sublime Text",
            "Zed",
            "Kate",
        )
    )
    title, menus, tabs, tree, status = editor_chrome(rng, slots, ide, rng.choice(("py", "js", "java")))
    code: list[Row] = []
    for part in rng.sample(_HANDLERS, rng.randint(2, 5)):
        fresh = Slots(rng)
        code += [
            Row((Text(fresh.fill(line).replace("{quote}", short_quote(rng, split, 44).replace('"', "'")), "source"),))
            if line
            else Row(())
            for line in part
        ]
        code.append(Row(()))
    panel: tuple[Text, ...] = ()
    problems: tuple[Row, ...] = ()
    if rng.random() < 0.4:
        problems = (
            Row(
                (
                    Text(
                        rng.choice(
                            (
                                "No problems have been detected in the workspace.",
                                "0 errors, 0 warnings",
                                "No problems in " + tabs[0].text,
                            )
                        ),
                        "body",
                    ),
                )
            ),
        )
        panel = tuple(Text(name, "tab") for name in ("PROBLEMS", "OUTPUT", "TERMINAL"))
    return EditorContent(
        Fields(False, ide, "ide_editor"),
        title,
        tabs,
        tuple(code),
        menus,
        tree,
        problems,
        (),
        panel,
        status,
        None,
        rng.choice((1, rng.randint(2, 400))),
        rng.random() < 0.9,
        ide,
        rng.choice(("dark", "dark", "light")),
    )


TEXTS: tuple[tuple[Callable[[random.Random, str], TerminalContent | EditorContent], float], ...] = (
    (log_in_pager, 0.2),
    (passing_tests, 0.16),
    (clean_check, 0.14),
    (git_reading, 0.12),
    (grep_results, 0.1),
    (help_text, 0.1),
    (log_in_editor, 0.08),
    (handler_code, 0.1),
)
