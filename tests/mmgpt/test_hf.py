"""The model as transformers sees it: it says what our engine says, whatever way it is asked, saved, trained or adapted."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from mmgpt import NANO_WEIGHTS
from mmgpt.checkpoint import has_model, load_engine
from mmgpt.config import PROJECTORS, TowerConfig, replace
from mmgpt.generate import Answer, Conversation, Engine, Sampling, Seen
from tests.mmgpt.small import screen, small_config, small_folder, write_small

transformers = pytest.importorskip("transformers")
hf = pytest.importorskip("mmgpt.hf")

TOKENS = 16
KINDS = ["cross", "prefix", *(["nano"] if has_model(NANO_WEIGHTS) else [])]


class Loaded(NamedTuple):
    """One folder, loaded by transformers' Auto classes and by our engine."""

    folder: Path
    model: Any
    processor: Any
    engine: Engine


@lru_cache
def load(kind: str, projector: str = "mlp") -> Loaded:
    folder = NANO_WEIGHTS if kind == "nano" else small_folder(kind, projector)  # type: ignore[arg-type]
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder)
    processor = transformers.AutoProcessor.from_pretrained(folder)
    return Loaded(folder, model, processor, load_engine(folder))


@lru_cache
def look(kind: str, seed: int, projector: str = "mlp") -> tuple[np.ndarray, Seen]:
    image, _ = screen(seed, 190 + 30 * seed, 80 + 7 * seed)  # of several sizes
    return image, load(kind, projector).engine.look(image)


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Turn = str | int  # a text, or the number of a screen


def both_ways(kind: str, *turns: tuple[Turn, ...]) -> tuple[list[dict[str, Any]], Conversation]:
    """Turns of user and assistant by turns, for transformers and for the engine."""
    messages: list[dict[str, Any]] = []
    conversation = Conversation()
    for number, parts in enumerate(turns):
        content: list[dict[str, Any]] = []
        for part in parts:
            text = {"type": "text", "text": part}
            content.append(text if isinstance(part, str) else {"type": "image", "image": look(kind, part)[0]})
        messages.append({"role": "assistant" if number % 2 else "user", "content": content})
        if number % 2:
            conversation = conversation.answered(str(parts[0]))
        else:
            conversation = conversation.ask(*(p if isinstance(p, str) else look(kind, p)[1] for p in parts))
    return messages, conversation


def tensors(kind: str, chats: list[list[dict[str, Any]]], projector: str = "mlp") -> Any:
    return load(kind, projector).processor.apply_chat_template(
        chats, tokenize=True, return_dict=True, return_tensors="pt", add_generation_prompt=True
    )


def answers(kind: str, chats: list[list[dict[str, Any]]], **options: Any) -> tuple[list[list[int]], list[str]]:
    """Greedy raw ids up to the end token, and the text of expanded ids, of each conversation."""
    model, processor = load(kind).model, load(kind).processor
    inputs = tensors(kind, chats)
    raw = model.generate(**inputs, max_new_tokens=TOKENS, expand_copies=False, **options)
    expanded = model.generate(**inputs, max_new_tokens=TOKENS, **options)
    prompt = inputs["input_ids"].shape[1]
    assert torch.equal(expanded[:, :prompt], raw[:, :prompt])
    return trimmed(raw[:, prompt:], kind), processor.batch_decode(expanded[:, prompt:], skip_special_tokens=True)


def trimmed(ids: Tensor, kind: str) -> list[list[int]]:
    end = load(kind).engine.model.config.end_token
    rows = []
    for row in ids.tolist():
        rows.append(row[: row.index(end) + 1] if end in row else row)
    return rows


def assert_same(kind: str, found: tuple[list[list[int]], list[str]], wanted: list[Answer]) -> None:
    assert found[0] == [list(answer.ids) for answer in wanted]
    assert found[1] == [answer.text for answer in wanted]


