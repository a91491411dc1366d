"""When to try again, and how long to wait before that."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from mmgpt.client.errors import ApiConnectionError, ApiError


@dataclass(frozen=True)
class Retries:
    """At most `times` further tries, each after what the server's Retry-After says (never more than `longest` seconds), or after
    half a second that doubles."""

    times: int = 4
    longest: float = 30.0

    def pause(self, error: ApiError, tried: int) -> float | None:
        """Seconds to wait after a failure, `tried` tries in (1 after the first); None where it is final."""
        again = error.passes or (isinstance(error, ApiConnectionError) and error.code == "connection_failed")
        if not again or tried > self.times:
            return None
        if error.retry_after is not None:
            if error.retry_after > self.longest:
                return None  # the server says that trying earlier is of no use
            return error.retry_after * random.uniform(1.0, 1.1) + 0.01
        return float(min(0.5 * 2 ** (tried - 1), self.longest) * random.uniform(0.75, 1.25))


def retry_after(header: str | None) -> float | None:
    """Seconds of a Retry-After header, which is a number or a date (RFC 9110, section 10.2.3); None without one."""
    if not header:
        return None
    try:
        return max(float(header), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(header).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return None
