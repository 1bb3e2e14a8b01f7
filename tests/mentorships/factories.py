"""Mentorships and goals in the stages that tests start from, of the pair MENTOR and MENTEE."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration

from services.mentorships.domain import (
    Channel,
    Goal,
    GoalDraft,
    Kind,
    Mentorship,
    Milestone,
    PauseReason,
    Task,
    Terms,
    Usual,
    Who,
    agreeing,
    ending,
    resting,
)
from services.mentorships.domain.goal import GOAL_FIELDS
from services.pb.mentoring.matching.v1.events_pb2 import MatchConfirmed
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2 import Agreement

ORG = "acme"
MENTOR = "e0100286"
MENTEE = "e0100746"
STRANGER = "e0100999"
LEAD = "e0100001"
ID = "11111111-1111-4111-8111-111111111111"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

TERMS = Terms(
    cadence_days=14,
    meeting_minutes=60,
    channels=(Channel.VIDEO, Channel.CHAT),
    focus_areas=("public speaking",),
)
USUAL = Usual(14, 60, (Channel.VIDEO,), ("public_speaking",), length_days=180)
DRAFT = GoalDraft(kind=Kind.TECHNICAL_SKILL, title="Ship a service", measure="It runs in production")

PLANNED = replace(
    DRAFT,
    milestones=(Milestone("a draft"), Milestone("a review", date(2026, 4, 1))),
    tasks=(Task("find a reviewer", MENTOR), Task("write it", MENTEE, date(2026, 3, 20))),
)


def proposed() -> Mentorship:
    """Return a mentorship as a confirmed match begins it: no agreement yet."""
    return Mentorship((MENTOR, MENTEE), program="spring", lead=LEAD, match="match-1", usual=USUAL)


def agreed(*signed_by: str) -> Mentorship:
    """Return a mentorship with revision 1 on the table, signed by `signed_by`; ACTIVE once both signed."""
    return signed(agreeing.propose(proposed(), MENTEE, TERMS, NOON)[0], *signed_by)


def signed(mentorship: Mentorship, *people: str) -> Mentorship:
    """Return a mentorship with what is on its table signed by `people`."""
    for person in people:
        assert mentorship.on_the_table is not None
        mentorship = agreeing.sign(mentorship, person, mentorship.on_the_table.revision, NOON)[0]
    return mentorship


def active() -> Mentorship:
    """Return a mentorship that runs."""
    return agreed(MENTOR, MENTEE)


def ended() -> Mentorship:
    """Return a mentorship that is over."""
    return ending.end(active(), Who(MENTOR), ending.NO_REASON, NOON)[0]


def dated(end_date: date) -> Mentorship:
    """Return a mentorship that runs until a last day."""
    offered = agreeing.propose(proposed(), MENTEE, replace(TERMS, end_date=end_date), NOON)[0]
    return signed(offered, MENTOR, MENTEE)


def paused(mentorship: Mentorship | None = None, days: int = 30) -> Mentorship:
    """Return a mentorship that rests for some days from NOON on."""
    rest = resting.Rest(PauseReason.AWAY, NOON + timedelta(days=days))
    return resting.pause(mentorship or active(), Who(MENTEE), rest, NOON)[0]


def goal() -> Goal:
    """Return an open goal of the pair."""
    return active().set_goal(ID, MENTEE, DRAFT, NOON)[0]


def planned() -> Goal:
    """Return an open goal with two milestones, 1 and 2, and two tasks, 3 and 4."""
    return active().set_goal(ID, MENTEE, PLANNED, NOON)[0]


def draft_of(state: Goal, **changes: Any) -> GoalDraft:
    """Return what a client sends that changes what it has read."""
    return replace(GoalDraft(**{name: getattr(state, name) for name in GOAL_FIELDS}), **changes)


def amended() -> Mentorship:
    """Return a running mentorship with an amendment that nobody has signed."""
    return agreeing.propose(active(), MENTOR, TERMS, NOON)[0]


def confirmed(mentorship: str = ID, org: str = ORG) -> MatchConfirmed:
    """Return what matching tells when the pair said yes."""
    people, program = f"organizations/{org}/people", f"organizations/{org}/programs/spring"
    return MatchConfirmed(
        match=f"{program}/matches/match-1",
        mentorship=f"organizations/{org}/mentorships/{mentorship}",
        program=program,
        lead=f"{people}/{LEAD}",
        mentor=f"{people}/{MENTOR}",
        mentee=f"{people}/{MENTEE}",
        cadence=Duration(seconds=14 * 86_400),
        meeting_length=Duration(seconds=3_600),
        channels=[Agreement.CHANNEL_VIDEO],
        focus_areas=["public_speaking"],
        length=Duration(seconds=180 * 86_400),
    )
