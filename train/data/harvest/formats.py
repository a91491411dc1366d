"""Format codes of programs (printf, Python, Java, Qt, Fluent, Windows) turned into the world's slots, guessed from the words around."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

Style = Literal["printf", "python", "brace", "qt", "dollar", "fluent", "windows", "none"]

_PRINTF = re.compile(
    r"%(?:(?P<pos>\d+)\$|\((?P<name>\w+)\))?[-+#0']*(?:\d+|\*(?:\d+\$)?)?(?:\.(?:\d+|\*)?)?"
    r"(?:hh|h|ll|l|L|j|z|Z|t|I64|w)?(?P<kind>[diouxXeEfFgGaAcCsSpmn%])"
)
_GCC = re.compile(r"%(?P<quote>[+#]*q[+#]*)?[+#]*(?:ll|l|w|z)?(?P<kind>[EDTFAVPSKCILs](?![a-z])|[dius])")
_BRACE = re.compile(r"\$?\{(?P<name>[^{}\s]*?)(?:[!:,][^{}]*)?\}")
_QT = re.compile(r"%L?(?P<name>\d{1,2}|n)(?!\d)")
_DOLLAR = re.compile(r"\$(?P<name>\d)(?:<[^>]*>)?")
_FLUENT = re.compile(r"\{\s*\$?(?P<name>[\w-]+)\s*(?:\([^{}]*\))?\s*\}|\{\s*[A-Z]+\(\$?(?P<inner>[\w-]+)[^{}]*\)\s*\}")
_WINDOWS = re.compile(r"%(?P<name>\d{1,2})(?:!(?P<spec>[^!]*)!)?|%(?:hs|ws|s|S|lu|ld|d|u|x|X|Z|wZ|lx)\b|0x%p|%p")

# What a named argument, or the word before or after an argument, says about it. The first that matches counts.
_NAMED: tuple[tuple[str, str], ...] = (
    (r"filenames?|basename|fname|file_?name|script|document|attachment|image_?file|tarball|archive", "file"),
    (r"files?|paths?|file_?path|pathname|location|socket_path|target_path", "path"),
    (r"dir|directory|directories|folders?|dirname|mount_?point|mountpoint|cwd|workdir", "dir"),
    (r"urls?|uris?|link|href|endpoint", "url"),
    (r"hosts?|hostname|server_?name|servers?|domain|peer|fqdn|proxy|site", "host"),
    (r"ip|ip_?addr(?:ess)?|ipv4|ipv6|addr(?:ess)?es", "ip"),
    (r"ports?", "port"),
    (r"users?|user_?name|login|account|owner|uid_name|author", "user"),
    (r"e-?mail|mailbox|recipient|sender", "email"),
    (r"versions?|release|ver|revision_number", "version"),
    (r"lines?|line_?no|lineno|line_?number|row", "line"),
    (r"col(?:umn)?_?(?:no|num)?|columnno", "col"),
    (r"pids?|process_?id|process", "pid"),
    (r"percent(?:age)?|pct|progress", "pct"),
    (r"seconds?|secs?|minutes?|duration|elapsed|delay", "num"),
    (r"milliseconds?|ms|timeout", "ms"),
    (r"bytes|size|sizes|length_bytes|disk_?space|space", "size"),
    (r"dates?|day|since|until", "date"),
    (r"times?|clock", "time"),
    (r"counts?|num|number|n|total|index|idx|amount|limit|max|min|maximum|minimum|level|"
     r"offset|position|pos|len|length|depth|width|height|id", "num"),
    (r"packages?|pkgs?|pkgname|dependency|dependencies|plugin|plug-?in|extension|add-?on", "pkg"),
    (r"modules?|import|library|libraries|lib", "pymod"),
    (r"class(?:es|name)?|struct|interface|enum|exception", "cls"),
    (r"types?|typename|dtype|datatype", "cls"),
    (r"functions?|func|methods?|procedure|routine|macro|fn|callback|symbol", "fn"),
    (r"variables?|var|identifiers?|ident|parameter|param|argument|arg|attribute|attr|field|property|member|keyword|name_id", "ident"),
    (r"branch(?:es)?|ref|refname", "branch"),
    (r"remote|upstream", "remote"),
    (r"commits?|revision|rev|sha|hash|oid|object|tree|blob|checksum|digest", "sha"),
    (r"repo(?:sitory)?|repositories|project", "repo"),
    (r"tables?|relation|view", "table"),
    (r"columns?", "column"),
    (r"databases?|schema|db", "db"),
    (r"units?|service", "unit"),
    (r"drive", "drive"),
    (r"uuid|guid", "uuid"),
    (r"app(?:lication)?|program|product|brand-short-name|brand|appname|app_?name", "name"),
    (r"people|person|contact|full_?name", "person"),
    (r"options?|opt|flags?|switch", "word"),
)  # fmt: skip
_NAMED_COMPILED = tuple((re.compile(pattern, re.I), slot) for pattern, slot in _NAMED)
_SUFFIXES = tuple((re.compile(rf"(?:^|[_\W-])(?:{pattern})$", re.I), slot) for pattern, slot in _NAMED)
_BEFORE = re.compile(r"([A-Za-z][\w-]*)[\s:=]*[\"'`‘“«<(\[]*$")
_AFTER = re.compile(r"^[\"'`’”»>)\]]*\s*([A-Za-z][\w-]*)")
_FILLERS = frozenset(
    "the a an of to from for in on at by is was are with and or into named called this that it its than be only has "
    "have not as about using via".split()
)


def slot_for(name: str, before: str, after: str, numeric: bool) -> str:
    """The slot that fits an argument: by its own name, else by the word before it, else by the word after it.

    `numeric` says that the code prints a number; then only slots that are numbers are taken.
    """
    for word in (name, _near(_BEFORE, before), _near(_AFTER, after)):
        slot = _by_word(word.lower())
        if slot and (not numeric or slot in ("line", "col", "pid", "port", "pct", "ms", "num")):
            return slot
        if slot == "size":
            return "big"
    if numeric:
        return "num"
    if not before.strip() and after[:1] == ":":
        return "path"  # "%s: cannot open": the file in question stands first
    return "word"


@lru_cache(maxsize=20_000)
def _by_word(word: str) -> str:
    """The slot that a word or an argument's name calls for, "" when it says nothing."""
    if not word or word.isdigit() or word in _FILLERS:
        return ""
    for whole, (ending, slot) in zip(_NAMED_COMPILED, _SUFFIXES, strict=True):
        if whole[0].fullmatch(word) or ending.search(word):
            return slot
    return ""


