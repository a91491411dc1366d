"""What is looked at is kept for an hour, within a number of bytes, for its owner alone."""

from __future__ import annotations

import pytest

from mmgpt.serve.errors import ServiceError
from mmgpt.ui.shelf import Shelf, Shown
from tests.ui.test_card import picture


def test_an_owner_finds_what_is_kept_and_nobody_else_does() -> None:
    shelf = Shelf()
    name = shelf.put(Shown(picture(), "one"))
    assert len(name) >= 20
    assert shelf.get(name, "one").owner == "one"
    for wrong in ((name, "two"), ("other", "one"), (None, "one"), ({"a": 1}, "one")):
        with pytest.raises(ServiceError) as error:
            shelf.get(*wrong)
        assert error.value.code == "picture_gone"


def test_what_is_unused_for_an_hour_is_forgotten() -> None:
    now = [0.0]
    shelf = Shelf(clock=lambda: now[0])
    name = shelf.put(Shown(picture(), ""))
    now[0] = 3000
    shelf.get(name, "")
    now[0] = 6000
    shelf.get(name, "")
    now[0] = 9700
    with pytest.raises(ServiceError):
        shelf.get(name, "")
    assert len(shelf) == 0


def test_the_longest_unused_goes_where_room_is_short() -> None:
    shelf = Shelf(most=300_000)
    names = [shelf.put(Shown(picture(), "")) for _ in range(3)]
    shelf.get(names[0], "")
    shelf.put(Shown(picture(200, 200), ""))  # 120 kB and what a diagnosis takes
    with pytest.raises(ServiceError):
        shelf.get(names[1], "")
    assert shelf.get(names[0], "")


def test_one_that_is_larger_than_all_room_is_still_shown() -> None:
    shelf = Shelf(most=1000)
    name = shelf.put(Shown(picture(), ""))
    assert shelf.get(name, "")
