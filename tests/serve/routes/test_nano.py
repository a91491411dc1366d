"""The package's own weights behind the routes: what people get who ask about a real screenshot."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import openai
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.serve.servers import Server

SHOT = Path(__file__).parents[3] / "examples" / "site-cannot-be-reached.png"

pytestmark = pytest.mark.slow


def test_a_screenshot_is_diagnosed_and_asked_about(nano_server: Server) -> None:
    png = SHOT.read_bytes()
    with nano_server.client() as client:
        found = client.post("/v1/diagnose", files={"image": png}, data={"question": "How do I fix it?"}).json()
        assert (found["app"], found["error_code"], found["category"]) == ("Chromium", "ERR_NAME_NOT_RESOLVED", "dns")
        assert found["fixes"] and found["sources"] and found["answer"]
        asked = client.post("/v1/query", files={"image": png}, data={"question": "Which code is it?"}).json()
        assert asked["answer"] == "ERR_NAME_NOT_RESOLVED" and asked["evidence"]
        free = {"question": "Which host is named in the page?"}
        whole = client.post("/v1/query", files={"image": png}, data=free).json()
        streamed = client.post("/v1/query", files={"image": png}, data={**free, "stream": "true"}).text
        events = [json.loads(line[6:]) for line in streamed.split("\n\n") if line.startswith("data: {")]
        assert "".join(event.get("chunk", "") for event in events).strip() == whole["answer"]
        lines = client.post("/v1/read", files={"image": png}).json()["text"]
        assert any("can’t be reached" in line["text"] for line in lines)


def test_a_secret_is_covered(nano_server: Server) -> None:
    picture = Image.new("RGB", (760, 80), "white")
    draw = ImageDraw.Draw(picture)
    draw.text(
        (16, 24), "export API_TOKEN=ghp_16C7e42F292c6912E7710c838347Ae178B4a", "black", ImageFont.load_default(20)
    )
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    with nano_server.client() as client:
        clean = client.post("/v1/redact", files={"image": buffer.getvalue()})
        assert clean.headers["x-mmgpt-kinds"] == "token=1" and clean.headers["x-mmgpt-left"] == "0"
        again = client.post("/v1/redact", files={"image": clean.content}, headers={"accept": "application/json"}).json()
        assert again["report"]["covered"] == []


def test_openai_gets_a_valid_object_about_a_screenshot(nano_server: Server) -> None:
    url = "data:image/png;base64," + base64.b64encode(SHOT.read_bytes()).decode()
    schema = {
        "type": "object",
        "properties": {"code": {"type": "string"}},
        "required": ["code"],
        "additionalProperties": False,
    }
    with openai.OpenAI(base_url=f"{nano_server.url}/v1", api_key=nano_server.key, max_retries=0) as ai:
        answer = ai.chat.completions.create(
            model=ai.models.list().data[0].id,
            messages=[
                {"role": "user", "content": [
                    {"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": "Which error code is shown?"},
                ]}
            ],
            response_format={"type": "json_schema", "json_schema": {"name": "found", "schema": schema, "strict": True}},
        )  # fmt: skip
        assert isinstance(json.loads(answer.choices[0].message.content or "")["code"], str)
        with pytest.raises(openai.AuthenticationError):
            openai.OpenAI(base_url=f"{nano_server.url}/v1", api_key="wrong", max_retries=0).models.list()
