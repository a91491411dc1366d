"""Gradio's own parts in our colours: warm greys, one accent, the fonts that the system has."""

from __future__ import annotations

import gradio as gr

ACCENT = gr.themes.Color(
    name="ember", c50="#fdf3ec", c100="#fbe3d3", c200="#f5c4a4", c300="#ee9f6f", c400="#e8834a", c500="#d9662a",
    c600="#b84a12", c700="#963a0c", c800="#78300f", c900="#622a10", c950="#351406",
)  # fmt: skip
GREY = gr.themes.Color(
    name="paper", c50="#faf9f7", c100="#f3f1ed", c200="#e7e3dc", c300="#d5cfc5", c400="#a39c90", c500="#756f65",
    c600="#57524a", c700="#403c36", c800="#282521", c900="#1c1a17", c950="#131210",
)  # fmt: skip
SANS = ["system-ui", "-apple-system", "Segoe UI", "Cantarell", "Ubuntu", "Noto Sans", "DejaVu Sans", "sans-serif"]
MONO = ["ui-monospace", "SF Mono", "Cascadia Mono", "Ubuntu Mono", "DejaVu Sans Mono", "monospace"]


def theme() -> gr.themes.Base:
    """The theme. No font of it is fetched from anywhere."""
    base = gr.themes.Base(
        primary_hue=ACCENT, secondary_hue=GREY, neutral_hue=GREY, font=SANS, font_mono=MONO,
        radius_size=gr.themes.sizes.radius_md, spacing_size=gr.themes.sizes.spacing_md, text_size=gr.themes.sizes.text_md,
    )  # fmt: skip
    return base.set(
        body_background_fill="#faf9f7",
        body_background_fill_dark="#161412",
        body_text_color="#25221e",
        body_text_color_dark="#ece8e1",
        body_text_color_subdued="#6a645a",
        body_text_color_subdued_dark="#a8a196",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1f1d1a",
        background_fill_secondary="#faf9f7",
        background_fill_secondary_dark="#1a1815",
        border_color_primary="#e4dfd7",
        border_color_primary_dark="#35322d",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_label_background_fill="transparent",
        block_label_background_fill_dark="transparent",
        block_title_text_weight="600",
        input_background_fill="#ffffff",
        input_background_fill_dark="#1f1d1a",
        input_border_color="#cfc8bd",
        input_border_color_dark="#4a453e",
        input_border_color_focus="#b84a12",
        input_border_color_focus_dark="#e8834a",
        input_border_width="1px",
        input_placeholder_color="#6a645a",
        input_placeholder_color_dark="#a8a196",
        button_primary_background_fill="#b84a12",
        button_primary_background_fill_dark="#e8834a",
        button_primary_background_fill_hover="#963a0c",
        button_primary_background_fill_hover_dark="#ee9f6f",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#1c1206",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#282521",
        button_secondary_background_fill_hover="#f3f1ed",
        button_secondary_background_fill_hover_dark="#35322d",
        button_secondary_border_color="#d5cfc5",
        button_secondary_border_color_dark="#4a453e",
        button_border_width="1px",
        slider_color="#b84a12",
        slider_color_dark="#e8834a",
        color_accent_soft="#fbe3d3",
        color_accent_soft_dark="#3a2415",
        checkbox_background_color_selected="#b84a12",
        checkbox_background_color_selected_dark="#e8834a",
        link_text_color="#963a0c",
        link_text_color_dark="#ee9f6f",
    )
