"""Python programs failing."""

from __future__ import annotations

from train.data.capture.session import Session
from train.data.capture.terminal import Look, failure, terminal

STOCK = """
WAREHOUSES = {"south": 12, "east": 40}


def pallets(name):
    return WAREHOUSES[name]
"""
MANAGE = """
import sys

from stock import pallets


def main(arguments):
    name = arguments[arguments.index("--warehouse") + 1]
    print(f"{name}: {pallets(name)} pallets")


main(sys.argv)
"""
READ = """
import csv
import sys

with open(sys.argv[1], encoding="utf-8") as source:
    for row in csv.reader(source):
        print(", ".join(row))
"""

RECIPES = [
    terminal(
        "python-key-error",
        "KeyError",
        Session(["python3 manage.py --warehouse north"], {"stock.py": STOCK, "manage.py": MANAGE}),
        Look("tango-dark", "DejaVu Sans Mono", 12, 90, 24),
        failure("Python", "KeyError: 'north'", "not_found", "KeyError"),
        "north",
    ),
    terminal(
        "python-module-not-found",
        "ModuleNotFoundError",
        Session(["python3 train.py --epochs 3"], {"train.py": "import argparse\n\nimport lightgbm as lgb\n"}),
        Look("nord", "JetBrains Mono", 12, 84, 20, desktop=(1600, 900, "#4c566a"), title="train.py", at=(330, 180)),
        failure(
            "Python", "ModuleNotFoundError: No module named 'lightgbm'", "import_dependency", "ModuleNotFoundError"
        ),
        "lightgbm",
    ),
    terminal(
        "python-syntax-error",
        "SyntaxError",
        Session(
            ["python3 report.py"],
            {"report.py": 'def total(rows):\n    return sum(row["net"] for row in rows\n\n\nprint(total([]))\n'},
        ),
        Look("solarized-light", "Inconsolata", 13, 80, 20),
        failure("Python", "SyntaxError: '(' was never closed", "syntax", "SyntaxError"),
        "never closed",
    ),
    terminal(
        "python-unicode-error",
        "UnicodeDecodeError",
        Session(
            ["head -n 1 customers.csv", "python3 import_csv.py customers.csv"],
            {"import_csv.py": READ},
            "printf 'name,town\\nJos\\xe9,M\\xe1laga\\n' > customers.csv",
        ),
        Look("xterm-dark", "-misc-fixed-medium-r-normal--14-130-75-75-c-70-iso10646-1", None, 100, 30),
        failure(
            "Python",
            "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 13: invalid continuation byte",
            "invalid_input",
            "UnicodeDecodeError",
        ),
        "0xe9",
    ),
    terminal(
        "python-port-in-use",
        "OSError",
        Session(
            ["python3 -m http.server 8000"],
            privileged="(python3 -m http.server 8000 >/dev/null 2>&1 &) ; sleep 1",
        ),
        Look("console", "Hack", 11, 100, 32),
        failure("Python", "OSError: [Errno 98] Address already in use", "concurrency_lock", "OSError"),
        "8000",
    ),
    terminal(
        "python-memory-error",
        "MemoryError",
        Session(["ulimit -v 300000", "python3 -c 'grid = bytearray(8 * 2**30)'"]),
        Look("ivory", "Courier Prime Code", 13, 76, 20),
        failure("Python", "MemoryError", "out_of_memory", "MemoryError"),
        "8 GiB",
    ),
    terminal(
        "python-type-error",
        "TypeError",
        Session(
            ["ls", "python3 bill.py"],
            {"bill.py": 'def bill(net, tax):\n    return net + net * tax\n\n\nprint("Total:", bill("120.00", 0.19))\n'},
        ),
        Look("dracula", "Fira Code", 13, 82, 22),
        failure("Python", "TypeError: can't multiply sequence by non-int of type 'float'", "type", "TypeError"),
        "sequence float",
    ),
    terminal(
        "python-json-syntax",
        "json.tool",
        Session(
            ["cat settings.json", "python3 -m json.tool settings.json"],
            {"settings.json": '{\n  "port": 8080,\n  "debug": true,\n}\n'},
        ),
        Look("tango-light", "Noto Sans Mono", 11, 84, 20),
        failure("Python", "Expecting property name enclosed in double quotes: line 4 column 1 (char 35)", "syntax"),
        "settings.json",
    ),
    terminal(
        "pip-no-version",
        "no matching distribution",
        Session(["python3 -m pip install --no-index --break-system-packages pillow==99.1"]),
        Look("gruvbox", "Terminus", 12, 104, 24),
        failure(
            "pip",
            "ERROR: Could not find a version that satisfies the requirement pillow==99.1 (from versions: none)",
            "import_dependency",
        ),
        "pillow==99.1",
    ),
    terminal(
        "pip-externally-managed",
        "externally managed",
        Session(["pip3 install requests-oauth2"]),
        Look("aubergine", "DejaVu Sans Mono", 11, 92, 28),
        failure("pip", "error: externally-managed-environment", "configuration"),
        "requests-oauth2",
    ),
]
