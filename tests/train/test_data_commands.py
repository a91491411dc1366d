"""`python -m train.data`: shards that are the same whoever writes them, counts, sheets, crops of pages."""

from __future__ import annotations

import json
import re
import tarfile
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch

from mmgpt.schema import CATEGORIES, KINDS
from train.data import __main__ as command
from train.data import page_lines, shard, sheet, speed, stats
from train.data.shards import ShardSample, read_shard, read_shards, shard_path, write_shard
from vision.reader import charset
from vision.reader.nano import NanoReader

CAPTURES = Path(__file__).parents[1] / "data" / "real" / "dev"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four native scenes in two shards."""
    out = tmp_path_factory.mktemp("shards")
    size = shard.SIZE
    shard.SIZE = 2
    try:
        assert shard.main(["--out", str(out), "--count", "4", "--seed", "3"]) == 0
    finally:
        shard.SIZE = size
    return out


def test_every_command_is_there() -> None:
    import importlib

    for name, (module, _) in command.COMMANDS.items():
        assert callable(importlib.import_module(module).main), name


def test_an_unknown_command_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["paint"]) == 2
    assert "harvest" in capsys.readouterr().err
    assert command.main([]) == 2


def test_a_shard_is_a_tar_of_pictures_and_records(folder: Path) -> None:
    with tarfile.open(shard_path(folder, 1)) as tar:
        names = tar.getnames()
    assert names == ["00000002.png", "00000002.json", "00000003.png", "00000003.json"]
    for sample in read_shards(folder):
        assert sample.image.shape == (sample.record["height"], sample.record["width"], 3)
        for line in sample.record["lines"]:
            x0, y0, x1, y1 = line["box"]
            assert 0 <= x0 < x1 <= sample.record["width"] and 0 <= y0 < y1 <= sample.record["height"]


def test_shards_do_not_depend_on_workers_and_go_on(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard, "SIZE", 2)
    kept = tmp_path / "a"
    shard.write_one(kept, 1, 4, 3, "train", False)  # another worker, another order
    before = shard_path(kept, 1).stat().st_mtime_ns
    assert shard.main(["--out", str(kept), "--count", "4", "--seed", "3"]) == 0
    assert shard_path(kept, 1).stat().st_mtime_ns == before, "what is there is not written again"
    for number in (0, 1):
        assert shard_path(kept, number).read_bytes() == shard_path(folder, number).read_bytes()


def test_a_shard_without_a_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "shard-000000.tar"
    write_shard(path, [ShardSample("a", b"png", {"lines": []})])
    with tarfile.open(path) as tar:
        member = tar.getmember("a.png")
        data = tar.extractfile(member)
        assert data is not None
        content = data.read()
    with tarfile.open(path, "w") as tar:
        import io

        tar.addfile(member, io.BytesIO(content))
    with pytest.raises(ValueError, match="without picture or record"):
        list(read_shard(path))
    with pytest.raises(FileNotFoundError, match=r"train\.data shard"):
        list(read_shards(tmp_path / "nothing"))


def test_every_kind_and_category_of_the_schema_occurs() -> None:
    found = stats.of_world(3000, 0, "train")
    assert found.missing() == {"kind": [], "category": []}
    assert found.screens == 3000 and 0.4 < found.errors / 3000 < 0.7
    assert set(found.by["kind"]) == set(KINDS)
    assert set(found.by["category"]) == set(CATEGORIES) - {"none"}
    assert max(found.by["app"].values()) < 0.2 * 3000, "no program is most of the world"


def test_stats_count_what_lies_there(capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path) -> None:
    records = [json.loads(path.read_text("utf-8")) for path in CAPTURES.glob("*.json")]
    assert stats.main(["--from", str(CAPTURES), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["screens"] == len(records)
    assert told["errors"] == sum(record["fields"]["is_error"] for record in records)
    assert told["lines"] == sum(len(record["lines"]) for record in records)
    assert stats.main(["--from", str(folder)]) == 0
    assert "4 screens" in capsys.readouterr().out
    assert stats.main(["--from", str(tmp_path)]) == 2
    assert "neither" in capsys.readouterr().err


class Boxes(HTMLParser):
    """Counts pictures and boxes, and keeps what the boxes tell."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures = 0
        self.tips: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.pictures += tag == "img"
        if tag == "i":
            self.tips.append(str(given["title"]))
            assert re.fullmatch(r"left:[\d.]+px;top:[\d.]+px;width:[\d.]+px;height:[\d.]+px;.*", str(given["style"]))


