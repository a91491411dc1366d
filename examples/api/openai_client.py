"""OpenAI's own client against `mmgpt serve`: a question about a screenshot, an answer as it comes, JSON by a schema.

pip install openai
python examples/api/openai_client.py shot.png [http://127.0.0.1:8000/v1] [KEY]
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

SCHEMA = {
    "type": "object",
    "properties": {"is_error": {"type": "boolean"}, "program": {"type": "string", "maxLength": 40}},
    "required": ["is_error", "program"],
    "additionalProperties": False,
}


def main(image: str, base_url: str = "http://127.0.0.1:8000/v1", key: str = "none") -> None:
    """Asks three ways and prints what comes."""
    client = OpenAI(base_url=base_url, api_key=key)
    model = client.models.list().data[0].id
    url = "data:image/png;base64," + base64.b64encode(Path(image).read_bytes()).decode()

    def about(text: str) -> list[ChatCompletionMessageParam]:
        picture = {"type": "image_url", "image_url": {"url": url}}
        return [{"role": "user", "content": [picture, {"type": "text", "text": text}]}]  # type: ignore[list-item, misc]

    answer = client.chat.completions.create(model=model, messages=about("What does it say?"), max_tokens=64)
    print("answer:", answer.choices[0].message.content)

    print("stream:", end=" ")
    stream = client.chat.completions.create(
        model=model, messages=about("Describe the picture."), max_tokens=64, stream=True
    )
    for chunk in stream:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
    print()

    form = {"type": "json_schema", "json_schema": {"name": "screen", "schema": SCHEMA, "strict": True}}
    answer = client.chat.completions.create(
        model=model,
        messages=about("Is it an error, and whose?"),
        max_tokens=200,
        response_format=form,  # type: ignore[call-overload]
    )
    print("schema:", json.loads(answer.choices[0].message.content or ""))


if __name__ == "__main__":
    main(*sys.argv[1:4])
