"""Terminals in which nothing failed, though many of them speak of errors."""

from __future__ import annotations

from train.data.capture.session import Keys, Session
from train.data.capture.terminal import Look, ordinary, terminal

LOG = "\n".join(
    f"2024-03-{1 + number // 9:02d} 0{number % 9}:1{number % 6}:0{number % 7} "
    + (
        "INFO  scheduler  job 41{0} finished in {0} s",
        "ERROR mailer     connection refused by 10.0.0.{0}, will retry",
        "WARN  disk       /var is 9{0} % full",
        "INFO  http       GET /orders/{0} 200 {0}4 ms",
        "INFO  http       GET /orders/9{0} 404 2 ms",
    )[number * 7 % 5].format(number % 10)
    for number in range(60)
)
TESTS = """
import pytest

from cart import total


@pytest.mark.parametrize("prices", [[1, 2], [5], []])
def test_total(prices):
    assert total(prices) == sum(prices)


def test_error_is_raised():
    with pytest.raises(TypeError):
        total(None)
"""
CODE = '''
"""Reads settings and explains what is wrong with them."""

import json


class SettingsError(ValueError):
    """A setting is missing or has the wrong type."""


def load(path):
    try:
        with open(path) as source:
            return json.load(source)
    except FileNotFoundError as error:
        raise SettingsError(f"no settings at {path}: run `setup` first") from error
    except json.JSONDecodeError as error:
        raise SettingsError(f"{path} line {error.lineno}: {error.msg}") from error
'''
REPOSITORY = """
git init -q -b main; git config user.name 'Dev'; git config user.email dev@desktop
for subject in 'First import' 'Read settings from a file' 'Fix crash when the list is empty' 'Handle error 404 of the mirror' \
 'Log timeouts as warnings' 'Retry failed uploads'; do echo "$subject" >> CHANGES; git add -A; git commit -qm "$subject"; done
"""
RUST_TEST = '[package]\nname = "tally"\nversion = "0.3.1"\nedition = "2021"\n'

