"""Endless values for the slots of templates: paths, hosts, ports, versions, modules, users, numbers, identifiers."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable

from train.data.world.words import (
    ADJECTIVES,
    DAYS,
    EXTENSIONS,
    FIRST_NAMES,
    LAST_NAMES,
    MONTHS,
    NOUNS,
    NPM_MODULES,
    PY_ATTRS,
    PY_MODULES,
    PY_TYPES,
    SHELLS_HOST,
    TLDS,
    VERBS,
)

_SLOT = re.compile(r"\{([a-z_]+)(\d*)\}")


_CHOICE = re.compile(r"⟨([^⟨⟩]*)⟩")


def _camel(*words: str) -> str:
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _pascal(*words: str) -> str:
    return "".join(word.capitalize() for word in words)


class Slots:
    """Fills `{name}` slots of templates; the same name keeps its value, `{name2}` is another one.

    `⟨a|b|c⟩` is one of its alternatives, chosen afresh each time. Names that are no slots stay as they are, so that
    templates may hold braces of their own.
    """

    def __init__(self, rng: random.Random) -> None:
        """`rng` is the only source of chance."""
        self.rng = rng
        self.values: dict[str, str] = {}

    def fill(self, template: str) -> str:
        """The template with every slot and alternative replaced."""
        while "⟨" in template:
            template = _CHOICE.sub(lambda found: self.rng.choice(found.group(1).split("|")), template)
        return _SLOT.sub(self._slot, template)

    def set(self, name: str, value: str) -> None:
        """Fix the value of a slot."""
        self.values[name] = value

    def get(self, name: str) -> str:
        """The value of slot `name`, made when it is new."""
        return self.fill("{" + name + "}")

    def _slot(self, found: re.Match[str]) -> str:
        key = found.group(1) + found.group(2)
        if key not in self.values:
            make = MAKERS.get(found.group(1))
            if make is None:
                return found.group(0)
            self.values[key] = make(self.rng)
        return self.values[key]


def word(rng: random.Random) -> str:
    """A lower-case noun, now and then with an adjective before it."""
    return rng.choice(NOUNS) if rng.random() < 0.8 else rng.choice(ADJECTIVES)


def identifier(rng: random.Random) -> str:
    """A variable or function name in one of the usual cases."""
    words = [rng.choice(VERBS)] if rng.random() < 0.5 else []
    words += [word(rng) for _ in range(rng.choice((1, 1, 2)))]
    return rng.choice(("_".join(words), "_".join(words), _camel(*words), "".join(words)[:12]))


def invented_name(rng: random.Random) -> str:
    """A product name that does not exist: pronounceable, or two words."""
    style = rng.random()
    if style < 0.45:
        syllables = [
            rng.choice("bcdfgklmnprstvz") + rng.choice("aeiou") + rng.choice(("", "", "n", "r", "x", "l", "s"))
            for _ in range(rng.choice((2, 2, 3)))
        ]
        return "".join(syllables).capitalize()
    if style < 0.7:
        return rng.choice(ADJECTIVES).capitalize() + rng.choice(NOUNS).capitalize()
    if style < 0.9:
        return rng.choice(ADJECTIVES + NOUNS).capitalize() + " " + rng.choice(NOUNS).capitalize()
    return rng.choice(NOUNS).capitalize() + rng.choice(
        ("ly", "ify", "Hub", "Desk", "Pro", "Sync", "Box", "Studio", "Kit", "Flow", "Lab")
    )


def hexadecimal(rng: random.Random, length: int) -> str:
    """Lower-case hexadecimal digits."""
    return "".join(rng.choice("0123456789abcdef") for _ in range(length))


def file_name(rng: random.Random) -> str:
    """A file name with an extension, in the cases people use."""
    parts = [word(rng) for _ in range(rng.choice((1, 1, 2)))]
    stem = rng.choice(("_", "-", "")).join(parts)
    if rng.random() < 0.15:
        stem = " ".join(part.capitalize() for part in parts)
    if rng.random() < 0.15:
        stem += rng.choice(("_v2", "-final", "(1)", "_2024", "-old", str(rng.randint(1, 99))))
    return f"{stem}.{rng.choice(EXTENSIONS)}"


def unix_path(rng: random.Random) -> str:
    """An absolute or relative Unix path to a file."""
    user = rng.choice(FIRST_NAMES)
    roots = (
        f"/home/{user}",
        f"/home/{user}/projects",
        "/var/lib",
        "/etc",
        "/opt",
        "/usr/local/share",
        "/srv/www",
        "/tmp",
        "/mnt/data",
        "/var/log",
        f"/Users/{user}/Documents",
        ".",
        "src",
        "app",
    )
    middle = [word(rng) for _ in range(rng.choice((0, 1, 1, 2)))]
    return "/".join([rng.choice(roots), *middle, file_name(rng).replace(" ", "_")])


def directory(rng: random.Random) -> str:
    """An absolute Unix folder."""
    return unix_path(rng).rsplit("/", 1)[0].lstrip(".") or "/data"


def windows_path(rng: random.Random) -> str:
    """An absolute Windows path to a file."""
    user = rng.choice(FIRST_NAMES).capitalize()
    roots = (
        rf"C:\Users\{user}\Documents",
        rf"C:\Users\{user}\Desktop",
        r"C:\Program Files",
        r"C:\ProgramData",
        r"D:\data",
        r"C:\Windows\System32",
        r"\\server\share",
        rf"C:\Users\{user}\AppData\Local\Temp",
        r"E:\backup",
    )
    middle = [word(rng).capitalize() for _ in range(rng.choice((0, 1, 1)))]
    return "\\".join([rng.choice(roots), *middle, file_name(rng)])


def hostname(rng: random.Random) -> str:
    """A DNS name."""
    style = rng.random()
    name = word(rng) + (rng.choice(("", "-", "")) + word(rng) if rng.random() < 0.4 else "")
    if style < 0.2:
        return f"{rng.choice(SHELLS_HOST)}{rng.choice(('', '-'))}{rng.randint(1, 20)}.{name}.{rng.choice(TLDS)}"
    prefix = rng.choice(("", "", "", "www.", "api.", "git.", "app.", "mail.", "registry.", "cdn.", "db."))
    return f"{prefix}{name}.{rng.choice(TLDS)}"


def ip_address(rng: random.Random) -> str:
    """An IPv4 address, mostly private."""
    head = rng.choice(("10.{}.{}", "192.168.{}", "172.17.{}", "127.0.0", "203.0.113", "{}.{}.{}"))
    while "{}" in head:
        head = head.replace("{}", str(rng.randint(0, 255)), 1)
    parts = head.split(".")
    while len(parts) < 4:
        parts.append(str(rng.randint(1, 254)))
    return ".".join(parts)


def version(rng: random.Random) -> str:
    """A version number of two or three parts, rarely with a suffix."""
    text = ".".join(str(rng.randint(0, rng.choice((3, 9, 24)))) for _ in range(rng.choice((2, 3, 3, 3))))
    return text + (
        rng.choice(("-beta", "rc1", "-alpine", "+build.5", "-1ubuntu2", ".dev0")) if rng.random() < 0.08 else ""
    )


def clock(rng: random.Random) -> str:
    """HH:MM:SS."""
    return f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:{rng.randint(0, 59):02}"


def uuid(rng: random.Random) -> str:
    """A UUID."""
    return "-".join(hexadecimal(rng, length) for length in (8, 4, 4, 4, 12))


def url_path(rng: random.Random) -> str:
    """A URL path of one to three parts."""
    return "/" + "/".join(
        rng.choice((word(rng), word(rng), "api", "v1", "v2", str(rng.randint(1, 9999))))
        for _ in range(rng.choice((1, 2, 2, 3)))
    )


def url(rng: random.Random) -> str:
    """An http(s) URL."""
    host = hostname(rng) if rng.random() < 0.8 else f"localhost:{rng.choice((3000, 5000, 8000, 8080))}"
    return f"http{rng.choice(('s', 's', ''))}://{host}{url_path(rng) if rng.random() < 0.8 else '/'}"


def title_words(rng: random.Random) -> str:
    """A headline of two to five words, unrelated to errors."""
    return " ".join(
        rng.choice((rng.choice(ADJECTIVES), rng.choice(NOUNS))).capitalize() for _ in range(rng.randint(2, 5))
    )


def _winhex(rng: random.Random) -> str:
    return (
        rng.choice(("0x8007", "0x8024", "0x8000", "0xC000", "0xc000", "0x8004", "0x800F")) + hexadecimal(rng, 4).upper()
    )


def _java_class(rng: random.Random) -> str:
    return f"{rng.choice(('com', 'org', 'io', 'net'))}.{word(rng)}.{word(rng)}.{_pascal(word(rng), word(rng))}"


def _size(rng: random.Random) -> str:
    return f"{rng.randint(1, 999)}{rng.choice(('.' + str(rng.randint(0, 9)), ''))} {rng.choice(('KB', 'MB', 'GB', 'MiB', 'GiB', 'bytes'))}"


def _date(rng: random.Random) -> str:
    return f"{rng.randint(2019, 2027)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"


def _person(rng: random.Random) -> str:
    return f"{rng.choice(FIRST_NAMES).capitalize()} {rng.choice(LAST_NAMES)}"


def _email(rng: random.Random) -> str:
    return f"{rng.choice(FIRST_NAMES)}{rng.choice(('', '.', '_'))}{rng.choice(LAST_NAMES).lower()}@{hostname(rng).removeprefix('www.')}"


Maker = Callable[[random.Random], str]


MAKERS: dict[str, Maker] = {
    "word": word,
    "noun": lambda r: r.choice(NOUNS),
    "nouns": lambda r: r.choice(NOUNS) + "s",
    "cap": lambda r: r.choice(NOUNS).capitalize(),
    "adj": lambda r: r.choice(ADJECTIVES),
    "verb": lambda r: r.choice(VERBS),
    "ident": identifier,
    "fn": lambda r: rng_join(r, "_", r.choice(VERBS), word(r)),
    "camel": lambda r: _camel(r.choice(VERBS), word(r)),
    "cls": lambda r: _pascal(word(r), word(r)),
    "const": lambda r: f"{word(r)}_{word(r)}".upper(),
    "letter": lambda r: r.choice(string.ascii_lowercase),
    "name": invented_name,
    "user": lambda r: r.choice(FIRST_NAMES),
    "person": _person,
    "email": _email,
    "shost": lambda r: r.choice(SHELLS_HOST) + r.choice(("", "", str(r.randint(1, 20)), f"-{r.randint(1, 20):02}")),
    "file": file_name,
    "stem": lambda r: rng_join(r, r.choice(("_", "-")), *(word(r) for _ in range(r.choice((1, 1, 2))))),
    "path": unix_path,
    "dir": directory,
    "winpath": windows_path,
    "host": hostname,
    "ip": ip_address,
    "port": lambda r: str(
        r.choice((80, 443, 22, 3000, 5432, 3306, 6379, 8000, 8080, 8443, 9000, 27017, 5000, r.randint(1024, 65000)))
    ),
    "version": version,
    "major": lambda r: str(r.randint(1, 24)),
    "url": url,
    "urlpath": url_path,
    "repo": lambda r: f"{rng_join(r, '-', word(r), word(r)) if r.random() < 0.5 else word(r)}",
    "branch": lambda r: r.choice(
        (
            "main",
            "master",
            "develop",
            f"feature/{word(r)}-{word(r)}",
            f"fix/{word(r)}",
            f"release/{r.randint(1, 9)}.{r.randint(0, 9)}",
            word(r),
            f"hotfix-{r.randint(1, 999)}",
        )
    ),
    "remote": lambda r: r.choice(("origin", "origin", "origin", "upstream", word(r))),
    "sha": lambda r: hexadecimal(r, 7),
    "longsha": lambda r: hexadecimal(r, 40),
    "hex": lambda r: hexadecimal(r, 8),
    "addr": lambda r: "0x" + hexadecimal(r, r.choice((8, 12, 16))),
    "winhex": _winhex,
    "uuid": uuid,
    "int": lambda r: str(r.randint(2, 9)),
    "num": lambda r: str(r.randint(1, r.choice((20, 200, 5000)))),
    "big": lambda r: str(r.randint(10_000, 99_999_999)),
    "line": lambda r: str(r.randint(1, r.choice((40, 400, 1500)))),
    "col": lambda r: str(r.randint(1, 60)),
    "pid": lambda r: str(r.randint(300, 99_999)),
    "pct": lambda r: str(r.randint(1, 99)),
    "secs": lambda r: f"{r.randint(0, 60)}.{r.randint(0, 99):02}",
    "ms": lambda r: str(r.choice((1000, 3000, 5000, 10000, 30000, r.randint(10, 60000)))),
    "size": _size,
    "date": _date,
    "time": clock,
    "stamp": lambda r: f"{_date(r)}{r.choice(('T', ' '))}{clock(r)}",
    "syslog": lambda r: f"{r.choice(MONTHS)} {r.randint(1, 28):02} {clock(r)}",
    "day": lambda r: f"{r.choice(DAYS)} {r.choice(MONTHS)} {r.randint(1, 28)}",
    "month": lambda r: r.choice(MONTHS),
    "pymod": lambda r: r.choice(PY_MODULES) if r.random() < 0.7 else identifier(r),
    "npmmod": lambda r: r.choice(NPM_MODULES) if r.random() < 0.7 else f"@{word(r)}/{word(r)}",
    "attr": lambda r: r.choice(PY_ATTRS) if r.random() < 0.6 else identifier(r),
    "pytype": lambda r: r.choice(PY_TYPES),
    "jclass": _java_class,
    "jpkg": lambda r: f"{r.choice(('com', 'org', 'io'))}.{word(r)}.{word(r)}",
    "pkg": lambda r: rng_join(r, "-", *([word(r)] if r.random() < 0.5 else [word(r), word(r)])),
    "gopkg": lambda r: f"{r.choice(('github.com', 'gitlab.com', 'golang.org/x'))}/{word(r)}/{word(r)}",
    "image": lambda r: (
        f"{r.choice(('', '', word(r) + '/', 'registry.' + word(r) + '.io/'))}{word(r)}:{r.choice(('latest', version(r), 'stable'))}"
    ),
    "pod": lambda r: f"{word(r)}-{word(r)}-{hexadecimal(r, 9)}-{hexadecimal(r, 5)}",
    "title": title_words,
    "db": lambda r: rng_join(r, "_", *([word(r)] if r.random() < 0.6 else [word(r), word(r)])),
    "table": lambda r: rng_join(r, "_", *([word(r) + "s"] if r.random() < 0.6 else [word(r), word(r) + "s"])),
    "column": lambda r: rng_join(r, "_", word(r), r.choice(("id", "name", "at", "count", "type"))),
    "drive": lambda r: r.choice("CDEFG"),
    "money": lambda r: f"{r.choice('$€£')}{r.randint(1, 9999)}.{r.randint(0, 99):02}",
    "unit": lambda r: f"{word(r)}{r.choice(('.service', '.service', '.timer', '.socket', '.mount'))}",
    "distro": lambda r: r.choice(("bookworm", "jammy", "noble", "focal", "trixie", "bullseye")),
}


def rng_join(rng: random.Random, joint: str, *words: str) -> str:
    """The words joined; `rng` is unused and only keeps the makers alike."""
    del rng
    return joint.join(words)