def test_a_sheet_shows_every_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "sheet.html"
    assert sheet.main(["--out", str(out), "--from", str(folder), "--n", "3"]) == 0
    found = Boxes()
    found.feed(out.read_text("utf-8"))
    samples = list(read_shards(folder))[:3]
    want = [f"{line['text']} · {line['role']}" for sample in samples for line in sample.record["lines"]]
    assert found.pictures == 3
    assert [tip for tip in found.tips if tip != "not asked for"] == want
    assert sheet.main(["--out", str(out), "--from", str(CAPTURES), "--n", "2"]) == 0
    assert sheet.main(["--out", str(out), "--from", str(tmp_path / "none"), "--n", "2"]) == 2
    assert "neither" in capsys.readouterr().err


def test_crops_of_pages_are_what_the_reader_reads(folder: Path, tmp_path: Path) -> None:
    """The crops come from the reader's own detector and cutter: the recogniser reads most of them as the record says."""
    out = tmp_path / "crops"
    reader = NanoReader.load()
    assert page_lines.write(folder, out, reader) > 40
    assert page_lines.write(folder, out, reader) == 0, "crops that are there are not cut again"
    lines = page_lines.PageLines(out, 0, 8)
    texts = {charset.canonical(line["text"]).strip() for s in read_shards(folder) for line in s.record["lines"]}
    assert set(lines.texts) <= texts
    batch = lines.batch(5)
    assert batch.images.shape[:3] == (len(batch.texts), 1, 32) and batch.images.shape[3] == int(batch.widths.max())
    assert batch.targets.tolist() == [c for text in batch.texts for c in charset.encode(text)]
    again = page_lines.PageLines(out, 0, 8).batch(5)
    assert again.texts == batch.texts and torch.equal(again.images, batch.images)
    with pytest.raises(FileNotFoundError, match="page_lines --from"):
        page_lines.PageLines(tmp_path, 0, 8)


def test_a_crop_needs_a_line_that_is_found_whole(folder: Path) -> None:
    """Where the record tells of half a line, nothing is cut: half the letters would be wrong."""
    sample = next(s for s in read_shards(folder) if len(s.record["lines"]) > 5)
    reader = NanoReader.load()
    whole = len(list(page_lines.crops_of(sample, reader)))
    assert whole > 0
    halved = [
        {**line, "box": [line["box"][0], line["box"][1], (line["box"][0] + line["box"][2]) // 2, line["box"][3]]}
        for line in sample.record["lines"]
        if line["box"][2] - line["box"][0] > 4 * (line["box"][3] - line["box"][1])
    ]
    cut = list(page_lines.crops_of(ShardSample("x", sample.png, {**sample.record, "lines": halved}), reader))
    assert not cut


def test_speed_counts_what_was_made() -> None:
    calls: list[int] = []

    def make(index: int) -> int:
        calls.append(index)
        return 3

    rate = speed.measure("x", make, 0.05, "items")
    assert rate.items_per_second == pytest.approx(3 * rate.per_second)
    assert calls == list(range(len(calls)))
    with pytest.raises(ValueError, match="no time"):
        speed.measure("x", make, 0)
    assert np.isfinite(rate.per_second) and rate.per_second > 0


def test_ctrl_c_and_missing_packages_end_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(argv: object) -> int:
        raise KeyboardInterrupt

    def lacking(argv: object) -> int:
        raise ModuleNotFoundError("No module named 'cv2'", name="cv2")

    def broken(argv: object) -> int:
        raise ModuleNotFoundError("No module named 'train.gone'", name="train.gone")

    monkeypatch.setattr(stats, "main", stopped)
    assert command.main(["stats"]) == 130
    monkeypatch.setattr(stats, "main", lacking)
    assert command.main(["stats"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and "goes on from there" in said[0] and "cv2 is missing: pip install" in said[1]
    monkeypatch.setattr(stats, "main", broken)
    with pytest.raises(ModuleNotFoundError):
        command.main(["stats"])