CONVERSATIONS: dict[str, list[tuple[tuple[Turn, ...], ...]]] = {
    "single": [((1, "Which port is it?"),)],
    "batch": [((seed, "What does the error message say?"[: 8 * seed]),) for seed in (1, 2, 3, 4)],
    "follow-up": [((2, "Which program?"), ("Terminal.",), ("And where is it?",))],
    "text": [(("What can you read?",),)],
    "two pictures": [((1, "before, and after", 3, "What changed?"),)],
    "mixed": [(("No picture here.",),), ((4, "Field: kind"),), ((1, 2, "Which?"),)],
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_generate_says_what_the_engine_says(kind: str, name: str) -> None:
    pairs = [both_ways(kind, *turns) for turns in CONVERSATIONS[name]]
    inputs = tensors(kind, [messages for messages, _ in pairs])
    for row, (_, conversation) in zip(inputs["input_ids"], pairs, strict=True):
        prompt = load(kind).engine.prompt(conversation)
        assert row[len(row) - len(prompt) :].tolist() == prompt
    wanted = load(kind).engine.answers([c for _, c in pairs], Sampling(max_tokens=TOKENS))
    assert_same(kind, answers(kind, [messages for messages, _ in pairs]), wanted)


def test_the_small_models_copy() -> None:
    """Or the tests above would say nothing of copied spans."""
    copied = [a for seed in range(1, 5) for a in engine_answers("cross", [seed]) if a.spans]
    assert len(copied) >= 2 and any(span.last > span.first for a in copied for span in a.spans)


def engine_answers(kind: str, seeds: list[int], question: str = "What?") -> list[Answer]:
    asked = [both_ways(kind, (seed, question))[1] for seed in seeds]
    return load(kind).engine.answers(asked, Sampling(max_tokens=TOKENS))


def test_a_batch_of_four_is_four_of_one(kind: str) -> None:
    """Sums are taken in another order in a batch; where that turns the choice, the two best must have been nearly level."""
    chats = [both_ways(kind, (seed, "What?"))[0] for seed in (1, 2, 3, 4)]
    together = answers(kind, chats)[0]
    model, turned = load(kind).model, 0
    for chat, ids in zip(chats, together, strict=True):
        inputs = tensors(kind, [chat])
        out = model.generate(
            **inputs, max_new_tokens=TOKENS, expand_copies=False, return_dict_in_generate=True, output_logits=True
        )
        alone = trimmed(out.sequences[:, inputs["input_ids"].shape[1] :], kind)[0]
        if alone != ids:
            first = next(i for i, (a, b) in enumerate(zip(alone, ids, strict=False)) if a != b)
            best = out.logits[first][0].topk(2).values
            assert best[0] - best[1] < 1e-3
            turned += 1
    assert turned <= 1


def test_pictures_are_looked_at_once(kind: str) -> None:
    model = load(kind).model
    seen = {"tower": 0, "projector": 0, "lines": 0}
    modules = {"tower": model.tower.stem, "projector": model.model.projector, "lines": model.model.lines}

    def counting(name: str) -> Any:
        def count(*_: Any) -> None:
            seen[name] += 1

        return count

    hooks = [module.register_forward_hook(counting(name)) for name, module in modules.items()]
    inputs = tensors(kind, [both_ways(kind, (1, "What?"))[0]])
    first = model.generate(**inputs, max_new_tokens=5, num_beams=2)
    assert seen == {"tower": 1, "projector": 1, "lines": 1}
    text = {key: inputs.pop(key) for key in ("input_ids", "attention_mask")}
    memory = model.encode_images(text["input_ids"], **inputs)
    assert seen == {"tower": 2, "projector": 2, "lines": 2}
    again = model.generate(**text, **memory, max_new_tokens=5, num_beams=2)
    model.generate(**text, **memory, max_new_tokens=5)
    assert seen == {"tower": 2, "projector": 2, "lines": 2}
    assert torch.equal(first, again)
    for hook in hooks:
        hook.remove()


@pytest.mark.parametrize(
    "options",
    [{"prompt_lookup_num_tokens": 3, "max_matching_ngram_size": 1}, {"use_cache": False}, {"cache_implementation": "static"}],
    ids=["prompt lookup", "no cache", "static cache"],
)  # fmt: skip
def test_other_ways_to_decode_change_nothing(kind: str, options: dict[str, Any]) -> None:
    """A looked-up guess that is refused is cut from the cache; memory must not be cut with it."""
    chat = both_ways(kind, (1, "already already already what what what"))[0]
    assert answers(kind, [chat], **options) == answers(kind, [chat])


def test_guesses_may_hold_image_tokens_and_answers_may_not() -> None:
    """Prompt lookup guesses what followed in the prompt: under prefix fusion that may be `<image>`, where no picture goes."""
    model = load("prefix").model
    inputs = dict(tensors("prefix", [both_ways("prefix", (1, "What?"))[0]]))
    ids, image = inputs.pop("input_ids"), model.config.image_token_id
    memory = model.encode_images(ids, **{k: v for k, v in inputs.items() if k != "attention_mask"})
    with torch.no_grad():
        cache = model(input_ids=ids, use_cache=True, **memory).past_key_values
        guess = model(input_ids=torch.tensor([[20, image, image]]), past_key_values=cache, **memory).logits
        whole = model(input_ids=torch.cat([ids, torch.tensor([[20]])], 1), **memory).logits
    torch.testing.assert_close(guess[:, 0], whole[:, -1], rtol=1e-4, atol=1e-4)
    assert (whole[..., image] == torch.finfo(whole.dtype).min).all()


def test_beams_and_samples_keep_their_pictures(kind: str) -> None:
    model = load(kind).model
    chats = [both_ways(kind, (seed, "What?"))[0] for seed in (1, 3)]
    inputs = tensors(kind, chats)
    fast = model.generate(**inputs, max_new_tokens=6, num_beams=2, expand_copies=False)
    slow = model.generate(**inputs, max_new_tokens=6, num_beams=2, expand_copies=False, use_cache=False)
    assert torch.equal(fast, slow)
    for row, chat in enumerate(chats):
        alone = model.generate(**tensors(kind, [chat]), max_new_tokens=6, num_beams=2, expand_copies=False)
        assert trimmed(fast[row : row + 1, -6:], kind) == trimmed(alone[:, -6:], kind)
    several = model.generate(**inputs, max_new_tokens=6, do_sample=True, top_k=1, num_return_sequences=3)
    greedy = model.generate(**inputs, max_new_tokens=6)
    assert torch.equal(several, greedy.repeat_interleave(3, 0))


def test_what_is_streamed_is_the_answer() -> None:
    from transformers import TextIteratorStreamer

    model, processor = load("cross").model, load("cross").processor
    chat = both_ways("cross", (1, "What?"))[0]
    streamer = TextIteratorStreamer(processor.tokenizer, skip_prompt=True, skip_special_tokens=True)
    model.generate(**tensors("cross", [chat]), max_new_tokens=TOKENS, streamer=streamer)
    assert "".join(streamer) == answers("cross", [chat])[1][0]


def test_scores_belong_to_raw_ids() -> None:
    model = load("cross").model
    inputs = tensors("cross", [both_ways("cross", (1, "What?"))[0]])
    plain = model.generate(**inputs, max_new_tokens=8)
    out = model.generate(**inputs, max_new_tokens=8, return_dict_in_generate=True, output_scores=True)
    assert torch.equal(out.sequences, plain)
    scores = model.compute_transition_scores(out.raw_sequences, out.scores, normalize_logits=True)
    wanted = engine_answers("cross", [1])[0].logprobs[:8]
    torch.testing.assert_close(scores[0], torch.tensor(wanted), rtol=1e-4, atol=1e-4)


def test_padding_and_a_missing_mask_change_nothing(kind: str) -> None:
    model = load(kind).model
    inputs = dict(tensors(kind, [both_ways(kind, (1, "What?"))[0]]))
    whole = model(**inputs).logits
    mask, ids = inputs.pop("attention_mask"), inputs.pop("input_ids")
    torch.testing.assert_close(model(input_ids=ids, **inputs).logits, whole, rtol=1e-4, atol=1e-4)
    padded = torch.cat([torch.zeros(1, 5, dtype=torch.long), ids], 1)
    seen = torch.cat([torch.zeros(1, 5, dtype=torch.long), mask], 1)
    left = model(input_ids=padded, attention_mask=seen, **inputs).logits[:, 5:]
    torch.testing.assert_close(left, whole, rtol=1e-4, atol=1e-4)
    last = model(input_ids=ids, logits_to_keep=2, **inputs).logits
    torch.testing.assert_close(last, whole[:, -2:], rtol=1e-4, atol=1e-4)
    assert whole.shape[-1] == model.config.vocab_size == load(kind).engine.model.config.logits_size


def test_pipeline(kind: str) -> None:
    pipe = transformers.pipeline("image-text-to-text", model=load(kind).folder)
    messages, conversation = both_ways(kind, (3, "What does it say?"))
    out = pipe(text=messages, max_new_tokens=TOKENS, return_full_text=False)
    wanted = load(kind).engine.answer(conversation, Sampling(max_tokens=TOKENS)).text
    assert out[0]["generated_text"] == wanted


def test_two_threads_at_once(kind: str) -> None:
    jobs = [tensors(kind, [both_ways(kind, (seed, "What?"))[0]]) for seed in (1, 2, 3, 4)]

    def run(inputs: Any) -> list[int]:
        return list(load(kind).model.generate(**inputs, max_new_tokens=8)[0].tolist())

    wanted = [run(job) for job in jobs]
    assert kind == "nano" or len({tuple(ids) for ids in wanted}) == 4
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(run, jobs * 2)) == wanted * 2


