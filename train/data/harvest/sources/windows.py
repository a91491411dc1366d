"""Windows' messages for its error numbers, and the words of its small programs, as Wine has them.

A small program is compiled with MinGW and run under Wine; nothing of it is kept but what it prints.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from train.data.harvest.categories import by_words
from train.data.harvest.clean import phrases
from train.data.harvest.core import Phrase, Source
from train.data.harvest.formats import Style
from train.data.harvest.tools import SourceError, needs
from train.data.render.npm_fonts import cache_root

_SOURCE = Path(__file__).parents[1] / "windows_messages.c"
_COMPILER = "x86_64-w64-mingw32-gcc"
_SECONDS = 300
_PROGRAMS = {
    "notepad.exe": "Notepad", "regedit.exe": "Registry Editor", "taskmgr.exe": "Task Manager",
    "winefile.exe": "File Manager", "wordpad.exe": "WordPad", "cmd.exe": "cmd", "explorer.exe": "Windows Explorer",
    "msiexec.exe": "Windows Installer", "iexplore.exe": "Internet Explorer", "oleview.exe": "OLE/COM Object Viewer",
    "clock.exe": "Clock", "winemine.exe": "WineMine", "winhlp32.exe": "Windows Help",
    "progman.exe": "Program Manager", "net.exe": "net", "ipconfig.exe": "ipconfig", "reg.exe": "reg", "sc.exe": "sc",
    "netstat.exe": "netstat", "ping.exe": "ping", "xcopy.exe": "xcopy", "taskkill.exe": "taskkill",
    "start.exe": "start", "uninstaller.exe": "Add/Remove Programs", "wscript.exe": "Windows Script Host",
    "attrib.exe": "attrib", "where.exe": "where", "find.exe": "find", "fc.exe": "fc", "schtasks.exe": "schtasks",
    "wmic.exe": "wmic", "msinfo32.exe": "System Information", "hh.exe": "HTML Help", "winecfg.exe": "Wine",
    "write.exe": "WordPad", "appwiz.cpl": "Add/Remove Programs", "inetcpl.cpl": "Internet Properties",
    "joy.cpl": "Game Controllers", "shell32.dll": "Windows", "comdlg32.dll": "Windows", "user32.dll": "Windows",
    "browseui.dll": "Windows", "shdoclc.dll": "Internet Explorer", "shdocvw.dll": "Internet Explorer",
    "mshtml.dll": "Internet Explorer", "wininet.dll": "Internet Explorer", "jscript.dll": "Windows Script Host",
    "vbscript.dll": "Windows Script Host", "msi.dll": "Windows Installer", "mpr.dll": "Windows",
    "credui.dll": "Windows", "cryptdlg.dll": "Windows", "cryptui.dll": "Windows", "crypt32.dll": "Windows",
    "localspl.dll": "Windows", "winspool.drv": "Windows", "comctl32.dll": "Windows", "setupapi.dll": "Windows",
    "oleaut32.dll": "Windows", "wldap32.dll": "Windows", "serialui.dll": "Windows", "sane.ds": "Windows",
    "gphoto2.ds": "Windows", "msvidctl.dll": "Windows", "avifil32.dll": "Windows", "msacm32.dll": "Windows",
    "winmm.dll": "Windows", "mlang.dll": "Windows", "hhctrl.ocx": "HTML Help", "devenum.dll": "Windows",
    "dxdiagn.dll": "DirectX", "view.exe": "Windows", "notepad.dll": "Notepad", "wineconsole.exe": "Windows Console",
    "conhost.exe": "Windows Console",
}  # fmt: skip


def records() -> Iterator[tuple[str, str, int, str]]:
    """(kind, source, number, text) of everything that the program prints. Raises SourceError when it cannot be built or run."""
    prefix = cache_root() / "harvest" / "wine"
    prefix.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="harvest-") as folder:
        program = Path(folder) / "messages.exe"
        built = subprocess.run([_COMPILER, "-O1", "-o", program, _SOURCE], capture_output=True, text=True, check=False)
        if built.returncode:
            raise SourceError(f"{_COMPILER} failed: {built.stderr.strip()[-300:]}")
        environment = {
            **os.environ,
            "WINEPREFIX": str(prefix),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",  # no question whether to fetch Mono and Gecko
            "LC_ALL": "C.UTF-8",
        }
        try:
            done = subprocess.run(
                ["wine", program, *_PROGRAMS], env=environment, capture_output=True, timeout=_SECONDS, check=False, cwd=folder
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise SourceError(f"wine did not end within {_SECONDS} s") from error
    for row in done.stdout.decode("utf-8", "replace").splitlines():
        fields = row.split("\t", 3)
        if len(fields) == 4 and fields[2].isdigit():
            yield fields[0], fields[1], int(fields[2]), fields[3].strip()


def gather() -> Iterator[Phrase]:
    """Messages with the code that dialogs show: 0x8007 and the number for plain error numbers, the HRESULT or NTSTATUS itself."""
    number = 0
    for kind, source, number, text in records():
        if kind == "message":
            if number == 0:
                continue
            code = f"0x{0x80070000 | number:08X}" if number < 0x10000 else f"0x{number:08X}"
            category = by_words(text)
            yield from phrases(
                SOURCE.name, text, "Windows", style="windows", code=code, category=category, markup=False, mnemonics=False
            )  # fmt: skip
        else:
            style: Style | None = "windows" if re.search(r"%1|\[\d\]", text) else None
            text = re.sub(r"\[(\d)\]", r"%\1", text.replace("\\n", "\n"))  # Windows Installer's own slots
            yield from phrases(SOURCE.name, text, _PROGRAMS.get(source, "Windows"), style=style, ampersands=True)
    if not number:
        raise SourceError("wine printed nothing: run it once by hand and see what it says")


SOURCE = Source("windows", gather, needs("wine", _COMPILER, package="wine gcc-mingw-w64-x86-64"))
