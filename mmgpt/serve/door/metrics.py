"""What Prometheus reads at /metrics: vLLM's names under `mmgpt:`, so that its dashboards and alerts fit after one replacement.

The registry is the server's own: two servers in one process do not meet in it.
"""

from __future__ import annotations

import logging

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "mmgpt:"
_FAST = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75),
    *(1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2560.0),
)
_TOKEN = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_WHOLE = (
    *(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5),
    *(5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0),
)

GAUGES = {
    "requests_running": ("num_requests_running", "requests that the model works on"),
    "requests_waiting": ("num_requests_waiting", "requests that wait for the model"),
}
SECONDS = {
    "time_to_first_token": ("seconds from a request's arrival to its first token", _FAST),
    "inter_token_latency": ("seconds between two tokens of an answer", _TOKEN),
    "e2e_request_latency": ("seconds from a request's arrival to its end", _WHOLE),
    "request_queue_time": ("seconds in the queue", _WHOLE),
    "request_prefill_time": ("seconds from the queue's end to the first token", _WHOLE),
    "request_decode_time": ("seconds from the first token to the last", _WHOLE),
    "image_decode": ("seconds to turn a file into pixels", _WHOLE),
    "vision_encode": ("seconds to look at a picture", _WHOLE),
}
COUNTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "prompt_tokens": ("tokens of prompts", ()),
    "generation_tokens": ("tokens of answers", ()),
    "request_success": ("answered requests, by how they ended", ("finished_reason",)),
    "image_rejected": ("pictures that were not taken, by code", ("code",)),
    "requests_cancelled": ("requests whose client went away", ()),
    "mm_cache_queries": ("pictures looked for in the cache of looked-at pictures", ()),
    "mm_cache_hits": ("pictures found in it", ()),
    "result_cache_queries": ("results looked for in the cache of results", ()),
    "result_cache_hits": ("results found in it", ()),
    "nan_rows": ("answers that were ended since the model's numbers were not finite", ()),
    "worker_restarts": ("times that the process with the model was started again", ()),
}
_log = logging.getLogger("mmgpt.serve")


class Metrics:
    """Implements `mmgpt.serve.observe.Observer`. Names that it does not know are logged once and dropped."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._gauges = {
            name: Gauge(_PREFIX + shown, about, registry=self.registry) for name, (shown, about) in GAUGES.items()
        }
        self._seconds = {
            name: Histogram(f"{_PREFIX}{name}_seconds", about, buckets=buckets, registry=self.registry)
            for name, (about, buckets) in SECONDS.items()
        }
        self._counters = {
            name: Counter(_PREFIX + name, about, labels, registry=self.registry)
            for name, (about, labels) in COUNTERS.items()
        }
        self._requests = Counter(
            _PREFIX + "http_requests", "answers, by route and status", ("method", "route", "status"),
            registry=self.registry,
        )  # fmt: skip
        self._latency = Histogram(
            _PREFIX + "http_request_duration_seconds", "seconds from a request's headers to its answer's end",
            ("route",), buckets=_WHOLE, registry=self.registry,
        )  # fmt: skip
        self._unknown: set[str] = set()

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Adds to a counter."""
        counter = self._counters.get(name)
        if counter is None or tuple(sorted(labels)) != tuple(sorted(COUNTERS[name][1])):
            self._miss(name)
        else:
            (counter.labels(**labels) if labels else counter).inc(amount)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Takes a duration into its histogram; labels are not kept."""
        histogram = self._seconds.get(name)
        if histogram is None:
            self._miss(name)
        else:
            histogram.observe(seconds)

    def gauge(self, name: str, value: float) -> None:
        """Sets a gauge."""
        found = self._gauges.get(name)
        if found is None:
            self._miss(name)
        else:
            found.set(value)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One HTTP answer. `route` is the template of the path (never the path: it would make a series of every stranger's guess)."""
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def _miss(self, name: str) -> None:
        if name not in self._unknown:
            self._unknown.add(name)
            _log.warning("a metric of unknown name or labels is not counted: %s", name)