# -- files -------------------------------------------------------------------------------------------------------------------


def logits_of(model: Any, inputs: Any) -> Tensor:
    with torch.no_grad():
        found: Tensor = model(**inputs).logits
    return found


def test_saved_and_loaded_again(kind: str, tmp_path: Path) -> None:
    """By transformers and by our own engine; a retrained part replaces one file."""
    source = load(kind)
    model = transformers.AutoModelForImageTextToText.from_pretrained(source.folder)
    with torch.no_grad():
        model.tower.place.add_(0.5)  # a file of its own, whose sum in config.json must follow
    inputs = tensors(kind, [both_ways(kind, (1, "What?"))[0]])
    model.save_pretrained(tmp_path)
    source.processor.save_pretrained(tmp_path)
    again = transformers.AutoModelForImageTextToText.from_pretrained(tmp_path)
    assert torch.equal(logits_of(again, inputs), logits_of(model, inputs))
    assert not torch.equal(logits_of(again, inputs), logits_of(source.model, inputs))
    for (name, a), (_, b) in zip(model.state_dict().items(), again.state_dict().items(), strict=True):
        assert torch.equal(a, b), name
    shards = {path.name for path in tmp_path.glob("*.safetensors")}
    assert shards == {"decoder.safetensors", "projector.safetensors", "reader.safetensors", "tower.safetensors"}
    assert set(load_file(tmp_path / "tower.safetensors")) == {f"tower.{k}" for k in model.tower.state_dict()}
    engine = load_engine(tmp_path)
    answer = engine.answer(Conversation().ask(engine.look(look(kind, 1)[0]), "What?"), Sampling(max_tokens=8))
    out = again.generate(**inputs, max_new_tokens=8, expand_copies=False)
    assert trimmed(out[:, inputs["input_ids"].shape[1] :], kind)[0] == list(answer.ids)
    config, before = (json.loads((f / "config.json").read_text("utf-8")) for f in (tmp_path, source.folder))
    assert all(config[key] == before[key] for key in ("name", "model", "reader", "tower"))


