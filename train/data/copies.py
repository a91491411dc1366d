"""An assistant's words as ids: what stands in the pictures word for word becomes pointers, all else is spelled.

Data from elsewhere does not say what an answer copies; it is found by comparing words. What comes out is checked by the writer that
expands answers, and is spelled altogether where that would say anything else than the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmgpt.chat import Piecewise, form_of, plain_ids
from mmgpt.config import ModelConfig
from mmgpt.copying import LONGEST_SPAN
from mmgpt.pieces import Piece, cut_pieces

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from mmgpt.chat import Slot

MOST_LETTERS = 20_000  # of an answer that is compared with the pictures; longer ones are spelled


class Copier:
    """Finds what answers copy from pictures whose `pieces` are given in the order of their pointers."""

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer, pictures: Sequence[Sequence[Piece]]) -> None:
        self.config, self.tokenizer = config, tokenizer
        slots: list[Slot] = [(n, i, pieces) for n, pieces in enumerate(pictures) for i in range(len(pieces))]
        self.slots = slots[: config.pointers]
        self.starts: dict[str, list[int]] = {}
        for number, (_, i, pieces) in enumerate(self.slots):
            self.starts.setdefault(pieces[i].text, []).append(number)

    def ids(self, text: str) -> list[int]:
        """Ids of an answer without its end."""
        if not self.slots or len(text) > MOST_LETTERS:
            return self._plain(text)
        ids = self._copied(text)
        return ids if self.expand(ids) == text else self._plain(text)

    def expand(self, ids: Sequence[int]) -> str:
        """What ids come out as."""
        config = self.config
        strips = form_of(config).strips
        writer = Piecewise(self.tokenizer, config.decoder.vocab_size, config.pointers, self.slots, strips=strips)
        for id_ in ids:
            writer.add(id_)
        return writer.result()[0]

    def _plain(self, text: str) -> list[int]:
        return plain_ids(self.tokenizer, text, form_of(self.config).control)

    def _copied(self, text: str) -> list[int]:
        words = cut_pieces([text], len(text))
        V, P = self.config.decoder.vocab_size, self.config.pointers
        ids: list[int] = []
        at = word = 0
        behind = False  # nothing was said since the last span
        while word < len(words):
            start, length = self._longest(text, words, word)
            gap = text[at : words[word].start]
            if not length or not _worth(words[word : word + length], len(words)) or (behind and not gap):
                word += 1
                continue
            _, i, pieces = self.slots[start]
            # Between spans the writer itself puts a blank where the pictures have one.
            written = behind and gap == " " and i > 0 and (pieces[i].spaced or pieces[i].line != pieces[i - 1].line)
            ids += [] if written else self._plain(gap)
            ids += [V + start, V + P + start + length - 1]
            at, word, behind = words[word + length - 1].end, word + length, True
            if word < len(words) and words[word].start > at + 1:
                behind = False
        return ids + self._plain(text[at:])

    def _longest(self, text: str, words: Sequence[Piece], word: int) -> tuple[int, int]:
        """The slot where the longest copy from `words[word]` on begins, and its length in pieces; the first of equals."""
        best = (0, 0)
        for start in self.starts.get(words[word].text, ()):
            _, i, pieces = self.slots[start]
            most = min(LONGEST_SPAN, len(words) - word, len(pieces) - i, len(self.slots) - start)
            length = 1
            while length < most:
                piece, before = pieces[i + length], pieces[i + length - 1]
                blank = " " if piece.spaced or piece.line != before.line else ""
                said = words[word + length]
                if piece.text != said.text or text[words[word + length - 1].end : said.start] != blank:
                    break
                length += 1
            if length > best[1]:
                best = (start, length)
        return best


def _worth(words: Sequence[Piece], count: int) -> bool:
    """Whether words are worth a copy: the whole answer, several with a real word among them, or one that is a name or a code rather than
    a word of the language."""
    if len(words) == count:
        return any(word.text.isalnum() or "_" in word.text for word in words)
    if len(words) > 1:
        return any(len(word.text) > 2 and word.text[0].isalnum() for word in words)
    text = words[0].text
    return len(text) > 3 and (any(c.isdigit() or c == "_" for c in text) or any(c.isupper() for c in text[1:]))
