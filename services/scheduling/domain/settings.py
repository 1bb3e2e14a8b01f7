"""What a program says about its meetings."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from services.scheduling.domain.policy import Policy


class SettingsEvent(StrEnum):
    """What is told of settings."""

    UPDATED = "UPDATED"


@dataclass(frozen=True, slots=True)
class Settings:
    """So many minutes before a meeting its two are reminded; `video` is the address of the room."""

    reminders: tuple[int, ...] = (24 * 60, 60)
    video: str = ""

    def over(self, policy: Policy) -> Policy:
        """Return the policy for meetings of the program."""
        reminders = tuple(timedelta(minutes=one) for one in self.reminders)
        return replace(policy, reminders=reminders, video=self.video)


Decision = tuple[Settings, list[SettingsEvent]]


def put(known: Settings | None, new: Settings) -> Decision:
    """Set all of it."""
    return new, [] if new == known else [SettingsEvent.UPDATED]
