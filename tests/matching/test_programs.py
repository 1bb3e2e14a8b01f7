"""Programs as data: who may open, change and close them, who may take part, and who changed what."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kernel.errors import Refused
from services.matching.domain import programs
from services.matching.domain.members import Member
from services.matching.domain.programs import (
    Eligibility,
    Program,
    ProgramClosed,
    ProgramCreated,
    ProgramUpdated,
)
from tests.matching.factories import LEAD, NOW, PROGRAM, mentee

OPEN = programs.open_program(PROGRAM, Member(LEAD), LEAD, NOW)[0]
TODAY = date(2026, 3, 4)


def test_a_program_opens_under_an_active_lead_and_its_history_begins() -> None:
    opened, told = programs.open_program(PROGRAM, Member(LEAD), "hr", NOW)
    assert told == [ProgramCreated()]
    (first,) = opened.history
    assert (first.program, first.by, first.at, first.changed) == (PROGRAM, "hr", NOW, ())


def test_a_lead_who_left_would_get_alerts_for_nobody() -> None:
    with pytest.raises(Refused) as refusal:
        programs.open_program(PROGRAM, Member(LEAD, active=False), LEAD, NOW)
    assert (refusal.value.reason, refusal.value.fields[0][0]) == ("LEAD_NOT_ACTIVE", "program.lead")


def test_a_change_is_told_numbered_and_kept_with_who_and_when() -> None:
    wanted = replace(OPEN, display_name="Else", most_mentees=3)
    changed, told = OPEN.changed(wanted, "hr", NOW)
    assert told == [ProgramUpdated(("display_name", "most_mentees"))]
    assert (changed.revision, changed.display_name) == (2, "Else")
    last = changed.history[-1]
    assert (last.by, last.at, last.program.revision) == ("hr", NOW, 2)
    assert last.changed == ("display_name", "most_mentees")
    assert changed.history[:-1] == OPEN.history


def test_a_change_to_the_same_changes_nothing() -> None:
    assert OPEN.changed(replace(OPEN), "hr", NOW) == (OPEN, [])


def test_a_change_cannot_touch_stage_revision_and_history() -> None:
    forged = replace(OPEN, stage=programs.Stage.CLOSED, revision=9, history=())
    assert OPEN.changed(forged, "hr", NOW) == (OPEN, [])


def test_nothing_happens_in_a_closed_program() -> None:
    closed, told = OPEN.close(LEAD, NOW)
    assert told == [ProgramClosed()]
    assert closed.history[-1].changed == ("stage",)
    assert closed.close(LEAD, NOW) == (closed, [])
    for refused in (closed.require_active, lambda: closed.changed(replace(closed, lead="e2"), LEAD, NOW)):
        with pytest.raises(Refused, match="PROGRAM_CLOSED"):
            refused()


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_a_program_is_open_from_its_first_to_its_last_day(first: int, last: int) -> None:
    bounded = replace(PROGRAM, first_day=TODAY + timedelta(first), last_day=TODAY + timedelta(last))
    if first <= 0 <= last:
        bounded.require_open(TODAY)
        return
    with pytest.raises(Refused, match="PROGRAM_NOT_OPEN"):
        bounded.require_open(TODAY)


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        (Eligibility(), ""),
        (Eligibility(departments=("Support",), countries=("GB",), min_grade=4, max_grade=4), ""),
        (Eligibility(departments=("Sales",)), "the person's department takes no part"),
        (Eligibility(countries=("DE",)), "the person's country takes no part"),
        (Eligibility(min_grade=5), "the person's grade is below 5"),
        (Eligibility(max_grade=3), "the person's grade is above 3"),
        (Eligibility(min_tenure_days=90), ""),
        (Eligibility(min_tenure_days=91), "the person has not been here for 91 days"),
        (Eligibility(max_tenure_days=90), ""),
        (Eligibility(max_tenure_days=89), "the person has been here for more than 89 days"),
    ],
)
def test_who_may_take_part_and_why_not(rules: Eligibility, problem: str) -> None:
    person = replace(mentee(), country="GB", hired=TODAY - timedelta(90))
    assert rules.problem(person, TODAY) == problem


def test_somebody_without_a_hire_date_has_no_tenure() -> None:
    assert Eligibility(min_tenure_days=1).problem(mentee(), TODAY)


def test_every_setting_can_be_changed() -> None:
    """Else a new field would silently be none of what an update may change."""
    assert set(programs.SETTINGS) == set(Program.__dataclass_fields__) - {"stage", "revision", "history"}
