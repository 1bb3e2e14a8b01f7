"""How a mentorship rests and goes on. While it rests its clocks stand still."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.kernel.errors import Denied, Refused
from services.mentorships.domain.happenings import MentorshipEvent, MentorshipPaused, MentorshipResumed
from services.mentorships.domain.mentorship import Mentorship, Pause, PauseReason, Stage, Who
from services.mentorships.domain.rules import invalid

LONGEST_PAUSE: Final = timedelta(days=60)
"""Two months, as Torch allows."""
_DAY: Final = timedelta(days=1)

Decision = tuple[Mentorship, list[MentorshipEvent]]


@dataclass(frozen=True, slots=True)
class Rest:
    """A pause as asked for; a hold has no end."""

    reason: PauseReason
    until: datetime | None = None


def pause(mentorship: Mentorship, who: Who, rest: Rest, now: datetime) -> Decision:
    """Let an active mentorship rest. A hold, which is HR's, may replace another pause.

    Raises Denied NOT_A_PARTICIPANT or HR_ONLY, Refused MENTORSHIP_ENDED, MENTORSHIP_PAUSED or
    MENTORSHIP_NOT_ACTIVE, Invalid RESUME_TIME_MISSING, RESUME_TIME_PAST, RESUME_TIME_TOO_FAR or, for a hold,
    RESUME_TIME_GIVEN. Questions about the last day fall: the pause moves it.
    """
    mentorship.require_involved(who)
    held = rest.reason is PauseReason.HOLD
    if held and not who.hr:
        raise Denied("HR_ONLY", "only HR holds a mentorship")
    before = mentorship.pause
    if not (held and before is not None and before.reason is not PauseReason.HOLD):
        mentorship.require_active()
    _require_end(rest, now)
    since = now if before is None else before.since
    resting = Pause(who.person, rest.reason, since, rest.until)
    return replace(mentorship, stage=Stage.PAUSED, pause=resting, extension=None), [MentorshipPaused()]


def resume(mentorship: Mentorship, who: Who, now: datetime) -> Decision:
    """Let it go on early. Raises Denied NOT_A_PARTICIPANT or HR_ONLY for a hold, Refused NOT_PAUSED."""
    mentorship.require_involved(who)
    if mentorship.pause is None:
        raise Refused("NOT_PAUSED", "this mentorship does not rest")
    if mentorship.pause.reason is PauseReason.HOLD and not who.hr:
        raise Denied("HR_ONLY", "only HR lifts this pause")
    return awake(mentorship, mentorship.pause, now)


def awake(mentorship: Mentorship, rest: Pause, now: datetime) -> Decision:
    """Go on after a pause; the last day moves by as many days as had begun to pass."""
    end_date = mentorship.end_date
    if end_date is not None:
        end_date += _DAY * -((rest.since - now) // _DAY)
    going_on = replace(mentorship, stage=Stage.ACTIVE, pause=None, end_date=end_date)
    return going_on, [MentorshipResumed()]


def _require_end(rest: Rest, now: datetime) -> None:
    field = "resume_time"
    if rest.reason is PauseReason.HOLD:
        if rest.until is not None:
            raise invalid("RESUME_TIME_GIVEN", field, "must be absent: HR lifts a hold")
        return
    if rest.until is None:
        raise invalid("RESUME_TIME_MISSING", field, "must say when it goes on")
    if rest.until <= now:
        raise invalid("RESUME_TIME_PAST", field, "must be in the future")
    if rest.until > now + LONGEST_PAUSE:
        raise invalid("RESUME_TIME_TOO_FAR", field, f"must be at most {LONGEST_PAUSE.days} days ahead")
