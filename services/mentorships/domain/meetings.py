"""What is remembered of the meetings of pairs that are over."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PastMeeting:
    """A meeting that took place, or was missed, in a mentorship.

    `start_time` is when it began or should have; the oldest copies, all of held ones, do not tell.
    """

    mentorship: str
    start_time: datetime | None = None
    missed: bool = False
