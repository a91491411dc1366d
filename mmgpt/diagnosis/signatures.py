"""Programs that fill a terminal with a screen of their own, and prompts that only one program has: known by what always stands there.

A full-screen program shows its keys, its header or its status line whatever it works on. Each rule asks for words that the program
itself writes; what a file or a log shows inside of it does not count for another, since rules look at their own rows alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vision.reader.types import Line


@dataclass(frozen=True)
class Signature:
    """A program and what always stands on its screen: every pattern must be found, in rows of the `where` part of the screen."""

    program: str
    patterns: tuple[re.Pattern[str], ...]
    where: str = "any"  # "top" and "bottom": the first and the last rows


def _of(program: str, *patterns: str, where: str = "any") -> Signature:
    return Signature(program, tuple(re.compile(pattern) for pattern in patterns), where)


ROWS = 3
"""Rows of the screen's top or bottom that headers and status lines stand in."""

SCREENS = (
    _of("htop", r"F1\s*Help\s*F2\s*Setup", r"F9\s*Kill|F10\s*Quit", where="bottom"),
    _of("top", r"^top - \d\d:\d\d:\d\d up .*load average", where="top"),
    _of("btop", r"\bbtop\b.*\bpreset\b|\bmenu\b.*\bpreset \d", where="top"),
    _of("glances", r"^\S+ .*Uptime: .*\d", r"(?i)\bCPU\b.*\bMEM\b.*\bSWAP\b"),
    _of("iotop", r"Total DISK READ\s*:.*Total DISK WRITE", where="top"),
    _of("iftop", r"^TX:\s+cum:", where="bottom"),
    _of("PowerTOP", r"^PowerTOP v?\d", where="top"),
    _of("nano", r"^\s*(?:GNU|UW PICO)?\s*nano \d[\d.]*\b", where="top"),
    _of(
        "nano",
        r"\^[GX] (?:Get )?(?:Help|Exit)",
        r"\^[OR] (?:Write Out|WriteOut|Read File)|\^W Where Is",
        where="bottom",
    ),
    _of("Midnight Commander", r"1\s*Help\s*2\s*Menu\s*3\s*View", r"10\s*Quit", where="bottom"),
    _of("lnav", r"\?:\s*View Help|Press [a-z]/[A-Z] to move .*(?:error|warning|hit)", where="bottom"),
    _of("man", r"^\s*Manual page \S+\(\w+\) line \d+", where="bottom"),
    _of("w3m", r"^(?:≪|«|<<)?\s*[↑↓\s^v]*\s*Viewing(?:\[SSL\])? ?<", where="bottom"),
    _of("Lynx", r"Arrow keys: Up and Down to move|-- press space for next page --", where="bottom"),
    _of("ELinks", r"^\S.*\bELinks\b", where="top"),
    _of("Vim", r"^-- (?:INSERT|REPLACE|VISUAL|VISUAL LINE|VISUAL BLOCK|TERMINAL) --", where="bottom"),
    _of("Vim", r"^~?\s*VIM - Vi IMproved$"),
    _of(
        "GNU Emacs",
        r"^-[U\\(:*%-]{2,}.*\((?:Fundamental|Text|Python|Lisp|Shell|Messages|Help|Org|Markdown|\w+ \w+)[^)]*\)",
        where="bottom",
    ),
    _of("Micro", r"Alt-g: bindings, Ctrl-g: help", where="bottom"),
    _of("JOE", r"Ctrl-K H for help|\^KH for help", where="top"),
    _of("tmux", r"^\[[^\]\s]{1,20}\]\s*\d+:[\w./~-]+[*-]", where="bottom"),
    _of("ncdu", r"^\s*ncdu [\d.]+ ~ Use the arrow keys", where="top"),
    _of("mutt", r"^q:Quit\s+d:Del\s+u:Undel\s+s:Save|^i:Exit\s+-:PrevPg", where="top"),
    _of("aptitude", r"C-T: Menu\s+\?: Help\s+q: Quit", where="top"),
    _of("AlsaMixer", r"\bAlsaMixer v\d", where="top"),
    _of("NetworkManager", r"^.*NetworkManager TUI", where="top"),
    _of("cfdisk", r"^\s*Disk: /dev/\S+$", where="top"),
    _of("tig", r"^\[(?:main|diff|log|tree|blob|status|refs)\].*\d+%$", where="bottom"),
    _of("lazygit", r"\bDonate\b.*\bAsk Question\b", where="bottom"),
    _of("ranger", r"^\S+@\S+\s+[/~]\S*$", r"^[dl-][rwxst-]{9} \d+ \S+ \S+ .*\b(?:All|Top|Bot|\d+%)$"),
    _of("k9s", r"<\?>\s+Help", r"\bK9s Rev:"),
)
PROMPTS = (
    ("GDB", re.compile(r"^\(gdb\)(?:\s|$)")),
    ("LLDB", re.compile(r"^\(lldb\)(?:\s|$)")),
    ("Python", re.compile(r"^(?:>>> |\(Pdb\) |In \[\d+\]: )")),
    ("MariaDB", re.compile(r"^MariaDB \[[^\]]*\]>")),
    ("MySQL", re.compile(r"^mysql>")),
    ("SQLite", re.compile(r"^sqlite>")),
    ("PostgreSQL", re.compile(r"^\w{1,30}[=-][#>](?:\s|$)")),
    ("Redis", re.compile(r"^(?:127\.0\.0\.1|localhost|redis|\d+\.\d+\.\d+\.\d+):6379(?:\[\d+\])?>")),
    ("MongoDB", re.compile(r"^(?:test|admin|rs\d*:\w+|\w+)> db\.")),
    ("Ruby", re.compile(r"^irb\(\S+\):\d+")),
    ("PHP", re.compile(r"^php > ")),
    ("GHC", re.compile(r"^(?:ghci|Prelude)> ")),
    ("GNU Octave", re.compile(r"^octave:\d+>")),
    ("gnuplot", re.compile(r"^gnuplot>")),
    ("OpenSSH", re.compile(r"^sftp>")),
    ("FTP", re.compile(r"^ftp>")),
    ("PowerShell", re.compile(r"^PS [A-Z]:\\[^>]*>")),
)
"""Programs that one talks to, by the prompt at the beginning of a row; the last row that has one says which is in front."""


