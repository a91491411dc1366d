"""Questions about screens in a language, answered in it: the makers are those of English, the sentences the language's.

An English answer is prose around spans of read lines, or prose alone that is a known key word. Its spans are put into the
language's own sentence, its key word is replaced by the language's.
"""

from __future__ import annotations

import random
import re

from train.data.conversation import field_turns
from train.data.conversation.families import BY_NAME
from train.data.conversation.families.diagnosis import NO, YES
from train.data.conversation.screen import Screen, Span, from_simulated
from train.data.conversation.turn import NOT_VISIBLE, Made, Turn
from train.data.conversation.words import KIND_NAMES, article
from train.data.languages.language import Language
from train.data.languages.questions import CAPTION, Questions
from train.data.languages.screens import sample_content
from train.data.world.noise import PROFILES
from train.data.world.simulate import Simulated, simulate

FIELD_SHARE = 0.35
MANNER_SHARE = 0.2
HELD_OUT_WORDING_SHARE = 0.5
_EXACT = next(profile for profile, _ in PROFILES if profile.name == "exact")
_PLACE = re.compile(r"\{(\w+)\}")

Words = list[str | Span]


def sample_conversation(
    seed: int, language: Language, split: str = "train", turns: int = 6
) -> tuple[Simulated, Screen, list[Turn]]:
    """The screen of a seed and at most `turns` turns about it in the language; the same for the same seed.

    It is read without mistakes: the habits that English screens are read with are a Latin reader's.
    Raises ValueError for a split other than "train" and "held_out".
    """
    rng = random.Random(f"{language.code} {seed}")
    simulated = simulate(sample_content(rng, language, split), rng, _EXACT)
    screen = from_simulated(simulated)
    return simulated, screen, ask(screen, random.Random(f"turns of {language.code} {seed}"), language, split, turns)


def ask(screen: Screen, rng: random.Random, language: Language, split: str, turns: int) -> list[Turn]:
    """At most `turns` turns about a screen: fields, which have no language, and questions in it."""
    made: list[Turn] = []
    left = list(language.questions)
    rng.shuffle(left)
    fields = list(field_turns.NAMES)
    rng.shuffle(fields)
    while len(made) < turns and (left or fields):
        if fields and (not left or rng.random() < FIELD_SHARE):
            turn = field_turns.field_turn(screen, fields.pop())
        else:
            turn = question_turn(screen, rng, language, left.pop(), split == "held_out")
        if turn is not None:
            made.append(turn)
    return made


def question_turn(
    screen: Screen, rng: random.Random, language: Language, asked: Questions, held_out: bool = False
) -> Turn | None:
    """One family's question; None where it makes no sense on this screen. Refusals are asked now and then only."""
    family = BY_NAME[asked.family]
    made = _caption(screen, language) if asked.family == CAPTION else family.make(screen, rng)
    if made is None or (not made.answer and rng.random() >= 4 * family.refused):
        return None
    reworded = held_out and rng.random() < HELD_OUT_WORDING_SHARE
    question = rng.choice(asked.wordings.held_out if reworded else asked.wordings.train)
    if not held_out and rng.random() < MANNER_SHARE:
        question = _manner(question, rng, language)
    for name, value in _slots(made, screen, rng, language).items():
        question = question.replace(f"{{{name}}}", value)
    if not made.answer:
        refusal = language.refusals[family.refusal]
        return Turn(family.name, question, (refusal,), NOT_VISIBLE, False, reworded, check=family.check)
    answer = made.answer if asked.family == CAPTION else answered(made, asked, language)
    spans = [part for part in answer if isinstance(part, Span)]
    if not spans or made.key in (YES, NO):
        key = screen.say(answer)
        return Turn(family.name, question, answer, key, True, reworded, check="text")
    several = family.check == "spans"
    read = "\n".join(screen.text(span) for span in spans) if several else screen.say(spans)
    return Turn(
        family.name, question, answer, made.key, True, reworded, check="spans" if several else "span", as_read=read
    )


def answered(made: Made, asked: Questions, language: Language) -> tuple[str | Span, ...]:
    """An English answer in the language. Raises KeyError where the language has no word for a key word."""
    pattern = asked.answers.get(made.key if made.key in (YES, NO) else "") or next(iter(asked.answers.values()))
    groups = _groups(made.answer)
    words: Words = []
    at = 0
    for place in _PLACE.finditer(pattern):
        words.append(pattern[at : place.start()])
        at = place.end()
        if place.group(1) == "quoted":
            for index, group in enumerate(groups):
                words += ["”、“" if index else "“", *group]
            words.append("”")
        elif place.group(1) == "name":
            words += groups[0] if groups else [made.key]
        else:
            words.append(made.key if made.key.isdigit() else language.words[made.key])
    words.append(pattern[at:])
    return _merged(words)


def _groups(answer: tuple[str | Span, ...]) -> list[list[str | Span]]:
    """Spans that stand beside each other, which say one thing."""
    groups: list[list[str | Span]] = []
    before: str | Span = ""
    for part in answer:
        if isinstance(part, Span):
            if isinstance(before, Span):
                groups[-1].append(part)
            else:
                groups.append([part])
        before = part
    return groups


def _merged(words: Words) -> tuple[str | Span, ...]:
    made: Words = []
    for word in words:
        if word == "":
            continue
        if made and isinstance(word, str) and isinstance(made[-1], str):
            made[-1] += word
        else:
            made.append(word)
    return tuple(made)


def _caption(screen: Screen, language: Language) -> Made | None:
    """What the picture is and what it says, by the language's own patterns."""
    app = screen.fields.app  # written out: the spans of a caption are the message's
    kind = language.words[article(KIND_NAMES[screen.fields.kind])]
    spans = screen.message_spans
    if screen.fields.is_error and not spans:
        return None
    name = ("error" if app else "error_without_app") if spans else ("no_error_app" if app else "no_error")
    words: Words = []
    for number, part in enumerate(_PLACE.split(language.captions[name])):
        if number % 2 == 0:
            words.append(part)
        elif part == "message":
            words += spans
        else:
            words.append(kind if part == "kind" else app or "")
    key = screen.message_key if spans else kind
    return Made(_merged(words), key)


def _slots(made: Made, screen: Screen, rng: random.Random, language: Language) -> dict[str, str]:
    """The words to be put into the question; what is absent is asked for in the language now and then."""
    slots = dict(made.slots)
    wanted = slots.get("x")
    if wanted is not None and wanted.lower() not in screen.truths and rng.random() < 0.8:
        absent = [text for text in language.phrases["buttons"] if text not in screen.truths]
        slots["x"] = rng.choice(absent) if absent else wanted
    return slots


def _manner(question: str, rng: random.Random, language: Language) -> str:
    if rng.random() < 0.5:
        return rng.choice(language.phrases["leads"]) + question
    return question + rng.choice(language.phrases["endings"]) if rng.random() < 0.6 else question.rstrip("？。?.")
