"""The commands as users meet them: what they print where, with which exit code, on good and on bad input."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from mmgpt.commands.checks import TEST_TEXT, drawn_text
from mmgpt.schema import Diagnosis, Reading
from tests.mmgpt.running import ROOT, Cli, fresh, lines_of

# ---------------------------------------------------------------------------------------------------------- output


def test_the_text_is_the_caption_and_a_row_a_field(cli: Cli, shot: Path):
    diagnosis = Diagnosis.model_validate_json(cli("caption", shot, "--json").out)
    run = cli("caption", shot)
    assert (run.code, run.err) == (0, "")
    rows = run.out.splitlines()
    assert rows[:2] == [diagnosis.caption, ""]
    labels = [row[2:12].strip() for row in rows[2:]]
    assert set(labels) <= {"error", "code", "program", "kind", "category", "where", "not sure", "note"}
    assert "\x1b" not in run.out, "colour is for terminals"


def test_one_file_gives_one_object(cli: Cli, shot: Path):
    run = cli("caption", "--json", shot)
    value = json.loads(run.out)
    assert "path" not in value and value["schema"] == "mmgpt.diagnosis/1"
    diagnosis = Diagnosis.model_validate(value)
    assert TEST_TEXT in [line.text for line in diagnosis.text]
    assert (diagnosis.image.width, diagnosis.image.height) == (320, 64)
    assert (diagnosis.cause, diagnosis.fixes, diagnosis.sources) == (None, [], [])
    assert diagnosis.model == "mmgpt-nano"
    times = diagnosis.timing_ms
    assert times["total"] == pytest.approx(sum(value for name, value in times.items() if name != "total"), abs=0.3)


def test_several_files_give_a_line_each_with_its_path(cli: Cli, shots: Path):
    run = cli("caption", "--json", shots / "shot10.png", shots / "Shot2.PNG")
    values = lines_of(run.out)
    assert [value.pop("path") for value in values] == [str(shots / "shot10.png"), str(shots / "Shot2.PNG")]
    for value in values:
        Diagnosis.model_validate(value)


def test_several_files_as_text_stand_under_their_names(cli: Cli, shots: Path):
    run = cli("caption", shots / "shot10.png", shots / "Shot2.PNG")
    first, second = run.out.split("\n\n" + str(shots / "Shot2.PNG") + "\n")
    assert first.startswith(str(shots / "shot10.png") + "\n")
    assert second.rstrip("\n") == first.split("\n", 1)[1]


def test_stdin_is_the_same_picture(cli: Cli, shot: Path, monkeypatch: pytest.MonkeyPatch):
    from_file = Diagnosis.model_validate_json(cli("caption", "--json", shot).out)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(shot.read_bytes())))
    from_stdin = Diagnosis.model_validate_json(cli("caption", "--json", "-").out)
    assert from_stdin.model_copy(update={"timing_ms": from_file.timing_ms}) == from_file


def test_boxes_lie_in_the_picture_and_evidence_is_what_was_read(cli: Cli):
    captures = sorted((ROOT / "tests/data/real/dev").glob("*.png"))[:3]
    assert captures, "the repository has real captures"
    for capture in captures:
        diagnosis = Diagnosis.model_validate_json(cli("caption", "--json", capture).out)
        assert diagnosis.caption and diagnosis.text
        read = " ".join("".join(line.text.split()) for line in diagnosis.text)
        for evidence in diagnosis.evidence:
            assert evidence.box[0] < evidence.box[2] and evidence.box[1] < evidence.box[3]
            if evidence.field == "error_code":
                assert "".join(evidence.text.split()) in read


# ---------------------------------------------------------------------------------------------------- command line


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["caption"],
        ["caption", "--no-such-flag", "x.png"],
        ["caption", "x.png", "--reader", "magic"],
        ["caption", "x.png", "--resume"],
        ["caption", "x.png", "--jsonl", "-"],
        ["caption", "x.png", "--js"],
        ["read"],
        ["read", "x.png", "--json", "--tsv"],
        ["read", "x.png", "y.png", "--boxes", "out.png"],
        ["read", "x.png", "--boxes", "out.txt"],
        ["doctor", "surplus"],
    ],
)
def test_wrong_usage_is_exit_code_2(cli: Cli, arguments: list[str]):
    run = cli(*arguments)
    assert run.code == 2 and run.out == "" and run.err and "Traceback" not in run.err


@pytest.mark.parametrize("command", ["caption", "read", "doctor"])
def test_help_tells_the_exit_codes(cli: Cli, command: str):
    run = cli(command, "--help")
    assert run.code == 0 and "Exit codes: 0 " in run.out and run.err == ""


def test_python_m_names_itself_in_its_usage():
    done = fresh("--help")
    assert done.returncode == 0 and done.stdout.startswith(b"usage: python -m mmgpt.caption [-h]")
    done = fresh()
    assert done.returncode == 2 and done.stdout == b""


def test_the_command_starts_without_loading_torch():
    code = (
        "import sys; from mmgpt.cli import main; assert main(['caption', '--help']) == 0;"
        "heavy = {'torch', 'numpy', 'PIL', 'pydantic', 'rich'} & set(sys.modules);"
        "assert main(['caption', 'no_such_file.png']) == 1;"
        "late = {'torch'} & set(sys.modules);"
        "print(heavy | late, file=sys.stderr); sys.exit(bool(heavy | late))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_captions_load_no_server_page_or_data_set_packages(shot: Path):
    code = (
        "import sys; from mmgpt.cli import main; assert main(['caption', sys.argv[1]]) == 0;"
        "heavy = {'gradio', 'fastapi', 'datasets', 'transformers', 'train'} & set(sys.modules);"
        "print(heavy, file=sys.stderr); sys.exit(bool(heavy))"
    )
    command = [sys.executable, "-c", code, str(shot)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["eval", "train"])
def test_commands_of_the_trainer_take_their_own_arguments(cli: Cli, command: str):
    assert cli(command, "--help").code == 0
    assert cli(command, "--no-such-flag-of-ours").code == 2


# ------------------------------------------------------------------------------------------------------------- read


def test_read_gives_the_lines_as_they_stand(cli: Cli, shot: Path):
    assert cli("read", shot) == (0, TEST_TEXT + "\n", "")


def test_read_json_has_boxes_that_hug_the_ink(cli: Cli, shot: Path):
    reading = Reading.model_validate_json(cli("read", shot, "--json").out)
    (line,) = reading.text
    ink = np.argwhere((drawn_text() < 128).any(axis=2))
    (top, left), (bottom, right) = ink.min(axis=0), ink.max(axis=0) + 1
    assert np.abs(np.subtract(line.box, (left, top, right, bottom))).max() <= 2
    assert line.confidence > 0.5


def test_read_writes_tsv_and_hocr_of_all_pictures(cli: Cli, shots: Path):
    table = cli("read", "-r", shots, "--tsv").out.splitlines()
    assert len({row.split("\t")[1] for row in table[1:]}) == 3 and table[0].startswith("level\t")
    assert [row.split("\t")[-1] for row in table if row.startswith("5\t1\t")] == TEST_TEXT.split()
    document = ElementTree.fromstring(cli("read", "-r", shots, "--hocr").out)
    pages = document.findall(".//{*}div[@class='ocr_page']")
    assert ["".join(page.itertext()).strip() for page in pages] == [TEST_TEXT] * 3


def test_read_draws_boxes_into_a_picture(cli: Cli, shot: Path, tmp_path: Path):
    out = tmp_path / "boxes.png"
    run = cli("read", shot, "--boxes", out)
    assert run.code == 0 and run.errors == [f"mmgpt: 1 lines drawn into {out}"]
    with Image.open(out) as picture:
        assert picture.size == (320, 64)
        assert (np.array(picture) != drawn_text()).any()
    run = cli("read", shot, "--boxes", tmp_path / "none" / "boxes.png")
    assert run.code == 1 and len(run.errors) == 1


def test_a_picture_without_text_is_read_and_captioned(cli: Cli, tmp_path: Path):
    blank = tmp_path / "blank.png"
    Image.new("RGB", (300, 200), "white").save(blank)
    assert cli("read", blank) == (0, "", f"mmgpt: {blank}: no text found\n")
    diagnosis = Diagnosis.model_validate_json(cli("caption", blank, "--json").out)
    assert diagnosis.text == [] and diagnosis.message is None and diagnosis.is_error is not True


# ---------------------------------------------------------------------------------------------------------- readers


def test_tesseract_is_used_where_it_is_and_asked_for_where_it_is_not(
    cli: Cli, shot: Path, monkeypatch: pytest.MonkeyPatch
):
    if shutil.which("tesseract"):
        diagnosis = Diagnosis.model_validate_json(cli("caption", shot, "--json", "--reader", "tesseract").out)
        assert diagnosis.model == "mmgpt-nano+tesseract"
        assert [line.text for line in diagnosis.text] == [TEST_TEXT]
    monkeypatch.setenv("PATH", "")
    run = cli("caption", shot, "--reader", "tesseract")
    assert run.code == 1 and run.out == "" and len(run.errors) == 1 and "tesseract" in run.err


# ---------------------------------------------------------------------------------------------------------- doctor


def test_doctor_finds_this_installation_well(cli: Cli):
    run = cli("doctor", "--json")
    report = json.loads(run.out)
    assert run.code == 0 and report["works"] is True, run.out
    states = {check["name"]: check["state"] for check in report["checks"]}
    for name in ("python", "torch", "packages", "weights", "reader", "extractor", "test"):
        assert states[name] == "ok"
    assert set(states) >= {"tesseract", "rapidocr", "fonts", "browser"}


def test_doctor_says_what_is_broken_and_what_to_do(cli: Cli, tmp_path: Path):
    run = cli("doctor", "--weights", tmp_path / "none")
    assert run.code == 1 and run.err == ""
    assert "BROKEN" in run.out and f"{tmp_path / 'none'} is no folder" in run.out
    assert "python" in run.out and "Captions do not work here" in run.out


@pytest.mark.parametrize("package", ["torch", "pydantic", "numpy", "PIL"])
def test_doctor_and_captions_say_which_package_is_missing(package: str, shot: Path):
    block = f"import sys; sys.modules['{package}'] = None; from mmgpt.cli import main; sys.exit(main(sys.argv[1:]))"

    def without(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", block, *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)

    doctor = without("doctor")
    assert (doctor.returncode, doctor.stderr) == (1, "")
    assert f"import of {package} " in doctor.stdout and "BROKEN" in doctor.stdout
    caption = without("caption", shot)
    assert (caption.returncode, caption.stdout) == (1, "")
    assert caption.stderr == f"mmgpt: the Python package {package} is not installed - see `mmgpt doctor`\n"