def test_tied_embeddings_are_one_tensor() -> None:
    model = load("cross").model
    assert model.get_output_embeddings() is None and model.model.config.decoder.tie_embeddings
    weights = json.loads((load("cross").folder / "model.safetensors.index.json").read_text("utf-8"))["weight_map"]
    assert set(weights) == set(model.state_dict())
    assert "model.decoder.embed_tokens.weight" in weights and not any("lm_head" in name for name in weights)
    with pytest.raises(ValueError, match="512 text tokens"):
        model.resize_token_embeddings(600)


def test_bfloat16() -> None:
    source = load("cross")
    model = transformers.AutoModelForImageTextToText.from_pretrained(source.folder, dtype=torch.bfloat16)
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}
    inputs = tensors("cross", [both_ways("cross", (1, "What?"))[0]])
    logits, exact = logits_of(model, inputs).float(), logits_of(source.model, inputs)
    text = source.engine.model.config.decoder.vocab_size
    assert torch.nn.functional.cosine_similarity(logits[..., :text], exact[..., :text], -1).min() > 0.98
    ids = model.generate(**inputs, max_new_tokens=4)
    assert torch.equal(ids, model.generate(**inputs.to(torch.bfloat16), max_new_tokens=4))


def test_built_without_memory_nothing_is_lost(kind: str) -> None:
    """transformers builds a model without memory first and fills in what the checkpoint has, and only that."""
    with torch.device("meta"):
        model = hf.MMGPTForConditionalGeneration(load(kind).model.config)
    assert all(p.is_meta for p in model.parameters())
    assert {name for name, _ in model.named_buffers()} <= set(model.state_dict())


