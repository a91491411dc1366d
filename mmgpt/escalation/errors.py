"""What keeps a bigger model from being asked, or its answer from being taken."""

from __future__ import annotations


class EscalationError(Exception):
    """Nothing was sent, or nothing that came back can be used: one line that says why. Never ends a diagnosis."""
