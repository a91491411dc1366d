"""Decoders of the Llama family from the hub's folders (config.json and safetensors), and back into such folders.

Every tensor of the checkpoint is used and none of the decoder's is missing, or there is one error that names them. Cross-attention
layers can be put between the old ones; their gates are closed, so that the decoder speaks as it did (Alayrac et al., 2022).
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mmgpt.config import DecoderConfig
from mmgpt.decoder import Decoder
from mmgpt.fusion import CrossAttentionLayer
from vision.reader.weights import WeightsError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Family:
    """What a `model_type` means for us, and what transformers takes where config.json leaves a value out."""

    architecture: str
    qkv_bias: bool = False
    qk_norm: bool = False
    skips_rotation: bool = False
    kv_heads: int | None = None  # None: as many as heads
    head_dim: int | None = None  # None: width / heads
    rope_theta: float = 10_000.0
    tied: bool = False
    window: int | None = None
    exports: bool = True


FAMILIES = {
    "llama": _Family("LlamaForCausalLM"),  # SmolLM and SmolLM2 too
    "mistral": _Family("MistralForCausalLM", kv_heads=8, window=4096, exports=False),
    "qwen2": _Family("Qwen2ForCausalLM", qkv_bias=True, kv_heads=32, window=4096),
    "qwen3": _Family("Qwen3ForCausalLM", qk_norm=True, kv_heads=32, head_dim=128, window=4096),
    "smollm3": _Family("SmolLM3ForCausalLM", skips_rotation=True, kv_heads=4, rope_theta=2_000_000.0, tied=True),
}
# What each kind of scaled rotation needs to be told.
SCALINGS = {
    "linear": ("factor",),
    "llama3": ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"),
}
FLOATS = ("F64", "F32", "F16", "BF16")  # safetensors' names
HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
HUB_FILES = [
    "config.json", "model*.safetensors", "model.safetensors.index.json",
    "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt",
    "chat_template.jinja",
]  # fmt: skip


def decoder_config(hf_config: dict[str, Any] | Path) -> DecoderConfig:
    """The architecture that a hub's config.json describes; `hf_config` is its content, its path, or its folder.

    Rotation is read from `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (before). Raises WeightsError for what
    the decoder cannot do exactly: another `model_type`, windows shorter than the context, biases on o_proj or the feed-forward, …
    """
    config = hf_config if isinstance(hf_config, dict) else _read_config(hf_config)
    kind = config.get("model_type")
    family = FAMILIES.get(str(kind))
    if family is None:
        raise WeightsError(f"model_type {kind!r} is not supported; supported are {', '.join(FAMILIES)}")
    layers, heads, width = (_number(config, n) for n in ("num_hidden_layers", "num_attention_heads", "hidden_size"))
    positions = _number(config, "max_position_embeddings")
    unrotated = _unrotated_layers(config, layers) if family.skips_rotation else ()
    _refuse_other_parts(config)
    _refuse_windows(config, family, layers, positions, bool(unrotated))
    theta, scaling = _rotation(config, family, positions)
    return DecoderConfig(
        vocab_size=_number(config, "vocab_size"),
        width=width,
        layers=layers,
        heads=heads,
        kv_heads=config.get("num_key_value_heads", family.kv_heads) or heads,
        head_dim=config.get("head_dim", family.head_dim) or width // heads,
        feed_forward=_number(config, "intermediate_size"),
        qkv_bias=family.qkv_bias,
        qk_norm=family.qk_norm,
        tie_embeddings=bool(config.get("tie_word_embeddings", family.tied)),
        norm_eps=float(config.get("rms_norm_eps", 1e-6)),
        rope_theta=theta,
        rope_scaling=scaling,
        no_rope_layers=unrotated,
        max_positions=positions,
    )


def load_decoder(
    folder_or_name: str | Path, *, cross_attention_layers: Sequence[int] = (), dtype: torch.dtype = torch.float32
) -> Decoder:
    """A decoder from a checkpoint folder, or from the hub when it is no folder but a name such as "HuggingFaceTB/SmolLM2-135M".

    cross_attention_layers are places among all layers, old and new, as in DecoderConfig: (1, 3) before two layers gives old, new,
    old, new. The new layers are drawn from torch's generator, with gates at 0. All parameters are of `dtype`, on the CPU.
    Raises FileNotFoundError when there is no such folder, WeightsError when the folder does not hold exactly such a decoder.
    """
    folder = checkpoint_folder(folder_or_name)
    config = decoder_config(folder)
    crossing = tuple(sorted(cross_attention_layers))
    config = replace(config, layers=config.layers + len(crossing), cross_attention_layers=crossing)
    with torch.device("meta"):  # neither memory nor random numbers for weights that are read anyway
        decoder = Decoder(config)
    stored = _stored_tensors(folder)
    names = _hub_names(decoder)
    _compare(stored, {hub: tuple(decoder.get_parameter(ours).shape) for hub, ours in names.items()}, folder)
    state = {names[hub]: tensor for hub, tensor in _read(stored, names, dtype)}
    if config.tie_embeddings and "lm_head.weight" in stored:
        ((_, head),) = _read(stored, ["lm_head.weight"], dtype)
        if not torch.equal(head, state["embed_tokens.weight"]):
            raise WeightsError(
                f"{folder} has an lm_head.weight of its own, but its config.json ties it to the embeddings: set "
                "tie_word_embeddings to false there if the head is meant to be another"
            )
    decoder.load_state_dict(state, strict=False, assign=True)
    for place in crossing:
        decoder.layers[place] = CrossAttentionLayer(config).to(dtype)
    log.info("%s: %d layers, %d of them new", folder, config.layers, len(crossing))
    return decoder


def export_decoder(
    decoder: Decoder, folder: str | Path, model_type: Literal["llama", "qwen2", "qwen3", "smollm3"] = "llama"
) -> None:
    """Writes config.json and model.safetensors that transformers loads as `model_type`.

    Begin, end and padding tokens are left unset: a decoder does not know them. Raises ValueError, before anything is written, when such
    a model has no place for a part of the decoder (cross-attention layers, biases, norms on q and k, layers without rotation).
    """
    config = decoder.config
    family = FAMILIES.get(model_type)
    if family is None or not family.exports:
        raise ValueError(f"cannot export as {model_type!r}; llama, qwen2, qwen3 and smollm3 are possible")
    problems = [f"cross-attention layers at {list(config.cross_attention_layers)}"] * bool(
        config.cross_attention_layers
    )
    if config.qkv_bias != family.qkv_bias:
        problems.append(f"qkv_bias {config.qkv_bias}, which must be {family.qkv_bias}")
    if config.qk_norm != family.qk_norm:
        problems.append(f"qk_norm {config.qk_norm}, which must be {family.qk_norm}")
    if config.no_rope_layers and not family.skips_rotation:
        problems.append(f"layers without rotation {list(config.no_rope_layers)}, for which smollm3 has a place")
    if model_type == "llama" and config.width % config.heads:
        problems.append(f"width {config.width} that {config.heads} heads do not divide")
    if problems:
        raise ValueError(f"the decoder cannot be exported as {model_type}: it has " + "; ".join(problems))
    state = decoder.state_dict()
    tensors = {hub: state[ours].detach().cpu().contiguous() for hub, ours in _hub_names(decoder).items()}
    scaling = {("rope_type" if k == "type" else k): v for k, v in (config.rope_scaling or {}).items()}
    values: dict[str, Any] = {
        "architectures": [family.architecture],
        "model_type": model_type,
        "vocab_size": config.vocab_size,
        "hidden_size": config.width,
        "intermediate_size": config.feed_forward,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "head_dim": config.head_dim,
        "hidden_act": "silu",
        "max_position_embeddings": config.max_positions,
        "rms_norm_eps": config.norm_eps,
        # Twice: transformers 5 reads the dictionary, older versions and converters the number.
        "rope_parameters": {"rope_type": "default", "rope_theta": config.rope_theta, **scaling},
        "rope_theta": config.rope_theta,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": config.tie_embeddings,
        "bos_token_id": None,
        "eos_token_id": None,
        "pad_token_id": None,
        "dtype": str(decoder.embed_tokens.weight.dtype).removeprefix("torch."),
    }
    if scaling:
        values["rope_scaling"] = scaling
    if model_type != "llama":
        values |= {"use_sliding_window": False, "sliding_window": None}
    if family.skips_rotation:
        values["no_rope_layers"] = [int(i not in config.no_rope_layers) for i in range(config.layers)]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "model.safetensors.new", {"format": "pt"})
    os.replace(folder / "model.safetensors.new", folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(values, indent=2) + "\n", "utf-8")


def _read_config(path: Path) -> dict[str, Any]:
    path = path / "config.json" if path.is_dir() else path
    try:
        config = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise WeightsError(f"{path} is missing: a checkpoint folder has one beside its *.safetensors") from None
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} is damaged ({error}): fetch it again") from error
    if not isinstance(config, dict):
        raise WeightsError(f"{path} is damaged (not a JSON object): fetch it again")
    return config


def _number(config: dict[str, Any], name: str) -> int:
    value = config.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise WeightsError(f"config.json needs a whole number above 0 as {name}; it has {value!r}")
    return value


def _unrotated_layers(config: dict[str, Any], layers: int) -> tuple[int, ...]:
    """Layers without rotation. In SmolLM3's `no_rope_layers` a 1 stands for a layer *with* rotation, whatever the name says."""
    rotates = config.get("no_rope_layers")
    if rotates is None:
        interval = config.get("no_rope_layer_interval", 4)
        return tuple(range(interval - 1, layers, interval))
    if len(rotates) < layers:
        raise WeightsError(f"no_rope_layers has {len(rotates)} entries for {layers} layers; it needs one for each")
    return tuple(i for i in range(layers) if not rotates[i])


def _refuse_other_parts(config: dict[str, Any]) -> None:
    """Raises WeightsError for parts of the family's models that the decoder has no place for."""
    activation = config.get("hidden_act", "silu")
    if activation != "silu":
        raise WeightsError(f"hidden_act {activation!r} is not supported; the decoder's feed-forward is SwiGLU (silu)")
    if (
        config.get("attention_bias") and config["model_type"] != "qwen2"
    ):  # Qwen2 has its biases by kind, never on o_proj
        raise WeightsError("attention_bias puts a bias on o_proj, which the decoder does not have")
    if config.get("mlp_bias"):
        raise WeightsError("mlp_bias puts biases on the feed-forward, which the decoder does not have")
    if config.get("quantization_config"):
        method = config["quantization_config"].get("quant_method")
        raise WeightsError(f"weights quantised by {method!r} are not read; take the checkpoint that was quantised")


def _refuse_windows(config: dict[str, Any], family: _Family, layers: int, positions: int, unrotated: bool) -> None:
    """Raises WeightsError where a layer would see less than the whole context: the decoder's layers always see all of it."""
    window = config.get("sliding_window", family.window)
    wanted = bool(config.get("use_sliding_window", False)) and window is not None
    kinds = (config.get("layer_types") or [])[:layers]
    if other := sorted({str(kind) for kind in kinds} - {"full_attention", "sliding_attention"}):
        raise WeightsError(f"layers of type {', '.join(other)} are not supported; full_attention is")
    if config["model_type"] == "mistral":
        slides = window is not None
    elif kinds:
        slides = "sliding_attention" in kinds
    elif family.skips_rotation:
        slides = wanted and unrotated
    else:
        slides = wanted and config.get("max_window_layers", 28) < layers
    if slides and (window is None or window < positions):
        raise WeightsError(
            f"sliding windows are not supported: a window of {window} tokens is shorter than the {positions} of "
            "max_position_embeddings, so later tokens would see more than in training. Within the window both are the "
            "same: set max_position_embeddings in config.json to the window at most, and stay below it"
        )


def _rotation(config: dict[str, Any], family: _Family, positions: int) -> tuple[float, dict[str, Any] | None]:
    """rope_theta and rope_scaling as DecoderConfig has them; of the places where they may stand, transformers' order."""
    given: dict[str, Any] = config.get("rope_scaling") or config.get("rope_parameters") or {}
    if nested := sorted(name for name, value in given.items() if isinstance(value, dict)):
        raise WeightsError(f"rotation that differs by kind of layer ({', '.join(nested)}) is not supported")
    if (part := given.get("partial_rotary_factor", config.get("partial_rotary_factor"))) not in (None, 1):
        raise WeightsError(f"partial_rotary_factor {part} is not supported; the decoder rotates whole heads")
    theta = float(given.get("rope_theta") or config.get("rope_theta") or family.rope_theta)
    kind = given.get("rope_type", given.get("type", "default"))
    if kind == "default":
        return theta, None
    if kind not in SCALINGS:
        raise WeightsError(f"rotation of type {kind!r} is not supported; default, {' and '.join(SCALINGS)} are")
    before = config.get("original_max_position_embeddings")
    known = {"original_max_position_embeddings": positions, **given}
    if before is not None:
        known["original_max_position_embeddings"] = before
    if lacking := [name for name in SCALINGS[kind] if known.get(name) is None]:
        raise WeightsError(f"rotation of type {kind!r} needs {', '.join(lacking)} in config.json")
    return theta, {"rope_type": kind, **{name: known[name] for name in SCALINGS[kind]}}


def checkpoint_folder(folder_or_name: str | Path) -> Path:
    """The folder itself, or a snapshot of the hub's repository of that name. Raises FileNotFoundError where there is neither."""
    if Path(folder_or_name).is_dir():
        return Path(folder_or_name)
    name = str(folder_or_name)
    if isinstance(folder_or_name, Path) or not HUB_NAME.fullmatch(name):
        raise FileNotFoundError(f"{name} is no folder, nor a hub name (owner/model)")
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ImportError(f'{name} is no folder; to fetch it from the hub: pip install "mmgpt[hub]"') from error
    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES))
    except OSError as error:
        raise FileNotFoundError(f"{name} is no folder, and the hub does not give it: {error}") from error


class _Stored(NamedTuple):
    path: Path
    shape: tuple[int, ...]
    dtype: str


def _tensor_files(folder: Path) -> tuple[list[Path], dict[str, str] | None]:
    """The safetensors files of a checkpoint, in transformers' order of preference, and the index's weight map if it has one."""
    if (folder / "model.safetensors").is_file():
        return [folder / "model.safetensors"], None
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        where = _read_config(index).get("weight_map")
        if not isinstance(where, dict) or not where:
            raise WeightsError(f"{index} is damaged (no weight_map): fetch it again")
        shards = sorted(set(where.values()))
        if strange := [shard for shard in shards if Path(shard).name != shard]:
            raise WeightsError(f"{index} names {', '.join(strange)}; shards must be files beside it")
        if gone := [shard for shard in shards if not (folder / shard).is_file()]:
            raise WeightsError(f"{folder} lacks {', '.join(gone)}, which its index names: fetch the folder again")
        return [folder / shard for shard in shards], where
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise WeightsError(
            f"{folder} has no *.safetensors. Pickled weights (*.bin) are not read: save them as safetensors"
        )
    return files, None


def _stored_tensors(folder: Path) -> dict[str, _Stored]:
    """Names of all tensors and where they are, from the files' headers alone."""
    files, index = _tensor_files(folder)
    stored: dict[str, _Stored] = {}
    for path in files:
        try:
            with safe_open(path, "pt") as handle:
                for name in handle.keys():  # noqa: SIM118 (a handle is no dictionary)
                    if name in stored:
                        raise WeightsError(f"{name} is both in {stored[name].path.name} and in {path.name} of {folder}")
                    part = handle.get_slice(name)
                    stored[name] = _Stored(path, tuple(part.get_shape()), part.get_dtype())
        except (SafetensorError, OSError) as error:
            raise WeightsError(f"{path} is damaged ({error}): fetch it again") from error
    if index is not None and (gone := sorted(index.keys() - stored.keys())):
        raise WeightsError(f"{folder}: the index names {_listed(gone)}, but the shards do not hold them")
    # Old Llama checkpoints store the table of rotary frequencies; it follows from config.json and is computed anew.
    return {name: entry for name, entry in stored.items() if not name.endswith(".rotary_emb.inv_freq")}


def _hub_names(decoder: Decoder) -> dict[str, str]:
    """The hub's name of each parameter that a plain checkpoint stores → ours. There layers are counted without the new ones."""
    config = decoder.config
    places = {place: index for index, place in enumerate(config.self_attention_layers)}
    names = {}
    for ours in decoder.state_dict():
        if ours.startswith("layers."):
            _, place, rest = ours.split(".", 2)
            if int(place) in places:
                names[f"model.layers.{places[int(place)]}.{rest}"] = ours
        else:
            names[ours if ours == "lm_head.weight" else f"model.{ours}"] = ours
    return names


def _compare(stored: dict[str, _Stored], wanted: dict[str, tuple[int, ...]], folder: Path) -> None:
    """Raises one WeightsError with all that is missing, left over, or of another shape or kind."""
    tied = {"lm_head.weight"} - wanted.keys()  # a tied head may be stored a second time
    problems = []
    if missing := sorted(wanted.keys() - stored.keys()):
        problems.append(f"missing: {_listed(missing)}")
    if extra := sorted(stored.keys() - wanted.keys() - tied):
        problems.append(f"not in such a model: {_listed(extra)}")
    problems += [
        f"{name} has shape {list(stored[name].shape)}, config.json makes it {list(shape)}"
        for name, shape in wanted.items()
        if name in stored and stored[name].shape != shape
    ][:8]
    if integers := sorted(name for name in wanted.keys() & stored.keys() if stored[name].dtype not in FLOATS):
        problems.append(f"no floating point numbers, quantised perhaps: {_listed(integers)}")
    if problems:
        raise WeightsError(f"{folder} does not hold the decoder of its config.json: " + "; ".join(problems))


def _read(stored: dict[str, _Stored], names: Iterable[str], dtype: torch.dtype) -> Iterable[tuple[str, Tensor]]:
    """Tensors by name, file by file. Copied: what safetensors hands out may be a view of the file, which someone may overwrite."""
    for path in sorted({stored[name].path for name in names}):
        with safe_open(path, "pt") as handle:
            for name in names:
                if stored[name].path == path:
                    yield name, handle.get_tensor(name).to(dtype, copy=True)


def _listed(names: list[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
