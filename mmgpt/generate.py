"""The engine: pictures are looked at once, then anything is asked about them.

`look` perceives a picture and keeps its memory; a question after that costs no vision, only keys and values for the
cross-attention layers, made once an answer. Text is made greedily or by sampling, in batches, token by token; copied spans are
expanded to what was read.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from mmgpt.chat import Message, Piecewise, Slot, form_of, render
from mmgpt.copying import Memory
from mmgpt.fusion import MemoryKV
from mmgpt.model import MMGPT, Pictures
from mmgpt.perception import Perceived, Perceiver

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from vision.reader.types import Line, PerceivedLine


class KVCache:
    """Keys and values of the self-attention layers, allocated once: [B, kv_heads, S, head_dim] a layer."""

    def __init__(self, model: MMGPT, rows: int, size: int) -> None:
        config = model.config.decoder
        weight = model.decoder.embed_tokens.weight
        shape = (rows, config.kv_heads, size, config.head_dim)
        count = len(config.self_attention_layers)
        self._keys = [torch.empty(shape, dtype=weight.dtype, device=weight.device) for _ in range(count)]
        self._values = [torch.empty_like(k) for k in self._keys]
        self.length, self.size = 0, size

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int) -> tuple[Tensor, Tensor]:
        """Adds T tokens of one layer; all layers of a step come before `advance`. Raises ValueError where the cache is full."""
        end = self.length + key_states.shape[2]
        if end > self.size:
            raise ValueError(f"the cache holds {self.size} tokens, {end} are needed")
        self._keys[layer_idx][:, :, self.length : end] = key_states
        self._values[layer_idx][:, :, self.length : end] = value_states
        return self._keys[layer_idx][:, :, :end], self._values[layer_idx][:, :, :end]

    def advance(self, tokens: int) -> None:
        """The step is done."""
        self.length += tokens


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen. temperature 0 is greedy; top_k 0 and top_p 1 leave all; the same seed gives the same text."""

    max_tokens: int = 192
    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.max_tokens < 1 or self.temperature < 0 or self.top_k < 0 or not 0 < self.top_p <= 1:
            raise ValueError(
                f"sampling needs max_tokens ≥ 1, temperature ≥ 0, top_k ≥ 0 and 0 < top_p ≤ 1, not {self.max_tokens}, "
                f"{self.temperature}, {self.top_k} and {self.top_p}"
            )


@dataclass(frozen=True)
class Seen:
    """A picture that was looked at: what was perceived, its memory [n, D], how many of it are pieces."""

    perceived: Perceived
    tokens: Tensor
    pieces: int

    @property
    def lines(self) -> list[Line]:
        """The lines that were read, in reading order."""
        return self.perceived.lines


@dataclass(frozen=True)
class Span:
    """A copied part of an answer: characters `start` to `end` of the answer's text are pieces `first` to `last` of picture `picture`."""

    start: int
    end: int
    picture: int
    first: int
    last: int


@dataclass(frozen=True)
class Answer:
    """`text`, what of it was copied from where, its token ids and their log-probabilities, and why it ended: "end", "stop" or "length"."""

    text: str
    spans: tuple[Span, ...]
    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish: str

    @property
    def confidence(self) -> float:
        """Probability of the whole answer, 0…1."""
        return float(np.exp(sum(self.logprobs)))


@dataclass
class Conversation:
    """Messages so far, oldest first; pictures stand in them as `Seen`."""

    messages: list[Message] = field(default_factory=list)

    def ask(self, *parts: str | Seen) -> Conversation:
        """The conversation with one more message of the user."""
        return Conversation([*self.messages, Message("user", parts)])

    def answered(self, text: str) -> Conversation:
        """The conversation with the assistant's answer."""
        return Conversation([*self.messages, Message("assistant", (text,))])

    @property
    def pictures(self) -> list[Seen]:
        """Pictures in the order in which they are shown."""
        return [part for message in self.messages for part in message.parts if isinstance(part, Seen)]


