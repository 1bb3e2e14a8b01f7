"""What happens to a mentorship by itself.

A pause ends at its time. Two weeks before the last day both are told that it comes near; from the end of that
day on they have two weeks to close or to extend, then the mentorship completes by itself.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from services.mentorships.domain.days import first_moment, over_time
from services.mentorships.domain.ending import over
from services.mentorships.domain.happenings import MentorshipCompleted, MentorshipEndNear, MentorshipEvent
from services.mentorships.domain.mentorship import Mentorship, Over, Stage
from services.mentorships.domain.resting import awake

NEAR: Final = timedelta(days=14)
GRACE: Final = timedelta(days=14)

Decision = tuple[Mentorship, list[MentorshipEvent]]


def due_at(mentorship: Mentorship) -> datetime | None:
    """Return when it must be looked at next."""
    if mentorship.pause is not None:
        return mentorship.pause.until
    if mentorship.stage is not Stage.ACTIVE or mentorship.end_date is None:
        return None
    if mentorship.told_near != mentorship.end_date:
        return near_time(mentorship.end_date)
    return lapse_time(mentorship.end_date)


def fire(mentorship: Mentorship, now: datetime) -> Decision:
    """Do what is due by now; a late timer completes without telling before that it would."""
    due, end_date = due_at(mentorship), mentorship.end_date
    if due is None or now < due:
        return mentorship, []
    if mentorship.pause is not None:
        return awake(mentorship, mentorship.pause, now)
    if end_date is not None and now >= lapse_time(end_date):
        return over(mentorship, Stage.COMPLETED, Over(now)), [MentorshipCompleted(lapsed=True)]
    return replace(mentorship, told_near=end_date), [MentorshipEndNear()]


def near_time(end_date: date) -> datetime:
    """Return when a last day is near."""
    return first_moment(end_date) - NEAR


def lapse_time(end_date: date) -> datetime:
    """Return when a mentorship completes by itself."""
    return over_time(end_date) + GRACE
