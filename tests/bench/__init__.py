"""Measured figures, each beside a bare baseline of the same run: `python -m tests.bench [name …]`.

`load` drives · `bare` is the baseline server · `calls`, `pipeline` and `whole` measure · `figures` prints.
"""
