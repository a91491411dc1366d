"""A language as a folder of plain files: characters, fonts, words, messages, questions."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from mmgpt.prompts import NO_ERROR, NOT_THERE, NOT_VISIBLE
from mmgpt.schema import CATEGORIES, KINDS
from train.data.conversation.families.diagnosis import NO, YES
from train.data.conversation.words import KIND_NAMES, REGIONS, article, category_phrase
from train.data.languages.questions import Questions, parse_questions
from train.data.world.families import Family, parse
from train.data.world.tables import BrowserPage, Entry
from vision.reader.charset import Charset

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent
DEFINITION = "language.toml"
_PHRASES = ("buttons", "menus", "titles", "labels", "sentences", "leads", "endings", "commands")
_REFUSALS = {"not_visible": NOT_VISIBLE, "no_error": NO_ERROR, "not_there": NOT_THERE}


class LanguageError(ValueError):
    """A language that is not there or whose files cannot be used; the message begins with the file."""


@dataclass(frozen=True)
class Fonts:
    """Debian packages that draw the language, and the families in them. `optional` packages bring more families.

    `held_out` families are only measured on.
    """

    packages: tuple[str, ...]
    optional: tuple[str, ...]
    families: tuple[str, ...]
    held_out: tuple[str, ...]


@dataclass(frozen=True)
class Language:
    """A language. `locale` is gettext's name for it, `words` its words for the key words of English answers.

    `phrases` are its words on screens by sort: buttons, menus, titles, labels, sentences, sessions of commands, and leads and
    endings of questions. `captions` are the patterns of captions with and without an error and a program's name, `reload`
    is what browsers write on the button that loads a page again.
    """

    code: str
    name: str
    locale: str
    charset: Charset
    fonts: Fonts
    words: Mapping[str, str]
    refusals: Mapping[str, str]
    captions: Mapping[str, str]
    reload: str
    phrases: Mapping[str, tuple[str, ...]]
    terminal: tuple[Family, ...]
    dialogs: tuple[Entry, ...]
    pages: tuple[BrowserPage, ...]
    questions: tuple[Questions, ...]

    @cached_property
    def own(self) -> frozenset[str]:
        """The characters that only this language has."""
        return frozenset(self.charset.more)

    @cached_property
    def messages(self) -> tuple[str, ...]:
        """All message lines of the catalogue, slots unfilled."""
        rows = [row[2:] for family in self.terminal for screen in family.screens for row in screen.split("\n")
                if row.startswith("» ")]  # fmt: skip
        return (*rows, *(entry.message for entry in self.dialogs), *(page.heading for page in self.pages))

    def speaks(self, text: str) -> bool:
        """Whether any character of the text is the language's own."""
        return any(char in self.own for char in text)


def names() -> tuple[str, ...]:
    """Codes of the languages that are there, sorted."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob(f"*/{DEFINITION}")))


@lru_cache(maxsize=8)
def get(code: str, folder: Path | None = None) -> Language:
    """The language of a code, from the package or from another folder of the same form. Raises LanguageError."""
    place = folder if folder is not None else FOLDER / code
    definition = place / DEFINITION
    if not definition.is_file():
        raise LanguageError(f"{definition} is missing: languages are {', '.join(names())}; docs/languages.md adds one")
    try:
        value = tomllib.loads(definition.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LanguageError(f"{definition}: not TOML: {error}") from error
    if value.get("code") != code:
        raise LanguageError(f"{definition}: code is {value.get('code')!r}, but {code!r} was asked for")
    try:
        return _read(value, place)
    except KeyError as error:
        raise LanguageError(f"{definition}: {error.args[0]} is missing") from error
    except (OSError, ValueError) as error:
        raise LanguageError(f"{place}: {error}") from error


def _read(value: Mapping[str, Any], place: Path) -> Language:
    fonts = value["fonts"]
    return Language(
        code=value["code"],
        name=value["name"],
        locale=value["locale"],
        charset=Charset(value["code"], read_characters(place / "characters.txt")),
        fonts=Fonts(*(tuple(fonts[key]) for key in ("packages", "optional", "families", "held_out"))),
        words=_words(value),
        refusals={sentence: value["refusals"][key] for key, sentence in _REFUSALS.items()},
        captions={key: value["captions"][key] for key in ("error", "error_without_app", "no_error", "no_error_app")},
        reload=value["words"]["reload"],
        phrases={key: tuple(value["phrases"][key]) for key in _PHRASES},
        terminal=tuple(parse((place / "terminal.txt").read_text("utf-8"))),
        dialogs=tuple(Entry(*row) for row in _cells(place / "dialogs.txt", 7)),
        pages=tuple(_page(row) for row in _cells(place / "browsers.txt", 8)),
        questions=parse_questions((place / "questions.txt").read_text("utf-8")),
    )


def read_characters(path: Path) -> str:
    """The characters of a file in their order; rows that begin with "# " are comments, ends of lines count for nothing."""
    rows = path.read_text("utf-8").splitlines()
    return "".join(row.strip() for row in rows if not row.startswith("# "))


def _words(value: Mapping[str, Any]) -> dict[str, str]:
    """English key words of answers (see `conversation`) to the language's. Raises KeyError where one is missing."""
    made = {YES: value["words"]["yes"], NO: value["words"]["no"]}
    made |= {key: value["words"][key] for key in ("dark", "light")}
    for kind in KINDS:
        made[article(KIND_NAMES[kind])] = value["kinds"][kind]
    for category in CATEGORIES:
        made[category_phrase(category)] = value["categories"][category]
    places = value["words"]["places"]
    regions = [name for row in REGIONS for name in row]
    if len(places) != len(regions):
        raise ValueError(f"words.places has {len(places)} names, not the {len(regions)} of: {', '.join(regions)}")
    return made | dict(zip(regions, places, strict=True))


def _cells(path: Path, width: int) -> list[list[str]]:
    """Rows of cells between "|"; "# " begins a comment. Raises ValueError for a row of another width."""
    rows = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("# "):
            continue
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) > width or len(cells) < width - 2:
            raise ValueError(f"{path.name}:{number} has {len(cells)} cells instead of {width}")
        rows.append(cells + [""] * (width - len(cells)))
    return rows


def _page(row: list[str]) -> BrowserPage:
    browser, family, category, title, heading, code, paragraph, bullets = row
    return BrowserPage(
        browser,
        family,
        category,
        title,
        heading,
        code,
        paragraph,
        tuple(filter(None, map(str.strip, bullets.split(" / ")))),
    )
