"""The commands of `mmgpt`, one file each: `add_arguments(parser)` and `run(args, console) -> exit code`.

These files import nothing heavy at their top, so that `mmgpt --help` answers at once.
"""
