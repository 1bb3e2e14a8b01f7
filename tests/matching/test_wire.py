"""Contract <-> domain: what goes in comes out, bad input names its field, events carry the right keys."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from google.protobuf.duration_pb2 import Duration
from google.type.dayofweek_pb2 import DayOfWeek

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.matching.domain import matches, runs
from services.matching.domain.members import Meeting, Member, Role
from services.matching.domain.policy import DEFAULT_OPTIONS
from services.matching.domain.skills import Skill
from services.matching.domain.week import Window
from services.matching.wire import events as tell
from services.matching.wire import matching as encode
from services.matching.wire import names
from services.matching.wire import people as wire
from services.pb.mentoring.matching.v1 import events_pb2 as events
from services.pb.mentoring.matching.v1 import matching_service_pb2 as pb
from services.pb.mentoring.matching.v1 import program_service_pb2 as program_pb
from services.pb.mentoring.mentorships.v1.mentorship_service_pb2 import Agreement
from services.pb.mentoring.profiles.v1 import person_service_pb2 as profiles
from tests.matching.factories import (
    LEAD,
    MATCH,
    MATCH_ID,
    MENTEE,
    MENTOR,
    MENTORSHIP_ID,
    NOW,
    ORG,
    PROGRAM_ID,
    REPORT,
    RUN_ID,
)

HERE = Ref(ORG, PROGRAM_ID)
LATER = datetime(2026, 3, 5, tzinfo=UTC)
PROGRAM_NAME = f"organizations/{ORG}/programs/{PROGRAM_ID}"
RUN_NAME = f"{PROGRAM_NAME}/cohortRuns/{RUN_ID}"
MATCH_NAME = f"{PROGRAM_NAME}/matches/{MATCH_ID}"
READY = runs.request(PROGRAM_ID, DEFAULT_OPTIONS, NOW)[0].ready(REPORT, 1, 0)[0]


def person(one: str) -> str:
    return f"organizations/{ORG}/people/{one}"


def wish(one: str, *roles: profiles.Person.Role.ValueType) -> program_pb.EnrolmentRequest:
    return program_pb.EnrolmentRequest(person=one, roles=roles)


def refused_field(refusal: pytest.ExceptionInfo[Invalid]) -> tuple[str, str]:
    return refusal.value.reason, refusal.value.fields[0][0]


def test_a_person_is_read_as_far_as_matching_needs() -> None:
    message = profiles.Person(
        name=person(MENTEE),
        state=profiles.Person.STATE_ACTIVE,
        roles=[profiles.Person.ROLE_MENTEE],
        manager=person(LEAD),
        department="Support",
        grade=4,
        languages=["en", "sw"],
        skills_offered=[profiles.Skill(tag="mongodb", level=3)],
        skills_sought=[profiles.Skill(tag="java", level=2)],
        mentor_capacity=2,
        time_zone="Africa/Nairobi",
        weekly_hours=[
            profiles.WeeklyWindow(day=DayOfWeek.MONDAY, start_minute=540, end_minute=720),
            profiles.WeeklyWindow(day=DayOfWeek.SUNDAY, start_minute=0, end_minute=1440),
        ],
        meeting_preference=profiles.Person.MEETING_PREFERENCE_IN_PERSON,
    )
    assert wire.member(message) == Member(
        MENTEE,
        seeks=(Role.MENTEE,),
        manager=LEAD,
        department="Support",
        grade=4,
        languages=("en", "sw"),
        offered=(Skill("mongodb", 3),),
        sought=(Skill("java", 2),),
        seats=2,
        time_zone="Africa/Nairobi",
        hours=(Window(0, 540, 720), Window(6, 0, 1440)),
        meeting=Meeting.IN_PERSON,
    )


@pytest.mark.parametrize("state", [profiles.Person.STATE_ON_LEAVE, profiles.Person.STATE_TERMINATED])
def test_only_active_people_are_active(state: profiles.Person.State.ValueType) -> None:
    assert not wire.member(profiles.Person(name=person(MENTEE), state=state)).active


def test_a_person_without_manager_and_preference() -> None:
    member = wire.member(profiles.Person(name=person(MENTEE)))
    assert (member.manager, member.meeting) == ("", Meeting.UNSTATED)


def test_a_match_names_its_mentorship_once_there_is_one() -> None:
    half = MATCH.accept(MENTEE)[0]
    waiting = encode.match(Ref(ORG, MATCH_ID), Versioned(half, 2, NOW, NOW), MENTEE)
    assert (waiting.state, waiting.mentorship) == (pb.Match.STATE_HALF_ACCEPTED, "")
    assert list(waiting.accepted_by) == [person(MENTEE)]
    confirmed = encode.match(Ref(ORG, MATCH_ID), Versioned(half.accept(MENTOR)[0], 4, NOW, NOW), MENTEE)
    assert confirmed.mentorship == f"organizations/{ORG}/mentorships/{MENTORSHIP_ID}"
    assert (confirmed.name, confirmed.state) == (MATCH_NAME, pb.Match.STATE_CONFIRMED)


def test_each_of_the_two_reads_its_own_reason() -> None:
    stored = Versioned(MATCH, 1, NOW, NOW)
    mentee, mentor, lead = (encode.match(Ref(ORG, MATCH_ID), stored, one) for one in (MENTEE, MENTOR, LEAD))
    assert (
        mentee.reason
        == lead.reason
        == "This mentor offers the skills you seek, but has little time in common with you."
    )
    assert mentor.reason == "This mentee fits in some ways."


@pytest.mark.parametrize("stage", list(matches.Stage))
def test_every_stage_of_a_match_has_its_state(stage: matches.Stage) -> None:
    message = encode.match(Ref(ORG, MATCH_ID), Versioned(replace(MATCH, stage=stage), 1, NOW, NOW), MENTEE)
    assert pb.Match.State.Name(message.state) == f"STATE_{stage}"


def test_a_confirmed_match_tells_all_that_a_mentorship_begins_with() -> None:
    outgoing = tell.match_outgoing(Ref(ORG, MATCH_ID), MATCH, matches.MatchConfirmed())
    assert outgoing.message == events.MatchConfirmed(
        match=MATCH_NAME,
        mentorship=f"organizations/{ORG}/mentorships/{MENTORSHIP_ID}",
        program=PROGRAM_NAME,
        lead=person(LEAD),
        mentor=person(MENTOR),
        mentee=person(MENTEE),
        cadence=Duration(seconds=14 * 86_400),
        meeting_length=Duration(seconds=45 * 60),
        channels=[Agreement.CHANNEL_VIDEO, Agreement.CHANNEL_CHAT],
        focus_areas=["public_speaking"],
        length=Duration(seconds=90 * 86_400),
    )


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (
            matches.MatchProposed(),
            events.MatchProposed(
                match=MATCH_NAME, mentor=person(MENTOR), mentee=person(MENTEE), score_ppm=540_000
            ),
        ),
        (matches.MatchAccepted(MENTEE), events.MatchAccepted(match=MATCH_NAME, person=person(MENTEE))),
        (matches.MatchDeclined(MENTOR), events.MatchDeclined(match=MATCH_NAME, person=person(MENTOR))),
    ],
)
def test_events_of_a_match_share_the_key_of_its_mentorship(
    event: matches.Event, message: events.MatchAccepted
) -> None:
    """All that ever happens to one pair stays in one partition, in order."""
    outgoing = tell.match_outgoing(Ref(ORG, MATCH_ID), MATCH, event)
    assert (outgoing.message, outgoing.key, outgoing.subject) == (message, MENTORSHIP_ID, MATCH_NAME)


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (runs.CohortRunRequested(), events.CohortRunRequested(cohort_run=RUN_NAME)),
        (runs.CohortRunReady(), events.CohortRunReady(cohort_run=RUN_NAME, matched=1, unmatched=1)),
        (runs.CohortRunFailed(), events.CohortRunFailed(cohort_run=RUN_NAME)),
        (runs.CohortRunPublished(), events.CohortRunPublished(cohort_run=RUN_NAME)),
        (runs.CohortRunCancelled(), events.CohortRunCancelled(cohort_run=RUN_NAME)),
        (runs.CohortRunProgressed(), events.CohortRunProgressed(cohort_run=RUN_NAME)),
    ],
)
def test_events_of_a_run(event: runs.Event, message: events.CohortRunReady) -> None:
    outgoing = tell.run_outgoing(Ref(ORG, RUN_ID), READY, event)
    assert (outgoing.message, outgoing.key, outgoing.subject) == (message, RUN_ID, RUN_NAME)


def test_names_are_the_contracts() -> None:
    assert names.run_name(ORG, PROGRAM_ID, RUN_ID) == RUN_NAME
    assert names.match_name(ORG, PROGRAM_ID, MATCH_ID) == MATCH_NAME
    assert names.organization_name(ORG) == f"organizations/{ORG}"
