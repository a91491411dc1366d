"""Runs scenarios inside the namespaces: the program that `namespace.Session` starts there. Only the standard library.

One task a line comes in as JSON, one answer a line goes out: for every command its exit code and the bytes that it wrote to its
pseudo-terminal, or what went wrong before. Each task gets its own user, host name, folder and shell.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

NUMBER = 1000
MARK = re.compile(rb"\x1b\]777;(\d+)\x07")
SETTLE = 0.5  # seconds of silence before the next line is typed
RESTORE = "/run/restore"  # a script that a tool's setup may leave: it undoes what scenarios change elsewhere
WIPED = ("/home", "/srv", "/opt", "/mnt", "/media", "/tmp", "/var/tmp", "/root")
RC = """PS1=''
PS2=''
PROMPT_COMMAND='printf "\\033]777;%s\\007" $?'
unset HISTFILE
umask 022
ulimit -c 0
alias ls='ls --color=auto' grep='grep --color=auto'
"""


def system_lines(path: str, user: str) -> str:
    """The lines of a file such as /etc/passwd that belong to the system's own users."""
    with open(path) as file:
        return "".join(line for line in file if not line.startswith(f"{user}:") and line.split(":")[2] != str(NUMBER))


def wipe() -> None:
    """End what an earlier scenario left running, take off what it mounted, empty the folders."""
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.stat(f"/proc/{entry}").st_uid == NUMBER:
                    os.kill(int(entry), signal.SIGKILL)
            except OSError:
                pass
    with open("/proc/mounts") as file:
        mounts = [line.split()[1] for line in file]
    for point in reversed(mounts):
        if any(point.startswith(f"{top}/") for top in WIPED):
            subprocess.run(["umount", "-l", point], stderr=subprocess.DEVNULL, check=False)
    for top in WIPED:
        os.chown(top, 0, 0)
        for entry in os.listdir(top):
            path = os.path.join(top, entry)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)
    if os.path.exists(RESTORE):
        subprocess.run(["sh", RESTORE], check=False)


def reap() -> None:
    """Collect what ended: this process is the first of its namespace, and orphans are its children."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def furnish(task: dict[str, Any]) -> int:
    """User, host and folder of a task; returns the user's number."""
    user, folder = task["user"], task["folder"]
    number = 0 if user == "root" else NUMBER
    if number:
        with_users = {
            "/etc/passwd": f"{user}:x:{number}:{number}:{user.capitalize()}:{task['home']}:/bin/bash\n",
            "/etc/group": f"{user}:x:{number}:\n",
        }
        for path, line in with_users.items():
            text = system_lines(path, user) + line
            with open(path, "w") as file:
                file.write(text)
    subprocess.run(["hostname", task["host"]], check=True)
    with open("/etc/hosts", "w") as file:
        file.write(f"127.0.0.1 localhost\n127.0.1.1 {task['host']}\n::1 localhost ip6-localhost\n")
        file.writelines(f"127.0.0.1 {name}\n" for name in task["hosts"])
    with open("/etc/resolv.conf", "w") as file:
        file.write(f"nameserver 127.0.0.{54 if task['dns'] == 'nx' else 53}\noptions timeout:1 attempts:1\n")
    os.makedirs(folder, exist_ok=True)
    os.makedirs(task["home"], exist_ok=True)
    for name, content in task["files"].items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(content)
    for top in {folder, task["home"]}:
        os.chown(top, number, number)
        for base, folders, files in os.walk(top):
            for entry in (*folders, *files):
                os.lchown(os.path.join(base, entry), number, number)
    return number


def environment(task: dict[str, Any]) -> dict[str, str]:
    """The variables of the user's shell."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/usr/games",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TERM": "xterm-256color",
        "SHELL": "/bin/bash",
        "HOME": task["home"],
        "USER": task["user"],
        "LOGNAME": task["user"],
        "PAGER": "cat",
        "GIT_PAGER": "cat",
        "SYSTEMD_PAGER": "cat",
        **task["env"],
    }


def script(text: str, number: int, task: dict[str, Any]) -> str:
    """Run a script unseen; returns "" or what it wrote before it failed."""
    if not text:
        return ""
    ids = {"user": number, "group": number, "extra_groups": []} if number else {}
    done = subprocess.run(
        ["bash", "-e", "-c", text],
        cwd=task["folder"],
        env=environment(task),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=30,
        check=False,
        **ids,  # type: ignore[call-overload]
    )
    return "" if done.returncode == 0 else f"exit {done.returncode}: {done.stdout.decode(errors='replace')[-600:]}"


def shell(task: dict[str, Any], number: int) -> tuple[int, int]:
    """A bash of the user in a pseudo-terminal without echo: its process and the terminal's other end."""
    master, slave = os.openpty()
    settings = termios.tcgetattr(slave)
    settings[3] &= ~termios.ECHO
    termios.tcsetattr(slave, termios.TCSANOW, settings)
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, task["width"], 0, 0))
    os.fchown(slave, number, number)
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            for descriptor in (0, 1, 2):
                os.dup2(slave, descriptor)
            os.closerange(3, 256)
            for ignored in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):  # ignored by Python, or by who started this
                signal.signal(ignored, signal.SIG_DFL)
            if number:
                os.setgroups([])
                os.setgid(number)
                os.setuid(number)
            os.chdir(task["folder"])
            os.execve(
                "/bin/bash", ["bash", "--noprofile", "--rcfile", "/run/rc", "--noediting", "-i"], environment(task)
            )
        finally:
            os._exit(96)
    os.close(slave)
    return child, master


def converse(task: dict[str, Any], master: int) -> list[dict[str, Any]]:
    """Type the commands one after the other; what each wrote. Raises TimeoutError, EOFError."""

    def until_mark(typed: list[str]) -> tuple[int, bytes]:
        data = bytearray()
        waiting = list(typed)
        end = time.monotonic() + task["timeout"]
        while True:
            found = MARK.search(data)
            if found:
                return int(found.group(1)), bytes(data[: found.start()])
            if time.monotonic() > end:
                raise TimeoutError(f"no prompt after {task['timeout']:g} s; the end is {bytes(data[-300:])!r}")
            readable, _, _ = select.select([master], [], [], SETTLE)
            if readable:
                try:
                    data += os.read(master, 65536)
                except OSError as error:
                    raise EOFError(f"the shell ended; it wrote {bytes(data[-300:])!r}") from error
            elif waiting:
                os.write(master, waiting.pop(0).encode() + b"\n")
            if len(data) > 400_000:
                raise TimeoutError("more than 400,000 bytes")

    until_mark([])
    steps = []
    for index, command in enumerate(task["commands"]):
        os.write(master, command.encode() + b"\n")
        last = index == len(task["commands"]) - 1
        code, data = until_mark(task["typed"] if last else [])
        steps.append({"exit": code, "data": base64.b64encode(data).decode()})
    return steps


def perform(task: dict[str, Any]) -> dict[str, Any]:
    """One task: its steps, or the error that kept it from running."""
    wipe()
    reap()
    number = furnish(task)
    for text, owner in ((task["root"], 0), (task["prepare"], number)):
        problem = script(text, owner, task)
        if problem:
            return {"error": f"unseen script: {problem}"}
    child, master = shell(task, number)
    try:
        return {"steps": converse(task, master)}
    except (TimeoutError, EOFError) as error:
        return {"error": str(error)}
    finally:
        os.close(master)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def main() -> None:
    """Serve tasks until the input ends."""
    Path("/run/rc").write_text(RC)
    for line in sys.stdin:
        try:
            answer = perform(json.loads(line))
        except (OSError, subprocess.SubprocessError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
