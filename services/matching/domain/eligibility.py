"""Whether people may take part in a program as what they ask for."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.kernel.errors import Refused
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.members import Member, Role
from services.matching.domain.programs import Program


def require_eligible(
    program: Program, asked: Mapping[str, Enrolment], people: Sequence[Member], today: date
) -> None:
    """Check that everybody asked for may take part; people are in the order of `asked`, today is UTC's.

    The keys of `asked` are where the request asks, such as "requests[3]": Refused NOT_ELIGIBLE names all that
    may not, and why.
    """
    wrong = [
        (field, problem)
        for (field, enrolment), person in zip(asked.items(), people, strict=True)
        if (problem := _problem(program, enrolment, person, today))
    ]
    if wrong:
        raise Refused(
            "NOT_ELIGIBLE",
            f"{len(wrong)} of {len(asked)} may not take part; nothing was changed",
            fields=wrong,
        )


def _problem(program: Program, enrolment: Enrolment, person: Member, today: date) -> str:
    if not person.active:
        return "the person is not active"
    if missing := [role.lower() for role in enrolment.roles if role not in person.seeks]:
        return f"the person does not seek to be {' or '.join(missing)}"
    rules = {Role.MENTEE: program.mentees, Role.MENTOR: program.mentors}
    problems = (rules[role].problem(person, today) for role in enrolment.roles)
    return next((problem for problem in problems if problem), "")
