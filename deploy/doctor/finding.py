"""What a check found: how it is, what that means, what to do next."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How something is. Only `WRONG` keeps a service from its work, now or soon."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `advice` says what to do next, empty while all is well. Holds no secret."""

    about: str
    state: State
    text: str
    advice: str = ""


def ok(about: str, text: str) -> Finding:
    """Return that all is well."""
    return Finding(about, State.OK, text)


def warning(about: str, text: str, advice: str) -> Finding:
    """Return what works and should not stay so."""
    return Finding(about, State.WARNING, text, advice)


def wrong(about: str, text: str, advice: str) -> Finding:
    """Return what does not work."""
    return Finding(about, State.WRONG, text, advice)
