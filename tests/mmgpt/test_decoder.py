"""The decoder: what a token may see, what a cache and padding must not change, and how memory comes in."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from mmgpt.config import PRESETS, DecoderConfig, LinesConfig, ModelConfig, debug, hub_small, nano
from mmgpt.decoder import Decoder, attention_mask, inverse_frequencies
from mmgpt.fusion import CrossAttentionLayer, splice_prefix

SMALL = DecoderConfig(
    vocab_size=48, width=32, layers=5, heads=4, kv_heads=2, head_dim=8, feed_forward=48, cross_attention_layers=(1, 3),
    cross_attention_gate=0.7, qk_norm=True, no_rope_layers=(1,), max_positions=64,
)  # fmt: skip
CLOSED = replace(SMALL, cross_attention_gate=0.0)
VARIANTS = {
    "crossing": SMALL,
    "plain": replace(SMALL, layers=3, cross_attention_layers=()),
    "biases": replace(SMALL, qkv_bias=True, qk_norm=False, kv_heads=4, no_rope_layers=()),
}
B, T, N = 3, 7, 5


class GrowingCache:
    """The least that a cache can be: keys and values of each layer, one after the other."""

    def __init__(self) -> None:
        self.layers: dict[int, tuple[Tensor, Tensor]] = {}

    def update(self, key_states: Tensor, value_states: Tensor, layer_idx: int) -> tuple[Tensor, Tensor]:
        if layer_idx in self.layers:
            keys, values = self.layers[layer_idx]
            key_states, value_states = torch.cat([keys, key_states], 2), torch.cat([values, value_states], 2)
        self.layers[layer_idx] = key_states, value_states
        return key_states, value_states


def make(config: DecoderConfig, seed: int = 0) -> Decoder:
    """A random decoder in which nothing is small enough to hide in a tolerance."""
    torch.manual_seed(seed)
    decoder = Decoder(config).eval()
    with torch.no_grad():
        for name, parameter in decoder.named_parameters():
            if parameter.ndim == 2:
                parameter.normal_(std=0.3)
            elif "gate" not in name:
                parameter.add_(torch.randn_like(parameter) * 0.2)
    return decoder


def positions_of(valid: Tensor) -> Tensor:
    return (valid.long().cumsum(1) - 1).clamp(min=0)


def logits_of(decoder: Decoder, ids: Tensor, *, valid: Tensor | None = None, **memory: Any) -> Tensor:
    """[B, T, V] of whole sequences at once."""
    valid = torch.ones_like(ids, dtype=torch.bool) if valid is None else valid
    x = decoder.embed_tokens(ids)
    hidden = decoder(x, positions_of(valid), attention_mask(valid, ids.shape[1]), **memory)
    return decoder.head(hidden)


def remembered(decoder: Decoder, rows: int = B, seed: int = 1) -> dict[str, Any]:
    """Random memory for a decoder, the last token of row 0 missing; nothing for a decoder without cross-attention."""
    if not decoder.config.cross_attention_layers:
        return {}
    there = torch.ones(rows, N, dtype=torch.bool)
    there[0, -1] = False
    memory = torch.randn(rows, N, decoder.config.width, generator=torch.Generator().manual_seed(seed))
    return {"memory": decoder.memory_kv(memory), "memory_mask": there}


@pytest.fixture
def ids() -> Tensor:
    return torch.randint(0, SMALL.vocab_size, (B, T), generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
@pytest.mark.parametrize("steps", [(1,) * T, (4, 3), (3, 1, 1, 2), (1, 6)], ids=str)
def test_a_cache_changes_nothing(config: DecoderConfig, steps: tuple[int, ...], ids: Tensor):
    decoder = make(config)
    valid = torch.ones(B, T, dtype=torch.bool)
    valid[1, :2] = False
    memory = remembered(decoder)
    whole = logits_of(decoder, ids, valid=valid, **memory)
    cache, parts, start = GrowingCache(), [], 0
    for step in steps:
        end = start + step
        x = decoder.embed_tokens(ids[:, start:end])
        mask = attention_mask(valid[:, :end], step)
        parts.append(decoder.head(decoder(x, positions_of(valid)[:, start:end], mask, cache, **memory)))
        start = end
    assert sorted(cache.layers) == list(range(len(config.self_attention_layers)))
    torch.testing.assert_close(torch.cat(parts, 1)[valid], whole[valid], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("steps", [(1,) * T, (4, 3), (3, 1, 3)], ids=str)
def test_no_mask_means_causal_with_a_cache_too(steps: tuple[int, ...], ids: Tensor):
    """transformers' own cache, several tokens after several others, and nobody who makes a mask."""
    cache_utils = pytest.importorskip("transformers.cache_utils")
    decoder, places = make(SMALL), torch.arange(T).expand(B, T)
    cache, parts, start = cache_utils.DynamicCache(), [], 0
    for step in steps:
        chunk = slice(start, start + step)
        parts.append(decoder.head(decoder(decoder.embed_tokens(ids[:, chunk]), places[:, chunk], None, cache)))
        start += step
    torch.testing.assert_close(torch.cat(parts, 1), logits_of(decoder, ids), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
def test_padding_on_the_left_changes_nothing(config: DecoderConfig, ids: Tensor):
    decoder = make(config)
    memory = remembered(decoder)
    alone = logits_of(decoder, ids, **memory)
    for pad in (1, 4):
        longer = torch.cat([torch.full((B, pad), 5), ids], 1)
        valid = torch.ones_like(longer, dtype=torch.bool)
        valid[:, :pad] = False
        padded = logits_of(decoder, longer, valid=valid, **memory)
        assert padded.isfinite().all(), "padding itself must not be NaN, or its gradient would be"
        torch.testing.assert_close(padded[:, pad:], alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())
@pytest.mark.parametrize("padded", [False, True], ids=["whole", "padded"])
def test_no_token_sees_a_later_one(config: DecoderConfig, padded: bool, ids: Tensor):
    decoder = make(config)
    memory = remembered(decoder)
    valid = torch.ones(B, T, dtype=torch.bool)
    valid[0, :2] = not padded
    before = logits_of(decoder, ids, valid=valid, **memory)
    for t in range(T):
        changed = ids.clone()
        changed[:, t] = (changed[:, t] + 1) % SMALL.vocab_size
        after = logits_of(decoder, changed, valid=valid, **memory)
        torch.testing.assert_close(after[:, :t], before[:, :t], rtol=0, atol=1e-6)
        moved = (after - before)[:, t:].abs().amax(-1)
        assert (moved[valid[:, t]] > 1e-3).all(), f"token {t} reaches itself and every later one"
        assert (moved[~valid[:, t]][:, 1:] == 0).all(), "padding reaches nobody but itself"


def test_the_mask_is_causal_and_blind_for_padding():
    valid = torch.tensor([[True, True, True, True], [False, False, True, True]])
    mask = attention_mask(valid, 4)
    assert mask is not None and mask.shape == (2, 1, 4, 4)
    assert torch.equal(mask[0, 0], torch.ones(4, 4, dtype=torch.bool).tril())
    assert mask[1, 0].int().tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]]
    last = attention_mask(valid, 2)
    assert last is not None and torch.equal(last, mask[:, :, 2:])
    whole = valid[:1]
    assert attention_mask(whole, 4) is None and attention_mask(whole, 1) is None
    assert attention_mask(whole, 2) is not None, "a chunk after others needs a mask even without padding"


