"""Terminals with tests that pass, checks that find nothing, and help that was asked for."""

from __future__ import annotations

import random
import textwrap

from train.data.world.content import Fields, Row, TerminalContent, Text
from train.data.world.pager import pager
from train.data.world.quotes import quote
from train.data.world.slots import Slots
from train.data.world.terminals import command_row, frame, prompt_for


def plain_rows(lines: list[str], role: str = "output") -> list[Row]:
    """Rows of one role; tabs become blanks."""
    return [Row((Text(line.expandtabs(4), role),)) if line.strip() else Row(()) for line in lines]


def session(rng: random.Random, app: str, command: str, lines: list[str], waits: float = 0.7) -> TerminalContent:
    """A terminal after a command that did what it should; `waits` is the chance of a prompt below."""
    slots = Slots(rng)
    rows = [command_row(rng, slots, command, "$"), *plain_rows(lines)]
    if rng.random() < waits:
        rows.append(Row((prompt_for(rng, slots, "$"),)))
    return frame(rng, slots, Fields(False, app, "terminal"), rows)


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
        return session(
            rng,
            "pytest",
            rng.choice(("pytest -v", "python -m pytest -v", f"pytest -v {file}")),
            [*lines, "", f"{'=' * 20} {count} passed{warned} in {secs}s {'=' * 20}"],
        )
    if style == 1:
        said = [n.replace("test_", "").replace("_", " ") for n in names]
        lines = [f" PASS  src/{slots.get('camel')}.test.ts", f"  {slots.get('cls')}"]
        lines += [f"    ✓ {name} ({rng.randint(1, 40)} ms)" for name in said]
        return session(
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
        return session(
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
        return session(rng, "Go", "go test -v ./...", [*lines, "PASS", f"ok      {slots.get('gopkg')}  {secs}s"])
    lines = [f"{n} (test_{slots.get('word')}.{slots.get('cls')}Test.{n}) ... ok" for n in names]
    return session(
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
            (
                "TypeScript",
                "npx tsc --noEmit --watch",
                (
                    f"[{s.get('time')}] Starting compilation in watch mode...",
                    "",
                    f"[{s.get('time2')}] Found 0 errors. Watching for file changes.",
                ),
            ),
            ("npm", "npm audit", ("found 0 vulnerabilities",)),
            (
                "nginx",
                "sudo nginx -t",
                (
                    "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok",
                    "nginx: configuration file /etc/nginx/nginx.conf test is successful",
                ),
            ),
            (
                "rsync",
                f"rsync -av {s.get('dir')}/ {s.get('host')}:",
                (f"sent {n} bytes  received {s.get('num2')} bytes", "total size is " + s.get("big"), "rsync: 0 errors"),
            ),
            (
                ".NET",
                "dotnet build",
                (
                    f"  {s.get('cls')} -> bin/Debug/net8.0/{s.get('cls')}.dll",
                    "",
                    "Build succeeded.",
                    "    0 Warning(s)",
                    "    0 Error(s)",
                    "",
                    "Time Elapsed 00:00:04.21",
                ),
            ),
            (
                "Maven",
                "mvn -q verify",
                (f"[INFO] Tests run: {n}, Failures: 0, Errors: 0, Skipped: 0", "[INFO] BUILD SUCCESS"),
            ),
            (
                "Gradle",
                "./gradlew build",
                ("BUILD SUCCESSFUL in 3s", f"{rng.randint(2, 12)} actionable tasks: {rng.randint(1, 2)} executed"),
            ),
            (
                "fsck",
                "sudo fsck -f /dev/sdb1",
                (
                    "Pass 1: Checking inodes, blocks, and sizes",
                    "Pass 5: Checking group summary information",
                    f"/dev/sdb1: {n}/{s.get('big')} files (0.1% non-contiguous)",
                ),
            ),
            (
                "smartctl",
                "sudo smartctl -H -l error /dev/sda",
                (
                    "SMART overall-health self-assessment test result: PASSED",
                    "",
                    "SMART Error Log Version: 1",
                    "No Errors Logged",
                ),
            ),
            ("ping", f"ping -c 4 {s.get('ip')}", ("4 packets transmitted, 4 received, 0% packet loss, time 3004ms",)),
            (
                "ip",
                "ip -s link show eth0",
                (
                    "    RX:  bytes packets errors dropped  missed   mcast",
                    f"    {s.get('big')} {n}      0       0       0       {s.get('int')}",
                    "    TX:  bytes packets errors dropped carrier collsns",
                    f"    {s.get('big2')} {n}      0       0       0       0",
                ),
            ),
            ("shellcheck", f"shellcheck {p} && echo no problems", ("no problems",)),
            (
                "zpool",
                "zpool status",
                (
                    "  pool: tank",
                    " state: ONLINE",
                    "  scan: scrub repaired 0B in 02:11:05 with 0 errors",
                    "errors: No known data errors",
                ),
            ),
            ("Terraform", "terraform validate", ("Success! The configuration is valid.",)),
            ("cppcheck", "cppcheck src", (f"Checking src/{s.get('word')}.cpp ...", f"{n}/{n} files checked 100% done")),
            ("Composer", "composer validate", ("./composer.json is valid",)),
            ("pip", "pip check", ("No broken requirements found.",)),
            (
                "Cargo",
                "cargo clippy",
                (
                    f"    Checking {s.get('pkg')} v{v}",
                    "    Finished `dev` profile [unoptimized + debuginfo] target(s) in 2.41s",
                ),
            ),
        )
    )
    return session(rng, app, command, list(lines))


def help_text(rng: random.Random, split: str) -> TerminalContent:
    """The help of a tool, an explanation of a code, a manual page: asked for, and given."""
    if rng.random() < 0.4:
        return pager(rng, split)
    found = quote(rng, split)
    s = Slots(rng)
    name = s.get("word")
    about = textwrap.wrap(
        s.fill(
            "This error is reported when the {noun} cannot be found or read."
            " Check that the {noun2} exists and that it may be opened; then {verb} again. Status {int} means that the {noun3} failed."
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
        return session(rng, name, f"{name} explain {found.code}", lines)
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
    return session(
        rng,
        name,
        f"{name} --help",
        [f"Usage: {name} [OPTION]... [FILE]...", s.fill("{verb} the {noun} of each FILE."), "", *opts, *tail],
    )