def _near(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found.group(1) if found else ""


class _Args:
    """Gives every argument of one text its slot: the same argument the same, another one with the next number."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.used: dict[str, int] = {}
        self.fresh = 0

    def get(self, key: str, slot: str) -> str:
        if not key:
            self.fresh += 1
            key = f"#{self.fresh}"
        if key not in self.known:
            self.used[slot] = self.used.get(slot, 0) + 1
            count = self.used[slot]
            self.known[key] = f"{{{slot}}}" if count == 1 else f"{{{slot}{count}}}"
        return self.known[key]


def to_slots(text: str, style: Style) -> str | None:
    """The text with its format codes as slots of `train.data.world.slots`; None when a code cannot be turned into one.

    `{path}: %d lines` -> `{path}: {num} lines`. Doubled signs that stand for themselves (`%%`, `{{`) become single.
    """
    if style == "none":
        return text
    turn = {
        "printf": _printf,
        "python": _printf,
        "brace": _named(_BRACE),
        "qt": _named(_QT),
        "dollar": _named(_DOLLAR),
        "fluent": _named(_FLUENT),
        "windows": _windows,
    }[style]
    if style == "brace":
        text = text.replace("{{", "\x01").replace("}}", "\x02")
    elif style == "windows":
        text = text.replace("%%", "\x03")
    made = turn(text, _Args())
    if made is None:
        return None
    return made.replace("\x01", "{").replace("\x02", "}").replace("\x03", "%")


Turn = Callable[[str, _Args], str | None]


def _replace(pattern: re.Pattern[str], text: str, value: Callable[[re.Match[str], str], str | None]) -> str | None:
    made: list[str] = []
    end = 0
    for found in pattern.finditer(text):
        made.append(text[end : found.start()])
        piece = value(found, "".join(made))
        if piece is None:
            return None
        made.append(piece)
        end = found.end()
    return "".join((*made, text[end:]))


def _printf(text: str, args: _Args) -> str | None:
    if _is_gcc(text):
        return _gcc(text, args)

    def value(found: re.Match[str], before: str) -> str | None:
        kind, after = found["kind"], text[found.end() :]
        name = found["name"] or ""
        key = found["pos"] or name
        if kind == "%":
            return "%"
        if kind == "m":
            return REASON
        if kind in "diou":
            return args.get(key, "pct" if after.startswith("%%") else slot_for(name, before, after, True))
        if kind in "sS":
            last = not after.strip(" .\n") and before.rstrip().endswith(":") and not name and _says(before)
            return REASON if last else args.get(key, slot_for(name, before, after, False))
        slot = {"x": "hex", "X": "hex", "p": "addr", "c": "letter", "C": "letter", "n": ""}.get(kind, "secs")
        return args.get(key, slot) if slot else None

    made = _replace(_PRINTF, text, value)
    return None if made is None or _LEFT.search(made) else made


def _says(before: str) -> bool:
    """Whether what stands before a last `: %s` says that something failed, so that the system's reason follows."""
    return _FAILED.search(before) is not None


_FAILED = re.compile(r"\b(?:fail\w*|can(?:'t|not)|could(?:n't| not)|unable|error)\b", re.I)
_LEFT = re.compile(r"%[a-zA-Z(*#]")
_GCC_SLOTS = {
    "E": "ident",
    "D": "ident",
    "T": "cls",
    "F": "fn",
    "A": "ident",
    "V": "cls",
    "d": "num",
    "i": "num",
    "u": "num",
}
REASON = "\x05"
"""Stands where a program prints why the system said no, until `train.data.harvest.reasons` chooses it."""


def _is_gcc(text: str) -> bool:
    """Whether a text uses GCC's own format codes (`%qD`, `%<…%>`, `%T`)."""
    return "%<" in text or re.search(r"%[+#]*q[+#]*[A-Zsdui]|%[+#]*[TDE](?![a-z])|\bat %[CL]\b", text) is not None


def _gcc(text: str, args: _Args) -> str | None:
    def value(found: re.Match[str], before: str) -> str:
        slot = _GCC_SLOTS.get(found["kind"], "ident")
        if found["kind"] == "s":
            slot = slot_for("", before, text[found.end() :], False)
        piece = args.get("", slot)
        return f"‘{piece}’" if found["quote"] else piece

    text = re.sub(r"%[CL]\b", "(1)", text)  # Fortran's place, which is printed as a number in parentheses
    made = _replace(_GCC, text.replace("%<", "‘").replace("%>", "’").replace("%%", "\x03"), value)
    return None if made is None or _LEFT.search(made) else made.replace("%'", "’").replace("\x03", "%")


def _named(pattern: re.Pattern[str]) -> Turn:
    def turn(text: str, args: _Args) -> str | None:
        def value(found: re.Match[str], before: str) -> str:
            groups = found.groupdict()
            name = groups.get("name") or groups.get("inner") or ""
            numeric = name == "n" and pattern is _QT
            plain = name.rsplit(".", 1)[-1]
            return args.get(name, slot_for("" if plain.isdigit() else plain, before, text[found.end() :], numeric))

        return _replace(pattern, text, value)

    return turn


def _windows(text: str, args: _Args) -> str | None:
    def value(found: re.Match[str], before: str) -> str:
        code = found.group(0)
        spec = found["spec"] or code.lstrip("%0x")
        numeric = bool(re.search(r"[dul]", spec)) and "s" not in spec
        if "x" in spec.lower() or code.endswith("p"):
            return args.get(found["name"] or "", "hex")
        name = slot_for("", before, text[found.end() :], numeric)
        return args.get(found["name"] or "", {"path": "winpath", "dir": "winpath"}.get(name, name))

    made = _replace(_WINDOWS, text, value)
    return None if made is None or re.search(r"%[a-zA-Z]", made) else made