def test_a_row_without_memory_reads_text_alone(ids: Tensor):
    decoder = make(SMALL)
    memory = torch.randn(B, N, SMALL.width)
    there = torch.ones(B, N, dtype=torch.bool)
    there[1] = False
    text = logits_of(decoder, ids)
    mixed = logits_of(decoder, ids, memory=decoder.memory_kv(memory), memory_mask=there)
    torch.testing.assert_close(mixed[1], text[1], rtol=0, atol=1e-6)
    assert ((mixed - text)[[0, 2]].abs().amax((1, 2)) > 0.1).all(), "the others do read theirs"
    other = logits_of(decoder, ids, memory=decoder.memory_kv(memory.flip(0) * 3), memory_mask=there)
    torch.testing.assert_close(other[1], mixed[1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("mask", [None, torch.zeros(B, 0, dtype=torch.bool)], ids=["no mask", "empty mask"])
def test_memory_of_no_tokens_is_no_memory(mask: Tensor | None, ids: Tensor):
    decoder = make(SMALL)
    nothing = decoder.memory_kv(torch.zeros(B, 0, SMALL.width))
    out = logits_of(decoder, ids, memory=nothing, memory_mask=mask)
    torch.testing.assert_close(out, logits_of(decoder, ids), rtol=0, atol=1e-6)


def test_masked_memory_changes_nothing(ids: Tensor):
    decoder = make(SMALL)
    memory, there = torch.randn(B, N, SMALL.width), torch.rand(B, N) < 0.6
    there[:, 0] = True
    assert not there.all(1).any(), "each row has something masked"
    first = logits_of(decoder, ids, memory=decoder.memory_kv(memory), memory_mask=there)
    changed = torch.where(there[..., None], memory, torch.randn_like(memory) * 100)
    second = logits_of(decoder, ids, memory=decoder.memory_kv(changed), memory_mask=there)
    torch.testing.assert_close(second, first, rtol=0, atol=1e-6)
    for row in range(B):
        kept = decoder.memory_kv(memory[row : row + 1, there[row]])
        torch.testing.assert_close(
            logits_of(decoder, ids[row : row + 1], memory=kept), first[row : row + 1], rtol=1e-4, atol=1e-4
        )
    opened = logits_of(decoder, ids, memory=decoder.memory_kv(changed))
    assert (opened - first).abs().max() > 0.1, "without the mask it would matter"


def test_gradients_are_finite_with_a_row_without_memory(ids: Tensor):
    decoder = make(SMALL)
    memory = torch.randn(B, N, SMALL.width, requires_grad=True)
    there = torch.ones(B, N, dtype=torch.bool)
    there[1], there[2, 2:] = False, False
    valid = torch.ones(B, T, dtype=torch.bool)
    valid[0, :3] = False
    out = logits_of(decoder, ids, valid=valid, memory=decoder.memory_kv(memory), memory_mask=there)
    out[valid].square().mean().backward()
    for name, parameter in decoder.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0, name
    assert memory.grad is not None and memory.grad.isfinite().all()
    reached = memory.grad.abs().amax(-1) > 0
    assert torch.equal(reached, there), "only memory that is there gets a gradient"


def test_gates_at_zero_are_text_alone_and_can_open(ids: Tensor):
    decoder = make(CLOSED)
    memory = remembered(decoder)
    text = logits_of(decoder, ids)
    closed = logits_of(decoder, ids, **memory)
    assert torch.equal(closed, text)
    closed.square().mean().backward()
    gates = {name: p for name, p in decoder.named_parameters() if name.endswith("gate")}
    assert len(gates) == 4, "one for attention and one for the feed-forward of each of the two layers"
    for name, gate in gates.items():
        assert gate.grad is not None and gate.grad.abs() > 1e-6, name
    with torch.no_grad():
        for gate in gates.values():
            assert gate.grad is not None
            gate.sub_(0.5 * gate.grad.sign())
    assert (logits_of(decoder, ids, **memory) - text).abs().max() > 0.1


def test_weights_that_are_recorded_are_those_that_are_used(ids: Tensor):
    decoder = make(SMALL)
    memory = remembered(decoder)
    record: list[Tensor] = []
    plain = logits_of(decoder, ids, **memory)
    assert torch.equal(logits_of(decoder, ids, record=record, **memory), plain)
    assert [tuple(weights.shape) for weights in record] == [(B, SMALL.heads, T, N)] * 2
    for weights in record:
        torch.testing.assert_close(weights.sum(-1), torch.ones(B, SMALL.heads, T))
        assert (weights[0, :, :, -1] == 0).all(), "masked memory is not looked at"
    # By hand: the first crossing layer's output from the recorded weights.
    layer = decoder.layers[1]
    assert isinstance(layer, CrossAttentionLayer)
    x = torch.randn(B, T, SMALL.width)
    seen: list[Tensor] = []
    out = layer(x, memory["memory"][0], memory["memory_mask"], seen)
    values = memory["memory"][0].values.repeat_interleave(2, 1)
    read = layer.o_proj((seen[0] @ values).transpose(1, 2).reshape(B, T, -1))
    x = x + torch.tanh(layer.attention_gate) * read
    x = x + torch.tanh(layer.mlp_gate) * layer.mlp(layer.post_attention_layernorm(x))
    torch.testing.assert_close(out, x, rtol=1e-4, atol=1e-4)


def test_threads_do_not_disturb_each_other():
    decoder = make(SMALL)

    def speak(seed: int) -> Tensor:
        """Four rounds of greedy decoding with a cache and memory of its own; ids [1, 12] each."""
        rounds = []
        for turn in range(4):
            generator = torch.Generator().manual_seed(100 * seed + turn)
            ids = torch.randint(0, SMALL.vocab_size, (1, 3 + seed), generator=generator)
            memory, cache, said = remembered(decoder, 1, seed=seed + turn), GrowingCache(), []
            place, step = 0, ids
            for _ in range(12):
                at = torch.arange(place, place + step.shape[1])[None]
                hidden = decoder(decoder.embed_tokens(step), at, None, cache, **memory)
                place, step = place + step.shape[1], decoder.head(hidden[:, -1:]).argmax(-1)
                said.append(step)
            rounds.append(torch.cat(said, 1))
        return torch.cat(rounds)

    with torch.inference_mode():
        one_after_the_other = [speak(seed) for seed in range(4)]
    assert len({tuple(ids.flatten().tolist()) for ids in one_after_the_other}) == 4, "they do say different things"
    with ThreadPoolExecutor(4) as pool:
        at_once = list(pool.map(torch.inference_mode()(speak), range(4)))
    for here, there in zip(at_once, one_after_the_other, strict=True):
        assert torch.equal(here, there)


def test_memory_for_another_number_of_layers_is_refused(ids: Tensor):
    decoder = make(SMALL)
    kv = decoder.memory_kv(torch.randn(B, N, SMALL.width))
    with pytest.raises(ValueError, match=r"memory for 1 cross-attention layers was given; the decoder has 2"):
        logits_of(decoder, ids, memory=kv[:1])


def test_rotation_of_an_unknown_kind_is_refused():
    config = replace(SMALL, rope_scaling={"rope_type": "yarn", "factor": 2.0})
    with pytest.raises(ValueError, match="'yarn' is not supported"):
        inverse_frequencies(config, torch.device("cpu"))


def test_prefix_puts_memory_in_place_of_image_tokens():
    ids = torch.tensor([[9, 1, 1, 9], [1, 9, 9, 9], [9, 9, 9, 9]])
    embedded, memory = torch.randn(3, 4, 2), torch.randn(3, 3, 2, requires_grad=True)
    there = torch.tensor([[True, False, True], [False, True, False], [False, False, False]])
    out = splice_prefix(embedded, ids, 1, memory, there)
    expected = embedded.clone()
    expected[0, 1], expected[0, 2], expected[1, 0] = memory[0, 0], memory[0, 2], memory[1, 1]
    assert torch.equal(out, expected)
    out.sum().backward()
    assert memory.grad is not None and torch.equal(memory.grad.bool().all(-1), there)


def test_prefix_says_which_row_has_how_many():
    ids, there = torch.tensor([[1, 9], [1, 1]]), torch.tensor([[True, False, False], [True, True, True]])
    with pytest.raises(ValueError, match=r"row 1 has 2 <image> tokens but 3 visual tokens"):
        splice_prefix(torch.randn(2, 2, 4), ids, 1, torch.randn(2, 3, 4), there)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())
def test_presets_survive_json(preset: Any):
    config = preset()
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


def test_scaled_rotation_and_other_parts_survive_json():
    scaling = {"rope_type": "linear", "factor": 2.0}
    decoder = replace(SMALL, rope_scaling=scaling)
    config = ModelConfig(decoder=decoder, tower=None, lines=LinesConfig(max_pieces=7))
    again = ModelConfig.from_dict(json.loads(json.dumps(config.to_dict())))
    assert again == config and again.pointers == 7 and again.logits_size == SMALL.vocab_size + 14


@pytest.mark.parametrize("part", [None, "decoder", "tower", "projector", "lines"])
def test_a_field_of_another_version_is_refused(part: str | None):
    value = debug().to_dict()
    (value if part is None else value[part])["colour"] = "red"
    kind = "ModelConfig" if part is None else f"{part.capitalize()}Config"
    with pytest.raises(ValueError, match=f"{kind} has no field colour; known: "):
        ModelConfig.from_dict(value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": 5}, "5 heads cannot share 2 key-value heads"),
        ({"cross_attention_layers": (0,)}, r"cross_attention_layers \[0\] are not within 1 … 4"),
        ({"cross_attention_layers": (2, 5)}, r"cross_attention_layers \[5\] are not within 1 … 4"),
        ({"cross_attention_layers": (2, 2)}, r"cross_attention_layers \[2, 2\] name a layer twice"),
    ],
)
def test_impossible_decoders_are_refused(changes: dict[str, Any], message: str):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **changes)


def test_fusion_and_layers_must_agree():
    with pytest.raises(ValueError, match="prefix fusion has none"):
        ModelConfig(decoder=SMALL, fusion="prefix")
    with pytest.raises(ValueError, match="name at least one"):
        ModelConfig(decoder=VARIANTS["plain"], fusion="cross")


@pytest.mark.parametrize(("preset", "parameters"), [(debug, 180_994), (nano, 2_486_372), (hub_small, 134_515_008)])
def test_sizes_are_what_we_say(preset: Any, parameters: int):
    """Decoders alone. hub_small's is SmolLM2-135M's to the last weight; debug's stays far under a million."""
    with torch.device("meta"):
        decoder = Decoder(preset().decoder)
    assert sum(parameter.numel() for parameter in decoder.parameters()) == parameters


def test_tied_embeddings_are_one_tensor():
    tied, untied = make(SMALL), make(replace(SMALL, tie_embeddings=False))
    hidden = torch.randn(2, SMALL.width)
    assert "lm_head.weight" not in tied.state_dict()
    torch.testing.assert_close(tied.head(hidden), hidden @ tied.embed_tokens.weight.T)
    assert not torch.allclose(untied.head(hidden), hidden @ untied.embed_tokens.weight.T)
