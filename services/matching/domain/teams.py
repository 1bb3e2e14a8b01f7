"""What managers see of those who report to them: that they take part, and nothing of how."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.kernel.errors import Refused
from services.matching.domain.enrolments import Taking
from services.matching.domain.members import Role

HIDDEN: Final = (Taking.PENDING, Taking.ENDED)
"""Stages in which nobody takes part: who asks to join, was turned away or left is no matter of managers."""


@dataclass(frozen=True, slots=True)
class Participation:
    """That `person` takes part in `program`; `matched` is whether both said yes to a match that goes on."""

    person: str
    program: str
    roles: tuple[Role, ...]
    stage: Taking
    since: datetime
    matched: bool


@dataclass(frozen=True, slots=True)
class TeamSettingsUpdated:
    """What managers see changed."""


@dataclass(frozen=True, slots=True)
class TeamSettings:
    """What an organization lets managers see; `switched_off`: nothing."""

    switched_off: bool = False

    def require_on(self) -> None:
        """Raise Refused MANAGER_VIEW_OFF unless managers may look."""
        if self.switched_off:
            raise Refused(
                "MANAGER_VIEW_OFF", "the organization does not show managers who takes part; ask HR"
            )

    def become(self, wanted: "TeamSettings") -> "tuple[TeamSettings, list[TeamSettingsUpdated]]":
        """Replace them; the same again changes nothing."""
        return wanted, [] if wanted == self else [TeamSettingsUpdated()]
