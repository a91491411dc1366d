"""Records as documents: messages in the model's chat format, labels on the assistant's words alone, pictures as they are perceived."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from mmgpt.chat import Message, form_of, plain_ids
from mmgpt.config import ModelConfig
from mmgpt.perception import Perceived
from train.budget import cost
from train.data.copies import Copier
from train.data.perception import IGNORED, RowMaker
from train.data.sources.record import Broken, Record
from train.packing import Document, document_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenizers import Tokenizer

    from projector.features import Features


class Converser:
    """Makes documents for a model. `tokens` says how many memory tokens features make; `longest`: text tokens that a document may have;
    `turns`: questions about a described screen; `budget`: what a document may cost (`train.budget.cost`), 0 for anything."""

    def __init__(
        self, config: ModelConfig, tokenizer: Tokenizer, tokens: Callable[[Features], int], longest: int, turns: int = 8, budget: int = 0
    ) -> None:  # fmt: skip
        self.budget = budget
        self.config, self.tokenizer, self.tokens, self.longest, self.turns = config, tokenizer, tokens, longest, turns
        self.maker = RowMaker(config, tokenizer)

    def document(
        self, record: Record, perceived: Sequence[Perceived], *, answer: str | None = None, seed: str = ""
    ) -> Document:
        """The document of a record whose pictures were perceived; `answer` stands in place of the last one (preference pairs).

        Raises Broken for one that is too long, shows too many pictures, or has nothing to learn from.
        """
        if len(perceived) > self.config.max_pictures:
            raise Broken(
                "too many pictures",
                f"{len(perceived)} pictures; this model takes {self.config.max_pictures}",
                record.key,
            )
        views = [
            (p.tensors if self.config.lines else None, p.features if self.config.tower else None) for p in perceived
        ]
        sizes = [self._size(p) for p in perceived]
        if record.screen is not None:
            made = self._about_screen(record, perceived[0], sizes[0], seed)
        else:
            messages = list(record.messages)
            if answer is not None:
                messages[-1] = Message("assistant", (answer,))
            ids, labels = self.labelled(messages, perceived, sizes)
            made = Document(torch.tensor(ids), torch.tensor(labels), torch.zeros(len(ids), dtype=torch.long))
        made.views, made.memory = views, sum(sizes)
        if len(made.ids) > self.longest:
            raise Broken("too long", f"{len(made.ids)} tokens, more than {self.longest}", record.key)
        if self.budget and cost(made, config=self.config) > self.budget:
            counted = f"{len(made.ids)} tokens and {made.memory} of pictures"
            raise Broken("too long", f"{counted} are more than --token-budget {self.budget}", record.key)
        if not made.supervised:
            raise Broken("empty answer", "no token is supervised", record.key)
        return made

    def labelled(
        self, messages: Sequence[Message], perceived: Sequence[Perceived] = (), sizes: Sequence[int] = ()
    ) -> tuple[list[int], list[int]]:
        """Ids and labels of messages: the assistant's words and the token that ends them are learnt, nothing else.

        Raises Broken for a system message where the model's chat format has none.
        """
        form, config = form_of(self.config), self.config
        copier = Copier(config, self.tokenizer, [p.pieces for p in perceived])
        ids: list[int] = [] if messages and messages[0].role == "system" else list(form.begin)
        labels = [IGNORED] * len(ids)
        shown = 0
        for number, message in enumerate(messages):
            before, after = getattr(form, f"{message.role}_before"), list(getattr(form, f"{message.role}_after"))
            if before is None:
                raise Broken("roles", f"this model's chat format has no {message.role} messages")
            if message.role == "assistant":
                text = "".join(part for part in message.parts if isinstance(part, str))
                answer = [*copier.ids(text), config.end_token]
                behind = after[1:] if number + 1 < len(messages) else []
                ids += [*before, *answer, *behind]
                labels += [IGNORED] * len(before) + answer + [IGNORED] * len(behind)
                continue
            own = list(before)
            for part in message.parts:
                if isinstance(part, str):
                    own += plain_ids(self.tokenizer, part, form.control)
                else:
                    own += [config.image_token] * (sizes[shown] if config.fusion == "prefix" else 1)
                    shown += 1
            ids += own + after
            labels += [IGNORED] * (len(own) + len(after))
        return ids, labels

    def _about_screen(self, record: Record, perceived: Perceived, size: int, seed: str) -> Document:
        from train.data.conversation.sample import ask

        assert record.screen is not None
        if not perceived.pieces and self.config.lines is not None:
            raise Broken("empty picture", "nothing was read in the picture", record.key)
        try:
            screen = record.screen(perceived)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise Broken(
                "wrong type", f"the description does not fit the picture ({error!r:.120})", record.key
            ) from error
        rng = random.Random(f"screen {seed} {record.key}")
        turns: list[Any] = ask(screen, rng, "train", self.turns)
        if not turns:
            raise Broken("empty answer", "there is nothing to ask about the screen", record.key)
        apart = not any(turn.follows for turn in turns) and rng.random() < 0.6
        pieces = perceived.pieces if self.config.lines is not None else []
        row = self.maker.row(screen, turns, pieces, perceived.tensors, apart=apart, tokens=size - len(pieces))
        return document_of(row)

    def _size(self, perceived: Perceived) -> int:
        pieces = len(perceived.pieces) if self.config.lines is not None else 0
        seen = perceived.features if self.config.tower is not None else None
        return pieces + (0 if seen is None else self.tokens(seen))
