"""Diagnoses as people read them: Markdown for tickets, HTML with the pictures. Loads no torch.

Whatever was read in a picture is hostile here: it is shown as it stands, and is never markup, a link or an instruction.
"""

from __future__ import annotations

from mmgpt.report.markdown import markdown_section

__all__ = ["markdown_section"]
