"""Debian packages of catalogues: which there are, whose words they hold, and getting them into the cache without installing them."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from train.data.render.npm_fonts import cache_root

logger = logging.getLogger(__name__)

# Translations are compiled without what nobody has translated: a few languages together hold nearly all originals.
LANGUAGES = ("de", "fr", "es", "sv", "uk", "pl", "pt_BR", "ja")
_WANTED = (
    *(f"*/{lang}/LC_MESSAGES/*.mo" for lang in LANGUAGES),
    *(f"*/{lang}.mo" for lang in LANGUAGES),
    *("*/languages/*-de_DE.mo", "*/languages/*-es_ES.mo", "*/languages/de_DE.mo", "*/languages/es_ES.mo"),
    *(f"*{joint}{lang}.qm" for lang in LANGUAGES for joint in "_-/"),
    "*_de_DE.qm",
    "*/omni.ja",
    "*/locales/en-US.pak",
)
_BATCH = 25
_TIMEOUT_SECONDS = 600
_LIST = Path(__file__).with_name("packages.txt")
_COMMANDS = frozenset(
    "grep sed tar gawk make findutils psmisc flex m4 indent cpio patch lftp wdiff hello recutils w3m git bash dpkg dpkg-dev apt "
    "libapt-pkg6.0 wget vim systemd sudo sudoers shadow coreutils gettext-tools gettext-runtime gnupg2 gnutls30 xz man-db "
    "mit-krb5 adduser Linux-PAM net-tools procps-ng libc ld gold gas gprof opcodes bfd dselect apt-listchanges elfutils postgres-15 "
    "psql-15 pg_dump-15 pg_ctl-15 initdb-15 pg_basebackup-15 pg_upgrade-15 libpq5-15 pgscripts-15 plpgsql-15 diffutils".split()
)
_ENDINGS = re.compile(r"-(?:common|data|l10n|i18n|locales|translations|base|core|bin|gnome|gtk|client|manager)$")


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose words a catalogue holds. `name` "": a library's that many programs show; `terse`: of the command line."""

    name: str
    terse: bool = False


def folder() -> Path:
    """Where unpacked packages lie, one folder each."""
    return cache_root() / "harvest" / "debs"


@cache
def _table() -> dict[str, tuple[str, bool]]:
    table: dict[str, tuple[str, bool]] = {}
    for number, line in enumerate(_LIST.read_text(encoding="utf-8").splitlines(), start=1):
        line = line.partition("#")[0].strip()
        if not line:
            continue
        left, _, name = line.lstrip("> ").partition(" = ")
        if not left.strip():
            raise ValueError(f"{_LIST.name}, line {number}: a name without a package")
        for key in left.split():
            table[key] = (name.strip(), line.startswith(">"))
    return table


def packages() -> tuple[str, ...]:
    """The packages of the list, in order of their names."""
    return tuple(sorted(key for key in _table() if not key.startswith("@")))


@cache
def _packages_of() -> dict[str, str]:
    """Catalogue -> the unpacked package that has it, so that a copy on the system has the same owner."""
    found: dict[str, str] = {}
    for path in sorted(folder().glob("*/**/LC_MESSAGES/*.mo")):
        found.setdefault(path.stem, path.relative_to(folder()).parts[0])
    return found


def owner(package: str, domain: str) -> Owner | None:
    """Whose words catalogue `domain` of `package` ("" for one of the system) holds; None when it is left out.

    A name for the catalogue goes before the package's; what neither names is called like the package or the catalogue.
    """
    table = _table()
    package = package or _packages_of().get(domain, "")
    key = package if package in table else domain
    name, terse = table.get(key, ("", False))
    if "@" + domain in table:
        key, name = domain, table["@" + domain][0]
        terse = terse or domain in _COMMANDS
    if name == "!":
        return None
    return Owner("" if name == "-" else _titled(key) if name in ("", "@") else name, terse)


def _titled(key: str) -> str:
    plain = re.sub(r"-?\d[\d.]*$", "", key) or key
    while (shorter := _ENDINGS.sub("", plain)) != plain:
        plain = shorter
    if plain in _COMMANDS:
        return plain
    words = re.split(r"[-_]", plain.removeprefix("gnome-"))
    if len(words) == 1 and re.match(r"k[bcdfgjkmnprstvwz]", plain):  # KDE's way: KTurtle, KBruch
        return "K" + plain[1:].capitalize()
    return " ".join(word[:1].upper() + word[1:] for word in words)


def missing() -> str:
    """What hinders fetching and unpacking; "" when nothing does."""
    absent = [name for name in ("apt-get", "dpkg-deb", "tar") if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} not found: unpacking catalogues needs Debian or a relative of it"
    return ""


def fetch(wanted: Sequence[str] | None = None) -> tuple[list[Path], list[str]]:
    """Fetch and unpack packages (default: all of the list) that are not in the cache yet.

    Returns the folders that are there now, and the packages that could not be had. Only catalogues are kept of a package.
    """
    names = packages() if wanted is None else wanted
    absent = [name for name in names if not (folder() / name / ".done").is_file()]
    known = set(_known(absent))
    for name in sorted(set(absent) - known):
        logger.info("no Debian package %s here, passed over", name)
    todo = [name for name in absent if name in known]
    for start in range(0, len(todo), _BATCH):
        logger.info("fetching packages of catalogues, %d of %d", start, len(todo))
        _fetch(todo[start : start + _BATCH])
    there = [folder() / name for name in names if (folder() / name / ".done").is_file()]
    return there, sorted(set(names) - {path.name for path in there})


def _known(names: Iterable[str]) -> list[str]:
    names = list(names)
    if not names or missing():
        return []
    done = subprocess.run(
        ["apt-cache", "policy", *names], capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False
    )
    return re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: [^(\n]", done.stdout, re.M)


def _fetch(names: Sequence[str]) -> None:
    scratch = folder() / ".scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    done = subprocess.run(
        ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "-o", "DPkg::Lock::Timeout=900", "download", *names],
        cwd=scratch, capture_output=True, text=True, timeout=_TIMEOUT_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode:
        logger.warning("apt-get download: %s", done.stderr.strip()[-300:])
    for deb in sorted(scratch.glob("*.deb")):
        unpack(deb, folder() / deb.name.split("_")[0])
    shutil.rmtree(scratch)


def unpack(deb: Path, target: Path) -> None:
    """Put a package's catalogues into `target`. Raises CalledProcessError when the package cannot be read."""
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as packed:
        # tar's own exit code tells only that some pattern found nothing.
        subprocess.run(
            ["tar", "-x", "-C", str(part), "--wildcards", "--no-same-owner", *_WANTED],
            stdin=packed.stdout, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    if packed.returncode:
        raise subprocess.CalledProcessError(packed.returncode, packed.args)
    for link in [path for path in part.rglob("*") if path.is_symlink()]:
        link.unlink()
    (part / ".done").touch()
    shutil.rmtree(target, ignore_errors=True)
    part.replace(target)
