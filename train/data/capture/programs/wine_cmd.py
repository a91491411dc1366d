"""Sessions of Windows' command interpreter, as Wine's cmd and its tools answer."""

from __future__ import annotations

from train.data.capture.terminal import failure, ordinary
from train.data.capture.wine import Stage
from train.data.capture.wine_console import console
from train.data.capture.wine_looks import CLASSIC, DARK, OLIVE, ConsoleLook, WineLook

CMD = "cmd"
GREEN = ConsoleLook("DejaVu Sans Mono", 17, 90, 24, 0x001A00, 0x33FF66)
BLUE = ConsoleLook("Liberation Mono", 18, 90, 22, 0x012456, 0xEEEDF0)
PAPER = ConsoleLook("DejaVu Sans Mono", 16, 84, 24, 0xFFFFFF, 0x1E1E1E)
WIDE = ConsoleLook("Cousine", 16, 110, 26)
LARGE = ConsoleLook("Liberation Mono", 22, 72, 18, 0x0C0C0C, 0xCCCCCC)
AMBER = ConsoleLook("Courier Prime", 19, 80, 20, 0x1A1200, 0xFFB000)
FIRA = ConsoleLook("Fira Code", 18, 88, 20, 0x1E1E2E, 0xCDD6F4)
OLD = WineLook(CLASSIC, themed=False, face="Tahoma", size=8, smooth=False)
NIGHT = WineLook(DARK, themed=False, face="Open Sans", size=9)
SAND = WineLook(OLIVE, face="Noto Sans", size=9)
LOG = "2024-03-02 08:14:03 INFO start\r\n2024-03-02 08:14:09 ERROR timeout while reading\r\n"

RECIPES = [
    console(
        "wine-cmd-unknown-command",
        "unknown command",
        ["cd C:\\", "deploy --now"],
        failure(
            CMD, "Can't recognize 'deploy --now' as an internal or external command, or batch script.", "not_found"
        ),
        "deploy",
    ),
    console(
        "wine-cmd-type-missing",
        "missing file",
        ["cd Documents", "type june.csv"],
        failure(CMD, "Failed to open 'june.csv'", "not_found"),
        "june.csv",
        look=GREEN,
    ),
    console(
        "wine-cmd-cd-missing",
        "missing folder",
        ["ver", "cd C:\\projects\\web"],
        failure(CMD, "Path not found.", "not_found"),
        "projects/web",
        look=BLUE,
        around=OLD,
    ),
    console(
        "wine-cmd-del-missing",
        "delete",
        ["cd C:\\users\\dev\\Downloads", "del report-final.docx"],
        failure(CMD, "report-final.docx: File Not Found", "not_found"),
        "report-final.docx",
        look=PAPER,
    ),
    console(
        "wine-cmd-net-start",
        "service",
        ["net start LedgerSync"],
        failure("net", "Could not get handle to service.", "not_found"),
        "LedgerSync",
        look=LARGE,
        around=NIGHT,
    ),
    console(
        "wine-cmd-reg-query",
        "registry key",
        ["reg query HKLM\\Software\\Northgate\\Client"],
        failure("reg", "reg: Unable to find the specified registry key", "not_found"),
        "Northgate",
        look=WIDE,
    ),
    console(
        "wine-cmd-reg-syntax",
        "syntax",
        ["cd C:\\", "reg add HKCU\\Software\\Kiln /x 4"],
        failure("reg", "re:reg: Invalid .*", "invalid_input"),
        "Kiln /x",
        look=AMBER,
    ),
    console(
        "wine-cmd-taskkill",
        "process",
        ["taskkill /IM ledger.exe /F"],
        failure("taskkill", 'Error: Could not find process "ledger.exe".', "not_found"),
        "ledger.exe",
        look=FIRA,
    ),
    console(
        "wine-cmd-ping-unknown",
        "host",
        ["ping files.example.org"],
        failure(
            "ping",
            "Ping request could not find host files.example.org. Please check the name and try again.",
            "dns",
        ),
        "files.example.org",
        look=WIDE,
        around=SAND,
        stage=Stage(1200, 760),
    ),
    console(
        "wine-cmd-find-missing",
        "missing file",
        ['find "timeout" C:\\logs\\app.log'],
        failure("find", "File not found - C:\\LOGS\\APP.LOG", "not_found"),
        "app.log",
        look=LARGE,
    ),
    console(
        "wine-cmd-division",
        "arithmetic",
        ["set total=0", "set /a share=100/total"],
        failure(CMD, "Division by zero error.", "invalid_input"),
        "total",
        look=GREEN,
        around=NIGHT,
    ),
    console(
        "wine-cmd-assoc",
        "association",
        ["ftype dwgfile"],
        failure(CMD, "No open command associated with file type 'dwgfile'", "configuration"),
        "dwgfile",
        look=PAPER,
        around=OLD,
    ),
    console(
        "wine-cmd-md-exists",
        "exists",
        ["cd C:\\", "md windows"],
        failure(CMD, "File already exists.", "invalid_input"),
        "windows",
    ),
    console(
        "wine-cmd-batch-label",
        "batch",
        ["nightly.bat"],
        failure(CMD, "Target to GOTO not found", "syntax"),
        "nightly.bat",
        look=FIRA,
        files={
            "users/dev/nightly.bat": "@echo off\r\necho Copying reports ...\r\nif exist reports goto cleanup\r\ngoto finnish\r\n"
            ":finish\r\necho done\r\n"
        },
    ),
    console(
        "wine-cmd-copy-missing",
        "copy",
        ["copy budget.xls E:\\"],
        failure(CMD, "File not found.", "not_found"),
        "budget.xls",
        look=BLUE,
        stage=Stage(1000, 700),
        around=SAND,
    ),
    console(
        "wine-cmd-write-denied",
        "write",
        ["echo done > Z:\\etc\\status.txt"],
        failure(CMD, "Access denied.", "permission"),
        "status.txt",
        look=AMBER,
        around=OLD,
    ),
    console(
        "wine-cmd-start-missing",
        "start",
        ["start planner.exe"],
        failure(
            "start",
            "Application could not be started, or no application associated with the specified file.",
            "not_found",
        ),
        "planner.exe",
        look=LARGE,
        around=SAND,
    ),
    console(
        "wine-normal-cmd-dir",
        "listing",
        ["cd C:\\windows", "dir"],
        ordinary(CMD),
        "windows",
        look=WIDE,
    ),
    console(
        "wine-normal-cmd-log",
        "log",
        ["type app.log", 'find "ERROR" app.log'],
        ordinary(CMD),
        "app.log ERROR",
        look=GREEN,
        files={"users/dev/app.log": LOG * 4},
    ),
    console(
        "wine-normal-cmd-help",
        "help",
        ["help set"],
        ordinary(CMD),
        "help set",
        look=PAPER,
    ),
]
