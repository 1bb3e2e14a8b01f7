"""Names, durations and masks as requests carry them, times as answers do."""

from datetime import UTC, datetime

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from services.kernel import fields
from services.kernel.errors import Invalid
from services.pb.mentoring.mentorships.v1.goal_service_pb2 import Goal
from services.pb.mentoring.profiles.v1.person_service_pb2 import Person

PERSON = "organizations/*/people/*"


def test_the_last_id_of_a_name_of_the_own_organization() -> None:
    assert fields.owned_id("acme", PERSON, "organizations/acme/people/ada", "person") == "ada"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("organizations/acme-evil/people/ada", "FOREIGN_ORGANIZATION"),
        ("organizations/other/people/ada", "FOREIGN_ORGANIZATION"),
        ("organizations/acme/programs/ada", "MALFORMED_NAME"),
        ("organizations/acme/people/", "MALFORMED_NAME"),
    ],
)
def test_any_other_name_is_refused_with_the_field(name: str, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        fields.owned_id("acme", PERSON, name, "person")
    assert refused.value.reason == reason
    assert refused.value.fields[0][0] == "person"


def test_whole_units() -> None:
    assert fields.whole(Duration(seconds=14 * 86400), 86400, "cadence", "days") == 14


@pytest.mark.parametrize("duration", [Duration(seconds=86401), Duration(seconds=86400, nanos=1)])
def test_a_rest_is_refused_with_the_field(duration: Duration) -> None:
    with pytest.raises(Invalid) as refused:
        fields.whole(duration, 86400, "cadence", "days")
    assert refused.value.fields == (("cadence", "must be whole days"),)


@given(st.datetimes(timezones=st.timezones()))
def test_a_time_is_written_as_protobuf_writes_it(moment: datetime) -> None:
    written, expected = Timestamp(), Timestamp()
    fields.set_time(written, moment)
    expected.FromDatetime(moment)
    assert written == expected


def test_the_first_moment_of_1970_is_a_time_too() -> None:
    """Zeros are not written on the wire, the field that holds them is."""
    goal = Goal()
    fields.set_time(goal.create_time, datetime(1970, 1, 1, tzinfo=UTC))
    assert goal.HasField("create_time")


@pytest.mark.parametrize(
    ("paths", "changed"),
    [
        (["title", "grade", "title"], ("grade", "title")),
        (["*"], ("grade", "title", "manager")),
        ([], ("grade", "title")),
        (["name", "etag", "create_time", "grade"], ("grade",)),
    ],
    ids=["named", "all", "empty means populated", "what only comes out is passed over"],
)
def test_a_mask_picks_fields_that_can_be_changed(paths: list[str], changed: tuple[str, ...]) -> None:
    message = Person(name="organizations/acme/people/ada", title="Countess", grade=3, etag='"1"')
    assert fields.masked(message, FieldMask(paths=paths), ("grade", "title", "manager")) == changed


@pytest.mark.parametrize("path", ["email", "skills_offered.level", "salary", ""])
def test_a_mask_may_not_name_what_cannot_be_changed(path: str) -> None:
    with pytest.raises(Invalid, match="UNKNOWN_FIELD") as refused:
        fields.masked(Person(), FieldMask(paths=["title", path]), ("grade", "title"))
    assert [field for field, _ in refused.value.fields] == ["update_mask"]
