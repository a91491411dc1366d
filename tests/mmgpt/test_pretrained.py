"""Checkpoints of the Llama family: ours speaks as transformers' models do, and folders that do not fit say why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from mmgpt.config import DecoderConfig
from mmgpt.decoder import Decoder, attention_mask
from mmgpt.fusion import CrossAttentionLayer
from mmgpt.pretrained import decoder_config, export_decoder, load_decoder
from vision.reader.weights import WeightsError

ROOT = Path(__file__).resolve().parents[2]
SIZES: dict[str, Any] = {
    "vocab_size": 50, "hidden_size": 32, "intermediate_size": 44, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 128, "bos_token_id": None, "eos_token_id": None, "pad_token_id": None,
}  # fmt: skip
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 5000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}  # fmt: skip
# name → (transformers' class without its ending, what its configuration has beside SIZES)
CHECKPOINTS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama, untied": ("Llama", {"tie_word_embeddings": False}),
    "llama 3.1's rotation, tied": ("Llama", {"tie_word_embeddings": True, "rope_parameters": LLAMA3}),
    "llama, wide heads, linear rotation": (
        "Llama", {"head_dim": 12, "rope_parameters": {"rope_type": "linear", "factor": 3.0, "rope_theta": 700.0}},
    ),
    "llama without groups": ("Llama", {"num_key_value_heads": 4, "rms_norm_eps": 1e-3}),
    "mistral": ("Mistral", {"sliding_window": None, "head_dim": 16}),
    "mistral, window as long as the context": ("Mistral", {"sliding_window": 128}),
    "qwen2": ("Qwen2", {"tie_word_embeddings": True, "rope_parameters": {"rope_type": "default", "rope_theta": 1e6}}),
    "qwen2, window for no layer": ("Qwen2", {"use_sliding_window": True, "sliding_window": 4, "max_window_layers": 3}),
    "qwen3": ("Qwen3", {"head_dim": 8}),
    "qwen3, wide heads, tied": ("Qwen3", {"head_dim": 24, "tie_word_embeddings": True}),
    "smollm3": ("SmolLM3", {"no_rope_layers": [1, 0, 1]}),
    "smollm3 by interval": ("SmolLM3", {"no_rope_layer_interval": 3, "tie_word_embeddings": False}),
}  # fmt: skip
FAMILY = {"llama": "Llama", "qwen2": "Qwen2", "qwen3": "Qwen3", "smollm3": "SmolLM3"}


def theirs(name: str, **changes: Any) -> Any:
    """A random model of transformers in which nothing is small enough to hide in a tolerance, biases and norms neither."""
    transformers = pytest.importorskip("transformers")
    kind, values = CHECKPOINTS[name]
    torch.manual_seed(0)
    model = getattr(transformers, f"{kind}ForCausalLM")(
        getattr(transformers, f"{kind}Config")(**{**SIZES, **values, **changes})
    )
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.normal_(std=0.25)
            else:
                parameter.add_(torch.randn_like(parameter) * 0.3)
    return model.eval()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A good checkpoint to be spoilt: Llama, tied."""
    theirs("llama, untied", tie_word_embeddings=True).save_pretrained(tmp_path / "good")
    return tmp_path / "good"


def text(rows: int = 2, length: int = 24) -> Tensor:
    return torch.randint(0, SIZES["vocab_size"], (rows, length), generator=torch.Generator().manual_seed(3))


@torch.inference_mode()
def logits_of(decoder: Decoder, ids: Tensor, **memory: Any) -> Tensor:
    hidden = decoder(decoder.embed_tokens(ids), torch.arange(ids.shape[1]).expand(ids.shape), **memory)
    return decoder.head(hidden)


@torch.inference_mode()
def assert_same(decoder: Decoder, model: Any, **memory: Any) -> None:
    expected = model(text()).logits
    assert expected.std() > 0.5, "logits near zero would prove nothing"
    torch.testing.assert_close(logits_of(decoder, text(), **memory), expected, rtol=0, atol=1e-4)


