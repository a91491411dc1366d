"""Projectors: how many tokens come out, what padding must not change, and what a doubtful letter is worth."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mmgpt.config import PROJECTORS, debug
from mmgpt.model import MMGPT
from mmgpt.pieces import LONGEST, TOKENS, pad_pieces
from projector.factory import Projector, make_projector
from projector.features import Features, Place, fourier
from projector.lines import PLACE, LinesProjector, Pieces
from projector.pixel_shuffle import PixelShuffleProjector

B, DV, D, QUERIES = 2, 12, 16, 5
GRIDS = [(4, 6), (3, 5), (1, 1), (5, 2)]
G, DR, LETTERS = 7, 9, 30


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def shaken(module: Any) -> Any:
    """Every parameter away from where it began, norms and biases too: nothing passes because it is zero."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return module.eval()


def projector_of(kind: str, **options: int) -> Projector:
    return shaken(make_projector(kind, DV, D, queries=QUERIES, heads=4, **options))


def features_of(grid: tuple[int, int], rows: int = B) -> Features:
    N = grid[0] * grid[1]
    places = torch.arange(N)
    y, x = places // grid[1] / grid[0], places % grid[1] / grid[1]
    positions = torch.stack([x, y, x + 1 / grid[1], y + 1 / grid[0]], -1).expand(rows, N, 4).clone()
    return Features(torch.randn(rows, N, DV), positions, torch.ones(rows, N, dtype=torch.bool), grid)


# -- of tower features ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PROJECTORS)
@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_as_many_tokens_come_out_as_announced(kind: str, grid: tuple[int, int]) -> None:
    projector = projector_of(kind)
    tokens, mask = projector(features_of(grid))
    assert tokens.shape == (B, projector.tokens(grid), D)
    assert mask.shape == tokens.shape[:2] and mask.dtype == torch.bool and bool(mask.all())
    wanted = {
        "mlp": grid[0] * grid[1],
        "pixel_shuffle": math.ceil(grid[0] / 2) * math.ceil(grid[1] / 2),
        "resampler": QUERIES,
    }
    assert projector.tokens(grid) == wanted[kind]


def test_a_projector_of_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown projector 'linear': mlp, pixel_shuffle or resampler"):
        make_projector("linear", DV, D)


@pytest.mark.parametrize("kind", PROJECTORS)
@pytest.mark.parametrize("grid", GRIDS[:2], ids=str)
def test_masked_tokens_change_nothing(kind: str, grid: tuple[int, int]) -> None:
    projector, seen = projector_of(kind), features_of(grid)
    missing = torch.zeros_like(seen.mask)
    missing[0, [0, 3, 4]] = True  # parts of groups of four, too
    missing[1, grid[1] :] = True
    masked = replace(seen, mask=~missing)
    before, there = projector(masked)
    garbage = torch.where(missing[..., None], torch.tensor(1e4), seen.features)
    elsewhere = torch.where(missing[..., None], torch.tensor(0.77), seen.positions)
    after, still = projector(replace(masked, features=garbage, positions=elsewhere))
    assert torch.equal(there, still) and bool(there.any(1).all())
    torch.testing.assert_close(after[there], before[there], rtol=0, atol=1e-5)
    moved, _ = projector(replace(masked, features=seen.features + (~missing)[..., None].float()))
    assert float((moved - before).detach()[there].abs().amax(-1).min()) > 1e-3, "what is there reaches every token"


@pytest.mark.parametrize("kind", PROJECTORS)
def test_a_picture_without_features_gives_no_tokens(kind: str) -> None:
    seen = features_of((2, 3))
    seen.mask[1] = False
    tokens, mask = projector_of(kind)(seen)
    assert bool(mask[0].all()) and not bool(mask[1].any())
    assert bool(tokens.isfinite().all())


