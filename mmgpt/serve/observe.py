"""What is counted and timed, without saying by whom: the door hands in an observer that keeps Prometheus metrics.

Counters: prompt_tokens, generation_tokens, request_success {finished_reason}, image_rejected {code}, requests_cancelled,
mm_cache_hits, mm_cache_queries, result_cache_hits, result_cache_queries, worker_restarts, nan_rows. Seconds: time_to_first_token,
inter_token_latency, e2e_request_latency, request_queue_time, request_prefill_time, request_decode_time, image_decode,
vision_encode. Gauges: requests_running, requests_waiting.
"""

from __future__ import annotations

from typing import Protocol


class Observer(Protocol):
    """Takes what the service observes. Called from the event loop's thread; must not block and must not raise."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Adds to a counter."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """One duration."""

    def gauge(self, name: str, value: float) -> None:
        """A value as it is now."""


class Nobody:
    """Observes nothing."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Nothing."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Nothing."""

    def gauge(self, name: str, value: float) -> None:
        """Nothing."""


NOBODY = Nobody()
