"""Facts in what a screen says: files, line numbers, ports, hosts, addresses, versions, users, exit codes, commands.

They are looked for in what truly stands there. A fact counts only when it is the only one: in the message, else in the
nearest line of its surroundings that names one, else (where there is no message) on the whole screen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from train.data.conversation.screen import Box, Found, Screen, ScreenLine

Places = list[tuple[int, int]]
Absent = Literal["absent"]
ABSENT: Absent = "absent"

_EXTENSIONS = (
    r"(?:tar\.gz|txt|md|json|ya?ml|toml|ini|conf|cfg|csv|tsv|xml|html?|css|jsx?|tsx?|mjs|cjs|py|rb|go|rs|cc?|h|cpp|hpp|java|"
    r"kt|php|phtml|sh|sql|log|pdf|docx?|xlsx?|pptx?|od[ts]|png|jpe?g|gif|svg|mp[34]|zip|deb|rpm|iso|db|sqlite3?|pem|crt|key|lock|"
    r"bak|tmp|jar|lua|pl|pm|swift|ipynb|dll|exe|so|img|bin|dat|desktop|service)"
)
_FILE = re.compile(
    r"[“\"'‘`](?P<quoted>(?:[A-Za-z]:\\|[/~.])?[^“”\"'‘’`\n:*<>|]{1,90}?\." + _EXTENSIONS + r")[”\"'’`]"
    r"|(?<![\w@./\\~+-])(?P<plain>(?:[A-Za-z]:\\(?:Program Files(?: \(x86\))?\\)?|~?/|\.{1,2}/)?(?:[\w.@+~-]+[/\\])*[\w.@+~-]*[\w)]\."
    + _EXTENSIONS
    + r")"
    r"(?![\w/\\-]|\.\w)|\b(?P<named>Makefile|Dockerfile|CMakeLists\.txt|package\.json)\b"
)
_NO_FILES = frozenset("node.js vue.js next.js express.js three.js nuxt.js asp.net".split())
_PATH = re.compile(r"(?<![\w/])[~.]?/\w|\b[A-Za-z]:\\|\w\\\w")
_LINE = re.compile(
    r"\b[Ll]ines?[ :](?P<word>\d+)\b|\." + _EXTENSIONS + r":(?P<colon>\d+)\b|\." + _EXTENSIONS + r"\((?P<round>\d+)[,)]"
    r"|\[Ln (?P<ln>\d+)|\bMakefile:(?P<make>\d+)"
)
_PORT = re.compile(
    r"\b[Pp]ort[ =:#]+(?P<word>\d{2,5})\b|(?P<host>\b[\w-]+(?:\.[\w-]+)*|\]|\*):(?P<colon>\d{2,5})(?![\w:.])(?!\.\d)"
)
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_DOMAIN = r"(?:[A-Za-z0-9-]+\.)+(?:com|org|net|io|dev|example|local|internal|de|uk|edu|app|test|lan|corp|cloud|info|gov|eu|fr|ai)"
_HOST = re.compile(
    r"://(?P<url>[^\s/:\"'<>“”)]+)|\b(?P<ip>(?:0\.0\.0\.0|[1-9]\d{0,2}(?:\.\d{1,3}){3}))\b(?!\.\d)|(?<![\w.@/-])(?P<name>"
    + _DOMAIN
    + r")\b(?!\.\w|[(\\])"
    r"|\b(?P<local>localhost)\b|@(?P<at>[A-Za-z][\w.-]*\w)(?=[:\s])|\bhost:? ['\"“]?(?P<word>[\w-]+(?:\.[\w-]+)+)"
)
_URL = re.compile(r"\b(?:https?|file|ftp)://[^\s\"'<>“”»)\]]+[^\s\"'<>“”»)\].,;:]")
_VERSION = re.compile(
    r"\b[Vv]ersion:? v?(?P<word>\d+(?:\.[\w-]+)*)|(?<![\w.])v(?P<v>\d+\.\d+(?:\.[\w-]+)*)"
    r"|(?<![\w./:@-])(?P<three>\d+\.\d+\.\d+(?:-[\w.]+)?)(?![\w.:/])"
)
_ANY_VERSION = re.compile(r"\d+\.\d+|[Vv]ersion")
_USER = re.compile(
    r"(?:^|[\s(\[])(?P<at>[a-z_][\w.-]*)@[A-Za-z][\w.-]*(?=[:\s])|\b[Uu]ser(?:name)?:? ['\"“‘](?P<word>[\w.@-]+)['\"”’]"
    r"|\bPS C:\\Users\\(?P<windows>\w+)"
)
_ANY_USER = re.compile(r"\w@\w|[Uu]ser|^\S+ ~ %|\S+\$ ", re.M)
_EXIT = re.compile(
    r"\bexit(?:ed)?(?: with)?(?: status| code)?[: ]+(?P<exit>-?\d+)\b|\breturned(?: exit code)? (?P<returned>\d+)$"
    r"|\b(?:exit|return) code:? (?P<code>-?\d+)\b|^make: .*\bError (?P<make>\d+)"
)
_ANY_EXIT = re.compile(r"\bexit|\breturn|\bstatus \d|\bcode \d|Error \d", re.I)
_PROMPT = re.compile(
    r"➜\s+\S+ git:\(\S+\) \S |PS [A-Za-z]:\\[^>]*> ?|[A-Za-z]:\\[^>]*>|(?:mysql|sqlite|SQL)> |>>> |\S+=[#>] |.{0,80}?[$#%❯✗➜>] +"
)
_EMPTY_PROMPT = re.compile(r".{0,80}[$#%❯✗➜>]\s*$")

_MONTHS = "January February March April May June July August September October November December".split()
_MONTH = "(?:" + "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in _MONTHS) + ")"
_DATE = re.compile(
    r"(?<![\w/-])(?:\d{4}-\d{2}-\d{2}|\d{4}/\d{2}/\d{2}|\d{1,2}/\d{1,2}/\d{4}|\d{1,2}\.\d{1,2}\.\d{4}|"
    + rf"\d{{1,2}} {_MONTH}\.? \d{{4}}|{_MONTH}\.? \d{{1,2}},? \d{{4}})(?![\w/-])"
)
_CLOCK = re.compile(r"(?<![\w:.,-])(?P<time>\d{1,2}:[0-5]\d(?::[0-5]\d)?(?: ?[AaPp][Mm])?)(?![\w:])")
_EMAIL = re.compile(r"(?<![\w@/:])(?<!ssh )(?<!scp )[A-Za-z0-9][\w.+-]*@" + _DOMAIN + r"(?![\w:@.]*[\w:@])")
_IP = re.compile(
    r"(?<![\w.])(?P<ip>(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})(?![\w.]*\w\.|\d|\.\d)"
)
_PACKAGE = re.compile(
    r"No module named ['\"‘“]?(?P<python>[\w.]+)|Cannot find (?:module|package) ['\"‘“](?P<node>[^'\"’”]+)['\"’”]"
    r"|Unable to locate package (?P<apt>\S+)|satisfies the requirement (?P<pip>[\w.\[\]-]+)|cannot find -l(?P<lib>\w+)"
    r"|package (?P<java>[\w.]+) does not exist|provides package (?P<go>[\w./-]+)|unresolved import `(?P<rust>[\w:]+)`"
    r"|[Pp]ackage ['\"‘“](?P<quoted>[^'\"’”\s]+)['\"’”]|can't find crate for `(?P<crate>\w+)`"
)
_FUNCTION = re.compile(
    r", line \d+, in (?P<python>\w+)|\bat (?:async )?(?:new )?(?:[\w$<>]+\.)*(?P<js>[\w$]+) ?\(|undefined reference to [`'‘](?P<ld>\w+)"
    r"|[Ii]n function [`'‘](?P<c>[\w:~]+)|[Ff]unction (?P<called>\w+)\(\)|(?<![\w.])(?P<round>[a-z_]\w{2,})\(\)"
)
_FOLDER = re.compile(
    r"(?<![\w/:.\\-])(?P<unix>(?:~|/(?:home|var|usr|etc|opt|srv|tmp|mnt|media|root|data|app|run|lib|dev|Users))(?:/[\w.+-]*[\w+-])*)/?(?![\w./-])"
    r"|(?<!\w)(?P<windows>[A-Za-z]:\\(?:[\w ()-]+\\)*[\w()-]+)(?![\w.\\])"
)
_FOLDER_FILE = re.compile(r"\." + _EXTENSIONS + r"$")
_PERCENT = re.compile(r"(?<![\w.%])(?P<percent>\d{1,3}(?:[.,]\d+)? ?%)(?!\w)")
_ERRORS = re.compile(
    r"\b(?P<one>1)(?= (?:error|problem|failure)\b)|\b(?P<count>\d+)(?= (?:errors|problems|failures|failed)\b)"
    r"|\b[Ee]rrors?: (?P<named>\d+)\b|\bfailures=(?P<tests>\d+)"
)
_SIZE = re.compile(r"(?<![\w.])(?P<size>\d+(?:[.,]\d+)? ?(?:bytes|[KMGT]i?B|kB))\b")
_PROCESS = re.compile(r"\b(?:[Pp][Ii][Dd]|[Pp]rocess(?: ID)?)[ =:#(]+(?P<pid>\d{1,7})\b|\w\[(?P<log>\d{2,7})\]:")
_VARIABLE = re.compile(
    r"\$\{?(?P<shell>[A-Z][A-Z0-9_]{2,})\b|(?<![\w.])(?P<set>[A-Z][A-Z0-9]*_[A-Z0-9_]+)=|"
    r"(?:variable|KeyError:) ['\"‘“`]?(?P<named>[A-Z][A-Z0-9_]{2,})\b"
)

Kind = Literal[
    "file", "line", "port", "host", "url", "version", "user", "exit", "date", "clock", "email", "ip", "package",
    "function", "folder", "percent", "errors", "size", "process", "variable",
]  # fmt: skip


def _groups(pattern: re.Pattern[str]) -> Callable[[str], Places]:
    def places(text: str) -> Places:
        return [match.span(match.lastgroup) if match.lastgroup else match.span() for match in pattern.finditer(text)]

    return places


def _files(text: str) -> Places:
    found = [match.span(str(match.lastgroup)) for match in _FILE.finditer(text)]
    return [(start, end) for start, end in found if text[start:end].lower() not in _NO_FILES]


def _ports(text: str) -> Places:
    found: Places = []
    for match in _PORT.finditer(text):
        host = match.group("host")
        if host and not (
            host in ("localhost", "]", "*")
            or _ADDRESS.fullmatch(host)
            or re.fullmatch(_DOMAIN, host)
            or _before_url(match)
        ):
            continue
        start, end = match.span("word") if match.group("word") else match.span("colon")
        if int(text[start:end]) <= 65535:
            found.append((start, end))
    return found


def _before_url(match: re.Match[str]) -> bool:
    return match.string[max(0, match.start() - 3) : match.start()] == "://"


def _versions(text: str) -> Places:
    return [(start, end) for start, end in _groups(_VERSION)(text) if not _ADDRESS.match(text, start)]


def _folders(text: str) -> Places:
    found = _groups(_FOLDER)(text)
    return [(start, end) for start, end in found if end - start > 1 and not _FOLDER_FILE.search(text[start:end])]


FINDERS: dict[Kind, Callable[[str], Places]] = {
    "file": _files,
    "line": _groups(_LINE),
    "port": _ports,
    "host": _groups(_HOST),
    "url": _groups(_URL),
    "version": _versions,
    "user": _groups(_USER),
    "exit": _groups(_EXIT),
    "date": _groups(_DATE),
    "clock": _groups(_CLOCK),
    "email": _groups(_EMAIL),
    "ip": _groups(_IP),
    "package": _groups(_PACKAGE),
    "function": _groups(_FUNCTION),
    "folder": _folders,
    "percent": _groups(_PERCENT),
    "errors": _groups(_ERRORS),
    "size": _groups(_SIZE),
    "process": _groups(_PROCESS),
    "variable": _groups(_VARIABLE),
}
_TRACES: dict[Kind, re.Pattern[str]] = {  # where any of these stands, a fact is not called absent
    "file": _PATH,
    "line": re.compile(r"\b(?:line|Ln)\b|:\d+:\d+", re.I),
    "port": re.compile(r"\bport\b|:\d{2,5}\b", re.I),
    "host": re.compile(r"\bhost|://|\w@\w|\w\.\w{2,}\.\w{2,}", re.I),
    "url": re.compile(r"://|www\.|\.com\b", re.I),
    "version": _ANY_VERSION,
    "user": _ANY_USER,
    "exit": _ANY_EXIT,
    "date": re.compile(r"\d{4}|\d[./-]\d|" + _MONTH + r"\b"),
    "clock": re.compile(r"\d:\d"),
    "email": re.compile(r"@"),
    "ip": re.compile(r"\d\.\d+\.\d|:\w*:"),
    "package": re.compile(r"module|package|require|import|library|crate|-l\w", re.I),
    "function": re.compile(r"\w\(|function|\bin \w+$|\bat \w", re.I),
    "folder": re.compile(r"[/\\~]|folder|directory", re.I),
    "percent": re.compile(r"%|percent", re.I),
    "errors": re.compile(r"\d+ ?(?:error|problem|fail)|errors?:? \d|failures", re.I),
    "size": re.compile(r"\d ?[KMGTk]i?B?\b|bytes", re.I),
    "process": re.compile(r"\bpid\b|process|\[\d+\]", re.I),
    "variable": re.compile(r"\$|[A-Z]{2,}_[A-Z]|variable|environment", re.I),
}
_WHOLE_SCREEN: frozenset[Kind] = frozenset(
    ("version", "user", "url", "host", "date", "clock", "email", "ip", "folder", "percent", "errors", "size", "process")
)  # asked of the screen, not of the error
_OF_ERRORS: frozenset[Kind] = frozenset(("line", "exit"))  # asked of errors only
_SURROUNDINGS = frozenset("trace output body source code comment label other cell value".split())


def fact(screen: Screen, kind: Kind) -> Found | Absent | None:
    """The one fact of a kind; "absent" when nothing on the screen looks like one; None when it cannot be told."""
    find = FINDERS[kind]
    if screen.message:
        whole = {screen.fields.message[a:b] for a, b in find(screen.fields.message)} if screen.fields.message else set()
        if len(whole) > 1:
            return None
        if whole:
            return _in_message(screen, whole.pop())
        if kind not in ("url", "version", "user"):
            near = _near(screen, find)
            if near is not None or kind not in _WHOLE_SCREEN:
                return near or _absent(screen, kind)
    elif screen.fields.is_error:
        return None
    if kind in _OF_ERRORS and not screen.message:
        return _absent(screen, kind)
    found = _everywhere(screen, find)
    values = {piece.text for piece in found}
    if len(values) == 1 and (not screen.message or kind in _WHOLE_SCREEN):
        return found[0]
    return None if values else _absent(screen, kind)


def _in_message(screen: Screen, value: str) -> Found | None:
    whole = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")
    for piece in screen.message:
        there = whole.search(piece.text)
        if there is not None:
            return Found(piece.line, piece.start + there.start(), piece.start + there.end(), value)
    return None  # a wrap went through it


def _near(screen: Screen, find: Callable[[str], Places]) -> Found | None:
    for number in surroundings(screen):
        line = screen.lines[number]
        found = find(line.truth)
        if found:
            values = {line.truth[start:end] for start, end in found}
            start, end = found[0]
            return Found(number, start, end, line.truth[start:end]) if len(values) == 1 else None
    return None


def _everywhere(screen: Screen, find: Callable[[str], Places]) -> list[Found]:
    return [
        Found(number, start, end, line.truth[start:end])
        for number, line in enumerate(screen.lines)
        if line.role != "cell"
        for start, end in find(line.truth)
    ]


def _absent(screen: Screen, kind: Kind) -> Absent | None:
    if not screen.complete or any(FINDERS[kind](line.truth) for line in screen.lines):
        return None
    return ABSENT if not any(_TRACES[kind].search(line.truth) for line in screen.lines) else None


def surroundings(screen: Screen) -> list[int]:
    """Lines around the message that may belong to it, the nearest first: at most 7 rows away, over or under it.

    In a terminal none beyond the commands before and after it; in an editor, whose list of problems holds other errors
    too, only what stands on the message's own row.
    """
    boxes = [screen.lines[piece.line].box for piece in screen.message]
    hull = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
    height = max(boxes[0][3] - boxes[0][1], 6.0)
    inside = {piece.line for piece in screen.message}
    prompts = [line.box for line in screen.lines if line.role in ("command", "prompt")]
    above = max((box[3] for box in prompts if box[3] <= hull[1] + 2), default=0.0)
    below = min((box[1] for box in prompts if box[1] >= hull[3] - 2), default=float("inf"))
    reach = 0.0 if screen.fields.kind == "ide_editor" else 12 * height
    near = [
        (_gap(line.box, hull), number)
        for number, line in enumerate(screen.lines)
        if number not in inside
        and line.truth
        and _belongs(line)
        and line.box[1] > above - 2
        and line.box[3] < below + 2
        and _shares_column(line.box, hull, height)
    ]
    return [number for gap, number in sorted(near) if gap <= reach]


def _belongs(line: ScreenLine) -> bool:
    return line.role in _SURROUNDINGS and not (line.role == "other" and line.truth.isdigit())


def _gap(box: Box, hull: Box) -> float:
    return max(box[1] - hull[3], hull[1] - box[3], 0.0)


def _shares_column(box: Box, hull: Box, height: float) -> bool:
    same_row = box[1] < hull[3] and box[3] > hull[1]
    return same_row or (box[0] < hull[2] and box[2] > hull[0] - 2 * height)


def command_of(line: ScreenLine) -> tuple[int, int] | None:
    """Where the command behind the prompt stands in a line's truth; None for an empty prompt."""
    match = _PROMPT.match(line.truth)
    start = match.end() if match is not None else 0
    if start >= len(line.truth) or (match is None and _EMPTY_PROMPT.match(line.truth)):
        return None
    return start, len(line.truth)


def last_command(screen: Screen) -> Found | Absent | None:
    """The last command (above the message where there is one), without its prompt.

    None where panes stand side by side or where the only prompt is empty; "absent" without any command or prompt.
    """
    rows = [
        number
        for number, line in enumerate(screen.lines)
        if line.role in ("command", "prompt") and len(line.parts) == 1
    ]
    if not rows:
        known = screen.fields.kind in ("desktop_dialog", "browser", "web_page", "photo", "chart")
        return ABSENT if known and screen.complete and not any(_looks_typed(line) for line in screen.lines) else None
    lefts = [screen.lines[number].box[0] for number in rows]
    if max(lefts) - min(lefts) > 40:
        return None
    top = min((screen.lines[piece.line].box[1] for piece in screen.message), default=float("inf"))
    for number in reversed(rows):
        line = screen.lines[number]
        if line.box[1] >= top or line.role == "prompt":
            continue
        place = command_of(line)
        if place is not None:
            return Found(number, *place, line.truth[place[0] : place[1]])
    return None


def _looks_typed(line: ScreenLine) -> bool:
    return line.role in ("command", "prompt", "output")