@pytest.mark.parametrize("kind", PROJECTORS)
def test_pictures_of_a_batch_are_projected_apart(kind: str) -> None:
    projector, seen = projector_of(kind), features_of((3, 4))
    whole, _ = projector(seen)
    for row in range(B):
        own = slice(row, row + 1)
        alone, _ = projector(Features(seen.features[own], seen.positions[own], seen.mask[own], seen.grid))
        torch.testing.assert_close(alone[0], whole[row], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", PROJECTORS)
def test_features_of_another_width_are_refused_with_both_numbers(kind: str) -> None:
    seen = features_of((2, 2))
    with pytest.raises(ValueError, match=rf"{DV + 1} wide; this projector takes {DV}"):
        projector_of(kind)(replace(seen, features=torch.randn(B, 4, DV + 1)))


def test_mlp_is_two_layers_and_a_place() -> None:
    projector: Any = projector_of("mlp")
    seen = features_of((2, 3))
    first = seen.features @ projector.linear_1.weight.T + projector.linear_1.bias
    gelu = 0.5 * first * (1 + torch.erf(first / math.sqrt(2)))
    wanted = gelu @ projector.linear_2.weight.T + projector.linear_2.bias + projector.place(seen.positions)
    torch.testing.assert_close(projector(seen)[0], wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_pixel_shuffle_equals_a_loop(grid: tuple[int, int], n: int) -> None:
    projector, seen = projector_of("pixel_shuffle", shuffle=n), features_of(grid)
    assert isinstance(projector, PixelShuffleProjector)
    seen.mask[0, -1] = grid == (1, 1)  # elsewhere one token is missing
    tokens, mask = projector(seen)
    rows, columns = grid
    for b in range(B):
        made: list[Tensor] = []
        for y in range(0, rows, n):
            for x in range(0, columns, n):
                channels: list[Tensor] = []
                boxes: list[Tensor] = []
                for v in range(y, y + n):
                    for u in range(x, x + n):
                        there = v < rows and u < columns and bool(seen.mask[b, v * columns + u])
                        channels.append(seen.features[b, v * columns + u] if there else torch.zeros(DV))
                        if there:
                            boxes.append(seen.positions[b, v * columns + u])
                assert bool(mask[b, len(made)]) == bool(boxes)
                corners = torch.stack(boxes) if boxes else torch.tensor([[1.0, 1, 0, 0]])
                box = torch.cat([corners[:, :2].amin(0), corners[:, 2:].amax(0)])
                made.append(projector.linear(torch.cat(channels)) + projector.place(box))
        torch.testing.assert_close(tokens[b], torch.stack(made), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("grid", [None, (2, 2)], ids=str)
def test_pixel_shuffle_needs_a_grid_that_fits(grid: tuple[int, int] | None) -> None:
    with pytest.raises(ValueError, match="6 tokens came with the grid"):
        projector_of("pixel_shuffle")(replace(features_of((2, 3)), grid=grid))


def test_the_resampler_does_not_mind_the_order_of_its_inputs() -> None:
    projector, seen = projector_of("resampler"), features_of((3, 4))
    seen.mask[0, 5:] = False
    order = torch.randperm(12)
    mixed = Features(seen.features[:, order], seen.positions[:, order], seen.mask[:, order])
    torch.testing.assert_close(projector(mixed)[0], projector(seen)[0], rtol=1e-4, atol=1e-5)
    swapped = replace(mixed, positions=seen.positions)
    assert not torch.allclose(projector(swapped)[0], projector(seen)[0], atol=1e-3), "it minds where they stand"


def test_places_are_waves_of_doubling_frequency() -> None:
    values = torch.tensor([[0.25, 1.0]])
    angles = [math.pi * 2**k * v for v in (0.25, 1.0) for k in range(3)]
    wanted = torch.tensor([[*map(math.sin, angles), *map(math.cos, angles)]])
    torch.testing.assert_close(fourier(values, 3), wanted, rtol=0, atol=1e-5)
    assert Place(D)(torch.rand(B, 3, 4)).shape == (B, 3, D)


# -- of read lines -------------------------------------------------------------------------------------------------------------


def lines_projector(shake: bool = True) -> LinesProjector:
    made = LinesProjector(
        D, characters=LETTERS, character_width=8, channels=12, columns=DR, geometry=G, layers=2, heads=4
    )
    return shaken(made) if shake else made.eval()


def random_pieces(lines: list[int], columns: bool = True) -> Pieces:
    """A picture whose lines have so many pieces."""
    P, M = sum(lines), len(lines)
    lengths = torch.randint(1, LONGEST + 1, (1, P, 1))
    there = torch.arange(LONGEST) < lengths
    return Pieces(
        characters=torch.randint(1, LETTERS, (1, P, LONGEST)) * there,
        alternatives=torch.randint(0, LETTERS, (1, P, LONGEST)) * there,
        certainty=torch.where(there, 0.5 + 0.5 * torch.rand(1, P, LONGEST), 1.0),
        place=torch.rand(1, P, PLACE),
        line=torch.repeat_interleave(torch.arange(M), torch.tensor(lines))[None],
        mask=torch.ones(1, P, dtype=torch.bool),
        geometry=torch.randn(1, M, G),
        line_mask=torch.ones(1, M, dtype=torch.bool),
        tokens=torch.randint(0, 50, (1, P, TOKENS)),
        columns=torch.randn(1, P, DR) if columns else None,
    )


def test_padding_changes_nothing_for_pieces_and_lines() -> None:
    """A picture alone, and beside one with more pieces and more lines; with rubbish where the padding is, too."""
    projector = lines_projector()
    small, large = random_pieces([2, 1, 3]), random_pieces([1, 4, 2, 3, 2])
    text = torch.randn(2, 12, D)
    alone = projector(small, text[:1, :6])
    batch = pad_pieces([small, large])
    torch.testing.assert_close(projector(batch, text)[0, :6], alone[0], rtol=1e-4, atol=1e-5)
    text[0, 6:] = 50.0
    for name in ("characters", "place", "geometry", "columns", "certainty"):
        value = getattr(batch, name)
        value[0, (3 if name == "geometry" else 6) :] = 7
    torch.testing.assert_close(projector(batch, text)[0, :6], alone[0], rtol=1e-4, atol=1e-5)


def test_a_picture_without_any_line_is_no_trouble() -> None:
    projector, empty = lines_projector(), random_pieces([1])
    empty.mask[:], empty.line_mask[:] = False, False
    there = random_pieces([2, 2])
    tokens = projector(pad_pieces([empty, there]), torch.randn(2, 4, D))
    assert bool(tokens.isfinite().all())
    tokens.sum().backward()
    assert all(bool(p.grad.isfinite().all()) for p in projector.parameters() if p.grad is not None)


def test_a_piece_knows_its_letters_its_place_its_line_and_the_other_lines() -> None:
    projector, text = lines_projector(), torch.randn(1, 6, D)
    given = random_pieces([3, 3])
    before = projector(given, text)[0]

    def moved(**changes: Tensor) -> Tensor:
        return (projector(replace(given, **changes), text)[0] - before).detach().abs().amax(-1)

    letters = given.characters.clone()
    letters[0, 0, 0] = letters[0, 0, 0] % (LETTERS - 1) + 1
    assert bool((moved(characters=letters) > 1e-5).all()), "a letter reaches its piece, its line and the other one"
    place = given.place.clone()
    place[0, 5] += 0.3
    assert float(moved(place=place)[5]) > 1e-2
    look = given.geometry.clone()
    look[0, 1] += 1
    assert bool((moved(geometry=look)[3:] > 1e-3).all()), "a line's look reaches its pieces"
    other = given.line.clone()
    other[0, 2] = 1
    assert bool((moved(line=other) > 1e-4).all()), "which line a piece is in matters"


def test_a_doubtful_letter_moves_the_output_towards_the_alternative() -> None:
    """Between sure of the one and sure of the other letter, the nearer to the other the more doubtful."""
    projector, text = lines_projector(), torch.randn(1, 4, D)
    given = random_pieces([4], columns=False)
    given.certainty[:], given.alternatives[:] = 1.0, 0
    letter, other = int(given.characters[0, 1, 0]), 1 + int(given.characters[0, 1, 0]) % (LETTERS - 1)
    given.alternatives[0, 1, 0] = other
    swapped = replace(given, characters=given.characters.clone(), alternatives=torch.zeros_like(given.alternatives))
    swapped.characters[0, 1, 0] = other
    assert letter != other
    sure, wrong = projector(given, text)[0, 1], projector(swapped, text)[0, 1]
    far = []
    for certainty in (1.0, 0.9, 0.7, 0.5, 0.3):
        given.certainty[0, 1, 0] = certainty
        far.append(float((projector(given, text)[0, 1] - wrong).detach().norm()))
    assert far[0] == pytest.approx(float((sure - wrong).detach().norm())) and far[0] > 1e-3
    assert far == sorted(far, reverse=True) and far[-1] < 0.6 * far[0]
    given.certainty[0, 1, 0] = 0.0
    torch.testing.assert_close(projector(given, text)[0, 1], wrong, rtol=1e-4, atol=1e-5)


def test_without_columns_is_with_zeros_and_at_the_start_with_any() -> None:
    given = random_pieces([2, 3])
    text = torch.randn(1, 5, D)
    fresh, trained = lines_projector(shake=False), lines_projector()
    none = replace(given, columns=None)
    assert torch.equal(fresh(given, text), fresh(none, text))
    zeros = replace(given, columns=torch.zeros(1, 5, DR))
    assert torch.equal(trained(zeros, text), trained(none, text))
    assert not torch.allclose(trained(given, text), trained(none, text), atol=1e-3)


def test_a_new_model_does_not_mind_columns_yet() -> None:
    """The model initialises all linear layers; this one stays at zero."""
    model = MMGPT(debug())
    assert not bool(model.lines.from_columns.weight.any())
    assert all(bool(p.any()) for n, p in model.lines.named_parameters() if n.endswith("weight") and "columns" not in n)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("place", rf"places of pieces are {PLACE + 1} wide; this projector takes {PLACE}"),
        ("geometry", rf"geometry numbers of lines are {G + 1} wide; this projector takes {G}"),
        ("columns", rf"columns are {DR + 1} wide; this projector takes {DR}"),
        ("text", rf"text embeddings are {D + 1} wide; this projector takes {D}"),
    ],
)
def test_lines_of_another_width_are_refused_with_both_numbers(what: str, message: str) -> None:
    projector, given, text = lines_projector(), random_pieces([2]), torch.randn(1, 2, D)
    wider: Callable[[Tensor], Tensor] = lambda value: nn.functional.pad(value, (0, 1))  # noqa: E731
    if what == "text":
        text = wider(text)
    else:
        given = replace(given, **{what: wider(getattr(given, what))})
    with pytest.raises(ValueError, match=message):
        projector(given, text)


def test_pieces_move_to_a_device_whole() -> None:
    moved = random_pieces([2], columns=False).to("meta")
    assert moved.columns is None
    assert {getattr(moved, f.name).device.type for f in fields(Pieces) if f.name != "columns"} == {"meta"}
