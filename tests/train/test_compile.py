"""`--compile`: the same losses as without, or one line that says what is missing."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from mmgpt.model import MMGPT
from tests.train.distributed_run import Answers, settings
from train import blocks
from train.trainer import Trainer

COMPILERS = ("g++", "c++", "clang++")


class Short(Answers):
    """A layer of each kind: compiling takes its time."""

    def __init__(self) -> None:
        super().__init__()
        decoder = replace(self.config.decoder, layers=2, cross_attention_layers=(1,))
        torch.manual_seed(5)
        self.model = MMGPT(replace(self.config, decoder=decoder))


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, COMPILERS)), reason="needs a C++ compiler: apt-get install g++")
def test_compiled_layers_learn_the_same(tmp_path: Path) -> None:
    """Losses of every step and the weights at the end; batches differ in what is supervised and in how many show a picture."""
    eager = Trainer(Short(), settings(tmp_path / "eager"))
    fast = Trainer(Short(), settings(tmp_path / "compiled", compile=True))
    assert compiled(fast.model) == 2 and compiled(eager.model) == 0
    begin = {name: p.detach().clone() for name, p in fast.model.named_parameters()}
    losses = [(eager._one(), fast._one()) for _ in range(2)]
    assert [b for _, b in losses] == pytest.approx([a for a, _ in losses], abs=1e-4)
    others = dict(fast.model.named_parameters())
    for name, one in eager.model.named_parameters():
        assert torch.isclose(one, others[name], rtol=1e-3, atol=2e-5).float().mean() > 0.99, name
    assert sum(not torch.equal(begin[name], p) for name, p in others.items()) > 20, "the run has taught nothing"
    assert set(fast.averaged().state_dict()) == set(eager.model.state_dict()), "names stay plain"


def compiled(model: Any) -> int:
    """How many layers are."""
    return sum(layer._compiled_call_impl is not None for layer in model.decoder.layers)


def test_without_a_compiler_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match=r"needs a C\+\+ compiler on a CPU; install one: apt-get install g\+\+"):
        blocks.compile_layers(torch.nn.Linear(2, 2), [], torch.device("cpu"))