def by_signature(lines: Sequence[Line]) -> tuple[str, int] | None:
    """The full-screen program that a terminal shows, and the index of the line that says so."""
    rows = sorted(range(len(lines)), key=lambda index: (lines[index].box[1] + lines[index].box[3], lines[index].box[0]))
    parts = {"any": rows, "top": _edge(rows, lines), "bottom": _edge(rows[::-1], lines)}
    for signature in SCREENS:
        hits = [_first(pattern, parts[signature.where], lines) for pattern in signature.patterns]
        if all(hit is not None for hit in hits) and hits[0] is not None:
            return signature.program, hits[0]
    return None


def by_prompt(lines: Sequence[Line], last: int | None = None) -> tuple[str, int] | None:
    """The program whose prompt stands in the last row that has any of `PROMPTS`, up to line `last`."""
    for index in range(len(lines) - 1 if last is None else min(last, len(lines) - 1), -1, -1):
        text = lines[index].text.strip()
        for program, prompt in PROMPTS:
            if prompt.match(text):
                return program, index
    return None


def _first(pattern: re.Pattern[str], indices: Sequence[int], lines: Sequence[Line]) -> int | None:
    return next((index for index in indices if pattern.search(lines[index].text)), None)


def _edge(ordered: Sequence[int], lines: Sequence[Line]) -> list[int]:
    """Lines of the first `ROWS` rows in an order; pieces of one row count as one."""
    found: list[int] = []
    rows = 0
    middle = None
    for index in ordered:
        y0, y1 = lines[index].box[1], lines[index].box[3]
        if middle is None or not y0 <= middle <= y1:
            rows += 1
            middle = (y0 + y1) / 2
            if rows > ROWS:
                break
        found.append(index)
    return found
