"""Signs of life of a handler that takes long: without any for three minutes it is taken for stuck.

Who works on for minutes calls the sign whenever the work itself has moved, never because time has passed.
"""

from collections.abc import Callable
from contextvars import ContextVar

Sign = Callable[[], None]


def _unheard() -> None:
    """Outside of a handler nobody watches."""


_sign: ContextVar[Sign] = ContextVar("sign", default=_unheard)


def sign() -> Sign:
    """Return what the running handler calls to say that its work has moved; others may call it as well."""
    return _sign.get()


def watched_by(note: Sign) -> None:
    """Let `note` hear the signs of the running task from now on; a task of its own needs no end of it."""
    _sign.set(note)
