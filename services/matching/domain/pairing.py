"""Whether two people may be a pair, whoever proposes it: the rules that cohort runs never break either."""

from services.matching.domain import scoring, week
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.plan import Proposal
from services.matching.domain.policy import Pair, Rules
from services.matching.domain.scoring import Side


def blocked(mentor: Enrolment, mentee: Enrolment) -> bool:
    """Whether either of the two never wants to be matched with the other."""
    return mentee.person in mentor.blocked or mentor.person in mentee.blocked


def may_meet(mentor: Side, mentee: Side, rules: Rules) -> bool:
    """Whether both are here, and the reporting lines and the program's rules allow it."""
    one, other = mentor.member, mentee.member
    return (
        one.active
        and other.active
        and one.id != other.id
        and one.id not in mentee.superiors
        and other.id not in mentor.superiors
        and (rules.same_department or not one.department or one.department != other.department)
        and (rules.least_grade_gap is None or one.grade - other.grade >= rules.least_grade_gap)
        and not mentor.languages.isdisjoint(mentee.languages)
        and week.minutes(mentor.hours & mentee.hours) >= rules.least_overlap_minutes
    )


def proposal(mentor: Side, mentee: Side) -> Proposal:
    """Return how the two fit."""
    parts = scoring.contributions(mentor, mentee)
    pair = Pair(mentor.member.id, mentee.member.id)
    return Proposal(pair.mentor, pair.mentee, sum(part.score_ppm for part in parts), parts)
