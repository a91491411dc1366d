"""The processor of transformers: conversations with pictures → the model's tensors.

What people write is text, whatever it looks like: `apply_chat_template(tokenize=True)` spells control tokens in it, so that no
message can open another role, end itself, or show a picture that is not there. Ids are those of `mmgpt.chat.render`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import BatchFeature, PreTrainedTokenizerFast, ProcessorMixin
from transformers.utils.chat_template_utils import render_jinja_template

from mmgpt.config import SPECIAL_TOKENS
from mmgpt.hf.images import MMGPTImageProcessor
from vision.tiles import plan_tiles

log = logging.getLogger(__name__)
IMAGE, PAD, END = "<image>", "<pad>", "<|end|>"
_CUT = (
    "\ufdd0"  # where a text is cut before it becomes ids; a code point that no text may hold (Unicode: a noncharacter)
)
_OPTIONS = {
    "return_tensors", "padding", "padding_side", "max_length", "truncation", "return_offsets_mapping",  # these mean something
    "images", "common_kwargs", "text_kwargs", "images_kwargs",
    "add_special_tokens", "return_attention_mask", "return_mm_token_type_ids",  # there is nothing to add or to leave out
}  # fmt: skip
_CONTROL = re.compile("(?=(?:" + "|".join(map(re.escape, SPECIAL_TOKENS)) + "))(.)", re.DOTALL)

CHAT_TEMPLATE = """\
{%- macro write(content) -%}
  {%- if content is string -%}
    {{- content -}}
  {%- else -%}
    {%- for part in content -%}
      {%- if part['type'] == 'image' -%}
        {{- '<image>' -}}
      {%- elif part['type'] == 'text' -%}
        {{- part['text'] -}}
      {%- else -%}
        {{- raise_exception('a part of a message is text or image, not ' + part['type']) -}}
      {%- endif -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro -%}
{%- for message in messages -%}
  {%- if message['role'] not in ['system', 'user', 'assistant'] -%}
    {{- raise_exception('unknown role ' + message['role'] + '; one of system, user, assistant') -}}
  {%- endif -%}
  {{- '<|' + message['role'] + '|>' -}}
  {%- if message['role'] == 'assistant' -%}
    {%- generation -%}{{- write(message['content']) + '<|end|>' -}}{%- endgeneration -%}
  {%- else -%}
    {{- write(message['content']) + '<|end|>' -}}
  {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
  {{- '<|assistant|>' -}}
{%- endif -%}
"""


class MMGPTProcessor(ProcessorMixin):
    """`fusion` and `projector` say how many `<image>` tokens a picture is: one (cross), or as many as its visual tokens (prefix).

    Raises ValueError for a tokenizer whose first ids are not our control tokens.
    """

    def __init__(
        self, image_processor: Any = None, tokenizer: Any = None, chat_template: str | None = None, fusion: str = "cross",
        projector: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        found = tuple(tokenizer.convert_ids_to_tokens(range(len(SPECIAL_TOKENS))))
        if found != SPECIAL_TOKENS:
            raise ValueError(f"the first tokens must be {', '.join(SPECIAL_TOKENS)}; this tokenizer has {found}")
        self.image_token, self.image_token_id = IMAGE, SPECIAL_TOKENS.index(IMAGE)
        self.fusion, self.projector = fusion, projector
        super().__init__(image_processor, tokenizer, chat_template=chat_template or CHAT_TEMPLATE)

    def save_pretrained(self, save_directory: Any, push_to_hub: bool = False, **kwargs: Any) -> Any:
        """Writes processor_config.json, chat_template.jinja and the tokenizer, and copies the reader's weights."""
        self.image_processor.copy_files(Path(save_directory))
        return super().save_pretrained(save_directory, push_to_hub=push_to_hub, **kwargs)

    def _get_files_timestamps(self, working_dir: Any) -> dict[str, float]:
        """Files that were there before a push to the hub: those that are copied just before it do not count."""
        copied = self.image_processor.files
        return {name: at for name, at in super()._get_files_timestamps(working_dir).items() if name not in copied}

    # -- text and pictures ---------------------------------------------------------------------------------------------------

    def __call__(
        self, images: Any = None, text: str | Sequence[str] | None = None, videos: None = None, audio: None = None, **kwargs: Any
    ) -> BatchFeature:  # fmt: skip
        """Texts in which `<image>` stands for each picture in turn → input_ids, attention_mask, and the tensors of the pictures.

        Options of texts, also within `text_kwargs`: return_tensors ("pt", or None for lists), padding (True), padding_side
        ("left"), max_length, truncation, return_offsets_mapping. Raises ValueError where `<image>` and pictures are not as many.
        """
        if text is None:
            if images is None:
                raise ValueError("give text, or pictures, or both")
            return self.image_processor(images)
        texts = [text] if isinstance(text, str) else list(text)
        return self._encode(texts, images, kwargs, cuts=False)[0]

    def apply_chat_template(  # type: ignore[override]
        self, conversation: Any, chat_template: str | None = None, tools: Any = None, documents: Any = None,
        add_generation_prompt: bool = False, continue_final_message: bool = False, return_assistant_tokens_mask: bool = False,
        tokenize: bool = False, return_tensors: Any = None, return_dict: bool = False, processor_kwargs: dict[str, Any] | None = None,
        sanitize_control_tokens: bool = True, **kwargs: Any,
    ) -> Any:  # fmt: skip
        """A conversation (a list of messages) or several: their text, with `tokenize` their ids, with `return_dict` all tensors.

        A message is `{"role": …, "content": text or parts}`; a part is `{"type": "text", "text": …}` or `{"type": "image",
        "image" or "url" or "path": …}`. Control tokens within texts are spelled as text (`sanitize_control_tokens=False`
        obeys them, for callers who write all texts themselves; plain text, without `tokenize`, cannot tell them apart).
        With `return_assistant_tokens_mask`, assistant_masks says which ids the assistant wrote.
        """
        several = isinstance(conversation[0], list | tuple) or hasattr(conversation[0], "messages")
        chats = [getattr(chat, "messages", chat) for chat in (conversation if several else [conversation])]
        plain = tokenize and sanitize_control_tokens
        bare, pictures = zip(*(_separate(chat, plain) for chat in chats), strict=True)
        options = {k: v for k, v in kwargs.items() if k in _OPTIONS} | (processor_kwargs or {})
        variables = {
            k: _marked(v) if plain and isinstance(v, str) else v for k, v in kwargs.items() if k not in _OPTIONS
        }
        template: Any = chat_template or self.chat_template
        rendered: Any = render_jinja_template(
            conversations=list(bare), tools=tools, documents=documents, chat_template=template,
            return_assistant_tokens_mask=return_assistant_tokens_mask, continue_final_message=continue_final_message,
            add_generation_prompt=add_generation_prompt, **{**self.tokenizer.special_tokens_map, **variables},
        )  # fmt: skip
        prompts, spans = rendered
        if not tokenize:
            return prompts if several else prompts[0]
        if return_tensors is not None and return_tensors != "auto":
            options["return_tensors"] = return_tensors
        images = options.pop("images", None) or [p for own in pictures for p in own]
        masks = spans if return_assistant_tokens_mask else None
        found, assistant = self._encode(list(prompts), images or None, options, cuts=plain, spans=masks)
        if assistant is not None:
            found["assistant_masks"] = assistant
        return found if return_dict else found["input_ids"]

    def _encode(
        self, texts: list[str], images: Any, options: dict[str, Any], cuts: bool, spans: Any = None
    ) -> tuple[BatchFeature, Any]:
        """Tensors of texts and pictures, and a mask of the ids that lie within `spans` (characters of each text)."""
        given = {**options.get("common_kwargs", {}), **options.get("text_kwargs", {}), **options}
        if unknown := sorted(set(given) - _OPTIONS):
            log.warning("options that mean nothing here are ignored: %s", ", ".join(unknown))
        data = dict(self.image_processor(images)) if images is not None else {}
        sizes = self._places(data)
        counts = [text.count(IMAGE) for text in texts]
        if sum(counts) != len(sizes):
            raise ValueError(
                f"{sum(counts)} {IMAGE} stand in the text, {len(sizes)} pictures were given; put one {IMAGE} where each is shown"
            )
        if sizes:
            data["num_images"] = torch.tensor(counts)
        rows, offsets = [], []
        for text in texts:
            ids, places = self._ids(text, cuts)
            shown: list[int] = []
            where: list[tuple[int, int]] = []
            for token, place in zip(ids, places, strict=True):
                times = sizes.pop(0) if token == self.image_token_id and sizes else 1
                shown += [token] * times
                where += [place] * times
            rows.append(shown)
            offsets.append(where)
        masks: Any = None
        if spans is not None:
            masks = [
                [int(any(a < end and b > start for start, end in own)) for a, b in where]
                for own, where in zip(spans, offsets, strict=True)
            ]
        side, pad = given.get("padding_side") or self.tokenizer.padding_side, self.tokenizer.pad_token_id
        length = self._length(rows, given)
        ids_out = [_fit(row, length, pad, side) for row in rows]
        seen = [_fit([1] * len(row), length, 0, side) for row in rows]
        masks = None if masks is None else [_fit(mask, length, 0, side) for mask in masks]
        if any(
            row.count(self.image_token_id) != out.count(self.image_token_id)
            for row, out in zip(rows, ids_out, strict=True)
        ):
            raise ValueError(f"max_length {length} cuts a picture's tokens off; allow more, or do not truncate")
        if given.get("return_tensors") is not None:
            text_data: dict[str, Any] = {"input_ids": torch.tensor(ids_out), "attention_mask": torch.tensor(seen)}
            masks = None if masks is None else torch.tensor(masks)
        else:
            text_data = {"input_ids": ids_out, "attention_mask": seen}
        if given.get("return_offsets_mapping"):
            text_data["offset_mapping"] = [_fit(where, length, (0, 0), side) for where in offsets]
        return BatchFeature({**text_data, **data}), masks

    def _length(self, rows: list[list[int]], given: dict[str, Any]) -> int | None:
        """The length to which rows are padded or cut; None: each keeps its own."""
        most, longest = given.get("max_length"), max(len(row) for row in rows)
        padding = given.get("padding", True)
        if most is not None and given.get("truncation") and (longest > most or padding == "max_length"):
            return int(most)
        if padding == "max_length" and most is not None:
            return max(int(most), longest)
        return longest if padding and padding != "do_not_pad" else None

    def _ids(self, text: str, cuts: bool) -> tuple[list[int], list[tuple[int, int]]]:
        """Ids of a text and the characters each stands for. With `cuts` it is cut at each mark, which stands for nothing."""
        ids: list[int] = []
        places: list[tuple[int, int]] = []
        at = 0
        for part in text.split(_CUT) if cuts else [text]:
            if part:
                found = self.tokenizer(part, add_special_tokens=False, return_offsets_mapping=True)
                ids += found["input_ids"]
                places += [(at + a, at + b) for a, b in found["offset_mapping"]]
            at += len(part) + 1
        return ids, places

    # -- visual tokens -------------------------------------------------------------------------------------------------------

    def _places(self, data: dict[str, Any]) -> list[int]:
        """How many `<image>` tokens each picture is."""
        mask, pixels = data.get("piece_mask"), data.get("pixel_values")
        n = len(mask) if mask is not None else len(pixels) if pixels is not None else 0
        if self.fusion != "prefix":
            return [1] * n
        pieces = mask.sum(1).tolist() if mask is not None else [0] * n
        return [count + (0 if pixels is None else self._visual(data, i)) for i, count in enumerate(pieces)]

    def _visual(self, data: dict[str, Any], i: int) -> int:
        """Memory tokens that the projector makes of picture i."""
        tower, projector = self.image_processor.tower, self.projector or {}
        patch = int(tower["patch"])
        tiles = 0
        if tower["size"] is None:
            h, w = (int(side) // patch for side in data["pixel_sizes"][i][:2])
        else:
            height, width = data["image_sizes"][i].tolist()
            tiles = len(plan_tiles(width, height, int(tower["size"])))
            h, w = tiles * (int(tower["size"]) // patch), int(tower["size"]) // patch
        if projector["kind"] == "resampler":
            return int(projector["queries"])
        if projector["kind"] == "pixel_shuffle":
            n = int(projector["shuffle"])
            return -(-h // n) * -(-w // n)
        return h * w + (tiles if tower.get("class_token") else 0)


def _separate(chat: Sequence[dict[str, Any]], plain: bool) -> tuple[list[dict[str, Any]], list[Any]]:
    """Messages without pictures, and the pictures in order. With `plain`, texts carry marks where they must be cut."""
    messages, pictures = [], []
    for message in chat:
        content = message.get("content") or ""
        if isinstance(content, str):
            messages.append({**message, "content": _marked(content) if plain else content})
            continue
        parts: list[dict[str, Any]] = []
        for part in content:
            kind = part.get("type")
            if kind == "text":
                text = _marked(part["text"]) if plain else part["text"]
                # Neighbouring texts are encoded one by one, or their seam could become a control token.
                seam = _CUT if plain and parts and parts[-1]["type"] == "text" else ""
                parts.append({"type": "text", "text": seam + text})
            elif kind in ("image", "image_url"):
                parts.append({"type": "image"})
                pictures += _picture(part)
            else:
                parts.append(dict(part))  # the template says what is wrong with it
        messages.append({**message, "content": parts})
    return messages, pictures


def _picture(part: dict[str, Any]) -> list[Any]:
    """The picture of a part; none for a bare placeholder, whose picture is given apart."""
    if "image_url" in part:  # OpenAI's way
        url = part["image_url"]
        return [url["url"] if isinstance(url, dict) else url]
    return [part[key] for key in ("image", "url", "path", "base64") if part.get(key) is not None][:1]


def _marked(text: str) -> str:
    """A text with a mark after the first letter of each control token in it; marks that were in it are gone."""
    return _CONTROL.sub(lambda hit: hit.group(1) + _CUT, text.replace(_CUT, ""))


def _fit(row: list[Any], length: int | None, pad: Any, side: str) -> list[Any]:
    if length is None:
        return list(row)
    row, missing = list(row[:length]), [pad] * (length - len(row))
    return missing + row if side == "left" else row + missing


def make_tokenizer(file: Path, max_length: int) -> PreTrainedTokenizerFast:
    """A tokenizer.json of ours for transformers."""
    others = [token for token in SPECIAL_TOKENS if token not in (PAD, END)]
    return PreTrainedTokenizerFast(
        tokenizer_file=str(file), pad_token=PAD, eos_token=END, extra_special_tokens=others, padding_side="left",
        model_input_names=["input_ids", "attention_mask"], clean_up_tokenization_spaces=False, model_max_length=max_length,
    )  # fmt: skip


__all__ = ["CHAT_TEMPLATE", "MMGPTImageProcessor", "MMGPTProcessor", "make_tokenizer"]
