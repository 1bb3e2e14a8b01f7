"""How kernels are compiled: to machine code kept on disk, free of the interpreter lock, one thread each.

The code is kept in `__pycache__` here, or below NUMBA_CACHE_DIR, in a folder per state of the sources: numba
looks only at the file of a kernel and would not notice that a part from another file has changed. Where that
cannot be written, as in an image, a copy is used, since numba insists.
"""

import atexit
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

_HERE: Final = Path(__file__).parent
_CONSTANTS: Final = (_HERE.parent / "scoring.py", _HERE.parent / "skills.py")
"""Modules elsewhere whose constants are compiled into kernels."""


def _state_of_sources() -> str:
    state = hashlib.sha256()
    for file in (*sorted(_HERE.glob("*.py")), *_CONSTANTS):
        state.update(file.read_bytes())
    return state.hexdigest()[:16]


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def kept_in(wished: Path) -> Path:
    """Return the folder to keep code in: `wished`, or this process's own copy if that is read-only."""
    if _is_writable(wished):
        return wished
    copy = Path(tempfile.mkdtemp(prefix="kernels-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    if wished.is_dir():
        shutil.copytree(wished, copy, dirs_exist_ok=True)
    return copy


_config: Any = numba.config
_config.CACHE_DIR = str(kept_in(Path(_config.CACHE_DIR or _HERE / "__pycache__") / _state_of_sources()))


def compiled(kernel: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Compile a kernel at its first call, or load what an earlier process compiled."""
    fast: Callable[Given, Answer] = numba.njit(cache=True, nogil=True)(kernel)
    return fast


def inner(kernel: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Compile a part that only kernels call; called from Python, it ends the process.

    There is no way in from Python, because that takes as long to compile as the part itself.
    """
    without: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    fast: Callable[Given, Answer] = numba.njit(nogil=True, **without)(kernel)
    return fast


def _ones(_context: object, bits: types.Integer) -> tuple[object, object]:
    def generate(_context: object, builder: Any, _signature: object, given: Any) -> object:
        return builder.ctpop(given[0])

    return types.uint64(bits), generate


_counting: Any = intrinsic(_ones)
ones: Callable[[np.uint64], int] = _counting
"""Counts the bits that are set, as one instruction; for kernels."""
