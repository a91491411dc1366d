"""A conversation as the page keeps it: turns with pictures of the shelf; what the model is told, what is shown, what is exported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mmgpt.copied import CopiedPart, Talk
from mmgpt.copied import Shown as ShownPicture
from mmgpt.copied import Turn as TalkTurn
from mmgpt.report.markdown import block, code
from mmgpt.schema import ImageInfo, unit
from mmgpt.serve.protocol import ChatMessage
from mmgpt.ui.shelf import Shelf


@dataclass(frozen=True)
class Picture:
    """A picture of a turn: its id on the shelf, a small copy as a data: URL, its name, and what it was."""

    id: str
    uri: str
    name: str
    info: ImageInfo


@dataclass(frozen=True)
class Turn:
    """One message. `copied` as in `mmgpt.serve.protocol.Finished`; `stopped`: the user has ended the answer."""

    role: str
    text: str
    pictures: tuple[Picture, ...] = ()
    copied: tuple[dict[str, Any], ...] = ()
    stopped: bool = False


@dataclass(frozen=True)
class Talking:
    """All turns, oldest first; nothing changes, so that every event works on what it was given."""

    turns: tuple[Turn, ...] = field(default=())

    def said(self, turn: Turn) -> Talking:
        """With one more turn."""
        return Talking((*self.turns, turn))

    def open_question(self) -> Talking:
        """Up to the last question, without its answer."""
        turns = self.turns
        while turns and turns[-1].role == "assistant":
            turns = turns[:-1]
        return Talking(turns)

    def undone(self) -> tuple[Talking, Turn | None]:
        """Without the last question and its answer; and that question."""
        turns = self.open_question().turns
        return (Talking(turns[:-1]), turns[-1]) if turns else (self, None)

    def edited(self, number: int, text: str) -> Talking:
        """Up to turn `number`, with another text; what followed is gone."""
        return Talking((*self.turns[:number], replace(self.turns[number], text=text)))

    # -- what the model is told ------------------------------------------------------------------------------------------------

    def asked(self, shelf: Shelf, owner: str) -> tuple[ChatMessage, ...]:
        """The messages, with pictures before texts. Raises ServiceError where a picture is no longer kept."""
        return tuple(
            ChatMessage(
                turn.role,
                (*(shelf.get(p.id, owner).image for p in turn.pictures), *([turn.text] if turn.text else [])),
            )
            for turn in self.turns
        )

    # -- what is exported --------------------------------------------------------------------------------------------------------

    def pictures(self) -> list[Picture]:
        """All pictures in their order."""
        return [picture for turn in self.turns for picture in turn.pictures]

    def talk(self, model: str) -> Talk:
        """The object mmgpt.conversation/1, as `mmgpt chat` saves it; pictures by name only."""
        turns, count = [], 0
        for turn in self.turns:
            numbers = list(range(count + 1, count + 1 + len(turn.pictures)))
            count += len(turn.pictures)
            role: Any = turn.role
            turns.append(TalkTurn(role=role, text=turn.text, pictures=numbers, spans=_spans(turn), confidence=None))
        images = [ShownPicture(path=picture.name, image=picture.info) for picture in self.pictures()]
        return Talk(model=model, images=images, messages=turns)

    def markdown(self, model: str) -> str:
        """The conversation as Markdown, in which no text is anything but text."""
        blocks = [f"# Conversation with {code(model)}"]
        count = 0
        for turn in self.turns:
            blocks.append("**You**" if turn.role == "user" else "**Answer**")
            for picture in turn.pictures:
                count += 1
                blocks.append(f"Picture {count}: {code(picture.name)}, {picture.info.width} × {picture.info.height}")
            if turn.text:
                blocks.append(block(turn.text))
        return "\n\n".join(blocks) + "\n"


def _spans(turn: Turn) -> list[CopiedPart]:
    return [
        CopiedPart(
            text=turn.text[part["start"] : part["end"]],
            start=part["start"],
            end=part["end"],
            picture=part["picture"] + 1,
            box=tuple(part["box"]),
            confidence=unit(part["confidence"]),
        )
        for part in turn.copied
        if part["end"] <= len(turn.text)
    ]


def clean(texts: Sequence[str]) -> str:
    """What a person typed, as one text without characters that a terminal or a file would obey."""
    kept = "\n".join(texts).replace("\r\n", "\n")
    return "".join(c for c in kept if c in "\n\t" or c.isprintable()).strip()
