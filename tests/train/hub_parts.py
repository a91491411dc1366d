"""Small random checkpoints as the hub has them (towers, decoders with tokenizer and template), and screens seen by a tower."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from mmgpt.config import LinesConfig
from projector.features import Features
from tests.mmgpt.small import _WORDS, small_tokenizer
from train.data.conversation.sample import sample_conversation
from train.data.perceived import PICTURE, PerceivedScreen, _write
from train.data.perception import RowMaker
from train.ladder import architecture
from train.tasks.simulate import perceive
from vision.clip import load_tower

CHATML = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}<|im_start|>system\nBe brief.<|im_end|>\n{% endif %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
INSTRUCT = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}"
    "{% if message['role'] == 'user' %}[INST] {{ message['content'] }} [/INST]{% else %} {{ message['content'] }}</s>{% endif %}"
    "{% endfor %}"
)
VISION = {
    "vit": {"image_size": 32, "layers": 3, "width": 32, "head_width": 16, "patch_size": 8},
    "resnet": {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 16, "patch_size": None},
}


def clip_folder(folder: Path, kind: str = "vit") -> str:
    """A random open_clip model in its own form of a folder; returns its name for --tower."""
    import open_clip

    text = {"context_length": 8, "vocab_size": 32, "width": 16, "heads": 2, "layers": 1}
    described = {"model_cfg": {"embed_dim": 16, "vision_cfg": VISION[kind], "text_cfg": text}, "preprocess_cfg": {}}
    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text(json.dumps(described))
    torch.manual_seed(11)
    model = open_clip.create_model(
        f"local-dir:{folder}", load_weights=False, pretrained_image=False, pretrained_text=False
    )
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors")
    return f"local-dir:{folder}"


def decoder_folder(folder: Path, kind: str = "Qwen2", template: str | None = CHATML) -> str:
    """A random decoder of transformers with a byte-level tokenizer of its own (a mark for blanks where it is a Mistral)."""
    import transformers
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    marked = kind == "Mistral"
    tokenizer: Any = Tokenizer(models.BPE(unk_token="<unk>" if marked else None))
    tokenizer.pre_tokenizer = (
        pre_tokenizers.Metaspace(prepend_scheme="first") if marked else pre_tokenizers.ByteLevel(add_prefix_space=False)
    )
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="first") if marked else decoders.ByteLevel()
    special = (
        ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"] if marked else ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    )
    alphabet = [chr(c) for c in range(33, 127)] if marked else pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    rng = random.Random(3)
    tokenizer.train_from_iterator([" ".join(rng.choices(_WORDS, k=8)) + "\n" for _ in range(300)], trainer)
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>" if marked else "<|im_end|>", bos_token="<s>" if marked else None
    )
    wrapped.chat_template = template
    size = tokenizer.get_vocab_size()
    torch.manual_seed(7)
    settings = getattr(transformers, f"{kind}Config")(
        vocab_size=size, hidden_size=32, intermediate_size=48, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=2048, sliding_window=None, tie_word_embeddings=kind == "Qwen2", bos_token_id=None, eos_token_id=None,
        pad_token_id=None,
    )  # fmt: skip
    model = getattr(transformers, f"{kind}ForCausalLM")(settings)
    model.save_pretrained(folder)
    wrapped.save_pretrained(folder)
    return str(folder)


@cache
def _drawn(count: int) -> list[tuple[Any, list[Any], Any]]:
    config = architecture("debug")
    maker = RowMaker(replace(config, lines=LinesConfig(max_pieces=128)), small_tokenizer())
    found = []
    for seed in range(count):
        simulated, screen, _ = sample_conversation(seed, "train", 4)
        found.append((screen, *perceive(maker, simulated, random.Random(seed))))
    return found


def perceived_folder(folder: Path, tower: str = "nano", count: int = 14, pictures: bool = True) -> Path:
    """Described screens as `train.data.perceived` leaves them, each beside a picture of noise that the tower has seen."""
    folder.mkdir(parents=True)
    eye = load_tower(tower)
    rng = np.random.default_rng(2)
    screens = []
    for i, (screen, pieces, tensors) in enumerate(_drawn(count)):
        image = rng.integers(0, 256, (40, 64, 3)).astype(np.uint8)
        if pictures:
            Image.fromarray(image).save(folder / PICTURE.format("0000", i))
        seen = eye.see(image)
        there = torch.ones(1, len(seen.features), dtype=torch.bool)
        features = Features(seen.features[None], seen.positions[None], there, seen.grid)
        screens.append(PerceivedScreen(screen, pieces, tensors, features))
    _write(folder, 0, screens)
    (folder / "config.json").write_text(json.dumps({"tower": tower}))
    return folder
