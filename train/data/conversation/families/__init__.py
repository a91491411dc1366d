"""All families of questions. One file a group; `FAMILIES` is what conversations draw from."""

from __future__ import annotations

from train.data.conversation.families import (
    buttons,
    captions,
    details,
    diagnosis,
    facts,
    identity,
    lines,
    places,
    windows,
)
from train.data.conversation.turn import Family

CAPTIONS: tuple[Family, ...] = captions.FAMILIES
QUESTIONS: tuple[Family, ...] = (
    *diagnosis.FAMILIES,
    *identity.FAMILIES,
    *facts.FAMILIES,
    *places.FAMILIES,
    *buttons.FAMILIES,
    *lines.FAMILIES,
    *details.FAMILIES,
    *windows.FAMILIES,
)
FAMILIES: tuple[Family, ...] = (*CAPTIONS, *QUESTIONS)
BY_NAME: dict[str, Family] = {family.name: family for family in FAMILIES}
HELD_OUT_INTENTS: frozenset[str] = frozenset(family.name for family in FAMILIES if family.held_out_intent)
"""Families that training never asks."""
