"""People, cohorts, runs and matches that tests start from."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.message import Message

from services.kernel.events import Event
from services.matching.domain.cohort import Cohort, Entry
from services.matching.domain.matches import Match, Origin
from services.matching.domain.members import Member, Role
from services.matching.domain.plan import (
    Bar,
    Contribution,
    GroupShare,
    Leftover,
    Obstacle,
    Plan,
    Proposal,
    Report,
)
from services.matching.domain.policy import Criterion, Mode
from services.matching.domain.programs import AgreementDefaults, Program
from services.matching.domain.skills import Skill
from services.matching.domain.week import Window

ORG = "acme"
LEAD = "e0100001"
MENTOR = "e0100286"
MENTEE = "e0100746"
STRANGER = "e0100999"
PROGRAM_ID = "11111111-1111-4111-8111-111111111111"
RUN_ID = "22222222-2222-4222-8222-222222222222"
MATCH_ID = "33333333-3333-4333-8333-333333333333"
MENTORSHIP_ID = "44444444-4444-4444-8444-444444444444"
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
"""A Wednesday."""

MONDAY = datetime(2026, 3, 9, tzinfo=UTC)
"""The Monday after `NOW`, before most zones change their clocks."""

OFFICE_HOURS = tuple(Window(day, 9 * 60, 17 * 60) for day in range(5))
PROGRAM = Program("Growing together", LEAD, cadence_days=14, meeting_minutes=45)
PROPOSAL = Proposal(
    MENTOR,
    MENTEE,
    540_000,
    (Contribution(Criterion.SKILLS, 450_000, 500_000), Contribution(Criterion.OVERLAP, 90_000, 500_000)),
    500_000,
    (Contribution(Criterion.SKILLS, 500_000, 1_000_000),),
    rank=1,
)
REPORT = Report(
    mode=Mode.STABLE,
    seed=0,
    mentees=2,
    mentors=1,
    seats=1,
    matched=1,
    blocking_pairs=0,
    blocking_mentees=0,
    total_score_ppm=1_040_000,
    best_total_ppm=1_040_000,
    mean_mentee_ppm=540_000,
    mean_mentor_ppm=500_000,
    ranks=(Bar(1, 1),),
    loads=(Bar(1, 1),),
    load_gini_ppm=0,
    groups=(GroupShare("", 2, 1),),
    group_ratio_ppm=1_000_000,
    input_digest="0" * 64,
    result_digest="1" * 64,
)
LEFTOVER = Leftover(STRANGER, Obstacle.FULL, (), MENTOR, 500_000)
PLAN = Plan((PROPOSAL,), (LEFTOVER,), REPORT)
ORIGIN = Origin(
    program=PROGRAM_ID,
    run=RUN_ID,
    lead=LEAD,
    cadence_days=14,
    meeting_minutes=45,
    mentorship=MENTORSHIP_ID,
    agreement=AgreementDefaults(("VIDEO", "CHAT"), ("public_speaking",), length_days=90),
)
MATCH = Match(
    ORIGIN,
    (MENTOR, MENTEE),
    PROPOSAL.score_ppm,
    PROPOSAL.contributions,
    mentor_score_ppm=PROPOSAL.mentor_score_ppm,
    mentor_contributions=PROPOSAL.mentor_contributions,
)


def mentor(person: str = MENTOR, seats: int = 1) -> Member:
    """Return somebody senior who teaches Python in office hours, UTC."""
    return Member(
        person,
        seeks=(Role.MENTOR,),
        department="Product",
        grade=7,
        languages=("en", "de"),
        offered=(Skill("python", 5),),
        seats=seats,
        hours=OFFICE_HOURS,
    )


def mentee(person: str = MENTEE) -> Member:
    """Return somebody junior who wants to learn Python in office hours, UTC."""
    return Member(
        person,
        seeks=(Role.MENTEE,),
        department="Support",
        grade=4,
        languages=("en",),
        sought=(Skill("Python", 3),),
        hours=OFFICE_HOURS,
    )


def event(message: Message, event_id: str) -> Event[Any]:
    """Return an event as it would come from Kafka."""
    return Event(
        id=event_id,
        type=message.DESCRIPTOR.full_name,
        subject="",
        sequence=1,
        tenant=ORG,
        time=NOW,
        key="",
        message=message,
    )


def cohort(*people: Member, superiors: tuple[Member, ...] = ()) -> Cohort:
    """Return the cohort in which everybody takes part as what they seek; superiors take no part."""
    return Cohort(tuple(Entry(person.id, person.seeks) for person in people), (*people, *superiors), MONDAY)
