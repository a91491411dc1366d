"""`mmgpt chat`: lines in, answers out, its commands, and what Ctrl-C does when."""

from __future__ import annotations

import io
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mmgpt.copied import Talk
from mmgpt.generate import Engine
from tests.mmgpt.running import ROOT, Cli, Run
from tests.mmgpt.talking import FOLLOWING, GREETING, LAST, drawn, taught_folder
from tests.vision.image_factory import bad_inputs

QUESTION, ANSWER = "What is the exit code?", LAST


class Keys(io.StringIO):
    """Stdin: lines one by one; an exception among them is raised when its turn comes, as Ctrl-C is in the midst of reading."""

    def __init__(self, entries: list[str | type[BaseException]]) -> None:
        super().__init__()
        self._entries: Iterator[str | type[BaseException]] = iter(entries)

    def readline(self, *_: Any) -> str:  # type: ignore[override]
        entry = next(self._entries, "")
        if not isinstance(entry, str):
            raise entry
        return entry + "\n" if entry else ""


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    Image.fromarray(drawn()).save(tmp_path / "shot.png")
    return tmp_path / "shot.png"


@pytest.fixture
def chat(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """The command with the taught weights: lines, then its arguments."""

    def run(lines: list[Any], *arguments: object) -> Run:
        monkeypatch.setattr(sys, "stdin", Keys(lines))
        return cli("chat", *arguments, "--weights", taught_folder())

    return run


def test_lines_are_answered_one_by_one(chat: Any, shot: Path):
    run = chat([QUESTION, "  ", "/quit", "never asked"], shot, "--quiet")
    assert run == (0, ANSWER + "\n", "")
    assert chat([QUESTION], shot, "--quiet") == (0, ANSWER + "\n", ""), "the end of stdin ends it, as Ctrl-D does"
    assert chat([GREETING[0]], "--quiet") == (0, GREETING[1] + "\n", ""), "without a picture"
    assert chat([]) == (0, "", "")


def watch(monkeypatch: pytest.MonkeyPatch, name: str) -> list[Any]:
    """The first argument of every call of a method of the engine; the method does what it always does."""
    seen: list[Any] = []
    method = getattr(Engine, name)

    def watched(self: Engine, first: Any, *others: Any) -> Any:
        seen.append(first)
        return method(self, first, *others)

    monkeypatch.setattr(Engine, name, watched)
    return seen


def test_pictures_are_looked_at_once_and_the_conversation_is_kept(
    chat: Any, shot: Path, monkeypatch: pytest.MonkeyPatch
):
    looked, asked = watch(monkeypatch, "look"), watch(monkeypatch, "stream")
    run = chat([QUESTION, "Where?", "And then?"], shot, "--max-tokens", 24)
    assert run.code == 0 and len(looked) == 1 and len(asked) == 3
    first, second, third = (conversation.messages for conversation in asked)
    assert len(first) == 1 and len(second) == 3 and len(third) == 5
    (seen,) = asked[0].pictures
    assert all(c.pictures == [seen] for c in asked) and first[0].parts == (seen, QUESTION)
    assert second[:1] == first and second[1].parts == (ANSWER,) and second[2].parts == ("Where?",)
    assert third[:3] == second
    assert run.out.splitlines()[:2] == [ANSWER, FOLLOWING[1]]


def test_answers_come_as_they_are_made(shot: Path):
    """A process whose stdin stays open: the first bits are there before the answer is whole."""
    with chatting(shot, "--temperature", "3", "--max-tokens", "300") as process:
        say(process, QUESTION)
        bits = [read_some(process) for _ in range(3)]
        assert all(bits), "three separate bits"
        assert process.poll() is None
        process.kill()


def test_another_picture_and_a_new_beginning(chat: Any, shot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = tmp_path / "another one.png"
    Image.fromarray(drawn(("Port 8080 is free",))).save(other)
    asked = watch(monkeypatch, "stream")
    lines = [
        QUESTION, f"/image {other}", "And this?", "/reset", QUESTION, "/reset all", GREETING[0], f"/image '{shot}' \"{other}\"", "Both?",
        "/reset now",
    ]  # fmt: skip
    run = chat(lines, shot, "--max-tokens", 24)
    assert run.code == 1, "/reset now is none"
    assert [[len(seen.lines) for seen in c.pictures] for c in asked] == [[4], [4, 1], [4, 1], [], [4, 1]]
    assert [len(c.messages) for c in asked] == [1, 3, 1, 1, 3]
    assert len(asked[1].messages[0].parts) == 2 and len(asked[1].messages[2].parts) == 2, (
        "each picture with its question"
    )
    assert asked[2].pictures[0] is asked[0].pictures[0], "looked at once, though begun anew"
    notes = [line.removeprefix("mmgpt: ") for line in run.errors if "was cut after" not in line]
    assert notes[0] == f"picture 1 is {shot}: 400 × {drawn().shape[0]} pixels, 4 lines of text"
    assert notes[1].startswith("picture 2 is ") and "another one.png" in notes[1]
    assert notes[-1].startswith("/reset: begins anew")
    assert run.out.splitlines()[3] == GREETING[1]


def test_where_tells_the_boxes_of_the_last_answer(chat: Any, shot: Path):
    run = chat(["/where", QUESTION, "/where", "Where?", "/where"], shot)
    assert run.code == 0
    rows = run.out.splitlines()
    assert rows[0] == ANSWER and rows[2] == FOLLOWING[1] and len(rows) == 3
    assert rows[1].startswith("  128  x 107 to 139, y 121 to 136, read ") and rows[1].endswith(" % surely")
    notes = [line.removeprefix("mmgpt: ") for line in run.errors][1:]
    assert notes == ["nothing was answered yet", "nothing in the last answer was copied from a picture"]


def test_a_conversation_is_saved(chat: Any, shot: Path, tmp_path: Path):
    out = tmp_path / "talk.json"
    run = chat([QUESTION, "Where?", f"/save {out}"], shot)
    assert run.code == 0 and run.errors[-1] == f"mmgpt: 2 questions with their answers saved in {out}"
    talk = Talk.model_validate_json(out.read_text("utf-8"))
    assert talk.model == "mmgpt-taught" and [image.path for image in talk.images] == [str(shot)]
    assert [(m.role, m.text, m.pictures) for m in talk.messages[:2]] == [
        ("user", QUESTION, [1]), ("assistant", ANSWER, []),
    ]  # fmt: skip
    (part,) = talk.messages[1].spans
    assert (part.text, part.picture, part.box) == ("128", 1, (107, 121, 139, 136))
    assert (talk.messages[1].confidence or 0) > 0.5 and talk.messages[0].confidence is None
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]
    assert chat([QUESTION, f"/save {out}"], shot).code == 0, "ours may be written over"
    assert len(Talk.model_validate_json(out.read_text("utf-8")).messages) == 2


def test_saving_destroys_nothing(chat: Any, shot: Path, tmp_path: Path):
    foreign = tmp_path / "package.json"
    foreign.write_text('{"name": "mine"}')
    for target in (foreign, tmp_path / "none" / "talk.json", shot, ""):
        run = chat([QUESTION, f"/save {target}"], shot, "--quiet")
        assert run.code == 1 and run.out == ANSWER + "\n" and len(run.errors) == 1, target
    assert foreign.read_text() == '{"name": "mine"}' and json.loads(foreign.read_text())
    with Image.open(shot) as picture:
        assert picture.size[0] == 400


def test_help_lists_the_commands_and_another_is_a_line(chat: Any, cli: Cli):
    run = chat(["/help", "/dance", "/image", "/image -"], "--quiet")
    assert run.code == 1
    for command in ("/image", "/where", "/reset", "/save", "/help", "/quit"):
        assert f"  {command}" in run.out
    assert [error.split(": ")[1] for error in run.errors] == ["/dance", "/image", "/image"]
    usage = cli("chat", "--help")
    assert usage.code == 0 and "Exit codes: 0 " in usage.out and "/where" in usage.out


def test_bad_pictures_are_a_line_each_and_the_conversation_goes_on(chat: Any, shot: Path, tmp_path: Path):
    bad = [path for path, _ in bad_inputs(tmp_path / "bad").values()]
    run = chat([*[f"/image {path}" for path in bad], QUESTION], tmp_path / "none.png", shot, "--quiet")
    assert (run.code, run.out) == (1, ANSWER + "\n")
    assert len(run.errors) == len(bad) + 1 and "Traceback" not in run.err
    assert run.errors[0].startswith(f"mmgpt: {tmp_path / 'none.png'}: ")


def test_too_many_pictures_and_too_long_a_conversation(chat: Any, shot: Path, tmp_path: Path):
    copies = [shutil.copy(shot, tmp_path / f"{i}.png") for i in range(9)]
    run = chat(["Why? " * 2000, "/reset all", f"/image {shot}", QUESTION], *copies, "--quiet")
    assert (run.code, run.out) == (1, ANSWER + "\n")
    assert len(run.errors) == 2 and "8 pictures; /reset all begins anew" in run.errors[0]
    assert "tokens; this model takes 1024 - /reset begins anew" in run.errors[1]


def test_stdin_holds_lines_and_no_picture(cli: Cli):
    run = cli("chat", "-")
    assert run.code == 2 and run.out == "" and "name its file" in run.err
    assert cli("chat", "--top-k", "x").code == 2


# -------------------------------------------------------------------------------------------------------------- Ctrl-C


def test_ctrl_c_at_the_prompt_ends_the_second_time(chat: Any, shot: Path):
    run = chat([KeyboardInterrupt, QUESTION, KeyboardInterrupt, FOLLOWING[0]], shot, "--quiet")
    assert run == (0, f"{ANSWER}\n{FOLLOWING[1]}\n", ""), "one, and later one more"
    run = chat([QUESTION, KeyboardInterrupt, KeyboardInterrupt, QUESTION], shot)
    assert (run.code, run.out) == (130, ANSWER + "\n")
    assert run.errors[-2:] == ["mmgpt: stopped - Ctrl-C again ends", "mmgpt: interrupted"]


class chatting:
    """A process that chats, whose stdin stays open; ended with the block."""

    def __init__(self, *arguments: object) -> None:
        command = [sys.executable, "-m", "mmgpt.cli", "chat", *map(str, arguments), "--weights", str(taught_folder())]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            # Jobs that a shell starts in the background inherit "ignore SIGINT", which a person at a terminal never has.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self._process

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()


def say(process: subprocess.Popen[bytes], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line.encode() + b"\n")


def read_some(process: subprocess.Popen[bytes], stream: str = "stdout") -> bytes:
    """What comes next; fails after two minutes without anything."""
    pipe = getattr(process, stream)
    ready, _, _ = select.select([pipe], [], [], 120)
    assert ready, "nothing came"
    return os.read(pipe.fileno(), 65_536)


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_ctrl_c_stops_an_answer_and_keeps_the_conversation(shot: Path, tmp_path: Path):
    out = tmp_path / "talk.json"
    with chatting(shot, "--temperature", "3", "--max-tokens", "900") as process:
        say(process, QUESTION)
        said = read_some(process)
        process.send_signal(signal.SIGINT)
        errors = b""
        while b"stopped" not in errors:
            errors += read_some(process, "stderr")
        say(process, f"/save {out}")
        for _ in range(2400):
            if out.exists():
                break
            time.sleep(0.05)
        talk = Talk.model_validate_json(out.read_text("utf-8"))
        assert [m.role for m in talk.messages] == ["user", "assistant"]
        assert talk.messages[1].text.encode()[:3] == said[:3] and talk.messages[1].confidence is None
        say(process, "/where")
        say(process, "/quit")
        stdout, stderr = process.communicate(timeout=120)
        assert process.returncode == 0
        assert b"the last answer was stopped" in stderr and b"Traceback" not in stderr and stdout.endswith(b"\n")
    with chatting(shot, "--temperature", "3", "--max-tokens", "900") as process:
        say(process, QUESTION)
        read_some(process)
        process.send_signal(signal.SIGINT)
        while b"stopped" not in read_some(process, "stderr"):
            pass
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
        assert process.returncode == 130 and stderr.endswith(b"mmgpt: interrupted\n") and b"Traceback" not in stderr


@pytest.mark.skipif(os.name == "nt", reason="terminals are POSIX's")
def test_on_a_terminal_there_is_a_prompt_and_keys_work(shot: Path):
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mmgpt.cli", "chat", str(shot), "--weights", str(taught_folder())]
    process = subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    shown = ""

    def until(text: str) -> None:
        nonlocal shown
        while text not in shown:
            ready, _, _ = select.select([ours], [], [], 120)
            assert ready, f"{text!r} did not come after {shown!r}"
            shown += os.read(ours, 65_536).decode("utf-8", "replace")
        shown = shown[shown.index(text) + len(text) :]

    try:
        until("/help lists the commands")
        until("> ")
        os.write(ours, QUESTION.encode() + b"\r")
        until(ANSWER)
        until("> ")
        os.write(ours, b"\x04")  # Ctrl-D
        assert process.wait(timeout=120) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(ours)
