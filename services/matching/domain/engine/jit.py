"""How kernels are compiled: to machine code kept on disk, free of the interpreter lock, one thread each."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


def compiled(kernel: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Compile a kernel at its first call, or load what an earlier process compiled."""
    fast: Callable[Given, Answer] = numba.njit(cache=True, nogil=True)(kernel)
    return fast
