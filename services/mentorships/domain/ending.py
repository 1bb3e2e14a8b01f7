"""How a mentorship is over before both say that it reached its end, and how another mentor goes on."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from services.kernel.errors import Denied, Refused
from services.mentorships.domain.happenings import MentorshipEnded, MentorshipEvent, MentorshipHandedOver
from services.mentorships.domain.mentorship import (
    EndReason,
    Mentorship,
    Over,
    Stage,
    Successor,
    Who,
    begin,
)

Decision = tuple[Mentorship, list[MentorshipEvent]]


@dataclass(frozen=True, slots=True)
class Parting:
    """How somebody ends a mentorship; no reason: their part in it is one."""

    reason: EndReason | None = None
    never_again: bool = False


NO_REASON: Final = Parting()


def end(mentorship: Mentorship, who: Who, parting: Parting, now: datetime) -> Decision:
    """Finish the relationship, by one of the two or somebody who oversees all.

    Raises Denied NOT_A_PARTICIPANT, HR_ONLY for safety, OVERSEERS_ONLY for that reason, Refused
    MENTORSHIP_ENDED.
    """
    mentorship.require_involved(who)
    reason = parting.reason or _usual_reason(mentorship, who)
    if reason is EndReason.SAFETY and not who.hr:
        raise Denied("HR_ONLY", "only HR ends a mentorship for safety")
    if reason is EndReason.OVERSEER and not who.oversees:
        raise Denied("OVERSEERS_ONLY", "only a program lead or HR ends it so")
    mentorship.require_open()
    return _ended(mentorship, Over(now, reason, parting.never_again))


def finish(mentorship: Mentorship, now: datetime) -> Decision:
    """Finish it because its match is over; one that is over already stays as it is."""
    return _ended_unless_over(mentorship, Over(now, EndReason.MATCH_ENDED))


def leave(mentorship: Mentorship, person: str, now: datetime) -> Decision:
    """Finish it because `person` has left the company; one that is over already stays as it is."""
    return _ended_unless_over(mentorship, Over(now, EndReason.PERSON_LEFT, left=person))


def conclude(mentorship: Mentorship, now: datetime) -> Decision:
    """Finish it because nothing has happened for long; one that rests or is over stays as it is."""
    if mentorship.stage is Stage.PAUSED:
        return mentorship, []
    return _ended_unless_over(mentorship, Over(now, EndReason.INACTIVE))


def hand_over(mentorship: Mentorship, successor: Successor, now: datetime) -> Decision:
    """Let another mentor go on in a mentorship of its own, once.

    Raises Refused SAME_PERSON for one of the two, HANDED_OVER, or MENTORSHIP_ENDED unless it is over because
    its mentor has left.
    """
    if successor.mentor in mentorship.people:
        raise Refused("SAME_PERSON", "another mentor goes on, and nobody is their own")
    if mentorship.successor is not None:
        raise Refused("HANDED_OVER", "another mentor goes on already")
    handed = replace(mentorship, successor=successor)
    if mentorship.over is not None and mentorship.over.left == mentorship.mentor:
        return handed, [MentorshipHandedOver()]
    mentorship.require_open()
    ended, told = _ended(handed, Over(now, EndReason.HANDED_OVER))
    return ended, [*told, MentorshipHandedOver()]


def succeed(mentorship: Mentorship, predecessor: str) -> Decision:
    """Begin what a mentorship of the id `predecessor` was handed over to. ValueError unless it was."""
    if mentorship.successor is None:
        raise ValueError("nobody goes on with this mentorship")
    people, program = (mentorship.successor.mentor, mentorship.mentee), mentorship.program
    following = Mentorship(people, program, mentorship.lead, match="", predecessor=predecessor)
    return begin(replace(following, usual=mentorship.usual))


def over(mentorship: Mentorship, stage: Stage, how: Over) -> Mentorship:
    """Return it finished, with nothing pending."""
    return replace(
        mentorship, stage=stage, over=how, amendment=None, pause=None, extension=None, closing="", claims=()
    )


def _ended_unless_over(mentorship: Mentorship, how: Over) -> Decision:
    return _ended(mentorship, how) if mentorship.is_open else (mentorship, [])


def _ended(mentorship: Mentorship, how: Over) -> Decision:
    return over(mentorship, Stage.ENDED, how), [MentorshipEnded()]


def _usual_reason(mentorship: Mentorship, who: Who) -> EndReason:
    return EndReason.PARTICIPANT if who.person in mentorship.people else EndReason.OVERSEER
