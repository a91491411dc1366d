"""Terminals other than xterm in which nothing failed: editors, pagers, file managers, monitors, questions, progress."""

from __future__ import annotations

from train.data.capture.emulators import emulated
from train.data.capture.session import Keys, Session
from train.data.capture.terminal import Look, ordinary

SCREEN = (("TERM", "screen-256color"),)
GUARDED = '''
"""Downloads a file and tries again when the line breaks."""

import time
import urllib.error
import urllib.request


def download(address, attempts=3):
    for attempt in range(attempts):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            if error.code == 404:
                raise FileNotFoundError(address) from error
        except (urllib.error.URLError, TimeoutError) as error:
            print(f"attempt {attempt + 1} failed: {error}")
        time.sleep(2**attempt)
    raise ConnectionError(f"gave up on {address} after {attempts} attempts")
'''
HANDLER = """
<?php
function load_settings(string $path): array
{
    try {
        $text = file_get_contents($path);
        return json_decode($text, true, 16, JSON_THROW_ON_ERROR);
    } catch (JsonException $error) {
        error_log("settings are broken: " . $error->getMessage());
        return ["theme" => "light", "retries" => 3];
    } finally {
        restore_error_handler();
    }
}
"""
ACCESS = "\n".join(
    f'10.0.{n % 4}.{n % 9} - - [12/Mar/2024:10:{n % 60:02d}:0{n % 7} +0000] "GET '
    + ("/", "/style.css", "/missing.png", "/orders/7", "/api/v1/report")[n * 3 % 5]
    + f' HTTP/1.1" {(200, 200, 404, 200, 500)[n * 3 % 5]} {900 + n * 37 % 4000}'
    for n in range(80)
)
BOOT = "\n".join(
    f"Mar 12 07:{n % 60:02d}:1{n % 9} desktop "
    + (
        "kernel: usb 1-2: device descriptor read/64, error -71",
        "systemd[1]: Started Daily apt download activities.",
        "NetworkManager[612]: <warn> dhcp4 (eth0): request timed out",
        "kernel: EXT4-fs (sda1): mounted filesystem with ordered data mode",
        "sshd[988]: Failed password for invalid user admin from 10.0.3.9 port 52114 ssh2",
    )[n * 2 % 5]
    for n in range(60)
)
NODE_TEST = """
import assert from "node:assert";
import test from "node:test";

test("an empty cart costs nothing", () => assert.equal(0, 0));
test("an unknown article is an error", () => assert.throws(() => { throw new RangeError("no such article"); }, RangeError));
test("a timeout is tried again", () => assert.ok(true));
"""
UNITTEST = """
import unittest


class Failures(unittest.TestCase):
    def test_division_by_zero_is_an_error(self):
        with self.assertRaises(ZeroDivisionError):
            1 / 0

    def test_missing_key_is_an_error(self):
        with self.assertRaises(KeyError):
            {}["port"]


if __name__ == "__main__":
    unittest.main(verbosity=2)
"""
SHELL = """
import http.server, sys


class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        import time
        self.send_response(200)
        self.send_header("Content-Length", str(40_000_000))
        self.end_headers()
        for _ in range(400):
            self.wfile.write(b"x" * 100_000)
            time.sleep(0.25)

    def log_message(self, *rest):
        pass


http.server.HTTPServer(("127.0.0.1", 8000), Slow).serve_forever()
"""
REPOSITORY = """
git init -q -b main; git config user.name 'Dev'; git config user.email dev@desktop
for subject in 'Add the mailer' 'Fix error 500 on empty search' 'Retry on timeout' 'Raise KeyError for unknown ids'; do
echo "$subject" >> CHANGES; git add -A; git commit -qm "$subject"; done
git switch -qc fix-crash; echo more >> CHANGES; git commit -qam 'Do not crash without a profile'; git switch -q main
"""

