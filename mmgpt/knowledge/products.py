"""Which names of programs go together: aliases, engines behind several names, and standards that anybody's message may be of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import cache

from mmgpt.extractor.aliases import app_key, canonical

STANDARDS = frozenset(("HTTP", "DNS", "TLS", "SMTP", "Linux", "Windows", "macOS"))
"""Products that are no program: their messages are shown by others."""

_FAMILIES = (
    "Chromium, Google Chrome, Microsoft Edge, Brave, Opera, Vivaldi",
    "Firefox, LibreWolf, Tor Browser, Waterfox",
    "MySQL, MariaDB",
    "Docker, Docker Compose, Docker Desktop, Podman",
    "Kubernetes, kubectl, Helm, minikube",
    "Python, pip, IPython, Jupyter, Django, Flask, Werkzeug, NumPy, pandas, PyTorch, pytest",
    "Node.js, JavaScript, npm, Yarn, pnpm, React, webpack, Vite, Express, Next.js",
    "Java, Java compiler, javac, JVM, Maven, Gradle, Spring Boot, Tomcat",
    ".NET, C#, NuGet, MSBuild",
    "GCC, Clang, GNU ld, C/C++, LLD, make",
    "rustc, Rust, Cargo",
    "APT, dpkg",
    "Bash, Zsh, sh, dash, fish",
    "IIS, ASP.NET",
    "PHP, Composer, PHP-FPM",
    "Ruby, Bundler, RubyGems, Rails",
    "Microsoft Excel, Microsoft Office, Excel",
    "Microsoft Word, Microsoft Office, Word",
    "Microsoft Outlook, Microsoft Office, Outlook",
)


_HEADS = frozenset(app_key(row.split(", ")[0]) for row in _FAMILIES)
_START = re.compile(r"([\w.+-]+)(?:\[\d+\])?: ")


class Kinship(Enum):
    """How two products stand to each other."""

    SAME = "same"
    RELATED = "related"
    ANYBODY = "anybody"
    OTHER = "other"


@cache
def _families(name: str) -> frozenset[int]:
    key = app_key(name)
    return frozenset(i for i, row in enumerate(_FAMILIES) if key in {app_key(member) for member in row.split(", ")})


@cache
def is_head(name: str) -> bool:
    """Whether a product stands first in a family: its entries hold for the others (Python's for Django), theirs for them alone."""
    return app_key(name) in _HEADS


@cache
def _standard(name: str) -> bool:
    return app_key(name) in {app_key(standard) for standard in STANDARDS}


@cache
def kinship(one: str, other: str) -> Kinship:
    """Same program (aliases included), of one family, nobody's own (a standard, or no name), or another program."""
    if not one or not other:
        return Kinship.ANYBODY
    if app_key(one) == app_key(other):
        return Kinship.SAME
    if _families(one) & _families(other):
        return Kinship.RELATED
    return Kinship.ANYBODY if _standard(one) or _standard(other) else Kinship.OTHER


def named_in(lines: Sequence[str], products: Iterable[str]) -> frozenset[str]:
    """The products whose name stands in a line as it is written, or whose program a line begins with (`curl: (35) …`)."""
    found = set()
    starts = {canonical(start.group(1)) for line in lines if (start := _START.match(line)) is not None}
    text = "\n".join(lines)
    for product in products:
        if product in starts or (product in text and re.search(rf"(?<![\w.-]){re.escape(product)}(?![\w-])", text)):
            found.add(product)
    return frozenset(found)