def test_what_a_checkpoint_lacks_is_initialised(tmp_path: Path) -> None:
    """A new projector in front of a trained decoder: small numbers, not what memory happened to hold."""
    folder = tmp_path / "part"
    shutil.copytree(load("cross").folder, folder)
    (folder / "projector.safetensors").unlink()
    index = json.loads((folder / "model.safetensors.index.json").read_text("utf-8"))
    index["weight_map"] = {k: v for k, v in index["weight_map"].items() if v != "projector.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    model, info = hf.MMGPTForConditionalGeneration.from_pretrained(folder, output_loading_info=True)
    assert info["missing_keys"] and all(".projector" in k or ".lines." in k for k in info["missing_keys"])
    fresh = hf.MMGPTForConditionalGeneration(model.config).state_dict()
    for name, value in model.state_dict().items():
        if name in info["missing_keys"]:
            spread = fresh[name].std() if value.numel() > 1 else torch.tensor(0.0)
            assert value.isfinite().all() and (value.std() - spread).abs() < 0.3 * spread + 1e-6, name
    assert torch.equal(model.model.decoder.norm.weight, load("cross").model.model.decoder.norm.weight)


def test_towers_of_open_clip(tmp_path: Path) -> None:
    """One size, so tiles; loaded by name where the checkpoint has no tower, and from the checkpoint where it has."""
    open_clip = pytest.importorskip("open_clip")
    vision = {"image_size": 32, "patch_size": 16, "width": 32, "head_width": 16, "layers": 2}
    text = {"context_length": 8, "vocab_size": 32, "width": 16, "heads": 1, "layers": 1}
    described = {"embed_dim": 16, "vision_cfg": vision, "text_cfg": text}
    clip = tmp_path / "clip"
    clip.mkdir()
    (clip / "mmgpt-hf-vit.json").write_text(json.dumps(described))
    open_clip.add_model_config(clip)
    torch.manual_seed(3)
    weights = open_clip.create_model("mmgpt-hf-vit").state_dict()
    (clip / "mmgpt-hf-vit.json").unlink()
    (clip / "open_clip_config.json").write_text(json.dumps({"model_cfg": described, "preprocess_cfg": {}}))
    from safetensors.torch import save_file

    save_file(weights, clip / "open_clip_model.safetensors")
    config = replace(small_config("prefix"), tower=TowerConfig(name=f"local-dir:{clip}", width=32, class_token=True))
    folder = write_small(tmp_path / "folder", config)
    assert not (folder / "tower.safetensors").exists()
    model = hf.MMGPTForConditionalGeneration.from_pretrained(folder)
    processor, engine = transformers.AutoProcessor.from_pretrained(folder), load_engine(folder)
    images = [screen(1, 100, 40)[0], screen(2, 60, 60)[0]]
    chats = [
        [{"role": "user", "content": [{"type": "image", "image": i}, {"type": "text", "text": "What?"}]}]
        for i in images
    ]
    inputs = processor.apply_chat_template(
        chats, tokenize=True, return_dict=True, return_tensors="pt", add_generation_prompt=True
    )
    prompt = inputs["input_ids"].shape[1]
    wanted = engine.answers([Conversation().ask(engine.look(i), "What?") for i in images], Sampling(max_tokens=6))
    model.save_pretrained(tmp_path / "saved")
    shutil.rmtree(clip / "open_clip_model.safetensors", ignore_errors=True)
    again = hf.MMGPTForConditionalGeneration.from_pretrained(tmp_path / "saved")
    for made in (model, again):
        out = made.generate(**inputs, max_new_tokens=6, expand_copies=False)[:, prompt:]
        assert trimmed(out, "cross") == [list(answer.ids) for answer in wanted]


# -- training ----------------------------------------------------------------------------------------------------------------


def samples(fusion: str, projector: str, count: int) -> list[dict[str, Tensor]]:
    """One question about each of some pictures, and an answer: a word of its own, and a copied span."""
    core = load(fusion, projector).engine.model.config
    rows = []
    for seed in range(count):
        image, _ = screen(seed, 96, 40)
        chat = [{"role": "user", "content": [{"type": "image", "image": image}, {"type": "text", "text": "What?"}]}]
        row = dict(tensors(fusion, [chat], projector))
        first = core.decoder.vocab_size + seed % 3
        answer = torch.tensor([[20 + seed, first, first + core.pointers + 1, core.end_token]])
        prompt = row["input_ids"]
        row["labels"] = torch.cat([torch.full_like(prompt, -100), answer], 1)
        row["input_ids"] = torch.cat([prompt, answer], 1)
        row["attention_mask"] = torch.ones_like(row["input_ids"])
        rows.append(row)
    return rows


def collate(rows: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Rows of different lengths, pieces and pictures, padded."""
    fill = {"labels": -100, "piece_tokens": -1, "piece_spelling": -1, "piece_certainty": 1}
    out = {}
    for key in rows[0]:
        values = [row[key] for row in rows]
        shape = [max(v.shape[d] for v in values) for d in range(1, values[0].ndim)]
        made = values[0].new_full((len(values), *shape), fill.get(key, 0))
        for i, value in enumerate(values):
            places = tuple(slice(0, side) for side in value.shape[1:])
            made[i][places] = value[0]
        out[key] = made
    return out


@pytest.mark.parametrize("projector", PROJECTORS)
@pytest.mark.parametrize("fusion", ["cross", "prefix"])
def test_every_fusion_and_projector_learns(fusion: str, projector: str) -> None:
    torch.manual_seed(0)
    source = load(fusion, projector)
    model = hf.MMGPTForConditionalGeneration(source.model.config).train()
    batch = collate(samples(fusion, projector, 8))
    means = model.tower.stem[1][1].running_mean.clone()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=2e-3, weight_decay=0.0)
    losses: list[float] = []
    for step in range(150):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            assert all(p.grad is None for p in model.tower.parameters()), "the tower is frozen"
            for part in (model.model.projector, model.model.lines, model.model.decoder, model.model.pointers):
                assert all(p.grad is not None and p.grad.isfinite().all() for p in part.parameters())
                assert any(p.grad.abs().max() > 0 for p in part.parameters() if p.grad is not None)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        if losses[-1] < 0.05:
            break
    assert losses[-1] < 0.05, losses[::10]
    assert torch.equal(model.tower.stem[1][1].running_mean, means), "nor do its running means move"


def test_a_tower_learns_when_asked() -> None:
    model = hf.MMGPTForConditionalGeneration(load("cross").model.config)
    model.tower.requires_grad_(True)
    model.train()
    model(**collate(samples("cross", "mlp", 2))).loss.backward()
    assert model.tower.training
    assert float(model.tower.blocks[0].qkv.weight.grad.abs().max()) > 0


def trained(folder: Path, batch: int, accumulate: int, steps: int) -> Any:
    """A model after some steps of transformers' Trainer on four samples of different lengths."""
    from transformers import Trainer, TrainingArguments

    data = samples("cross", "mlp", 4)
    data[1]["labels"][:, -3:-1] = -100  # another number of labels, so that means of means would differ
    model = hf.MMGPTForConditionalGeneration.from_pretrained(load("cross").folder)
    arguments = TrainingArguments(
        output_dir=str(folder), per_device_train_batch_size=batch, gradient_accumulation_steps=accumulate, max_steps=steps,
        learning_rate=0.05, optim="sgd", lr_scheduler_type="constant", max_grad_norm=0.0, remove_unused_columns=False,
        use_cpu=True, report_to=[], disable_tqdm=True, save_strategy="no", logging_strategy="no", seed=1,
    )  # fmt: skip
    trainer = Trainer(model=model, args=arguments, train_dataset=data, data_collator=collate)
    trainer.train()
    return trainer


def test_trainer(tmp_path: Path) -> None:
    """Three steps; two batches of one accumulated are one batch of two."""
    trainer = trained(tmp_path, 1, 2, 3)
    other = trained(tmp_path, 2, 1, 3)
    before = load("cross").model.state_dict()
    after, twin = trainer.model.state_dict(), other.model.state_dict()
    moved = [name for name in after if not torch.equal(after[name], before[name])]
    assert len(moved) > 50 and not any(name.startswith("tower.") for name in moved)
    for name in after:
        torch.testing.assert_close(after[name], twin[name], rtol=1e-3, atol=1e-5)
    trainer.save_model(tmp_path / "saved")
    again = hf.MMGPTForConditionalGeneration.from_pretrained(tmp_path / "saved")
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in after.items())


def test_lora(tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    model = hf.MMGPTForConditionalGeneration.from_pretrained(load("cross").folder)
    settings = peft.LoraConfig(r=4, target_modules=r".*decoder.*\.(q|k|v|o)_proj", task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(model, settings)
    batch = collate(samples("cross", "mlp", 2))
    before = logits_of(adapted, batch)
    optimizer = torch.optim.SGD([p for p in adapted.parameters() if p.requires_grad], lr=1.0)
    for _ in range(2):  # the first step only moves B, which begins at zero
        optimizer.zero_grad()
        adapted(**batch).loss.backward()
        optimizer.step()
    adapted.eval()
    after = logits_of(adapted, batch)
    text = model.model.config.decoder.vocab_size
    assert (after - before)[..., :text].abs().max() > 1e-2
    inputs = tensors("cross", [both_ways("cross", (1, "What?"))[0]])
    said = adapted.generate(**inputs, max_new_tokens=4)
    merged = adapted.merge_and_unload()
    torch.testing.assert_close(logits_of(merged, batch), after, rtol=1e-3, atol=1e-3)
    merged.save_pretrained(tmp_path)
    again = hf.MMGPTForConditionalGeneration.from_pretrained(tmp_path)
    assert torch.equal(logits_of(again, batch), logits_of(merged, batch))
    assert torch.equal(again.generate(**inputs, max_new_tokens=4), said)


# -- what is wrong is said ---------------------------------------------------------------------------------------------------


def test_errors_name_both_numbers() -> None:
    model = load("cross").model
    inputs = dict(tensors("cross", [both_ways("cross", (1, "What?"))[0]]))
    mask = inputs.pop("attention_mask")
    with pytest.raises(ValueError, match=rf"covers {mask.shape[1] - 1} tokens; there are {mask.shape[1]} new ones"):
        model(attention_mask=mask[:, 1:], **inputs)
    ids = inputs.pop("input_ids")
    with pytest.raises(ValueError, match=r"1 rows with \[2\] <image> tokens were given 1 pictures"):
        model(input_ids=ids, **{**inputs, "num_images": torch.tensor([2])})
    with pytest.raises(ValueError, match="piece_mask"):
        model(input_ids=ids, **{**inputs, "piece_mask": None})
    with pytest.raises(ValueError, match="pixel_sizes"):
        model(input_ids=ids, **{**inputs, "pixel_sizes": None})
    memory = model.encode_images(ids, **inputs)
    with pytest.raises(ValueError, match="memory_keys"):
        model(input_ids=ids, **{**memory, "memory_keys": None})
    prefix = dict(tensors("prefix", [both_ways("prefix", (1, "What?"))[0]]))
    prefix.pop("num_images")
    with pytest.raises(ValueError, match=r"<image> tokens, its pictures have \d+ visual tokens"):
        load("prefix").model(
            **{**prefix, "input_ids": prefix["input_ids"].clone().fill_(20).index_fill(1, torch.tensor([1]), 1)}
        )
    with pytest.raises(ValueError, match="one prefill"):
        load("prefix").model.generate(**prefix, max_new_tokens=2, prefill_chunk_size=4)
    with pytest.raises(ValueError, match="has no field"):
        hf.MMGPTConfig(model={**load("cross").model.config.model, "experts": 3})
