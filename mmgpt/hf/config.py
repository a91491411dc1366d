"""The model's configuration as transformers wants to see it: our `ModelConfig` inside a `PreTrainedConfig`."""

from __future__ import annotations

from typing import Any, ClassVar

from transformers import PreTrainedConfig

from mmgpt.config import ModelConfig, nano


class MMGPTConfig(PreTrainedConfig):
    """`model` holds `ModelConfig.to_dict()`; whatever else stands in our config.json (name, reader, tower, sha256 …) rides along.

    What transformers asks for follows from `model` and is not stored twice. Without `model`: nano's. Raises ValueError when
    `model` has fields that this version does not know.
    """

    model_type: ClassVar[str] = "mmgpt"
    keys_to_ignore_at_inference: ClassVar[list[str]] = ["past_key_values"]
    model: dict[str, Any] | None = None
    pad_token_id: int | None = None
    eos_token_id: int | None = None
    bos_token_id: int | None = None
    tie_word_embeddings: bool = False  # transformers has nothing to tie: see `Decoder.lm_head`

    def __post_init__(self, **kwargs: Any) -> None:
        if self.model is None:
            self.model = nano().to_dict()
        core = self.core
        self.pad_token_id, self.eos_token_id = core.pad_token, core.end_token
        super().__post_init__(**kwargs)

    @classmethod
    def from_model(cls, config: ModelConfig, **kwargs: Any) -> MMGPTConfig:
        """The configuration of a model; `kwargs` ride along."""
        return cls(model=config.to_dict(), **{"name": config.name, **kwargs})

    @property
    def core(self) -> ModelConfig:
        """Our configuration."""
        return ModelConfig.from_dict(self.model or {})

    @property
    def hidden_size(self) -> int:
        """D."""
        return self.core.decoder.width

    @property
    def num_hidden_layers(self) -> int:
        """Layers that keep keys and values of the text. Cross-attention layers keep theirs outside the cache."""
        return len(self.core.decoder.self_attention_layers)

    @property
    def num_attention_heads(self) -> int:
        """Heads of queries."""
        return self.core.decoder.heads

    @property
    def num_key_value_heads(self) -> int:
        """Heads of keys and values."""
        return self.core.decoder.kv_heads

    @property
    def head_dim(self) -> int:
        """Width of a head."""
        return self.core.decoder.head_dim

    @property
    def vocab_size(self) -> int:
        """Width of the logits, V + 2P: text tokens, then starts and ends of copied spans."""
        return self.core.logits_size

    @property
    def max_position_embeddings(self) -> int:
        """Tokens that a conversation may have."""
        return self.core.decoder.max_positions

    @property
    def image_token_id(self) -> int:
        """Id of `<image>`."""
        return self.core.image_token
