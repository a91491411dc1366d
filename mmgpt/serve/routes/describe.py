"""Request bodies in the OpenAPI description. The routes read bodies themselves, strictly, so FastAPI cannot know what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

TINY_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAEElEQVR42mP8zwABTAwUMQBJQQEPkWFcdwAAAABJRU5ErkJggg=="
"""A white picture of 8 by 8 pixels: examples must be short, and must work."""
PICTURE = f"data:image/png;base64,{TINY_PNG}"

Examples = Mapping[str, tuple[str, dict[str, Any]]]
"""By name: what it shows, and the body."""


def json_request(model: type[BaseModel], examples: Examples) -> dict[str, Any]:
    """`openapi_extra` of a route that takes JSON."""
    return _body({"application/json": _json(model, examples)})


def picture_request(model: type[BaseModel], form: type[BaseModel], examples: Examples) -> dict[str, Any]:
    """`openapi_extra` of a route about one picture, which takes JSON or a form."""
    schema = schema_of(form)
    fields = {name: text for name, field in schema.get("properties", {}).items() if (text := _as_text(field))}
    image = {"type": "string", "contentMediaType": "application/octet-stream", "description": "the picture's file"}
    whole = {
        "type": "object",
        "properties": {"image": image, **fields},
        "required": ["image", *schema.get("required", [])],
        "additionalProperties": False,
    }
    return _body({"application/json": _json(model, examples), "multipart/form-data": {"schema": whole}})


def events(about: str, example: str) -> dict[str, Any]:
    """The content of an answer as server-sent events."""
    return {"text/event-stream": {"schema": {"type": "string", "description": about}, "example": example}}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """The model's JSON schema with all references replaced by what they name (none of ours goes in circles)."""
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.pop("$defs", {})
    found: dict[str, Any] = _resolved(schema, definitions)
    return found


def _resolved(value: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        if "$ref" in value:
            name = value["$ref"].rpartition("/")[2]
            rest = {key: item for key, item in value.items() if key != "$ref"}
            return {**_resolved(definitions[name], definitions), **_resolved(rest, definitions)}
        kept = {key: item for key, item in value.items() if key != "discriminator"}  # it names definitions, too
        return {key: _resolved(item, definitions) for key, item in kept.items()}
    return [_resolved(item, definitions) for item in value] if isinstance(value, list) else value


def _json(model: type[BaseModel], examples: Examples) -> dict[str, Any]:
    named = {name: {"summary": about, "value": value} for name, (about, value) in examples.items()}
    return {"schema": schema_of(model), "examples": named}


def _body(content: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": content}}


def _as_text(schema: dict[str, Any]) -> dict[str, Any] | None:
    """A field as it is written in a form, where everything is text; None for an object, which no form holds."""
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") not in ("null", "object")]
    if not options:
        return None
    option = options[0]
    kept = {key: schema[key] for key in ("description", "default") if schema.get(key) is not None}
    if option.get("type") == "boolean":
        return {
            "type": "string",
            "enum": ["true", "false"],
            **kept,
            "default": str(schema.get("default", False)).lower(),
        }
    if option.get("type") == "array":
        one = "|".join(option["items"]["enum"])
        return {"type": "string", "pattern": f"^(?:{one})(?:,(?:{one}))*$", **kept}
    return {**{key: item for key, item in option.items() if key not in ("title", "default")}, **kept}
