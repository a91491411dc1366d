"""Architectures as data: what a model is made of, and the presets as functions.

Shapes here and everywhere: `B` batch, `T` text tokens, `N` visual tokens (memory), `P` pieces of read lines (the first of the
memory's tokens), `D` decoder width, `Dv` tower width, `Dr` recogniser width, `V` vocabulary, `L` layers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

PROJECTORS = ("mlp", "pixel_shuffle", "resampler")
FUSIONS = ("cross", "prefix")

# Tokens that steer a conversation. They have the first ids of every vocabulary that we train.
SPECIAL_TOKENS = ("<pad>", "<image>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>")


@dataclass(frozen=True)
class DecoderConfig:
    """A decoder of the Llama family, with cross-attention layers at chosen places.

    `layers` counts all of them; `cross_attention_layers` says which of the places 0 … layers-1 attend to the memory instead of the
    text (never place 0). `vocab_size` counts text tokens alone. `rope_scaling` is transformers' dictionary for "llama3" or "linear".
    `no_rope_layers` are places of self-attention without rotation (SmolLM3), counted among the self-attention layers.
    """

    vocab_size: int = 4096
    width: int = 192
    layers: int = 6
    heads: int = 6
    kv_heads: int = 2
    head_dim: int = 32
    feed_forward: int = 512
    cross_attention_layers: tuple[int, ...] = ()
    cross_attention_gate: float = 0.0  # where the tanh gates begin; 0 leaves a pretrained decoder as it was
    qkv_bias: bool = False
    qk_norm: bool = False
    tie_embeddings: bool = True
    norm_eps: float = 1e-5
    rope_theta: float = 10_000.0
    rope_scaling: dict[str, Any] | None = None
    no_rope_layers: tuple[int, ...] = ()
    max_positions: int = 2048

    def __post_init__(self) -> None:
        if self.heads % self.kv_heads:
            raise ValueError(f"{self.heads} heads cannot share {self.kv_heads} key-value heads evenly")
        if len(set(self.cross_attention_layers)) != len(self.cross_attention_layers):
            raise ValueError(f"cross_attention_layers {list(self.cross_attention_layers)} name a layer twice")
        outside = [i for i in self.cross_attention_layers if not 0 < i < self.layers]
        if outside:
            raise ValueError(
                f"cross_attention_layers {outside} are not within 1 … {self.layers - 1}: layer 0 is self-attention, "
                f"and there are {self.layers} layers"
            )

    @property
    def self_attention_layers(self) -> tuple[int, ...]:
        """Places of the layers that attend to the text."""
        return tuple(i for i in range(self.layers) if i not in self.cross_attention_layers)


@dataclass(frozen=True)
class TowerConfig:
    """The vision tower: `name` as `vision.clip.load_tower` takes it ("nano", "open_clip:…", "local-dir:…"), and what comes out of it."""

    name: str = "nano"
    width: int = 192  # Dv
    layer: int = -2
    class_token: bool = False


@dataclass(frozen=True)
class ProjectorConfig:
    """How tower features become memory: `mlp`, `pixel_shuffle` (`shuffle` × `shuffle` neighbours become one), or `resampler`
    (to `queries` tokens)."""

    kind: str = "mlp"
    shuffle: int = 2
    queries: int = 32
    resampler_layers: int = 2
    heads: int = 4

    def __post_init__(self) -> None:
        if self.kind not in PROJECTORS:
            raise ValueError(f"unknown projector {self.kind!r}; one of {', '.join(PROJECTORS)}")


@dataclass(frozen=True)
class LinesConfig:
    """How read lines become memory, one token a piece (a word, a number, a sign)."""

    characters: int = 342  # size of the reader's alphabet, with the blank
    character_width: int = 24
    channels: int = 96
    columns: int = 192  # Dr
    geometry: int = 79  # numbers that describe a line's place and look
    layers: int = 2  # of attention among lines
    heads: int = 4
    max_lines: int = 160
    max_pieces: int = 1024  # of all pictures of a conversation; also the size of the pointer vocabulary


@dataclass(frozen=True)
class ChatConfig:
    """How messages stand in token ids, for a decoder with a tokenizer and a chat template of its own (`train.chatform` makes it).

    `begin` opens a conversation without a system message; ids before and after each role's words; the first of `assistant_after` ends
    an answer. `system_before` None: the template knows no system messages. `control`: texts that are control tokens, and are spelled
    where people write them. `strips`: decoding drops the blank before the first token (tokenizers with a mark for blanks).
    """

    begin: tuple[int, ...] = ()
    system_before: tuple[int, ...] | None = None
    system_after: tuple[int, ...] = ()
    user_before: tuple[int, ...] = ()
    user_after: tuple[int, ...] = ()
    assistant_before: tuple[int, ...] = ()
    assistant_after: tuple[int, ...] = ()
    control: tuple[str, ...] = ()
    strips: bool = False


@dataclass(frozen=True)
class ModelConfig:
    """A whole model. Without `tower` or `lines` that part of the memory is missing; without `copy` verbatim parts are spelled.

    `chat` None: our own chat format, whose control tokens are the first ids of the vocabulary.
    """

    name: str = "mmgpt"
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    tower: TowerConfig | None = field(default_factory=TowerConfig)
    projector: ProjectorConfig = field(default_factory=ProjectorConfig)
    lines: LinesConfig | None = field(default_factory=LinesConfig)
    fusion: Literal["cross", "prefix"] = "cross"
    copy: bool = True
    max_pictures: int = 8
    image_token: int = SPECIAL_TOKENS.index("<image>")
    pad_token: int = SPECIAL_TOKENS.index("<pad>")
    end_token: int = SPECIAL_TOKENS.index("<|end|>")
    chat: ChatConfig | None = None

    def __post_init__(self) -> None:
        if self.fusion not in FUSIONS:
            raise ValueError(f"unknown fusion {self.fusion!r}; one of {', '.join(FUSIONS)}")
        crossing = bool(self.decoder.cross_attention_layers)
        if (self.fusion == "cross") != crossing:
            raise ValueError(
                f"fusion {self.fusion!r} does not go with cross_attention_layers {list(self.decoder.cross_attention_layers)}: "
                + ("name at least one" if self.fusion == "cross" else "prefix fusion has none")
            )

    @property
    def pointers(self) -> int:
        """How many pieces can be pointed at."""
        return self.lines.max_pieces if self.copy and self.lines is not None else 0

    @property
    def logits_size(self) -> int:
        """Width of the logits: text tokens, then starts and ends of copied spans."""
        return self.decoder.vocab_size + 2 * self.pointers

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` reads them back."""
        values = _plain(asdict(self))
        if values["chat"] is None:
            del values["chat"]
        return values

    @classmethod
    def from_dict(cls, value: dict[str, Any]) -> ModelConfig:
        """Raises ValueError naming what is unknown, so that a configuration of another version is not half understood."""
        parts: dict[str, Any] = dict(value)
        for name, kind in (
            ("decoder", DecoderConfig),
            ("tower", TowerConfig),
            ("projector", ProjectorConfig),
            ("lines", LinesConfig),
            ("chat", ChatConfig),
        ):
            if isinstance(parts.get(name), dict):
                parts[name] = _build(kind, parts[name])
        return _build(cls, parts)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, tuple | list) else value


