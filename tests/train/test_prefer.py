"""DPO: the preferred answer becomes likelier and the rejected one less so; data that teaches nothing is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from mmgpt.config import debug
from mmgpt.model import MMGPT
from mmgpt.perception import Perceiver
from mmgpt.pieces import PieceEncoder
from tests.mmgpt.small import small_tokenizer
from train.adapters import Lora, adapt
from train.pairs import read_pairs
from train.parts import supervised
from train.tasks.prefer import Dpo, PreferTask, answer_logprobs, dpo_loss
from train.trainer import RunConfig, Trainer

LINES = [
    {"text": "Error: file not found", "box": [10, 10, 210, 30], "confidence": 0.99},
    {"text": "Code 404 path /tmp/a.txt", "box": [10, 40, 260, 60], "confidence": 0.98},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", "utf-8")
    return path


def rows() -> list[dict[str, Any]]:
    """Pairs as `mmgpt correct --export` has them (lines that were read), and about no picture."""
    prompt = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Field: category"}]}]
    return [
        {"prompt": prompt, "lines": LINES, "chosen": "permission", "rejected": "network", "field": "category"},
        {"prompt": prompt, "lines": LINES, "chosen": "none", "rejected": "disk"},
        {"prompt": "What is the message?", "chosen": "No picture was given.", "rejected": "the file"},
    ]


def model_of(fusion: Any = "cross", seed: int = 0) -> MMGPT:
    torch.manual_seed(seed)
    return MMGPT(debug(fusion))


def task_of(data: Path, model: MMGPT | None = None, **more: Any) -> PreferTask:
    config = debug()
    assert config.lines is not None
    encoder = PieceEncoder(small_tokenizer(), config.lines.max_pieces)
    return PreferTask(model or model_of(), small_tokenizer(), _Reader(encoder), data, **{"batch": 3, **more})


class _Reader(Perceiver):
    """Pairs with lines need no reader of pictures."""

    def __init__(self, encoder: PieceEncoder) -> None:
        super().__init__(None, None, None)
        self.encoder = encoder


def sums(task: PreferTask, model: Any) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        found, _ = answer_logprobs(model, task.batch(0).collated(task.pad))
    n = len(found) // 2
    return found[:n], found[n:]


@pytest.mark.parametrize("how", ["whole", "adapters"])
def test_the_preferred_answer_goes_up_and_the_rejected_one_down(how: str, tmp_path: Path) -> None:
    model = model_of()
    if how == "adapters":
        pytest.importorskip("peft")
        adapt(model, Lora(8, 16, ("q_proj", "v_proj", "o_proj", "up_proj", "down_proj")))
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(".lora_" in name)
    task = task_of(write(tmp_path / "pairs.jsonl", rows()), model, settings=Dpo(beta=0.5))
    assert task.switches == (how == "adapters")
    frozen = {n: p.clone() for n, p in model.named_parameters() if not p.requires_grad}
    config = RunConfig(
        tmp_path / "run", steps=12, warmup=3, decay=3, lr=2e-3, eval_every=10**6, bf16=False, ema=0, weight_decay=0
    )
    before = sums(task, task.model)
    scores = Trainer(task, config).run()
    after = sums(task, task.model)
    assert bool((after[0] > before[0]).all()), "a preferred answer became less likely"
    assert bool((after[1] < before[1]).all()), "a rejected answer became likelier"
    assert scores["accuracy"] > 0.6 and scores["all pairs accuracy"] == 1 and scores["all pairs margin"] > 1
    assert all(torch.equal(p, frozen[n]) for n, p in model.named_parameters() if n in frozen)
    assert "all pairs margin" in (tmp_path / "run" / "curve.csv").read_text().splitlines()[0]


@pytest.mark.parametrize("fusion", ["cross", "prefix"])
def test_the_loss_begins_at_log_2_and_batches_divide(fusion: str, tmp_path: Path) -> None:
    task = task_of(write(tmp_path / "pairs.jsonl", rows()), model_of(fusion))
    batch = task.batch(0)
    assert supervised(batch) == 3
    loss, count = task.loss(batch, 0, 1)
    assert count == 3 and float(loss) == pytest.approx(math.log(2), abs=1e-6)
    parts = [batch.part(i, 3) for i in range(3)]
    assert [len(part.rows) for part in parts] == [1, 1, 1]
    loss.backward()
    assert any(p.grad is not None and float(p.grad.abs().sum()) > 0 for p in task.model.parameters())


def test_the_loss_is_the_published_one() -> None:
    policy, reference = torch.tensor([-3.0, -5.0, -4.0, -2.0]), torch.tensor([-4.0, -5.0, -4.5, -1.0])
    lengths = torch.tensor([2, 5, 3, 3])
    margin = [0.3 * ((-3 + 4) - (-4 + 4.5)), 0.3 * (0 - (-2 + 1))]
    loss, found = dpo_loss(policy, reference, lengths, Dpo(beta=0.3))
    assert found.tolist() == pytest.approx(margin, abs=1e-6)
    assert loss.tolist() == pytest.approx([math.log(1 + math.exp(-m)) for m in margin], abs=1e-6)
    smooth, _ = dpo_loss(policy, reference, lengths, Dpo(beta=0.3, smoothing=0.1))
    expected = [0.9 * math.log(1 + math.exp(-m)) + 0.1 * math.log(1 + math.exp(m)) for m in margin]
    assert smooth.tolist() == pytest.approx(expected, abs=1e-6)
    with_sft, _ = dpo_loss(policy, reference, lengths, Dpo(beta=0.3, sft=2.0))
    assert (with_sft - loss).tolist() == pytest.approx([2 * 3 / 2, 2 * 5 / 5], abs=1e-5)


def test_only_the_answers_tokens_count(tmp_path: Path) -> None:
    task = task_of(write(tmp_path / "pairs.jsonl", rows()))
    for pair in task.pairs:
        for row, answer in zip(task.maker.rows(pair), (pair.chosen, pair.rejected), strict=True):
            learnt = row.labels[row.labels >= 0].tolist()
            assert small_tokenizer().decode(learnt[:-1]) == answer and learnt[-1] == task.maker.config.end_token
            assert torch.equal(row.ids[row.labels >= 0], row.labels[row.labels >= 0])


def test_what_stands_in_the_picture_is_copied(tmp_path: Path) -> None:
    said = [
        ("Error: file not found", "Error: file"), ("It says “Code 404 path /tmp/a.txt”.", "It says “Code 404 path”."), ("none", "404"),
    ]  # fmt: skip
    data = [{"prompt": "What is it?", "lines": LINES, "chosen": good, "rejected": bad} for good, bad in said]
    task = task_of(write(tmp_path / "pairs.jsonl", data))
    V = task.maker.config.decoder.vocab_size
    pointed = [[int((row.labels >= V).sum()) for row in task.maker.rows(pair)] for pair in task.pairs]
    assert pointed == [[2, 2], [2, 2], [0, 2]]


def test_pairs_about_pictures_are_perceived_once(tmp_path: Path) -> None:
    from mmgpt import NANO_WEIGHTS
    from vision.reader.nano import NanoReader

    image = Image.new("RGB", (320, 80), "white")
    ImageDraw.Draw(image).text((10, 30), "file not found", fill="black", font_size=20)
    image.save(tmp_path / "shot.png")
    data = [
        {"prompt": "What is it?", "image": "shot.png", "chosen": "a file", "rejected": answer}
        for answer in ("a disk", "a port")
    ]
    config = debug()
    assert config.lines is not None
    perceiver = Perceiver(NanoReader.load(NANO_WEIGHTS), PieceEncoder(small_tokenizer(), config.lines.max_pieces), None)
    task = PreferTask(model_of(), small_tokenizer(), perceiver, write(tmp_path / "pairs.jsonl", data), batch=2)
    batch = task.batch(0)
    assert perceiver.calls == 1 and task.pictures(batch) == 2 and all(c.pieces is not None for c, _ in batch.rows)
    assert float(task.loss(batch, 0, 1)[0]) == pytest.approx(math.log(2), abs=1e-6)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"prompt": "a", "chosen": "x", "rejected": "x "},
            "line 1: chosen and rejected are both 'x': there is nothing to prefer",
        ),
        ({"prompt": "a", "chosen": "x"}, "line 1: 'rejected' is missing"),
        ({"prompt": "a", "chosen": "x", "rejected": ""}, "rejected must be a text that is not empty"),
        ({"prompt": "a", "chosen": "x", "rejected": "y", "image": "no.png"}, "there is no picture"),
        (
            {"prompt": [{"role": "assistant", "content": "a"}], "chosen": "x", "rejected": "y"},
            "ends with a message of assistant",
        ),
        (
            {"prompt": [{"role": "user", "content": [{"type": "image"}]}], "chosen": "x", "rejected": "y"},
            "shows 1 pictures, the row has 0",
        ),
        ({"prompt": 3, "chosen": "x", "rejected": "y"}, "prompt must be a question or a list of messages"),
        ({"prompt": "a", "chosen": None, "rejected": "y"}, "holds no preference pairs"),
    ],
)
def test_what_is_no_pair_is_named(row: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = write(tmp_path / "pairs.jsonl", [row])
    with pytest.raises(ValueError, match=message):
        read_pairs(path)


def test_corrections_as_they_are_exported(tmp_path: Path) -> None:
    """The export's own writer, from the schema's objects."""
    from mmgpt.corrections import rows as exported
    from mmgpt.corrections.change import Change
    from mmgpt.corrections.correction import Correction

    lines = [{"text": "Error: file not found", "box": [10, 10, 210, 30], "confidence": 0.9}]
    changes = {"category": Change("network", "file"), "app": Change("curl", "Git"), "kind": Change("browser", None)}
    correction = Correction(
        1,
        "u",
        "2026-01-01T00:00:00Z",
        "m",
        "0" * 64,
        "picture",
        True,
        "curl",
        "terminal",
        "Error",
        None,
        changes,
        lines,
    )
    path = write(tmp_path / "c.jsonl", list(exported([correction])))
    pairs = read_pairs(path)
    assert [(p.chosen, p.rejected) for p in pairs] == [("file", "network"), ("Git", "curl")]
    assert all(pair.lines[0][0] == "Error: file not found" for pair in pairs)
    task = task_of(path)
    assert float(task.loss(task.batch(0), 0, 1)[0]) == pytest.approx(math.log(2), abs=1e-6)


def test_the_command_needs_weights_to_begin_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from train.cli import main

    data = write(tmp_path / "pairs.jsonl", rows())
    small_tokenizer().save(str(tmp_path / "tokenizer.json"))
    common = [
        "--out",
        str(tmp_path / "run"),
        "--data",
        str(data),
        "--preset",
        "debug",
        "--tokenizer",
        str(tmp_path / "tokenizer.json"),
    ]
    with pytest.raises(SystemExit) as end:
        main(["prefer", *common])
    assert end.value.code == 2 and "prefer begins from weights: name --init FILE" in capsys.readouterr().err
    from train.checkpoint import save_atomic

    save_atomic(dict(model_of().state_dict()), tmp_path / "init.safetensors", {})
    more = [
        "--init",
        str(tmp_path / "init.safetensors"),
        "--steps",
        "3",
        "--batch",
        "3",
        "--lr",
        "1e-3",
        "--harvest",
        "none",
        "--bf16",
        "off",
    ]
    assert main(["prefer", *common, *more]) == 0
    with pytest.raises(SystemExit):
        main(["prefer", *common, *more, "--beta", "0"])
    assert "DPO needs beta > 0" in capsys.readouterr().err


def test_the_same_seed_and_step_give_the_same_pairs(tmp_path: Path) -> None:
    path = write(tmp_path / "pairs.jsonl", rows() * 5)
    one, other = task_of(path, seed=3), task_of(path, seed=3)
    assert len(one.kept) == 2 and one.kept == other.kept
    for step in (0, 7):
        for (a, _), (b, _) in zip(one.batch(step).rows, other.batch(step).rows, strict=True):
            assert torch.equal(a.ids, b.ids)
    epoch = [int(row.ids.sum()) for step in range(5) for row, _ in one.batch(step).rows]
    assert len(epoch) == 15
