"""Whether two people may be a pair, whoever proposes it: the rules that cohort runs never break either."""

from collections.abc import Mapping

from services.matching.domain import scoring
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.members import superiors
from services.matching.domain.policy import Rules
from services.matching.domain.scoring import Side


def blocked(mentor: Enrolment, mentee: Enrolment) -> bool:
    """Whether either of the two never wants to be matched with the other."""
    return mentee.person in mentor.blocked or mentor.person in mentee.blocked


def may_meet(mentor: Side, mentee: Side, rules: Rules, manager_of: Mapping[str, str]) -> bool:
    """Whether both are here, and the reporting lines and the program's rules allow it."""
    one, other = mentor.member, mentee.member
    return (
        one.active
        and other.active
        and one.id != other.id
        and one.id not in superiors(other.id, manager_of)
        and other.id not in superiors(one.id, manager_of)
        and (rules.same_department or not one.department or one.department != other.department)
        and (rules.least_grade_gap is None or one.grade - other.grade >= rules.least_grade_gap)
        and not mentor.languages.isdisjoint(mentee.languages)
        and scoring.common_minutes(mentor, mentee) >= rules.least_overlap_minutes
    )
