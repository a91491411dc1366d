"""Lines of text in a language, for line pictures: its messages, what installed programs say in it, rare characters, and
Latin text between them, since screens in any language are full of paths, commands and names."""

from __future__ import annotations

import random

from train.data.languages.language import Language
from train.data.languages.translated import lines
from train.data.text import code_name, number, path, sample_text, url, version, when
from train.data.world.slots import Slots

LATIN_SHARE = 0.3  # of the lines have nothing of the language
_LONGEST = 48
_LATIN = (path, url, version, code_name, number, when)


class LanguageText:
    """Draws lines; every choice is the given generator's."""

    def __init__(self, language: Language) -> None:
        self.language = language
        phrases = [text for sort in ("buttons", "menus", "titles", "labels") for text in language.phrases[sort]]
        self._short = phrases
        self._long = [*language.messages, *language.phrases["sentences"]]
        self._installed = lines(language.locale)
        self._own = language.charset.more

    def sample(self, rng: random.Random) -> str:
        """A line of 1 to 48 characters of the language's set, without surrounding spaces; at times wholly Latin."""
        if rng.random() < LATIN_SHARE:
            return sample_text(rng)
        while True:
            text = self.language.charset.known(self._draw(rng)).strip()[:_LONGEST].strip()
            if text:
                return text

    def _draw(self, rng: random.Random) -> str:
        roll = rng.random()
        if roll < 0.12:
            return rng.choice(self._short) + rng.choice(("", "", "", "：", "...", "(F)"))
        if roll < 0.55:
            return self._message(rng)
        if roll < 0.72:  # Latin text before, behind and within
            inner = rng.choice(_LATIN)(rng)[:24]
            first, second = self._message(rng)[:14], self._message(rng)[:10]
            return rng.choice(
                (f"{first} {inner}", f"{inner}：{first}", f"{first}“{inner}”{second}", f"{first}({inner})")
            )
        # Every character has to be seen, the rare ones too, which running text seldom has.
        return "".join(rng.choices(self._own, k=rng.randint(1, 16)))

    def _message(self, rng: random.Random) -> str:
        pool = self._installed if self._installed and rng.random() < 0.7 else self._long
        return Slots(rng).fill(rng.choice(pool))
