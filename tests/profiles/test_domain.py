"""One person: which values it may have, what a change tells, what colleagues see."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Invalid
from services.profiles.domain import (
    Person,
    PersonCreated,
    PersonUpdated,
    Preference,
    Role,
    Skill,
    State,
    Window,
    change,
    create,
    for_colleagues,
)
from tests.profiles import factories


def refusals(**changes: Any) -> dict[str, str]:
    """Return field -> reason code of what `create` says about a person with `changes`."""
    with pytest.raises(Invalid) as refused:
        create("e1", factories.values(factories.person()) | changes)
    return {field: text.split(":")[0] for field, text in refused.value.fields}


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("email", "", "MISSING"),
        ("email", "not-an-address", "MALFORMED_ADDRESS"),
        ("email", "two@at@acme.example", "MALFORMED_ADDRESS"),
        ("email", "a" * 250 + "@b.example", "TOO_LONG"),
        ("given_name", "", "MISSING"),
        ("given_name", "   ", "MISSING"),
        ("given_name", "=SUM(A1)", "SPREADSHEET_FORMULA"),
        ("family_name", "a\x00b", "CONTROL_CHARACTER"),
        ("family_name", "a\u202eb", "CONTROL_CHARACTER"),
        ("family_name", "x" * 101, "TOO_LONG"),
        ("preferred_name", "-1+2", "SPREADSHEET_FORMULA"),
        ("title", "x" * 201, "TOO_LONG"),
        ("title", "two\nlines", "CONTROL_CHARACTER"),
        ("department", "@cmd", "SPREADSHEET_FORMULA"),
        ("grade", 0, "GRADE_OUT_OF_RANGE"),
        ("grade", 100, "GRADE_OUT_OF_RANGE"),
        ("manager", "e1", "OWN_MANAGER"),
        ("manager", "E2!", "MALFORMED_ID"),
        ("country", "XX", "UNKNOWN_COUNTRY"),
        ("country", "ZZ", "UNKNOWN_COUNTRY"),
        ("country", "USA", "UNKNOWN_COUNTRY"),
        ("time_zone", "", "MISSING"),
        ("time_zone", "Mars/Olympus", "UNKNOWN_TIME_ZONE"),
        ("time_zone", "localtime", "UNKNOWN_TIME_ZONE"),
        ("languages", (), "MISSING"),
        ("languages", ("en", "klingonese"), "UNKNOWN_LANGUAGE"),
        ("languages", ("und",), "UNKNOWN_LANGUAGE"),
        ("skills_offered", (Skill("python", 9),), "LEVEL_OUT_OF_RANGE"),
        ("skills_offered", (Skill("python", 0),), "LEVEL_OUT_OF_RANGE"),
        ("skills_sought", (Skill(" ", 3),), "SKILL_WITHOUT_NAME"),
        ("skills_sought", (Skill("go", 3), Skill("Go", 4)), "CONTRADICTING_SKILL"),
        ("skills_sought", tuple(Skill(f"s{number}", 1) for number in range(51)), "TOO_MANY"),
        ("mentor_capacity", -1, "CAPACITY_OUT_OF_RANGE"),
        ("mentor_capacity", 21, "CAPACITY_OUT_OF_RANGE"),
        ("weekly_hours", (Window(1, 1020, 540),), "END_BEFORE_START"),
        ("weekly_hours", (Window(1, 540, 540),), "END_BEFORE_START"),
        ("weekly_hours", (Window(1, 660, 780), Window(1, 540, 720)), "OVERLAPPING_HOURS"),
        ("weekly_hours", tuple(Window(1, 2 * n, 2 * n + 1) for n in range(51)), "TOO_MANY"),
    ],
)
def test_a_value_no_person_may_have_is_refused_by_name_and_reason(
    field: str, value: object, reason: str
) -> None:
    assert refusals(**{field: value}) == {f"person.{field}": reason}


def test_all_wrong_fields_are_named_at_once() -> None:
    assert refusals(grade=0, email="", country="XX") == {
        "person.email": "MISSING",
        "person.grade": "GRADE_OUT_OF_RANGE",
        "person.country": "UNKNOWN_COUNTRY",
    }


def test_a_refusal_never_repeats_what_was_typed() -> None:
    """Refusals travel and are logged; a name or an address in the wrong place must not travel with them."""
    with pytest.raises(Invalid) as refused:
        create("e1", factories.values(factories.person(email="secret", country="secret", title="=secret")))
    assert "secret" not in str(refused.value) + repr(refused.value.fields)


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("email", " Ada@Acme.Example ", "ada@acme.example"),
        ("given_name", "  Ada ", "Ada"),
        ("given_name", "<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("family_name", "महेन्द्र‌सिंह", "महेन्द्र‌सिंह"),
        ("country", "gb", "GB"),
        ("languages", ("EN", "fr", "en"), ("en", "fr")),
        ("roles", (Role.MENTOR, Role.MENTEE), (Role.MENTEE, Role.MENTOR)),
        ("skills_offered", (Skill("C#", 3), Skill(" c# ", 3)), (Skill("c#", 3),)),
        ("skills_offered", (Skill(".NET", 3),), (Skill(".net", 3),)),
        ("weekly_hours", (Window(2, 0, 60), Window(1, 60, 1440)), (Window(1, 60, 1440), Window(2, 0, 60))),
        ("weekly_hours", (Window(1, 0, 60), Window(1, 60, 90)), (Window(1, 0, 60), Window(1, 60, 90))),
        ("time_zone", "Asia/Kolkata", "Asia/Kolkata"),
    ],
)
def test_values_are_kept_in_one_form(field: str, typed: object, kept: object) -> None:
    state, _ = create("e1", factories.values(factories.person()) | {field: typed})
    assert getattr(state, field) == kept


def test_a_new_person_is_told_with_roles_and_state() -> None:
    state, events = create("e1", factories.values(factories.person(state=State.ON_LEAVE)))
    assert state.state is State.ON_LEAVE
    assert events == [PersonCreated("e1", (Role.MENTEE,), State.ON_LEAVE)]


def test_a_change_tells_which_fields_differ_and_only_those() -> None:
    old = factories.person()
    new, events = change("e1", old, {"title": "Countess", "grade": old.grade, "roles": (Role.MENTOR,)})
    assert new == replace(old, title="Countess", roles=(Role.MENTOR,))
    assert events == [PersonUpdated("e1", (Role.MENTOR,), State.ACTIVE, ("title", "roles"))]


def test_a_change_to_what_is_there_already_tells_nothing() -> None:
    old = factories.person()
    assert change("e1", old, {"email": "ADA@acme.example", "languages": ["en", "fr"]}) == (old, [])


def test_a_change_to_a_wrong_value_is_refused() -> None:
    with pytest.raises(Invalid, match="INVALID_PERSON"):
        change("e1", factories.person(), {"time_zone": "Mars/Olympus"})


def test_colleagues_see_neither_address_nor_manager_nor_grade_nor_first_day() -> None:
    shown = for_colleagues(factories.person(manager="e2"))
    assert (shown.email, shown.manager, shown.grade, shown.hire_date) == ("", "", 0, None)
    assert (shown.given_name, shown.meeting_preference) == ("Ada", Preference.VIDEO)


@given(factories.people())
def test_the_stored_form_of_a_person_is_a_fixed_point(state: Person) -> None:
    assert create("e1", factories.values(state))[0] == state


@given(factories.people(), factories.people(), st.data())
def test_events_name_exactly_what_differs(old: Person, new: Person, data: st.DataObject) -> None:
    picked = data.draw(st.sets(st.sampled_from(sorted(factories.values(new)))))
    after, events = change("e1", old, {field: getattr(new, field) for field in picked})
    differing = {field for field in picked if getattr(old, field) != getattr(new, field)}
    assert {name for event in events for name in getattr(event, "changed_fields", ())} == differing
    assert bool(events) == bool(differing)
    assert after == replace(old, **{field: getattr(new, field) for field in differing})
