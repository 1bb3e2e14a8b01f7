"""Names and durations as requests carry them, times as answers do."""

from datetime import UTC, datetime

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from services.kernel import fields
from services.kernel.errors import Invalid
from services.pb.mentoring.mentorships.v1.goal_service_pb2 import Goal

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
