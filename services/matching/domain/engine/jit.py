"""How kernels are compiled: to machine code kept on disk, free of the interpreter lock, one thread each.

The code is kept in `__pycache__` here, or below NUMBA_CACHE_DIR, in a folder per state of these sources: numba
looks only at the file of a kernel and would not notice that a part from another file has changed.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import numba

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

_HERE: Final = Path(__file__).parent


def _state_of_sources() -> str:
    state = hashlib.sha256()
    for file in sorted(_HERE.parent.rglob("*.py")):  # constants of the domain are compiled in
        state.update(file.read_bytes())
    return state.hexdigest()[:16]


numba.config.CACHE_DIR = str(Path(numba.config.CACHE_DIR or _HERE / "__pycache__") / _state_of_sources())


def compiled(kernel: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Compile a kernel at its first call, or load what an earlier process compiled."""
    fast: Callable[Given, Answer] = numba.njit(cache=True, nogil=True)(kernel)
    return fast


def inner(kernel: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Compile a part that only kernels call; called from Python, it ends the process.

    There is no way in from Python, because that takes as long to compile as the part itself.
    """
    fast: Callable[Given, Answer] = numba.njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(kernel)
    return fast
