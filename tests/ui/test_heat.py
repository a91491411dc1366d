"""Where the decoder looked: weights are weights, boxes lie in the picture, parts are the answer."""

from __future__ import annotations

import hashlib

import pytest

torch = pytest.importorskip("torch")

from mmgpt.checkpoint import load_engine  # noqa: E402
from mmgpt.heat import heat, parts_of_answer, places  # noqa: E402
from mmgpt.prompts import FIELD_PROMPTS  # noqa: E402
from tests.mmgpt.small import screen, small_folder  # noqa: E402
from vision.image import LoadedImage  # noqa: E402


@pytest.fixture(autouse=True)
def _short_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmgpt.heat.MOST_TOKENS", 24)


def loaded(seed: int = 0, width: int = 320, height: int = 160) -> LoadedImage:
    pixels = screen(seed, width, height)[0]
    return LoadedImage(pixels, width, height, hashlib.sha256(pixels.tobytes()).hexdigest(), "PNG", ())


@pytest.mark.parametrize("projector", ["mlp", "pixel_shuffle", "resampler"])
def test_every_part_has_weights_that_sum_to_one(projector: str) -> None:
    engine = load_engine(small_folder("cross", projector))
    for seed, field in ((0, "message"), (1, None)):
        found = heat(engine, loaded(seed), field=field)
        count = len(found["boxes"])
        assert count == len(found["kinds"]) > 0
        assert "".join(found["tokens"]) == found["answer"]
        assert len(found["weights"]) == len(found["tokens"]) == len(found["copied"])
        for row in found["weights"]:
            assert len(row) == count and min(row) >= 0
            assert sum(row) == pytest.approx(1, abs=1e-3)
        for box in [*found["boxes"], *filter(None, found["copied"])]:
            assert 0 <= box[0] <= box[2] <= 320 and 0 <= box[1] <= box[3] <= 160


def test_places_are_as_many_as_memory_tokens_and_words_come_first() -> None:
    engine = load_engine(small_folder("cross", "pixel_shuffle"))
    seen = engine.look(loaded().pixels)
    boxes, kinds = places(engine, seen)
    assert len(boxes) == len(seen.tokens)
    assert kinds == ["word"] * seen.pieces + ["area"] * (len(boxes) - seen.pieces)
    areas = [box for box, kind in zip(boxes, kinds, strict=True) if kind == "area"]
    assert len(set(areas)) > 1, "areas of a grid are not all the same"
    assert min(b[0] for b in areas) == 0 and max(b[2] for b in areas) >= 320


def test_weights_are_those_of_the_attention() -> None:
    from mmgpt.generate import Conversation, Sampling

    engine = load_engine(small_folder())
    picture = loaded(3)
    found = heat(engine, picture, field="kind")
    seen = engine.look(picture.pixels)
    conversation = Conversation().ask(seen, FIELD_PROMPTS["kind"])
    answer = engine.answer(conversation, Sampling(max_tokens=24))
    weights = engine.attention(conversation, answer)
    text, rows = parts_of_answer(engine, [seen], answer)[0]
    expected = weights[rows].mean(0)
    assert found["tokens"][0] == text
    assert torch.allclose(torch.tensor(found["weights"][0]), expected / expected.sum(), atol=1e-5)


def test_an_unknown_field_and_a_model_without_cross_attention_are_told() -> None:
    with pytest.raises(KeyError):
        heat(load_engine(small_folder()), loaded(), field="colour")
    with pytest.raises(ValueError, match="cross-attention"):
        heat(load_engine(small_folder("prefix")), loaded())
