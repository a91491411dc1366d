"""JSON lines that survive crashes, Ctrl-C and second runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmgpt.commands.checks import drawn_text
from mmgpt.schema import Diagnosis
from tests.mmgpt.running import ROOT, Cli, lines_of

# ---------------------------------------------------------------------------------------------------------- jsonl


def test_jsonl_goes_to_its_file_and_resume_leaves_out_what_is_there(cli: Cli, shots: Path, tmp_path: Path):
    out = tmp_path / "out.jsonl"
    run = cli("caption", "-r", shots, "--jsonl", out)
    assert (run.code, run.out) == (0, "") and run.errors == [f"mmgpt: {out}: 3 written"]
    before = out.read_bytes()
    for value in lines_of(before.decode()):
        assert Path(str(value.pop("path"))).exists()
        Diagnosis.model_validate(value)

    assert cli("caption", "-r", shots, "--jsonl", out).code == 2, "what is there is not overwritten"
    assert out.read_bytes() == before

    Image.fromarray(drawn_text()[::-1].copy()).save(shots / "Shot2.PNG")  # the same path, other bytes
    run = cli("caption", "-r", shots, "--jsonl", out, "--resume")
    assert run.code == 0 and run.errors == [f"mmgpt: {out}: 1 written, 2 already there"]
    assert out.read_bytes().startswith(before)
    assert [str(v["path"]) for v in lines_of(out.read_text())][3:] == [str(shots / "Shot2.PNG")]

    assert cli("caption", "-r", shots, "--jsonl", out, "--resume", "--quiet") == (0, "", "")


@pytest.mark.parametrize("cut", [1, 2, 30, 400])
def test_a_torn_last_line_is_done_again(cli: Cli, shots: Path, tmp_path: Path, cut: int):
    out = tmp_path / "out.jsonl"
    cli("caption", "-r", shots, "--jsonl", out)
    whole = out.read_bytes()
    out.write_bytes(whole[:-cut])
    run = cli("caption", "-r", shots, "--jsonl", out, "--resume")
    assert run.code == 0
    values = lines_of(out.read_text())
    assert len(values) == len({str(value["path"]) for value in values}) == 3
    assert out.read_bytes().endswith(b"\n")


def test_a_line_torn_to_its_first_bytes_or_to_zeros_is_done_again(cli: Cli, shots: Path, tmp_path: Path):
    out = tmp_path / "out.jsonl"
    for rest in (b'{"sch', b"\0" * 500, b'{"schema": "mmgpt.diagnosis/1", "path": "a'):
        out.write_bytes(rest)
        assert cli("caption", shots / "shot10.png", "--jsonl", out, "--resume").code == 0
        assert len(lines_of(out.read_text())) == 1


@pytest.mark.parametrize(
    "content", [b"my own notes", b'{"schema": "other/1"}\n', b"\x89PNG\r\n\x1a\n\0\0", b"{}\n{}\n"]
)
def test_somebody_elses_file_is_left_alone(cli: Cli, shot: Path, tmp_path: Path, content: bytes):
    out = tmp_path / "mine"
    out.write_bytes(content)
    run = cli("caption", shot, "--jsonl", out, "--resume")
    assert run.code == 1 and len(run.errors) == 1 and run.err.startswith(f"mmgpt: {out}: line 1 ")
    assert out.read_bytes() == content


def test_failed_pictures_are_not_in_the_file_and_are_tried_again(cli: Cli, shots: Path, tmp_path: Path):
    out = tmp_path / "out.jsonl"
    late = shots / "late.png"
    late.write_bytes(b"")
    run = cli("caption", late, shots / "shot10.png", "--jsonl", out)
    assert run.code == 1 and run.errors[-1] == f"mmgpt: {out}: 1 written, 1 failed"
    shutil.copy(shots / "shot10.png", late)
    run = cli("caption", late, shots / "shot10.png", "--jsonl", out, "--resume")
    assert run.code == 0 and len(lines_of(out.read_text())) == 2


def test_an_output_that_cannot_be_written_is_named(cli: Cli, shot: Path, tmp_path: Path):
    out = tmp_path / "no_such_folder" / "out.jsonl"
    run = cli("caption", shot, "--jsonl", out)
    assert run.code == 1 and len(run.errors) == 1 and run.err.startswith(f"mmgpt: {out}: cannot be written (")


def test_paths_in_json_are_the_files_paths_whatever_they_hold(cli: Cli, shot: Path, tmp_path: Path):
    odd = shot.rename(tmp_path / "Screenshot at 10.00\u202fAM – ü\n.png")
    out = tmp_path / "out.jsonl"
    assert cli("caption", odd, "--jsonl", out).code == 0
    (value,) = lines_of(out.read_text())
    assert value["path"] == str(odd)
    assert cli("caption", odd, "--jsonl", out, "--resume").errors == [f"mmgpt: {out}: 0 written, 1 already there"]


@pytest.mark.skipif(os.name == "nt", reason="file locks are POSIX's")
def test_two_writers_at_once_are_refused(cli: Cli, shot: Path, tmp_path: Path):
    from mmgpt.commands.jsonl import JsonLines

    out = tmp_path / "out.jsonl"
    with JsonLines(out, "mmgpt.diagnosis/1", resume=False):
        run = cli("caption", shot, "--jsonl", out, "--resume")
    assert run.code == 1 and "another mmgpt is writing it" in run.err and len(run.errors) == 1


# ------------------------------------------------------------------------------------------------------- interrupts


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_ctrl_c_ends_with_130_and_one_line_and_keeps_what_is_done(shot: Path, tmp_path: Path):
    folder = tmp_path / "many"
    folder.mkdir()
    big = Image.fromarray(np.tile(drawn_text(), (12, 4, 1)))  # 1280 x 768
    big.save(folder / "0.png")
    for index in range(1, 300):
        (folder / f"{index}.png").symlink_to(folder / "0.png")
    out = tmp_path / "out.jsonl"
    command = [sys.executable, "-m", "mmgpt.caption", "-r", str(folder), "--jsonl", str(out)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Jobs that a shell starts in the background inherit "ignore SIGINT", which a person at a terminal never has.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for _ in range(6000):
        if (out.exists() and out.stat().st_size) or process.poll() is not None:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=300)
    assert (process.returncode, stdout) == (130, b"")
    assert stderr.decode().splitlines() == [
        "mmgpt: interrupted; what is done is kept - the same command with --resume goes on"
    ]
    kept = lines_of(out.read_text())
    assert 1 <= len(kept) < 300


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_closed_pipe_ends_quietly(shots: Path):
    command = [sys.executable, "-m", "mmgpt.caption", "-r", str(shots)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=300) == 141
