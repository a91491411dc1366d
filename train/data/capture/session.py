"""A recorded shell session: real tools in a pseudo-terminal, in namespaces of their own, as an ordinary user.

The session sees an empty /home, /srv and /root, no network but loopback, and a host called `desktop`, so that nothing of the
machine it runs on gets into the picture. What it writes is kept byte for byte.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import textwrap
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from train.data.capture.core import CaptureError
from train.data.capture.processes import CLEAN_ENVIRONMENT

READY = b"\x1b]777;ready\x07"
# Folders that a session must not show: whatever lies at the top of this machine beside the system's own, the checkout too.
SYSTEM = {
    "bin",
    "boot",
    "dev",
    "etc",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "proc",
    "run",
    "sbin",
    "sys",
    "tmp",
    "usr",
    "var",
}
HIDDEN = (*sorted(str(p) for p in Path("/").iterdir() if p.is_dir() and p.name not in SYSTEM), "/var/tmp")


@dataclass(frozen=True, slots=True)
class Keys:
    """Keystrokes for a program that does not come back to the prompt; then waits `settle` seconds of silence."""

    text: str
    settle: float = 1.0


Step = str | Keys


@dataclass(frozen=True)
class Session:
    """What is typed where. `prepare` is a script run unseen before, as the same user and in the same folder."""

    steps: Sequence[Step]
    files: Mapping[str, str] = field(default_factory=dict)
    """Files in the folder: path -> content (a leading newline is dropped, indentation removed)."""
    prepare: str = ""
    user: str = "dev"
    host: str = "desktop"
    folder: str = "/home/dev/project"
    prompt: str = r"\u@\h:\w\$ "
    environment: tuple[tuple[str, str], ...] = ()
    privileged: str = ""
    """A script run unseen as root before `prepare` (mounts, servers)."""
    timeout: float = 60.0


def entry_script(session: Session, scratch: Path) -> str:
    """The script that furnishes the namespaces and then becomes the user's shell."""
    number = 0 if session.user == "root" else 1234
    home = "/root" if session.user == "root" else f"/home/{session.user}"
    others = "".join(
        line
        for line in Path("/etc/passwd").read_text().splitlines(True)
        if not line.startswith(f"{session.user}:") or not number
    )
    (scratch / "passwd").write_text(others + f"{session.user}:x:{number}:{number}::{home}:/bin/bash\n" * (number > 0))
    (scratch / "group").write_text(Path("/etc/group").read_text() + f"{session.user}:x:{number}:\n" * (number > 0))
    (scratch / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {session.host}\n")
    (scratch / "resolv.conf").write_text("nameserver 127.0.0.53\n")
    (scratch / "rc").write_text(
        f"PS1='{session.prompt}'\n"
        "PROMPT_COMMAND='printf \"\\033]777;ready\\007\"'\n"
        "bind 'set enable-bracketed-paste off'\nbind 'set bell-style none'\nunset HISTFILE\numask 022\n"
        # The same sentence the distribution's own handler prints.
        'command_not_found_handle() { if [ -x /usr/lib/command-not-found ]; then /usr/lib/command-not-found -- "$1"; '
        'else printf "bash: %s: command not found\\n" "$1" >&2; fi; return 127; }\n'
    )
    (scratch / "prepare").write_text("set -e\n" + textwrap.dedent(session.prepare))
    (scratch / "privileged").write_text("set -e\n" + textwrap.dedent(session.privileged))
    for name, content in session.files.items():
        path = scratch / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content.removeprefix("\n")))
    (scratch / "files").mkdir(exist_ok=True)
    binds = "\n".join(
        f"mount --bind {scratch}/{name} /etc/{name}" for name in ("passwd", "group", "hosts", "resolv.conf")
    )
    hide = "\n".join(f"[ -d {path} ] && mount -t tmpfs none {path}" for path in HIDDEN)
    drop = f"setpriv --reuid {number} --regid {number} --clear-groups"
    return f"""
exec 2>{scratch}/log
hostname {session.host}
ip link set lo up
{binds}
mkdir -p /run/session && mount -t tmpfs none /run/session
cp -r {scratch}/rc {scratch}/prepare {scratch}/privileged {scratch}/files /run/session && chmod -R a+rX /run/session
{hide}
chmod 700 /root
mkdir -p {home} {session.folder}
cp -r /run/session/files/. {session.folder}/
chown -R {number}:{number} {home} {session.folder}
export HOME={home} USER={session.user} LOGNAME={session.user}
cd {session.folder}
sh /run/session/privileged >/dev/null </dev/null || {{ echo privileged script failed >&2; exit 97; }}
{drop} bash /run/session/prepare >/dev/null </dev/null || {{ echo prepare script failed >&2; exit 98; }}
exec 2>&1
exec {drop} bash --noprofile --rcfile /run/session/rc -i
"""


def record(session: Session, columns: int, rows: int) -> bytes:
    """Runs the session in a terminal of columns x rows; returns every byte from its first prompt on.

    Raises CaptureError when a step does not end within the session's timeout or the furnishing fails.
    """
    with TemporaryDirectory(prefix="capture-") as folder:
        scratch = Path(folder)
        script = entry_script(session, scratch)
        environment = {
            **CLEAN_ENVIRONMENT,
            "TERM": "xterm-256color",
            "SHELL": "/bin/bash",
            **dict(session.environment),
        }
        child, terminal = pty.fork()
        if child == 0:
            os.execvpe(
                "unshare",
                [
                    "unshare",
                    "--mount",
                    "--uts",
                    "--net",
                    "--ipc",
                    "--pid",
                    "--fork",
                    "--mount-proc",
                    "sh",
                    "-c",
                    script,
                ],
                environment,
            )
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        try:
            return converse(session, terminal)
        except CaptureError as error:
            log = (scratch / "log").read_text(errors="replace")[-2000:] if (scratch / "log").exists() else ""
            raise CaptureError(f"{error}\n{log}") from error
        finally:
            try:
                os.kill(child, signal.SIGKILL)  # the namespace's processes end with its first one
            except ProcessLookupError:
                pass
            os.close(terminal)
            os.waitpid(child, 0)


def converse(session: Session, terminal: int) -> bytes:
    """Types the steps into the terminal as its prompts come; returns what came back."""
    data = bytearray()

    def read_for(seconds: float) -> bool:
        readable, _, _ = select.select([terminal], [], [], seconds)
        if not readable:
            return False
        try:
            chunk = os.read(terminal, 65536)
        except OSError as error:
            raise CaptureError(f"the shell ended early; it wrote {bytes(data[-800:])!r}") from error
        data.extend(chunk)
        return True

    def until_prompts(count: int) -> None:
        end = time.monotonic() + session.timeout
        while data.count(READY) < count:
            if time.monotonic() > end:
                raise CaptureError(f"no prompt within {session.timeout:g} s; the end is {bytes(data[-800:])!r}")
            read_for(0.2)
        while read_for(0.25):
            pass  # the prompt itself, and what background jobs still write

    def until_quiet(settle: float) -> None:
        end = time.monotonic() + session.timeout
        while read_for(settle) and time.monotonic() < end:
            pass

    until_prompts(1)
    prompts = 1
    for step in session.steps:
        if isinstance(step, Keys):
            os.write(terminal, step.text.encode())
            until_quiet(step.settle)
            prompts = data.count(READY)
        else:
            os.write(terminal, step.encode() + b"\r")
            prompts += 1
            until_prompts(prompts)
    text = bytes(data[data.index(READY) :])
    return re.sub(re.escape(READY), b"", text)