RECIPES = [
    emulated(
        "normal-vim-python",
        "vim code",
        "urxvt",
        Session(
            [Keys("vim -N -u NONE -c 'syntax on' -c 'set number nowrap bg=dark' download.py\r", 2.0)],
            {"download.py": GUARDED},
            environment=SCREEN,
        ),
        Look("gruvbox", "Hack", 10, 92, 32, 4),
        ordinary("Vim"),
        "download.py",
    ),
    emulated(
        "normal-nano-php",
        "nano code",
        "lxterminal",
        Session([Keys("nano settings.php\r", 1.5)], {"settings.php": HANDLER}, environment=SCREEN),
        Look("nord", "DejaVu Sans Mono", 11, 84, 26),
        ordinary("nano"),
        "settings.php",
    ),
    emulated(
        "normal-mc-panels",
        "file manager",
        "st",
        Session(
            [Keys("mc -d ~/project /usr/share/doc/bash\r", 2.0)],
            {"errors.log": "x\n", "notes.txt": "y\n" * 50, "crash-report.json": "{}\n", "src/main.c": "int main;\n"},
            environment=SCREEN,
        ),
        Look("xterm-dark", "DejaVu Sans Mono", 11, 92, 28),
        ordinary("Midnight Commander"),
        "project",
    ),
    emulated(
        "normal-htop-tree",
        "htop",
        "mlterm",
        Session([Keys("htop -d 100\r", 2.5), Keys("t", 1.5)], environment=SCREEN),
        Look("console", "DejaVu Sans Mono", 10, 96, 20),
        ordinary("htop"),
        "tree",
    ),
    emulated(
        "normal-less-access-log",
        "access log",
        "xfce4-terminal",
        Session([Keys("less -S access.log\r", 1.2), Keys("/ 500 \r", 1.2)], {"access.log": ACCESS}, environment=SCREEN),
        Look("solarized-light", "Fira Code", 10, 100, 28),
        ordinary("less"),
        "access.log",
    ),
    emulated(
        "normal-grep-syslog",
        "grep",
        "st",
        Session(["grep -n --color=always -i -E 'error|failed' messages | head -n 14"], {"messages": BOOT}),
        Look("nord", "Cousine", 11, 108, 22),
        ordinary("grep"),
        "messages",
    ),
    emulated(
        "normal-w3m-exceptions",
        "documentation",
        "urxvt",
        Session([Keys("w3m /usr/share/doc/git/html/git-bisect.html\r", 2.0)], environment=SCREEN),
        Look("ivory", "-misc-fixed-medium-r-normal--14-130-75-75-c-70-iso10646-1", None, 84, 32, 6),
        ordinary("w3m"),
        "git-bisect",
    ),
    emulated(
        "normal-lynx-faq",
        "documentation",
        "lxterminal",
        Session(
            [Keys("lynx -nocolor /usr/share/doc/git/html/gitfaq.html\r", 2.0), Keys("   ", 1.2)], environment=SCREEN
        ),
        Look("green", "Terminus", 12, 84, 28),
        ordinary("Lynx"),
        "gitfaq",
    ),
    emulated(
        "normal-node-test",
        "passing tests",
        "xfce4-terminal",
        Session(["node --test-reporter=spec --test cart.test.mjs"], {"cart.test.mjs": NODE_TEST}),
        Look("monokai", "JetBrains Mono", 10, 84, 22),
        ordinary("Node.js"),
        "passing",
    ),
    emulated(
        "normal-unittest",
        "passing tests",
        "mlterm",
        Session(["python3 failures.py"], {"failures.py": UNITTEST}),
        Look("one-light", "DejaVu Sans Mono", 11, 88, 16),
        ordinary("Python"),
        "unittest",
    ),
    emulated(
        "normal-wget-progress",
        "progress",
        "st",
        Session(
            [Keys("wget --progress=bar:force http://localhost:8000/disk-image.iso\r", 0.3)],
            privileged="(python3 /home/dev/project/slow.py >/dev/null 2>&1 &) ; sleep 1",
            files={"slow.py": SHELL},
            timeout=5,
        ),
        Look("solarized-dark", "Courier Prime Code", 11, 92, 18),
        ordinary("Wget"),
        "disk-image.iso",
    ),
    emulated(
        "normal-rm-question",
        "question",
        "urxvt",
        Session(
            [Keys("rm -ri reports\r", 0.8), Keys("y\r", 0.8)],
            {"reports/errors-2023.csv": "x\n", "reports/crash.txt": "x\n"},
        ),
        Look("amber", "Inconsolata", 13, 76, 14, 4),
        ordinary("rm"),
        "errors-2023.csv",
    ),
    emulated(
        "normal-tmux-three",
        "tmux panes",
        "xfce4-terminal",
        Session(
            [
                Keys("tmux -f /dev/null -L work new-session -n logs\r", 1.5),
                Keys("export PS1='$ '; clear; tail -n 9 messages | cut -c 1-90\r", 1.0),
                Keys('\x02"', 1.2),
                Keys("export PS1='$ '; clear; git log --oneline --all --graph | cat\r", 1.0),
                Keys("\x02%", 1.2),
                Keys("export PS1='$ '; clear; date -u -d @1710230400; df -h /dev | cat\r", 1.0),
            ],
            {"messages": BOOT},
            prepare=REPOSITORY,
            environment=SCREEN,
        ),
        Look("tango-dark", "DejaVu Sans Mono", 10, 104, 30),
        ordinary("tmux"),
        "three panes",
    ),
    emulated(
        "normal-screen-list",
        "screen windows",
        "mlterm",
        Session(
            [
                Keys("screen -q -c /dev/null\r", 1.5),
                Keys("git --no-pager log --stat -2\r", 1.0),
                Keys("\x01c", 1.2),
                Keys('\x01"', 1.5),
            ],
            prepare=REPOSITORY,
            environment=SCREEN,
        ),
        Look("xterm-light", "Liberation Mono", 11, 80, 20),
        ordinary("GNU Screen"),
        "list",
    ),
    emulated(
        "normal-git-branches",
        "git branches",
        "lxterminal",
        Session(
            ["git branch -vv", "git log --oneline --graph --all | cat", "git diff --stat main fix-crash"],
            prepare=REPOSITORY,
        ),
        Look("dracula", "Fira Code", 11, 80, 20),
        ordinary("Git"),
        "fix-crash",
    ),
    emulated(
        "normal-gdb-help",
        "debugger",
        "urxvt",
        Session(
            [
                "gcc -g -o sum sum.c",
                Keys("gdb -q -nx ./sum\r", 2.0),
                Keys("break add\r", 0.8),
                Keys("run\r", 2.5),
                Keys("info args\r", 0.8),
            ],
            {
                "sum.c": "int add(int a, int b) {\n    return a + b;\n}\n\nint main(void) {\n    return add(2, 3) - 5;\n}\n"
            },
            environment=(*SCREEN, ("DEBUGINFOD_URLS", "")),
        ),
        Look("xterm-light", "Hack", 10, 90, 22, 2),
        ordinary("GDB"),
        "break",
    ),
    emulated(
        "normal-lnav",
        "log viewer",
        "xfce4-terminal",
        Session([Keys("lnav messages\r", 4.0)], {"messages": BOOT}, environment=SCREEN),
        Look("dracula", "DejaVu Sans Mono", 10, 104, 26),
        ordinary("lnav"),
        "syslog",
    ),
]
