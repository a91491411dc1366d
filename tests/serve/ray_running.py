"""`python -m tests.serve.ray_running PORT FOLDER ARGUMENT=VALUE…`: our application in Ray, on the loopback interface alone.

It runs until stdin ends. FOLDER takes Ray's files; its name must be short, since sockets' paths are.
"""

from __future__ import annotations

import logging
import sys


def main() -> None:
    """Starts everything, says `ready`, waits, and stops everything."""
    import ray
    from ray import serve

    from mmgpt.serve.ray_app import build

    port, folder, *arguments = sys.argv[1:]
    ray.init(
        num_cpus=4, include_dashboard=False, _node_ip_address="127.0.0.1", object_store_memory=80 * 2**20,
        _temp_dir=folder, logging_level=logging.WARNING, log_to_driver=False,
    )  # fmt: skip
    try:
        serve.start(http_options={"host": "127.0.0.1", "port": int(port)})
        serve.run(build(dict(argument.split("=", 1) for argument in arguments)))
        print("ready", flush=True)
        sys.stdin.read()
    finally:
        serve.shutdown()
        ray.shutdown()


if __name__ == "__main__":
    main()
