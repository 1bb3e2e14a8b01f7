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


def inner(kernel: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Compile a part that only kernels call: it needs no way in from Python, which takes long to compile."""
    fast: Callable[Given, Answer] = numba.njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(kernel)
    return fast
