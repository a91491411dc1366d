"""The process that holds the model, and the front's end of it.

`link` and `places` are the front's and load no torch; `process` and what it imports run in the worker.
"""
