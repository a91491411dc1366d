"""`python -m mmgpt.serve` is `mmgpt serve`."""

from __future__ import annotations

import sys

if __name__ == "__main__":  # the processes that the server starts import this file, too
    from mmgpt import cli
    from mmgpt.commands import serve

    cli.COMMANDS.setdefault("serve", serve)
    raise SystemExit(cli.main(["serve", *sys.argv[1:]], program="python -m mmgpt.serve"))
