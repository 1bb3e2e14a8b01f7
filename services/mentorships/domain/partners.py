"""The two sides of a mentorship, seen from one of them."""

from services.kernel.errors import Refused
from services.mentorships.domain.mentorship import Mentorship, Stage


def partner(mentorship: Mentorship, person: str) -> str:
    """Return whom `person`, one of the two, may speak to now: in any rest to nobody, or a hold would show.

    Raises NotFound for anybody else, Refused MENTORSHIP_NOT_ACTIVE.
    """
    mentorship.require_reader(person)
    if mentorship.stage is not Stage.ACTIVE:
        raise Refused("MENTORSHIP_NOT_ACTIVE", "this needs an active mentorship")
    return mentorship.mentee if person == mentorship.mentor else mentorship.mentor
