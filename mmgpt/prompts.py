"""Fixed sentences between people, programs and the model: how a field is asked for, and how the model declines."""

from __future__ import annotations

from typing import Final

FIELD_PROMPTS: Final[dict[str, str]] = {
    "is_error": "Field: is_error",
    "app": "Field: app",
    "kind": "Field: kind",
    "message": "Field: message",
    "error_code": "Field: error_code",
    "category": "Field: category",
}
"""What to ask for one field of the diagnosis. Answers are values, not sentences; NONE stands for null."""

NONE: Final = "none"

NOT_VISIBLE: Final = "That is not visible in the picture."
NO_ERROR: Final = "There is no error in the picture."
NOT_THERE: Final = "There is nothing like that in the picture."
REFUSALS: Final[tuple[str, ...]] = (NOT_VISIBLE, NO_ERROR, NOT_THERE)
"""The only ways in which the model says that a picture does not hold what was asked for."""

NO_PICTURE: Final = "No picture was given."
"""The answer to a question about a picture when there is none."""
