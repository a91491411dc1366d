"""The examples of the API run as they stand, against a real server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serve.servers import Server

EXAMPLES = Path(__file__).parents[2] / "examples" / "api"


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(command, capture_output=True, text=True, timeout=90, env=environment, check=False)


@pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("jq") is None, reason="needs curl and jq: apt-get install curl jq"
)
def test_curl(api: Server, pictures: Path) -> None:
    done = _run("bash", str(EXAMPLES / "curl.sh"), str(pictures / "1.png"), api.url, api.key or "")
    assert done.returncode == 0, done.stderr + done.stdout
    assert sum(line.startswith("#") for line in done.stdout.splitlines()) == 7
    assert '{"index":1,"name":"1.png","lines":' in done.stdout and '"deleted":true' in done.stdout


def test_curl_stops_at_a_refusal(api: Server, pictures: Path) -> None:
    if shutil.which("curl") is None or shutil.which("jq") is None:
        pytest.skip("needs curl and jq: apt-get install curl jq")
    done = _run("bash", str(EXAMPLES / "curl.sh"), str(pictures / "broken.png"), api.url, api.key or "")
    assert done.returncode != 0


def test_openai(api: Server, pictures: Path) -> None:
    pytest.importorskip("openai")
    done = _run(
        sys.executable, str(EXAMPLES / "openai_client.py"), str(pictures / "1.png"), f"{api.url}/v1", api.key or ""
    )
    assert done.returncode == 0, done.stderr
    assert "answer: " in done.stdout and "stream: " in done.stdout and "schema: {'is_error': " in done.stdout


def test_a_folder(api: Server, pictures: Path) -> None:
    done = _run(sys.executable, str(EXAMPLES / "async_folder.py"), str(pictures), api.url, api.key or "")
    assert done.returncode == 1, done.stderr  # one file is no picture
    assert "broken.png: 400 invalid_image_format" in done.stdout
    assert done.stdout.endswith("3 of 4 pictures are diagnosed\n")
