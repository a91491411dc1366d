"""The text vocabulary: byte-level BPE (Sennrich et al., 2016) of 4,096 pieces, trained on what our screens and answers say.

Digits stand alone, so that numbers of any length are spelled alike; words and signs never merge with each other (the pattern
of GPT-2), and every byte has a piece of its own, so that nothing is unknown.
`python -m train.tokenizer --out mmgpt/weights/nano/tokenizer.json`.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from mmgpt.config import SPECIAL_TOKENS
from mmgpt.extractor.aliases import _NAMES as PROGRAMS
from mmgpt.schema import CATEGORIES, KINDS, MEANING
from train.data.text import corpus
from train.data.world.content import texts
from train.data.world.sample import sample_content

log = logging.getLogger(__name__)
VOCABULARY = 4096
LONGEST = 12  # bytes of a piece: longer ones are names that one program has used once
_SCREENS = 12_000
_LINES = 60_000


def train_tokenizer(lines: Iterable[str], vocabulary: int = VOCABULARY) -> Tokenizer:
    """A tokenizer whose first ids are SPECIAL_TOKENS and the 256 bytes. Raises ValueError where it could not reach the size asked for."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=LONGEST,
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    if tokenizer.get_vocab_size() != vocabulary:
        raise ValueError(
            f"the text is too small: {tokenizer.get_vocab_size()} pieces were found in it, {vocabulary} were asked for"
        )
    return tokenizer


def conversation_lines(count: int) -> Iterator[str]:
    """Questions and answers of training conversations."""
    from train.data.conversation.sample import sample_conversation

    for seed in range(count):
        _, screen, turns = sample_conversation(10_000_000 + seed, "train", 8)
        for turn in turns:
            yield turn.question
            yield "".join(s if isinstance(s, str) else screen.lines[s.line].read[s.start : s.end] for s in turn.answer)


def own_text(seed: int = 0) -> Iterator[str]:
    """What is on simulated screens, what is said about them, lines of installed software, and the words of our schema."""
    rng = random.Random(seed)
    for _ in range(_SCREENS):
        for piece in texts(sample_content(rng, "train")):
            yield piece.text
    yield from itertools.islice(corpus(), _LINES)
    yield from conversation_lines(6_000)
    for _ in range(50):  # rare in running text, common in answers
        yield from (*CATEGORIES, *KINDS, *MEANING.values(), *PROGRAMS)


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the tokenizer file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    tokenizer = train_tokenizer(own_text())
    options.out.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(options.out), pretty=False)
    sample = list(itertools.islice(own_text(1), 4000))
    pieces = sum(len(e.ids) for e in tokenizer.encode_batch(sample))
    log.info(
        "%s: %d pieces, %.2f bytes a piece",
        options.out,
        tokenizer.get_vocab_size(),
        sum(len(s.encode()) for s in sample) / pieces,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
