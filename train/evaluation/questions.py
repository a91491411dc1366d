"""Judging answers to questions about screens, and counting what was right.

An answer is compared without regard to case, blanks and the sort of quotation marks. What is quoted must be what stands
there: the true text, or (`as_read`) what a faithful copy of the read lines says. An answer that declines is right only
where there is nothing to see, and there nothing else is.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mmgpt.extractor.aliases import app_key
from mmgpt.prompts import NO_PICTURE, REFUSALS
from train.data.conversation.captures import from_capture
from train.data.conversation.sample import ask
from train.data.conversation.turn import Facts, Turn
from train.data.conversation.words import CATEGORY_NAMES, KIND_NAMES, REGIONS
from train.evaluation.text import common_words

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "`": "'", "´": "'"})
_QUOTED = re.compile(r"[“\"](.*)[”\"]", re.S)
_PARTS = re.compile(r"[“\"](.+?)[”\"](?=[\s,.;:]|and\b|$)", re.S)
_DECLINES = re.compile(
    r"\b(?:not visible|no error in the picture|nothing like that|no picture|cannot see|can't see|does not show|is not shown"
    r"|not in the picture|cannot tell|don't know|do not know)\b"
)
_SYNONYMS = (
    (r"\btop (?=left|right)", "upper "),
    (r"\bbottom (?=left|right)", "lower "),
    (r"\bcent(?:er|re)\b", "middle"),
)
_PLACES = tuple(place.split(" ", 2)[-1] for row in REGIONS for place in row)
_PROGRAM = re.compile(r"^(?:it is|this is|that is|it's|the program is|the application is)\s+", re.I)
_NAMED = re.compile(r"(?: of |\bwhich )(.+?)(?= titled\b| reports\b| with\b| that\b| on an? | in an? |[;:.]\s|[;:.]$)")
_CLAIMS = re.compile(
    r"\b(?:reports|an error|error of|fail(?:s|ed|ure)?|went wrong|it is an? [\w ]*(?:problem|error))\b"
)
_MOST_EXTRA = 30  # characters around a key that stands in an answer without quotation marks
_ENOUGH_WORDS = 0.8
_KIND_WORDS = {
    "browser": "page|browser",
    "web_page": "page",
    "terminal": "terminal|console",
    "desktop_dialog": "dialog",
    "ide_editor": "editor",
    "desktop_app": "window|program",
    "chart": "chart|diagram",
    "document": "document",
    "photo": "photo|photograph",
    "other": ".*",
}


def normalise(text: str) -> str:
    """Lower case, straight quotation marks, single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_QUOTES).casefold().split())


def solid(text: str) -> str:
    """`normalise` without any blank."""
    return normalise(text).replace(" ", "")


def declines(answer: str) -> bool:
    """Whether an answer says that there is no such thing in the picture, or no picture. What it quotes does not count."""
    return bool(_DECLINES.search(normalise(_QUOTED.sub(" ", answer))))


def judge(turn: Turn, answer: str, *, as_read: bool = True) -> bool:
    """Whether an answer to a turn is right; `as_read`: a faithful copy of what was read counts as right too."""
    if turn.check == "text":
        return normalise(answer) == normalise(turn.key if turn.visible else NO_PICTURE)
    if not turn.visible:
        return any(normalise(refusal) == normalise(answer) for refusal in REFUSALS) or declines(answer)
    if not answer.strip() or (turn.check not in ("field", "yes") and declines(answer)):
        return False
    return _CHECKS[turn.check](turn, answer, [turn.key, turn.as_read] if as_read and turn.as_read else [turn.key])


def _span(turn: Turn, answer: str, keys: list[str]) -> bool:
    del turn
    quoted = _QUOTED.search(answer)
    if quoted is not None:
        return any(solid(quoted.group(1)) == solid(key) for key in keys)
    return any(_holds(answer, key) and len(answer) <= len(key) + _MOST_EXTRA for key in keys)


def _spans(turn: Turn, answer: str, keys: list[str]) -> bool:
    del turn
    parts = sorted(solid(part) for part in _PARTS.findall(answer))
    return any(parts == sorted(solid(part) for part in key.split("\n")) for key in keys)


