"""What would become of a message, as it is told to those who ask."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.notifications.domain.routing import Route, Step


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of it; `route` is None where it never comes to that.

    told       the person was told of the same before
    failure    why it cannot be sent, empty if it can
    gathered   how many that wait already it would tell too
    """

    route: Route | None = None
    steps: Sequence[Step] = ()
    told: bool = False
    failure: str = ""
    gathered: int = 0
