"""Uploads are read once and deleted; nothing else on the machine is read."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmgpt.serve.errors import ServiceError
from mmgpt.ui.pictures import scaled, shown_name, take


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "uploads"
    folder.mkdir()
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(folder))
    return folder


def test_an_upload_is_read_and_gone(uploads: Path) -> None:
    path = uploads / "a.png"
    path.write_bytes(b"abc")
    assert take(path, 10) == b"abc"
    assert not path.exists()


def test_what_is_too_large_is_told_and_deleted(uploads: Path) -> None:
    path = uploads / "a.png"
    path.write_bytes(b"x" * 11)
    with pytest.raises(ServiceError) as error:
        take(path, 10)
    assert error.value.code == "request_too_large" and not path.exists()


@pytest.mark.parametrize("where", ["/etc/passwd", "../secret.txt", "a/../../secret.txt"])
def test_nothing_outside_is_read(uploads: Path, where: str) -> None:
    secret = uploads.parent / "secret.txt"
    secret.write_text("secret")
    with pytest.raises(ServiceError):
        take(uploads / where, 100_000)
    assert secret.read_text() == "secret"


def test_a_link_leads_nowhere(uploads: Path) -> None:
    secret = uploads.parent / "secret.txt"
    secret.write_text("secret")
    link = uploads / "link.png"
    link.symlink_to(secret)
    with pytest.raises(ServiceError):
        take(link, 100)
    assert secret.exists()


def test_a_missing_upload_is_told(uploads: Path) -> None:
    with pytest.raises(ServiceError) as error:
        take(uploads / "gone.png", 10)
    assert error.value.code == "picture_gone"


def test_what_is_shown_is_drawn_anew_and_small() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1200, 2400, 3), np.uint8)
    for pixels, kind in ((np.zeros((900, 3200, 3), np.uint8), "image/png"), (noise, "image/jpeg")):
        data, found = scaled(pixels)
        assert found == kind and len(data) < 2_500_000
        with Image.open(io.BytesIO(data)) as picture:
            assert picture.width == 1600


@pytest.mark.parametrize(
    ("path", "name"),
    [("/tmp/x/shot.png", "shot.png"), (None, "screenshot"), ("a\nb\u202e.png", "a b .png"), ("x" * 200 + ".png", None)],
)
def test_names_are_short_lines(path: str | None, name: str | None) -> None:
    found = shown_name(path)
    assert found == name if name else len(found) <= 80
