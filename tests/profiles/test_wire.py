"""People to protobuf and back; events and refusals on the way."""

from datetime import UTC, date, datetime

import pytest
from google.type.date_pb2 import Date
from google.type.dayofweek_pb2 import DayOfWeek
from hypothesis import given

from services.kernel.errors import Invalid
from services.kernel.mongo import Ref, Versioned
from services.pb.mentoring.profiles.v1 import events_pb2 as events
from services.pb.mentoring.profiles.v1 import person_service_pb2 as pb
from services.profiles import domain
from services.profiles.domain import Person, Role, State, Window
from services.profiles.wire import people as wire
from tests.profiles import factories

ADA = Ref("acme", "ada")


@given(factories.people())
def test_a_person_survives_the_way_to_protobuf_and_back(state: Person) -> None:
    sent = pb.Person.FromString(wire.person(ADA, state).SerializeToString())
    assert Person(**wire.values("acme", sent)) == state


def test_names_are_full_and_version_and_times_come_along() -> None:
    born, changed = datetime(2026, 1, 2, 3, 4, 5, 6000, UTC), datetime(2026, 2, 3, tzinfo=UTC)
    kept = Versioned(factories.person(manager="bob"), 7, born, changed)
    message = wire.stored(ADA, kept)
    assert (message.name, message.manager) == (
        "organizations/acme/people/ada",
        "organizations/acme/people/bob",
    )
    assert message.etag == '"7"'
    assert message.create_time.ToDatetime(UTC) == born
    assert message.update_time.ToDatetime(UTC) == changed


def test_days_of_the_week_are_those_of_the_contract() -> None:
    week = tuple(Window(day, 0, 60) for day in range(1, 8))
    days = [window.day for window in wire.person(ADA, factories.person(weekly_hours=week)).weekly_hours]
    assert days == [
        DayOfWeek.MONDAY,
        DayOfWeek.TUESDAY,
        DayOfWeek.WEDNESDAY,
        DayOfWeek.THURSDAY,
        DayOfWeek.FRIDAY,
        DayOfWeek.SATURDAY,
        DayOfWeek.SUNDAY,
    ]


def test_a_state_that_is_not_given_means_active() -> None:
    assert wire.values("acme", pb.Person())["state"] is State.ACTIVE


def test_a_manager_of_another_organization_is_refused() -> None:
    with pytest.raises(Invalid, match="FOREIGN_ORGANIZATION"):
        wire.values("acme", pb.Person(manager="organizations/globex/people/bob"))


@pytest.mark.parametrize("day", [Date(year=2023, month=2, day=30), Date(year=2023), Date(month=2, day=1)])
def test_a_first_day_that_is_on_no_calendar_is_refused(day: Date) -> None:
    with pytest.raises(Invalid) as refused:
        wire.values("acme", pb.Person(hire_date=day))
    assert refused.value.fields[0][0] == "person.hire_date"


def test_events_carry_ids_and_codes_only() -> None:
    state, told = domain.change("ada", factories.person(), {"email": "new@acme.example", "hire_date": None})
    sent = wire.outgoing(ADA, state, told[0])
    assert (sent.subject, sent.key) == ("organizations/acme/people/ada", "ada")
    assert sent.message == events.PersonUpdated(
        person="organizations/acme/people/ada",
        roles=[pb.Person.ROLE_MENTEE],
        state=pb.Person.STATE_ACTIVE,
        changed_fields=["email", "hire_date"],
    )


def test_a_new_person_is_told_likewise() -> None:
    state, told = domain.create("ada", factories.values(factories.person(roles=(Role.MENTOR,))))
    assert wire.outgoing(ADA, state, told[0]).message == events.PersonCreated(
        person="organizations/acme/people/ada",
        roles=[pb.Person.ROLE_MENTOR],
        state=pb.Person.STATE_ACTIVE,
    )


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            domain.Rejected(7, "grade", "NOT_A_NUMBER", "must be a whole number"),
            pb.ImportPeopleResponse(
                rejected=pb.RejectedRow(
                    line=7, field="grade", reason="NOT_A_NUMBER", description="must be a whole number"
                )
            ),
        ),
        (domain.Progress(5, 9), pb.ImportPeopleResponse(progress=pb.ImportProgress(done=5, total=9))),
        (
            domain.Summary(1, 2, 3, 4),
            pb.ImportPeopleResponse(summary=pb.ImportSummary(created=1, updated=2, unchanged=3, rejected=4)),
        ),
    ],
)
def test_every_step_of_an_import_can_be_told(step: domain.Step, message: pb.ImportPeopleResponse) -> None:
    assert wire.step(step) == message


def test_an_empty_first_day_stays_empty() -> None:
    state = factories.person(hire_date=None)
    assert not wire.person(ADA, state).HasField("hire_date")
    assert wire.values("acme", wire.person(ADA, factories.person()))["hire_date"] == date(2020, 2, 29)
