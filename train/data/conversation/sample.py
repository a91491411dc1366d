"""Conversations drawn by seed: about a simulated screen, about any screen, about none."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from train.data.conversation import field_turns, manner
from train.data.conversation.families import CAPTIONS, HELD_OUT_INTENTS, QUESTIONS
from train.data.conversation.families import chat as chats
from train.data.conversation.screen import Screen, Span, from_simulated
from train.data.conversation.turn import Family, Made, Turn, Wordings
from train.data.world.sample import sample_content
from train.data.world.simulate import Simulated, simulate

SPLITS = ("train", "held_out")
FIELD_SHARE, CAPTION_SHARE, CHAT_SHARE = 0.40, 0.15, 0.02
FOLLOW_SHARE = 0.3  # of the questions that something can be asked after
HELD_OUT_WORDING_SHARE = 0.5  # of the turns of the held-out split
_TRIES = 40


def sample_conversation(seed: int, split: str, turns: int) -> tuple[Simulated, Screen, list[Turn]]:
    """The screen of a seed and `turns` turns about it (fewer where the screen has not so much to ask about).

    The same seed gives the same conversation. Split "train" asks what is trained on, in wordings that are trained on;
    now and then in a manner (`manner.py`); "held_out" shows held-out content and asks anything in plain words, and each
    turn tells whether its wording or intent is held out.
    Raises ValueError for another split.
    """
    rng = random.Random(seed)
    simulated = simulate(sample_content(rng, split), rng)
    screen = from_simulated(simulated)
    return simulated, screen, ask(screen, random.Random(f"turns of {seed}"), split, turns)


def ask(screen: Screen, rng: random.Random, split: str, turns: int) -> list[Turn]:
    """At most `turns` turns about a screen: some 40 in 100 for fields, 15 captions, the others questions.

    Raises ValueError for an unknown split.
    """
    held_out = _is_held_out(split)
    made: list[Turn] = []
    used: set[str] = set()
    for _ in range(turns):
        turn = _follow_up(screen, rng, held_out, made, used) or _next(screen, rng, held_out, used)
        if turn is None:
            break
        made.append(turn)
        used.add(turn.family)
    return made


def sample_chat(seed: int, split: str, turns: int) -> list[Turn]:
    """`turns` turns without any picture; questions about one are answered by saying that none was given.

    Raises ValueError for an unknown split.
    """
    held_out = _is_held_out(split)
    rng = random.Random(f"chat of {seed}")
    made: list[Turn] = []
    weights = [family.weight for family in chats.FAMILIES]
    for _ in range(turns):
        reworded = held_out and rng.random() < HELD_OUT_WORDING_SHARE
        if rng.random() < 0.6:
            turn = _in_a_manner(rng.choices(chats.FAMILIES, weights)[0].turn(rng, reworded), rng, held_out)
        else:
            pool = [
                *CAPTIONS,
                *(family for family in QUESTIONS if _may_ask(family, held_out) and family.name != "where_is_that"),
            ]
            wording = _mannered(rng.choice(_pool(rng.choice(pool).wordings, reworded)), rng, held_out)
            turn = chats.no_picture("no_picture", wording.replace("{x}", "OK"), reworded)
        made.append(turn)
    return made


def _is_held_out(split: str) -> bool:
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}: {' or '.join(SPLITS)}")
    return split == "held_out"


def _may_ask(family: Family, held_out: bool) -> bool:
    return held_out or not family.held_out_intent


def _pool(choice: Wordings, reworded: bool) -> tuple[str, ...]:
    return choice.held_out if reworded else choice.train


def _mannered(question: str, rng: random.Random, held_out: bool, *, begins: bool = True) -> str:
    """A question of training as people put it, now and then; the held-out split is asked in plain words."""
    if held_out or rng.random() >= manner.SHARE:
        return question
    return manner.with_manner(question, rng, begins=begins)


def _in_a_manner(turn: Turn, rng: random.Random, held_out: bool) -> Turn:
    """A turn of chat likewise. Greetings and thanks are manners themselves, and kinds have to be spelt right."""
    if held_out or turn.family in ("greeting", "thanks") or rng.random() >= manner.SHARE:
        return turn
    return replace(turn, question=manner.with_manner(turn.question, rng, typos=False))


def _next(screen: Screen, rng: random.Random, held_out: bool, used: set[str]) -> Turn | None:
    roll = rng.random()
    if roll < FIELD_SHARE:
        names = [name for name in field_turns.NAMES if f"field_{name}" not in used]
        rng.shuffle(names)
        for name in names:
            turn = field_turns.field_turn(screen, name)
            if turn is not None:
                return turn
    elif roll < FIELD_SHARE + CAPTION_SHARE:
        turn = _drawn(screen, rng, held_out, CAPTIONS, used)
        if turn is not None:
            return turn
    elif roll > 1 - CHAT_SHARE:
        families = [family for family in chats.FAMILIES if family.with_picture and family.name not in used]
        if families:
            turn = rng.choice(families).turn(rng, held_out and rng.random() < HELD_OUT_WORDING_SHARE)
            return _in_a_manner(turn, rng, held_out)
    return _drawn(screen, rng, held_out, QUESTIONS, used)


def _drawn(
    screen: Screen, rng: random.Random, held_out: bool, families: Sequence[Family], used: set[str]
) -> Turn | None:
    pool = [
        family
        for family in families
        if family.name not in used and _may_ask(family, held_out) and family.name != "where_is_that"
    ]
    for _ in range(min(_TRIES, 2 * len(pool))):
        if not pool:
            return None
        family = rng.choices(pool, [entry.weight for entry in pool])[0]
        made = family.make(screen, rng)
        if made is not None and (made.answer or rng.random() < family.refused):
            return _turn(screen, rng, held_out, family, family.wordings, made, False)
        pool.remove(family)
    return None


def _follow_up(screen: Screen, rng: random.Random, held_out: bool, turns: list[Turn], used: set[str]) -> Turn | None:
    """A question that leans on the turn before, now and then."""
    if not turns or not turns[-1].visible or rng.random() > FOLLOW_SHARE:
        return None
    before = turns[-1]
    pool = [
        family
        for family in QUESTIONS
        if before.family in family.after and _may_ask(family, held_out) and (family.follow or family.name not in used)
    ]
    if not pool:
        return None
    family = rng.choice(pool)
    made = family.follow(screen, rng, before) if family.follow is not None else family.make(screen, rng)
    if made is None or not (made.answer or rng.random() < family.refused):
        return None
    return _turn(screen, rng, held_out, family, family.short, made, True)


def _turn(
    screen: Screen, rng: random.Random, held_out: bool, family: Family, choice: Wordings, made: Made, follows: bool
) -> Turn:
    reworded = held_out and rng.random() < HELD_OUT_WORDING_SHARE
    question = rng.choice(_pool(choice, reworded))
    if rng.random() < 0.1:  # as people type
        question = (question[0].lower() + question[1:]).rstrip("?.")
    question = _mannered(question, rng, held_out, begins=not follows)
    for name, value in made.slots.items():
        question = question.replace(f"{{{name}}}", value)
    answer = made.answer or (family.refusal,)
    return Turn(
        family.name,
        question,
        answer,
        made.key,
        bool(made.answer),
        reworded,
        family.name in HELD_OUT_INTENTS,
        family.check,
        _as_read(screen, family, made),
        follows,
        made.facts,
    )


def _as_read(screen: Screen, family: Family, made: Made) -> str:
    spans = [part for part in made.answer if isinstance(part, Span)]
    if family.check == "spans":
        return "\n".join(screen.text(span) for span in spans)
    return screen.say(spans) if family.check in ("span", "app") else ""
