"""The Windows that captures run in: one Wine prefix of user `dev`, made once, and our programs built for it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from train.data.capture.core import CaptureError
from train.data.capture.desktop import DROP, USER
from train.data.capture.processes import CLEAN_ENVIRONMENT

HOME = Path("/home/dev")
PREFIX = HOME / ".cache" / "mmgpt" / "wine"
DRIVE_C = PREFIX / "drive_c"
USER_FOLDER = DRIVE_C / "users" / "dev"
SOURCES = Path(__file__).with_name("wine_src")
TOOLS = DRIVE_C / "tools"
"""Where our own programs lie in the prefix: `C:\\tools`."""
SPY = DRIVE_C / "spy"
"""Where programs note what they draw."""
DISK = PREFIX / "small_disk"
"""Drive E:, a file system of a few kilobytes that is full at once."""
FONTS = Path("/usr/share/wine/fonts")
"""Wine's own faces (Marlett draws the captions' buttons), which Debian's build does not find by itself."""
COMPILER = "x86_64-w64-mingw32-gcc"
NEEDED = {
    "wine": "wine wine64",
    COMPILER: "gcc-mingw-w64-x86-64",
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "openbox": "openbox",
}
LIBRARIES = "comctl32 comdlg32 crypt32 wininet ws2_32 ole32 shell32 uuid gdi32 advapi32 user32".split()


def check_programs() -> None:
    """Raises CaptureError that names the Debian packages of what is missing, or the user that is."""
    missing = [package for program, package in NEEDED.items() if shutil.which(program) is None]
    if missing:
        raise CaptureError(f"captures by Wine need more programs: apt-get install {' '.join(missing)}")
    if subprocess.run(["getent", "passwd", str(USER)], capture_output=True, check=False).returncode:
        raise CaptureError(f"captures by Wine run as a user of their own: useradd --uid {USER} --create-home dev")


def environment(display: str) -> dict[str, str]:
    """The environment in which Wine's programs run on a display."""
    return {
        **CLEAN_ENVIRONMENT,
        "DISPLAY": display,
        "HOME": str(HOME),
        "USER": "dev",
        "LOGNAME": "dev",
        "WINEPREFIX": str(PREFIX),
        "WINEARCH": "win64",
        "WINEDEBUG": "-all",
        # Without these two, Wine asks to download a browser engine and a .NET runtime; the third writes menus of the host.
        "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
    }


def wine(command: Sequence[str], display: str, *, timeout: float = 120, cwd: Path | None = None) -> int:
    """Runs a program of the prefix to its end (as `dev`); returns its exit status."""
    done = subprocess.run(
        [*DROP, *command],
        env=environment(display),
        cwd=cwd or USER_FOLDER,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=timeout,
        check=False,
    )
    return done.returncode


def end_all(display: str) -> None:
    """Ends every program of the prefix and waits until its server has written the registry."""
    wine(["wineserver", "-k"], display, timeout=30)
    wine(["wineserver", "-w"], display, timeout=30)


def owned(path: Path) -> Path:
    """A folder that belongs to the user of the prefix."""
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, USER, USER)
    return path


def make_prefix(display: str) -> None:
    """The prefix, made on first use (a minute, 700 MB). The user's folders are real ones, not links to the host's."""
    check_programs()
    for folder in (HOME, HOME / ".cache", HOME / ".cache" / "mmgpt"):
        owned(folder)
    if not (PREFIX / "system.reg").exists():
        code = subprocess.run(
            [*DROP, "wine", "wineboot", "-u"],
            env=environment(display),
            cwd=HOME,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=170,
            check=False,
        ).returncode
        if code or not DRIVE_C.is_dir():
            raise CaptureError(f"Wine could not make its prefix in {PREFIX} (status {code}); remove it and try again")
        end_all(display)
    for entry in USER_FOLDER.iterdir():
        if entry.is_symlink():
            entry.unlink()
            owned(entry)
    for folder in (TOOLS, SPY, DISK):
        owned(folder)
    drive = PREFIX / "dosdevices" / "e:"
    if not drive.is_symlink():
        drive.symlink_to(DISK)
    for font in FONTS.glob("*.ttf"):
        link = DRIVE_C / "windows" / "Fonts" / font.name
        if not link.exists():
            link.symlink_to(font)


def compile_by(command: Sequence[str]) -> None:
    """Runs a compiler; raises CaptureError with its words when it fails."""
    done = subprocess.run(command, cwd=SOURCES, capture_output=True, timeout=120, check=False)
    if done.returncode:
        raise CaptureError(f"{command[0]} ended with {done.returncode}: {done.stderr.decode()[-800:]}")


def resources() -> Path:
    """The manifest that asks for today's common controls, as an object file to link."""
    target = TOOLS / "programs.o"
    if not target.exists():
        compile_by([COMPILER.replace("gcc", "windres"), "programs.rc", "-o", str(target)])
    return target


def build(source: str) -> Path:
    """Compiles `wine_src/<source>.c` into `C:\\tools` when a source changed: a program, or the library `spy`.

    `crash=tidewatch` makes a program of another name.

    Raises CaptureError with the compiler's words.
    """
    source, _, name = source.partition("=")
    path = SOURCES / f"{source}.c"
    library = source == "spy"
    target = TOOLS / f"{name or source}.{'dll' if library else 'exe'}"
    stamp = hashlib.sha1(path.read_bytes() + (SOURCES / "failing.h").read_bytes()).hexdigest()
    mark = target.with_suffix(".stamp")
    if target.exists() and mark.exists() and mark.read_text() == stamp:
        return target
    kind = ["-shared"] if library else ["-mwindows", "-municode", str(resources())]
    command = [COMPILER, "-Wall", "-O1", "-s", "-o", str(target), str(path), *kind]
    compile_by([*command, *(f"-l{name}" for name in LIBRARIES)])
    target.chmod(0o755)
    mark.write_text(stamp)
    return target


def place_files(files: Mapping[str, str | bytes]) -> list[Path]:
    """Writes files (paths under drive C:, with slashes) for a program to open; returns those that were made."""
    made: list[Path] = []
    for name, content in files.items():
        path = DRIVE_C / name
        for folder in reversed(path.relative_to(DRIVE_C).parents):
            if not (DRIVE_C / folder).exists():
                owned(DRIVE_C / folder)
                made.append(DRIVE_C / folder)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.chown(path, USER, USER)
        made.append(path)
    return made


def remove_files(made: Sequence[Path]) -> None:
    """Removes what `place_files` made, so that the next picture's folders do not hold it."""
    for path in reversed(made):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
