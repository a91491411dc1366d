"""The world makes screens that keep their own promises, in endless variety, the same for the same seed."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from mmgpt.extract import load_extractor
from train.data.world import content, families, tables
from train.data.world.noise import PROFILES
from train.data.world.sample import sample_content
from train.data.world.simulate import simulate
from train.data.world.slots import MAKERS, Slots
from train.data.world.targets import make_sample
from train.tasks.extract import finish, new_network, train

COUNT = 1500


@pytest.fixture(scope="module")
def screens() -> list[content.Content]:
    return [sample_content(random.Random(seed), "held_out" if seed % 5 == 0 else "train") for seed in range(COUNT)]


def test_every_screen_agrees_with_its_fields(screens: list[content.Content]) -> None:
    for screen in screens:
        content.check(screen)


def test_no_notation_is_left_in_what_is_shown(screens: list[content.Content]) -> None:
    slot = re.compile(r"\{(" + "|".join(MAKERS) + r")\d*\}")
    for screen in screens:
        for piece in content.texts(screen):
            assert not re.search("[«»⟨⟩]", piece.text) or "»" not in piece.text[:2], piece.text
            if type(screen).__name__ == "TerminalContent":
                assert not slot.search(piece.text), piece.text


def test_about_45_in_100_show_no_error(screens: list[content.Content]) -> None:
    share = sum(not screen.fields.is_error for screen in screens) / len(screens)
    assert 0.38 < share < 0.52


def test_every_kind_with_errors_and_nearly_every_category_occurs(screens: list[content.Content]) -> None:
    kinds = Counter(screen.fields.kind for screen in screens if screen.fields.is_error)
    assert set(kinds) == {"terminal", "browser", "web_page", "desktop_dialog", "ide_editor", "desktop_app", "other"}
    assert {screen.fields.category for screen in screens} == set(content.CATEGORIES)


def test_there_are_at_least_400_message_templates() -> None:
    terminal = sum(len(family.screens) for family in families.terminal_families())
    assert (
        terminal + len(tables.dialogs()) + len(tables.pages()) + len(tables.problems()) + len(tables.browser_pages())
        >= 1000
    )


def test_every_category_has_families_on_both_sides() -> None:
    kept = {family.category for family in families.terminal_families() if family.is_held_out}
    assert len(kept) >= 12
    assert {family.category for family in families.terminal_families() if not family.is_held_out} == set(
        content.CATEGORIES
    ) - {"none"}


def test_held_out_terminal_families_never_appear_in_training() -> None:
    from train.data.world.terminals import pick_family

    chosen = {id(pick_family(random.Random(seed), "train")) for seed in range(3000)}
    assert not chosen & {id(family) for family in families.terminal_families() if family.is_held_out}


def test_the_same_seed_gives_the_same_screen_and_reading() -> None:
    for seed in range(40):
        one, two = (simulate(sample_content(random.Random(seed)), random.Random(seed)) for _ in range(2))
        assert one.page.texts == two.page.texts
        assert (one.page.boxes == two.page.boxes).all()


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ValueError, match="train or held_out"):
        sample_content(random.Random(0), "test")


def test_a_slot_keeps_its_value_and_another_number_is_another_slot() -> None:
    values = [Slots(random.Random(seed)).fill("{path} {path} {path2}").split(" ") for seed in range(50)]
    assert all(one == again for one, again, _ in values)
    assert sum(one != other for one, _, other in values) > 45


def test_contradictions_are_found() -> None:
    fields = content.Fields(True, "Git", "terminal", "fatal: no", None, "other")
    with pytest.raises(ValueError, match="message pieces"):
        content.check(
            content.TerminalContent(fields, (content.Row((content.Text("fatal: yes", "message", "message"),)),))
        )
    with pytest.raises(ValueError, match="does not go with"):
        content.Fields(False, None, "terminal", None, None, "dns")


def test_exact_reading_keeps_the_message_whole_and_marked(screens: list[content.Content]) -> None:
    exact = PROFILES[0][0]
    for index, screen in enumerate(screens[:400]):
        read = simulate(screen, random.Random(index), exact)
        shown = "".join(text for text, flag in zip(read.page.texts, read.message, strict=True) if flag)
        if screen.fields.is_error:
            wanted = "".join(str(screen.fields.message).split())
            assert wanted in "".join(shown.split()).replace("\xa0", "") or len(read.page.texts) >= 150
        else:
            assert not shown


def test_boxes_lie_in_the_picture_and_styles_are_shares(screens: list[content.Content]) -> None:
    for index, screen in enumerate(screens[:300]):
        page = simulate(screen, random.Random(index)).page
        if len(page.texts):
            assert (page.boxes[:, 2] > page.boxes[:, 0]).all() and (page.boxes[:, 3] > page.boxes[:, 1]).all()
            assert page.styles.min() >= -0.001 and page.styles.max() <= 1.5
            assert page.boxes[:, 0].max() < page.size[0] + 1


def test_targets_point_at_what_the_fields_say() -> None:
    names = new_network().config.apps
    index = {name: number for number, name in enumerate(names)}
    for seed in range(300):
        sample = make_sample(seed, "train", index)
        fields, page = sample.simulated.fields, sample.prepared.page
        if not fields.is_error:
            assert sample.message == -1 and not sample.codes
        if sample.message >= 0:
            assert sample.simulated.message[sample.message] == 1 and len(page.texts) > sample.message
        if sample.app >= 0:
            assert names[sample.app] == (fields.app or "")
        assert sample.code_known or fields.error_code is not None


@pytest.fixture
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
def test_a_run_learns_stops_goes_on_and_leaves_an_extractor(tmp_path: Path) -> None:
    train(tmp_path, minutes=5, batch_size=4, measured=8, steps=4)
    first = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    scores = train(tmp_path, minutes=5, batch_size=4, measured=8, steps=24)
    second = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text("utf-8").splitlines()]
    assert second[0] == first[0]
    assert (first[-1]["step"], second[-1]["step"]) == (4, 24)
    assert second[-1]["loss_error"] < first[0]["loss_error"]
    assert 0 <= scores["held_out_error"] <= 1
    assert not list(tmp_path.glob("*.new"))
    temperatures = finish(tmp_path, count=8)
    assert load_extractor(tmp_path).temperatures == temperatures
