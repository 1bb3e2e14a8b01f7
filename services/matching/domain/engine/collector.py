"""Python's collector of cycles, kept away from work that makes none.

It would walk all people, skills and pairs again and again: a quarter of the time that Python code takes here.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Pause the collector, in the whole process, unless it is off already."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
