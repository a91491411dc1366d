"""Conversations as training rows: token ids with their targets, pieces with what a reader would know of them.

Simulated perception needs no pixels: the letters' second choices and probabilities are drawn from what the recogniser does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from mmgpt.chat import form_of, plain_ids
from mmgpt.config import ModelConfig
from mmgpt.copying import LONGEST_SPAN
from mmgpt.pieces import Piece, PieceEncoder, Posteriors
from projector.features import Features
from projector.lines import Pieces
from train.data.conversation.screen import Screen
from train.data.conversation.turn import Turn
from train.data.world.noise import CONFUSED

IGNORED = -100


@dataclass
class Row:
    """One conversation about at most one picture.

    ids, labels int64 [T] (labels IGNORED where nothing is to be learnt, otherwise the id itself, not shifted); turn int64 [T] numbers
    the turn of each token; apart: turns do not see each other (they are questions of their own about one picture).
    """

    ids: Tensor
    labels: Tensor
    turn: Tensor
    apart: bool
    pieces: Pieces | None
    features: Features | None = None


class RowMaker:
    """Makes rows for a model's configuration."""

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer) -> None:
        self.config, self.tokenizer, self.form = config, tokenizer, form_of(config)
        self.encoder = None if config.lines is None else PieceEncoder(tokenizer, config.lines.max_pieces)

    def answer_ids(self, screen: Screen, turn: Turn, pieces: Sequence[Piece]) -> list[int]:
        """Ids of an answer, its end token included: text is encoded, spans become pointers, spelled where they cannot be pointed at.

        Neighbouring spans that go on in the next line become one; others are joined by a blank, as lines within a span are
        (between two copied ones `mmgpt.chat.Piecewise` writes it).
        """
        first = {(p.line, p.start): i for i, p in enumerate(pieces)}
        last = {(p.line, p.end): i for i, p in enumerate(pieces)}
        ids: list[int] = []
        open_span: tuple[int, int] | None = None
        V, P = self.config.decoder.vocab_size, self.config.pointers

        def close() -> None:
            nonlocal open_span
            if open_span is not None:
                ids.extend((V + open_span[0], V + P + open_span[1]))
                open_span = None

        before = ""  # what the part before was, if it was a span: "copied" or "spelled"
        for part in turn.answer:
            if isinstance(part, str):
                close()
                ids += self.plain(part)
                before = ""
                continue
            start, end = first.get((part.line, part.start)), last.get((part.line, part.end))
            if start is None or end is None or not start <= end < min(P, start + LONGEST_SPAN):
                close()
                ids += self.plain((" " if before else "") + screen.text(part))
                before = "spelled"
                continue
            if (
                open_span is not None
                and start == open_span[1] + 1
                and pieces[start].line != pieces[open_span[1]].line
                and end < open_span[0] + LONGEST_SPAN
            ):
                open_span = (open_span[0], end)
            else:
                close()
                ids += self.plain(" " if before == "spelled" else "")
                open_span = (start, end)
            before = "copied"
        close()
        return [*ids, self.config.end_token]

    def plain(self, text: str) -> list[int]:
        """Ids of a text in which nothing is a control token."""
        return plain_ids(self.tokenizer, text, self.form.control)

    def row(
        self, screen: Screen, turns: Sequence[Turn], pieces: Sequence[Piece], tensors: Pieces | None, *, apart: bool, picture: bool = True,
        tokens: int = 0,
    ) -> Row:  # fmt: skip
        """A row of turns. `picture` False: the picture is not shown, for turns that need none; `tokens`: how many the tower's
        features will be in the memory, which prefix fusion makes room for."""
        ids: list[int] = []
        labels: list[int] = []
        numbers: list[int] = []
        prefix = self.config.fusion == "prefix"
        apart = apart and not prefix  # a prefix is too long to be repeated for every turn
        image = [self.config.image_token] * (len(pieces) + tokens if prefix else 1)
        form = self.form
        for number, turn in enumerate(turns):
            shown = image if picture and (apart or number == 0) else []
            asked = [
                *(form.begin if apart or number == 0 else ()),
                *form.user_before,
                *shown,
                *self.plain(turn.question),
                *form.user_after,
                *form.assistant_before,
            ]
            answer = self.answer_ids(screen, turn, pieces)
            behind = [] if apart or number + 1 == len(turns) else list(form.assistant_after[1:])
            ids += asked + answer + behind
            labels += [IGNORED] * len(asked) + answer + [IGNORED] * len(behind)
            numbers += [number] * (len(asked) + len(answer) + len(behind))
        return Row(torch.tensor(ids), torch.tensor(labels), torch.tensor(numbers), apart, tensors if picture else None)


