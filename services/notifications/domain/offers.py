"""Times offered for a meeting as the page behind a link shows them, and what its form says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.kernel.errors import Invalid
from services.notifications.domain.checkins import Stage

FIELD: Final = "start"
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Offer:
    """Somebody waits until one of the times is picked, while it is open; aware UTC."""

    stage: Stage
    starts: tuple[datetime, ...] = ()


def picked(form: Mapping[str, str]) -> datetime | None:
    """Return the time that a form picks, None for none of them. Invalid ANSWER_MALFORMED."""
    said = form.get(FIELD, "")
    if said == NONE:
        return None
    try:
        start = datetime.fromisoformat(said)
    except ValueError as error:
        raise _malformed() from error
    if start.tzinfo is None:
        raise _malformed()
    return start


def _malformed() -> Invalid:
    return Invalid("ANSWER_MALFORMED", "the answer is a time", fields=((FIELD, "must be a time or none"),))