def _yes(turn: Turn, answer: str, keys: list[str]) -> bool:
    del turn
    first = re.match(r"\W*(\w+)", normalise(answer))
    return first is not None and first.group(1) == keys[0]


def _region(turn: Turn, answer: str, keys: list[str]) -> bool:
    del turn
    said = normalise(re.sub(r"“[^”]*”|\"[^\"]*\"", " ", answer))  # "no space left on device" names no place
    for word, ours in _SYNONYMS:
        said = re.sub(word, ours, said)
    wanted = keys[0].split(" ", 2)[-1]
    named = {place for place in _PLACES if re.search(rf"\b{place}\b", said)}
    named -= {place for place in named for other in named if place != other and place in other.split()}
    return named == {wanted}


def _word(turn: Turn, answer: str, keys: list[str]) -> bool:
    rivals: Iterable[str] = ()
    if turn.family == "kind":
        rivals = (name for name in KIND_NAMES.values() if name != "picture")
    elif turn.family == "category":
        rivals = CATEGORY_NAMES.values()
    elif turn.family == "dark_or_light":
        rivals = ("dark", "light")
    elif turn.family == "how_many_buttons":
        rivals = re.findall(r"\d+", answer)
    key = re.sub(r"^an? ", "", keys[0])
    return _holds(answer, key) and not any(_holds(answer, rival) for rival in rivals if rival != key)


def _app(turn: Turn, answer: str, keys: list[str]) -> bool:
    del turn
    quoted = _QUOTED.search(answer)
    name = quoted.group(1) if quoted is not None else _PROGRAM.sub("", answer.strip()).removesuffix(".")
    return any(app_key(name) == app_key(key) for key in keys)


def _field(turn: Turn, answer: str, keys: list[str]) -> bool:
    if turn.family == "field_app" and any(app_key(answer) == app_key(key) for key in keys):
        return True
    return any(solid(answer) == solid(key) for key in keys)


def _caption(turn: Turn, answer: str, keys: list[str]) -> bool:
    del keys
    if turn.facts is None:
        raise ValueError(f"turn {turn.family!r} is judged as a caption but has no facts")
    found = check_caption(turn.facts, answer)
    return found.app and found.kind and found.message and not found.contradictions


_CHECKS: dict[str, Callable[[Turn, str, list[str]], bool]] = {
    "span": _span,
    "spans": _spans,
    "yes": _yes,
    "region": _region,
    "word": _word,
    "app": _app,
    "field": _field,
    "caption": _caption,
}


def _holds(answer: str, key: str) -> bool:
    """Whether `key` stands in the answer as whole words."""
    return re.search(rf"(?<!\w){re.escape(normalise(key))}(?!\w)", normalise(answer)) is not None


@dataclass(frozen=True)
class CaptionCheck:
    """What a caption names rightly, and what it says that is not so ("error", "no error", "kind", "program")."""

    app: bool
    kind: bool
    message: bool
    contradictions: tuple[str, ...]


def check_caption(facts: Facts, caption: str) -> CaptionCheck:
    """Compares a caption with the facts of its picture.

    The message counts as mentioned when four fifths of its words stand there in order; what is quoted contradicts nothing.
    """
    names = [name for name in (facts.app, facts.app_read) if name]
    messages = [text for text in (facts.message, facts.message_read) if text]
    prose = caption
    for text in sorted(messages, key=len, reverse=True):
        prose = prose.replace(text, "")
    prose = re.sub(r"“[^“”]*”", "“”", prose)
    prose = re.sub(r"“.*?”(?=[ .;:,]|$)", "", prose)
    app = not names or any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", caption, re.I) for name in names)
    message = not messages or any(_mentions(caption, text) for text in messages)
    wrong = []
    claims = re.sub(r"\bno error(?: is shown)?\b", "", prose.lower())
    if not facts.is_error and _CLAIMS.search(claims):
        wrong.append("error")
    if facts.is_error and claims != prose.lower():
        wrong.append("no error")
    program = _NAMED.search(re.split(r"(?<=[.;])\s", prose, maxsplit=1)[0])
    if program is not None and app_key(program.group(1)) not in {app_key(name) for name in names}:
        wrong.append("program")
    for name in names:
        prose = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", prose)
    first = re.split(r"[.;:]", prose, maxsplit=1)[0].lower()
    others = (name for kind, name in KIND_NAMES.items() if kind not in (facts.kind, "other"))
    if any(re.search(rf"\b{other}\b", first) for other in others):
        wrong.append("kind")
    kind = re.search(rf"\b(?:{_KIND_WORDS[facts.kind]})\b", prose.lower()) is not None
    return CaptionCheck(app, kind, message, tuple(wrong))