def posteriors(rng: random.Random, read: str, truth: str) -> Posteriors:
    """What a recogniser might have known of a line it read as `read`: sure of most letters, less so of those it confused."""
    certainty: list[float] = []
    alternatives: list[str] = []
    same_length = len(read) == len(truth)
    doubt = rng.random() < 0.25
    for i, char in enumerate(read):
        wrong = same_length and truth[i] != char
        if wrong:
            certainty.append(rng.uniform(0.35, 0.95))
            alternatives.append(truth[i] if rng.random() < 0.8 else rng.choice(CONFUSED.get(char, "l")))
        elif doubt and rng.random() < 0.06 and char in CONFUSED:
            certainty.append(rng.uniform(0.5, 0.98))
            alternatives.append(rng.choice(CONFUSED[char]))
        else:
            certainty.append(1.0 - 0.02 * rng.random() ** 4)
            alternatives.append("")
    return Posteriors(tuple(alternatives), tuple(certainty))


@dataclass
class Batch:
    """Rows, padded right. ids, labels int64 [B, T]; mask bool [B, 1, T, T]; positions int64 [B, T]; `owner`: rows that show a
    picture, in the pictures' order; `turns` in all of them."""

    ids: Tensor
    labels: Tensor
    mask: Tensor
    positions: Tensor
    owner: list[int]
    pieces: Pieces | None
    features: Features | None
    turns: int

    def to(self, device: torch.device | str) -> Batch:
        """On another device; batches are drawn on the processor."""
        pieces = None if self.pieces is None else self.pieces.to(device)
        features = None if self.features is None else self.features.to(device)
        ids, labels, mask, positions = (t.to(device) for t in (self.ids, self.labels, self.mask, self.positions))
        return Batch(ids, labels, mask, positions, self.owner, pieces, features, self.turns)


def collate(rows: Sequence[Row], pad: int) -> Batch:
    """Rows as a batch. Raises ValueError where no token of it is supervised: such a batch would teach nothing and look like loss 0."""
    from mmgpt.pieces import pad_pieces

    T = max(len(r.ids) for r in rows)
    B = len(rows)
    ids = torch.full((B, T), pad)
    labels = torch.full((B, T), IGNORED)
    segment = torch.full((B, T), -1)
    positions = torch.zeros(B, T, dtype=torch.long)
    for i, row in enumerate(rows):
        n = len(row.ids)
        ids[i, :n], labels[i, :n] = row.ids, row.labels
        segment[i, :n] = row.turn if row.apart else 0
        places = torch.arange(n)
        if row.apart:  # every turn begins at position 0, as it will when it is asked alone
            starts = torch.zeros(n, dtype=torch.long)
            starts[1:] = torch.where(row.turn[1:] != row.turn[:-1], places[1:], 0)
            places = places - starts.cummax(0).values
        positions[i, :n] = places
    if not bool((labels != IGNORED).any()):
        raise ValueError(f"no token of these {B} conversations is supervised: they have no answers")
    causal = torch.ones(T, T, dtype=torch.bool).tril()
    mask = (segment[:, :, None] == segment[:, None]) & causal
    shown = [i for i, r in enumerate(rows) if r.pieces is not None or r.features is not None]
    with_pieces = [rows[i].pieces for i in shown]
    pieces = (
        pad_pieces([p for p in with_pieces if p is not None])
        if shown and all(p is not None for p in with_pieces)
        else None
    )
    features = (
        pad_features([rows[i].features for i in shown]) if shown and any(rows[i].features for i in shown) else None
    )
    return Batch(ids, labels, mask[:, None], positions, shown, pieces, features, sum(int(r.turn[-1]) + 1 for r in rows))


def pad_features(batch: Sequence[Features | None]) -> Features:
    """Tower features of several pictures as one batch; None gives a picture without any (its mask is False)."""
    some = next(f for f in batch if f is not None)
    N = max(f.features.shape[1] for f in batch if f is not None)
    out = Features(
        torch.zeros(len(batch), N, some.features.shape[2]), torch.zeros(len(batch), N, 4),
        torch.zeros(len(batch), N, dtype=torch.bool), some.grid if len({f.grid for f in batch if f is not None}) == 1 else None,
    )  # fmt: skip
    for i, entry in enumerate(batch):
        if entry is not None:
            n = entry.features.shape[1]
            out.features[i, :n], out.positions[i, :n], out.mask[i, :n] = (
                entry.features[0],
                entry.positions[0],
                entry.mask[0],
            )
    return out
