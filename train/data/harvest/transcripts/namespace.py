"""The place where scenarios run: namespaces of their own over a throw-away copy of this machine's system.

The file system is an overlay: programs are the installed ones, whatever is written goes into memory and is gone at the end,
and folders beside the system's own are not there at all. No network but loopback.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import subprocess
import textwrap
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

from train.data.capture.processes import CLEAN_ENVIRONMENT
from train.data.capture.session import SYSTEM

logger = logging.getLogger(__name__)
_HERE = Path(__file__).parent
# Of /usr/local/bin only what a distribution or a vendor's installer puts there may be seen.
_LOCAL = frozenset({"docker", "terraform", "initdb", "pg_ctl", "postgres", "kubectl", "helm"})
_START_SECONDS = 180.0


class NamespaceError(RuntimeError):
    """The namespaces could not be furnished, or the driver in them ended."""


def missing() -> str:
    """What keeps scenarios from running here, with the remedy; "" when nothing does."""
    if os.geteuid() != 0:
        return "transcripts need root for namespaces of their own; run as root"
    if shutil.which("unshare") is None:
        return "unshare is missing; apt-get install util-linux"
    if "overlay" not in Path("/proc/filesystems").read_text():
        return "this kernel has no overlay file system; modprobe overlay"
    return ""


def _toolchain() -> Path | None:
    """The Rust toolchain of rustup: its programs are stand-ins that look for the real ones under a home folder."""
    rustc = shutil.which("rustc")
    if rustc is None or Path(rustc).resolve().is_relative_to("/usr/bin"):
        return None
    answer = subprocess.run([rustc, "--print", "sysroot"], capture_output=True, text=True, timeout=30, check=False)
    root = Path(answer.stdout.strip() or "/nonexistent")
    return root if root.is_dir() else None


def entry_script(scratch: Path, setup: str) -> str:
    """The script that furnishes the namespaces and becomes the driver."""
    hidden = [entry.name for entry in Path("/").iterdir() if entry.name not in SYSTEM and not entry.is_symlink()]
    local = Path("/usr/local/bin")
    extra = [f"usr/local/bin/{entry.name}" for entry in local.iterdir() if entry.name not in _LOCAL]
    gone = "\n".join(f"mknod 'up/{name}' c 0 0" for name in (*hidden, *extra, "tmp", "var/tmp"))
    toolchain = _toolchain()
    rust = (
        f"mkdir -p root/usr/lib/rust; mount --bind -o ro {toolchain} root/usr/lib/rust; "
        "ln -s ../../lib/rust/bin/rustc ../../lib/rust/bin/cargo root/usr/local/bin/"
        if toolchain
        else ""
    )
    (scratch / "setup").write_text(textwrap.dedent(setup))
    shutil.copy(_HERE / "driver.py", scratch / "driver.py")
    shutil.copy(_HERE / "peers.py", scratch / "peers.py")
    return f"""
set -e
mount -t tmpfs -o size=4g none {scratch}/room
cp {scratch}/setup {scratch}/driver.py {scratch}/peers.py {scratch}/room/
cd {scratch}/room
mkdir -p up/usr/local/bin up/var wk root
{gone}
mount -t overlay overlay -o lowerdir=/,upperdir=up,workdir=wk root
mkdir -p root/home root/root root/srv root/opt root/mnt root/media root/tmp root/var/tmp
chmod 700 root/root; chmod 1777 root/tmp root/var/tmp
mount -t proc proc root/proc
mount --rbind /dev root/dev
mount --rbind /sys root/sys
mount -t tmpfs -o mode=755 none root/run
mkdir -p root/run/lock
cp setup driver.py peers.py root/run/
{rust}
rm -f root/etc/apt/sources.list.d/* root/etc/resolv.conf root/etc/hosts
rm -rf root/etc/sudoers.d root/root/.??*
printf '127.0.0.1 localhost\\n' > root/etc/hosts
printf 'nameserver 127.0.0.53\\n' > root/etc/resolv.conf
hostname desktop
ip link set lo up
ip route add unreachable 198.51.100.0/24 2>/dev/null || true
exec chroot root /usr/bin/env -i {" ".join(f"{k}={v}" for k, v in CLEAN_ENVIRONMENT.items())} HOME=/root sh -c '
/usr/bin/python3 /run/peers.py </dev/null >/dev/null 2>&1 &
bash -e /run/setup </dev/null >/run/setup.log 2>&1 || {{ tail -n 20 /run/setup.log >&2; exit 97; }}
for i in $(seq 200); do [ -e /run/peers.ready ] && break; sleep 0.05; done
exec /usr/bin/python3 /run/driver.py'
"""


class Session:
    """Namespaces with a driver in them; a context manager."""

    def __init__(self, setup: str = "") -> None:
        """`setup` is a script run as root once."""
        self.setup = setup
        self._folder = TemporaryDirectory(prefix="transcripts-")
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> Session:
        scratch = Path(self._folder.name)
        (scratch / "room").mkdir()
        command = ["unshare", "--mount", "--uts", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]
        self._errors = (scratch / "errors").open("w+")
        self._child = subprocess.Popen(
            [*command, "sh", "-c", entry_script(scratch, self.setup)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._child is not None
        if self._child.stdin:
            self._child.stdin.close()
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)  # the namespace's processes end with its first one
        self._child.wait(20)
        if self._child.stdout:
            self._child.stdout.close()
        self._errors.close()
        self._folder.cleanup()

    def run(self, order: dict[str, Any], patience: float) -> dict[str, Any]:
        """Have the driver perform a task; its answer. Raises NamespaceError when the driver ends or is silent too long."""
        child = self._child
        assert child is not None and child.stdin is not None and child.stdout is not None
        watch = threading.Timer(patience, child.kill)
        watch.start()
        try:
            child.stdin.write(json.dumps(order) + "\n")
            child.stdin.flush()
            line = child.stdout.readline()
        except OSError:
            line = ""
        finally:
            watch.cancel()
        if not line:
            self._errors.seek(0)
            raise NamespaceError(f"the driver ended (exit {child.poll()}): {self._errors.read()[-1500:].strip()}")
        answer: dict[str, Any] = json.loads(line)
        return answer
