"""The model for transformers: `generate`, Trainer, PEFT and pipelines around the core model, and the tower beside it.

Pictures are looked at once. Their memory, with the keys and values of every cross-attention layer, travels as plain tensors
beside the cache, never in it: what transformers repeats for beams it repeats too, and what it crops or reorders leaves
memory alone.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import DynamicCache, GenerationMixin, PreTrainedModel
from transformers import initialization as init
from transformers.modeling_outputs import CausalLMOutputWithPast

from mmgpt.copying import Memory
from mmgpt.fusion import CrossAttentionLayer, MemoryKV
from mmgpt.hf.config import MMGPTConfig
from mmgpt.hf.copies import Expander, ExpandingStreamer, expand
from mmgpt.hf.features import build_tower
from mmgpt.hf.memory import MEMORY_KEYS, PICTURE_KEYS, decode, encode, remember, visibility
from mmgpt.hf.shards import arrange
from mmgpt.layers import RMSNorm
from mmgpt.model import MMGPT, _fan
from projector.resampler import ResamplerProjector
from vision.clip import OpenClipTower, load_tower
from vision.trunk import Trunk

log = logging.getLogger(__name__)


class MMGPTForConditionalGeneration(PreTrainedModel, GenerationMixin):
    """A vision-language model that reads screenshots.

    `model` is the core model, `tower` the picture tower (None for models without one): frozen and in evaluation mode until
    `tower.requires_grad_(True)`. Labels and generated ids may be pointers, from `vocabulary` on, see `mmgpt.copying`.
    """

    config: MMGPTConfig
    config_class = MMGPTConfig
    base_model_prefix = "model"
    main_input_name = "input_ids"
    input_modalities = ["image", "text"]  # noqa: RUF012 (transformers declares lists)
    accepts_loss_kwargs: ClassVar[bool] = True  # the loss is divided by num_items_in_batch where Trainer gives it
    _supports_sdpa = True
    _no_split_modules = ["DecoderLayer", "CrossAttentionLayer"]  # noqa: RUF012
    _skip_keys_device_placement = ["past_key_values"]  # noqa: RUF012

    def __init__(self, config: MMGPTConfig) -> None:
        super().__init__(config)
        core = config.core
        self.model = MMGPT(core)
        self.tower: Trunk | OpenClipTower | None = None
        if core.tower is not None:
            self.tower = build_tower(core.tower, getattr(config, "tower", None))
        self.freeze_tower()
        if not self.model.decoder.embed_tokens.weight.is_meta:
            for module in self.modules():  # they have initialised themselves; transformers need not
                module._is_hf_initialized = True  # type: ignore[assignment]
        self.post_init()

    # -- weights -------------------------------------------------------------------------------------------------------------

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: Any, *args: Any, **kwargs: Any) -> Any:
        """Loads a folder or a model of the hub. A tower that has a name of its own (`open_clip:…/tag`) and no weights in the
        checkpoint is loaded by that name."""
        wanted = kwargs.pop("output_loading_info", False)
        found: Any = super().from_pretrained(pretrained_model_name_or_path, *args, output_loading_info=True, **kwargs)
        model, info = found
        core = model.config.core
        if core.tower is not None and core.tower.name != "nano" and model.tower is not None:
            names = {f"tower.{name}" for name in model.tower.state_dict()}
            if names <= set(info["missing_keys"]):
                log.info("the checkpoint has no tower; loading %s", core.tower.name)
                own = load_tower(core.tower.name, layer=core.tower.layer, class_token=core.tower.class_token)
                model.tower.load_state_dict(getattr(own, "trunk", own).state_dict())
                info["missing_keys"] = set(info["missing_keys"]) - names
        model.freeze_tower()
        return (model, info) if wanted else model

    def save_pretrained(  # type: ignore[override]
        self, save_directory: str | os.PathLike[str], is_main_process: bool = True, state_dict: Any = None,
        push_to_hub: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        """As transformers does, but in our shards (decoder, projector, tower), which our engine and commands read too.

        Straight to the hub, with adapters attached, or with a `variant`, the layout is transformers' own.
        """
        super().save_pretrained(
            save_directory, is_main_process=is_main_process, state_dict=state_dict, push_to_hub=push_to_hub, **kwargs
        )
        own_layout = push_to_hub or kwargs.get("variant") or kwargs.get("distributed_checkpoint")
        if is_main_process and not own_layout and not getattr(self, "_hf_peft_config_loaded", False):
            arrange(Path(save_directory))

    def freeze_tower(self) -> None:
        """No gradients for the tower."""
        if self.tower is not None:
            self.tower.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> MMGPTForConditionalGeneration:
        """A frozen tower stays in evaluation mode: its running means belong to what it was trained on."""
        super().train(mode)
        if self.tower is not None and not any(p.requires_grad for p in self.tower.parameters()):
            self.tower.eval()
        return self

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        """Only for what a checkpoint lacks; a model that is built rather than loaded has initialised itself."""
        if self.model.config.lines is not None and module is self.model.lines.from_columns:
            init.zeros_(module.weight)  # simulated perception has no columns: what they say is learnt on top
        elif isinstance(module, nn.Linear | nn.Conv1d):
            wide = isinstance(module, nn.Linear) and module.out_features > 2000
            init.normal_(module.weight, std=0.02 if wide else _fan(module))
            if module.bias is not None:
                init.zeros_(module.bias)
        elif isinstance(module, RMSNorm):
            init.ones_(module.weight)
        elif isinstance(module, CrossAttentionLayer):
            gate = self.model.config.decoder.cross_attention_gate
            init.constant_(module.attention_gate, gate)
            init.constant_(module.mlp_gate, gate)
        elif isinstance(module, ResamplerProjector):
            init.normal_(module.queries, std=0.02)
        elif isinstance(module, Trunk):
            init.constant_(module.place, 0.1)
        else:
            super()._init_weights(module)

    def get_input_embeddings(self) -> nn.Module:
        """The table of text tokens."""
        return self.model.decoder.embed_tokens

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Raises ValueError for another number of tokens: pointers are numbered after them."""
        size = self.model.config.decoder.vocab_size
        if not isinstance(value, nn.Embedding) or value.num_embeddings != size:
            raise ValueError(f"the vocabulary has {size} text tokens, and pointers follow them; it cannot be resized")
        self.model.decoder.embed_tokens = value

    def get_output_embeddings(self) -> nn.Module | None:
        """The output layer; None where it is the table of text tokens itself."""
        return self.model.decoder.lm_head

    # -- pictures ------------------------------------------------------------------------------------------------------------

    def encode_images(self, input_ids: Tensor, **pictures: Tensor | None) -> dict[str, Tensor]:
        """Looks at pictures once: what `generate` and `forward` take instead of them, as often as they are asked about.

        input_ids int64 [B, T] with the `<image>` tokens; `pictures` as the processor returns them. → memory_tokens [B, N, D],
        memory_mask [B, N], memory_pieces and memory_piece_mask [B, P'], under cross fusion memory_keys and memory_values
        [B, cross layers, kv heads, N, head_dim]; memory_spelling and memory_pictures say what pointers lead to. Nothing where
        there are no pictures. Raises ValueError where pictures and `<image>` tokens are not as many.
        """
        return encode(self.model, self.tower, input_ids, pictures)

    # -- text ----------------------------------------------------------------------------------------------------------------

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Any = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | Tensor = 0,
        pixel_values: Tensor | None = None,
        pixel_sizes: Tensor | None = None,
        image_sizes: Tensor | None = None,
        piece_characters: Tensor | None = None,
        piece_alternatives: Tensor | None = None,
        piece_certainty: Tensor | None = None,
        piece_place: Tensor | None = None,
        piece_line: Tensor | None = None,
        piece_mask: Tensor | None = None,
        piece_tokens: Tensor | None = None,
        piece_columns: Tensor | None = None,
        line_geometry: Tensor | None = None,
        line_mask: Tensor | None = None,
        piece_spelling: Tensor | None = None,
        num_images: Tensor | None = None,
        memory_tokens: Tensor | None = None,
        memory_mask: Tensor | None = None,
        memory_pieces: Tensor | None = None,
        memory_piece_mask: Tensor | None = None,
        memory_keys: Tensor | None = None,
        memory_values: Tensor | None = None,
        memory_spelling: Tensor | None = None,
        memory_pictures: Tensor | None = None,
        return_dict: bool | None = None,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast | tuple[Any, ...]:
        """Logits [B, T, V + 2P] of input_ids int64 [B, T]: text tokens, then starts, then ends of copied spans.

        attention_mask [B, S] covers cached tokens too (None: no padding). Pictures as the processor returns them, or the memory
        that `encode_images` made of them. labels int64 [B, T], −100 where nothing is to be learnt; pointers are labels too.
        Raises ValueError where pictures, `<image>` tokens and memory do not belong together.
        """
        given = locals()
        core = self.model.config
        B, T = input_ids.shape
        memory: Memory | None
        kv: list[MemoryKV] | None
        if memory_tokens is not None:
            memory, kv = decode(self.model, {key: given[key] for key in MEMORY_KEYS})
        else:
            pictures = {key: given[key] for key in PICTURE_KEYS}
            memory, kv, _ = remember(self.model, self.tower, input_ids, pictures)
        if past_key_values is None and use_cache:
            past_key_values = DynamicCache(config=self.config)
        past = 0 if past_key_values is None else int(past_key_values.get_seq_length())
        valid, mask = visibility(attention_mask, past_key_values, past, B, T, input_ids.device)
        ids = input_ids
        if (
            core.fusion == "prefix" and past
        ):  # guesses looked up in the prompt may hold `<image>`; they will not be taken
            ids = ids.masked_fill(ids == core.image_token, core.pad_token)
        hidden = self.model.hidden(
            ids, memory, kv, valid=valid, cache=past_key_values, mask=mask,
            positions=None if position_ids is None else position_ids.expand(B, T),
        )  # fmt: skip
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.model.logits(hidden[:, kept], ids[:, kept], memory)
        loss = None
        if labels is not None:
            labels = labels.masked_fill(labels == core.image_token, -100)
            loss = self.loss_function(logits=logits, labels=labels, vocab_size=core.logits_size, **kwargs)
        output = CausalLMOutputWithPast(loss=loss, logits=logits, past_key_values=past_key_values)
        return output.to_tuple() if return_dict is False else output

    @torch.no_grad()
    def generate(  # type: ignore[override]
        self, inputs: Tensor | None = None, *args: Any, expand_copies: bool = True, **kwargs: Any
    ) -> Any:
        """As in transformers; pictures (the processor's tensors), or the memory that `encode_images` made of them, are looked at once.

        Copied spans come out as the ordinary ids that spell what was read, so that decoding needs nothing more; with
        `expand_copies=False` they stay pairs of pointers. With `return_dict_in_generate`, `sequences` are expanded and
        `raw_sequences` are the ids that scores belong to. Raises ValueError for what prefix fusion cannot do in parts.
        """
        ids = inputs if inputs is not None else kwargs.get("input_ids")
        if ids is None:
            raise ValueError("generate needs input_ids; the processor makes them")
        pictures = {key: kwargs.pop(key) for key in PICTURE_KEYS if key in kwargs}
        if kwargs.get("memory_tokens") is None:
            kwargs = {k: v for k, v in kwargs.items() if k not in MEMORY_KEYS}
            kwargs |= self.encode_images(ids, **pictures)
        self._check_prefix(ids, kwargs)
        spelling, numbers = kwargs.pop("memory_spelling", None), kwargs.pop("memory_pictures", None)
        if spelling is None or numbers is None or not expand_copies:
            return super().generate(inputs, *args, **kwargs)  # type: ignore[misc]
        core = self.model.config

        def expander(row: int) -> Expander:
            return Expander(spelling[row], numbers[row], core.decoder.vocab_size, core.pointers)

        if kwargs.get("streamer") is not None:
            kwargs["streamer"] = ExpandingStreamer(kwargs["streamer"], expander(0))
        output: Any = super().generate(inputs, *args, **kwargs)  # type: ignore[misc]
        raw = output if isinstance(output, Tensor) else output.sequences
        each = len(raw) // len(ids)  # beams and samples of one conversation follow each other
        expanded = expand(raw, ids.shape[1], [expander(row // each) for row in range(len(raw))], core.pad_token)
        if isinstance(output, Tensor):
            return expanded
        output["sequences"], output["raw_sequences"] = expanded, raw
        return output

    def _check_prefix(self, ids: Tensor, kwargs: Mapping[str, Any]) -> None:
        """Under prefix fusion pictures enter where `<image>` stands, all at once."""
        if self.model.config.fusion != "prefix" or kwargs.get("memory_tokens") is None:
            return
        settings = kwargs.get("generation_config")
        chunk = kwargs.get("prefill_chunk_size") or getattr(settings, "prefill_chunk_size", None)
        cache = kwargs.get("past_key_values")
        past = 0 if cache is None else int(cache.get_seq_length())
        if chunk or (past and bool((ids[:, past:] == self.model.config.image_token).any())):
            raise ValueError(
                "a model with prefix fusion takes its pictures in one prefill: leave out prefill_chunk_size, and begin "
                "with an empty cache when another picture is shown"
            )


__all__ = ["MEMORY_KEYS", "PICTURE_KEYS", "MMGPTForConditionalGeneration"]