def edit_config(folder: Path, **values: Any) -> None:
    """Changes fields of config.json; `...` takes one out."""
    config = json.loads((folder / "config.json").read_text()) | values
    (folder / "config.json").write_text(json.dumps({k: v for k, v in config.items() if v is not ...}))


def edit_tensors(folder: Path, change: Callable[[dict[str, Tensor]], Any]) -> None:
    tensors = {name: tensor.clone() for name, tensor in load_file(folder / "model.safetensors").items()}
    change(tensors)
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_logits_are_those_of_transformers(name: str, tmp_path: Path):
    model = theirs(name)
    model.save_pretrained(tmp_path)
    decoder = load_decoder(tmp_path)
    assert_same(decoder, model)
    assert decoder.config.tie_embeddings == model.config.tie_word_embeddings
    assert (decoder.lm_head is None) == model.config.tie_word_embeddings
    assert sum(p.numel() for p in decoder.parameters()) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("name", ["llama 3.1's rotation, tied", "qwen2", "qwen3", "smollm3"])
@pytest.mark.parametrize("crossing", [(1,), (4, 2), (1, 3, 5), (3, 4)], ids=str)
def test_new_layers_leave_the_logits_as_they_were(name: str, crossing: tuple[int, ...], tmp_path: Path):
    model = theirs(name)
    model.save_pretrained(tmp_path)
    decoder = load_decoder(tmp_path, cross_attention_layers=crossing)
    assert decoder.config.layers == 3 + len(crossing)
    new = [i for i, layer in enumerate(decoder.layers) if isinstance(layer, CrossAttentionLayer)]
    assert new == sorted(crossing) == list(decoder.config.cross_attention_layers)
    memory = decoder.memory_kv(torch.randn(2, 6, 32))
    assert_same(decoder, model, memory=memory, memory_mask=torch.rand(2, 6) < 0.5)
    assert_same(decoder, model)
    assert all(not p.is_meta and p.requires_grad and p.isfinite().all() for p in decoder.parameters())
    with torch.no_grad():
        for name, gate in decoder.named_parameters():
            if name.endswith("gate"):
                gate.fill_(0.8)
    assert (logits_of(decoder, text(), memory=memory) - logits_of(decoder, text())).abs().max() > 0.1


def test_left_padding_is_the_same_as_in_transformers(tmp_path: Path):
    model = theirs("smollm3")
    model.save_pretrained(tmp_path)
    decoder = load_decoder(tmp_path)
    valid = torch.ones(2, 24, dtype=torch.bool)
    valid[1, :9] = False
    places = (valid.long().cumsum(1) - 1).clamp(min=0)
    with torch.inference_mode():
        expected = model(text(), attention_mask=valid.long(), position_ids=places).logits
        ours = decoder.head(decoder(decoder.embed_tokens(text()), places, attention_mask(valid, 24)))
    torch.testing.assert_close(ours[valid], expected[valid], rtol=0, atol=1e-4)


