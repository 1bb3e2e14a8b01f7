"""Whether two people may be a pair, whoever proposes it: the rules that cohort runs never break either."""

from collections.abc import Mapping

from services.matching.domain import scoring
from services.matching.domain.enrolments import Enrolment
from services.matching.domain.members import superiors
from services.matching.domain.plan import Proposal
from services.matching.domain.policy import Policy, Rules
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


def proposal(mentor: Side, mentee: Side, policy: Policy, *, partners_before: bool) -> Proposal:
    """Return how the two fit, in the eyes of both."""
    ids = (mentor.member.id, mentee.member.id)
    shared = scoring.credits_of(mentor, mentee, policy, partners_before=partners_before)
    own = scoring.contributions(shared, scoring.preference(mentee, ids[0]), policy.mentee_weights)
    theirs = scoring.contributions(shared, scoring.preference(mentor, ids[1]), policy.mentor_weights)
    return Proposal(
        *ids,
        score_ppm=sum(part.score_ppm for part in own),
        contributions=own,
        mentor_score_ppm=sum(part.score_ppm for part in theirs),
        mentor_contributions=theirs,
    )
