"""What the service answers, a module a family of routes, each with its `router`."""

from __future__ import annotations

ROUTERS = ("diagnosing", "captions", "queries", "readings", "redactions", "corrections", "chat", "models", "jobs")
"""Modules of this package whose `router` the application includes."""