def test_shards_are_put_together(tmp_path: Path):
    model = theirs("qwen2")
    model.save_pretrained(tmp_path, max_shard_size="9KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2 and (tmp_path / "model.safetensors.index.json").is_file()
    (tmp_path / "consolidated.safetensors").write_bytes(b"other files are none of our business")
    assert_same(load_decoder(tmp_path), model)


def test_shards_need_no_index(tmp_path: Path):
    model = theirs("llama, untied")
    model.save_pretrained(tmp_path, max_shard_size="9KB")
    (tmp_path / "model.safetensors.index.json").unlink()
    assert_same(load_decoder(tmp_path), model)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_parameters_have_the_type_that_was_asked_for(dtype: torch.dtype, folder: Path):
    decoder = load_decoder(folder, cross_attention_layers=(2,), dtype=dtype)
    assert {parameter.dtype for parameter in decoder.parameters()} == {dtype}
    assert logits_of(decoder, text()).dtype == dtype


def test_half_precision_checkpoints_widen_and_stay_the_same(tmp_path: Path):
    model = theirs("qwen3").to(torch.bfloat16)
    model.save_pretrained(tmp_path)
    assert_same(load_decoder(tmp_path), type(model).from_pretrained(tmp_path, dtype=torch.float32).eval())
    narrow = load_decoder(tmp_path, dtype=torch.bfloat16)
    with torch.inference_mode():  # float32 itself is up to 0.2 away
        expected = type(model).from_pretrained(tmp_path, dtype=torch.bfloat16).eval()(text()).logits
    torch.testing.assert_close(logits_of(narrow, text()), expected, rtol=0, atol=0.02)
    saved = load_file(tmp_path / "model.safetensors")
    assert torch.equal(narrow.embed_tokens.weight, saved["model.embed_tokens.weight"])


def test_weights_outlive_their_file(folder: Path):
    decoder = load_decoder(folder)
    before = logits_of(decoder, text())
    path = folder / "model.safetensors"
    path.write_bytes(b"\xff" * path.stat().st_size)
    assert torch.equal(logits_of(decoder, text()), before)


def test_configurations_of_before_transformers_5(tmp_path: Path):
    """rope_theta and rope_scaling stand beside the rest, with "type" for the kind, and head_dim is not there."""
    model = theirs("llama 3.1's rotation, tied")
    model.save_pretrained(tmp_path)
    scaling = {k: v for k, v in LLAMA3.items() if k not in ("rope_theta", "rope_type")} | {"type": "llama3"}
    edit_config(tmp_path, rope_parameters=..., rope_theta=5000.0, rope_scaling=scaling, head_dim=...)
    assert_same(load_decoder(tmp_path), model)


def test_what_a_configuration_leaves_out_is_what_transformers_takes():
    """Only the sizes are given; the rest must be each family's own default."""
    transformers = pytest.importorskip("transformers")
    needed = {k: v for k, v in SIZES.items() if not k.endswith("token_id") and k != "num_key_value_heads"}
    needed |= {"num_attention_heads": 32, "hidden_size": 256, "num_hidden_layers": 9}
    for model_type, kind in {**FAMILY, "mistral": "Mistral"}.items():
        ours = decoder_config({"model_type": model_type, **needed})
        reference = getattr(transformers, f"{kind}Config")(**needed)
        assert ours.kv_heads == reference.num_key_value_heads, model_type
        assert ours.head_dim == (getattr(reference, "head_dim", None) or 256 // 32), model_type
        assert ours.rope_theta == reference.rope_parameters["rope_theta"], model_type
        assert ours.norm_eps == reference.rms_norm_eps and ours.tie_embeddings == reference.tie_word_embeddings
        assert [int(i not in ours.no_rope_layers) for i in range(9)] == getattr(reference, "no_rope_layers", [1] * 9)


def test_smollm3_without_a_list_goes_by_interval(tmp_path: Path):
    model = theirs("smollm3 by interval")
    model.save_pretrained(tmp_path)
    edit_config(tmp_path, no_rope_layers=...)
    decoder = load_decoder(tmp_path, cross_attention_layers=(1,))
    assert decoder.config.no_rope_layers == (2,), "counted among the layers of self-attention"
    assert_same(decoder, model)


def test_a_tied_head_may_be_stored_twice_but_not_differ(folder: Path):
    edit_tensors(folder, lambda t: t.update({"lm_head.weight": t["model.embed_tokens.weight"].clone()}))
    assert load_decoder(folder).lm_head is None
    edit_tensors(folder, lambda t: t["lm_head.weight"].add_(1))
    with pytest.raises(WeightsError, match=r"lm_head\.weight of its own.*set tie_word_embeddings to false"):
        load_decoder(folder)
    edit_config(folder, tie_word_embeddings=False)
    decoder = load_decoder(folder)
    assert decoder.lm_head is not None
    torch.testing.assert_close(decoder.lm_head.weight, decoder.embed_tokens.weight + 1)


def test_stored_rotary_tables_are_not_weights(folder: Path):
    edit_tensors(folder, lambda t: t.update({"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}))
    load_decoder(folder)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model_type": "gemma"}, "model_type 'gemma' is not supported; supported are llama, mistral, qwen2, qwen3, smollm3"),
        ({"model_type": ...}, "model_type None is not supported"),
        ({"hidden_size": ...}, "needs a whole number above 0 as hidden_size; it has None"),
        ({"num_hidden_layers": 4}, r"missing: model\.layers\.3\.input_layernorm\.weight, model\.layers\.3"),
        ({"num_hidden_layers": 2}, r"not in such a model: model\.layers\.2\.input_layernorm\.weight"),
        ({"tie_word_embeddings": False}, r"missing: lm_head\.weight"),
        ({"model_type": "qwen3"}, r"missing: model\.layers\.0\.self_attn\.k_norm\.weight"),
        ({"model_type": "qwen2"}, r"missing: model\.layers\.0\.self_attn\.k_proj\.bias"),
        (
            {"intermediate_size": 45},
            r"model\.layers\.0\.mlp\.gate_proj\.weight has shape \[44, 32\], config.json makes it \[45, 32\]",
        ),
        ({"hidden_act": "gelu"}, "hidden_act 'gelu' is not supported"),
        ({"attention_bias": True}, "attention_bias puts a bias on o_proj"),
        ({"mlp_bias": True}, "mlp_bias puts biases on the feed-forward"),
        ({"quantization_config": {"quant_method": "gptq"}}, "quantised by 'gptq'"),
        ({"model_type": "mistral", "sliding_window": 100}, "window of 100 tokens is shorter than the 128 of"),
        ({"model_type": "mistral", "max_position_embeddings": 4097}, "window of 4096 tokens is shorter than the 4097"),
        (
            {"model_type": "qwen2", "use_sliding_window": True, "sliding_window": 8, "max_window_layers": 2},
            "window of 8 tokens is shorter than the 128",
        ),
        (
            {"model_type": "qwen3", "sliding_window": 8, "layer_types": ["full_attention", "sliding_attention", "full_attention"]},
            "window of 8 tokens is shorter than the 128",
        ),
        (
            {"model_type": "smollm3", "use_sliding_window": True, "sliding_window": 8, "no_rope_layers": [1, 1, 0]},
            "window of 8 tokens is shorter than the 128",
        ),
        ({"layer_types": ["full_attention", "linear_attention", "full_attention"]}, "type linear_attention are not"),
        ({"model_type": "smollm3", "no_rope_layers": [1, 1]}, "no_rope_layers has 2 entries for 3 layers"),
        ({"rope_parameters": {"rope_type": "yarn", "factor": 2.0}}, "type 'yarn' is not supported; default, linear and"),
        ({"rope_scaling": {"type": "dynamic", "factor": 2.0}}, "type 'dynamic' is not supported"),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 2.0}}, "needs low_freq_factor, high_freq_factor in config"),
        ({"partial_rotary_factor": 0.5}, "partial_rotary_factor 0.5 is not supported"),
        ({"rope_parameters": {"full_attention": {"rope_theta": 1e4}}}, r"differs by kind of layer \(full_attention\)"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_we_cannot_do_exactly_is_refused(values: dict[str, Any], message: str, folder: Path):
    edit_config(folder, **values)
    with pytest.raises(WeightsError, match=message):
        load_decoder(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("model.norm.weight"), r"missing: model\.norm\.weight"),
        (lambda t: t.update(extra=torch.zeros(1)), "not in such a model: extra"),
        (
            lambda t: t.update({"model.norm.weight": torch.zeros(31)}),
            r"model\.norm\.weight has shape \[31\], config.json makes it \[32\]",
        ),
        (
            lambda t: t.update({"model.norm.weight": torch.zeros(32, dtype=torch.int8)}),
            r"no floating point numbers, quantised perhaps: model\.norm\.weight",
        ),
        (
            lambda t: t.update({"model.layers.1.self_attn.o_proj.bias": torch.zeros(32)}),
            r"not in such a model: model\.layers\.1\.self_attn\.o_proj\.bias",
        ),
    ],
    ids=["missing", "extra", "shape", "integers", "o_proj bias"],
)
def test_every_tensor_is_used_and_none_is_missing(change: Any, message: str, folder: Path):
    edit_tensors(folder, change)
    with pytest.raises(WeightsError, match=message):
        load_decoder(folder)


def test_all_that_is_wrong_is_said_at_once(folder: Path):
    def change(tensors: dict[str, Tensor]) -> None:
        tensors["model.norms.weight"] = tensors.pop("model.norm.weight")
        tensors["model.layers.2.mlp.up_proj.weight"] = torch.zeros(2, 3)

    edit_tensors(folder, change)
    with pytest.raises(WeightsError) as caught:
        load_decoder(folder)
    for part in ("missing: model.norm.weight;", "not in such a model: model.norms.weight;", "[2, 3]", "[44, 32]"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_or_damaged_shard_is_named(tmp_path: Path):
    theirs("llama, untied").save_pretrained(tmp_path, max_shard_size="9KB")
    shard = sorted(tmp_path.glob("*.safetensors"))[1]
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-8])
    with pytest.raises(WeightsError, match=f"{shard.name} is damaged"):
        load_decoder(tmp_path)
    shard.unlink()
    with pytest.raises(WeightsError, match=f"lacks {shard.name}, which its index names"):
        load_decoder(tmp_path)
    other = sorted(tmp_path.glob("*.safetensors"))[0]
    shutil.copyfile(other, shard)
    with pytest.raises(WeightsError, match=f"is both in {other.name} and in {shard.name}"):
        load_decoder(tmp_path)
    save_file({"model.other": torch.zeros(1)}, shard)
    with pytest.raises(WeightsError, match=r"the index names .*, but the shards do not hold them"):
        load_decoder(tmp_path)


