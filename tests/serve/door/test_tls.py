"""HTTPS by the server itself, with a certificate made on the spot."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from mmgpt.serve.listening import ListenError, tls_context
from mmgpt.serve.settings import Settings
from tests.serve.door.host import hosted

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of its own for 127.0.0.1, and its key."""
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(key), "-out", str(made), "-days", "2", "-subj", "/CN=mmgpt test"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return made, key


def test_https(tmp_path: Path) -> None:
    made, key = certificate(tmp_path, "one")
    with hosted(tmp_path, ssl_certfile=made, ssl_keyfile=key) as host:
        assert host.url.startswith("https://127.0.0.1:")
        with host.client(verify=ssl.create_default_context(cafile=str(made))) as client:
            assert client.get("/live").json() == {"status": "ok"}
            assert client.post("/v1/read", content=b"{}").status_code == 415
        with host.client(verify=True) as stranger, pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            stranger.get("/live")
        with pytest.raises(httpx.TransportError):
            httpx.get(host.url.replace("https", "http") + "/live", trust_env=False)


def test_files_that_do_not_fit(tmp_path: Path) -> None:
    (made, _), (_, other) = certificate(tmp_path, "one"), certificate(tmp_path, "two")
    encrypted = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "ec", "-in", str(other), "-aes256", "-passout", "pass:secret", "-out", str(encrypted)],
        check=True,
        capture_output=True,
    )
    for key in (other, encrypted, made):
        with pytest.raises(ListenError, match="--ssl-certfile"):
            tls_context(Settings(ssl_certfile=made, ssl_keyfile=key))
    assert tls_context(Settings()) is None
