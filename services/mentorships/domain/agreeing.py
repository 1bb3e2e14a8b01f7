"""How two people come to terms, and change them: one proposes, both sign."""

from dataclasses import replace
from datetime import datetime

from services.kernel.errors import Conflict, Refused
from services.mentorships.domain.agreement import MOST_AMENDMENTS, Agreement, Terms
from services.mentorships.domain.days import require_ahead
from services.mentorships.domain.happenings import (
    AgreementProposed,
    AgreementSigned,
    AgreementWithdrawn,
    MentorshipActivated,
    MentorshipEvent,
)
from services.mentorships.domain.mentorship import Mentorship, Stage

Decision = tuple[Mentorship, list[MentorshipEvent]]


def propose(mentorship: Mentorship, person: str, terms: Terms, now: datetime) -> Decision:
    """Put new terms on the table; signatures below earlier ones fall, and the proposer signs like the other.

    What is in force stays so until both have signed. Raises Denied NOT_A_PARTICIPANT, Refused
    MENTORSHIP_ENDED, MENTORSHIP_PAUSED or TOO_MANY_AMENDMENTS, Invalid as `Terms.checked` does.
    """
    mentorship.require_participant(person)
    mentorship.require_awake()
    if len(mentorship.earlier) >= MOST_AMENDMENTS:
        raise Refused("TOO_MANY_AMENDMENTS", f"an agreement is amended at most {MOST_AMENDMENTS} times")
    revision = _latest(mentorship) + 1
    offered = _tabled(mentorship, Agreement(terms.checked(now), revision))
    return replace(offered, revision=revision), [AgreementProposed(person, revision)]


def sign(mentorship: Mentorship, person: str, revision: int, now: datetime) -> Decision:
    """Sign what is on the table; the second signature puts it in force and sets the last day.

    Raises Denied NOT_A_PARTICIPANT, Refused MENTORSHIP_ENDED, MENTORSHIP_PAUSED, AGREEMENT_MISSING or
    ALREADY_SIGNED, Conflict AGREEMENT_CHANGED when another revision is there, Invalid END_DATE_PAST when
    its last day has gone by meanwhile.
    """
    mentorship.require_participant(person)
    mentorship.require_awake()
    offered = _asked_for(mentorship, revision)
    signed = offered.sign(person, mentorship.people, now)
    require_ahead(offered.terms.end_date, now, "agreement.end_date")
    if not signed.in_force_between(mentorship.people):
        return _tabled(mentorship, signed), [AgreementSigned(person, revision)]
    activated = MentorshipActivated(signed.terms.cadence_days, signed.terms.meeting_minutes)
    return _put_in_force(mentorship, signed), [AgreementSigned(person, revision), activated]


def withdraw(mentorship: Mentorship, person: str, revision: int) -> Decision:
    """Take what is on the table off it, as its proposer or the other one.

    Raises Denied NOT_A_PARTICIPANT, Refused MENTORSHIP_ENDED or AGREEMENT_MISSING, Refused AGREEMENT_IN_FORCE
    when both have signed it, Conflict AGREEMENT_CHANGED.
    """
    mentorship.require_participant(person)
    mentorship.require_open()
    in_force = mentorship.in_force
    if in_force is not None and in_force.revision == revision:
        raise Refused("AGREEMENT_IN_FORCE", "both have signed this revision; amend it instead")
    _asked_for(mentorship, revision)
    kept = replace(mentorship, agreement=in_force, amendment=None, revision=_latest(mentorship))
    return kept, [AgreementWithdrawn(person, revision)]


def revisions(mentorship: Mentorship) -> list[Agreement]:
    """Return what both have signed, the latest first."""
    in_force = mentorship.in_force
    return [*([in_force] if in_force else []), *reversed(mentorship.earlier)]


def _latest(mentorship: Mentorship) -> int:
    """Return the number of the latest proposal; the oldest stored states do not count them."""
    shown = mentorship.agreement
    return max(mentorship.revision, shown.revision if shown else 0)


def _asked_for(mentorship: Mentorship, revision: int) -> Agreement:
    offered = mentorship.on_the_table or mentorship.in_force
    if offered is None:
        raise Refused("AGREEMENT_MISSING", "nobody has proposed an agreement yet")
    if revision != offered.revision:
        raise Conflict(
            "AGREEMENT_CHANGED",
            "another revision is on the table",
            metadata={"revision": str(offered.revision)},
        )
    return offered


def _tabled(mentorship: Mentorship, offered: Agreement) -> Mentorship:
    if mentorship.in_force is None:
        return replace(mentorship, agreement=offered)
    return replace(mentorship, amendment=offered)


def _put_in_force(mentorship: Mentorship, signed: Agreement) -> Mentorship:
    before = mentorship.in_force
    return replace(
        mentorship,
        stage=Stage.ACTIVE,
        agreement=signed,
        amendment=None,
        earlier=(*mentorship.earlier, before) if before else mentorship.earlier,
        end_date=signed.terms.end_date,
        extension=None,
    )
