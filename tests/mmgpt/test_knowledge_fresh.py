"""A base that follows its files."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import pytest

from mmgpt.knowledge import EntryError, Fresh, KnowledgeBase

PRINTER = "title: {title}\ncause: It fell asleep.\npatterns: ['printer {{num}} does not answer']\n"


def written(path: Path, title: str) -> None:
    path.write_text(PRINTER.format(title=title), encoding="utf-8")


def titles(base: KnowledgeBase) -> set[str]:
    return {entry.title for entry in base}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written(tmp_path / "printer.yaml", "Printer")
    return tmp_path


def test_changed_new_and_removed_files_are_seen(folder: Path) -> None:
    fresh = Fresh([folder], built_in=False, every=0)
    first = fresh.base()
    assert titles(first) == {"Printer"} and fresh.base() is first
    written(folder / "printer.yaml", "Plotter")  # as many letters as before
    assert titles(fresh.base()) == {"Plotter"} and titles(first) == {"Printer"}
    (folder / "vpn.md").write_text("# VPN drops\n\n## Fix\nReconnect.\n", encoding="utf-8")
    assert titles(fresh.base()) == {"Plotter", "VPN drops"}
    assert fresh.base().search("printer 3 does not answer")[0].entry.title == "Plotter"
    (folder / "printer.yaml").unlink()
    assert titles(fresh.base()) == {"VPN drops"}


def test_a_broken_change_keeps_the_entries_and_is_told_once(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    fresh = Fresh([folder], built_in=False, every=0)
    good = fresh.base()
    (folder / "printer.yaml").write_text("title: [", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        assert fresh.base() is good and fresh.base() is good
        assert len(caplog.records) == 1 and "printer.yaml: line" in caplog.text
        assert "printer.yaml: line" in fresh.trouble
        (folder / "printer.yaml").write_text("title: [[", encoding="utf-8")
        assert fresh.base() is good and len(caplog.records) == 2
    written(folder / "printer.yaml", "Mended")
    assert titles(fresh.base()) == {"Mended"} and fresh.trouble == ""


def test_a_folder_that_goes_away_and_comes_back(folder: Path) -> None:
    fresh = Fresh([folder / "printer.yaml"], built_in=False, every=0)
    os.rename(folder / "printer.yaml", folder / "aside")
    assert titles(fresh.base()) == {"Printer"} and "no such file" in fresh.trouble
    os.rename(folder / "aside", folder / "printer.yaml")
    assert titles(fresh.base()) == {"Printer"} and fresh.trouble == ""


def test_files_are_not_looked_at_more_often_than_asked(folder: Path) -> None:
    fresh = Fresh([folder], built_in=False, every=3600)
    written(folder / "printer.yaml", "Plotter")
    assert titles(fresh.base()) == {"Printer"}


def test_at_the_start_a_mistake_is_an_error(folder: Path) -> None:
    (folder / "printer.yaml").write_text("colour: red", encoding="utf-8")
    with pytest.raises(EntryError, match="colour"):
        Fresh([folder])


def test_the_packages_entries_stay_beside_ones_own(folder: Path) -> None:
    fresh = Fresh([folder], every=0)
    assert "nginx/502-bad-gateway" in fresh.base() and "printer" in fresh.base()
    assert len(Fresh().base()) > 400


def test_threads_see_whole_bases_only(folder: Path) -> None:
    fresh = Fresh([folder], built_in=False, every=0)
    wrong: list[str] = []

    def ask() -> None:
        for _ in range(60):
            base = fresh.base()
            hit = base.search("printer 3 does not answer")[0]
            if hit.entry.title not in titles(base) or len(base) != 1:
                wrong.append(hit.entry.title)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(30):
        aside = folder / "next"
        written(aside, f"Printer {number}")
        os.replace(aside, folder / "printer.yaml")
    for thread in threads:
        thread.join()
    assert wrong == [] and titles(fresh.base()) == {"Printer 29"}