def _build(kind: Any, values: dict[str, Any]) -> Any:
    known = {f.name for f in fields(kind)}
    if unknown := sorted(set(values) - known):
        raise ValueError(f"{kind.__name__} has no field {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def debug(fusion: Literal["cross", "prefix"] = "cross", projector: str = "mlp") -> ModelConfig:
    """Under 1 M parameters, for tests: everything nano has, smaller."""
    decoder = DecoderConfig(
        vocab_size=512, width=64, layers=4, heads=4, kv_heads=2, head_dim=16, feed_forward=128,
        cross_attention_layers=(2,) if fusion == "cross" else (), cross_attention_gate=0.5, qk_norm=True, max_positions=1024,
    )  # fmt: skip
    return ModelConfig(
        name="mmgpt-debug",
        decoder=decoder,
        projector=ProjectorConfig(kind=projector, queries=8, heads=4),
        lines=LinesConfig(character_width=12, channels=32, layers=1, max_lines=64, max_pieces=128),
        fusion=fusion,
    )


def nano() -> ModelConfig:
    """What is shipped; its sizes are what two CPU cores can teach, see docs/decisions/ladder.md."""
    decoder = DecoderConfig(
        width=160, layers=7, heads=4, kv_heads=2, head_dim=32, feed_forward=416,
        cross_attention_layers=(2, 5), cross_attention_gate=0.5, qk_norm=True, max_positions=2048,
    )  # fmt: skip
    return ModelConfig(name="mmgpt-nano", decoder=decoder)


def hub_small() -> ModelConfig:
    """A small open_clip tower in front of a SmolLM2-135M-shaped decoder, by prefix, pictures shuffled 2 × 2; nothing is copied."""
    decoder = DecoderConfig(
        vocab_size=49_152, width=576, layers=30, heads=9, kv_heads=3, head_dim=64, feed_forward=1536,
        rope_theta=100_000.0, max_positions=8192,
    )  # fmt: skip
    tower = TowerConfig(name="open_clip:ViT-B-16-SigLIP/webli", width=768)
    return ModelConfig(
        name="mmgpt-hub-small", decoder=decoder, tower=tower, projector=ProjectorConfig(kind="pixel_shuffle"),
        lines=None, fusion="prefix", copy=False,
    )  # fmt: skip


def llava_1_5_7b() -> ModelConfig:
    """LLaVA-1.5's shape (Liu et al., 2023): CLIP ViT-L/14 at 336, penultimate layer, two-layer MLP, Vicuna-7B, prefix."""
    decoder = DecoderConfig(
        vocab_size=32_064, width=4096, layers=32, heads=32, kv_heads=32, head_dim=128, feed_forward=11_008,
        tie_embeddings=False, max_positions=4096,
    )  # fmt: skip
    tower = TowerConfig(name="open_clip:ViT-L-14-336/openai", width=1024)
    return ModelConfig(name="mmgpt-llava-1.5-7b", decoder=decoder, tower=tower, lines=None, fusion="prefix", copy=False)


PRESETS = {"debug": debug, "nano": nano, "hub_small": hub_small, "llava_1_5_7b": llava_1_5_7b}

__all__ = [
    "FUSIONS", "PRESETS", "PROJECTORS", "SPECIAL_TOKENS", "ChatConfig", "DecoderConfig", "LinesConfig", "ModelConfig",
    "ProjectorConfig", "TowerConfig",
    "debug", "hub_small", "llava_1_5_7b", "nano", "replace",
]  # fmt: skip
