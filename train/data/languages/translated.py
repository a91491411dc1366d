"""Messages in a language from the gettext catalogues of installed programs: what they print to users of that language."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

LOCALES = Path("/usr/share/locale")
_DIRECTIVE = re.compile(
    r"%(?:\d+\$)?[-+ #0']*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|L|q|j|z|t)?[a-zA-Z]|%\d+|%\(\w+\)[sd]"
)
_MARKUP = re.compile(r"<[a-z/][^>]*>")
_MNEMONIC = re.compile(r"\((?:_|&)\w\)|_(?=\w)|&(?=\w)")


def read_translations(path: Path) -> Iterator[tuple[str, str]]:
    """Pairs (original, translation) of a .mo file, contexts removed, the first of plural forms.

    The layout is the GNU gettext manual's: magic, revision, count, and two tables of (length, offset). Raises ValueError
    when the file is no such catalogue or is cut off.
    """
    data = path.read_bytes()
    order = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}.get(data[:4])
    if order is None or len(data) < 20:
        raise ValueError(f"{path} is no gettext catalogue")
    count, originals, translations = struct.unpack_from(f"{order}3I", data, 8)
    if max(originals, translations) + 8 * count > len(data):
        raise ValueError(f"{path} is cut off")

    def text(table: int, number: int) -> str:
        length, start = struct.unpack_from(f"{order}2I", data, table + 8 * number)
        return data[start : start + length].decode("utf-8", "replace").split("\x00")[0]

    for number in range(count):
        original = text(originals, number).rsplit("\x04", 1)[-1]
        translation = text(translations, number)
        if original and translation and "\ufffd" not in translation:
            yield original, translation


def translated(app: str, locale: str, folder: Path = LOCALES) -> dict[str, str]:
    """What a program says in a locale, by what it says in English: `translated("coreutils", "zh_CN")`.

    `app` is the name of its catalogue. Empty where the program or its translation is not installed; Debian's packages
    have them in themselves, unless the machine was told to leave them out.
    """
    path = folder / locale / "LC_MESSAGES" / f"{app}.mo"
    return dict(read_translations(path)) if path.is_file() else {}


def apps(locale: str, folder: Path = LOCALES) -> tuple[str, ...]:
    """Names of all catalogues of a locale, sorted."""
    return tuple(sorted(path.stem for path in (folder / locale / "LC_MESSAGES").glob("*.mo")))


@lru_cache(maxsize=4)
def lines(locale: str, folder: Path = LOCALES, most: int = 400) -> tuple[str, ...]:
    """Single lines as they stand on screens, at most `most` a program: without directives, markup and mnemonics."""
    made: dict[str, None] = {}
    for app in apps(locale, folder):
        taken = 0
        try:
            pairs = list(read_translations(folder / locale / "LC_MESSAGES" / f"{app}.mo"))
        except (OSError, ValueError):
            continue
        for original, translation in pairs:
            if original == translation or taken >= most:
                continue
            for row in translation.splitlines():
                row = _MNEMONIC.sub("", _MARKUP.sub("", row)).strip()
                row = " ".join(_DIRECTIVE.sub("{word}", row).split())
                if 2 <= len(row) <= 60 and row not in made:
                    made[row] = None
                    taken += 1
    return tuple(made)
