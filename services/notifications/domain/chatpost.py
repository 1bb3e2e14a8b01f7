"""How far a message is on its way to chat."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Progress(StrEnum):
    """How far it is."""

    PENDING = "PENDING"
    POSTED = "POSTED"
    FAILED = "FAILED"
    DISCARDED = "DISCARDED"


@dataclass(frozen=True, slots=True)
class ChatPost:
    """A message on its way to the chat of `owner`, a person or EVERYBODY.

    `due` is its timer, `paused` while that is for the next try; `time` is when the chat took it, `failure`
    the code of the last try that failed.
    """

    owner: str
    stage: Progress = Progress.PENDING
    attempts: int = 0
    due: datetime | None = None
    paused: bool = False
    time: datetime | None = None
    failure: str = ""
