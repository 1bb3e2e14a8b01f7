"""A request to be matched as the page behind a link shows it, and what its form says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.kernel.errors import Invalid
from services.notifications.domain.checkins import Stage

FIELD: Final = "answer"
YES: Final = "yes"
NO: Final = "no"


@dataclass(frozen=True, slots=True)
class MatchRequest:
    """Somebody waits for a yes or no, while it is open."""

    stage: Stage


def says_yes(form: Mapping[str, str]) -> bool:
    """Read a form. Invalid ANSWER_MALFORMED unless it says yes or no."""
    said = form.get(FIELD)
    if said not in {YES, NO}:
        raise Invalid("ANSWER_MALFORMED", "the answer is yes or no", fields=((FIELD, "must be yes or no"),))
    return said == YES
