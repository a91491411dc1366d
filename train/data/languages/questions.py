"""Questions of a language in a file: which family of questions, how it is answered, and in which words it is asked.

`== family` begins a family, `= ` gives the pattern of its answer (`=yes `, `=no ` where that is a yes or a no), every other
row is a wording, and one that begins with "~ " is held out. Patterns hold {quoted}, the quoted lines of the screen; {name},
the same without quotation marks; or {word}, a word that the language has for the English answer's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from train.data.conversation.families import BY_NAME
from train.data.conversation.turn import Wordings, wordings

CAPTION = "caption"
"""The family whose answer is made by the patterns of captions."""
_PLACE = re.compile(r"\{(\w+)\}")
PLACES = ("quoted", "name", "word")


@dataclass(frozen=True)
class Questions:
    """One family: `answers` by "", "yes" or "no"."""

    family: str
    answers: dict[str, str]
    wordings: Wordings


def parse_questions(text: str) -> tuple[Questions, ...]:
    """The families of a file. Raises ValueError naming the family where something is missing or unknown."""
    made: list[Questions] = []
    for part in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        head, _, rest = part.partition("\n")
        name = head.strip()
        if name not in BY_NAME:
            raise ValueError(f"questions.txt: unknown family {name!r}; train/data/conversation/families has them")
        if any(entry.family == name for entry in made):
            raise ValueError(f"questions.txt: family {name} is there twice")
        answers: dict[str, str] = {}
        asked: list[str] = []
        for row in (row.strip() for row in rest.splitlines()):
            found = re.match(r"=(yes|no)? ", row)
            if found is not None:
                answers[found.group(1) or ""] = row[found.end() :].strip()
            elif row and not row.startswith("# "):
                asked.append(row)
        _check(name, answers)
        try:
            made.append(Questions(name, answers, wordings("\n".join(asked))))
        except ValueError as error:
            raise ValueError(f"questions.txt: family {name}: {error}") from error
    return tuple(made)


def _check(name: str, answers: dict[str, str]) -> None:
    if name != CAPTION and set(answers) not in ({""}, {"yes", "no"}):
        raise ValueError(f'questions.txt: family {name} needs a row "= answer", or "=yes answer" and "=no answer"')
    for answer in answers.values():
        for place in _PLACE.findall(answer):
            if place not in PLACES:
                raise ValueError(f"questions.txt: family {name}: unknown place {{{place}}}; one of {', '.join(PLACES)}")
