"""Recorded terminal sessions: the notation, the screen, the judge, and real runs of a few scenarios."""

from __future__ import annotations

import base64
import random
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmgpt.schema import CATEGORIES
from train.data.harvest.core import read_transcripts, write_records
from train.data.harvest.transcripts import namespace
from train.data.harvest.transcripts.catalogue import CatalogueError, every_tool, parse
from train.data.harvest.transcripts.kinds import make_scenario
from train.data.harvest.transcripts.records import Dropped, judge
from train.data.harvest.transcripts.run import main, missing_programs, plan, record_tool
from train.data.harvest.transcripts.screen import resolve

SIX = r"""
== few | ls | ls=coreutils
= LOG
|{stamp} INFO {word} started
|{stamp} ERROR {word2}: timeout
-- missing not_found
$ ls {word}/{word2}
! ^ls: cannot access '{word}/{word2}'
-- code not_found
$ cd /tmp
$ bash {here}/{stem}.sh
!! command (not) found
% \b(not)\b
@ {stem}.sh
|echo {title}
|{word}-{word2}
-- denied permission
$ cat secret.key
! Permission denied$
~ app cat
^ echo x > secret.key; chmod 600 secret.key
-- log none
$ cat {stem}.log
~ app cat
@ {stem}.log
|<LOG>
-- typed none
$ read x; echo "got $x"
~ typed {word}
-- promise syntax
$ true
! .
"""
needs_namespaces = pytest.mark.skipif(bool(namespace.missing()), reason=namespace.missing() or "namespaces are here")


def answer(exit_code: int, *texts: str) -> dict[str, object]:
    """What the driver answers when the commands wrote these texts."""
    return {"steps": [{"exit": exit_code, "data": base64.b64encode(text.encode()).decode()} for text in texts]}


@needs_namespaces
def test_real_runs(tmp_path):
    (tool,) = parse(SIX)
    tally = record_tool(tool, 1, 5)
    assert [kind for kind, _ in tally.dropped] == ["promise"]  # `true` does not fail
    by_name = {transcript.scenario: transcript for transcript in tally.kept}
    assert set(by_name) == {"missing", "code", "denied", "log", "typed"}
    missing = by_name["missing"]
    assert missing.is_error and missing.category == "not_found" and missing.exit_code == 2
    assert missing.message_text is not None and missing.message_text.endswith("No such file or directory")
    code = by_name["code"]
    assert (code.code, code.message, [command for command, _ in code.before]) == ("not", 1, ["cd /tmp"])
    assert by_name["denied"].message_text == "cat: secret.key: Permission denied"
    assert not by_name["log"].is_error and any("ERROR" in row for row in by_name["log"].rows)
    assert by_name["typed"].rows[-1].startswith("got ")
    path = tmp_path / "some.jsonl.gz"
    write_records(path, tally.kept)
    assert list(read_transcripts(path)) == tally.kept


def test_plan_is_exact():
    def orders(seed: int) -> list[object]:
        return [make_scenario(kind, rng).order for tool in parse(SIX) for kind, rng in plan(tool, 3, seed)]

    assert orders(1) == orders(1)
    assert orders(1) != orders(2)


@pytest.mark.parametrize(
    "text",
    [
        "== a | A | a=a\n-- x nonsense\n$ a\n! a",
        "== a | A | a=a\n-- x syntax\n$ a",
        "== a | A | a=a\n-- x none\n! a\n$ a",
        "== a | A | a=a\n-- x none\n* a",
        "== a | A | a=a\n-- x none\n$ a\n~ colour red",
        "== a | A | a=a\n-- x none\n$ a\n-- x none\n$ a",
        "|content",
    ],
)
def test_notation_errors(text):
    with pytest.raises(CatalogueError):
        parse(text)


def test_every_kind_can_be_made():
    tools = every_tool()
    kinds = [kind for tool in tools for kind in tool.kinds]
    assert len(tools) >= 60 and len(kinds) >= 250
    for kind in kinds:
        assert kind.category in CATEGORIES
        scenario = make_scenario(kind, random.Random(kind.name))
        text = repr(scenario.order)
        assert not re.search(r"[⟨⟩¦¤]|<[A-Z]{2,}>", text), (kind.app, kind.name, text)
        assert scenario.order["commands"] and (scenario.message is None) == (kind.category == "none")


def test_missing_programs_are_named():
    (tool,) = parse("== a | A | no-such-program=some-package\n-- x none\n$ a")
    assert "no-such-program" in missing_programs(tool) and "apt-get install some-package" in missing_programs(tool)


def test_unknown_tool_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "no-such-tool"])
    assert "no-such-tool" in capsys.readouterr().err


def test_screen():
    rows, tones = resolve(b"10%\r100%\r\n\x1b[1;31merror:\x1b[0m no\tb\r\n\x1b]0;title\x07abc\b\bX\x1b[K\r\n\n")
    assert rows == ["100%", "error: no       b", "aX"]
    assert tones == [(1, 0, 6, "error")]
    assert resolve(b"one\r\ntwo\r\n\x1b[2Athree\x1b[K\r\n")[0] == ["three", "two"]


@given(st.binary(max_size=200) | st.text(alphabet="ab \r\n\t\b\x1b[]0;1mKA\x07", max_size=60).map(str.encode))
def test_screen_has_no_control_characters(data):
    rows, tones = resolve(data)
    assert all(not re.search(r"[\x00-\x1f\x7f]", row) for row in rows)
    assert all(0 <= start < end <= len(rows[row]) for row, start, end, _ in tones)


@given(
    st.lists(st.text(alphabet="abc: é\x1b[31m\r", max_size=20), max_size=6),
    st.lists(st.text(alphabet="abc: ", max_size=20), max_size=6),
    st.integers(0, 2),
)
def test_record_invariants(above, below, exit_code):
    (tool,) = parse("== t | T | t=t\n-- x syntax\n$ t\n!! error (E\\d+)\n% E\\d+\n~ trace a")
    scenario = make_scenario(tool.kinds[0], random.Random(0))
    text = "\r\n".join([*above, "error E12: x", *below])
    try:
        transcript = judge("t", scenario, answer(exit_code, text))
    except Dropped:
        # A bare return can write over the message's row; else only an exit code of 0 breaks the promise.
        assert exit_code == 0 or any("\r" in row or "\x1b" in row for row in above)
        return
    assert exit_code != 0 and transcript.message is not None and transcript.code == "E12"
    assert transcript.message_text == transcript.rows[transcript.message].strip()
    assert any(transcript.code in row for row in transcript.rows)
    assert transcript.message not in transcript.trace
    assert not any("\x1b" in row for row in transcript.rows)


def test_traces_of_this_machine_are_dropped():
    (tool,) = parse("== t | T | t=t\n-- x none\n$ t")
    scenario = make_scenario(tool.kinds[0], random.Random(0))
    checkout = Path(__file__).parents[2]
    for text in (
        f"File {checkout}/a.py",
        f"{Path.home()}/.cache/x",
        f"{sys.base_prefix}/lib/x",
        "/tmp/transcripts-abc/room",
    ):
        if text.startswith("/usr/"):
            continue  # the system's own Python tells nothing
        with pytest.raises(Dropped, match="this machine"):
            judge("t", scenario, answer(0, text))
    own = "/home/ann/" + "work/a.py"  # a user's own folder of that name is no trace
    assert judge("t", scenario, answer(0, own)).rows == (own,)
