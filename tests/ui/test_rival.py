"""The other model: only where it is allowed, from a folder that is one, and to an engine only what is masked."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from mmgpt import NANO_WEIGHTS
from mmgpt.serve.errors import ServiceError
from mmgpt.serve.protocol import Diagnose
from mmgpt.serve.settings import Settings
from mmgpt.ui.rival import Engine, Rival
from tests.serve.running import make_debug_weights, running
from tests.ui.engine import FIELDS, engine
from tests.ui.test_card import picture

SECRET = "ghp_" + "a1B2c3D4e5F6a7B8c9D0e1F2a3B4c5D6e7F8"


def secret_shot() -> bytes:
    image = Image.new("RGB", (900, 200), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(20)
    draw.text((20, 30), "fatal: Authentication failed for the repository", "black", font)
    draw.text((20, 80), f"token={SECRET}", "black", font)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_others_may_neither_read_folders_nor_send() -> None:
    rival = Rival(Settings(), allowed=False)

    async def run() -> None:
        for work in (
            rival.by_folder(str(NANO_WEIGHTS), picture(), ""),
            rival.prepared(Engine("http://127.0.0.1:9"), None, picture(), ""),  # type: ignore[arg-type]
        ):
            with pytest.raises(ServiceError) as error:
                await work
            assert error.value.code == "not_allowed"

    asyncio.run(run())


@pytest.mark.parametrize("folder", ["", "  ", "/nowhere", "/etc"])
def test_a_folder_without_a_model_is_told(folder: str) -> None:
    with pytest.raises(ServiceError, match=r"config\.json"):
        asyncio.run(Rival(Settings(), allowed=True).by_folder(folder, picture(), ""))


@pytest.mark.slow
def test_a_folder_and_an_engine_answer_and_secrets_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    debug = make_debug_weights(tmp_path / "debug")

    async def run() -> None:
        async with running(NANO_WEIGHTS) as backend:
            rival = Rival(Settings(threads=1), allowed=True)
            image = await backend.picture(secret_shot())
            plain = await backend.run(Diagnose(image))
            assert isinstance(plain, dict) and SECRET in " ".join(line["text"] for line in plain["text"])

            with engine(FIELDS) as (url, bodies):
                asked = Engine(url, "big")
                prepared = await rival.prepared(asked, backend, image, "")
                assert bodies == [] and prepared.masked >= 1
                assert SECRET.encode() not in prepared.body
                other = await rival.by_engine(asked, prepared, image)
                assert len(bodies) == 1 and SECRET not in str(bodies[0])
                assert other.app == "Docker" and "evil" not in f"{other.message} {other.cause}"
                assert other.sources == [] and other.evidence == []
            with engine(FIELDS, status=404) as (url, _), pytest.raises(ServiceError, match="no such"):
                await rival.by_engine(Engine(url), prepared, image)
            with pytest.raises(ServiceError, match="https"):
                await rival.prepared(Engine("http://example.com"), backend, image, "")

            try:
                answers = [await rival.by_folder(str(debug), image, "") for _ in range(2)]
                assert answers[0].text == answers[1].text
                assert [line.text for line in answers[0].text] != [line["text"] for line in plain["text"]]
                broken = tmp_path / "broken"
                broken.mkdir()
                (broken / "config.json").write_text("{}")
                with pytest.raises(ServiceError) as error:
                    await rival.by_folder(str(broken), image, "")
                assert error.value.code == "model_not_loaded"
            finally:
                await rival.close()

    asyncio.run(run())
