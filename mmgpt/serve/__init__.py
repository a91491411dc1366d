"""The service: `mmgpt serve` answers over HTTP, from one machine, without anything leaving it.

    requests ─ door (limits, keys) ─ routes ─ backend ─┬─ decoding: a killable process turns bytes into pixels
                                                       └─ worker: the process that holds the model, batching over requests

The front process loads no torch: what may break or hang is in processes that can be killed and started again.
"""