class Engine:
    """A model ready to answer. Threads may share it: no call leaves anything behind."""

    def __init__(self, model: MMGPT, tokenizer: Tokenizer, perceiver: Perceiver) -> None:
        self.model, self.tokenizer, self.perceiver = model.eval(), tokenizer, perceiver
        self.model.requires_grad_(False)

    # -- pictures ------------------------------------------------------------------------------------------------------------

    def look(self, image: np.ndarray, lines: Sequence[Line | PerceivedLine] | None = None) -> Seen:
        """RGB uint8 [H, W, 3] → a picture that can be asked about. `lines` that were read already are not read again."""
        return self.remember(self.perceiver(image, lines))

    @torch.inference_mode()
    def remember(self, perceived: Perceived) -> Seen:
        """The memory of what was perceived."""
        device = self.model.decoder.embed_tokens.weight.device
        lines, features = perceived.tensors, perceived.features
        if lines is None and features is None:  # a model that sees nothing: the control of evaluations
            return Seen(perceived, torch.zeros(0, self.model.config.decoder.width, device=device), 0)
        lines, features = (None if part is None else part.to(device) for part in (lines, features))  # type: ignore[assignment]
        ((tokens, pieces),) = self.model.see(Pictures([0], lines, features))
        return Seen(perceived, tokens, pieces)

    def _memory(self, conversations: Sequence[Conversation]) -> tuple[Memory | None, list[MemoryKV] | None]:
        """Memory of a batch. Rows that show the same pictures share one set of keys and values, which is expanded, not copied."""
        shown = [c.pictures for c in conversations]
        flat = [(seen.tokens, seen.pieces) for pictures in shown for seen in pictures]
        if not flat:
            return None, None
        first = shown[0]
        alike = all(len(p) == len(first) and all(a is b for a, b in zip(p, first, strict=True)) for p in shown)
        if alike:
            memory = self.model.remember(flat[: len(first)], [0] * len(first), 1)
            if memory is None:
                return None, None
            kv = self.model.memory_kv(memory)
            rows = len(conversations)
            memory = Memory(
                *(t.expand(rows, *t.shape[1:]) for t in (memory.tokens, memory.mask, memory.pieces, memory.piece_mask))
            )
            wide = None if kv is None else [MemoryKV(*(t.expand(rows, *t.shape[1:]) for t in pair)) for pair in kv]
            return memory, wide
        owner = [row for row, pictures in enumerate(shown) for _ in pictures]
        memory = self.model.remember(flat, owner, len(shown))
        return memory, self.model.memory_kv(memory)

    # -- text ----------------------------------------------------------------------------------------------------------------

    def prompt(self, conversation: Conversation) -> list[int]:
        """Token ids of a conversation up to where the assistant answers."""
        expand = None
        if self.model.config.fusion == "prefix":
            expand = [len(seen.tokens) for seen in conversation.pictures]
        return render(self.tokenizer, conversation.messages, images=expand, config=self.model.config)

    def answer(self, conversation: Conversation, sampling: Sampling | None = None) -> Answer:
        """One answer."""
        return self.answers([conversation], sampling)[0]

    def answers(self, conversations: Sequence[Conversation], sampling: Sampling | None = None) -> list[Answer]:
        """An answer to each conversation; a batch gives what one by one would. Row i of a batch is sampled with seed + i."""
        if not conversations:
            return []
        sampling = sampling or Sampling()
        writers = [self.writer(c, sampling) for c in conversations]
        for _ in self._steps(conversations, sampling, writers):
            pass
        return [answer_of(w) for w in writers]

    def stream(self, conversation: Conversation, sampling: Sampling | None = None) -> Generator[str, None, Answer]:
        """The answer's text, bit by bit; the bits together are the text of `answer`, which is what the generator returns.

        Close it to stop.
        """
        sampling = sampling or Sampling()
        writer = self.writer(conversation, sampling)
        for _ in self._steps([conversation], sampling, [writer]):
            if new := writer.flush():
                yield new
        if new := writer.flush(last=True):
            yield new
        return answer_of(writer)

    def fields(self, seen: Seen, prompts: dict[str, str], sampling: Sampling | None = None) -> dict[str, Answer]:
        """One answer for each prompt, decoded side by side over one picture."""
        asked = [Conversation().ask(seen, text) for text in prompts.values()]
        return dict(zip(prompts, self.answers(asked, sampling), strict=True))

    @torch.inference_mode()
    def attention(self, conversation: Conversation, answer: Answer) -> Tensor:
        """Where the model looked for each token of an answer: weights [len(answer.ids), N], the mean over heads and layers.

        Raises ValueError for models without cross-attention, or without a picture.
        """
        memory, kv = self._memory([conversation])
        if memory is None or kv is None:
            raise ValueError(
                "there is nothing to look at: the conversation has no picture, or the model no cross-attention"
            )
        prompt = self.prompt(conversation)
        ids = torch.tensor([[*prompt, *answer.ids]], device=memory.tokens.device)
        record: list[Tensor] = []
        self.model.hidden(ids, memory, kv, record=record)
        weights = torch.stack([r[0].mean(0) for r in record]).mean(0)  # [T, N]
        return weights[len(prompt) - 1 : len(prompt) - 1 + len(answer.ids)]

    def slots(self, conversation: Conversation) -> list[Slot]:
        """What each pointer leads to."""
        found: list[Slot] = []
        for number, seen in enumerate(conversation.pictures):
            found += [(number, i, seen.perceived.pieces) for i in range(seen.pieces)]
        return found[: self.model.config.pointers]

    def writer(self, conversation: Conversation, sampling: Sampling) -> Piecewise:
        """What turns the tokens of an answer into its text."""
        config = self.model.config
        return Piecewise(
            self.tokenizer, config.decoder.vocab_size, config.pointers, self.slots(conversation), sampling.stop,
            form_of(config).strips,
        )  # fmt: skip

    @torch.inference_mode()
    def _steps(
        self, conversations: Sequence[Conversation], sampling: Sampling, writers: Sequence[Piecewise]
    ) -> Iterator[int]:
        """Runs prefill and decoding, feeding each token to its row's writer; yields after each step."""
        model, config = self.model, self.model.config
        prompts = [self.prompt(c) for c in conversations]
        rows, longest = len(prompts), max(len(p) for p in prompts)
        if longest >= config.decoder.max_positions:
            raise ValueError(f"the conversation has {longest} tokens; this model takes {config.decoder.max_positions}")
        limits = [min(sampling.max_tokens, config.decoder.max_positions - len(p)) for p in prompts]
        steps = max(limits)
        memory, kv = self._memory(conversations)
        device = model.decoder.embed_tokens.weight.device
        ids = torch.full((rows, longest), config.pad_token, device=device)
        valid = torch.zeros(rows, longest + steps, dtype=torch.bool, device=device)
        for row, prompt in enumerate(prompts):  # padding stands left, so that all rows end together
            ids[row, longest - len(prompt) :] = torch.tensor(prompt)
            valid[row, longest - len(prompt) : longest] = True
        cache = KVCache(model, rows, longest + steps)
        generators = [torch.Generator(device="cpu").manual_seed(sampling.seed + row) for row in range(rows)]
        done = [False] * rows
        for step in range(steps):
            hidden = model.hidden(ids, memory, kv, valid=valid[:, : longest + step], cache=cache)
            cache.advance(ids.shape[1])
            logits = model.logits(hidden[:, -1:], ids[:, -1:], memory)[:, 0].float()
            logprobs = logits.log_softmax(-1)
            chosen = choose(logits, sampling, generators)
            ids = torch.tensor(chosen, device=device)[:, None]
            valid[:, longest + step] = True
            for row, token in enumerate(chosen):
                if done[row]:
                    continue
                ended = writers[row].add(token, float(logprobs[row, token]), token == config.end_token)
                done[row] = ended or step + 1 == limits[row]
            yield step
            if all(done):
                return


