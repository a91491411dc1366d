"""From a screenshot to a cause and a fix that one can trust: what was read, whose error it is, and cited entries about it.

    from mmgpt.diagnosis import diagnose
    print(diagnose("shot.png", "How do I fix it?").answer)

Importing this loads no torch; the first diagnosis does.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mmgpt.diagnosis.asked import LONGEST
from mmgpt.diagnosis.diagnoser import Diagnoser
from mmgpt.diagnosis.thresholds import Thresholds

if TYPE_CHECKING:
    from mmgpt.caption import Picture
    from mmgpt.schema import Diagnosis

__all__ = ["LONGEST", "Diagnoser", "Thresholds", "diagnose"]

_lock = threading.Lock()
_shared: Diagnoser | None = None


def diagnose(image: Picture, question: str | None = None, context: str | Mapping[str, str] | None = None) -> Diagnosis:
    """What a picture shows, why, and what to do: see `Diagnoser.diagnose`.

    One diagnoser with the package's weights and the entries of the package and of one's own folder is loaded at the first
    call and kept. Threads may call this at the same time.
    """
    global _shared
    with _lock:
        if _shared is None:
            from mmgpt.knowledge import user_folder

            own = user_folder()
            _shared = Diagnoser.load(knowledge=[own] if own.is_dir() else [])
        diagnoser = _shared
    return diagnoser.diagnose(image, question, context)
