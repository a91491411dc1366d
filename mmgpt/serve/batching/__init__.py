"""Answers side by side: rows join and leave a running batch at any step, and each says what it would say alone.

    Row ─ Batcher.submit ─ prefill (a budget of tokens a step) ─► lanes: keys and values, right-aligned ─► a token a step ─► Events

`schema.py` (JSON schemas, no torch) may be imported by itself; `batcher.py` loads torch.
"""
