import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel import ids
from services.kernel.errors import Invalid

SEGMENTS = st.text(alphabet="abcXYZ019._~-", min_size=1, max_size=128)
PERSON = "organizations/*/people/*"


def test_new_ids_are_random_uuids() -> None:
    made = {ids.new_id() for _ in range(100)}
    assert len(made) == 100
    assert {uuid.UUID(text).version for text in made} == {4}


def test_a_derived_id_is_the_same_for_ever() -> None:
    """A stored id must never change: this value is written down, not computed."""
    assert ids.derived_id("event-1", "reminder") == "31e1550a-932e-5fba-8d72-e6ebfa013c95"


@given(st.text())
def test_a_derived_id_is_the_standards_uuid5(part: str) -> None:
    expected = uuid.uuid5(uuid.UUID("6f4b1c0e-5d0b-5c8e-9a53-3c1f1d2a7e90"), f"{len(part)}:{part}")
    assert ids.derived_id(part) == str(expected)


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), max_size=4))
def test_other_parts_give_another_derived_id(one: list[str], other: list[str]) -> None:
    assert (ids.derived_id(*one) == ids.derived_id(*other)) == (one == other)


@given(SEGMENTS, SEGMENTS)
def test_a_name_is_read_back_as_written(org: str, person: str) -> None:
    made = ids.name("organizations", org, "people", person)
    assert ids.parse_name(PERSON, made) == (org, person)


@pytest.mark.parametrize("segment", ["", "a/b", "a b", "ä", "x" * 129, "a\n"])
def test_what_is_no_identifier_makes_no_name(segment: str) -> None:
    with pytest.raises(ValueError, match="segment"):
        ids.name("organizations", segment)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "organizations/acme",
        "organizations/acme/people/",
        "organizations/acme/people/a/goals/b",
        "organisations/acme/people/a",
        "/organizations/acme/people/a",
        "organizations/acme/people/a\n",
    ],
)
def test_a_malformed_name_is_refused_with_its_field(value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        ids.parse_name(PERSON, value, field="manager")
    assert refusal.value.reason == "MALFORMED_NAME"
    assert refusal.value.fields == (("manager", f"must look like {PERSON}"),)
