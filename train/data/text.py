"""Text for line pictures: real lines of installed software, and generated paths, hosts, hex, versions, logs and noise.

Nothing is shipped: the lines come from what the machine has (the Python standard library, manual pages, documentation,
message catalogues), so that the recogniser sees the words that programs print. What is drawn is text to be looked at, not
guessed: a good share has no language in it at all.
"""

from __future__ import annotations

import functools
import gettext
import gzip
import hashlib
import logging
import random
import re
import string
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from train.data.render.fonts import cache_folder
from vision.reader import charset

log = logging.getLogger(__name__)

_CORPUS_LINES = 240_000
_RARE = (
    charset.LATIN1 + charset.LATIN_EXTRA + charset.TYPOGRAPHY * 3 + charset.ARROWS + charset.MARKS * 2 + charset.BOXES
)
_PUNCT = string.punctuation
_ALIKE = "Il1|i!jtfrO0oQDCcGSs5Z2z8B6b9gqvywVYWXKkxmnrhu.,:;'`\"-_~^"  # what small faces draw nearly alike


def _clean(line: str) -> str:
    line = charset.canonical(re.sub(r"\s+", " ", line)).strip()
    return "".join(c for c in line if c in charset.INDEX)


def _files(folder: Path, pattern: str, limit: int) -> list[Path]:
    found = sorted(folder.rglob(pattern), key=lambda p: hashlib.sha1(str(p).encode()).hexdigest())
    return [p for p in found[: 4 * limit] if p.is_file()][:limit]


