"""Terminals and editors that speak of errors and show none: logs in viewers, tests that pass, searches, diffs, manuals."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Callable

from train.data.world.content import EditorContent, Fields, Row, TerminalContent, Text
from train.data.world.ide import editor_chrome
from train.data.world.pager import pager
from train.data.world.quotes import quote, short_quote
from train.data.world.slots import Slots
from train.data.world.terminals import command_row, frame, prompt_for

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


def _rows(lines: list[str], role: str = "output") -> list[Row]:
    return [Row((Text(line.expandtabs(4), role),)) if line.strip() else Row(()) for line in lines]


def _session(rng: random.Random, app: str, command: str, lines: list[str], waits: float = 0.7) -> TerminalContent:
    slots = Slots(rng)
    rows = [command_row(rng, slots, command, "$"), *_rows(lines)]
    if rng.random() < waits:
        rows.append(Row((prompt_for(rng, slots, "$"),)))
    return frame(rng, slots, Fields(False, app, "terminal"), rows)


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
        rows = _rows(lines)
        last = rng.choice(
            (":", "(END)", f"{name} lines 1-{len(lines)}", f"lines 1-{len(lines)}/{len(lines)} (END)", "/ERROR")
        )
        rows.append(Row((Text(last, "status", "", "inverse"),)))
        return frame(rng, slots, Fields(False, "less", "terminal"), rows)
    return _session(rng, app, command, lines, 0.5)


def passing_tests(rng: random.Random, split: str) -> TerminalContent:
    """Tests that pass, whose names speak of errors."""
    slots = Slots(rng)
    names = [
        Slots(rng).fill(
            rng.choice(
                (
                    "test_raises_value_error",
                    "test_{noun}_not_found_raises_{cls}Error",
                    "test_fails_without_{noun}",
                    "test_error_message_names_the_{noun}",
                    "test_{verb}_timeout_is_reported",
                    "test_invalid_{noun}_is_rejected",
                    "test_permission_denied_on_{noun}",
                    "test_{fn}",
                    "test_returns_404_for_unknown_{noun}",
                    "test_crash_recovery",
                )
            )
        )
        for _ in range(rng.randint(3, 16))
    ]
    count, secs = len(names), slots.get("secs")
    warned = rng.choice(
        ("", "", f", {rng.randint(1, 9)} warnings", f", {rng.randint(1, 3)} skipped", f", {rng.randint(1, 3)} xfailed")
    )
    style = rng.randrange(5)
    if style == 0:
        file = f"tests/test_{slots.get('word')}.py"
        lines = [
            f"{'=' * 24} test session starts {'=' * 24}",
            f"platform linux -- Python 3.{rng.randint(9, 13)}.{rng.randint(0, 9)}, pytest-8.{rng.randint(0, 4)}.0, pluggy-1.5.0",
            f"collected {count} items",
            "",
        ]
        lines += [f"{file}::{name} PASSED{' ' * 6}[{100 * (i + 1) // count:>3}%]" for i, name in enumerate(names)]
        return _session(
            rng,
            "pytest",
            rng.choice(("pytest -v", "python -m pytest -v", f"pytest -v {file}")),
            [*lines, "", f"{'=' * 20} {count} passed{warned} in {secs}s {'=' * 20}"],
        )
    if style == 1:
        said = [n.replace("test_", "").replace("_", " ") for n in names]
        lines = [f" PASS  src/{slots.get('camel')}.test.ts", f"  {slots.get('cls')}"]
        lines += [f"    ✓ {name} ({rng.randint(1, 40)} ms)" for name in said]
        return _session(
            rng,
            "Jest",
            rng.choice(("npm test", "npx jest")),
            [
                *lines,
                "",
                "Test Suites: 1 passed, 1 total",
                f"Tests:       {count} passed, {count} total",
                "Snapshots:   0 total",
                f"Time:        {secs} s",
            ],
        )
    if style == 2:
        lines = ["running " + str(count) + " tests", *(f"test tests::{n.removeprefix('test_')} ... ok" for n in names)]
        return _session(
            rng,
            "Cargo",
            "cargo test",
            [
                *lines,
                "",
                f"test result: ok. {count} passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in {secs}s",
            ],
        )
    if style == 3:
        lines = [
            line
            for n in names
            for line in (f"=== RUN   {_pascal(n)}", f"--- PASS: {_pascal(n)} (0.0{rng.randint(0, 9)}s)")
        ]
        return _session(rng, "Go", "go test -v ./...", [*lines, "PASS", f"ok      {slots.get('gopkg')}  {secs}s"])
    lines = [f"{n} (test_{slots.get('word')}.{slots.get('cls')}Test.{n}) ... ok" for n in names]
    return _session(
        rng, "Python", "python -m unittest -v", [*lines, "", "-" * 70, f"Ran {count} tests in {secs}s", "", "OK"]
    )


def _pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def clean_check(rng: random.Random, split: str) -> TerminalContent:
    """A check that finds nothing: "0 errors", "no problems found"."""
    del split
    s = Slots(rng)
    n, p, v, files = s.get("num"), s.get("path"), s.get("version"), rng.randint(2, 90)
    app, command, lines = rng.choice(
        (
            ("mypy", "mypy .", (f"Success: no issues found in {files} source files",)),
            ("Ruff", "ruff check .", ("All checks passed!",)),
            ("ESLint", "npx eslint src", ()),
            ("TypeScript", "npx tsc --noEmit --watch", (f"[{s.get('time')}] Starting compilation in watch mode...", "", f"[{s.get('time2')}] Found 0 errors. Watching for file changes.")),
            ("npm", "npm audit", ("found 0 vulnerabilities",)),
            ("nginx", "sudo nginx -t", ("nginx: the configuration file /etc/nginx/nginx.conf syntax is ok", "nginx: configuration file /etc/nginx/nginx.conf test is successful")),
            ("rsync", f"rsync -av {s.get('dir')}/ {s.get('host')}:", (f"sent {n} bytes  received {s.get('num2')} bytes", "total size is " + s.get("big"), "rsync: 0 errors")),
            (".NET", "dotnet build", (f"  {s.get('cls')} -> bin/Debug/net8.0/{s.get('cls')}.dll", "", "Build succeeded.", "    0 Warning(s)", "    0 Error(s)", "", "Time Elapsed 00:00:04.21")),
            ("Maven", "mvn -q verify", (f"[INFO] Tests run: {n}, Failures: 0, Errors: 0, Skipped: 0", "[INFO] BUILD SUCCESS")),
            ("Gradle", "./gradlew build", ("BUILD SUCCESSFUL in 3s", f"{rng.randint(2, 12)} actionable tasks: {rng.randint(1, 2)} executed")),
            ("fsck", "sudo fsck -f /dev/sdb1", ("Pass 1: Checking inodes, blocks, and sizes", "Pass 5: Checking group summary information", f"/dev/sdb1: {n}/{s.get('big')} files (0.1% non-contiguous)")),
            ("smartctl", "sudo smartctl -H -l error /dev/sda", ("SMART overall-health self-assessment test result: PASSED", "", "SMART Error Log Version: 1", "No Errors Logged")),
            ("ping", f"ping -c 4 {s.get('ip')}", ("4 packets transmitted, 4 received, 0% packet loss, time 3004ms",)),
            ("ip", "ip -s link show eth0", ("    RX:  bytes packets errors dropped  missed   mcast", f"    {s.get('big')} {n}      0       0       0       {s.get('int')}", "    TX:  bytes packets errors dropped carrier collsns", f"    {s.get('big2')} {n}      0       0       0       0")),
            ("shellcheck", f"shellcheck {p} && echo no problems", ("no problems",)),
            ("zpool", "zpool status", ("  pool: tank", " state: ONLINE", "  scan: scrub repaired 0B in 02:11:05 with 0 errors", "errors: No known data errors")),
            ("Terraform", "terraform validate", ("Success! The configuration is valid.",)),
            ("cppcheck", "cppcheck src", (f"Checking src/{s.get('word')}.cpp ...", f"{n}/{n} files checked 100% done")),
            ("Composer", "composer validate", ("./composer.json is valid",)),
            ("pip", "pip check", ("No broken requirements found.",)),
            ("Cargo", "cargo clippy", (f"    Checking {s.get('pkg')} v{v}", "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 2.41s")),
        )
    )  # fmt: skip
    return _session(rng, app, command, list(lines))


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
        return _session(
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
    return _session(rng, tool, command, lines)


def help_text(rng: random.Random, split: str) -> TerminalContent:
    """The help of a tool, an explanation of a code, a manual page: asked for, and given."""
    if rng.random() < 0.4:
        return pager(rng, split)
    found = quote(rng, split)
    s = Slots(rng)
    name = s.get("word")
    about = textwrap.wrap(
        s.fill(
            "This error is reported when the {noun} cannot be found or read. Check that the {noun2} exists and that it may be opened; then {verb} again. Status {int} means that the {noun3} failed."
        ),
        76,
    )
    if found.code and rng.random() < 0.6:
        lines = [
            *about,
            "",
            "Erroneous code example:",
            "",
            f"    {found.message[:90]}",
            "",
            *textwrap.wrap(s.fill("To fix it, {verb2} the {noun} before the {noun2} starts."), 76),
        ]
        return _session(rng, name, f"{name} explain {found.code}", lines)
    opts = [
        Slots(rng).fill(
            rng.choice(
                (
                    "  -{letter}, --{word}        {verb} the {noun} on error",
                    "  --fail-fast       stop at the first error",
                    "  --ignore-errors   go on when a {noun} fails",
                    "  --{word}={const}  {verb} {nouns} of the {noun}",
                    "  -q, --quiet       print errors only",
                    "  --retry N         try N times after a timeout",
                )
            )
        )
        for _ in range(rng.randint(4, 12))
    ]
    tail = (
        [
            "",
            "Exit status:",
            " 0  if OK,",
            " 1  if minor problems,",
            " 2  if serious trouble (e.g., cannot access command-line argument).",
        ]
        if rng.random() < 0.5
        else []
    )
    return _session(
        rng,
        name,
        f"{name} --help",
        [f"Usage: {name} [OPTION]... [FILE]...", s.fill("{verb} the {noun} of each FILE."), "", *opts, *tail],
    )


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
        Fields(False, ide, "ide_editor"), Text(f"{name} - {ide}", "title", "app"), (Text(name, "tab"),), tuple(_rows(lines, "source")),
        menus, tree, (), (), (), status, None, rng.choice((1, rng.randint(1, 900))), rng.random() < 0.9, ide, rng.choice(("dark", "dark", "light")),
    )  # fmt: skip


_HANDLERS = (
    ("try:", "    {ident} = {fn}({ident2})", "except FileNotFoundError:", "    raise SystemExit(\"{quote}\")", "except ValueError as error:", "    log.error(\"{noun} failed: %s\", error)", "    raise"),
    ("class {cls}Error(Exception):", "    \"\"\"{quote}\"\"\"", "", "def {fn}({ident}):", "    if {ident} is None:", "        raise {cls}Error(\"{quote}\")"),
    ("try {", "  await {camel}({camel2});", "} catch (err) {", "  console.error('{quote}', err);", "  throw new Error('{quote}');", "}"),
    ("if err != nil {", "    return nil, fmt.Errorf(\"{quote}: %w\", err)", "}"),
    ("catch (IOException e) {", "    throw new IllegalStateException(\"{quote}\", e);", "}"),
    ("match {fn}() {", "    Ok({ident}) => {ident},", "    Err(e) => panic!(\"{quote}: {e}\"),", "}"),
    ("def test_{noun}_raises():", "    with pytest.raises(ValueError, match=\"{quote}\"):", "        {fn}(None)"),
    ("ERRORS = {", "    404: \"Not Found\",", "    500: \"Internal Server Error\",", "    {num}: \"{quote}\",", "}"),
    ("case EACCES:", "    fprintf(stderr, \"{quote}\\n\");", "    exit(EXIT_FAILURE);"),
)  # fmt: skip


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
    panel, problems = (), ()
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
        Fields(False, ide, "ide_editor"), title, tabs, tuple(code), menus, tree, problems, (), panel, status, None,
        rng.choice((1, rng.randint(2, 400))), rng.random() < 0.9, ide, rng.choice(("dark", "dark", "light")),
    )  # fmt: skip


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