def _mentions(caption: str, message: str) -> bool:
    if solid(message) in solid(caption):
        return True
    words = normalise(message)
    return common_words(words, normalise(re.sub(r"[“”]", " ", caption))) >= _ENOUGH_WORDS * len(words.split())


@dataclass(frozen=True)
class Count:
    """`right` of `asked` answers were right."""

    right: int
    asked: int

    @property
    def share(self) -> float:
        """0..1; 0 where nothing was asked."""
        return self.right / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class Table:
    """How well questions were answered. `refused`: of those that only a refusal answers; `false_refusals`: of the others
    how many were declined. `groups` parts visible questions by what training knew: "trained", "held-out wording",
    "held-out intent". `captions` counts those that name the program and the kind, quote the message, contradict nothing.
    """

    families: dict[str, Count]
    groups: dict[str, Count]
    overall: Count
    refused: Count
    false_refusals: Count
    captions: dict[str, Count]

    def rows(self) -> list[tuple[str, Count]]:
        """Every count with its name, in a fixed order."""
        made = [("all", self.overall), *self.groups.items(), ("refused where nothing is there", self.refused)]
        made += [("declined although it is there", self.false_refusals)]
        made += [(f"caption: {name}", count) for name, count in self.captions.items()]
        return made + [(f"family {name}", count) for name, count in sorted(self.families.items())]

    def markdown(self) -> str:
        """The table as Markdown."""
        body = [f"| {name} | {100 * count.share:.1f} % | {count.asked} |" for name, count in self.rows()]
        return "\n".join(["| | | asked |", "|---|---:|---:|", *body])


def score(answers: Iterable[tuple[Turn, str]], *, as_read: bool = True) -> Table:
    """Judges every (turn, answer) and counts."""
    families: dict[str, list[bool]] = defaultdict(list)
    groups: dict[str, list[bool]] = {"trained": [], "held-out wording": [], "held-out intent": []}
    refused: list[bool] = []
    declined: list[bool] = []
    captions: dict[str, list[bool]] = {
        "program named": [],
        "kind named": [],
        "message quoted": [],
        "nothing contradicted": [],
    }
    for turn, answer in answers:
        right = judge(turn, answer, as_read=as_read)
        families[turn.family].append(right)
        if turn.check == "text":
            continue
        if not turn.visible:
            refused.append(right)
            continue
        declined.append(turn.check not in ("field", "yes") and declines(answer))
        known = "held-out wording" if turn.held_out_wording else "trained"
        groups["held-out intent" if turn.held_out_intent else known].append(right)
        if turn.facts is not None:
            found = check_caption(turn.facts, answer)
            captions["program named"].append(found.app)
            captions["kind named"].append(found.kind)
            captions["message quoted"].append(found.message)
            captions["nothing contradicted"].append(not found.contradictions)
    return Table(
        {name: _count(values) for name, values in families.items()},
        {name: _count(values) for name, values in groups.items()},
        _count([value for values in families.values() for value in values]),
        _count(refused),
        _count(declined),
        {name: _count(values) for name, values in captions.items()},
    )


def _count(values: list[bool]) -> Count:
    return Count(sum(values), len(values))


def capture_questions(folder: Path, seed: int, turns: int = 12) -> list[tuple[Path, list[Turn]]]:
    """Questions about the real captures of a folder, by name: (picture, turns), from any family and in any wording.

    Spans are those of the true lines; judge what a model answers by the turns' keys (`as_read=False` is the same here).
    Raises ValueError when the folder holds no captures.
    """
    made = []
    for path in sorted(folder.glob("*.json")):
        screen = from_capture(path)
        made.append((path.with_suffix(".png"), ask(screen, random.Random(f"{seed} {path.stem}"), "held_out", turns)))
    if not made:
        raise ValueError(f"{folder} holds no captures (NAME.json with NAME.png)")
    return made
