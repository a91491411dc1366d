"""`mmgpt serve` before it serves: settings from options and environment, and what is wrong with them."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mmgpt.commands import serve
from mmgpt.commands.serve import OPTIONS, WrongSetting, settings_from
from mmgpt.serve.listening import ListenError, address_of, listen
from mmgpt.serve.settings import Settings
from tests.serve.servers import command, environment


def parsed(*arguments: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    serve.add_arguments(parser)
    return vars(parser.parse_args(arguments))


def test_every_setting_has_an_option_and_a_variable() -> None:
    assert set(OPTIONS) == set(Settings.model_fields)
    assert len({flag for flag, _, _ in OPTIONS.values()}) == len(OPTIONS)


def test_options_win_over_the_environment() -> None:
    environment = {"MMGPT_PORT": "9000", "MMGPT_QUEUE": "7", "MMGPT_MEDIA_HOSTS": "a.example, b.example"}
    environment |= {"MMGPT_UI": "on", "MMGPT_METRICS": "0", "MMGPT_HOST": ""}
    made = settings_from(parsed("--port", "0", "--cors-origin", "https://a", "--cors-origin", "https://b"), environment)
    assert (made.port, made.queue, made.host) == (0, 7, "127.0.0.1")
    assert made.media_hosts == ("a.example", "b.example") and made.cors_origins == ("https://a", "https://b")
    assert made.ui and not made.metrics
    assert not settings_from(parsed("--no-ui"), environment).ui
    assert settings_from(parsed(), {}) == Settings()


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        (["--port", "70000"], {}, "--port: "),
        (["--port", "many"], {}, "--port: must be a valid integer$"),
        ([], {"MMGPT_PORT": "-1"}, "MMGPT_PORT: "),
        ([], {"MMGPT_UI": "perhaps"}, "MMGPT_UI: "),
        (["--queue", "0"], {}, "--queue: "),
        (["--deadline", "nan"], {}, "--deadline: "),
    ],
)
def test_wrong_settings(arguments: list[str], variables: dict[str, str], says: str) -> None:
    with pytest.raises(WrongSetting, match=says):
        settings_from(parsed(*arguments), variables)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "-5"),
        ("--cors-origin", "*"),
        ("--cors-origin", "null"),
        ("--cors-origin", "https://desk.example/path"),
        ("--media-host", "https://a.example"),
        ("--media-host", "*"),
        ("--model", "/nonexistent"),
        ("--api-key-file", "/nonexistent"),
        ("--ssl-keyfile", "/nonexistent"),
        ("--log-level", "chatty"),
        ("--reader", "nobody"),
        ("--device", "tpu"),
        ("--knowledge", "/nonexistent"),
        ("--ssl-certfile", __file__),
        ("--root-path", "mmgpt/"),
        ("--host", "nowhere.invalid"),
        ("--host", "203.0.113.7"),
        ("--nonsense",),
    ],
)
def test_wrong_usage_is_one_line_and_2(
    arguments: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmgpt import cli

    monkeypatch.setattr(cli, "COMMANDS", {**cli.COMMANDS, "serve": serve})
    assert cli.main(["serve", "--jobs", str(tmp_path / "j"), *arguments]) == 2
    out, err = capfd.readouterr()
    assert not out and "Traceback" not in err
    assert "--nonsense" in err or (err.startswith("mmgpt: serve: ") and err.count("\n") == 1)


def test_a_port_in_use(tmp_path: Path) -> None:
    with listen(Settings(port=0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(ListenError, match=f"port {port} is in use - "):
            listen(Settings(port=port))
        found = subprocess.run(
            command("--port", str(port)), capture_output=True, text=True, env=environment(tmp_path), timeout=60
        )
    assert found.returncode == 2 and not found.stdout
    assert found.stderr.count("\n") == 1 and f"{port} is in use" in found.stderr


def test_addresses() -> None:
    with listen(Settings(port=0)) as made:
        assert address_of(made, False) == f"http://127.0.0.1:{made.getsockname()[1]}"
        assert address_of(made, True).startswith("https://")


@pytest.mark.skipif(not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists(), reason="this machine has no IPv6")
def test_ipv6() -> None:
    with listen(Settings(host="::1", port=0)) as made:
        assert address_of(made, False).startswith("http://[::1]:")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no Unix sockets")
def test_unix_sockets(tmp_path: Path) -> None:
    path = tmp_path / "s"
    first = listen(Settings(uds=str(path)))
    assert address_of(first, False) == f"unix:{path}" and os.stat(path).st_mode & 0o777 == 0o660
    with pytest.raises(ListenError, match="in use"):
        listen(Settings(uds=str(path)))
    first.close()  # as a server that was killed leaves it
    listen(Settings(uds=str(path))).close()
    file = tmp_path / "file"
    file.write_text("precious")
    with pytest.raises(ListenError, match="no socket"):
        listen(Settings(uds=str(file)))
    with pytest.raises(ListenError):
        listen(Settings(uds=str(tmp_path / ("x" * 200))))
    assert file.read_text() == "precious"
