"""The evaluator on pictures, from files to reports: readers of known quality must be measured as what they are."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.train.evaluation_pictures import FirstWordExtractor, PerfectReader, SloppyReader, write_screens
from train.evaluate import main
from train.evaluation.controls import EmptyPage, make_control
from train.evaluation.fields import score_fields
from train.evaluation.html import marked, to_html
from train.evaluation.readings import ReadingCache, reader_version
from train.evaluation.report import print_report, to_json, to_markdown
from train.evaluation.run import Contender, differences, evaluate, worst_lines
from train.evaluation.samples import SampleError, load_samples


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    return write_screens(tmp_path_factory.mktemp("screens"), copies=4)


@pytest.fixture(scope="module")
def perfect(samples):
    return evaluate(samples, Contender("perfect", PerfectReader(samples)), FirstWordExtractor())


@pytest.fixture(scope="module")
def sloppy(samples):
    return evaluate(samples, Contender("sloppy", SloppyReader(samples)), FirstWordExtractor())


def test_perfect_reading_scores_perfectly(perfect):
    for key in ("detection_f1", "line_accuracy", "line_accuracy_strict", "word_accuracy"):
        assert perfect.metrics[key] == 1, key
    assert perfect.metrics["cer"] == 0
    assert perfect.calibration["lines"].error == pytest.approx(0.01)


def test_fields_are_scored_as_counted_by_hand(perfect):
    found = perfect.metrics
    assert found["error_precision"] == found["error_recall"] == found["error_f1"] == 1
    assert found["false_alarms"] == 0
    assert found["right_line"] == found["message_exact"] == 1
    assert found["message_cer"] == 0
    assert found["code_accuracy"] == found["code_accuracy_shown"] == 1
    assert found["app_accuracy"] == pytest.approx(2 / 3), "the normal screen's program was not named"
    assert found["kind_accuracy"] == pytest.approx(1 / 3), "a dialog and an unanswered one"
    assert found["category_accuracy"] == 0.5
    assert perfect.calibration["app"].answers == 8, "abstentions are no answers"
    assert perfect.calibration["app"].at["70%"] is None


def test_misreading_lowers_lines_and_fields_and_the_difference_is_clear(perfect, sloppy):
    letters = sum(t.text.count("o") for p in perfect.pictures for t in p.sample.lines)
    characters = sum(len(t.text) for p in perfect.pictures for t in p.sample.lines)
    assert sloppy.metrics["cer"] == pytest.approx(letters / characters)
    assert sloppy.metrics["detection_f1"] == 1
    assert sloppy.metrics["message_exact"] < 1
    assert sloppy.metrics["right_line"] == 0.5, "'Cann0t' is no longer seen to be an error"
    found = differences(perfect, sloppy, resamples=200)
    assert found["line_accuracy"]["clear"] and found["line_accuracy"]["low"] > 0
    assert found["cer"]["high"] < 0
    assert found["detection_f1"] == {"difference": 0, "low": 0, "high": 0, "clear": False}
    assert "read_seconds" in found


def test_the_empty_page_fails_clearly(samples, perfect):
    empty = evaluate(samples, Contender("empty-page", EmptyPage()), FirstWordExtractor())
    found = empty.metrics
    assert found["line_accuracy"] == found["detection_f1"] == found["word_accuracy"] == 0
    assert found["cer"] == 1
    assert found["error_recall"] == found["error_f1"] == found["right_line"] == found["message_exact"] == 0
    assert differences(perfect, empty, 200)["right_line"]["low"] > 0.4


def test_evidence_on_another_line_is_not_the_right_line(samples):
    sample = next(s for s in samples if s.fields and s.fields["error_code"])
    lines = PerfectReader(samples).read(sample.pixels())
    extraction = FirstWordExtractor().extract(lines, sample.pixels())
    from dataclasses import replace

    right = score_fields(sample, lines, extraction)
    elsewhere = replace(extraction, message=replace(extraction.message, lines=(2,)))
    everywhere = replace(extraction, message=replace(extraction.message, lines=(0, 1, 2)))
    assert right is not None and right.right_line
    for wrong in (elsewhere, everywhere):
        scored = score_fields(sample, lines, wrong)
        assert scored is not None and not scored.right_line


def test_groups_count_every_line_once(perfect):
    total = perfect.counts_of("lines")
    for tag in ("theme", "source", "role"):
        assert sum(group["lines"] for group in perfect.groups[tag].values()) == total
    assert set(perfect.groups["theme"]) == {"dark", "light"}


def test_readings_are_cached_by_picture_and_version(samples, tmp_path):
    reader = PerfectReader(samples)
    cache = ReadingCache(tmp_path)
    image = samples[0].pixels()
    first = cache.read(reader, image, "1")
    again = cache.read(reader, image, "1")
    assert reader.calls == 1 and again.cached and not first.cached
    assert again.lines == first.lines and again.seconds == first.seconds
    cache.read(reader, image, "2")
    cache.read(reader, np.ascontiguousarray(image[:-1]), "1")
    assert reader.calls == 3
    for path in tmp_path.rglob("*.json"):
        path.write_text("{", encoding="utf-8")
    assert cache.read(reader, image, "1").lines == first.lines
    assert reader.calls == 4, "a damaged file is read anew"


def test_a_readers_version_follows_its_weights(samples, tmp_path):
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    reader = PerfectReader(samples)
    before = reader_version(reader, tmp_path)
    (tmp_path / "config.json").write_text('{"a": 1}', encoding="utf-8")
    assert reader_version(reader, tmp_path) != before


def test_reports_hold_the_numbers_and_the_page_needs_nothing_else(perfect, sloppy, samples):
    gaps = {"perfect": differences(sloppy, perfect, 200)}
    console = Console(record=True, width=160, file=io.StringIO())
    print_report(console, "drawn", [sloppy, perfect], gaps)
    table = console.export_text()
    assert "lines exactly right" in table and "100.0 %" in table and "false alarms" in table

    document = json.loads(json.dumps(to_json("drawn", [sloppy, perfect], gaps, "none", "a machine")))
    assert document["readers"]["perfect"]["metrics"]["line_accuracy"] == 1
    assert len(document["readers"]["sloppy"]["pictures"]) == len(samples)
    assert document["differences"]["perfect"]["line_accuracy"]["difference"] < 0

    rows = [row for row in to_markdown("drawn", [sloppy, perfect], gaps, "m").splitlines() if row.startswith("|")]
    assert len({row.count("|") for row in rows}) == 1

    page = to_html("drawn", [sloppy, perfect])
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert page.count("data:image/png;base64,") >= len(worst_lines(sloppy, 60))
    assert "<del>o</del>" in page and "<ins>0</ins>" in page


def test_differences_are_marked_and_escaped():
    assert marked("a<b", "a<c") == ("a&lt;<del>b</del>", "a&lt;<ins>c</ins>")
    assert marked("same", "same") == ("same", "same")
    assert marked("", "x") == ("", "<ins>x</ins>")


def test_bad_folders_and_files_are_named(tmp_path):
    with pytest.raises(SampleError, match="is no folder"):
        load_samples(tmp_path / "none")
    with pytest.raises(SampleError, match="holds no samples"):
        load_samples(tmp_path)
    (tmp_path / "a.json").write_text('{"id": "a"}', encoding="utf-8")
    with pytest.raises(SampleError, match=r"a\.json: not a sample"):
        load_samples(tmp_path)


def test_a_picture_of_another_size_than_its_record_is_refused(tmp_path):
    sample = write_screens(tmp_path)[0]
    record = tmp_path / f"{sample.id}.json"
    record.write_text(record.read_text(encoding="utf-8").replace('"width": 520', '"width": 521'), encoding="utf-8")
    with pytest.raises(SampleError, match="520×200 pixels, but its JSON says 521×200"):
        load_samples(tmp_path)[0].pixels()


def test_the_command_says_what_is_missing_in_one_line(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "none")]) == 2
    error = capsys.readouterr().err.strip()
    assert "is no folder" in error and "\n" not in error and "Traceback" not in error


@pytest.mark.peers
def test_the_command_measures_a_peer_and_writes_all_reports(tmp_path, capsys):
    pytest.importorskip("rapidocr")
    pytest.importorskip("onnxruntime")
    write_screens(tmp_path / "screens")
    files = [tmp_path / name for name in ("out.json", "out.html", "out.md")]
    data = [
        "--data",
        str(tmp_path / "screens"),
        "--reader",
        "rapidocr",
        "--no-extractor",
        "--cache",
        str(tmp_path / "c"),
    ]
    assert main([*data, "--json", str(files[0]), "--html", str(files[1]), "--markdown", str(files[2])]) == 0
    assert "lines exactly right" in capsys.readouterr().out
    numbers = json.loads(files[0].read_text(encoding="utf-8"))["evaluations"][0]["readers"]["rapidocr"]
    assert numbers["metrics"]["line_accuracy"] > 0.8
    assert numbers["metrics"]["error_f1"] is None, "no extractor, no fields"
    assert all(path.stat().st_size > 500 for path in files)
    assert main([*data, "--json", str(files[0])]) == 0
    again = json.loads(files[0].read_text(encoding="utf-8"))["evaluations"][0]["readers"]["rapidocr"]
    assert again["seconds"]["cached"] == 3 and again["metrics"] == numbers["metrics"]


def test_random_weights_fail_clearly(samples, tmp_path):
    from vision.reader.nano import architecture

    (tmp_path / "config.json").write_text(json.dumps({"reader": architecture()}), encoding="utf-8")
    control = make_control("random-weights", tmp_path)
    found = evaluate(samples[:3], Contender("random-weights", control), FirstWordExtractor()).metrics
    assert found["line_accuracy"] == 0 and found["word_accuracy"] == 0
    assert found["cer"] is not None and found["cer"] > 0.7
    assert found["right_line"] == 0


def test_an_unknown_control_is_refused():
    with pytest.raises(ValueError, match="random-weights, empty-page"):
        make_control("guess")


def test_paths_of_known_sets_are_relative_to_the_repository():
    from train.evaluation.run import sample_folder

    assert sample_folder("dev") == Path("tests/data/real/dev")
    assert sample_folder("some/where") == Path("some/where")