def choose(logits: Tensor, sampling: Sampling, generators: Sequence[torch.Generator]) -> list[int]:
    """Next tokens for logits float [B, V]: the likeliest, or drawn after temperature, top-k and top-p (nucleus; Holtzman et al., 2020)."""
    if sampling.temperature == 0:
        return logits.argmax(-1).tolist()
    # From the highest down, so that a temperature near 0 is greedy rather than an overflow.
    logits = (logits - logits.amax(-1, keepdim=True)) / max(sampling.temperature, 1e-6)
    if 0 < sampling.top_k < logits.shape[-1]:
        floor = logits.topk(sampling.top_k, -1).values[:, -1:]
        logits = logits.masked_fill(logits < floor, -torch.inf)
    if sampling.top_p < 1:
        ordered, order = logits.sort(-1, descending=True)
        probabilities = ordered.softmax(-1)
        outside = probabilities.cumsum(-1) - probabilities >= sampling.top_p  # what comes before already suffices
        logits = logits.scatter(-1, order, ordered.masked_fill(outside, -torch.inf))
    # One number a row decides, in double precision: torch.multinomial draws one for every token, which takes longer than the decoder.
    reached = logits.softmax(-1).cpu().double().cumsum(-1)
    drawn = torch.stack([torch.rand(1, generator=g, dtype=torch.float64) for g in generators]) * reached[:, -1:]
    found = torch.searchsorted(reached, drawn, right=True)
    last = torch.searchsorted(reached, reached[:, -1:].contiguous())  # where rounding makes the number the whole sum
    return torch.minimum(found, last)[:, 0].tolist()


def answer_of(writer: Piecewise) -> Answer:
    """What a writer has written."""
    text, spans = writer.result()
    return Answer(
        text, tuple(Span(*s) for s in spans), tuple(writer.ids), tuple(writer.logprobs), writer.finish or "length"
    )