def _roff(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line[:1] not in {".", "'"}:
            yield re.sub(r"\\(f[BIRP]|f\[[A-Z]*\]|&|/|,)", "", line).replace("\\-", "-").replace("\\e", "\\")


def _sources() -> Iterator[str]:
    for path in _files(Path(sysconfig.get_paths()["stdlib"]), "*.py", 700):
        yield from path.read_text("utf-8", "replace").splitlines()
    for path in _files(Path("/usr/share/man/man1"), "*.gz", 500) + _files(Path("/usr/share/man/man8"), "*.gz", 200):
        with gzip.open(path, "rt", encoding="utf-8", errors="replace") as page:
            yield from _roff(page.read())
    for path in _files(Path("/usr/share/doc"), "*", 500):
        if path.suffix in {"", ".txt", ".md", ".rst", ".html"}:
            yield from path.read_text("utf-8", "replace").splitlines()[:400]
    for path in _files(Path("/usr/share/locale"), "*.mo", 400):
        try:
            with path.open("rb") as handle:
                catalogue = gettext.GNUTranslations(handle)._catalog  # type: ignore[attr-defined]
        except (OSError, UnicodeDecodeError, ValueError):
            continue
        for key, value in catalogue.items():
            yield from (s.replace("_", "", 1) for s in (key, value) if isinstance(s, str) and s)


_GIVEN: list[tuple[str, ...]] = []


def use_corpus(lines: tuple[str, ...]) -> None:
    """Takes these lines instead of gathering them: for machines to which the text was carried."""
    _GIVEN[:] = [lines]
    corpus.cache_clear()
    words.cache_clear()


@functools.lru_cache(maxsize=1)
def corpus() -> tuple[str, ...]:
    """Lines of installed software, gathered once and cached on disk; at least a few thousand on any machine."""
    if _GIVEN:
        return _GIVEN[0]
    cached = cache_folder() / "lines-v2.txt"
    if not cached.exists():
        lines = []
        seen = set()
        for raw in _sources():
            line = _clean(raw)
            if 2 <= len(line) <= 400 and line not in seen:
                seen.add(line)
                lines.append(line)
        random.Random(7).shuffle(lines)
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_text("\n".join(lines[:_CORPUS_LINES]), "utf-8")
        log.info("gathered %d lines of installed software", len(lines))
    lines_read = cached.read_text("utf-8").split("\n")
    if len(lines_read) < 1000:
        raise RuntimeError(
            f"only {len(lines_read)} lines of text found; delete {cached} and install python3-doc, man pages"
        )
    return tuple(lines_read)


@functools.lru_cache(maxsize=1)
def words() -> tuple[str, ...]:
    """Distinct words of the corpus, by first appearance."""
    seen: dict[str, None] = {}
    for line in corpus()[:60_000]:
        for word in line.split(" "):
            if 1 <= len(word) <= 18:
                seen.setdefault(word)
    return tuple(seen)


def _word(rng: random.Random) -> str:
    table = words()
    return table[int(rng.random() * len(table))]


def _letters(rng: random.Random, low: int, high: int, alphabet: str = string.ascii_lowercase) -> str:
    return "".join(rng.choices(alphabet, k=rng.randint(low, high)))


def hexadecimal(rng: random.Random) -> str:
    digits = "0123456789abcdef" if rng.random() < 0.6 else "0123456789ABCDEF"
    return rng.choice(("0x", "", "#")) + "".join(rng.choices(digits, k=rng.choice((2, 4, 6, 8, 8, 12, 16, 40))))


def uuid(rng: random.Random) -> str:
    return "-".join("".join(rng.choices("0123456789abcdef", k=k)) for k in (8, 4, 4, 4, 12))


def number(rng: random.Random) -> str:
    kind = rng.randrange(6)
    if kind == 0:
        return str(rng.randrange(10 ** rng.randint(1, 9)))
    if kind == 1:
        return f"{rng.randrange(10**6):,}"
    if kind == 2:
        return f"{rng.random() * 10 ** rng.randint(0, 5):.{rng.randint(1, 4)}f}"
    if kind == 3:
        return f"{rng.randint(0, 100)}%"
    if kind == 4:
        return (
            f"{rng.random() * 1000:.1f} {rng.choice(('KB', 'MB', 'GB', 'MiB', 'kB', 's', 'ms', '°C', 'Hz', '€', '£'))}"
        )
    return f"{rng.choice('$€£+-±~')}{rng.randrange(10**5)}"


def version(rng: random.Random) -> str:
    tail = rng.choice(("", "", "", "-rc1", "-beta.2", "+dfsg-1", "~deb12u1", "-SNAPSHOT", ".Final", "a1", "-1ubuntu3"))
    return (
        rng.choice(("", "v", "==", ">=", "^", "@"))
        + ".".join(str(rng.randint(0, 40)) for _ in range(rng.randint(2, 4)))
        + tail
    )


def when(rng: random.Random) -> str:
    h, m, s = rng.randrange(24), rng.randrange(60), rng.randrange(60)
    y, mo, d = rng.randint(1999, 2027), rng.randint(1, 12), rng.randint(1, 28)
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[mo - 1]
    return rng.choice(
        (
            f"{y}-{mo:02}-{d:02} {h:02}:{m:02}:{s:02}", f"{y}-{mo:02}-{d:02}T{h:02}:{m:02}:{s:02}.{rng.randrange(1000):03}Z",
            f"[{h:02}:{m:02}:{s:02}]", f"{month} {d:>2} {h:02}:{m:02}:{s:02}", f"{d:02}/{mo:02}/{y}",
            f"{h % 12 or 12}:{m:02} {'AP'[h >= 12]}M", f"{d}.{mo}.{y}", f"{h:02}:{m:02}",
        )
    )  # fmt: skip


def path(rng: random.Random) -> str:
    def part() -> str:
        if rng.random() < 0.6:
            return re.sub(r"[^\w.-]", "", _word(rng)) or "src"
        return _letters(rng, 1, 9, string.ascii_lowercase + "_-0123456789")

    parts = [part() for _ in range(rng.randint(1, 6))]
    if rng.random() < 0.6:
        parts[-1] += "." + rng.choice(
            "py js ts c h cpp rs go java rb sh txt log json yml yaml toml md so dll exe png html css xml conf cfg".split()
        )
    if rng.random() < 0.25:
        return rng.choice("CDE") + ":\\" + "\\".join(parts)
    head = rng.choice(
        ("/", "/", "./", "../", "~/", "/usr/lib/", "/home/", "/var/log/", "/etc/", "src/", "node_modules/", "")
    )
    tail = rng.choice(
        ("", "", "", f":{rng.randint(1, 2000)}", f":{rng.randint(1, 900)}:{rng.randint(1, 80)}", ":", "/")
    )
    return head + "/".join(parts) + tail


def url(rng: random.Random) -> str:
    host = rng.choice(
        (f"{_letters(rng, 3, 10)}.{rng.choice(('com', 'org', 'net', 'io', 'local', 'dev', 'internal', 'co.uk', 'de'))}", "localhost",
         ".".join(str(rng.randrange(256)) for _ in range(4)), f"[{_letters(rng, 1, 4, '0123456789abcdef')}::{rng.randrange(99)}]")
    )  # fmt: skip
    port = rng.choice(("", "", f":{rng.randint(80, 65535)}"))
    query = rng.choice(
        (
            "",
            "",
            f"?{_letters(rng, 1, 5)}={_letters(rng, 1, 8)}&{_letters(rng, 1, 4)}={rng.randrange(9999)}",
            f"#{_letters(rng, 3, 8)}",
        )
    )
    tail = "/".join(_letters(rng, 1, 8, string.ascii_lowercase + "-_") for _ in range(rng.randint(0, 4)))
    return f"{rng.choice(('https://', 'http://', '', 'ssh://git@', 'jdbc:postgresql://'))}{host}{port}/{tail}{query}"


def code_name(rng: random.Random) -> str:
    """An identifier or an error code."""
    kind = rng.randrange(7)
    if kind == 0:
        return "ERR_" + "_".join(_letters(rng, 3, 9, string.ascii_uppercase) for _ in range(rng.randint(1, 3)))
    if kind == 1:
        return "E" + _letters(rng, 4, 10, string.ascii_uppercase)
    if kind == 2:
        return f"{rng.choice(('TS', 'CS', 'ORA-', 'E', 'C', 'LNK', 'SQLSTATE[', 'KB', 'MSB', 'HTTP '))}{rng.randrange(10**5)}"
    if kind == 3:
        return "0x" + "".join(rng.choices("0123456789ABCDEF", k=8))
    parts = [re.sub(r"\W", "", _word(rng)).lower() or "x" for _ in range(rng.randint(1, 3))]
    if kind == 4:
        return "".join(p.capitalize() for p in parts) + rng.choice(("Error", "Exception", "", "Warning"))
    if kind == 5:
        return ".".join(parts) + rng.choice(("()", "", ".py", "[0]"))
    return "_".join(parts).upper() if rng.random() < 0.4 else "_".join(parts)


def noise(rng: random.Random) -> str:
    """Characters without language, so that shapes are learned and not words."""
    kind = rng.randrange(5)
    n = rng.randint(1, 24)
    if kind == 0:
        return "".join(rng.choices(charset.ASCII, k=n))
    if kind == 1:
        return "".join(rng.choices(string.ascii_letters + string.digits, k=n))
    if kind == 2:
        return "".join(rng.choices(_PUNCT + " ", k=rng.randint(1, 10)))
    if kind == 3:
        return " ".join(
            "".join(rng.choices("Il1|i!jtfrO0oQDCcGSs5Z2z8B6b9gqvywVYWXKkxmnrhu.,:;'`\"-_~^", k=rng.randint(1, 7)))
            for _ in range(rng.randint(1, 4))
        )
    return "".join(rng.choices(_RARE, k=rng.randint(1, 5))) if rng.random() < 0.5 else _sprinkle(rng, _fragment(rng))


def _sprinkle(rng: random.Random, text: str) -> str:
    out = list(text)
    for _ in range(rng.randint(1, 3)):
        out.insert(rng.randint(0, len(out)), rng.choice(_RARE))
    return "".join(out)


def _fragment(rng: random.Random) -> str:
    """A piece of a corpus line, cut at spaces."""
    table = corpus()
    line = table[int(rng.random() * len(table))]
    parts = line.split(" ")
    if len(parts) > 2 and rng.random() < 0.7:
        start = rng.randint(0, len(parts) - 2) if rng.random() < 0.5 else 0
        parts = parts[start : start + rng.randint(1, 14)]
    return " ".join(parts)[:110]


def rule(rng: random.Random) -> str:
    """Rows of one sign, trees and key hints, as terminals draw them."""
    kind = rng.randrange(4)
    if kind == 0:
        return rng.choice("^^^~~-=_.*#+|>─━═░") * rng.randint(2, 60)
    if kind == 1:
        return rng.choice(("├── ", "└── ", "│   ├── ", "│   └── ", "|-- ", "`-- ", "+- ", "| ")) + path(rng)[:30]
    if kind == 2:
        return " ".join(
            f"^{rng.choice(string.ascii_uppercase + chr(92) + '/_')} {_word(rng).capitalize()}"
            for _ in range(rng.randint(1, 5))
        )
    where = rng.choice(("~", "~", "~/" + _letters(rng, 2, 9), "/" + _letters(rng, 2, 9)))
    prompt = f"{_letters(rng, 2, 6)}@{_letters(rng, 3, 8)}:{where}{rng.choice('$#%')}"
    return f"{prompt} {_fragment(rng)[:40]}" if rng.random() < 0.6 else prompt


def label(rng: random.Random) -> str:
    """A short text as on buttons, menus and tabs."""
    text = " ".join(_word(rng) for _ in range(rng.randint(1, 3)))
    style = rng.random()
    if style < 0.5:
        text = text.capitalize()
    elif style < 0.65:
        text = text.title()
    elif style < 0.75:
        text = text.upper()
    return text + rng.choice(("", "", "", "...", "…", ":", " >", " (3)", "*"))


def log_line(rng: random.Random) -> str:
    level = rng.choice(
        ("INFO", "WARN", "ERROR", "DEBUG", "error", "warning", "fatal", "[notice]", "E", "CRITICAL", "FATAL", "info")
    )
    return f"{when(rng)} {rng.choice((level, f'[{level}]', f'{level}:'))} {_fragment(rng)}"[:120]


def mixed(rng: random.Random) -> str:
    """Words with generated pieces between them, as messages have."""
    makers = (path, url, hexadecimal, number, version, code_name, uuid, when)
    out = []
    for _ in range(rng.randint(1, 4)):
        out.append(rng.choice(makers)(rng) if rng.random() < 0.45 else _fragment(rng)[:40])
    joint = rng.choice((" ", " ", " ", ": ", ", ", " - ", " = ", " '", " ["))
    return joint.join(out)[:120]


_KINDS = (_fragment, mixed, path, url, log_line, label, noise, code_name, number, hexadecimal, version, rule)
_SHARES = (34, 20, 6, 3, 6, 12, 9, 5, 3, 1, 1, 5)


def sample_text(rng: random.Random) -> str:
    """One line of text of 1 to 120 characters of the reader's set, without surrounding spaces."""
    while True:
        text = rng.choices(_KINDS, _SHARES)[0](rng).strip()
        text = "".join(c for c in charset.canonical(text) if c in charset.INDEX).strip()
        if text:
            return text[:120].strip()
