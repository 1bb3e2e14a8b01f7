"""Who may take part in a program, and which part of the request is told why not."""

from dataclasses import replace
from datetime import date

import pytest

from services.kernel.errors import Refused
from services.matching.domain.eligibility import require_eligible
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.members import Member, Role
from services.matching.domain.programs import Eligibility
from tests.matching.factories import MENTEE, MENTOR, PROGRAM, PROGRAM_ID, STRANGER, mentee, mentor

TODAY = date(2026, 3, 4)
SENIORS = replace(PROGRAM, mentors=Eligibility(min_grade=5))
AS_MENTEE = Enrolment(PROGRAM_ID, MENTEE, (Role.MENTEE,))
AS_MENTOR = Enrolment(PROGRAM_ID, MENTOR, (Role.MENTOR,))
AS_BOTH = Enrolment(PROGRAM_ID, STRANGER, (Role.MENTEE, Role.MENTOR))


def test_every_person_who_may_not_take_part_is_named_at_once() -> None:
    """All or nothing: the lead sees every problem of the list in one answer."""
    people = [mentee(), replace(mentor(), active=False), mentee(STRANGER), replace(mentor(), grade=2)]
    asked = (AS_MENTEE, AS_MENTOR, AS_BOTH, AS_MENTOR)
    fields = {f"requests[{place}]": one for place, one in enumerate(asked)}
    with pytest.raises(Refused) as refusal:
        require_eligible(SENIORS, fields, people, TODAY)
    assert refusal.value.reason == "NOT_ELIGIBLE"
    assert refusal.value.fields == (
        ("requests[1]", "the person is not active"),
        ("requests[2]", "the person does not seek to be mentor"),
        ("requests[3]", "the person's grade is below 5"),
    )
    require_eligible(SENIORS, {"roles": AS_MENTEE}, people[:1], TODAY)


@pytest.mark.parametrize(("grade", "problem"), [(4, "the person's grade is below 5"), (5, "")])
def test_who_wants_both_roles_must_be_eligible_for_both(grade: int, problem: str) -> None:
    person: Member = replace(mentee(STRANGER), seeks=(Role.MENTEE, Role.MENTOR), grade=grade)
    if not problem:
        require_eligible(SENIORS, {"roles": AS_BOTH}, [person], TODAY)
        return
    with pytest.raises(Refused) as refusal:
        require_eligible(SENIORS, {"roles": AS_BOTH}, [person], TODAY)
    assert refusal.value.fields == (("roles", problem),)
