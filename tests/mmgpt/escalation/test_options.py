"""The options of `mmgpt diagnose`: off by default, wrong usage in one line, and what is said becomes an escalator."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest

from mmgpt.commands.escalating import add_escalation_arguments, escalator_from
from mmgpt.commands.inputs import Unusable
from mmgpt.escalation import Escalator, Limit


def made(*arguments: str) -> Escalator | None:
    parser = argparse.ArgumentParser(prog="mmgpt diagnose", allow_abbrev=False)
    add_escalation_arguments(parser)
    return escalator_from(parser.parse_args(list(arguments)))


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("MMGPT_ESCALATE_KEY", raising=False)


def test_nobody_is_asked_unless_named():
    assert made() is None


def test_all_options(tmp_path: Path):
    (tmp_path / "key").write_text("k\n")
    escalator = made(
        "--escalate", "http://localhost:8000", "--escalate-model", "big", "--escalate-key-file", str(tmp_path / "key"),
        "--escalate-below", "0.7", "--escalate-category", "dns", "--escalate-category", "network",
        "--escalate-budget", "5/day,1MB", "--escalate-timeout", "9", "--escalate-max-side", "800", "--escalate-text-only",
        "--escalate-show", str(tmp_path / "show"), "--escalate-log", str(tmp_path / "log"),
    )  # fmt: skip
    assert escalator is not None
    assert (escalator.model, escalator.below, escalator.timeout_s, escalator.max_side) == ("big", 0.7, 9.0, 800)
    assert escalator.categories == {"dns", "network"} and not escalator.sends_picture
    assert escalator.budget.limits == (Limit(5, "requests", "day"), Limit(1_000_000, "bytes"))
    assert escalator.show == tmp_path / "show" and escalator.engine == "big"


def test_what_is_not_said_is_bounded_and_logged(tmp_path: Path):
    escalator = made("--escalate", "http://localhost:8000")
    assert escalator is not None and escalator.engine == "localhost:8000" and escalator.sends_picture
    assert escalator.budget.limits == (Limit(100), Limit(100_000_000, "bytes"))
    assert escalator.journal == tmp_path / "state" / "mmgpt" / "escalation.jsonl"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--escalate-model", "big"), "--escalate-model goes with --escalate URL"),
        (("--escalate-text-only",), "--escalate-text-only goes with"),
        (("--escalate", "http://8.8.8.8"), "not encrypted"),
        (("--escalate", "nonsense"), "must begin"),
        (("--escalate", "http://localhost", "--escalate-key-file", "/nowhere/key"), "cannot be read"),
    ],
)
def test_wrong_usage_is_one_line(arguments: tuple[str, ...], why: str):
    with pytest.raises(ValueError, match=why) as error:
        made(*arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--escalate-below", "2"), ("--escalate-below", "nan"), ("--escalate-below", "x"), ("--escalate-budget", "lots"),
        ("--escalate-timeout", "0"), ("--escalate-timeout", "inf"), ("--escalate-max-side", "1"), ("--escalate-category", "x"),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused_at_once(option: str, value: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        made("--escalate", "http://localhost", option, value)
    assert end.value.code == 2 and option in capsys.readouterr().err


def test_insecure_is_said(monkeypatch: pytest.MonkeyPatch):
    assert made("--escalate", "http://8.8.8.8", "--escalate-insecure") is not None
    monkeypatch.setenv("MMGPT_ESCALATE_KEY", "k")
    with pytest.raises(ValueError, match="unencrypted"):
        made("--escalate", "http://8.8.8.8", "--escalate-insecure")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(Unusable, match=r"pip install 'mmgpt\[escalate\]'"):
        made("--escalate", "http://localhost")


def test_importing_loads_no_torch_and_no_httpx():
    import subprocess

    code = (
        "import sys, mmgpt.escalation, mmgpt.commands.escalating; print(*sorted({'torch', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
