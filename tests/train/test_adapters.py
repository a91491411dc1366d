"""Adapters: what is below them stays, runs resume exactly, checkpoints are small, and merging changes nothing that is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from mmgpt.checkpoint import load_model
from mmgpt.config import debug
from mmgpt.model import MMGPT
from tests.train import hub_parts as parts
from train.adapters import Lora, adapt, layers_with, merge, switched_off
from train.cli import main
from train.hub import Spec, assemble
from train.tasks.backbones import BackboneTask
from train.trainer import RunConfig, Trainer

pytest.importorskip("peft")
pytest.importorskip("open_clip")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    root = tmp_path_factory.mktemp("lora")
    tower = parts.clip_folder(root / "vit")
    return {
        "vit": tower,
        "qwen2": parts.decoder_folder(root / "qwen2"),
        "screens": parts.perceived_folder(root / "screens", tower),
    }


def logits(model: MMGPT) -> Tensor:
    ids = torch.randint(6, 300, (2, 12), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        return model.eval()(ids)


def stirred(model: MMGPT) -> None:
    """Adapters begin at nothing; these say something."""
    for name, parameter in model.named_parameters():
        if ".lora_B." in name:
            torch.nn.init.normal_(parameter, std=0.3)


def test_settings_are_read_and_checked() -> None:
    assert Lora.parse("") == Lora(16, 32, ("q_proj", "v_proj"), 0.0, 0)
    assert Lora.parse("r=4, alpha=8,targets=q_proj+up_proj,dropout=0.1") == Lora(4, 8, ("q_proj", "up_proj"), 0.1)
    assert Lora.from_dict(Lora(4).to_dict()) == Lora(4)
    for wrong, message in (
        ("rank=4", "'rank=4' is no setting"),
        ("r=0", "r ≥ 1"),
        ("dropout=1", "dropout < 1"),
        ("r=4.5", "is no number"),
        ("bits=8", "bits 0 or 4"),
    ):
        with pytest.raises(ValueError, match=message):
            Lora.parse(wrong)


def test_adapters_begin_at_nothing_and_only_they_learn() -> None:
    torch.manual_seed(0)
    model = MMGPT(debug())
    before = logits(model)
    chosen = adapt(model, Lora(4))
    assert len(chosen) == 2 * 4 and torch.equal(logits(model), before)
    learning = {n for n, p in model.decoder.named_parameters() if p.requires_grad}
    assert learning and all(".lora_" in n for n in learning)
    with pytest.raises(
        ValueError, match=r"no layer of the decoder is called w_q; there are down_proj, gate_proj, k_proj"
    ):
        adapt(MMGPT(debug()), Lora(4, targets=("w_q",)))


@pytest.mark.parametrize(
    "targets", [("q_proj", "v_proj"), ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")]
)
def test_merged_is_adapted(targets: tuple[str, ...]) -> None:
    torch.manual_seed(0)
    model = MMGPT(debug("prefix"))
    plain = logits(model)
    names = set(model.state_dict())
    adapt(model, Lora(4, targets=targets), slim=False)
    stirred(model)
    adapted = logits(model)
    assert (adapted - plain).abs().max() > 0.1
    with switched_off(model):
        torch.testing.assert_close(logits(model), plain, rtol=0, atol=0)
    assert torch.equal(logits(model), adapted) and any(p.requires_grad for p in model.decoder.parameters())
    assert merge(model.decoder) == len(targets) * 4
    assert not layers_with(model) and set(model.state_dict()) == names
    torch.testing.assert_close(logits(model), adapted, rtol=1e-5, atol=1e-5)


def test_four_bits_learn_by_their_adapters_alone() -> None:
    """QLoRA, on a GPU or without: the quantised decoder says about what it said, adapters move, four bits stay as they are."""
    pytest.importorskip("bitsandbytes", reason="4 bits need bitsandbytes: pip install bitsandbytes")
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = MMGPT(debug("prefix"))
    plain = logits(model)
    adapt(model, Lora(4, bits=4))
    model.to(device)
    bits = {n: p.detach().clone() for n, p in model.named_parameters() if p.dtype == torch.uint8}
    assert len(bits) == 7 * len(model.decoder.layers), "every linear layer of the decoder is in four bits"
    learning = {n: p for n, p in model.named_parameters() if p.requires_grad and ".lora_" in n}
    optimizer = torch.optim.AdamW(learning.values(), lr=1e-2)
    ids = torch.randint(6, 300, (2, 12), device=device)
    losses = []
    for _ in range(4):
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            said = model(ids)[:, :-1].float()
        loss = torch.nn.functional.cross_entropy(said.flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.01
    assert all(torch.equal(p, bits[n]) for n, p in model.named_parameters() if n in bits)
    torch.manual_seed(0)
    again = MMGPT(debug("prefix"))
    adapt(again, Lora(4, bits=4))
    if device == "cpu":  # adapters begin at 0: what differs is the rounding to four bits
        said, allowed = logits(again), plain > -1e3
        off = (said - plain)[allowed].abs().mean() / plain[allowed].abs().mean()
        assert 0.001 < off < 0.5


def test_four_bits_say_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(RuntimeError, match=r"need bitsandbytes .* pip install bitsandbytes"):
        adapt(MMGPT(debug()), Lora(4, bits=4))


def task_of(made: dict[str, Any]) -> BackboneTask:
    torch.manual_seed(0)
    spec = Spec("debug", made["vit"], made["qwen2"], "mlp", "cross")
    return BackboneTask(assemble(spec), spec, made["screens"], lora=Lora(2, 4), batch=2, turns=2, evaluation=2)


def settings(out: Path, steps: int) -> RunConfig:
    return RunConfig(
        out, steps=steps, warmup=1, decay=1, lr=1e-2, save_every=2, eval_every=10**6, log_every=1, bf16=False
    )


def test_a_run_by_adapters_resumes_exactly_and_leaves_its_base_alone(made: dict[str, Any], tmp_path: Path) -> None:
    through = Trainer(task_of(made), settings(tmp_path / "through", 4))
    base = {n: p.clone() for n, p in through.model.named_parameters() if not p.requires_grad}
    through.run()
    assert base and all(torch.equal(p, base[n]) for n, p in through.model.named_parameters() if n in base), (
        "the base moved"
    )
    first = Trainer(task_of(made), settings(tmp_path / "parts", 4))
    for _ in range(2):
        first._one()
    first._save()
    again = Trainer(task_of(made), settings(tmp_path / "parts", 4))
    assert again.step == 2
    again.run()
    for (name, one), other in zip(through.model.named_parameters(), again.model.parameters(), strict=True):
        assert torch.equal(one, other), name
    saved, resumed = (load_file(tmp_path / run / "model.safetensors") for run in ("through", "parts"))
    assert set(saved) == set(resumed) and all(torch.equal(saved[n], resumed[n]) for n in saved)
    kept = [n for n in saved if n.startswith("decoder.")]
    assert kept and all(".lora_" in n or n.startswith("decoder.layers.2.") for n in kept), (
        "the frozen decoder was saved"
    )
    assert any(n.startswith("decoder.layers.2.attention_gate") for n in kept), "the new layer learns whole"


def test_a_merged_run_is_a_folder_that_says_the_same(made: dict[str, Any], tmp_path: Path) -> None:
    run, out = tmp_path / "run", tmp_path / "out"
    arguments = [
        "instruct", "--out", str(run), "--steps", "2", "--batch", "2", "--data", str(made["screens"]), "--evaluation", "2",
        "--preset", "debug", "--turns", "2", "--warmup", "1", "--lr", "3e-2", "--harvest", "none", "--bf16", "off", "--tower", made["vit"],
        "--decoder", made["qwen2"], "--projector", "mlp", "--fusion", "prefix", "--lora", "r=2,alpha=4", "--ema", "0",
    ]  # fmt: skip
    assert main(arguments) == 0
    assert main(["merge", "--run", str(run), "--out", str(out), "--full"]) == 0
    spec = Spec("debug", made["vit"], made["qwen2"], "mlp", "prefix")
    model = assemble(spec).model
    plain = logits(model)
    adapt(model, Lora(2, 4))
    model.load_state_dict(load_file(run / "model.safetensors"))
    adapted = logits(model)
    assert not torch.equal(adapted, plain)
    torch.testing.assert_close(logits(load_model(out)), adapted, rtol=1e-4, atol=1e-4)
    # Another decoder under the same name is noticed.
    weights = Path(made["qwen2"]) / "model.safetensors"
    whole = weights.read_bytes()
    try:
        weights.write_bytes(whole[:-64] + bytes(64))
        assert main(["merge", "--run", str(run), "--out", str(tmp_path / "no")]) == 1
    finally:
        weights.write_bytes(whole)


def test_a_folder_without_a_run_is_refused_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "train.cli", "merge", "--run", str(tmp_path), "--out", str(tmp_path / "o")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "backbone.json is missing" in done.stderr


def test_adapters_on_a_whole_model_of_ours(tmp_path: Path) -> None:
    """Shipped weights, tuned by adapters: no new layers, every part but adapters may be frozen."""
    from mmgpt import NANO_WEIGHTS

    assembled = assemble(Spec(decoder=str(NANO_WEIGHTS)))
    before = logits(assembled.model)
    assert torch.equal(before, logits(load_model()))
    adapt(assembled.model, Lora())
    assert torch.equal(logits(assembled.model), before)
    size = sum(v.numel() for v in assembled.model.state_dict().values())
    assert size < 0.5 * sum(p.numel() for p in assembled.model.parameters())
