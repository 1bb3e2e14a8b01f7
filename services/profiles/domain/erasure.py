"""An erasure: one entry of the ledger of who is to be forgotten, and which services are through with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

SERVICES: Final = ("matching", "mentorships", "notifications", "profiles", "recognition", "scheduling")
"""All that keep anything about people."""


class Reason(StrEnum):
    """Why a person is erased."""

    REQUESTED = "REQUESTED"
    RETENTION = "RETENTION"
    MISTAKE = "MISTAKE"


@dataclass(frozen=True, slots=True)
class PersonErased:
    """The person is to be forgotten."""


@dataclass(frozen=True, slots=True)
class ErasureProgressed:
    """Another service is through with it."""


ErasureEvent = PersonErased | ErasureProgressed


@dataclass(frozen=True, slots=True)
class Part:
    """That `service` keeps nothing readable any more, since `time`."""

    service: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """That `requester` of HR had `person` erased at `time`; `parts` are of the services that confirmed it."""

    person: str
    reason: Reason
    requester: str
    time: datetime
    parts: tuple[Part, ...] = ()

    @property
    def pending(self) -> Sequence[str]:
        """The services that have not confirmed it."""
        done = {part.service for part in self.parts}
        return [service for service in SERVICES if service not in done]

    def confirm(self, service: str, now: datetime) -> tuple["Erasure", list[ErasureEvent]]:
        """Note that a service is through; again changes nothing."""
        if service not in self.pending:
            return self, []
        return replace(self, parts=(*self.parts, Part(service, now))), [ErasureProgressed()]

    def repeat(self) -> tuple["Erasure", list[ErasureEvent]]:
        """Tell it again, as a restore may have brought back what was erased: all have to confirm anew."""
        return replace(self, parts=()), [PersonErased()]


def begin(erasure: Erasure) -> tuple[Erasure, list[ErasureEvent]]:
    """Enter it into the ledger."""
    return erasure, [PersonErased()]
