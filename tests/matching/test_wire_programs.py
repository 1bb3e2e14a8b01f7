"""Programs and enrolments on the wire: what goes in comes out, and what is wrong is named by field."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.type.date_pb2 import Date
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.matching.domain import enrolments, programs
from services.matching.domain.enrolments import Enrolment, Taking, Wishes
from services.matching.domain.members import Role
from services.matching.domain.programs import Program, RequestRules, Type
from services.matching.wire import enrolments as encode
from services.matching.wire import events as tell
from services.matching.wire import programs as wire
from services.pb.mentoring.matching.v1 import events_pb2 as events
from services.pb.mentoring.matching.v1 import program_service_pb2 as pb
from services.pb.mentoring.matching.v1.policy_pb2 import MatchingPolicy
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person
from tests.matching.factories import LEAD, MENTEE, MENTOR, NOW, ORG, PROGRAM, PROGRAM_ID, STRANGER

HERE = Ref(ORG, PROGRAM_ID)
LATER = datetime(2026, 3, 5, tzinfo=UTC)
NAME = f"organizations/{ORG}/programs/{PROGRAM_ID}"
DAYS = st.none() | st.dates(date(2026, 1, 1), date(2026, 6, 30))
RULES = st.builds(
    programs.Eligibility,
    departments=st.sampled_from(((), ("Sales", "Support"))),
    countries=st.sampled_from(((), ("DE",))),
    min_grade=st.integers(0, 3),
    max_grade=st.sampled_from((0, 5)),
    min_tenure_days=st.integers(0, 400),
    max_tenure_days=st.integers(400, 800),
)
PROGRAMS = st.builds(
    Program,
    st.text(min_size=1, max_size=20),
    st.sampled_from((LEAD, STRANGER)),
    st.integers(1, 90),
    st.integers(15, 240),
    type=st.sampled_from(Type),
    first_day=DAYS,
    last_day=st.none() | st.dates(date(2026, 7, 1), date(2026, 12, 31)),
    mentees=RULES,
    mentors=RULES,
    agreement=st.builds(
        programs.AgreementDefaults,
        st.sampled_from(((), ("VIDEO", "CHAT"))),
        st.just(("career",)),
        st.integers(1, 999),
    ),
    most_mentees=st.integers(1, 500),
    requests=st.builds(
        RequestRules, st.sampled_from(((24,), (72, 168))), st.integers(169, 400), st.integers(1, 9)
    ),
    join_approval=st.booleans(),
)


APART = MatchingPolicy(forbid_same_department=True)


def person(one: str, org: str = ORG) -> str:
    return f"organizations/{org}/people/{one}"


def draft(**given_: Any) -> pb.Program:
    return pb.Program(**{"display_name": "Spring", "lead": person(LEAD), **given_})


def stored(state: Any) -> Versioned[Any]:
    return Versioned(state, 1, NOW, LATER)


@given(PROGRAMS)
def test_a_program_comes_back_as_it_went_out(program: Program) -> None:
    message = wire.program(HERE, stored(program))
    assert wire.program_draft(ORG, message) == program
    assert (message.name, message.etag, message.revision) == (NAME, '"1"', 1)
    assert message.create_time.ToDatetime(UTC) == NOW
    assert message.update_time.ToDatetime(UTC) == LATER


def test_a_program_that_says_nothing_has_the_house_defaults() -> None:
    bare = wire.program_draft(ORG, draft())
    assert bare == Program("Spring", LEAD, cadence_days=14, meeting_minutes=45)
    assert (bare.requests.reminder_hours, bare.requests.expiry_hours) == ((72, 168), 336)


@pytest.mark.parametrize("kind", Type)
def test_kinds_of_programs_have_defaults_of_their_own(kind: Type) -> None:
    made = wire.program_draft(ORG, draft(type=pb.Program.Type.Value(f"TYPE_{kind}")))
    usual = programs.USUAL[kind]
    assert (made.cadence_days, made.meeting_minutes) == (usual.cadence_days, usual.meeting_minutes)
    assert (made.agreement.length_days, made.requests) == (usual.length_days, usual.requests)
    assert (made.policy.best_grade_gap, made.most_mentees) == (usual.grade_gap, usual.seats)
    assert (made.mentees.max_tenure_days, made.mentors.max_tenure_days) == (usual.newcomer_days, 0)


def test_what_a_program_says_counts_more_than_its_kind() -> None:
    said = draft(
        type=pb.Program.TYPE_ONBOARDING,
        cadence=Duration(seconds=14 * 86_400),
        mentee_eligibility=pb.Eligibility(max_tenure_days=30),
    )
    made = wire.program_draft(ORG, said)
    assert (made.cadence_days, made.mentees.max_tenure_days) == (14, 30)


def test_a_short_expiry_drops_the_usual_reminders_after_it() -> None:
    rules = pb.RequestRules(expiry=Duration(seconds=100 * 3600))
    assert wire.program_draft(ORG, draft(request_rules=rules)).requests.reminder_hours == (72,)


@pytest.mark.parametrize(
    ("given_", "reason", "field"),
    [
        ({"display_name": ""}, "FIELD_MISSING", "program.display_name"),
        ({"lead": ""}, "FIELD_MISSING", "program.lead"),
        ({"lead": person("e1", "other")}, "FOREIGN_ORGANIZATION", "program.lead"),
        ({"cadence": Duration(seconds=86_401)}, "DURATION_NOT_WHOLE", "program.cadence"),
        ({"cadence": Duration(seconds=86_400, nanos=1)}, "DURATION_NOT_WHOLE", "program.cadence"),
        ({"meeting_length": Duration(seconds=901)}, "DURATION_NOT_WHOLE", "program.meeting_length"),
        ({"start_date": Date(year=2026, month=2, day=30)}, "DATE_INVALID", "program.start_date"),
        (
            {"start_date": Date(year=2026, month=2, day=2), "end_date": Date(year=2026, month=2, day=1)},
            "DATES_CROSSED",
            "program.end_date",
        ),
        (
            {"mentor_eligibility": pb.Eligibility(min_grade=5, max_grade=4)},
            "GRADES_CROSSED",
            "program.mentor_eligibility.max_grade",
        ),
        (
            {"mentee_eligibility": pb.Eligibility(min_tenure_days=90, max_tenure_days=30)},
            "TENURES_CROSSED",
            "program.mentee_eligibility.max_tenure_days",
        ),
        (
            {"request_rules": pb.RequestRules(reminders=[Duration(seconds=7200), Duration(seconds=3600)])},
            "REMINDERS_WRONG",
            "program.request_rules.reminders",
        ),
        (
            {"request_rules": pb.RequestRules(reminders=[Duration(seconds=3601)])},
            "DURATION_NOT_WHOLE",
            "program.request_rules.reminders[0]",
        ),
    ],
)
def test_what_is_wrong_is_named(given_: dict[str, Any], reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        wire.program_draft(ORG, draft(**given_))
    assert (refusal.value.reason, refusal.value.fields[0][0]) == (reason, field)


def test_an_update_changes_what_its_mask_names_and_nothing_else() -> None:
    message = pb.Program(display_name="Else", most_mentees_per_mentor=2, join_approval=True)
    named = wire.changing(ORG, message, FieldMask(paths=["most_mentees_per_mentor"]), PROGRAM)
    assert named == replace(PROGRAM, most_mentees=2)
    populated = wire.changing(ORG, message, FieldMask(), PROGRAM)
    assert populated == replace(PROGRAM, display_name="Else", most_mentees=2, join_approval=True)
    whole = wire.changing(ORG, draft(), FieldMask(paths=["*"]), replace(PROGRAM, join_approval=True))
    assert whole == wire.program_draft(ORG, draft())


@pytest.mark.parametrize(
    ("path", "reason", "field"),
    [
        ("matching_policy.past", "UNKNOWN_FIELD", "update_mask"),
        ("nonsense", "UNKNOWN_FIELD", "update_mask"),
        ("display_name", "FIELD_MISSING", "program.display_name"),
    ],
)
def test_a_wrong_mask_is_refused(path: str, reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        wire.changing(ORG, pb.Program(), FieldMask(paths=[path]), PROGRAM)
    assert (refusal.value.reason, refusal.value.fields[0][0]) == (reason, field)


def test_every_unknown_path_is_named() -> None:
    with pytest.raises(Invalid) as refusal:
        wire.changing(ORG, pb.Program(), FieldMask(paths=["colour", "lead", "shape"]), PROGRAM)
    assert [text.split()[0] for _, text in refusal.value.fields] == ["colour", "shape"]


@pytest.mark.parametrize("path", ["state", "revision", "create_time", "name", "etag"])
def test_what_only_ever_comes_out_is_passed_over(path: str) -> None:
    """Whoever sends back what was read, with all its paths, changes what can be changed (AIP-203)."""
    sent = pb.Program(display_name="Else", state=pb.Program.STATE_CLOSED, revision=9)
    changed = wire.changing(ORG, sent, FieldMask(paths=[path, "display_name"]), PROGRAM)
    assert changed == replace(PROGRAM, display_name="Else")
    assert encode.wishes(ORG, MENTEE, pb.Enrolment(), FieldMask(paths=["state"])) == Wishes()


def test_fields_that_a_mask_does_not_name_are_not_looked_at() -> None:
    sent = pb.Program(
        display_name="Else",
        lead=person("e1", "other"),
        cadence=Duration(seconds=1),
        matching_policy=MatchingPolicy(mentee_weights={"charm": 1}),
    )
    changed = wire.changing(ORG, sent, FieldMask(paths=["display_name"]), PROGRAM)
    assert changed == replace(PROGRAM, display_name="Else")


def test_what_a_changed_field_leaves_unset_has_the_defaults_of_the_programs_type() -> None:
    flash = wire.program_draft(ORG, draft(type=pb.Program.TYPE_FLASH))
    more = wire.changing(ORG, pb.Program(request_rules=pb.RequestRules(most_open=9)), FieldMask(), flash)
    assert more.requests == replace(programs.USUAL[Type.FLASH].requests, most_open=9)
    reverse = wire.program_draft(ORG, draft(type=pb.Program.TYPE_REVERSE))
    apart = pb.Program(matching_policy=APART)
    assert wire.changing(ORG, apart, FieldMask(), reverse).policy.best_grade_gap == -3
    to_peer = pb.Program(type=pb.Program.TYPE_PEER, matching_policy=APART)
    assert wire.changing(ORG, to_peer, FieldMask(), reverse).policy.best_grade_gap == 0
    assert wire.changing(ORG, pb.Program(type=pb.Program.TYPE_PEER), FieldMask(), reverse) == replace(
        reverse, type=Type.PEER
    )


def test_an_update_must_fit_what_stays() -> None:
    """The end alone is fine; before the start that stays it is not."""
    known = replace(PROGRAM, first_day=date(2026, 5, 1))
    with pytest.raises(Invalid, match="DATES_CROSSED"):
        wire.changing(ORG, pb.Program(end_date=Date(year=2026, month=4, day=1)), FieldMask(), known)


def test_a_revision_names_fields_as_the_contract_does() -> None:
    opened = programs.Revision(PROGRAM, LEAD, NOW)
    changed = PROGRAM.changed(replace(PROGRAM, most_mentees=2, first_day=date(2026, 1, 1)), "hr", LATER)[0]
    message = wire.revision(HERE, changed.history[-1])
    assert (message.revision, message.person) == (2, person("hr"))
    assert list(message.changed_fields) == ["start_date", "most_mentees_per_mentor"]
    assert message.program.most_mentees_per_mentor == 2
    assert wire.revision(HERE, opened).revision == 1


WISH = pb.EnrolmentRequest(
    person=person(MENTEE),
    roles=[Person.ROLE_MENTEE],
    focus_areas=["career"],
    preferred_people=[person(MENTOR)],
    blocked_people=[person(STRANGER)],
)
WISHED = Enrolment(
    PROGRAM_ID, MENTEE, (Role.MENTEE,), focus=("career",), preferred=(MENTOR,), blocked=(STRANGER,)
)


def test_whom_to_enrol_keeps_order_and_wishes() -> None:
    mentor = pb.EnrolmentRequest(person=person(MENTOR), roles=[Person.ROLE_MENTOR, Person.ROLE_MENTEE])
    asked = encode.asked(ORG, PROGRAM_ID, [WISH, mentor])
    assert asked == [WISHED, Enrolment(PROGRAM_ID, MENTOR, (Role.MENTOR, Role.MENTEE))]


@pytest.mark.parametrize(
    ("second", "reason", "field"),
    [
        ({"person": person(MENTEE)}, "DUPLICATE_PERSON", "requests[1].person"),
        ({"person": person("e1", "other")}, "FOREIGN_ORGANIZATION", "requests[1].person"),
        (
            {"person": person(MENTOR), "blocked_people": [person(MENTOR)]},
            "OWN_NAME",
            "requests[1].blocked_people[0]",
        ),
        (
            {"person": person(MENTOR), "preferred_people": [person("e1", "other")]},
            "FOREIGN_ORGANIZATION",
            "requests[1].preferred_people[0]",
        ),
    ],
)
def test_a_wrong_wish_is_named_by_place(second: dict[str, Any], reason: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        encode.asked(ORG, PROGRAM_ID, [WISH, pb.EnrolmentRequest(**second)])
    assert (refusal.value.reason, refusal.value.fields[0][0]) == (reason, field)


def test_wishes_that_a_mask_does_not_name_stay() -> None:
    message = pb.Enrolment(focus_areas=["career"])
    assert encode.wishes(ORG, MENTEE, message, FieldMask()) == Wishes(focus=("career",))
    cleared = encode.wishes(ORG, MENTEE, message, FieldMask(paths=["blocked_people"]))
    assert cleared == Wishes(blocked=())


@pytest.mark.parametrize(("path", "reason"), [("roles", "ROLES_MISSING"), ("colour", "UNKNOWN_FIELD")])
def test_wishes_that_cannot_be(path: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        encode.wishes(ORG, MENTEE, pb.Enrolment(), FieldMask(paths=[path]))


@pytest.mark.parametrize("stage", list(Taking))
def test_an_enrolment_shows_all_of_it(stage: Taking) -> None:
    message = encode.enrolment(
        Ref(ORG, "e-1"), stored(replace(WISHED, stage=stage, waits=2, end_reason="LEFT"))
    )
    assert message == pb.Enrolment(
        name=f"{NAME}/enrolments/e-1",
        person=person(MENTEE),
        roles=[Person.ROLE_MENTEE],
        state=pb.Enrolment.State.Value(f"STATE_{stage}"),
        focus_areas=["career"],
        preferred_people=[person(MENTOR)],
        blocked_people=[person(STRANGER)],
        rounds_unmatched=2,
        end_reason="LEFT",
        etag='"1"',
        create_time=message.create_time,
        update_time=message.update_time,
    )


ABOUT = {"enrolment": f"{NAME}/enrolments/e-1", "program": NAME, "person": person(MENTEE)}


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (enrolments.PersonEnrolled(), events.PersonEnrolled(**ABOUT)),
        (enrolments.EnrolmentRequested(LEAD), events.EnrolmentRequested(**ABOUT, lead=person(LEAD))),
        (enrolments.EnrolmentUpdated(), events.EnrolmentUpdated(**ABOUT)),
        (enrolments.EnrolmentPaused(), events.EnrolmentPaused(**ABOUT)),
        (enrolments.EnrolmentResumed(), events.EnrolmentResumed(**ABOUT)),
        (enrolments.EnrolmentEnded(), events.EnrolmentEnded(**ABOUT, reason="LEFT")),
    ],
)
def test_events_of_an_enrolment(event: enrolments.Event, message: Message) -> None:
    outgoing = tell.enrolment_outgoing(Ref(ORG, "e-1"), replace(WISHED, end_reason="LEFT"), event)
    assert (outgoing.message, outgoing.key) == (message, "e-1")


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (programs.ProgramCreated(), events.ProgramCreated(program=NAME, lead=person(LEAD))),
        (
            programs.ProgramUpdated(("most_mentees",)),
            events.ProgramUpdated(program=NAME, revision=1, changed_fields=["most_mentees_per_mentor"]),
        ),
        (programs.ProgramClosed(), events.ProgramClosed(program=NAME)),
    ],
)
def test_events_of_a_program(event: programs.Event, message: Message) -> None:
    outgoing = tell.program_outgoing(HERE, PROGRAM, event)
    assert (outgoing.message, outgoing.key, outgoing.subject) == (message, PROGRAM_ID, NAME)
