"""Adapters (LoRA; Hu et al., 2021) on a decoder by PEFT, over weights that stay as they are, whole or in four bits (QLoRA; Dettmers et
al., 2023), and the way back: adapters into the weights.

Adapters stand within the model (`….q_proj.lora_A.default.weight` beside `….q_proj.base_layer.weight`), so that trainer, groups of rates,
checkpoints and averages need not know of them. `slim` leaves the frozen weights below them out of what is saved.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

log = logging.getLogger(__name__)
_ADAPTER = "default"


@dataclass(frozen=True)
class Lora:
    """Settings of adapters: rank, scale `alpha` / `r`, which linear layers of the decoder (ends of their names), dropout before them;
    `bits` 4 quantises what is below them, 0 leaves it as it is."""

    r: int = 16
    alpha: float = 32
    targets: tuple[str, ...] = ("q_proj", "v_proj")
    dropout: float = 0.0
    bits: int = 0

    def __post_init__(self) -> None:
        if self.r < 1 or not 0 <= self.dropout < 1 or not self.targets or self.bits not in (0, 4):
            raise ValueError(
                f"adapters need r ≥ 1, 0 ≤ dropout < 1, targets, and bits 0 or 4, not {self.r}, {self.dropout}, "
                f"{'+'.join(self.targets) or 'none'} and {self.bits}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values; `Lora(**…)` after `from_dict`."""
        return {**asdict(self), "targets": list(self.targets)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Lora:
        """What `to_dict` gave."""
        return cls(**{**values, "targets": tuple(values["targets"])})

    @classmethod
    def parse(cls, text: str) -> Lora:
        """`r=16,alpha=32,targets=q_proj+v_proj,dropout=0`, each of which may be left out. Raises ValueError naming what is wrong."""
        kinds: dict[str, Any] = {"r": int, "alpha": float, "dropout": float, "bits": int}
        values: dict[str, Any] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            name, equals, value = part.partition("=")
            if not equals or name not in {*kinds, "targets"}:
                raise ValueError(f"{part!r} is no setting of adapters; r=, alpha=, targets=a+b, dropout= and bits= are")
            try:
                values[name] = tuple(filter(None, value.split("+"))) if name == "targets" else kinds[name](value)
            except ValueError:
                raise ValueError(f"{part!r}: {value!r} is no number") from None
        return cls(**values)


def _peft() -> Any:
    try:
        import peft
    except ImportError as error:
        raise RuntimeError(f"adapters need the package peft ({error}): pip install 'mmgpt[hub]'") from error
    return peft


def adapt(model: Any, lora: Lora, *, apart: Sequence[int] = (), slim: bool = True) -> list[str]:
    """Puts adapters on the decoder of `model`, in place; returns the names of the layers that have one.

    Everything in the decoder but adapters and the layers `apart` (new ones, which learn whole) is frozen. Adapters begin at 0: the model
    says what it said. Raises ValueError where no layer is meant, RuntimeError where peft (for 4 bits: bitsandbytes)
    is missing.
    """
    peft = _peft()
    decoder = model.decoder
    whole = tuple(f"layers.{place}." for place in apart)
    linear = [n for n, m in decoder.named_modules() if isinstance(m, nn.Linear) and n != "lm_head"]
    chosen = [n for n in linear if not n.startswith(whole) and any(n.split(".")[-1] == t for t in lora.targets)]
    missed = [t for t in lora.targets if not any(n.split(".")[-1] == t for n in chosen)]
    if missed:
        ends = sorted({n.split(".")[-1] for n in linear})
        raise ValueError(f"no layer of the decoder is called {', '.join(missed)}; there are {', '.join(ends)}")
    learning = {place: decoder.layers[place] for place in apart}
    if lora.bits == 4:
        quantise(decoder, [n for n in linear if not n.startswith(whole)])
    settings = peft.LoraConfig(
        r=lora.r, lora_alpha=lora.alpha, target_modules=chosen, lora_dropout=lora.dropout, bias="none"
    )
    peft.inject_adapter_in_model(settings, decoder, adapter_name=_ADAPTER)
    for layer in learning.values():
        layer.requires_grad_(True)
    if slim:
        _slim(model, "decoder.", whole)
    count = sum(p.numel() for n, p in decoder.named_parameters() if ".lora_" in n)
    log.info("%d adapters of rank %d: %s numbers learn in the decoder", len(chosen), lora.r, f"{count:,}")
    return chosen


def quantise(decoder: nn.Module, names: Sequence[str]) -> None:
    """Linear layers → four bits a weight (NF4), in place. Products are made in bfloat16 on CUDA, elsewhere in float32; on a CPU that is for
    trying, not for speed. Raises RuntimeError where bitsandbytes is missing or does not work here."""
    try:
        import bitsandbytes as bnb
    except Exception as error:  # it looks for libraries of its own as it is imported
        raise RuntimeError(f"4-bit weights (QLoRA) need bitsandbytes ({error}): pip install bitsandbytes") from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    computed = torch.bfloat16 if device == "cuda" else torch.float32
    for name in names:
        parent, _, last = name.rpartition(".")
        owner = decoder.get_submodule(parent)
        old: Any = getattr(owner, last)
        new = bnb.nn.Linear4bit(
            old.in_features, old.out_features, bias=old.bias is not None, compute_dtype=computed, quant_type="nf4"
        )
        new.weight = bnb.nn.Params4bit(old.weight.data, requires_grad=False, quant_type="nf4")
        if old.bias is not None:
            new.bias = nn.Parameter(old.bias.data, requires_grad=False)
        # Weights are quantised as they come to a device; on a CPU they are there already.
        setattr(owner, last, new.to(device) if device == "cpu" else new)
    decoder.is_loaded_in_4bit = True  # type: ignore[assignment]  # peft looks for it


# -- what is saved -----------------------------------------------------------------------------------------------------------------


def _below(name: str, prefix: str, whole: tuple[str, ...]) -> bool:
    """Whether a tensor of the model's state is of the frozen weights that a run by adapters leaves where they came from."""
    inner = name[len(prefix) :]
    return name.startswith(prefix) and ".lora_" not in name and not inner.startswith(whole or ("\0",))


def _slim(model: nn.Module, prefix: str, whole: tuple[str, ...]) -> None:
    def leave_out(module: nn.Module, state: dict[str, Tensor], before: str, metadata: Any) -> None:
        if not layers_with(module):  # merged: nothing is below anything any more
            return
        for name in [n for n in state if n.startswith(before) and _below(n[len(before) :], prefix, whole)]:
            del state[name]

    def not_missed(module: nn.Module, keys: Any) -> None:
        if layers_with(module):
            keys.missing_keys[:] = [name for name in keys.missing_keys if not _below(name, prefix, whole)]

    model.register_state_dict_post_hook(leave_out)
    model.register_load_state_dict_post_hook(not_missed)


# -- adapters off, and adapters into the weights -----------------------------------------------------------------------------------


def layers_with(module: nn.Module) -> dict[str, Any]:
    """Layers that have adapters, by name."""
    from peft.tuners.lora import LoraLayer

    return {name: layer for name, layer in module.named_modules() if isinstance(layer, LoraLayer)}


@contextmanager
def switched_off(module: nn.Module) -> Iterator[None]:
    """As if there were no adapters: the model that they began from."""
    found = list(layers_with(module).values())
    learning = [p for layer in found for n, p in layer.named_parameters() if ".lora_" in f".{n}" and p.requires_grad]
    for layer in found:
        layer.enable_adapters(False)
    try:
        yield
    finally:
        for layer in found:
            layer.enable_adapters(True)
        for parameter in learning:  # peft freezes what it switches off
            parameter.requires_grad_(True)


@torch.no_grad()
def merge(module: nn.Module) -> int:
    """Adds every adapter to the weights below it and leaves plain layers, in place; returns how many there were."""
    found = layers_with(module)
    for name, layer in found.items():
        layer.merge(safe_merge=True)
        parent, _, last = name.rpartition(".")
        setattr(module.get_submodule(parent) if parent else module, last, layer.get_base_layer())
    return len(found)