RECIPES = [
    terminal(
        "normal-git-log",
        "git log",
        Session(["git log --oneline", "git status"], {"cart.py": "total = 0\n"}, REPOSITORY),
        Look("tango-dark", "DejaVu Sans Mono", 11, 90, 26),
        ordinary("Git"),
        "log",
    ),
    terminal(
        "normal-git-diff",
        "git diff",
        Session(
            ["git --no-pager diff"],
            {"retry.py": "def retry(call):\n    return call()\n"},
            REPOSITORY
            + "printf 'def retry(call):\\n    try:\\n        return call()\\n    except TimeoutError:\\n        return None\\n' > retry.py",
        ),
        Look("solarized-light", "JetBrains Mono", 11, 84, 24),
        ordinary("Git"),
        "diff",
    ),
    terminal(
        "normal-pytest-passing",
        "pytest",
        Session(
            ["python3 -m pytest -v -p no:cacheprovider"],
            {"test_cart.py": TESTS, "cart.py": "def total(prices):\n    return sum(prices)\n"},
        ),
        Look("console", "Hack", 11, 100, 24),
        ordinary("pytest"),
        "passing",
    ),
    terminal(
        "normal-man-errno",
        "man page",
        Session([Keys("man signal.7 2>/dev/null || man git-fsck\r", 2.0)], privileged="true"),
        Look("xterm-light", "-misc-fixed-medium-r-normal--14-130-75-75-c-70-iso10646-1", None, 80, 34),
        ordinary("man"),
        "signal",
    ),
    terminal(
        "normal-less-log",
        "log in a pager",
        Session([Keys("less app.log\r", 1.5), Keys(" ", 0.5)], {"app.log": LOG}),
        Look("gruvbox", "Fira Code", 11, 96, 30),
        ordinary("less"),
        "app.log",
    ),
    terminal(
        "normal-grep-error",
        "grep",
        Session(["grep -n ERROR app.log | head -n 12", "grep -c ERROR app.log"], {"app.log": LOG}),
        Look("xterm-dark", "Terminus", 12, 90, 26),
        ordinary("grep"),
        "ERROR",
    ),
    terminal(
        "normal-vim-code",
        "editor",
        Session([Keys("vim -n -c 'syntax on' -c 'set number' settings.py\r", 2.0)], {"settings.py": CODE}),
        Look("monokai", "DejaVu Sans Mono", 12, 88, 28),
        ordinary("Vim"),
        "settings.py",
    ),
    terminal(
        "normal-nano-notes",
        "editor",
        Session(
            [Keys("nano notes.txt\r", 1.5)],
            {
                "notes.txt": "Monday\n\n- call about error 0x80070005 on the old laptop\n- renew the certificate\n- lunch at one\n"
            },
        ),
        Look("tango-light", "Noto Mono", 12, 80, 24),
        ordinary("nano"),
        "notes.txt",
    ),
    terminal(
        "normal-nano-save-question",
        "save question",
        Session(
            [Keys("nano todo.txt\r", 1.5), Keys("Pay the rent. ", 0.5), Keys("\x18", 1.0)],
            {"todo.txt": "Water the plants\nRead chapter 4\n"},
        ),
        Look("ivory", "Cousine", 12, 80, 24),
        ordinary("nano"),
        "save",
    ),
    terminal(
        "normal-htop",
        "process list",
        Session([Keys("htop --no-color\r", 2.5)]),
        Look("green", "-misc-fixed-medium-r-normal--13-120-75-75-c-70-iso10646-1", None, 90, 24),
        ordinary("htop"),
        "htop",
    ),
    terminal(
        "normal-cp-question",
        "overwrite question",
        Session([Keys("cp -i report.odt backup/\r", 1.0)], {"report.odt": "a\n", "backup/report.odt": "b\n"}),
        Look("nord", "Inconsolata", 14, 72, 16),
        ordinary("cp"),
        "report.odt",
    ),
    terminal(
        "normal-make-clean-build",
        "build",
        Session(
            ["make", "./hello"],
            {
                "Makefile": "hello: hello.o errors.o\n\tgcc -o hello hello.o errors.o\n\n%.o: %.c\n\tgcc -Wall -Werror -c $<\n",
                "hello.c": '#include <stdio.h>\nint main(void) { puts("Hello. 0 errors, 0 warnings."); return 0; }\n',
                "errors.c": "int errors;\n",
            },
        ),
        Look("aubergine", "Liberation Mono", 12, 80, 20),
        ordinary("make"),
        "hello",
    ),
    terminal(
        "normal-cargo-test",
        "cargo test",
        Session(
            ["cargo test --offline -q"],
            {
                "Cargo.toml": RUST_TEST,
                "src/lib.rs": "pub fn parse(text: &str) -> Result<u32, String> {\n    text.parse().map_err(|_| "
                'format!("error: {text} is no number"))\n}\n\n#[test]\nfn error_for_words() {\n    assert!(parse("ten").is_err());\n}\n',
            },
        ),
        Look("dracula", "Cousine", 11, 92, 24),
        ordinary("Cargo"),
        "passing",
    ),
    terminal(
        "normal-python-repl",
        "interpreter",
        Session(
            [Keys("python3 -q\r"), Keys("import errno\r"), Keys("errno.errorcode[111]\r"), Keys("sum(range(101))\r")],
        ),
        Look("one-light", "Fira Code", 12, 76, 18),
        ordinary("Python"),
        "errno",
    ),
    terminal(
        "normal-ls-long",
        "listing",
        Session(
            ["ls -l", "df -h /", "date -d 2024-05-17"],
            {"error.log": LOG[:300], "failed-invoices.csv": "1;2\n", "notes.md": "# a\n", "photos/a.jpg": "x"},
        ),
        Look("console-blue", "DejaVu Sans Mono", 11, 80, 20, desktop=(1280, 800, "#5e8d87"), title="dev@desktop: ~"),
        ordinary("Bash"),
        "ls",
    ),
    terminal(
        "normal-sqlite-rows",
        "database shell",
        Session(
            [
                Keys("sqlite3 -box tickets.db\r"),
                Keys("SELECT * FROM tickets;\r"),
            ],
            prepare='sqlite3 tickets.db "CREATE TABLE tickets (id INTEGER, status TEXT, subject TEXT); INSERT INTO tickets VALUES '
            "(811,'open','Error 500 when saving'),(812,'closed','Cannot log in'),(813,'open','Blue screen after update')\"",
        ),
        Look("tango-dark", "Hack", 12, 84, 18),
        ordinary("SQLite"),
        "tickets",
    ),
    terminal(
        "normal-git-help",
        "git help",
        Session(["git help -a | head -n 24"]),
        Look("amber", "-misc-fixed-medium-r-semicondensed--13-120-75-75-c-60-iso10646-1", None, 100, 28),
        ordinary("Git"),
        "help",
    ),
    terminal(
        "normal-tmux",
        "multiplexer",
        Session(
            [Keys("tmux -f /dev/null new -s build\r", 1.5), Keys("PS1='$ '; clear; tail -n 8 app.log\r", 1.0)],
            {"app.log": LOG},
        ),
        Look("nord", "Terminus", 14, 84, 22),
        ordinary("tmux"),
        "tail",
    ),
]