def test_an_index_cannot_point_elsewhere(folder: Path):
    (folder / "model.safetensors").rename(folder.parent / "elsewhere.safetensors")
    index = {"weight_map": {"model.norm.weight": "../elsewhere.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(WeightsError, match=r"names \.\./elsewhere\.safetensors; shards must be files beside it"):
        load_decoder(folder)


def test_folders_that_are_none(folder: Path, tmp_path: Path):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match=r"has no \*\.safetensors\. Pickled weights \(\*\.bin\) are not read"):
        load_decoder(folder)
    (folder / "config.json").write_text("{")
    with pytest.raises(WeightsError, match=r"config\.json is damaged"):
        load_decoder(folder)
    (folder / "config.json").unlink()
    with pytest.raises(WeightsError, match=r"config\.json is missing"):
        load_decoder(folder)
    for gone in (tmp_path / "owner" / "model", str(tmp_path / "x"), "no-such-folder", "../x", "a/b/c"):
        with pytest.raises(FileNotFoundError, match="is no folder, nor a hub name"):
            load_decoder(gone)


def test_places_of_new_layers_are_checked(folder: Path):
    with pytest.raises(ValueError, match=r"\[5\] are not within 1 … 4"):
        load_decoder(folder, cross_attention_layers=(1, 5))
    with pytest.raises(ValueError, match=r"\[0\] are not within"):
        load_decoder(folder, cross_attention_layers=(0,))
    with pytest.raises(ValueError, match="name a layer twice"):
        load_decoder(folder, cross_attention_layers=(2, 2))


def test_a_hub_name_is_loaded_from_the_cache_without_transformers(folder: Path, tmp_path: Path):
    """Offline, from a cache laid out as huggingface_hub does it; a name that is not there says so."""
    pytest.importorskip("huggingface_hub")
    repository = tmp_path / "cache" / "models--someone--small"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0123abc")
    shutil.copytree(folder, repository / "snapshots" / "0123abc")
    code = (
        "import sys, torch; from mmgpt.pretrained import load_decoder\n"
        "decoder = load_decoder('someone/small')\n"
        "assert 'transformers' not in sys.modules\n"
        "print(float(decoder.embed_tokens.weight.sum()))\n"
        "try: load_decoder('someone/else')\n"
        "except FileNotFoundError as error: print(error)\n"
    )
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    total, refused = done.stdout.split("\n")[:2]
    assert float(total) == pytest.approx(float(load_decoder(folder).embed_tokens.weight.detach().sum()), abs=1e-4)
    assert refused.startswith("someone/else is no folder, and the hub does not give it")


EXPORTS: dict[str, DecoderConfig] = {
    "llama": DecoderConfig(50, 32, 3, 4, 2, 12, 44, tie_embeddings=False, rope_theta=300.0),
    "llama, scaled rotation": DecoderConfig(50, 32, 3, 4, 2, 8, 44, rope_theta=5000.0, rope_scaling=LLAMA3, norm_eps=1e-3),
    "qwen2": DecoderConfig(50, 36, 3, 4, 2, 10, 44, qkv_bias=True),  # heads wider than 36 / 4
    "qwen3": DecoderConfig(50, 32, 3, 4, 4, 16, 44, qk_norm=True, tie_embeddings=False),
    "smollm3": DecoderConfig(50, 32, 5, 4, 2, 6, 44, no_rope_layers=(1, 4), rope_theta=400.0),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_exports_are_loaded_by_transformers(name: str, tmp_path: Path):
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(4)
    decoder = Decoder(EXPORTS[name])
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.25)
    model_type: Any = name.split(",")[0]
    export_decoder(decoder, tmp_path / "new" / "folder", model_type)
    model, report = transformers.AutoModelForCausalLM.from_pretrained(
        tmp_path / "new" / "folder", output_loading_info=True
    )
    assert type(model).__name__ == f"{FAMILY[model_type]}ForCausalLM"
    assert not any(report[kind] for kind in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    assert model.dtype == torch.float32 and model.config.eos_token_id is None
    assert_same(decoder, model)
    again = load_decoder(tmp_path / "new" / "folder")
    assert torch.equal(logits_of(again, text()), logits_of(decoder, text()))
    assert again.config.no_rope_layers == decoder.config.no_rope_layers
    assert [path.name for path in sorted((tmp_path / "new" / "folder").iterdir())] == [
        "config.json",
        "model.safetensors",
    ]


def test_a_loaded_decoder_can_be_written_over_its_own_folder(tmp_path: Path):
    model = theirs("qwen2")
    model.save_pretrained(tmp_path, max_shard_size="9KB")
    decoder = load_decoder(tmp_path)
    with torch.no_grad():
        decoder.norm.weight.mul_(2)
    export_decoder(decoder, tmp_path, "qwen2")
    assert torch.equal(logits_of(load_decoder(tmp_path), text()), logits_of(decoder, text()))


@pytest.mark.parametrize(
    ("model_type", "values", "message"),
    [
        ("llama", {"cross_attention_layers": (1,)}, r"cannot be exported as llama: it has cross-attention layers at \[1\]"),
        ("llama", {"qkv_bias": True, "qk_norm": True}, "qkv_bias True, which must be False; qk_norm True, which"),
        ("qwen2", {}, "qkv_bias False, which must be True"),
        ("qwen3", {}, "qk_norm False, which must be True"),
        ("llama", {"no_rope_layers": (1,)}, r"layers without rotation \[1\]"),
        ("llama", {"width": 34}, "width 34 that 4 heads do not divide"),
        ("mistral", {}, "cannot export as 'mistral'; llama, qwen2, qwen3 and smollm3 are possible"),
    ],
)  # fmt: skip
def test_what_a_family_has_no_place_for_is_not_exported(
    model_type: Any, values: dict[str, Any], message: str, tmp_path: Path
):
    config = DecoderConfig(**{"vocab_size": 9, "width": 32, "layers": 2, "heads": 4, "head_dim": 8, **values})
    with pytest.raises(ValueError, match=message):
        export_decoder(Decoder(config), tmp_path / "out", model_type)
    assert not (tmp_path / "out").exists()
