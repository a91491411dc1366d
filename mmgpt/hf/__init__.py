"""`import mmgpt.hf` makes our models known to transformers: AutoConfig, AutoModelForImageTextToText, AutoProcessor, pipelines.

import mmgpt.hf
from transformers import pipeline
pipe = pipeline("image-text-to-text", model=str(mmgpt.NANO_WEIGHTS))
"""

from __future__ import annotations

from transformers import AutoConfig, AutoImageProcessor, AutoModelForImageTextToText, AutoProcessor

from mmgpt.hf.config import MMGPTConfig
from mmgpt.hf.files import make_processor, write_hf_files
from mmgpt.hf.model import MMGPTForConditionalGeneration
from mmgpt.hf.processor import MMGPTImageProcessor, MMGPTProcessor


def register() -> None:
    """Registers our classes; importing this module does."""
    AutoConfig.register("mmgpt", MMGPTConfig, exist_ok=True)
    AutoModelForImageTextToText.register(MMGPTConfig, MMGPTForConditionalGeneration, exist_ok=True)
    AutoImageProcessor.register(
        MMGPTConfig, image_processor_classes=dict.fromkeys(("pil", "torchvision"), MMGPTImageProcessor), exist_ok=True
    )
    AutoProcessor.register(MMGPTConfig, MMGPTProcessor, exist_ok=True)


register()

__all__ = [
    "MMGPTConfig", "MMGPTForConditionalGeneration", "MMGPTImageProcessor", "MMGPTProcessor", "make_processor", "register",
    "write_hf_files",
]  # fmt: skip
